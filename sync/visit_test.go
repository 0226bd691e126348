package sync_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// state returns how a channel stands.
func (r *rig) state(id channel.ID) channelsync.ChannelState {
	r.t.Helper()
	states, err := r.engine.State(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(states, func(s channelsync.ChannelState) bool { return s.Channel == id })
	if i < 0 {
		r.t.Fatalf("no state of %q", id)
	}
	return states[i]
}

func lane(s channelsync.ChannelState, l channelsync.Lane) channelsync.LaneState {
	for _, ls := range s.Lanes {
		if ls.Lane == l {
			return ls
		}
	}
	return channelsync.LaneState{}
}

// What each class of error does to a lane, and how it ends.
func TestLanesObeyClasses(t *testing.T) {
	for _, test := range []struct {
		kind     channeltest.FaultKind
		wait     time.Duration // after the fault is lifted, until orders come again
		paused   bool
		problem  string
		allLanes bool
		calls    int // walks asked for in the hour the fault lasts, at most
	}{
		{channeltest.FaultThrottled, 31 * time.Minute, false, "throttled", false, 4},
		{channeltest.FaultUnavailable, 11 * time.Minute, false, "unavailable", false, 25},
		{channeltest.FaultForbidden, 25 * time.Hour, true, "forbidden", false, 1},
		{channeltest.FaultUnauthorized, 61 * time.Minute, true, "needs reauthorisation", true, 2},
		{channeltest.FaultSuspended, 25 * time.Hour, true, "suspended", true, 1},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
				r := newRig(t, shop)
				r.start()
				wait(time.Minute)
				// The probe sees a dead grant and a frozen shop too.
				lift := shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: test.kind, Times: -1, RetryAfter: 20 * time.Minute})
				liftProbe := func() {}
				if test.allLanes {
					liftProbe = shop.Inject(channeltest.Fault{Op: channeltest.OpProbe, Kind: test.kind, Times: -1})
				}
				before := shop.Calls(channeltest.OpOrders)
				wait(time.Hour)
				if n := shop.Calls(channeltest.OpOrders) - before; n > test.calls || n < 1 {
					t.Errorf("%d walks were tried in an hour, want 1 to %d", n, test.calls)
				}
				s := r.state("shop")
				l := lane(s, channelsync.LaneImport)
				if l.Paused != test.paused || !strings.Contains(l.Reason, test.problem) || !strings.Contains(s.Problem, test.problem) {
					t.Errorf("paused %v, reason %q, problem %q", l.Paused, l.Reason, s.Problem)
				}
				if ship := lane(s, channelsync.LaneShip); ship.Paused != test.allLanes {
					t.Errorf("the ship lane is paused: %v", ship.Paused)
				}
				lift()
				liftProbe()
				placeOrders(t, shop, 2)
				wait(test.wait)
				r.sameOrders(shop)
				if s := r.state("shop"); s.Problem != "" {
					t.Errorf("still a problem: %s", s.Problem)
				}
			})
		})
	}
}

// A dead grant is no error storm, and resuming by hand spares the wait.
func TestResumeAfterReauthorisation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		lift := shop.Inject(channeltest.Fault{Kind: channeltest.FaultUnauthorized, Times: -1})
		e := r.start()
		wait(24 * time.Hour)
		if n := shop.Calls(""); n > 30 {
			t.Errorf("%d calls with a dead grant in a day", n)
		}
		lift()
		placeOrders(t, shop, 2)
		if err := e.Resume(t.Context(), "shop", ""); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Second)
		r.sameOrders(shop)
	})
}

func TestPauseHoldsALaneAndOnlyThat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Latency: channeltest.Exactly(time.Second), PageSize: 2})
		ids := placeOrders(t, shop, 10)
		r := newRig(t, shop)
		e := r.start()
		wait(4500 * time.Millisecond) // in the middle of a walk
		if err := e.Pause(t.Context(), "shop", channelsync.LaneImport, "stocktaking"); err != nil {
			t.Fatal(err)
		}
		wait(3 * time.Second)
		n := len(r.stored("shop"))
		if n == 0 || n == 10 {
			t.Fatalf("%d of 10 orders stored when paused", n)
		}
		stored := r.stored("shop")
		if err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: stored[0].Order.ID}, Tracking: "1"}); err != nil {
			t.Fatal(err)
		}
		wait(24 * time.Hour)
		if got := len(r.stored("shop")); got != n {
			t.Errorf("%d orders stored while paused, %d when it was paused", got, n)
		}
		if l := lane(r.state("shop"), channelsync.LaneImport); !l.Paused || l.Reason != "stocktaking" {
			t.Errorf("state: %+v", l)
		}
		if got := len(shop.Parcels(ids...)); got != 1 {
			t.Errorf("%d parcels on record, want 1: shipping was not paused", got)
		}
		if err := e.Resume(t.Context(), "shop", channelsync.LaneImport); err != nil {
			t.Fatal(err)
		}
		wait(30 * time.Second)
		r.sameOrders(shop)
		if err := e.Pause(t.Context(), "shop", "nonsense", ""); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("pausing a lane that is none: %v", err)
		}
		if err := e.Pause(t.Context(), "nowhere", "", ""); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("pausing a channel that is none: %v", err)
		}
	})
}

