package sync_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A notification saves the wait for the next poll. What it says is not
// believed: the order is read from the shop.
func ExampleEngine_Hint() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}, PollEvery: time.Hour})
	defer stop()
	ctx := context.Background()
	until(func() bool { return firstWalkOver(engine) }) // the next walk is an hour away

	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)
	// What a channel.Receiver makes of a webhook, such as shopify.NewReceiver's.
	receipt := channel.Receipt{ID: "5f1c", Hints: []channel.Hint{{Account: "acme.example", Kind: channel.HintOrder, Order: id}}}
	noError(engine.Hint(ctx, receipt, func(account string) []channel.ID {
		return map[string][]channel.ID{"acme.example": {"acme"}}[account]
	}))
	until(func() bool {
		_, err := engine.Order(ctx, channelsync.OrderRef{Channel: "acme", ID: id})
		return err == nil
	})
	fmt.Println("imported")
	// Output:
	// imported
}
