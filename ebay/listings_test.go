package ebay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// Both worlds' listings come once each, with their variations and their routes.
func TestListingsOfBothWorlds(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		shirt := r.add(variations())
		for _, size := range []string{"S", "L"} {
			r.add(ebaytest.NewProduct{SKU: "COAT/" + size, Price: "1", OnHand: 2, Group: "COAT", Aspects: []ebaytest.Aspect{{Name: "Size", Value: size}}})
		}
		r.add(ebaytest.NewProduct{SKU: "DRAFT", Price: "1", OnHand: 2, Unpublished: true})
		twin := r.add(ebaytest.NewProduct{SKU: "MUG", Price: "1", OnHand: 2, Trading: true}) // shares its SKU with an inventory item
		offers := map[string]ebaytest.Unit{}
		for _, p := range r.fake.Products() {
			for _, u := range p.Units {
				if u.OfferID != "" {
					offers[u.SKU] = u
				}
			}
		}
		coat := offers["COAT/S"].ListingID
		want := map[string]string{
			offers["MUG"].ListingID:                "MUG offer/" + offers["MUG"].OfferID,
			r.idOf("CUP"):                          "CUP trading",
			shirt.Units[0].ListingID + "/S":        "S trading",
			shirt.Units[0].ListingID + "/L":        "L trading",
			shirt.Units[0].ListingID + "//Size=XL": " none",
			coat + "/COAT/S":                       "COAT/S offer/" + offers["COAT/S"].OfferID,
			coat + "/COAT/L":                       "COAT/L offer/" + offers["COAT/L"].OfferID,
			twin.Units[0].ListingID:                "MUG trading",
		}
		for _, limit := range []int{0, 1, 2, 3} {
			got := map[string]string{}
			n := 0
			for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{Limit: limit}) {
				check(r, err)
				got[string(l.Ref.ID)] = l.Ref.SKU + " " + string(l.Ref.Handle)
				n++
				if l.Product != strings.SplitN(string(l.Ref.ID), "/", 2)[0] || l.Title == "" || !l.Active || l.FulfilledBy != channel.BySeller {
					r.Errorf("%+v", l)
				}
			}
			if d := gocmp.Diff(want, got); d != "" || n != len(want) {
				r.Errorf("limit %d, %d listings (-want +got):\n%s", limit, n, d)
			}
		}
		// What is written to a variation of each world reaches it and no other.
		all := r.listings()
		r.set(channel.StockLevel{Listing: all["COAT/S"].Ref, Quantity: 7}, channel.StockLevel{Listing: all["L"].Ref, Quantity: 8})
		r.shows("COAT/S", 7)
		r.shows("COAT/L", 2)
		r.shows("L", 8)
		r.shows("S", 3)
	})
}

// idOf is the id of the listing that has a SKU.
func (r *rig) idOf(sku string) string {
	r.Helper()
	for _, q := range r.fake.Quantities() {
		if q.SKU == sku {
			return q.ListingID
		}
	}
	r.Fatalf("no listing has the SKU %s", sku)
	return ""
}

// Listings that end during a walk move others to pages that are still to come.
func TestListingsThatEndDuringAWalk(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		var ids []string
		for i := range 12 {
			ids = append(ids, r.add(ebaytest.NewProduct{SKU: fmt.Sprintf("SKU-%d", i), Price: "1", OnHand: 1, Trading: true}).Units[0].ListingID)
		}
		seen := map[string]bool{}
		n := 0
		for page, err := range channel.ListingPages(r.Context(), r.ch, channel.ListingQuery{Limit: 3}) {
			check(r, err)
			for _, l := range page.Items {
				seen[string(l.Ref.ID)] = true
			}
			if n++; n <= 3 {
				check(r, r.fake.EndListing(ids[n-1]))
			}
			if page.Next == "" && page.Through.IsZero() {
				r.Error("the walk ends without its bound")
			}
		}
		for _, id := range ids[3:] {
			if !seen[id] {
				r.Errorf("listing %s was left out", id)
			}
		}
	})
}

// All listings but those of the first page may have ended: there is no such page
// any more.
func TestAPageThatIsGone(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		var ids []string
		for i := range 7 {
			ids = append(ids, r.add(ebaytest.NewProduct{SKU: fmt.Sprintf("SKU-%d", i), Price: "1", OnHand: 1, Trading: true}).Units[0].ListingID)
		}
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{Limit: 2})
		check(r, err)
		for _, id := range ids[1:] {
			check(r, r.fake.EndListing(id))
		}
		page, err = r.ch.ListingPage(r.Context(), channel.ListingQuery{After: page.Next})
		check(r, err)
		if len(page.Items) != 1 || string(page.Items[0].Ref.ID) != ids[0] || page.Next != "" {
			r.Errorf("%+v", page)
		}
	})
}

func TestCallsForListings(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.wire.Base = r.fake.Transport()
		r.manyListings(450, 5, true)
		r.listings()
		calls := r.fake.Calls()
		if calls["GetMyeBaySelling"] != 4 || calls["bulkGetInventoryItem"] != 18 || calls["getOffers"] != 0 {
			r.Errorf("calls %v", calls)
		}
	})
}

