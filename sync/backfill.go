package sync

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// backfillFrom is how long a history is worth a bulk job.
	backfillFrom = 3 * 24 * time.Hour
	// backfillHead is how much of the newest history the walk brings at once,
	// while the bulk job does the rest.
	backfillHead = time.Hour
	backfillPoll = 15 * time.Second
	// backfillTries is how often a bulk job is begun before the history is
	// walked page by page after all.
	backfillTries = 3
)

// backfillState is the backfill lane's state.
type backfillState struct {
	Wanted bool           `json:"wanted,omitempty"` // the walk left the history to us
	Done   bool           `json:"done,omitempty"`
	Ticket channel.Ticket `json:"ticket,omitempty"`
	Since  time.Time      `json:"since,omitzero"` // of the ticket, our clock
	Pages  int            `json:"pages,omitempty"`
	Tries  int            `json:"tries,omitempty"`
}

func (st *backfillState) encode() []byte {
	doc, err := json.Marshal(st)
	if err != nil {
		panic("sync: encode backfill state: " + err.Error()) // plain fields only
	}
	return doc
}

func backfillStateOf(doc []byte) backfillState {
	var st backfillState
	if len(doc) > 0 && json.Unmarshal(doc, &st) != nil {
		return backfillState{}
	}
	return st
}

// orderStream is a bulk job's result being read. It outlives visits, since
// each would otherwise read it from its beginning; what has been stored of it
// is in the lane's state.
type orderStream struct {
	ticket channel.Ticket
	pages  int // read
	next   func() (channel.Page[channel.Order], error, bool)
	close  func()
	cancel context.CancelFunc
}

// leaveHistory reports whether a channel's first walk is to leave its history
// to a bulk job, and notes it for the backfill lane.
func (e *Engine) leaveHistory(v *visit, now time.Time) bool {
	b := v.b
	if b.backfill == nil || e.cfg.NoBackfill || (!b.since.IsZero() && now.Sub(b.since) < backfillFrom) {
		return false
	}
	row := v.rows[LaneBackfill]
	if st := backfillStateOf(row.State); st.Done || row.Paused {
		return false
	}
	st := backfillState{Wanted: true}
	row.State, row.NextAt, v.due[LaneBackfill] = st.encode(), now, now
	v.dirty[LaneBackfill] = true
	return true
}

// runBackfill is one step of a first import in bulk: begin the job, ask for
// it, or store one page of its result.
func (e *Engine) runBackfill(ctx context.Context, v *visit) laneResult {
	st := backfillStateOf(v.rows[LaneBackfill].State)
	now := time.Now()
	switch {
	case !st.Wanted || st.Done || v.b.backfill == nil:
		return laneResult{}
	case st.Ticket == "":
		return e.beginBackfill(ctx, v, st)
	}
	if s := v.b.stream; s != nil && s.ticket == st.Ticket && s.pages == st.Pages {
		return e.storeBackfill(ctx, v, st)
	}
	callCtx, cancel := v.reading(ctx)
	page, err := v.b.backfill.BackfillState(callCtx, st.Ticket)
	cancel()
	switch {
	case err != nil:
		return e.backfillFailed(ctx, v, st, err)
	case page.State == channel.TicketDone:
		return e.storeBackfill(ctx, v, st)
	case page.State.Ended():
		return e.backfillFailed(ctx, v, st, &channel.Error{
			Channel: v.b.id, Op: "backfill", Class: channel.ErrNotFound, Code: string(page.State), Message: "the bulk job ended without a result",
		})
	}
	// A job that takes long is asked for seldom.
	return laneResult{Next: now.Add(max(backfillPoll, min(now.Sub(st.Since)/10, 10*time.Minute)))}
}

