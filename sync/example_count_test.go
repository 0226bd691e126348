package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Ten mugs are counted: two shops show them, and what one sells the other shows
// no more.
func ExampleEngine_Count() {
	north := channeltest.NewMemory(channeltest.MemoryConfig{ID: "north"})
	south := channeltest.NewMemory(channeltest.MemoryConfig{ID: "south"})
	there := north.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 3}).ID
	here := south.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID

	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{north, south}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10))
	until(func() bool { return north.Quantity(there, "") == 10 && south.Quantity(here, "") == 10 })
	fmt.Println("both show 10")

	_, err := north.PlaceOrder(channeltest.SaleLine{Listing: there, Quantity: 4})
	noError(err)
	noError(engine.Wake(ctx, "north")) // instead of waiting for the next poll
	until(func() bool { return south.Quantity(here, "") == 6 })

	items, err := engine.Stock(ctx, "", "MUG-01")
	noError(err)
	fmt.Printf("on hand %d, reserved %d, available %d\n", items[0].OnHand, items[0].Reserved, items[0].Available)
	// Output:
	// both show 10
	// on hand 10, reserved 4, available 6
}
