package shopifytest

import "slices"

func bagOf(get func(*order) bag) func(*run, *order, args) any {
	return func(_ *run, o *order, _ args) any { return o.bag(get(o)) }
}

func orderFields(t resolverTable) {
	typed(t, "Order", fields[*order]{
		"id":                 func(_ *run, o *order, _ args) any { return o.gid() },
		"legacyResourceId":   func(_ *run, o *order, _ args) any { return legacy(o.id) },
		"name":               func(_ *run, o *order, _ args) any { return o.name },
		"number":             func(_ *run, o *order, _ args) any { return o.number },
		"confirmationNumber": func(_ *run, o *order, _ args) any { return o.confirmation },
		"sourceName":         func(_ *run, o *order, _ args) any { return opt(o.source) },
		"sourceIdentifier":   func(_ *run, o *order, _ args) any { return opt(o.sourceRef) },
		"createdAt":          func(_ *run, o *order, _ args) any { return o.createdAt },
		"processedAt":        func(_ *run, o *order, _ args) any { return o.createdAt },
		"updatedAt":          func(_ *run, o *order, _ args) any { return o.updatedAt },
		"cancelledAt":        func(_ *run, o *order, _ args) any { return o.cancelledAt },
		"cancelReason":       func(_ *run, o *order, _ args) any { return opt(o.cancelReason) },
		"cancellation": func(_ *run, o *order, _ args) any {
			if o.cancelledAt.IsZero() {
				return nil
			}
			return rec{"staffNote": opt(o.staffNote)}
		},
		"closedAt":  func(_ *run, o *order, _ args) any { return o.closedAt },
		"closed":    func(_ *run, o *order, _ args) any { return !o.closedAt.IsZero() },
		"confirmed": func(*run, *order, args) any { return true },
		"test":      func(_ *run, o *order, _ args) any { return o.test },
		"edited":    func(_ *run, o *order, _ args) any { return o.edited },

		"displayFinancialStatus":   func(_ *run, o *order, _ args) any { return o.financialStatus() },
		"displayFulfillmentStatus": func(_ *run, o *order, _ args) any { return o.displayStatus() },
		"returnStatus": func(_ *run, o *order, _ args) any {
			if len(o.returns) > 0 {
				return "RETURNED"
			}
			return "NO_RETURN"
		},
		"requiresShipping": func(_ *run, o *order, _ args) any {
			return slices.ContainsFunc(o.lines, func(l *line) bool { return l.shipped })
		},
		"fulfillable": func(_ *run, o *order, _ args) any {
			return slices.ContainsFunc(o.lines, func(l *line) bool { return l.open() > 0 })
		},
		"restockable": func(_ *run, o *order, _ args) any {
			return slices.ContainsFunc(o.lines, func(l *line) bool { return l.variant != nil && l.current() > 0 })
		},
		"refundable":             func(_ *run, o *order, _ args) any { return o.net().buyer > 0 },
		"fullyPaid":              func(_ *run, o *order, _ args) any { return o.outstanding().buyer <= 0 },
		"unpaid":                 func(_ *run, o *order, _ args) any { return o.received().buyer == 0 },
		"capturable":             func(_ *run, o *order, _ args) any { return o.capturable().buyer > 0 },
		"canMarkAsPaid":          func(_ *run, o *order, _ args) any { return o.cancelledAt.IsZero() && o.outstanding().buyer > 0 },
		"merchantEditable":       func(_ *run, o *order, _ args) any { return o.cancelledAt.IsZero() },
		"merchantEditableErrors": func(*run, *order, args) any { return []string{} },

		"email":            func(x *run, o *order, _ args) any { return x.private("Order", o.email) },
		"phone":            func(x *run, o *order, _ args) any { return x.private("Order", o.phone) },
		"note":             func(_ *run, o *order, _ args) any { return opt(o.note) },
		"poNumber":         func(_ *run, o *order, _ args) any { return opt(o.poNumber) },
		"tags":             func(_ *run, o *order, _ args) any { return strs(o.tags) },
		"customerLocale":   func(_ *run, o *order, _ args) any { return opt(o.locale) },
		"customAttributes": func(_ *run, o *order, _ args) any { return attributeRecs(o.attributes) },
		"attribution": func(_ *run, o *order, _ args) any {
			return rec{"handle": or(o.source, "web"), "displayName": "Online Store"}
		},
		"app":                                  func(*run, *order, args) any { return rec{"id": gid("App", 580111), "name": "Online Store"} },
		"customer":                             func(x *run, o *order, _ args) any { return x.person("Customer", o.customer != nil, o.customer) },
		"customerAcceptsMarketing":             func(*run, *order, args) any { return false },
		"shippingAddress":                      func(x *run, o *order, _ args) any { return x.mail(o.address) },
		"displayAddress":                       func(x *run, o *order, _ args) any { return x.mail(o.address) },
		"billingAddress":                       func(x *run, o *order, _ args) any { return x.mail(o.billing) },
		"billingAddressMatchesShippingAddress": func(_ *run, o *order, _ args) any { return o.billing == o.address },

		"taxesIncluded":           func(_ *run, o *order, _ args) any { return o.taxesIncluded },
		"taxExempt":               func(*run, *order, args) any { return false },
		"dutiesIncluded":          func(*run, *order, args) any { return false },
		"estimatedTaxes":          func(*run, *order, args) any { return false },
		"currencyCode":            func(_ *run, o *order, _ args) any { return o.currency },
		"presentmentCurrencyCode": func(_ *run, o *order, _ args) any { return o.buyerCurrency },
		"paymentGatewayNames":     func(_ *run, o *order, _ args) any { return []string{o.gateway} },
		"discountCodes": func(_ *run, o *order, _ args) any {
			return strs(o.codes())
		},
		"discountCode": func(_ *run, o *order, _ args) any {
			if c := o.codes(); len(c) > 0 {
				return c[0]
			}
			return nil
		},
		"subtotalLineItemsQuantity":        func(_ *run, o *order, _ args) any { return o.units((*line).ordered) },
		"currentSubtotalLineItemsQuantity": func(_ *run, o *order, _ args) any { return o.units((*line).current) },
		"totalWeight": func(_ *run, o *order, _ args) any {
			return legacy(int64(o.units(func(l *line) int { return l.grams * l.quantity })))
		},
		"currentTotalWeight": func(_ *run, o *order, _ args) any {
			return legacy(int64(o.units(func(l *line) int { return l.grams * l.current() })))
		},
		"retailLocation":   func(_ *run, o *order, _ args) any { return o.retail },
		"physicalLocation": func(_ *run, o *order, _ args) any { return o.retail },

		"originalTotalPriceSet":          bagOf(func(o *order) bag { return o.original }),
		"totalPriceSet":                  bagOf((*order).total),
		"currentTotalPriceSet":           bagOf((*order).currentTotal),
		"subtotalPriceSet":               bagOf((*order).subtotal),
		"currentSubtotalPriceSet":        bagOf((*order).currentSubtotal),
		"totalDiscountsSet":              bagOf((*order).discountTotal),
		"currentTotalDiscountsSet":       bagOf((*order).currentDiscounts),
		"cartDiscountAmountSet":          bagOf(func(o *order) bag { return o.cartDiscounts(false) }),
		"currentCartDiscountAmountSet":   bagOf(func(o *order) bag { return o.cartDiscounts(true) }),
		"totalShippingPriceSet":          bagOf((*order).shippingTotal),
		"currentShippingPriceSet":        bagOf((*order).currentShipping),
		"totalRefundedShippingSet":       bagOf(func(o *order) bag { return o.shippingTotal().sub(o.currentShipping()) }),
		"totalTaxSet":                    bagOf((*order).tax),
		"currentTotalTaxSet":             bagOf((*order).currentTax),
		"originalTotalDutiesSet":         orNullBag((*order).duties),
		"currentTotalDutiesSet":          orNullBag((*order).currentDuties),
		"originalTotalAdditionalFeesSet": func(*run, *order, args) any { return nil },
		"currentTotalAdditionalFeesSet":  func(*run, *order, args) any { return nil },
		"totalTipReceivedSet":            bagOf(func(o *order) bag { return o.tip }),
		"totalRefundedSet":               bagOf((*order).refunded),
		"totalReceivedSet":               bagOf((*order).received),
		"totalOutstandingSet":            bagOf((*order).outstanding),
		"totalCapturableSet":             bagOf((*order).capturable),
		"netPaymentSet":                  bagOf((*order).net),
		"refundDiscrepancySet": bagOf(func(o *order) bag {
			var b bag
			for _, r := range o.refunds {
				for _, a := range r.adjustments {
					b = b.add(a.amount)
				}
			}
			return b
		}),
		"totalCashRoundingAdjustment": func(_ *run, o *order, _ args) any {
			return rec{"paymentSet": o.bag(bag{}), "refundSet": o.bag(bag{})}
		},
		"cartDiscountAmount": plain(func(o *order) bag { return o.cartDiscounts(false) }),
		"netPayment":         plain((*order).net),
		"subtotalPrice":      plain((*order).subtotal),
		"totalCapturable":    plain((*order).capturable),
		"totalDiscounts":     plain((*order).discountTotal),
		"totalPrice":         plain((*order).total),
		"totalReceived":      plain((*order).received),
		"totalRefunded":      plain((*order).refunded),
		"totalShippingPrice": plain((*order).shippingTotal),
		"totalTax":           plain((*order).tax),
		"totalTipReceived":   func(_ *run, o *order, _ args) any { return money{o.tip.shop, o.currency} },

		"taxLines":        func(_ *run, o *order, _ args) any { return o.taxLines(false) },
		"currentTaxLines": func(_ *run, o *order, _ args) any { return o.taxLines(true) },
		"risk": func(_ *run, o *order, _ args) any {
			level := map[string]string{"ACCEPT": "LOW", "INVESTIGATE": "MEDIUM", "CANCEL": "HIGH"}[o.risk]
			r := rec{"recommendation": o.risk, "assessments": []rec{}}
			if level != "" {
				r["assessments"] = []rec{{"riskLevel": level}}
			}
			return r
		},
		"riskLevel": func(_ *run, o *order, _ args) any {
			return or(map[string]string{"INVESTIGATE": "MEDIUM", "CANCEL": "HIGH"}[o.risk], "LOW")
		},

		"lineItems": func(x *run, o *order, a args) any {
			return paged(x, o.lines, a, "lineItems", func(l *line) int64 { return l.id })
		},
		"nonFulfillableLineItems": func(x *run, o *order, a args) any {
			return paged(x, slices.DeleteFunc(slices.Clone(o.lines), func(l *line) bool { return l.stuck() == 0 }), a, "nonFulfillable",
				func(l *line) int64 { return l.id })
		},
		"shippingLine": func(_ *run, o *order, _ args) any {
			if len(o.shipping) == 0 {
				return nil
			}
			return o.shipping[0]
		},
		"shippingLines": func(x *run, o *order, a args) any {
			return paged(x, o.shipping, a, "shippingLines", func(s *shippingLine) int64 { return s.id })
		},
		"discountApplications": func(x *run, o *order, a args) any {
			return paged(x, o.discounts, a, "discountApplications", func(d *discount) int64 { return int64(d.index) })
		},
		"agreements": func(x *run, o *order, a args) any {
			return paged(x, o.agreements, a, "agreements", func(g *agreement) int64 { return g.id })
		},
		"refunds": func(_ *run, o *order, a args) any { return firstOf(o.refunds, a) },
		"returns": func(x *run, o *order, a args) any {
			return paged(x, o.returns, a, "returns", func(r *ret) int64 { return r.id })
		},
		"transactions":      func(_ *run, o *order, a args) any { return firstOf(o.transactions, a) },
		"transactionsCount": func(_ *run, o *order, _ args) any { return exactly(len(o.transactions)) },
		"fulfillments":      func(_ *run, o *order, a args) any { return firstOf(o.fulfilments, a) },
		"fulfillmentsCount": func(_ *run, o *order, _ args) any { return exactly(len(o.fulfilments)) },
		"fulfillmentOrders": func(x *run, o *order, a args) any {
			match, _ := foSearch.matcher(x, a.str("query"))
			fos := slices.DeleteFunc(slices.Clone(o.fos), func(fo *fulfilmentOrder) bool { return !x.mayRead(fo) || !match(fo) })
			return paged(x, fos, a, "fulfillmentOrders:"+a.str("query"), func(fo *fulfilmentOrder) int64 { return fo.id })
		},
	})
	agreementFields(t)
}

