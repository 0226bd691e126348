package amazon

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

const (
	maxMarketplaces = 50              // of a search: orders_2026-01-01
	maxPage         = 100             // orders of a page: orders_2026-01-01
	tokenLife       = 24 * time.Hour  // of a page token: orders_2026-01-01
	boundAge        = 2 * time.Minute // least age of a search's upper bound: orders_2026-01-01
	maxUnits        = 1<<31 - 1       // of a line: no figure is published
)

// Operations, by their names in the models.
const (
	opSearchOrders    = "searchOrders"
	opGetOrder        = "getOrder"
	opConfirmShipment = "confirmShipment"

	opGetListing     = "getListingsItem"
	opPatchListing   = "patchListingsItem"
	opSearchListings = "searchListingsItems"

	opCreateFeedDocument = "createFeedDocument"
	opCreateFeed         = "createFeed"
	opGetFeed            = "getFeed"
	opGetFeeds           = "getFeeds"
	opCancelFeed         = "cancelFeed"
	opGetFeedDocument    = "getFeedDocument"

	opCreateReport      = "createReport"
	opGetReport         = "getReport"
	opGetReports        = "getReports"
	opGetReportDocument = "getReportDocument"

	opInventorySummaries = "getInventorySummaries"
	opParticipations     = "getMarketplaceParticipations"
)

// plan is an operation's default usage plan: a token bucket of each pair of
// seller and application. Sellers with more traffic may have higher ones, and
// lower ones are reported; answers tell the rate in force.
type plan struct {
	perSecond float64
	burst     float64
	source    string // the model whose description of the operation states it
}

var plans = map[string]plan{
	opSearchOrders:    {0.0056, 20, "orders_2026-01-01"},
	opGetOrder:        {0.5, 30, "orders_2026-01-01"},
	opConfirmShipment: {2, 10, "ordersV0"},

	opGetListing:     {5, 10, "listingsItems_2021-08-01"},
	opPatchListing:   {5, 5, "listingsItems_2021-08-01"},
	opSearchListings: {5, 5, "listingsItems_2021-08-01"},

	opCreateFeedDocument: {0.5, 15, "feeds_2021-06-30"},
	opCreateFeed:         {0.0083, 15, "feeds_2021-06-30"},
	opGetFeed:            {2, 15, "feeds_2021-06-30"},
	opGetFeeds:           {0.0222, 10, "feeds_2021-06-30"},
	opCancelFeed:         {2, 15, "feeds_2021-06-30"},
	opGetFeedDocument:    {0.0222, 10, "feeds_2021-06-30"},

	opCreateReport:      {0.0167, 15, "reports_2021-06-30"},
	opGetReport:         {2, 15, "reports_2021-06-30"},
	opGetReports:        {0.0222, 10, "reports_2021-06-30"},
	opGetReportDocument: {0.0167, 15, "reports_2021-06-30"},

	opInventorySummaries: {2, 2, "fbaInventory"},
	opParticipations:     {0.016, 15, "sellers"},
}

// second is a limit beside an operation's own; whichever is empty first
// refuses. Of its burst, which is not published for the first three, a part is
// taken.
type second struct {
	perSecond float64
	burst     int
	shared    bool   // by all sellers of the application; else it is the seller's
	source    string // the page that states it
}

// seconds are by operation. The feed's is that of JSON_LISTINGS_FEED, which is
// the only type this package submits.
var seconds = map[string]second{
	opPatchListing:   {500, 100, true, "Listings Items API Rate Limits"},
	opGetListing:     {100, 20, true, "Listings Items API Rate Limits"},
	opSearchListings: {100, 20, true, "Listings Items API Rate Limits"}, // not named there: taken for a read
	opCreateFeed:     {5.0 / 300, 4, false, "Changelog of 2025-05-06: five in five minutes"},
}

// Limiter paces calls by operation, each with a mirror of Amazon's own bucket
// that answers correct. Channels of one application share one: a few limits of
// the listings operations are the application's. It is safe for concurrent use.
type Limiter struct {
	calls *transport.Limiter

	mu      sync.Mutex
	seconds map[string]*rate.Limiter
}

// NewLimiter returns a limiter that assumes the default usage plans.
func NewLimiter() *Limiter {
	return &Limiter{seconds: map[string]*rate.Limiter{}, calls: transport.NewLimiter(func(key string) transport.Rule {
		p := plans[operationOf(key)]
		return transport.Rule{Size: p.burst, Rate: p.perSecond}
	})}
}

// keyOf is the limiter's key of an operation of a seller. Each operation waits
// in a line of its own: a search that is out of tokens holds up no parcel.
func (c *Config) keyOf(operation string) string {
	return string(c.Region) + "/" + c.SellerID + "/" + operation
}

func operationOf(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '/' {
			return key[i+1:]
		}
	}
	return key
}

// second takes what a call costs beside its own bucket, and waits for it within
// maxWait. Beyond that it takes nothing and says when it can be had.
func (l *Limiter) second(ctx context.Context, c *Config, operation string, maxWait time.Duration) error {
	s, has := seconds[operation]
	if !has {
		return nil
	}
	key := operation
	if !s.shared {
		key = c.keyOf(operation)
	}
	l.mu.Lock()
	bucket := l.seconds[key]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(s.perSecond), s.burst)
		l.seconds[key] = bucket
	}
	l.mu.Unlock()
	r := bucket.Reserve()
	wait := r.Delay()
	if wait == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); wait > maxWait || ok && time.Until(deadline) < wait {
		r.Cancel()
		return &channel.Error{Class: channel.ErrThrottled, RetryAfter: wait}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		r.Cancel()
		return &channel.Error{Class: channel.ErrUnavailable, Err: ctx.Err()}
	}
}

// quotaKey names the application's share of an operation to Config.Quota.
func (c *Config) quotaKey(operation string) string {
	return "amazon/" + c.Application + "/" + operation
}

// exhausted is for how long the application's other processes leave an
// operation alone when Amazon says that the application as a whole is over its
// limit, which is one by the second.
const exhausted = time.Second

// pause is how long to wait after a throttle: Amazon names no time, so it is
// what one token takes to come.
func pause(operation string) time.Duration {
	p, has := plans[operation]
	if !has {
		return time.Second
	}
	return max(time.Second, time.Duration(float64(time.Second)/p.perSecond))
}
