package shopifytest

import "time"

func refundFields(t resolverTable) {
	typed(t, "Refund", fields[*refund]{
		"id":               func(_ *run, r *refund, _ args) any { return r.gid() },
		"legacyResourceId": func(_ *run, r *refund, _ args) any { return legacy(r.id) },
		"createdAt":        func(_ *run, r *refund, _ args) any { return r.at },
		"processedAt":      func(_ *run, r *refund, _ args) any { return r.at },
		"updatedAt":        func(_ *run, r *refund, _ args) any { return r.at },
		"note":             func(_ *run, r *refund, _ args) any { return opt(r.note) },
		"order":            func(_ *run, r *refund, _ args) any { return r.order },
		"return":           func(*run, *refund, args) any { return nil },
		"totalRefundedSet": func(_ *run, r *refund, _ args) any { return r.order.bag(r.total()) },
		"totalRefunded":    func(_ *run, r *refund, _ args) any { return money{r.total().shop, r.order.currency} },
		"refundLineItems": func(x *run, r *refund, a args) any {
			return paged(x, r.lines, a, "refundLineItems", func(l *refundLine) int64 { return l.id })
		},
		"refundShippingLines": func(x *run, r *refund, a args) any {
			return paged(x, r.shipping, a, "refundShippingLines", func(s *refundShipping) int64 { return s.id })
		},
		"orderAdjustments": func(x *run, r *refund, a args) any {
			return paged(x, r.adjustments, a, "orderAdjustments", func(j *adjustment) int64 { return j.id })
		},
		"transactions": func(x *run, r *refund, a args) any {
			return paged(x, r.transactions, a, "transactions", func(t *transaction) int64 { return t.id })
		},
	})
	typed(t, "RefundLineItem", fields[*refundLine]{
		"id":          func(_ *run, l *refundLine, _ args) any { return gid("RefundLineItem", l.id) },
		"lineItem":    func(_ *run, l *refundLine, _ args) any { return l.line },
		"quantity":    func(_ *run, l *refundLine, _ args) any { return l.quantity },
		"restockType": func(_ *run, l *refundLine, _ args) any { return l.restock },
		"restocked":   func(_ *run, l *refundLine, _ args) any { return l.restock != NoRestock },
		"location":    func(_ *run, l *refundLine, _ args) any { return l.loc },
		"priceSet":    func(_ *run, l *refundLine, _ args) any { return l.refund.order.bag(l.line.unit) },
		"price":       func(_ *run, l *refundLine, _ args) any { return fixed(l.line.unit.shop, l.refund.order.currency) },
		"subtotalSet": func(_ *run, l *refundLine, _ args) any { return l.refund.order.bag(l.subtotal) },
		"subtotal":    func(_ *run, l *refundLine, _ args) any { return fixed(l.subtotal.shop, l.refund.order.currency) },
		"totalTaxSet": func(_ *run, l *refundLine, _ args) any { return l.refund.order.bag(l.tax) },
		"totalTax":    func(_ *run, l *refundLine, _ args) any { return fixed(l.tax.shop, l.refund.order.currency) },
	})
	typed(t, "RefundShippingLine", fields[*refundShipping]{
		"id":                func(_ *run, s *refundShipping, _ args) any { return s.gid() },
		"shippingLine":      func(_ *run, s *refundShipping, _ args) any { return s.line },
		"subtotalAmountSet": func(_ *run, s *refundShipping, _ args) any { return s.line.order.bag(s.subtotal) },
		"taxAmountSet":      func(_ *run, s *refundShipping, _ args) any { return s.line.order.bag(s.tax) },
	})
	typed(t, "OrderAdjustment", fields[*adjustment]{
		"id":           func(_ *run, j *adjustment, _ args) any { return j.gid() },
		"reason":       func(_ *run, j *adjustment, _ args) any { return j.reason },
		"amountSet":    func(_ *run, j *adjustment, _ args) any { return j.order.bag(j.amount) },
		"taxAmountSet": func(_ *run, j *adjustment, _ args) any { return j.order.bag(bag{}) },
	})
	typed(t, "Return", fields[*ret]{
		"id":            func(_ *run, r *ret, _ args) any { return r.gid() },
		"name":          func(_ *run, r *ret, _ args) any { return r.name },
		"status":        func(_ *run, r *ret, _ args) any { return r.status },
		"order":         func(_ *run, r *ret, _ args) any { return r.order },
		"totalQuantity": func(_ *run, r *ret, _ args) any { return r.quantity },
		"createdAt":     func(_ *run, r *ret, _ args) any { return r.at },
		"closedAt":      func(_ *run, r *ret, _ args) any { return r.at },
		"refunds": func(x *run, _ *ret, a args) any {
			return paged(x, []*refund(nil), a, "refunds", func(r *refund) int64 { return r.id })
		},
	})
	typed(t, "OrderTransaction", fields[*transaction]{
		"id":                   func(_ *run, t *transaction, _ args) any { return t.gid() },
		"kind":                 func(_ *run, t *transaction, _ args) any { return t.kind },
		"status":               func(_ *run, t *transaction, _ args) any { return t.status },
		"gateway":              func(_ *run, t *transaction, _ args) any { return t.order.gateway },
		"formattedGateway":     func(_ *run, t *transaction, _ args) any { return t.order.gateway },
		"manualPaymentGateway": func(*run, *transaction, args) any { return false },
		"manuallyCapturable": func(_ *run, t *transaction, _ args) any {
			return t.kind == "AUTHORIZATION" && t.order.capturable().buyer > 0
		},
		"test":              func(_ *run, t *transaction, _ args) any { return t.order.test },
		"createdAt":         func(_ *run, t *transaction, _ args) any { return t.at },
		"processedAt":       func(_ *run, t *transaction, _ args) any { return t.at },
		"order":             func(_ *run, t *transaction, _ args) any { return t.order },
		"paymentId":         func(_ *run, t *transaction, _ args) any { return t.order.name + ".1" },
		"errorCode":         func(*run, *transaction, args) any { return nil },
		"parentTransaction": func(_ *run, t *transaction, _ args) any { return t.parent },
		"amountSet":         func(_ *run, t *transaction, _ args) any { return t.order.bag(t.amount) },
		"amount":            func(_ *run, t *transaction, _ args) any { return fixed(t.amount.shop, t.order.currency) },
		"amountV2":          func(_ *run, t *transaction, _ args) any { return money{t.amount.shop, t.order.currency} },
		"totalUnsettledSet": func(_ *run, t *transaction, _ args) any { return t.order.bag(bag{}) },
	})
}

