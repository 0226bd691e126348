package bigcommerce_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// A store that sells one kind of mug.
func exampleStore() (*bigcommercetest.Fake, *bigcommerce.Channel) {
	fake := bigcommercetest.New(bigcommercetest.Config{})
	if _, err := fake.AddProduct(bigcommercetest.NewProduct{SKU: "MUG-01", Name: "Mug", Price: "12.50", OnHand: 20}); err != nil {
		panic(err)
	}
	_, err := fake.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		panic(err)
	}
	shop, err := bigcommerce.New(fake.Config())
	if err != nil {
		panic(err)
	}
	return fake, shop
}

func ExampleNew() {
	shop, err := bigcommerce.New(bigcommerce.Config{StoreHash: "abc123", Token: "example0token"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shop.ID())

	_, err = bigcommerce.New(bigcommerce.Config{StoreHash: "abc123"})
	fmt.Println(err)
	// Output:
	// bigcommerce:abc123
	// bigcommerce: the Token is empty: give the access token of an API account
}

func ExampleChannel_OrderPage() {
	_, shop := exampleStore()
	yesterday := time.Now().Add(-24 * time.Hour)
	for order, err := range channel.Orders(context.Background(), shop, channel.OrderQuery{Since: yesterday}) {
		if parked := (*channel.ParkedError)(nil); errors.As(err, &parked) {
			fmt.Println("set aside:", parked)
			continue
		} else if err != nil {
			fmt.Println(err)
			return
		}
		for _, line := range order.Lines {
			fmt.Println(order.Number, line.SKU, line.Ordered, line.Total.Shop)
		}
	}
	// Output:
	// 100 MUG-01 2 25.00 USD
}

func ExampleChannel_Ship() {
	_, shop := exampleStore()
	ctx := context.Background()
	for order, err := range channel.Orders(ctx, shop, channel.OrderQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		parcel := channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: order.ID, NotifyBuyer: true,
			Lines:    []channel.ShipmentLine{{Line: order.Lines[0].ID, Handle: order.Lines[0].Handle, Quantity: 2}},
			Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
		}
		// The second time stands for a program that crashed before it noted
		// the first.
		for range 2 {
			res, err := shop.Ship(ctx, parcel)
			fmt.Println(len(res.Remote), "record, there before:", res.Found, err)
		}
	}
	// Output:
	// 1 record, there before: false <nil>
	// 1 record, there before: true <nil>
}

func ExampleChannel_SetStock() {
	fake, shop := exampleStore()
	ctx := context.Background()
	for listing, err := range channel.Listings(ctx, shop, channel.ListingQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		shown := int64(18) // 20 less the two that were sold
		results, err := shop.SetStock(ctx, []channel.StockLevel{{Listing: listing.Ref, Quantity: 25, Expect: &shown}})
		fmt.Println(results[0].State, err)
		write := fake.Writes()[0]
		fmt.Printf("absolute: %t, change: %+d\n", write.Absolute, write.Items[0].Quantity)
	}
	// Output:
	// accepted <nil>
	// absolute: false, change: +7
}

// What a token can reach is asked once, before anything is believed to be
// empty.
func ExampleChannel_Probe() {
	_, shop := exampleStore()
	account, err := shop.Probe(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(account.Name, account.Currency, len(account.Missing), "missing")
	// Output:
	// Example Shop USD 0 missing
}

// What listings show now, at every location.
func ExampleChannel_StockPage() {
	_, shop := exampleStore()
	for page, err := range channel.StockPages(context.Background(), shop, channel.StockQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, l := range page.Items {
			fmt.Println(l.Quantity, "to buy")
		}
	}
	// Output:
	// 18 to buy
}

// A seller installs an app; its callback trades the code for a token.
func ExampleApp_Exchange() {
	fake := bigcommercetest.New(bigcommercetest.Config{})
	app := bigcommerce.App{
		ClientID: bigcommercetest.DefaultClientID, ClientSecret: bigcommercetest.DefaultClientSecret,
		RedirectURI: "https://app.example.com/auth", Transport: fake.Transport(),
	}
	callback := fake.Install(app.RedirectURI, "store_v2_orders") // the query of the browser's call
	grant, err := app.Exchange(context.Background(), callback)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grant.Scopes, grant.Token)
	// Output:
	// [store_v2_orders users_basic_information] [redacted]
}
