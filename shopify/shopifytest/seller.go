package shopifytest

import (
	"fmt"
	"slices"
	"time"
)

// What the seller does in the admin, or another app through it.

// Shipped is a parcel sent by someone else.
type Shipped struct {
	// Units by line id or SKU; none means everything that can be shipped.
	Units   map[string]int
	Company string
	Numbers []string
	URLs    []string
	// Location whose fulfilment orders are shipped; "" means each location
	// with something to ship, a parcel each.
	Location string
}

// Ship fulfils units of an order outside the API's fulfillmentCreate, as the
// shop does when it fulfils by itself.
func (f *Fake) Ship(order string, s Shipped) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	want := map[*line]int{}
	for ref, n := range s.Units {
		l, err := o.lineNamed(ref)
		if err != nil {
			return err
		}
		want[l] += n
	}
	parcels := map[*location]*parcel{}
	var places []*location
	for _, fo := range o.fos {
		if fo.status != "OPEN" && fo.status != "IN_PROGRESS" || s.Location != "" && s.Location != fo.loc.name && s.Location != fo.loc.gid() {
			continue
		}
		for _, fl := range fo.lines {
			n := fl.remaining
			if len(s.Units) > 0 {
				n = min(n, want[fl.line])
				want[fl.line] -= n
			}
			if n == 0 {
				continue
			}
			p := parcels[fo.loc]
			if p == nil {
				p = &parcel{units: map[*foLine]int{}, company: s.Company, numbers: s.Numbers, urls: s.URLs, outside: true}
				parcels[fo.loc] = p
				places = append(places, fo.loc)
			}
			p.units[fl] = n
			p.order = append(p.order, fl)
		}
	}
	for _, n := range want {
		if n > 0 {
			return fmt.Errorf("%w: %d units more than can be shipped", ErrState, n)
		}
	}
	if len(places) == 0 {
		return fmt.Errorf("%w: nothing to ship on %s", ErrState, o.name)
	}
	for _, loc := range places {
		f.ship(o, loc, *parcels[loc])
	}
	return nil
}

// CancelFulfilment undoes a fulfilment.
func (f *Fake) CancelFulfilment(id string) error {
	defer f.lock()()
	fu, ok := find[*fulfilment](f, id)
	if !ok {
		return unknown("fulfilment", id)
	}
	f.unfulfil(fu)
	return nil
}

// Hold places a hold on every fulfilment order of an order that is open, or on
// the one whose id is given. It returns the holds' ids.
func (f *Fake) Hold(ref, reason string) ([]string, error) {
	defer f.lock()()
	fos, err := f.openFOs(ref)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, fo := range fos {
		out = append(out, f.hold(fo, reason, "", "", "", false).gid())
	}
	return out, nil
}

// Release lifts holds of an order or fulfilment order: all, or those named.
func (f *Fake) Release(ref string, holds ...string) error {
	defer f.lock()()
	fos, err := f.openFOs(ref)
	if err != nil {
		return err
	}
	for _, fo := range fos {
		if len(fo.holds) > 0 {
			f.release(fo, holds, "")
		}
	}
	return nil
}

func (f *Fake) openFOs(ref string) ([]*fulfilmentOrder, error) {
	if fo, ok := find[*fulfilmentOrder](f, ref); ok {
		if !fo.open() {
			return nil, fmt.Errorf("%w: %s is %s", ErrState, ref, fo.status)
		}
		return []*fulfilmentOrder{fo}, nil
	}
	o, err := f.order(ref)
	if err != nil {
		return nil, err
	}
	fos := slices.DeleteFunc(slices.Clone(o.fos), func(fo *fulfilmentOrder) bool { return !fo.open() })
	if len(fos) == 0 {
		return nil, fmt.Errorf("%w: %s has no open fulfilment order", ErrState, o.name)
	}
	return fos, nil
}

// Move gives a fulfilment order's unfulfilled units to another location and
// returns the new fulfilment order's id.
func (f *Fake) Move(fulfilmentOrderID, location string) (string, error) {
	defer f.lock()()
	fo, ok := find[*fulfilmentOrder](f, fulfilmentOrderID)
	if !ok || !fo.open() {
		return "", unknown("open fulfilment order", fulfilmentOrderID)
	}
	loc, err := f.location(location)
	if err != nil {
		return "", err
	}
	return f.move(fo, loc, allOf(fo)).gid(), nil
}

func allOf(fo *fulfilmentOrder) map[*foLine]int {
	units := map[*foLine]int{}
	for _, fl := range fo.lines {
		units[fl] = fl.remaining
	}
	return units
}

