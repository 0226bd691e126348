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

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// refs are the shop's listings by SKU.
func (r rig) refs() map[string]channel.ListingRef {
	r.Helper()
	refs := map[string]channel.ListingRef{}
	for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
		r.must(err)
		refs[l.Ref.SKU] = l.Ref
	}
	return refs
}

func level(ref channel.ListingRef, quantity int64, expect ...int64) channel.StockLevel {
	l := channel.StockLevel{Listing: ref, Quantity: quantity}
	if len(expect) > 0 {
		l.Expect = &expect[0]
	}
	return l
}

func states(results []channel.StockResult) []channel.StockState {
	out := make([]channel.StockState, len(results))
	for i, r := range results {
		out[i] = r.State
	}
	return out
}

func (r rig) set(want []channel.StockState, levels ...channel.StockLevel) []channel.StockResult {
	r.Helper()
	results, err := r.ch.SetStock(r.Context(), levels)
	r.must(err)
	if got := states(results); !slices.Equal(got, want) {
		r.Fatalf("states %v, want %v; %+v", got, want, results)
	}
	return results
}

func (r rig) shows(sku string, want int) {
	r.Helper()
	r.showsAt(sku, "", want)
}

func (r rig) showsAt(sku, at string, want int) {
	r.Helper()
	if got := r.fake.Available(sku, at); got != want {
		r.Errorf("%s shows %d at %q, want %d", sku, got, at, want)
	}
}

const (
	applied = channel.StockApplied
	refused = channel.StockRefused
	unsure  = channel.StockUnsure
	notSent = channel.StockNotSent
	isStale = channel.StockStale
)

type stateList = []channel.StockState

func TestSetStock(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 10)
		r.product("PEN", 5)
		refs := r.refs()
		w.forget()
		r.set(stateList{applied, applied}, level(refs["MUG"], 8, 10), level(refs["PEN"], 7))
		w.golden(r.T, "stock")
		r.shows("MUG", 8)
		r.shows("PEN", 7)
		writes := r.fake.Writes()
		if len(writes) != 2 || !writes[0].Compared || writes[1].Compared || writes[0].Reason != "correction" ||
			!strings.HasPrefix(writes[0].Document, "gid://penstock/") || writes[0].Key == "" {
			r.Errorf("%+v", writes)
		}

		// What is known to be stocked is written without a look, and what is
		// set already is a success too.
		w.forget()
		r.set(stateList{applied, applied}, level(refs["MUG"], 8, 8), level(refs["PEN"], 0, 7))
		r.shows("PEN", 0)
		if len(w.calls) != 1 {
			r.Errorf("%d calls", len(w.calls))
		}
		if results, err := r.ch.SetStock(r.Context(), nil); err != nil || len(results) != 0 {
			r.Errorf("no levels: %v, %v", results, err)
		}
	})
}

func TestSetStockAtALocation(t *testing.T) {
	shop := shopifytest.Config{Locations: []shopifytest.Location{
		{Name: "North"}, {Name: "South"}, {Name: "Closed", Inactive: true}, {Name: "Depot", Service: "depot"},
	}}
	onWire(t, shop, func(r rig, w *wire) {
		r.stocked("MUG", map[string]int{"North": 10, "South": 4, "Depot": 3})
		mug := r.refs()["MUG"]
		at := func(name string) channel.StockLevel {
			l := level(mug, 7)
			l.Location = r.place(name)
			return l
		}
		nowhere := level(mug, 7)
		nowhere.Location = "999"
		w.forget()
		results := r.set(stateList{applied, refused, refused, refused}, at("South"), at("Closed"), at("Depot"), nowhere)
		r.showsAt("MUG", "South", 7)
		r.showsAt("MUG", "North", 10)
		r.showsAt("MUG", "Depot", 3)
		wantClass(r.T, results[1].Err, channel.ErrConflict, "deactivated")
		wantClass(r.T, results[2].Err, channel.ErrInvalid, "fulfilment service")
		wantClass(r.T, results[3].Err, channel.ErrNotFound, "no location 999")

		// The default is the first of the seller's own.
		r.set(stateList{applied, applied}, level(mug, 2, 10), at("South"))
		r.showsAt("MUG", "North", 2)
	})
}

