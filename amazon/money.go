package amazon

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
)

// The types of proceeds.
const (
	partItem     = "ITEM"
	partShipping = "SHIPPING"
	partGiftWrap = "GIFT_WRAP"
	partTax      = "TAX"
	partDiscount = "DISCOUNT"
	partTip      = "DELIVERY_TIP" // of an order only
)

// chargeTypes are what the types of proceeds beside the goods are for; the rest
// are fees.
var chargeTypes = map[string]channel.ChargeType{
	partShipping: channel.ChargeShipping, partGiftWrap: channel.ChargeGiftWrap, partTip: channel.ChargeTip,
}

// charge is what all lines together have of one type of proceeds beside the
// goods.
type charge struct {
	kind                            string // a type that is new among them
	gross, discount, tax, collected channel.Money
}

// charge returns the sums of a kind, made if there are none.
func (n *normalizer) charge(kind string) *charge {
	for i := range n.charges {
		if n.charges[i].kind == kind {
			return &n.charges[i]
		}
	}
	zero := channel.Zero(n.cur)
	n.charges = append(n.charges, charge{kind, zero, zero, zero, zero})
	return &n.charges[len(n.charges)-1]
}

// money reads an amount.
func (n *normalizer) money(m spapi.Money) (channel.Money, error) {
	if m.Amount == "" {
		return channel.Zero(n.cur), nil
	}
	cur := channel.Currency(m.CurrencyCode)
	if cur != n.cur {
		if cur = channel.Currency(strings.ToUpper(m.CurrencyCode)); cur == "" {
			cur = n.cur
		}
	}
	return channel.ParseMoney(string(m.Amount), cur)
}

func add(to *channel.Money, m channel.Money) (err error) {
	*to, err = to.Add(m)
	return err
}

func take(from *channel.Money, m channel.Money) (err error) {
	*from, err = from.Sub(m)
	return err
}

func absolute(m channel.Money) channel.Money {
	if m.Sign() < 0 {
		return m.Neg()
	}
	return m
}

// lineMoney crosses a line's amounts over, and adds what is beside the goods to
// the order's charges. A line of an order without prices yet has none.
func (n *normalizer) lineMoney(l *channel.Line, w *spapi.Item) error {
	unit := w.Product.Price.Unit
	if unit.Amount == "" && w.Proceeds.Total.Amount == "" && len(w.Proceeds.Breakdowns) == 0 {
		n.promotions(l, w)
		return nil
	}
	price, err := n.money(unit)
	if err != nil {
		return err
	}
	if unit.Amount != "" {
		l.Price = channel.Same(price)
	}
	goods, tax, off, err := n.breakdowns(w)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(w.Proceeds.Breakdowns, func(b spapi.Breakdown) bool { return b.Type == partItem }) {
		if unit.Amount != "" {
			goods, err = price.MulInt(w.Ordered)
		} else if len(w.Proceeds.Breakdowns) == 0 {
			goods, err = n.money(w.Proceeds.Total)
		}
		if err != nil {
			return err
		}
	}
	total, err := goods.Sub(off)
	if err != nil {
		return err
	}
	l.Discount, l.Total = channel.Same(off), channel.Same(total)
	if !tax.IsZero() {
		l.Taxes = []channel.Tax{{Total: channel.Same(tax), Marketplace: collected(w)}}
	}
	n.promotions(l, w)
	return nil
}

// breakdowns sums a line's proceeds: its goods, their tax and their discount.
// Whether a discount is below zero is not documented, so its size is taken.
func (n *normalizer) breakdowns(w *spapi.Item) (goods, tax, off channel.Money, err error) {
	goods = channel.Zero(n.cur)
	tax, off = goods, goods
	byAmazon := collected(w)
	for i := range w.Proceeds.Breakdowns {
		b := &w.Proceeds.Breakdowns[i]
		m, err := n.money(b.Subtotal)
		if err != nil {
			return goods, tax, off, err
		}
		switch b.Type {
		case partItem:
			err = add(&goods, m)
		case partTax:
			if err = n.split(&m, b, func(c *charge, v channel.Money) error {
				if byAmazon {
					if err := add(&c.collected, v); err != nil {
						return err
					}
				}
				return add(&c.tax, v)
			}); err == nil {
				err = add(&tax, m)
			}
			if err == nil && byAmazon {
				err = add(&n.collected, m)
			}
			if err == nil {
				err = add(&n.tax, m)
			}
		case partDiscount:
			m = absolute(m)
			if err = n.split(&m, b, func(c *charge, v channel.Money) error { return add(&c.discount, v) }); err == nil && m.Sign() > 0 {
				err = add(&off, m)
			}
		default:
			err = add(&n.charge(b.Type).gross, m)
		}
		if err != nil {
			return goods, tax, off, err
		}
	}
	return goods, tax, off, nil
}

