package shopifytest

import (
	"fmt"
	"testing"
	"time"
)

// Each switch between readings of an uncertain fact, both ways; those whose
// test is elsewhere are not repeated.

func TestSwitchesOfSearches(t *testing.T) {
	for _, on := range []bool{false, true} {
		bubble(t, Config{OpenByDefault: on, StrictAfter: on, IndexLag: -1}, func(f *Fake, a *app) {
			t := a.t
			custom(f)
			custom(f)
			check(t, f.CancelOrder("#1001", true))
			equal(t, "without a status", a.names(5, nil), map[bool]string{false: "#1001 #1002", true: "#1002"}[on])
			equal(t, "with one", a.names(5, map[string]any{"q": "status:any"}), "#1001 #1002")
			q := map[string]any{"q": "status:any updated_at:>'" + f.now().Format(timeShape) + "'"}
			equal(t, "after", a.names(5, q), map[bool]string{false: "#1001 #1002", true: ""}[on])
		})
	}
}

func TestSwitchesOfShipping(t *testing.T) {
	for _, on := range []bool{false, true} {
		bubble(t, Config{ShipHeld: on, ShipScheduled: on}, func(f *Fake, a *app) {
			t := a.t
			for _, n := range []NewOrder{{Hold: "OTHER"}, {FulfilAt: time.Now().Add(time.Hour)}} {
				n.Lines = []NewLine{{Title: "x", Price: "1"}}
				o := must(f.PlaceOrder(n))
				r := a.run(fulfil, shipment(nil, o.FulfilmentOrders[0].ID, nil))
				equal(t, "shipped", len(r.userErrors("fulfillmentCreate")) == 0, on)
			}
		})
	}
}

func TestSwitchesOfStock(t *testing.T) {
	for _, on := range []bool{false, true} {
		cfg := placesCfg
		cfg.PartialSets, cfg.HideCommitted = on, on
		bubble(t, cfg, func(f *Fake, a *app) {
			t := a.t
			v, _, berlin, paris := twoPlaces(f)
			must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}}))
			r := a.run(setStock, map[string]any{"key": "k", "input": setInput([]any{v.ItemID, berlin, 9, 4}, []any{v.ItemID, paris, 9, 4})})
			equal(t, "one is stale", len(r.userErrors("inventorySetQuantities")), 1)
			equal(t, "the other", f.Available("A", "Berlin"), map[bool]int{false: 4, true: 9}[on])
			r = a.run(stockByItem, map[string]any{"ids": []any{v.ItemID}})
			equal(t, "committed", r.num("nodes.0.inventoryLevels.nodes.0.quantities.2.quantity"), map[bool]int{false: 1, true: 0}[on])
		})
	}
}

func TestSwitchesOfKeysAndBulk(t *testing.T) {
	cfg := placesCfg
	cfg.KeyRetention, cfg.EmptyBulkHasURL, cfg.BulkDuration = time.Minute, true, -1
	bubble(t, cfg, func(f *Fake, a *app) {
		t := a.t
		v, _, berlin, _ := twoPlaces(f)
		in := map[string]any{"key": "k", "input": setInput([]any{v.ItemID, berlin, 9, 5})}
		a.run(setStock, in)
		time.Sleep(2 * time.Minute)
		equal(t, "the key is forgotten", len(a.run(setStock, in).userErrors("inventorySetQuantities")), 1)
		url := a.poll(a.bulk(`{ orders { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id")).str("bulkOperation.url")
		got := a.fetch(url, "")
		equal(t, "an empty file", fmt.Sprint(got.Status, len(got.Raw)), "200 0")
	})
}
