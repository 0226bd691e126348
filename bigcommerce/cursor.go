package bigcommerce

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// The walks.
const (
	walkOrders   = "orders"
	walkListings = "listings"
	walkStock    = "stock"
)

// walk is a cursor taken apart. It holds all that a page is asked with.
type walk struct {
	Kind  string    `json:"k"`
	After int64     `json:"a,omitzero"` // last id of orders and products
	Skip  int       `json:"n,omitzero"` // listings of the product behind After that were told
	Page  int       `json:"p,omitzero"` // of stock
	Since time.Time `json:"s,omitzero"`
	Until time.Time `json:"u,omitzero"`
	Began time.Time `json:"b,omitzero"` // server time when the walk began

	Locations []channel.LocationID `json:"l,omitempty"`
}

func (w walk) cursor() channel.Cursor { return wire.Cursor(w) }

// parseWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseWalk(op string, cur channel.Cursor, kinds ...string) (walk, error) {
	var w walk
	if !wire.ParseCursor(cur, &w) || w.Began.IsZero() || w.After < 0 || w.Skip < 0 || w.Page < 0 ||
		!slices.Contains(kinds, w.Kind) {
		return w, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "cursor is not of this channel's making"}
	}
	return w, nil
}

// from is the earliest change asked for. Whether the bound itself is included
// is not documented, and times are whole seconds, so one second more is asked.
func (w walk) from() time.Time {
	if w.Since.IsZero() {
		return time.Time{}
	}
	return w.Since.UTC().Truncate(time.Second).Add(-time.Second)
}

// date writes a time as a filter: no plus sign that could be taken for a space.
func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
