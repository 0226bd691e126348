package shopifytest

import (
	"fmt"
	"slices"
	"time"
)

// CancelOrder cancels what is left of an order: unfulfilled units leave it,
// money goes back. It takes effect at once; the API's orderCancel is a job.
func (f *Fake) CancelOrder(order string, restock bool) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	return f.cancel(o, "CUSTOMER", "", restock, true)
}

func (f *Fake) cancel(o *order, reason, note string, restock, pay bool) error {
	if !o.cancelledAt.IsZero() {
		return fmt.Errorf("%w: already cancelled", ErrState)
	}
	for _, fu := range o.fulfilments {
		if fu.status != "CANCELLED" {
			return fmt.Errorf("%w: %s has a fulfilment", ErrState, o.name)
		}
	}
	o.cancelledAt, o.closedAt, o.cancelReason, o.staffNote = f.now(), f.now(), reason, note
	r := register(f, &refund{id: f.ids.next(), order: o, note: note, at: f.now()})
	how := NoRestock
	if restock {
		how = RestockCancel
	}
	for _, l := range o.lines {
		if n := l.current(); n > 0 {
			f.refundUnits(r, l, n, how, nil)
		}
	}
	for _, fo := range o.fos {
		if fo.open() {
			f.closeFO(fo)
		}
	}
	if o.capturable().buyer > 0 {
		f.transact(o, "VOID", o.capturable(), o.transactions[0], f.now())
		o.voided = true
	}
	if pay {
		for _, s := range o.shipping {
			s.refunded = s.discounted()
		}
		f.payBack(r, o.net(), o.net(), false)
	}
	f.emit("orders/cancelled", o)
	f.finishRefund(r)
	return nil
}

// Pay pays what is outstanding: a pending order, or an authorised one by
// capture.
func (f *Fake) Pay(order string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	f.pay(o)
	return nil
}

func (f *Fake) pay(o *order) {
	kind, parent := "SALE", (*transaction)(nil)
	if o.capturable().buyer > 0 {
		kind, parent = "CAPTURE", o.transactions[0]
	}
	if out := o.outstanding(); out.buyer > 0 {
		f.transact(o, kind, out, parent, f.now())
	}
	f.archive(o)
	f.emit("orders/paid", o)
	f.touch(o)
}

// archive closes an order that is paid and fulfilled, unless the seller keeps
// orders open.
func (f *Fake) archive(o *order) {
	if f.cfg.KeepOpen || !o.closedAt.IsZero() || o.outstanding().buyer > 0 || o.received().buyer == 0 && o.total().buyer > 0 {
		return
	}
	for _, l := range o.lines {
		if l.open() > 0 {
			return
		}
	}
	o.closedAt = f.now()
}

// Archive closes an order by hand.
func (f *Fake) Archive(order string) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	o.closedAt = f.now()
	f.touch(o)
	return nil
}

// Edit is a change of an order's lines.
type Edit struct {
	// Set gives lines, by id or SKU, another quantity: 0 removes one.
	Set map[string]int
	Add []NewLine
	// Restock puts removed units back into stock.
	Restock bool
}

// EditOrder changes the lines of an order. Removed units leave the line's
// current quantity; the line stays.
func (f *Fake) EditOrder(order string, e Edit) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	if !o.cancelledAt.IsZero() {
		return fmt.Errorf("%w: %s is cancelled", ErrState, o.name)
	}
	var more []NewLine
	type cut struct {
		l *line
		n int
	}
	var cuts []cut
	for _, l := range slices.Clone(o.lines) {
		want, ok := e.Set[l.gid()]
		if !ok && l.hasSKU {
			want, ok = e.Set[l.sku]
		}
		switch {
		case !ok:
		case want < 0 || l.current()-want > l.open():
			return fmt.Errorf("%w: %d units are fulfilled", ErrState, l.fulfilled)
		case want < l.current():
			cuts = append(cuts, cut{l, l.current() - want})
		case want > l.current():
			more = append(more, NewLine{SKU: l.sku, Title: l.title, Price: fixed(l.unit.buyer, o.buyerCurrency), Quantity: want - l.current()})
		}
	}
	if err := f.addLines(o, slices.Concat(more, e.Add)); err != nil {
		return err
	}
	for _, c := range cuts {
		f.unship(c.l, c.n, e.Restock, nil)
		c.l.removed += c.n
	}
	o.edited = true
	o.agreements = append(o.agreements, &agreement{id: f.ids.next(), order: o, reason: "ORDER_EDIT", at: f.now()})
	f.archive(o)
	f.emit("orders/edited", o)
	f.touch(o)
	return nil
}

// addLines sells more units on an order that exists.
func (f *Fake) addLines(o *order, lines []NewLine) error {
	if len(lines) == 0 {
		return nil
	}
	p := &placing{f: f, n: NewOrder{Lines: lines}, o: &order{
		currency: o.currency, buyerCurrency: o.buyerCurrency, taxesIncluded: o.taxesIncluded, createdAt: f.now(),
	}}
	if t := o.total(); o.currency != o.buyerCurrency && t.shop != 0 {
		p.n.Rate = rateOf(t, o)
	}
	for _, step := range []func() error{p.rate, p.lines, p.check, p.route} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, l := range p.o.lines {
		l.id, l.order = f.ids.next(), o
		register(f, l)
		o.lines = append(o.lines, l)
	}
	p.o.id = o.id
	p.takeStock()
	f.openFulfilment(o, p.legs, time.Time{})
	return nil
}
