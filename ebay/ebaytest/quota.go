package ebaytest

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limit is how many calls an application may make.
type Limit struct {
	PerDay int64 // 0 is no limit
	// Burst calls are allowed in each Window besides; 0 is no limit.
	Burst  int64
	Window time.Duration
}

// Names of the APIs that are counted by themselves.
const (
	APIFulfillment = "fulfillment"
	APIInventory   = "inventory"
	APIFeed        = "feed"
	APITrading     = "trading"
	APIAnalytics   = "analytics"
	APIIdentity    = "identity"
	APIAccount     = "account"
)

// api is a group of operations.
type api struct {
	base          string // of its addresses
	host          string // the first label of its hosts
	context, name string // as rate limits name it
	version       string
	system        int // its errorId of a failure of its own
}

var apis = map[string]api{
	APIFulfillment: {"/sell/fulfillment/v1", "api", "sell", "Fulfillment", "v1", 30500},
	APIInventory:   {"/sell/inventory/v1", "api", "sell", "Inventory", "v1", 25001},
	APIFeed:        {"/sell/feed/v1", "api", "sell", "Feed", "v1", 160001},
	APITrading:     {"/ws", "api", "tradingapi", "TradingAPI", "v1", 2003},
	APIAnalytics:   {"/developer/analytics/v1_beta", "api", "developer", "Analytics", "v1_beta", 2003},
	APIIdentity:    {"/commerce/identity/v1", "apiz", "commerce", "Identity", "v1", 2003},
	APIAccount:     {"/sell/account/v1", "api", "sell", "Account", "v1", 20500},
}

// Limits returns every default limit, by the name of the API or of the token
// endpoint's grant type. Those of Account and Analytics are from the vendor's
// page "API call limits"; the others are believed.
func Limits() map[string]Limit {
	return map[string]Limit{
		APIFulfillment: {PerDay: 100_000}, APIInventory: {PerDay: 2_000_000}, APIFeed: {PerDay: 100_000}, APITrading: {PerDay: 5_000},
		APIAnalytics: {PerDay: 5_000}, APIIdentity: {PerDay: 5_000}, APIAccount: {PerDay: 25_000},
		grantClient: {PerDay: 1_000}, grantCode: {PerDay: 10_000}, grantRefresh: {PerDay: 50_000},
	}
}

// reviseLimit is how often a seller may call ReviseInventoryStatus, from the
// call's reference page.
func (f *Fake) reviseLimit() Limit { return Limit{Burst: f.scaled(6_000), Window: 15 * time.Second} }

// Counters counts the calls of applications. It is safe for concurrent use.
type Counters struct {
	mu  sync.Mutex
	all map[string]*tally
}

// tally is how much of a limit is used.
type tally struct {
	day    time.Time // its midnight
	today  int64
	window time.Time // when it began
	recent int64
}

// NewCounters returns counters at zero.
func NewCounters() *Counters { return &Counters{all: map[string]*tally{}} }

// at returns the tally of a key, turned to now. The caller holds mu.
func (n *Counters) at(key string, l Limit, now time.Time) *tally {
	t := n.all[key]
	if t == nil {
		t = &tally{}
		n.all[key] = t
	}
	if day := midnight(now); !day.Equal(t.day) {
		t.day, t.today = day, 0
	}
	if l.Window > 0 && now.Sub(t.window) >= l.Window {
		t.window, t.recent = now.Truncate(l.Window), 0
	}
	return t
}

// take counts calls if there is room for them.
func (n *Counters) take(key string, l Limit, calls int64, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.at(key, l, now)
	if l.PerDay > 0 && t.today+calls > l.PerDay || l.Burst > 0 && t.recent+calls > l.Burst {
		return false
	}
	t.today += calls
	t.recent += calls
	return true
}

func (n *Counters) used(key string, l Limit, now time.Time) tally {
	n.mu.Lock()
	defer n.mu.Unlock()
	return *n.at(key, l, now)
}

// midnight is the beginning of a time's day in US Pacific time, by which eBay
// counts, from the vendor's page "Application Growth Check".
func midnight(t time.Time) time.Time {
	local := t.UTC().Add(pacific(t))
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	at := day.Add(-pacific(t))
	return day.Add(-pacific(at)) // the offset of that midnight, on the days it changes
}

// nextMidnight is when the counters begin anew.
func nextMidnight(t time.Time) time.Time { return midnight(midnight(t).Add(26 * time.Hour)) }

// pacific is the offset of US Pacific time: seven hours behind from the second
// Sunday of March to the first of November, at two o'clock, and eight else.
func pacific(t time.Time) time.Duration {
	t = t.UTC()
	sunday := func(m time.Month, nth int) time.Time {
		first := time.Date(t.Year(), m, 1, 0, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(nth-1))
	}
	if t.Before(sunday(time.March, 2).Add(10*time.Hour)) || !t.Before(sunday(time.November, 1).Add(9*time.Hour)) {
		return -8 * time.Hour
	}
	return -7 * time.Hour
}

// limit is the limit in force for an API or grant type.
func (f *Fake) limit(name string) Limit {
	l, named := f.cfg.Limits[name]
	if !named {
		l = Limits()[name]
	}
	l.PerDay, l.Burst = f.scaled(l.PerDay), f.scaled(l.Burst)
	return l
}

func (f *Fake) scaled(n int64) int64 {
	if n == 0 {
		return 0
	}
	return max(int64(float64(n)*f.cfg.Quota), 1)
}

func counterKey(clientID, name string) string { return clientID + "\x00" + name }

// takeQuota counts a call. A call that is refused costs nothing.
func (f *Fake) takeQuota(c *call) (answer, bool) {
	for _, name := range []string{c.op, ""} {
		if f.throttle[name] > 0 {
			f.throttle[name]--
			return f.throttled(c), true
		}
	}
	if f.quota.take(counterKey(c.token.app.ClientID, c.api), f.limit(c.api), 1, c.now) {
		return answer{}, false
	}
	return f.throttled(c), true
}

// throttled refuses a call for its API's limit.
func (f *Fake) throttled(c *call) answer {
	f.throttles[c.op]++
	if c.api == APITrading {
		return tradingRefusal(c, 518, "Call usage limit has been reached.", "Your application has exceeded usage limit on this call, please make call to Developer Analytics API to check your call usage.")
	}
	a := refuse(http.StatusTooManyRequests, 2001)
	if f.cfg.RetryAfter {
		a.header = http.Header{"Retry-After": {strconv.Itoa(int(nextMidnight(c.now).Sub(c.now).Seconds()) + 1)}}
	}
	return a
}

// UseQuota counts n calls of an API of the first application, as its other
// sellers would make them. With more than there are, none is left.
func (f *Fake) UseQuota(name string, n int64) {
	now := f.lock()
	defer f.mu.Unlock()
	l, key := f.limit(name), counterKey(f.cfg.ClientID, name)
	used := f.quota.used(key, l, now)
	if l.PerDay > 0 {
		n = min(n, l.PerDay-used.today)
	}
	if n > 0 {
		f.quota.take(key, Limit{}, n, now)
	}
}

// ThrottleNext refuses the next n calls of op ("" any), whatever its API's limit
// is.
func (f *Fake) ThrottleNext(op string, n int) {
	f.lock()
	defer f.mu.Unlock()
	f.throttle[op] = n
}

// Throttled returns the number of calls refused for a limit.
func (f *Fake) Throttled() int {
	n := 0
	for _, k := range f.ThrottledBy() {
		n += k
	}
	return n
}

// ThrottledBy is Throttled by operation.
func (f *Fake) ThrottledBy() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.throttles)
}