func (e *Engine) beginBackfill(ctx context.Context, v *visit, st backfillState) laneResult {
	now := time.Now()
	callCtx, cancel := v.reading(ctx)
	ticket, err := v.b.backfill.StartBackfill(callCtx, channel.BackfillQuery{Kind: channel.BackfillOrders, Since: v.b.since})
	cancel()
	st.Tries++
	if err != nil {
		return e.backfillFailed(ctx, v, st, err)
	}
	st.Ticket, st.Since, st.Pages = ticket, now.UTC(), 0
	next := now.Add(backfillPoll)
	return laneResult{Next: next, Err: v.keepLane(ctx, LaneBackfill, st.encode(), next)}
}

// backfillFailed begins the job anew, or leaves the history to the walk.
func (e *Engine) backfillFailed(ctx context.Context, v *visit, st backfillState, why error) laneResult {
	v.b.closeStream()
	class := channel.Class(why)
	lost := oneOf(class, channel.ErrNotFound, channel.ErrInvalid, channel.ErrCursor)
	unable := errors.Is(why, errors.ErrUnsupported) || errors.Is(class, channel.ErrForbidden)
	if lost {
		st.Ticket, st.Pages = "", 0
	}
	if !unable && (!lost || st.Tries < backfillTries) {
		if e := v.keepLane(ctx, LaneBackfill, st.encode(), time.Now()); e != nil {
			return laneResult{Err: e}
		}
		return laneResult{Err: why}
	}
	e.log.Warn("no bulk import: the history is walked page by page", "channel", v.b.id, "error", why)
	st.Done = true
	row := v.rows[LaneImport]
	old, oldDue := *row, v.due[LaneImport]
	walk := importStateOf(row.State)
	// From the start date, as if no walk had been.
	row.State = (&importState{Walks: walk.Walks}).encode()
	row.NextAt = time.Now()
	v.due[LaneImport], v.dirty[LaneImport] = row.NextAt, true
	err := v.keepLane(ctx, LaneBackfill, st.encode(), time.Time{})
	if err != nil {
		*row, v.due[LaneImport] = old, oldDue
	}
	return laneResult{Err: err}
}

// storeBackfill stores one page of the job's result.
func (e *Engine) storeBackfill(ctx context.Context, v *visit, st backfillState) laneResult {
	now := time.Now()
	page, ok, err := v.b.streamPage(st)
	if !ok && err == nil {
		err = &channel.Error{Channel: v.b.id, Op: "backfill", Class: channel.ErrUnavailable, Message: "the result ended without its last page"}
	}
	if err != nil {
		return e.backfillFailed(ctx, v, st, err)
	}
	st.Pages++
	next := now
	if !page.Through.IsZero() {
		st.Done, next = true, time.Time{}
		v.b.closeStream()
		e.log.Info("history imported in bulk", "channel", v.b.id, "pages", st.Pages)
	}
	readAt := page.ReadAt
	if readAt.IsZero() {
		readAt = v.b.serverTime(st.Since)
	}
	in := &intake{orders: page.Items, parked: page.Parked, readAt: readAt}
	err = e.commitIntake(ctx, v, in, LaneBackfill, st.encode(), next, time.Time{})
	if err != nil {
		v.b.closeStream()
	}
	return laneResult{Next: next, Err: err}
}

// streamPage returns the page after those that are stored, opening the stream
// if need be. One page has the time of one read.
func (b *bound) streamPage(st backfillState) (page channel.Page[channel.Order], ok bool, err error) {
	if b.stream == nil || b.stream.ticket != st.Ticket || b.stream.pages > st.Pages {
		b.closeStream()
		ctx, cancel := context.WithCancel(context.Background())
		next, stop := iter.Pull2(b.backfill.BackfillOrders(ctx, st.Ticket))
		b.stream = &orderStream{ticket: st.Ticket, next: next, close: stop, cancel: cancel}
	}
	s := b.stream
	for s.pages <= st.Pages {
		tooLong := time.AfterFunc(max(readDeadline, b.deadline), s.cancel)
		page, err, ok = s.next()
		tooLong.Stop()
		if err != nil || !ok {
			return page, ok, err
		}
		s.pages++
	}
	return page, true, nil
}

func (b *bound) closeStream() {
	if b.stream != nil {
		b.stream.cancel()
		b.stream.close()
		b.stream = nil
	}
}
