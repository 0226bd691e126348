package channel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
)

// shop is a marketplace in memory with two orders, the second of which is bad.
func shop() *channeltest.Memory {
	m := channeltest.NewMemory(channeltest.MemoryConfig{})
	mug := m.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10, Price: "19.90"})
	m.AddListing(channeltest.NewListing{SKU: "PEN-02", Quantity: 4})
	for range 2 {
		if _, err := m.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2}); err != nil {
			panic(err)
		}
	}
	if err := m.Poison("1002"); err != nil {
		panic(err)
	}
	return m
}

// A record that does not decode is met on the way, and ranging goes on.
func ExampleOrders() {
	ctx := context.Background()
	yesterday := time.Now().Add(-24 * time.Hour)
	for order, err := range channel.Orders(ctx, shop(), channel.OrderQuery{Since: yesterday}) {
		var parked *channel.ParkedError
		switch {
		case errors.As(err, &parked):
			fmt.Println("set aside:", parked.Parked.ID)
		case err != nil:
			panic(err) // the last element
		default:
			fmt.Println(order.Number, order.Lines[0].SKU, order.Lines[0].Open(), order.Totals.Total.Shop)
		}
	}
	// Output:
	// #1001 MUG-01 2 39.80 EUR
	// set aside: 1002
}

// Pages are for whoever keeps a watermark: the next walk begins at Through.
func ExampleOrderPages() {
	var since time.Time
	for page, err := range channel.OrderPages(context.Background(), shop(), channel.OrderQuery{Since: since, Limit: 1}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(len(page.Items), "orders,", len(page.Parked), "set aside, last:", page.Next == "")
		if page.Next == "" {
			since = page.Through
		}
	}
	fmt.Println("watermark moved:", !since.IsZero())
	// Output:
	// 1 orders, 0 set aside, last: false
	// 0 orders, 1 set aside, last: true
	// watermark moved: true
}

func ExampleListings() {
	for listing, err := range channel.Listings(context.Background(), shop(), channel.ListingQuery{}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(listing.Ref.ID, listing.Ref.SKU)
	}
	// Output:
	// L-1 MUG-01
	// L-2 PEN-02
}

func ExampleListingPages() {
	for page, err := range channel.ListingPages(context.Background(), shop(), channel.ListingQuery{Limit: 1}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(len(page.Items), page.Next != "")
	}
	// Output:
	// 1 true
	// 1 false
}

// Reading stock is a capability: not every channel has it.
func ExampleAs() {
	var ch channel.Channel = shop()
	reader, can := channel.As[channel.StockReader](ch)
	if !can {
		fmt.Println("this channel cannot tell what it shows")
		return
	}
	page, err := reader.StockPage(context.Background(), channel.StockQuery{})
	if err != nil {
		panic(err)
	}
	fmt.Println(page.Items[0].Listing.SKU, page.Items[0].Quantity)
	// Output:
	// MUG-01 6
}

func ExampleStockPages() {
	reader, _ := channel.As[channel.StockReader](shop())
	for page, err := range channel.StockPages(context.Background(), reader, channel.StockQuery{}) {
		if err != nil {
			panic(err)
		}
		for _, level := range page.Items {
			fmt.Println(level.Listing.SKU, level.Quantity)
		}
	}
	// Output:
	// MUG-01 6
	// PEN-02 4
}

// A shipment is sent again after a crash with the same key: the parcel is
// found.
func ExampleChannel_ship() {
	ctx := context.Background()
	ch := shop()
	parcel := channel.Shipment{
		Key: "parcel-17", Seq: 1, Order: "1001",
		Lines:    []channel.ShipmentLine{{Line: "1001-1", Quantity: 2}},
		Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
	}
	for range 2 {
		result, err := ch.Ship(ctx, parcel)
		if err != nil {
			panic(err)
		}
		fmt.Println(result.Remote[0].ID, "was there before:", result.Found)
	}
	// Output:
	// S1 was there before: false
	// S1 was there before: true
}

// There is a result for each level, in their order.
func ExampleChannel_setStock() {
	ch := shop()
	results, err := ch.SetStock(context.Background(), []channel.StockLevel{
		{Listing: channel.ListingRef{ID: "L-1"}, Quantity: 25},
		{Listing: channel.ListingRef{ID: "L-9"}, Quantity: 25},
	})
	if err != nil {
		panic(err) // nothing was sent
	}
	for _, r := range results {
		fmt.Println(r.State, channel.Class(r.Err))
	}
	// Output:
	// applied <nil>
	// refused not found
}

// Errors carry a class, and above an adapter nobody looks at a status code.
func ExampleClass() {
	ch := shop()
	ch.Inject(channeltest.Fault{Kind: channeltest.FaultThrottled, RetryAfter: time.Minute})
	_, err := ch.OrderPage(context.Background(), channel.OrderQuery{})
	fmt.Println(channel.Class(err), "- come back in", channel.RetryAfter(err))
	fmt.Println(errors.Is(err, channel.ErrThrottled))
	// Output:
	// throttled - come back in 1m0s
	// true
}

func ExampleClasses() {
	for _, class := range channel.Classes()[:3] {
		fmt.Println(class)
	}
	// Output:
	// throttled
	// unavailable
	// unsure
}

func ExampleError() {
	err := &channel.Error{
		Channel: "acme", Op: "set stock", Class: channel.ErrInvalid,
		Code: "ITEM_NOT_FOUND", Message: "no such inventory item", RequestID: "7f3a",
	}
	fmt.Println(err)
	fmt.Println(errors.Is(err, channel.ErrInvalid))
	// Output:
	// acme: set stock: invalid: ITEM_NOT_FOUND: no such inventory item (request 7f3a)
	// true
}
