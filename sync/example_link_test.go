package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A box of six is another listing of the same mugs. Its SKU says nothing, so a
// person links it.
func ExampleEngine_Link() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID
	box := shop.AddListing(channeltest.NewListing{SKU: "mug-01 x 6"}).ID
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()
	noError(engine.Count(ctx, "MUG-01", 20))

	until(func() bool { return shop.Quantity(mug, "") == 20 })
	suggestions, err := engine.Suggestions(ctx, "")
	noError(err)
	for _, s := range suggestions {
		fmt.Printf("%q is linked to nothing: %s\n", s.SKU, s.Why)
	}

	noError(engine.Link(ctx, "acme", box, "MUG-01", 6))
	until(func() bool { return shop.Quantity(box, "") == 3 })
	links, err := engine.Links(ctx, "acme")
	noError(err)
	for _, l := range links {
		fmt.Printf("%q takes %d of %s, by hand: %t\n", l.SKU, l.Units, l.Item, l.ByHand)
	}
	// Output:
	// "mug-01 x 6" is linked to nothing: there is no item with its SKU: count one, adopt it, or link it to another
	// "MUG-01" takes 1 of MUG-01, by hand: false
	// "mug-01 x 6" takes 6 of MUG-01, by hand: true
}
