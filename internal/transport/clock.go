package transport

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// believed is how far one answer may move the estimate from what is
	// confirmed. Servers and hosts that keep their clocks by NTP are within a
	// second of each other; a walk reads more than a minute again.
	believed = time.Minute
	// agreeing is how many answers in a row, each of another second, confirm
	// what they tell when they are within agreement of each other: the machines
	// behind one name differ by less.
	agreeing  = 3
	agreement = 5 * time.Second
	// absurd is a difference that no server's clock in use has. One that seems
	// further behind is ours that is ahead: three answers may tell that.
	absurd = 24 * time.Hour
	// vague is what a header without fractions may mislead by, and as much again.
	vague = 2 * time.Second
)

// Clock estimates how far a server's clock is ahead of ours, by the Date headers
// of its answers. It begins with no difference, and each answer corrects it only
// as far as that answer proves it wrong: a header tells the server's time to the
// second, of some moment between the sending and the arrival. So slow answers do
// not mislead it, and with quick ones it is right to a second and what one takes
// on the way.
//
// A header may be wrong: a gateway's with a bad clock, a cache's. One answer
// moves the estimate by a minute at most from what is confirmed; for more, three
// in a row have to agree, and more than a day ahead of our clock is never
// believed. A clock that is thought to be ahead of what it is loses what comes
// before it gets there, and one thought to be behind only has things read twice.
// So [Clock.Now] and [Clock.At] go by the least of what is estimated, what is
// confirmed, and what the last answer told, if it was behind by a day or less.
//
// It is safe for concurrent use.
type Clock struct {
	mu        sync.Mutex
	offset    time.Duration // as estimated
	confirmed time.Duration // by three answers, at first our own clock
	doubted   time.Duration // what the last answer told beyond that, 0 unless unsure
	unsure    bool          // the last answer is not believed yet
	told      [agreeing]told
	n         int // answers told
}

// told is what one answer proves: the server's clock is ahead by at least and at
// most so much.
type told struct {
	date        time.Time
	least, most time.Duration
}

// Learn takes over what an answer proves that was asked for at sent and is here
// now, and returns the server's time when it was sent, not late as far as the
// header tells. It is for answers that succeeded and were understood: errors,
// web pages and what a cache kept teach nothing.
func (c *Clock) Learn(resp *http.Response, sent time.Time) time.Time {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || !fresh(resp) || !c.learn(told{date, -time.Since(date), date.Add(time.Second).Sub(sent)}) {
		return c.At(sent)
	}
	at, header := c.At(sent), date.Add(-time.Since(sent))
	switch {
	case header.After(at):
		return at
	case header.Before(at.Add(-vague)):
		return at.Add(-vague)
	}
	return header
}

// fresh reports whether resp can be the server's own, and just made.
func fresh(resp *http.Response) bool {
	h := resp.Header
	return resp.StatusCode >= 200 && resp.StatusCode <= 299 && strings.Trim(h.Get("Age"), "0") == "" &&
		!strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/html")
}

// learn reports whether a is believed.
func (c *Clock) learn(a told) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.most < a.least || a.least > absurd { // our own clock was set meanwhile, or nonsense
		c.unsure, c.n = false, 0
		return false
	}
	if c.n == 0 || !a.date.Equal(c.told[(c.n-1)%agreeing].date) {
		c.told[c.n%agreeing] = a
		c.n++
	}
	if least, most, ok := c.agreed(); ok {
		c.confirmed = within(c.confirmed, least, most)
		c.offset = within(c.offset, least, most)
	}
	offset := within(c.offset, a.least, a.most)
	if c.unsure = (offset - c.confirmed).Abs() > believed; c.unsure {
		c.doubted = offset
		return false
	}
	c.offset = offset
	return true
}

// agreed returns what the last answers prove together, the lower where they
// differ; ok is false while they do not agree.
func (c *Clock) agreed() (least, most time.Duration, ok bool) {
	if c.n < agreeing {
		return 0, 0, false
	}
	least, most = c.told[0].least, c.told[0].most
	highest := least
	for _, a := range c.told[1:] {
		least, most, highest = min(least, a.least), min(most, a.most), max(highest, a.least)
	}
	return least, most, highest-most <= agreement
}

func within(d, least, most time.Duration) time.Duration { return min(max(d, least), most) }

// Decide asks again, a second later each time, while the last answer told a time
// that is not believed yet: two more answers decide.
func (c *Clock) Decide(ctx context.Context, ask func() error) error {
	for range agreeing - 1 {
		c.mu.Lock()
		unsure := c.unsure
		c.mu.Unlock()
		if !unsure {
			return nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return &channel.Error{Class: channel.ErrUnavailable, Err: err}
		}
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

// Offset is the server's clock less ours, as estimated.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Now is the server's time, rather early than late.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// At is the server's time when ours was t, rather early than late.
func (c *Clock) At(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset := min(c.offset, c.confirmed)
	if c.unsure && c.doubted >= -absurd {
		offset = min(offset, c.doubted)
	}
	return t.Add(offset)
}
