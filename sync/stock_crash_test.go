package sync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// liveStock is an afternoon of two channels that sell one item.
func (w *crashWorld) liveStock(other *channeltest.Memory, refs [2]channel.ListingRef) {
	ctx := w.t.Context()
	sell := func(shop *channeltest.Memory, ref channel.ListingRef, n int64) channel.OrderID {
		return buy(w.t, shop, ref, n)
	}
	w.start()
	w.pass(2 * time.Minute)
	w.do(func(e *channelsync.Engine) error {
		return e.Count(ctx, "MUG-01", 20, channelsync.Entry{Key: "stocktake"})
	})
	w.pass(20 * time.Minute)
	first := sell(w.shop, refs[0], 2)
	second := sell(other, refs[1], 1)
	w.pass(10 * time.Minute)
	w.do(func(e *channelsync.Engine) error {
		return e.Receive(ctx, "MUG-01", 5, channelsync.Entry{Key: "delivery"})
	})
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(ctx, channelsync.Shipment{Key: "parcel", Order: channelsync.OrderRef{Channel: "shop", ID: first}, Tracking: "1Z1"})
	})
	w.pass(10 * time.Minute)
	must(w.t, other.Cancel(second))
	w.pass(10 * time.Minute)
	w.shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost})
	w.do(func(e *channelsync.Engine) error {
		return e.Adjust(ctx, "MUG-01", -3, channelsync.Entry{Key: "breakage"})
	})
	w.pass(25 * time.Minute)
	w.mortal.mu.Lock()
	w.lively = w.mortal.writes
	w.mortal.mu.Unlock()
	w.pass(4 * time.Hour)
}

// levelAfter checks that both channels show the 20 that are left, and that
// nothing is left open.
func (w *crashWorld) levelAfter(other *channeltest.Memory, refs [2]channel.ListingRef) {
	w.t.Helper()
	i := w.stock("MUG-01")
	if i.OnHand != 20 || i.Reserved != 0 || i.Held != 0 {
		w.t.Errorf("on hand %d, reserved %d, held %d", i.OnHand, i.Reserved, i.Held)
	}
	if n, m := w.shop.Quantity(refs[0].ID, ""), other.Quantity(refs[1].ID, ""); n != 20 || m != 20 {
		w.explain("MUG-01")
		w.t.Errorf("shown %d and %d, want 20", n, m)
	}
	ledger, err := w.engine.Ledger(w.t.Context(), "", "MUG-01", 0)
	must(w.t, err)
	if len(ledger) != 3 {
		w.t.Errorf("ledger %+v", ledger)
	}
	parked, err := w.engine.Parked(w.t.Context(), channelsync.ParkedFilter{})
	must(w.t, err)
	if len(parked) != 0 {
		w.t.Errorf("parked %+v", parked)
		w.explain("MUG-01")
	}
}

func TestCrashAtEveryWriteOfStock(t *testing.T) { crashStock(t, 5, false) }

func TestPowerCutAtEveryWriteOfStock(t *testing.T) { crashStock(t, 13, true) }

func crashStock(t *testing.T, step int, powerCut bool) {
	t.Helper()
	run := func(t *testing.T, at int, after bool) (writes int) {
		bubble(t, func(t *testing.T) {
			latency := channeltest.Exactly(300 * time.Millisecond)
			a, b := named(channeltest.LikeShopify(), "shop", 1), named(channeltest.LikeBigCommerce(true), "other", 2)
			a.Latency, b.Latency, a.Disorder, b.Late = latency, latency, false, 0
			a.Traits.PollEvery, b.Traits.PollEvery = 8*time.Minute, 8*time.Minute
			shop, other := channeltest.NewMemory(a), channeltest.NewMemory(b)
			refs := [2]channel.ListingRef{
				shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 7}),
				other.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 33}),
			}
			w := newCrashWorld(t, shop, at, after)
			if powerCut {
				w.byPowerCut()
			}
			w.shops = append(w.shops, other)
			w.config = func(c *channelsync.Config) { c.Sweep = 12 * time.Hour }
			w.liveStock(other, refs)
			w.levelAfter(other, refs)
			writes = w.lively
		})
		return writes
	}
	writes := run(t, 0, false)
	t.Logf("%d writes", writes)
	switch {
	case racing || testing.Short():
		step = 37
	case long:
		step = 1
	}
	for _, after := range []bool{false, true} {
		for at := 1; at <= writes; at += step {
			t.Run(fmt.Sprintf("write %d after=%v", at, after), func(t *testing.T) { run(t, at, after) })
		}
	}
}
