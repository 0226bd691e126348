package shopifytest

import (
	"slices"
	"strings"
	"time"
)

// orderSearch is the search language over orders.
var orderSearch = search[*order]{
	fields: map[string]func(*run, *order, term) bool{
		"id": func(_ *run, o *order, t term) bool { return t.byNumber(o.id) },
		"name": func(_ *run, o *order, t term) bool {
			return t.byWord(o.name) || t.byWord(strings.TrimPrefix(o.name, "#"))
		},
		"created_at":   func(x *run, o *order, t term) bool { return t.byTime(x, o.createdAt) },
		"processed_at": func(x *run, o *order, t term) bool { return t.byTime(x, o.createdAt) },
		"updated_at":   func(x *run, o *order, t term) bool { return t.byTime(x, time.Unix(o.indexed, 0)) },
		"test":         func(_ *run, o *order, t term) bool { return t.byBool(o.test) },
		"tag":          func(_ *run, o *order, t term) bool { return slices.ContainsFunc(o.tags, t.byWord) },
		"tag_not":      func(_ *run, o *order, t term) bool { return !slices.ContainsFunc(o.tags, t.byWord) },
		"sku": func(x *run, o *order, t term) bool {
			return slices.ContainsFunc(o.lines, func(l *line) bool { return l.hasSKU && x.bySKU(t, l.sku) })
		},
		"email":               func(_ *run, o *order, t term) bool { return t.byWord(o.email) },
		"source_name":         func(_ *run, o *order, t term) bool { return t.byWord(o.source) },
		"source_identifier":   func(_ *run, o *order, t term) bool { return t.byWord(o.sourceRef) },
		"po_number":           func(_ *run, o *order, t term) bool { return t.byWord(o.poNumber) },
		"confirmation_number": func(_ *run, o *order, t term) bool { return t.byWord(o.confirmation) },
		"discount_code":       func(_ *run, o *order, t term) bool { return slices.ContainsFunc(o.codes(), t.byWord) },
		"customer_id":         func(_ *run, o *order, t term) bool { return o.customer != nil && t.byNumber(o.customer.id) },
		"location_id":         func(_ *run, o *order, t term) bool { return o.retail != nil && t.byNumber(o.retail.id) },
		"fulfillment_location_id": func(_ *run, o *order, t term) bool {
			return slices.ContainsFunc(o.fos, func(fo *fulfilmentOrder) bool { return t.byNumber(fo.loc.id) })
		},
		"financial_status": func(_ *run, o *order, t term) bool { return t.byWord(o.financialStatus()) },
		"return_status": func(_ *run, o *order, t term) bool {
			return t.byWord(map[bool]string{true: "RETURNED", false: "NO_RETURN"}[len(o.returns) > 0])
		},
		"fulfillment_status": func(_ *run, o *order, t term) bool {
			s := o.displayStatus()
			switch strings.ToLower(t.value) {
			case "shipped":
				return s == "FULFILLED"
			case "partial":
				return s == "PARTIALLY_FULFILLED"
			case "unshipped":
				return s != "FULFILLED" && s != "PARTIALLY_FULFILLED"
			}
			return t.byWord(s)
		},
		"status": func(_ *run, o *order, t term) bool {
			switch strings.ToLower(t.value) {
			case "open":
				return o.closedAt.IsZero() && o.cancelledAt.IsZero()
			case "closed":
				return !o.closedAt.IsZero() && o.cancelledAt.IsZero()
			case "cancelled":
				return !o.cancelledAt.IsZero()
			case "not_closed":
				return o.closedAt.IsZero()
			}
			return true // any
		},
	},
	text: func(o *order, s string) bool {
		return strings.EqualFold(o.name, s) || strings.EqualFold(strings.TrimPrefix(o.name, "#"), s) || strings.EqualFold(o.email, s)
	},
}

// bySKU compares SKUs as a search does: without case, and with more than the
// exact one where searches tokenise.
func (x *run) bySKU(t term, sku string) bool {
	if x.cfg.LooseSKUSearch && len(t.value) > 0 {
		t.prefix = true
	}
	return t.byWord(sku)
}

// oldest is the time before which orders are hidden from the app.
func (x *run) oldest() time.Time {
	if x.grant.has("read_all_orders") {
		return time.Time{}
	}
	return x.at.Add(-60 * 24 * time.Hour)
}

// visible hides orders the app may not see: silently.
func (x *run) visible(o *order) bool { return !o.deleted && !o.createdAt.Before(x.oldest()) }

// orders answers the orders connection. By updated and created time, and by
// id, a page costs what it shows.
func (x *run) ordersPage(a args) any {
	query := a.str("query")
	key := or(a.str("sortKey"), "PROCESSED_AT")
	match, e := orderSearch.matcher(x, query)
	openOnly := x.cfg.OpenByDefault && !slices.ContainsFunc(e.terms(), func(t term) bool { return t.field == "status" })
	see := func(o *order) bool {
		return o.indexed != 0 && x.visible(o) && (!openOnly || o.closedAt.IsZero() && o.cancelledAt.IsZero()) && match(o)
	}
	w, err := x.window(a, walkName("orders", key, query))
	if err != nil {
		return err
	}
	if few, ok := x.named(e); ok {
		return x.sorted(few, see, key, w)
	}
	oldest := x.oldest().Unix()
	switch key {
	case "UPDATED_AT":
		return x.byUpdated.page(w, max(e.from("updated_at", x.at), oldest), see)
	case "PROCESSED_AT", "CREATED_AT", "RELEVANCE":
		return x.byCreated.page(w, max(e.from("created_at", x.at), oldest), see)
	case "ID", "ORDER_NUMBER":
		return x.byID.page(w, 0, see)
	}
	return x.sorted(x.Fake.orders, see, key, w)
}

// named finds the orders a query asks for by id or name.
func (x *run) named(e expr) ([]*order, bool) {
	if ids := e.required("id"); ids != nil {
		var out []*order
		for _, id := range ids {
			if o, ok := find[*order](x.Fake, gid("Order", number(id))); ok {
				out = append(out, o)
			}
		}
		return out, true
	}
	if names := e.required("name"); names != nil {
		var out []*order
		for _, n := range names {
			if o, err := x.order(n); err == nil {
				out = append(out, o)
			}
		}
		return out, true
	}
	return nil, false
}

// sorted pages by a key that has no index, the slow way.
func (x *run) sorted(orders []*order, see func(*order) bool, key string, w window) any {
	by := map[string]func(*order) int64{
		"UPDATED_AT": func(o *order) int64 { return o.indexed }, "ID": func(*order) int64 { return 0 },
		"ORDER_NUMBER": func(o *order) int64 { return int64(o.number) }, "TOTAL_PRICE": func(o *order) int64 { return o.total().shop },
		"CURRENT_TOTAL_PRICE":  func(o *order) int64 { return o.currentTotal().shop },
		"TOTAL_ITEMS_QUANTITY": func(o *order) int64 { return int64(o.units((*line).ordered)) },
	}[key]
	if by == nil {
		by = func(o *order) int64 { return o.createdAt.Unix() }
	}
	ix := index[*order]{current: by}
	for _, o := range orders {
		ix.put(o, false)
	}
	return ix.page(w, 0, see)
}
