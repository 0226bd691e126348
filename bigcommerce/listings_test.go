package bigcommerce_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

func TestListings(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		mug := must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "MUG", Name: "Mug", UPC: "123", OnHand: 1}))
		shirt := r.shirt()
		set := must(r.fake.AddProduct(bigcommercetest.NewProduct{
			SKU: "SET", Name: "Set", Tracking: bigcommercetest.TrackProduct, OnHand: 9, Variants: []bigcommercetest.NewVariant{{SKU: "SET-1"}, {SKU: "SET-2"}},
		}))
		free := must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "EBOOK", Digital: true, Tracking: bigcommercetest.TrackNone}))
		r.wire.Taken()
		for _, limit := range []int{0, 1, 2, 3} {
			var got []string
			for page, err := range channel.ListingPages(r.Context(), r.ch, channel.ListingQuery{Limit: limit}) {
				check(t, err)
				if limit > 0 && len(page.Items) > limit {
					t.Errorf("%d listings, limit %d", len(page.Items), limit)
				}
				for _, l := range page.Items {
					got = append(got, fmt.Sprintf("%s %q %s %q tracked %t bundle %t %s", l.Ref.ID, l.Ref.SKU, l.Ref.Handle, l.Variant, l.Tracked, l.Bundle, l.FulfilledBy))
				}
			}
			if limit == 0 {
				r.golden("listings")
			}
			v := func(p bigcommercetest.Product, i int) int { return p.Variants[i].ID }
			want := []string{
				fmt.Sprintf(`%d "MUG" %d/%d/product "" tracked true bundle false seller`, v(mug, 0), mug.ID, v(mug, 0)),
				fmt.Sprintf(`%d "SHIRT-S" %d/%d/variant "S" tracked true bundle false seller`, v(shirt, 0), shirt.ID, v(shirt, 0)),
				fmt.Sprintf(`%d "SHIRT-L" %d/%d/variant "L" tracked true bundle false seller`, v(shirt, 1), shirt.ID, v(shirt, 1)),
				fmt.Sprintf(`%d "SET-1" %d/%d/shared "" tracked true bundle true seller`, v(set, 0), set.ID, v(set, 0)),
				fmt.Sprintf(`%d "SET-2" %d/%d/shared "" tracked true bundle true seller`, v(set, 1), set.ID, v(set, 1)),
				fmt.Sprintf(`p%d "SET" %d/0/product "" tracked true bundle false seller`, set.ID, set.ID),
				fmt.Sprintf(`%d "EBOOK" %d/%d/none "" tracked false bundle false digital`, v(free, 0), free.ID, v(free, 0)),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("limit %d (-want +got):\n%s", limit, diff)
			}
		}
		l := r.listings()
		if l["MUG"].Barcode != "123" || l["MUG"].Title != "Mug" || !l["MUG"].Active || l["MUG"].UpdatedAt.IsZero() {
			t.Errorf("%+v", l["MUG"])
		}
		// The product can be written, its variants cannot.
		r.want(r.set(level(l["SET"], 4, -1), level(l["SET-1"], 4, -1)), channel.StockAccepted, channel.StockRefused)
	})
}

func TestListingsBySKUAndSince(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 1)
		r.product("TWIN", 1)
		r.product("TWIN", 1)
		r.shirt()
		pass(time.Hour)
		since := time.Now()
		r.product("LATE", 1)
		skus := func(q channel.ListingQuery) (got []string) {
			for l, err := range channel.Listings(r.Context(), r.ch, q) {
				check(t, err)
				got = append(got, l.Ref.SKU)
			}
			slices.Sort(got)
			return got
		}
		r.wire.Taken()
		if got := skus(channel.ListingQuery{SKUs: []string{"TWIN", "SHIRT-L", "NONE", ""}}); !slices.Equal(got, []string{"SHIRT-L", "TWIN", "TWIN"}) {
			t.Errorf("%q", got)
		}
		if n := len(r.wire.Taken()); n != 7 {
			t.Errorf("%d calls for three SKUs", n)
		}
		if got := skus(channel.ListingQuery{Since: since}); !slices.Equal(got, []string{"LATE"}) {
			t.Errorf("since: %q", got)
		}
		many := make([]string, 30)
		if got := skus(channel.ListingQuery{SKUs: many}); len(got) != 6 {
			t.Errorf("for many SKUs the catalogue is walked: %q", got)
		}
	})
}

func TestOneBadProduct(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for i := range 3 {
			r.product(fmt.Sprintf("SKU-%d", i), 1)
		}
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				return status, []byte(strings.Replace(string(body), `"inventory_tracking":"product"`, `"inventory_tracking":{"odd":1}`, 1))
			}
		})
		for _, limit := range []int{0, 1} {
			var good int
			var parked []string
			for page, err := range channel.ListingPages(r.Context(), r.ch, channel.ListingQuery{Limit: limit}) {
				check(t, err)
				good += len(page.Items)
				for _, p := range page.Parked {
					parked = append(parked, p.ID)
				}
				if limit == 0 && (good != 2 || len(parked) != 1 || !strings.HasPrefix(parked[0], "product ")) {
					t.Errorf("%d listings, parked %q", good, parked)
				}
			}
			if limit == 1 && len(parked) != 3 { // each page's first is spoilt
				t.Errorf("limit 1: %d listings, parked %q", good, parked)
			}
		}
	})
}

func TestPageOfProductsThatIsTooLarge(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for i := range 9 {
			r.product(fmt.Sprintf("SKU-%d", i), 1)
		}
		// 600 variants a product make more than an answer may be.
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if n, _ := strconv.Atoi(req.URL.Query().Get("limit")); n > 6 {
					return answer(200, "application/json", strings.Repeat(" ", 33<<20))
				}
				return nil
			}
		})
		if got := r.listings(); len(got) != 9 {
			t.Errorf("%d listings", len(got))
		}
	})
}
