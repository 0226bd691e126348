package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Pause stops one lane of a channel, or with lane "" all of them, until
// [Engine.Resume]. What is in hand is finished first. The reason is shown in
// [Engine.State].
func (e *Engine) Pause(ctx context.Context, id channel.ID, lane Lane, why string) error {
	return e.changeLanes(ctx, id, lane, func(r *LaneRow, _ time.Time) {
		r.Paused, r.Class, r.Reason, r.Failures = true, "", cmp.Or(why, "paused by hand"), 0
	})
}

// Resume lets one lane go on, or with lane "" all of them: after [Engine.Pause],
// or before the engine itself tries again what it stopped, such as when the
// seller has authorised the channel anew.
func (e *Engine) Resume(ctx context.Context, id channel.ID, lane Lane) error {
	return e.changeLanes(ctx, id, lane, func(r *LaneRow, now time.Time) {
		r.Paused, r.Class, r.Reason, r.Failures, r.NextAt = false, "", "", 0, now
	})
}

// Wake has a channel looked at now: its orders are asked for without waiting
// for the next poll. It does not shorten a rest the marketplace asked for.
func (e *Engine) Wake(ctx context.Context, id channel.ID) error {
	return e.ask(ctx, id, true, LaneImport, LaneListings)
}

// ask makes lanes due now.
func (e *Engine) ask(ctx context.Context, id channel.ID, urgent bool, lanes ...Lane) error {
	return e.withLanes(ctx, id, urgent, func(r *LaneRow, now time.Time) bool {
		if !slices.Contains(lanes, r.Lane) || r.Paused || r.Class != "" {
			return false
		}
		r.NextAt = now // also where it was due before: a visit that is at it sees that somebody asked again
		if r.Lane == LaneImport {
			r.State = walkAgain(r.State)
		}
		return true
	})
}

func (e *Engine) changeLanes(ctx context.Context, id channel.ID, lane Lane, change func(*LaneRow, time.Time)) error {
	if lane != "" && !slices.Contains(Lanes(), lane) {
		return fmt.Errorf("sync: no lane %q: %w: the lanes are %q", lane, channel.ErrInvalid, Lanes())
	}
	return e.withLanes(ctx, id, true, func(r *LaneRow, now time.Time) bool {
		if lane != "" && lane != r.Lane {
			return false
		}
		change(r, now)
		return true
	})
}

// withLanes changes lanes' rows under the lock of their channel. The visit in
// progress, if there is one, adopts the change.
func (e *Engine) withLanes(ctx context.Context, id channel.ID, urgent bool, change func(*LaneRow, time.Time) bool) error {
	if _, err := e.find(id); err != nil {
		return err
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, urgent, id); err != nil {
			return err
		}
		stored, err := tx.Lanes(ctx, id)
		if err != nil {
			return err
		}
		var rows []LaneRow
		for _, l := range Lanes() {
			row := LaneRow{Channel: id, Lane: l}
			if i := slices.IndexFunc(stored, func(r LaneRow) bool { return r.Lane == l }); i >= 0 {
				row = stored[i]
			}
			if change(&row, now) {
				rows = append(rows, row)
			}
		}
		return tx.PutLanes(ctx, rows)
	})
}

// SkipEvent gives up the event a subscriber is failing on, on one channel, and
// goes on with the next.
func (e *Engine) SkipEvent(ctx context.Context, name string, id channel.ID) error {
	if _, err := e.find(id); err != nil {
		return err
	}
	err := e.update(ctx, func(tx Tx) error {
		rows, err := tx.Subscribers(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r SubscriberRow) bool { return r.Name == name && r.Channel == id })
		if i < 0 {
			return fmt.Errorf("sync: skip event: no subscriber %q of %q: %w", name, id, channel.ErrNotFound)
		}
		now := later(rows[i].NextAt, time.Now())
		row, ok, err := tx.ClaimSubscriber(ctx, name, id, e.owner+"/skip", now, now.Add(time.Minute))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("sync: skip event: %q is being told right now, or has no event waiting: %w", name, channel.ErrConflict)
		}
		events, err := tx.Outbox(ctx, id, row.Position, 1)
		if err != nil || len(events) == 0 {
			return err
		}
		row.Position, row.NextAt, row.Failures, row.Reason = events[0].Seq, time.Time{}, 0, ""
		return tx.PutSubscriber(ctx, row)
	})
	if err == nil {
		e.subscribers.kick(map[channel.ID]bool{id: true})
	}
	return err
}
