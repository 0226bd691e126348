package sync

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// How long a lane rests after failures of a kind.
const (
	firstRest     = 2 * time.Second
	longestRest   = 10 * time.Minute
	reauthorise   = time.Hour      // between tries of a dead grant
	suspendedRest = 24 * time.Hour // between tries of a frozen shop
	forbiddenRest = 24 * time.Hour // between tries of what a scope forbids
)

// backoff returns how long to rest after n failures in a row: twice as long
// each time, up to longest, less up to half. How much less follows from key
// and n, so that channels spread and a run can be repeated.
func backoff(first, longest time.Duration, n int, key string) time.Duration {
	d := first
	for i := 1; i < n && d < longest; i++ {
		d *= 2
	}
	d = min(d, longest)
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	_, _ = h.Write([]byte{byte(n), byte(n >> 8)})
	return d - time.Duration(float64(d/2)*float64(h.Sum32()%1024)/1024)
}

// succeed notes that a step of l did its work.
func (v *visit) succeed(l Lane, next time.Time) {
	row, now := v.rows[l], time.Now()
	v.due[l] = next
	var at time.Time // of a lane with a table of its own, the row holds a cool-down
	if l.polled() {
		if at = next; at.IsZero() {
			at = now.Add(longest - time.Hour)
		}
		if asked, ok := v.asked[l]; ok {
			at = earliest(at, asked)
		}
		v.due[l] = at
	}
	if row.Failures > 0 || row.Class != "" || !row.NextAt.Equal(at) || now.Sub(row.OKAt) > time.Minute {
		row.NextAt, row.OKAt, row.FailedAt, row.Failures = at, now, time.Time{}, 0
		if !row.Paused { // by a person, meanwhile
			row.Class, row.Reason = "", ""
		}
		v.dirty[l] = true
	}
}

// fail notes what ended a step of l, as the class of err says.
func (v *visit) fail(l Lane, err error) {
	now := time.Now()
	class := channel.Class(err)
	v.e.log.Warn("lane failed", "channel", v.b.id, "lane", l, "error", err)
	switch {
	case errors.Is(class, channel.ErrUnauthorized):
		v.stop(Lanes(), now.Add(reauthorise), class, "needs reauthorisation: "+reason(err))
	case errors.Is(class, channel.ErrSuspended):
		v.stop(Lanes(), now.Add(suspendedRest), class, "the shop is suspended: "+reason(err))
	case errors.Is(class, channel.ErrForbidden):
		v.stop([]Lane{l}, now.Add(forbiddenRest), class, reason(err))
	default:
		row := v.rows[l]
		row.Failures++
		row.FailedAt, row.Reason, row.Class = now, reason(err), className(err)
		rest := backoff(firstRest, longestRest, row.Failures, string(v.b.id)+"/"+string(l))
		if errors.Is(class, channel.ErrThrottled) {
			if after := channel.RetryAfter(err); after > 0 {
				// The marketplace named a time: that is no fault to back off from.
				row.Failures--
				rest = min(after, longest-time.Hour)
			}
		}
		row.NextAt = now.Add(rest)
		v.due[l] = row.NextAt
		v.dirty[l] = true
	}
}

// stop pauses lanes for what only a person can mend, until they are tried
// again. Lanes that a person paused stay as they are.
func (v *visit) stop(lanes []Lane, again time.Time, class error, why string) {
	for _, l := range lanes {
		row := v.rows[l]
		if row.Paused && row.Class == "" {
			continue
		}
		row.Paused, row.Class, row.Reason = true, class.Error(), why
		row.NextAt, row.FailedAt = again, time.Now()
		row.Failures++
		v.dirty[l] = true
	}
	v.e.log.Error("stopped", "channel", v.b.id, "lanes", lanes, "reason", why)
}

// revive lets lanes go on that were stopped for a class.
func (v *visit) revive(class error, only func(Lane) bool) {
	now := time.Now()
	for _, l := range Lanes() {
		row := v.rows[l]
		if row.Paused && row.Class == class.Error() && only(l) {
			row.Paused, row.Class, row.Reason, row.Failures, row.NextAt = false, "", "", 0, now
			v.due[l] = now
			v.dirty[l] = true
		}
	}
}

// reason is an error in one line a seller can read.
func reason(err error) string {
	const most = 300
	s := []rune(err.Error())
	for i, r := range s {
		if r < ' ' {
			s[i] = ' '
		}
	}
	if len(s) > most {
		s = append(s[:most], '…')
	}
	return string(s)
}

// className is the class of err in a word, "internal" for a fault of ours.
func className(err error) string {
	if class := channel.Class(err); class != nil {
		return class.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return channel.ErrUnavailable.Error()
	}
	return "internal"
}
