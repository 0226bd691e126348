package sync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// shelf is a shop with n listings that show 5 each, and an engine that has
// read them.
func shelf(t *testing.T, n int, change func(*channelsync.Config)) (*rig, *channeltest.Memory, []channel.ListingRef) {
	shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
	var refs []channel.ListingRef
	for i := range n {
		refs = append(refs, shop.AddListing(channeltest.NewListing{SKU: fmt.Sprintf("SKU-%03d", i), Quantity: 5}))
	}
	r := newRig(t, shop)
	r.config = func(c *channelsync.Config) {
		c.Sweep = 12 * time.Hour
		if change != nil {
			change(c)
		}
	}
	r.start()
	wait(2 * time.Minute)
	return r, shop, refs
}

// countAll counts every item in one transaction, as a stocktake does.
func (r *rig) countAll(refs []channel.ListingRef, quantity func(i int) int64) {
	r.t.Helper()
	ctx := context.Background()
	must(r.t, r.store.Update(ctx, func(tx channelsync.Tx) error {
		for i, ref := range refs {
			if err := r.engine.CountTx(ctx, tx, ref.SKU, quantity(i), channelsync.Entry{}); err != nil {
				return err
			}
		}
		return nil
	}))
	for _, s := range r.shops {
		must(r.t, r.engine.Wake(ctx, s.ID()))
	}
}

func shown(shop *channeltest.Memory, refs []channel.ListingRef) map[int64]int {
	n := map[int64]int{}
	for _, ref := range refs {
		n[shop.Quantity(ref.ID, "")]++
	}
	return n
}

func TestAFirstPushIsReviewedWhereThatIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 3, func(c *channelsync.Config) { c.Stock.FirstPush = channelsync.FirstPushReview })
		r.countAll(refs, func(i int) int64 { return int64(i * 10) })
		wait(3 * time.Hour)
		if len(shop.Writes()) != 0 {
			t.Fatalf("%d writes before the release", len(shop.Writes()))
		}
		plan, err := r.engine.FirstPush(t.Context(), "shop")
		must(t, err)
		if !plan.Review || len(plan.Lines) != 3 || plan.Zeros != 1 || plan.Unread != 0 || plan.Held {
			t.Fatalf("plan %+v", plan)
		}
		if l := plan.Lines[2]; *l.Shown != 5 || l.Wanted != 20 || l.SKU != "SKU-002" || !strings.Contains(l.Why, "waits to be released") {
			t.Fatalf("line %+v", l)
		}
		n, err := r.engine.Release(t.Context(), "shop")
		must(t, err)
		wait(10 * time.Minute)
		if got := shown(shop, refs); n != 3 || got[0] != 1 || got[10] != 1 || got[20] != 1 {
			t.Fatalf("released %d, shown %v", n, got)
		}
		if plan, _ = r.engine.FirstPush(t.Context(), "shop"); len(plan.Lines) != 0 {
			t.Fatalf("still planned: %+v", plan.Lines)
		}
	})
}

func TestAFirstPushThatWouldEmptyTheShopIsHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 30, nil)
		r.countAll(refs, func(i int) int64 { return int64(i%2) * 9 })
		wait(3 * time.Hour)
		if len(shop.Writes()) != 0 {
			t.Fatalf("%d writes: half of the shop would go to zero", len(shop.Writes()))
		}
		plan, err := r.engine.FirstPush(t.Context(), "shop")
		must(t, err)
		if !plan.Held || plan.Zeros != 15 || len(plan.Lines) != 30 {
			t.Fatalf("held %t, %d zeros, %d lines", plan.Held, plan.Zeros, len(plan.Lines))
		}
		_, err = r.engine.Release(t.Context(), "shop")
		must(t, err)
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[0] != 15 || got[9] != 15 {
			t.Fatalf("shown %v", got)
		}
	})
}

