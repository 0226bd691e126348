package ebay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock/channel"
)

const (
	// feedAbove is the most units that do not go by feed by default: a feed takes
	// minutes, and so few are sold meanwhile.
	feedAbove = 10

	// feedFrom is how many Trading-born listings a feed is worth by default.
	feedFrom = 200

	// writeRoom is how much of the caller's time must be left for a call to be
	// begun, and feedRoom for the three of a feed.
	writeRoom = 2 * time.Second
	feedRoom  = 4 * time.Second

	// reviseWorkers is how many calls of four quantities are under way at once.
	reviseWorkers = 4

	// maxUnsure is how many calls may stay without an answer before the rest is
	// not sent.
	maxUnsure = 2
)

// stockLine is one level on its way.
type stockLine struct {
	at        int // in the caller's levels
	item      string
	sku       string
	variation bool
	handle    handle
	level     *channel.StockLevel
}

// falls reports whether a level surely or possibly lowers what is shown.
func (l *stockLine) falls() bool {
	return l.level.Quantity == 0 || l.level.Expect != nil && l.level.Quantity < *l.level.Expect
}

// SetStock sets quantities, each by the route of its listing. What is accepted is
// shown within Traits.EffectLag; a feed's, when its ticket has ended.
//
// A listing of the Inventory API gets both its quantities, the item's and the
// offer's, of which buyers are shown the smaller: Config.StockBatch SKUs a call,
// and nothing of the item but its quantity is touched. Where a SKU has offers on
// several marketplaces, the item's quantity is the largest of theirs, for which
// they are read. Each entry has its own outcome.
//
// Trading-born listings are revised by four in a call. From Config.FeedFrom on
// (200 by default) they go by a feed, as a ticket, but those of Config.FeedAbove
// units or less (10), of which up to FeedFrom are revised by calls, the fewest
// units first. While a feed of this channel is unfinished, no other is sent for 20
// minutes. A level of zero is refused where it would end the listing: the
// seller's preference is read before.
//
// eBay takes 250 revisions of a listing a day. Of those that this channel knows
// of, the last 50 are left to what falls; what exceeds them is StockNotSent, with
// ErrThrottled until the day ends in California. What does not fit into the time
// that ctx leaves is StockNotSent, too.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	s := &stockSetter{c: c, op: "set stock", results: make([]channel.StockResult, len(levels)), counted: map[string]bool{}, stops: map[string]error{}}
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
	for n, round := range inRounds(lines) {
		round = s.affordable(s.lasting(ctx, round))
		offers, few, many := s.split(round, n == 0)
		if len(many) > 0 {
			s.room = feedRoom
		}
		s.setOffers(ctx, offers)
		s.reviseAll(ctx, few)
		s.feed(ctx, many)
		if len(many) > 0 {
			s.c.feeds.Release()
			s.room = 0
		}
	}
	for _, route := range []string{routeOffer, routeTrading, routeFeed, routeZero} {
		if err := s.stops[route]; err != nil && !s.told {
			return nil, err
		}
	}
	return s.results, nil
}

// The routes of Trading's for many, and of what might end a listing.
const (
	routeFeed = "feed"
	routeZero = "zero"
)

// prepare checks a level.
func (c *Channel) prepare(op string, l *channel.StockLevel) (*stockLine, error) {
	if l.Location != "" {
		return nil, c.invalid(op, "a listing has one quantity on eBay, and no location "+fmt.Sprintf("%q", string(l.Location)))
	}
	item, variation, ok := itemOf(l.Listing)
	h, known := parseHandle(l.Listing)
	switch {
	case known && h.route == routeNone:
		return nil, c.invalid(op, "the listing cannot be revised: it is an auction, or a variation without a SKU, which the seller has to give it")
	case !ok || !known:
		return nil, c.refuse(op, channel.ErrStaleHandle, "the listing's handle is not this channel's: read the listing again")
	case !utf8.ValidString(l.Listing.SKU) || strings.ContainsFunc(l.Listing.SKU, func(r rune) bool { return r < ' ' }):
		return nil, c.invalid(op, "the SKU holds what no call can carry")
	case l.Quantity < 0 || l.Quantity > maxUnits:
		return nil, c.invalid(op, fmt.Sprintf("quantity %d is not between 0 and %d", l.Quantity, maxUnits))
	}
	return &stockLine{item: item, sku: l.Listing.SKU, variation: variation, handle: h, level: l}, nil
}

// inRounds parts levels so that a listing is in each round once.
func inRounds(lines []*stockLine) (rounds [][]*stockLine) {
	seen := map[channel.ListingID]int{}
	for _, l := range lines {
		n := seen[l.level.Listing.ID]
		seen[l.level.Listing.ID]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], l)
	}
	return rounds
}

