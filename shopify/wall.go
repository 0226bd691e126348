package shopify

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

const (
	// pagingWall is how many objects Shopify pages through in one search; what
	// is behind is not told (shopify.dev/docs/api/usage/limits).
	pagingWall = 25_000
	// wallMargin is how far before it a walk has begun a new search at the latest.
	wallMargin = 2 * maxPage
)

// Why a walk cannot begin a new search where it has come to.
var (
	errNoBound = errors.New("no bound tells apart what was told and what was not")
	errTooNew  = errors.New("all of the page changed this moment")
)

// turn moves a walk to the page after one of n objects that has a next. In the
// last fifth before the wall a new search begins where this one has come to: anew
// sets its bound, or says why there is none, and then a later page may have one.
func (c *Channel) turn(op string, w *walk, info admin.PageInfo, n int, anew func() error) error {
	if info.EndCursor == w.After {
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrCursor, Message: "the next page begins where this one did"}
	}
	w.After = info.EndCursor
	if w.Seen += n; w.Seen <= c.wall-c.wall/5 {
		return nil
	}
	err := anew()
	switch {
	case err == nil:
		w.After, w.Seen = "", 0
		return nil
	case w.Seen+wallMargin <= c.wall:
		return nil
	case errors.Is(err, errTooNew):
		return &channel.Error{
			Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, RetryAfter: c.cfg.Lag,
			Message: "objects change faster than the index tells: the walk goes on when they rest",
		}
	}
	return &channel.Error{
		Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid,
		Message: fmt.Sprintf("Shopify pages through %d objects of a search, and there are more that no bound tells apart: take a bulk snapshot", c.wall),
	}
}

// from bounds the search at the second in which the last object of a page
// changed. Those of that second come again.
func (w *walk) from(last time.Time) error {
	last = last.UTC().Truncate(time.Second)
	switch {
	case last.IsZero():
		return errTooNew
	case !last.After(w.floor().Truncate(time.Second)):
		return errNoBound
	}
	w.From = last
	return nil
}

// floor is when what the search is for changed at the earliest.
func (w *walk) floor() time.Time {
	if w.From.After(w.Since) {
		return w.From
	}
	return w.Since.UTC()
}

// lastChange returns the latest change among the nodes that decoded and changed
// before the index lag, zero where none did. What changed since lies in the page
// where it was before: its time says nothing of how far the page has come.
func lastChange[T any](nodes admin.Nodes[T], settled time.Time, of func(*T) time.Time) time.Time {
	var last time.Time
	for i := range nodes {
		if at := of(&nodes[i].Value); nodes[i].Err == nil && at.After(last) && !at.After(settled) {
			last = at
		}
	}
	return last
}
