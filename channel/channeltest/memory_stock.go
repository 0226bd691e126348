package channeltest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Write is a stock write that reached the marketplace.
type Write struct {
	Sent      time.Time // ours, as the next
	Effective time.Time // zero while, or for ever, without effect
	Listing   channel.ListingID
	Location  channel.LocationID
	Quantity  int64
	Expect    *int64
	State     channel.StockState // as decided, whether or not the answer arrived
	Ticket    channel.Ticket
	Before    int64 // shown before the effect
	After     int64
	Dropped   bool // accepted, and without effect for ever
}

// Writes returns every stock write that reached the marketplace, in order.
func (m *Memory) Writes() []Write {
	_, unlock := m.side()
	defer unlock()
	all := make([]Write, len(m.writes))
	for i, w := range m.writes {
		all[i] = *w
	}
	return all
}

// Settled reports whether no accepted stock write is still to take effect.
func (m *Memory) Settled() bool {
	_, unlock := m.side()
	defer unlock()
	return !slices.ContainsFunc(m.writes, func(w *Write) bool {
		return w.State == channel.StockAccepted && w.Effective.IsZero() && !w.Dropped
	})
}

var (
	errNegative = errors.New("quantity below zero")
	errBundle   = errors.New("made of other listings")
	errNotSent  = errors.New("not sent after an earlier batch failed")
	errRefused  = errors.New("refused")
)

// SetStock sends levels in batches of Traits.StockBatch. What follows a batch
// that fails is not sent.
func (m *Memory) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	results := make([]channel.StockResult, 0, len(levels))
	size := m.cfg.Traits.StockBatch
	if job := m.cfg.Traits.StockJob; job.Least > 0 && len(levels) >= job.Least {
		size = job.Most
	}
	for batch := range slices.Chunk(levels, size) {
		got, err := call(ctx, m, OpSetStock, func(now time.Time, f Fault) ([]channel.StockResult, error) {
			return m.setBatch(now, f, batch), nil
		})
		if err == nil {
			results = append(results, got...)
			continue
		}
		unsure := errors.Is(err, channel.ErrUnsure)
		if len(results) == 0 && !unsure {
			return nil, err
		}
		state := channel.StockNotSent
		if unsure {
			state = channel.StockUnsure
		}
		for range batch {
			results = append(results, channel.StockResult{State: state, Err: err})
		}
		for len(results) < len(levels) {
			results = append(results, channel.StockResult{
				State: channel.StockNotSent, Err: m.fail(OpSetStock, channel.ErrUnavailable, errNotSent),
			})
		}
		break
	}
	return results, nil
}

func (m *Memory) setBatch(now time.Time, f Fault, levels []channel.StockLevel) []channel.StockResult {
	job := m.cfg.Traits.StockJob
	if job.Least > 0 && len(levels) >= job.Least || m.chance(m.cfg.Tickets) {
		return m.setByTicket(now, f, levels)
	}
	results := make([]channel.StockResult, len(levels))
	for i, lvl := range levels {
		if f.Kind == FaultRefused && i == 0 {
			results[i] = m.refuse(now, lvl, channel.ErrInvalid, errRefused)
			continue
		}
		results[i] = m.setLevel(now, f, lvl)
	}
	return results
}

func (m *Memory) refuse(now time.Time, lvl channel.StockLevel, class, cause error) channel.StockResult {
	m.logWrite(now, lvl, channel.StockRefused)
	return channel.StockResult{State: channel.StockRefused, Err: m.fail(OpSetStock, class, cause)}
}

func (m *Memory) logWrite(now time.Time, lvl channel.StockLevel, state channel.StockState) *Write {
	w := &Write{
		Sent: now, Listing: lvl.Listing.ID, Location: lvl.Location,
		Quantity: lvl.Quantity, State: state,
	}
	if lvl.Expect != nil {
		expect := *lvl.Expect
		w.Expect = &expect
	}
	m.writes = append(m.writes, w)
	return w
}

// refusal returns why a level will not be taken, nil when it will.
func (m *Memory) refusal(lvl channel.StockLevel) (class, cause error) {
	l := m.byID[lvl.Listing.ID]
	switch {
	case l == nil || l.ended || l.levels[lvl.Location] == nil:
		return channel.ErrNotFound, ErrNoSuch
	case lvl.Listing.Handle != "" && lvl.Listing.Handle != l.handle():
		return channel.ErrStaleHandle, errHandle
	case l.new.Bundle:
		return channel.ErrInvalid, errBundle
	case lvl.Quantity < 0:
		return channel.ErrInvalid, errNegative
	}
	return nil, nil
}