// blindChannel's grant lacks a scope, and the marketplace answers with nothing
// instead of an error.
type blindChannel struct {
	channel.Channel
	missing *atomic.Pointer[[]channel.MissingScope]
}

func (b blindChannel) Unwrap() channel.Channel { return b.Channel }
func (b blindChannel) Probe(context.Context) (channel.Account, error) {
	return channel.Account{Name: "Ada's", Missing: *b.missing.Load(), Offset: time.Hour}, nil
}

func (b blindChannel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	if len(*b.missing.Load()) > 0 {
		return channel.Page[channel.Order]{Through: time.Now()}, nil
	}
	return b.Channel.OrderPage(ctx, q)
}

// Empty pages are not taken for nothing to do while a scope is missing.
func TestAMissingScopeStopsItsLane(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		var missing atomic.Pointer[[]channel.MissingScope]
		missing.Store(&[]channel.MissingScope{{Scope: "read_orders", Job: channel.JobOrders, Fatal: true}})
		r := newRig(t)
		r.config = func(c *channelsync.Config) { c.Channels = []channel.Channel{blindChannel{shop, &missing}} }
		placeOrders(t, shop, 2)
		r.start()
		wait(10 * time.Minute)
		s := r.state("shop")
		l := lane(s, channelsync.LaneImport)
		if !l.Paused || !strings.Contains(l.Reason, "read_orders") || !l.Watermark.IsZero() {
			t.Errorf("paused %v, reason %q, watermark %v", l.Paused, l.Reason, l.Watermark)
		}
		if s.Name != "Ada's" || s.Offset != time.Hour {
			t.Errorf("probed as %q, offset %v", s.Name, s.Offset)
		}
		missing.Store(&[]channel.MissingScope{})
		wait(25 * time.Hour)
		r.sameOrders(shop)
	})
}

func TestACallThatHangsEndsAtItsDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		placeOrders(t, shop, 2)
		shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultStall})
		r := newRig(t, shop)
		r.start()
		wait(20 * time.Second)
		if n := len(r.stored("shop")); n != 0 {
			t.Errorf("%d orders stored by a call that hangs", n)
		}
		wait(20 * time.Second)
		r.sameOrders(shop)
	})
}

// panicking panics in its first calls.
type panicking struct {
	channel.Channel
	left *int
}

func (p panicking) Unwrap() channel.Channel { return p.Channel }
func (p panicking) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	if *p.left > 0 {
		*p.left--
		panic("canary " + string(q.After))
	}
	return p.Channel.OrderPage(ctx, q)
}

func (p panicking) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	if *p.left > 0 {
		*p.left--
		none := []string{}
		_ = none[len(s.Lines)+7]
	}
	return p.Channel.Ship(ctx, s)
}

func TestPanicsAreContained(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		other := channeltest.NewMemory(channeltest.MemoryConfig{ID: "other"})
		left := 2
		r := newRig(t)
		r.config = func(c *channelsync.Config) { c.Channels = []channel.Channel{panicking{shop, &left}, other} }
		ids := placeOrders(t, shop, 2)
		placeOrders(t, other, 2)
		e := r.start()
		wait(time.Second)
		r.sameOrders(other)
		if s := r.state("shop"); !strings.Contains(s.Problem, "internal fault") || strings.Contains(s.Problem, "canary") {
			t.Errorf("problem %q", s.Problem)
		}
		wait(time.Minute)
		r.sameOrders(shop)
		left = 1
		if err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: ids[0]}, Tracking: "1"}); err != nil {
			t.Fatal(err)
		}
		wait(2 * time.Minute)
		if n := len(shop.Parcels(ids[0])); n != 1 {
			t.Errorf("%d parcels after a panic in the adapter", n)
		}
	})
}

