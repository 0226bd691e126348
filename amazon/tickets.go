package amazon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// workStates are the states of feeds and reports.
var workStates = map[string]channel.TicketState{
	spapi.WorkInQueue: channel.TicketQueued, spapi.WorkInProgress: channel.TicketRunning, spapi.WorkDone: channel.TicketDone,
	spapi.WorkFatal: channel.TicketFailed, spapi.WorkCancelled: channel.TicketCancelled,
}

// stateOfWork is a state; one that is not known goes on.
func stateOfWork(status string) channel.TicketState {
	if s, known := workStates[status]; known {
		return s
	}
	return channel.TicketRunning
}

// TicketPage tells how a feed stands and, once it is done, what became of each
// level, all in one page. A level that its processing report names is refused
// with the issue; the others were accepted and are shown within
// Traits.EffectLag, which only a read proves. Results name the levels of feeds
// that this process sent; of another's, those that were refused.
//
// A feed that failed may have set some of its levels and tells of none. A
// cancelled one set none. A ticket for a feed whose answer was lost stands for
// every feed of the seller created at that time, ends with the last of them, and
// tells of no level; when there was none, as a cancelled one.
func (c *Channel) TicketPage(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
	const op = "ticket"
	if after != "" {
		return channel.TicketPage{}, c.refuse(op, channel.ErrCursor, "a ticket has one page")
	}
	k, err := c.parseTicket(op, t)
	if err != nil {
		return channel.TicketPage{}, err
	}
	var page channel.TicketPage
	if k.ID != "" {
		page, err = c.feedPage(ctx, op, t, k.ID)
	} else {
		page, err = c.lostPage(ctx, op, t, k)
	}
	if err == nil && page.State.Ended() {
		c.feeds.Ended(t)
	}
	return page, err
}

// feedWord is what tickets call a feed.
const feedWord = "feed"

func (c *Channel) parseTicket(op string, t channel.Ticket) (adapter.FeedTicket, error) {
	k, ok := adapter.ParseFeedTicket(feedWord, t)
	if !ok {
		return k, c.invalid(op, "ticket is not of this channel's making")
	}
	return k, nil
}

// feedPage tells how one feed stands.
func (c *Channel) feedPage(ctx context.Context, op string, t channel.Ticket, id string) (channel.TicketPage, error) {
	var w spapi.Work
	if _, err := c.read(ctx, get(op, opGetFeed, pathFeeds+"/"+url.PathEscape(id), nil), &w); err != nil {
		return channel.TicketPage{}, err
	}
	if w.Status == "" {
		return channel.TicketPage{}, c.refuse(op, channel.ErrUnavailable, "the answer does not say how the feed stands")
	}
	page := channel.TicketPage{State: stateOfWork(w.Status), Since: w.Created.Time, Progress: codeText(w.Status)}
	switch page.State {
	case channel.TicketDone:
		if w.ResultDocumentID == "" {
			page.Progress += " without a report"
			return page, nil
		}
		r, err := c.feedReport(ctx, op, w.ResultDocumentID)
		if why := c.missed(&w, err); err != nil && why != "" {
			page.Progress += why
			return page, nil
		}
		if err != nil {
			return channel.TicketPage{}, err
		}
		page.Results = c.outcomes(op, t, id, r)
		if why := wholeIssue(r); why != "" {
			page.Progress += ": " + why
		}
	case channel.TicketFailed:
		// It may have set all, some or none, whatever its report says.
		if w.ResultDocumentID != "" {
			if r, err := c.feedReport(ctx, op, w.ResultDocumentID); err == nil {
				if why := wholeIssue(r); why != "" {
					page.Progress += ": " + why
				}
			}
		}
	case channel.TicketCancelled:
		page.Results = c.unsent(op, t)
	case channel.TicketQueued, channel.TicketRunning:
	}
	return page, nil
}

// unsent tells of levels that surely were not set.
func (c *Channel) unsent(op string, t channel.Ticket) (out []channel.TicketResult) {
	for _, ref := range c.feeds.Of(t) {
		out = append(out, channel.TicketResult{Listing: ref, Result: channel.StockResult{
			State: channel.StockNotSent, Err: c.refuse(op, channel.ErrUnavailable, "the feed was cancelled before it began"),
		}})
	}
	return out
}

// wholeIssue is what a report says of the feed as a whole.
func wholeIssue(r *spapi.FeedReport) string {
	for i := range r.Issues {
		if is := &r.Issues[i]; is.MessageID == 0 && is.SKU == "" && is.Severity == spapi.SeverityError {
			said := transport.Message(is.Message)
			if code := strings.TrimSpace(is.Code); code != "" && len(code) <= 32 { // a word, and no number to be hidden
				said = code + " " + said
			}
			return said
		}
	}
	return ""
}

