// Package stalltest is a fake Stall: a shop with state that answers as the
// marketplace's documentation says, for tests. It knows the adapter's Config, and
// nothing else of the adapter.
//
// It is reached without a socket, by [Fake.Transport], so that it works within a
// testing/synctest bubble, where waiting costs no time.
package stalltest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall"
)

// Key is the shop's key.
const Key = "stall-key-4f1e9a77c0de"

// AllScopes is what a key can be granted.
func AllScopes() []string { return []string{"orders", "parcels", "listings", "stock"} }

// Config says how a shop behaves. The zero value is as documented.
type Config struct {
	Lag time.Duration // how long after a change lists still show what was before; default 30 s, -1 is none
}

// Fake is a shop. It is safe for concurrent use.
type Fake struct {
	lag   time.Duration
	limit *rate.Limiter

	mu       sync.Mutex
	number   int // of the last id given
	listings map[string]*listing
	orders   map[string]*order
	faults   []*Fault
	revoked  bool
	frozen   bool
	hidden   bool // buyers are not shown
	scopes   []string
}

// New returns a shop that sells nothing yet.
func New(cfg Config) *Fake {
	return &Fake{
		lag: max(0, cmp.Or(cfg.Lag, 30*time.Second)), limit: rate.NewLimiter(10, 20), scopes: AllScopes(),
		listings: map[string]*listing{}, orders: map[string]*order{},
	}
}

// Config is the configuration of a channel to the shop.
func (f *Fake) Config() stall.Config {
	return stall.Config{Shop: "acme", Key: Key, Transport: f.Transport()}
}

type listing struct {
	id, sku  string
	quantity int64
	price    int64 // cents
	updated  time.Time
}

// order is an order as it is. Lists show an older state for a while: of those
// in shown, the last whose time has come.
type order struct {
	state
	shown   []state
	gone    bool
	spoiled bool
}

type state struct {
	id, number, status string
	placed, updated    time.Time
	lines              []line
	postage, refunded  int64 // cents
	buyer              string
	parcels            []parcel
}

type line struct {
	id, listing, sku            string
	ordered, cancelled, shipped int64
	price                       int64 // cents
}

func (s state) clone() state {
	s.lines, s.parcels = slices.Clone(s.lines), slices.Clone(s.parcels)
	return s
}

// id makes ids whose order as texts is the order in which they were made.
func (f *Fake) id(kind string) string {
	f.number++
	return fmt.Sprintf("%s_%06d", kind, f.number)
}

// AddListing puts something on sale, at 12.50 EUR.
func (f *Fake) AddListing(sku string, quantity int64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &listing{id: f.id("p"), sku: sku, quantity: quantity, price: 1250, updated: time.Now()}
	f.listings[l.id] = l
	return l.id
}

// Sale is what a buyer buys, with the cents of postage.
type Sale struct {
	Lines   []SaleLine
	Postage int64
	Buyer   string // "" is one called Ann Example
}

// SaleLine is a quantity of a listing.
type SaleLine struct {
	Listing  string
	Quantity int64
}

// PlaceOrder sells. The units leave what is shown at once.
func (f *Fake) PlaceOrder(s Sale) (id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range s.Lines {
		if p := f.listings[l.Listing]; p == nil || p.quantity < l.Quantity || l.Quantity < 1 {
			return "", fmt.Errorf("stalltest: %d of %s are not there", l.Quantity, l.Listing)
		}
	}
	o := &order{state: state{
		id: f.id("o"), status: "open", placed: time.Now(), postage: s.Postage, buyer: cmp.Or(s.Buyer, "Ann Example"),
	}}
	o.number = fmt.Sprintf("A%d", f.number)
	for _, l := range s.Lines {
		p := f.listings[l.Listing]
		f.shift(p, -l.Quantity)
		o.lines = append(o.lines, line{id: f.id("l"), listing: p.id, sku: p.sku, ordered: l.Quantity, price: p.price})
	}
	f.orders[o.id] = o
	o.changed()
	return o.id, nil
}

func (f *Fake) shift(p *listing, by int64) { p.quantity, p.updated = p.quantity+by, time.Now() }

// changed makes what was done visible, to lists later. A version is newer than
// the one before, however quickly it follows.
func (o *order) changed() {
	now := time.Now()
	if !now.After(o.updated) {
		now = o.updated.Add(time.Microsecond)
	}
	o.updated = now
	o.shown = append(o.shown, o.clone())
}

