package shopifytest

// Amounts that sum up others. "original" is before discounts, "current" after
// everything that was removed or refunded.

func (l *line) originalTotal() bag { return l.unit.times(l.quantity) }

// afterDiscounts is the line's total after every discount.
func (l *line) afterDiscounts() bag {
	b := l.originalTotal()
	for _, a := range l.allocations {
		b = b.sub(a.amount)
	}
	return b
}

// discounted is the line's total after discounts of its own; codes on request.
func (l *line) discounted(codes bool) bag {
	b := l.originalTotal()
	for _, a := range l.allocations {
		code := a.discount.code != ""
		if code && codes || !code && !a.discount.wholeOrder() {
			b = b.sub(a.amount)
		}
	}
	return b
}

func (l *line) discountsOnLine() bag {
	var b bag
	for _, a := range l.allocations {
		if !a.discount.wholeOrder() {
			b = b.add(a.amount)
		}
	}
	return b
}

func (l *line) tax() bag {
	var b bag
	for _, t := range l.taxes {
		b = b.add(t.amount)
	}
	return b
}

func (l *line) duty() bag {
	var b bag
	for _, d := range l.duties {
		b = b.add(d.price)
	}
	return b
}

// share is what the line's first n removed units take of an amount: portions
// of one line always add up to the amount.
func (l *line) share(amount bag, from, to int) bag {
	if l.quantity == 0 {
		return bag{}
	}
	return amount.part(to, l.quantity).sub(amount.part(from, l.quantity))
}

// left is what remains of an amount of the line after removals.
func (l *line) left(amount bag) bag { return amount.sub(l.share(amount, 0, l.removed)) }

func (o *order) sum(of func(*line) bag) bag {
	var b bag
	for _, l := range o.lines {
		b = b.add(of(l))
	}
	return b
}

func (o *order) subtotal() bag { return o.sum((*line).afterDiscounts) }

func (o *order) currentSubtotal() bag {
	return o.sum(func(l *line) bag { return l.left(l.afterDiscounts()) })
}

func (o *order) shippingTotal() bag {
	var b bag
	for _, s := range o.shipping {
		b = b.add(s.discounted())
	}
	return b
}

func (o *order) currentShipping() bag {
	b := o.shippingTotal()
	for _, s := range o.shipping {
		b = b.sub(s.refunded)
	}
	return b
}

func (s *shippingLine) tax() bag {
	var b bag
	for _, t := range s.taxes {
		b = b.add(t.amount)
	}
	return b
}

// taxLeft is the tax on what was not refunded of the shipping.
func (s *shippingLine) taxLeft() bag {
	d := s.discounted()
	if d.buyer == 0 || s.refunded.buyer == 0 {
		return s.tax()
	}
	return s.tax().sub(bag{divide(s.tax().shop*s.refunded.shop, max(d.shop, 1)), divide(s.tax().buyer*s.refunded.buyer, d.buyer)})
}

func (o *order) tax() bag {
	b := o.sum((*line).tax)
	for _, s := range o.shipping {
		b = b.add(s.tax())
	}
	return b
}

func (o *order) currentTax() bag {
	b := o.sum(func(l *line) bag { return l.left(l.tax()) })
	for _, s := range o.shipping {
		b = b.add(s.taxLeft())
	}
	return b
}

func (o *order) duties() bag { return o.sum((*line).duty) }

func (o *order) currentDuties() bag { return o.sum(func(l *line) bag { return l.left(l.duty()) }) }

// total is before returns; tax that prices do not contain comes on top.
func (o *order) total() bag {
	b := o.subtotal().add(o.shippingTotal()).add(o.tip).add(o.duties())
	if !o.taxesIncluded {
		b = b.add(o.tax())
	}
	return b
}

func (o *order) currentTotal() bag {
	b := o.currentSubtotal().add(o.currentShipping()).add(o.tip).add(o.currentDuties())
	if !o.taxesIncluded {
		b = b.add(o.currentTax())
	}
	return b
}

func (o *order) discountTotal() bag {
	b := o.sum(func(l *line) bag { return l.originalTotal().sub(l.afterDiscounts()) })
	for _, s := range o.shipping {
		b = b.add(s.price.sub(s.discounted()))
	}
	return b
}

func (o *order) currentDiscounts() bag {
	b := o.sum(func(l *line) bag { return l.left(l.originalTotal().sub(l.afterDiscounts())) })
	for _, s := range o.shipping {
		b = b.add(s.price.sub(s.discounted()))
	}
	return b
}

// cartDiscounts are the discounts on the order as a whole.
func (o *order) cartDiscounts(left bool) bag {
	return o.sum(func(l *line) bag {
		var b bag
		for _, a := range l.allocations {
			if a.discount.wholeOrder() {
				b = b.add(a.amount)
			}
		}
		if left {
			return l.left(b)
		}
		return b
	})
}

func (o *order) transacted(kinds ...string) bag {
	var b bag
	for _, t := range o.transactions {
		for _, k := range kinds {
			if t.kind == k && t.status == "SUCCESS" {
				b = b.add(t.amount)
			}
		}
	}
	return b
}

func (o *order) received() bag { return o.transacted("SALE", "CAPTURE") }
func (o *order) refunded() bag { return o.transacted("REFUND") }

// capturable is what is authorised and not yet captured.
func (o *order) capturable() bag {
	if o.voided || o.expired {
		return bag{}
	}
	b := o.transacted("AUTHORIZATION")
	if b == (bag{}) {
		return b
	}
	return b.sub(o.transacted("CAPTURE"))
}

func (o *order) net() bag         { return o.received().sub(o.refunded()) }
func (o *order) outstanding() bag { return o.currentTotal().sub(o.net()) }

// financialStatus as the admin displays it.
func (o *order) financialStatus() string {
	got, back := o.received().buyer, o.refunded().buyer
	switch {
	case o.voided:
		return "VOIDED"
	case o.expired:
		return "EXPIRED"
	case back > 0 && back >= got:
		return "REFUNDED"
	case back > 0:
		return "PARTIALLY_REFUNDED"
	case got > 0 && got < o.currentTotal().buyer:
		return "PARTIALLY_PAID"
	case got > 0 || o.total().buyer == 0:
		return "PAID"
	case o.capturable().buyer > 0:
		return "AUTHORIZED"
	}
	return "PENDING"
}

// bag puts the order's currencies to an amount.
func (o *order) bag(b bag) moneyBag {
	return moneyBag{shop: money{b.shop, o.currency}, buyer: money{b.buyer, o.buyerCurrency}}
}
