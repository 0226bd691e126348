package stall

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// walk is a cursor taken apart: all that the next page is asked with, so that
// another process can go on from the cursor alone.
type walk struct {
	Kind  string    `json:"k"`
	After string    `json:"a,omitempty"` // the last id seen
	IDs   []string  `json:"i,omitempty"` // still to be read, of a walk over some listings
	Since time.Time `json:"s,omitzero"`
	Until time.Time `json:"u,omitzero"`
	Began time.Time `json:"b,omitzero"` // Stall's time, learnt from the first page
}

// The kinds of walks. A cursor of one is none of another's.
const (
	walkOrders   = "orders"
	walkListings = "listings"
	walkStock    = "stock"
)

// parse returns the walk that a cursor continues, or fresh where there is none.
func (c *Channel) parse(op string, cur channel.Cursor, fresh walk) (walk, error) {
	if cur == "" {
		return fresh, nil
	}
	var w walk
	text, err := base64.RawURLEncoding.DecodeString(string(cur))
	if err != nil || json.Unmarshal(text, &w) != nil || w.Kind != fresh.Kind || w.Began.IsZero() ||
		w.After == "" && len(w.IDs) == 0 {
		return w, c.fail(op, channel.ErrCursor, "cursor is not of this channel's making")
	}
	return w, nil
}

// next returns the cursor behind the page just read, "" after the last.
func (w *walk) next() channel.Cursor {
	if w.After == "" && len(w.IDs) == 0 {
		return ""
	}
	text, err := json.Marshal(w)
	if err != nil {
		panic(err) // strings and times of this century
	}
	return channel.Cursor(base64.RawURLEncoding.EncodeToString(text))
}

// through is the time up to which a walk that is at its end missed nothing: what
// changed less than lag before it began may not have been shown yet.
func (w *walk) through(lag time.Duration) time.Time {
	at := w.Began.Add(-lag)
	if !w.Until.IsZero() && w.Until.Before(at) {
		return w.Until
	}
	return at
}

// rows reads the next page of a walk, and moves the walk behind it. Rows are in
// the order of ids, which no change touches, and a page begins behind an id and
// not behind a number of rows: nothing is pushed from one page to another. The
// window of time is closed when the walk begins, so that the walk of a busy shop
// ends; what changes meanwhile comes with the next one.
func (c *Channel) rows(ctx context.Context, op, path string, w *walk, limit int) ([]json.RawMessage, time.Time, error) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	q := url.Values{}
	if n := min(limit, len(w.IDs)); n > 0 {
		q["id"], w.IDs = w.IDs[:n], w.IDs[n:]
	} else {
		q.Set("limit", strconv.Itoa(limit))
		setTime(q, "updated_from", w.Since)
		setTime(q, "updated_to", w.Until)
		if w.After != "" {
			q.Set("after", w.After)
		}
	}
	var list wireList
	at, err := c.do(ctx, call{op: op, method: http.MethodGet, path: path, query: q}, &list)
	if err != nil {
		return nil, at, err
	}
	w.After = list.Next
	if w.Began.IsZero() {
		w.Began = at
		if w.Until.IsZero() && w.Kind == walkOrders {
			w.Until = at
		}
	}
	return list.Items, at, nil
}

func setTime(q url.Values, name string, t time.Time) {
	if !t.IsZero() {
		q.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}

// page decodes rows one by one. A row that does not decode is parked.
func page[T any](rows []json.RawMessage, readAt time.Time, decode func(raw []byte) (T, error)) channel.Page[T] {
	p := channel.Page[T]{ReadAt: readAt}
	for _, raw := range rows {
		item, err := decode(raw)
		if err != nil {
			var only struct {
				ID string `json:"id"`
			}
			_ = json.Unmarshal(raw, &only) // the id where there is one
			p.Parked = append(p.Parked, channel.Parked{ID: only.ID, Raw: raw, Err: err})
			continue
		}
		p.Items = append(p.Items, item)
	}
	return p
}
