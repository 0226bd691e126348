package pgstore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/pgstore"
)

// TestAnEngine: two shops sell the same ten mugs, and an order leaves in a
// parcel. Then the process ends in peace and another takes over.
func TestAnEngine(t *testing.T) {
	address := pgtest.URL(t)
	north := channeltest.NewMemory(channeltest.MemoryConfig{ID: "north"})
	south := channeltest.NewMemory(channeltest.MemoryConfig{ID: "south"})
	there := north.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 3}).ID
	here := south.AddListing(channeltest.NewListing{SKU: "MUG-01"}).ID

	var order channelsync.OrderRef
	var told atomic.Int64
	run := func(f func(*channelsync.Engine)) {
		store, err := pgstore.Open(t.Context(), address)
		must(t, err)
		defer func() { must(t, store.Close()) }()
		engine, err := channelsync.New(channelsync.Config{
			Store: store, Channels: []channel.Channel{north, south}, PollEvery: 100 * time.Millisecond,
		})
		must(t, err)
		engine.OnOrder("count", func(context.Context, channelsync.OrderEvent) error { told.Add(1); return nil })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- engine.Run(ctx) }()
		defer func() { stop(); must(t, <-done) }()
		f(engine)
	}
	shows := func(want int64) func() bool {
		return func() bool { return north.Quantity(there, "") == want && south.Quantity(here, "") == want }
	}
	run(func(engine *channelsync.Engine) {
		must(t, engine.Count(t.Context(), "MUG-01", 10))
		until(t, "both show 10", shows(10))
		id, err := north.PlaceOrder(channeltest.SaleLine{Listing: there, Quantity: 4})
		must(t, err)
		order = channelsync.OrderRef{Channel: "north", ID: id}
		must(t, engine.Wake(t.Context(), "north"))
		until(t, "both show 6", shows(6))
	})
	if _, err := south.PlaceOrder(channeltest.SaleLine{Listing: here, Quantity: 1}); err != nil {
		t.Fatal(err)
	}
	run(func(engine *channelsync.Engine) {
		must(t, engine.Wake(t.Context(), "south"))
		until(t, "both show 5", shows(5))
		parcel := channelsync.Shipment{Key: "box 1", Order: order, Carrier: "UPS", Tracking: "1Z999AA10123456784"}
		must(t, engine.Ship(t.Context(), parcel))
		must(t, engine.Ship(t.Context(), parcel)) // again, which is no second one
		until(t, "the parcel is confirmed", func() bool {
			parcels, err := engine.Shipments(t.Context(), order)
			return err == nil && len(parcels) == 1 && parcels[0].State == channelsync.ShipmentConfirmed
		})
		items, err := engine.Stock(t.Context(), "", "MUG-01")
		must(t, err)
		if i := items[0]; i.OnHand != 6 || i.Reserved != 1 || i.Available != 5 {
			t.Errorf("on hand %d, reserved %d, available %d; want 6, 1, 5", i.OnHand, i.Reserved, i.Available)
		}
	})
	if n := len(north.Parcels(order.ID)); n != 1 {
		t.Errorf("the shop has %d parcels, want 1", n)
	}
	if n := told.Load(); n < 2 {
		t.Errorf("told of %d orders, want both", n)
	}
	if !shows(5)() {
		t.Errorf("at the end north shows %d and south %d, want 5", north.Quantity(there, ""), south.Quantity(here, ""))
	}
}

// TestAKilledEnginesChannelsAreTakenOver: they are visited again when the
// leases that it held have ended.
func TestAKilledEnginesChannelsAreTakenOver(t *testing.T) {
	store, err := pgstore.Open(t.Context(), pgtest.URL(t))
	must(t, err)
	defer func() { must(t, store.Close()) }()
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2})
	must(t, err)
	end := time.Now().Add(time.Second)
	must(t, store.Update(t.Context(), func(tx channelsync.Tx) error {
		if err := tx.AddChannels(t.Context(), []channelsync.ChannelRow{{ID: "shop", Marketplace: "memory"}}); err != nil {
			return err
		}
		_, ok, err := tx.Claim(t.Context(), "shop", "killed", time.Now(), end)
		if err == nil && !ok {
			err = errors.New("the channel is not free")
		}
		return err
	}))
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	defer func() { stop(); must(t, <-done) }()
	until(t, "the order is imported", func() bool {
		_, err := engine.Order(ctx, channelsync.OrderRef{Channel: "shop", ID: id})
		return err == nil
	})
	if time.Now().Before(end) {
		t.Error("imported while another held the channel")
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); !is(); {
		select {
		case <-tick.C:
		case <-end:
			tb.Fatal("it did not happen that ", what)
		}
	}
}