// A quantity set where an item is not stocked is taken in silence and not sold.
func TestSetStockWhereNotStocked(t *testing.T) {
	onWire(t, twoPlaces, func(r rig, w *wire) {
		r.product("MUG", 10)
		r.stocked("PEN", map[string]int{"South": 4})
		r.must(r.fake.Deactivate("PEN", "South"))
		refs := r.refs()
		south := func(ref channel.ListingRef, n int64, expect ...int64) channel.StockLevel {
			l := level(ref, n, expect...)
			l.Location = r.place("South")
			return l
		}
		w.forget()
		r.set(stateList{applied, applied}, south(refs["MUG"], 6), south(refs["PEN"], 9, 0))
		w.golden(r.T, "stock_activate")
		for _, q := range r.fake.Quantities() {
			if q.Location == "South" && (!q.Active || q.Available != map[string]int{"MUG": 6, "PEN": 9}[q.SKU]) {
				r.Errorf("%+v", q)
			}
		}
		w.forget()
		r.set(stateList{applied}, south(refs["MUG"], 3, 6))
		if len(w.calls) != 1 {
			r.Errorf("%d calls", len(w.calls))
		}
	})
	t.Run("zero stocks nothing", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, w *wire) {
			r.product("MUG", 10)
			l := level(r.refs()["MUG"], 0)
			l.Location = r.place("South")
			r.set(stateList{applied}, l)
			if len(w.named("Activate"))+len(w.named("SetQuantities")) != 0 {
				r.Error("something was written")
			}
		})
	})
	t.Run("stocked meanwhile", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, w *wire) {
			r.product("MUG", 10)
			l := level(r.refs()["MUG"], 6, 0)
			l.Location = r.place("South")
			w.once("Activate", func() { r.must(r.fake.SetAvailable("MUG", "South", 2)) })
			results := r.set(stateList{isStale}, l)
			if results[0].Current == nil || *results[0].Current != 2 {
				r.Errorf("%+v", results[0])
			}
			r.showsAt("MUG", "South", 2)
		})
	})
	for _, mode := range []shopifytest.Idempotency{shopifytest.Replay, shopifytest.Stale} {
		for name, fault := range lost("inventoryActivate") {
			t.Run(fmt.Sprintf("%s, mode %d", name, mode), func(t *testing.T) {
				shop := twoPlaces
				shop.Idempotency = mode
				onWire(t, shop, func(r rig, _ *wire) {
					r.product("MUG", 10)
					l := level(r.refs()["MUG"], 6)
					l.Location = r.place("South")
					r.fake.Fault(fault)
					r.set(stateList{applied}, l)
					r.showsAt("MUG", "South", 6)
				})
			})
		}
	}
}

// lost are the ways the answer to an applied write gets lost.
func lost(op string) map[string]shopifytest.Fault {
	return map[string]shopifytest.Fault{
		"connection dropped after": {Op: op, Kind: shopifytest.DropAfter},
		"stalled after":            {Op: op, Kind: shopifytest.StallAfter},
		"520 after":                {Op: op, Kind: shopifytest.AnswerAfter, Status: 520, Body: "<html>"},
		"internal error after":     shopifytest.InternalError(op, true),
		"bad gateway after":        shopifytest.BadGateway(op, true),
		"cut in half":              {Op: op, Kind: shopifytest.Truncate},
	}
}

