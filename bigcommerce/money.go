package bigcommerce

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// money reads an amount. BigCommerce prints 361.9500 for 361.95: zeros behind
// the minor unit are dropped.
func (n *normalizer) money(d store.Dec) (channel.Money, error) {
	s := string(d)
	if s == "" {
		return channel.Zero(n.cur), nil
	}
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		keep := dot + 1 + n.cur.MinorDigits()
		for len(s) > keep && s[len(s)-1] == '0' {
			s = s[:len(s)-1]
		}
		s = strings.TrimSuffix(s, ".")
	}
	return channel.ParseMoney(s, n.cur)
}

// pick returns the one of two amounts that the order's prices are in.
func (n *normalizer) pick(ex, inc store.Dec) (channel.Money, error) {
	if n.w.TaxInclusive {
		return n.money(inc)
	}
	return n.money(ex)
}

// charge adds a charge unless it is nothing.
func (n *normalizer) charge(o *channel.Order, kind channel.ChargeType, raw, title string, ex, inc, tax store.Dec) error {
	m, err := n.pick(ex, inc)
	if err != nil || m.IsZero() {
		return err
	}
	c := channel.Charge{
		Type: channel.Coded[channel.ChargeType]{Value: kind, Raw: raw}, Title: title, Total: channel.Same(m),
	}
	if m, err = n.money(tax); err != nil {
		return err
	}
	if !m.IsZero() {
		c.Taxes = []channel.Tax{{Total: channel.Same(m)}}
	}
	o.Charges = append(o.Charges, c)
	return nil
}

// totals sums the lines and charges and sets them against BigCommerce's own
// total.
func (n *normalizer) totals(o *channel.Order) error {
	w, t := n.w, &o.Totals
	if err := n.charge(o, channel.ChargeShipping, "shipping", o.Service, w.ShippingExTax, w.ShippingIncTax, w.ShippingTax); err != nil {
		return err
	}
	if err := n.charge(o, channel.ChargeHandling, "handling", "", w.HandlingExTax, w.HandlingIncTax, w.HandlingTax); err != nil {
		return err
	}
	if err := n.charge(o, channel.ChargeGiftWrap, "wrapping", "", w.WrappingExTax, w.WrappingIncTax, w.WrappingTax); err != nil {
		return err
	}
	for i := range w.Fees {
		f := &w.Fees[i]
		if err := n.charge(o, channel.ChargeFee, string(f.Type), string(f.Customer), f.CostExTax, f.CostIncTax, f.CostTax); err != nil {
			return err
		}
	}
	lines, charges, allotted := channel.Zero(n.cur), channel.Zero(n.cur), channel.Zero(n.cur)
	var err error
	for i := range o.Lines {
		if lines, err = lines.Add(o.Lines[i].Total.Shop); err != nil {
			return err
		}
		if allotted, err = allotted.Add(o.Lines[i].Discount.Shop); err != nil {
			return err
		}
	}
	for i := range o.Charges {
		if charges, err = charges.Add(o.Charges[i].Total.Shop); err != nil {
			return err
		}
	}
	tax, err := n.money(w.TotalTax)
	if err != nil {
		return err
	}
	total, err := n.money(w.TotalIncTax)
	if err != nil {
		return err
	}
	if err := n.discounts(o, allotted); err != nil {
		return err
	}
	t.Lines, t.Charges, t.Tax, t.Total = channel.Same(lines), channel.Same(charges), channel.Same(tax), channel.Same(total)
	t.Rounding = channel.Same(channel.Zero(n.cur))
	if !tax.IsZero() {
		o.Taxes = []channel.Tax{{Total: channel.Same(tax)}}
	}
	if err := t.Reconcile(o.TaxIncluded); err != nil {
		return err
	}
	return n.round(o)
}

