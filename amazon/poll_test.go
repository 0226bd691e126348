package amazon_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// overlap is what an engine's walk reads again of the one before.
const overlap = 5 * time.Minute

// poller walks as an engine does: at its interval, resting where it is throttled
// for as long as it is told.
type poller struct {
	*testing.T
	ch        *amazon.Channel
	watermark time.Time
	stored    map[channel.OrderID]bool

	walk    channel.Cursor
	next    time.Time
	worst   time.Duration // freshness when a walk ended, before the watermark moved
	longest time.Duration // one call
}

// run polls until the given time.
func (p *poller) run(until time.Time) {
	for time.Now().Before(until) {
		if wait := time.Until(p.next); wait > 0 {
			pass(min(wait, time.Until(until)))
			continue
		}
		began := time.Now()
		page, err := p.ch.OrderPage(p.Context(), channel.OrderQuery{Since: p.watermark.Add(-overlap), After: p.walk})
		p.longest = max(p.longest, time.Since(began))
		if errors.Is(err, channel.ErrThrottled) {
			p.next = time.Now().Add(channel.RetryAfter(err))
			continue
		}
		check(p, err)
		for _, o := range page.Items {
			p.stored[o.ID] = true
		}
		p.walk = page.Next
		if page.Next != "" {
			continue
		}
		p.worst = max(p.worst, p.freshness())
		p.watermark = page.Through
		p.next = time.Now().Add(p.ch.Traits().PollEvery)
	}
}

func (p *poller) freshness() time.Duration { return time.Since(p.watermark) }

// settle polls until the watermark is as fresh as it gets, and returns how long
// that took.
func (p *poller) settle(most time.Duration) time.Duration {
	began := time.Now()
	for p.freshness() > 3*time.Minute && time.Since(began) < most {
		p.run(time.Now().Add(time.Second))
	}
	return time.Since(began)
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

func onPoller(t *testing.T, f func(p *poller, fake *amazontest.Fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := amazontest.New(accountConfig{})
		must(fake.AddProduct(amazontest.NewProduct{SKU: "MUG", Price: "10", OnHand: 1 << 30}))
		cfg := fake.Config()
		cfg.Lag = 2 * time.Minute
		p := &poller{T: t, ch: must(amazon.New(cfg)), watermark: time.Now(), stored: map[channel.OrderID]bool{}}
		f(p, fake)
		if n := fake.ThrottledBy()["searchOrders"]; n > 0 {
			t.Errorf("Amazon refused %d searches: they are to be held back before", n)
		}
		if p.longest > 5*time.Second {
			t.Errorf("a call took %s", p.longest)
		}
	})
}

// Up to some 24,000 changes a day the watermark is never further back than the
// interval and the two minutes that Amazon holds orders back.
func TestFreshnessInSteadyState(t *testing.T) {
	for _, perDay := range []int{100, 14_000, 23_000} {
		onPoller(t, func(p *poller, fake *amazontest.Fake) {
			placed, stop := sales(fake, perDay)
			p.run(time.Now().Add(30 * time.Minute))
			p.worst = 0
			p.run(time.Now().Add(4 * time.Hour))
			stop()
			t.Logf("%d a day: worst freshness %s, %d searches", perDay, p.worst, fake.Calls()["searchOrders"])
			if p.worst > 7*time.Minute+5*time.Second {
				t.Errorf("%d a day: worst freshness %s, want the interval and two minutes", perDay, p.worst)
			}
			pass(3 * time.Minute)
			p.run(time.Now().Add(6 * time.Minute))
			if len(p.stored) != placed() {
				t.Errorf("%d a day: %d stored of %d", perDay, len(p.stored), placed())
			}
		})
	}
}

// What is behind takes a search for each hundred orders, nineteen at once and
// one in three minutes from then on; parcels do not wait for them.
func TestCatchingUpAfterADayOffline(t *testing.T) {
	for _, tt := range []struct {
		perDay int
		within time.Duration // what the arithmetic says, and a poll
	}{
		{1_000, 10 * time.Second},
		{2_000, 12 * time.Minute},
		{5_000, 2 * time.Hour},
		{10_000, 5*time.Hour + 30*time.Minute},
	} {
		onPoller(t, func(p *poller, fake *amazontest.Fake) {
			placed, stop := sales(fake, tt.perDay)
			p.run(time.Now().Add(time.Hour))
			pass(24 * time.Hour)
			parcelsDone := make(chan time.Duration)
			order := must(fakeOrderOf(fake))
			go func() {
				began := time.Now()
				o := must(p.ch.OrdersByID(p.Context(), []channel.OrderID{order})).Items[0]
				must(p.ch.Ship(p.Context(), parcel(o, 1, "1Z1", 1)))
				parcelsDone <- time.Since(began)
			}()
			took := p.settle(48 * time.Hour)
			stop()
			t.Logf("%d a day: fresh again after %s, worst freshness %s", tt.perDay, took.Round(time.Second), p.worst.Round(time.Second))
			if took > tt.within {
				t.Errorf("%d a day: fresh again after %s, want %s", tt.perDay, took, tt.within)
			}
			if d := <-parcelsDone; d > time.Second {
				t.Errorf("a parcel took %s while searches were out of tokens", d)
			}
			pass(3 * time.Minute)
			p.run(time.Now().Add(6 * time.Minute))
			if len(p.stored) != placed() {
				t.Errorf("%d a day: %d stored of %d", tt.perDay, len(p.stored), placed())
			}
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

// A first import takes as long, and is begun from the start date.
func TestFirstImport(t *testing.T) {
	for _, tt := range []struct {
		orders int
		within time.Duration
	}{{1_800, 10 * time.Second}, {5_000, 95 * time.Minute}} {
		onPoller(t, func(p *poller, fake *amazontest.Fake) {
			for i := range tt.orders {
				must(fake.PlaceOrder(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
				if i%100 == 0 {
					pass(time.Minute)
				}
			}
			visible()
			p.watermark = time.Time{}
			began := time.Now()
			for p.watermark.IsZero() {
				p.run(time.Now().Add(time.Second))
			}
			t.Logf("%d orders: %s, %d searches", tt.orders, time.Since(began).Round(time.Second), fake.Calls()["searchOrders"])
			if took := time.Since(began); took > tt.within || len(p.stored) != tt.orders {
				t.Errorf("%d of %d orders after %s, want %s", len(p.stored), tt.orders, took, tt.within)
			}
		})
	}
}
