package amazon_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// seller is a fake account with a mug on sale and one order for it, and the
// channel to it.
func seller() (*amazontest.Fake, *amazon.Channel, channel.OrderID) {
	fake := amazontest.New(amazontest.Config{VisibilityLag: -1, BoundAge: -1, EffectLag: -1})
	if _, err := fake.AddProduct(amazontest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.49", OnHand: 10}); err != nil {
		panic(err)
	}
	id, err := fake.PlaceOrder(amazontest.NewOrder{SellerID: "W-7", Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		panic(err)
	}
	ch, err := amazon.New(fake.Config())
	if err != nil {
		panic(err)
	}
	return fake, ch, channel.OrderID(id)
}

// A channel to a real account; nothing is called yet.
func ExampleNew() {
	ch, err := amazon.New(amazon.Config{
		SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"A1PA6795UKMFR9", "A13V1IB3VIYZZH"},
		Credentials: amazon.Credentials{ClientID: "amzn1.application-oa2-client.x", ClientSecret: "secret", RefreshToken: "Atzr|x"},
		Application: "acme-orders",
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(ch.ID())

	_, err = amazon.New(amazon.Config{SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"A1PA6795UKMFR9", "ATVPDKIKX0DER"}})
	fmt.Println(err != nil)
	// Output:
	// amazon:eu:A2EXAMPLE1SELLER
	// true
}

// An order that changed shows in a search minutes later; by its id it is there
// at once.
func ExampleChannel_OrdersByID() {
	_, ch, id := seller()
	page, err := ch.OrdersByID(context.Background(), []channel.OrderID{id})
	if err != nil {
		panic(err)
	}
	for _, o := range page.Items {
		fmt.Println(o.Number, o.Lines[0].Ordered, o.Lines[0].SKU, o.Lines[0].Total.Shop)
	}
	// Output: W-7 2 MUG-01 24.98 USD
}

// A parcel is confirmed by line; the same one again changes nothing.
func ExampleChannel_Ship() {
	fake, ch, id := seller()
	page, err := ch.OrdersByID(context.Background(), []channel.OrderID{id})
	if err != nil {
		panic(err)
	}
	line := page.Items[0].Lines[0]
	for range 2 {
		_, err = ch.Ship(context.Background(), channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: id, Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999"},
			Lines: []channel.ShipmentLine{{Line: line.ID, Handle: line.Handle, Quantity: 2}},
		})
		if err != nil {
			panic(err)
		}
	}
	o, _ := fake.Order(string(id))
	fmt.Println(o.Status, len(o.Packages), o.Packages[0].Carrier, o.Packages[0].Tracking)
	// Output: SHIPPED 1 UPS 1Z999
}

// Few quantities go as patches, each with its own outcome.
func ExampleChannel_SetStock() {
	fake, ch, _ := seller()
	page, err := ch.ListingPage(context.Background(), channel.ListingQuery{})
	if err != nil {
		panic(err)
	}
	results, err := ch.SetStock(context.Background(), []channel.StockLevel{{Listing: page.Items[0].Ref, Quantity: 25}})
	if err != nil {
		panic(err)
	}
	shown, _ := fake.Available("MUG-01")
	fmt.Println(results[0].State == channel.StockAccepted, shown)
	// Output: true 25
}

// The probe tells which roles the application lacks, which Amazon hides.
func ExampleChannel_Probe() {
	fake, ch, _ := seller()
	fake.SetRoles(amazontest.RoleInventory)
	account, err := ch.Probe(context.Background())
	if err != nil && !errors.Is(err, channel.ErrForbidden) {
		panic(err)
	}
	for _, m := range account.Missing {
		fmt.Println(m.Job, m.Fatal, m.Scope)
	}
	// Output:
	// stock true Product Listing
	// listings true Product Listing
}

// What listings show now.
func ExampleChannel_StockPage() {
	_, ch, _ := seller()
	for page, err := range channel.StockPages(context.Background(), ch, channel.StockQuery{}) {
		if err != nil {
			panic(err)
		}
		for _, l := range page.Items {
			fmt.Println(l.Listing.ID, l.Quantity)
		}
	}
	// Output:
	// MUG-01 8
}

// Channels that read through one limiter share what Amazon grants a seller.
func ExampleNewLimiter() {
	fake := amazontest.New(amazontest.Config{})
	cfg := fake.Config()
	cfg.Limiter = amazon.NewLimiter()
	for _, id := range []channel.ID{"import", "stock"} {
		cfg.ID = id
		ch, err := amazon.New(cfg)
		if err != nil {
			panic(err)
		}
		fmt.Println(ch.ID())
	}
	// Output:
	// import
	// stock
}
