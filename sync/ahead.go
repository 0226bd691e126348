package sync

import (
	"context"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// aheadMost bounds the payloads of the page in hand, in bytes, for the next one
// to be read before it is stored: two pages are held then.
const aheadMost = 4 << 20

// ahead is a page of a walk that was asked for before its turn: fetching it
// takes the network and a core while the page before it takes the store.
type ahead struct {
	query  channel.OrderQuery
	cancel context.CancelFunc
	done   chan struct{}
	page   channel.Page[channel.Order]
	err    error
}

// orderPage returns a page of the walk, the one read ahead if it is that.
func (v *visit) orderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	if a := v.ahead; a != nil && a.query.After == q.After && a.query.Since.Equal(q.Since) {
		<-a.done
		v.dropAhead()
		return a.page, a.err
	}
	ctx, cancel := v.reading(ctx)
	defer cancel()
	return v.b.ch.OrderPage(ctx, q)
}

// readAhead begins to read the page after one that took so long to come and is
// now to be stored, if the turn will most likely have time to store that too.
func (v *visit) readAhead(ctx context.Context, page *channel.Page[channel.Order], q channel.OrderQuery, took time.Duration) {
	v.dropAhead()
	size := 0
	for i := range page.Items {
		size += len(page.Items[i].Raw)
	}
	if page.Next == "" || page.Next == q.After || size > aheadMost || time.Since(v.started)+2*took > v.e.cfg.Slice {
		return
	}
	q.After = page.Next
	a := &ahead{query: q, done: make(chan struct{})}
	ctx, a.cancel = v.reading(ctx)
	v.ahead = a
	go func() {
		defer close(a.done)
		defer contain(&a.err)
		a.page, a.err = v.b.ch.OrderPage(ctx, q)
	}()
}

// dropAhead ends the reading of a page that nobody wants any more.
func (v *visit) dropAhead() {
	if a := v.ahead; a != nil {
		a.cancel()
		<-a.done
		v.ahead = nil
	}
}
