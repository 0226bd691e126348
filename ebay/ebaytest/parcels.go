package ebaytest

import (
	"fmt"
	"maps"
	"strconv"
	"time"
)

// pack is a shipping fulfilment as the account keeps it.
type pack struct {
	id               string
	carrier, track   string
	shipped, created time.Time
	items            []packItem
	external         bool
}

type packItem struct {
	line     int64
	quantity int
}

func (p *pack) snapshot() Package {
	out := Package{ID: p.id, Carrier: p.carrier, Tracking: p.track, Shipped: p.shipped, Created: p.created, External: p.external, Items: map[string]int{}}
	for _, it := range p.items {
		out.Items[lineID(it.line)] += it.quantity
	}
	return out
}

// Parcel describes what the seller ships outside the API.
type Parcel struct {
	Lines    map[string]int // units by line id; nil means all that is open
	Carrier  string
	Tracking string
}

// Ship has the seller ship an order in Seller Hub. Without Lines and Tracking it
// is marked as shipped, and there is no shipping fulfilment.
func (f *Fake) Ship(id string, p Parcel) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.unpaid || o.cancel == Canceled {
			return fmt.Errorf("%w: order %s is not to be shipped", ErrInvalid, id)
		}
		if p.Lines == nil && p.Tracking == "" {
			o.marked = true
			f.touch(o, now)
			return nil
		}
		pk := &pack{carrier: p.Carrier, track: p.Tracking, shipped: f.round(now), external: true}
		for i := range o.lines {
			l := &o.lines[i]
			n := p.Lines[lineID(l.id)]
			if p.Lines == nil {
				n = l.qty - l.shipped
			}
			if n < 0 || n > l.qty {
				return fmt.Errorf("%w: %d units of line %d", ErrInvalid, n, l.id)
			}
			if n > 0 {
				pk.items = append(pk.items, packItem{l.id, n})
			}
		}
		if len(pk.items) == 0 {
			return fmt.Errorf("%w: nothing to ship", ErrInvalid)
		}
		f.pack(o, pk, now)
		return nil
	})
}

// Unship takes an order's shipping fulfilments back, as the seller can.
func (f *Fake) Unship(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		f.unship(o, now)
		return nil
	})
}

func (f *Fake) unship(o *order, now time.Time) {
	o.packages, o.marked = nil, false
	for i := range o.lines {
		o.lines[i].shipped = 0
	}
	f.touch(o, now)
}

// pack adds a shipping fulfilment to an order. Its id is the tracking number
// where there is one.
func (f *Fake) pack(o *order, p *pack, now time.Time) {
	p.created = f.round(now)
	if p.id = p.track; p.id == "" {
		p.id = strconv.FormatInt(f.orders.nextPackage, 10)
		f.orders.nextPackage++
	}
	for _, it := range p.items {
		l := o.line(it.line)
		l.shipped = min(l.shipped+it.quantity, l.qty)
	}
	o.packages = append(o.packages, p)
	if !f.cfg.Believed.ShipmentsSilent {
		f.touch(o, now)
	}
}

// Tracked returns how often each tracking number stands on an order.
func (o Order) Tracked() map[string]int {
	out := map[string]int{}
	for _, p := range o.Packages {
		out[p.Tracking]++
	}
	return maps.Clone(out)
}
