package transport

import (
	"container/list"
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Rule is a limit as the marketplace states it.
type Rule struct {
	// Size is the most that can be spent at once: a bucket's size, a rate
	// limit's burst, or what a window grants. Part of it is left unspent.
	Size float64

	// Rate is what a bucket restores each second. Window, if set, makes it a
	// quota instead: Size is granted anew each Window, and Rate is not used.
	Rate   float64
	Window time.Duration
}

// Limiter paces calls by keys, each with a mirror of the marketplace's own
// bucket or window that its answers correct. Whoever waits for the same key is
// served in the order of asking. Channels that the marketplace counts together
// are given the same Limiter and the same key. It is safe for concurrent use
// and starts no goroutine.
//
// What answers tell comes from a server that may be broken or worse, so it is
// believed within bounds:
//
//   - A size or a rate that is no number, or is not between the hundredth part
//     and a million times what is assumed, is passed over, and so is a window
//     that is not between a tenth and ten times of it. What was believed before
//     stands.
//   - What is left is at most a whole size, and at least a whole size below none.
//     A window ends at most its length from now.
//   - A cost that is larger than a whole size leaves charged what was charged.
//   - After an hour in which nothing was granted, or the time in which the size
//     assumed is granted anew where that is longer, one call is granted, whatever
//     is owed: its answer may tell otherwise. What is throttled before is told to
//     come back by then.
//   - A wait that the marketplace names is kept, as long at most.
//
// So a rate at which nothing would ever be restored is none, the smallest that is
// believed slows a channel and does not stop it, and the next answer with figures
// that can be puts things right.
type Limiter struct {
	rule func(key string) Rule

	mu     sync.Mutex
	queues map[string]*queue
}

// NewLimiter returns a limiter that assumes rule(key) of a key until answers
// tell more. The zero Rule does not limit. rule is asked once for each key and
// keys are kept, so they are of a bounded set: shops, operations, applications.
func NewLimiter(rule func(key string) Rule) *Limiter {
	return &Limiter{rule: rule, queues: map[string]*queue{}}
}

// Limit makes each attempt pay the Limiter before it goes on.
type Limit struct {
	Base    http.RoundTripper
	Limiter *Limiter // nil is no limit
	Key     string   // of calls that name none
	Policy  Policy
}

// RoundTrip implements [http.RoundTripper].
func (l *Limit) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	t := tripFrom(ctx)
	if t == nil {
		return l.Base.RoundTrip(req)
	}
	if l.Limiter == nil {
		t.leaves()
		return l.Base.RoundTrip(req)
	}
	key, cost := t.call.Key, t.call.cost()
	if key == "" {
		key = l.Key
	}
	q := l.Limiter.queue(key)
	if q == nil {
		t.leaves()
		return l.Base.RoundTrip(req)
	}
	g, waited, err := q.take(ctx, cost, t.left())
	t.spend(waited)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	t.mu.Lock()
	t.grant = g
	t.mu.Unlock()
	t.leaves()

	resp, err := l.Base.RoundTrip(req)
	if err != nil {
		q.finish(g, Sent(err))
		return nil, err
	}
	q.finish(g, true)
	u := Usage{}
	if l.Policy.Usage != nil {
		u = l.Policy.Usage(resp)
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		q.throttled(g, u, l.Policy.wait(resp))
	} else if u != (Usage{}) {
		q.learn(g, u)
	}
	return resp, nil
}

// Settle reports what the call under ctx really cost, once its answer is
// decoded: what it was charged too much is given back. A call that was refused
// for its limit cost 0. u is what the answer told beside that.
func Settle(ctx context.Context, cost float64, u Usage) {
	if g := grantFrom(ctx); g != nil {
		g.queue.settle(g, cost, u)
	}
}

func grantFrom(ctx context.Context) *grant {
	t := tripFrom(ctx)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.grant
}

func (l *Limiter) queue(key string) *queue {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.queues[key]
	if !ok {
		r, now := l.rule(key), time.Now()
		switch {
		case r.Size <= 0:
		case r.Window > 0:
			q = &queue{rule: r, mirror: newWindow(r), last: now}
		case r.Rate > 0:
			q = &queue{rule: r, mirror: newBucket(r, now), last: now}
		}
		l.queues[key] = q // nil: not limited
	}
	return q
}

