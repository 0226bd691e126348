package ebay_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// seller is a fake account with a mug on sale and one order for it, and the
// channel to it.
func seller() (*ebaytest.Fake, *ebay.Channel, channel.OrderID) {
	fake := ebaytest.New(ebaytest.Config{VisibilityLag: -1})
	if _, err := fake.AddProduct(ebaytest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.49", OnHand: 10}); err != nil {
		panic(err)
	}
	id, err := fake.PlaceOrder(ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		panic(err)
	}
	ch, err := ebay.New(fake.Config())
	if err != nil {
		panic(err)
	}
	return fake, ch, channel.OrderID(id)
}

// A channel to a real account; nothing is called yet.
func ExampleNew() {
	ch, err := ebay.New(ebay.Config{
		Seller: "acme_parts", Marketplaces: []string{"EBAY_DE", "EBAY_FR"},
		Credentials: ebay.Credentials{ClientID: "AcmeGmbH-orders-PRD-x", ClientSecret: "PRD-x", RefreshToken: "v^1.1#x"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(ch.ID())

	_, err = ebay.New(ebay.Config{Seller: "acme_parts", Marketplaces: []string{"germany"}})
	fmt.Println(err != nil)
	// Output:
	// ebay:acme_parts
	// true
}

// A seller consents in the browser, and what the browser comes back with is
// traded for a grant.
func ExampleApp() {
	fake := ebaytest.New(ebaytest.Config{})
	app := ebay.App{
		ClientID: ebaytest.DefaultClientID, ClientSecret: ebaytest.DefaultClientSecret, RuName: ebaytest.DefaultRuName,
		Transport: fake.Transport(), // only here
	}
	fmt.Println(app.ConsentURL("s3ss10n")[:40])
	callback := fake.Install(app.RuName, "s3ss10n", ebay.AllScopes()...)
	grant, err := app.Exchange(context.Background(), callback)
	if err != nil {
		panic(err)
	}
	fmt.Println(grant.RefreshToken, len(grant.Scopes), !grant.RefreshExpires.IsZero())
	// Output:
	// https://auth.ebay.com/oauth2/authorize?c
	// [redacted] 5 true
}

// An order that changed shows in lists minutes later; by its id it is there at
// once.
func ExampleChannel_OrdersByID() {
	_, ch, id := seller()
	page, err := ch.OrdersByID(context.Background(), []channel.OrderID{id})
	if err != nil {
		panic(err)
	}
	for _, o := range page.Items {
		fmt.Println(o.Status.Value, o.Lines[0].Ordered, o.Lines[0].SKU, o.Lines[0].Total.Shop)
	}
	// Output: open 2 MUG-01 24.98 USD
}

// A parcel is recorded by line; the same one again changes nothing.
func ExampleChannel_Ship() {
	fake, ch, id := seller()
	page, err := ch.OrdersByID(context.Background(), []channel.OrderID{id})
	if err != nil {
		panic(err)
	}
	line := page.Items[0].Lines[0]
	for range 2 {
		_, err = ch.Ship(context.Background(), channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: id, Tracking: channel.Tracking{Carrier: "ups", Number: "1Z 999 AA1"},
			Lines: []channel.ShipmentLine{{Line: line.ID, Quantity: 2}},
		})
		if err != nil {
			panic(err)
		}
	}
	for _, o := range fake.Orders() {
		fmt.Println(o.Packages[0].Carrier, o.Packages[0].Tracking, len(o.Packages))
	}
	// Output: UPS 1Z999AA1 1
}
