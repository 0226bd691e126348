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
