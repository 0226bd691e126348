package bigcommerce_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// level is a write of a quantity; expect below 0 is unknown.
func level(l channel.Listing, quantity, expect int64) channel.StockLevel {
	s := channel.StockLevel{Listing: l.Ref, Quantity: quantity}
	if expect >= 0 {
		s.Expect = &expect
	}
	return s
}

func (r *rig) set(levels ...channel.StockLevel) []channel.StockResult {
	r.Helper()
	got, err := r.ch.SetStock(r.Context(), levels)
	if err != nil {
		r.Fatal(err)
	}
	return got
}

// want checks the states of results.
func (r *rig) want(got []channel.StockResult, states ...channel.StockState) {
	r.Helper()
	if len(got) != len(states) {
		r.Fatalf("%d results, want %d", len(got), len(states))
	}
	for i := range got {
		if got[i].State != states[i] {
			r.Errorf("result %d: %s (%v), want %s", i, got[i].State, got[i].Err, states[i])
		}
	}
}

// shirt is a product of two variants, each counted.
func (r *rig) shirt() bigcommercetest.Product {
	return must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "SHIRT", Variants: []bigcommercetest.NewVariant{
		{SKU: "SHIRT-S", Options: []bigcommercetest.VariantOption{{Name: "Size", Label: "S"}}, OnHand: 5},
		{SKU: "SHIRT-L", Options: []bigcommercetest.VariantOption{{Name: "Size", Label: "L"}}, OnHand: 6},
	}}))
}

func TestStockRequests(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		r.product("PEN", 4)
		r.shirt()
		check(t, r.fake.SetSafetyStock("MUG", 1, 3))
		l := r.listings()
		r.wire.Taken()
		r.want(r.set(level(l["MUG"], 9, -1), level(l["SHIRT-S"], 7, 5), level(l["PEN"], 4, 4), level(l["SHIRT-L"], 1, -1)),
			channel.StockAccepted, channel.StockAccepted, channel.StockApplied, channel.StockAccepted)
		r.golden("stock")
		pass(time.Minute)
		for sku, want := range map[string]int64{"MUG": 9, "PEN": 4, "SHIRT-S": 7, "SHIRT-L": 1} {
			if _, available := r.onHand(sku, 1); available != want {
				t.Errorf("%s shows %d, want %d", sku, available, want)
			}
		}
		if onHand, _ := r.onHand("MUG", 1); onHand != 12 {
			t.Errorf("on hand %d, want 9 and the safety stock of 3", onHand)
		}
	})
}

func TestDifferenceKeepsASaleInBetween(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		l := r.listings()
		r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2}}})
		r.want(r.set(level(l["MUG"], 15, 10)), channel.StockAccepted)
		pass(time.Minute)
		if _, n := r.onHand("MUG", 1); n != 13 {
			t.Errorf("shows %d, want 10 - 2 sold + 5", n)
		}
	})
}

func TestUncountedStockIsSetAbsolutely(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "NEW", Uncounted: true}))
		north := channel.LocationID(strconv.Itoa(r.fake.AddLocation(bigcommercetest.NewLocation{Label: "North"})))
		l := r.listings()
		there := level(l["MUG"], 8, 0)
		there.Location = north
		r.want(r.set(level(l["NEW"], 5, 0), level(l["MUG"], 12, 10), there),
			channel.StockAccepted, channel.StockAccepted, channel.StockAccepted)
		pass(time.Minute)
		for _, q := range r.fake.Quantities() {
			want := map[string]int64{"NEW 1": 5, "MUG 1": 12, "MUG 2": 8, "NEW 2": 0}[fmt.Sprint(q.SKU, " ", q.Location)]
			if q.OnHand != want {
				t.Errorf("%s at %d: %d, want %d", q.SKU, q.Location, q.OnHand, want)
			}
		}
	})
}

