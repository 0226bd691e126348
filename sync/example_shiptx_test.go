package sync_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// The label of the second parcel cannot be printed: neither is stored.
func ExampleEngine_ShipTx() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 3})
	noError(err)
	store, closeStore := newStore()
	defer closeStore()
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	order := channelsync.OrderRef{Channel: "acme", ID: id}
	until(func() bool { _, err := engine.Order(ctx, order); return err == nil })

	err = store.Update(ctx, func(tx channelsync.Tx) error {
		if err := engine.ShipTx(ctx, tx, channelsync.Shipment{Key: "box 1", Order: order, Carrier: "UPS", Tracking: "1Z999AA10123456784"}); err != nil {
			return err
		}
		return errors.New("the label printer is out of paper")
	})
	fmt.Println(err)
	parcels, err := engine.Shipments(ctx, order)
	noError(err)
	fmt.Println(len(parcels), "parcels")
	stop()
	noError(<-done)
	// Output:
	// the label printer is out of paper
	// 0 parcels
}
