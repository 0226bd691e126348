package amazontest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// stampLayout prints a time in UTC with the digits its fraction has, at most
// three.
const stampLayout = "2006-01-02T15:04:05.999Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// stampOr is stamp, and "" for the zero time.
func stampOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

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

func (p *params) text(name string) string { return p.c.query.Get(name) }

// list reads an array, which is one value with commas.
func (p *params) list(name string, most int) []string {
	if !p.has(name) {
		return nil
	}
	l := strings.Split(p.text(name), ",")
	if slices.Contains(l, "") || most > 0 && len(l) > most {
		p.fail(name)
	}
	return l
}

// oneOf reads an array of values of an enumeration.
func (p *params) oneOf(name string, enum []string) []string {
	l := p.list(name, 0)
	for _, v := range l {
		if !slices.Contains(enum, v) {
			p.fail(name)
		}
	}
	return l
}

func (p *params) int(name string, absent, least, most int) int {
	if !p.has(name) {
		return absent
	}
	n, err := strconv.Atoi(p.text(name))
	if err != nil || n < least || n > most {
		p.fail(name)
		return absent
	}
	return n
}

// date reads an RFC 3339 time; the zero time when it is absent.
func (p *params) date(name string) time.Time {
	if !p.has(name) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, p.text(name))
	if err != nil {
		p.fail(name)
	}
	return t.UTC()
}

func (p *params) boolean(name string) bool {
	if !p.has(name) {
		return false
	}
	b, err := strconv.ParseBool(p.text(name))
	if err != nil {
		p.fail(name)
	}
	return b
}

// marketplaces reads a list of the seller's marketplaces.
func (p *params) marketplaces(most int) []string {
	const name = "marketplaceIds"
	l := p.list(name, most)
	for _, id := range l {
		if !p.c.f.sellsOn(id) {
			p.fail(name)
		}
	}
	return l
}

func (p *params) require(names ...string) {
	for _, name := range names {
		if p.text(name) == "" {
			p.fail(name)
		}
	}
}

func (p *params) refusal() (answer, bool) {
	if p.bad == "" {
		return answer{}, false
	}
	return p.c.invalid("Value of parameter '%s' is invalid.", p.bad), true
}

func (f *Fake) sellsOn(id string) bool {
	return slices.ContainsFunc(f.home, func(m *marketplace) bool { return m.id == id })
}