func agreementFields(t resolverTable) {
	for _, name := range []string{"OrderAgreement", "OrderEditAgreement", "RefundAgreement", "ReturnAgreement"} {
		typed(t, name, fields[*agreement]{
			"id":         func(_ *run, g *agreement, _ args) any { return g.gid() },
			"happenedAt": func(_ *run, g *agreement, _ args) any { return g.at },
			"reason":     func(_ *run, g *agreement, _ args) any { return g.reason },
			"order":      func(_ *run, g *agreement, _ args) any { return g.order },
			"refund":     func(_ *run, g *agreement, _ args) any { return g.refund },
			"return":     func(*run, *agreement, args) any { return nil },
		})
	}
}

// plain is a deprecated amount in the shop's currency.
func plain(get func(*order) bag) func(*run, *order, args) any {
	return func(_ *run, o *order, _ args) any { return fixed(get(o).shop, o.currency) }
}

func orNullBag(get func(*order) bag) func(*run, *order, args) any {
	return func(_ *run, o *order, _ args) any {
		if o.duties() == (bag{}) {
			return nil
		}
		return o.bag(get(o))
	}
}

func (l *line) ordered() int { return l.quantity }

// stuck is how many units of the line will never be fulfilled.
func (l *line) stuck() int {
	if l.nothingToFulfil {
		return l.quantity
	}
	return l.removedOpen
}