// Whatever Shopify makes of a repeated key, a lost answer ends well: as it is
// documented it answers the same again, as it was seen it says stale.
func TestSetStockWithTheAnswerLost(t *testing.T) {
	const op = "inventorySetQuantities"
	for _, mode := range []shopifytest.Idempotency{shopifytest.Replay, shopifytest.Stale} {
		for name, fault := range lost(op) {
			t.Run(fmt.Sprintf("%s, mode %d", name, mode), func(t *testing.T) {
				onWire(t, shopifytest.Config{Idempotency: mode}, func(r rig, w *wire) {
					r.product("MUG", 10)
					r.product("PEN", 5)
					refs := r.refs()
					r.fake.Fault(fault)
					r.set(stateList{applied, applied}, level(refs["MUG"], 8, 10), level(refs["PEN"], 7, 5))
					r.shows("MUG", 8)
					r.shows("PEN", 7)
					sent := map[string]bool{}
					for _, c := range w.named("SetQuantities") {
						sent[string(c.Vars)] = true
					}
					if len(sent) != 1 || len(w.named("SetQuantities")) != 2 {
						r.Errorf("%d different writes of %d", len(sent), len(w.named("SetQuantities")))
					}
				})
			})
		}
		t.Run(fmt.Sprintf("and a sale behind it, mode %d", mode), func(t *testing.T) {
			onWire(t, shopifytest.Config{Idempotency: mode}, func(r rig, w *wire) {
				r.product("MUG", 10)
				mug := r.refs()["MUG"]
				r.fake.Fault(shopifytest.InternalError(op, true))
				n := 0
				w.before = func(c wireCall) {
					if c.Name == "SetQuantities" {
						if n++; n == 2 {
							r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
						}
					}
				}
				results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{level(mug, 8, 10)})
				r.must(err)
				r.shows("MUG", 7)
				// Replayed it is known to have been applied; by the level
				// alone, which moved on, it cannot be.
				want := map[shopifytest.Idempotency]channel.StockState{shopifytest.Replay: applied, shopifytest.Stale: isStale}[mode]
				if results[0].State != want {
					r.Errorf("%+v, want %v", results[0], want)
				}
			})
		})
	}
	t.Run("for good", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			r.product("PEN", 5)
			refs := r.refs()
			f := shopifytest.InternalError(op, true)
			f.Times = -1
			r.fake.Fault(f)
			results := r.set(stateList{unsure, unsure}, level(refs["MUG"], 8, 10), level(refs["PEN"], 7))
			wantClass(r.T, results[0].Err, channel.ErrUnsure)
		})
	})
	t.Run("not applied", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			mug := r.refs()["MUG"]
			r.fake.Fault(shopifytest.InternalError(op, false))
			r.set(stateList{applied}, level(mug, 8, 10))
			r.shows("MUG", 8)
		})
	})
	t.Run("an attempt that failed", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("MUG", 10)
			mug := r.refs()["MUG"]
			r.set(stateList{applied}, level(mug, 9, 10))
			w.forget()
			r.fake.Fault(shopifytest.InternalError(op, false))
			r.fake.KeyFault("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
			r.set(stateList{applied}, level(mug, 8, 9))
			r.shows("MUG", 8)
			calls := w.named("SetQuantities")
			if len(calls) != 3 || keyIn(r.T, calls[0]) != keyIn(r.T, calls[1]) || keyIn(r.T, calls[1]) == keyIn(r.T, calls[2]) {
				r.Errorf("%d writes, or not under the keys they should be", len(calls))
			}
		})
	})
	t.Run("an answer that says nothing", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			mug := r.refs()["MUG"]
			r.fake.Fault(shopifytest.Fault{Op: op, Kind: shopifytest.Answer, Status: http.StatusOK, Body: `{"data":{"inventorySetQuantities":null}}`, Times: -1})
			r.set(stateList{unsure}, level(mug, 8, 10))
		})
	})
}

