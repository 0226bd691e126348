package shopifytest

import (
	"fmt"
	"slices"
	"time"
)

// refund is money or goods given back, or units that will not be shipped.
type refund struct {
	id           int64
	order        *order
	note         string
	at           time.Time
	lines        []*refundLine
	shipping     []*refundShipping
	adjustments  []*adjustment
	transactions []*transaction
}

func (r *refund) gid() string { return gid("Refund", r.id) }

type refundLine struct {
	id       int64
	refund   *refund
	line     *line
	quantity int
	restock  string
	loc      *location
	subtotal bag
	tax      bag
}

type refundShipping struct {
	id            int64
	line          *shippingLine
	subtotal, tax bag
}

func (r *refundShipping) gid() string { return gid("RefundShippingLine", r.id) }

type adjustment struct {
	id     int64
	order  *order
	reason string
	amount bag
}

func (a *adjustment) gid() string { return gid("OrderAdjustment", a.id) }

// ret is a return of goods.
type ret struct {
	id       int64
	order    *order
	name     string
	status   string
	quantity int
	at       time.Time
}

func (r *ret) gid() string { return gid("Return", r.id) }

// How units leave an order.
const (
	RestockCancel = "CANCEL"     // not yet fulfilled, back into stock
	RestockReturn = "RETURN"     // fulfilled, came back into stock
	NoRestock     = "NO_RESTOCK" // stock is not touched
)

// NewRefund is what the seller gives back.
type NewRefund struct {
	Lines []RefundedLine
	// Shipping refunds all that is left of the shipping.
	Shipping bool
	// Amount in the buyer's currency; "" means what the lines and shipping
	// cost. Another amount leaves a discrepancy.
	Amount string
	Note   string
	// Keep pays nothing back: the units only leave the order.
	Keep bool
}

// RefundedLine is units of a line that leave the order.
type RefundedLine struct {
	Line     string // the line's id, or its SKU
	Quantity int
	Restock  string // "" means NoRestock
	Location string // where it is put back; "" means where it was taken
}

// Refund takes units off an order and pays back. Units not yet fulfilled go
// first.
func (f *Fake) Refund(order string, n NewRefund) error {
	defer f.lock()()
	o, err := f.order(order)
	if err != nil {
		return err
	}
	_, err = f.refund(o, n)
	return err
}

func (f *Fake) refund(o *order, n NewRefund) (*refund, error) {
	type take struct {
		l   *line
		loc *location
		rl  RefundedLine
	}
	var takes []take
	asked := map[*line]int{}
	for _, rl := range n.Lines {
		l, err := o.lineNamed(rl.Line)
		if err != nil {
			return nil, err
		}
		asked[l] += rl.Quantity
		switch {
		case rl.Quantity <= 0 || asked[l] > l.current():
			return nil, fmt.Errorf("%w: %d of %d units", ErrState, rl.Quantity, l.current())
		case rl.Restock == RestockCancel && asked[l] > l.open():
			return nil, fmt.Errorf("%w: %d of %d unfulfilled units", ErrState, rl.Quantity, l.open())
		}
		var loc *location
		if rl.Location != "" {
			if loc, err = f.location(rl.Location); err != nil {
				return nil, err
			}
		}
		takes = append(takes, take{l, loc, rl})
	}
	var amount *int64
	if n.Amount != "" {
		buyer, err := minor(n.Amount, o.buyerCurrency)
		if err != nil {
			return nil, err
		}
		amount = &buyer
	}
	r := register(f, &refund{id: f.ids.next(), order: o, note: n.Note, at: f.now()})
	var due bag
	for _, t := range takes {
		due = due.add(f.refundUnits(r, t.l, t.rl.Quantity, or(t.rl.Restock, NoRestock), t.loc))
	}
	if n.Shipping {
		for _, s := range o.shipping {
			left := s.discounted().sub(s.refunded)
			if left == (bag{}) {
				continue
			}
			tax := s.taxLeft()
			s.refunded = s.discounted()
			r.shipping = append(r.shipping, register(f, &refundShipping{id: f.ids.next(), line: s, subtotal: left, tax: tax}))
			due = due.add(left)
			if !o.taxesIncluded {
				due = due.add(tax)
			}
		}
	}
	pay := due
	if amount != nil {
		pay = bag{*amount, *amount}
		if due.buyer != 0 {
			pay.shop = divide(due.shop**amount, due.buyer)
		} else if t := o.total(); t.buyer != 0 {
			pay.shop = divide(t.shop**amount, t.buyer)
		}
	}
	f.payBack(r, pay, due, n.Keep)
	f.finishRefund(r)
	return r, nil
}

func (o *order) lineNamed(ref string) (*line, error) {
	if l := o.line(ref); l != nil {
		return l, nil
	}
	for _, l := range o.lines {
		if l.hasSKU && l.sku == ref {
			return l, nil
		}
	}
	return nil, unknown("line", ref)
}

