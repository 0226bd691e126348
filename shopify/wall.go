package shopify

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

const (
	// pagingWall is how many objects Shopify pages through in one search; what
	// is behind is not told (shopify.dev/docs/api/usage/limits).
	pagingWall = 25_000
	// wallMargin is how far before it a walk begins a new search.
	wallMargin = 2 * maxPage
)

// turn moves a walk to the page after one of n objects that has a next. Before
// the wall a new search begins where this one has come to: anew sets its bound,
// and reports false when that is where this one began.
func (c *Channel) turn(op string, w *walk, info admin.PageInfo, n int, anew func() bool) error {
	if info.EndCursor == w.After {
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "the next page begins where this one did"}
	}
	w.After = info.EndCursor
	if w.Seen += n; w.Seen+wallMargin <= c.wall {
		return nil
	}
	if !anew() {
		return &channel.Error{
			Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid,
			Message: fmt.Sprintf("Shopify pages through %d objects of a search, and there are more that no bound tells apart: take a bulk snapshot", c.wall),
		}
	}
	w.After, w.Seen = "", 0
	return nil
}

// from bounds the search at the second in which the last object changed, and
// reports whether that is later than the bound it has. Those of that second come
// again.
func (w *walk) from(last time.Time) bool {
	last = last.UTC().Truncate(time.Second)
	if !last.After(w.floor().Truncate(time.Second)) {
		return false
	}
	w.From = last
	return true
}

// floor is when what the search is for changed at the earliest.
func (w *walk) floor() time.Time {
	if w.From.After(w.Since) {
		return w.From
	}
	return w.Since.UTC()
}

// lastChange returns the latest change among nodes that decoded.
func lastChange[T any](nodes admin.Nodes[T], of func(*T) time.Time) time.Time {
	var last time.Time
	for i := range nodes {
		if at := of(&nodes[i].Value); nodes[i].Err == nil && at.After(last) {
			last = at
		}
	}
	return last
}
