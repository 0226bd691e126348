package sync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// visit is one turn of a worker with a channel. One goroutine uses it.
type visit struct {
	e       *Engine
	b       *bound
	lease   Lease // Former: a turn that never released may have left intents open
	started time.Time
	wake    int64 // the wake counter as last seen

	rows  map[Lane]*LaneRow  // of every lane
	base  map[Lane]LaneRow   // as the store had them when last read or written
	dirty map[Lane]bool      // rows that are to be stored
	seen  map[Lane]LaneRow   // as the transaction in progress found them
	asked map[Lane]time.Time // when somebody wanted a lane run, since its step in hand began
	due   map[Lane]time.Time // when a lane has something to do, cool-downs aside; zero: not known
	stock stockWork
	ahead *ahead // the next page of orders, on its way
}

// laneResult is what one step of a lane came to. A step is one page or one
// batch: after it, a higher lane that became due goes first.
type laneResult struct {
	// Next is when the lane has something to do again: now or before when there
	// is more, zero when nothing will come without a wake-up.
	Next time.Time
	Err  error // what ended the step; its class decides what becomes of the lane
	// Idle says that nothing was tried, though something is waiting: an earlier
	// failure is not over.
	Idle bool
}

// polled lanes have their next time in their row. The others find what is due
// in tables of their own, and their row holds only a cool-down.
func (l Lane) polled() bool {
	return l == LaneImport || l == LaneListings || l == LaneBackfill || l == LaneReconcile
}

// Between visits that failed for want of the store.
const (
	storeRest    = time.Second
	storeRestMax = time.Minute
)

// visit runs what is due on a channel for at most a slice and returns when the
// channel is due again.
func (e *Engine) visit(ctx context.Context, id channel.ID) (next time.Time) {
	b := e.bound[id]
	if b == nil {
		return time.Now().Add(longest)
	}
	defer func() {
		if r := recover(); r != nil {
			e.log.Error("visit", "channel", id, "error", panicError(r), "stack", string(debug.Stack()))
			next = time.Now().Add(storeRestMax)
		}
	}()
	// A runner may visit twice at once; what b remembers is for one.
	if !b.visiting.TryLock() {
		return time.Now().Add(storeRest)
	}
	defer b.visiting.Unlock()
	// The work in hand is finished when ctx ends: every call has a deadline of
	// its own.
	work := context.WithoutCancel(ctx)
	v, next, err := e.claim(work, b)
	if err == nil && v != nil {
		next, err = v.run(ctx, work)
	}
	switch {
	case errors.Is(err, ErrFenced):
		e.log.Warn("another turn took the channel over", "channel", id)
		return time.Now().Add(storeRest)
	case err != nil:
		n := int(b.failed.Add(1))
		rest := backoff(storeRest, storeRestMax, n, string(id))
		e.log.Error("visit", "channel", id, "error", err, "again_in", rest)
		return time.Now().Add(rest)
	}
	b.failed.Store(0)
	return next
}

// claim takes the channel, or returns nil and when to try again.
func (e *Engine) claim(ctx context.Context, b *bound) (*visit, time.Time, error) {
	now := time.Now()
	v := &visit{e: e, b: b, started: now}
	next := now.Add(storeRest)
	taken := false
	err := e.relaxed(ctx, func(tx Tx) error {
		v.rows, v.base = map[Lane]*LaneRow{}, map[Lane]LaneRow{}
		v.dirty, v.due, v.asked = map[Lane]bool{}, map[Lane]time.Time{}, map[Lane]time.Time{}
		var err error
		v.lease, taken, err = tx.Claim(ctx, b.id, e.owner, now, now.Add(b.leaseFor(e.cfg.Slice)))
		if err != nil {
			return err
		}
		channels, err := tx.Channels(ctx, b.id)
		if err != nil {
			return err
		}
		if !taken {
			if len(channels) == 1 && channels[0].Until.After(next) {
				next = channels[0].Until
			}
			return nil
		}
		if len(channels) == 1 {
			notes := decodeNotes(channels[0].Doc)
			b.notes.Store(&notes)
		}
		rows, err := tx.Lanes(ctx, b.id)
		if err != nil {
			return err
		}
		for _, r := range rows {
			v.rows[r.Lane], v.base[r.Lane] = &r, r
		}
		return nil
	})
	if err != nil || !taken {
		return nil, next, err
	}
	v.wake = v.lease.Wake
	for _, l := range Lanes() {
		if v.rows[l] == nil {
			v.rows[l] = &LaneRow{Channel: b.id, Lane: l}
			v.base[l] = *v.rows[l]
		}
		v.due[l] = now
		if l.polled() {
			v.due[l] = v.rows[l].NextAt
		}
	}
	return v, time.Time{}, nil
}

