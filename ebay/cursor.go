package ebay

import (
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// The walks, by the filter that they go by.
const (
	walkModified = "lastmodifieddate"
	walkCreated  = "creationdate"
)

// walk is a cursor taken apart. A walk goes from one closed window of time to the
// next, and within each from the last offset to the first.
type walk struct {
	Kind string    `json:"k"`
	From time.Time `json:"f"` // the window, both ends within
	To   time.Time `json:"t"`
	Last time.Time `json:"l"` // end of the last window of its kind

	// Of a walk by creation: where the windows by change begin, and their end.
	Since   time.Time `json:"s,omitzero"`
	Through time.Time `json:"e,omitzero"`

	Size  int  `json:"n"`
	Next  int  `json:"o,omitzero"` // offset of the page to read
	Total int  `json:"c,omitzero"` // of the window, by its first page; 0 before that
	Moved bool `json:"m,omitzero"` // records left the window since: its first page is read again
	Again bool `json:"a,omitzero"` // the window is read a second time, since it grew
}

func (w walk) cursor() channel.Cursor { return wire.Cursor(w) }

// parseWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseWalk(op string, cur channel.Cursor) (walk, error) {
	var w walk
	if !wire.ParseCursor(cur, &w) || w.Kind != walkModified && w.Kind != walkCreated || w.From.IsZero() || w.To.Before(w.From) ||
		w.Last.Before(w.To) || w.Last.Year() > 9999 || w.Size < 1 || w.Size > maxPage || w.Next < 0 || w.Total < 0 || w.Next > max(w.Total, 0) ||
		w.Kind == walkCreated && (w.Since.IsZero() || w.Through.Before(w.Last)) {
		return w, c.refuse(op, channel.ErrCursor, "cursor is not of this channel's making")
	}
	// A walk may take a while from where eBay's past begins.
	if now := c.serverNow().Add(-goesBack - 12*time.Hour); w.From.Before(now) || w.Kind == walkCreated && w.Since.Before(now) {
		return w, c.refuse(op, channel.ErrCursor, "the cursor's window is further back than eBay goes")
	}
	return w, nil
}

// stampForm is how eBay writes times: in UTC, to the millisecond.
const stampForm = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampForm) }

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
