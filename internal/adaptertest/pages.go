package adaptertest

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
)

// maxPages is more pages than a walk of a test has.
const maxPages = 1000

// Pages walks the orders to the end.
func Pages(tb testing.TB, ch channel.Channel, q channel.OrderQuery) []channel.Page[channel.Order] {
	tb.Helper()
	var out []channel.Page[channel.Order]
	for p, err := range channel.OrderPages(tb.Context(), ch, q) {
		if err != nil {
			tb.Fatal(err)
		}
		if out = append(out, p); len(out) > maxPages {
			tb.Fatal("a walk without end")
		}
	}
	return out
}

// Walk returns the orders of a walk by id. An order that repeats or is parked
// fails.
func Walk(tb testing.TB, ch channel.Channel, q channel.OrderQuery) map[string]channel.Order {
	tb.Helper()
	out := map[string]channel.Order{}
	for _, p := range Pages(tb, ch, q) {
		for _, o := range p.Items {
			if _, again := out[string(o.ID)]; again {
				tb.Errorf("order %s came twice", o.ID)
			}
			out[string(o.ID)] = o
		}
		for _, p := range p.Parked {
			tb.Errorf("order %s is parked: %v", p.ID, p.Err)
		}
	}
	return out
}
