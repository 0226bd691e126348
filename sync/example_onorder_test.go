package sync_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// A subscriber that fails is told again, with the same Seq: by that it knows
// what it has done before.
func ExampleEngine_OnOrder() {
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
	if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1}); err != nil {
		panic(err)
	}
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	tries := 0
	engine.OnOrder("printer", func(_ context.Context, e channelsync.OrderEvent) error {
		tries++
		fmt.Printf("event %d: order %s %s\n", e.Seq, e.Order.ID, e.Kind)
		if tries == 1 {
			return errors.New("out of paper")
		}
		stop()
		return nil
	})
	if err := engine.Run(ctx); err != nil {
		panic(err)
	}
	// Output:
	// event 1: order 1001 created
	// event 1: order 1001 created
}
