package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

func TestChangesCostOneWriteABatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const n = 1100 // 5 batches and a bit
		r, shop, refs := shelf(t, n, nil)
		wait(2 * time.Minute)
		r.countAll(refs, func(int) int64 { return 8 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[8] != n {
			t.Fatalf("shown %v", got)
		}
		writes, reads := shop.Calls(channeltest.OpSetStock), shop.Calls(channeltest.OpStock)
		r.countAll(refs[:1001], func(int) int64 { return 6 })
		wait(5 * time.Minute)
		if got := shown(shop, refs); got[6] != 1001 || got[8] != 99 {
			t.Fatalf("shown %v", got)
		}
		if w, rd := shop.Calls(channeltest.OpSetStock)-writes, shop.Calls(channeltest.OpStock)-reads; w != 5 || rd != 0 {
			t.Errorf("1,001 changes cost %d writes and %d reads; batches are of 250", w, rd)
		}
	})
}

func TestARefusedLineStandsAside(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 3, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultRefused})
		r.countAll(refs, func(int) int64 { return 8 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[8] != 2 || got[5] != 1 {
			t.Fatalf("shown %v: one is refused, the others stand", got)
		}
		parked, err := r.engine.Parked(t.Context(), channelsync.ParkedFilter{Kind: "stock"})
		must(t, err)
		if len(parked) != 1 {
			t.Fatalf("parked %+v", parked)
		}
		sku := parkedSKU(refs, parked[0].Ref)
		want := "listing " + parked[0].Ref + " of item " + sku + ": the quantity 8 is refused: shop: set stock: invalid: refused; " +
			"remedy: fix what is named on the listing there (its SKU, its stock tracking, its location), then Replay; it also clears when the listing changes there"
		if parked[0].Reason != want {
			t.Errorf("reason %q, want %q", parked[0].Reason, want)
		}
		if l := r.stock(sku).Listings[0]; !strings.HasPrefix(l.Why, "refused by the marketplace: ") || !strings.Contains(l.Why, "then Replay") {
			t.Errorf("the listing's reason is %q", l.Why)
		}
		writes := len(shop.Writes())
		wait(24 * time.Hour)
		if n := len(shop.Writes()); n != writes {
			t.Fatalf("%d more writes: what was refused is not sent again by itself", n-writes)
		}
		must(t, r.engine.Replay(t.Context(), parked[0].ID))
		wait(5 * time.Minute)
		if got := shown(shop, refs); got[8] != 3 {
			t.Fatalf("shown %v after the replay", got)
		}
		if parked, _ = r.engine.Parked(t.Context(), channelsync.ParkedFilter{}); len(parked) != 0 {
			t.Errorf("still parked: %+v", parked)
		}
	})
}

func parkedSKU(refs []channel.ListingRef, ref string) string {
	i := slices.IndexFunc(refs, func(r channel.ListingRef) bool { return string(r.ID) == ref })
	return strings.TrimSpace(refs[i].SKU)
}

func TestAStaleHandleIsReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 2, nil)
		r.countAll(refs, func(int) int64 { return 8 })
		wait(10 * time.Minute)
		must(t, shop.ChangeHandle(refs[0].ID))
		r.countAll(refs, func(int) int64 { return 6 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[6] != 2 {
			r.explain(refs[0].SKU)
			t.Fatalf("shown %v", got)
		}
		if parked, _ := r.engine.Parked(t.Context(), channelsync.ParkedFilter{}); len(parked) != 0 {
			t.Errorf("still parked: %+v", parked)
		}
	})
}

func TestABatchThatIsRefusedWholeIsSentLineByLine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 4, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultInvalid})
		r.countAll(refs, func(int) int64 { return 8 })
		wait(10 * time.Minute)
		if got := shown(shop, refs); got[8] != 4 {
			t.Fatalf("shown %v", got)
		}
		if parked, _ := r.engine.Parked(t.Context(), channelsync.ParkedFilter{}); len(parked) != 0 {
			t.Errorf("parked %+v", parked)
		}
	})
}

func TestAConflictIsReadAndDecidedAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 1, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultConflict, Times: 3})
		r.countAll(refs, func(int) int64 { return 8 })
		wait(30 * time.Minute)
		if got := shown(shop, refs); got[8] != 1 {
			r.explain(refs[0].SKU)
			t.Fatalf("shown %v", got)
		}
		if parked, _ := r.engine.Parked(t.Context(), channelsync.ParkedFilter{}); len(parked) != 0 {
			t.Errorf("parked %+v", parked)
		}
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultConflict, Times: -1})
		r.countAll(refs, func(int) int64 { return 6 })
		wait(time.Hour)
		if parked, _ := r.engine.Parked(t.Context(), channelsync.ParkedFilter{}); len(parked) != 1 || parked[0].Class != "conflict" {
			t.Errorf("parked %+v", parked)
		}
	})
}

