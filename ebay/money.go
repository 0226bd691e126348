package ebay

import (
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
)

// sums are what all lines have together.
type sums struct {
	goods, discount                      channel.Amount
	shipping, shippingDiscount, handling channel.Amount
	collected, included                  channel.Amount // tax that eBay collects, and as much of it as totals contain
}

// amount reads an amount. Every one is in the order's currency, or the record is
// not to be believed; the buyer's is kept where the order has one.
func (n *normalizer) amount(w sell.Money) (channel.Amount, error) {
	var a channel.Amount
	if w.Value == "" {
		a.Shop = channel.Zero(n.cur)
		if n.from != "" {
			a.Buyer = channel.Zero(n.from)
		}
		return a, nil
	}
	var err error
	if a.Shop, err = channel.ParseMoney(string(w.Value), channel.Currency(w.Currency)); err != nil || n.from == "" {
		return a, err
	}
	switch {
	case w.FromCurrency != "":
		a.Buyer, err = channel.ParseMoney(string(w.FromValue), channel.Currency(w.FromCurrency))
	case a.Shop.IsZero():
		a.Buyer = channel.Zero(n.from)
	}
	return a, err
}

// negative turns an amount around.
func negative(a channel.Amount) channel.Amount {
	return channel.Amount{Shop: a.Shop.Neg(), Buyer: a.Buyer.Neg()}
}

// absolute is an amount's size: discounts are below zero in sums, and above in
// lines.
func absolute(a channel.Amount) channel.Amount {
	if a.Shop.Sign() < 0 {
		return negative(a)
	}
	return a
}

// adder adds up and keeps the first error.
type adder struct{ err error }

func (x *adder) add(to *channel.Amount, a channel.Amount) {
	if x.err == nil {
		*to, x.err = to.Add(a)
	}
}

func (x *adder) take(from *channel.Amount, a channel.Amount) {
	if x.err == nil {
		*from, x.err = from.Sub(a)
	}
}

func (x *adder) read(n *normalizer, w sell.Money) channel.Amount {
	a, err := n.amount(w)
	if x.err == nil {
		x.err = err
	}
	return a
}

// lineMoney crosses a line's amounts over and adds them to the order's sums.
func (n *normalizer) lineMoney(l *channel.Line, w *sell.Line) error {
	var x adder
	goods := x.read(n, w.Cost)
	total := goods
	if w.Discounted.Value != "" {
		total = x.read(n, w.Discounted)
	}
	off := goods
	x.take(&off, total)
	if x.err != nil {
		return x.err
	}
	l.Discount, l.Total = off, total
	if w.Quantity > 0 {
		l.Price = channel.Amount{Shop: unitPrice(goods.Shop, w.Quantity)}
		if n.from != "" {
			l.Price.Buyer = unitPrice(goods.Buyer, w.Quantity)
		}
	}
	for i := range w.Promotions {
		p := &w.Promotions[i]
		l.Discounts = append(l.Discounts, channel.Discount{Code: p.ID, Title: p.Description, Total: absolute(x.read(n, p.Discount))})
	}
	n.taxes(&x, l, w)
	x.add(&n.sums.goods, goods)
	x.add(&n.sums.discount, off)
	x.add(&n.sums.shipping, x.read(n, w.Delivery.Shipping))
	x.add(&n.sums.shippingDiscount, absolute(x.read(n, w.Delivery.Discount)))
	x.add(&n.sums.handling, x.read(n, w.Delivery.Handling))
	n.refunded(&x, l, w)
	return x.err
}

// unitPrice is what one of so many costs, where that is an amount.
func unitPrice(m channel.Money, quantity int64) channel.Money {
	if quantity == 1 {
		return m
	}
	minor, err := m.Minor()
	if err != nil || minor%quantity != 0 {
		return channel.Money{}
	}
	each, err := channel.MinorMoney(minor/quantity, m.Currency())
	if err != nil {
		return channel.Money{}
	}
	return each
}

// taxes tells the seller's own tax from the one that eBay collects and remits.
// The latter is among the former, and in the totals, where both name it: the
// schema of LineItem.total.
func (n *normalizer) taxes(x *adder, l *channel.Line, w *sell.Line) {
	listed := make([]bool, len(w.Taxes))
	for i := range w.Collected {
		c := &w.Collected[i]
		a := x.read(n, c.Amount)
		l.Taxes = append(l.Taxes, channel.Tax{Title: c.Type, Total: a, Marketplace: true})
		x.add(&n.sums.collected, a)
		for k := range w.Taxes {
			t := &w.Taxes[k]
			if !listed[k] && (t.Type == c.Type || t.Type == "") && x.read(n, t.Amount).Shop.Equal(a.Shop) {
				listed[k] = true
				x.add(&n.sums.included, a)
				break
			}
		}
	}
	for k := range w.Taxes {
		if a := x.read(n, w.Taxes[k].Amount); !listed[k] && !a.Shop.IsZero() {
			l.Taxes = append(l.Taxes, channel.Tax{Title: w.Taxes[k].Type, Total: a})
		}
	}
}

