package amazontest

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Rate is an operation's plan: tokens a second, and how many can be saved up.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Plans returns every operation's default plan, by the operation's name in the
// models.
func Plans() map[string]Rate {
	out := map[string]Rate{}
	for _, rt := range allRoutes() {
		if rt.plan.Burst > 0 {
			out[rt.op] = rt.plan
		}
	}
	return out
}

// feedTypePlan is the second bucket of createFeed for JSON_LISTINGS_FEED: five
// submissions in five minutes, from the vendor's changelog of 2025-05-06.
var feedTypePlan = Rate{5.0 / 300, 5}

const feedTypeBucket = "createFeed JSON_LISTINGS_FEED"

// bucket is a token bucket.
type bucket struct {
	level float64
	at    time.Time
}

// take takes n tokens if they are there, all or none.
func (b *bucket) take(plan Rate, quota float64, n float64, now time.Time) bool {
	b.refill(plan, quota, now)
	if b.level < n-1e-9 {
		return false
	}
	b.level = max(b.level-n, 0)
	return true
}

func (b *bucket) refill(plan Rate, quota float64, now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.level = min(b.level+d.Seconds()*plan.PerSecond*quota, float64(plan.Burst))
		b.at = now
	}
}

func bucketOf(all map[string]*bucket, op string, plan Rate, now time.Time) *bucket {
	b := all[op]
	if b == nil {
		b = &bucket{level: float64(plan.Burst), at: now}
		all[op] = b
	}
	return b
}

func (f *Fake) plan(op string) Rate {
	if r, named := f.cfg.Rates[op]; named {
		return r
	}
	return f.plans[op]
}

// takeQuota pays for a call. A call that is refused costs nothing.
func (f *Fake) takeQuota(c *call) (answer, bool) {
	op, a := c.route.op, c.token.app
	for _, name := range []string{op, ""} {
		if f.throttle[name] > 0 {
			f.throttle[name]--
			return f.throttled(c), true
		}
	}
	plan := f.plan(op)
	own := bucketOf(a.buckets, op, plan, c.now)
	own.refill(plan, f.cfg.Quota, c.now)
	if wide, shared := f.cfg.AppRates[op]; shared {
		if own.level < 1-1e-9 || !bucketOf(a.appWideBuckets, op, wide, c.now).take(wide, f.cfg.Quota, 1, c.now) {
			return f.throttled(c), true
		}
	}
	if !own.take(plan, f.cfg.Quota, 1, c.now) {
		return f.throttled(c), true
	}
	return answer{}, false
}

// throttled refuses a call for its bucket. There is no Retry-After.
func (f *Fake) throttled(c *call) answer {
	f.throttles[c.route.op]++
	return refuse(http.StatusTooManyRequests, codeQuota, "You exceeded your quota for the requested resource.", "")
}

// rateHeader names the plan of the account and application pair, which the
// models have on these statuses alone.
func (f *Fake) rateHeader(c *call, h http.Header, status int) {
	if c.route == nil || c.token == nil || f.cfg.NoRateHeader || status/100 != 2 && status != http.StatusBadRequest && status != http.StatusNotFound {
		return
	}
	if plan := f.plan(c.route.op); plan.Burst > 0 {
		h.Set("X-Amzn-Ratelimit-Limit", strconv.FormatFloat(plan.PerSecond*f.cfg.Quota, 'g', 6, 64))
	}
}

// UseQuota takes n tokens of an operation of the first application, as another
// program of the same application would. With more than there are, none is
// left.
func (f *Fake) UseQuota(op string, n int) {
	now := f.lock()
	defer f.mu.Unlock()
	plan := f.plan(op)
	b := bucketOf(f.first().buckets, op, plan, now)
	b.refill(plan, f.cfg.Quota, now)
	b.level = max(b.level-float64(n), 0)
}

// ThrottleNext refuses the next n calls of op ("" any), whatever its bucket
// holds.
func (f *Fake) ThrottleNext(op string, n int) {
	f.lock()
	defer f.mu.Unlock()
	f.throttle[op] = n
}

// Throttled returns the number of calls refused for their bucket.
func (f *Fake) Throttled() int {
	n := 0
	for _, k := range f.ThrottledBy() {
		n += k
	}
	return n
}

// ThrottledBy is Throttled by operation.
func (f *Fake) ThrottledBy() map[string]int {
	f.lock()
	defer f.mu.Unlock()
	return maps.Clone(f.throttles)
}
