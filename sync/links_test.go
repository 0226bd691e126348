package sync_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

func (r *rig) linked(id channel.ID) map[channel.ListingID]string {
	r.t.Helper()
	links, err := r.engine.Links(r.t.Context(), id)
	must(r.t, err)
	out := map[channel.ListingID]string{}
	for _, l := range links {
		out[l.Listing] = l.Item
	}
	return out
}

func buy(t *testing.T, shop *channeltest.Memory, ref channel.ListingRef, n int64) channel.OrderID {
	t.Helper()
	id, err := shop.PlaceSale(channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: ref.ID, Quantity: n}}, Payment: channeltest.PaidNow})
	must(t, err)
	return id
}

func TestLinksAreMadeByTheSameSKUOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		same := shop.AddListing(channeltest.NewListing{SKU: "  MUG-01\t", Quantity: 3})
		lower := shop.AddListing(channeltest.NewListing{SKU: "mug-02", Quantity: 3})
		twin := shop.AddListing(channeltest.NewListing{SKU: "MUG-03", Quantity: 3})
		shop.AddListing(channeltest.NewListing{SKU: "MUG-03", Quantity: 3})
		blank := shop.AddListing(channeltest.NewListing{SKU: "  ", Quantity: 3})
		bundle := shop.AddListing(channeltest.NewListing{SKU: "MUG-04", Quantity: 3, Bundle: true})
		r := newRig(t, shop)
		e := r.start()
		// Counted before the listings are read: linked at the end of that walk.
		for _, sku := range []string{"MUG-01", "MUG-02", "MUG-03", "MUG-04"} {
			must(t, e.Count(t.Context(), sku, 9))
		}
		wait(10 * time.Minute)
		if got := r.linked("shop"); len(got) != 2 || got[same.ID] != "MUG-01" || got[bundle.ID] != "MUG-04" {
			t.Fatalf("links %v", got)
		}
		for ref, want := range map[channel.ListingRef]int64{same: 9, lower: 3, twin: 3, blank: 3, bundle: 3} {
			if n := shop.Quantity(ref.ID, ""); n != want {
				t.Errorf("%q shows %d, want %d", ref.SKU, n, want)
			}
		}
		if l := r.stock("MUG-04").Listings[0]; !strings.Contains(l.Why, "made of other listings") {
			t.Errorf("the bundle says %q", l.Why)
		}
		found, err := e.Suggestions(t.Context(), "")
		must(t, err)
		why := map[channel.ListingID]channelsync.Suggestion{}
		for _, s := range found {
			why[s.Listing] = s
		}
		if s := why[lower.ID]; s.Item != "MUG-02" || !strings.Contains(s.Why, "case") {
			t.Errorf("suggested for another case: %+v", s)
		}
		if s := why[twin.ID]; s.Item != "MUG-03" || !strings.Contains(s.Why, "2 listings") {
			t.Errorf("suggested for a twin: %+v", s)
		}
		if s := why[blank.ID]; s.Item != "" || !strings.Contains(s.Why, "no SKU") {
			t.Errorf("suggested for a blank: %+v", s)
		}
		// A suggestion is a person's to take.
		must(t, e.Link(t.Context(), "shop", lower.ID, "MUG-02", 1))
		must(t, e.Link(t.Context(), "shop", twin.ID, "MUG-03", 2))
		wait(10 * time.Minute)
		if n, m := shop.Quantity(lower.ID, ""), shop.Quantity(twin.ID, ""); n != 9 || m != 4 {
			r.explain("MUG-03")
			t.Errorf("shown %d and %d, want 9, and 4 packs of 2", n, m)
		}
		if err := e.Link(t.Context(), "shop", "L-99", "MUG-01", 1); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("link of a listing that is none: %v", err)
		}
	})
}

