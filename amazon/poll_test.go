package amazon_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// importing is an engine that imports the orders of a fake account.
type importing struct {
	*testing.T
	fake      *amazontest.Fake
	store     channelsync.Store
	reconcile time.Duration

	engine *channelsync.Engine
	quit   func()
	worst  time.Duration // freshness, as State tells it, since the last reset
}

// onImport runs f on an account, with an engine that is not started.
func onImport(t *testing.T, f func(p *importing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &importing{T: t, fake: amazontest.New(accountConfig{})}
		must(p.fake.AddProduct(amazontest.NewProduct{SKU: "MUG", Price: "10", OnHand: 1 << 30}))
		p.store = must(sqlitestore.OpenConfig(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: true}))
		f(p)
		p.stop()
		check(t, p.store.Close())
		if n := p.fake.ThrottledBy()["searchOrders"]; n > 0 {
			t.Errorf("Amazon refused %d searches: they are to be held back before", n)
		}
	})
}

func (p *importing) start() {
	p.Helper()
	p.engine = must(channelsync.New(channelsync.Config{
		Store: p.store, Channels: []channel.Channel{must(amazon.New(p.fake.Config()))}, NoBackfill: true, Sweep: 12 * time.Hour, ReconcileEvery: p.reconcile,
	}))
	ctx, stop := context.WithCancel(p.Context())
	done := make(chan error, 1)
	go func() { done <- p.engine.Run(ctx) }()
	p.quit = func() { stop(); check(p, <-done) }
}

func (p *importing) stop() {
	if p.quit != nil {
		p.quit()
		p.quit = nil
	}
}

// fresh is how far the watermark is back, -1 before the first walk has ended.
func (p *importing) fresh() time.Duration {
	p.Helper()
	for _, l := range must(p.engine.State(p.Context()))[0].Lanes {
		if l.Lane == channelsync.LaneImport {
			return l.Freshness
		}
	}
	return -1
}

// watch lets time pass and notes the worst freshness, until done says so.
func (p *importing) watch(most, every time.Duration, done func(fresh time.Duration) bool) time.Duration {
	p.Helper()
	began := time.Now()
	for time.Since(began) < most {
		pass(every)
		fresh := p.fresh()
		p.worst = max(p.worst, fresh)
		if done != nil && done(fresh) {
			break
		}
	}
	return time.Since(began)
}

// has checks that every order is stored that was placed.
func (p *importing) has(placed int) {
	p.Helper()
	pass(20 * time.Minute)
	if n := len(p.fake.Orders()); n != placed {
		p.Fatalf("%d orders of %d", n, placed)
	}
	for _, o := range p.fake.Orders() {
		if _, err := p.engine.Order(p.Context(), channelsync.OrderRef{Channel: "amazon:na:" + amazontest.DefaultSellerID, ID: channel.OrderID(o.ID)}); err != nil {
			p.Fatalf("order %s: %v", o.ID, err)
		}
	}
}

// sales places orders evenly until stopped.
func sales(fake *amazontest.Fake, perDay int) (placed func() int, stop func()) {
	every := 24 * time.Hour / time.Duration(perDay)
	quit, done, n := make(chan struct{}), make(chan struct{}), 0
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				must(fake.PlaceOrder(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
				n++
			}
		}
	}()
	return func() int { return n }, func() { close(quit); <-done }
}

// racing is set by the race detector, under which days take ten times as long.
var racing bool

// longRun reports whether tests run that take a minute.
func longRun() bool { return os.Getenv("PENSTOCK_LONG") != "" }

