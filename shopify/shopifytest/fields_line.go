package shopifytest

import "strconv"

// legacy is a numeric id as the API writes it: in a string.
func legacy(id int64) string { return strconv.FormatInt(id, 10) }

func lineBag(get func(*line) bag) func(*run, *line, args) any {
	return func(_ *run, l *line, _ args) any { return l.order.bag(get(l)) }
}

func linePlain(get func(*line) bag) func(*run, *line, args) any {
	return func(_ *run, l *line, _ args) any { return fixed(get(l).shop, l.order.currency) }
}

func lineFields(t resolverTable) {
	typed(t, "LineItem", fields[*line]{
		"id":                     func(_ *run, l *line, _ args) any { return l.gid() },
		"name":                   func(_ *run, l *line, _ args) any { return l.name() },
		"title":                  func(_ *run, l *line, _ args) any { return l.title },
		"variantTitle":           func(_ *run, l *line, _ args) any { return opt(l.variantTitle) },
		"sku":                    func(_ *run, l *line, _ args) any { return opt(l.sku) },
		"vendor":                 func(_ *run, l *line, _ args) any { return opt(l.vendor) },
		"quantity":               func(_ *run, l *line, _ args) any { return l.quantity },
		"currentQuantity":        func(_ *run, l *line, _ args) any { return l.current() },
		"unfulfilledQuantity":    func(_ *run, l *line, _ args) any { return l.open() },
		"fulfillableQuantity":    func(_ *run, l *line, _ args) any { return l.fulfillable() },
		"nonFulfillableQuantity": func(_ *run, l *line, _ args) any { return l.stuck() },
		"refundableQuantity":     func(_ *run, l *line, _ args) any { return l.current() },
		"fulfillmentStatus": func(_ *run, l *line, _ args) any {
			switch {
			case l.fulfilled == 0:
				return "unfulfilled"
			case l.open() > 0:
				return "partial"
			}
			return "fulfilled"
		},
		"requiresShipping": func(_ *run, l *line, _ args) any { return l.shipped },
		"taxable":          func(_ *run, l *line, _ args) any { return l.taxable },
		"isGiftCard":       func(_ *run, l *line, _ args) any { return l.giftCard },
		"restockable":      func(_ *run, l *line, _ args) any { return l.variant != nil && l.current() > 0 },
		"canRestock":       func(_ *run, l *line, _ args) any { return l.variant != nil && l.current() > 0 },
		"merchantEditable": func(_ *run, l *line, _ args) any { return l.order.cancelledAt.IsZero() },
		"variant": func(_ *run, l *line, _ args) any {
			if l.variant == nil || l.variant.deleted {
				return nil
			}
			return l.variant
		},
		"product": func(_ *run, l *line, _ args) any {
			if l.variant == nil || l.variant.deleted {
				return nil
			}
			return l.variant.product
		},
		"lineItemGroup":    func(_ *run, l *line, _ args) any { return l.group },
		"customAttributes": func(_ *run, l *line, _ args) any { return attributeRecs(l.attributes) },
		"weight": func(_ *run, l *line, _ args) any {
			if l.grams == 0 {
				return nil
			}
			return rec{"value": float64(l.grams), "unit": "GRAMS"}
		},
		"originalUnitPriceSet": lineBag(func(l *line) bag { return l.unit }),
		"originalTotalSet":     lineBag((*line).originalTotal),
		"discountedTotalSet": func(_ *run, l *line, a args) any {
			return l.order.bag(l.discounted(a.boolean("withCodeDiscounts")))
		},
		"discountedUnitPriceSet":                  lineBag(func(l *line) bag { return l.discounted(false).part(1, max(l.quantity, 1)) }),
		"discountedUnitPriceAfterAllDiscountsSet": lineBag(func(l *line) bag { return l.afterDiscounts().part(1, max(l.quantity, 1)) }),
		"totalDiscountSet":                        lineBag((*line).discountsOnLine),
		"priceAfterAllDiscountsBeforeTaxesSet": lineBag(func(l *line) bag {
			b := l.left(l.afterDiscounts())
			if l.order.taxesIncluded {
				b = b.sub(l.left(l.tax()))
			}
			return b
		}),
		"unfulfilledOriginalTotalSet":   lineBag(func(l *line) bag { return l.unit.times(l.open()) }),
		"unfulfilledDiscountedTotalSet": lineBag(func(l *line) bag { return l.discounted(false).part(l.open(), max(l.quantity, 1)) }),
		"originalUnitPrice":             linePlain(func(l *line) bag { return l.unit }),
		"originalTotal":                 linePlain((*line).originalTotal),
		"discountedTotal":               linePlain(func(l *line) bag { return l.discounted(false) }),
		"discountedUnitPrice":           linePlain(func(l *line) bag { return l.discounted(false).part(1, max(l.quantity, 1)) }),
		"totalDiscount":                 linePlain((*line).discountsOnLine),
		"discountAllocations":           func(_ *run, l *line, _ args) any { return allocationRecs(l.order, l.allocations) },
		"taxLines":                      func(_ *run, l *line, a args) any { return firstOf(taxes(l.taxes), a) },
		"duties":                        func(_ *run, l *line, _ args) any { return orEmpty(l.duties) },
	})
	typed(t, "LineItemGroup", fields[*lineGroup]{
		"id":               func(_ *run, g *lineGroup, _ args) any { return g.gid() },
		"title":            func(_ *run, g *lineGroup, _ args) any { return g.title },
		"quantity":         func(_ *run, g *lineGroup, _ args) any { return g.quantity },
		"variantId":        func(_ *run, g *lineGroup, _ args) any { return g.variant.gid() },
		"variantSku":       func(_ *run, g *lineGroup, _ args) any { return opt(g.variant.item.sku) },
		"productId":        func(_ *run, g *lineGroup, _ args) any { return g.variant.product.gid() },
		"customAttributes": func(*run, *lineGroup, args) any { return []rec{} },
	})
	typed(t, "TaxLine", fields[taxLine]{
		"title":          func(_ *run, t taxLine, _ args) any { return t.title },
		"rate":           func(_ *run, t taxLine, _ args) any { return t.rate },
		"ratePercentage": func(_ *run, t taxLine, _ args) any { return t.rate * 100 },
		"source":         func(*run, taxLine, args) any { return "Shopify" },
		"channelLiable":  func(_ *run, t taxLine, _ args) any { return t.liable },
		"price":          func(_ *run, t taxLine, _ args) any { return fixed(t.amount.shop, t.order.currency) },
		"priceSet":       func(_ *run, t taxLine, _ args) any { return t.order.bag(t.amount) },
	})
	typed(t, "ShippingLine", fields[*shippingLine]{
		"id":                        func(_ *run, s *shippingLine, _ args) any { return s.gid() },
		"title":                     func(_ *run, s *shippingLine, _ args) any { return s.title },
		"code":                      func(_ *run, s *shippingLine, _ args) any { return opt(s.code) },
		"source":                    func(*run, *shippingLine, args) any { return "shopify" },
		"carrierIdentifier":         func(_ *run, s *shippingLine, _ args) any { return opt(s.carrier) },
		"deliveryCategory":          func(_ *run, s *shippingLine, _ args) any { return opt(s.deliveryKind) },
		"phone":                     func(*run, *shippingLine, args) any { return nil },
		"shippingRateHandle":        func(*run, *shippingLine, args) any { return nil },
		"custom":                    func(*run, *shippingLine, args) any { return false },
		"isRemoved":                 func(_ *run, s *shippingLine, _ args) any { return s.removed },
		"price":                     func(_ *run, s *shippingLine, _ args) any { return fixed(s.price.shop, s.order.currency) },
		"originalPriceSet":          func(_ *run, s *shippingLine, _ args) any { return s.order.bag(s.price) },
		"discountedPriceSet":        func(_ *run, s *shippingLine, _ args) any { return s.order.bag(s.discounted()) },
		"currentDiscountedPriceSet": func(_ *run, s *shippingLine, _ args) any { return s.order.bag(s.discounted().sub(s.refunded)) },
		"discountAllocations":       func(_ *run, s *shippingLine, _ args) any { return allocationRecs(s.order, s.allocations) },
		"taxLines":                  func(_ *run, s *shippingLine, _ args) any { return taxes(s.taxes) },
	})
	typed(t, "Duty", fields[*duty]{
		"id":                   func(_ *run, d *duty, _ args) any { return d.gid() },
		"harmonizedSystemCode": func(_ *run, d *duty, _ args) any { return opt(d.code) },
		"countryCodeOfOrigin":  func(_ *run, d *duty, _ args) any { return opt(d.country) },
		"price":                func(_ *run, d *duty, _ args) any { return d.order.bag(d.price) },
		"taxLines":             func(*run, *duty, args) any { return []taxLine{} },
	})
	for _, name := range []string{"DiscountCodeApplication", "AutomaticDiscountApplication", "ManualDiscountApplication", "ScriptDiscountApplication"} {
		typed(t, name, fields[*discount]{
			"index":            func(_ *run, d *discount, _ args) any { return d.index },
			"code":             func(_ *run, d *discount, _ args) any { return d.code },
			"title":            func(_ *run, d *discount, _ args) any { return d.title },
			"description":      func(_ *run, d *discount, _ args) any { return d.title },
			"targetType":       func(_ *run, d *discount, _ args) any { return d.target },
			"targetSelection":  func(_ *run, d *discount, _ args) any { return d.selection },
			"allocationMethod": func(_ *run, d *discount, _ args) any { return d.allocated },
			"value": func(_ *run, d *discount, _ args) any {
				if d.percent > 0 {
					return percentage(d.percent)
				}
				return money{d.amount, d.order.buyerCurrency}
			},
		})
	}
	typed(t, "PricingPercentageValue", fields[percentage]{
		"percentage": func(_ *run, p percentage, _ args) any { return float64(p) },
	})
}

type percentage float64

func (percentage) graphqlType() string { return "PricingPercentageValue" }

func allocationRecs(o *order, as []allocation) []rec {
	out := []rec{}
	for _, a := range as {
		out = append(out, rec{
			"allocatedAmountSet": o.bag(a.amount), "allocatedAmount": money{a.amount.shop, o.currency}, "discountApplication": a.discount,
		})
	}
	return out
}

func taxes(t []taxLine) []taxLine { return orEmpty(t) }

// orEmpty makes sure that a list is a list: the API never answers null for one
// that is empty.
func orEmpty[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