// Split moves units, by line id or SKU, into a new fulfilment order and returns
// its id.
func (f *Fake) Split(fulfilmentOrderID string, units map[string]int) (string, error) {
	defer f.lock()()
	fo, ok := find[*fulfilmentOrder](f, fulfilmentOrderID)
	if !ok || !fo.open() {
		return "", unknown("open fulfilment order", fulfilmentOrderID)
	}
	take := map[*foLine]int{}
	for ref, n := range units {
		l, err := fo.order.lineNamed(ref)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(fo.lines, func(fl *foLine) bool { return fl.line == l })
		if i < 0 || fo.lines[i].remaining < n {
			return "", fmt.Errorf("%w: %d units of %s", ErrState, n, ref)
		}
		take[fo.lines[i]] = n
	}
	f.emit("fulfillment_orders/split", fo)
	return f.split(fo, take).gid(), nil
}

// CancelFulfilmentOrder takes a fulfilment order out of work: CANCELLED, with
// a replacement for its units whose id is returned.
func (f *Fake) CancelFulfilmentOrder(id string) (string, error) {
	defer f.lock()()
	fo, ok := find[*fulfilmentOrder](f, id)
	if !ok || !fo.open() {
		return "", unknown("open fulfilment order", id)
	}
	return f.replaceFO(fo, "CANCELLED").gid(), nil
}

// FailFulfilmentOrder marks a fulfilment order as INCOMPLETE, as a third party
// does that cannot ship; a replacement for its units is made.
func (f *Fake) FailFulfilmentOrder(id string) (string, error) {
	defer f.lock()()
	fo, ok := find[*fulfilmentOrder](f, id)
	if !ok || !fo.open() {
		return "", unknown("open fulfilment order", id)
	}
	return f.replaceFO(fo, "INCOMPLETE").gid(), nil
}

func (f *Fake) replaceFO(fo *fulfilmentOrder, status string) *fulfilmentOrder {
	again := f.newFO(fo.order, fo.loc)
	for _, fl := range fo.lines {
		if fl.remaining > 0 {
			again.add(f, fl.line, fl.remaining)
			fl.remaining = 0
		}
	}
	fo.status, fo.holds = status, nil
	f.foChanged(fo)
	f.emit("fulfillment_orders/cancelled", fo)
	f.touch(fo.order)
	return again
}

// Request sets the request status of an order's fulfilment orders at third
// parties, such as SUBMITTED or ACCEPTED.
func (f *Fake) Request(order, status string) error {
	defer f.lock()()
	fos, err := f.openFOs(order)
	if err != nil {
		return err
	}
	for _, fo := range fos {
		if fo.loc.service == nil {
			continue
		}
		fo.request = status
		if status == "ACCEPTED" {
			fo.status = "IN_PROGRESS"
		}
		f.foChanged(fo)
	}
	return nil
}

// Touch changes something of an order that the API does not show, at the
// present time.
func (f *Fake) Touch(order string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	f.touch(o)
	return nil
}

// Readdress changes where an order goes.
func (f *Fake) Readdress(order string, a Address) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	same := o.billing == o.address
	o.address = f.newAddress(&a)
	if same {
		o.billing = o.address
	}
	f.touch(o)
	return nil
}

// DeleteOrder removes an order with nothing left to fulfil. It then reads as
// null, and searches do not find it.
func (f *Fake) DeleteOrder(ref string) error {
	defer f.lock()()
	o, err := f.order(ref)
	if err != nil {
		return err
	}
	if o.units((*line).open) > 0 {
		return fmt.Errorf("%w: %s has units to fulfil", ErrState, o.name)
	}
	o.deleted = true
	f.orders = slices.DeleteFunc(f.orders, func(x *order) bool { return x == o })
	delete(f.orderByName, o.name)
	delete(f.entities, o.gid())
	for _, fo := range o.fos {
		delete(f.entities, fo.gid())
	}
	for _, fu := range o.fulfilments {
		delete(f.entities, fu.gid())
	}
	f.emit("orders/delete", deletedOrder(o.id))
	return nil
}

// deletedOrder is all that is told of one: its id.
type deletedOrder int64

// Erase takes the buyer's personal data off an order, as a request to be
// forgotten does.
func (f *Fake) Erase(order string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	o.email, o.phone, o.address, o.billing, o.customer = "", "", nil, nil, nil
	f.touch(o)
	return nil
}

// Risk changes the recommendation on an order.
func (f *Fake) Risk(order, recommendation string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	o.risk = recommendation
	f.emit("orders/risk_assessment_changed", o)
	f.touch(o)
	return nil
}

// Expire ends an authorisation that was not captured.
func (f *Fake) Expire(order string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	o.expired = true
	f.touch(o)
	return nil
}

// FulfilBy sets the date an order's open fulfilment orders are due.
func (f *Fake) FulfilBy(order string, at time.Time) error {
	defer f.lock()()
	fos, err := f.openFOs(order)
	if err != nil {
		return err
	}
	for _, fo := range fos {
		fo.fulfilBy = at.UTC().Truncate(time.Second)
		f.foChanged(fo)
	}
	return nil
}
