package sync

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Runner decides when a channel is visited. It keeps no state that matters:
// when it loses what it was told, a sweep tells it again. It is safe for
// concurrent use.
type Runner interface {
	// Run visits channels as they become due until ctx ends. Then it waits for
	// the visits in progress and returns nil. It may be called again.
	Run(ctx context.Context, v Visits) error

	// Wake says that channels are due now, urgent ones before the others. It is
	// called after the commit that made the work, and before, during and after
	// Run; it does not block for long, and losing a call is no fault.
	Wake(ctx context.Context, urgent bool, ids ...channel.ID)
}

// Visits is what a Runner runs.
type Visits interface {
	// Schedule returns when each of the engine's channels is due.
	Schedule(ctx context.Context) ([]Due, error)

	// Due returns channels that are due now and that nobody visits, urgent ones
	// first, then the longest due, at most limit of them; and when the next one
	// after them is due: now if the limit cut it off, zero if there is none.
	Due(ctx context.Context, limit int) (due []Due, next time.Time, err error)

	// Visit visits a channel for a slice at most and returns when it is due
	// again. When ctx ends it finishes what is in hand. It never panics. Two
	// visits to one channel do each other no harm, in one process or in two:
	// the second comes back at once with a later time.
	Visit(ctx context.Context, id channel.ID) (next time.Time)
}

// Due says when a channel is to be visited.
type Due struct {
	Channel channel.ID
	At      time.Time // zero is at once
	Urgent  bool
	Turn    int64 // of the channel's turns so far, the one it is due for not counted
}

type visits struct{ e *Engine }

func (v visits) Visit(ctx context.Context, id channel.ID) time.Time { return v.e.visit(ctx, id) }
func (v visits) Schedule(ctx context.Context) ([]Due, error)        { return v.e.schedule(ctx) }

func (e *Engine) schedule(ctx context.Context) ([]Due, error) {
	var due []Due
	err := e.view(ctx, func(tx Tx) error {
		rows, err := tx.Channels(ctx, e.ids...)
		if err != nil {
			return err
		}
		due = make([]Due, 0, len(rows))
		for _, r := range rows {
			at := r.NextAt
			if r.Owner != "" && r.Until.After(at) {
				at = r.Until
			}
			due = append(due, Due{r.ID, at, r.Urgent, r.Fence})
		}
		return nil
	})
	return due, err
}

func (v visits) Due(ctx context.Context, limit int) ([]Due, time.Time, error) {
	return v.e.dueNow(ctx, limit)
}

func (e *Engine) dueNow(ctx context.Context, limit int) (due []Due, next time.Time, err error) {
	now := time.Now()
	foreign := false
	err = e.view(ctx, func(tx Tx) error {
		var rows []ChannelRow
		if rows, next, err = tx.DueChannels(ctx, now, limit); err != nil {
			return err
		}
		due, foreign = make([]Due, 0, len(rows)), false
		for _, r := range rows {
			if e.bound[r.ID] == nil {
				foreign = true
				continue
			}
			due = append(due, Due{r.ID, r.NextAt, r.Urgent, r.Fence})
		}
		return nil
	})
	if err != nil || !foreign || next.After(now) || next.IsZero() {
		return due, next, err
	}
	// Channels that no engine here has take the places of this one's.
	all, err := e.schedule(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	due = slices.DeleteFunc(all, func(d Due) bool { return !isDue(d.At, now) })
	slices.SortStableFunc(due, func(a, b Due) int {
		switch {
		case a.Urgent == b.Urgent:
			return a.At.Compare(b.At)
		case a.Urgent:
			return -1
		}
		return 1
	})
	return due[:min(limit, len(due))], now, nil
}

// isDue reports whether a time has come. One further ahead than anything in
// the engine asks for was set by a clock that has since been put back.
func isDue(at, now time.Time) bool { return !at.After(now) || at.After(now.Add(longest)) }

// sweep finds what the runner was never told, or has forgotten: channels that
// are due, and channels with due work and no wake-up.
func (e *Engine) sweep(ctx context.Context) {
	tick := time.NewTicker(e.cfg.Sweep)
	defer tick.Stop()
	for {
		if err := e.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("sweep", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (e *Engine) sweepOnce(ctx context.Context) error {
	const most = 1000
	now := time.Now()
	var lost []channel.ID
	err := e.view(ctx, func(tx Tx) (err error) {
		lost, err = tx.Unwoken(ctx, now, most)
		return err
	})
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		e.log.Debug("sweep found work without a wake-up", "channels", len(lost))
		if err := e.updateRelaxed(ctx, func(tx Tx) error { return tx.Wake(ctx, now, false, lost...) }); err != nil {
			return err
		}
		behind := map[channel.ID]bool{}
		for _, id := range lost {
			behind[id] = e.bound[id] != nil
		}
		maps.DeleteFunc(behind, func(_ channel.ID, ours bool) bool { return !ours })
		e.subscribers.kick(behind)
	}
	due, err := e.schedule(ctx)
	if err != nil {
		return err
	}
	woken := map[bool][]channel.ID{}
	var ahead []channel.ID // by a clock that has since been put back
	for _, d := range due {
		if isDue(d.At, now) {
			woken[d.Urgent] = append(woken[d.Urgent], d.Channel)
		}
		if d.At.After(now.Add(longest)) {
			ahead = append(ahead, d.Channel)
		}
	}
	if len(ahead) > 0 {
		if err := e.updateRelaxed(ctx, func(tx Tx) error { return tx.Wake(ctx, now, false, ahead...) }); err != nil {
			return err
		}
	}
	for urgent, ids := range woken {
		e.runner.Wake(ctx, urgent, ids...)
	}
	return nil
}
