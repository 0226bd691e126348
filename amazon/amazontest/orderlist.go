package amazontest

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

const (
	opSearchOrders = "searchOrders"
	maxOrders      = 100 // on a page, and the default
	maxMarkets     = 50
)

var (
	readers = []Role{RoleInventory}

	orderRoutes = []route{
		{
			op: opSearchOrders, method: http.MethodGet, path: "/orders/2026-01-01/orders", plan: Rate{0.0056, 20}, roles: readers,
			query: append([]string{"maxResultsPerPage", "paginationToken", "includedData"}, orderFilters...), handle: (*Fake).searchOrders,
		},
		{
			op: "getOrder", method: http.MethodGet, path: "/orders/2026-01-01/orders/{orderId}", plan: Rate{0.5, 30}, roles: readers,
			query: []string{"includedData"}, handle: (*Fake).getOrder,
		},
	}

	// orderFilters are what a page token is bound to.
	orderFilters = []string{
		"createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses", "marketplaceIds", "fulfilledBy",
	}

	statusValues   = []string{"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"}
	includedValues = []string{
		"BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
	}
)

// search is an order search.
type search struct {
	byCreation  bool
	newestFirst bool
	from, to    time.Time // both inclusive
	statuses    []string
	markets     []string
	by          []string
	limit       int
	page        int
	after       position
	now         time.Time
}

// position is the place in a walk behind an order.
type position struct {
	at  time.Time
	seq int64 // of the change, or the order's number
}

func (s *search) match(o *order) bool {
	by := "MERCHANT"
	if o.in.ByAmazon {
		by = "AMAZON"
	}
	seen := o.visible
	if s.byCreation {
		seen = o.firstSeen
	}
	return !seen.After(s.now) &&
		(s.statuses == nil || slices.Contains(s.statuses, string(o.status))) &&
		(s.markets == nil || slices.Contains(s.markets, o.market.id)) &&
		(s.by == nil || slices.Contains(s.by, by))
}

type searchJSON struct {
	Orders            []*orderJSON `json:"orders"`
	Pagination        *nextToken   `json:"pagination,omitzero"`
	LastUpdatedBefore string       `json:"lastUpdatedBefore,omitzero"`
	CreatedBefore     string       `json:"createdBefore,omitzero"`
}

type nextToken struct {
	NextToken string `json:"nextToken"`
}

func (f *Fake) searchOrders(c *call) answer {
	s, a, refused := f.readSearch(c)
	if refused {
		return a
	}
	inc, a, refused := f.readIncluded(c)
	if refused {
		return a
	}
	found, more := f.orders.pick(s)
	out := searchJSON{Orders: make([]*orderJSON, len(found))}
	for i, o := range found {
		out.Orders[i] = f.orderJSON(o, inc, c)
	}
	if more {
		out.Pagination = &nextToken{f.cursor(c, s, found[len(found)-1])}
	}
	if s.byCreation {
		out.CreatedBefore = stamp(s.to)
	} else {
		out.LastUpdatedBefore = stamp(s.to)
	}
	a = ok(out)
	if after := f.afterPage; after != nil {
		a.after = func() { after(s.page) }
	}
	return a
}

// readSearch judges the query. The rules on the four bounds are in the
// parameters' descriptions.
func (f *Fake) readSearch(c *call) (*search, answer, bool) {
	p := params{c: c}
	bad := func(complaint string) (*search, answer, bool) { return nil, c.invalid("%s", complaint), true }
	if p.has("createdAfter") == p.has("lastUpdatedAfter") {
		return bad("Exactly one of createdAfter and lastUpdatedAfter must be given.")
	}
	s := &search{byCreation: p.has("createdAfter"), newestFirst: f.cfg.Believed.NewestFirst, page: 1, now: c.now}
	before, other := "lastUpdatedBefore", "createdBefore"
	s.from = p.date("lastUpdatedAfter")
	if s.byCreation {
		s.from = p.date("createdAfter")
		before, other = other, before
	}
	if p.has(other) {
		return bad("created and lastUpdated bounds exclude each other.")
	}
	latest := f.round(c.now.Add(-f.cfg.BoundAge))
	s.to = latest
	s.statuses = p.oneOf("fulfillmentStatuses", statusValues)
	s.by = p.oneOf("fulfilledBy", []string{"MERCHANT", "AMAZON"})
	s.markets = p.marketplaces(maxMarkets)
	s.limit = p.int("maxResultsPerPage", maxOrders, 1, maxOrders)
	if p.has(before) {
		s.to = p.date(before)
	}
	if a, refused := p.refusal(); refused {
		return nil, a, true
	}
	if p.has(before) && (s.to.Before(s.from) || s.to.After(latest)) {
		return bad("Invalid input.") // with no more to it: the reason is not told
	}
	if p.has("paginationToken") && !f.resume(c, s, p.text("paginationToken")) {
		return bad("The pagination token is invalid.")
	}
	return s, answer{}, false
}

