package stall_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// The adapter alone: a loop over a shop's orders.
func Example() {
	fake := stalltest.New(stalltest.Config{Lag: -1})
	mug := fake.AddListing("MUG-01", 10)
	_, err := fake.PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: mug, Quantity: 2}}, Postage: 490})
	noError(err)

	shop, err := stall.New(fake.Config())
	noError(err)
	for order, err := range channel.Orders(context.Background(), shop, channel.OrderQuery{}) {
		noError(err)
		fmt.Println(order.Number, order.Lines[0].Ordered, order.Lines[0].SKU, order.Totals.Total.Shop)
	}
	// Output:
	// A2 2 MUG-01 29.90 EUR
}

// The adapter in an engine: an order comes in, a parcel goes back.
func Example_engine() {
	fake := stalltest.New(stalltest.Config{Lag: -1})
	mug := fake.AddListing("MUG-01", 10)
	id, err := fake.PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: mug, Quantity: 2}}})
	noError(err)
	shop, err := stall.New(fake.Config())
	noError(err)

	dir, err := os.MkdirTemp("", "stall")
	noError(err)
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(filepath.Join(dir, "penstock.db"))
	noError(err)
	defer store.Close()
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	engine.OnOrder("warehouse", func(ctx context.Context, e channelsync.OrderEvent) error {
		return engine.Ship(ctx, channelsync.Shipment{
			Order:   channelsync.OrderRef{Channel: e.Channel, ID: e.Order.ID},
			Carrier: "UPS", Tracking: "1Z999AA10123456784",
		})
	})
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	for len(fake.Parcels(id)) == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	stop()
	noError(<-done)
	for _, p := range fake.Parcels(id) {
		fmt.Println("the shop has parcel", p.Tracking[0].Number)
	}
	// Output:
	// the shop has parcel 1Z999AA10123456784
}

func noError(err error) {
	if err != nil {
		panic(err)
	}
}