func TestOffendersAreNamedAndTheRestIsSent(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		gone := r.product("GONE", 1)
		r.product("OTHER", 1)
		shirt := r.shirt()
		must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "FREE", Tracking: bigcommercetest.TrackNone}))
		l := r.listings()
		check(t, r.fake.DeleteProduct(gone.ID))
		check(t, r.fake.SetTracking(shirt.ID, bigcommercetest.TrackProduct))
		check(t, r.fake.SetSafetyStock("OTHER", 1, 1))
		closed := r.fake.AddLocation(bigcommercetest.NewLocation{Disabled: true})
		nowhere, off := level(l["MUG"], 1, -1), level(l["MUG"], 1, -1)
		nowhere.Location, off.Location = "77", channel.LocationID(strconv.Itoa(closed))
		stranger := level(l["MUG"], 1, -1)
		stranger.Listing.Handle = "no handle"
		moved := level(l["MUG"], 1, -1)
		moved.Listing.ID = l["OTHER"].Ref.ID
		got := r.set(
			level(l["GONE"], 3, -1), level(l["SHIRT-S"], 3, 5), level(l["MUG"], 7, 10), level(l["FREE"], 3, -1), nowhere, off,
			level(l["OTHER"], 0, 1), level(l["SHIRT-L"], 3, -1), level(l["MUG"], -1, -1), level(l["MUG"], 1<<31, -1), stranger, moved,
		)
		r.want(got,
			channel.StockRefused, channel.StockRefused, channel.StockAccepted, channel.StockRefused, channel.StockRefused, channel.StockRefused,
			channel.StockApplied, channel.StockRefused, channel.StockRefused, channel.StockRefused, channel.StockRefused, channel.StockRefused)
		classes := []error{
			channel.ErrNotFound, channel.ErrStaleHandle, nil, channel.ErrInvalid, channel.ErrInvalid, channel.ErrInvalid,
			nil, channel.ErrStaleHandle, channel.ErrInvalid, channel.ErrInvalid, channel.ErrStaleHandle, channel.ErrStaleHandle,
		}
		for i, want := range classes {
			if channel.Class(got[i].Err) != want { //nolint:errorlint // the class itself is asked for
				t.Errorf("result %d: %v, want %v", i, got[i].Err, want)
			}
		}
		pass(time.Minute)
		if _, n := r.onHand("MUG", 1); n != 7 {
			t.Errorf("the good one shows %d", n)
		}
		got = r.set(level(l["OTHER"], 0, 1)) // which would take what is withheld
		r.want(got, channel.StockStale)
		if !errors.Is(got[0].Err, channel.ErrConflict) {
			t.Error(got[0].Err)
		}
	})
}

// A batch that is refused for some of its levels changed the others or it did
// not: whichever, each is written once, and no result says more than is known.
func TestRefusedBatchInBothReadings(t *testing.T) {
	silent := func(_ *http.Request, status int, body []byte) (int, []byte) {
		if status == http.StatusUnprocessableEntity {
			return status, []byte(`{"status":422,"title":"Something is wrong","errors":{}}`)
		}
		return status, body
	}
	for _, skipped := range []bool{false, true} {
		for _, lag := range []time.Duration{-1, 5 * time.Second} {
			for _, named := range []bool{true, false} {
				t.Run(fmt.Sprintf("others written %v, shown after %s, named %v", skipped, lag, named), func(t *testing.T) {
					cfg := storeConfig{EffectLag: lag, Believed: bigcommercetest.Believed{InvalidItemsSkipped: skipped}}
					onStore(t, cfg, nil, func(r *rig) {
						for _, sku := range []string{"MUG", "PEN", "SOLD", "BAG"} {
							r.product(sku, 10)
						}
						gone := r.product("GONE", 10)
						l := r.listings()
						check(t, r.fake.DeleteProduct(gone.ID))
						r.place(newOrder{Lines: []newLine{{SKU: "SOLD"}}}) // nobody read that yet
						if !named {
							r.wire.Set(func(w *wire) { w.Bend = silent })
						}
						got := r.set(level(l["MUG"], 4, 10), level(l["GONE"], 3, 10), level(l["PEN"], 15, 10), level(l["SOLD"], 5, 10), level(l["BAG"], 6, -1))
						if got[1].State != channel.StockRefused {
							t.Errorf("the offender: %+v", got[1])
						}
						for i, want := range map[int]int64{0: 4, 2: 15, 4: 6} {
							switch s := got[i].State; {
							case s == channel.StockAccepted:
							case s == channel.StockApplied && *got[i].Current == want:
							default:
								t.Errorf("result %d: %+v", i, got[i])
							}
						}
						if sold := got[3]; sold.State != channel.StockUnsure || !errors.Is(sold.Err, channel.ErrUnsure) || sold.Current == nil {
							t.Errorf("one that was sold from: %+v", sold)
						}
						pass(time.Minute)
						for sku, want := range map[string]int64{"MUG": 4, "PEN": 15, "BAG": 6} {
							if _, n := r.onHand(sku, 1); n != want {
								t.Errorf("%s shows %d, want %d", sku, n, want)
							}
						}
						want := int64(9)
						if skipped {
							want = 4
						}
						if _, n := r.onHand("SOLD", 1); n != want {
							t.Errorf("SOLD shows %d, want %d", n, want)
						}
					})
				})
			}
		}
	}
}