// mirror is our copy of one of the marketplace's limits. Its units are the
// marketplace's; what it has left is less than the marketplace's by a reserve.
type mirror interface {
	clamp(cost float64) float64                        // a cost that can ever be granted
	wait(now time.Time, cost float64) time.Duration    // until cost can be had, if all stays as it is
	take(now time.Time, cost float64) (period int)     // spends cost
	give(now time.Time, cost float64, period int)      // gives cost back to the period it was taken from
	left(now time.Time) float64                        // can be below 0
	set(now time.Time, left float64)                   // corrects left, as far as it can be
	reserve() float64                                  // what the marketplace has and we never take
	renewed(at time.Time)                              // the marketplace, out of allowance, names when there is some again
	learn(now, sent time.Time, u Usage) (current bool) // size, rate and period; whether u is of the present period
	period(now time.Time) int
}

// queue is the line before one mirror.
type queue struct {
	rule Rule // as assumed

	mu      sync.Mutex
	mirror  mirror
	waiting list.List // of *waiter
	ahead   float64   // the cost of all that wait
	cool    time.Time // nothing is granted before
	last    time.Time // when something was granted last; at first, when the line began
	period  int       // the mirror's, when last seen

	// Sums that only grow, so that two readings tell what happened between.
	taken    float64 // by requests when they were sent
	finished float64 // by requests when they were answered
	lowered  float64 // by corrections
}

type waiter struct {
	cost float64
	wake chan struct{}
}

// grant is what one attempt took.
type grant struct {
	queue   *queue
	cost    float64 // charged for now
	settled bool
	period  int
	sent    time.Time
	// At the time of sending, this one included:
	expect                   float64 // what the marketplace has left if nobody else takes from it
	taken, finished, lowered float64
}

// take waits until cost is granted. When that cannot be within budget or the
// context's deadline it takes nothing and returns ErrThrottled at once.
func (q *queue) take(ctx context.Context, cost float64, budget time.Duration) (*grant, time.Duration, error) {
	start := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if math.IsNaN(cost) {
		cost = math.Inf(1) // all there is
	}
	cost = q.mirror.clamp(max(0, cost))
	wait := q.wait(start, q.ahead+cost)
	if wait > budget || deadlineBefore(ctx, wait) {
		return nil, 0, &channel.Error{Class: channel.ErrThrottled, RetryAfter: wait}
	}
	if wait == 0 && q.waiting.Len() == 0 {
		return q.grant(start, cost), 0, nil
	}
	w := &waiter{cost: cost, wake: make(chan struct{}, 1)}
	place := q.waiting.PushBack(w)
	q.ahead += cost
	leave := func() {
		q.waiting.Remove(place)
		q.ahead -= cost
		if q.waiting.Len() == 0 {
			q.ahead = 0 // no drift
		}
		q.nudge()
	}
	timer := time.NewTimer(budget)
	defer timer.Stop()
	for {
		now := time.Now()
		waited := now.Sub(start)
		pause := budget - waited
		if q.waiting.Front() == place {
			cost := q.mirror.clamp(cost) // the size may have been learnt meanwhile
			wait := q.wait(now, cost)
			if wait == 0 {
				leave()
				return q.grant(now, cost), waited, nil
			}
			if wait > pause || deadlineBefore(ctx, wait) {
				leave()
				return nil, waited, &channel.Error{Class: channel.ErrThrottled, RetryAfter: wait}
			}
			pause = wait
		} else if pause <= 0 {
			wait := q.wait(now, q.before(place)+cost)
			leave()
			return nil, waited, &channel.Error{Class: channel.ErrThrottled, RetryAfter: max(wait, time.Millisecond)}
		}
		timer.Reset(pause)
		q.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-w.wake:
		}
		q.mu.Lock()
		if err := ctx.Err(); err != nil {
			leave()
			return nil, time.Since(start), &channel.Error{Class: channel.ErrUnavailable, Err: err}
		}
	}
}

// before sums the costs of those who wait before place.
func (q *queue) before(place *list.Element) (sum float64) {
	for e := place.Prev(); e != nil; e = e.Prev() {
		sum += e.Value.(*waiter).cost
	}
	return sum
}

// nudge makes the first in line look again.
func (q *queue) nudge() {
	if e := q.waiting.Front(); e != nil {
		select {
		case e.Value.(*waiter).wake <- struct{}{}:
		default:
		}
	}
}

// turn notes a new period of the mirror. What is in flight then may be counted
// in either, so it is paid again; answers give it back.
func (q *queue) turn(now time.Time) {
	if p := q.mirror.period(now); p != q.period {
		q.period = p
		q.mirror.set(now, q.mirror.left(now)-(q.taken-q.finished))
	}
}

