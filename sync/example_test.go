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

// An engine over one channel: an order comes in, a parcel goes back.
func Example() {
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

	// In place of a real shop: one in memory, where somebody buys two mugs.
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Title: "Mug", Quantity: 10})
	if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2}); err != nil {
		panic(err)
	}

	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		panic(err)
	}
	orders := make(chan channelsync.OrderEvent, 1)
	engine.OnOrder("warehouse", func(_ context.Context, e channelsync.OrderEvent) error {
		orders <- e
		return nil
	})
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()

	e := <-orders
	fmt.Printf("order %s %s: %d of %s\n", e.Order.ID, e.Kind, e.Order.Lines[0].Ordered, e.Order.Lines[0].SKU)

	id := channelsync.OrderRef{Channel: e.Channel, ID: e.Order.ID}
	if err := engine.Ship(ctx, channelsync.Shipment{Order: id, Carrier: "UPS", Tracking: "1Z999AA10123456784"}); err != nil {
		panic(err)
	}
	for ctx.Err() == nil {
		parcels, err := engine.Shipments(ctx, id)
		if err != nil {
			panic(err)
		}
		if parcels[0].State == channelsync.ShipmentConfirmed {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for _, p := range shop.Parcels() {
		fmt.Println("the shop has parcel", p.Tracking[0].Number)
	}

	stop()
	if err := <-done; err != nil {
		panic(err)
	}
	// Output:
	// order 1001 created: 2 of MUG-01
	// the shop has parcel 1Z999AA10123456784
}
