package sync

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
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
	// streamLook is how soon a page of the result that was not there is looked
	// for again, streamStall how long one may take.
	streamLook  = time.Second
	streamStall = 5 * time.Minute
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

// orderStream is a bulk job's result being read. A goroutine of its own reads it,
// one page ahead: a page may take the marketplace longer than a visit lasts, and
// that a slice ends is no failure of the page. It outlives visits, since each
// would otherwise read the result from its beginning; what has been stored of it
// is in the lane's state.
type orderStream struct {
	ticket channel.Ticket
	pages  int                              // handed out, or skipped as stored already
	ready  chan channel.Page[channel.Order] // closed at the end; err is then set
	err    error                            // what ended the stream, nil after its last page
	cancel context.CancelCauseFunc
}

var errStalled = errors.New("the stream stalled")

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
		row := v.rows[LaneBackfill]
		failures := row.Failures
		if e := v.keepLane(ctx, LaneBackfill, st.encode(), time.Now()); e != nil {
			return laneResult{Err: e}
		}
		row.Failures = failures // it rests longer each time
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

// storeBackfill stores one page of the job's result. While the page is still on
// its way, other lanes have their turn.
func (e *Engine) storeBackfill(ctx context.Context, v *visit, st backfillState) laneResult {
	turn := min(e.cfg.Slice/3, e.cfg.Slice-time.Since(v.started))
	page, ready, err := v.b.streamPage(e.log, st, turn)
	now := time.Now()
	switch {
	case err != nil:
		return e.backfillFailed(ctx, v, st, err)
	case !ready:
		return laneResult{Next: now.Add(streamLook), Idle: true}
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
// if need be, or ready false when it does not come within the wait.
func (b *bound) streamPage(log *slog.Logger, st backfillState, wait time.Duration) (page channel.Page[channel.Order], ready bool, err error) {
	if b.stream == nil || b.stream.ticket != st.Ticket || b.stream.pages != st.Pages {
		b.closeStream()
		ctx, cancel := context.WithCancelCause(context.Background())
		b.stream = &orderStream{
			ticket: st.Ticket, pages: st.Pages, ready: make(chan channel.Page[channel.Order]), cancel: cancel,
		}
		go b.stream.read(ctx, log, b, st.Pages)
	}
	s := b.stream
	late := time.NewTimer(max(wait, 0))
	defer late.Stop()
	select {
	case page, ready = <-s.ready:
	case <-late.C:
		return page, false, nil
	}
	if ready {
		s.pages++
		return page, true, nil
	}
	err = s.err
	if err == nil {
		err = &channel.Error{Channel: b.id, Op: "backfill", Class: channel.ErrUnavailable, Message: "the result ended without its last page"}
	}
	return page, false, err
}

// read hands out the pages of the result, but for those that are stored. One
// that does not come for very long ends it.
func (s *orderStream) read(ctx context.Context, log *slog.Logger, b *bound, stored int) {
	stall := time.AfterFunc(streamStall, func() { s.cancel(errStalled) })
	defer close(s.ready)
	defer stall.Stop()
	defer func() {
		if r := recover(); r != nil {
			s.err = panicError(r)
			log.Error("backfill", "channel", b.id, "error", s.err, "stack", string(debug.Stack()))
		}
		if errors.Is(context.Cause(ctx), errStalled) {
			s.err = &channel.Error{
				Channel: b.id, Op: "backfill", Class: channel.ErrUnavailable, Message: "no page of the result came within " + streamStall.String(),
			}
		}
	}()
	for page, err := range b.backfill.BackfillOrders(ctx, s.ticket) {
		stall.Stop()
		if err != nil {
			s.err = err
			return
		}
		if stored > 0 {
			stored--
		} else {
			select {
			case s.ready <- page:
			case <-ctx.Done():
				return
			}
		}
		stall.Reset(streamStall)
	}
}

// closeStream ends the stream and waits until its goroutine has ended.
func (b *bound) closeStream() {
	if b.stream == nil {
		return
	}
	b.stream.cancel(context.Canceled)
	for range b.stream.ready { // the page in hand is read again
	}
	b.stream = nil
}
