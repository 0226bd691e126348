package sync_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// bulky is a marketplace that patches ten levels at a time and takes a hundred
// and more as a job.
func bulky(takes time.Duration) channeltest.MemoryConfig {
	cfg := named(channeltest.LikeAmazon(), "shop", 1)
	cfg.Traits.StockBatch = 10
	cfg.Traits.StockJob = channel.StockJob{Least: 100, Most: 1000, Above: 5}
	cfg.Late, cfg.Dropped = 0, 0
	cfg.Latency = channeltest.Exactly(200 * time.Millisecond)
	cfg.TicketTime = channeltest.Exactly(takes)
	return cfg
}

// stocked is a bulky shop with n listings that show 10 each and are counted so.
func stocked(t *testing.T, n int, takes time.Duration, lacks ...string) (*rig, *channeltest.Memory, []channel.ListingRef) {
	t.Helper()
	cfg := bulky(takes)
	cfg.Lacks = lacks
	shop := channeltest.NewMemory(cfg)
	refs := make([]channel.ListingRef, n)
	for i := range refs {
		refs[i] = shop.AddListing(channeltest.NewListing{SKU: fmt.Sprintf("SKU-%03d", i), Quantity: 10})
	}
	r := newRig(t, shop)
	r.start()
	wait(2 * time.Minute)
	r.countAll(refs, func(int) int64 { return 10 })
	wait(20 * time.Minute)
	return r, shop, refs
}

// jobs counts the writes of each ticket.
func jobs(shop *channeltest.Memory) map[channel.Ticket]int {
	out := map[channel.Ticket]int{}
	for _, w := range shop.Writes() {
		out[w.Ticket]++
	}
	return out
}

// Many raises go by one job; what falls or is little does not wait for it.
func TestManyRaisesGoByAJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := stocked(t, 250, 20*time.Minute)
		before := len(shop.Writes())
		want := func(i int) int64 {
			switch {
			case i < 20:
				return 3 // falls
			case i < 220:
				return 40
			}
			return 10
		}
		r.countAll(refs, want)
		wait(time.Hour)
		for i, ref := range refs {
			if n := shop.Quantity(ref.ID, ""); n != want(i) {
				r.explain(ref.SKU)
				t.Fatalf("%s shows %d, want %d", ref.SKU, n, want(i))
			}
		}
		tickets := jobs(shop)
		if len(tickets) != 2 || len(shop.Writes())-before != 220 {
			t.Errorf("%d writes, by ticket %v", len(shop.Writes())-before, tickets)
		}
		for id, n := range tickets {
			if id != "" && n != 200 {
				t.Errorf("%d levels in the job", n)
			}
		}
		for _, w := range shop.Writes() {
			if w.Ticket != "" && w.Quantity <= 5 {
				t.Errorf("%d units of %s by a job", w.Quantity, w.Listing)
			}
		}
	})
}

// A job that waits for too long is cancelled and its lines are sent one by one;
// no other job is put behind what blocks the queue.
func TestAJobStuckInTheQueueIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := stocked(t, 110, 12*time.Hour) // in the queue for three
		r.countAll(refs, func(int) int64 { return 40 })
		wait(30 * time.Minute)
		if n := shop.Quantity(refs[0].ID, ""); n != 10 {
			t.Fatalf("shows %d before the job has begun", n)
		}
		wait(2 * time.Hour)
		for _, ref := range refs {
			if n := shop.Quantity(ref.ID, ""); n != 40 {
				r.explain(ref.SKU)
				t.Fatalf("%s shows %d", ref.SKU, n)
			}
		}
		if tickets := jobs(shop); len(tickets) != 2 {
			t.Errorf("by ticket %v", tickets)
		}
		wait(11 * time.Hour) // nothing comes of it later
		for _, ref := range refs {
			if n := shop.Quantity(ref.ID, ""); n != 40 {
				t.Fatalf("%s shows %d", ref.SKU, n)
			}
		}
	})
}

