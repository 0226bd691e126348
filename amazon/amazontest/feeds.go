package amazontest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	feedsPath    = "/feeds/2021-06-30/feeds"
	feedDocsPath = "/feeds/2021-06-30/documents"
	listingsFeed = "JSON_LISTINGS_FEED"

	feedsListed  = 90 * 24 * time.Hour // feeds_2021-06-30.json
	resultsKept  = 28 * 24 * time.Hour // the vendor's page "Feed Type Values"
	maxFeedPlace = 25
)

// legacyFeeds end FATAL since 2025-07-31, from the vendor's page "Listings Feed
// Type Values".
var legacyFeeds = []string{
	"POST_INVENTORY_AVAILABILITY_DATA", "POST_PRODUCT_DATA", "POST_PRODUCT_PRICING_DATA", "POST_FLAT_FILE_INVLOADER_DATA",
	"POST_FLAT_FILE_PRICEANDQUANTITYONLY_UPDATE_DATA", "POST_FLAT_FILE_LISTINGS_DATA",
}

var (
	feeders = []Role{RoleInventory, RoleListing}

	feedRoutes = []route{
		{
			op: "createFeedDocument", method: http.MethodPost, path: feedDocsPath, plan: Rate{0.5, 15}, roles: feeders, badCode: code400,
			handle: (*Fake).createFeedDocument,
		},
		{
			op: "getFeedDocument", method: http.MethodGet, path: feedDocsPath + "/{feedDocumentId}", plan: Rate{0.0222, 10}, roles: feeders,
			query: []string{"enableContentEncodingUrlHeader"}, handle: (*Fake).getFeedDocument, has401: true, badCode: code400,
		},
		{
			op: "createFeed", method: http.MethodPost, path: feedsPath, plan: Rate{0.0083, 15}, roles: feeders, handle: (*Fake).createFeed,
			has401: true, badCode: code400,
		},
		{
			op: "getFeeds", method: http.MethodGet, path: feedsPath, plan: Rate{0.0222, 10}, roles: feeders, query: workFilters("feedTypes"),
			handle: (*Fake).getFeeds, has401: true, badCode: code400,
		},
		{
			op: "getFeed", method: http.MethodGet, path: feedsPath + "/{feedId}", plan: Rate{2, 15}, roles: feeders, handle: withFeed((*Fake).getFeed),
			has401: true, badCode: code400,
		},
		{
			op: "cancelFeed", method: http.MethodDelete, path: feedsPath + "/{feedId}", plan: Rate{2, 15}, roles: feeders,
			handle: withFeed((*Fake).cancelFeed), has401: true, badCode: code400,
		},
	}

	workStatuses = []string{"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"}
)

// Work is the state of a feed or report.
type Work string

// States of work.
const (
	InQueue    Work = "IN_QUEUE"
	InProgress Work = "IN_PROGRESS"
	Done       Work = "DONE"
	Fatal      Work = "FATAL"
	Stopped    Work = "CANCELLED"
)

// feed is a feed as the account keeps it.
type feed struct {
	number                  int
	id, kind                string
	markets                 []string
	input, result           *document
	status                  Work
	created, started, ended time.Time
	ready                   time.Time // when it may start
	fault                   FeedFault
	struck                  bool
	messages, accepted      int
}

func workFilters(types string) []string {
	return []string{types, "marketplaceIds", "pageSize", "processingStatuses", "createdSince", "createdUntil", "nextToken"}
}

func withFeed(handle func(f *Fake, c *call, fd *feed) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		fd := f.feeds.find(c.vars[0])
		if fd == nil || c.now.Sub(fd.created) > feedsListed {
			return notFound("Feed %s is not found.", c.vars[0])
		}
		return handle(f, c, fd)
	}
}

func (f *Fake) createFeedDocument(c *call) answer {
	var in struct {
		ContentType string `json:"contentType"`
	}
	if a, refused := c.read(&in); refused {
		return a
	}
	if in.ContentType == "" {
		return c.invalid("contentType is missing.")
	}
	d := f.addDocument(&document{ctype: in.ContentType}, c.now)
	return answer{status: http.StatusCreated, body: map[string]string{
		"feedDocumentId": d.id, "url": f.presigned(c, d, http.MethodPut, false),
	}}
}

