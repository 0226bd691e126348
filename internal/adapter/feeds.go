package adapter

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// FeedBook remembers the feeds of this process: which of their lines is which
// listing, and whether one is unfinished. It is a help, and what it does not
// remember is asked for. It is safe for concurrent use, and its zero value is
// ready.
type FeedBook struct {
	mu    sync.Mutex
	lines map[channel.Ticket][]channel.ListingRef
	order []channel.Ticket // the oldest first
	open  map[channel.Ticket]time.Time
	next  bool // one is on its way
}

// keptFeeds is of how many feeds the listings are remembered: of 25,000 lines
// each, some megabytes.
const keptFeeds = 4

// Sent notes a feed of these listings.
func (b *FeedBook) Sent(t channel.Ticket, refs []channel.ListingRef) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines == nil {
		b.lines, b.open = map[channel.Ticket][]channel.ListingRef{}, map[channel.Ticket]time.Time{}
	}
	b.lines[t], b.open[t] = refs, time.Now()
	b.order = append(b.order, t)
	for len(b.order) > keptFeeds {
		delete(b.lines, b.order[0])
		delete(b.open, b.order[0])
		b.order = b.order[1:]
	}
}

// Ended notes that a feed is finished.
func (b *FeedBook) Ended(t channel.Ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, t)
}

// Of returns the listings of a feed's lines, nil when they are not remembered.
func (b *FeedBook) Of(t channel.Ticket) []channel.ListingRef {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[t]
}

// Claim reports whether a feed may be sent: none is on its way, and none of those
// sent within the time apart is unfinished. A claim that is had is given back
// with Release.
func (b *FeedBook) Claim(apart time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next {
		return false
	}
	for _, at := range b.open {
		if time.Since(at) < apart {
			return false
		}
	}
	b.next = true
	return true
}

// Release gives a claim back.
func (b *FeedBook) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = false
}

// FeedTicket is a ticket taken apart: a feed, or the time in which one whose
// answer was lost can have been created, to the millisecond.
type FeedTicket struct {
	ID           string
	Since, Until time.Time
}

// Ticket returns the ticket of what the marketplace calls by this word, "feed" or
// "task".
func (f FeedTicket) Ticket(word string) channel.Ticket {
	if f.ID != "" {
		return channel.Ticket(word + " " + f.ID)
	}
	return channel.Ticket(word + "s " + strconv.FormatInt(f.Since.UnixMilli(), 10) + " " + strconv.FormatInt(f.Until.UnixMilli(), 10))
}

// ParseFeedTicket takes a ticket apart that [FeedTicket.Ticket] made of the same
// word, and reports whether it is one. Anybody can write a ticket: the ID is
// whatever stands there.
func ParseFeedTicket(word string, t channel.Ticket) (f FeedTicket, ok bool) {
	parts := strings.Split(string(t), " ")
	switch {
	case len(parts) == 2 && parts[0] == word && parts[1] != "":
		return FeedTicket{ID: parts[1]}, true
	case len(parts) == 3 && parts[0] == word+"s":
		since, err := strconv.ParseInt(parts[1], 10, 64)
		until, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err == nil && err2 == nil && since > 0 && until >= since && until < 1<<47 { // some 4,000 years
			return FeedTicket{Since: time.UnixMilli(since).UTC(), Until: time.UnixMilli(until).UTC()}, true
		}
	}
	return f, false
}

// Harmless is an unsure outcome of what does nothing by itself: it may be done
// again.
func Harmless(err error) error {
	if e, ok := errors.AsType[*channel.Error](err); ok && errors.Is(e.Class, channel.ErrUnsure) {
		again := *e
		again.Class = channel.ErrUnavailable
		return &again
	}
	return err
}
