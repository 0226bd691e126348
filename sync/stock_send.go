package sync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// send makes the call that was recorded, and stores what came of it. The error
// is one that concerns the lane; what concerns a line is settled with it.
func (e *Engine) send(ctx context.Context, v *visit, s *sending) error {
	results, err := e.callSetStock(ctx, v, s)
	class := channel.Class(err)
	answered := v.b.stockNow()
	outcomes := make(map[LevelKey]outcome, len(s.levels))
	var lane error // what the lane is to know of
	silent := 0
	for i, lv := range s.levels {
		o := outcome{outcome: stock.Outcome{Key: s.doc.Key, Result: stock.Unsure, At: answered}}
		switch {
		case err != nil && oneOf(class, channel.ErrThrottled, channel.ErrUnavailable, channel.ErrUnauthorized, channel.ErrForbidden,
			channel.ErrSuspended, channel.ErrCursor):
			o.outcome.Result = stock.NotSent
			lane = err
		case err != nil && oneOf(class, channel.ErrInvalid, channel.ErrNotFound, channel.ErrConflict, channel.ErrStaleHandle):
			// Nothing was sent: one of them is at fault, and alone each will tell.
			o.outcome.Result = stock.NotSent
			if len(s.levels) == 1 {
				o.refuse(err)
			}
			o.alone = len(s.levels) > 1
		case err != nil:
			o.err = err
		case i >= len(results) || results[i].State == "":
			silent++
		default:
			o.take(results[i])
			if c := channel.Class(results[i].Err); o.outcome.Result == stock.NotSent && c != nil {
				lane = results[i].Err
			}
		}
		outcomes[LevelKey{v.b.id, lv.Listing.ID, lv.Location}] = o
	}
	if silent > 0 {
		e.log.Error("the adapter said nothing of stock levels", "channel", v.b.id, "lines", len(s.levels), "silent", silent)
		if silent == len(s.levels) {
			lane = &channel.Error{Channel: v.b.id, Op: "set stock", Class: channel.ErrUnsure, Message: "the adapter said nothing of what became of it"}
		}
	}
	if err != nil && lane == nil && !oneOf(class, channel.ErrInvalid, channel.ErrNotFound, channel.ErrConflict, channel.ErrStaleHandle) {
		e.log.Warn("a stock write has no answer", "channel", v.b.id, "lines", len(s.levels), "error", err)
	}
	t := &turn{keys: s.doc.keys(v.b.id)}
	var parked []ParkedRow
	var freed []string
	t.begin = func() { parked, freed = nil, nil }
	stale := false
	t.before = func(_ context.Context, _ Tx, l *level) error {
		l.DueAt = dueBy(l.DueAt, time.Now())
		o, ok := outcomes[l.LevelKey]
		if !ok {
			return nil
		}
		if oneOf(channel.Class(o.refused), channel.ErrConflict) && l.doc.Clash < clashMost {
			// Something else is shown than we thought: that is read, and decided anew.
			l.doc.Clash++
			o.outcome.Result, o.refused = stock.Stale, nil
		}
		stale = stale || o.outcome.Result == stock.Stale
		alone := bytes.Equal(s.states[l.LevelKey], l.was.State)
		l.apply(l.rules, o.outcome)
		l.answered(o.outcome.Result != stock.Unsure || o.ticket != "", time.Now())
		if o.current != nil && o.outcome.Result == stock.Stale && alone { // else it is read again
			at := s.at
			if last := l.doc.State.Read; !at.After(last) {
				at = last.Add(time.Millisecond)
			}
			l.apply(l.rules, stock.Read{Shown: *o.current, At: at, Until: answered})
		}
		switch {
		case o.refused != nil:
			parked = append(parked, e.refuseLevel(v.b, l, s.doc.line(l.LevelKey), o.refused, time.Now()))
		case o.outcome.Result == stock.Applied || o.outcome.Result == stock.Accepted:
			freed = append(freed, levelRef(l.LevelKey))
			l.doc.Pass, l.doc.Clash = false, 0
		}
		return nil
	}
	t.after = func(ctx context.Context, tx Tx) error {
		if err := e.closeIntent(ctx, tx, s, outcomes); err != nil {
			return err
		}
		return e.parkLevels(ctx, tx, v.b, parked, freed)
	}
	for k := range outcomes {
		o := outcomes[k]
		if oneOf(channel.Class(o.refused), channel.ErrStaleHandle, channel.ErrNotFound) {
			v.b.side.listings.Store(true) // the next read of the listing brings another
		}
		if o.alone {
			v.stock.alone[k] = true
		} else {
			delete(v.stock.alone, k)
		}
	}
	if _, err := t.run(ctx, e, v); err != nil {
		return err
	}
	if stale {
		v.hurryImport()
	}
	return lane
}

