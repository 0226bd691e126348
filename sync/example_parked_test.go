package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// A record that does not decode is set aside with its reason, and tried again
// once the reason is gone.
func ExampleEngine_Replay() {
	dir, err := os.MkdirTemp("", "penstock")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(filepath.Join(dir, "penstock.db"))
	if err != nil {
		panic(err)
	}
	defer store.Close()

	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	order, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	if err != nil {
		panic(err)
	}
	if err := shop.Poison(order); err != nil {
		panic(err)
	}

	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()

	var parked []channelsync.ParkedRow
	for len(parked) == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
		if parked, err = engine.Parked(ctx, channelsync.ParkedFilter{Kind: "order"}); err != nil {
			panic(err)
		}
	}
	fmt.Println("parked:", parked[0].Kind, parked[0].Ref)

	if err := shop.Heal(order); err != nil {
		panic(err)
	}
	if err := engine.Replay(ctx, parked[0].ID); err != nil {
		panic(err)
	}
	stored, err := engine.Order(ctx, channelsync.OrderRef{Channel: "acme", ID: order})
	if err != nil {
		panic(err)
	}
	fmt.Println("stored:", stored.Order.ID)

	stop()
	if err := <-done; err != nil {
		panic(err)
	}
	// Output:
	// parked: order 1001
	// stored: 1001
}
