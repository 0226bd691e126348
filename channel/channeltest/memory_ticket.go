package channeltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

type ticket struct {
	since   time.Time // ours
	state   channel.TicketState
	results []channel.TicketResult
	cancel  func() // of one that is queued
}

// setByTicket takes a batch whole; it is judged and takes effect when the
// ticket ends.
func (m *Memory) setByTicket(now time.Time, f Fault, levels []channel.StockLevel) []channel.StockResult {
	id := channel.Ticket(fmt.Sprintf("T%d", len(m.tickets)+1))
	t := &ticket{since: now, state: channel.TicketQueued}
	m.tickets[id] = t
	results := make([]channel.StockResult, len(levels))
	writes := make([]*Write, len(levels))
	for i, lvl := range levels {
		results[i] = channel.StockResult{State: channel.StockAccepted, Ticket: id}
		writes[i] = m.logWrite(now, lvl, channel.StockAccepted)
		writes[i].Ticket = id
	}
	levels = slices.Clone(levels)
	t.cancel = func() {
		t.state = channel.TicketCancelled
		for i, lvl := range levels {
			writes[i].Dropped = true
			t.results = append(t.results, channel.TicketResult{Listing: lvl.Listing, Result: channel.StockResult{
				State: channel.StockNotSent, Err: m.fail(OpSetStock, channel.ErrUnavailable, errTicket),
			}})
		}
	}
	takes := m.cfg.TicketTime.draw(m.rng)
	m.plan(now, now.Add(takes/4), func(time.Time) {
		if t.state == channel.TicketQueued {
			t.state = channel.TicketRunning
		}
	})
	m.plan(now, now.Add(takes), func(at time.Time) {
		if t.state.Ended() {
			return
		}
		t.state = channel.TicketDone
		if f.Kind == FaultTicketFails {
			t.state = channel.TicketFailed
		}
		for i, lvl := range levels {
			result := channel.StockResult{State: channel.StockApplied}
			class, cause := m.refusal(lvl)
			switch {
			case t.state == channel.TicketFailed:
				result = channel.StockResult{State: channel.StockNotSent, Err: m.fail(OpSetStock, channel.ErrUnavailable, errTicket)}
				writes[i].Dropped = true
			case class != nil:
				result = channel.StockResult{State: channel.StockRefused, Err: m.fail(OpSetStock, class, cause)}
				writes[i].State = channel.StockRefused
			default:
				m.effect(at, writes[i], m.byID[lvl.Listing.ID].levels[lvl.Location])
			}
			t.results = append(t.results, channel.TicketResult{Listing: lvl.Listing, Result: result})
		}
	})
	return results
}

// CancelTicket ends a ticket that is still queued.
func (m *Memory) CancelTicket(ctx context.Context, id channel.Ticket) error {
	if err := m.lacks(OpTicket, CapTicketCanceller); err != nil {
		return err
	}
	_, err := call(ctx, m, OpTicket, func(time.Time, Fault) (struct{}, error) {
		t := m.tickets[id]
		switch {
		case t == nil:
			return struct{}{}, m.fail(OpTicket, channel.ErrNotFound, nil)
		case t.state != channel.TicketQueued:
			return struct{}{}, m.fail(OpTicket, channel.ErrConflict, errBegun)
		}
		t.cancel()
		return struct{}{}, nil
	})
	return err
}

// FindTicket returns a ticket for all that was begun between two times.
func (m *Memory) FindTicket(since, until time.Time) channel.Ticket {
	if m.lacks(OpTicket, CapTicketFinder) != nil {
		return ""
	}
	return channel.Ticket(fmt.Sprintf("found %d %d", since.UnixMilli(), until.UnixMilli()))
}

// found is the ticket that FindTicket returned, nil if it is none.
func (m *Memory) found(id channel.Ticket, now time.Time) *ticket {
	var since, until int64
	if n, err := fmt.Sscanf(string(id), "found %d %d", &since, &until); n != 2 || err != nil {
		return nil
	}
	all := &ticket{since: time.UnixMilli(since).Add(-m.cfg.Offset), state: channel.TicketDone}
	if m.server(now).Before(time.UnixMilli(until)) {
		all.state = channel.TicketQueued // one may still come
	}
	for _, t := range m.tickets {
		if at := m.server(t.since).UnixMilli(); at >= since && at <= until && !t.state.Ended() {
			all.state = channel.TicketRunning
		}
	}
	return all
}

var errBegun = errors.New("the work has begun")

var errTicket = errors.New("the ticket failed as a whole")

// TicketPage tells how a ticket stands.
func (m *Memory) TicketPage(ctx context.Context, id channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
	if err := m.lacks(OpTicket, CapTicketReader); err != nil {
		return channel.TicketPage{}, err
	}
	return call(ctx, m, OpTicket, func(now time.Time, f Fault) (channel.TicketPage, error) {
		t := m.tickets[id]
		if t == nil {
			t = m.found(id, now)
		}
		if t == nil {
			return channel.TicketPage{}, m.fail(OpTicket, channel.ErrNotFound, nil)
		}
		page := channel.TicketPage{State: t.state, Since: m.server(t.since), Progress: string(t.state)}
		w, err := m.openWalk(OpTicket, f, now, after, walk{})
		if err != nil || !t.state.Ended() {
			return page, err
		}
		end := min(int(w.Seq)+m.cfg.PageSize, len(t.results))
		page.Results = slices.Clone(t.results[w.Seq:end])
		if end < len(t.results) {
			w.Seq = int64(end)
			page.Next = w.cursor()
		}
		return page, nil
	})
}