// Without a probe nobody says how far the marketplace's clock is off.
func TestAClockNobodyToldOfHoldsNoWriteBack(t *testing.T) {
	for _, offset := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		t.Run(offset.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				cfg := named(channeltest.LikeAmazon(), "shop", 1)
				cfg.Offset, cfg.Lacks = offset, []string{channeltest.CapProber}
				cfg.Dropped, cfg.Late = 0, 0
				shop := channeltest.NewMemory(cfg)
				ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
				r := newRig(t, shop)
				e := r.start()
				wait(2 * time.Minute)
				must(t, e.Count(t.Context(), "MUG-01", 4))
				wait(time.Hour)
				buy(t, shop, ref, 1)
				must(t, e.Receive(t.Context(), "MUG-01", 3))
				wait(3 * time.Hour)
				if n := shop.Quantity(ref.ID, ""); n != 6 {
					r.explain("MUG-01")
					t.Errorf("shown %d, 6 are free", n)
				}
			})
		})
	}
}

func TestStaleQuantitiesNeverReplaceFreshOnes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 10))
		wait(10 * time.Minute)
		shop.DelayIndex(4 * time.Minute) // the sale is not seen by walks
		buy(t, shop, ref, 3)
		must(t, e.Adjust(t.Context(), "MUG-01", -1))
		wait(time.Minute)
		var stale int
		for _, w := range shop.Writes() {
			if w.State == channel.StockStale {
				stale++
			}
		}
		if n := shop.Quantity(ref.ID, ""); n != 6 || stale != 1 {
			r.explain("MUG-01")
			t.Fatalf("shown %d after %d stale writes: 10 less 1 are there, 3 of them just sold", n, stale)
		}
		if i := r.stock("MUG-01"); i.Held != 3 {
			t.Errorf("held %d, want the 3 whose order is awaited", i.Held)
		}
		wait(time.Hour)
		if i := r.stock("MUG-01"); i.Held != 0 || i.Reserved != 3 || shop.Quantity(ref.ID, "") != 6 {
			r.explain("MUG-01")
			t.Errorf("held %d, reserved %d, shown %d", i.Held, i.Reserved, shop.Quantity(ref.ID, ""))
		}
	})
}

func TestALostAnswerIsReadNotGuessed(t *testing.T) {
	for _, kind := range []channeltest.FaultKind{channeltest.FaultAnswerLost, channeltest.FaultLost, channeltest.FaultStall, channeltest.FaultStallAfter} {
		for _, cfg := range []channeltest.MemoryConfig{channeltest.LikeShopify(), channeltest.LikeBigCommerce(true), channeltest.LikeBigCommerce(false), channeltest.LikeAmazon()} {
			t.Run(string(kind)+"/"+cfg.Traits.Marketplace, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					cfg.Dropped, cfg.Late = 0, 0
					shop := channeltest.NewMemory(named(cfg, "shop", 3))
					ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
					r := newRig(t, shop)
					e := r.start()
					wait(2 * time.Minute)
					must(t, e.Count(t.Context(), "MUG-01", 10))
					wait(time.Hour)
					shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: kind})
					must(t, e.Adjust(t.Context(), "MUG-01", -2))
					wait(30 * time.Second)
					_, _ = shop.PlaceSale(channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: ref.ID, Quantity: 1}}, Payment: channeltest.PaidNow})
					wait(time.Hour)
					if n := shop.Quantity(ref.ID, ""); n != 7 {
						r.explain("MUG-01")
						for _, w := range shop.Writes() {
							t.Logf("%+v", w)
						}
						t.Errorf("shown %d, 7 are free", n)
					}
					if d, _ := e.Drifts(t.Context(), ""); len(d) != 0 {
						t.Errorf("drift %+v", d)
					}
				})
			})
		}
	}
}

func TestDriftIsReportedAndOursWins(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 10))
		wait(10 * time.Minute)
		must(t, shop.Edit(ref.ID, "", -4))
		wait(2*time.Hour + 10*time.Minute)
		if i := r.stock("MUG-01"); i.Held != 4 {
			r.explain("MUG-01")
			t.Fatalf("held %d after the audit", i.Held)
		}
		wait(45 * time.Minute)
		if n := shop.Quantity(ref.ID, ""); n != 10 {
			r.explain("MUG-01")
			t.Fatalf("shown %d", n)
		}
		must(t, shop.Edit(ref.ID, "", 2))
		wait(3 * time.Hour)
		drift, err := e.Drifts(t.Context(), "shop")
		must(t, err)
		if len(drift) != 2 || drift[0].Units != -4 || drift[1].Units != 2 || drift[0].Item != "MUG-01" || shop.Quantity(ref.ID, "") != 10 {
			t.Fatalf("drift %+v, shown %d", drift, shop.Quantity(ref.ID, ""))
		}
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "drift"})
		must(t, err)
		if len(parked) != 1 {
			t.Fatalf("parked %+v", parked)
		}
	})
}