// refundUnits takes units off a line and returns what they cost.
func (f *Fake) refundUnits(r *refund, l *line, n int, restock string, loc *location) bag {
	o := l.order
	sub := l.share(l.afterDiscounts(), l.removed, l.removed+n)
	tax := l.share(l.tax(), l.removed, l.removed+n)
	duty := l.share(l.duty(), l.removed, l.removed+n)
	unfulfilled := min(n, l.open())
	if restock == RestockReturn {
		unfulfilled = max(0, n-l.fulfilledHere())
	}
	from := f.unship(l, unfulfilled, restock == RestockCancel, loc)
	back := loc
	if back == nil {
		back = from
	}
	if restock == RestockReturn {
		if back == nil {
			back = l.fulfilledAt()
		}
		if back != nil && l.variant != nil && l.variant.item.tracked && !l.variant.deleted {
			f.shift(f.levelAt(l.variant.item, back), available, n-unfulfilled)
		}
	}
	l.removed += n
	rl := &refundLine{id: f.ids.next(), refund: r, line: l, quantity: n, restock: restock, subtotal: sub, tax: tax}
	if restock != NoRestock {
		rl.loc = back
	}
	r.lines = append(r.lines, rl)
	cost := sub.add(duty)
	if !o.taxesIncluded {
		cost = cost.add(tax)
	}
	return cost
}

// fulfilledHere is how many fulfilled units of the line are still with the
// buyer.
func (l *line) fulfilledHere() int { return l.fulfilled - (l.removed - l.removedOpen) }

// fulfilledAt is where the line was last fulfilled from.
func (l *line) fulfilledAt() *location {
	for _, fu := range slices.Backward(l.order.fulfilments) {
		for _, fl := range fu.lines {
			if fl.line == l && fu.status != "CANCELLED" {
				return fu.loc
			}
		}
	}
	return nil
}

// unship takes n unfulfilled units of a line off its fulfilment orders, last
// ones first, and says where they were. Stock comes back if restock says so;
// else the goods are written off.
func (f *Fake) unship(l *line, n int, restock bool, to *location) *location {
	var from *location
	l.removedOpen += n
	for _, fo := range slices.Backward(slices.Clone(l.order.fos)) {
		for _, fl := range fo.lines {
			if n == 0 {
				break
			}
			if fl.line != l || fl.remaining == 0 || !fo.open() {
				continue
			}
			k := min(n, fl.remaining)
			n -= k
			fl.remaining -= k
			fl.total -= k
			from = fo.loc
			f.uncommit(l, fo.loc, k, restock, to)
			f.foChanged(fo)
			if fo.remaining() == 0 {
				f.closeFO(fo)
			}
		}
	}
	return from
}

// uncommit lets committed units go: back to available, or out of the shop.
func (f *Fake) uncommit(l *line, loc *location, n int, restock bool, to *location) {
	if l.variant == nil || !l.variant.item.tracked || l.variant.deleted {
		return
	}
	f.shift(f.levelAt(l.variant.item, loc), committed, -n)
	if !restock {
		return
	}
	if to == nil {
		to = loc
	}
	f.shift(f.levelAt(l.variant.item, to), available, n)
}

func (f *Fake) payBack(r *refund, pay, due bag, keep bool) {
	o := r.order
	if most := o.net(); pay.buyer > most.buyer {
		pay = most
	}
	if keep || pay.buyer <= 0 && pay.shop <= 0 {
		return
	}
	var parent *transaction
	for _, t := range o.transactions {
		if t.kind == "SALE" || t.kind == "CAPTURE" {
			parent = t
		}
	}
	if parent == nil {
		return
	}
	t := f.transact(o, "REFUND", pay, parent, f.now())
	r.transactions = append(r.transactions, t)
	if diff := due.sub(pay); diff.buyer != 0 {
		r.adjustments = append(r.adjustments, register(f, &adjustment{id: f.ids.next(), order: o, reason: "REFUND_DISCREPANCY", amount: diff}))
	}
}

func (f *Fake) finishRefund(r *refund) {
	o := r.order
	o.refunds = append(o.refunds, r)
	o.agreements = append(o.agreements, &agreement{id: f.ids.next(), order: o, reason: "REFUND", at: f.now(), refund: r})
	if slices.ContainsFunc(r.lines, func(l *refundLine) bool { return l.restock == RestockReturn }) {
		n := 0
		for _, l := range r.lines {
			n += l.quantity
		}
		o.returns = append(o.returns, register(f, &ret{
			id: f.ids.next(), order: o, name: fmt.Sprintf("%s-R%d", o.name, len(o.returns)+1), status: "CLOSED", quantity: n, at: f.now(),
		}))
	}
	f.archive(o)
	f.emit("refunds/create", r)
	f.touch(o)
}

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
