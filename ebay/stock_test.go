package ebay_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// racing says that the race detector is on.
var racing bool

// both adds a listing of each world, MUG of the Inventory API and CUP not.
func (r *rig) both(quantity int64) {
	r.Helper()
	r.add(ebaytest.NewProduct{SKU: "MUG", Price: "12.50", OnHand: quantity})
	r.add(ebaytest.NewProduct{SKU: "CUP", Price: "9.00", OnHand: quantity, Trading: true})
}

func (r *rig) add(n ebaytest.NewProduct) ebaytest.Product {
	r.Helper()
	p, err := r.fake.AddProduct(n)
	check(r, err)
	return p
}

// listings walks over the catalogue.
func (r *rig) listings() map[string]channel.Listing {
	r.Helper()
	out := map[string]channel.Listing{}
	for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
		check(r, err)
		out[cmp.Or(l.Ref.SKU, string(l.Ref.ID))] = l
	}
	return out
}

// level is a quantity for the listing that has a SKU.
func (r *rig) level(sku string, quantity int64) channel.StockLevel {
	r.Helper()
	l, ok := r.listings()[sku]
	if !ok {
		r.Fatalf("no listing has the SKU %s", sku)
	}
	return channel.StockLevel{Listing: l.Ref, Quantity: quantity}
}

// set sets quantities and returns what became of each.
func (r *rig) set(levels ...channel.StockLevel) []channel.StockResult {
	r.Helper()
	results, err := r.ch.SetStock(r.Context(), levels)
	check(r, err)
	return results
}

func (r *rig) shows(sku string, want int64) {
	r.Helper()
	if got, err := r.fake.Available(sku); err != nil || got != want {
		r.Errorf("%s shows %d, want %d (%v)", sku, got, want, err)
	}
}

func states(results []channel.StockResult) string {
	words := make([]string, len(results))
	for i, r := range results {
		if words[i] = string(r.State); r.Err != nil {
			words[i] += ": " + channel.Class(r.Err).Error()
		}
	}
	return strings.Join(words, ", ")
}

func TestEachListingIsSetByItsRoute(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		if got := states(r.set(r.level("MUG", 7), r.level("CUP", 8))); got != "accepted, accepted" {
			r.Error(got)
		}
		r.shows("MUG", 7)
		r.shows("CUP", 8)
		for _, w := range r.fake.Writes() {
			if want := map[string]string{"MUG": "bulkUpdatePriceQuantity", "CUP": "ReviseInventoryStatus"}[w.SKU]; w.Op != want {
				r.Errorf("%s by %s, want %s", w.SKU, w.Op, want)
			}
		}
		if n := r.fake.Calls()["createOrReplaceInventoryItem"]; n > 0 {
			r.Errorf("%d whole items were replaced", n)
		}
	})
}

// What buyers are shown is the smaller of two quantities: both are set.
func TestBothQuantitiesAreSet(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.add(ebaytest.NewProduct{SKU: "MUG", Price: "1", OnHand: 3, OfferQuantity: new(int64(9))})
		l := r.level("MUG", 12)
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{l.Listing}})
		check(t, err)
		if len(page.Items) != 1 || page.Items[0].Quantity != 3 {
			r.Errorf("read %+v", page.Items)
		}
		r.set(l)
		r.shows("MUG", 12)
		q := r.fake.Quantities()[0]
		if q.ItemQuantity != 12 || q.OfferQuantity != 12 {
			r.Errorf("%+v", q)
		}
	})
}

// A SKU on several marketplaces is a listing on each, and they share the item's
// quantity: it is the largest of theirs.
func TestListingsThatShareAnItem(t *testing.T) {
	account := accountConfig{Marketplaces: []string{"EBAY_US", "EBAY_GB"}}
	onAccount(t, account, nil, func(r *rig) {
		p := r.add(ebaytest.NewProduct{SKU: "MUG", Price: "1", OnHand: 10, Marketplaces: account.Marketplaces})
		refs := map[string]channel.ListingRef{}
		for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
			check(t, err)
			refs[string(l.Ref.ID)] = l.Ref
		}
		us, gb := p.Units[0].ListingID, p.Units[1].ListingID
		r.set(channel.StockLevel{Listing: refs[us], Quantity: 4})
		r.set(channel.StockLevel{Listing: refs[gb], Quantity: 6}, channel.StockLevel{Listing: refs[us], Quantity: 3})
		for id, want := range map[string]int64{us: 3, gb: 6} {
			if got, err := r.fake.Shown(id, "MUG"); err != nil || got != want {
				r.Errorf("listing %s shows %d, want %d (%v)", id, got, want, err)
			}
		}
		r.set(channel.StockLevel{Listing: refs[us], Quantity: 5})
		if got, err := r.fake.Shown(gb, "MUG"); err != nil || got != 6 {
			r.Errorf("the other shows %d, %v", got, err)
		}
	})
}

