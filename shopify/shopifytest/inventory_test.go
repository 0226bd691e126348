package shopifytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// setInput is input for inventorySetQuantities: a row each of item, location,
// quantity and what it was; "-" leaves that out.
func setInput(rows ...[]any) map[string]any {
	list := []any{}
	for _, r := range rows {
		m := map[string]any{"inventoryItemId": r[0], "locationId": r[1], "quantity": r[2]}
		if r[3] != "-" {
			m["changeFromQuantity"] = r[3]
		}
		list = append(list, m)
	}
	return map[string]any{"name": "available", "reason": "correction", "quantities": list}
}

// twoPlaces is a shop with a mug in two places and a bundle.
func twoPlaces(f *Fake) (mug, bundle Variant, berlin, paris string) {
	p := must(f.AddProduct(Product{Title: "Mug", Variants: []Variant{{SKU: "A", Available: 5, Stock: map[string]int{"Paris": 1}}}}))
	b := must(f.AddProduct(Product{Title: "Pair", Variants: []Variant{{SKU: "P", Components: []Component{{SKU: "A", Quantity: 2}}}}}))
	l := f.LocationList()
	return p.Variants[0], b.Variants[0], l[0].ID, l[1].ID
}

var placesCfg = Config{Quota: 10, Locations: []Location{{Name: "Berlin"}, {Name: "Paris"}, {Name: "Rome"}}}

func TestSettingStockComparesAndSets(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, paris := twoPlaces(f)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}})) // Berlin 4, committed 1
		r := a.run(setStock, map[string]any{"key": "1", "input": setInput([]any{v.ItemID, berlin, 7, 4}, []any{v.ItemID, paris, 0, nil})})
		equal(t, "errors", len(r.userErrors("inventorySetQuantities")), 0)
		var got []string
		for _, c := range r.list("inventorySetQuantities.inventoryAdjustmentGroup.changes") {
			m := c.(map[string]any)
			got = append(got, fmt.Sprint(m["name"], m["delta"], m["quantityAfterChange"]))
		}
		equal(t, "each change moves on hand too", strings.Join(got, " "), "available3 <nil> on_hand3 <nil> available-1 <nil> on_hand-1 <nil>")
		equal(t, "stock", stock(f, "A", "Berlin")+" "+stock(f, "A", "Paris"), "7/1/8 0/0/0")

		r = a.run(setStock, map[string]any{"key": "2", "input": setInput([]any{v.ItemID, berlin, 9, 7}, []any{v.ItemID, paris, 9, 5})})
		equal(t, "stale", r.userErrors("inventorySetQuantities")[0],
			"CHANGE_FROM_QUANTITY_STALE|input.quantities.1.changeFromQuantity|The changeFromQuantity argument no longer matches the persisted quantity.")
		equal(t, "no group", r.at("inventorySetQuantities.inventoryAdjustmentGroup"), nil)
		equal(t, "nothing is applied in part", stock(f, "A", "Berlin"), "7/1/8")

		in := setInput([]any{v.ItemID, berlin, 6, 8})
		in["name"], in["referenceDocumentUri"] = "on_hand", "gid://app/SyncJob/7"
		a.run(setStock, map[string]any{"key": "3", "input": in})
		equal(t, "on hand moves what is sellable", stock(f, "A", "Berlin"), "5/1/6")
		want := []Write{
			{Op: "inventorySetQuantities", SKU: "A", ItemID: v.ItemID, LocationID: berlin, Name: "available", From: 4, To: 7, Compared: true, Reason: "correction", Key: "1"},
			{Op: "inventorySetQuantities", SKU: "A", ItemID: v.ItemID, LocationID: paris, Name: "available", From: 1, To: 0, Reason: "correction", Key: "1"},
			{Op: "inventorySetQuantities", SKU: "A", ItemID: v.ItemID, LocationID: berlin, Name: "available", From: 7, To: 5, Compared: true, Reason: "correction", Document: "gid://app/SyncJob/7", Key: "3"},
		}
		log := f.Writes()
		for i := range log {
			log[i].Time = time.Time{}
		}
		if diff := cmp.Diff(want, log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSettingStockNeedsWhatTheSchemaDoesNotShow(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		in := setInput([]any{v.ItemID, berlin, 7, 5})
		adjust := map[string]any{"name": "available", "reason": "correction", "changes": []any{map[string]any{"inventoryItemId": v.ItemID, "locationId": berlin, "delta": 1}}}
		for _, tc := range []struct {
			name, query string
			vars        map[string]any
			code, text  string
		}{
			{"no directive", strings.Replace(strings.Replace(setStock, "@idempotent(key: $key)", "", 1), ", $key: String!", "", 1), map[string]any{"input": in}, "BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided."},
			{"a blank key", setStock, map[string]any{"key": "  ", "input": in}, "BAD_REQUEST", "The idempotency key cannot be an empty string or whitespace only."},
			{"no changeFromQuantity", setStock, map[string]any{"key": "k", "input": setInput([]any{v.ItemID, berlin, 7, "-"})}, "INVALID_FIELD_ARGUMENTS", "InventoryQuantityInput must include the following argument: changeFromQuantity."},
			{"nor for adjusting", adjustStock, map[string]any{"key": "k", "input": adjust}, "INVALID_FIELD_ARGUMENTS", "InventoryChangeInput must include the following argument: changeFromQuantity."},
			{"nor activating without a directive", strings.Replace(strings.Replace(activate, "@idempotent(key: $key)", "", 1), ", $key: String!", "", 1), map[string]any{"itemId": v.ItemID, "locId": berlin}, "BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided."},
		} {
			r := a.try(tc.query, tc.vars)
			equal(t, tc.name, r.code()+": "+r.message(), tc.code+": "+tc.text)
			for op, v := range r.Data {
				equal(t, tc.name+": "+op, v, nil)
			}
			if len(r.Data) != 1 {
				t.Errorf("%s: data is %v", tc.name, r.Data)
			}
		}
		equal(t, "nothing happened", stock(f, "A", "Berlin"), "5/0/5")
	})
}

