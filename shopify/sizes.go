package shopify

import (
	"sync"

	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// pageSizes chooses how many orders and how many lines of each to ask for at
// once. A query may cost 1,000 points, and both sizes multiply: more lines a
// page mean fewer orders, fewer lines mean more orders that need a second call.
// It watches the orders that come by and takes the pair that is expected to
// cost the fewest calls.
type pageSizes struct {
	mu   *sync.Mutex
	seen []float64 // orders by lines: seen[i] needs lineSizes[i]; the last entry needs more than any
	most int       // orders a page at most: halved when a page fails, raised again as pages succeed
	dear int       // what a page may cost
}

// lineSizes are the nested sizes tried. The cost of a connection grows with
// the logarithm of its size, so steps are wide.
var lineSizes = [...]int{5, 10, 25, 50, 100, 250}

const (
	maxPage  = 250 // most nodes Shopify gives in one page
	minPage  = 5
	halfLife = 0.98 // weight of what was seen, each page
)

func newPageSizes() pageSizes {
	s := pageSizes{mu: new(sync.Mutex), seen: make([]float64, len(lineSizes)+1), most: maxPage, dear: admin.MaxCost}
	// Before anything was seen: carts as shops mostly have them, with the weight
	// of ten, so that a page of real ones outweighs them.
	copy(s.seen, []float64{8, 1.2, 0.6, 0.1, 0.05, 0.03, 0.01})
	return s
}

// choose returns the number of orders and of lines to ask for, whether to ask
// for the fulfilment orders whole, and what that costs.
func (s *pageSizes) choose(a admin.Access, limit int) (first, lines int, units bool, cost int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.most
	if limit > 0 {
		most = min(most, limit)
	}
	total := 0.0
	for _, n := range s.seen {
		total += n
	}
	best, over := 0.0, total
	for i, n := range lineSizes {
		over -= s.seen[i]
		for _, a.Units = range [...]bool{a.FulfillmentOrders, false} {
			f := most
			for f > 1 && admin.OrdersPageCost(a, f, n, parcelSize(n)) > s.dear {
				f--
			}
			// A page is one call, and each further one gets the lines of fifty
			// orders that were cut.
			share := max(0, over/total)
			none := 1.0
			for range f {
				none *= 1 - share
			}
			calls := (1 + max(1-none, share*float64(f)/chunk)) / float64(f)
			switch {
			case a.Units:
				// Where one is cut off, all are asked for later. Else none is,
				// and no order comes twice.
				calls = 0.95 * (calls + (1-none)/maxPage)
			case a.FulfillmentOrders:
				calls += 1.0 / maxPage
			}
			if lines == 0 || calls < best {
				best, first, lines, units = calls, f, n, a.Units
			}
		}
	}
	a.Units = units
	return first, lines, units, admin.OrdersPageCost(a, first, lines, parcelSize(lines))
}

// parcelSize is how many lines of each parcel are asked for beside so many
// lines of the order.
func parcelSize(lines int) int { return min(lines, 25) }

// saw records the lines of the orders of a page that came.
func (s *pageSizes) saw(lines []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.seen {
		s.seen[i] *= halfLife
	}
	for _, n := range lines {
		i := 0
		for i < len(lineSizes) && n > lineSizes[i] {
			i++
		}
		s.seen[i]++
	}
	s.most = min(maxPage, s.most+max(1, s.most/4))
}

// bucket takes over the size of the shop's bucket: a page is to cost at most
// half of it, so that other calls are not locked out while it fills again. The
// smallest plan's is 2,000.
func (s *pageSizes) bucket(size float64) {
	if size <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dear = int(min(admin.MaxCost, size/2))
}

// failed makes pages smaller: Shopify gives up on large ones now and then.
func (s *pageSizes) failed(first int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(minPage, first/2)
}
