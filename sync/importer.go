package sync

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// overlapMost and overlapLags are the default of Config.Overlap.
	overlapMost = 5 * time.Minute
	overlapLags = 10
	// rereads is how many orders are read by id in one step.
	rereads = 50
	// restartsMost is how often one walk begins anew because the marketplace
	// dropped its cursor, before that counts as a failure.
	restartsMost = 3
)

// importState is the import lane's state. Cursor and since are of the walk in
// progress, Watermark is of the last one that came to its end.
type importState struct {
	Watermark time.Time      `json:"watermark,omitzero"` // server time up to which every order is stored
	Cursor    channel.Cursor `json:"cursor,omitempty"`
	Since     time.Time      `json:"since,omitzero"`
	From      *time.Time     `json:"from,omitempty"`    // start date of what is stored
	BeganAt   time.Time      `json:"began_at,omitzero"` // the walk, our clock; zero between walks
	Pages     int            `json:"pages,omitempty"`   // of the walk
	Restarts  int            `json:"restarts,omitempty"`
	Walks     int64          `json:"walks,omitempty"` // finished
	// Again asks for one more walk after this one: something changed that its
	// earlier pages may have missed.
	Again bool `json:"again,omitempty"`
	// Reread says that orders are to be read by id before the next walk, One
	// that they are read one by one because a batch was refused.
	Reread bool `json:"reread,omitempty"`
	One    bool `json:"one,omitempty"`
}

func (st *importState) encode() []byte {
	doc, err := json.Marshal(st)
	if err != nil {
		panic("sync: encode import state: " + err.Error()) // plain fields only
	}
	return doc
}

// importStateOf decodes a lane's state. One that does not decode begins again:
// importing twice does no harm.
func importStateOf(doc []byte) importState {
	var st importState
	if len(doc) > 0 && json.Unmarshal(doc, &st) != nil {
		return importState{}
	}
	return st
}

// walkAgain returns the state with one more walk asked for, if one is in
// progress.
func walkAgain(doc []byte) []byte {
	st := importStateOf(doc)
	if st.BeganAt.IsZero() {
		return doc
	}
	st.Again = true
	return st.encode()
}

// runImport is one step of the import: one page of the walk, or one batch of
// orders read by id.
func (e *Engine) runImport(ctx context.Context, v *visit) laneResult {
	st := importStateOf(v.rows[LaneImport].State)
	now := time.Now()
	if st.Reread {
		ids, err := e.toReread(ctx, v, &st, now)
		if err != nil {
			return laneResult{Err: err}
		}
		if len(ids) > 0 {
			return e.rereadOrders(ctx, v, st, ids, now)
		}
		st.Reread, st.One = false, false
	}
	if st.BeganAt.IsZero() {
		st.BeganAt, st.Pages, st.Restarts, st.Cursor, st.Again = now.UTC(), 0, 0, "", false
		st.Since = e.walkFrom(v.b, &st)
		if st.Watermark.IsZero() && e.leaveHistory(v, now) {
			st.Since = v.b.serverTime(now).Add(-max(backfillHead, 2*v.b.traits.VisibilityLag))
		}
	}
	q := channel.OrderQuery{Since: st.Since, After: st.Cursor}
	page, err := v.orderPage(ctx, q)
	if err == nil {
		v.readAhead(ctx, &page, q, time.Since(now))
	}
	if err == nil && page.Next != "" && page.Next == st.Cursor {
		err = &channel.Error{Channel: v.b.id, Op: "order page", Class: channel.ErrCursor, Message: "the marketplace returned the cursor it was given"}
	}
	if errors.Is(err, channel.ErrCursor) {
		return e.restartWalk(ctx, v, st, err)
	}
	if err != nil {
		return laneResult{Err: err}
	}
	if page.ReadAt.IsZero() {
		page.ReadAt = v.b.serverTime(now)
	}
	st.Pages++
	st.Cursor = page.Next
	next, through := now, time.Time{}
	if page.Next == "" {
		next = e.endWalk(v.b, &st, page.Through, now)
		through = st.Watermark
	}
	in := &intake{orders: page.Items, parked: page.Parked, readAt: page.ReadAt}
	return laneResult{Next: next, Err: e.commitIntake(ctx, v, in, LaneImport, st.encode(), next, through)}
}

// overlap is how much of what a walk has covered the next one reads again.
func (b *bound) overlap() time.Duration {
	o := overlapMost
	if lag := b.traits.VisibilityLag; lag > 0 {
		o = min(o, overlapLags*lag)
	}
	return max(cmp.Or(b.again, o), b.traits.ClockError)
}