func TestStockInputIsJudged(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, b, berlin, paris := twoPlaces(f)
		change := func(in map[string]any, k string, val any) map[string]any { in[k] = val; return in }
		adjust := func(name string, ledger any) map[string]any {
			c := map[string]any{"inventoryItemId": v.ItemID, "locationId": berlin, "delta": 1, "changeFromQuantity": nil}
			if ledger != nil {
				c["ledgerDocumentUri"] = ledger
			}
			return map[string]any{"name": name, "reason": "correction", "changes": []any{c}}
		}
		for _, tc := range []struct {
			name, query string
			in          map[string]any
			want        []string // code|field
		}{
			{"no such item, no such place", setStock, setInput([]any{"gid://shopify/InventoryItem/1", "gid://shopify/Location/1", 1, nil}), []string{"INVALID_INVENTORY_ITEM|input.quantities.0.inventoryItemId", "INVALID_LOCATION|input.quantities.0.locationId"}},
			{"a bundle", setStock, setInput([]any{b.ItemID, berlin, 1, nil}), []string{"NON_MUTABLE_INVENTORY_ITEM|input.quantities.0.inventoryItemId"}},
			{"the same twice, once per index", setStock, setInput([]any{v.ItemID, berlin, 1, nil}, []any{v.ItemID, paris, 1, nil}, []any{v.ItemID, berlin, 2, nil}), []string{"NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR|input.quantities.0.locationId", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR|input.quantities.2.locationId"}},
			{"too high", setStock, setInput([]any{v.ItemID, berlin, 1_000_000_001, nil}), []string{"INVALID_QUANTITY_TOO_HIGH|input.quantities.0.quantity"}},
			{"too low", setStock, setInput([]any{v.ItemID, berlin, -1_000_000_001, nil}), []string{"INVALID_QUANTITY_TOO_LOW|input.quantities.0.quantity"}},
			{"on hand below zero", setStock, change(setInput([]any{v.ItemID, berlin, -1, nil}), "name", "on_hand"), []string{"INVALID_QUANTITY_NEGATIVE|input.quantities.0.quantity"}},
			{"a name that cannot be set", setStock, change(setInput([]any{v.ItemID, berlin, 1, nil}), "name", "committed"), []string{"INVALID_NAME|input.name"}},
			{"a reason", setStock, change(setInput([]any{v.ItemID, berlin, 1, nil}), "reason", "because"), []string{"INVALID_REASON|input.reason"}},
			{"a document", setStock, change(setInput([]any{v.ItemID, berlin, 1, nil}), "referenceDocumentUri", "job 7"), []string{"INVALID_REFERENCE_DOCUMENT|input.referenceDocumentUri"}},
			{"a name that cannot be adjusted", adjustStock, adjust("on_hand", nil), []string{"INVALID_QUANTITY_NAME|input.name"}},
			{"available with a ledger", adjustStock, adjust("available", "gid://app/L/1"), []string{"INVALID_AVAILABLE_DOCUMENT|input.changes.0.ledgerDocumentUri"}},
			{"damaged without one", adjustStock, adjust("damaged", nil), []string{"INVALID_QUANTITY_DOCUMENT|input.changes.0.ledgerDocumentUri"}},
		} {
			r := a.run(tc.query, map[string]any{"key": tc.name, "input": tc.in})
			var got []string
			for op := range r.Data {
				for _, e := range r.userErrors(op) {
					got = append(got, e[:strings.LastIndex(e, "|")])
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
		for _, reason := range reasons {
			r := a.run(setStock, map[string]any{"key": reason, "input": change(setInput([]any{v.ItemID, berlin, 5, 5}), "reason", reason)})
			equal(t, reason, len(r.userErrors("inventorySetQuantities")), 0)
		}
		a.run(setStock, map[string]any{"key": "below", "input": setInput([]any{v.ItemID, berlin, -3, 5})})
		equal(t, "available may be below zero", stock(f, "A", "Berlin"), "-3/0/-3")
	})
}

func TestAChangeOfNothingHasNoGroup(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, paris := twoPlaces(f)
		r := a.run(setStock, map[string]any{"key": "1", "input": setInput([]any{v.ItemID, berlin, 5, 5})})
		equal(t, "set", fmt.Sprint(r.at("inventorySetQuantities")), "map[inventoryAdjustmentGroup:<nil> userErrors:[]]")
		r = a.run(setStock, map[string]any{"key": "2", "input": setInput([]any{v.ItemID, berlin, 5, 5}, []any{v.ItemID, paris, 2, 1})})
		equal(t, "mixed", len(r.list("inventorySetQuantities.inventoryAdjustmentGroup.changes")), 2)
		r = a.run(adjustStock, map[string]any{"key": "3", "input": map[string]any{"name": "available", "reason": "correction", "changes": []any{
			map[string]any{"inventoryItemId": v.ItemID, "locationId": berlin, "delta": 0, "changeFromQuantity": nil},
		}}})
		equal(t, "adjust", r.at("inventoryAdjustQuantities.inventoryAdjustmentGroup"), nil)
		equal(t, "writes", len(f.Writes()), 1)
	})
}

func TestAdjustingMovesOneState(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		adjust := func(name string, delta int, from any, ledger string) *reply {
			c := map[string]any{"inventoryItemId": v.ItemID, "locationId": berlin, "delta": delta, "changeFromQuantity": from}
			if ledger != "" {
				c["ledgerDocumentUri"] = ledger
			}
			return a.run(adjustStock, map[string]any{"key": fmt.Sprint(name, delta, from), "input": map[string]any{"name": name, "reason": "correction", "changes": []any{c}}})
		}
		adjust("available", -2, 5, "")
		adjust("damaged", 2, nil, "gid://app/L/1")
		adjust("incoming", 10, nil, "gid://app/L/1")
		q := f.Quantities()[0]
		equal(t, "states", fmt.Sprint(q.Available, q.Damaged, q.Incoming, q.OnHand), "3 2 10 5")
		r := adjust("available", 1, 5, "")
		equal(t, "stale", strings.HasPrefix(r.userErrors("inventoryAdjustQuantities")[0], "CHANGE_FROM_QUANTITY_STALE|input.changes.0.changeFromQuantity|"), true)
	})
}

