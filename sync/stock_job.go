package sync

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/sync/internal/stock"
)

const (
	// jobGather is how long the raises that are to go by one job are read. A read
	// this old is as good as a fresh one: a job takes as long at best.
	jobGather = 5 * time.Minute
	// jobApart is between two jobs of a channel.
	jobApart = 20 * time.Minute
	// jobAfterCancel is how long none is sent after one stuck in the queue.
	jobAfterCancel = 6 * time.Hour
)

// jobSide is what a channel that takes jobs is about to do. Only the visit in
// progress touches it, and it can be lost.
type jobSide struct {
	until time.Time // raises are gathered until then; zero is not at all
	off   time.Time // no job before
}

func (j *jobSide) putOff(until time.Time) { j.until, j.off = time.Time{}, later(j.off, until) }

// on reports whether raises are being gathered for a job.
func (j *jobSide) on(now time.Time) bool { return now.Before(j.until) }

// fitsJob reports whether what a level is to show can wait for a job: a raise
// to more than a little.
func (b *bound) fitsJob(want, shown int64) bool {
	return b.traits.StockJob.Least > 0 && want > shown && want > b.traits.StockJob.Above
}

// planJob decides, after a pass over all that is due, whether the raises among
// it are worth a job. While one is open no other is sent.
func (s *stockWork) planJob(b *bound, look *stockLook) {
	if b.traits.StockJob.Least == 0 {
		return
	}
	now := time.Now()
	n := 0
	for _, q := range s.queue {
		if q.job {
			n++
		}
	}
	open := slices.ContainsFunc(look.intents, func(r IntentRow) bool { return r.Ticket != "" })
	switch {
	case n < b.traits.StockJob.Least || open || now.Before(b.job.off):
		b.job.until = time.Time{}
	case !b.job.on(now):
		b.job.until = now.Add(jobGather)
	}
}

// takeJob returns the raises to be sent as a job, once all of them are read or
// time is up, and otherwise keeps them out of what is taken next.
func (s *stockWork) takeJob(b *bound) (job, held []turnEntry) {
	now := time.Now()
	if !b.job.on(now) {
		return nil, nil
	}
	reads, rest := 0, make([]turnEntry, 0, len(s.queue))
	for _, q := range s.queue {
		if q.job && q.action == stock.DoWrite {
			held = append(held, q)
			continue
		}
		if q.job {
			reads++
		}
		rest = append(rest, q)
	}
	most := min(b.traits.StockJob.Most, passMost)
	ready := reads == 0 || len(held) >= most || b.job.until.Sub(now) < jobGather/5
	switch {
	case ready && len(held) < b.traits.StockJob.Least:
		b.job.putOff(now.Add(jobApart)) // too few are left
		return nil, nil
	case ready:
		s.queue = append(rest, held[min(len(held), most):]...)
		return held[:min(len(held), most)], nil
	}
	s.queue = rest
	return nil, held
}
