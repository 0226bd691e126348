package amazon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// feedAbove is the most units that never go by feed by default: a feed takes
	// minutes to hours, and so few are sold meanwhile.
	feedAbove = 10

	// feedFrom is how many levels a feed is worth by default. As many patches
	// take seven minutes at five a second; a feed takes some minutes when all is
	// well, and hours when it waits behind others.
	feedFrom = 2_000

	// patchWorkers is how many patches are under way at once: an answer takes
	// most of a second, and five are granted in one.
	patchWorkers = 4

	// patchRoom is how much of the caller's time must be left for a patch to be
	// begun, and feedRoom for the three calls of a feed.
	patchRoom = 2 * time.Second
	feedRoom  = 4 * time.Second

	// maxUnsure is how many patches may stay without an answer before the rest
	// is not sent.
	maxUnsure = 2
)

// patchBatch is how many patches are surely done within a deadline: four a
// second, of the five that are granted.
func patchBatch(deadline time.Duration) int {
	return max(1, 4+int(4*(deadline-patchRoom)/time.Second))
}

// stockLine is one level on its way.
type stockLine struct {
	at     int // in the caller's levels
	sku    string
	handle handle
	level  *channel.StockLevel
	lost   bool // its path is not matched
}

// SetStock sets quantities. Each is accepted, and shown within
// Traits.EffectLag; an accepted one may still be dropped, which a read tells.
//
// A few go by a patch each, up to five a second. From Config.FeedFrom on (2,000
// by default) levels go by a feed, as a ticket, but those of Config.FeedAbove
// units or less (10), and those that fall below half of what StockLevel.Expect says is shown: such
// are patched, since a feed takes minutes when all is well and can take days.
// While a feed of this channel is unfinished, no other is sent for 20 minutes,
// and levels are patched. A SKU that no path can name goes by a feed of its own.
//
// What is sent changes the quantity alone, and of a listing that is there: one
// that Amazon does not know is refused or ignored, never created. A level whose
// handle says that Amazon fulfils it is refused. When the answer to a feed is
// lost the levels are StockUnsure with a ticket that stands for every feed it
// can have become. What does not fit into the time that ctx leaves is
// StockNotSent, with ErrThrottled.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	s := &stockSetter{c: c, op: "set stock", results: make([]channel.StockResult, len(levels))}
	var lines []*stockLine
	for i := range levels {
		l, err := c.prepare(s.op, &levels[i])
		if err != nil {
			s.results[i] = channel.StockResult{State: channel.StockRefused, Err: err}
			continue
		}
		l.at = i
		lines = append(lines, l)
	}
	patches, feeds := s.split(lines)
	if s.claimed {
		defer s.c.feeds.Release()
	}
	if len(feeds) > 0 {
		s.room = feedRoom
	}
	s.patchAll(ctx, patches)
	if lost := slices.DeleteFunc(slices.Clone(patches), func(l *stockLine) bool { return !l.lost }); len(lost) > 0 {
		feeds = append(feeds, s.pathless(ctx, lost)...)
	}
	s.feedAll(ctx, feeds)
	if s.stop != nil && !s.told {
		return nil, s.stop
	}
	return s.results, nil
}

// prepare checks a level.
func (c *Channel) prepare(op string, l *channel.StockLevel) (*stockLine, error) {
	if l.Location != "" {
		return nil, c.invalid(op, "Amazon has one quantity for a SKU, and no location "+fmt.Sprintf("%q", string(l.Location)))
	}
	h, ok := c.parseHandle(l.Listing)
	switch {
	case !fits(l.Listing):
		return nil, c.invalid(op, "the listing has no SKU, or one that is too long")
	case !ok:
		return nil, c.refuse(op, channel.ErrStaleHandle, "the listing's handle is not this channel's: read the listing again")
	case h.channel == noChannel:
		return nil, c.invalid(op, "the listing has no quantity: it is the parent of variations, or not offered")
	case h.channel != sellerChannel:
		return nil, c.invalid(op, "fulfilled by "+h.channel+": its stock is not the seller's to write")
	case c.routes.shippedByAmazon(string(l.Listing.ID)):
		return nil, c.refuse(op, channel.ErrStaleHandle, "Amazon fulfils it now: a quantity would take it back, so read the listing again")
	case l.Quantity < 0 || l.Quantity > maxUnits:
		return nil, c.invalid(op, fmt.Sprintf("quantity %d is not between 0 and %d", l.Quantity, maxUnits))
	}
	return &stockLine{sku: string(l.Listing.ID), handle: h, level: l}, nil
}

// urgent reports whether a level must not wait for a feed.
func (c *Channel) urgent(l *channel.StockLevel) bool {
	return l.Quantity <= c.cfg.FeedAbove || l.Expect != nil && l.Quantity < *l.Expect/2
}

// split says which levels are patched and which go by feed. A SKU that comes
// several times is patched, in order: a feed promises none.
func (s *stockSetter) split(lines []*stockLine) (patches, feeds []*stockLine) {
	times := map[string]int{}
	for _, l := range lines {
		times[l.sku]++
	}
	by := map[string][]*stockLine{}
	for _, l := range lines {
		switch {
		case times[l.sku] == 1 && s.c.routes.feedOnly(l.sku):
			feeds = append(feeds, l)
		case times[l.sku] == 1 && !s.c.urgent(l.level):
			by[l.handle.marketplace] = append(by[l.handle.marketplace], l)
		default:
			patches = append(patches, l)
		}
	}
	// What falls or is little goes first, in case the time does not suffice.
	for _, id := range s.c.cfg.MarketplaceIDs {
		many := by[id]
		worth := s.c.cfg.FeedFrom > 0 && len(many) >= s.c.cfg.FeedFrom
		if s.claimed = s.claimed || worth && s.c.feeds.Claim(feedApart); worth && s.claimed {
			feeds = append(feeds, many...)
		} else {
			patches = append(patches, many...)
		}
	}
	return patches, feeds
}

// stockSetter is one SetStock on its way.
type stockSetter struct {
	c       *Channel
	op      string
	results []channel.StockResult
	room    time.Duration // to be left for what follows
	claimed bool          // a feed of many is this call's to send

	mu     sync.Mutex
	told   bool  // Amazon said something of some level, or may have applied it
	unsure int   // patches without an answer
	stop   error // why nothing more is sent
}

// settle notes what became of a level.
func (s *stockSetter) settle(l *stockLine, state channel.StockState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[l.at] = channel.StockResult{State: state, Err: err}
	if state != channel.StockNotSent {
		s.told = true
	}
}

// halt notes why nothing more is sent, the first reason.
func (s *stockSetter) halt(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		s.stop = err
	}
}

func (s *stockSetter) halted() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

// stateOf is what a failed write comes to.
func stateOf(err error) channel.StockState {
	switch class := channel.Class(err); {
	case errors.Is(class, channel.ErrUnsure):
		return channel.StockUnsure
	case errors.Is(class, channel.ErrInvalid), errors.Is(class, channel.ErrNotFound), errors.Is(class, channel.ErrConflict),
		errors.Is(class, channel.ErrStaleHandle):
		return channel.StockRefused
	}
	return channel.StockNotSent
}
