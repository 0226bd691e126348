package sync

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// reconcilePage is how many orders a page of the reconciliation asks for, and
	// reconcileRest how long it rests after one: that, or ten times what the page
	// took, so that what else needs the quota finds it.
	reconcilePage  = 25
	reconcileRest  = 5 * time.Second
	reconcileShare = 10
	// reconcileSeldom is the interval from which on a marketplace that is not worth
	// more imports gives few searches, and none the cheaper for bringing little:
	// Amazon refills one in three minutes. There a page is as large as pages are,
	// and is asked for in the first third of an interval only: by the next import
	// its search is refilled.
	reconcileSeldom = 5 * time.Minute
	// reconcileLook is how soon it looks again whether its turn has come.
	reconcileLook = time.Minute
)

// reconcileState is the reconcile lane's state. Cursor and bounds are of the
// walk in progress.
type reconcileState struct {
	LastAt   time.Time      `json:"last_at,omitzero"`  // when the last walk began, our clock
	BeganAt  time.Time      `json:"began_at,omitzero"` // the walk in progress; zero between walks
	Since    time.Time      `json:"since,omitzero"`    // server time
	Until    time.Time      `json:"until,omitzero"`    // the import's watermark as the walk began
	Cursor   channel.Cursor `json:"cursor,omitempty"`
	Pages    int            `json:"pages,omitempty"`
	Restarts int            `json:"restarts,omitempty"`
}

func (st *reconcileState) encode() []byte {
	doc, err := json.Marshal(st)
	if err != nil {
		panic("sync: encode reconcile state: " + err.Error()) // plain fields only
	}
	return doc
}

// reconcileStateOf decodes a lane's state. One that does not decode begins
// anew.
func reconcileStateOf(doc []byte) reconcileState {
	var st reconcileState
	if len(doc) > 0 && json.Unmarshal(doc, &st) != nil {
		return reconcileState{}
	}
	return st
}

// runReconcile is one step of the walk that finds what the import missed because
// the marketplace's index showed it late: one page of the orders that changed in
// the Config.Lookback before the watermark. It moves no watermark.
func (e *Engine) runReconcile(ctx context.Context, v *visit) laneResult {
	if e.cfg.ReconcileEvery < 0 {
		return laneResult{}
	}
	every := e.cfg.ReconcileEvery
	now := time.Now()
	st := reconcileStateOf(v.rows[LaneReconcile].State)
	watermark, behind := v.imported(v.b.serverTime(now))
	if history := backfillStateOf(v.rows[LaneBackfill].State); behind || watermark.IsZero() || (history.Wanted && !history.Done) {
		// What is new matters more than what is late.
		look := reconcileLook
		if v.rows[LaneImport].Paused {
			look = time.Hour
		}
		return laneResult{Next: now.Add(look), Idle: true}
	}
	if st.BeganAt.IsZero() {
		if st.LastAt.IsZero() {
			// The import has just begun with all there is.
			st.LastAt = now.UTC()
			return laneResult{Next: now.Add(every), Err: v.keepLane(ctx, LaneReconcile, st.encode(), now.Add(every))}
		}
		if due := st.LastAt.Add(every); !isDue(due, now) {
			return laneResult{Next: due}
		}
		st = reconcileState{
			LastAt: st.LastAt, BeganAt: now.UTC(), Since: later(watermark.Add(-e.cfg.Lookback), v.b.since).UTC(), Until: watermark.UTC(),
		}
	}
	limit := reconcilePage
	if v.b.traits.PollEvery >= reconcileSeldom {
		limit = 0
		if due := v.rows[LaneImport].NextAt; due.Sub(now) < v.b.poll*2/3 {
			return laneResult{Next: due.Add(reconcileRest), Idle: true}
		}
	}
	callCtx, cancel := v.reading(ctx)
	page, err := v.b.ch.OrderPage(callCtx, channel.OrderQuery{Since: st.Since, Until: st.Until, After: st.Cursor, Limit: limit})
	cancel()
	took := time.Since(now)
	if err == nil && page.Next != "" && page.Next == st.Cursor {
		err = &channel.Error{Channel: v.b.id, Op: "order page", Class: channel.ErrCursor, Message: "the marketplace returned the cursor it was given"}
	}
	if errors.Is(err, channel.ErrCursor) && st.Cursor != "" {
		return e.restartReconcile(ctx, v, st, err)
	}
	if err != nil {
		return laneResult{Err: err}
	}
	st.Pages++
	st.Cursor = page.Next
	next := time.Now().Add(max(reconcileRest, reconcileShare*took))
	if st.Cursor == "" {
		next = later(st.BeganAt.Add(every), next)
		st = reconcileState{LastAt: st.BeganAt}
	}
	in := &intake{orders: page.Items, parked: page.Parked, readAt: page.ReadAt, again: true}
	if in.readAt.IsZero() {
		in.readAt = v.b.serverTime(now)
	}
	err = e.commitIntake(ctx, v, in, LaneReconcile, st.encode(), next, time.Time{})
	if err == nil && in.added > 0 {
		e.log.Info("orders found that the marketplace had not shown in time", "channel", v.b.id, "orders", in.added)
	}
	return laneResult{Next: next, Err: err}
}

// restartReconcile begins the walk anew from where it began, a few times at
// once, and then after a rest that grows.
func (e *Engine) restartReconcile(ctx context.Context, v *visit, st reconcileState, why error) laneResult {
	v.e.log.Info("the marketplace dropped the cursor: reconciling again", "channel", v.b.id, "pages", st.Pages)
	st.Cursor, st.Pages = "", 0
	st.Restarts++
	next := time.Now().Add(reconcileRest)
	if err := v.keepLane(ctx, LaneReconcile, st.encode(), next); err != nil {
		return laneResult{Err: err}
	}
	if st.Restarts <= restartsMost {
		return laneResult{Next: next}
	}
	v.rows[LaneReconcile].Failures = st.Restarts - restartsMost - 1
	return laneResult{Err: why}
}