// stockSetter is one SetStock on its way.
type stockSetter struct {
	c       *Channel
	op      string
	results []channel.StockResult
	room    time.Duration // to be left for what follows

	mu      sync.Mutex
	told    bool             // eBay said something of some level, or may have applied it
	unsure  int              // calls without an answer
	counted map[string]bool  // listings whose revision is counted
	stops   map[string]error // why nothing more is sent, by route
}

// settle notes what became of a level.
func (s *stockSetter) settle(l *stockLine, state channel.StockState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[l.at] = channel.StockResult{State: state, Err: err}
	if state != channel.StockNotSent {
		s.told = true
	}
	if taken := state == channel.StockAccepted || state == channel.StockUnsure; taken && !s.counted[l.item] {
		s.counted[l.item] = true
		s.c.routes.revised(l.item, time.Now())
	}
}

// halt notes why nothing more is sent by a route, the first reason.
func (s *stockSetter) halt(route string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stops[route] == nil {
		s.stops[route] = err
	}
}

// halted says why nothing more is sent by a route.
func (s *stockSetter) halted(ctx context.Context, route string, room time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stops[route] != nil {
		return s.stops[route]
	}
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) < room {
		s.stops[route] = s.later("no time is left for more calls", time.Second)
	}
	return s.stops[route]
}

// doubt counts a call without an answer; after several nothing more is sent.
func (s *stockSetter) doubt(route string) {
	s.mu.Lock()
	s.unsure++
	silent := s.unsure >= maxUnsure
	s.mu.Unlock()
	if silent {
		s.halt(route, s.c.refuse(s.op, channel.ErrUnavailable, "earlier calls got no answer"))
	}
}

func (s *stockSetter) later(why string, wait time.Duration) error {
	return &channel.Error{Channel: s.c.cfg.ID, Op: s.op, Class: channel.ErrThrottled, RetryAfter: wait, Message: why}
}

// lasting refuses what would end a listing: a zero of a Trading-born one whose
// seller does not have listings stay.
func (s *stockSetter) lasting(ctx context.Context, lines []*stockLine) []*stockLine {
	ends := func(l *stockLine) bool { return l.handle.route == routeTrading && l.level.Quantity == 0 }
	if !slices.ContainsFunc(lines, ends) {
		return lines
	}
	keeps, err := s.c.keepsAtZero(ctx, s.op)
	if err == nil && keeps {
		return lines
	}
	state := channel.StockRefused
	if err != nil {
		state = channel.StockNotSent
		s.halt(routeZero, err)
	} else {
		err = s.c.refuse(s.op, channel.ErrConflict,
			"a quantity of 0 would end the listing for good: the seller has to turn the out-of-stock option on, in the site preferences")
	}
	var rest []*stockLine
	for _, l := range lines {
		if ends(l) {
			s.settle(l, state, err)
		} else {
			rest = append(rest, l)
		}
	}
	return rest
}

// affordable leaves out what exceeds the listing's revisions of the day.
func (s *stockSetter) affordable(lines []*stockLine) (rest []*stockLine) {
	for _, l := range lines {
		if wait, spent := s.c.routes.spent(l.item, l.falls(), time.Now()); spent {
			s.settle(l, channel.StockNotSent, s.later("the listing has been revised as often as it may be today", wait))
			continue
		}
		rest = append(rest, l)
	}
	return rest
}

// split says which levels go by which route. Those of a Trading-born listing that
// come a second time are revised, in order: a feed promises none.
func (s *stockSetter) split(lines []*stockLine, first bool) (offers, few, many []*stockLine) {
	var born []*stockLine
	for _, l := range lines {
		if l.handle.route == routeOffer {
			offers = append(offers, l)
		} else {
			born = append(born, l)
		}
	}
	from := s.c.cfg.FeedFrom
	if !first || from < 1 || len(born) < from || s.stops[routeTrading] != nil {
		return offers, born, nil
	}
	for _, l := range born {
		if l.level.Quantity <= s.c.cfg.FeedAbove {
			few = append(few, l)
		} else {
			many = append(many, l)
		}
	}
	slices.SortStableFunc(few, func(a, b *stockLine) int { return int(a.level.Quantity - b.level.Quantity) })
	n := min(len(few), from)
	if few, many = few[:n:n], append(many, few[n:]...); len(many) < from || !s.c.feeds.Claim(feedApart) {
		return offers, append(few, many...), nil
	}
	return offers, few, many
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
