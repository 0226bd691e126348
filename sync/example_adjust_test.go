package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A return goes back on the shelf. Its key makes telling it twice harmless.
func ExampleEngine_Adjust() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10))
	for range 2 {
		noError(engine.Adjust(ctx, "MUG-01", 1, channelsync.Entry{Key: "return 4711", Note: "unopened"}))
	}
	until(func() bool { return shop.Quantity(mug, "") == 11 })
	fmt.Println("the shop shows 11")
	// Output:
	// the shop shows 11
}

// Goods come in.
func ExampleEngine_Receive() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10, channelsync.Entry{Note: "stocktaking"}))
	noError(engine.Receive(ctx, "MUG-01", 24, channelsync.Entry{Key: "delivery note 88", Note: "two boxes"}))
	until(func() bool { return shop.Quantity(mug, "") == 34 })

	entries, err := engine.Ledger(ctx, "", "MUG-01", 10)
	noError(err)
	for _, e := range entries {
		fmt.Printf("%s %+d %s\n", e.Kind, e.Delta, e.Note)
	}
	fmt.Println(engine.Receive(ctx, "MUG-01", -24))
	// Output:
	// receipt +24 two boxes
	// count +10 stocktaking
	// sync: receipt of "MUG-01": the quantity is -24: it is at least 1; use Adjust for what went: invalid
}

// Two goods are counted as one: both counts are stored, or neither.
func ExampleEngine_CountTx() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	store, closeStore := newStore()
	defer closeStore()
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	ctx := context.Background()

	err = store.Update(ctx, func(tx channelsync.Tx) error {
		if err := engine.CountTx(ctx, tx, "MUG-01", 10, channelsync.Entry{}); err != nil {
			return err
		}
		return engine.CountTx(ctx, tx, "LID-01", -1, channelsync.Entry{})
	})
	fmt.Println(err)
	items, err := engine.Stock(ctx, "")
	noError(err)
	fmt.Println(len(items), "items")
	// Output:
	// sync: count of "LID-01": the quantity is -1: nobody counts less than 0: invalid
	// 0 items
}