func TestTwoChannelsSellOutWithoutOverselling(t *testing.T) {
	pairs := []string{"S S", "S Br", "Ba A", "S At"}
	if racing || testing.Short() {
		pairs = pairs[1:2]
	}
	for _, pair := range pairs {
		t.Run(pair, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				names := strings.Fields(pair)
				w := newWorld(t, 5, names...)
				w.e = w.r.start()
				wait(2 * time.Minute)
				w.counted = 12
				must(t, w.e.Count(t.Context(), simSKU, 12))
				wait(10 * time.Hour)
				apart := 45 * time.Minute // longer than poll, visibility and effect together
				if strings.Contains(pair, "At") {
					apart = 6 * time.Hour
				}
				sold := int64(0)
				for i := range 30 {
					shop := w.shops[i%2]
					_, err := shop.PlaceSale(channeltest.Sale{
						Lines: []channeltest.SaleLine{{Listing: w.refs[i%2].ID, Quantity: 1}}, Payment: channeltest.PaidNow,
					})
					if err == nil {
						sold++
					}
					wait(apart)
				}
				if sold != 12 {
					w.r.explain(simSKU)
					t.Errorf("%d sold of 12", sold)
				}
			})
		})
	}
}

func TestATicketIsFollowedToItsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := named(channeltest.LikeAmazon(), "shop", 1)
		cfg.Tickets, cfg.TicketTime, cfg.Traits.StockBatch = 1, channeltest.Exactly(40*time.Minute), 10
		shop := channeltest.NewMemory(cfg)
		good := shop.AddListing(channeltest.NewListing{SKU: "GOOD", Quantity: 10})
		ended := shop.AddListing(channeltest.NewListing{SKU: "BAD", Quantity: 10})
		r := newRig(t, shop)
		r.start()
		wait(2 * time.Minute)
		r.countAll([]channel.ListingRef{good, ended}, func(int) int64 { return 4 })
		wait(2 * time.Minute)
		if st := lane(r.state("shop"), channelsync.LaneTickets); st.Backlog != 1 {
			t.Fatalf("tickets lane %+v", st)
		}
		must(t, shop.ChangeHandle(ended.ID)) // refused when the ticket is worked on
		wait(50 * time.Minute)
		if n := shop.Quantity(good.ID, ""); n != 4 {
			r.explain("GOOD")
			t.Fatalf("shown %d", n)
		}
		wait(3 * time.Hour)
		if st := lane(r.state("shop"), channelsync.LaneTickets); st.Backlog != 0 {
			t.Errorf("tickets lane %+v", st)
		}
		if n := shop.Quantity(ended.ID, ""); n != 4 {
			r.explain("BAD")
			t.Fatalf("shown %d: refused once, then taken under the new handle", n)
		}
	})
}

func TestATicketThatSticksIsReadInstead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := named(channeltest.LikeAmazon(), "shop", 1)
		cfg.Tickets, cfg.TicketTime = 1, channeltest.Exactly(20*time.Hour)
		cfg.Lacks = []string{channeltest.CapTicketCanceller}
		shop := channeltest.NewMemory(cfg)
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 4))
		wait(8 * time.Hour)
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "stock"})
		must(t, err)
		if len(parked) != 1 || parked[0].Class != "ticket" {
			t.Fatalf("parked %+v", parked)
		}
		wait(30 * time.Hour)
		if n := shop.Quantity(ref.ID, ""); n != 4 {
			r.explain("MUG-01")
			t.Fatalf("shown %d", n)
		}
		var open int
		if open = lane(r.state("shop"), channelsync.LaneTickets).Backlog; open > 2 {
			t.Errorf("%d tickets open", open)
		}
	})
}

// A lane whose reads fail rests longer each time, although planning succeeds
// between them.
func TestAFailingReadBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shelf(t, 60, nil) // more than one pass plans at once
		wait(2 * time.Minute)
		shop.Inject(channeltest.Fault{Op: channeltest.OpStock, Kind: channeltest.FaultUnavailable, Times: -1})
		before := shop.Calls(channeltest.OpStock)
		r.countAll(refs, func(int) int64 { return 8 })
		wait(3 * time.Hour)
		if n := shop.Calls(channeltest.OpStock) - before; n > 40 {
			t.Errorf("%d reads were tried in three hours", n)
		}
		for _, l := range r.state("shop").Lanes {
			if l.Lane == channelsync.LaneStock && l.Failures < 5 {
				t.Errorf("%d failures in a row are told", l.Failures)
			}
		}
		shop.ClearFaults()
		wait(time.Hour)
		if got := shown(shop, refs); got[8] != 60 {
			t.Errorf("shown afterwards: %v", got)
		}
	})
}
