package shopify

import (
	"testing"

	"github.com/penstock-go/penstock/shopify/internal/admin"
)

func TestPageSizesFollowWhatWasSeen(t *testing.T) {
	all := admin.Access{Customers: true, Products: true, FulfillmentOrders: true}
	s := newPageSizes()
	for _, n := range []int{1, 3, 8, 20, 90, 400} {
		for range 300 {
			s.saw([]int{n, n, n, n})
		}
		first, lines, _, cost := s.choose(all, 0)
		if cost > admin.MaxCost || first < 1 || first > maxPage {
			t.Errorf("%d lines: %d orders of %d lines cost %d", n, first, lines, cost)
		}
		if n <= 250 && lines < n {
			t.Errorf("%d lines: asks for %d, so every order needs a second call", n, lines)
		}
		if n <= 25 && lines > 50 {
			t.Errorf("%d lines: asks for %d, at the price of fewer orders", n, lines)
		}
	}
	first, _, _, _ := s.choose(all, 0)
	s.failed(first)
	if again, _, _, _ := s.choose(all, 0); again > first/2 {
		t.Errorf("after a failed page of %d the next asks for %d", first, again)
	}
	// Carts as shops mostly have them come whole; beside many lines the
	// fulfilment orders would cost more orders a page than pages of their own.
	for _, c := range []struct {
		lines int
		units bool
	}{{1, true}, {8, true}, {40, false}} {
		s := newPageSizes()
		for range 300 {
			s.saw([]int{c.lines, c.lines})
		}
		if first, lines, units, _ := s.choose(all, 0); units != c.units || units && first < 240 {
			t.Errorf("%d lines: %d orders of %d lines, with their fulfilment orders: %v", c.lines, first, lines, units)
		}
	}
	if limited, _, _, _ := s.choose(all, 3); limited != 3 {
		t.Errorf("a limit of 3 asks for %d", limited)
	}
}
