package bigcommercetest

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

// Fake is one store of the marketplace. It is safe for concurrent use.
type Fake struct {
	cfg     Config
	faults  fakehttp.Faults
	handler http.Handler
	routes  []*route

	mu     sync.Mutex
	tokens map[string]*Token
	codes  map[string]*grant

	catalog   catalog
	locations []*Location
	orders    orderBook
	hooks     hookBook
	quota     quotaWindow

	suspended  bool
	failures   []*failure
	blankLines func(orderID int) bool
	afterPage  func(page int)
	noStockPut bool // catalog writes save everything but inventory

	refunds []*refund // of all orders, by id

	nextRefund, nextTransaction, nextEvent int

	calls      map[string]int
	throttled  int
	sales      []Sale
	writes     []*Write
	emails     []Email
	violations []string
	absolutes  []*flight
}

// New returns a store with the default location and nothing in it.
func New(cfg Config) *Fake {
	f := &Fake{cfg: cfg.withDefaults(), tokens: map[string]*Token{}, codes: map[string]*grant{}, calls: map[string]int{}}
	for _, t := range append([]Token{{
		Value: f.cfg.Token, ClientID: f.cfg.ClientID, Secret: f.cfg.ClientSecret, Scopes: f.cfg.Scopes,
	}}, f.cfg.Tokens...) {
		t.ClientID = cmp.Or(t.ClientID, f.cfg.ClientID)
		t.Secret = cmp.Or(t.Secret, f.cfg.ClientSecret)
		f.tokens[t.Value] = &t
	}
	f.catalog.init()
	f.orders.init()
	f.hooks.init()
	f.locations = []*Location{{ID: DefaultLocation, Code: "BC-LOCATION-1", Label: "Default location", Enabled: true, Created: f.now()}}
	f.routes = routes()
	f.handler = f.faults.Wrap(http.HandlerFunc(f.serve), maxBody, f.opOf)
	return f
}

func routes() []*route {
	all := slices.Concat(storeRoutes, orderRoutes, shipmentRoutes, catalogRoutes, inventoryRoutes, locationRoutes, refundRoutes, hookRoutes)
	out := make([]*route, len(all))
	for i := range all {
		rt := all[i]
		rt.segments = strings.Split(strings.TrimPrefix(rt.path, "/"), "/")
		out[i] = &rt
	}
	// Fixed segments beat variables: /orders/count is no order.
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

// now is the store's clock.
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
// Operations are named like "GET /v2/orders/{id}/products".
func (f *Fake) Calls() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// Violations returns what callers did that the marketplace forbids or leaves
// undefined, though it may answer 200: absolute adjustments in flight at the
// same time, unknown query parameters.
func (f *Fake) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.violations)
}

func (f *Fake) violate(format string, args ...any) {
	f.violations = append(f.violations, fmt.Sprintf(format, args...))
}

// Sale is one tracked line of an order that was placed or refused.
type Sale struct {
	Time     time.Time
	OrderID  int // 0 when refused
	SKU      string
	Units    int
	Accepted bool
	Shown    int // available to sell just before
}

// Sales returns the sales of tracked items so far, in order.
func (f *Fake) Sales() []Sale {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sales)
}

// Email is a message that the marketplace sent to a buyer or seller. No
// request can suppress it.
type Email struct {
	Time     time.Time
	Kind     EmailKind
	OrderID  int
	Status   Status   // of EmailStatus
	Tracking []string // the numbers the message names
	To       string
}

// EmailKind says why a message was sent.
type EmailKind string

// Kinds of e-mail.
const (
	EmailShipment       EmailKind = "shipment"         // a shipment was created
	EmailStatus         EmailKind = "status"           // the order's status changed
	EmailHookDeactivate EmailKind = "hook deactivated" // to the seller
	EmailDomainBlocked  EmailKind = "domain blocked"   // to the seller
)

// Emails returns the messages sent so far.
func (f *Fake) Emails() []Email {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.emails)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
