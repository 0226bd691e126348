package amazontest_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
)

// shop is an account with ten mugs.
func shop(cfg amazontest.Config) *amazontest.Fake {
	account := amazontest.New(cfg)
	if _, err := account.AddProduct(amazontest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 10}); err != nil {
		panic(err)
	}
	return account
}

func mugs(n int) amazontest.NewOrder {
	return amazontest.NewOrder{Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: n}}}
}

// state says what became of an order of one line.
func state(account *amazontest.Fake, id string) string {
	o, _ := account.Order(id)
	l := o.Lines[0]
	return fmt.Sprint(o.Status, " ordered ", l.Quantity, " shipped ", l.Shipped, " cancelled ", l.Cancelled, " refunded ", l.Refunded)
}

func ExampleFake_PlaceOrder() {
	account := shop(amazontest.Config{})
	id, err := account.PlaceOrder(amazontest.NewOrder{
		Programs: []string{amazontest.ProgramPrime}, Tip: "2",
		Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: 2, Tax: "2.06", Collected: true, Shipping: "4.99", ShippingDiscount: "4.99"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	o, _ := account.Order(id)
	fmt.Println(o.Total, o.Currency, o.Programs)
	_, err = account.PlaceOrder(mugs(9))
	fmt.Println(err)
	// Output:
	// 29.06 USD [PRIME]
	// amazontest: insufficient stock: SKU "MUG-01"
}

// A pending order has no address and no prices. It is paid, or it vanishes.
func ExampleFake_Pay() {
	account := shop(amazontest.Config{})
	n := mugs(1)
	n.Status = amazontest.Pending
	paid, _ := account.PlaceOrder(n)
	unpaid, _ := account.PlaceOrder(n)
	fmt.Println(account.Pay(paid), account.CancelOrder(unpaid))
	fmt.Println(state(account, paid))
	fmt.Println(state(account, unpaid))
	// Output:
	// <nil> <nil>
	// UNSHIPPED ordered 1 shipped 0 cancelled 0 refunded 0
	// CANCELLED ordered 1 shipped 0 cancelled 1 refunded 0
}

func ExampleFake_CancelOrder() {
	account := shop(amazontest.Config{Stock: amazontest.StockSetting{KeepOnCancel: true}})
	id, _ := account.PlaceOrder(mugs(3))
	fmt.Println(account.CancelOrder(id))
	fmt.Println(account.Available("MUG-01"))
	// Output:
	// <nil>
	// 7 <nil>
}

// Of a refund of what was shipped the API tells nothing; what was not shipped
// is cancelled.
func ExampleFake_Refund() {
	account := shop(amazontest.Config{})
	id, _ := account.PlaceOrder(mugs(3))
	o, _ := account.Order(id)
	line := o.Lines[0].ID
	_, err := account.Ship(id, amazontest.Parcel{Tracking: "1Z999", Items: map[string]int{line: 1}})
	fmt.Println(err, account.Refund(id, amazontest.NewRefund{Lines: map[string]int{line: 3}}))
	fmt.Println(state(account, id))
	// Output:
	// <nil> <nil>
	// SHIPPED ordered 3 shipped 1 cancelled 2 refunded 1
}

// Another program has used the package id that ours would choose.
func ExampleFake_Ship() {
	account := shop(amazontest.Config{})
	id, _ := account.PlaceOrder(mugs(2))
	o, _ := account.Order(id)
	reference, err := account.Ship(id, amazontest.Parcel{Carrier: "DPD", Tracking: "0153", Items: map[string]int{o.Lines[0].ID: 1}})
	fmt.Println(reference, err)
	fmt.Println(state(account, id))
	// Output:
	// 1 <nil>
	// PARTIALLY_SHIPPED ordered 2 shipped 1 cancelled 0 refunded 0
}

// A buyer's request to cancel cancels nothing.
func ExampleFake_RequestCancel() {
	account := shop(amazontest.Config{})
	id, _ := account.PlaceOrder(mugs(1))
	fmt.Println(account.RequestCancel(id, "Ordered by mistake"))
	fmt.Println(state(account, id))
	// Output:
	// <nil>
	// UNSHIPPED ordered 1 shipped 0 cancelled 0 refunded 0
}

// Statuses that the models do not have, other addresses, tips and mere updates:
// whatever moves lastUpdatedTime.
func ExampleFake_SetStatus() {
	account := shop(amazontest.Config{})
	id, _ := account.PlaceOrder(mugs(1))
	fmt.Println(
		account.SetStatus(id, "INVOICE_UNCONFIRMED"), account.SetTip(id, "1.50", true), account.Touch(id),
		account.Readdress(id, amazontest.Address{Name: "Ada Buyer", City: "Ulm"}),
	)
	o, _ := account.Order(id)
	fmt.Println(o.Status, o.Total, o.ShipTo.City)
	// Output:
	// <nil> <nil> <nil> <nil>
	// INVOICE_UNCONFIRMED 14 Ulm
}

// Searches that are behind find an order late, behind the bound of a search
// that has gone by.
func ExampleFake_SetVisibilityLag() {
	account := shop(amazontest.Config{})
	account.SetVisibilityLag(3 * time.Hour)
	id, _ := account.PlaceOrder(mugs(1))
	o, _ := account.Order(id)
	fmt.Println(o.Visible.Sub(o.Modified).Round(time.Second))
	// Output: 3h0m0s
}

// What changes between two pages of a walk, and page tokens that end in it.
func ExampleFake_AfterPage() {
	account := shop(amazontest.Config{BoundAge: -1})
	id, _ := account.PlaceOrder(mugs(1))
	account.AfterPage(func(page int) {
		fmt.Println("page", page, account.Touch(id))
		account.ExpireCursors()
	})
	get := signedIn(account)
	fmt.Println(get("/orders/2026-01-01/orders?lastUpdatedAfter=2020-01-01T00:00:00Z"))
	// Output:
	// page 1 <nil>
	// 200
}

func ExampleFake_Sales() {
	account := shop(amazontest.Config{})
	_, _ = account.PlaceOrder(mugs(8))
	_, _ = account.PlaceOrder(mugs(8))
	for _, s := range account.Sales() {
		fmt.Println(s.SKU, s.Units, "of", s.Shown, s.Accepted)
	}
	// Output:
	// MUG-01 8 of 10 true
	// MUG-01 8 of 2 false
}