func TestUnitsForAuctionsStay(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.add(ebaytest.NewProduct{SKU: "MUG", Price: "1", OnHand: 10, Auction: 4})
		if got := states(r.set(r.level("MUG", 0))); got != "accepted" {
			r.Error(got)
		}
		r.shows("MUG", 0)
		r.set(r.level("MUG", 5))
		r.shows("MUG", 5)
	})
}

// manyListings adds listings and returns a level for each.
func (r *rig) manyListings(n int, quantity int64, born bool) []channel.StockLevel {
	r.Helper()
	levels := make([]channel.StockLevel, n)
	for i := range levels {
		sku := fmt.Sprintf("SKU-%05d", i)
		u := r.add(ebaytest.NewProduct{SKU: sku, Price: "1", OnHand: 20, Trading: born}).Units[0]
		handle := "trading"
		if !born {
			handle = "offer/" + u.OfferID
		}
		levels[i] = channel.StockLevel{
			Listing:  channel.ListingRef{ID: channel.ListingID(u.ListingID), SKU: sku, Handle: channel.Handle(handle)},
			Quantity: quantity + int64(i%50),
		}
	}
	return levels
}

// Ten thousand changed quantities cost a call for each batch, or one feed.
func TestCallsForTenThousand(t *testing.T) {
	n := 10_000
	if racing {
		n = 1_000 // the race detector makes it ten times as slow
	}
	for name, tt := range map[string]struct {
		born  bool
		batch int
		calls map[string]int
	}{
		"of the Inventory API":           {false, 25, map[string]int{"bulkUpdatePriceQuantity": n / 25}},
		"of the Inventory API, by fewer": {false, 7, map[string]int{"bulkUpdatePriceQuantity": (n + 6) / 7}},
		"Trading-born":                   {true, 25, map[string]int{"createTask": 1, "uploadFile": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, func(cfg *ebay.Config) { cfg.StockBatch = tt.batch }, func(r *rig) {
				r.wire.Base = r.fake.Transport() // that many are not held to the contract
				levels := r.manyListings(n, 100, tt.born)
				before := r.fake.Calls()
				results := r.set(levels...)
				got := map[string]int{}
				for op, k := range r.fake.Calls() {
					if k -= before[op]; k > 0 && op != ebaytest.OpToken && op != "getRateLimits" {
						got[op] = k
					}
				}
				if d := gocmp.Diff(tt.calls, got); d != "" {
					r.Errorf("calls (-want +got):\n%s", d)
				}
				if i := slices.IndexFunc(results, func(r channel.StockResult) bool { return r.State != channel.StockAccepted }); i >= 0 {
					r.Fatalf("level %d: %+v", i, results[i])
				}
				if tt.born {
					pass(10 * time.Minute)
				}
				for _, i := range []int{0, n / 2, n - 1} {
					r.shows(levels[i].Listing.SKU, levels[i].Quantity)
				}
			})
		})
	}
}

func TestOutcomesOfABatch(t *testing.T) {
	shuffled := accountConfig{ShuffleResponses: true}
	onAccount(t, shuffled, nil, func(r *rig) {
		for _, sku := range []string{"A", "B", "C", "D"} {
			r.add(ebaytest.NewProduct{SKU: sku, Price: "1", OnHand: 5})
		}
		all := []channel.StockLevel{r.level("A", 7), r.level("B", 7), r.level("C", 7), r.level("D", 7)}
		r.fake.RejectWrites(func(sku string) bool { return sku == "B" })
		check(t, r.fake.FreezeListing(string(all[2].Listing.ID), "it ends within twelve hours"))
		check(t, r.fake.EndListing(string(all[3].Listing.ID)))
		results := r.set(all...)
		if got := states(results); got != "accepted, refused: invalid, refused: conflict, refused: invalid" {
			r.Error(got)
		}
		if e, ok := errors.AsType[*channel.Error](results[1].Err); !ok || e.Code != "25002" || !strings.Contains(e.Message, "Brand") {
			r.Errorf("%v", results[1].Err)
		}
		// When all are refused, the answer is 400, and tells of each all the same.
		if got := states(r.set(all[1], all[2])); got != "refused: invalid, refused: conflict" {
			r.Error(got)
		}
		r.shows("A", 7)
	})
}