type documentJSON struct {
	FeedDocumentID       string `json:"feedDocumentId,omitzero"`
	ReportDocumentID     string `json:"reportDocumentId,omitzero"`
	URL                  string `json:"url"`
	CompressionAlgorithm string `json:"compressionAlgorithm,omitzero"`
}

func (f *Fake) getFeedDocument(c *call) answer {
	p := params{c: c}
	inflate := p.boolean("enableContentEncodingUrlHeader")
	if a, refused := p.refusal(); refused {
		return a
	}
	d := f.documents.byID[c.vars[0]]
	if d == nil || d.packed == nil {
		return notFound("Feed document %s is not found.", c.vars[0])
	}
	return ok(documentJSON{
		FeedDocumentID: d.id, URL: f.presigned(c, d, http.MethodGet, inflate), CompressionAlgorithm: f.algorithm(inflate),
	})
}

type feedBody struct {
	FeedType            string            `json:"feedType"`
	MarketplaceIDs      []string          `json:"marketplaceIds"`
	InputFeedDocumentID string            `json:"inputFeedDocumentId"`
	FeedOptions         map[string]string `json:"feedOptions"`
}

// createFeed puts a feed in the seller's queue. JSON_LISTINGS_FEED has a bucket
// of its own beside the operation's; a call that finds either empty costs
// nothing.
func (f *Fake) createFeed(c *call) answer {
	var in feedBody
	if a, refused := c.read(&in); refused {
		return a
	}
	switch n := len(in.MarketplaceIDs); {
	case n == 0 || n > maxFeedPlace:
		return c.invalid("Invalid input: marketplaceIds")
	case slices.ContainsFunc(in.MarketplaceIDs, func(id string) bool { return !f.sellsOn(id) }):
		return c.invalid("Invalid input: marketplaceIds")
	case in.FeedType != listingsFeed && !slices.Contains(legacyFeeds, in.FeedType):
		return c.invalid("Invalid input: feedType")
	}
	d := f.documents.byID[in.InputFeedDocumentID]
	if d == nil || d.packed != nil || d.write != nil {
		return c.invalid("Invalid input: inputFeedDocumentId")
	}
	if in.FeedType == listingsFeed {
		all := c.token.app.buckets
		if !bucketOf(all, feedTypeBucket, feedTypePlan, c.now).take(feedTypePlan, f.cfg.Quota, 1, c.now) {
			all[c.route.op].level++
			return f.throttled(c)
		}
	}
	fd := f.enqueue(&feed{kind: in.FeedType, markets: slices.Clone(in.MarketplaceIDs), input: d, created: f.round(c.now)}, c.now)
	return answer{status: http.StatusAccepted, body: map[string]string{"feedId": fd.id}}
}

type feedJSON struct {
	FeedID               string   `json:"feedId"`
	FeedType             string   `json:"feedType"`
	MarketplaceIDs       []string `json:"marketplaceIds"`
	CreatedTime          string   `json:"createdTime"`
	ProcessingStatus     string   `json:"processingStatus"`
	ProcessingStartTime  string   `json:"processingStartTime,omitzero"`
	ProcessingEndTime    string   `json:"processingEndTime,omitzero"`
	ResultFeedDocumentID string   `json:"resultFeedDocumentId,omitzero"`
}

func (fd *feed) json() feedJSON {
	out := feedJSON{
		FeedID: fd.id, FeedType: fd.kind, MarketplaceIDs: slices.Clone(fd.markets), CreatedTime: stamp(fd.created), ProcessingStatus: string(fd.status),
		ProcessingStartTime: stampOr(fd.started), ProcessingEndTime: stampOr(fd.ended),
	}
	if fd.result != nil {
		out.ResultFeedDocumentID = fd.result.id
	}
	return out
}

func (f *Fake) getFeed(_ *call, fd *feed) answer { return ok(fd.json()) }

