package ebay

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// api is a part of eBay whose calls are counted by themselves.
type api string

const (
	apiFulfillment api = "fulfillment"
	apiInventory   api = "inventory"
	apiFeed        api = "feed"
	apiAccount     api = "account"
	apiTrading     api = "trading"
	apiIdentity    api = "identity"
	apiAnalytics   api = "analytics"
)

// daily is how many calls of each API an application may make a day, all its
// sellers together, until eBay tells its own figures: the page "API call limits"
// for Account and Analytics; the others are believed.
var daily = map[api]int64{
	apiFulfillment: 100_000,
	apiInventory:   2_000_000,
	apiFeed:        100_000,
	apiAccount:     25_000,
	apiTrading:     5_000,
	apiIdentity:    5_000,
	apiAnalytics:   5_000,
}

// namedAPIs are the names in rate limits, context and name in lower case. Of the
// Trading API, whatever the name.
var namedAPIs = map[string]api{
	"sell/fulfillment":    apiFulfillment,
	"sell/inventory":      apiInventory,
	"sell/feed":           apiFeed,
	"sell/account":        apiAccount,
	"commerce/identity":   apiIdentity,
	"developer/analytics": apiAnalytics,
	contextTrading + "/":  apiTrading,
}

const contextTrading = "tradingapi"

// job is what a call is for. Each leaves a part of the day's calls to those
// before it.
type job int

const (
	jobOrders job = iota // and parcels
	jobStock             // writes of quantities
	jobBrowse            // reads that can be made tomorrow
)

// kept is the part of a day's calls that a job leaves, in hundredths: the orders
// and parcels of the whole day have to fit into what the others leave.
var kept = map[job]int64{jobOrders: 0, jobStock: 5, jobBrowse: 15}

// opRevise is limited by the seller, too: 6,000 calls in 15 s, and who makes more
// is shut out for a while. The call's reference page.
const opRevise = "ReviseInventoryStatus"

func ruleOf(operation string) transport.Rule {
	if operation == opRevise {
		return transport.Rule{Size: 6000, Window: 15 * time.Second}
	}
	return transport.Rule{}
}

const (
	// learnEvery is how old eBay's own count of the day's calls gets before it
	// is read again: 24 of 5,000 a day. Channels that have a share only read in
	// turn, as often together, but each of them every learnLeast.
	learnEvery = time.Hour
	learnLeast = 6 * time.Hour
	// learnAgain is how soon after a reading, or a failed one, another is worth
	// its call when eBay refuses for a limit.
	learnAgain = time.Minute
	// learnLater is how long a reading that failed is left alone otherwise.
	learnLater = 10 * time.Minute
	// shortPause is what a refusal for a limit is waited out with while calls of
	// the day are left, or when nobody knows.
	shortPause = 30 * time.Second
)

// budget is what is known of the application's limits.
type budget struct {
	mu    sync.Mutex
	known map[api]rate
	next  time.Time // when they are read again
	last  time.Time // when they were read, or tried
	spent map[api]int64
	day   time.Time // of spent: when it ends
	busy  bool      // somebody is reading them
}

// rate is a limit as eBay tells it.
type rate struct {
	limit, left int64
	reset       time.Time
}

// quotaKey names the application's calls of an API to Config.Quota.
func quotaKey(client string, of api) string { return "ebay/" + client + "/" + string(of) }

// share takes a call from the application's day, or says when there are calls
// again.
func (c *Channel) share(ctx context.Context, cl call) error {
	if cl.api == apiAnalytics {
		return nil // told apart, and never needed often
	}
	client, err := c.clientID(ctx)
	if err != nil {
		return err
	}
	c.learn(ctx, client, false)
	limit := c.budget.limit(cl.api)
	if wait, spent := c.budget.take(cl.api, int64(float64(limit)*c.cfg.QuotaShare), time.Now()); spent {
		return &channel.Error{
			Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrThrottled, RetryAfter: wait,
			Message: "this channel has used its share of the application's calls of " + string(cl.api) + " for today",
		}
	}
	err = c.cfg.Quota.Take(ctx, quotaKey(client, cl.api), 1, limit*kept[cl.job]/100)
	if err == nil {
		return nil
	}
	c.budget.give(cl.api)
	if e, ok := errors.AsType[*channel.Error](err); ok {
		named := *e
		named.Channel, named.Op = c.cfg.ID, cl.op
		if errors.Is(e.Class, channel.ErrThrottled) {
			named.Message = "the application's calls of " + string(cl.api) + " for today are used up, but for those kept for orders"
			if named.RetryAfter == 0 {
				named.RetryAfter = time.Until(nextReset(time.Now()))
			}
		}
		return &named
	}
	return c.fail(cl, "", channel.ErrUnavailable, err)
}

// limit is the most calls of an API in a day.
func (b *budget) limit(of api) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.known[of]; ok {
		return r.limit
	}
	return daily[of]
}

// take counts a call of this channel's own, most of them in a day.
func (b *budget) take(of api, most int64, now time.Time) (wait time.Duration, spent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !now.Before(b.day) {
		b.day, b.spent = nextReset(now), map[api]int64{}
	}
	if b.spent[of] >= max(most, 1) {
		return b.day.Sub(now), true
	}
	b.spent[of]++
	return 0, false
}