// Run ends with the page in hand committed and the lease released.
func TestRunStopsGracefully(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 2, Latency: channeltest.Exactly(2 * time.Second)})
		placeOrders(t, shop, 10)
		r := newRig(t, shop)
		e := r.start()
		wait(5 * time.Second) // two pages stored or so, one under way
		began := time.Now()
		calls := shop.Calls(channeltest.OpOrders)
		r.stop()
		if err := <-r.done; err != nil {
			t.Errorf("Run: %v", err)
		}
		r.stop = nil
		if d := time.Since(began); d > 3*time.Second {
			t.Errorf("stopping took %v", d)
		}
		if n := len(r.stored("shop")); n != 2*calls {
			t.Errorf("%d orders stored after %d pages of 2 were asked for", n, calls)
		}
		if s := r.state("shop"); s.Visiting {
			t.Error("the lease was not released")
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }() // and it can run again
		wait(time.Minute)
		r.sameOrders(shop)
		if err := e.Run(t.Context()); !errors.Is(err, channelsync.ErrRunning) {
			t.Errorf("a second Run: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if pages := shop.Calls(channeltest.OpOrders); pages > 7 {
			t.Errorf("%d pages were asked for: the walk did not resume at its cursor", pages)
		}
	})
}

func TestAStoreIsOpenOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"}))
		r.start()
		if _, err := sqlitestore.Open(r.path); !errors.Is(err, channelsync.ErrLocked) {
			t.Errorf("a second engine's store opened: %v", err)
		}
	})
}

// A wake-up that arrives while its channel is visited is not lost.
func TestAWakeUpDuringAVisitIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 5, Latency: channeltest.Exactly(time.Second)})
		placeOrders(t, shop, 20)
		r := newRig(t, shop)
		e := r.start()
		wait(3500 * time.Millisecond) // the walk has left the first pages behind
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1}); err != nil {
			t.Fatal(err)
		}
		if err := shop.Cancel("1001"); err != nil {
			t.Fatal(err)
		}
		if err := e.Hint(t.Context(), channel.Receipt{Hints: []channel.Hint{{Account: "ada", Kind: channel.HintOrder, Order: "1001"}}},
			func(account string) []channel.ID {
				if account != "ada" {
					t.Errorf("asked for %q", account)
				}
				return []channel.ID{"shop"}
			}); err != nil {
			t.Fatal(err)
		}
		wait(20 * time.Second) // far less than a poll
		r.sameOrders(shop)
	})
}

// lonely visits only what it is told of.
type lonely struct {
	woken  chan channel.ID
	visits *int
}

func (l lonely) Wake(_ context.Context, _ bool, ids ...channel.ID) {
	for _, id := range ids {
		l.woken <- id
	}
}

func (l lonely) Run(ctx context.Context, v channelsync.Visits) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-l.woken:
			*l.visits++
			v.Visit(ctx, id)
		}
	}
}

// With a runner that keeps no times of its own and forgets every wake-up, the
// sweep still gets the work done.
func TestTheSweepFindsWhatTheRunnerForgot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 3)
		visits := 0
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.Runner, c.Sweep = lonely{make(chan channel.ID, 1000), &visits}, 0 }
		r.start()
		wait(time.Minute)
		r.sameOrders(shop)
		// Work that another program committed without a wake-up.
		err := r.store.Update(t.Context(), func(tx channelsync.Tx) error {
			return r.engine.ShipTx(t.Context(), silent{tx}, channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: ids[0]}, Tracking: "1"})
		})
		if err != nil {
			t.Fatal(err)
		}
		wait(31 * time.Second)
		if n := len(shop.Parcels(ids[0])); n != 1 {
			t.Errorf("%d parcels a sweep later", n)
		}
	})
}

// Whoever asks while a walk is under way, whose answer is older than the asking,
// is not kept waiting until the next poll: neither during the first walk of all
// nor during a later one.
func TestAWakeDuringAWalkIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Latency: channeltest.Exactly(4 * time.Second)})
		r := newRig(t, shop)
		e := r.start()
		wait(7 * time.Second) // the probe has been answered, and the walk's answer is on its way
		for range 3 {
			placeOrders(t, shop, 1)
			must(t, e.Wake(t.Context(), "shop"))
			wait(time.Minute) // less than a poll
			r.sameOrders(shop)
			must(t, e.Wake(t.Context(), "shop"))
			wait(3 * time.Second)
		}
	})
}

// silent is a transaction whose wake-ups are lost.
type silent struct{ channelsync.Tx }

func (silent) Wake(context.Context, time.Time, bool, ...channel.ID) error { return nil }