func (r *refund) total() bag {
	var b bag
	for _, t := range r.transactions {
		b = b.add(t.amount)
	}
	return b
}

func refundMutations(m map[string]resolver) {
	m["refundCreate"] = mutation(func(x *run, a args) any {
		in := a.object("input")
		o, ok := find[*order](x.Fake, in.str("orderId"))
		if !ok {
			return refused(userError("", "Order does not exist", "orderId"))
		}
		n := NewRefund{Note: in.str("note"), Shipping: in.object("shipping").boolean("fullRefund"), Keep: true}
		for _, l := range in.objects("refundLineItems") {
			q, _ := l.integer("quantity")
			n.Lines = append(n.Lines, RefundedLine{
				Line: l.str("lineItemId"), Quantity: q, Restock: l.str("restockType"), Location: l.str("locationId"),
			})
		}
		for _, t := range in.objects("transactions") {
			n.Keep, n.Amount = false, t.str("amount")
		}
		r, err := x.refund(o, n)
		if err != nil {
			return refused(userError("", "Refund line item quantity cannot refund more items than were purchased", "refundLineItems"))
		}
		return rec{"order": o, "refund": r, "userErrors": []rec{}}
	})
	m["orderMarkAsPaid"] = mutation(func(x *run, a args) any {
		return x.onOrder(a.object("input").str("id"), x.pay)
	})
	m["orderClose"] = mutation(func(x *run, a args) any {
		return x.onOrder(a.object("input").str("id"), func(o *order) {
			if o.closedAt.IsZero() {
				o.closedAt = x.now()
				x.touch(o)
			}
		})
	})
	m["orderOpen"] = mutation(func(x *run, a args) any {
		return x.onOrder(a.object("input").str("id"), func(o *order) {
			if !o.closedAt.IsZero() {
				o.closedAt = time.Time{}
				x.touch(o)
			}
		})
	})
	m["orderCancel"] = mutation(orderCancel)
}

func (x *run) onOrder(id string, do func(*order)) any {
	o, ok := find[*order](x.Fake, id)
	if !ok {
		return refused(userError("", "Order does not exist", "id"))
	}
	do(o)
	return rec{"order": o, "userErrors": []rec{}}
}

// orderCancel answers a job at once and cancels when the job is done.
func orderCancel(x *run, a args) any {
	fail := func(code, message string, field ...string) any {
		e := userError(code, message, field...)
		return rec{"orderCancelUserErrors": []rec{e}, "userErrors": []rec{e}}
	}
	o, ok := find[*order](x.Fake, a.str("orderId"))
	switch {
	case !ok:
		return fail("NOT_FOUND", "Order does not exist", "orderId")
	case !o.cancelledAt.IsZero():
		return fail("INVALID", "Cannot cancel an order that has already been canceled", "orderId")
	case len(a.str("staffNote")) > 255:
		return fail("INVALID", "Staff note is too long. Maximum length is 255 characters.", "staffNote")
	case a["refund"] != nil && a["refundMethod"] != nil:
		return fail("INVALID", "Only one of the arguments `refund` or `refund_method` is allowed.", "refund")
	}
	pay := a.boolean("refund") || a.object("refundMethod").boolean("originalPaymentMethodsRefund")
	reason, note, restock := a.str("reason"), a.str("staffNote"), a.boolean("restock")
	j := x.newJob()
	j.order = o
	x.later(x.at.Add(x.cfg.JobDelay), func() {
		j.done = true
		if err := x.Fake.cancel(o, reason, note, restock, pay); err != nil {
			j.failed = true
		}
	})
	x.settleDue()
	return rec{"job": j, "jobResult": cancelResult{j}, "orderCancelUserErrors": []rec{}, "userErrors": []rec{}}
}
