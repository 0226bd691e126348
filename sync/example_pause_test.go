package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// While stock is taken no quantity is written; orders are imported all the same.
func ExampleEngine_Pause() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 4})
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	noError(engine.Pause(ctx, "acme", channelsync.LaneStock, "stocktaking until Monday"))
	noError(engine.Count(ctx, "MUG-01", 10))
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	until(func() bool {
		_, err := engine.Order(ctx, channelsync.OrderRef{Channel: "acme", ID: id})
		return err == nil
	})
	fmt.Println("the order is here, the shop shows", shop.Quantity(mug.ID, ""))

	noError(engine.Resume(ctx, "acme", channelsync.LaneStock))
	until(func() bool { return shop.Quantity(mug.ID, "") == 9 })
	fmt.Println("the shop shows", shop.Quantity(mug.ID, ""))
	// Output:
	// the order is here, the shop shows 3
	// the shop shows 9
}

// An order is read from the store, with what the marketplace says of it.
func ExampleEngine_Order() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 4})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	until(func() bool { return firstWalkOver(engine) })

	for _, id := range []channel.OrderID{id, "4711"} {
		stored, err := engine.Order(context.Background(), channelsync.OrderRef{Channel: "acme", ID: id})
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, l := range stored.Order.Lines {
			fmt.Println(stored.Order.ID, l.SKU, l.Ordered)
		}
	}
	// Output:
	// 1001 MUG-01 1
	// sync: order acme/4711: the order is not imported
}