func TestSetStockStaleLinesAreTakenOut(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		var levels []channel.StockLevel
		for i := range 6 {
			r.product(fmt.Sprintf("SKU-%d", i), 10)
		}
		refs := r.refs()
		for i := range 6 {
			levels = append(levels, level(refs[fmt.Sprintf("SKU-%d", i)], 20, 10))
		}
		levels[5].Expect = nil
		r.must(r.fake.SetAvailable("SKU-1", "", 9))
		r.must(r.fake.SetAvailable("SKU-4", "", 0))
		w.forget()
		results := r.set(stateList{applied, isStale, applied, applied, isStale, applied}, levels...)
		if *results[1].Current != 9 || *results[4].Current != 0 || results[1].Err != nil {
			r.Errorf("%+v", results)
		}
		for i, want := range []int{20, 9, 20, 20, 0, 20} {
			r.shows(fmt.Sprintf("SKU-%d", i), want)
		}
		calls := w.named("SetQuantities")
		if len(calls) != 2 || keyIn(r.T, calls[0]) == keyIn(r.T, calls[1]) {
			r.Errorf("%d writes, or the same key", len(calls))
		}
		if len(w.calls) != 5 { // locations, the look before, two writes, the look at the stale ones
			r.Errorf("%d calls", len(w.calls))
		}
	})
	t.Run("one after the other", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("A", 10)
			r.product("B", 10)
			r.product("C", 10)
			refs := r.refs()
			r.must(r.fake.SetAvailable("A", "", 9))
			n := 0
			w.before = func(c wireCall) {
				if c.Name == "SetQuantities" {
					if n++; n == 2 {
						r.must(r.fake.SetAvailable("B", "", 8))
					}
				}
			}
			r.set(stateList{isStale, isStale, applied}, level(refs["A"], 20, 10), level(refs["B"], 20, 10), level(refs["C"], 20, 10))
		})
	})
	t.Run("not named", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("A", 10)
			r.product("B", 10)
			refs := r.refs()
			r.must(r.fake.SetAvailable("A", "", 9))
			r.fake.Refuse("inventorySetQuantities", shopifytest.UserError{Code: shopify.Stale, Message: "stale", Field: []string{"input"}}, 1)
			r.set(stateList{isStale, applied}, level(refs["A"], 20, 10), level(refs["B"], 20, 10))
		})
	})
	t.Run("not found to be so, for ever", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("A", 10)
			refs := r.refs()
			r.fake.Refuse("inventorySetQuantities", shopifytest.UserError{Code: shopify.Stale, Message: "stale", Field: []string{"input"}}, -1)
			r.set(stateList{notSent}, level(refs["A"], 20, 10))
			if n := len(w.named("SetQuantities")); n != shopify.MaxRounds {
				r.Errorf("%d writes", n)
			}
		})
	})
}

func keyIn(t *testing.T, c wireCall) string {
	t.Helper()
	var v struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal(c.Vars, &v); err != nil || v.Key == "" {
		t.Fatalf("no key: %v", err)
	}
	return v.Key
}

// Every line carries changeFromQuantity, null where nothing is expected: a call
// without it is refused as a whole.
func TestSetLevelAlwaysCompares(t *testing.T) {
	b, err := json.Marshal(admin.SetLevel{Item: "i", Location: "l"})
	if err != nil || !strings.Contains(string(b), `"changeFromQuantity":null`) || !strings.Contains(string(b), `"quantity":0`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestSetStockRefusedLinesAreTakenOut(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		r.product("PEN", 10)
		r.product("GONE", 10)
		_, err := r.fake.AddProduct(shopifytest.Product{Title: "Set", Variants: []shopifytest.Variant{{SKU: "SET", Components: []shopifytest.Component{{SKU: "MUG"}}}}})
		r.must(err)
		_, err = r.fake.AddProduct(shopifytest.Product{Title: "Free", Variants: []shopifytest.Variant{{SKU: "FREE", Untracked: true}}})
		r.must(err)
		refs := r.refs()
		r.must(r.fake.DeleteVariant("GONE"))
		broken := refs["PEN"]
		broken.Handle = "not a handle"
		results := r.set(stateList{applied, refused, refused, refused, refused, refused, refused, refused, applied},
			level(refs["MUG"], 7, 10),
			level(refs["GONE"], 7),
			level(refs["SET"], 7),
			level(refs["FREE"], 7),
			level(refs["PEN"], -1),
			level(refs["PEN"], shopify.MaxQuantity+1),
			level(channel.ListingRef{ID: "B00ABC", SKU: "X"}, 1),
			level(channel.ListingRef{SKU: "X", Handle: "?"}, 1),
			level(broken, 6, 10), // the variant tells the item
		)
		for i, class := range map[int]error{
			1: channel.ErrNotFound, 2: channel.ErrInvalid, 3: channel.ErrConflict, 4: channel.ErrInvalid,
			5: channel.ErrInvalid, 6: channel.ErrNotFound, 7: channel.ErrStaleHandle,
		} {
			wantClass(r.T, results[i].Err, class)
		}
		r.shows("MUG", 7)
		r.shows("PEN", 6)
	})
	t.Run("the same level twice", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			mug := r.refs()["MUG"]
			there := level(mug, 5)
			there.Location = r.place("Main")
			byItem := level(channel.ListingRef{Handle: mug.Handle}, 4)
			results := r.set(stateList{applied, refused, refused}, level(mug, 7), there, byItem)
			wantClass(r.T, results[1].Err, channel.ErrInvalid, "given twice")
			wantClass(r.T, results[2].Err, channel.ErrInvalid, "share their stock")
			r.shows("MUG", 7)
		})
	})
	t.Run("gone after it was known", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("MUG", 10)
			r.product("PEN", 10)
			refs := r.refs()
			r.set(stateList{applied, applied}, level(refs["MUG"], 9), level(refs["PEN"], 9))
			r.must(r.fake.DeleteVariant("MUG"))
			w.forget()
			results := r.set(stateList{refused, applied}, level(refs["MUG"], 8), level(refs["PEN"], 8))
			wantClass(r.T, results[0].Err, channel.ErrStaleHandle)
			if n := len(w.named("SetQuantities")); n != 2 {
				r.Errorf("%d writes", n)
			}
			results = r.set(stateList{refused}, level(refs["MUG"], 8))
			wantClass(r.T, results[0].Err, channel.ErrNotFound)
		})
	})
}

