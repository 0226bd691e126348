package amazon

import (
	"context"
	"errors"
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