// callSetStock makes the call within the intent's deadline.
func (e *Engine) callSetStock(ctx context.Context, v *visit, s *sending) (results []channel.StockResult, err error) {
	defer func() {
		if r := recover(); r != nil {
			results, err = nil, panicError(r)
			e.log.Error("set stock", "channel", v.b.id, "error", err, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := v.writing(ctx, s.intent.Deadline)
	defer cancel()
	results, err = v.b.ch.SetStock(ctx, s.levels)
	if len(results) > 0 {
		err = nil // it says line by line what became of them
	}
	return results, err
}

// outcome is what became of one line of a write.
type outcome struct {
	outcome stock.Outcome
	current *int64
	ticket  channel.Ticket
	refused error
	err     error
	alone   bool
}

func (o *outcome) refuse(err error) {
	if err == nil {
		err = errors.New("refused without a reason")
	}
	o.outcome.Result, o.refused = stock.Refused, err
}

func (o *outcome) take(r channel.StockResult) {
	o.current, o.err = r.Current, r.Err
	switch r.State {
	case channel.StockApplied:
		o.outcome.Result = stock.Applied
	case channel.StockAccepted:
		o.outcome.Result = stock.Accepted
		o.ticket, o.outcome.Ticket = r.Ticket, r.Ticket != ""
	case channel.StockStale:
		o.outcome.Result = stock.Stale
	case channel.StockNotSent:
		o.outcome.Result = stock.NotSent
	case channel.StockRefused:
		o.refuse(r.Err)
	default: // unsure, or a word we do not know
		o.outcome.Result = stock.Unsure
		o.ticket, o.outcome.Ticket = r.Ticket, r.Ticket != ""
	}
}

// clashMost is how often a quantity that the marketplace's state forbids is
// decided anew before it is set aside.
const clashMost = 4

// closeIntent deletes a write that has its outcome, or keeps its lines under
// the tickets they wait for.
func (e *Engine) closeIntent(ctx context.Context, tx Tx, s *sending, outcomes map[LevelKey]outcome) error {
	byTicket := map[channel.Ticket][]intentLine{}
	var order []channel.Ticket
	for _, line := range s.doc.Lines {
		o := outcomes[LevelKey{s.intent.Channel, line.Listing, line.Location}]
		if o.ticket == "" {
			continue
		}
		if byTicket[o.ticket] == nil {
			order = append(order, o.ticket)
		}
		byTicket[o.ticket] = append(byTicket[o.ticket], line)
	}
	for _, t := range order {
		row := s.intent
		row.ID, row.Ticket, row.NextAt = 0, t, s.intent.SentAt.Add(e.cfg.Stock.ticketEvery())
		row.Doc = encode(&intentDoc{Key: s.doc.Key, Lines: byTicket[t]})
		if _, err := tx.PutIntent(ctx, row); err != nil {
			return err
		}
	}
	return tx.DeleteIntents(ctx, []int64{s.intent.ID})
}

// parkLevels sets refused levels aside and frees those that were taken.
func (e *Engine) parkLevels(ctx context.Context, tx Tx, b *bound, parked []ParkedRow, freed []string) error {
	if err := tx.Park(ctx, parked); err != nil {
		return err
	}
	if len(freed) == 0 {
		return nil
	}
	if some, err := anyParked(ctx, tx, b.id, parkedStock); err != nil || !some {
		return err
	}
	for _, ref := range freed {
		if err := tx.Unpark(ctx, b.id, parkedStock, ref); err != nil {
			return err
		}
	}
	return nil
}

// hurryImport asks for the orders that a stale write tells of, once a turn.
func (v *visit) hurryImport() {
	row := v.rows[LaneImport]
	now := time.Now()
	if v.stock.hurried || row.Failures > 0 || row.Paused {
		return
	}
	v.stock.hurried = true
	row.NextAt, v.due[LaneImport] = now, now
	v.dirty[LaneImport] = true
}

// settleOrphans finds writes whose outcome was never stored: their turn died.
// Until its deadline such a request may still arrive, and its lines are let
// alone; then it is unsure, which a read will settle.
func (e *Engine) settleOrphans(ctx context.Context, v *visit, intents []IntentRow) error {
	now := time.Now()
	work := v.stockWork()
	work.blocked, work.blockedUntil = nil, time.Time{}
	for _, row := range intents {
		if row.Ticket != "" {
			continue
		}
		var doc intentDoc
		if err := decode(row.Doc, &doc); err != nil {
			e.log.Error("a recorded stock write cannot be read: its lines are read when they are settled", "channel", v.b.id, "error", err)
			doc = intentDoc{}
		}
		keys := doc.keys(v.b.id)
		if !isDue(row.Deadline, now) {
			if work.blocked == nil {
				work.blocked = map[LevelKey]bool{}
			}
			for _, k := range keys {
				work.blocked[k] = true
			}
			work.blockedUntil = later(work.blockedUntil, row.Deadline)
			continue
		}
		e.log.Info("a stock write was left without an outcome", "channel", v.b.id, "lines", len(keys), "fence", row.Fence)
		// So many may have become a job, of which nobody tells but a ticket for all
		// that can have been begun then. Where one can be had, fewer are taken for a
		// job too: what can be set in no other way goes so by itself.
		least := v.b.traits.StockJob.Least
		job := least > 0 && (len(keys) >= least || v.b.finds != nil)
		found := row
		if found.ID = 0; job && v.b.finds != nil {
			found.Ticket, found.NextAt = v.b.finds.FindTicket(v.b.serverTime(row.SentAt), v.b.serverTime(row.Deadline)), now
			v.stock.open = nil
		}
		t := &turn{keys: keys}
		t.before = func(_ context.Context, _ Tx, l *level) error {
			l.apply(l.rules, stock.Outcome{Key: doc.Key, Result: stock.Unsure, At: v.b.stockNow(), Ticket: job})
			l.DueAt = dueBy(l.DueAt, time.Now())
			return nil
		}
		t.after = func(ctx context.Context, tx Tx) error {
			if found.Ticket != "" {
				if _, err := tx.PutIntent(ctx, found); err != nil {
					return err
				}
			}
			return tx.DeleteIntents(ctx, []int64{row.ID})
		}
		if _, err := t.run(ctx, e, v); err != nil {
			return fmt.Errorf("settle a write without an outcome: %w", err)
		}
	}
	return nil
}
