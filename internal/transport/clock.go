package transport

import (
	"net/http"
	"sync"
	"time"
)

const (
	// believed is how far an answer may be ahead of the estimate and be taken at
	// its word. A walk reads more than that again.
	believed = time.Minute
	// agreeing is how many answers in a row must tell a clock that is further
	// ahead, and agreement how far they may differ: half a minute, for a header
	// tells whole seconds and a slow answer is vague.
	agreeing  = 3
	agreement = 30 * time.Second
	// absurd is a difference that no clock in use has.
	absurd = 24 * time.Hour
)

// Clock estimates how far a server's clock is ahead of ours, by the Date headers
// of its answers. It begins with no difference, and each answer corrects it only
// as far as that answer proves it wrong: a header tells the server's time to the
// second, of some moment between the sending and the arrival. So slow answers do
// not mislead it, and with quick ones it is right to a second and what one takes
// on the way.
//
// A clock that is thought to be ahead of what it is loses what comes before it
// gets there; one thought to be behind only has things read twice. So an answer
// that is more than a minute ahead of the estimate is believed only with two
// more that say the same, one more than a day off never, and only answers that
// succeed are listened to: errors are often a proxy's. It is safe for concurrent
// use.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	ahead  time.Duration // what the last answers told that are not believed yet
	times  int           // how many
}

// Learn takes over what an answer proves that was asked for at sent and is here
// now, and returns the time its Date header tells; ok is false where there is
// none, or it is not believed.
func (c *Clock) Learn(resp *http.Response, sent time.Time) (date time.Time, ok bool) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return time.Time{}, false
	}
	least, most := -time.Since(date), date.Add(time.Second).Sub(sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case most < least: // our own clock was set meanwhile
		return time.Time{}, false
	case least > absurd || most < -absurd:
		return time.Time{}, false
	case least > c.offset+believed:
		if c.times == 0 || (least-c.ahead).Abs() > agreement {
			c.ahead, c.times = least, 0
		}
		if c.times++; c.times < agreeing {
			return time.Time{}, false
		}
		c.offset = min(c.ahead, least)
	case c.offset < least:
		c.offset = least
	case c.offset > most:
		c.offset = most
	}
	c.times = 0
	return date, true
}

// InDoubt reports whether the last answers told a time that is not believed yet:
// up to two more will decide.
func (c *Clock) InDoubt() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times > 0
}

// Offset is the server's clock less ours.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Now is the server's time.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// At is the server's time when ours was t.
func (c *Clock) At(t time.Time) time.Time { return t.Add(c.Offset()) }
