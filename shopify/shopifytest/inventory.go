package shopifytest

import (
	"fmt"
	"strconv"
	"time"
)

// quantity names a state that units of an item can be in at a location. On
// hand is the sum of all but incoming.
type quantity int

const (
	available quantity = iota
	committed
	reserved
	damaged
	safetyStock
	qualityControl
	incoming
	numQuantities
)

var quantityNames = [numQuantities]string{
	"available", "committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming",
}

const onHand = "on_hand"

func quantityNamed(name string) (quantity, bool) {
	for q, n := range quantityNames {
		if n == name {
			return quantity(q), true
		}
	}
	return 0, false
}

// item is the stock record of a variant.
type item struct {
	id                   int64
	variant              *variant
	sku                  string
	tracked, shipped     bool
	levels               []*level
	createdAt, updatedAt time.Time
}

func (i *item) gid() string { return gid("InventoryItem", i.id) }

// level is an item's stock at a location.
type level struct {
	id                   int64
	item                 *item
	loc                  *location
	active               bool
	q                    [numQuantities]int
	qAt                  [numQuantities]time.Time
	createdAt, updatedAt time.Time
}

func (l *level) gid() string {
	return gid("InventoryLevel", l.id) + "?inventory_item_id=" + strconv.FormatInt(l.item.id, 10)
}

func (l *level) onHand() int {
	n := 0
	for q := range incoming {
		n += l.q[q]
	}
	return n
}

// get reads a quantity by its name in the API.
func (l *level) get(name string) int {
	if name == onHand {
		return l.onHand()
	}
	q, _ := quantityNamed(name)
	return l.q[q]
}

func (i *item) level(loc *location) *level {
	for _, l := range i.levels {
		if l.loc == loc {
			return l
		}
	}
	return nil
}

// levelAt returns the item's level at a location, making an active one if
// there is none.
func (f *Fake) levelAt(i *item, loc *location) *level {
	if l := i.level(loc); l != nil {
		return l
	}
	l := &level{id: f.ids.next(), item: i, loc: loc, active: true, createdAt: f.now(), updatedAt: f.now()}
	i.levels = append(i.levels, l)
	loc.levels = append(loc.levels, l)
	register(f, l)
	f.emit("inventory_levels/connect", l)
	return l
}

// shift moves a quantity by delta.
func (f *Fake) shift(l *level, q quantity, delta int) {
	if delta == 0 {
		return
	}
	l.q[q] += delta
	l.qAt[q], l.updatedAt = f.now(), f.now()
	if q == available {
		f.emit("inventory_levels/update", l)
	}
}

// sells tells whether stock at the level can be sold online.
func (l *level) sells() bool { return l.active && l.loc.active && l.loc.online }

// shown is what the shop offers for sale.
func (i *item) shown() int {
	n := 0
	for _, l := range i.levels {
		if l.sells() {
			n += l.q[available]
		}
	}
	return n
}

func (i *item) total() int {
	n := 0
	for _, l := range i.levels {
		if l.active {
			n += l.q[available]
		}
	}
	return n
}

// SetAvailable is the seller's own edit of a quantity. location is a name or
// id; "" is the first.
func (f *Fake) SetAvailable(sku, location string, n int) error {
	return f.edit(sku, location, func(l *level) { f.shift(l, available, n-l.q[available]) })
}

// AdjustAvailable is the seller's own edit by a difference, such as goods that
// came in.
func (f *Fake) AdjustAvailable(sku, location string, delta int) error {
	return f.edit(sku, location, func(l *level) { f.shift(l, available, delta) })
}

// Deactivate stops selling an item at a location; the level keeps its numbers.
func (f *Fake) Deactivate(sku, location string) error {
	return f.edit(sku, location, func(l *level) { f.setActive(l, false) })
}

func (f *Fake) setActive(l *level, active bool) {
	if l.active == active {
		return
	}
	l.active, l.updatedAt = active, f.now()
	if active {
		f.emit("inventory_levels/connect", l)
	} else {
		f.emit("inventory_levels/disconnect", l)
	}
}

// SellOverCounter takes units out of the shop with no order that the orders
// scope shows, as a sale on another till does.
func (f *Fake) SellOverCounter(sku, location string, n int) error {
	return f.edit(sku, location, func(l *level) { f.shift(l, available, -n) })
}

// ReserveForDraft sets units aside for a draft order; a negative n lets them
// go again.
func (f *Fake) ReserveForDraft(sku, location string, n int) error {
	return f.edit(sku, location, func(l *level) {
		f.shift(l, available, -n)
		f.shift(l, reserved, n)
	})
}

func (f *Fake) edit(sku, location string, do func(*level)) error {
	defer f.lock()()
	v, err := f.variantBySKU(sku)
	if err != nil {
		return err
	}
	loc, err := f.location(location)
	if err != nil {
		return err
	}
	if len(v.components) > 0 {
		return fmt.Errorf("%w: %q is a bundle and has no stock of its own", ErrState, sku)
	}
	do(f.levelAt(v.item, loc))
	return nil
}
