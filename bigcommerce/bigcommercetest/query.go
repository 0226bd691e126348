package bigcommercetest

import (
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 50
	maxLimit     = 250
	maxInventory = 1000 // limit of the inventory and locations lists
)

// dateLayouts are the forms of RFC 2822 and ISO 8601 that filters accept.
var dateLayouts = []string{
	time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", time.RFC1123,
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02",
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// v2Date prints a date as the V2 APIs do; the zero time is "".
func v2Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC1123Z)
}

// v3Date prints a date as the V3 APIs do.
func v3Date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// params reads query parameters and remembers the first that was wrong.
type params struct {
	c   *call
	bad string
}

func (p *params) fail(name string) {
	if p.bad == "" {
		p.bad = name
	}
}

func (p *params) has(name string) bool { return p.c.query.Has(name) }

func (p *params) int(name string, absent int) int {
	if !p.has(name) {
		return absent
	}
	n, err := strconv.Atoi(p.c.query.Get(name))
	if err != nil {
		p.fail(name)
		return absent
	}
	return n
}

func (p *params) boolean(name string) (value, set bool) {
	switch p.c.query.Get(name) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	case "":
	default:
		p.fail(name)
	}
	return false, false
}

// list reads a comma-separated list; nil when absent.
func (p *params) list(name string) []string {
	if !p.has(name) {
		return nil
	}
	return strings.Split(p.c.query.Get(name), ",")
}

func (p *params) ints(name string) []int {
	var out []int
	for _, s := range p.list(name) {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			p.fail(name)
			continue
		}
		out = append(out, n)
	}
	if out == nil && p.has(name) {
		out = []int{}
	}
	return out
}

func (p *params) money(name string, absent amount) amount {
	if !p.has(name) {
		return absent
	}
	a, err := parseAmount(p.c.query.Get(name))
	if err != nil {
		p.fail(name)
	}
	return a
}

// date reads a date filter. A plus sign that was sent unescaped arrives as a
// space and makes the date unreadable.
func (p *params) date(name string) time.Time {
	if !p.has(name) {
		return time.Time{}
	}
	t, ok := parseDate(p.c.query.Get(name))
	if !ok && !p.c.f.cfg.Believed.BadDatesIgnored {
		p.fail(name)
	}
	return t
}

// page is a place in a list: offset, and length.
type page struct{ number, limit int }

func (pg page) bounds(n int) (from, to int) {
	if pg.number-1 > n/pg.limit {
		return n, n
	}
	from = (pg.number - 1) * pg.limit
	return min(from, n), min(from+pg.limit, n)
}

// page reads page and limit. tooLarge is the marketplace's refusal of a limit
// above most.
func (p *params) page(most int) (pg page, tooLarge bool) {
	pg = page{p.int("page", 1), p.int("limit", defaultLimit)}
	if pg.number < 1 || pg.number > math.MaxInt32 {
		p.fail("page")
		pg.number = 1
	}
	if pg.limit < 1 {
		p.fail("limit")
		pg.limit = defaultLimit
	}
	if pg.limit > most {
		if !p.c.f.cfg.Believed.OverLimitClamped {
			return pg, true
		}
		pg.limit = most
	}
	return pg, false
}

// refusal returns the answer to a wrong parameter.
func (p *params) refusal() (answer, bool) {
	if p.bad == "" {
		return answer{}, false
	}
	if p.c.v2() {
		return p.c.invalidField(p.bad), true
	}
	return p.c.inContentType(v3Refusal(http.StatusUnprocessableEntity, "Invalid query parameter.",
		map[string]string{p.bad: "invalid value"})), true
}

func (c *call) limitTooLarge(most int) answer {
	return c.inContentType(c.refuse(http.StatusRequestEntityTooLarge, "The limit is too large. The maximum is %d.", most))
}

// pagination is meta.pagination of the V3 lists.
type pagination struct {
	Total       int       `json:"total"`
	Count       int       `json:"count"`
	PerPage     int       `json:"per_page"`
	CurrentPage int       `json:"current_page"`
	TotalPages  int       `json:"total_pages"`
	Links       pageLinks `json:"links"`
}

type pageLinks struct {
	Previous string  `json:"previous,omitempty"`
	Current  string  `json:"current"`
	Next     *string `json:"next,omitempty"`
}

type collection[T any] struct {
	Data []T `json:"data"`
	Meta struct {
		Pagination pagination `json:"pagination"`
	} `json:"meta"`
}

// paged cuts a page out of all and describes it.
func paged[T any](c *call, all []T, pg page) collection[T] {
	from, to := pg.bounds(len(all))
	var out collection[T]
	out.Data = slices.Clone(all[from:to])
	if out.Data == nil {
		out.Data = []T{}
	}
	out.Meta.Pagination = c.pagination(len(all), to-from, pg)
	return out
}

func (c *call) pagination(total, count int, pg page) pagination {
	pages := (total + pg.limit - 1) / pg.limit
	link := func(n int) string {
		q := url.Values{}
		maps.Copy(q, c.query)
		q.Set("page", strconv.Itoa(n))
		q.Set("limit", strconv.Itoa(pg.limit))
		return "?" + q.Encode()
	}
	p := pagination{Total: total, Count: count, PerPage: pg.limit, CurrentPage: pg.number, TotalPages: pages}
	p.Links.Current = link(pg.number)
	if pg.number > 1 {
		p.Links.Previous = link(pg.number - 1)
	}
	if pg.number < pages {
		next := link(pg.number + 1)
		p.Links.Next = &next
	} else if c.f.cfg.Believed.NextLinkOnLastPage {
		p.Links.Next = new(string)
	}
	return p
}