func (b *budget) give(of api) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent[of]--
}

// learn reads what is left of the application's limits, when that is due. One
// call reads them for all who come meanwhile, who do not wait for it. What it
// cannot read stays as it was: eBay refuses by itself.
func (c *Channel) learn(ctx context.Context, client string, refused bool) {
	if b := &c.budget; b.due(refused) {
		defer b.done()
		_ = c.relearn(ctx, client)
	}
}

// relearn reads what is left of the application's limits.
func (c *Channel) relearn(ctx context.Context, client string) error {
	b := &c.budget
	known, err := c.rateLimits(ctx)
	now := time.Now()
	b.mu.Lock()
	b.last, b.next = now, now.Add(min(learnLeast, time.Duration(float64(learnEvery)/c.cfg.QuotaShare)))
	if err != nil {
		b.next = now.Add(learnLater)
	} else {
		b.known = known
	}
	b.mu.Unlock()
	for of, r := range known {
		if err := c.cfg.Quota.Learn(ctx, quotaKey(client, of), r.limit, r.left, r.reset); err != nil {
			return err
		}
	}
	return err
}

// due reports whether a reading is, and takes it on.
func (b *budget) due(refused bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.busy || now.Before(b.next) && !(refused && now.Sub(b.last) >= learnAgain) {
		return false
	}
	b.busy = true
	return true
}

func (b *budget) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy = false
}

// refused is how long a refusal for a limit is to be waited out: until the day's
// calls are given anew if there are none, else a short while.
func (c *Channel) refused(ctx context.Context, cl call) time.Duration {
	if cl.api == apiAnalytics {
		return shortPause
	}
	if client, err := c.clientID(ctx); err == nil {
		c.learn(ctx, client, true)
	}
	c.budget.mu.Lock()
	defer c.budget.mu.Unlock()
	if r, ok := c.budget.known[cl.api]; ok && r.left == 0 {
		return max(time.Until(r.reset), shortPause)
	}
	return shortPause
}

// exhausted returns the APIs of which no call is left, with the times when there
// are again.
func (b *budget) exhausted(now time.Time) map[api]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[api]time.Time{}
	for of, r := range b.known {
		if r.left == 0 && now.Before(r.reset) {
			out[of] = r.reset
		}
	}
	return out
}

const pathRateLimits = "/developer/analytics/v1_beta/rate_limit/"

// rateLimits reads the application's limits and what is left of them.
func (c *Channel) rateLimits(ctx context.Context) (map[api]rate, error) {
	cl := get("rate limits", apiAnalytics, "getRateLimits", jobBrowse, pathRateLimits, url.Values{})
	var w rateAnswer
	if err := c.readApp(ctx, cl, &w); err != nil {
		return nil, err
	}
	out := map[api]rate{}
	for _, l := range w.Limits {
		in := strings.ToLower(l.Context)
		name := in + "/" + strings.ToLower(l.Name)
		if in == contextTrading {
			name = contextTrading + "/"
		}
		of, ok := namedAPIs[name]
		if !ok {
			continue
		}
		for _, r := range l.Resources {
			for _, x := range r.Rates {
				// Short windows are told beside the day's, and pass by themselves.
				if x.Window < 12*60*60 || x.Limit < 1 || x.Left < 0 {
					continue
				}
				if had, has := out[of]; !has || x.Left < had.left {
					out[of] = rate{x.Limit, min(x.Left, x.Limit), x.Reset}
				}
			}
		}
	}
	return out, nil
}

type rateAnswer struct {
	Limits []struct {
		Context   string `json:"apiContext"`
		Name      string `json:"apiName"`
		Resources []struct {
			Rates []struct {
				Limit  int64     `json:"limit"`
				Left   int64     `json:"remaining"`
				Reset  time.Time `json:"reset"`
				Window int64     `json:"timeWindow"` // seconds
			} `json:"rates"`
		} `json:"resources"`
	} `json:"rateLimits"`
}

// nextReset is the next midnight of US Pacific time, by which eBay counts days:
// the page "Application Growth Check".
func nextReset(now time.Time) time.Time {
	today := now.UTC().Truncate(24 * time.Hour)
	for hours := 7; ; hours++ { // a midnight is at seven or at eight
		if at := today.Add(time.Duration(hours) * time.Hour); at.After(now) && pacific(at) == -at.Hour() {
			return at
		}
	}
}

// pacific is how many hours US Pacific time is ahead of UTC: daylight time is
// from the second Sunday of March to the first of November, at two o'clock.
func pacific(t time.Time) int {
	y := t.UTC().Year()
	sunday := func(m time.Month, from, hour int) time.Time {
		d := time.Date(y, m, from, hour, 0, 0, 0, time.UTC)
		return d.AddDate(0, 0, (7-int(d.Weekday()))%7)
	}
	if t.Before(sunday(time.March, 8, 10)) || !t.Before(sunday(time.November, 1, 9)) {
		return -8
	}
	return -7
}
