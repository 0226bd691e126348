package transport

import (
	"net/http"
	"sync"
	"time"
)

// Clock estimates how far a server's clock is ahead of ours, by the Date headers
// of its answers. It begins with no difference, and each answer corrects it only
// as far as that answer proves it wrong: a header tells the server's time to the
// second, of some moment between the sending and the arrival. So slow answers do
// not mislead it, and with quick ones it is right to a second and what one takes
// on the way. It is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// Learn takes over what an answer proves that was asked for at sent and is here
// now, and returns the time its Date header tells; ok is false without one.
func (c *Clock) Learn(resp *http.Response, sent time.Time) (date time.Time, ok bool) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return date, false
	}
	least, most := -time.Since(date), date.Add(time.Second).Sub(sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case most < least: // our own clock was set meanwhile
	case c.offset < least:
		c.offset = least
	case c.offset > most:
		c.offset = most
	}
	return date, true
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
