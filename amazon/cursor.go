package amazon

import (
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// The walks.
const walkOrders = "orders"

// walk is a cursor taken apart. It holds all that a page is asked with, to the
// letter: a page token is refused beside other filters.
type walk struct {
	Kind   string    `json:"k"`
	After  string    `json:"a,omitzero"` // lastUpdatedAfter
	Before string    `json:"f,omitzero"` // lastUpdatedBefore
	In     []string  `json:"m,omitempty"`
	Until  time.Time `json:"u,omitzero"` // as it was asked for

	Token string    `json:"t,omitzero"`
	Given time.Time `json:"g,omitzero"` // server time when the token came

	Began time.Time `json:"b,omitzero"` // server time when the walk began
	Edge  time.Time `json:"e,omitzero"` // the least bound that an answer named
}

func (w walk) cursor() channel.Cursor { return wire.Cursor(w) }

// parseWalk takes a cursor apart; one that is not ours is ErrCursor, and so is
// one whose token is past its time, which saves the call.
func (c *Channel) parseWalk(op string, cur channel.Cursor, kinds ...string) (walk, error) {
	var w walk
	if !wire.ParseCursor(cur, &w) || w.Began.IsZero() || w.Token == "" || w.After == "" || !slices.Contains(kinds, w.Kind) ||
		len(w.In) > maxMarketplaces || slices.ContainsFunc(w.In, func(id string) bool { return id == "" || strings.Contains(id, ",") }) {
		return w, c.refuse(op, channel.ErrCursor, "cursor is not of this channel's making")
	}
	if c.serverNow().Sub(w.Given) >= tokenLife {
		return w, c.refuse(op, channel.ErrCursor, "the page token is older than a day")
	}
	return w, nil
}

// stamp writes a time as a bound, to the millisecond in which updates are told
// apart; up is for an upper bound. No plus sign can be taken for a space.
func stamp(t time.Time, up bool) string {
	ms := t.UTC().Truncate(time.Millisecond)
	if up && ms.Before(t) {
		ms = ms.Add(time.Millisecond)
	}
	switch y := ms.Year(); {
	case y > 9999:
		ms = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	case y < 1:
		ms = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return ms.Format("2006-01-02T15:04:05.000Z")
}
