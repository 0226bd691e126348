package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// What is still to be packed, of all channels.
func ExampleEngine_Orders() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	for _, n := range []int64{2, 1, 3} {
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: n})
		noError(err)
		if n == 1 {
			noError(shop.Cancel(id))
		}
	}
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	until(func() bool { return firstWalkOver(engine) })
	for o, err := range engine.Orders(context.Background(), channelsync.OrderFilter{Open: true}) {
		noError(err)
		fmt.Printf("%s: %d of %s\n", o.Order.ID, o.Order.Lines[0].Open(), o.Order.Lines[0].SKU)
	}
	// Output:
	// 1001: 2 of MUG-01
	// 1003: 3 of MUG-01
}