func TestAnIdempotencyKeyInBothReadings(t *testing.T) {
	for _, mode := range []Idempotency{Replay, Stale} {
		cfg := placesCfg
		cfg.Idempotency = mode
		bubble(t, cfg, func(f *Fake, a *app) {
			t := a.t
			v, _, berlin, _ := twoPlaces(f)
			in := map[string]any{"key": "k", "input": setInput([]any{v.ItemID, berlin, 7, 5})}
			first := a.run(setStock, in)
			time.Sleep(time.Minute)
			again := a.run(setStock, in)
			if mode == Replay {
				if diff := cmp.Diff(first.Data, again.Data); diff != "" {
					t.Error(diff)
				}
				equal(t, "counted", f.Stats().Replays, 1)
			} else {
				equal(t, "as observed", strings.HasPrefix(again.userErrors("inventorySetQuantities")[0], "CHANGE_FROM_QUANTITY_STALE|"), true)
			}
			equal(t, "applied once", len(f.Writes()), 1)
			in["input"] = setInput([]any{v.ItemID, berlin, 8, 7})
			r := a.run(setStock, in)
			equal(t, "other parameters", strings.HasPrefix(r.userErrors("inventorySetQuantities")[0], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH||"), true)
			time.Sleep(25 * time.Hour)
			equal(t, "a key is forgotten", len(a.run(setStock, in).userErrors("inventorySetQuantities")), 0)

			f.KeyFault("IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
			in = map[string]any{"key": "new", "input": setInput([]any{v.ItemID, berlin, 1, nil})}
			for _, code := range []string{"IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"} {
				equal(t, code, strings.HasPrefix(a.run(setStock, in).userErrors("inventorySetQuantities")[0], code+"|"), true)
			}
			equal(t, "then it works", len(a.run(setStock, in).userErrors("inventorySetQuantities")), 0)
		})
	}
}

func TestRefusalsCanBePlanned(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		f.Refuse("inventoryAdjustQuantities", UserError{Code: "SERVICE_UNAVAILABLE", Message: "Try again."}, 1)
		in := map[string]any{"key": "k", "input": map[string]any{"name": "available", "reason": "correction", "changes": []any{
			map[string]any{"inventoryItemId": v.ItemID, "locationId": berlin, "delta": 1, "changeFromQuantity": nil},
		}}}
		equal(t, "once", a.run(adjustStock, in).userErrors("inventoryAdjustQuantities")[0], "SERVICE_UNAVAILABLE||Try again.")
		equal(t, "then not", len(a.run(adjustStock, in).userErrors("inventoryAdjustQuantities")), 0)
	})
}

func TestStockWhereAnItemIsNotStocked(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		rome := f.LocationList()[2].ID
		r := a.run(setStock, map[string]any{"key": "1", "input": setInput([]any{v.ItemID, rome, 9, 0})})
		equal(t, "setting succeeds in silence", len(r.userErrors("inventorySetQuantities")), 0)
		const level = `query L($i: ID!, $l: ID!) { inventoryItem(id: $i) { plain: inventoryLevel(locationId: $l) { id } all: inventoryLevel(locationId: $l, includeInactive: true) { isActive quantities(names: ["available"]) { quantity } } } }`
		r = a.run(level, map[string]any{"i": v.ItemID, "l": rome})
		equal(t, "the level is inactive", fmt.Sprint(r.at("inventoryItem")), "map[all:map[isActive:false quantities:[map[quantity:9]]] plain:<nil>]")
		if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 7}}}); err == nil {
			t.Error("stock of an inactive level was sold")
		}
		r = a.run(activate, map[string]any{"itemId": v.ItemID, "locId": rome, "key": "2"})
		equal(t, "activating keeps the numbers", fmt.Sprint(r.at("inventoryActivate.inventoryLevel.quantities.0.quantity"), " ", r.at("inventoryActivate.inventoryLevel.isActive")), "9 true")
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 7}}}))
		r = a.run(activate, map[string]any{"itemId": v.ItemID, "locId": berlin, "available": 3, "key": "3"})
		equal(t, "active already", r.userErrors("inventoryActivate")[0], "|available|Not allowed to set available quantity when the item is already active at the location.")
		r = a.run(`mutation { inventoryActivate(inventoryItemId: "`+v.ItemID+`", locationId: "`+berlin+`", available: 1, onHand: 2) @idempotent(key: "4") { userErrors { message } } }`, nil)
		equal(t, "both", len(r.userErrors("inventoryActivate")), 1)
	})
}

