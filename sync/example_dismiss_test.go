package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// An order that cannot be read is set aside. Somebody has seen it and wants
// nothing done about it: it is off the list, and still there to be replayed.
func ExampleEngine_Dismiss() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 4})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	noError(shop.Poison(id))
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	parked := func(state channelsync.ParkedState) []channelsync.ParkedRow {
		rows, err := engine.Parked(ctx, channelsync.ParkedFilter{Channel: "acme", State: state})
		noError(err)
		return rows
	}
	until(func() bool { return len(parked(channelsync.ParkedOpen)) == 1 })
	noError(engine.Dismiss(ctx, parked(channelsync.ParkedOpen)[0].ID))
	fmt.Println(len(parked(channelsync.ParkedOpen)), "open,", len(parked(channelsync.ParkedDismissed)), "dismissed")
	// Output:
	// 0 open, 1 dismissed
}
