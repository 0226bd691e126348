package main

import (
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// due is what a marketplace should hold of an order in the plan.
type due struct {
	*plan.Order
	refunds  int
	units    map[int]int64 // refunded, by index of the line
	refunded channel.Money
	found    bool
}

// held is what the marketplaces hold, added up.
type held struct {
	lines, refunds       int
	units, refundedUnits int64
	amount, refunded     channel.Money
}

// accounts holds the marketplaces to the plan: each order in it is there once,
// line by line and refund by refund as planned, or was refused, and there are no
// others. Refused may be nothing but what asks for goods that are gone, and of a
// file nothing at all; what the marketplaces hold of one and what was counted
// apart must be its own sums, to the last digit.
func (o *outcome) accounts(sold [][]soldOrder, markets []market, p *plan.Plan, refused map[string]bool) error {
	planned, err := planned(p)
	if err != nil {
		return err
	}
	sum := held{amount: channel.Zero(p.Currency), refunded: channel.Zero(p.Currency)}
	for i, orders := range sold {
		id := markets[i].channel()
		for _, s := range orders {
			if err := sum.add(s); err != nil {
				return fmt.Errorf("%s order %s: %w", id, s.id, err)
			}
			d := planned[s.number]
			switch {
			case d == nil:
				o.unaccount("%s order %s, %q, is in no plan", id, s.id, s.number)
				continue
			case d.found:
				o.unaccount("%s order %s is order %s of the plan once more", id, s.id, s.number)
			case d.Channel != i:
				o.unaccount("%s order %s is order %s of the plan, on another marketplace than planned", id, s.id, s.number)
			default:
				if why := d.differs(s, p.Currency); why != "" {
					o.unaccount("%s order %s is not order %s as planned: %s", id, s.id, s.number, why)
				}
			}
			d.found = true
		}
	}
	for _, s := range p.Steps {
		if s.Order == nil || planned[s.Order.Number].found {
			continue
		}
		id := markets[s.Order.Channel].channel()
		switch {
		case !refused[s.Order.Number]:
			o.unaccount("%s has no order for %s of the plan, and refused none", id, s.Order.Number)
		case p.File == nil && !s.Order.Tries:
			o.unaccount("%s refused order %s: it showed too little", id, s.Order.Number)
		case p.File != nil:
			o.unaccount("%s refused order %s of the file: it showed too little; what is refunded of it is lost too", id, s.Order.Number)
		}
	}
	if p.File == nil {
		return nil
	}
	return o.fileSums(&sum, p)
}

func (o *outcome) unaccount(format string, args ...any) {
	o.unaccounted++
	o.note(format, args...)
}

// planned gathers a plan by order.
func planned(p *plan.Plan) (map[string]*due, error) {
	all := map[string]*due{}
	for _, s := range p.Steps {
		switch {
		case s.Order != nil:
			all[s.Order.Number] = &due{Order: s.Order, units: map[int]int64{}, refunded: channel.Zero(p.Currency)}
		case s.Refund != nil:
			r := s.Refund
			d := all[r.Order]
			if d == nil {
				return nil, fmt.Errorf("plan: refund %s of order %s, which is not placed before", r.Number, r.Order)
			}
			d.refunds++
			d.units[r.Line] += r.Quantity
			price, err := channel.ParseMoney(r.Price, p.Currency)
			if err != nil {
				return nil, err
			}
			if err := addTo(&d.refunded, price, r.Quantity); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// differs says how an order is not as planned, "" when it is.
func (d *due) differs(s soldOrder, c channel.Currency) string {
	if len(s.lines) != len(d.Lines) {
		return fmt.Sprintf("%d lines, planned %d", len(s.lines), len(d.Lines))
	}
	for i, l := range s.lines {
		want := d.Lines[i]
		switch {
		case l.ships == want.Service:
			return fmt.Sprintf("line %d: to be shipped %t", i, l.ships)
		case l.ships && l.sku != want.SKU:
			return fmt.Sprintf("line %d is %q, planned %q", i, l.sku, want.SKU)
		case l.quantity != want.Quantity:
			return fmt.Sprintf("line %d: %d units, planned %d", i, l.quantity, want.Quantity)
		case !l.price.Equal(known(channel.ParseMoney(want.Price, c))):
			return fmt.Sprintf("line %d: price %s, planned %s", i, l.price, want.Price)
		case l.cancelled+l.returned != d.units[i]:
			return fmt.Sprintf("line %d: %d units given back, planned %d", i, l.cancelled+l.returned, d.units[i])
		}
	}
	switch {
	case len(s.refunds) != d.refunds:
		return fmt.Sprintf("%d refunds, planned %d", len(s.refunds), d.refunds)
	case !s.refunded.Equal(d.refunded):
		return fmt.Sprintf("%s refunded, planned %s", s.refunded, d.refunded)
	}
	return ""
}

func (h *held) add(s soldOrder) error {
	for _, l := range s.lines {
		h.lines++
		h.units += l.quantity
		if err := addTo(&h.amount, l.price, l.quantity); err != nil {
			return err
		}
	}
	for _, r := range s.refunds {
		h.refunds++
		for _, n := range r.units {
			h.refundedUnits += n
		}
		if err := addTo(&h.refunded, r.total, 1); err != nil {
			return err
		}
	}
	return nil
}

// addTo adds price × n to sum.
func addTo(sum *channel.Money, price channel.Money, n int64) error {
	amount, err := price.MulInt(n)
	if err != nil {
		return err
	}
	*sum, err = sum.Add(amount)
	return err
}

// fileSums holds what the marketplaces hold, and what was counted apart, to
// the file.
func (o *outcome) fileSums(sum *held, p *plan.Plan) error {
	a, f := &p.Apart, p.File
	back, err := a.GivenBack(sum.refunded)
	if err != nil {
		return err
	}
	net, err := channel.SumMoney(sum.amount, back.Neg(), a.AdjustmentAmount)
	if err != nil {
		return err
	}
	units, amount, err := f.Net()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what       string
		have, want int64
	}{
		{"orders and write-offs", int64(o.orders + a.WriteOffs), int64(f.Orders.Invoices)},
		{"cancellations", int64(a.Cancellations), int64(f.Cancellations.Invoices)},
		{"adjustments", int64(a.Adjustments), int64(f.Adjustments.Invoices)},
		{"lines of orders and write-offs", int64(sum.lines + a.WriteOffLines), int64(f.Orders.Lines)},
		{"units of orders and write-offs", sum.units - a.WriteOffUnits, f.Orders.Units},
		{"units cancelled", sum.refundedUnits + a.UnmatchedUnits, -f.Cancellations.Units},
		{"units in all", sum.units - a.WriteOffUnits - sum.refundedUnits - a.UnmatchedUnits + a.AdjustmentUnits, units},
	} {
		if c.have != c.want {
			o.unaccount("%s: the marketplaces' and those counted apart are %d, the file has %d", c.what, c.have, c.want)
		}
	}
	for _, c := range []struct {
		what       string
		have, want channel.Money
	}{
		{"orders", sum.amount, f.Orders.Amount},
		{"cancellations", back.Neg(), f.Cancellations.Amount},
		{"adjustments", a.AdjustmentAmount, f.Adjustments.Amount},
		{"everything", net, amount},
	} {
		// A file without any of a kind has no amount of them in any currency.
		if diff, err := c.have.Sub(c.want); err != nil || !diff.IsZero() {
			o.unaccount("amount of %s: the marketplaces' and that counted apart is %s, the file's is %s", c.what, c.have, c.want)
		}
	}
	return nil
}
