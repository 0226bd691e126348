package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// hinted is two shops that sell the same goods, 10 of each, level and at rest.
func hinted(t *testing.T, n int) (r *rig, shop, other *channeltest.Memory, refs []channel.ListingRef) {
	t.Helper()
	shop = channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
	other = channeltest.NewMemory(named(channeltest.LikeShopify(), "other", 2))
	for i := range n {
		sku := fmt.Sprintf("MUG-%02d", i)
		refs = append(refs, shop.AddListing(channeltest.NewListing{SKU: sku, Quantity: 10}))
		other.AddListing(channeltest.NewListing{SKU: sku, Quantity: 10})
	}
	r = newRig(t, shop, other)
	e := r.start()
	wait(2 * time.Minute)
	for i := range n {
		must(t, e.Count(t.Context(), fmt.Sprintf("MUG-%02d", i), 10))
	}
	wait(20 * time.Minute)
	return r, shop, other, refs
}

// hint tells of changes of listings of the first shop.
func (r *rig) hint(at time.Time, kind channel.HintKind, names ...channel.ListingID) {
	r.t.Helper()
	var receipt channel.Receipt
	for _, n := range names {
		receipt.Hints = append(receipt.Hints, channel.Hint{Account: "acme", Kind: kind, Listing: n, At: at})
	}
	must(r.t, r.engine.Hint(r.t.Context(), receipt, func(account string) []channel.ID {
		if account != "acme" {
			r.t.Errorf("asked for %q", account)
		}
		return []channel.ID{"shop"}
	}))
}

// A notification about a listing has it read within seconds, long before the
// audit, and the other channels follow.
func TestAHintHasItsListingRead(t *testing.T) {
	for name, of := range map[string]func(channel.ListingRef) (channel.HintKind, channel.ListingID){
		"a listing": func(r channel.ListingRef) (channel.HintKind, channel.ListingID) { return channel.HintListing, r.ID },
		"stock":     func(r channel.ListingRef) (channel.HintKind, channel.ListingID) { return channel.HintStock, r.ID },
		"an inventory item": func(r channel.ListingRef) (channel.HintKind, channel.ListingID) {
			return channel.HintStock, channel.ListingID(r.Handle)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, shop, other, refs := hinted(t, 1)
				kind, id := of(refs[0])
				if id == "" {
					t.Fatal("the listing has no such name")
				}
				must(t, shop.Edit(refs[0].ID, "", -3)) // a sale whose order is on its way, as far as anybody knows
				wait(5 * time.Minute)
				if n := other.Quantity("L-1", ""); n != 10 {
					t.Fatalf("the other shows %d without a hint", n)
				}
				reads := shop.Calls(channeltest.OpStock)
				r.hint(shop.Now(), kind, id)
				wait(5 * time.Second)
				if n := shop.Calls(channeltest.OpStock) - reads; n != 1 {
					t.Errorf("%d reads, want one", n)
				}
				if i := r.stock("MUG-00"); i.Held != 3 || other.Quantity("L-1", "") != 7 {
					r.explain("MUG-00")
					t.Errorf("held %d, the other shows %d", i.Held, other.Quantity("L-1", ""))
				}
			})
		})
	}
}

// However many notifications come, and of however many listings, they cost one
// read together.
func TestHintsShareOneRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, _, refs := hinted(t, 40)
		reads := shop.Calls(channeltest.OpStock)
		for range 5 {
			for _, ref := range refs {
				r.hint(shop.Now(), channel.HintStock, ref.ID)
			}
			wait(200 * time.Millisecond)
		}
		r.hint(time.Time{}, channel.HintStock, refs[0].ID, refs[1].ID, refs[0].ID)
		wait(30 * time.Second)
		if n := shop.Calls(channeltest.OpStock) - reads; n != 1 {
			t.Errorf("%d reads for 203 hints about 40 listings, want one", n)
		}
		for i := range refs {
			if l := r.stock(fmt.Sprintf("MUG-%02d", i)).Listings; time.Since(l[slices.IndexFunc(l, func(l channelsync.ListingStock) bool { return l.Channel == "shop" })].ReadAt) > time.Minute {
				t.Errorf("listing %d was not read", i)
			}
		}
	})
}

// What is known costs nothing: the echo of a write of our own, and news from
// before the last read.
func TestHintsOfWhatIsKnownCostNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, _, refs := hinted(t, 1)
		before := shop.Now().Add(-10 * time.Minute)
		r.hint(time.Time{}, channel.HintStock, refs[0].ID) // read, so that the time before is old news
		wait(10 * time.Second)
		must(t, r.engine.Adjust(t.Context(), "MUG-00", -2))
		wait(time.Second)
		if n := shop.Quantity(refs[0].ID, ""); n != 8 {
			t.Fatalf("shown %d", n)
		}
		reads := shop.Calls(channeltest.OpStock)
		r.hint(shop.Now(), channel.HintStock, refs[0].ID)
		r.hint(before, channel.HintStock, refs[0].ID)
		r.hint(shop.Now(), channel.HintStock, "nobody's")
		r.hint(shop.Now(), channel.HintStock, "")
		wait(time.Minute)
		if n := shop.Calls(channeltest.OpStock) - reads; n != 0 {
			t.Errorf("%d reads", n)
		}
		r.hint(shop.Now(), channel.HintStock, refs[0].ID) // later than the echo of any write
		wait(10 * time.Second)
		if n := shop.Calls(channeltest.OpStock) - reads; n != 1 {
			t.Errorf("%d reads of news", n)
		}
		if l := r.stock("MUG-00").Listings; slices.ContainsFunc(l, func(l channelsync.ListingStock) bool { return strings.Contains(l.Why, "told of a change") }) {
			t.Error("the read is done, and its reason stays")
		}
	})
}

// Of an item without a count nothing is read, whatever is told.
func TestAHintAboutAnUncountedItem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
		r := newRig(t, shop)
		r.start()
		wait(2 * time.Minute)
		must(t, r.engine.Link(t.Context(), "shop", ref.ID, "MUG-01", 1))
		wait(2 * time.Minute)
		reads := shop.Calls(channeltest.OpStock)
		r.hint(shop.Now(), channel.HintStock, ref.ID)
		wait(time.Hour)
		if n := shop.Calls(channeltest.OpStock) - reads; n != 0 {
			t.Errorf("%d reads", n)
		}
		must(t, r.engine.Count(t.Context(), "MUG-01", 7))
		wait(10 * time.Minute)
		if n := shop.Quantity(ref.ID, ""); n != 7 {
			t.Errorf("shown %d", n)
		}
	})
}
