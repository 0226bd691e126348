package amazontest

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

// Fake is one seller's account in one region of the marketplace. It is safe for
// concurrent use.
type Fake struct {
	cfg     Config
	region  region
	home    []*marketplace // the seller's, in the order of Config
	faults  fakehttp.Faults
	handler http.Handler
	routes  []*route
	plans   map[string]Rate

	mu  sync.Mutex
	due fakehttp.Agenda // what happens later, soonest first

	apps     map[string]*app
	access   map[string]*access
	codes    map[string]*grant
	tokens   int
	requests int

	catalog   catalog
	orders    orderBook
	documents documentStore
	feeds     feedBook
	reports   reportBook
	hooks     hookBook
	suspended bool
	failures  []*failure
	throttle  map[string]int // calls still to refuse, by operation
	throttles map[string]int
	afterPage func(page int)

	loseEffects, rejectWrites func(sku string) bool
	submissions               int

	calls      map[string]int
	sales      []Sale
	writes     []Write
	violations []string
}

// New returns an account with nothing in it.
func New(cfg Config) *Fake {
	f := &Fake{
		cfg: cfg.withDefaults(), apps: map[string]*app{}, access: map[string]*access{}, codes: map[string]*grant{}, throttle: map[string]int{},
		throttles: map[string]int{}, calls: map[string]int{}, plans: Plans(),
	}
	for _, id := range f.cfg.Marketplaces {
		m := marketplaceByID[id]
		if m == nil {
			panic(fmt.Sprintf("amazontest: Config.Marketplaces: %q is no marketplace", id))
		}
		if f.region = cmp.Or(f.region, m.region); f.region != m.region {
			panic("amazontest: Config.Marketplaces: marketplaces of two regions are two accounts")
		}
		f.home = append(f.home, m)
	}
	f.addApp(App{f.cfg.ClientID, f.cfg.ClientSecret, f.cfg.RefreshToken, f.cfg.Roles})
	for _, a := range f.cfg.Apps {
		f.addApp(a)
	}
	f.catalog.init()
	f.orders.init()
	f.reports.last = map[string]*report{}
	f.documents.byID = map[string]*document{}
	f.routes = routes()
	f.handler = f.faults.Wrap(http.HandlerFunc(f.serve), maxBody, f.opOf)
	return f
}

func routes() []*route {
	all := allRoutes()
	out := make([]*route, len(all))
	for i := range all {
		rt := all[i]
		rt.segments = strings.Split(strings.TrimPrefix(rt.path, "/"), "/")
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
	now := time.Now().Add(f.cfg.ClockOffset)
	f.due.Settle(now)
	return now
}

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
// Operations have their names in the models, such as searchOrders, or are one
// of the Op constants.
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

// Sale is one line of an order, of a listing whose quantity the marketplace
// counts, that was placed or refused.
type Sale struct {
	Time     time.Time
	OrderID  string // "" when refused
	SKU      string
	Units    int
	Accepted bool
	Shown    int  // the live quantity just before
	ByAmazon bool // from the stock Amazon holds
}

// Sales returns the sales so far, in order.
func (f *Fake) Sales() []Sale {
	f.lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sales)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