func TestTogglingManyLocations(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, paris := twoPlaces(f)
		rome := f.LocationList()[2].ID
		const toggle = `mutation T($i: ID!, $u: [InventoryBulkToggleActivationInput!]!) { inventoryBulkToggleActivation(inventoryItemId: $i, inventoryItemUpdates: $u) { inventoryLevels { isActive location { id } } userErrors { code field message } } }`
		r := a.run(toggle, map[string]any{"i": v.ItemID, "u": []any{map[string]any{"locationId": rome, "activate": true}, map[string]any{"locationId": paris, "activate": false}}})
		equal(t, "activated", r.str("inventoryBulkToggleActivation.inventoryLevels.0.location.id"), rome)
		var active []string
		for _, q := range f.Quantities() {
			if q.SKU == "A" && q.Active {
				active = append(active, q.Location)
			}
		}
		equal(t, "active", strings.Join(active, " "), "Berlin Rome")
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}}))
		r = a.run(toggle, map[string]any{"i": v.ItemID, "u": []any{map[string]any{"locationId": berlin, "activate": false}}})
		equal(t, "committed", strings.HasPrefix(r.userErrors("inventoryBulkToggleActivation")[0], "COMMITTED_INVENTORY_AT_LOCATION|"), true)
	})
}

func TestReadingStockByItemAndByPlace(t *testing.T) {
	bubble(t, placesCfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		mug(f, "A", 1) // the same SKU again
		time.Sleep(time.Hour)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: v.ID, Quantity: 2}}}))
		r := a.run(stockByItem, map[string]any{"ids": []any{v.ItemID, "gid://shopify/InventoryItem/1"}})
		var got []string
		for _, l := range r.list("nodes.0.inventoryLevels.nodes") {
			b, _ := json.Marshal(l.(map[string]any)["quantities"])
			got = append(got, string(b))
		}
		want := []string{
			`[{"name":"available","quantity":3,"updatedAt":"2026-11-01T10:30:00Z"},{"name":"on_hand","quantity":5,"updatedAt":null},{"name":"committed","quantity":2,"updatedAt":"2026-11-01T10:30:00Z"},{"name":"incoming","quantity":0,"updatedAt":null},{"name":"reserved","quantity":0,"updatedAt":null}]`,
			`[{"name":"available","quantity":1,"updatedAt":null},{"name":"on_hand","quantity":1,"updatedAt":null},{"name":"committed","quantity":0,"updatedAt":null},{"name":"incoming","quantity":0,"updatedAt":null},{"name":"reserved","quantity":0,"updatedAt":null}]`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		equal(t, "a missing item", r.at("nodes.1"), nil)
		r = a.run(stockByPlace, map[string]any{"loc": berlin})
		equal(t, "levels", len(r.list("location.inventoryLevels.nodes")), 2)
		r = a.run(variantsQuery, map[string]any{"first": 9})
		equal(t, "duplicates", r.num("productVariants.nodes.0.inventoryItem.duplicateSkuCount"), 1)
		equal(t, "a bundle", r.at("productVariants.nodes.1.requiresComponents"), any(true))
		r = a.try(`query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevels(first: 1) { nodes { quantities(names: ["nope"]) { quantity } } } } } }`, map[string]any{"ids": []any{v.ItemID}})
		equal(t, "a state that does not exist", r.code(), "INVALID_FIELD_ARGUMENTS")
	})
}

