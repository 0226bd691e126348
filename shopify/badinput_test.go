package shopify_test

import (
	"errors"
	"fmt"
	"slices"
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
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		time.Sleep(10 * time.Second) // until searches see it
		page, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"9999999999999999", "nonsense", ""})
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

// An order that an app without read_all_orders is not shown for its age looks
// like one that is gone. It is not taken for gone.
func TestAnOrderTooOldToBeShownIsNotTakenForGone(t *testing.T) {
	byID := func(r rig, orders ...shopifytest.Order) (channel.Page[channel.Order], []channel.OrderID) {
		var ids []channel.OrderID
		for _, o := range orders {
			ids = append(ids, shopifytest.ID[channel.OrderID](o.ID))
		}
		p, err := r.ch.OrdersByID(r.Context(), ids)
		r.must(err)
		return p, ids
	}
	for _, all := range []bool{false, true} {
		shop := shopifytest.Config{}
		if all {
			shop.Scopes = append(slices.Clone(shopifytest.DefaultScopes), "read_all_orders")
		}
		onShop(t, shop, nil, func(r rig) {
			r.product("MUG", 50)
			place := func() shopifytest.Order {
				return r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			}
			old := place()
			time.Sleep(50 * 24 * time.Hour)
			fresh, gone := place(), place()
			p, _ := byID(r, old, fresh, gone)
			if len(p.Items) != 3 || len(p.Parked) != 0 {
				t.Errorf("%d orders, parked %v", len(p.Items), p.Parked)
			}
			time.Sleep(20 * 24 * time.Hour)
			r.must(r.fake.CancelOrder(gone.ID, true))
			r.must(r.fake.DeleteOrder(gone.ID))
			p, ids := byID(r, old, fresh, gone)
			if all {
				if len(p.Items) != 2 || len(p.Parked) != 0 {
					t.Errorf("with the scope: %d orders, parked %v", len(p.Items), p.Parked)
				}
				return
			}
			if len(p.Items) != 1 || p.Items[0].ID != ids[1] || len(p.Parked) != 1 || p.Parked[0].ID != string(ids[0]) ||
				!errors.Is(p.Parked[0].Err, channel.ErrForbidden) || !strings.Contains(p.Parked[0].Err.Error(), "read_all_orders") {
				t.Errorf("%d orders, parked %v", len(p.Items), p.Parked)
			}
			_, err := r.ch.Ship(r.Context(), parcelWith(old, numberA, 1))
			wantClass(r.T, err, channel.ErrNotFound, "60 days", "read_all_orders")
			time.Sleep(60 * 24 * time.Hour) // nothing is shown any more
			if p, _ := byID(r, old, fresh, gone); len(p.Items) != 0 || len(p.Parked) != 3 {
				t.Errorf("%d orders, parked %v", len(p.Items), p.Parked)
			}
		})
	}
	// What is not shown for want of a scope is not gone either.
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 50)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		r.walk()
		r.fake.SetScopes("read_products")
		for range 2 {
			p, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{shopifytest.ID[channel.OrderID](o.ID)})
			if !errors.Is(err, channel.ErrForbidden) {
				t.Errorf("%+v, %v", p, err)
			}
		}
	})
}

// An order that is deleted while its page is read is left out, rather than told
// by half; the others stand.
func TestAnOrderDeletedWhileItsPageIsRead(t *testing.T) {
	for _, op := range []string{"OrderLines", "OrderShipping", "OrderRefunds", "ParcelLines", "OrderUnits"} {
		t.Run(op, func(t *testing.T) {
			onWire(t, twoPlaces, func(r rig, w *wire) {
				r.stocked("MUG", map[string]int{"North": 70, "South": 70})
				n := shopifytest.NewOrder{Shipping: make([]shopifytest.Shipping, 7)}
				for range 65 {
					n.Lines = append(n.Lines, shopifytest.NewLine{SKU: "MUG", Quantity: 2})
				}
				doomed := r.order(n)
				r.must(r.fake.Ship(doomed.ID, shopifytest.Shipped{Numbers: []string{numberA}}))
				r.must(r.fake.Refund(doomed.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: doomed.Lines[0].ID, Quantity: 1}}}))
				r.stocked("PEN", map[string]int{"North": 5})
				stays := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "PEN"}}})
				w.once(op, func() {
					r.must(r.fake.Archive(doomed.ID))
					r.must(r.fake.DeleteOrder(doomed.ID))
				})
				orders, _, _ := r.walk()
				if len(w.named(op)) == 0 || len(orders) != 1 || orders[0].ID != shopifytest.ID[channel.OrderID](stays.ID) {
					t.Errorf("%d calls, %d orders", len(w.named(op)), len(orders))
				}
			})
		})
	}
}
