package bigcommerce

import (
	"encoding/base64"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
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

// maxCursor bounds a cursor: it may come from a store that others write.
const maxCursor = 4096

func (w walk) cursor() channel.Cursor {
	w.Since, w.Until = writable(w.Since), writable(w.Until)
	b, err := json.Marshal(w, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // strings, numbers and times of four-digit years always marshal
	}
	return channel.Cursor(base64.RawURLEncoding.EncodeToString(b))
}

// writable returns the nearest time that JSON can write: a caller may ask for
// any.
func writable(t time.Time) time.Time {
	switch y := t.UTC().Year(); {
	case y > 9998:
		return time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC)
	case y < 1:
		return time.Time{}
	}
	return t
}

// parseWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseWalk(op string, cur channel.Cursor, kinds ...string) (walk, error) {
	var w walk
	bad := &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "cursor is not of this channel's making"}
	if len(cur) > maxCursor {
		return w, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(string(cur))
	if err != nil || json.Unmarshal(b, &w) != nil || w.Began.IsZero() || w.After < 0 || w.Skip < 0 || w.Page < 0 ||
		!slices.Contains(kinds, w.Kind) {
		return w, bad
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