// split takes off m what a tax or a discount has for other than the goods, and
// gives it to the charges it is for.
func (n *normalizer) split(m *channel.Money, b *spapi.Breakdown, give func(*charge, channel.Money) error) error {
	for i := range b.Details {
		d := &b.Details[i]
		if d.Subtype == partItem || d.Subtype == partDiscount || d.Subtype == "" {
			continue
		}
		v, err := n.money(d.Value)
		if err != nil {
			return err
		}
		if b.Type == partDiscount {
			v = absolute(v)
		}
		if err := take(m, v); err != nil {
			return err
		}
		if err := give(n.charge(d.Subtype), v); err != nil {
			return err
		}
	}
	return nil
}

// collected reports whether Amazon collects and remits a line's tax.
func collected(w *spapi.Item) bool {
	for i := range w.Tax.Collections {
		if w.Tax.Collections[i].Model == facilitator {
			return true
		}
	}
	return false
}

// promotions are told without amounts: where there is one, the line's discount
// is its.
func (n *normalizer) promotions(l *channel.Line, w *spapi.Item) {
	d := channel.Discount{Total: l.Discount}
	switch ids := w.Promotion.Breakdowns; {
	case len(ids) == 1:
		d.Code = ids[0].ID
	case len(ids) > 1:
		names := make([]string, len(ids))
		for i := range ids {
			names[i] = ids[i].ID
		}
		d.Title = strings.Join(names, ", ")
	case l.Discount.Shop.IsZero():
		return
	}
	l.Discounts = []channel.Discount{d}
}

// totals sums the lines and charges and sets them against Amazon's own total.
func (n *normalizer) totals(o *channel.Order) error {
	w := n.w
	if w.Proceeds.GrandTotal.Amount == "" {
		return nil // not yet, or not for us
	}
	o.Parts |= channel.PartTotals
	total, err := n.money(w.Proceeds.GrandTotal)
	if err != nil {
		return err
	}
	rest, err := n.orderProceeds(o)
	if err != nil {
		return err
	}
	if err := n.orderCharges(o); err != nil {
		return err
	}
	lines, charges, off := channel.Zero(n.cur), channel.Zero(n.cur), rest
	for i := range o.Lines {
		l := &o.Lines[i]
		if err := add(&lines, l.Total.Shop); err != nil {
			return err
		}
		if err := add(&off, l.Discount.Shop); err != nil {
			return err
		}
		if err := n.discounts(o, l.Discounts); err != nil {
			return err
		}
	}
	for i := range o.Charges {
		c := &o.Charges[i]
		if err := add(&charges, c.Total.Shop); err != nil {
			return err
		}
		if c.Discount.Shop.IsZero() {
			continue
		}
		if err := add(&off, c.Discount.Shop); err != nil {
			return err
		}
		o.Discounts = append(o.Discounts, channel.Discount{Title: c.Type.Raw, Total: c.Discount})
	}
	if rest.Sign() > 0 {
		o.Discounts = append(o.Discounts, channel.Discount{Title: "not allotted to lines", Total: channel.Same(rest)})
	}
	t := &o.Totals
	t.Lines, t.Charges, t.Discount, t.Total = channel.Same(lines), channel.Same(charges), channel.Same(off), channel.Same(total)
	t.Rounding = channel.Same(channel.Zero(n.cur))
	return n.taxes(o)
}

