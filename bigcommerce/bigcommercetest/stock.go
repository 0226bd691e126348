package bigcommercetest

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const maxStock = math.MaxInt32

// item is something counted: a product tracked by product (v is nil) or a
// variant.
type item struct {
	p      *product
	v      *variant
	levels map[int]*level // by location
}

// level is an item at a location.
type level struct {
	onHand  int64
	counted bool // by an absolute adjustment, an edit or a sale; until then relative changes are refused
	safety  int64
	warning int64
	inStock bool
	bin     string
	pending []effect // accepted, not yet shown; in order of at
}

// effect is an adjustment on its way.
type effect struct {
	at       time.Time
	absolute bool
	n        int64
}

func (it *item) sku() string {
	if it.v != nil {
		return it.v.sku
	}
	return it.p.sku
}

// open counts the item at the default location.
func (it *item) open(onHand int64, uncounted bool) {
	if !uncounted {
		l := it.level(DefaultLocation)
		l.onHand, l.counted = onHand, true
	}
}

func (it *item) level(location int) *level {
	l := it.levels[location]
	if l == nil {
		if it.levels == nil {
			it.levels = map[int]*level{}
		}
		l = &level{inStock: true}
		it.levels[location] = l
	}
	return l
}

// settle lets the adjustments due by now take effect.
func (l *level) settle(now time.Time, stopAtZero bool) {
	due := 0
	for _, e := range l.pending {
		if e.at.After(now) {
			break
		}
		due++
		if e.absolute {
			l.onHand, l.counted = e.n, true
			continue
		}
		l.move(e.n, stopAtZero)
	}
	l.pending = slices.Delete(l.pending, 0, due)
}

func (l *level) move(n int64, stopAtZero bool) {
	l.onHand += n
	if stopAtZero {
		l.onHand = max(l.onHand, 0)
	}
}

// wait queues an effect behind those due before it.
func (l *level) wait(e effect) {
	i := len(l.pending)
	for i > 0 && l.pending[i-1].at.After(e.at) {
		i--
	}
	l.pending = slices.Insert(l.pending, i, e)
}

func (l *level) sellable() int64 { return l.onHand - l.safety }

// settled returns an item's level with everything due applied.
func (f *Fake) settled(it *item, location int, now time.Time) *level {
	l := it.level(location)
	l.settle(now, f.cfg.Believed.StockStopsAtZero)
	return l
}

// shown returns what the storefront has to sell of an item.
func (f *Fake) shown(it *item, now time.Time) int64 {
	var n int64
	for _, loc := range f.selling() {
		l := f.settled(it, loc.ID, now)
		if l.inStock {
			n += l.sellable()
		}
	}
	return n
}

// selling returns the locations the storefront sells from.
func (f *Fake) selling() []*Location {
	var out []*Location
	for _, l := range f.locations {
		if l.Enabled && (l.ID == DefaultLocation || f.cfg.Aggregated) {
			out = append(out, l)
		}
	}
	return out
}

// take is a number of units that an order took from a location.
type take struct {
	location int
	n        int64
}

// takeStock takes n units off an item: from the first location as far as it
// has them, then from the next. What no location has comes off the first.
func (f *Fake) takeStock(it *item, n int64, now time.Time) []take {
	locs := f.selling()
	if len(locs) == 0 {
		locs = f.locations[:1]
	}
	var takes []take
	for i, loc := range locs {
		l := f.settled(it, loc.ID, now)
		k := min(max(l.sellable(), 0), n)
		if i == len(locs)-1 && len(takes) == 0 {
			k = n
		}
		if k > 0 {
			takes = append(takes, take{loc.ID, k})
			n -= k
		}
	}
	takes[0].n += n
	for _, t := range takes {
		l := it.level(t.location)
		l.move(-t.n, f.cfg.Believed.StockStopsAtZero)
		f.stockChanged(it, t.location, "relative", -t.n, true)
	}
	return takes
}

// giveBack returns n of the units taken, last taken first.
func (f *Fake) giveBack(it *item, takes []take, n int64, now time.Time) []take {
	for n > 0 && len(takes) > 0 {
		t := &takes[len(takes)-1]
		k := min(t.n, n)
		t.n -= k
		n -= k
		f.settled(it, t.location, now).onHand += k
		f.stockChanged(it, t.location, "relative", k, true)
		if t.n == 0 {
			takes = takes[:len(takes)-1]
		}
	}
	return takes
}

// lookup finds the item that a SKU or, where that is "", a product or variant
// id names on the seller's side.
func (f *Fake) itemBySKU(sku string) (*item, error) {
	for _, v := range f.catalog.bySKU[sku] {
		if it := v.stock(); it != nil {
			return it, nil
		}
	}
	for _, p := range f.catalog.products {
		if p.sku == sku && p.item != nil {
			return p.item, nil
		}
	}
	return nil, fmt.Errorf("%w: no tracked SKU %q", ErrNotFound, sku)
}

// SetOnHand counts a SKU at a location, as an edit in the control panel does:
// at once.
func (f *Fake) SetOnHand(sku string, location int, onHand int64) error {
	return f.editLevel(sku, location, func(it *item, l *level) {
		l.onHand, l.counted = onHand, true
		f.stockChanged(it, location, "absolute", onHand, false)
	})
}

// AdjustOnHand changes a SKU's count at a location by n, as a receipt or a
// loss entered in the control panel does.
func (f *Fake) AdjustOnHand(sku string, location int, n int64) error {
	return f.editLevel(sku, location, func(it *item, l *level) {
		l.onHand, l.counted = l.onHand+n, true
		f.stockChanged(it, location, "relative", n, false)
	})
}

// SetSafetyStock keeps n units of a SKU at a location from being sold.
func (f *Fake) SetSafetyStock(sku string, location int, n int64) error {
	return f.editLevel(sku, location, func(_ *item, l *level) { l.safety = n })
}

func (f *Fake) editLevel(sku string, location int, edit func(*item, *level)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	it, err := f.itemBySKU(sku)
	if err != nil {
		return err
	}
	if f.location(location) == nil {
		return fmt.Errorf("%w: location %d", ErrNotFound, location)
	}
	edit(it, f.settled(it, location, f.now()))
	return nil
}

// Quantity is the stock of a SKU at a location.
type Quantity struct {
	SKU             string
	ProductID       int
	VariantID       int // 0 for a product tracked by product
	Location        int
	OnHand          int64
	Safety          int64
	AvailableToSell int64
	Pending         int // adjustments accepted and not yet shown
}

// Quantities returns the stock of every tracked item at every location, by
// item and location. A level that was never counted is 0.
func (f *Fake) Quantities() []Quantity {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	var out []Quantity
	for _, it := range f.catalog.items {
		for _, loc := range f.locations {
			l := f.settled(it, loc.ID, now)
			q := Quantity{
				SKU: it.sku(), ProductID: it.p.id, Location: loc.ID, OnHand: l.onHand, Safety: l.safety,
				AvailableToSell: l.sellable(), Pending: len(l.pending),
			}
			if it.v != nil {
				q.VariantID = it.v.id
			}
			out = append(out, q)
		}
	}
	return out
}

// Available returns what the storefront has to sell of a SKU.
func (f *Fake) Available(sku string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	it, err := f.itemBySKU(sku)
	if err != nil {
		return 0, err
	}
	return f.shown(it, f.now()), nil
}