func TestOutcomesOfARevision(t *testing.T) {
	for name, account := range map[string]accountConfig{
		"as a whole": {}, "in part": {Believed: ebaytest.Believed{PartlyApplied: true}},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, account, nil, func(r *rig) {
				var all []channel.StockLevel
				for _, sku := range []string{"A", "B", "C", "D", "E"} {
					r.add(ebaytest.NewProduct{SKU: sku, Price: "1", OnHand: 5, Trading: true})
				}
				for _, sku := range []string{"A", "B", "C", "D", "E"} {
					all = append(all, r.level(sku, 7))
				}
				all[4].Quantity = 5 // which it has: a warning, and no failure
				r.fake.RejectWrites(func(sku string) bool { return sku == "B" })
				check(t, r.fake.EndListing(string(all[2].Listing.ID)))
				results := r.set(all...)
				if got := states(results); got != "accepted, refused: invalid, refused: not found, accepted, accepted" {
					r.Error(got)
				}
				r.shows("A", 7)
				r.shows("D", 7)
			})
		})
	}
}

func variations() ebaytest.NewProduct {
	return ebaytest.NewProduct{
		Title: "Shirt", Price: "20", Trading: true,
		Variations: []ebaytest.NewVariation{{SKU: "S", OnHand: 3}, {SKU: "L", OnHand: 4}, {OnHand: 5, Aspects: []ebaytest.Aspect{{Name: "Size", Value: "XL"}}}},
	}
}

func TestAVariationThatIsMissing(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		id := r.add(variations()).Units[0].ListingID
		small, large := r.level("S", 7), r.level("L", 8)
		check(t, r.fake.RenameSKU(id, "L", "L2"))
		results := r.set(small, large)
		if got := states(results); got != "accepted, refused: not found" {
			r.Error(got)
		}
		if e, ok := errors.AsType[*channel.Error](results[1].Err); !ok || e.Code != "21916799" {
			r.Errorf("%v", results[1].Err)
		}
		r.shows("S", 7)
		nameless := r.listings()[id+"//Size=XL"]
		if nameless.Tracked || nameless.Ref.Handle != "none" {
			r.Errorf("%+v", nameless)
		}
		if got := states(r.set(channel.StockLevel{Listing: nameless.Ref, Quantity: 1})); got != "refused: invalid" {
			r.Error(got)
		}
	})
}

// A zero would end the listing, unless the seller has listings stay.
func TestAZeroEndsNoListing(t *testing.T) {
	onAccount(t, accountConfig{Stock: ebaytest.StockSetting{EndAtZero: true}}, nil, func(r *rig) {
		r.both(10)
		mug, cup := r.level("MUG", 0), r.level("CUP", 0)
		before := r.fake.Calls()["ReviseInventoryStatus"]
		results := r.set(mug, cup)
		if got := states(results); got != "accepted, refused: conflict" || !strings.Contains(results[1].Err.Error(), "out-of-stock") {
			r.Errorf("%s: %v", got, results[1].Err)
		}
		r.shows("CUP", 10)
		if n := r.fake.Calls()["ReviseInventoryStatus"] - before; n > 0 {
			r.Errorf("%d revisions were sent", n)
		}
		cup.Quantity = 1
		if got := states(r.set(cup)); got != "accepted" {
			r.Error(got)
		}
	})
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		cup := r.level("CUP", 0)
		for range 3 {
			if got := states(r.set(cup)); got != "accepted" {
				r.Error(got)
			}
		}
		r.shows("CUP", 0)
		if n := r.fake.Calls()["GetUserPreferences"]; n != 1 {
			r.Errorf("the preference was read %d times", n)
		}
		// It is not known, and then no zero is sent.
		pass(2 * time.Hour)
		r.fake.FailWith("GetUserPreferences", http.StatusInternalServerError, -1)
		if results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{cup}); err == nil || !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("%+v, %v", results, err)
		}
		r.add(ebaytest.NewProduct{SKU: "PEN", Price: "1", OnHand: 10, Trading: true})
		if got := states(r.set(cup, r.level("PEN", 4))); got != "not sent: unavailable, accepted" {
			r.Error(got)
		}
	})
}

