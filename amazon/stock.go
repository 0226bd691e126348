package amazon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
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

// patchAll patches levels, several at a time, and those of one SKU one after
// the other.
func (s *stockSetter) patchAll(ctx context.Context, lines []*stockLine) {
	var rounds [][]*stockLine
	seen := map[string]int{}
	for _, l := range lines {
		n := seen[l.sku]
		seen[l.sku]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], l)
	}
	for _, round := range rounds {
		todo := make(chan *stockLine, len(round))
		for _, l := range round {
			todo <- l
		}
		close(todo)
		var workers sync.WaitGroup
		for range min(patchWorkers, (len(round)+patchWorkers-1)/patchWorkers) {
			workers.Go(func() {
				for l := range todo {
					s.patchOne(ctx, l)
				}
			})
		}
		workers.Wait()
	}
}

// patchOne patches a level, unless something speaks against sending more.
func (s *stockSetter) patchOne(ctx context.Context, l *stockLine) {
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) < patchRoom+s.room {
		s.halt(&channel.Error{
			Channel: s.c.cfg.ID, Op: s.op, Class: channel.ErrThrottled, RetryAfter: pause(opPatchListing), Message: "no time is left for more patches",
		})
	}
	if err := s.halted(); err != nil {
		s.settle(l, channel.StockNotSent, err)
		return
	}
	state, err := s.c.patch(ctx, s.op, l)
	switch class := channel.Class(err); {
	case state == channel.StockUnsure:
		s.settle(l, state, err)
		s.mu.Lock()
		s.unsure++
		silent := s.unsure >= maxUnsure
		s.mu.Unlock()
		if silent {
			s.halt(s.c.refuse(s.op, channel.ErrUnavailable, "earlier patches got no answer"))
		}
	case delicate(l.sku) && (errors.Is(class, channel.ErrForbidden) || errors.Is(class, channel.ErrNotFound)):
		l.lost = true
	case state == channel.StockNotSent:
		s.halt(err)
		s.settle(l, state, err)
	default:
		s.settle(l, state, err)
	}
}

// pathless settles the levels whose SKU was refused in a path: one that the
// catalogue lists goes by feed, where a SKU is text.
func (s *stockSetter) pathless(ctx context.Context, lines []*stockLine) (feeds []*stockLine) {
	skus := make([]asked, len(lines))
	for i, l := range lines {
		skus[i] = asked{l.sku, l.handle.asin}
	}
	reads, unread, err := s.c.readSKUs(ctx, s.op, skus)
	for _, l := range lines {
		_, there := reads[l.sku]
		switch {
		case err != nil:
			s.halt(err)
			s.settle(l, channel.StockNotSent, err)
		case unread[l.sku]:
			s.settle(l, channel.StockRefused, s.c.refuse(s.op, channel.ErrStaleHandle, "no path or search finds the SKU: read the listing again"))
		case !there:
			s.settle(l, channel.StockRefused, s.c.refuse(s.op, channel.ErrNotFound, "no listing has the SKU"))
		default:
			feeds = append(feeds, l)
		}
	}
	return feeds
}

// quantityPatch changes the quantity that the seller ships from, and with it
// neither handling time nor restock date: merge leaves what it does not name.
func quantityPatch(n int64) []spapi.PatchOp {
	return []spapi.PatchOp{{
		Op: "merge", Path: "/attributes/fulfillment_availability", Value: []spapi.PatchQuantity{{Channel: sellerChannel, Quantity: n}},
	}}
}

// patch sends a patch and says what became of it. A product type that Amazon
// does not take is replaced by the one that any offer takes.
func (c *Channel) patch(ctx context.Context, op string, l *stockLine) (channel.StockState, error) {
	product := l.handle.productType()
	for {
		cl := call{
			op: op, operation: opPatchListing, method: http.MethodPatch, repeat: transport.Idempotent,
			path: c.pathSeller() + "/" + segment(l.sku), query: url.Values{"marketplaceIds": {l.handle.marketplace}},
			body: spapi.Patch{ProductType: product, Patches: quantityPatch(l.level.Quantity)},
		}
		body, _, err := c.do(ctx, cl)
		if err != nil {
			return stateOf(err), err
		}
		var said spapi.Submission
		if wire.Unmarshal(body, &said) != nil || said.SKU != l.sku {
			return channel.StockUnsure, c.garbled(cl, "the answer does not say what became of the patch")
		}
		state, err := c.judge(cl, &said, product)
		if errors.Is(err, channel.ErrStaleHandle) && product != anyProduct {
			product = anyProduct
			continue
		}
		return state, err
	}
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

// judge reads what a 200 says of a patch.
func (c *Channel) judge(cl call, s *spapi.Submission, product string) (channel.StockState, error) {
	i := slices.IndexFunc(s.Issues, func(i spapi.Issue) bool { return i.Severity == spapi.SeverityError })
	switch s.Status {
	case spapi.SubmissionAccepted:
		// A listing has issues of other attributes; one of this is no acceptance.
		i = slices.IndexFunc(s.Issues, func(i spapi.Issue) bool {
			return i.Severity == spapi.SeverityError && slices.Contains(i.Attributes, "fulfillment_availability")
		})
		if i < 0 {
			return channel.StockAccepted, nil
		}
		return channel.StockUnsure, c.issue(cl.op, s.ID, &s.Issues[i], channel.ErrUnsure)
	case spapi.SubmissionInvalid:
		if i < 0 && len(s.Issues) > 0 {
			i = 0
		}
		if i < 0 {
			return channel.StockRefused, c.refuse(cl.op, channel.ErrInvalid, "the patch is invalid, and no issue says why")
		}
		return channel.StockRefused, c.issue(cl.op, s.ID, &s.Issues[i], issueClass(s.Issues[i].Code, s.Issues[i].Attributes, product))
	}
	return channel.StockUnsure, c.garbled(cl, "the patch's status is "+transport.Message(s.Status))
}

// Codes of issues that are no fault of the quantity.
const (
	issueWrongType = "4000003" // the product type is not that of the listing
	issueNoListing = "13013"   // the SKU matches no listing
)

// issueClass classifies an issue by its code, and by what it is about.
func issueClass(code string, attributes []string, product string) error {
	about := func(names ...string) bool {
		return slices.ContainsFunc(attributes, func(a string) bool { return slices.Contains(names, strings.ToLower(a)) })
	}
	switch {
	case code == issueWrongType, about("product_type", "producttype"):
		if product == anyProduct {
			return channel.ErrInvalid
		}
		return channel.ErrStaleHandle
	case code == issueNoListing, about("sku"):
		return channel.ErrNotFound
	}
	return channel.ErrInvalid
}

// issue is an issue as an error.
func (c *Channel) issue(op, id string, i *spapi.Issue, class error) error {
	message := i.Message
	if message == "" {
		message = "an issue without words"
	}
	if len(i.Attributes) > 0 {
		message = strings.Join(i.Attributes, ", ") + ": " + message
	}
	return &channel.Error{Channel: c.cfg.ID, Op: op, Code: codeText(i.Code), RequestID: codeText(id), Message: transport.Message(message), Class: class}
}
