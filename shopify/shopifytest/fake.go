package shopifytest

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// Errors of the seller and buyer side.
var (
	// ErrInsufficientStock means that the shop refused a sale because it shows
	// fewer units than the buyer wants.
	ErrInsufficientStock = errors.New("shopifytest: not enough stock shown")
	// ErrUnknown means that a SKU, location, order or line named in a call does
	// not exist.
	ErrUnknown = errors.New("shopifytest: no such thing")
	// ErrState means that a thing exists and cannot do what was asked in its
	// present state.
	ErrState = errors.New("shopifytest: not possible in this state")
)

// Fake is one shop on a fake Shopify. It is safe for concurrent use. Make one
// with New.
type Fake struct {
	cfg     Config
	faults  fakehttp.Faults
	handler http.Handler
	docs    documents

	mu  sync.Mutex
	at  time.Time // the moment of the change or read under way
	rng *rand.Rand
	ids ids

	bucket    bucket
	auth      auth
	created   time.Time
	cursorGen int

	locations   []*location
	products    []*product
	variants    []*variant
	itemsBySKU  map[string][]*item
	entities    map[string]entity // by global id; orders and their parts too
	customers   map[string]*customer
	orders      []*order
	orderByName map[string]*order
	orderNumber int

	byUpdated, byCreated, byID index[*order]
	foUpdated, foByID          index[*fulfilmentOrder]
	pending                    []pendingIndex // not yet visible to searches
	due                        []effect       // changes that happen later, soonest first
	seq                        int

	keys      map[string]*keyUse
	keyFaults []string
	jobs      map[string]*job
	bulks     []*bulk
	bulkRules []*BulkFault
	hooks     hooks
	planned   plannedRefusals

	stats Stats
	calls map[string]int
	used  map[string]int // deprecated fields and arguments, by use
	sales []Sale
	log   []Write
}

// New makes a shop that is empty but for its locations.
func New(cfg Config) *Fake {
	cfg = cfg.withDefaults()
	f := &Fake{
		cfg: cfg, rng: rand.New(rand.NewPCG(uint64(cfg.Seed), 0x5eed)),
		itemsBySKU: map[string][]*item{}, entities: map[string]entity{}, customers: map[string]*customer{},
		orderByName: map[string]*order{}, orderNumber: 1000,
		keys: map[string]*keyUse{}, jobs: map[string]*job{}, calls: map[string]int{}, used: map[string]int{},
	}
	f.at = time.Now()
	f.created = f.now()
	f.bucket = bucket{size: standardBucket * cfg.Quota, restore: standardRestore * cfg.Quota, level: standardBucket * cfg.Quota, at: f.at}
	f.byUpdated.current = func(o *order) int64 { return o.indexed }
	f.byCreated.current = func(o *order) int64 { return o.createdAt.Unix() }
	f.byID.current = func(*order) int64 { return 0 }
	f.foUpdated.current = func(fo *fulfilmentOrder) int64 { return fo.indexed }
	f.foByID.current = func(*fulfilmentOrder) int64 { return 0 }
	f.auth.init(f)
	for _, l := range cfg.Locations {
		f.addLocation(l)
	}
	f.handler = f.faults.Wrap(http.HandlerFunc(f.route), 10<<20, f.operation)
	return f
}

// lock takes the lock for a change or a read that happens now, after letting
// everything happen that was due before.
func (f *Fake) lock() func() {
	f.mu.Lock()
	f.settle(time.Now())
	return f.mu.Unlock
}

// now is the present moment as the shop writes it down: whole seconds, UTC.
func (f *Fake) now() time.Time { return f.at.UTC().Truncate(time.Second) }

// An effect is a change that happens by itself at a later time.
type effect struct {
	at  time.Time
	seq int
	do  func()
}

func (f *Fake) later(at time.Time, do func()) {
	f.seq++
	e := effect{at, f.seq, do}
	i := len(f.due)
	for i > 0 && f.due[i-1].at.After(at) {
		i--
	}
	f.due = append(f.due, effect{})
	copy(f.due[i+1:], f.due[i:])
	f.due[i] = e
}

// settle brings the shop to the given time: what was due before happens at its
// own time, and searches see what they may see by then.
func (f *Fake) settle(now time.Time) {
	for len(f.due) > 0 && !f.due[0].at.After(now) {
		e := f.due[0]
		f.due = f.due[1:]
		f.at = e.at
		e.do()
	}
	if now.After(f.at) {
		f.at = now
	}
	f.catchUp()
}

func register[T entity](f *Fake, e T) T {
	f.entities[e.gid()] = e
	return e
}

// find returns the entity with the id if it is of the wanted kind.
func find[T entity](f *Fake, id string) (T, bool) {
	e, ok := f.entities[id].(T)
	return e, ok
}

func (f *Fake) domain() string { return f.cfg.Shop }

// Shop is the shop's myshopify.com domain.
func (f *Fake) Shop() string { return f.domain() }

func shopDomain(s string) string {
	if s == "" {
		s = "penstock-test"
	}
	if !strings.Contains(s, ".") {
		s += ".myshopify.com"
	}
	return strings.ToLower(s)
}
