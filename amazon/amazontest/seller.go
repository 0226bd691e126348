package amazontest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// onOrder runs act on an order under the lock.
func (f *Fake) onOrder(id string, act func(o *order, now time.Time) error) error {
	now := f.lock()
	defer f.mu.Unlock()
	o := f.orders.byID[id]
	if o == nil {
		return fmt.Errorf("%w: order %s", ErrNotFound, id)
	}
	return act(o, now)
}

// Pay ends a pending order's wait: it is Unshipped, with address and prices.
// Where pending orders take no stock it is a sale now, refused when stock does
// not suffice.
func (f *Fake) Pay(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if !o.status.pending() {
			return fmt.Errorf("%w: order %s is %s", ErrInvalid, id, o.status)
		}
		old := o.status
		o.status = Unshipped
		if f.cfg.Believed.PendingKeepsStock {
			if err := f.sell(o, now); err != nil {
				o.status = old
				return err
			}
			f.takeStock(o, now)
		}
		o.paid = now
		f.touch(o, now)
		f.orderChanged(o, "OrderStatusChange", "", now)
		return nil
	})
}

// SetStatus gives an order another status and changes nothing else, for
// statuses nothing here leads to, unknown ones too.
func (f *Fake) SetStatus(id string, s Status) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		o.status = s
		f.touch(o, now)
		f.orderChanged(o, "OrderStatusChange", "", now)
		return nil
	})
}

// CancelOrder cancels an order of which nothing is shipped;
// Config.Stock.KeepOnCancel says whether its units come back.
func (f *Fake) CancelOrder(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if shipped, _ := o.units(); shipped > 0 || o.status == Cancelled {
			return fmt.Errorf("%w: order %s is %s", ErrInvalid, id, o.status)
		}
		by, reason := "MERCHANT", "NO_INVENTORY"
		if o.status.pending() {
			by, reason = "AMAZON", "PAYMENT_NOT_RECEIVED"
		}
		for i := range o.lines {
			f.cancelUnits(o, &o.lines[i], o.lines[i].open(), by, reason, now)
		}
		f.closeOrder(o, now)
		return nil
	})
}

// cancelUnits takes units off a line.
func (f *Fake) cancelUnits(o *order, l *line, n int, by, reason string, now time.Time) {
	if n <= 0 {
		return
	}
	l.cancelled += n
	l.own().cancelledBy, l.own().reason = by, reason
	f.giveBack(o, l, n, now)
}

// closeOrder gives an order the status its units have come to.
func (f *Fake) closeOrder(o *order, now time.Time) {
	shipped, open := o.units()
	switch {
	case open == 0 && shipped == 0:
		o.status = Cancelled
	case open == 0:
		o.status = Shipped
	case shipped > 0:
		o.status = PartiallyShipped
	default:
		o.status = Unshipped
	}
	f.touch(o, now)
	f.orderChanged(o, "OrderStatusChange", "", now)
}

// NewRefund describes what the seller gives back.
type NewRefund struct {
	Lines  map[string]int // units by line id
	Reason string         // "" means NO_INVENTORY
}

// Refund gives units back: those not shipped are cancelled, of the others the
// API tells nothing.
func (f *Fake) Refund(id string, n NewRefund) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.status.pending() || o.status == Cancelled {
			return fmt.Errorf("%w: order %s is %s", ErrInvalid, id, o.status)
		}
		lines := map[string]*line{}
		for lineID, units := range n.Lines {
			number, err := strconv.ParseInt(lineID, 10, 64)
			l := o.line(number)
			if err != nil || l == nil {
				return fmt.Errorf("%w: line %s", ErrNotFound, lineID)
			}
			if units < 0 || units > l.qty-l.cancelled-l.refunded {
				return fmt.Errorf("%w: %d units of line %s", ErrInvalid, units, lineID)
			}
			lines[lineID] = l
		}
		reason := n.Reason
		if reason == "" {
			reason = "NO_INVENTORY"
		}
		cancelled := 0
		for _, lineID := range slices.Sorted(maps.Keys(lines)) {
			l, units := lines[lineID], n.Lines[lineID]
			open := min(units, l.open())
			f.cancelUnits(o, l, open, "MERCHANT", reason, now)
			l.refunded += units - open
			cancelled += open
		}
		o.refunds = append(o.refunds, maps.Clone(n.Lines))
		switch {
		case cancelled > 0:
			f.closeOrder(o, now)
		case f.cfg.Believed.RefundsTouch:
			f.touch(o, now)
		}
		return nil
	})
}

// RequestCancel has the buyer ask to cancel an order. The request cancels
// nothing.
func (f *Fake) RequestCancel(id, reason string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.status.pending() || o.status == Cancelled || o.status == Shipped {
			return fmt.Errorf("%w: order %s is %s", ErrInvalid, id, o.status)
		}
		for i := range o.lines {
			o.lines[i].own().cancelRequest = reason
		}
		f.touch(o, now)
		f.orderChanged(o, "BuyerRequestedChange", "Buyer Requested Cancel", now)
		return nil
	})
}

// Readdress changes where an order goes.
func (f *Fake) Readdress(id string, to Address) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		in := *o.in
		in.ShipTo = to
		o.in = &in
		f.touch(o, now)
		f.orderChanged(o, "BuyerRequestedChange", "Buyer Requested Change", now)
		return nil
	})
}

// SetTip changes the delivery tip, which is final only days later.
func (f *Fake) SetTip(id, tip string, pending bool) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		a, err := parseAmount(tip)
		if err != nil {
			return err
		}
		in := *o.in
		in.TipPending = pending
		o.in, o.tip = &in, a
		f.touch(o, now)
		f.orderChanged(o, "DeliveryTipChange", "Tip Change", now)
		return nil
	})
}

// Touch moves an order's lastUpdatedTime to now and changes nothing else.
func (f *Fake) Touch(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		f.touch(o, now)
		return nil
	})
}
