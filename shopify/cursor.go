package shopify

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
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

	// A walk of more objects than one search tells is of several.
	Seen int       `json:"n,omitempty"` // objects told by this one
	From time.Time `json:"f,omitzero"`  // of orders: it is for what changed since
	Over string    `json:"o,omitempty"` // of listings: it is for ids behind this one

	// Whole says that the walk began with the first order ever, and that every
	// page so far had the fulfilment orders whole: none is left to be asked for.
	Whole bool `json:"w,omitempty"`

	SKUs   []string `json:"k,omitempty"` // listings: those still to be asked for
	Places []string `json:"l,omitempty"` // stock: locations still to be walked
}

func (w walk) cursor() channel.Cursor { return wire.Cursor(w) }

// parseWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseWalk(op string, cur channel.Cursor, phases ...string) (walk, error) {
	var w walk
	if !wire.ParseCursor(cur, &w) || w.Began.IsZero() || !slices.Contains(phases, w.Phase) {
		return w, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "cursor is not of this channel's making"}
	}
	return w, nil
}

// filter returns the search for what changed in the walk's bounds. Shopify
// takes > for >=, so nothing hangs on strictness; times are quoted and UTC.
func (w walk) filter() string {
	q := ""
	if from := w.floor(); !from.IsZero() {
		q = "updated_at:>='" + from.Format(time.RFC3339) + "'"
	}
	if !w.Until.IsZero() {
		if q != "" {
			q += " AND "
		}
		q += "updated_at:<='" + w.Until.UTC().Format(time.RFC3339) + "'"
	}
	return q
}