// pick returns a page of the orders that match, and whether there are more. It
// looks at no more of the book than the window.
func (b *orderBook) pick(s *search) (found []*order, more bool) {
	add := func(o *order) (full bool) {
		if !s.match(o) {
			return false
		}
		if more = len(found) == s.limit; !more {
			found = append(found, o)
		}
		return more
	}
	if s.byCreation {
		rest := span(b.created, s, func(o *order) position { return position{o.created, int64(o.number)} })
		for i := range rest {
			if add(rest[s.turn(i, len(rest))]) {
				break
			}
		}
		return found, more
	}
	rest := span(b.log, s, func(c change) position { return position{c.at, int64(c.seq)} })
	for i := range rest {
		if c := rest[s.turn(i, len(rest))]; !c.stale() && add(c.o) {
			break
		}
	}
	return found, more
}

// span returns what of a list in order of position lies in a search's window
// and ahead of it.
func span[T any](list []T, s *search, at func(T) position) []T {
	first := func(past func(position) bool) int {
		return sort.Search(len(list), func(i int) bool { return past(at(list[i])) })
	}
	lo := first(func(p position) bool { return !p.at.Before(s.from) })
	hi := first(func(p position) bool { return p.at.After(s.to) })
	if !s.after.at.IsZero() {
		if s.newestFirst {
			hi = min(hi, first(func(p position) bool { return p.compare(s.after) >= 0 }))
		} else {
			lo = max(lo, first(func(p position) bool { return p.compare(s.after) > 0 }))
		}
	}
	return list[min(lo, hi):hi]
}

func (p position) compare(q position) int {
	return cmp.Or(p.at.Compare(q.at), cmp.Compare(p.seq, q.seq))
}

// turn is the index of the i-th of n in the order of the list.
func (s *search) turn(i, n int) int {
	if s.newestFirst {
		return n - 1 - i
	}
	return i
}

// cursorPrefix makes every token begin with characters that a query must
// escape.
var cursorPrefix = []byte{0xfb, 0xef, 0xff}

const cursorLen = 3 + 6*8

// cursor returns the token for what comes behind last: the walk's bounds, its
// filters and when it was made. Its length leaves padding.
func (f *Fake) cursor(c *call, s *search, last *order) string {
	pos := position{last.modified, int64(last.seq)}
	if s.byCreation {
		pos = position{last.created, int64(last.number)}
	}
	b := append(make([]byte, 0, cursorLen+8), cursorPrefix...)
	for _, n := range []int64{c.now.UnixNano(), s.to.UnixNano(), pos.at.UnixNano(), pos.seq, int64(s.page), f.orders.generation} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, f.seal(c, b)...)
	return base64.StdEncoding.EncodeToString(b)
}

// seal binds a token to the filters of its request and to this account.
func (f *Fake) seal(c *call, b []byte) []byte {
	h := fnv.New64a()
	_, _ = h.Write(b)
	for _, name := range orderFilters {
		_, _ = h.Write([]byte("\x00" + name + "=" + strings.Join(c.query[name], "\x01")))
	}
	_, _ = h.Write([]byte(f.cfg.SellerID))
	return h.Sum(nil)
}

// resume sets a search going behind a token's place.
func (f *Fake) resume(c *call, s *search, token string) bool {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) != cursorLen+8 || !slices.Equal(b[cursorLen:], f.seal(c, b[:cursorLen])) {
		return false
	}
	var n [6]int64
	for i := range n {
		n[i] = int64(binary.BigEndian.Uint64(b[3+8*i:]))
	}
	if made := time.Unix(0, n[0]); c.now.Sub(made) >= f.cfg.CursorLifetime || n[5] != f.orders.generation {
		return false
	}
	s.to = time.Unix(0, n[1]).UTC()
	s.after = position{time.Unix(0, n[2]).UTC(), n[3]}
	s.page = int(n[4]) + 1
	return true
}

func (f *Fake) getOrder(c *call) answer {
	inc, a, refused := f.readIncluded(c)
	if refused {
		return a
	}
	o := f.orders.byID[c.vars[0]]
	if o == nil || f.cfg.Believed.OrderReadsLag && o.firstSeen.After(c.now) {
		return notFound("Order with id %s is not found.", c.vars[0])
	}
	return ok(map[string]any{"order": f.orderJSON(o, inc, c)})
}