// The last of a day's revisions are left to what falls.
func TestRevisionsAreBudgeted(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		raise, fall := 0, 0
		for _, sku := range []string{"MUG", "CUP"} {
			l := r.level(sku, 0)
			for i := range 260 {
				l.Quantity, l.Expect = int64(20+i%2), new(int64(19))
				results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{l})
				check(t, err)
				if results[0].State == channel.StockAccepted {
					raise++
				} else if e, ok := errors.AsType[*channel.Error](results[0].Err); results[0].State != channel.StockNotSent || !ok || e.RetryAfter <= 0 || e.RetryAfter > 25*time.Hour {
					r.Fatalf("%+v", results[0])
				}
				l.Expect = new(int64(30))
				if i >= 210 {
					if results := r.set(l); results[0].State == channel.StockAccepted {
						fall++
					}
				}
			}
		}
		if raise != 2*200 || fall != 2*50 {
			r.Errorf("%d raises and %d falls of two listings, want 400 and 100", raise, fall)
		}
		pass(25 * time.Hour)
		if got := states(r.set(r.level("MUG", 3), r.level("CUP", 4))); got != "accepted, accepted" {
			r.Errorf("on the next day: %s", got)
		}
	})
}

func TestABatchThatIsTooLargeIsSentItemByItem(t *testing.T) {
	onAccount(t, accountConfig{Believed: ebaytest.Believed{OneSKUPerCall: true}}, nil, func(r *rig) {
		levels := r.manyListings(5, 30, false)
		if got := states(r.set(levels...)); got != "accepted, accepted, accepted, accepted, accepted" {
			r.Error(got)
		}
		if n := r.fake.Calls()["bulkUpdatePriceQuantity"]; n != 6 {
			r.Errorf("%d calls, want the refused one and one for each", n)
		}
		for i := range levels {
			levels[i].Quantity++
		}
		r.set(levels...)
		if n := r.fake.Calls()["bulkUpdatePriceQuantity"]; n != 11 {
			r.Errorf("%d calls, want one for each from then on", n)
		}
	})
}

// Whatever becomes of an answer, what is said of the levels is true.
func TestAnswersThatAreLost(t *testing.T) {
	for name, tt := range map[string]struct {
		fault ebaytest.Fault
		want  map[string]string // by SKU
		shown int64
	}{
		"after it took effect": {ebaytest.Fault{Kind: ebaytest.DropAfter, Times: -1}, map[string]string{"MUG": "unsure: unsure", "CUP": "unsure: unsure"}, 4},
		"cut":                  {ebaytest.Fault{Kind: ebaytest.Truncate, Times: -1}, map[string]string{"MUG": "unsure: unsure", "CUP": "unsure: unsure"}, 4},
		"no words":             {ebaytest.Fault{Kind: ebaytest.AnswerAfter, Status: 200, Body: "{}", Times: -1}, map[string]string{"MUG": "unsure: unsure", "CUP": "unsure: unsure"}, 4},
		"once":                 {ebaytest.Fault{Kind: ebaytest.DropAfter}, map[string]string{"MUG": "accepted", "CUP": "accepted"}, 4},
	} {
		for sku, op := range map[string]string{"MUG": "bulkUpdatePriceQuantity", "CUP": "ReviseInventoryStatus"} {
			t.Run(name+" "+sku, func(t *testing.T) {
				onAccount(t, accountConfig{}, nil, func(r *rig) {
					r.wire.Base = r.fake.Transport()
					r.both(10)
					l := r.level(sku, tt.shown)
					tt.fault.Op = op
					r.fake.Fault(tt.fault)
					results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{l})
					if err != nil {
						r.Fatal(err)
					}
					if got := states(results); got != tt.want[sku] {
						r.Errorf("%s: %v", got, results[0].Err)
					}
					r.shows(sku, tt.shown)
				})
			})
		}
	}
}