// refunded takes units of a line off that the seller gave all the money back
// for, before they were sent. eBay refunds money and names no units.
func (n *normalizer) refunded(x *adder, l *channel.Line, w *sell.Line) {
	whole := n.w.Payment == fullyRefunds
	if !whole && len(w.Refunds) > 0 {
		var back, paid channel.Amount
		for i := range w.Refunds {
			x.add(&back, x.read(n, w.Refunds[i].Amount))
		}
		x.add(&paid, l.Total)
		x.add(&paid, x.read(n, w.Delivery.Shipping))
		x.take(&paid, absolute(x.read(n, w.Delivery.Discount)))
		less, err := back.Shop.Cmp(paid.Shop)
		whole = err == nil && less >= 0 && paid.Shop.Sign() > 0
	}
	if rest := l.Ordered - l.Cancelled; whole && rest > 0 {
		l.Refunded = rest
		l.Unshipped = max(0, rest-l.Shipped)
		l.Loose = l.Cancelled + l.Unshipped
	}
}

// refunds are of the whole order, or of lines. Amounts are the seller's part: tax
// that eBay collected is given back beside them.
func (n *normalizer) refunds(o *channel.Order) error {
	var x adder
	at := map[string]int{}
	for i := range n.w.Payments.Refunds {
		w := &n.w.Payments.Refunds[i]
		a := x.read(n, w.Amount)
		at[w.ID] = len(o.Refunds)
		o.Refunds = append(o.Refunds, channel.Refund{
			ID: channel.RefundID(w.ID), At: w.Date.Time, Total: a, Other: a, Status: w.Status,
		})
	}
	for i := range n.w.Lines {
		l := &n.w.Lines[i]
		for k := range l.Refunds {
			w := &l.Refunds[k]
			a := x.read(n, w.Amount)
			j, known := at[w.ID]
			if !known {
				j = len(o.Refunds)
				at[w.ID] = j
				o.Refunds = append(o.Refunds, channel.Refund{ID: channel.RefundID(w.ID), At: w.Date.Time})
			}
			r := &o.Refunds[j]
			if known && (r.Other != channel.Amount{}) {
				x.take(&r.Other, a)
			} else {
				x.add(&r.Total, a)
			}
			line := channel.RefundLine{Line: channel.LineID(l.ID), Total: a}
			if n.w.Payment == fullyRefunds || o.Lines[i].Refunded > 0 {
				line.Quantity = o.Lines[i].Refunded
				if slicesHas(o.Refunds, line.Line) {
					line.Quantity = 0
				}
			}
			r.Lines = append(r.Lines, line)
		}
	}
	for i := range o.Refunds {
		x.add(&o.Totals.Refunded, o.Refunds[i].Total)
	}
	return x.err
}

// slicesHas reports whether units of a line are among the refunds already.
func slicesHas(refunds []channel.Refund, line channel.LineID) bool {
	for i := range refunds {
		for k := range refunds[i].Lines {
			if l := &refunds[i].Lines[k]; l.Line == line && l.Quantity > 0 {
				return true
			}
		}
	}
	return false
}

// totals are the order's sums, without the tax that eBay collects and remits,
// which the buyer pays beside them.
func (n *normalizer) totals(o *channel.Order) error {
	var x adder
	s := &n.sums
	t := &o.Totals
	zero := x.read(n, sell.Money{})
	charge := func(kind channel.ChargeType, title string, gross, discount channel.Amount) {
		if gross.Shop.IsZero() && discount.Shop.IsZero() {
			return
		}
		c := channel.Charge{Type: channel.Coded[channel.ChargeType]{Value: kind, Raw: title}, Total: gross}
		x.take(&c.Total, discount)
		if !discount.Shop.IsZero() {
			c.Discount = discount
		}
		o.Charges = append(o.Charges, c)
		x.add(&t.Charges, c.Total)
	}
	t.Charges, t.Lines = zero, zero
	x.add(&t.Lines, s.goods)
	x.take(&t.Lines, s.discount)
	charge(channel.ChargeShipping, "shippingCost", s.shipping, s.shippingDiscount)
	charge(channel.ChargeHandling, "handlingCost", s.handling, zero)
	charge(channel.ChargeFee, "fee", x.read(n, n.w.Pricing.Fee), zero)
	charge(channel.ChargeFee, "adjustment", x.read(n, n.w.Pricing.Adjustment), zero)
	t.Discount = zero
	x.add(&t.Discount, s.discount)
	x.add(&t.Discount, s.shippingDiscount)
	t.Tax = x.read(n, n.w.Pricing.Tax)
	t.Total = x.read(n, n.w.Pricing.Total)
	x.take(&t.Tax, s.included)
	x.take(&t.Total, s.included)
	if (s.collected != channel.Amount{}) {
		t.MarketplaceTax = s.collected
	}
	if x.err != nil {
		return x.err
	}
	if err := t.Reconcile(false); err != nil {
		return err
	}
	if r := t.Residual; n.from != "" && r.Shop.IsZero() && !r.Buyer.IsZero() {
		// Each amount was converted and rounded by itself.
		t.Rounding = channel.Amount{Shop: channel.Zero(n.cur), Buyer: r.Buyer}
		return t.Reconcile(false)
	}
	return nil
}