// listed is the order as lists show it; false while they show none.
func (o *order) listed(lag time.Duration) (state, bool) {
	for _, s := range slices.Backward(o.shown) {
		if time.Since(s.updated) >= lag {
			return s, true
		}
	}
	return state{}, false
}

// change finds an order and changes it.
func (f *Fake) change(id string, do func(o *order) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.orders[id]
	if o == nil || o.gone {
		return fmt.Errorf("stalltest: there is no order %s", id)
	}
	if err := do(o); err != nil {
		return err
	}
	o.changed()
	return nil
}

// Cancel cancels what was not shipped. The units go back on sale.
func (f *Fake) Cancel(id string) error {
	return f.change(id, func(o *order) error {
		o.status = "cancelled"
		for i := range o.lines {
			f.drop(o, &o.lines[i], o.lines[i].open())
		}
		return nil
	})
}

// Refund pays for units that were not shipped yet, and cancels them.
func (f *Fake) Refund(id, lineID string, units int64) error {
	return f.change(id, func(o *order) error {
		l := o.line(lineID)
		if l == nil || units < 1 || units > l.open() {
			return fmt.Errorf("stalltest: %d of line %s are not open", units, lineID)
		}
		f.drop(o, l, units)
		return nil
	})
}

func (f *Fake) drop(o *order, l *line, units int64) {
	l.cancelled += units
	o.refunded += units * l.price
	f.shift(f.listings[l.listing], units)
}

func (l *line) open() int64 { return l.ordered - l.cancelled - l.shipped }

func (o *order) line(id string) *line {
	if i := slices.IndexFunc(o.lines, func(l line) bool { return l.id == id }); i >= 0 {
		return &o.lines[i]
	}
	return nil
}

// ShipByHand records a parcel as the seller does on Stall's own pages.
func (f *Fake) ShipByHand(id, lineID string, units int64, number string) error {
	return f.change(id, func(o *order) error {
		_, refused := f.ship(o, parcel{Lines: []parcelLine{{lineID, units}}, Carrier: "UPS", Number: number})
		if refused != nil {
			return fmt.Errorf("stalltest: %s", refused.message)
		}
		return nil
	})
}

// Forget makes Stall know nothing of an order.
func (f *Fake) Forget(id string) error {
	return f.change(id, func(o *order) error { o.gone = true; return nil })
}

// Spoil makes an order's record unreadable, but for its id and its times.
func (f *Fake) Spoil(id string) error {
	return f.change(id, func(o *order) error { o.spoiled = true; return nil })
}

// SetStatus gives an order any status.
func (f *Fake) SetStatus(id, status string) error {
	return f.change(id, func(o *order) error { o.status = status; return nil })
}

// Shift changes what a listing shows, as the seller does by hand.
func (f *Fake) Shift(id string, by int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.listings[id]
	if l == nil || l.quantity+by < 0 {
		return fmt.Errorf("stalltest: listing %s cannot show %d more", id, by)
	}
	f.shift(l, by)
	return nil
}

// Quantity is what a listing shows.
func (f *Fake) Quantity(id string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.listings[id]; l != nil {
		return l.quantity
	}
	return 0
}

// Parcels are those on record for an order.
func (f *Fake) Parcels(id string) []channel.RemoteShipment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []channel.RemoteShipment
	if o := f.orders[id]; o != nil {
		for _, p := range o.parcels {
			r := channel.RemoteShipment{
				ID: channel.RemoteShipmentID(p.ID), Order: channel.OrderID(id),
				Tracking: []channel.Tracking{{Carrier: p.Carrier, Number: p.Number}},
			}
			for _, l := range p.Lines {
				r.Lines = append(r.Lines, channel.ShipmentLine{Line: channel.LineID(l.Line), Quantity: l.Quantity})
			}
			out = append(out, r)
		}
	}
	return out
}

// SetGrant changes what the key may do: a revoked one nothing, of a frozen shop
// nothing for now, else what the scopes say.
func (f *Fake) SetGrant(revoked, frozen bool, scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revoked, f.frozen, f.scopes = revoked, frozen, scopes
}

// HidePeople ends the key's sight of buyers.
func (f *Fake) HidePeople() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden = true
}