// An answer that leaves a line out has not said that it was done.
func TestSilenceIsNoSuccess(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.wire.Base = r.fake.Transport()
		r.add(ebaytest.NewProduct{SKU: "PEN", Price: "1", OnHand: 10})
		r.both(10)
		mug, cup, pen := r.level("MUG", 4), r.level("CUP", 5), r.level("PEN", 6)
		r.wire.Set(func(w *wire) {
			w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
				switch {
				case strings.HasSuffix(req.URL.Path, "/bulk_update_price_quantity"):
					return 207, []byte(`{"responses":[{"sku":"PEN","statusCode":200},{"sku":"MUG","offerId":"9040000099","statusCode":200},{"statusCode":200}]}`)
				case strings.HasSuffix(req.URL.Path, "/ws/api.dll"):
					return status, []byte(`<ReviseInventoryStatusResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Timestamp>t</Timestamp><Ack>Success</Ack></ReviseInventoryStatusResponse>`)
				}
				return status, body
			}
		})
		if got := states(r.set(mug, cup, pen)); got != "unsure: unsure, unsure: unsure, unsure: unsure" {
			r.Error(got)
		}
	})
}

// What cannot be done for a reason of the account's is told once, and nothing was
// sent.
func TestNothingIsSentWhenItCannotBe(t *testing.T) {
	for name, tt := range map[string]struct {
		sku, op string
		status  int
		class   error
	}{
		"throttled offers": {"MUG", "bulkUpdatePriceQuantity", http.StatusTooManyRequests, channel.ErrThrottled},
		"forbidden":        {"MUG", "bulkUpdatePriceQuantity", http.StatusForbidden, channel.ErrForbidden},
		"no token":         {"CUP", "ReviseInventoryStatus", http.StatusUnauthorized, channel.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Base = r.fake.Transport()
				r.both(10)
				l := r.level(tt.sku, 4)
				r.fake.FailWith(tt.op, tt.status, -1)
				results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{l})
				if results != nil || !errors.Is(err, tt.class) {
					r.Errorf("%s, %v", states(results), err)
				}
				r.shows(tt.sku, 10)
			})
		})
	}
}

// One route that is shut does not keep the other from being used.
func TestARouteStopsByItself(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.both(10)
		mug, cup := r.level("MUG", 4), r.level("CUP", 5)
		r.fake.FailWith("bulkUpdatePriceQuantity", http.StatusTooManyRequests, -1)
		if got := states(r.set(mug, cup)); got != "not sent: throttled, accepted" {
			r.Error(got)
		}
		r.shows("CUP", 5)
	})
}

func TestWhatTimeDoesNotAllowIsNotSent(t *testing.T) {
	onAccount(t, accountConfig{Latency: 700 * time.Millisecond}, func(cfg *ebay.Config) { cfg.StockBatch = 1 }, func(r *rig) {
		levels := r.manyListings(8, 30, false)
		ctx, cancel := context.WithTimeout(r.Context(), 6*time.Second)
		defer cancel()
		results, err := r.ch.SetStock(ctx, levels)
		check(t, err)
		sent := 0
		for i, x := range results {
			if x.State == channel.StockAccepted {
				sent++
				r.shows(levels[i].Listing.SKU, levels[i].Quantity)
			} else if x.State != channel.StockNotSent || !errors.Is(x.Err, channel.ErrThrottled) {
				r.Errorf("%+v", x)
			}
		}
		if sent == 0 || sent == len(results) {
			r.Errorf("%d of %d were sent", sent, len(results))
		}
	})
}

// The last of several levels of one listing stands.
func TestAListingThatComesTwice(t *testing.T) {
	onAccount(t, accountConfig{}, func(cfg *ebay.Config) { cfg.FeedFrom = 1 }, func(r *rig) {
		r.both(10)
		r.set(r.level("MUG", 40), r.level("MUG", 50), r.level("CUP", 6), r.level("CUP", 7))
		r.shows("MUG", 50)
		r.shows("CUP", 7)
	})
}

