package transport

import (
	"math"
	"time"
)

// window mirrors a quota that is granted anew each window: BigCommerce's
// requests in 30 s. When the marketplace's window begins and ends is known only
// from answers: until the first one tells, it is assumed to begin with our first
// request.
type window struct {
	quota  float64
	length time.Duration

	begun bool
	n     int       // of this window
	start time.Time // of it, by our clock
	end   time.Time // not before its true end
	known bool      // end is from an answer
	avail float64   // of our share
}

func newWindow(r Rule) *window {
	w := &window{quota: r.Size, length: r.Window}
	w.avail = w.share()
	return w
}

// share is what we take of a quota: 98 %, and at least one less. The answers
// tell what is left, so this covers only requests that arrive a window later
// than they were counted in; with a bucket's 95 % a twentieth of the quota would
// be lost in each window.
func (w *window) share() float64 { return max(1, math.Floor(min(0.98*w.quota, w.quota-1))) }

func (w *window) clamp(cost float64) float64 { return min(cost, w.share()) }
func (w *window) reserve() float64           { return max(0, w.quota-w.share()) }

// roll begins a new window when the present one has ended.
func (w *window) roll(now time.Time) {
	if !w.begun {
		w.begin(now)
	}
	if now.Before(w.end) {
		return
	}
	start := w.end
	if now.Sub(start) >= w.length {
		start = now // windows without a request: the next begins with ours
	}
	w.n++
	w.begin(start)
}

func (w *window) begin(start time.Time) {
	w.begun, w.start, w.end, w.known = true, start, start.Add(w.length), false
	w.avail = w.share()
}

func (w *window) period(now time.Time) int {
	w.roll(now)
	return w.n
}

func (w *window) left(now time.Time) float64 {
	w.roll(now)
	return w.avail
}

func (w *window) wait(now time.Time, cost float64) time.Duration {
	if !w.begun {
		return w.windows(cost - w.avail)
	}
	w.roll(now)
	short := cost - w.avail
	if short <= 0 {
		return 0
	}
	return min(longestWait, w.end.Sub(now)+w.windows(short-w.share()))
}

// windows is how long the windows last, one after the other, that grant short.
func (w *window) windows(short float64) time.Duration {
	d := math.Ceil(max(0, short)/w.share()) * float64(w.length)
	return time.Duration(min(d, float64(longestWait)))
}

func (w *window) take(now time.Time, cost float64) int {
	w.roll(now)
	w.avail -= cost
	return w.n
}

func (w *window) give(now time.Time, cost float64, n int) {
	if w.roll(now); w.n == n {
		w.avail = owing(w.avail+cost, w.share())
	}
}

func (w *window) set(now time.Time, left float64) {
	w.roll(now)
	w.avail = owing(left, w.share())
}

// renewed ends the window at the named time, if it was thought to last longer.
func (w *window) renewed(at time.Time) {
	if w.begun && at.Before(w.end) {
		w.end, w.known = at, true
	}
}

// learn takes over quota, length and end. The true end lies between reset after
// the sending and reset after the answer, so the earliest of the latter is the
// best that is sure. An answer about the window before is told by its end.
func (w *window) learn(now, sent time.Time, u Usage) bool {
	if u.Window > 0 {
		w.length = u.Window
	}
	if u.Size > 0 && u.Size != w.quota {
		before := w.share()
		w.quota = u.Size
		w.avail = owing(w.avail+w.share()-before, w.share())
	}
	w.roll(now)
	if u.Reset <= 0 {
		return sent.After(w.start) || w.n == 0
	}
	reset := min(u.Reset, w.length)
	earliest, latest := sent.Add(reset), now.Add(reset)
	switch {
	case latest.Before(w.start.Add(w.length/2)) && sent.Before(w.start):
		return false // of the window before
	case !w.known:
		w.end, w.known = latest, true
	case earliest.After(w.end.Add(w.length / 2)):
		// The marketplace began another window than we thought.
		w.n++
		w.begin(now)
		w.end, w.known = latest, true
		w.avail = owing(min(w.avail, u.Remaining-w.reserve()), w.share())
	case latest.Before(w.end):
		w.end = latest
	case earliest.After(w.end):
		w.end = earliest
	}
	return true
}
