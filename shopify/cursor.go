package shopify

import (
	"encoding/base64"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
)

// The phases of a walk over orders.
const (
	phaseOrders = "orders"
	phaseUnits  = "units" // fulfilment orders: a hold or a move need not touch the order
)

// walk is a cursor taken apart.
type walk struct {
	Phase string    `json:"p"`
	After string    `json:"a,omitempty"` // Shopify's cursor inside the phase
	Since time.Time `json:"s,omitzero"`
	Until time.Time `json:"u,omitzero"`
	Began time.Time `json:"b"` // server time when the walk began

	SKUs   []string `json:"k,omitempty"` // listings: those still to be asked for
	Places []string `json:"l,omitempty"` // stock: locations still to be walked
}

// maxCursor bounds a cursor: it may come from a store that others write.
const maxCursor = 32 << 10

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
func (c *Channel) parseWalk(op string, cur channel.Cursor, phases ...string) (walk, error) {
	var w walk
	bad := &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "cursor is not of this channel's making"}
	if len(cur) > maxCursor {
		return w, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(string(cur))
	if err != nil || json.Unmarshal(b, &w) != nil || w.Began.IsZero() {
		return w, bad
	}
	if !slices.Contains(phases, w.Phase) {
		return w, bad
	}
	return w, nil
}

// filter returns the search for what changed in the walk's bounds. Shopify
// takes > for >=, so nothing hangs on strictness; times are quoted and UTC.
func (w walk) filter() string {
	q := ""
	if !w.Since.IsZero() {
		q = "updated_at:>='" + w.Since.UTC().Format(time.RFC3339) + "'"
	}
	if !w.Until.IsZero() {
		if q != "" {
			q += " AND "
		}
		q += "updated_at:<='" + w.Until.UTC().Format(time.RFC3339) + "'"
	}
	return q
}