func TestALinkChangedMovesItsDemand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		other := channeltest.NewMemory(named(channeltest.LikeShopify(), "other", 2))
		ref := shop.AddListing(channeltest.NewListing{SKU: "OLD", Quantity: 50})
		a := other.AddListing(channeltest.NewListing{SKU: "OLD", Quantity: 1})
		b := other.AddListing(channeltest.NewListing{SKU: "NEW", Quantity: 1})
		r := newRig(t, shop, other)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "OLD", 20))
		must(t, e.Count(t.Context(), "NEW", 30))
		wait(10 * time.Minute)
		buy(t, shop, ref, 4)
		sent := buy(t, shop, ref, 3)
		must(t, shop.ShipOutside(sent, channel.Tracking{Number: "1"}))
		wait(10 * time.Minute)
		if n, m := other.Quantity(a.ID, ""), other.Quantity(b.ID, ""); n != 13 || m != 30 {
			t.Fatalf("OLD shows %d and NEW %d, want 13 and 30", n, m)
		}
		// The seller finds that the listing always was of NEW.
		must(t, shop.Rename(ref.ID, "NEW"))
		wait(30 * time.Minute)
		if got := r.linked("shop"); got[ref.ID] != "NEW" {
			t.Fatalf("links %v", got)
		}
		for sku, want := range map[string][2]int64{"OLD": {20, 0}, "NEW": {27, 4}} {
			if i := r.stock(sku); i.OnHand != want[0] || i.Reserved != want[1] {
				t.Errorf("%s: on hand %d, reserved %d, want %v", sku, i.OnHand, i.Reserved, want)
			}
		}
		if n, m, s := other.Quantity(a.ID, ""), other.Quantity(b.ID, ""), shop.Quantity(ref.ID, ""); n != 20 || m != 23 || s != 23 {
			r.explain("NEW")
			t.Errorf("OLD shows %d, NEW %d and %d, want 20, 23 and 23", n, m, s)
		}
		// Unlinked by hand it stays: it takes nothing, and nothing is written.
		must(t, e.Unlink(t.Context(), "shop", ref.ID))
		wait(25 * time.Hour)
		if got := r.linked("shop"); len(got) != 0 {
			t.Errorf("linked again: %v", got)
		}
		if i := r.stock("NEW"); i.Reserved != 0 || other.Quantity(b.ID, "") != 30 {
			t.Errorf("reserved %d, shown %d", i.Reserved, other.Quantity(b.ID, ""))
		}
	})
}

func TestUnresolvedDemandHoldsRaisesForAWhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		one := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 5})
		free := shop.AddListing(channeltest.NewListing{SKU: "MUG-02", Quantity: 5})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 5))
		must(t, e.Count(t.Context(), "MUG-02", 5))
		wait(10 * time.Minute)
		// A second listing of the SKU is never linked by itself, and sells.
		two := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 5})
		wait(20 * time.Minute)
		buy(t, shop, two, 2)
		wait(10 * time.Minute)
		must(t, e.Receive(t.Context(), "MUG-01", 10))
		must(t, e.Receive(t.Context(), "MUG-02", 10))
		wait(3 * time.Hour)
		if n, m := shop.Quantity(one.ID, ""), shop.Quantity(free.ID, ""); n != 5 || m != 15 {
			r.explain("MUG-01")
			t.Fatalf("shown %d and %d: only the first has demand not matched", n, m)
		}
		must(t, e.Adjust(t.Context(), "MUG-01", -12))
		wait(10 * time.Minute)
		if n := shop.Quantity(one.ID, ""); n != 3 {
			t.Fatalf("shown %d: a fall is never held", n)
		}
		must(t, e.Adjust(t.Context(), "MUG-01", 4))
		wait(24 * time.Hour)
		if n := shop.Quantity(one.ID, ""); n != 7 {
			r.explain("MUG-01")
			t.Fatalf("shown %d, want 7: it was held for a day", n)
		}
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Channel: "shop", Kind: "stock"})
		must(t, err)
		if len(parked) != 1 || parked[0].Class != "unlinked" {
			t.Fatalf("parked %+v", parked)
		}
		must(t, e.Link(t.Context(), "shop", two.ID, "MUG-01", 1))
		wait(30 * time.Minute)
		if n, m := shop.Quantity(one.ID, ""), shop.Quantity(two.ID, ""); n != 5 || m != 5 {
			r.explain("MUG-01")
			t.Errorf("shown %d and %d: 7 are there and 2 of them sold", n, m)
		}
		if parked, _ = e.Parked(t.Context(), channelsync.ParkedFilter{Channel: "shop", Kind: "stock"}); len(parked) != 0 {
			t.Errorf("still parked: %+v", parked)
		}
	})
}

func TestAListingThatIsGoneIsLetAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 5})
		shop.AddListing(channeltest.NewListing{SKU: "MUG-02", Quantity: 5})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 5))
		wait(10 * time.Minute)
		must(t, shop.EndListing(ref.ID))
		wait(30 * time.Hour)
		if l := r.stock("MUG-01").Listings[0]; !strings.Contains(l.Why, "no longer has") || !l.DueAt.IsZero() {
			t.Fatalf("listing %+v", l)
		}
		reads := shop.Calls(channeltest.OpStock)
		must(t, e.Count(t.Context(), "MUG-01", 9))
		wait(5 * time.Hour)
		if n := shop.Calls(channeltest.OpStock); n != reads {
			t.Errorf("%d reads of a listing that is gone", n-reads)
		}
	})
}