// outcomes maps a report's issues to the levels that were sent.
func (c *Channel) outcomes(op string, t channel.Ticket, id string, r *spapi.FeedReport) (out []channel.TicketResult) {
	refs := c.feeds.Of(t)
	if r.Header.FeedID != "" && r.Header.FeedID != id {
		return nil // of another feed: it tells nothing of this
	}
	refused := map[channel.ListingID]error{}
	var order []channel.ListingRef
	for i := range r.Issues {
		is := &r.Issues[i]
		if is.Severity != spapi.SeverityError {
			continue
		}
		ref := channel.ListingRef{ID: channel.ListingID(is.SKU), SKU: is.SKU}
		if n := is.MessageID - 1; n >= 0 && n < len(refs) {
			ref = refs[n]
		}
		if ref.ID == "" || refused[ref.ID] != nil {
			continue
		}
		issue := spapi.Issue{Code: is.Code, Message: is.Message}
		if is.Attribute != "" {
			issue.Attributes = []string{is.Attribute}
		}
		class := issueClass(is.Code, issue.Attributes, c.typeOf(ref))
		refused[ref.ID] = c.issue(op, "feed "+id, &issue, class)
		order = append(order, ref)
	}
	for _, ref := range order {
		out = append(out, channel.TicketResult{Listing: ref, Result: channel.StockResult{State: channel.StockRefused, Err: refused[ref.ID]}})
	}
	// What is not named was accepted, if the report counts all there were.
	if wholeIssue(r) != "" || r.Summary.Processed != len(refs) || r.Summary.Accepted+len(refused) < len(refs) {
		return out
	}
	for _, ref := range refs {
		if refused[ref.ID] == nil {
			out = append(out, channel.TicketResult{Listing: ref, Result: channel.StockResult{State: channel.StockAccepted}})
		}
	}
	return out
}

// typeOf is the product type that a listing's handle names.
func (c *Channel) typeOf(ref channel.ListingRef) string {
	h, _ := c.parseHandle(ref)
	return h.productType()
}

// maxFeedPages bounds the list of feeds of one minute, a hundred a page: a seller
// may send one in two.
const maxFeedPages = 10

// lostPage tells how the feeds stand that a lost answer can have been about.
func (c *Channel) lostPage(ctx context.Context, op string, t channel.Ticket, k adapter.FeedTicket) (channel.TicketPage, error) {
	page := channel.TicketPage{State: channel.TicketDone, Since: k.Since}
	query := url.Values{
		"feedTypes": {listingsFeed}, "createdSince": {stamp(k.Since, false)}, "createdUntil": {stamp(k.Until, true)}, "pageSize": {"100"},
	}
	if c.serverNow().Before(k.Until) {
		query.Del("createdUntil") // the default is now
	}
	count, waiting := 0, 0
	for pages := 1; ; pages++ {
		var list spapi.Works
		if _, err := c.read(ctx, get(op, opGetFeeds, pathFeeds, query), &list); err != nil {
			return channel.TicketPage{}, err
		}
		for _, w := range list.Feeds {
			count++
			state := stateOfWork(w.Status)
			if !state.Ended() {
				waiting++
				if page.State.Ended() || state == channel.TicketRunning {
					page.State = state
				}
			}
		}
		if list.Next == "" || list.Next == query.Get("nextToken") {
			break
		}
		if pages == maxFeedPages {
			return channel.TicketPage{}, c.refuse(op, channel.ErrUnavailable, "pages of feeds do not end")
		}
		query = url.Values{"nextToken": {list.Next}}
	}
	page.Progress = strconv.Itoa(count) + " feeds it can be, " + strconv.Itoa(waiting) + " of them unfinished"
	switch {
	case waiting > 0:
	case c.serverNow().Before(k.Until):
		page.State = channel.TicketQueued // another may still appear
	case count == 0:
		page.State, page.Results = channel.TicketCancelled, c.unsent(op, t)
	}
	return page, nil
}

// FindTicket returns the ticket for every feed of the seller that was created
// between two times, and a minute more.
func (*Channel) FindTicket(since, until time.Time) channel.Ticket {
	return adapter.FeedTicket{Since: since.Add(-clockError), Until: until.Add(feedWindow)}.Ticket(feedWord)
}

// CancelTicket cancels a feed that still waits in the queue. One that has begun
// or ended is ErrConflict, and so is one whose answer was lost: what it can be
// may be somebody else's.
func (c *Channel) CancelTicket(ctx context.Context, t channel.Ticket) error {
	const op = "cancel ticket"
	k, err := c.parseTicket(op, t)
	if err != nil {
		return err
	}
	if k.ID == "" {
		return c.refuse(op, channel.ErrConflict, "which feed it is, is not known")
	}
	_, _, err = c.do(ctx, call{
		op: op, operation: opCancelFeed, method: http.MethodDelete, path: pathFeeds + "/" + url.PathEscape(k.ID), repeat: transport.Idempotent,
	})
	if errors.Is(err, channel.ErrInvalid) {
		return c.refuse(op, channel.ErrConflict, "the feed no longer waits in the queue")
	}
	return err
}

var (
	_ channel.TicketReader    = (*Channel)(nil)
	_ channel.TicketCanceller = (*Channel)(nil)
	_ channel.TicketFinder    = (*Channel)(nil)
)
