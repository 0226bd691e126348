package shopifytest

import "time"

// payload is an entity as webhooks carry it: the REST resource, with numeric
// ids, snake case and amounts as strings.
func (f *Fake) payload(about any) map[string]any {
	switch v := about.(type) {
	case *order:
		return f.orderPayload(v)
	case deletedOrder:
		return map[string]any{"id": int64(v)}
	case *fulfilment:
		return fulfilmentPayload(v)
	case *refund:
		return refundPayload(v)
	case *fulfilmentOrder:
		return map[string]any{"fulfillment_order": map[string]any{
			"id": v.gid(), "status": lower(v.status), "assigned_location_id": v.loc.gid(), "order_id": v.order.gid(),
		}}
	case *level:
		return map[string]any{
			"inventory_item_id": v.item.id, "location_id": v.loc.id, "available": v.q[available], "updated_at": wireTime(v.updatedAt),
			"admin_graphql_api_id": v.gid(),
		}
	case *item:
		return map[string]any{
			"id": v.id, "sku": v.sku, "tracked": v.tracked, "requires_shipping": v.shipped, "created_at": wireTime(v.createdAt),
			"updated_at": wireTime(v.updatedAt), "admin_graphql_api_id": v.gid(),
		}
	case *product:
		return f.productPayload(v)
	case *location:
		return map[string]any{
			"id": v.id, "name": v.name, "active": v.active, "country_code": v.country, "created_at": wireTime(v.createdAt),
			"updated_at": wireTime(v.updatedAt), "admin_graphql_api_id": v.gid(),
		}
	case *bulk:
		return map[string]any{
			"admin_graphql_api_id": v.gid(), "status": lower(v.status(f)), "error_code": optLower(v.errorCode), "type": "query",
			"created_at": wireTime(v.createdAt), "completed_at": wireTime(v.completed(f)),
		}
	case shopObject:
		return map[string]any{"id": shopID, "myshopify_domain": f.domain(), "currency": f.cfg.Currency, "name": "Test shop"}
	}
	return map[string]any{}
}

func wireTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}

func (f *Fake) orderPayload(o *order) map[string]any {
	lines := []any{}
	for _, l := range o.lines {
		lines = append(lines, linePayload(l))
	}
	fulfilments := []any{}
	for _, fu := range o.fulfilments {
		fulfilments = append(fulfilments, fulfilmentPayload(fu))
	}
	refunds := []any{}
	for _, r := range o.refunds {
		refunds = append(refunds, refundPayload(r))
	}
	m := map[string]any{
		"id": o.id, "admin_graphql_api_id": o.gid(), "name": o.name, "order_number": o.number, "number": o.number - 1000,
		"confirmation_number": o.confirmation, "created_at": wireTime(o.createdAt), "updated_at": wireTime(o.updatedAt),
		"processed_at": wireTime(o.createdAt), "cancelled_at": wireTime(o.cancelledAt), "closed_at": wireTime(o.closedAt),
		"cancel_reason": optLower(o.cancelReason), "currency": o.currency, "presentment_currency": o.buyerCurrency,
		"total_price": fixed(o.total().shop, o.currency), "current_total_price": fixed(o.currentTotal().shop, o.currency),
		"subtotal_price": fixed(o.subtotal().shop, o.currency), "total_tax": fixed(o.tax().shop, o.currency),
		"total_discounts": fixed(o.discountTotal().shop, o.currency), "taxes_included": o.taxesIncluded, "test": o.test,
		"financial_status": lower(o.financialStatus()), "fulfillment_status": restFulfilment(o), "source_name": o.source,
		"email": nil, "phone": nil, "note": opt(o.note), "customer_locale": opt(o.locale), "line_items": lines,
		"fulfillments": fulfilments, "refunds": refunds, "shipping_address": nil, "billing_address": nil, "customer": nil,
	}
	if f.cfg.Protected == Granted {
		m["email"], m["phone"] = opt(o.email), opt(o.phone)
		m["shipping_address"], m["billing_address"] = addressPayload(o.address), addressPayload(o.billing)
		if o.customer != nil {
			m["customer"] = map[string]any{
				"id": o.customer.id, "first_name": opt(o.customer.first), "last_name": opt(o.customer.last), "email": opt(o.customer.email),
			}
		}
	}
	return m
}