// wait is how long it takes until cost is granted, if all stays as it is.
func (q *queue) wait(now time.Time, cost float64) time.Duration {
	q.turn(now)
	silence := q.last.Add(q.rule.silence()).Sub(now)
	return max(0, q.cool.Sub(now), min(q.mirror.wait(now, cost), silence))
}

func (q *queue) grant(now time.Time, cost float64) *grant {
	if q.mirror.wait(now, cost) > 0 {
		q.mirror.set(now, cost) // silence has lasted long enough: what was owed is forgiven
	}
	q.last = now
	g := &grant{queue: q, cost: cost, sent: now}
	g.period = q.mirror.take(now, cost)
	g.expect = q.mirror.left(now) + q.mirror.reserve()
	q.taken += cost
	g.taken, g.finished, g.lowered = q.taken, q.finished, q.lowered
	return g
}

// finish ends the flight of g. One that was surely not sent costs nothing.
func (q *queue) finish(g *grant, sent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.finished += g.cost
	if !sent {
		q.refund(g, 0)
	}
}

// refund charges cost instead of what was charged before.
func (q *queue) refund(g *grant, cost float64) {
	if g.settled {
		return
	}
	g.settled = true
	q.mirror.give(time.Now(), g.cost-cost, g.period)
	q.nudge()
}

func (q *queue) settle(g *grant, cost float64, u Usage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cost = max(0, cost); cost <= q.mirror.clamp(math.MaxFloat64)+q.mirror.reserve() { // no NaN
		q.refund(g, cost)
	}
	q.correct(g, q.rule.believed(u))
}

func (q *queue) learn(g *grant, u Usage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.correct(g, q.rule.believed(u))
}

// throttled notes that the marketplace refused g for its limit. A wait that it
// names is believed over what the mirror has: nothing is granted until then, and
// from then on as before. Without one the mirror is taken to be empty.
func (q *queue) throttled(g *grant, u Usage, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, u := time.Now(), q.rule.believed(u)
	q.refund(g, 0)
	q.correct(g, u)
	switch {
	case wait > 0:
		until := now.Add(min(wait, q.rule.silence()))
		q.mirror.renewed(until)
		if until = until.Add(rand.N(spread(wait) + 1)); until.After(q.cool) {
			q.cool = until
		}
	case u.Size <= 0:
		// Nothing was told of what is left: it was not enough for this one.
		if left := q.mirror.left(now); left > 0 && q.period == g.period {
			q.lowered += left
			q.mirror.set(now, 0)
		}
	}
	q.nudge()
}

const mostJitter = 250 * time.Millisecond

// spread is the longest that those who wait for the same moment come after it,
// so that not all come at once.
func spread(wait time.Duration) time.Duration { return min(wait/10, mostJitter) }

// correct brings the mirror in step with an answer to g.
//
// What the marketplace had left lies some time back, between g's sending and
// now, and requests overtake each other on the way. So the answer proves two
// bounds, and a mirror between them is left as it is:
//
//   - Had we been alone, what is left would be at least what the mirror expected
//     when g was sent, less all that was sent since. What is missing was taken
//     by somebody else and is taken off the mirror too, but not to less than
//     what is left minus all that is in flight and the reserve.
//   - The marketplace has at least what was left minus all that is in flight or
//     was answered since g was sent. If the mirror has less, it is raised.
//
// The refill since the answer is in the mirror already, which counts on from
// its own clock. u is what is believed.
func (q *queue) correct(g *grant, u Usage) {
	if u == (Usage{}) {
		return
	}
	now := time.Now()
	current := q.mirror.learn(now, g.sent, u)
	q.turn(now)
	defer q.nudge()
	if u.Size <= 0 || !current {
		return
	}
	left := q.mirror.left(now)
	flying := q.taken - q.finished
	if g.period == q.period {
		expect := g.expect - (q.taken - g.taken) - (q.lowered - g.lowered)
		// Less than one unit is rounding.
		if missing := expect - u.Remaining; missing >= 1 {
			q.mirror.set(now, max(left-missing, min(left, u.Remaining-flying-q.mirror.reserve())))
			to := q.mirror.left(now)
			q.lowered += left - to
			left = to
		}
	}
	own := g.cost
	since := max(0, q.finished-g.finished-own)
	if least := u.Remaining - flying - since - q.mirror.reserve(); least > left {
		q.mirror.set(now, least)
	}
}
