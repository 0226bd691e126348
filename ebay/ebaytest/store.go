package ebaytest

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// Server serves a Fake on a socket.
type Server = fakehttp.Server

// Fake is one seller's account. It is safe for concurrent use.
type Fake struct {
	cfg     Config
	home    []*marketplace // the seller's, in the order of Config
	faults  fakehttp.Faults
	handler http.Handler
	routes  []*route
	quota   *Counters
	began   time.Time

	mu  sync.Mutex
	due fakehttp.Agenda // what happens later, soonest first

	apps     map[string]*app
	access   map[string]*access
	grants   map[string]*grant // by refresh token
	codes    map[string]*code
	tokens   int
	requests int

	catalog   catalog
	orders    orderBook
	feeds     feedBook
	suspended bool
	surprise  bool
	failures  []*failure
	throttle  map[string]int // calls still to refuse, by operation
	throttles map[string]int
	afterPage func(page int)
	busy      map[string]int // writes in flight, by SKU

	loseEffects, rejectWrites func(sku string) bool

	calls      map[string]int
	sales      []Sale
	writes     []Write
	violations []string
}

// New returns an account with nothing in it.
func New(cfg Config) *Fake {
	f := &Fake{
		cfg: cfg.withDefaults(), apps: map[string]*app{}, access: map[string]*access{}, grants: map[string]*grant{}, codes: map[string]*code{},
		throttle: map[string]int{}, throttles: map[string]int{}, calls: map[string]int{}, busy: map[string]int{},
	}
	for _, id := range f.cfg.Marketplaces {
		m := marketplaceByID[id]
		if m == nil {
			panic(fmt.Sprintf("ebaytest: Config.Marketplaces: %q is no marketplace", id))
		}
		f.home = append(f.home, m)
	}
	f.began = time.Now().Add(f.cfg.ClockOffset)
	if f.quota = f.cfg.Counters; f.quota == nil {
		f.quota = NewCounters()
	}
	f.addApp(App{f.cfg.ClientID, f.cfg.ClientSecret, f.cfg.RuName, f.cfg.RefreshToken, f.cfg.Scopes})
	for _, a := range f.cfg.Apps {
		f.addApp(a)
	}
	f.catalog.init()
	f.orders.init()
	f.feeds.init()
	f.routes = routes()
	f.handler = f.faults.Wrap(http.HandlerFunc(f.serve), maxBody, f.opOf)
	return f
}

func routes() []*route {
	all := allRoutes()
	out := make([]*route, len(all))
	for i := range all {
		rt := all[i]
		rt.segments = strings.Split(strings.TrimPrefix(apis[rt.api].base+rt.path, "/"), "/")
		out[i] = &rt
	}
	// Fixed segments beat variables.
	slices.SortStableFunc(out, func(a, b *route) int {
		return cmp.Compare(strings.Count(a.path, "{"), strings.Count(b.path, "{"))
	})
	return out
}

// Transport returns a RoundTripper that answers in process. It works inside a
// testing/synctest bubble.
func (f *Fake) Transport() http.RoundTripper { return fakehttp.Transport(f) }

// Serve serves the fake on addr; "" means a free loopback port.
func (f *Fake) Serve(addr string) (*Server, error) { return fakehttp.Serve(addr, f) }

// lock takes the lock, lets everything happen that was due before now, and
// returns now. The caller unlocks mu.
func (f *Fake) lock() time.Time {
	f.mu.Lock()
	now := f.now()
	f.due.Settle(now)
	return now
}

func (f *Fake) now() time.Time { return time.Now().Add(f.cfg.ClockOffset) }

func readBody(r *http.Request) []byte {
	b, _ := io.ReadAll(r.Body) // the faults' wrapper holds it in memory
	return b
}

func (f *Fake) arrived(op string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op]++
}

// Calls returns how often each operation was called, whatever the outcome.
// Operations have their names in the specifications, such as getOrders, or are
// Trading's call names, or one of the Op constants.
func (f *Fake) Calls() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// Violations returns what callers did that the marketplace forbids or leaves
// undefined, though it may answer 200.
func (f *Fake) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.violations)
}

func (f *Fake) violate(format string, args ...any) {
	f.violations = append(f.violations, fmt.Sprintf(format, args...))
}

// Sale is one line of a purchase, of a listing of the account, that was made or
// refused.
type Sale struct {
	Time      time.Time
	OrderID   string // "" when refused
	ListingID string
	SKU       string
	Units     int
	Accepted  bool
	Shown     int // what buyers were shown just before
}

// Sales returns the sales so far, in order.
func (f *Fake) Sales() []Sale {
	f.lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sales)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
