package amazon

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	pathFeeds         = "/feeds/2021-06-30/feeds"
	pathFeedDocuments = "/feeds/2021-06-30/documents"

	// listingsFeed is the type of feed that is submitted. The flat files and XML
	// of before end FATAL since July 2025.
	listingsFeed = "JSON_LISTINGS_FEED"
	// feedContent is its type of content. What is signed is this to the letter.
	feedContent = "application/json; charset=UTF-8"

	maxMessages = 25_000   // of a feed: listings-feed-schema-v2
	maxFeed     = 10 << 20 // bytes: "Feeds API Best Practices"

	// feedApart is how long no second feed is sent while one is unfinished, as
	// "Feeds API Best Practices" advises.
	feedApart = 20 * time.Minute

	// feedWindow is how long after it was asked for a feed can have been created
	// whose answer was lost, beyond the call's deadline.
	feedWindow = time.Minute
)

// feedAll sends levels by feed, one for each marketplace.
func (s *stockSetter) feedAll(ctx context.Context, lines []*stockLine) {
	for _, id := range s.c.cfg.MarketplaceIDs {
		var mine []*stockLine
		for _, l := range lines {
			if l.handle.marketplace == id {
				mine = append(mine, l)
			}
		}
		if len(mine) > 0 {
			s.feed(ctx, id, mine)
		}
	}
}

// feed sends levels of a marketplace by feed.
func (s *stockSetter) feed(ctx context.Context, marketplace string, lines []*stockLine) {
	err := s.halted()
	if deadline, has := ctx.Deadline(); err == nil && has && time.Until(deadline) < feedRoom {
		err = s.later("no time is left for a feed", time.Second)
	}
	var ticket channel.Ticket
	if err == nil {
		body, rest := s.c.feedDocument(lines)
		lines = lines[:len(lines)-len(rest)]
		for _, l := range rest {
			s.settle(l, channel.StockNotSent, s.later("a feed takes no more", feedApart))
		}
		ticket, err = s.c.submit(ctx, s.op, marketplace, body)
	}
	if ticket == "" && errors.Is(err, channel.ErrThrottled) && !slices.ContainsFunc(lines, func(l *stockLine) bool { return l.lost }) {
		// Feeds are few. What a batch takes is patched meanwhile.
		n := min(len(lines), patchBatch(s.c.cfg.Deadline))
		s.room = 0
		s.patchAll(ctx, lines[:n])
		lines = lines[n:]
	}
	state := channel.StockAccepted
	switch {
	case err != nil && ticket == "":
		state = channel.StockNotSent
		if len(lines) > 0 {
			s.halt(err)
		}
	case err != nil:
		state = channel.StockUnsure
	}
	refs := make([]channel.ListingRef, len(lines))
	for i, l := range lines {
		refs[i] = l.level.Listing
		s.settle(l, state, err)
		s.results[l.at].Ticket = ticket
		if l.lost && state == channel.StockAccepted {
			s.c.routes.feeds(l.sku)
		}
	}
	if ticket != "" {
		s.c.feeds.Sent(ticket, refs)
	}
}

func (s *stockSetter) later(why string, wait time.Duration) error {
	return &channel.Error{Channel: s.c.cfg.ID, Op: s.op, Class: channel.ErrThrottled, RetryAfter: wait, Message: why}
}

// feedDocument writes the document of a feed, a message for each level in their
// order, and returns those that it does not take.
func (c *Channel) feedDocument(lines []*stockLine) (body []byte, rest []*stockLine) {
	n := min(len(lines), maxMessages)
	for {
		doc := spapi.Feed{
			Header:   spapi.FeedHeader{SellerID: c.cfg.SellerID, Version: "2.0", IssueLocale: "en_US"},
			Messages: make([]spapi.FeedMessage, n),
		}
		for i, l := range lines[:n] {
			doc.Messages[i] = spapi.FeedMessage{
				ID: i + 1, SKU: l.sku, Operation: "PATCH", ProductType: l.handle.productType(), Patches: quantityPatch(l.level.Quantity),
			}
		}
		body, err := wire.Marshal(&doc)
		if err == nil && (len(body) <= maxFeed || n == 1) {
			return body, lines[n:]
		}
		n = max(1, n/2)
	}
}

// submit sends a feed: its document is uploaded and then named. An error with a
// ticket is a feed that may have been created.
func (c *Channel) submit(ctx context.Context, op, marketplace string, body []byte) (channel.Ticket, error) {
	id, err := c.putDocument(ctx, op, body)
	if err != nil {
		return "", err
	}
	since := c.serverNow().Add(-clockError)
	cl := call{
		op: op, operation: opCreateFeed, method: http.MethodPost, path: pathFeeds, repeat: transport.Once,
		body: spapi.CreateFeed{Type: listingsFeed, MarketplaceIDs: []string{marketplace}, DocumentID: id},
	}
	answer, _, err := c.do(ctx, cl)
	var made spapi.Created
	if err == nil && (wire.Unmarshal(answer, &made) != nil || made.FeedID == "") {
		err = c.garbled(cl, "the answer names no feed")
	}
	switch {
	case err == nil:
		return adapter.FeedTicket{ID: made.FeedID}.Ticket(feedWord), nil
	case errors.Is(err, channel.ErrUnsure):
		// To send it again could leave two, of which the older may end last.
		return adapter.FeedTicket{Since: since, Until: c.serverNow().Add(feedWindow)}.Ticket(feedWord), err
	}
	return "", err
}

// putDocument uploads a feed's document. An address that is not honoured, for
// it took too long to be used, is replaced once.
func (c *Channel) putDocument(ctx context.Context, op string, body []byte) (id string, err error) {
	for range 2 {
		cl := call{
			op: op, operation: opCreateFeedDocument, method: http.MethodPost, path: pathFeedDocuments, repeat: transport.Idempotent,
			body: spapi.CreateDocument{ContentType: feedContent},
		}
		answer, _, err := c.do(ctx, cl)
		if err != nil {
			if errors.Is(err, channel.ErrUnsure) {
				// An empty document does nothing.
				err = adapter.Harmless(err)
			}
			return "", err
		}
		var d spapi.Document
		if wire.Unmarshal(answer, &d) != nil || d.FeedDocumentID == "" || d.URL == "" {
			return "", c.refuse(op, channel.ErrUnavailable, "the answer names no document")
		}
		if err = c.upload(ctx, op, d.URL, feedContent, body); err == nil {
			return d.FeedDocumentID, nil
		}
		if !errors.Is(err, errAddress) {
			return "", err
		}
		id, err = "", c.refuse(op, channel.ErrUnavailable, "storage takes no document: "+transport.Message(err.Error()))
		if ctx.Err() != nil {
			return id, err
		}
	}
	return "", c.refuse(op, channel.ErrUnavailable, "storage takes no document at two addresses")
}
