package shopify_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func (r rig) listings(q channel.ListingQuery) (skus []string, listings []channel.Listing, pages int) {
	r.Helper()
	for page, err := range channel.ListingPages(r.Context(), r.ch, q) {
		r.must(err)
		pages++
		if q.Limit > 0 && len(page.Items) > q.Limit {
			r.Errorf("%d listings in a page", len(page.Items))
		}
		if (page.Next == "") == page.Through.IsZero() {
			r.Errorf("through %v before %q", page.Through, page.Next)
		}
		listings = append(listings, page.Items...)
	}
	for _, l := range listings {
		skus = append(skus, l.Ref.SKU)
	}
	slices.Sort(skus)
	return skus, listings, pages
}

func TestListingPage(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		add := func(p shopifytest.Product) shopifytest.Product {
			r.Helper()
			p, err := r.fake.AddProduct(p)
			r.must(err)
			return p
		}
		mug := add(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{
			{SKU: "MUG-R", Title: "Red / L", Barcode: "4006381333931", Available: 3}, {SKU: "MUG-B", Title: "Blue / L", Oversell: true},
		}})
		add(shopifytest.Product{Title: "Draft", Status: "DRAFT", Variants: []shopifytest.Variant{{SKU: "DRAFT"}}})
		add(shopifytest.Product{Title: "Secret", Status: "UNLISTED", Variants: []shopifytest.Variant{{SKU: "SECRET"}}})
		add(shopifytest.Product{Title: "Set", Variants: []shopifytest.Variant{{SKU: "SET", Components: []shopifytest.Component{{SKU: "MUG-R"}}}}})
		add(shopifytest.Product{Title: "Song", Variants: []shopifytest.Variant{{SKU: "SONG", Untracked: true, Digital: true}}})
		add(shopifytest.Product{Title: "No SKU", Variants: []shopifytest.Variant{{}}})
		_, listings, pages := r.listings(channel.ListingQuery{})
		w.golden(r.T, "listings")
		if pages != 1 || len(listings) != 7 {
			r.Fatalf("%d pages, %d listings", pages, len(listings))
		}
		v := mug.Variants[0]
		want := channel.Listing{
			Ref:     channel.ListingRef{ID: channel.ListingID(shopify.Tail(v.ID)), SKU: "MUG-R", Handle: channel.Handle(shopify.Tail(v.ItemID))},
			Product: shopify.Tail(mug.ID), Title: "Mug", Variant: "Red / L", Barcode: "4006381333931", UpdatedAt: listings[0].UpdatedAt,
			Status: "ACTIVE", Active: true, Tracked: true, FulfilledBy: channel.BySeller,
		}
		if diff := cmp.Diff(want, listings[0]); diff != "" || listings[0].UpdatedAt.IsZero() {
			r.Error(diff)
		}
		for i, check := range []func(l channel.Listing) bool{
			1: func(l channel.Listing) bool { return l.Oversells },
			2: func(l channel.Listing) bool { return !l.Active && l.Status == "DRAFT" && l.Variant == "" },
			3: func(l channel.Listing) bool { return l.Active && l.Status == "UNLISTED" },
			4: func(l channel.Listing) bool { return l.Bundle },
			5: func(l channel.Listing) bool { return !l.Tracked && l.FulfilledBy == channel.ByDigital },
			6: func(l channel.Listing) bool { return l.Ref.SKU == "" && l.Ref.Handle != "" },
		} {
			if check != nil && !check(listings[i]) {
				r.Errorf("%+v", listings[i])
			}
		}
	})
}

