package ebaytest

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// stampLayout prints a time in UTC with milliseconds.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// stampOr is stamp, and "" for the zero time.
func stampOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// readStamp reads a time in UTC, with a fraction or without.
func readStamp(s string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s) // a fraction may follow the seconds
	return t, err == nil
}

// number reads a query parameter that is a number of 32 bits, absent where there
// is none.
func (c *call) number(name string, absent int) (int, bool) {
	if !c.query.Has(name) {
		return absent, true
	}
	n, err := strconv.ParseInt(c.query.Get(name), 10, 32)
	return int(n), err == nil
}

// page is the address of a page of the list a call asked for.
func (c *call) page(limit, offset int) string {
	q := url.Values{}
	for name, values := range c.query {
		if slices.Contains(c.route.query, name) {
			q[name] = values
		}
	}
	q.Set("limit", strconv.Itoa(limit))
	q.Set("offset", strconv.Itoa(offset))
	return c.origin() + c.r.URL.EscapedPath() + "?" + q.Encode()
}

func (c *call) self() string { return c.origin() + c.r.URL.RequestURI() }
