package ebay

import (
	"context"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/trading"
)

const (
	// maxRevisions is how often a listing may be revised in a day, by whatever
	// call: the listing management guide.
	maxRevisions = 250
	// keptRevisions are those that are left to what falls: a raise can wait until
	// tomorrow, and an oversold unit cannot.
	keptRevisions = 50
	// maxRemembered bounds of how many listings revisions are counted.
	maxRemembered = 100_000

	// keepsFor is how long it is believed that listings stay at zero, and
	// endsFor that they end: the seller may have changed it since.
	keepsFor = time.Hour
	endsFor  = 5 * time.Minute

	opPreferences = "GetUserPreferences"
)

// routes remembers what writes need to know of listings. It is a help: with
// nothing remembered, eBay refuses by itself, and preferences are read again.
type routes struct {
	mu       sync.Mutex
	day      time.Time // of counts: when it ends
	counts   map[string]int
	single   bool      // inventory items are set one by one
	keeps    bool      // listings stay at zero
	believed time.Time // until when
}

// spent says how long a listing is not to be revised any more.
func (r *routes) spent(item string, falls bool, now time.Time) (wait time.Duration, spent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	most := maxRevisions
	if !falls {
		most -= keptRevisions
	}
	return r.day.Sub(now), r.counts[item] >= most
}

// revised counts a revision of a listing.
func (r *routes) revised(item string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	r.counts[item]++
}

func (r *routes) turn(now time.Time) {
	if !now.Before(r.day) || len(r.counts) >= maxRemembered {
		r.day, r.counts = nextReset(now), map[string]int{}
	}
}

// oneByOne notes that a call takes one inventory item.
func (r *routes) oneByOne() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.single = true
}

// batch is how many inventory items a call takes.
func (r *routes) batch(configured int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.single {
		return 1
	}
	return configured
}

// keepsAtZero tells whether a Trading-born listing stays when its quantity is
// zero. Without the seller's preference for it, the listing ends, or the
// variation is dropped, for good.
func (c *Channel) keepsAtZero(ctx context.Context, op string) (bool, error) {
	r := &c.routes
	r.mu.Lock()
	keeps, fresh := r.keeps, time.Now().Before(r.believed)
	r.mu.Unlock()
	if fresh {
		return keeps, nil
	}
	var w trading.PreferencesResponse
	if _, err := c.ask(ctx, op, opPreferences, jobStock, &trading.PreferencesRequest{OutOfStock: true}, &w, &w.Head); err != nil {
		return false, err
	}
	if w.OutOfStock == nil {
		return false, c.refuse(op, channel.ErrUnavailable, "eBay does not say whether listings stay at zero")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keeps = *w.OutOfStock
	r.believed = time.Now().Add(endsFor)
	if r.keeps {
		r.believed = time.Now().Add(keepsFor)
	}
	return r.keeps, nil
}
