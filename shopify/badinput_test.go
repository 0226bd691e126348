package shopify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// The longest order of a year of real ones has 1,114 lines, and one array takes
// 250.
func TestShipAnOrderOf1114Lines(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 2000)
		lines, units := make([]shopifytest.NewLine, 1114), make([]int64, 1114)
		for i := range lines {
			lines[i], units[i] = shopifytest.NewLine{SKU: "MUG"}, 1
		}
		o := r.order(shopifytest.NewOrder{Lines: lines})
		res, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, units...))
		r.must(err)
		n := 0
		for _, rem := range res.Remote {
			n += len(rem.Lines)
		}
		if len(res.Remote) != 5 || n != 1114 || len(w.named("Fulfill")) != 5 {
			t.Errorf("%d records of %d lines, %d writes", len(res.Remote), n, len(w.named("Fulfill")))
		}
		again, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, units...))
		r.must(err)
		if !again.Found || len(w.named("Fulfill")) != 5 {
			t.Errorf("sent again: %+v", again.Found)
		}
	})
}

// A SKU that two listings bear names neither: each is read and written by its
// own id.
func TestSameSKUOnTwoListings(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		r.product("MUG", 20)
		time.Sleep(10 * time.Second)
		_, found, _ := r.listings(channel.ListingQuery{SKUs: []string{"MUG"}})
		if len(found) != 2 || found[0].Ref.ID == found[1].Ref.ID || found[0].Ref.SKU != "MUG" || found[1].Ref.SKU != "MUG" {
			t.Fatalf("%+v", found)
		}
		r.set(stateList{applied, applied}, level(found[0].Ref, 3, 10), level(found[1].Ref, 4, 20))
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{found[0].Ref, found[1].Ref}})
		r.must(err)
		for i, want := range []int64{3, 4} {
			if s := page.Items[i]; s.Listing.ID != found[i].Ref.ID || s.Quantity != want {
				t.Errorf("%+v", s)
			}
		}
	})
}

// What names nothing there is refused by itself, and what comes beside it is
// done.
func TestWhatIsNotThere(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		refs := r.refs()
		stranger := channel.ListingRef{ID: "99999", SKU: "NOWHERE", Handle: "99999"}
		results := r.set(stateList{refused, applied, refused}, level(stranger, 1, 5), level(refs["MUG"], 3, 10), level(channel.ListingRef{SKU: "NOWHERE"}, 1, 5))
		if !errors.Is(results[0].Err, channel.ErrNotFound) || !errors.Is(results[2].Err, channel.ErrStaleHandle) {
			t.Errorf("%+v", results)
		}
		r.shows("MUG", 3)
		page, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"99999"})
		if err != nil || len(page.Items)+len(page.Parked) != 0 {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

// Credentials that are wrong, and a name that is no shop's, are said to be.
func TestWrongCredentials(t *testing.T) {
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { c.Token = "canary-token" }, func(r rig) {
		_, probe := r.ch.Probe(r.Context())
		_, orders := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		for _, err := range []error{probe, orders} {
			if !errors.Is(err, channel.ErrUnauthorized) || strings.Contains(fmt.Sprint(err), "canary") {
				t.Error(err)
			}
		}
	})
	onShop(t, shopifytest.Config{Token: "-"}, func(c *shopify.Config) { c.Token, c.ClientID, c.ClientSecret = "", "client", "canary-secret" }, func(r rig) {
		_, err := r.ch.Probe(r.Context())
		if !errors.Is(err, channel.ErrForbidden) && !errors.Is(err, channel.ErrUnauthorized) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Error(err)
		}
	})
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { c.Shop = "another" }, func(r rig) {
		_, err := r.ch.Probe(r.Context())
		if err == nil || !errors.Is(err, channel.ErrNotFound) && !errors.Is(err, channel.ErrUnauthorized) {
			t.Errorf("another shop: %v", err)
		}
	})
}