// orderProceeds takes from the order's own breakdown what its lines do not tell,
// and returns the discount that no line has.
func (n *normalizer) orderProceeds(o *channel.Order) (rest channel.Money, err error) {
	rest = channel.Zero(n.cur)
	for i := range n.w.Proceeds.Breakdowns {
		b := &n.w.Proceeds.Breakdowns[i]
		m, err := n.money(b.Subtotal)
		if err != nil {
			return rest, err
		}
		switch b.Type {
		case partItem:
		case partTax:
			if n.tax.IsZero() && !slices.ContainsFunc(n.charges, func(c charge) bool { return !c.tax.IsZero() }) {
				err = add(&n.tax, m)
			}
		case partDiscount:
			if rest, err = n.unallotted(o, absolute(m)); err != nil {
				return rest, err
			}
		case partTip:
			o.Charges = append(o.Charges, channel.Charge{
				Type: channel.Coded[channel.ChargeType]{Value: channel.ChargeTip, Raw: partTip}, Title: b.Status, Total: channel.Same(m),
			})
		default:
			if c := n.charge(b.Type); c.gross.IsZero() {
				c.gross = m
			}
		}
		if err != nil {
			return rest, err
		}
	}
	return rest, nil
}

func (n *normalizer) unallotted(o *channel.Order, all channel.Money) (channel.Money, error) {
	for i := range o.Lines {
		if err := take(&all, o.Lines[i].Discount.Shop); err != nil {
			return all, err
		}
	}
	for i := range n.charges {
		if err := take(&all, n.charges[i].discount); err != nil {
			return all, err
		}
	}
	if all.Sign() < 0 {
		return channel.Zero(n.cur), nil
	}
	return all, nil
}

func (n *normalizer) orderCharges(o *channel.Order) error {
	for i := range n.charges {
		c := &n.charges[i]
		if err := add(&n.tax, c.tax); err != nil {
			return err
		}
		if err := add(&n.collected, c.collected); err != nil {
			return err
		}
		if c.gross.IsZero() && c.discount.IsZero() && c.tax.IsZero() {
			continue
		}
		total, err := c.gross.Sub(c.discount)
		if err != nil {
			return err
		}
		kind, known := chargeTypes[c.kind]
		if !known {
			kind = channel.ChargeFee
		}
		out := channel.Charge{Type: channel.Coded[channel.ChargeType]{Value: kind, Raw: c.kind}, Total: channel.Same(total)}
		if kind == channel.ChargeShipping {
			out.Title = o.Service
		}
		if !c.discount.IsZero() {
			out.Discount = channel.Same(c.discount)
		}
		own, err := c.tax.Sub(c.collected)
		if err != nil {
			return err
		}
		out.Taxes = taxList(own, c.collected)
		o.Charges = append(o.Charges, out)
	}
	return nil
}

// taxList tells the seller's taxes and those that Amazon collects apart.
func taxList(own, collected channel.Money) (list []channel.Tax) {
	if !own.IsZero() {
		list = append(list, channel.Tax{Total: channel.Same(own)})
	}
	if !collected.IsZero() {
		list = append(list, channel.Tax{Total: channel.Same(collected), Marketplace: true})
	}
	return list
}

// discounts sums what was taken off by its reason.
func (n *normalizer) discounts(o *channel.Order, of []channel.Discount) error {
	for _, d := range of {
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
	return nil
}

// taxes finds out which part tax has in the total, which is not documented: it
// is added to prices, in whole or but for what Amazon collects, or prices
// contain it. What fits nothing is left over.
func (n *normalizer) taxes(o *channel.Order) error {
	t := &o.Totals
	own, err := n.tax.Sub(n.collected)
	if err != nil {
		return err
	}
	o.Taxes = taxList(own, n.collected)
	t.Tax = channel.Same(n.tax)
	if err := t.Reconcile(false); err != nil || t.Residual.Shop.IsZero() || n.tax.IsZero() {
		return err
	}
	whole := t.Residual
	switch missing := t.Residual.Shop.Neg(); {
	case missing.Equal(n.collected):
		t.Tax, t.MarketplaceTax = channel.Same(own), channel.Same(n.collected)
	case missing.Equal(n.tax):
		o.TaxIncluded = true
	default:
		t.Residual = whole
		return nil
	}
	return t.Reconcile(o.TaxIncluded)
}