func TestStockOfListingsByRoute(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		r.add(variations())
		var all []channel.ListingRef
		want := map[channel.ListingID]int64{}
		for _, q := range r.fake.Quantities() {
			for _, l := range r.listings() {
				if l.Tracked && l.Product == q.ListingID && l.Ref.SKU == q.SKU {
					all = append(all, l.Ref)
					want[l.Ref.ID] = q.Available
				}
			}
		}
		read := func(refs []channel.ListingRef) map[channel.ListingID]int64 {
			got := map[channel.ListingID]int64{}
			page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs})
			check(r, err)
			for _, l := range page.Items {
				got[l.Listing.ID] = l.Quantity
			}
			return got
		}
		if d := gocmp.Diff(want, read(all)); d != "" || len(want) != 4 {
			r.Errorf("(-want +got):\n%s", d)
		}
		bare := make([]channel.ListingRef, len(all))
		for i, ref := range all {
			bare[i] = channel.ListingRef{ID: ref.ID, SKU: ref.SKU}
		}
		if d := gocmp.Diff(want, read(bare)); d != "" {
			r.Errorf("without handles (-want +got):\n%s", d)
		}
		// One that ended is left out.
		check(r, r.fake.EndListing(r.idOf("MUG")))
		check(r, r.fake.EndListing(r.idOf("CUP")))
		if got := read(all); len(got) != 2 {
			r.Errorf("%v", got)
		}
	})
}

// Many Trading-born listings are read by the page.
func TestStockOfManyIsReadByThePage(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		levels := r.manyListings(300, 5, true)
		var refs []channel.ListingRef
		for _, l := range levels[100:150] {
			refs = append(refs, l.Listing)
		}
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs})
		check(r, err)
		if calls := r.fake.Calls(); len(page.Items) != 50 || calls["GetMyeBaySelling"] != 1 || calls["GetItem"] != 0 {
			r.Errorf("%d levels, calls %v", len(page.Items), calls)
		}
	})
}

// A sale that nobody has paid for shows in the quantity, and in no order.
func TestAnUnpaidSaleIsRead(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		for _, sku := range []string{"MUG", "CUP"} {
			if _, err := r.fake.PlaceOrder(ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: sku, Quantity: 3}}, Unpaid: true}); err != nil {
				r.Fatal(err)
			}
			l := r.level(sku, 0)
			page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{l.Listing}})
			check(r, err)
			if len(page.Items) != 1 || page.Items[0].Quantity != 7 || page.Items[0].Sold != nil || page.Items[0].SoldEver != nil {
				r.Errorf("%s: %+v", sku, page.Items)
			}
		}
	})
}

func counting(c *ebay.Config) { c.SoldCount = true }

// With a count, the units sold are told by walks and by reads of some, a
// purchase that nobody has paid for among them, and of each listing its own.
func TestUnitsSoldAreRead(t *testing.T) {
	onAccount(t, accountConfig{Marketplaces: []string{"EBAY_US", "EBAY_GB"}}, counting, func(r *rig) {
		r.both(10)
		pen := r.add(ebaytest.NewProduct{SKU: "PEN", Price: "1", OnHand: 10, Marketplaces: []string{"EBAY_US", "EBAY_GB"}})
		shirt := []ebaytest.NewVariation{
			{SKU: "TEE-S", Aspects: []ebaytest.Aspect{{Name: "Size", Value: "S"}}, OnHand: 10},
			{SKU: "TEE-L", Aspects: []ebaytest.Aspect{{Name: "Size", Value: "L"}}, OnHand: 10},
		}
		r.add(ebaytest.NewProduct{SKU: "TEE", Title: "Tee", Price: "5", Trading: true, Variations: shirt})
		for _, n := range []ebaytest.NewOrder{
			{Lines: []ebaytest.NewLine{{SKU: "MUG", Quantity: 3}}, Unpaid: true},
			{Lines: []ebaytest.NewLine{{SKU: "CUP", Quantity: 2}}},
			{Lines: []ebaytest.NewLine{{SKU: "TEE-L", Quantity: 4}}},
			{Lines: []ebaytest.NewLine{{SKU: "PEN", ListingID: pen.Units[1].ListingID}}},
		} {
			must(r.fake.PlaceOrder(n))
		}
		want := map[string]int64{
			"MUG": 3, "CUP": 2, "TEE-S": 0, "TEE-L": 4, "PEN " + pen.Units[0].ListingID: 0, "PEN " + pen.Units[1].ListingID: 1,
		}
		var refs []channel.ListingRef
		for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
			check(r, err)
			refs = append(refs, l.Ref)
		}
		for _, q := range []channel.StockQuery{{}, {Listings: refs}} {
			got := map[string]int64{}
			for page, err := range channel.StockPages(r.Context(), r.ch, q) {
				check(r, err)
				for _, l := range page.Items {
					name := l.Listing.SKU
					if name == "PEN" {
						name += " " + string(l.Listing.ID)
					}
					if l.Sold != nil || l.SoldEver == nil {
						r.Fatalf("%s: sold %v, ever %v", name, l.Sold, l.SoldEver)
					}
					got[name] = *l.SoldEver
				}
			}
			if d := gocmp.Diff(want, got); d != "" {
				r.Errorf("%d listings asked for (-want +got):\n%s", len(q.Listings), d)
			}
		}
	})
}