func (o *order) units(of func(*line) int) int {
	n := 0
	for _, l := range o.lines {
		n += of(l)
	}
	return n
}

func (o *order) codes() []string {
	var out []string
	for _, d := range o.discounts {
		if d.code != "" {
			out = append(out, d.code)
		}
	}
	return out
}

// taxLines sums the taxes of lines and shipping by title and rate.
func (o *order) taxLines(left bool) []taxLine {
	out := []taxLine{}
	add := func(t taxLine, amount bag) {
		for i := range out {
			if out[i].title == t.title && out[i].rate == t.rate {
				out[i].amount = out[i].amount.add(amount)
				return
			}
		}
		t.amount = amount
		out = append(out, t)
	}
	for _, l := range o.lines {
		for _, t := range l.taxes {
			if left {
				add(t, l.left(t.amount))
			} else {
				add(t, t.amount)
			}
		}
	}
	for _, s := range o.shipping {
		for _, t := range s.taxes {
			add(t, t.amount)
		}
	}
	return out
}

// firstOf cuts a plain list at its first argument.
func firstOf[T any](l []T, a args) []T {
	if n, ok := a.integer("first"); ok && n >= 0 && n < len(l) {
		return l[:n]
	}
	return l
}

func strs(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func attributeRecs(as []attribute) []rec {
	out := []rec{}
	for _, a := range as {
		out = append(out, rec{"key": a.key, "value": a.value})
	}
	return out
}

func exactly(n int) rec { return rec{"count": n, "precision": "EXACT"} }
