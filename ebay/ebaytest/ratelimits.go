package ebaytest

import (
	"net/http"
	"strings"
	"time"
)

var limitRoutes = []route{
	{
		op: "getRateLimits", api: APIAnalytics, method: http.MethodGet, path: "/rate_limit", scopes: []string{ScopeBase}, app: true,
		query: []string{"api_context", "api_name"}, handle: (*Fake).getRateLimits,
	},
	{
		op: "getUserRateLimits", api: APIAnalytics, method: http.MethodGet, path: "/user_rate_limit",
		scopes: []string{ScopeInventory, ScopeInventoryReadonly, ScopeMarketing, ScopeMarketing + ".readonly"},
		query:  []string{"api_context", "api_name"}, handle: (*Fake).getUserRateLimits,
	},
}

type rateLimitJSON struct {
	APIContext string         `json:"apiContext"`
	APIName    string         `json:"apiName"`
	APIVersion string         `json:"apiVersion"`
	Resources  []resourceJSON `json:"resources"`
}

type resourceJSON struct {
	Name  string     `json:"name"`
	Rates []rateJSON `json:"rates,omitzero"`
}

type rateJSON struct {
	Count      *int64 `json:"count,omitzero"`
	Limit      int64  `json:"limit"`
	Remaining  int64  `json:"remaining"`
	Reset      string `json:"reset"`
	TimeWindow int64  `json:"timeWindow"`
}

// rates tells how much of a limit is left.
func (f *Fake) rates(key string, l Limit, now time.Time) []rateJSON {
	used := f.quota.used(key, l, now)
	var out []rateJSON
	add := func(count, limit int64, reset time.Time, window time.Duration) {
		r := rateJSON{Limit: limit, Remaining: max(limit-count, 0), Reset: stamp(reset), TimeWindow: int64(window.Seconds())}
		if !f.cfg.Believed.NoCount {
			r.Count = &count
		}
		out = append(out, r)
	}
	if l.PerDay > 0 {
		add(used.today, l.PerDay, nextMidnight(now), day)
	}
	if l.Burst > 0 {
		add(used.recent, l.Burst, used.window.Add(l.Window), l.Window)
	}
	return out
}

// filtered keeps the rate limits that were asked for; none left is 204.
func (c *call) filtered(all []rateLimitJSON) answer {
	context, name := c.query.Get("api_context"), c.query.Get("api_name")
	out := []rateLimitJSON{}
	for _, r := range all {
		if (context == "" || strings.EqualFold(context, r.APIContext)) && (name == "" || strings.EqualFold(name, r.APIName)) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return empty(http.StatusNoContent)
	}
	return ok(map[string]any{"rateLimits": out})
}

// getRateLimits tells the application's limits, this call counted.
func (f *Fake) getRateLimits(c *call) answer {
	var all []rateLimitJSON
	for _, id := range sortedKeys(apis) {
		a := apis[id]
		rates := f.rates(counterKey(c.token.app.ClientID, id), f.limit(id), c.now)
		r := rateLimitJSON{a.context, a.name, a.version, nil}
		if id == APITrading && f.cfg.Believed.TradingByCall {
			for _, call := range sortedKeys(tradingCalls) {
				r.Resources = append(r.Resources, resourceJSON{call, rates})
			}
		} else {
			r.Resources = []resourceJSON{{a.context + "." + strings.ToLower(a.name), rates}}
		}
		all = append(all, r)
	}
	return c.filtered(all)
}

// getUserRateLimits tells the limits a seller has by himself.
func (f *Fake) getUserRateLimits(c *call) answer {
	if f.cfg.Believed.CommonQuotaOnly {
		return empty(http.StatusNoContent)
	}
	feed := rateLimitJSON{apis[APIFeed].context, apis[APIFeed].name, apis[APIFeed].version, nil}
	for _, kind := range sortedKeys(feedTypes) {
		feed.Resources = append(feed.Resources, resourceJSON{kind, f.rates(f.sellerKey(c, kind), f.feedLimit(kind), c.now)})
	}
	a := apis[APITrading]
	trading := rateLimitJSON{a.context, a.name, a.version, []resourceJSON{
		{opRevise, f.rates(f.sellerKey(c, opRevise), f.reviseLimit(), c.now)},
	}}
	return c.filtered([]rateLimitJSON{feed, trading})
}

// sellerKey is the counter of what a seller may do by himself.
func (f *Fake) sellerKey(c *call, name string) string {
	return counterKey(c.token.app.ClientID, f.cfg.SellerID+"\x00"+name)
}