// cancelFeed stops a feed that waits; no other can be stopped.
func (f *Fake) cancelFeed(c *call, fd *feed) answer {
	if fd.status != InQueue {
		return c.invalid("Feed %s is %s and cannot be cancelled.", fd.id, fd.status)
	}
	f.stopFeed(fd, c.now)
	return answer{status: http.StatusOK}
}

// workFilter is the filter of a list of feeds or reports, with the number below
// which it goes on.
type workFilter struct {
	types, statuses, markets []string
	since, until             time.Time
	limit, below             int
	query                    url.Values
}

// readWork reads the filter from the query, or from nextToken, which comes
// alone.
func (f *Fake) readWork(c *call, types string) (workFilter, answer, bool) {
	w := workFilter{below: 1 << 60, query: c.query}
	p := params{c: c}
	if p.has("nextToken") {
		b, err := base64.StdEncoding.DecodeString(p.text("nextToken"))
		q, err2 := url.ParseQuery(string(b))
		below, err3 := strconv.Atoi(q.Get("below"))
		if err != nil || err2 != nil || err3 != nil || len(c.query) > 1 {
			p.fail("nextToken")
		}
		w.below = below
		w.query = q
		again := *c
		again.query = q
		p.c = &again
	}
	w.types = p.list(types, 10)
	if w.types == nil {
		p.fail(types)
	}
	w.statuses = p.oneOf("processingStatuses", workStatuses)
	w.markets = p.marketplaces(10)
	w.limit = p.int("pageSize", 10, 1, 100)
	w.since, w.until = p.date("createdSince"), p.date("createdUntil")
	if oldest := c.now.Add(-feedsListed); w.since.Before(oldest) {
		w.since = oldest
	}
	a, refused := p.refusal()
	return w, a, refused
}

func (w *workFilter) match(number int, kind string, status Work, markets []string, created time.Time) bool {
	return number < w.below && slices.Contains(w.types, kind) && (w.statuses == nil || slices.Contains(w.statuses, string(status))) &&
		(w.markets == nil || slices.ContainsFunc(markets, func(id string) bool { return slices.Contains(w.markets, id) })) &&
		!created.Before(w.since) && (w.until.IsZero() || !created.After(w.until))
}

// next is the token for what is older than a number.
func (w *workFilter) next(number int) string {
	q := maps.Clone(w.query)
	q.Set("below", strconv.Itoa(number))
	return base64.StdEncoding.EncodeToString([]byte(q.Encode()))
}

// getFeeds lists feeds, the newest first.
func (f *Fake) getFeeds(c *call) answer {
	w, a, refused := f.readWork(c, "feedTypes")
	if refused {
		return a
	}
	out := struct {
		Feeds     []feedJSON `json:"feeds"`
		NextToken string     `json:"nextToken,omitzero"`
	}{Feeds: []feedJSON{}}
	last := 0
	for _, fd := range slices.Backward(f.feeds.all) {
		if !w.match(fd.number, fd.kind, fd.status, fd.markets, fd.created) {
			continue
		}
		if len(out.Feeds) == w.limit {
			out.NextToken = w.next(last)
			break
		}
		out.Feeds = append(out.Feeds, fd.json())
		last = fd.number
	}
	return ok(out)
}

type feedBook struct {
	all     []*feed
	queue   []*feed // waiting, in order
	running *feed
	faults  []*FeedFault
}

func (b *feedBook) find(id string) *feed {
	n, err := strconv.Atoi(id)
	if err != nil || n <= firstFeed || n > firstFeed+len(b.all) {
		return nil
	}
	return b.all[n-firstFeed-1]
}

const firstFeed = 50012019000

func (f *Fake) enqueue(fd *feed, now time.Time) *feed {
	fd.number = len(f.feeds.all) + 1
	fd.id = strconv.Itoa(firstFeed + fd.number)
	fd.status = InQueue
	f.strike(fd)
	fd.ready = now.Add(f.cfg.FeedWait + fd.fault.Wait)
	f.feeds.all = append(f.feeds.all, fd)
	f.feeds.queue = append(f.feeds.queue, fd)
	f.startNext(now)
	return fd
}