// A job that cannot be cancelled is let be: falls are sent at once, and whenever
// it ends, its lines are read back and put right.
func TestAJobThatEndsLateIsPutRight(t *testing.T) {
	for _, takes := range []time.Duration{3 * time.Hour, 12 * time.Hour} {
		t.Run(takes.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, shop, refs := stocked(t, 110, takes, channeltest.CapTicketCanceller)
				r.countAll(refs, func(int) int64 { return 40 })
				wait(15 * time.Minute)
				if tickets := jobs(shop); tickets["T1"] != len(refs) {
					t.Fatalf("no job: %v", tickets)
				}
				want := func(i int) int64 {
					if i < 10 {
						return 2
					}
					return 40
				}
				r.countAll(refs, want)
				wait(30 * time.Minute)
				for _, ref := range refs[:10] {
					if n := shop.Quantity(ref.ID, ""); n != 2 {
						r.explain(ref.SKU)
						t.Fatalf("%s shows %d while the job is open", ref.SKU, n)
					}
				}
				wait(takes - 50*time.Minute)
				landed := false
				for range 50 { // it overwrites what was sent after it
					wait(time.Minute)
					landed = landed || shop.Quantity(refs[0].ID, "") == 40
				}
				if !landed {
					t.Error("the job never landed")
				}
				for i, ref := range refs {
					if n := shop.Quantity(ref.ID, ""); n != want(i) {
						r.explain(ref.SKU)
						t.Fatalf("%s shows %d half an hour after the job, want %d", ref.SKU, n, want(i))
					}
				}
			})
		})
	}
}

// fragile is a store that fails from the moment a job was sent.
type fragile struct {
	channelsync.Store
	broken *atomic.Bool
}

func (f fragile) Update(ctx context.Context, fn func(channelsync.Tx) error) error {
	if f.broken.Load() {
		return errors.New("the store is away")
	}
	return f.Store.Update(ctx, fn)
}

type breaking struct {
	*channeltest.Memory
	broken *atomic.Bool
	jobs   int
}

func (b *breaking) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	results, err := b.Memory.SetStock(ctx, levels)
	if len(levels) >= b.Traits().StockJob.Least && b.jobs == 0 {
		b.jobs++
		b.broken.Store(true)
	}
	return results, err
}

// A job whose ticket was never stored may still land: what it does is no drift,
// and is put right.
func TestAJobWithoutItsTicketIsExpected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var broken atomic.Bool
		shop := channeltest.NewMemory(bulky(5 * time.Hour))
		refs := make([]channel.ListingRef, 110)
		for i := range refs {
			refs[i] = shop.AddListing(channeltest.NewListing{SKU: fmt.Sprintf("SKU-%03d", i), Quantity: 10})
		}
		r := newRig(t, shop)
		r.wrap = func(s channelsync.Store) channelsync.Store { return fragile{s, &broken} }
		r.config = func(c *channelsync.Config) { c.Channels = []channel.Channel{&breaking{Memory: shop, broken: &broken}} }
		e := r.start()
		wait(2 * time.Minute)
		r.countAll(refs, func(int) int64 { return 10 })
		wait(20 * time.Minute)
		r.countAll(refs, func(int) int64 { return 40 })
		wait(10 * time.Minute)
		if !broken.Swap(false) {
			t.Fatal("no job was sent")
		}
		wait(10 * time.Minute)
		want := func(i int) int64 {
			if i < 10 {
				return 2
			}
			return 40
		}
		r.countAll(refs, want)
		wait(20 * time.Minute)
		for _, ref := range refs[:10] {
			if n := shop.Quantity(ref.ID, ""); n != 2 {
				r.explain(ref.SKU)
				t.Fatalf("%s shows %d", ref.SKU, n)
			}
		}
		wait(8 * time.Hour)
		for i, ref := range refs {
			if n := shop.Quantity(ref.ID, ""); n != want(i) {
				r.explain(ref.SKU)
				t.Fatalf("%s shows %d, want %d", ref.SKU, n, want(i))
			}
		}
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{})
		must(t, err)
		if len(parked) > 0 {
			t.Errorf("%d parked, the first %+v", len(parked), parked[0])
		}
	})
}
