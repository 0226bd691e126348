package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Two mugs are kept back from one shop, in case another sells them meanwhile.
func ExampleEngine_SetPolicy() {
	north := channeltest.NewMemory(channeltest.MemoryConfig{ID: "north"})
	south := channeltest.NewMemory(channeltest.MemoryConfig{ID: "south"})
	there := north.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	here := south.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{north, south}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10))
	noError(engine.SetPolicy(ctx, "", "MUG-01", "south", &channelsync.StockPolicy{Buffer: 2}))
	until(func() bool { return north.Quantity(there, "") == 10 && south.Quantity(here, "") == 8 })
	fmt.Println("north shows 10, south 8")
	// Output:
	// north shows 10, south 8
}
