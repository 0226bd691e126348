package bigcommercetest

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

var orderFilters = []string{
	"min_id", "max_id", "min_total", "max_total", "customer_id", "email", "status_id", "cart_id", "payment_method", "min_date_created",
	"max_date_created", "min_date_modified", "max_date_modified", "channel_id", "external_order_id", "is_deleted",
}

var (
	paging   = []string{"page", "limit"}
	includes = []string{"include", "consignment_structure"}
	readers  = []string{ScopeOrdersRead}
	writers  = []string{ScopeOrders}
)

// orderFilter is the filter part of an order query.
type orderFilter struct {
	minID, maxID              int
	minTotal, maxTotal        amount
	customer, status, channel int // -1 any
	email, payment, external  *string
	cart                      *string
	createdFrom, createdTo    time.Time
	modifiedFrom, modifiedTo  time.Time
	archived                  bool // archived ones only
	both                      bool // archived ones too
	datesExclusive            bool
	now                       time.Time // orders visible later are none yet
}

func (f *Fake) orderFilter(p *params) orderFilter {
	text := func(name string) *string {
		if !p.has(name) {
			return nil
		}
		s := p.c.query.Get(name)
		return &s
	}
	flt := orderFilter{
		minID: p.int("min_id", 0), maxID: p.int("max_id", math.MaxInt), minTotal: p.money("min_total", math.MinInt64),
		maxTotal: p.money("max_total", math.MaxInt64), customer: p.int("customer_id", -1), status: p.int("status_id", -1),
		channel: p.int("channel_id", -1), email: text("email"), payment: text("payment_method"), external: text("external_order_id"),
		cart: text("cart_id"), createdFrom: p.date("min_date_created"), createdTo: p.date("max_date_created"),
		modifiedFrom: p.date("min_date_modified"), modifiedTo: p.date("max_date_modified"), both: f.cfg.Believed.ArchivedListed,
		datesExclusive: f.cfg.Believed.DatesExclusive, now: p.c.now,
	}
	if f.cfg.Believed.MinIDExclusive {
		if p.has("min_id") {
			flt.minID++
		}
		if p.has("max_id") {
			flt.maxID--
		}
	}
	if p.has("is_deleted") {
		if !f.cfg.Believed.DeletedFilter {
			p.fail("is_deleted")
		}
		flt.archived, _ = p.boolean("is_deleted")
	}
	return flt
}

func (flt *orderFilter) match(o *order) bool {
	switch {
	case o.id < flt.minID || o.id > flt.maxID,
		o.visible.After(flt.now),
		!flt.both && o.archived != flt.archived,
		flt.status >= 0 && int(o.status) != flt.status,
		flt.customer >= 0 && o.in.CustomerID != flt.customer,
		flt.channel >= 0 && o.in.Channel != flt.channel,
		flt.email != nil && o.email() != *flt.email,
		flt.payment != nil && o.in.PaymentMethod != *flt.payment,
		flt.external != nil && o.in.ExternalOrderID != *flt.external,
		flt.cart != nil,
		!flt.within(o.created, flt.createdFrom, flt.createdTo),
		!flt.within(o.modified, flt.modifiedFrom, flt.modifiedTo):
		return false
	}
	if flt.minTotal == math.MinInt64 && flt.maxTotal == math.MaxInt64 {
		return true
	}
	total := o.totals()
	return total.totalInc() >= flt.minTotal && total.totalInc() <= flt.maxTotal
}

func (flt *orderFilter) within(t, from, to time.Time) bool {
	if flt.datesExclusive {
		return (from.IsZero() || t.After(from)) && (to.IsZero() || t.Before(to))
	}
	return !t.Before(from) && (to.IsZero() || !t.After(to))
}

// sortFields are the fields an order list sorts by.
var sortFields = map[string]func(a, b *order) int{
	"id":            func(a, b *order) int { return cmp.Compare(a.id, b.id) },
	"customer_id":   func(a, b *order) int { return cmp.Compare(a.in.CustomerID, b.in.CustomerID) },
	"date_created":  func(a, b *order) int { return a.created.Compare(b.created) },
	"date_modified": func(a, b *order) int { return cmp.Compare(a.seq, b.seq) },
	"status_id":     func(a, b *order) int { return cmp.Compare(a.status, b.status) },
	"channel_id":    func(a, b *order) int { return cmp.Compare(a.in.Channel, b.in.Channel) },
	"external_id":   func(a, b *order) int { return strings.Compare(a.in.ExternalID, b.in.ExternalID) },
}