// What inventorySetQuantities refuses, row by row.
func TestSetStockRefusals(t *testing.T) {
	line := []string{"input", "quantities", "0", "quantity"}
	whole := []string{"input", "name"}
	tests := []struct {
		code  string
		field []string
		times int
		state channel.StockState // of the line at fault; "" is an error of the call
		class error
		sends int
	}{
		{"INVALID_INVENTORY_ITEM", line, 1, refused, channel.ErrStaleHandle, 2},
		{"INVALID_LOCATION", line, 1, refused, channel.ErrNotFound, 2},
		{"NON_MUTABLE_INVENTORY_ITEM", line, 1, refused, channel.ErrInvalid, 2},
		{"INVALID_QUANTITY_NEGATIVE", line, 1, refused, channel.ErrInvalid, 2},
		{"INVALID_QUANTITY_TOO_HIGH", line, 1, refused, channel.ErrInvalid, 2},
		{"INVALID_QUANTITY_TOO_LOW", line, 1, refused, channel.ErrInvalid, 2},
		{"NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", line, 1, refused, channel.ErrInvalid, 2},
		{"A_CODE_OF_NEXT_YEAR", line, 1, refused, channel.ErrInvalid, 2},
		{"A_CODE_OF_NEXT_YEAR", nil, -1, "", channel.ErrInvalid, 1},
		{"INVALID_NAME", whole, -1, "", channel.ErrInvalid, 1},
		{"INVALID_REASON", whole, -1, "", channel.ErrInvalid, 1},
		{"INVALID_REFERENCE_DOCUMENT", whole, -1, "", channel.ErrInvalid, 1},
		{"SERVICE_UNAVAILABLE", nil, -1, "", channel.ErrUnavailable, 1},
		{"IDEMPOTENCY_KEY_PARAMETER_MISMATCH", nil, -1, "", channel.ErrInvalid, 1},
		{"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", nil, 2, applied, nil, 3},
		{"IDEMPOTENCY_CONCURRENT_REQUEST", nil, 2, applied, nil, 3},
		{"IDEMPOTENCY_CONCURRENT_REQUEST", nil, -1, unsure, channel.ErrUnsure, 1 + shopify.MaxConcurrent},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[tt.code] = true
		t.Run(tt.code, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				r.product("MUG", 10)
				r.product("PEN", 10)
				refs := r.refs()
				r.fake.Refuse("inventorySetQuantities", shopifytest.UserError{Code: tt.code, Message: "refused", Field: tt.field}, tt.times)
				results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{level(refs["MUG"], 8, 10), level(refs["PEN"], 8, 10)})
				if n := len(w.named("SetQuantities")); n != tt.sends {
					r.Errorf("sent %d times, want %d", n, tt.sends)
				}
				if tt.state == "" {
					wantClass(r.T, err, tt.class)
					if results != nil {
						r.Errorf("%+v", results)
					}
					return
				}
				r.must(err)
				if results[0].State != tt.state {
					r.Errorf("%+v", results[0])
				}
				if tt.class != nil {
					wantClass(r.T, results[0].Err, tt.class)
				}
				if tt.field != nil {
					if results[1].State != applied {
						r.Errorf("the other: %+v", results[1])
					}
					r.shows("PEN", 8)
				}
			})
		})
	}
	for _, table := range []map[string]error{shopify.RefusedLevels, shopify.RefusedSets} {
		for code := range table {
			if !seen[code] {
				t.Errorf("no test for %s", code)
			}
		}
	}
}

