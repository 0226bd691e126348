package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// NewListing is what [Memory.AddListing] takes. Only SKU or ID is needed.
type NewListing struct {
	ID       channel.ListingID // default "L-" and a number
	SKU      string
	Title    string
	Barcode  string
	Price    string           // in the channel's currency; default "10.00" at its minor unit
	Quantity int64            // at the first location
	At       map[string]int64 // at more locations, by id

	Untracked bool // sells without limit, writes do nothing
	Bundle    bool // stock cannot be written
	Oversells bool
	By        channel.Fulfiller // default BySeller
}

type listing struct {
	id      channel.ListingID
	n       int
	handles int // raised by ChangeHandle
	new     NewListing
	price   channel.Money
	changed time.Time
	ended   bool
	levels  map[channel.LocationID]*level
}

// level is what a listing shows at a location, now and before.
type level struct {
	quantity int64
	sold     int64 // units sold and not yet shipped
	ever     int64 // units sold, less those that cancellations took out of the count
	history  []shown
}

type shown struct {
	at       time.Time
	quantity int64
}

func (l *level) set(at time.Time, quantity int64) {
	if quantity == l.quantity && len(l.history) > 0 {
		return
	}
	l.quantity = quantity
	l.history = append(l.history, shown{at, quantity})
}

// asOf returns what was shown at a time.
func (l *level) asOf(at time.Time) int64 {
	for _, s := range slices.Backward(l.history) {
		if !s.at.After(at) {
			return s.quantity
		}
	}
	if len(l.history) > 0 {
		return l.history[0].quantity
	}
	return l.quantity
}

func (l *listing) handle() channel.Handle {
	return channel.Handle(string(l.id) + "/" + strconv.Itoa(l.handles))
}

func (l *listing) ref() channel.ListingRef {
	return channel.ListingRef{ID: l.id, SKU: l.new.SKU, Handle: l.handle()}
}

// AddListing puts something on sale. It panics on a listing that cannot be:
// an id taken, a price that is none, a location that is none.
func (m *Memory) AddListing(n NewListing) channel.ListingRef {
	now, unlock := m.side()
	defer unlock()
	if n.ID == "" {
		n.ID = channel.ListingID(fmt.Sprintf("L-%d", len(m.listings)+1))
	}
	if m.byID[n.ID] != nil {
		panic(fmt.Sprintf("channeltest: listing %s exists", n.ID))
	}
	if n.By == "" {
		n.By = channel.BySeller
	}
	l := &listing{id: n.ID, n: len(m.listings), new: n, changed: now, levels: map[channel.LocationID]*level{}}
	l.price = m.money(n.Price)
	for i, loc := range m.cfg.Locations {
		quantity, stocked := n.At[string(loc.ID)]
		if i == 0 {
			quantity, stocked = quantity+n.Quantity, true
		}
		if stocked {
			l.levels[loc.ID] = &level{}
			l.levels[loc.ID].set(now, quantity)
		}
	}
	for loc := range n.At {
		if l.levels[channel.LocationID(loc)] == nil {
			panic(fmt.Sprintf("channeltest: no location %q", loc))
		}
	}
	m.listings = append(m.listings, l)
	m.byID[n.ID] = l
	return l.ref()
}

func (m *Memory) money(amount string) channel.Money {
	if amount == "" {
		v, err := channel.Zero(m.cfg.Currency).Add(must(channel.ParseMoney("10", m.cfg.Currency)))
		return must(v, err)
	}
	return must(channel.ParseMoney(amount, m.cfg.Currency))
}

// must is for what only a wrong test gets wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic("channeltest: " + err.Error())
	}
	return v
}

// ErrNoSuch is returned by the marketplace's own side for what it does not have.
var ErrNoSuch = errors.New("channeltest: no such thing")

// EndListing takes a listing off the marketplace.
func (m *Memory) EndListing(id channel.ListingID) error {
	return m.changeListing(id, func(l *listing) { l.ended = true })
}

// Rename gives a listing another SKU.
func (m *Memory) Rename(id channel.ListingID, sku string) error {
	return m.changeListing(id, func(l *listing) { l.new.SKU = sku })
}

