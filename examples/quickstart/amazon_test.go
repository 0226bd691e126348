package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// withAmazon is a plan of a few orders on three channels: the last of LAST is
// sold on Amazon, and again on each other channel after a while. Goods that
// spoil are there too.
func withAmazon(again time.Duration) *plan.Plan {
	p := few(never)
	for i := range feedFrom + spoiledGoods {
		p.Goods = append(p.Goods, plan.Good{SKU: fmt.Sprintf("SLOW-%03d", i), Title: "Clock", Price: "20.00", Opening: 3000})
	}
	p.Steps = p.Steps[:len(p.Steps)-1] // the last of LAST
	add := func(at time.Duration, number string, ch int, lines ...plan.Line) *plan.Order {
		o := &plan.Order{Number: number, Channel: ch, Customer: "8", Country: "DE", Lines: lines}
		p.Steps = append(p.Steps, plan.Step{At: at, Order: o})
		return o
	}
	add(lastSoldFirst, "A1", amazonIndex, plan.Line{SKU: "MUG", Quantity: 3, Price: "3.50", Tax: "0.665", Discount: "0.50"}).TaxRate = "0.19"
	add(lastSoldFirst, "A2", amazonIndex, plan.Line{SKU: "MUG", Quantity: 1, Price: "3.50"}, plan.Line{SKU: "JUG", Quantity: 2, Price: "12.00"}).Split = true
	add(lastSoldFirst, "A3", amazonIndex, plan.Line{SKU: "LAST", Quantity: 1, Price: "99.00"})
	for ch := range amazonIndex {
		add(lastSoldFirst+again, fmt.Sprintf("A%d", 4+ch), ch, plan.Line{SKU: "LAST", Quantity: 1, Price: "99.00"}).Tries = true
	}
	p.Steps = append(p.Steps, plan.Step{At: lastSoldFirst + again + time.Second, Refund: &plan.Refund{
		Number: "RA2", Order: "A2", Line: 1, Quantity: 1, Price: "12.00",
	}})
	return p
}

// jobWithAmazon begins the main job on three channels and returns what waits
// for its end.
func jobWithAmazon(t *testing.T, o options) func() concluded {
	t.Helper()
	o.channels, o.quota, o.dir = 3, 100, t.TempDir()
	var out bytes.Buffer
	status := make(chan int)
	go func() { status <- job(t.Context(), o, &out, os.Stderr) }()
	return func() concluded { return conclusion(<-status, &out) }
}

// TestWhatAmazonsLagsExplainIsUnavoidable sells the last unit on Amazon and then
// elsewhere: before any engine can know of it, and after.
func TestWhatAmazonsLagsExplainIsUnavoidable(t *testing.T) {
	t.Parallel()
	// The more listings, the longer it takes to read them all.
	crowd := withAmazon(0)
	for i := range 900 {
		crowd.Goods = append(crowd.Goods, plan.Good{SKU: fmt.Sprintf("REST-%03d", i), Title: "Tray", Price: "9.00", Opening: 3000})
	}
	rushed, later := jobWithAmazon(t, options{given: crowd}), jobWithAmazon(t, options{given: withAmazon(8 * time.Second)})
	still := jobWithAmazon(t, options{given: withAmazon(8 * time.Second), still: true})
	for _, c := range []struct {
		name    string
		wait    func() concluded
		status  int
		figures []string
	}{
		{"before anybody can know", rushed, 0, []string{"channels=3", "orders=11", "refused=0", "unavoidable=2", "oversold=2", "drift=0"}},
		{"afterwards", later, 0, []string{"channels=3", "orders=9", "refused=2", "unavoidable=0", "oversold=0", "drift=0"}},
		{"an engine that never writes a quantity", still, 1, []string{"channels=3", "orders=11", "refused=0", "unavoidable=0", "oversold=2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.wait()
			if got.status != c.status {
				t.Errorf("exit status %d, want %d:\n%s", got.status, c.status, got.all)
			}
			got.has(t, append(c.figures, "differing=0", "unaccounted=0", "unshipped=0", "lost=0", "duplicated=0")...)
			if before, _, _ := strings.Cut(got.last, " lost="); !strings.Contains(before, " unavoidable=") {
				t.Errorf("unavoidable does not stand before lost: %s", got.last)
			}
		})
	}
}

// TestAFeedThatSticksIsPutRight lets goods arrive, and the feed that tells
// Amazon of them stick until some of them have spoiled. The engine is killed
// before, and knows nothing of the feed for the opening stock.
func TestAFeedThatSticksIsPutRight(t *testing.T) {
	t.Parallel()
	p := withAmazon(8 * time.Second)
	for i := range 40 {
		p.Steps = append(p.Steps, plan.Step{At: time.Duration(i) * 100 * time.Millisecond, Order: &plan.Order{
			Number: fmt.Sprintf("B%d", i), Channel: i % 3, Customer: "9", Lines: []plan.Line{{SKU: "SLOW-000", Quantity: 1, Price: "20.00"}},
		}})
	}
	for _, g := range p.Goods[len(p.Goods)-feedFrom-spoiledGoods:] {
		p.Delivery = append(p.Delivery, g.SKU)
	}
	slices.SortStableFunc(p.Steps, func(a, b plan.Step) int { return int(a.At - b.At) })
	got := jobWithAmazon(t, options{given: p, kills: true})()
	if got.status != 0 || !strings.Contains(got.all, "ended late") || !strings.Contains(got.all, "3 kills") {
		t.Errorf("exit status %d:\n%s", got.status, got.all)
	}
	got.has(t, "orders=49", "drift=0", "oversold=0")
}