func TestSetStockInBatches(t *testing.T) {
	const n = shopify.MaxInput + 7
	stock := func(r rig) []channel.StockLevel {
		var vs []shopifytest.Variant
		for i := range n {
			vs = append(vs, shopifytest.Variant{SKU: fmt.Sprintf("SKU-%03d", i), Title: strconv.Itoa(i), Available: 5})
		}
		_, err := r.fake.AddProduct(shopifytest.Product{Title: "Many", Variants: vs})
		r.must(err)
		refs := r.refs()
		levels := make([]channel.StockLevel, n)
		for i := range levels {
			levels[i] = level(refs[fmt.Sprintf("SKU-%03d", i)], 7, 5)
		}
		return levels
	}
	t.Run("all", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			levels := stock(r)
			levels[0].Expect = new(int64(4))
			levels[n-1].Quantity = -1
			results, err := r.ch.SetStock(r.Context(), levels)
			r.must(err)
			for i, res := range results {
				want, shown := applied, 7
				switch i {
				case 0:
					want, shown = isStale, 5
				case n - 1:
					want, shown = refused, 5
				}
				if res.State != want || r.fake.Available(fmt.Sprintf("SKU-%03d", i), "") != shown {
					r.Fatalf("level %d: %+v", i, res)
				}
			}
			if len(w.named("SetQuantities")) != 3 {
				r.Errorf("%d writes", len(w.named("SetQuantities")))
			}
		})
	})
	for name, tt := range map[string]struct {
		fault shopifytest.Fault
		first channel.StockState
		rest  error
	}{
		"throttled after the first":         {shopifytest.Fault{}, applied, channel.ErrThrottled},
		"unsure of the first":               {shopifytest.InternalError("inventorySetQuantities", true), unsure, channel.ErrUnavailable},
		"throttled before anything is sent": {shopifytest.Fault{}, "", channel.ErrThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
				levels := stock(r)
				f := tt.fault
				f.Times = -1
				if f.Kind == 0 {
					f = shopifytest.TooMany("inventorySetQuantities", 10*time.Minute)
					f.Times = -1
					if tt.first != "" {
						f.After = 1
					}
				}
				r.fake.Fault(f)
				results, err := r.ch.SetStock(r.Context(), levels)
				if tt.first == "" {
					wantClass(r.T, err, tt.rest)
					if results != nil {
						r.Errorf("%d results", len(results))
					}
					return
				}
				r.must(err)
				if results[0].State != tt.first || results[shopify.MaxInput-1].State != tt.first {
					r.Errorf("%+v", results[0])
				}
				for _, res := range results[shopify.MaxInput:] {
					if res.State != notSent {
						r.Fatalf("%+v", res)
					}
					wantClass(r.T, res.Err, tt.rest)
				}
			})
		})
	}
}

func TestSetStockWithoutAScope(t *testing.T) {
	onWire(t, shopifytest.Config{Scopes: []string{"read_products", "read_inventory"}}, func(r rig, _ *wire) {
		_, err := r.ch.SetStock(r.Context(), []channel.StockLevel{level(channel.ListingRef{ID: "1", Handle: "2"}, 1)})
		wantClass(r.T, err, channel.ErrForbidden, "write_inventory")
	})
	// With no more than it needs: without variants the handle is believed,
	// without locations each is taken for active.
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		mug := r.refs()["MUG"]
		r.fake.SetScopes("write_inventory")
		lean, err := shopify.New(shopify.Config{Shop: r.fake.Shop(), Token: "shpat_fake", Transport: recorded(r.T, r.fake.Transport())})
		r.must(err)
		results, err := lean.SetStock(r.Context(), []channel.StockLevel{level(mug, 7, 10), level(channel.ListingRef{ID: mug.ID}, 7)})
		r.must(err)
		if results[0].State != applied || !errors.Is(results[1].Err, channel.ErrStaleHandle) {
			r.Errorf("%+v", results)
		}
		r.shows("MUG", 7)
		page, err := lean.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug}})
		r.must(err)
		if len(page.Items) != 1 || page.Items[0].Quantity != 7 || page.Items[0].Listing.ID != mug.ID {
			r.Errorf("%+v", page.Items)
		}
		_, err = lean.StockPage(r.Context(), channel.StockQuery{})
		wantClass(r.T, err, channel.ErrForbidden, "read_products")
	})
	onWire(t, shopifytest.Config{Scopes: []string{"read_products"}}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		mug := r.refs()["MUG"]
		_, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug}})
		wantClass(r.T, err, channel.ErrForbidden)
	})
}

