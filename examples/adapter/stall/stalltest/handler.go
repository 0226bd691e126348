package stalltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"
)

// refusal is an answer that is no success.
type refusal struct {
	status        int
	code, message string
}

// handler answers a call with what is sent as JSON.
type handler func(r *http.Request) (any, *refusal)

// ServeHTTP answers as Stall does. It judges before it serves: a test fails where
// the real one would.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", f.id("r"))
	answer, refused := f.serve(r)
	if refused != nil {
		if refused.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(refused.status)
		answer = map[string]any{"error": map[string]string{"code": refused.code, "message": refused.message}}
	}
	_ = json.NewEncoder(w).Encode(answer) // to a recorder, or to who has gone
}

func (f *Fake) serve(r *http.Request) (any, *refusal) {
	routes := []struct {
		pattern, scope string
		serve          handler
	}{
		{"GET /v1/shop", "", f.shop},
		{"GET /v1/orders", "orders", f.listOrders},
		{"POST /v1/orders/{order}/parcels", "parcels", f.addParcel},
		{"PUT /v1/parcels/{parcel}", "parcels", f.amendParcel},
		{"GET /v1/listings", "listings", f.listListings},
		{"PUT /v1/stock", "stock", f.setStock},
	}
	var answer any
	refused := &refusal{http.StatusNotFound, "no_route", "there is no such route"}
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.HandleFunc(route.pattern, func(_ http.ResponseWriter, r *http.Request) {
			if refused = f.judge(r, route.scope); refused == nil {
				answer, refused = route.serve(r)
			}
		})
	}
	mux.ServeHTTP(httptest.NewRecorder(), r) // what the mux says of no route is not Stall's
	return answer, refused
}

func (f *Fake) judge(r *http.Request, scope string) *refusal {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+Key || f.revoked:
		return &refusal{http.StatusUnauthorized, "bad_key", "the key is not valid"}
	case !f.limit.Allow():
		return &refusal{http.StatusTooManyRequests, "too_many_calls", "ten calls a second are allowed"}
	case f.frozen:
		return &refusal{http.StatusPaymentRequired, "shop_frozen", "the shop is frozen"}
	case scope != "" && !slices.Contains(f.scopes, scope):
		return &refusal{http.StatusForbidden, "no_scope", "the key lacks the scope " + scope}
	}
	return nil
}

func bad(format string, args ...any) *refusal {
	return &refusal{http.StatusUnprocessableEntity, "invalid", fmt.Sprintf(format, args...)}
}

func (f *Fake) shop(*http.Request) (any, *refusal) {
	return map[string]any{"name": "Acme Pottery", "currency": "EUR", "time_zone": "Europe/Berlin", "scopes": f.scopes}, nil
}

// query is what lists take.
type query struct {
	ids      []string
	after    string
	from, to time.Time
	limit    int
}

func parseQuery(r *http.Request) (q query, refused *refusal) {
	values := r.URL.Query()
	q.ids, q.after, q.limit = values["id"], values.Get("after"), 50
	for name := range values {
		if !slices.Contains([]string{"id", "after", "limit", "updated_from", "updated_to"}, name) {
			return q, bad("%s is no parameter", name)
		}
	}
	if len(q.ids) > 100 {
		return q, bad("100 ids are taken")
	}
	var err error
	if s := values.Get("limit"); s != "" {
		if q.limit, err = strconv.Atoi(s); err != nil || q.limit < 1 || q.limit > 100 {
			return q, bad("limit is from 1 to 100")
		}
	}
	for name, at := range map[string]*time.Time{"updated_from": &q.from, "updated_to": &q.to} {
		if s := values.Get(name); s != "" {
			if *at, err = time.Parse(time.RFC3339Nano, s); err != nil {
				return q, bad("%s is no time", name)
			}
		}
	}
	return q, nil
}

// takes reports whether a row is in the window and behind the cursor.
func (q *query) takes(id string, updated time.Time) bool {
	return id > q.after && !updated.Before(q.from) && (q.to.IsZero() || updated.Before(q.to))
}

// cut makes a page of rows that are in the order of their ids.
func (q *query) cut(ids []string, rows []any) any {
	next := ""
	if len(rows) > q.limit && len(q.ids) == 0 {
		rows, next = rows[:q.limit], ids[q.limit-1]
	}
	return map[string]any{"items": rows, "next": next}
}

func (f *Fake) listOrders(r *http.Request) (any, *refusal) {
	q, refused := parseQuery(r)
	if refused != nil {
		return nil, refused
	}
	ids, rows := []string{}, []any{}
	for _, id := range slices.Sorted(maps.Keys(f.orders)) {
		o := f.orders[id]
		s, there := o.listed(f.lag)
		if len(q.ids) > 0 {
			s, there = o.state, slices.Contains(q.ids, id) // by id there is no lag
		} else if !q.takes(id, s.updated) {
			there = false
		}
		if there && !o.gone {
			ids, rows = append(ids, id), append(rows, f.show(s, o.spoiled))
		}
	}
	return q.cut(ids, rows), nil
}

func (f *Fake) listListings(r *http.Request) (any, *refusal) {
	q, refused := parseQuery(r)
	if refused != nil {
		return nil, refused
	}
	ids, rows := []string{}, []any{}
	for _, id := range slices.Sorted(maps.Keys(f.listings)) {
		l := f.listings[id]
		if len(q.ids) > 0 && slices.Contains(q.ids, id) || len(q.ids) == 0 && q.takes(id, l.updated) {
			ids = append(ids, id)
			rows = append(rows, map[string]any{
				"id": id, "sku": l.sku, "title": "Thing " + l.sku, "status": "live", "quantity": l.quantity, "updated_at": l.updated,
			})
		}
	}
	return q.cut(ids, rows), nil
}

// show is an order as it is sent.
func (f *Fake) show(s state, spoiled bool) any {
	lines := make([]any, len(s.lines))
	total := s.postage
	var open, shipped int64
	for i, l := range s.lines {
		lines[i] = map[string]any{
			"id": l.id, "listing": l.listing, "sku": l.sku, "title": "Thing " + l.sku,
			"quantity": l.ordered, "cancelled": l.cancelled, "shipped": l.shipped,
			"price": cents(l.price), "total": cents(l.price * l.ordered),
		}
		total += l.price * l.ordered
		open, shipped = open+l.open(), shipped+l.shipped
	}
	shipping := "none"
	if shipped > 0 {
		shipping = "part"
	}
	if shipped > 0 && open == 0 {
		shipping = "all"
	}
	payment := "paid"
	if s.refunded > 0 {
		payment = "part_refunded"
	}
	o := map[string]any{
		"id": s.id, "number": s.number, "status": s.status, "payment": payment, "shipping": shipping,
		"placed_at": s.placed.UTC(), "updated_at": s.updated.UTC(), "currency": "EUR", "lines": lines,
		"postage": cents(s.postage), "tax": cents(total * 19 / 119), "total": cents(total), "refunded": cents(s.refunded),
		"parcels": s.parcels, "people_withheld": f.hidden,
	}
	if !f.hidden {
		o["note"] = "For " + s.buyer
		o["buyer"] = map[string]string{"id": "b_1", "name": s.buyer, "email": "buyer@example.com"}
		o["ship_to"] = map[string]any{
			"name": s.buyer, "street": []string{s.buyer + " Street 1"}, "city": "Berlin", "postcode": "10115", "country": "DE",
		}
	}
	if spoiled {
		o["lines"] = map[string]any{"for": s.buyer}
		o["placed_at"] = s.buyer
	}
	return o
}

func cents(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