func TestLevelsThatAreNoGood(t *testing.T) {
	good := channel.ListingRef{ID: "110500000001", SKU: "A", Handle: "trading"}
	for name, tt := range map[string]struct {
		level channel.StockLevel
		class error
	}{
		"a location":           {channel.StockLevel{Listing: good, Location: "1"}, channel.ErrInvalid},
		"below zero":           {channel.StockLevel{Listing: good, Quantity: -1}, channel.ErrInvalid},
		"too many":             {channel.StockLevel{Listing: good, Quantity: 1 << 40}, channel.ErrInvalid},
		"no handle":            {channel.StockLevel{Listing: channel.ListingRef{ID: "1", SKU: "A"}}, channel.ErrStaleHandle},
		"another's handle":     {channel.StockLevel{Listing: channel.ListingRef{ID: "1", SKU: "A", Handle: "DEFAULT/X/Y"}}, channel.ErrStaleHandle},
		"no offer":             {channel.StockLevel{Listing: channel.ListingRef{ID: "1", SKU: "A", Handle: "offer/"}}, channel.ErrStaleHandle},
		"an odd offer":         {channel.StockLevel{Listing: channel.ListingRef{ID: "1", SKU: "A", Handle: "offer/x"}}, channel.ErrStaleHandle},
		"more than an offer":   {channel.StockLevel{Listing: channel.ListingRef{ID: "1", SKU: "A", Handle: "offer/1/shared/0"}}, channel.ErrStaleHandle},
		"no SKU":               {channel.StockLevel{Listing: channel.ListingRef{ID: "1", Handle: "offer/1"}}, channel.ErrStaleHandle},
		"an odd id":            {channel.StockLevel{Listing: channel.ListingRef{ID: "x", Handle: "trading"}}, channel.ErrStaleHandle},
		"another SKU":          {channel.StockLevel{Listing: channel.ListingRef{ID: "1/A", SKU: "B", Handle: "trading"}}, channel.ErrStaleHandle},
		"a control character":  {channel.StockLevel{Listing: channel.ListingRef{ID: "1/\x01", SKU: "\x01", Handle: "trading"}}, channel.ErrInvalid},
		"broken text":          {channel.StockLevel{Listing: channel.ListingRef{ID: "1/\xff", SKU: "\xff", Handle: "trading"}}, channel.ErrInvalid},
		"what no call can set": {channel.StockLevel{Listing: channel.ListingRef{ID: "1//Size=L", Handle: "none"}}, channel.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				results := r.set(tt.level)
				if results[0].State != channel.StockRefused || !errors.Is(results[0].Err, tt.class) {
					r.Errorf("%+v", results[0])
				}
				if n := len(r.fake.Calls()); n > 0 {
					r.Errorf("calls %v", r.fake.Calls())
				}
			})
		})
	}
}

// A listing that is managed by the Inventory API by now has another handle.
func TestAMigratedListingIsReadAgain(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.add(ebaytest.NewProduct{SKU: "MUG", Price: "1", OnHand: 3})
		l := r.level("MUG", 5)
		l.Listing.Handle = "trading"
		if got := states(r.set(l)); got != "refused: handle no longer matches" {
			r.Error(got)
		}
	})
}

func BenchmarkSetStock(b *testing.B) {
	for name, born := range map[string]bool{"inventory": false, "feed": true} {
		b.Run(name, func(b *testing.B) {
			fake := ebaytest.New(accountConfig{Quota: 1e6, FeedTasks: 1 << 30})
			var levels []channel.StockLevel
			for i := range 1000 {
				sku := fmt.Sprintf("SKU-%05d", i)
				p := must(fake.AddProduct(ebaytest.NewProduct{SKU: sku, Price: "1", OnHand: 20, Trading: born}))
				handle := "trading"
				if !born {
					handle = "offer/" + p.Units[0].OfferID
				}
				levels = append(levels, channel.StockLevel{
					Listing: channel.ListingRef{ID: channel.ListingID(p.Units[0].ListingID), SKU: sku, Handle: channel.Handle(handle)}, Quantity: 50,
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				ch := must(ebay.New(fake.Config())) // revisions are counted by channel
				if results, err := ch.SetStock(b.Context(), levels); err != nil || len(results) != len(levels) {
					b.Fatal(err)
				}
			}
		})
	}
}