func TestStockPage(t *testing.T) {
	onShop(t, twoPlaces, func(c *shopify.Config) { c.SoldCount = true }, func(r rig) {
		r.stocked("MUG", map[string]int{"North": 10, "South": 4})
		r.stocked("PEN", map[string]int{"North": 5, "South": 3})
		r.must(r.fake.Deactivate("PEN", "South"))
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
		refs := r.refs()
		north, south := r.place("North"), r.place("South")
		check := func(items []channel.StockLevel, want map[string]string) {
			r.Helper()
			got := map[string]string{}
			for _, l := range items {
				if l.Listing != refs[l.Listing.SKU] || l.Expect != nil || l.Sold == nil {
					r.Errorf("%+v", l)
				}
				place := map[channel.LocationID]string{north: "North", south: "South"}[l.Location]
				got[l.Listing.SKU+" "+place] = fmt.Sprintf("%d sold %d inactive %t", l.Quantity, *l.Sold, l.Inactive)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				r.Error(diff)
			}
		}
		all := map[string]string{
			"MUG North": "8 sold 2 inactive false", "MUG South": "4 sold 0 inactive false",
			"PEN North": "5 sold 0 inactive false", "PEN South": "0 sold 0 inactive true",
		}
		r.wait(time.Minute)
		gone := channel.ListingRef{ID: "999", Handle: "998"}
		before := time.Now()
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{refs["MUG"], gone, refs["PEN"]}})
		r.must(err)
		check(page.Items, all)
		if d := page.ReadAt.Sub(before); d < -2*time.Second || d > 2*time.Second {
			r.Errorf("read at %v, asked at %v", page.ReadAt, before)
		}
		page, err = r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{refs["MUG"]}, Locations: []channel.LocationID{south}})
		r.must(err)
		check(page.Items, map[string]string{"MUG South": all["MUG South"]})

		for _, q := range []channel.StockQuery{{}, {Limit: 1}} {
			var items []channel.StockLevel
			var through time.Time
			for page, err := range channel.StockPages(r.Context(), r.ch, q) {
				r.must(err)
				if q.Limit > 0 && len(page.Items) > q.Limit {
					r.Errorf("%d levels in a page", len(page.Items))
				}
				items, through = append(items, page.Items...), page.Through
			}
			check(items, all)
			if through.IsZero() {
				r.Error("the walk does not tell how far it came")
			}
		}
		var items []channel.StockLevel
		for page, err := range channel.StockPages(r.Context(), r.ch, channel.StockQuery{Locations: []channel.LocationID{south, "999"}}) {
			r.must(err)
			items = append(items, page.Items...)
		}
		check(items, map[string]string{"MUG South": all["MUG South"], "PEN South": all["PEN South"]})
	})
}

// More levels than one page of an item holds.
func TestStockPageOfManyLocations(t *testing.T) {
	var shop shopifytest.Config
	stock := map[string]int{}
	for i := range 120 {
		name := fmt.Sprintf("L%d", i)
		shop.Locations = append(shop.Locations, shopifytest.Location{Name: name})
		stock[name] = i
	}
	onWire(t, shop, func(r rig, _ *wire) {
		r.stocked("MUG", stock)
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{r.refs()["MUG"]}})
		r.must(err)
		sum := int64(0)
		for _, l := range page.Items {
			sum += l.Quantity
		}
		if len(page.Items) != 120 || sum != 119*120/2 {
			r.Errorf("%d levels, %d units", len(page.Items), sum)
		}
	})
}

