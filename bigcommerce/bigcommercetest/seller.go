package bigcommercetest

import (
	"fmt"
	"slices"
	"time"
)

// onOrder runs act on an order under the lock.
func (f *Fake) onOrder(id int, act func(o *order, now time.Time) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.orders.get(id)
	if o == nil {
		return fmt.Errorf("%w: order %d", ErrNotFound, id)
	}
	return act(o, f.now())
}

// SetStatus gives an order another status, as the control panel does: the
// buyer gets a message, and stock follows by Config.Stock. An incomplete order
// that becomes another is a sale, refused when stock does not suffice.
func (f *Fake) SetStatus(id int, s Status) error {
	return f.onOrder(id, func(o *order, now time.Time) error { return f.setStatus(o, s, now) })
}

func (f *Fake) setStatus(o *order, s Status, now time.Time) error {
	if s < 0 || s >= statuses {
		return fmt.Errorf("%w: status %d", ErrInvalid, s)
	}
	old := o.status
	if s == old {
		return nil
	}
	if old == Incomplete {
		o.status = s
		if err := f.sell(o, now); err != nil {
			o.status = old
			return err
		}
		if o.in.PaymentStatus == "" {
			o.in.PaymentStatus = "captured"
		}
	}
	o.status = s
	if s == Shipped && o.shipped.IsZero() {
		o.shipped = now.Truncate(time.Second)
	}
	f.applyStock(o, now)
	f.orders.touch(o, now)
	f.emails = append(f.emails, Email{Time: now, Kind: EmailStatus, OrderID: o.id, Status: s, Tracking: o.tracking(), To: o.email()})
	f.orderEvent(o, "statusUpdated", map[string]any{"status": statusChange{old, s}})
	f.orderEvent(o, "updated", nil)
	return nil
}

// CancelOrder cancels an order; Config.Stock says whether its units come back.
func (f *Fake) CancelOrder(id int) error { return f.SetStatus(id, Cancelled) }

// Archive archives an order: lists hide it, reads by id still find it.
func (f *Fake) Archive(id int) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		f.archive(o, now)
		return nil
	})
}

func (f *Fake) archive(o *order, now time.Time) {
	if o.archived {
		return
	}
	o.archived = true
	f.orders.touch(o, now)
	f.orderEvent(o, "archived", nil)
}

// Touch moves an order's date_modified to now and changes nothing else.
func (f *Fake) Touch(id int) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		f.orders.touch(o, now)
		f.orderEvent(o, "updated", nil)
		return nil
	})
}

// Edit is a change to an order.
type Edit struct {
	Quantities map[int]int     // by line id; 0 removes the line
	Add        []NewLine       // ShipTo is an index into the order's addresses
	ShipTo     map[int]Address // by address id
	Message    *string
	Notes      *string
}

// EditOrder changes an order. Stock follows unless Config.Stock.KeepOnEdit;
// what an edit adds is not held against what is shown.
func (f *Fake) EditOrder(id int, e Edit) error {
	return f.onOrder(id, func(o *order, now time.Time) error { return f.edit(o, e, now) })
}

func (f *Fake) edit(o *order, e Edit, now time.Time) error {
	for lineID, q := range e.Quantities {
		l := o.line(lineID)
		switch {
		case l == nil:
			return fmt.Errorf("%w: line %d", ErrNotFound, lineID)
		case q < l.shipped+l.refunded:
			return fmt.Errorf("%w: line %d has %d units shipped or refunded", ErrInvalid, lineID, l.shipped+l.refunded)
		}
	}
	for addressID := range e.ShipTo {
		if o.address(addressID) == nil {
			return fmt.Errorf("%w: address %d", ErrNotFound, addressID)
		}
	}
	var am amounts
	added := &order{}
	if err := f.addLines(added, e.Add, &am); err != nil {
		return err
	}
	if am.err != nil {
		return am.err
	}
	for i := range added.lines {
		l := &added.lines[i]
		if l.address < 0 {
			if -l.address > len(o.addresses) {
				return fmt.Errorf("%w: the order has %d addresses", ErrInvalid, len(o.addresses))
			}
			l.address = o.addresses[-l.address-1].id
		}
		if f.cfg.Stock.KeepOnEdit {
			l.stockQty = 0
		}
	}
	for lineID, q := range e.Quantities {
		l := o.line(lineID)
		if !f.cfg.Stock.KeepOnEdit {
			l.stockQty += int64(q - l.qty)
		}
		l.qty = q
	}
	o.lines = append(o.lines, added.lines...)
	o.pickups = append(o.pickups, added.pickups...)
	f.applyStock(o, now)
	o.lines = slices.DeleteFunc(o.lines, func(l line) bool { return l.qty == 0 })
	for addressID, a := range e.ShipTo {
		o.address(addressID).to.Address = a
	}
	if e.Message != nil {
		o.in.Message = *e.Message
	}
	if e.Notes != nil {
		o.in.StaffNotes = *e.Notes
	}
	f.orders.touch(o, now)
	f.orderEvent(o, "updated", nil)
	return nil
}