func restFulfilment(o *order) any {
	switch o.displayStatus() {
	case "FULFILLED":
		return "fulfilled"
	case "PARTIALLY_FULFILLED":
		return "partial"
	}
	return nil
}

func linePayload(l *line) map[string]any {
	m := map[string]any{
		"id": l.id, "admin_graphql_api_id": l.gid(), "sku": opt(l.sku), "title": l.title, "name": l.name(), "quantity": l.quantity,
		"current_quantity": l.current(), "fulfillable_quantity": l.fulfillable(), "price": fixed(l.unit.shop, l.order.currency),
		"requires_shipping": l.shipped, "taxable": l.taxable, "variant_id": nil, "product_id": nil,
	}
	if l.variant != nil && !l.variant.deleted {
		m["variant_id"], m["product_id"] = l.variant.id, l.variant.product.id
	}
	return m
}

func addressPayload(a *address) any {
	if a == nil {
		return nil
	}
	return map[string]any{
		"first_name": opt(a.first), "last_name": opt(a.last), "company": opt(a.company), "address1": opt(a.line1), "address2": opt(a.line2),
		"city": opt(a.city), "zip": opt(a.zip), "province": opt(a.province), "province_code": opt(a.provinceCode), "country": opt(a.country),
		"country_code": opt(a.code), "phone": opt(a.phone),
	}
}

func fulfilmentPayload(fu *fulfilment) map[string]any {
	lines := []any{}
	for _, l := range fu.lines {
		m := linePayload(l.line)
		m["quantity"] = l.quantity
		lines = append(lines, m)
	}
	return map[string]any{
		"id": fu.id, "admin_graphql_api_id": fu.gid(), "order_id": fu.order.id, "name": fu.name, "status": lower(fu.status),
		"created_at": wireTime(fu.createdAt), "updated_at": wireTime(fu.updatedAt), "location_id": fu.loc.id,
		"tracking_company": opt(fu.company), "tracking_numbers": orEmpty(fu.numbers), "tracking_urls": orEmpty(fu.urls), "line_items": lines,
	}
}

func refundPayload(r *refund) map[string]any {
	lines := []any{}
	for _, l := range r.lines {
		m := map[string]any{
			"id": l.id, "line_item_id": l.line.id, "quantity": l.quantity, "restock_type": lower(l.restock),
			"subtotal": fixed(l.subtotal.shop, r.order.currency), "location_id": nil,
		}
		if l.loc != nil {
			m["location_id"] = l.loc.id
		}
		lines = append(lines, m)
	}
	return map[string]any{
		"id": r.id, "admin_graphql_api_id": r.gid(), "order_id": r.order.id, "created_at": wireTime(r.at), "note": opt(r.note),
		"refund_line_items": lines,
	}
}

func (f *Fake) productPayload(p *product) map[string]any {
	variants := []any{}
	for _, v := range p.variants {
		variants = append(variants, map[string]any{
			"id": v.id, "admin_graphql_api_id": v.gid(), "product_id": p.id, "sku": opt(v.item.sku), "title": v.title,
			"price": fixed(v.price, f.cfg.Currency), "inventory_item_id": v.item.id, "inventory_quantity": v.item.total(),
			"updated_at": wireTime(v.updatedAt),
		})
	}
	return map[string]any{
		"id": p.id, "admin_graphql_api_id": p.gid(), "title": p.title, "handle": p.handle, "status": lower(p.status), "vendor": p.vendor,
		"product_type": p.kind, "created_at": wireTime(p.createdAt), "updated_at": wireTime(p.updatedAt), "variants": variants,
	}
}
