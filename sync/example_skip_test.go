package sync_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A subscriber cannot take one event, and is told no other before it: a person
// gives that one up.
func ExampleEngine_SkipEvent() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10}).ID
	first, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 1})
	noError(err)
	second, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 2})
	noError(err)

	store, closeStore := newStore()
	defer closeStore()
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	ctx, stop := context.WithCancel(context.Background())
	var failed, told atomic.Bool
	engine.OnOrder("printer", func(_ context.Context, e channelsync.OrderEvent) error {
		switch e.Order.ID {
		case first:
			failed.Store(true)
			return errors.New("no template for this order")
		case second:
			told.Store(true)
		}
		return nil
	})
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()

	until(failed.Load)
	fmt.Println("the second was told:", told.Load())
	until(func() bool { return engine.SkipEvent(ctx, "printer", "acme") == nil }) // once its failure is stored
	until(told.Load)
	fmt.Println("the second was told:", told.Load())
	stop()
	noError(<-done)
	// Output:
	// the second was told: false
	// the second was told: true
}