// run does what is due until the slice is used up or ctx ends, and releases.
func (v *visit) run(ctx, work context.Context) (time.Time, error) {
	if v.lease.Former {
		v.e.log.Info("took over from a turn that never released", "channel", v.b.id, "fence", v.lease.Fence)
	}
	defer v.dropAhead()
	if err := v.probe(work); err != nil {
		return time.Time{}, err
	}
	for first := true; ctx.Err() == nil && time.Since(v.started) < v.e.cfg.Slice; first = false {
		if !first {
			if err := v.look(work); err != nil {
				return time.Time{}, err
			}
		}
		lane, ok := v.pick(time.Now())
		if !ok {
			break
		}
		if err := v.renew(work); err != nil {
			return time.Time{}, err
		}
		began := time.Now()
		delete(v.asked, lane)
		res := v.step(work, lane)
		v.b.spent[lane] += time.Since(began)
		if errors.Is(res.Err, ErrFenced) {
			return time.Time{}, res.Err
		}
		switch {
		case res.Err != nil:
			v.fail(lane, res.Err)
		case res.Idle:
			v.due[lane] = res.Next
		default:
			v.succeed(lane, res.Next)
		}
		v.heedStock()
	}
	return v.release(work)
}

// look finds what arrived since the visit last looked: a wake-up makes lanes
// with tables of their own due, and a person may have paused or resumed one.
func (v *visit) look(ctx context.Context) error {
	return v.e.view(ctx, func(tx Tx) error {
		rows, err := tx.Channels(ctx, v.b.id)
		if err != nil || len(rows) == 0 || rows[0].Wake == v.wake {
			return err
		}
		v.wake = rows[0].Wake
		now := time.Now()
		for _, l := range Lanes() {
			if !l.polled() {
				v.due[l] = now
			}
		}
		lanes, err := tx.Lanes(ctx, v.b.id)
		if err != nil {
			return err
		}
		for _, stored := range lanes {
			v.adopt(stored)
			v.base[stored.Lane] = stored
		}
		return nil
	})
}

// adopt takes over what others did to a lane's row while the visit has it:
// pausing and resuming, and asking for it sooner. Nobody else changes more.
func (v *visit) adopt(stored LaneRow) {
	row, base := v.rows[stored.Lane], v.base[stored.Lane]
	if row == nil {
		return
	}
	if stored.Paused != base.Paused {
		row.Paused, row.Class, row.Reason, row.Failures = stored.Paused, stored.Class, stored.Reason, stored.Failures
	}
	if !stored.NextAt.Equal(base.NextAt) {
		row.NextAt = earliest(row.NextAt, stored.NextAt)
		if stored.Lane.polled() {
			v.due[stored.Lane] = earliest(v.due[stored.Lane], stored.NextAt)
			v.asked[stored.Lane] = stored.NextAt
		}
	}
	if !bytes.Equal(stored.State, base.State) && stored.Lane == LaneImport {
		row.State = walkAgain(row.State)
	}
}

// pick returns the highest lane that is due and has not used up its turn; when
// all have, a new round begins.
func (v *visit) pick(now time.Time) (Lane, bool) {
	turn := v.e.cfg.Slice / 3
	for range 2 {
		waiting := false
		for _, l := range Lanes() {
			if !v.isDue(l, now) {
				continue
			}
			if v.b.spent[l] < turn {
				return l, true
			}
			waiting = true
		}
		if !waiting {
			break
		}
		clear(v.b.spent)
	}
	return "", false
}

func (v *visit) isDue(l Lane, now time.Time) bool {
	row, due := v.rows[l], v.due[l]
	switch {
	case row.Paused, !isDue(row.NextAt, now):
		return false
	case due.IsZero():
		return l.polled() // never run: its row has no time yet
	}
	return isDue(due, now)
}