func (m *Memory) setLevel(now time.Time, f Fault, lvl channel.StockLevel) channel.StockResult {
	if class, cause := m.refusal(lvl); class != nil {
		return m.refuse(now, lvl, class, cause)
	}
	lv := m.byID[lvl.Listing.ID].levels[lvl.Location]
	var result channel.StockResult
	if m.cfg.Traits.StockWrite == channel.StockCompareAndSet && lvl.Expect != nil && *lvl.Expect != lv.quantity {
		m.logWrite(now, lvl, channel.StockStale)
		result.State = channel.StockStale
		result.Err = m.fail(OpSetStock, channel.ErrConflict, errors.New("another quantity is shown"))
		return m.answerCurrent(result, lv)
	}
	lag := m.cfg.Effect.draw(m.rng)
	if m.chance(m.cfg.Late) {
		lag = Range{m.cfg.Effect.Max, 10 * m.cfg.Effect.Max}.draw(m.rng)
	}
	result.State = channel.StockAccepted
	if m.cfg.Effect == (Range{}) {
		result.State = channel.StockApplied
	}
	w := m.logWrite(now, lvl, result.State)
	if f.Kind == FaultDropped || m.chance(m.cfg.Dropped) {
		w.Dropped = true
		return result
	}
	m.plan(now, now.Add(lag), func(at time.Time) { m.effect(at, w, lv) })
	if result.State == channel.StockApplied {
		result = m.answerCurrent(result, lv)
	}
	return result
}

func (m *Memory) answerCurrent(r channel.StockResult, lv *level) channel.StockResult {
	if m.cfg.AnswersCurrent {
		current := lv.quantity
		r.Current = &current
	}
	return r
}

// effect makes a write be shown.
func (m *Memory) effect(at time.Time, w *Write, lv *level) {
	w.Effective, w.Before = at, lv.quantity
	w.After = w.Quantity
	if m.cfg.Traits.StockWrite == channel.StockRelative && w.Expect != nil {
		w.After = max(0, lv.quantity+w.Quantity-*w.Expect)
	}
	lv.set(at, w.After)
}

// StockPage reads what listings show: those asked for, or all of them, listing
// by listing. What does not exist is left out.
func (m *Memory) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	if err := m.lacks(OpStock, CapStockReader); err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	return call(ctx, m, OpStock, func(now time.Time, f Fault) (channel.Page[channel.StockLevel], error) {
		var page channel.Page[channel.StockLevel]
		w, err := m.openWalk(OpStock, f, now, q.After, walk{Listings: q.Listings, Locations: q.Locations})
		if err != nil {
			return page, err
		}
		page.ReadAt = m.server(now)
		limit := m.limit(q.Limit)
		count, locs := len(m.listings), m.cfg.Locations
		if len(w.Listings) > 0 {
			count = len(w.Listings)
		}
		for i := int(w.Seq); i < count*len(locs); i++ {
			var l *listing
			if at := i / len(locs); len(w.Listings) > 0 {
				l = m.byID[w.Listings[at].ID]
			} else {
				l = m.listings[at]
			}
			lvl, ok := m.readLevel(now, f, l, locs[i%len(locs)].ID, w.Locations)
			if !ok {
				continue
			}
			if len(page.Items) == limit {
				w.Seq = int64(i)
				page.Next = w.cursor()
				return page, nil
			}
			page.Items = append(page.Items, lvl)
		}
		page.Through = w.Start
		return page, nil
	})
}

func (m *Memory) readLevel(now time.Time, f Fault, l *listing, loc channel.LocationID, only []channel.LocationID) (channel.StockLevel, bool) {
	if l == nil || l.ended || (len(only) > 0 && !slices.Contains(only, loc)) {
		return channel.StockLevel{}, false
	}
	lvl := channel.StockLevel{Listing: l.ref(), Location: loc}
	lv := l.levels[loc]
	if lv == nil {
		lvl.Inactive = true
		return lvl, len(only) > 0
	}
	lvl.Quantity = lv.quantity
	if f.Kind == FaultStale {
		lvl.Quantity = lv.asOf(now.Add(-f.Age))
	}
	switch m.cfg.Traits.SoldCount {
	case channel.SoldOpen:
		lvl.Sold = new(lv.sold)
	case channel.SoldEver:
		lvl.SoldEver = new(lv.ever)
	case channel.SoldUncounted:
	}
	return lvl, true
}
