package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

const (
	// defaultTicketEvery is StockConfig.TicketEvery; a ticket rests at most
	// ticketRestMax of them.
	defaultTicketEvery = 30 * time.Second
	ticketRestMax      = 20
	// ticketPatience is how long a ticket may wait in the marketplace's queue
	// before it is cancelled, where that can be done, and its lines are sent
	// anew. One that has begun is let be: only falls are sent meanwhile, and
	// whenever it ends its lines are read back.
	ticketPatience = time.Hour
	// ticketLate is when a person is told of a ticket without an end. A read has
	// settled its lines by then; raises of them still wait for its end.
	ticketLate = 6 * time.Hour
	// ticketHolds is for how long raises of its lines wait for a ticket's end. It can
	// still overwrite them after that, as it can the falls that were sent meanwhile,
	// and is put right alike; without a bound a job that never ends would keep its
	// lines from sale. Feeds of Amazon's have been seen to take 48 hours.
	ticketHolds = 48 * time.Hour
	// ticketGone is when it is followed no more: no marketplace tells for longer.
	// Amazon lists feeds for 90 days ("Feed Type Values").
	ticketGone = 90 * 24 * time.Hour
	// ticketSlow is the part of its age by which a ticket rests, once that is
	// longer: ten minutes until it is a week old, two hours in the end.
	ticketSlow = 1000
	// A ticket that the marketplace says it does not know is given up after so
	// many answers in a row over so long: one may be a list that lags.
	unknownMost = 6
	unknownFor  = 6 * time.Hour
)

// ticketRest is how long a ticket of some age rests.
func ticketRest(every, age time.Duration) time.Duration {
	return max(every, min(ticketRestMax*every, age/4), age/ticketSlow)
}

// runTickets is one step of the tickets lane: one ticket is asked for.
func (e *Engine) runTickets(ctx context.Context, v *visit) laneResult {
	v.b.side.changed.Store(false)
	look, err := e.lookStock(ctx, v)
	if err != nil {
		return laneResult{Err: err}
	}
	now := time.Now()
	var next time.Time
	for _, row := range look.intents {
		if row.Ticket == "" {
			continue
		}
		if isDue(row.NextAt, now) {
			if err := e.followTicket(ctx, v, row); err != nil {
				return laneResult{Err: err}
			}
			return laneResult{Next: now}
		}
		if next.IsZero() || row.NextAt.Before(next) {
			next = row.NextAt
		}
	}
	v.stock.looked = look // the stock lane is next, and need not look again
	return laneResult{Next: next}
}

// followTicket asks how a ticket stands and stores its outcomes once it ended.
func (e *Engine) followTicket(ctx context.Context, v *visit, row IntentRow) error {
	now := time.Now()
	age := now.Sub(row.SentAt)
	var doc intentDoc
	if err := decode(row.Doc, &doc); err != nil {
		e.log.Error("a recorded ticket cannot be read: it is dropped, and reads will tell", "channel", v.b.id, "error", err)
		return v.update(ctx, func(tx Tx) error { return tx.DeleteIntents(ctx, []int64{row.ID}) })
	}
	page, results, err := e.readTicket(ctx, v, row.Ticket)
	unknown := oneOf(channel.Class(err), channel.ErrNotFound, channel.ErrInvalid)
	if err == nil && page.State.Ended() {
		return e.endTicket(ctx, v, row, &doc, page.State, results)
	}
	if doc.unknown(unknown, now) || errors.Is(err, errors.ErrUnsupported) || age > ticketGone {
		// Nobody will tell: what it did, a read will.
		if err == nil {
			err = fmt.Errorf("no end after %s", ticketGone)
		}
		e.log.Warn("a ticket is given up", "channel", v.b.id, "ticket", row.Ticket, "error", err)
		return e.endTicket(ctx, v, row, &doc, channel.TicketFailed, nil)
	}
	row.NextAt = now.Add(ticketRest(e.cfg.Stock.ticketEvery(), age))
	row.Doc = encode(&doc)
	if err != nil {
		// Another ticket is asked for meanwhile.
		if failed := v.update(ctx, func(tx Tx) error {
			_, err := tx.PutIntent(ctx, row)
			return err
		}); failed != nil {
			return failed
		}
		if unknown {
			e.log.Debug("a ticket is not known", "channel", v.b.id, "ticket", row.Ticket, "error", err)
			return nil
		}
		return err
	}
	if age > ticketPatience && page.State == channel.TicketQueued && e.cancelTicket(ctx, v, row.Ticket) {
		row.NextAt = now // it has ended, and says so
		return v.update(ctx, func(tx Tx) error {
			_, err := tx.PutIntent(ctx, row)
			return err
		})
	}
	return v.update(ctx, func(tx Tx) error {
		if age > ticketLate {
			ref := "ticket " + string(row.Ticket)
			raises := "wait for it until " + v.b.serverTime(row.SentAt.Add(ticketHolds)).UTC().Format(time.DateTime)
			if age > ticketHolds {
				raises = "no longer wait for it"
			}
			why := fmt.Errorf("work the marketplace took %s ago has not ended (%s %s): its %d listings are read instead, and raises of them %s", age.Round(time.Minute),
				page.State, page.Progress, len(doc.Lines), raises)
			err := tx.Park(ctx, []ParkedRow{{
				Channel: v.b.id, Kind: parkedStock, Ref: ref, Class: "ticket", Reason: withRemedy(ref, reason(why), "none: it clears when the work ends"), At: now,
			}})
			if err != nil {
				return err
			}
		}
		_, err := tx.PutIntent(ctx, row)
		return err
	})
}