// ChangeHandle makes the handle of a listing stale.
func (m *Memory) ChangeHandle(id channel.ListingID) error {
	return m.changeListing(id, func(l *listing) { l.handles++ })
}

func (m *Memory) changeListing(id channel.ListingID, change func(l *listing)) error {
	now, unlock := m.side()
	defer unlock()
	l := m.byID[id]
	if l == nil {
		return fmt.Errorf("listing %s: %w", id, ErrNoSuch)
	}
	change(l)
	l.changed = now
	return nil
}

func (m *Memory) level(id channel.ListingID, loc channel.LocationID) (*level, error) {
	l := m.byID[id]
	if l == nil {
		return nil, fmt.Errorf("listing %s: %w", id, ErrNoSuch)
	}
	lv := l.levels[loc]
	if lv == nil {
		return nil, fmt.Errorf("listing %s at location %q: %w", id, loc, ErrNoSuch)
	}
	return lv, nil
}

// Edit changes what is shown by hand, as a seller does on the marketplace's
// own pages.
func (m *Memory) Edit(id channel.ListingID, loc channel.LocationID, by int64) error {
	now, unlock := m.side()
	defer unlock()
	lv, err := m.level(id, loc)
	if err != nil {
		return err
	}
	lv.set(now, max(0, lv.quantity+by))
	return nil
}

// SetQuantity sets what is shown by hand.
func (m *Memory) SetQuantity(id channel.ListingID, loc channel.LocationID, quantity int64) error {
	now, unlock := m.side()
	defer unlock()
	lv, err := m.level(id, loc)
	if err != nil {
		return err
	}
	lv.set(now, quantity)
	return nil
}

// Quantity returns what is shown now; it panics on what does not exist.
func (m *Memory) Quantity(id channel.ListingID, loc channel.LocationID) int64 {
	_, unlock := m.side()
	defer unlock()
	return must(m.level(id, loc)).quantity
}

// QuantityAt returns what was shown at a time, ours; it panics on what does
// not exist.
func (m *Memory) QuantityAt(id channel.ListingID, loc channel.LocationID, at time.Time) int64 {
	_, unlock := m.side()
	defer unlock()
	return must(m.level(id, loc)).asOf(at)
}

// ListingPage returns a page of listings in the order they were added.
func (m *Memory) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	return call(ctx, m, OpListings, func(now time.Time, f Fault) (channel.Page[channel.Listing], error) {
		var page channel.Page[channel.Listing]
		w, err := m.openWalk(OpListings, f, now, q.After, walk{Since: q.Since, SKUs: q.SKUs})
		if err != nil {
			return page, err
		}
		page.ReadAt = m.server(now)
		limit := m.limit(q.Limit)
		for i := w.Seq; i < int64(len(m.listings)); i++ {
			l := m.listings[i]
			if l.ended || m.server(l.changed).Before(w.Since) || (len(w.SKUs) > 0 && !slices.Contains(w.SKUs, l.new.SKU)) {
				continue
			}
			if len(page.Items) == limit {
				w.Seq = i
				page.Next = w.cursor()
				return page, nil
			}
			page.Items = append(page.Items, m.listingOf(l))
		}
		page.Through = w.Start
		return page, nil
	})
}

func (m *Memory) listingOf(l *listing) channel.Listing {
	title := l.new.Title
	if title == "" {
		title = "Listing " + l.new.SKU
	}
	return channel.Listing{
		Ref: l.ref(), Product: "P-" + string(l.id), Title: title, Barcode: l.new.Barcode,
		UpdatedAt: m.server(l.changed), Status: "ACTIVE", Active: true,
		Tracked: !l.new.Untracked, Bundle: l.new.Bundle, Oversells: l.new.Oversells, FulfilledBy: l.new.By,
	}
}

// limit returns how many records a page holds when q asks for n.
func (m *Memory) limit(n int) int {
	if n <= 0 || n > m.cfg.PageSize {
		return m.cfg.PageSize
	}
	return n
}