// walkFrom returns where a walk begins: at the watermark less an overlap, and
// not before the start date. A start date that was put back since is walked
// from once.
func (e *Engine) walkFrom(b *bound, st *importState) time.Time {
	since := b.since.UTC().Round(0)
	put := st.From == nil || since.Before(*st.From)
	if put {
		st.From = &since
	}
	if st.Watermark.IsZero() || put {
		return b.since
	}
	if now := b.serverTime(time.Now()); st.Watermark.After(now) {
		// A clock was wrong: the marketplace's, or ours. Nobody knows since when.
		back := now.Add(-max(e.cfg.Lookback, b.overlap()))
		e.log.Warn("the watermark is in the future: orders are read again", "channel", b.id, "watermark", st.Watermark, "from", back)
		st.Watermark = back
	}
	return later(st.Watermark.Add(-b.overlap()), b.since)
}

// endWalk moves the watermark and returns when the next walk is due: a poll
// interval after this one began.
func (e *Engine) endWalk(b *bound, st *importState, through, now time.Time) time.Time {
	if through.IsZero() {
		// An adapter that does not tell: nothing placed before the walk began
		// can have been missed, but for the marketplace's lag.
		through = b.serverTime(st.BeganAt).Add(-b.traits.VisibilityLag)
	}
	// No walk covers what came after it began, whatever clock told so.
	if began := b.serverTime(st.BeganAt); through.After(began) {
		through = began
	}
	st.Watermark = later(st.Watermark, through.UTC())
	next := later(st.BeganAt.Add(b.poll), now.Add(min(b.poll, time.Second)))
	if st.Again || next.After(now.Add(longest)) {
		next = now.Add(min(b.poll, time.Second))
	}
	st.BeganAt, st.Cursor, st.Again = time.Time{}, "", false
	st.Walks++
	st.Reread = b.orders != nil
	return next
}

// restartWalk begins the walk anew from where it began. A walk that outlasts
// its cursors again and again is a failure, and rests longer each time although
// its first pages succeed.
func (e *Engine) restartWalk(ctx context.Context, v *visit, st importState, why error) laneResult {
	if st.Cursor == "" {
		return laneResult{Err: why}
	}
	v.e.log.Info("the marketplace dropped the cursor: walking again", "channel", v.b.id, "pages", st.Pages)
	st.Cursor, st.Pages = "", 0
	st.Restarts++
	now := time.Now()
	if err := v.keepLane(ctx, LaneImport, st.encode(), now); err != nil {
		return laneResult{Err: err}
	}
	if st.Restarts <= restartsMost {
		return laneResult{Next: now}
	}
	v.rows[LaneImport].Failures = st.Restarts - restartsMost - 1
	return laneResult{Err: why}
}

// commitIntake stores what a read brought together with the lane's new state
// and, at the end of a walk, the watermark it moved to. When the whole cannot
// be stored, its records are tried one by one, and those that cannot be stored
// are parked.
func (e *Engine) commitIntake(ctx context.Context, v *visit, in *intake, lane Lane, state []byte, next, through time.Time) error {
	commit := func(in *intake, last bool) (err error) {
		defer contain(&err)
		return v.update(ctx, func(tx Tx) error {
			if err := e.takeIn(ctx, tx, v.b, in); err != nil {
				return err
			}
			if !last || through.IsZero() || in.dumb {
				return nil
			}
			return arithmetic(func() error { return e.stockThrough(ctx, tx, v.b, through) })
		})
	}
	whole := func(in *intake) error {
		return v.withLane(lane, state, next, func() error { return commit(in, true) })
	}
	err := whole(in)
	if errors.Is(err, errArithmetic) {
		e.log.Error("the stock arithmetic failed on an import and is left out of it", "channel", v.b.id, "error", err)
		dumb := *in
		dumb.dumb = true
		if err = whole(&dumb); err == nil {
			v.fail(LaneStock, errors.Join(errArithmetic, errors.New("an import was stored without it; reads of the listings will tell what it missed")))
		}
	}
	if err == nil || errors.Is(err, ErrFenced) || ctx.Err() != nil || len(in.orders) == 0 {
		return err
	}
	// Is it the store, or is it a record?
	if v.update(ctx, func(Tx) error { return nil }) != nil {
		return err
	}
	e.log.Error("a page could not be stored as a whole: storing its orders one by one", "channel", v.b.id, "error", err)
	rest := *in
	rest.orders = nil
	for i := range in.orders {
		one := intake{orders: in.orders[i : i+1], readAt: in.readAt, reread: in.reread}
		err := commit(&one, false)
		if errors.Is(err, errArithmetic) {
			one.dumb = true
			err = commit(&one, false)
		}
		if errors.Is(err, ErrFenced) {
			return err
		}
		if err != nil {
			id := in.orders[i].ID
			rest.parked = append(rest.parked, channel.Parked{ID: string(id), Raw: in.orders[i].Raw, Err: err})
			rest.leave = append(rest.leave, id)
		}
	}
	rest.dumb = true
	return whole(&rest)
}

