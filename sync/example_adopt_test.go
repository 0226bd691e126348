package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// What one shop shows becomes the quantity of the item, with what its open
// orders need on top; the other shop follows.
func ExampleEngine_Adopt() {
	old := channeltest.NewMemory(channeltest.MemoryConfig{ID: "old"})
	fresh := channeltest.NewMemory(channeltest.MemoryConfig{ID: "fresh"})
	mug := old.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10}).ID
	same := fresh.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	_, err := old.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 2})
	noError(err)

	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{old, fresh}})
	defer stop()
	ctx := context.Background()
	until(func() bool { // the account and the listings are read first
		n, err := engine.Adopt(ctx, "old")
		return err == nil && n == 1
	})
	until(func() bool { return fresh.Quantity(same, "") == 8 })

	items, err := engine.Stock(ctx, "", "MUG-01")
	noError(err)
	fmt.Printf("on hand %d, reserved %d; the old shop shows %d, the new one %d\n",
		items[0].OnHand, items[0].Reserved, old.Quantity(mug, ""), fresh.Quantity(same, ""))
	// Output:
	// on hand 10, reserved 2; the old shop shows 8, the new one 8
}