func TestStockPageGolden(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 10)
		mug := r.refs()["MUG"]
		w.forget()
		_, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug}})
		r.must(err)
		_, err = r.ch.StockPage(r.Context(), channel.StockQuery{Limit: 10})
		r.must(err)
		w.golden(r.T, "stock_read")
	})
}

func TestStockPageCursor(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		r.product("PEN", 10)
		page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Limit: 1})
		r.must(err)
		r.fake.ExpireCursors()
		_, err = r.ch.StockPage(r.Context(), channel.StockQuery{After: page.Next})
		wantClass(r.T, err, channel.ErrCursor)
		_, err = r.ch.StockPage(r.Context(), channel.StockQuery{After: "nonsense"})
		wantClass(r.T, err, channel.ErrCursor)
	})
}

// What is read was true when the last attempt went out: a sale while the call
// still waited for its turn is in it.
func TestAStockReadBearsTheTimeOfItsLastAttempt(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 10)
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
		r.must(err)
		for name, q := range map[string]channel.StockQuery{"of a listing": {Listings: []channel.ListingRef{page.Items[0].Ref}}, "walk": {}} {
			r.fake.Fault(shopifytest.TooMany("", 3*time.Second))
			began := time.Now()
			go func() {
				time.Sleep(2 * time.Second)
				r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			}()
			got, err := r.ch.StockPage(r.Context(), q)
			r.must(err)
			at := got.Items[0].ReadAt
			if at.IsZero() {
				at = got.ReadAt
			}
			if late := at.Sub(began); late < 3*time.Second || late > 4*time.Second || got.Items[0].Quantity != int64(r.fake.Available("MUG", "")) {
				t.Errorf("%s: read %s late: %+v", name, late, got.Items[0])
			}
		}
	})
}

// A call that is refused for some of its levels set the others or it did not:
// whichever, no result says more than is known.
func TestSetStockRefusedCallInBothReadings(t *testing.T) {
	for _, partial := range []bool{false, true} {
		t.Run(fmt.Sprintf("the others are set %v", partial), func(t *testing.T) {
			shop := shopifytest.Config{PartialSets: partial}
			setup := func(r rig) []channel.StockLevel {
				for _, sku := range []string{"A", "B", "C"} {
					r.product(sku, 10)
				}
				refs := r.refs()
				r.must(r.fake.SetAvailable("A", "", 9)) // nobody read that yet
				return []channel.StockLevel{level(refs["A"], 20, 10), level(refs["B"], 4, 10), level(refs["C"], 30, 10)}
			}
			t.Run("undisturbed", func(t *testing.T) {
				onWire(t, shop, func(r rig, _ *wire) {
					levels := setup(r)
					results := r.set(stateList{isStale, applied, applied}, levels...)
					if *results[0].Current != 9 {
						r.Errorf("%+v", results)
					}
					for sku, n := range map[string]int{"A": 9, "B": 4, "C": 30} {
						r.shows(sku, n)
					}
				})
			})
			t.Run("a sale before the rest is sent", func(t *testing.T) {
				onWire(t, shop, func(r rig, w *wire) {
					levels := setup(r)[:2]
					n := 0
					w.before = func(c wireCall) {
						if c.Name == "SetQuantities" {
							if n++; n == 2 {
								r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "B"}}})
							}
						}
					}
					results := r.set(stateList{isStale, unsure}, levels...)
					if want := map[bool]int64{false: 9, true: 3}[partial]; *results[1].Current != want {
						r.Errorf("%+v", results)
					}
				})
			})
			t.Run("the rest cannot be sent", func(t *testing.T) {
				onWire(t, shop, func(r rig, _ *wire) {
					levels := setup(r)
					f := shopifytest.TooMany("inventorySetQuantities", 10*time.Minute)
					f.After, f.Times = 1, -1
					r.fake.Fault(f)
					results := r.set(stateList{isStale, unsure, unsure}, levels...)
					if wait := channel.RetryAfter(results[1].Err); !errors.Is(results[1].Err, channel.ErrUnsure) || wait < 10*time.Minute {
						r.Errorf("%v", results[1].Err)
					}
				})
			})
		})
	}
}
