package channeltest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// walk is what a cursor holds. Times are the server's.
type walk struct {
	Start time.Time
	Since time.Time
	Until time.Time // zero: up to Start, which then counts as within
	Phase int       `json:",omitempty"`
	SKUs  []string  `json:",omitempty"`

	Listings  []channel.ListingRef `json:",omitempty"`
	Locations []channel.LocationID `json:",omitempty"`

	// The last record given: for orders its place in the index, else the
	// position of the next.
	Key time.Time `json:",omitzero"`
	Seq int64     `json:",omitempty"`
}

var errCursor = errors.New("not a cursor of this marketplace, or too old")

// openWalk continues the walk of a cursor, or begins fresh.
func (m *Memory) openWalk(op Op, f Fault, now time.Time, after channel.Cursor, fresh walk) (walk, error) {
	if after == "" {
		fresh.Start = m.server(now)
		return fresh, nil
	}
	var w walk
	raw, err := base64.RawURLEncoding.DecodeString(string(after))
	if err == nil {
		err = json.Unmarshal(raw, &w)
	}
	expired := m.cfg.CursorLives > 0 && m.server(now).Sub(w.Start) > m.cfg.CursorLives
	if err != nil || w.Start.IsZero() || expired || f.Kind == FaultCursorLost {
		return w, m.fail(op, channel.ErrCursor, errCursor)
	}
	return w, nil
}

func (w walk) cursor() channel.Cursor {
	raw, err := json.Marshal(w)
	if err != nil {
		panic(err) // times and strings always encode
	}
	return channel.Cursor(base64.RawURLEncoding.EncodeToString(raw))
}

// orderIndex is what walks see: orders by the time of the last change that has
// become visible. An entry is outdated when its order has a later one.
type orderIndex struct {
	entries  []indexEntry
	outdated int
}

type indexEntry struct {
	key time.Time // server's
	o   *order
}

func (e indexEntry) before(key time.Time, seq int64) bool {
	if e.key.Equal(key) {
		return e.o.seq < seq
	}
	return e.key.Before(key)
}

func (e indexEntry) live() bool { return !e.o.gone && e.o.key.Equal(e.key) }

// from returns the position of the first entry not before (key, seq).
func (ix *orderIndex) from(key time.Time, seq int64) int {
	return sort.Search(len(ix.entries), func(i int) bool { return !ix.entries[i].before(key, seq) })
}

func (ix *orderIndex) put(o *order, key time.Time) {
	if !o.key.IsZero() {
		if !key.After(o.key) {
			return
		}
		ix.outdated++
	}
	o.key = key
	at := len(ix.entries)
	for at > 0 && !ix.entries[at-1].before(key, o.seq) {
		at--
	}
	ix.entries = slices.Insert(ix.entries, at, indexEntry{key, o})
	if ix.outdated > 64 && ix.outdated > len(ix.entries)/2 {
		ix.entries = slices.DeleteFunc(ix.entries, func(e indexEntry) bool { return !e.live() })
		ix.outdated = 0
	}
}

// publish makes a change of an order reach the index when its time has come.
func (m *Memory) publish(now time.Time, o *order) {
	changed := m.server(o.updated)
	at := now.Add(m.cfg.Visibility.draw(m.rng))
	if m.heldUntil.After(now) && m.heldUntil.After(at) {
		at = m.heldUntil
	}
	m.plan(now, at, func(time.Time) {
		if !o.hidden {
			m.index.put(o, changed)
		}
	})
}

// DelayIndex makes every change of an order from now on visible no earlier
// than after d, without the watermark showing it.
func (m *Memory) DelayIndex(d time.Duration) {
	now, unlock := m.side()
	defer unlock()
	m.heldUntil = now.Add(d)
}

// the phases of a walk over orders.
const (
	phaseMain = iota
	phaseRest
)

// partsRest come in the second phase.
const partsRest = channel.PartRefunds

// OrderPage returns a page of the orders changed since, oldest change first
// unless the marketplace has no order.
func (m *Memory) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	return call(ctx, m, OpOrders, func(now time.Time, f Fault) (channel.Page[channel.Order], error) {
		w, err := m.openWalk(OpOrders, f, now, q.After, walk{Since: q.Since.Truncate(m.cfg.Grain), Until: q.Until})
		if err != nil {
			return channel.Page[channel.Order]{}, err
		}
		return m.orderPage(now, f, w, m.limit(q.Limit)), nil
	})
}

