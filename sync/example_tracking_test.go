package sync_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A number was mistyped: the parcel the shop has is changed, no second one made.
func ExampleEngine_CorrectTracking() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
	noError(err)

	engine, stop := runEngine(channelsync.Config{Channels: []channel.Channel{shop}})
	defer stop()
	ctx := context.Background()
	order := channelsync.OrderRef{Channel: "acme", ID: id}
	until(func() bool { _, err := engine.Order(ctx, order); return err == nil })

	noError(engine.Ship(ctx, channelsync.Shipment{Key: "box 1", Order: order, Carrier: "UPS", Tracking: "1Z999AA10123456748"}))
	until(func() bool { return len(shop.Parcels(id)) == 1 })
	noError(engine.CorrectTracking(ctx, "box 1", channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"}))

	until(func() bool { return shop.Parcels(id)[0].Tracking[0].Number == "1Z999AA10123456784" })
	fmt.Println("parcels:", len(shop.Parcels(id)))
	// Output:
	// parcels: 1
}