// What is sent after a refusal may fail by itself, and then nobody knows of the
// levels that were in the refused batch.
func TestRefusedBatchThatCannotBeSentAgain(t *testing.T) {
	const put, read = "PUT /v3/inventory/adjustments/absolute", "GET /v3/inventory/items"
	for _, tt := range []struct {
		name   string
		fails  string
		after  int // of its calls
		expect int64
		shown  bool // a read comes before, and tells
	}{
		{"the read after differences", read, 0, 10, false},
		{"the write after differences", put, 0, 10, true},
		{"the second absolute write", put, 1, -1, false},
	} {
		for _, skipped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, others written %v", tt.name, skipped), func(t *testing.T) {
				onStore(t, storeConfig{EffectLag: -1, Believed: bigcommercetest.Believed{InvalidItemsSkipped: skipped}}, nil, func(r *rig) {
					r.product("MUG", 10)
					gone := r.product("GONE", 10)
					l := r.listings()
					check(t, r.fake.DeleteProduct(gone.ID))
					r.fake.Fault(bigcommercetest.Fault{
						Op: tt.fails, Kind: bigcommercetest.Answer, After: tt.after, Times: -1, Status: 429, Header: http.Header{"X-Retry-After": {"60"}},
					})
					got := r.set(level(l["MUG"], 4, tt.expect), level(l["GONE"], 3, tt.expect))
					if skipped && tt.shown {
						r.want(got, channel.StockApplied, channel.StockRefused)
						return
					}
					r.want(got, channel.StockUnsure, channel.StockRefused)
					if !errors.Is(got[0].Err, channel.ErrUnsure) || channel.RetryAfter(got[0].Err) != time.Minute {
						t.Errorf("%v", got[0].Err)
					}
				})
			})
		}
	}
}

