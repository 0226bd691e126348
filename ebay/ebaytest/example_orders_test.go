package ebaytest_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// A purchase takes its units when the buyer commits to it, and is no order
// before it is paid.
func ExampleFake_Pay() {
	account := shop(ebaytest.Config{})
	n := order("MUG-01", 2)
	n.Unpaid = true
	id, err := account.PlaceOrder(n)
	fmt.Println(account.Available("MUG-01"))
	o, _ := account.Order(id)
	fmt.Println(o.Unpaid, err)
	fmt.Println(account.Pay(id), account.Pay(id) != nil)
	// Output:
	// 3 <nil>
	// true <nil>
	// <nil> true
}

// What is cancelled gives its units back, or does not: it is not documented.
func ExampleFake_CancelOrder() {
	for _, keep := range []bool{false, true} {
		account := shop(ebaytest.Config{Stock: ebaytest.StockSetting{KeepOnCancel: keep}})
		id, _ := account.PlaceOrder(order("MUG-01", 2))
		fmt.Println(account.CancelOrder(id))
		fmt.Println(account.Available("MUG-01"))
	}
	// Output:
	// <nil>
	// 5 <nil>
	// <nil>
	// 3 <nil>
}

// Lists tell that a buyer asks to cancel; only getOrder tells the request.
func ExampleFake_RequestCancel() {
	account := shop(ebaytest.Config{})
	id, _ := account.PlaceOrder(order("MUG-01", 1))
	fmt.Println(account.RequestCancel(id, ""))
	o, _ := account.Order(id)
	fmt.Println(o.Cancel)
	fmt.Println(account.DeclineCancel(id))
	// Output:
	// <nil>
	// IN_PROGRESS
	// <nil>
}

func ExampleFake_Refund() {
	account := shop(ebaytest.Config{})
	id, _ := account.PlaceOrder(order("MUG-01", 2))
	o, _ := account.Order(id)
	fmt.Println(account.Refund(id, ebaytest.NewRefund{Lines: map[string]string{o.LineIDs("MUG-01")[0]: "12.50"}}))
	o, _ = account.Order(id)
	fmt.Println(o.Payment, o.Refunded)
	fmt.Println(account.SetPayment(id, "SOMETHING_NEW"))
	// Output:
	// <nil>
	// PARTIALLY_REFUNDED 12.5
	// <nil>
}

// The seller ships one parcel by hand, and takes it back.
func ExampleFake_Ship() {
	account := shop(ebaytest.Config{})
	id, _ := account.PlaceOrder(order("MUG-01", 3))
	o, _ := account.Order(id)
	line := o.LineIDs("MUG-01")[0]
	fmt.Println(account.Ship(id, ebaytest.Parcel{Lines: map[string]int{line: 1}, Carrier: "UPS", Tracking: "1Z999"}))
	o, _ = account.Order(id)
	fmt.Println(o.Fulfilment, o.Tracked(), o.Packages[0].Carrier, o.Packages[0].Items[line])
	fmt.Println(account.Unship(id))
	o, _ = account.Order(id)
	fmt.Println(o.Fulfilment, len(o.Packages))
	// Output:
	// <nil>
	// IN_PROGRESS map[1Z999:1] UPS 1
	// <nil>
	// NOT_STARTED 0
}

// Lists find a change late, this order an hour later still, and something
// changes between the pages of a walk.
func ExampleFake_AfterPage() {
	account := shop(ebaytest.Config{VisibilityLag: -1})
	n := order("MUG-01", 1)
	n.Late = time.Hour
	late, _ := account.PlaceOrder(n)
	id, _ := account.PlaceOrder(order("MUG-01", 1))
	account.SetVisibilityLag(time.Minute)
	account.AfterPage(func(page int) {
		if page == 1 {
			_ = account.Touch(id)
			_ = account.Readdress(id, ebaytest.Address{Name: "Grace Buyer", City: "Austin", Country: "US"})
		}
	})
	o, _ := account.Order(late)
	fmt.Println(o.Visible.Sub(o.Created).Round(time.Hour), len(account.Orders()))
	// Output: 1h0m0s 2
}

func ExampleFake_Sales() {
	account := shop(ebaytest.Config{})
	_, _ = account.PlaceOrder(order("MUG-01", 4))
	_, _ = account.PlaceOrder(order("MUG-01", 4))
	for _, s := range account.Sales() {
		fmt.Println(s.SKU, s.Units, s.Shown, s.Accepted)
	}
	// Output:
	// MUG-01 4 5 true
	// MUG-01 4 1 false
}
