package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// TestEbaySellsBesideTheOthers has orders of an inventory item and of a listing
// made without the Inventory API on eBay, the last unit of which is asked for on
// every other channel after it is gone.
func TestEbaySellsBesideTheOthers(t *testing.T) {
	t.Parallel()
	p := few(never)
	p.Steps = p.Steps[:len(p.Steps)-1] // the last of LAST
	add := func(at time.Duration, number string, ch int, lines ...plan.Line) *plan.Order {
		o := &plan.Order{Number: number, Channel: ch, Customer: "9", Country: "DE", Lines: lines}
		p.Steps = append(p.Steps, plan.Step{At: at, Order: o})
		return o
	}
	add(lastSoldFirst, "E1", ebayIndex, plan.Line{SKU: "MUG", Quantity: 3, Price: "3.50", Tax: "0.665", Discount: "0.50"}).TaxRate = "0.19"
	add(lastSoldFirst, "E2", ebayIndex, plan.Line{SKU: "MUG", Quantity: 1, Price: "3.50"}, plan.Line{SKU: "JUG", Quantity: 2, Price: "12.00"}).Split = true
	add(lastSoldFirst, "E3", ebayIndex, plan.Line{SKU: "LAST", Quantity: 1, Price: "99.00"})
	p.Steps = append(p.Steps,
		plan.Step{At: lastSoldFirst, Refund: &plan.Refund{Number: "RE2", Order: "E2", Line: 1, Quantity: 1, Price: "12.00"}},
		plan.Step{At: lastSoldFirst, Refund: &plan.Refund{Number: "RE1", Order: "E1", Line: 0, Quantity: 3, Price: "3.50"}},
	)
	for ch := range ebayIndex {
		add(lastSoldFirst+8*time.Second, "E"+string(rune('4'+ch)), ch, plan.Line{SKU: "LAST", Quantity: 1, Price: "99.00"}).Tries = true
	}
	var out bytes.Buffer
	status := job(t.Context(), options{given: p, quota: 100, channels: 4, dir: t.TempDir()}, &out, os.Stderr)
	got := conclusion(status, &out)
	if got.status != 0 {
		t.Errorf("exit status %d:\n%s", got.status, got.all)
	}
	got.has(t, "channels=4", "orders=9", "refused=3", "unavoidable=0", "differing=0", "unaccounted=0", "unshipped=0", "lost=0", "duplicated=0", "oversold=0", "drift=0")
}
