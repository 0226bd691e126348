package sync_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// What was set aside says why, and what can be done. Here nothing is to be.
func ExampleEngine_Explain() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	noError(shop.Poison(id)) // no read of it decodes
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	var parked []channelsync.ParkedRow
	until(func() bool {
		parked, err = engine.Parked(ctx, channelsync.ParkedFilter{})
		noError(err)
		return len(parked) == 1
	})
	why, err := engine.Explain(ctx, parked[0].ID)
	noError(err)
	_, why, _ = strings.Cut(why, "\n") // the first line names the order and when
	fmt.Println(why)

	noError(engine.Dismiss(ctx, parked[0].ID))
	parked, err = engine.Parked(ctx, channelsync.ParkedFilter{})
	noError(err)
	fmt.Println("left:", len(parked))
	// Output:
	// why: order 1001: acme: orders: invalid: decode order: unexpected value
	// what to do: correct what is named on the marketplace, or take a release that reads it, then Replay; it also comes through when it changes there
	// left: 0
}
