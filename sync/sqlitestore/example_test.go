package sqlitestore_test

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

// An engine imports an order and ends; what it stored is there when the file is
// opened again. Meanwhile nobody else can open it.
func Example() {
	folder, err := os.MkdirTemp("", "penstock")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "penstock.db")

	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2}); err != nil {
		fmt.Println(err)
		return
	}

	if err := run(path, shop); err != nil {
		fmt.Println(err)
		return
	}

	store, err := sqlitestore.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for order, err := range engine.Orders(context.Background(), channelsync.OrderFilter{Channel: "shop"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("stored:", order.Order.Lines[0].Ordered, order.Order.Lines[0].SKU)
	}
	// Output:
	// in use: true
	// imported: 2 MUG-01
	// stored: 2 MUG-01
}

// run imports until it has heard of an order.
func run(path string, shop channel.Channel) error {
	store, err := sqlitestore.Open(path)
	if err != nil {
		return err
	}
	defer store.Close()
	_, err = sqlitestore.Open(path)
	fmt.Println("in use:", errors.Is(err, channelsync.ErrLocked))

	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	engine.OnOrder("printer", func(_ context.Context, e channelsync.OrderEvent) error {
		fmt.Println("imported:", e.Order.Lines[0].Ordered, e.Order.Lines[0].SKU)
		stop()
		return nil
	})
	return engine.Run(ctx)
}
