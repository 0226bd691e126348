package bigcommerce_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// The longest order of a year of real ones has 1,114 lines.
func TestOrderOf1114Lines(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.wire.Base = r.fake.Transport() // the validator takes seconds for so many
		small, big, after := r.place(newOrder{Lines: lines(1)}), r.place(newOrder{Lines: lines(1114)}), r.place(newOrder{Lines: lines(2)})
		orders := r.walk(channel.OrderQuery{})
		o := orders[oid(big)]
		if len(orders) != 3 || len(orders[oid(small)].Lines) != 1 || len(orders[oid(after)].Lines) != 2 || len(o.Lines) != 1114 ||
			!o.Has(channel.PartLines|channel.PartUnits) || !o.Totals.Residual.Shop.IsZero() || len(o.Units[0].Lines) != 1114 {
			t.Fatalf("%d orders, %d lines, parts %b, residual %v", len(orders), len(o.Lines), o.Parts, o.Totals.Residual)
		}
		res := must(r.ch.Ship(r.Context(), parcel(o, "1Z")))
		if len(res.Remote) != 1 || len(res.Remote[0].Lines) != 1114 {
			t.Errorf("%d records", len(res.Remote))
		}
		if again := must(r.ch.Ship(r.Context(), parcel(o, "1Z"))); !again.Found {
			t.Error("it was not found again")
		}
		o = r.order(big)
		for _, l := range o.Lines {
			if l.Shipped != 1 || l.Open() != 0 {
				t.Fatalf("%+v", l)
			}
		}
	})
}

// A SKU that two listings bear names neither: each is read and written by its
// own identity.
func TestSameSKUOnTwoListings(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		r.product("MUG", 20)
		var refs []channel.ListingRef
		for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{SKUs: []string{"MUG"}}) {
			check(t, err)
			refs = append(refs, l.Ref)
		}
		if len(refs) != 2 || refs[0].ID == refs[1].ID || refs[0].SKU != "MUG" || refs[1].SKU != "MUG" {
			t.Fatalf("%+v", refs)
		}
		r.want(r.set(level(channel.Listing{Ref: refs[0]}, 3, 10), level(channel.Listing{Ref: refs[1]}, 4, -1)), channel.StockAccepted, channel.StockAccepted)
		pass(r.ch.Traits().EffectLag)
		got := map[channel.ListingID]int64{}
		for _, s := range must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs})).Items {
			got[s.Listing.ID] = s.Quantity
		}
		if got[refs[0].ID] != 3 || got[refs[1].ID] != 4 {
			t.Errorf("%v", got)
		}
	})
}

// What names nothing there is refused by itself, and what comes beside it is
// done.
func TestWhatIsNotThere(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		mug := r.listings()["MUG"]
		stranger := channel.Listing{Ref: channel.ListingRef{ID: "99999", SKU: "NOWHERE", Handle: "99998/99999/variant"}}
		got := r.set(level(stranger, 1, 5), level(mug, 3, 10), level(channel.Listing{Ref: channel.ListingRef{SKU: "NOWHERE"}}, 1, -1))
		if got[0].State != channel.StockRefused || !errors.Is(got[0].Err, channel.ErrNotFound) || !errors.Is(got[2].Err, channel.ErrStaleHandle) {
			t.Errorf("%+v", got)
		}
		pass(r.ch.Traits().EffectLag)
		if _, n := r.onHand("MUG", 1); n != 3 {
			t.Errorf("the good one shows %d", n)
		}
		page := must(r.ch.OrdersByID(r.Context(), []channel.OrderID{"99999", "nonsense", "-1", ""}))
		if len(page.Items)+len(page.Parked) != 0 {
			t.Errorf("%+v", page)
		}
		// A line without a SKU or a listing is an order's like any other.
		o := r.order(r.place(newOrder{Lines: []newLine{{Name: "Engraving"}, {SKU: "MUG"}}}))
		if l := o.Lines[0]; l.SKU != "" || l.Listing != "" || l.Title != "Engraving" || l.Open() != 1 || o.Lines[1].Listing == "" {
			t.Errorf("%+v", o.Lines)
		}
	})
}

// Credentials that are missing, wrong or another store's are said to be, before
// anything is taken for empty.
func TestWrongCredentials(t *testing.T) {
	if _, err := bigcommerce.New(bigcommerce.Config{}); err == nil || !strings.Contains(err.Error(), "StoreHash is empty") || !strings.Contains(err.Error(), "Token is empty") {
		t.Errorf("none: %v", err)
	}
	for what, cfg := range map[string]func(*bigcommerce.Config){
		"wrong token":   func(c *bigcommerce.Config) { c.Token = "canary-token" },
		"another store": func(c *bigcommerce.Config) { c.StoreHash = "other1" },
	} {
		onStore(t, storeConfig{}, cfg, func(r *rig) {
			_, probe := r.ch.Probe(r.Context())
			_, orders := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
			for _, err := range []error{probe, orders} {
				if !errors.Is(err, channel.ErrUnauthorized) || strings.Contains(fmt.Sprint(err), "canary") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.fake.SetScopes(bigcommercetest.DefaultToken, bigcommercetest.ScopeOrdersRead)
		_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
		if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "scope") {
			t.Errorf("revoked scope: %v", err)
		}
	})
}
