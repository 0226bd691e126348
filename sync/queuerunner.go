package sync

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// QueueOptions are settings of a [QueueRunner]. The zero value is good.
type QueueOptions struct {
	// Workers is how many channels this process visits at once for the queue.
	// Default 64. As many again are visited without it when it fails.
	Workers int

	// Poll is how often the store is asked for what is due, when nothing says
	// so earlier. Default 1 s, at least 10 ms.
	Poll time.Duration

	// Patience is how long a channel may be due without a turn before this
	// process visits it without the queue. Default 15 s. After a failed offer
	// there is none.
	Patience time.Duration

	// Logger is told of failures of the queue. Nil logs nothing.
	Logger *slog.Logger
}

// QueueRunner is a [Runner] for several processes that share a store and a
// queue. The store says what is due; the queue spreads it over the processes and
// is never believed: a look that it loses, or does not take, is made without it.
//
// Processes of one queue serve the same channels.
type QueueRunner struct {
	q   Queue
	o   QueueOptions
	log *slog.Logger

	kick chan struct{}
	free chan struct{} // slots for visits without the queue

	mu      sync.Mutex
	waiting map[channel.ID]waiting
	tally   tally
}

// waiting is a due channel as this process knows it.
type waiting struct {
	turn    int64
	urgent  bool
	since   time.Time // first seen due
	offered time.Time // zero is not, or in vain
	direct  bool      // being visited without the queue
}

// atOnce is how many due channels are looked at together: more than are visited
// in the time until the next look.
const atOnce = 1000

// offerDeadline is how long an offer may take. What is due waits no longer for
// a queue that hangs.
const offerDeadline = 2 * time.Second

// NewQueueRunner returns a runner over q.
func NewQueueRunner(q Queue, o QueueOptions) *QueueRunner {
	if o.Workers <= 0 {
		o.Workers = 64
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	o.Poll = max(o.Poll, 10*time.Millisecond)
	if o.Patience <= 0 {
		o.Patience = 15 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &QueueRunner{
		q: q, o: o, log: o.Logger,
		kick: make(chan struct{}, 1), free: make(chan struct{}, o.Workers), waiting: map[channel.ID]waiting{},
	}
}

// Wake implements [Runner]: what is due is in the store, and is looked for.
func (r *QueueRunner) Wake(context.Context, bool, ...channel.ID) {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Run implements [Runner].
func (r *QueueRunner) Run(ctx context.Context, v Visits) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { r.work(ctx, v) })

	// However often it is woken, it looks ten times a poll at the most.
	least := r.o.Poll / 10
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.kick:
		}
		timer.Reset(max(r.turn(ctx, v, &all), least))
		select {
		case <-ctx.Done():
		case <-time.After(least):
		}
	}
	return nil
}

// work takes looks from the queue, again and again when it fails.
func (r *QueueRunner) work(ctx context.Context, v Visits) {
	const most = 30 * time.Second
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := r.q.Work(ctx, r.o.Workers, func(l Look) { r.visit(ctx, v, l.Channel, false) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it stopped working")
		}
		r.failed(err)
		if time.Since(began) > most {
			n = 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(backoff(time.Second, most, n+1, "queue")):
		}
	}
}

// visit makes a visit and, when the channel is due again at once, says so.
func (r *QueueRunner) visit(ctx context.Context, v Visits, id channel.ID, direct bool) {
	next := v.Visit(ctx, id)
	r.mu.Lock()
	r.tally.visit(time.Now(), direct)
	r.mu.Unlock()
	if isDue(next, time.Now()) {
		r.Wake(ctx, false)
	}
}

// turn offers what is due to the queue, visits what waited for it in vain, and
// returns when to look again.
func (r *QueueRunner) turn(ctx context.Context, v Visits, all *sync.WaitGroup) time.Duration {
	due, next, err := v.Due(ctx, atOnce)
	if err != nil {
		if ctx.Err() == nil {
			r.log.Error("what is due cannot be read", "error", err)
		}
		return r.o.Poll
	}
	now := time.Now()
	r.direct(ctx, v, r.overdue(due, now), all)
	if looks := r.unoffered(due, now); len(looks) > 0 {
		offering, cancel := context.WithTimeout(ctx, offerDeadline)
		err := r.q.Offer(offering, looks)
		cancel()
		r.offered(looks, err)
		if err != nil && ctx.Err() == nil {
			r.failed(err)
			r.direct(ctx, v, r.overdue(due, time.Now()), all)
		}
	}
	if next.After(now) {
		return min(time.Until(next), r.o.Poll)
	}
	return r.o.Poll
}

