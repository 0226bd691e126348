package bigcommerce

import (
	"context"
	"sync"
	"time"

	"github.com/penstock-go/penstock/internal/transport"
)

// The limits of BigCommerce's APIs, with the page that states each.
const (
	quotaCalls  = 150              // a window, on the Standard and Plus plans: api-rate-limits
	quotaWindow = 30 * time.Second // api-rate-limits

	maxPage       = 250  // rows of a list: common-query-params
	maxInventory  = 1000 // rows of an inventory list: inventory.v3
	maxAdjust     = 2000 // items of an adjustment: inventory.v3
	maxStock      = 1<<31 - 1
	maxTracking   = 50  // characters of a tracking number: orders.v2
	maxLink       = 500 // characters of a tracking link: orders.v2
	maxIDs        = 250 // ids in a filter: bounds the URL
	maxProducts   = 100 // products of a page of listings: bounds the answer, each may have 600 variants
	maxSideCalls  = 16  // calls beside a page of orders
	parallelReads = 4   // no figure is published any more; three to four were
)

// Limiter paces calls, and lets one stock write at a time reach a store: of two
// absolute ones in flight BigCommerce does not promise which wins. Channels of
// the same store share one.
type Limiter struct {
	calls *transport.Limiter

	mu     sync.Mutex
	writer map[string]chan struct{} // by store
}

// NewLimiter returns a limiter that assumes the Standard plan, 150 calls in 30
// seconds, until answers tell the store's own.
func NewLimiter() *Limiter {
	return &Limiter{
		calls: transport.NewLimiter(func(string) transport.Rule {
			return transport.Rule{Size: quotaCalls, Window: quotaWindow}
		}),
		writer: map[string]chan struct{}{},
	}
}

// lock waits for the store's turn to write stock. The function it returns ends
// the turn.
func (l *Limiter) lock(ctx context.Context, store string) (unlock func(), err error) {
	l.mu.Lock()
	turn, ok := l.writer[store]
	if !ok {
		turn = make(chan struct{}, 1)
		l.writer[store] = turn
	}
	l.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