func (m *Memory) orderPage(now time.Time, f Fault, w walk, limit int) channel.Page[channel.Order] {
	page := channel.Page[channel.Order]{ReadAt: m.server(now)}
	i := m.index.from(w.Since, -1)
	if !w.Key.IsZero() {
		i = m.index.from(w.Key, w.Seq+1)
	}
	within := func(key time.Time) bool {
		if !w.Until.IsZero() {
			return key.Before(w.Until)
		}
		return !key.After(w.Start)
	}
	parts := channel.PartsAll
	if m.cfg.Phases {
		parts = channel.PartsAll &^ partsRest
		if w.Phase == phaseRest {
			parts = channel.PartHead | partsRest
		}
	}
	for ; i < len(m.index.entries) && within(m.index.entries[i].key); i++ {
		e := m.index.entries[i]
		if !e.live() || (w.Phase == phaseRest && len(e.o.refunds) == 0) {
			continue
		}
		if len(page.Items)+len(page.Parked) == limit {
			m.disorder(f, page.Items)
			page.Items = m.repeat(f, page.Items, limit)
			page.Next = w.cursor()
			return page
		}
		w.Key, w.Seq = e.key, e.o.seq
		m.addOrder(&page, e.o, parts, f)
	}
	m.disorder(f, page.Items)
	page.Items = m.repeat(f, page.Items, limit)
	if m.cfg.Phases && w.Phase == phaseMain {
		w.Phase, w.Key, w.Seq = phaseRest, time.Time{}, 0
		page.Next = w.cursor()
		return page
	}
	page.Through = w.Start.Add(-m.cfg.Traits.VisibilityLag)
	if !w.Until.IsZero() && w.Until.Before(page.Through) {
		page.Through = w.Until
	}
	return page
}

func (m *Memory) disorder(f Fault, items []channel.Order) {
	if m.cfg.Disorder || f.Kind == FaultRepeat {
		m.rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
}

func (m *Memory) repeat(f Fault, items []channel.Order, limit int) []channel.Order {
	switch {
	case f.Kind == FaultRepeat:
		return append(items, items...)
	case m.cfg.Disorder && len(items) > 0 && len(items) < limit && m.chance(0.2):
		return append(items, items[m.rng.IntN(len(items))])
	}
	return items
}

// addOrder decodes an order into the page, as an adapter would.
func (m *Memory) addOrder(page *channel.Page[channel.Order], o *order, parts channel.Parts, f Fault) {
	if o.poison != nil {
		page.Parked = append(page.Parked, channel.Parked{
			ID: string(o.id), Raw: slices.Clone(o.poison), Err: m.fail(OpOrders, channel.ErrInvalid, errPoison),
		})
		return
	}
	if f.Kind == FaultStale && o.past != nil {
		past := *o.past
		past.Raw = must(json.Marshal(past))
		page.Items = append(page.Items, past)
		return
	}
	page.Items = append(page.Items, m.tell(o, parts))
}

// OrdersByID reads orders as they are now, index or not. Hidden ones and gone
// ones are left out.
func (m *Memory) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	if err := m.lacks(OpOrdersByID, CapOrderReader); err != nil {
		return channel.Page[channel.Order]{}, err
	}
	return call(ctx, m, OpOrdersByID, func(now time.Time, f Fault) (channel.Page[channel.Order], error) {
		page := channel.Page[channel.Order]{ReadAt: m.server(now)}
		for _, id := range ids {
			if o := m.orderBy[id]; o != nil && !o.hidden && !o.gone {
				m.addOrder(&page, o, channel.PartsAll, f)
			}
		}
		m.disorder(f, page.Items)
		return page, nil
	})
}

var errPoison = errors.New("decode order: unexpected value")

// DecodeOrder decodes what an order's Raw holds.
func (m *Memory) DecodeOrder(raw []byte) (channel.Order, error) {
	var o channel.Order
	if err := m.lacks("decode order", CapOrderDecoder); err != nil {
		return o, err
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" {
		// The cause would quote the payload.
		return channel.Order{}, m.fail("decode order", channel.ErrInvalid, errPoison)
	}
	o.Raw = slices.Clone(raw)
	return o, nil
}