// unknown notes whether the marketplace knew of the ticket, and reports whether
// it has said for long enough that it does not.
func (d *intentDoc) unknown(now bool, at time.Time) bool {
	if !now {
		d.Unknown, d.UnknownAt = 0, time.Time{}
		return false
	}
	if d.Unknown == 0 {
		d.UnknownAt = at.UTC().Round(0)
	}
	d.Unknown++
	return d.Unknown >= unknownMost && at.Sub(d.UnknownAt) >= unknownFor
}

// readTicket reads a ticket's state and, once it ended, all of its outcomes.
func (e *Engine) readTicket(ctx context.Context, v *visit, t channel.Ticket) (channel.TicketPage, []channel.TicketResult, error) {
	if v.b.tickets == nil {
		return channel.TicketPage{}, nil, fmt.Errorf("the channel cannot tell of tickets: %w", errors.ErrUnsupported)
	}
	var results []channel.TicketResult
	var after channel.Cursor
	for {
		callCtx, cancel := v.reading(ctx)
		page, err := v.b.tickets.TicketPage(callCtx, t, after)
		cancel()
		if err != nil {
			return page, nil, err
		}
		results = append(results, page.Results...)
		if page.Next == "" || page.Next == after || !page.State.Ended() {
			return page, results, nil
		}
		after = page.Next
		if err := v.renew(ctx); err != nil {
			return page, nil, err
		}
	}
}

// cancelTicket ends work that waits for too long. What sticks in the queue
// would hold up a job behind it too: none is sent for a while.
func (e *Engine) cancelTicket(ctx context.Context, v *visit, t channel.Ticket) bool {
	if v.b.cancels == nil {
		return false
	}
	callCtx, cancel := v.writing(ctx, time.Now().Add(v.b.deadline))
	defer cancel()
	if err := v.b.cancels.CancelTicket(callCtx, t); err != nil {
		e.log.Debug("a ticket could not be cancelled", "channel", v.b.id, "ticket", t, "error", err)
		return false
	}
	e.log.Info("a ticket that waited for too long was cancelled", "channel", v.b.id, "ticket", t)
	v.b.job.putOff(time.Now().Add(jobAfterCancel))
	return true
}

// endChunk is how many lines of a ticket one transaction ends.
const endChunk = 1_000

// endTicket stores the end of a ticket, line by line. It may be done again from
// the start: what is stored of a line stays so.
func (e *Engine) endTicket(ctx context.Context, v *visit, row IntentRow, doc *intentDoc, state channel.TicketState, results []channel.TicketResult) error {
	v.stockWork().open = map[LevelKey]time.Time{} // of others: for what ends here is planned on its way out
	defer func() { v.stock.open = nil }()
	keys := doc.keys(v.b.id)
	lines := make(map[LevelKey]intentLine, len(keys))
	for i, k := range keys {
		lines[k] = doc.Lines[i]
	}
	sent := v.b.serverTime(row.SentAt)
	told := map[channel.ListingID]channel.StockResult{}
	for _, r := range results {
		told[r.Listing.ID] = r.Result
	}
	var parked []ParkedRow
	var freed []string
	t := &turn{}
	t.begin = func() { parked, freed = nil, nil }
	t.before = func(_ context.Context, _ Tx, l *level) error {
		at := v.b.stockNow()
		line := lines[l.LevelKey]
		r, ok := told[l.Listing]
		l.DueAt = dueBy(l.DueAt, time.Now())
		switch {
		case ok && r.State == channel.StockRefused:
			l.apply(l.rules, stock.Outcome{Key: doc.Key, Result: stock.Refused, At: at})
			parked = append(parked, e.refuseLevel(v.b, l, line, r.Err, time.Now()))
			if oneOf(channel.Class(r.Err), channel.ErrStaleHandle, channel.ErrNotFound) {
				v.b.side.listings.Store(true)
			}
		case ok && r.State == channel.StockNotSent:
			l.apply(l.rules, stock.Outcome{Key: doc.Key, Result: stock.NotSent, At: at})
		default:
			l.apply(l.rules, stock.TicketEnded{Key: doc.Key, At: at, Want: line.Want, Sent: sent})
			if ok {
				freed = append(freed, levelRef(l.LevelKey))
			}
		}
		return nil
	}
	last := false
	t.after = func(ctx context.Context, tx Tx) error {
		if !last {
			return e.parkLevels(ctx, tx, v.b, parked, freed)
		}
		if err := tx.DeleteIntents(ctx, []int64{row.ID}); err != nil {
			return err
		}
		if err := tx.Unpark(ctx, v.b.id, parkedStock, "ticket "+string(row.Ticket)); err != nil {
			return err
		}
		return e.parkLevels(ctx, tx, v.b, parked, freed)
	}
	e.log.Debug("a ticket ended", "channel", v.b.id, "ticket", row.Ticket, "state", state, "lines", len(doc.Lines))
	defer v.b.side.changed.Store(true)
	for at := 0; !last; at += endChunk {
		t.keys = keys[at:min(at+endChunk, len(keys))]
		last = at+endChunk >= len(keys)
		if err := v.renew(ctx); err != nil {
			return err
		}
		if _, err := t.run(ctx, e, v); err != nil {
			return err
		}
	}
	return nil
}
