package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A listing is taken out of the hands of the engine: its quantity stays as it is.
func ExampleEngine_Unlink() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	gift := shop.AddListing(channeltest.NewListing{SKU: "mug-01"}).ID
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()

	noError(engine.Count(ctx, "MUG-01", 10))
	until(func() bool { return engine.Link(ctx, "acme", gift, "MUG-01", 1) == nil }) // once the listings are read
	until(func() bool { return shop.Quantity(mug, "") == 10 && shop.Quantity(gift, "") == 10 })

	noError(engine.Unlink(ctx, "acme", gift))
	noError(engine.Count(ctx, "MUG-01", 7))
	until(func() bool { return shop.Quantity(mug, "") == 7 })
	fmt.Println("the other listing still shows", shop.Quantity(gift, ""))
	// Output:
	// the other listing still shows 10
}

// A SKU that is the same but for its case is offered, never taken.
func ExampleEngine_Suggestions() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	shop.AddListing(channeltest.NewListing{SKU: "mug-01"})
	shop.AddListing(channeltest.NewListing{Title: "Gift card"})
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()
	noError(engine.Count(ctx, "MUG-01", 10))

	var offered []channelsync.Suggestion
	until(func() bool {
		var err error
		offered, err = engine.Suggestions(ctx, "")
		noError(err)
		return len(offered) == 2
	})
	for _, s := range offered {
		fmt.Printf("%q could be %q: %s\n", s.SKU, s.Item, s.Why)
	}
	// Output:
	// "" could be "": it carries no SKU: link it by hand, or give it one on the marketplace
	// "mug-01" could be "MUG-01": the SKUs differ in upper and lower case only
}
