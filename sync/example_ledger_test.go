package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Every change by the seller is kept. The receipt is told twice, and counts
// once by its Key.
func ExampleEngine_Ledger() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10, channelsync.Entry{Note: "stocktaking"}))
	for range 2 {
		noError(engine.Receive(ctx, "MUG-01", 24, channelsync.Entry{Key: "delivery 7", Note: "two boxes"}))
	}
	noError(engine.Adjust(ctx, "MUG-01", -1, channelsync.Entry{Note: "broken"}))

	entries, err := engine.Ledger(ctx, "", "MUG-01", 0)
	noError(err)
	for _, e := range entries {
		fmt.Printf("%s %+d %s\n", e.Kind, e.Delta, e.Note)
	}
	items, err := engine.Stock(ctx, "", "MUG-01")
	noError(err)
	fmt.Println("on hand:", items[0].OnHand)
	// Output:
	// adjustment -1 broken
	// receipt +24 two boxes
	// count +10 stocktaking
	// on hand: 33
}
