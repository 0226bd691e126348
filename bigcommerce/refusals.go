package bigcommerce

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Reasons of a refused level that are not its end.
var (
	errUncounted = errors.New("stock was never counted there")
	errBelow     = errors.New("stock would fall below what the store withholds")
)

var (
	// named is an identity in the words of a refusal: "variant_id 106".
	named = regexp.MustCompile(`\b(variant_id|product_id|variant id|product id)s?[:=\s]+\[?(\d+)`)
	// listed is a list of bare ids: "identities: [3,2]".
	listed = regexp.MustCompile(`\[\s*(\d+(?:\s*,\s*\d+)*)\s*\]`)
	// indexed is the key of a field: "items.3.quantity" or "items[3].quantity".
	indexed = regexp.MustCompile(`^items[.\[](\d+)`)
)

// offenders returns the levels a refusal names, each with what it means.
// BigCommerce names them inside the title's words; the fields, where offenders
// should be, are mostly empty. A refusal that names none of them returns none.
func (c *Channel) offenders(op string, e apiError, ws []*write) map[*write]error {
	out := map[*write]error{}
	for key, text := range e.Fields {
		if m := indexed.FindStringSubmatch(key); m != nil {
			if i, err := strconv.Atoi(m[1]); err == nil && i < len(ws) {
				out[ws[i]] = c.verdict(op, text)
			}
		}
	}
	for _, text := range append([]string{e.Title}, e.more...) {
		c.mentioned(op, text, ws, out)
	}
	return out
}

// mentioned adds the levels that a sentence names.
func (c *Channel) mentioned(op, text string, ws []*write, out map[*write]error) {
	verdict := c.verdict(op, text)
	add := func(match func(p place) bool) {
		for _, w := range ws {
			if match(w.place) {
				out[w] = verdict
			}
		}
	}
	lower := strings.ToLower(text)
	// "update stock by product id" is advice, and no identity follows it.
	hits := named.FindAllStringSubmatch(lower, -1)
	for _, m := range hits {
		id, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			continue
		}
		variant := strings.HasPrefix(m[1], "variant")
		add(func(p place) bool { return variant && p.variant == id || !variant && p.product == id })
	}
	if len(hits) > 0 {
		return
	}
	for _, m := range listed.FindAllStringSubmatch(text, -1) {
		var ids []int64
		for s := range strings.SplitSeq(m[1], ",") {
			if id, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
				ids = append(ids, id)
			}
		}
		if strings.Contains(lower, "location") {
			add(func(p place) bool { return slices.Contains(ids, p.location) })
			continue
		}
		add(func(p place) bool {
			return p.variant > 0 && slices.Contains(ids, p.variant) || p.product > 0 && slices.Contains(ids, p.product)
		})
	}
}

// verdict is what a sentence says of the levels it names.
func (c *Channel) verdict(op, text string) error {
	lower := strings.ToLower(text)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
	}
	e := &channel.Error{Channel: c.cfg.ID, Op: op, Code: "422", Message: transport.Message(text), Class: channel.ErrInvalid}
	switch {
	case has("absolute adjustment before relative"):
		e.Class, e.Err = channel.ErrConflict, errUncounted
	case has("safety stock", "below", "insufficient", "negative stock"):
		e.Class, e.Err = channel.ErrConflict, errBelow
	case has("tracked by"):
		e.Class = channel.ErrStaleHandle
	case has("location"):
		e.Class = channel.ErrInvalid
	case has("not found", "does not exist", "do not exist"):
		e.Class = channel.ErrNotFound
	}
	return e
}