func TestAPlanThatWouldEmptyTheShopIsHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 30, nil)
		r.countAll(refs, func(int) int64 { return 8 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[8] != 30 {
			t.Fatalf("shown %v", got)
		}
		// A stocktake that went wrong.
		r.countAll(refs, func(int) int64 { return 0 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[8] != 30 {
			t.Fatalf("shown %v: the whole shop was set to zero", got)
		}
		plan, err := r.engine.FirstPush(t.Context(), "shop")
		must(t, err)
		if !plan.Held || plan.Zeros != 30 {
			t.Fatalf("plan %+v", plan)
		}
		// Corrected: only what is to be zero waits for a person.
		r.countAll(refs[:20], func(int) int64 { return 7 })
		wait(3 * time.Minute)
		if got := shown(shop, refs); got[7] != 20 || got[8] != 10 {
			t.Fatalf("shown %v", got)
		}
		_, err = r.engine.Release(t.Context(), "shop")
		must(t, err)
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[7] != 20 || got[0] != 10 {
			t.Fatalf("shown %v", got)
		}
	})
}

func TestASellOutIsNeverHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		other := channeltest.NewMemory(named(channeltest.LikeBigCommerce(true), "other", 1))
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		var refs, others []channel.ListingRef
		for i := range 30 {
			sku := fmt.Sprintf("SKU-%03d", i)
			refs = append(refs, shop.AddListing(channeltest.NewListing{SKU: sku, Quantity: 5}))
			others = append(others, other.AddListing(channeltest.NewListing{SKU: sku, Quantity: 5}))
		}
		r := newRig(t, shop, other)
		r.start()
		wait(2 * time.Minute)
		r.countAll(refs, func(int) int64 { return 2 })
		wait(30 * time.Minute)
		for i, ref := range others {
			id, err := other.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: 2})
			must(t, err)
			if i%2 == 0 { // gone from the shelf before the other channel is told
				must(t, other.ShipOutside(id, channel.Tracking{Number: fmt.Sprintf("T%d", i)}))
			}
		}
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[0] != 30 {
			t.Fatalf("shown %v: all was sold on the other channel", got)
		}
	})
}

func TestADryRunPlansAndSendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 2, func(c *channelsync.Config) { c.DryRun = true })
		r.countAll(refs, func(int) int64 { return 3 })
		wait(3 * time.Hour)
		if len(shop.Writes()) != 0 {
			t.Fatalf("%d writes", len(shop.Writes()))
		}
		l := r.stock("SKU-001").Listings[0]
		if l.Wanted != 3 || *l.Shown != 5 || !strings.Contains(l.Why, "dry run") {
			t.Fatalf("listing %+v", l)
		}
		// The same store, in earnest.
		r.end()
		r.config = nil
		r.start()
		wait(3 * time.Hour)
		if got := shown(shop, refs); got[3] != 2 {
			t.Fatalf("shown %v", got)
		}
	})
}

// A first push needs every listing read at one go. Where low stock is read
// after each import and imports are quick, it must come to its end all the same.
func TestAFirstPushEndsWhereEveryImportAsksForReads(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := named(channeltest.LikeEbay(), "shop", 1)
		cfg.Traits.PollEvery, cfg.Traits.StockBatch = 2*time.Second, 10
		cfg.Latency = channeltest.Range{Min: 400 * time.Millisecond, Max: 500 * time.Millisecond}
		shop := channeltest.NewMemory(cfg)
		var refs []channel.ListingRef
		for i := range 100 {
			refs = append(refs, shop.AddListing(channeltest.NewListing{SKU: fmt.Sprintf("SKU-%03d", i)}))
		}
		r := newRig(t, shop)
		r.start()
		wait(2 * time.Minute)
		r.countAll(refs, func(int) int64 { return 8 })
		wait(5 * time.Minute)
		if got := shown(shop, refs); got[8] != 100 {
			t.Fatalf("shown %v", got)
		}
	})
}
