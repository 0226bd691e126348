package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Nothing is sent to a shop before a person has seen what it would be.
func ExampleEngine_FirstPush() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 3}).ID
	shop.AddListing(channeltest.NewListing{SKU: "BOWL-02", Quantity: 5})

	engine, stop := runEngine(channelsync.Config{
		Channels: []channel.Channel{shop},
		Stock:    channelsync.StockConfig{FirstPush: channelsync.FirstPushReview},
	})
	defer stop()
	ctx := context.Background()
	noError(engine.Count(ctx, "MUG-01", 40))
	noError(engine.Count(ctx, "BOWL-02", 0))

	var plan channelsync.FirstPushPlan
	until(func() bool {
		var err error
		plan, err = engine.FirstPush(ctx, "acme")
		noError(err)
		return len(plan.Lines) == 2 && plan.Unread == 0
	})
	for _, l := range plan.Lines {
		fmt.Printf("%s shows %d, is to show %d\n", l.SKU, *l.Shown, l.Wanted)
	}
	fmt.Println("to nothing:", plan.Zeros, "writes:", len(shop.Writes()))

	released, err := engine.Release(ctx, "acme")
	noError(err)
	until(func() bool { return shop.Quantity(mug, "") == 40 })
	fmt.Println("released:", released)
	// Output:
	// MUG-01 shows 3, is to show 40
	// BOWL-02 shows 5, is to show 0
	// to nothing: 1 writes: 0
	// released: 2
}
