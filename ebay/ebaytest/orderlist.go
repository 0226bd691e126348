package ebaytest

import (
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	maxOrders     = 200 // on a page
	defaultOrders = 50
	maxOrderIDs   = 50

	taxBreakdown = "TAX_BREAKDOWN"
)

var (
	orderReaders = []string{ScopeFulfillment, ScopeFulfillmentReadonly}

	orderRoutes = []route{
		{
			op: "getOrders", api: APIFulfillment, method: http.MethodGet, path: "/order", scopes: orderReaders,
			query: []string{"fieldGroups", "filter", "limit", "offset", "orderIds"}, handle: (*Fake).getOrders,
		},
		{
			op: "getOrder", api: APIFulfillment, method: http.MethodGet, path: "/order/{orderId}", scopes: orderReaders,
			query: []string{"fieldGroups"}, handle: (*Fake).getOrder,
		},
	}

	// statusSets are the only sets that orderfulfillmentstatus may have.
	statusSets = map[string][]Fulfilment{
		"IN_PROGRESS|NOT_STARTED": {NotStarted, InProgress}, "FULFILLED|IN_PROGRESS": {Fulfilled, InProgress},
	}
)

// search is a list of orders that was asked for.
type search struct {
	created, modified *span
	statuses          []Fulfilment
	limit, offset     int
	now               time.Time
}

// span is a range of times, both ends of it within; to is the zero time where
// it is open.
type span struct{ from, to time.Time }

type ordersJSON struct {
	Href   string       `json:"href"`
	Total  int          `json:"total"`
	Limit  int          `json:"limit"`
	Offset int          `json:"offset"`
	Next   string       `json:"next,omitzero"`
	Prev   string       `json:"prev,omitzero"`
	Orders []*orderJSON `json:"orders"`
}

func (f *Fake) getOrders(c *call) answer {
	breakdown, a, refused := c.fieldGroups()
	if c.query.Get("orderIds") != "" {
		return f.ordersByID(c, c.query.Get("fieldGroups") == taxBreakdown)
	}
	if refused {
		return a
	}
	s, a, refused := f.readSearch(c)
	if refused {
		return a
	}
	found := f.orders.pick(s, f.cfg.Believed.NewestFirst)
	out := ordersJSON{Href: c.self(), Total: len(found), Limit: s.limit, Offset: s.offset, Orders: []*orderJSON{}}
	for _, o := range found[min(s.offset, len(found)):min(s.offset+s.limit, len(found))] {
		out.Orders = append(out.Orders, f.orderJSON(o, breakdown, false, c))
	}
	if s.offset+s.limit < len(found) {
		out.Next = c.page(s.limit, s.offset+s.limit)
	}
	if s.offset > 0 {
		out.Prev = c.page(s.limit, max(s.offset-s.limit, 0))
	}
	a = ok(out)
	if after := f.afterPage; after != nil {
		n := s.offset/s.limit + 1
		a.after = func() { after(n) }
	}
	return a
}

// fieldGroups reads the parameter of that name.
func (c *call) fieldGroups() (breakdown bool, a answer, refused bool) {
	v := c.query.Get("fieldGroups")
	if v != "" && v != taxBreakdown {
		return false, bad(32800, "fieldGroup", v), true
	}
	return v != "", answer{}, false
}

// ordersByID lists the orders named, and looks at no other parameter.
func (f *Fake) ordersByID(c *call, breakdown bool) answer {
	ids := strings.Split(c.query.Get("orderIds"), ",")
	if len(ids) > maxOrderIDs {
		return bad(30900, "limit", strconv.Itoa(maxOrderIDs))
	}
	out := ordersJSON{Href: c.self(), Limit: maxOrderIDs, Orders: []*orderJSON{}}
	for _, id := range ids {
		if o := f.seen(strings.TrimSpace(id), c.now); o != nil {
			out.Orders = append(out.Orders, f.orderJSON(o, breakdown, false, c))
		}
	}
	out.Total = len(out.Orders)
	return ok(out)
}

// seen returns an order that a read by its id knows.
func (f *Fake) seen(id string, now time.Time) *order {
	o := f.orders.byID[id]
	if o == nil || o.unpaid || now.Sub(o.created) > ordersGoBack || f.cfg.Believed.OrderReadsLag && o.firstSeen.After(now) {
		return nil
	}
	return o
}

// readSearch judges the query.
func (f *Fake) readSearch(c *call) (*search, answer, bool) {
	s := &search{now: c.now}
	var good bool
	if s.limit, good = c.number("limit", defaultOrders); !good || s.limit < 1 || s.limit > maxOrders {
		return nil, bad(31100, "limitvalue", c.query.Get("limit")), true
	}
	if s.offset, good = c.number("offset", 0); !good || s.offset < 0 {
		return nil, bad(31000, "offsetvalue", c.query.Get("offset")), true
	}
	if a, refused := s.readFilter(c.query.Get("filter")); refused {
		return nil, a, true
	}
	if s.created == nil && s.modified == nil && s.statuses == nil {
		s.created = &span{from: c.now.Add(-ordersListed)}
	}
	if s.created != nil {
		s.modified = nil // with both dates only the creation counts
	}
	return s, answer{}, false
}