func TestLocationsOfServicesAreListedOnRequest(t *testing.T) {
	bubble(t, Config{Locations: []Location{{Name: "Berlin"}, {Name: "Closed", Inactive: true}, {Name: "3PL", Service: "swift"}}}, func(_ *Fake, a *app) {
		t := a.t
		for args, want := range map[string]string{
			"":                        "Berlin",
			", includeInactive: true": "Berlin Closed",
			", includeLegacy: true":   "3PL Berlin",
			", includeInactive: true, includeLegacy: true": "3PL Berlin Closed",
			", sortKey: ID, includeLegacy: true":           "Berlin 3PL",
		} {
			var got []string
			for _, l := range a.run("{ locations(first: 9"+args+") { nodes { name fulfillmentService { handle } } } }", nil).list("locations.nodes") {
				got = append(got, l.(map[string]any)["name"].(string))
			}
			equal(t, args, strings.Join(got, " "), want)
		}
	})
}

// TestUnitsAreConserved plays sales, shipments, cancels, refunds and moves at
// random: on hand changes only by what leaves or enters the house, committed is
// what is open, and nothing is sold above what was shown.
func TestUnitsAreConserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := New(Config{IndexLag: -1, Locations: []Location{{Name: "Berlin"}, {Name: "Paris"}}, KeepOpen: true})
		must(f.AddProduct(Product{Variants: []Variant{{SKU: "A", Available: 6, Stock: map[string]int{"Paris": 6}}}}))
		onHandWant := 12
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			var o *order
			if len(f.orders) > 0 {
				o = rapid.SampledFrom(f.orders).Draw(rt, "order")
			}
			k := rapid.IntRange(1, 3).Draw(rt, "units")
			step := rapid.IntRange(0, 7).Draw(rt, "step")
			if o == nil {
				step = 0
			}
			switch step {
			case 0:
				_, _ = f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: k}}})
			case 1:
				if f.Ship(o.gid(), Shipped{Units: map[string]int{o.lines[0].gid(): k}}) == nil {
					onHandWant -= k
				}
			case 2:
				open := o.units((*line).open)
				if f.CancelOrder(o.gid(), k == 1) == nil && k != 1 {
					onHandWant -= open
				}
			case 3:
				_ = f.Refund(o.gid(), NewRefund{Lines: []RefundedLine{{Line: o.lines[0].gid(), Quantity: k, Restock: RestockCancel}}})
			case 4:
				_, _ = f.Move(o.fos[len(o.fos)-1].gid(), "Paris")
			case 5:
				if l := o.lines[0]; len(o.fulfilments) > 0 && l.fulfilledHere() == l.fulfilled { // none came back
					fu := o.fulfilments[0]
					was := fu.status
					if f.CancelFulfilment(fu.gid()) == nil && was != "CANCELLED" {
						onHandWant += fu.units()
					}
				}
			case 6:
				if o.lines[0].fulfilledHere() >= k && f.Refund(o.gid(), NewRefund{Lines: []RefundedLine{{Line: o.lines[0].gid(), Quantity: k, Restock: RestockReturn}}}) == nil {
					onHandWant += k
				}
			case 7:
				_ = f.EditOrder(o.gid(), Edit{Set: map[string]int{o.lines[0].gid(): k}, Restock: true})
			}
			open, hand, held, free := 0, 0, 0, 0
			for _, o := range f.orders {
				inFOs := 0
				for _, fo := range o.fos {
					if fo.open() {
						inFOs += fo.remaining()
					}
				}
				n := 0
				for _, l := range o.lines {
					n += l.open()
				}
				if n != inFOs {
					rt.Fatalf("%s: %d units open, %d in fulfilment orders", o.name, n, inFOs)
				}
				open += n
			}
			for _, q := range f.Quantities() {
				hand, held, free = hand+q.OnHand, held+q.Committed, free+q.Available
			}
			if held != open || hand != onHandWant || free < 0 { // one place may be below zero, by a move
				rt.Fatalf("committed %d of %d open; on hand %d, want %d; available %d", held, open, hand, onHandWant, free)
			}
		}
	})
}
