package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Who an order was for is forgotten; what was sold stays.
func ExampleEngine_EraseBuyer() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()
	order := channelsync.OrderRef{Channel: "acme", ID: id}
	until(func() bool { _, err := engine.Order(ctx, order); return err == nil })

	noError(engine.EraseBuyer(ctx, order))
	stored, err := engine.Order(ctx, order)
	noError(err)
	fmt.Printf("erased %t, a name left %t, %d of %s\n",
		stored.Erased, stored.Order.Recipient.Name != "", stored.Order.Lines[0].Ordered, stored.Order.Lines[0].SKU)
	// Output:
	// erased true, a name left false, 1 of MUG-01
}
