package sync_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// BenchmarkImport is a first import: orders merged and stored with demand,
// totals, events and payloads, from an in-memory marketplace.
func BenchmarkImport(b *testing.B) {
	const orders = 5000
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 250})
	ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: 1 << 40})
	for range orders {
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: 2}, channeltest.SaleLine{Listing: ref.ID, Quantity: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	var spent time.Duration
	for b.Loop() {
		store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "penstock.db"))
		if err != nil {
			b.Fatal(err)
		}
		e, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		began := time.Now()
		go func() { done <- e.Run(ctx) }()
		for {
			states, err := e.State(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if len(states) == 1 && lane(states[0], channelsync.LaneImport).Freshness >= 0 {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		spent += time.Since(began)
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(orders*b.N)/spent.Seconds(), "orders/s")
}

// BenchmarkShip writes parcels back to an in-memory marketplace: each is
// stored, sent with its intent committed first, and confirmed.
func BenchmarkShip(b *testing.B) {
	const parcels = 2300
	var spent time.Duration
	for b.Loop() {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 250})
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: 1 << 40})
		for range parcels {
			if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: 1}); err != nil {
				b.Fatal(err)
			}
		}
		store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "penstock.db"))
		if err != nil {
			b.Fatal(err)
		}
		e, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}, NoBackfill: true})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		until := func(enough func(s channelsync.ChannelState) bool) {
			for {
				states, err := e.State(ctx)
				if err != nil {
					b.Fatal(err)
				}
				if len(states) == 1 && enough(states[0]) {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		until(func(s channelsync.ChannelState) bool { return lane(s, channelsync.LaneImport).Freshness >= 0 })
		began := time.Now()
		for i, o := range shop.Orders() {
			err := e.Ship(ctx, channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: o.ID}, Carrier: "UPS", Tracking: strconv.Itoa(i)})
			if err != nil {
				b.Fatal(err)
			}
		}
		until(func(s channelsync.ChannelState) bool { return s.Shipments[channelsync.ShipmentConfirmed] == parcels })
		spent += time.Since(began)
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(parcels*b.N)/spent.Seconds(), "parcels/s")
}
