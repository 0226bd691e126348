package sync_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// byHand is a runner that leaves the visits to the test.
type byHand struct{ visits chan channelsync.Visits }

func (byHand) Wake(context.Context, bool, ...channel.ID) {}

func (r byHand) Run(ctx context.Context, v channelsync.Visits) error {
	r.visits <- v
	<-ctx.Done()
	return nil
}

// catalogue is an engine over n counted items, each a listing on two shops,
// whose visits are made by hand.
func catalogue(b *testing.B, n int, change func(*channelsync.Config)) (*channelsync.Engine, channelsync.Store, channelsync.Visits, []string, *channeltest.Memory) {
	b.Helper()
	store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "penstock.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	a, z := channeltest.LikeShopify(), channeltest.LikeShopify()
	a.ID, z.ID, a.PageSize, z.PageSize = "a", "z", 250, 250
	shop, other := channeltest.NewMemory(a), channeltest.NewMemory(z)
	var skus []string
	for i := range n {
		skus = append(skus, fmt.Sprintf("SKU-%05d", i))
		shop.AddListing(channeltest.NewListing{SKU: skus[i], Quantity: 1000})
		other.AddListing(channeltest.NewListing{SKU: skus[i], Quantity: 1000})
	}
	runner := byHand{make(chan channelsync.Visits)}
	cfg := channelsync.Config{
		Store: store, Channels: []channel.Channel{shop, other}, Runner: runner, Slice: time.Minute, Sweep: 20 * time.Hour,
	}
	if change != nil {
		change(&cfg)
	}
	engine, err := channelsync.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { _ = engine.Run(ctx); close(done) }()
	b.Cleanup(func() { stop(); <-done })
	visits := <-runner.visits
	visits.Visit(ctx, "a")
	visits.Visit(ctx, "z")
	err = store.Update(ctx, func(tx channelsync.Tx) error {
		for _, sku := range skus {
			if err := engine.CountTx(ctx, tx, sku, 1000, channelsync.Entry{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	visits.Visit(ctx, "a")
	visits.Visit(ctx, "z")
	return engine, store, visits, skus, shop
}

// BenchmarkPlan5000 is what one visit takes to plan 5,000 levels that are due
// and to store that each is as it should be.
func BenchmarkPlan5000(b *testing.B) {
	_, store, visits, skus, _ := catalogue(b, 5000, nil)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		err := store.Update(ctx, func(tx channelsync.Tx) error {
			_, err := tx.TouchLevels(ctx, "", skus, time.Now())
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		visits.Visit(ctx, "a")
	}
}

// BenchmarkPush5000 is what one visit takes to plan 5,000 changed quantities,
// send them in batches of 250 and store what came of each.
func BenchmarkPush5000(b *testing.B) {
	engine, store, visits, skus, shop := catalogue(b, 5000, nil)
	ctx := b.Context()
	n := int64(1000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		n--
		err := store.Update(ctx, func(tx channelsync.Tx) error {
			for _, sku := range skus {
				if err := engine.CountTx(ctx, tx, sku, n, channelsync.Entry{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		writes := shop.Calls(channeltest.OpSetStock)
		b.StartTimer()
		visits.Visit(ctx, "a")
		if got := shop.Calls(channeltest.OpSetStock) - writes; got != 20 {
			b.Fatalf("%d writes", got)
		}
	}
}

// BenchmarkIdleVisit is a visit that finds nothing to do.
func BenchmarkIdleVisit(b *testing.B) {
	_, _, visits, _, _ := catalogue(b, 10, nil)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		visits.Visit(ctx, "a")
	}
}