// readFilter reads criteria like name:[A..B] and name:{A|B}, with commas between
// them.
func (s *search) readFilter(filter string) (answer, bool) {
	seen := map[string]bool{}
	for filter != "" {
		name, rest, _ := strings.Cut(filter, ":")
		if !slices.Contains([]string{"creationdate", "lastmodifieddate", "orderfulfillmentstatus"}, name) || seen[name] {
			return bad(30700, "fieldname", name), true
		}
		seen[name] = true
		ends := "]"
		if strings.HasPrefix(rest, "{") {
			ends = "}"
		}
		value, after, closed := strings.Cut(rest, ends)
		if !closed {
			value, after, _ = strings.Cut(rest, ",")
			if after != "" {
				after = "," + after
			}
		}
		more := strings.HasPrefix(after, ",")
		if after != "" && (!more || after == ",") {
			return bad(30800, "fieldvalue", rest, "fieldname", name), true
		}
		filter = strings.TrimPrefix(after, ",")
		if a, refused := s.criterion(name, value, closed); refused {
			return a, true
		}
	}
	return answer{}, false
}

func (s *search) criterion(name, value string, closed bool) (answer, bool) {
	wrong := bad(30800, "fieldvalue", value, "fieldname", name)
	if name == "orderfulfillmentstatus" {
		set, isSet := strings.CutPrefix(value, "{")
		values := strings.Split(set, "|")
		slices.Sort(values)
		if s.statuses = statusSets[strings.Join(values, "|")]; !isSet || !closed || s.statuses == nil {
			return wrong, true
		}
		return answer{}, false
	}
	inner, isRange := strings.CutPrefix(value, "[")
	if !isRange || !closed {
		return wrong, true
	}
	sp, a, refused := s.readSpan(inner)
	if name == "creationdate" {
		s.created = sp
	} else {
		s.modified = sp
	}
	return a, refused
}

// readSpan reads A..B or A.. and holds it to the calendar.
func (s *search) readSpan(text string) (*span, answer, bool) {
	first, last, dots := strings.Cut(text, "..")
	if dots && first == "" {
		return nil, bad(30820), true
	}
	sp := &span{}
	var good bool
	if sp.from, good = readStamp(first); !good || !dots {
		return nil, bad(30810), true
	}
	if last != "" {
		if sp.to, good = readStamp(last); !good {
			return nil, bad(30810), true
		}
	}
	switch {
	case sp.from.After(s.now) || sp.to.After(s.now):
		return nil, bad(30850), true
	case !sp.to.IsZero() && sp.to.Before(sp.from):
		return nil, bad(30840), true
	case s.now.Sub(sp.from) > ordersGoBack:
		return nil, bad(30830, "allowedTime", "2"), true
	}
	return sp, answer{}, false
}

func (s *search) match(o *order) bool {
	seen := o.firstSeen
	if s.modified != nil {
		seen = o.visible
	}
	return !seen.After(s.now) && s.now.Sub(o.created) <= ordersGoBack &&
		(s.statuses == nil || slices.Contains(s.statuses, o.fulfilment()))
}

// pick returns all orders that match. It looks at no more of the book than the
// span.
func (b *orderBook) pick(s *search, newestFirst bool) []*order {
	var found []*order
	if s.modified != nil {
		for _, ch := range within(b.log, s.modified, func(ch change) time.Time { return ch.at }) {
			if !ch.stale() && s.match(ch.o) {
				found = append(found, ch.o)
			}
		}
	} else {
		sp := s.created
		if sp == nil {
			sp = &span{}
		}
		for _, o := range within(b.created, sp, func(o *order) time.Time { return o.created }) {
			if s.match(o) {
				found = append(found, o)
			}
		}
	}
	if newestFirst {
		slices.Reverse(found)
	}
	return found
}

// within returns what of a list in order of time lies in a span.
func within[T any](list []T, sp *span, at func(T) time.Time) []T {
	lo := sort.Search(len(list), func(i int) bool { return !at(list[i]).Before(sp.from) })
	hi := len(list)
	if !sp.to.IsZero() {
		hi = sort.Search(len(list), func(i int) bool { return at(list[i]).After(sp.to) })
	}
	return list[min(lo, hi):hi]
}

func (f *Fake) getOrder(c *call) answer {
	breakdown, a, refused := c.fieldGroups()
	if refused {
		return a
	}
	if !orderIDForm(c.vars[0]) {
		return bad(32100, "orderId", c.vars[0])
	}
	o := f.seen(c.vars[0], c.now)
	if o == nil {
		return refuse(http.StatusNotFound, 32100, "orderId", c.vars[0])
	}
	return ok(f.orderJSON(o, breakdown, true, c))
}

// orderIDForm reports whether text could be an order's id: digits and hyphens,
// as the ids of old orders had them too.
func orderIDForm(text string) bool {
	return text != "" && len(text) <= 40 && strings.Trim(text, "0123456789-!") == ""
}