func TestListingPagesAndFilters(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		var vs []shopifytest.Variant
		for i := range 300 {
			vs = append(vs, shopifytest.Variant{SKU: fmt.Sprintf("SKU-%03d", i), Title: strconv.Itoa(i)})
		}
		_, err := r.fake.AddProduct(shopifytest.Product{Title: "Many", Variants: vs})
		r.must(err)
		r.wait(time.Hour)
		later := time.Now()
		for _, sku := range []string{`it's`, `a "b" \ c: OR (d)`, "LATE"} {
			r.product(sku, 1)
		}
		r.wait(time.Minute)
		all, _, pages := r.listings(channel.ListingQuery{})
		if len(all) != 303 || pages != 2 {
			r.Errorf("%d listings on %d pages", len(all), pages)
		}
		some, _, _ := r.listings(channel.ListingQuery{Limit: 100})
		if !slices.Equal(all, some) {
			r.Error("smaller pages bring something else")
		}
		got, _, _ := r.listings(channel.ListingQuery{Since: later})
		if len(got) != 3 {
			r.Errorf("changed since: %v", got)
		}
		want := []string{"LATE", "SKU-007", `a "b" \ c: OR (d)`, `it's`}
		got, _, _ = r.listings(channel.ListingQuery{SKUs: append(want, "NOWHERE")})
		if !slices.Equal(got, want) {
			r.Errorf("by SKU: %q", got)
		}
		got, _, _ = r.listings(channel.ListingQuery{SKUs: want, Since: later})
		if !slices.Equal(got, []string{"LATE", `a "b" \ c: OR (d)`, `it's`}) {
			r.Errorf("by SKU and time: %q", got)
		}

		// More than one search takes; and more than a cursor remembers.
		w.forget()
		got, _, pages = r.listings(channel.ListingQuery{SKUs: all})
		if !slices.Equal(got, all) || pages < 3 {
			r.Errorf("%d listings on %d pages", len(got), pages)
		}
		for _, c := range w.named("VariantsPage") {
			if len(c.Vars) > 2*shopify.MaxFilter {
				r.Errorf("a search of %d bytes", len(c.Vars))
			}
		}
		long := slices.Clone(all)
		for i := range 2000 {
			long = append(long, fmt.Sprintf("NOWHERE-%06d", i))
		}
		if got, _, _ = r.listings(channel.ListingQuery{SKUs: long}); !slices.Equal(got, all) {
			r.Errorf("%d listings", len(got))
		}
	})
}

func TestListingPageTrouble(t *testing.T) {
	t.Run("no scope", func(t *testing.T) {
		onWire(t, shopifytest.Config{Scopes: []string{"read_orders"}}, func(r rig, _ *wire) {
			_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			wantClass(r.T, err, channel.ErrForbidden, "read_products")
		})
	})
	t.Run("expired cursor", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("A", 1)
			r.product("B", 1)
			page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{Limit: 1})
			r.must(err)
			r.fake.ExpireCursors()
			_, err = r.ch.ListingPage(r.Context(), channel.ListingQuery{After: page.Next})
			wantClass(r.T, err, channel.ErrCursor)
		})
	})
	t.Run("somebody else's cursor", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{After: shopify.CursorOf("orders")})
			wantClass(r.T, err, channel.ErrCursor)
		})
	})
	t.Run("a record that does not decode", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			node := func(id int, sku string) string {
				return fmt.Sprintf(`{"id":"gid://shopify/ProductVariant/%d","inventoryItem":{"id":"gid://shopify/InventoryItem/1","sku":%s},"product":{"id":"gid://shopify/Product/1","title":"T","status":"ACTIVE"}}`, id, sku)
			}
			r.fake.Fault(shopifytest.Fault{
				Op: "productVariants", Kind: shopifytest.Answer, Status: http.StatusOK,
				Body: `{"data":{"productVariants":{"pageInfo":{"hasNextPage":false},"nodes":[` +
					strings.Join([]string{node(1, `"A"`), node(2, `["secret"]`), node(3, `"C"`)}, ",") + `]}}}`,
			})
			page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			r.must(err)
			if len(page.Items) != 2 || len(page.Parked) != 1 || page.Parked[0].ID != "2" || len(page.Parked[0].Raw) == 0 {
				r.Fatalf("%+v", page)
			}
			if err := page.Parked[0].Err; !errors.Is(err, channel.ErrInvalid) || strings.Contains(err.Error(), "secret") {
				r.Errorf("%v", err)
			}
		})
	})
}