// step runs one step of a lane and contains its panics.
func (v *visit) step(ctx context.Context, l Lane) (res laneResult) {
	defer func() {
		if r := recover(); r != nil {
			err := panicError(r)
			v.e.log.Error("lane", "channel", v.b.id, "lane", l, "error", err, "stack", string(debug.Stack()))
			res = laneResult{Err: err}
		}
	}()
	switch l {
	case LaneShip:
		return v.e.runShip(ctx, v)
	case LaneImport:
		return v.e.runImport(ctx, v)
	case LaneTickets:
		return v.e.runTickets(ctx, v)
	case LaneStock:
		return v.e.runStock(ctx, v)
	case LaneListings:
		return v.e.runListings(ctx, v)
	case LaneBackfill:
		return v.e.runBackfill(ctx, v)
	case LaneReconcile:
		return v.e.runReconcile(ctx, v)
	}
	return laneResult{}
}

// contain turns a panic into an error.
func contain(err *error) {
	if r := recover(); r != nil {
		*err = panicError(r)
	}
}

// panicError tells of a panic without its value, which may hold anything,
// unless the runtime made it.
func panicError(r any) error {
	if err, ok := r.(runtime.Error); ok {
		return fmt.Errorf("internal fault: %w", err)
	}
	return fmt.Errorf("internal fault: panic with a %T", r)
}

// update runs f in a transaction that only the holder of the channel can
// commit, stores the lanes' rows with it, and extends the lease.
func (v *visit) update(ctx context.Context, f func(tx Tx) error) error {
	return v.commit(ctx, v.e.update, f)
}

func (v *visit) commit(ctx context.Context, update func(context.Context, func(Tx) error) error, f func(tx Tx) error) error {
	l := v.lease
	if until := time.Now().Add(v.b.leaseFor(v.e.cfg.Slice)); until.After(l.Until) {
		l.Until = until
	}
	err := update(ctx, func(tx Tx) error {
		if err := tx.Hold(ctx, l); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		return v.flush(ctx, tx)
	})
	if err == nil {
		v.lease.Until = l.Until
		v.flushed()
	}
	return err
}

// flush stores the rows of lanes that changed.
func (v *visit) flush(ctx context.Context, tx Tx) error {
	v.seen = nil
	if len(v.dirty) == 0 {
		return nil
	}
	stored, err := tx.Lanes(ctx, v.b.id)
	if err != nil {
		return err
	}
	// What was found is known only once the transaction is committed: one that is
	// begun anew does its work again, and has to find it again.
	v.seen = make(map[Lane]LaneRow, len(stored))
	for _, s := range stored {
		v.adopt(s)
		v.seen[s.Lane] = s
	}
	var rows []LaneRow
	for _, l := range Lanes() {
		if v.dirty[l] {
			rows = append(rows, *v.rows[l])
		}
	}
	return tx.PutLanes(ctx, rows)
}

func (v *visit) flushed() {
	maps.Copy(v.base, v.seen)
	v.seen = nil
	for l := range v.dirty {
		v.base[l] = *v.rows[l]
	}
	clear(v.dirty)
}

// renew extends the lease when what is left would not outlast the longest
// call.
func (v *visit) renew(ctx context.Context) error {
	if time.Until(v.lease.Until) > max(readDeadline, v.b.deadline)+5*time.Second {
		return nil
	}
	return v.commit(ctx, v.e.updateRelaxed, func(Tx) error { return nil })
}

// reading returns a context for one read from the marketplace.
func (v *visit) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, max(readDeadline, v.b.deadline))
}

// writing returns a context for one write, which ends before its intent's
// deadline and before the lease does.
func (v *visit) writing(ctx context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, earliest(deadline, v.lease.Until))
}

// release stores what the visit has not stored yet and frees the channel.
func (v *visit) release(ctx context.Context) (next time.Time, err error) {
	now := time.Now()
	want := v.next(now)
	err = v.e.updateRelaxed(ctx, func(tx Tx) error {
		if err := tx.Hold(ctx, v.lease); err != nil {
			return err
		}
		if err := v.flush(ctx, tx); err != nil {
			return err
		}
		next, err = tx.Release(ctx, v.lease, now, want)
		return err
	})
	return next, err
}

// next returns when the channel is due again.
func (v *visit) next(now time.Time) time.Time {
	next := now.Add(time.Hour)
	sooner := func(t time.Time) { next = earliest(next, later(t, now)) }
	if v.b.prober != nil {
		sooner(v.b.notes.Load().NextAt)
	}
	for _, l := range Lanes() {
		row, due := v.rows[l], v.due[l]
		switch {
		case row.Paused && row.Class == "": // by a person
		case row.Paused:
			sooner(row.NextAt) // tried again, rarely
		case due.IsZero() && !l.polled():
		default:
			sooner(later(due, row.NextAt))
		}
	}
	return next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