// unoffered notes what is due and returns what the queue has not been told.
func (r *QueueRunner) unoffered(due []Due, now time.Time) []Look {
	r.mu.Lock()
	defer r.mu.Unlock()
	var looks []Look
	for _, d := range due {
		w := r.waiting[d.Channel]
		if w.direct || !w.offered.IsZero() && w.turn == d.Turn && w.urgent == d.Urgent && now.Sub(w.offered) < r.o.Patience {
			continue
		}
		looks = append(looks, Look{d.Channel, d.Turn, d.Urgent})
	}
	return looks
}

// overdue notes what is due, forgets what is no more, and returns what the queue
// has had its time with.
func (r *QueueRunner) overdue(due []Due, now time.Time) (ids []channel.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := make(map[channel.ID]waiting, len(due))
	for _, d := range due {
		w, known := r.waiting[d.Channel]
		if !known || w.turn != d.Turn {
			w = waiting{turn: d.Turn, urgent: d.Urgent, since: now, direct: w.direct}
		}
		seen[d.Channel] = w
		patience := r.o.Patience
		if known && w.offered.IsZero() && r.tally.reason != "" {
			patience = 0
		}
		if known && !w.direct && now.Sub(w.since) >= patience {
			ids = append(ids, d.Channel)
		}
	}
	for id, w := range r.waiting {
		if _, still := seen[id]; !still && w.direct {
			seen[id] = w
		}
	}
	r.waiting = seen
	return ids
}

// direct visits channels without the queue, as many as there are slots.
func (r *QueueRunner) direct(ctx context.Context, v Visits, ids []channel.ID, all *sync.WaitGroup) {
	for _, id := range ids {
		select {
		case r.free <- struct{}{}:
		default:
			return
		}
		r.mark(id, true)
		all.Go(func() {
			defer func() {
				r.mark(id, false)
				<-r.free
				r.Wake(ctx, false)
			}()
			r.visit(ctx, v, id, true)
		})
	}
}

func (r *QueueRunner) mark(id channel.ID, direct bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !direct {
		delete(r.waiting, id)
		return
	}
	w := r.waiting[id]
	w.direct = true
	r.waiting[id] = w
}

// offered notes what became of an offer.
func (r *QueueRunner) offered(looks []Look, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if err == nil {
		r.tally.call(now, "")
	}
	for _, l := range looks {
		w, known := r.waiting[l.Channel]
		if !known || w.turn != l.Turn {
			continue
		}
		w.urgent, w.offered = l.Urgent, now
		if err != nil {
			w.offered = time.Time{}
		}
		r.waiting[l.Channel] = w
	}
}

// failed notes a failure, and tells of the first in a row.
func (r *QueueRunner) failed(err error) {
	r.mu.Lock()
	first := r.tally.reason == ""
	r.tally.call(time.Now(), err.Error())
	r.mu.Unlock()
	if first {
		r.log.Error("the queue fails; channels are visited without it", "error", err)
	}
}

// QueueState tells how the queue does.
func (r *QueueRunner) QueueState() QueueState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally.state(time.Now())
}

// tally counts by the minute, for five of them.
type tally struct {
	minutes [5]struct {
		minute                         int64
		calls, failed, visits, overdue int
	}
	reason string
}

func (t *tally) at(now time.Time) int {
	minute := now.Unix() / 60
	i := int(minute % int64(len(t.minutes)))
	if t.minutes[i].minute != minute {
		clear(t.minutes[i : i+1])
		t.minutes[i].minute = minute
	}
	return i
}

func (t *tally) call(now time.Time, reason string) {
	m := &t.minutes[t.at(now)]
	m.calls++
	if t.reason = reason; reason != "" {
		m.failed++
	}
}

func (t *tally) visit(now time.Time, overdue bool) {
	m := &t.minutes[t.at(now)]
	m.visits++
	if overdue {
		m.overdue++
	}
}

func (t *tally) state(now time.Time) QueueState {
	s := QueueState{Reason: t.reason}
	oldest := now.Unix()/60 - int64(len(t.minutes))
	for _, m := range t.minutes {
		if m.minute > oldest {
			s.Offers += m.calls
			s.Failed += m.failed
			s.Visits += m.visits
			s.Overdue += m.overdue
		}
	}
	return s
}