func (p *params) sort() (field string, down bool) {
	if !p.has("sort") {
		return "id", false
	}
	field, dir, _ := strings.Cut(p.c.query.Get("sort"), ":")
	if sortFields[field] == nil || dir != "" && dir != "asc" && dir != "desc" {
		p.fail("sort")
		return "id", false
	}
	return field, dir == "desc"
}

// collect gathers one page of the orders that it is shown.
type collect struct {
	flt        *orderFilter
	skip, want int
	out        []*order
}

// add reports whether the page is full.
func (cl *collect) add(o *order) bool {
	if !cl.flt.match(o) {
		return false
	}
	if cl.skip > 0 {
		cl.skip--
		return false
	}
	cl.out = append(cl.out, o)
	return len(cl.out) == cl.want
}

// pick returns a page of the orders that match. It looks at no more of the
// book than it must: by id it starts at min_id and stops when the page is
// full, and when few orders changed since min_date_modified it looks at those
// alone.
func (b *orderBook) pick(flt *orderFilter, field string, down bool, pg page) []*order {
	cl := &collect{flt: flt, skip: (pg.number - 1) * pg.limit, want: pg.limit}
	recent := b.since(flt.modifiedFrom)
	switch {
	case field == "date_modified":
		for i := range recent {
			c := recent[i]
			if down {
				c = recent[len(recent)-1-i]
			}
			if !c.stale() && cl.add(c.o) {
				break
			}
		}
	case field == "id" && len(recent) > len(b.all)/8:
		from := min(max(flt.minID-b.first, 0), len(b.all))
		to := len(b.all)
		if flt.maxID < b.first+to {
			to = max(flt.maxID-b.first+1, from)
		}
		span := b.all[from:to]
		for i := range span {
			o := span[i]
			if down {
				o = span[len(span)-1-i]
			}
			if cl.add(o) {
				break
			}
		}
	default:
		var found []*order
		for _, c := range recent {
			if !c.stale() && flt.match(c.o) {
				found = append(found, c.o)
			}
		}
		slices.SortFunc(found, func(x, y *order) int {
			n := cmp.Or(sortFields[field](x, y), cmp.Compare(x.id, y.id))
			if down {
				return -n
			}
			return n
		})
		from, to := pg.bounds(len(found))
		return found[from:to]
	}
	return cl.out
}

// include reads the include parameters.
func (p *params) include() include {
	var inc include
	for _, s := range p.list("include") {
		switch s {
		case "consignments":
			inc.consignments = true
		case "consignments.line_items":
			inc.consignments, inc.lines = true, true
		case "fees":
			inc.fees = true
		default:
			p.fail("include")
		}
	}
	if p.has("consignment_structure") {
		inc.object = p.c.query.Get("consignment_structure") == "object"
		if !inc.object {
			p.fail("consignment_structure")
		}
	}
	return inc
}

func (f *Fake) listOrders(c *call) answer {
	p := params{c: c}
	flt := f.orderFilter(&p)
	field, down := p.sort()
	inc := p.include()
	pg, tooLarge := p.page(maxLimit)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	picked := f.orders.pick(&flt, field, down, pg)
	out := make([]orderJSON, len(picked))
	for i, o := range picked {
		out[i] = f.orderJSON(o, inc)
	}
	a := v2List(c, out)
	if after := f.afterPage; after != nil {
		a.after = func() { after(pg.number) }
	}
	return a
}

// v2List answers with a bare array, or without a body when it is empty.
func v2List[T any](c *call, rows []T) answer {
	if len(rows) == 0 {
		if !c.f.cfg.Believed.EmptyListsAre200 {
			return noContent()
		}
		rows = []T{}
	}
	return ok(rows)
}

// v2Page answers with a page of rows.
func v2Page[T any](c *call, rows []T) answer {
	p := params{c: c}
	pg, tooLarge := p.page(maxLimit)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	from, to := pg.bounds(len(rows))
	return v2List(c, rows[from:to])
}