// discounts sums what was taken off by its reason. What BigCommerce took off
// the order and allotted to no line is told apart, and is left over.
func (n *normalizer) discounts(o *channel.Order, allotted channel.Money) error {
	for i := range o.Lines {
		for _, d := range o.Lines[i].Discounts {
			k := slices.IndexFunc(o.Discounts, func(x channel.Discount) bool { return x.Code == d.Code && x.Title == d.Title })
			if k < 0 {
				o.Discounts = append(o.Discounts, d)
				continue
			}
			sum, err := o.Discounts[k].Total.Add(d.Total)
			if err != nil {
				return err
			}
			o.Discounts[k].Total = sum
		}
	}
	manual, err := n.money(n.w.DiscountAmount)
	if err != nil {
		return err
	}
	coupons, err := n.money(n.w.CouponDiscount)
	if err != nil {
		return err
	}
	all, err := manual.Add(coupons)
	if err != nil {
		return err
	}
	o.Totals.Discount = channel.Same(all)
	rest, err := all.Sub(allotted)
	if err != nil {
		return err
	}
	if rest.Sign() > 0 {
		o.Discounts = append(o.Discounts, channel.Discount{Title: "not allotted to lines", Total: channel.Same(rest)})
	}
	return nil
}

// round takes a residual of at most one minor unit for rounding: totals have
// the minor unit's scale, the amounts they are made of have four digits.
func (n *normalizer) round(o *channel.Order) error {
	left := o.Totals.Residual.Shop
	if left.IsZero() {
		return nil
	}
	unit, err := channel.MinorMoney(1, n.cur)
	if err != nil {
		return err
	}
	size := left
	if size.Sign() < 0 {
		size = size.Neg()
	}
	if d, err := size.Cmp(unit); err != nil || d > 0 {
		return err
	}
	o.Totals.Rounding = channel.Same(left)
	return o.Totals.Reconcile(o.TaxIncluded)
}

// orderRefunds crosses refunds over. A refunded product comes with its units
// and seldom with an amount, so what lines got is known only where one line is
// all that is left to have got it.
func (n *normalizer) orderRefunds(o *channel.Order) error {
	known := map[channel.LineID]bool{}
	for i := range o.Lines {
		known[o.Lines[i].ID] = true
	}
	sum := channel.Zero(n.cur)
	for i := range n.refunds {
		w := &n.refunds[i]
		total, err := n.money(w.TotalAmount)
		if err != nil {
			return err
		}
		r := channel.Refund{
			ID: channel.RefundID(w.ID.String()), At: w.Created.Time, Total: channel.Same(total), Note: string(w.Reason),
		}
		if slices.ContainsFunc(w.Payments, func(p store.RefundPayment) bool { return bool(p.Declined) }) {
			r.Status = "payment declined"
		}
		other, unknown := channel.Zero(n.cur), 0
		for _, it := range w.Items {
			m, err := n.money(it.Amount)
			if err != nil {
				return err
			}
			id := channel.LineID(it.ItemID.String())
			if it.Type != "PRODUCT" || !known[id] {
				if other, err = other.Add(m); err != nil {
					return err
				}
				continue
			}
			l := channel.RefundLine{Line: id, Quantity: max(0, int64(it.Units)), Restock: channel.RestockUnknown}
			if it.Amount != "" {
				l.Total = channel.Same(m)
			} else {
				unknown++
			}
			r.Lines = append(r.Lines, l)
		}
		if unknown == 1 {
			if err := rest(&r, total, other); err != nil {
				return err
			}
		}
		if !other.IsZero() {
			r.Other = channel.Same(other)
		}
		if sum, err = sum.Add(total); err != nil {
			return err
		}
		o.Refunds = append(o.Refunds, r)
	}
	o.Totals.Refunded = channel.Same(sum)
	return nil
}

// rest gives the one line without an amount what the others leave.
func rest(r *channel.Refund, total, other channel.Money) error {
	left, err := total.Sub(other)
	if err != nil {
		return err
	}
	at := -1
	for i := range r.Lines {
		if (r.Lines[i].Total == channel.Amount{}) {
			at = i
			continue
		}
		if left, err = left.Sub(r.Lines[i].Total.Shop); err != nil {
			return err
		}
	}
	if at >= 0 && left.Sign() >= 0 {
		r.Lines[at].Total = channel.Same(left)
	}
	return nil
}