// How far the watermark is back at worst, over two days, by how many orders
// change in one: docs/amazon.md has the figures.
func TestFreshnessInSteadyState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		perDay    int
		reconcile time.Duration
		worst     time.Duration
		long      bool
	}{
		{100, 0, 7 * time.Minute, false},
		{5_000, 0, 7 * time.Minute, true},
		{14_000, 0, 7 * time.Minute, true},
		{23_000, 0, 11 * time.Minute, true},
		{30_000, 0, 17 * time.Minute, true},
		{40_000, 0, 53 * time.Minute, true},
	} {
		if tt.long && !longRun() {
			continue
		}
		onImport(t, func(p *importing) {
			p.reconcile = tt.reconcile
			p.start()
			placed, stop := sales(p.fake, tt.perDay)
			pass(30 * time.Minute)
			p.watch(48*time.Hour, time.Minute, nil)
			stop()
			t.Logf("%d a day, reconciled %v: worst freshness %s, %d searches", tt.perDay, tt.reconcile >= 0, p.worst, p.fake.Calls()["searchOrders"])
			if p.worst > tt.worst+5*time.Second {
				t.Errorf("%d a day: worst freshness %s, want %s", tt.perDay, p.worst, tt.worst)
			}
			if tt.perDay <= 14_000 {
				p.has(placed())
			}
		})
	}
}

// What is behind takes a search for each hundred orders, nineteen at once and
// one in three minutes from then on; parcels do not wait for them.
func TestCatchingUpAfterADayOffline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		perDay        int
		within, worst time.Duration
		long          bool
	}{
		{1_000, 10 * time.Second, 24*time.Hour + 8*time.Minute, false},
		{2_000, 10 * time.Minute, 24*time.Hour + 14*time.Minute, false},
		{5_000, 2*time.Hour + 5*time.Minute, 26 * time.Hour, true},
		{10_000, 5*time.Hour + 40*time.Minute, 28*time.Hour + 30*time.Minute, true},
	} {
		if tt.long && !longRun() {
			continue
		}
		onImport(t, func(p *importing) {
			p.start()
			placed, stop := sales(p.fake, tt.perDay)
			pass(time.Hour)
			p.stop()
			pass(24 * time.Hour)
			parcelsDone := make(chan time.Duration)
			order := must(fakeOrderOf(p.fake))
			p.start()
			p.worst = p.fresh()
			go func() {
				pass(time.Minute)
				began := time.Now()
				ch := must(amazon.New(p.fake.Config()))
				o := must(ch.OrdersByID(p.Context(), []channel.OrderID{order})).Items[0]
				must(ch.Ship(p.Context(), parcel(o, 1, "1Z1", 1)))
				parcelsDone <- time.Since(began)
			}()
			took := p.watch(48*time.Hour, time.Second, func(fresh time.Duration) bool { return fresh < 8*time.Minute })
			stop()
			t.Logf("%d a day: fresh again after %s, worst freshness %s", tt.perDay, took.Round(time.Second), p.worst.Round(time.Second))
			if took > tt.within || p.worst > tt.worst {
				t.Errorf("%d a day: fresh again after %s, worst freshness %s; want %s and %s", tt.perDay, took, p.worst, tt.within, tt.worst)
			}
			if d := <-parcelsDone; d > time.Second {
				t.Errorf("a parcel took %s while searches were out of tokens", d)
			}
			p.has(placed())
		})
	}
}

func fakeOrderOf(fake *amazontest.Fake) (channel.OrderID, error) {
	all := fake.Orders()
	if len(all) == 0 {
		return "", errors.New("no order")
	}
	return channel.OrderID(all[0].ID), nil
}

// A first import takes as long, and its watermark is as far back when it ends.
func TestFirstImport(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		orders int
		within time.Duration
	}{{1_800, 10 * time.Second}, {5_000, 95 * time.Minute}} {
		if racing && tt.orders > 2_000 {
			continue
		}
		onImport(t, func(p *importing) {
			for i := range tt.orders {
				must(p.fake.PlaceOrder(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
				if i%100 == 0 {
					pass(time.Minute)
				}
			}
			visible()
			p.start()
			took := p.watch(12*time.Hour, time.Second, func(fresh time.Duration) bool { return fresh >= 0 })
			t.Logf("%d orders: %s, freshness %s, %d searches", tt.orders, took.Round(time.Second), p.worst.Round(time.Second), p.fake.Calls()["searchOrders"])
			if took > tt.within || p.worst > tt.within+2*time.Minute+5*time.Second {
				t.Errorf("%d orders after %s, freshness %s; want %s and two minutes", tt.orders, took, p.worst, tt.within)
			}
			p.has(tt.orders)
		})
	}
}