// withOrder runs handle with the order the path names.
func withOrder(handle func(f *Fake, c *call, o *order) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		o := f.orders.get(c.vars[0])
		if o == nil || o.visible.After(c.now) || o.archived && f.cfg.Believed.ArchivedGone {
			return c.notFound()
		}
		return handle(f, c, o)
	}
}

func (f *Fake) getOrder(c *call, o *order) answer {
	p := params{c: c}
	inc := p.include()
	if a, bad := p.refusal(); bad {
		return a
	}
	return ok(f.orderJSON(o, inc))
}

func (f *Fake) deleteOrder(c *call, o *order) answer {
	f.archive(o, c.now)
	return noContent()
}

var orderRoutes = []route{
	{method: "GET", path: "/v2/orders", scopes: readers, query: slices.Concat(orderFilters, paging, includes, []string{"sort"}), handle: (*Fake).listOrders},
	{method: "GET", path: "/v2/orders/count", scopes: readers, query: orderFilters, handle: (*Fake).countOrders},
	{method: "GET", path: "/v2/orders/{id}", scopes: readers, query: includes, handle: withOrder((*Fake).getOrder)},
	{method: http.MethodPut, path: "/v2/orders/{id}", scopes: writers, handle: withOrder((*Fake).putOrder)},
	{method: http.MethodDelete, path: "/v2/orders/{id}", scopes: writers, handle: withOrder((*Fake).deleteOrder)},
	{method: "GET", path: "/v2/order_statuses", scopes: readers, handle: (*Fake).listStatuses},
	{method: "GET", path: "/v2/order_statuses/{id}", scopes: readers, handle: (*Fake).getStatus},
	{method: "GET", path: "/v2/orders/{id}/products", scopes: readers, query: paging, handle: withOrder((*Fake).listLines)},
	{method: "GET", path: "/v2/orders/{id}/products/{id}", scopes: readers, handle: withOrder((*Fake).getLine)},
	{method: "GET", path: "/v2/orders/{id}/shipping_addresses", scopes: readers, query: paging, handle: withOrder((*Fake).listAddresses)},
	{method: "GET", path: "/v2/orders/{id}/shippingaddresses", scopes: readers, query: paging, handle: withOrder((*Fake).listAddresses)},
	{method: "GET", path: "/v2/orders/{id}/shipping_addresses/{id}", scopes: readers, handle: withOrder((*Fake).getAddress)},
	{method: "GET", path: "/v2/orders/{id}/shippingaddresses/{id}", scopes: readers, handle: withOrder((*Fake).getAddress)},
	{method: http.MethodPut, path: "/v2/orders/{id}/shipping_addresses/{id}", scopes: writers, handle: withOrder((*Fake).putAddress)},
	{method: "GET", path: "/v2/orders/{id}/shipping_addresses/{id}/shipping_quotes", scopes: readers, handle: withOrder((*Fake).noQuotes)},
	{method: "GET", path: "/v2/orders/{id}/shippingaddresses/{id}/shippingquotes", scopes: readers, handle: withOrder((*Fake).noQuotes)},
	{method: "GET", path: "/v2/orders/{id}/consignments", scopes: readers, query: []string{"include"}, handle: withOrder((*Fake).getConsignments)},
	{method: "GET", path: "/v2/orders/{id}/consignments/shipping/{id}/shipping_quotes", scopes: readers, handle: withOrder((*Fake).noQuotes)},
	{method: "GET", path: "/v2/orders/{id}/coupons", scopes: readers, query: paging, handle: withOrder((*Fake).listCoupons)},
	{method: "GET", path: "/v2/orders/{id}/fees", scopes: readers, handle: withOrder((*Fake).listFees)},
	{method: "GET", path: "/v2/orders/{id}/taxes", scopes: readers, query: slices.Concat(paging, []string{"details"}), handle: withOrder((*Fake).listTaxes)},
	{method: "GET", path: "/v2/orders/{id}/messages", scopes: readers, query: slices.Concat(paging, []string{
		"min_id", "max_id", "customer_id", "min_date_created", "max_date_created", "is_flagged", "status",
	}), handle: withOrder((*Fake).listMessages)},
}