func TestRefusalThatNamesNobodyIsBisected(t *testing.T) {
	onStore(t, storeConfig{Quota: 10}, nil, func(r *rig) {
		var skus []string
		for i := range 40 {
			skus = append(skus, fmt.Sprintf("SKU-%02d", i))
			r.product(skus[i], 1)
		}
		l := r.listings()
		bad := map[string]bool{"SKU-07": true, "SKU-31": true}
		var ids []string
		for sku := range bad {
			ids = append(ids, `"product_id":`+l[sku].Product+",")
		}
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if req.Method != http.MethodPut {
					return nil
				}
				last := strings.ReplaceAll(strings.ReplaceAll(w.Last(), "\n", ""), " ", "")
				for _, id := range ids {
					if strings.Contains(last, id) {
						return answer(422, "application/problem+json", `{"status":422,"title":"Something is wrong","errors":{}}`)
					}
				}
				return nil
			}
		})
		var levels []channel.StockLevel
		for _, sku := range skus {
			levels = append(levels, level(l[sku], 9, -1))
		}
		got := r.set(levels...)
		for i, sku := range skus {
			want := channel.StockAccepted
			if bad[sku] {
				want = channel.StockRefused
			}
			if got[i].State != want {
				t.Errorf("%s: %+v, want %s", sku, got[i], want)
			}
		}
		if n := len(r.wire.Taken()); n > 40 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestAnswerToStockLostIsUnsureAndStopsTheRest(t *testing.T) {
	for _, ft := range []bigcommercetest.Fault{
		{Kind: bigcommercetest.DropAfter},
		{Kind: bigcommercetest.StallAfter},
		{Kind: bigcommercetest.Answer, Status: 504},
		{Kind: bigcommercetest.AnswerAfter, Status: 500},
	} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			r.product("MUG", 10)
			r.product("PEN", 10)
			l := r.listings()
			ft.Op = "POST /v3/inventory/adjustments/relative"
			r.fake.Fault(ft)
			got := r.set(level(l["MUG"], 5, 10), level(l["PEN"], 5, -1))
			r.want(got, channel.StockUnsure, channel.StockNotSent)
			if !errors.Is(got[0].Err, channel.ErrUnsure) || !errors.Is(got[1].Err, channel.ErrUnavailable) {
				t.Errorf("%v, %v", got[0].Err, got[1].Err)
			}
			if n := r.fake.Calls()[ft.Op]; n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestNothingSentIsAnError(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		l := r.listings()
		for _, expect := range []int64{10, -1} {
			r.fake.ThrottleNext(1, bigcommercetest.ThrottleStyle{ResetAfter: time.Minute})
			if got, err := r.ch.SetStock(r.Context(), []channel.StockLevel{level(l["MUG"], 5, expect)}); !errors.Is(err, channel.ErrThrottled) || got != nil {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
}

func TestOneStockWriteAtATime(t *testing.T) {
	onStore(t, storeConfig{Latency: time.Second}, nil, func(r *rig) {
		r.product("MUG", 10)
		l := r.listings()
		cfg := r.fake.Config()
		cfg.Limiter = bigcommerce.NewLimiter()
		done := make(chan error)
		for i := range 4 {
			ch := must(bigcommerce.New(cfg)) // channels of a store that share a limiter
			go func() {
				_, err := ch.SetStock(r.Context(), []channel.StockLevel{level(l["MUG"], int64(i), -1)})
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBatches(t *testing.T) {
	onStore(t, storeConfig{Quota: 10}, nil, func(r *rig) {
		const n = 2100
		levels := make([]channel.StockLevel, 0, n+1)
		for i := range n {
			p := r.product(fmt.Sprintf("SKU-%04d", i), 1)
			levels = append(levels, level(channel.Listing{Ref: channel.ListingRef{
				ID:     channel.ListingID(strconv.Itoa(p.Variants[0].ID)),
				Handle: channel.Handle(fmt.Sprintf("%d/%d/product", p.ID, p.Variants[0].ID)),
			}}, 5, -1))
		}
		levels = append(levels, levels[0]) // the same again goes later
		levels[n].Quantity = 6
		for i, res := range r.set(levels...) {
			if res.State != channel.StockAccepted {
				t.Fatalf("level %d: %+v", i, res)
			}
		}
		var sizes []int
		for _, w := range r.fake.Writes() {
			sizes = append(sizes, len(w.Items))
		}
		if fmt.Sprint(sizes) != "[2000 100 1]" {
			t.Errorf("batches of %v", sizes)
		}
		if calls := r.fake.Calls()["GET /v3/inventory/items"]; calls != 9 {
			t.Errorf("%d calls for the safety stock, and the ninth of 250 was enough", calls)
		}
		pass(time.Minute)
		if _, got := r.onHand("SKU-0000", 1); got != 6 {
			t.Errorf("the later of two shows %d", got)
		}
	})
}

func TestStockReads(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		r.shirt()
		must(r.fake.AddProduct(bigcommercetest.NewProduct{
			SKU: "SET", Tracking: bigcommercetest.TrackProduct, OnHand: 9, Variants: []bigcommercetest.NewVariant{{SKU: "SET-1"}, {SKU: "SET-2"}},
		}))
		must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "FREE", Tracking: bigcommercetest.TrackNone}))
		north := r.fake.AddLocation(bigcommercetest.NewLocation{Label: "North", Disabled: true})
		check(t, r.fake.SetSafetyStock("MUG", 1, 3))
		l := r.listings()
		var refs []channel.ListingRef
		for _, sku := range []string{"MUG", "SHIRT-L", "SET", "SET-1", "FREE"} {
			refs = append(refs, l[sku].Ref)
		}
		page := must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs}))
		got := map[string]int64{}
		for _, s := range page.Items {
			got[fmt.Sprint(s.Listing.SKU, " ", s.Location)] = s.Quantity
			if s.Inactive != (s.Location == channel.LocationID(strconv.Itoa(north))) {
				t.Errorf("%+v", s)
			}
		}
		if len(got) != 6 || got["MUG 1"] != 7 || got["SHIRT-L 1"] != 6 || got["SET 1"] != 9 {
			t.Errorf("%v", got)
		}
		// A walk over all names them as the listings do.
		seen := 0
		for page, err := range channel.StockPages(r.Context(), r.ch, channel.StockQuery{Locations: []channel.LocationID{""}, Limit: 2}) {
			check(t, err)
			for _, s := range page.Items {
				seen++
				if want := l[s.Listing.SKU].Ref; s.Listing != want || s.Location != "1" {
					t.Errorf("%+v, listed as %+v", s, want)
				}
			}
		}
		if seen != 4 {
			t.Errorf("%d levels, want 4", seen)
		}
		// A listing whose handle was lost can be read all the same.
		bare := channel.ListingRef{ID: l["SHIRT-L"].Ref.ID}
		page = must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{bare}, Locations: []channel.LocationID{"1"}}))
		if len(page.Items) != 1 || page.Items[0].Listing != bare {
			t.Errorf("%+v", page.Items)
		}
	})
}

