package ebaytest

import (
	"cmp"
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

// Pay has the buyer complete the checkout of an unpaid purchase: from now on it
// is an order. Where unpaid purchases take no stock it is a sale now, refused
// when stock does not suffice.
func (f *Fake) Pay(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if !o.unpaid || o.gone {
			return fmt.Errorf("%w: order %s is no unpaid purchase", ErrInvalid, id)
		}
		if f.cfg.Believed.UnpaidKeepsStock {
			if err := f.sell(o, now); err != nil {
				return err
			}
		}
		for i := range o.lines {
			if l := &o.lines[i]; l.taken > 0 && f.uncounted(o) {
				l.u.sold += int64(l.taken)
			}
		}
		o.unpaid = false
		if o.paid = f.round(now); !f.cfg.Believed.CreatedAtPurchase && o.in.CreatedAt.IsZero() {
			o.created = o.paid
		}
		f.check(o, now)
		return nil
	})
}

// SetPayment gives an order another payment status and changes nothing else, for
// statuses nothing here leads to, unknown ones too.
func (f *Fake) SetPayment(id string, s PaymentStatus) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		o.payment = s
		f.touch(o, now)
		return nil
	})
}

// CancelOrder cancels an order of which nothing is shipped, or ends a purchase
// that is never paid for. Config.Stock says whether the units come back.
func (f *Fake) CancelOrder(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.gone || o.cancel == Canceled || o.fulfilment() != NotStarted {
			return fmt.Errorf("%w: order %s is cancelled, or shipped", ErrInvalid, id)
		}
		if o.unpaid {
			if o.gone = true; !f.cfg.Stock.KeepOnUnpaid {
				f.giveBack(o)
			}
			return nil
		}
		o.cancel, o.cancelled = Canceled, f.round(now)
		if len(o.requests) == 0 {
			f.request(o, "Seller", "OUT_OF_STOCK_OR_CANNOT_FULFILL", now)
		}
		for i := range o.requests {
			o.requests[i].state, o.requests[i].done = "CLOSED", o.cancelled
		}
		if o.payment == Paid {
			o.payment = FullyRefunded
			o.refunds = append(o.refunds, f.newRefund(o.total(false), "REFUNDED", now))
		}
		if !f.cfg.Stock.KeepOnCancel {
			f.giveBack(o)
		}
		f.touch(o, now)
		return nil
	})
}

// RequestCancel has the buyer ask to cancel an order. The request cancels
// nothing.
func (f *Fake) RequestCancel(id, reason string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.unpaid || o.cancel == Canceled || o.fulfilment() != NotStarted {
			return fmt.Errorf("%w: order %s is cancelled, or shipped", ErrInvalid, id)
		}
		o.cancel = CancelInProgress
		f.request(o, "Buyer", cmp.Or(reason, "BUYER_ASKED_CANCEL"), now)
		if !f.cfg.Believed.RequestsSilent {
			f.touch(o, now)
		}
		return nil
	})
}

func (f *Fake) request(o *order, by, reason string, now time.Time) {
	o.requests = append(o.requests, cancelRequest{
		id: strconv.FormatInt(f.orders.nextRequest, 10), by: by, reason: reason, state: "CANCEL_REQUESTED", at: f.round(now),
	})
	f.orders.nextRequest++
}

// DeclineCancel has the seller decline the buyer's requests.
func (f *Fake) DeclineCancel(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		if o.cancel != CancelInProgress {
			return fmt.Errorf("%w: order %s has no open request", ErrInvalid, id)
		}
		o.cancel = NoneRequested
		for i := range o.requests {
			o.requests[i].state = "CANCEL_REJECTED"
		}
		f.touch(o, now)
		return nil
	})
}

// NewRefund describes what the seller gives back. Money is the seller's net.
type NewRefund struct {
	Lines  map[string]string // amounts by line id
	Amount string            // of the whole order, beside lines
	Status string            // of Amount; "" means REFUNDED
}

// Refund gives money back. It moves no stock.
func (f *Fake) Refund(id string, n NewRefund) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		var am amounts
		whole := am.parse(n.Amount)
		sum := whole
		given := map[*line]amount{}
		for _, lineID := range slices.Sorted(maps.Keys(n.Lines)) {
			l := o.lineByText(lineID)
			if l == nil {
				return fmt.Errorf("%w: line %s", ErrNotFound, lineID)
			}
			given[l] = am.parse(n.Lines[lineID])
			sum += given[l]
		}
		switch {
		case am.err != nil:
			return am.err
		case o.unpaid || sum <= 0 || sum > o.total(false)-o.refunded():
			return fmt.Errorf("%w: refund of %s", ErrInvalid, sum.text(0))
		}
		for i := range o.lines {
			if l := &o.lines[i]; given[l] > 0 {
				l.own().refunds = append(l.x.refunds, f.newRefund(given[l], "REFUNDED", now))
			}
		}
		if whole > 0 {
			o.refunds = append(o.refunds, f.newRefund(whole, cmp.Or(n.Status, "REFUNDED"), now))
		}
		if o.payment = PartiallyRefunded; o.refunded() == o.total(false) {
			o.payment = FullyRefunded
		}
		if !f.cfg.Believed.RefundsSilent {
			f.touch(o, now)
		}
		return nil
	})
}

func (f *Fake) newRefund(a amount, status string, now time.Time) refund {
	f.orders.nextRefund++
	return refund{strconv.FormatInt(f.orders.nextRefund, 10), a, f.round(now), status}
}

// refunded is the sum of an order's refunds.
func (o *order) refunded() amount {
	var sum amount
	for _, r := range o.refunds {
		sum += r.amount
	}
	for i := range o.lines {
		for _, r := range o.lines[i].x.refunds {
			sum += r.amount
		}
	}
	return sum
}

// Readdress changes where an order goes.
func (f *Fake) Readdress(id string, to Address) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		in := *o.in
		in.ShipTo = to
		o.in = &in
		f.touch(o, now)
		return nil
	})
}

// Touch moves an order's lastModifiedDate to now and changes nothing else.
func (f *Fake) Touch(id string) error {
	return f.onOrder(id, func(o *order, now time.Time) error {
		f.touch(o, now)
		return nil
	})
}
