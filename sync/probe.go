package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	probeEvery    = 24 * time.Hour
	probeRest     = time.Minute // after a probe that failed
	probeRestMax  = time.Hour
	probeDeadline = 15 * time.Second
)

// lanesOf are the lanes that do a job.
var lanesOf = map[channel.Job][]Lane{
	channel.JobOrders:   {LaneImport, LaneBackfill, LaneReconcile},
	channel.JobShip:     {LaneShip},
	channel.JobStock:    {LaneStock, LaneTickets},
	channel.JobListings: {LaneListings},
}

// probe reads the account at start, once a day, when it is asked for, and
// before lanes that only a person could mend are tried again.
func (v *visit) probe(ctx context.Context) error {
	now, b := time.Now(), v.b
	stopped := v.stoppedUntil(now)
	notes := *b.notes.Load()
	if b.prober == nil {
		if stopped {
			v.reviveAll()
		}
		return nil
	}
	if !stopped && !isDue(notes.NextAt, now) && !b.probeNow.Load() {
		return nil
	}
	if err := v.renew(ctx); err != nil {
		return err
	}
	account, err := v.callProbe(ctx)
	switch class := channel.Class(err); {
	case err == nil, errors.Is(err, errors.ErrUnsupported):
		for _, n := range account.Notes {
			if !slices.Contains(notes.Account.Notes, n) {
				v.e.log.Warn("the probe notes", "channel", b.id, "note", n)
			}
		}
		notes = channelNotes{Account: account, ProbedAt: now, NextAt: now.Add(probeEvery)}
		v.reviveAll()
		v.heed(account)
	default:
		notes.Failures++
		notes.Problem = reason(err)
		notes.NextAt = now.Add(backoff(probeRest, probeRestMax, notes.Failures, string(b.id)+"/probe"))
		if errors.Is(class, channel.ErrUnauthorized) || errors.Is(class, channel.ErrSuspended) {
			v.fail(LaneImport, err)
			notes.NextAt = v.rows[LaneImport].NextAt
		} else {
			v.e.log.Warn("probe failed", "channel", b.id, "error", err)
			// What was stopped stays so until the next try.
			for _, l := range Lanes() {
				if r := v.rows[l]; r.Paused && r.Class != "" && isDue(r.NextAt, now) {
					r.NextAt = notes.NextAt
					v.dirty[l] = true
				}
			}
		}
	}
	b.probeNow.Store(false)
	err = v.update(ctx, func(tx Tx) error { return tx.SetChannelDoc(ctx, b.id, notes.encode()) })
	if err == nil {
		b.notes.Store(&notes)
	}
	return err
}

func (v *visit) callProbe(ctx context.Context) (account channel.Account, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, probeDeadline)
	defer cancel()
	return v.b.prober.Probe(ctx)
}

// stoppedUntil reports whether a lane that was stopped is to be tried again.
func (v *visit) stoppedUntil(now time.Time) bool {
	for _, l := range Lanes() {
		if r := v.rows[l]; r.Paused && r.Class != "" && isDue(r.NextAt, now) {
			return true
		}
	}
	return false
}

func (v *visit) reviveAll() {
	all := func(Lane) bool { return true }
	v.revive(channel.ErrUnauthorized, all)
	v.revive(channel.ErrSuspended, all)
	v.revive(channel.ErrForbidden, all)
}

// heed pauses the lanes whose job the grant does not allow. A marketplace may
// answer such a job with an empty list, and that must not read as "nothing to
// do".
func (v *visit) heed(a channel.Account) {
	for _, m := range a.Missing {
		if !m.Fatal {
			v.e.log.Warn("a scope is missing", "channel", v.b.id, "scope", m.Scope, "job", m.Job)
			continue
		}
		for _, l := range Lanes() {
			if slices.Contains(lanesOf[m.Job], l) {
				v.stop([]Lane{l}, time.Now().Add(forbiddenRest), channel.ErrForbidden,
					fmt.Sprintf("the grant lacks %q, which %s needs: have the application given it, then authorise the channel again if the marketplace asks for that",
						m.Scope, m.Job))
			}
		}
	}
}
