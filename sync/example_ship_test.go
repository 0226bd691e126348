package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// An order leaves in two parcels. The first is told twice, and is one all the
// same; the second takes what is left.
func ExampleEngine_Ship() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 3})
	noError(err)

	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()
	order := channelsync.OrderRef{Channel: "acme", ID: id}
	var stored channelsync.StoredOrder
	until(func() bool { stored, err = engine.Order(ctx, order); return err == nil })

	first := channelsync.Shipment{
		Key: "box 1", Order: order, Carrier: "UPS", Tracking: "1Z999AA10123456784",
		Lines: []channelsync.ShipmentLine{{Line: stored.Order.Lines[0].ID, Quantity: 2}},
	}
	noError(engine.Ship(ctx, first))
	noError(engine.Ship(ctx, first)) // a repeat does nothing
	noError(engine.Ship(ctx, channelsync.Shipment{Key: "box 2", Order: order, Carrier: "UPS", Tracking: "1Z999AA10123456793"}))

	var parcels []channelsync.ShipmentStatus
	until(func() bool {
		parcels, err = engine.Shipments(ctx, order)
		noError(err)
		return parcels[0].State == channelsync.ShipmentConfirmed && parcels[1].State == channelsync.ShipmentConfirmed
	})
	for _, p := range parcels {
		fmt.Printf("parcel %d, %s: %d units, %s\n", p.Seq, p.Key, p.Lines[0].Quantity, p.State)
	}
	fmt.Println("the shop has", len(shop.Parcels(id)))
	// Output:
	// parcel 1, box 1: 2 units, confirmed
	// parcel 2, box 2: 1 units, confirmed
	// the shop has 2
}