func TestSafetyStockReadingsOfAbsolute(t *testing.T) {
	// Should absolute quantities count what is sellable after all, a read shows
	// the difference and the engine writes anew: no more than that is claimed.
	onStore(t, storeConfig{Believed: bigcommercetest.Believed{AbsoluteSetsSellable: true}}, nil, func(r *rig) {
		r.product("MUG", 10)
		check(t, r.fake.SetSafetyStock("MUG", 1, 3))
		r.want(r.set(level(r.listings()["MUG"], 9, -1)), channel.StockAccepted)
		pass(time.Minute)
		page := must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{r.listings()["MUG"].Ref}}))
		if page.Items[0].Quantity != 12 {
			t.Errorf("%+v", page.Items)
		}
	})
}

// What is read was true when the last attempt went out: a sale while the call
// still waited for its turn is in it.
func TestStockReadBearsTheTimeOfItsLastAttempt(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		for name, q := range map[string]channel.StockQuery{"of a listing": {Listings: []channel.ListingRef{r.listings()["MUG"].Ref}}, "walk": {}} {
			r.fake.ThrottleNext(1, bigcommercetest.ThrottleStyle{RetryAfter: 3 * time.Second, NoReset: true})
			began := time.Now()
			go func() {
				pass(2 * time.Second)
				r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
			}()
			got := must(r.ch.StockPage(r.Context(), q))
			at := got.Items[0].ReadAt
			if at.IsZero() {
				at = got.ReadAt
			}
			if _, n := r.onHand("MUG", 1); at.Sub(began) < 2*time.Second || at.Sub(began) > 4*time.Second || got.Items[0].Quantity != n {
				t.Errorf("%s: read %s late: %+v", name, at.Sub(began), got.Items[0])
			}
		}
	})
}