// withLane sets a polled lane's state and next time for f to commit, and takes
// them back when it does not.
func (v *visit) withLane(l Lane, state []byte, next time.Time, f func() error) error {
	row := v.rows[l]
	old, oldBase, oldDue, wasDirty := *row, v.base[l], v.due[l], v.dirty[l]
	row.State = state
	v.succeed(l, next)
	v.dirty[l] = true
	err := f()
	if err != nil {
		*row, v.base[l], v.due[l] = old, oldBase, oldDue
		if !wasDirty {
			delete(v.dirty, l)
		}
	}
	return err
}

// keepLane stores a polled lane's state and next time.
func (v *visit) keepLane(ctx context.Context, l Lane, state []byte, next time.Time) error {
	return v.withLane(l, state, next, func() error {
		return v.update(ctx, func(Tx) error { return nil })
	})
}

// toReread returns the orders to read by id before the next walk: those whose
// reads differed, and open ones that no walk has brought for days.
func (e *Engine) toReread(ctx context.Context, v *visit, st *importState, now time.Time) (ids []channel.OrderID, err error) {
	limit, unseen := rereads, time.Time{}
	if st.One {
		limit = 1
	}
	if e.cfg.ReadUnseenAfter > 0 {
		unseen = now.Add(-e.cfg.ReadUnseenAfter)
	}
	err = e.view(ctx, func(tx Tx) (err error) {
		ids, err = tx.OrdersToRead(ctx, v.b.id, unseen, limit)
		return err
	})
	return ids, err
}

// rereadOrders reads orders by id.
func (e *Engine) rereadOrders(ctx context.Context, v *visit, st importState, ids []channel.OrderID, now time.Time) laneResult {
	// leave goes on to the walk: it matters more.
	leave := func(err error) laneResult {
		st.Reread, st.One = false, false
		if e := v.keepLane(ctx, LaneImport, st.encode(), now); e != nil {
			return laneResult{Err: e}
		}
		return laneResult{Next: now, Err: err}
	}
	in, err := e.readByID(ctx, v, ids)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return leave(nil)
	case errors.Is(err, channel.ErrNotFound) || errors.Is(err, channel.ErrInvalid):
		if len(ids) > 1 {
			st.One = true
			return laneResult{Next: now, Err: v.keepLane(ctx, LaneImport, st.encode(), now)}
		}
		in = &intake{readAt: v.b.serverTime(now), reread: true}
		if errors.Is(err, channel.ErrInvalid) {
			in.parked, in.leave = []channel.Parked{{ID: string(ids[0]), Err: err}}, ids
		} else {
			in.gone = ids
		}
	case err != nil:
		return leave(err)
	}
	return laneResult{Next: now, Err: e.commitIntake(ctx, v, in, LaneImport, st.encode(), now, time.Time{})}
}

// readByID reads orders by id. Those that the marketplace does not return are
// gone.
func (e *Engine) readByID(ctx context.Context, v *visit, ids []channel.OrderID) (*intake, error) {
	now := time.Now()
	ctx, cancel := v.reading(ctx)
	defer cancel()
	page, err := v.b.orders.OrdersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	in := &intake{orders: page.Items, parked: page.Parked, readAt: page.ReadAt, reread: true}
	if in.readAt.IsZero() {
		in.readAt = v.b.serverTime(now)
	}
	for _, p := range page.Parked {
		in.leave = append(in.leave, channel.OrderID(p.ID))
	}
	for _, id := range ids {
		if !slices.Contains(in.leave, id) && !slices.ContainsFunc(in.orders, func(o channel.Order) bool { return o.ID == id }) {
			in.gone = append(in.gone, id)
		}
	}
	return in, nil
}
