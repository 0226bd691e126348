package sync_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// oldShop has orders of last week and of today.
func oldShop(t *testing.T, cfg channeltest.MemoryConfig) *channeltest.Memory {
	t.Helper()
	cfg.ID, cfg.PageSize = "shop", 5
	shop := channeltest.NewMemory(cfg)
	placeOrders(t, shop, 23)
	time.Sleep(7 * 24 * time.Hour)
	for range 3 {
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return shop
}

func backfills(c *channelsync.Config) { c.NoBackfill = false }

// The first import takes the newest orders by a walk and the rest in bulk, and
// new orders do not wait for it.
func TestBackfill(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := oldShop(t, channeltest.MemoryConfig{BackfillTime: channeltest.Exactly(20 * time.Minute), Latency: channeltest.Exactly(time.Second)})
		r := newRig(t, shop)
		r.config = backfills
		r.start()
		wait(10 * time.Second)
		if n := len(r.stored("shop")); n != 3 {
			t.Errorf("%d orders stored at once, want today's 3", n)
		}
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1}); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Minute)
		if n := len(r.stored("shop")); n != 4 {
			t.Errorf("%d orders stored while the job runs, want 4", n)
		}
		wait(20 * time.Minute)
		r.sameOrders(shop)
		calls := shop.Calls(channeltest.OpBackfill)
		wait(3 * time.Hour)
		if n := shop.Calls(channeltest.OpStartBackfill); n != 1 || shop.Calls(channeltest.OpBackfill) != calls {
			t.Errorf("%d jobs, and asked for again once it was done: %v", n, shop.Calls(channeltest.OpBackfill) != calls)
		}
	})
}

// Whatever happens to the bulk job, the history is imported.
func TestBackfillSurvives(t *testing.T) {
	for _, test := range []struct {
		op    channeltest.Op
		kind  channeltest.FaultKind
		after int
		times int
	}{
		{channeltest.OpStartBackfill, channeltest.FaultUnavailable, 0, 2},
		{channeltest.OpStartBackfill, channeltest.FaultForbidden, 0, -1},
		{channeltest.OpStartBackfill, channeltest.FaultInvalid, 0, -1},
		{channeltest.OpStartBackfill, channeltest.FaultConflict, 0, 3},
		{channeltest.OpBackfill, channeltest.FaultUnavailable, 8, 1},
		{channeltest.OpBackfill, channeltest.FaultStall, 9, 1},
		{channeltest.OpBackfill, channeltest.FaultInvalid, 9, -1},
		{channeltest.OpBackfill, channeltest.FaultThrottled, 9, 1},
	} {
		t.Run(fmt.Sprint(test.op, " ", test.kind), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := oldShop(t, channeltest.MemoryConfig{})
				shop.Inject(channeltest.Fault{Op: test.op, Kind: test.kind, After: test.after, Times: test.times})
				r := newRig(t, shop)
				r.config = backfills
				r.start()
				wait(75 * time.Minute)
				r.sameOrders(shop)
			})
		})
	}
}

// Killed in the middle of a bulk import, the engine goes on where it was.
func TestBackfillResumes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := oldShop(t, channeltest.MemoryConfig{BackfillTime: channeltest.Exactly(time.Second), Latency: channeltest.Exactly(time.Second)})
		r := newRig(t, shop)
		r.config = backfills
		r.start()
		wait(22 * time.Second)
		n := len(r.stored("shop"))
		if n <= 3 || n == 26 {
			t.Fatalf("%d of 26 orders stored: nothing to resume", n)
		}
		r.end()
		r.start()
		wait(time.Minute)
		r.sameOrders(shop)
		if n := shop.Calls(channeltest.OpStartBackfill); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}

// slowStream takes its time for every page of a bulk result.
type slowStream struct {
	*channeltest.Memory
	takes time.Duration
}

func (s slowStream) BackfillOrders(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Order], error] {
	return func(yield func(channel.Page[channel.Order], error) bool) {
		for page, err := range s.Memory.BackfillOrders(ctx, t) {
			select {
			case <-time.After(s.takes):
			case <-ctx.Done():
				err = &channel.Error{Channel: s.ID(), Op: "orders by id", Class: channel.ErrUnavailable, Err: ctx.Err()}
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// A page that takes longer than many slices is waited for: it is no failure,
// and new orders do not wait with it.
func TestBackfillWaitsForASlowPage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := oldShop(t, channeltest.MemoryConfig{})
		log := &logged{}
		r := newRig(t)
		r.config = func(c *channelsync.Config) {
			c.NoBackfill, c.Logger = false, log.logger()
			c.Channels = []channel.Channel{slowStream{shop, 100 * time.Second}}
		}
		e := r.start()
		wait(3 * time.Minute)
		if n := len(r.stored("shop")); n <= 3 || n == 26 {
			t.Fatalf("%d of 26 orders stored: not in the middle of the result", n)
		}
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1})
		must(t, err)
		must(t, e.Wake(t.Context(), "shop"))
		wait(3 * time.Second)
		if _, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: id}); err != nil {
			t.Errorf("while a page is on its way: %v", err)
		}
		wait(10 * time.Minute)
		r.sameOrders(shop)
		if s := r.state("shop"); s.Problem != "" || lane(s, channelsync.LaneBackfill).Failures != 0 {
			t.Errorf("problem %q", s.Problem)
		}
		if got := log.atLeast(slog.LevelWarn); len(got) > 0 {
			t.Errorf("logged: %q", got)
		}
	})
}

// A result that stops coming is a failure with a name, and read anew.
func TestBackfillNoticesAStalledResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := oldShop(t, channeltest.MemoryConfig{})
		takes := time.Hour
		r := newRig(t)
		r.config = func(c *channelsync.Config) {
			c.NoBackfill, c.Channels = false, []channel.Channel{slowStream{shop, takes}}
		}
		r.start()
		wait(20 * time.Minute)
		l := lane(r.state("shop"), channelsync.LaneBackfill)
		if l.Failures < 2 || l.Class != "unavailable" || !strings.Contains(l.Reason, "no page of the result came within 5m") {
			t.Errorf("%d failures, class %q, reason %q", l.Failures, l.Class, l.Reason)
		}
		r.end()
		takes = 0
		r.start()
		wait(20 * time.Minute)
		r.sameOrders(shop)
		if n := shop.Calls(channeltest.OpStartBackfill); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}

// A channel that cannot do it is walked from its beginning.
func TestNoBackfillWithoutTheCapability(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := oldShop(t, channeltest.MemoryConfig{Lacks: []string{channeltest.CapBackfiller}})
		if _, err := shop.StartBackfill(t.Context(), channel.BackfillQuery{}); !errors.Is(err, errors.ErrUnsupported) {
			t.Fatal(err)
		}
		r := newRig(t, shop)
		r.config = backfills
		r.start()
		wait(10 * time.Minute)
		r.sameOrders(shop)
	})
}
