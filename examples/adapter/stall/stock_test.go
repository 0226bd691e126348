package stall_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

// levels are of 50 listings, which is a call, and a second call's worth more.
func (r *rig) levels(n int) []channel.StockLevel {
	levels := make([]channel.StockLevel, n)
	for i := range levels {
		levels[i] = channel.StockLevel{Listing: channel.ListingRef{ID: channel.ListingID(r.fake.AddListing("SKU", 1))}, Quantity: 7}
	}
	return levels
}

// What was sent when trouble began is unsure, what was not is not sent.
func TestStockWriteThatIsCutShort(t *testing.T) {
	onShop(t, func(r *rig) {
		levels := r.levels(120)
		calls := 0
		r.fake.Fault(stalltest.Fault{Kind: stalltest.DropAfter, Once: true, When: func(q *http.Request) bool {
			if q.Method == http.MethodPut {
				calls++
			}
			return calls == 2
		}})
		results, err := r.ch.SetStock(r.Context(), levels)
		r.ok(err)
		for i, want := range map[int]channel.StockState{
			0: channel.StockApplied, 49: channel.StockApplied, 50: channel.StockUnsure, 99: channel.StockUnsure,
			100: channel.StockNotSent, 119: channel.StockNotSent,
		} {
			if results[i].State != want {
				t.Errorf("level %d is %s, want %s", i, results[i].State, want)
			}
		}
		if n := r.fake.Quantity(string(levels[119].Listing.ID)); n != 1 {
			t.Errorf("what is not sent shows %d", n)
		}
	})
}

func TestLevelsThatCannotBeSent(t *testing.T) {
	onShop(t, func(r *rig) {
		levels := r.levels(4)
		levels[0].Location = "cellar"
		levels[1].Quantity = -1
		levels[2].Listing.ID = ""
		results, err := r.ch.SetStock(r.Context(), levels)
		r.ok(err)
		for i, want := range []channel.StockState{channel.StockRefused, channel.StockRefused, channel.StockRefused, channel.StockApplied} {
			if results[i].State != want || (want == channel.StockRefused) != errors.Is(results[i].Err, channel.ErrInvalid) {
				t.Errorf("level %d: %+v", i, results[i])
			}
		}
		r.answers(true, func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) })
		results, err = r.ch.SetStock(r.Context(), levels)
		r.ok(err)
		if results[0].State != channel.StockRefused || results[3].State != channel.StockNotSent {
			t.Errorf("%+v", results)
		}
	})
}

// An answer that leaves a level out says nothing of it.
func TestSilenceIsNoSuccess(t *testing.T) {
	onShop(t, func(r *rig) {
		r.answers(true, func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"results":[]}`)) })
		results, err := r.ch.SetStock(r.Context(), r.levels(1))
		r.ok(err)
		if results[0].State != channel.StockUnsure {
			t.Errorf("%+v", results[0])
		}
	})
}

func TestListingsThatDoNotDecode(t *testing.T) {
	onShop(t, func(r *rig) {
		const rows = `{"items":[{"id":"p_1","quantity":"many"},{"id":"p_2"},{"id":"p_3","quantity":3}]}`
		r.answers(false, func(w http.ResponseWriter) { _, _ = w.Write([]byte(rows)) })
		listings, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
		r.ok(err)
		levels, err := r.ch.StockPage(r.Context(), channel.StockQuery{})
		r.ok(err)
		if len(listings.Items) != 1 || len(levels.Items) != 1 || len(listings.Parked) != 2 || len(levels.Parked) != 2 ||
			listings.Parked[0].ID != "p_1" || listings.Parked[0].Err.Error() != "listing: field quantity does not decode" {
			t.Errorf("%+v, %+v", listings, levels)
		}
	})
}