// Probe reads the account.
func (m *Memory) Probe(ctx context.Context) (channel.Account, error) {
	if err := m.lacks(OpProbe, CapProber); err != nil {
		return channel.Account{}, err
	}
	return call(ctx, m, OpProbe, func(time.Time, Fault) (channel.Account, error) {
		a := channel.Account{
			Name: "Memory " + string(m.cfg.ID), Marketplace: m.cfg.Traits.Marketplace, Currency: m.cfg.Currency,
			TimeZone: "UTC", Offset: m.cfg.Offset, Falls: channel.FallsAtSale,
			Locations: slices.Clone(m.cfg.Locations),
		}
		if m.cfg.atShipment() {
			a.Falls = channel.FallsAtShipment
		}
		if m.cfg.TellsRestock && !m.cfg.CancelKeeps {
			a.RestocksOn = []string{"cancel"}
		}
		return a, nil
	})
}

// bulkJob is a snapshot taken when it was asked for.
type bulkJob struct {
	since    time.Time
	done     time.Time
	through  time.Time
	orders   []channel.Order
	listings []channel.Listing
	stock    []channel.StockLevel
}

// StartBackfill takes a snapshot, which is ready after MemoryConfig.BackfillTime.
func (m *Memory) StartBackfill(ctx context.Context, q channel.BackfillQuery) (channel.Ticket, error) {
	if err := m.lacks(OpStartBackfill, CapBackfiller); err != nil {
		return "", err
	}
	return call(ctx, m, OpStartBackfill, func(now time.Time, f Fault) (channel.Ticket, error) {
		j := &bulkJob{since: now, done: now.Add(m.cfg.BackfillTime.draw(m.rng))}
		j.through = m.server(now).Add(-m.cfg.Traits.VisibilityLag)
		switch q.Kind {
		case channel.BackfillOrders:
			for _, o := range m.orders {
				if !o.key.IsZero() && !o.gone && o.poison == nil && !o.key.Before(q.Since) {
					j.orders = append(j.orders, m.tell(o, channel.PartsAll))
				}
			}
		case channel.BackfillListings:
			for _, l := range m.listings {
				if !l.ended {
					j.listings = append(j.listings, m.listingOf(l))
				}
			}
		case channel.BackfillStock:
			for _, l := range m.listings {
				for _, loc := range m.cfg.Locations {
					if lvl, ok := m.readLevel(now, f, l, loc.ID, nil); ok {
						lvl.ReadAt = m.server(now)
						j.stock = append(j.stock, lvl)
					}
				}
			}
		default:
			return "", m.fail(OpStartBackfill, channel.ErrInvalid, fmt.Errorf("no bulk snapshot of %q", q.Kind))
		}
		id := channel.Ticket("B" + strconv.Itoa(len(m.bulk)+1))
		m.bulk[id] = j
		return id, nil
	})
}

// BackfillState tells how a snapshot stands.
func (m *Memory) BackfillState(ctx context.Context, id channel.Ticket) (channel.TicketPage, error) {
	return call(ctx, m, OpBackfill, func(now time.Time, _ Fault) (channel.TicketPage, error) {
		j := m.bulk[id]
		if j == nil {
			return channel.TicketPage{}, m.fail(OpBackfill, channel.ErrNotFound, nil)
		}
		page := channel.TicketPage{State: channel.TicketRunning, Since: m.server(j.since)}
		if !now.Before(j.done) {
			page.State = channel.TicketDone
		}
		return page, nil
	})
}

// BackfillOrders streams a snapshot of orders.
func (m *Memory) BackfillOrders(ctx context.Context, id channel.Ticket) iter.Seq2[channel.Page[channel.Order], error] {
	return stream(ctx, m, id, func(j *bulkJob) []channel.Order { return j.orders })
}

// BackfillListings streams a snapshot of listings.
func (m *Memory) BackfillListings(ctx context.Context, id channel.Ticket) iter.Seq2[channel.Page[channel.Listing], error] {
	return stream(ctx, m, id, func(j *bulkJob) []channel.Listing { return j.listings })
}

// BackfillStock streams a snapshot of stock levels.
func (m *Memory) BackfillStock(ctx context.Context, id channel.Ticket) iter.Seq2[channel.Page[channel.StockLevel], error] {
	return stream(ctx, m, id, func(j *bulkJob) []channel.StockLevel { return j.stock })
}

func stream[T any](ctx context.Context, m *Memory, id channel.Ticket, items func(*bulkJob) []T) iter.Seq2[channel.Page[T], error] {
	return func(yield func(channel.Page[T], error) bool) {
		for at := 0; ; at += m.cfg.PageSize {
			last := false
			page, err := call(ctx, m, OpBackfill, func(now time.Time, _ Fault) (channel.Page[T], error) {
				j := m.bulk[id]
				if j == nil {
					return channel.Page[T]{}, m.fail(OpBackfill, channel.ErrNotFound, nil)
				}
				if now.Before(j.done) {
					return channel.Page[T]{}, m.fail(OpBackfill, channel.ErrConflict, errors.New("the snapshot is not ready"))
				}
				all := items(j)
				end := min(at+m.cfg.PageSize, len(all))
				page := channel.Page[T]{Items: slices.Clone(all[at:end]), ReadAt: m.server(j.since)}
				if last = end == len(all); last {
					page.Through = j.through
				}
				return page, nil
			})
			if !yield(page, err) || err != nil || last {
				return
			}
		}
	}
}