// A count that is missing, or can be none, is not known.
func TestCountsThatAreNone(t *testing.T) {
	for name, count := range map[string]any{"missing": nil, "negative": -1, "absurd": 9_000_000_000} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, counting, func(r *rig) {
				r.both(10)
				mug := r.level("MUG", 0)
				r.wire.Set(func(w *wire) {
					w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
						if !strings.HasSuffix(req.URL.Path, "/offer") {
							return status, body
						}
						var list map[string]any
						check(r, json.Unmarshal(body, &list))
						listing := list["offers"].([]any)[0].(map[string]any)["listing"].(map[string]any)
						delete(listing, "soldQuantity")
						if count != nil {
							listing["soldQuantity"] = count
						}
						return status, must(json.Marshal(list))
					}
				})
				page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug.Listing}})
				check(r, err)
				if len(page.Items) != 1 || page.Items[0].Quantity != 10 || page.Items[0].SoldEver != nil {
					r.Errorf("%+v", page.Items)
				}
			})
		})
	}
}

// Answers that are not what was asked for fail the page, and are never taken for
// an empty one.
func TestAnswersThatAreNoListings(t *testing.T) {
	const head = `<GetMyeBaySellingResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Timestamp>t</Timestamp>`
	for name, body := range map[string]string{
		"nothing":         "",
		"a web page":      "<html><body>Gateway</body></html>",
		"a document type": `<!DOCTYPE x SYSTEM "file:///etc/hostname">` + head + `<Ack>Success</Ack></GetMyeBaySellingResponse>`,
		"cut":             head + `<Ack>Success</Ack><ActiveList><ItemArray>`,
		"no outcome":      head + `</GetMyeBaySellingResponse>`,
		"another answer":  `<GetItemResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Ack>Success</Ack></GetItemResponse>`,
		"too deep":        head + `<Ack>Success</Ack>` + strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40) + `</GetMyeBaySellingResponse>`,
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Base = r.fake.Transport()
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if !strings.HasSuffix(req.URL.Path, "/ws/api.dll") {
							return nil
						}
						return answer(200, "text/xml", body)
					}
				})
				page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
				if !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("%+v, %v", page, err)
				}
			})
		})
	}
}

// A listing without an id is set aside, and the others stand.
func TestAListingThatIsSpoiled(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		r.wire.Base = r.fake.Transport()
		id := r.idOf("CUP")
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				return status, []byte(strings.ReplaceAll(string(body), "<ItemID>"+id, "<ItemID>x"))
			}
		})
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
		check(r, err)
		if len(page.Items) != 1 || page.Items[0].Ref.SKU != "MUG" || len(page.Parked) != 1 || !errors.Is(page.Parked[0].Err, channel.ErrInvalid) {
			r.Errorf("%+v", page)
		}
	})
}

func TestCursorsOfOthers(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.manyListings(4, 5, true)
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{Limit: 2})
		check(r, err)
		for _, cur := range []channel.Cursor{"x", page.Next + "x", page.Next} {
			if _, err := r.ch.StockPage(r.Context(), channel.StockQuery{After: cur}); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("%q: %v", cur, err)
			}
		}
	})
}

// A SKU that the Inventory API refuses to hear of is one of the other world, and
// keeps no other from being read. A call that is refused for another reason fails.
func TestSKUsThatAreRefused(t *testing.T) {
	for id, fails := range map[int]bool{25707: false, 25709: true} {
		onAccount(t, accountConfig{}, nil, func(r *rig) {
			r.both(10)
			r.add(ebaytest.NewProduct{SKU: "ODD", Price: "1", OnHand: 1, Trading: true})
			r.add(ebaytest.NewProduct{SKU: strings.Repeat("LONG", 20), Price: "1", OnHand: 1, Trading: true})
			r.fake.Fault(ebaytest.Fault{
				Op: "bulkGetInventoryItem", Kind: ebaytest.Answer, Status: 400, Times: -1, Header: http.Header{"Content-Type": {"application/json"}},
				Body: fmt.Sprintf(`{"errors":[{"errorId":%d,"domain":"API_INVENTORY","category":"REQUEST","message":"Invalid"}]}`, id),
				When: func(_ *http.Request, body []byte) bool {
					return strings.Contains(string(body), "ODD") || strings.Contains(string(body), "LONG")
				},
			})
			page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			if fails {
				if !errors.Is(err, channel.ErrInvalid) {
					r.Errorf("%+v, %v", page, err)
				}
				return
			}
			check(r, err)
			routes := map[string]bool{}
			for _, l := range page.Items {
				routes[l.Ref.SKU] = l.Ref.Handle == "trading"
			}
			if want := map[string]bool{"MUG": false, "CUP": true, "ODD": true, strings.Repeat("LONG", 20): true}; !gocmp.Equal(want, routes) {
				r.Errorf("%v", routes)
			}
		})
	}
}
