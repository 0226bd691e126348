package amazontest

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEachOperationHasItsBucket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		list := "/orders/2026-01-01/orders" + query("createdAfter", ago(time.Hour))
		for range 20 {
			if got := c.get(list).want(200).header.Get("X-Amzn-Ratelimit-Limit"); got != "0.0056" {
				t.Fatalf("rate %q", got)
			}
		}
		for range 3 { // refused calls cost nothing
			r := c.get(list).want(http.StatusTooManyRequests)
			if r.text("errors.0.code") != "QuotaExceeded" || r.header.Get("X-Amzn-Ratelimit-Limit") != "" || r.header.Get("X-Amzn-Requestid") == "" {
				t.Fatalf("body %s, header %v", r.body, r.header)
			}
		}
		c.get(order404).want(404) // another bucket
		time.Sleep(178 * time.Second)
		c.get(list).want(429)
		time.Sleep(time.Second) // 1/0.0056 = 178.57 s
		c.get(list).want(200)
		c.get(list).want(429)
		if f.Throttled() != 5 || f.ThrottledBy()["searchOrders"] != 5 {
			t.Errorf("throttled %v", f.ThrottledBy())
		}
		time.Sleep(24 * time.Hour)
		c.login()
		for range 20 {
			c.get(list).want(200)
		}
		c.get(list).want(429)
	})
}

func TestPlansCanDiffer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{Quota: 60, Rates: map[string]Rate{"getOrder": {0.1, 2}}})
		c := newClient(t, f)
		for range 2 {
			if got := c.get(order404).want(404).header.Get("X-Amzn-Ratelimit-Limit"); got != "6" {
				t.Errorf("rate %q", got)
			}
		}
		c.get(order404).want(429)
		time.Sleep(time.Second / 6)
		c.get(order404).want(429)
		time.Sleep(time.Millisecond)
		c.get(order404).want(404)
		if Plans()["searchOrders"] != (Rate{0.0056, 20}) {
			t.Error("no default plan")
		}
	})
}

func TestBucketsAreOfASellerAndAnApplication(t *testing.T) {
	f := New(Config{
		Rates: map[string]Rate{"getOrder": {0.000001, 2}}, AppRates: map[string]Rate{"getOrder": {0.000001, 1}}, NoRateHeader: true,
		Apps: []App{{"app-2", "secret-2", "refresh-2", AllRoles()}},
	})
	c := newClient(t, f)
	if c.get(order404).want(404).header.Get("X-Amzn-Ratelimit-Limit") != "" {
		t.Error("a rate")
	}
	c.get(order404).want(429) // the application's own bucket is empty
	c.token = c.form(url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {"refresh-2"}, "client_id": {"app-2"}, "client_secret": {"secret-2"},
	}).want(200).text("access_token")
	c.get(order404).want(404)
}

func TestAnAccountCanBeFaster(t *testing.T) {
	c := Config{ReportRun: -1, Quota: 2, BoundAge: time.Minute}.Faster(60).withDefaults()
	want := Config{
		Quota: 120, BoundAge: time.Second, VisibilityLag: time.Second, EffectLag: 500 * time.Millisecond, FeedWait: time.Second,
		FeedRun: 2 * time.Second, TokenLifetime: time.Hour,
	}
	got := Config{
		Quota: c.Quota, BoundAge: c.BoundAge, VisibilityLag: c.VisibilityLag, EffectLag: c.EffectLag, FeedWait: c.FeedWait, FeedRun: c.FeedRun,
		ReportRun: c.ReportRun, TokenLifetime: c.TokenLifetime,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c = (Config{}).Faster(1e9); c.BoundAge != time.Millisecond {
		t.Errorf("%v", c.BoundAge)
	}
}

func TestQuotaMoods(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	f.ThrottleNext("getOrder", 1)
	c.get(order404).want(429)
	c.get(order404).want(404)
	f.ThrottleNext("", 1)
	c.get(order404).want(429)
	f.UseQuota("getOrder", 1000)
	c.get(order404).want(429)
	f.ThrottleNext("getOrder", 5)
	f.ClearFaults()
	if len(f.throttle) != 0 {
		t.Error("not cleared")
	}
}
