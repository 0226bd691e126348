package bigcommercetest

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryAnswerCarriesTheRateHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{Quota: 2})
		c := newClient(t, f)
		c.get("/v2/time")
		time.Sleep(10 * time.Second)
		for i, path := range []string{"/v2/time", "/v3/hooks", "/v2/orders/7"} {
			r := c.get(path)
			for k, want := range map[string]string{
				"Time-Window-Ms": "30000", "Time-Reset-Ms": "20000", "Requests-Quota": "300", "Requests-Left": strconv.Itoa(298 - i),
			} {
				if got := r.header.Get("X-Rate-Limit-" + k); got != want {
					t.Errorf("%s: %s is %q, want %q", path, k, got, want)
				}
			}
		}
	})
}

func TestTheQuotaRefusesAndRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{Quota: 0.02}) // three calls
		c := newClient(t, f)
		for range 3 {
			c.get("/v2/time").want(200)
		}
		time.Sleep(10 * time.Second)
		r := c.get("/v2/time").want(429)
		if r.header.Get("X-Retry-After") != "20" || r.header.Get("X-Rate-Limit-Time-Reset-Ms") != "20000" || r.header.Get("X-Rate-Limit-Requests-Left") != "0" {
			t.Errorf("headers %v", r.header)
		}
		if r.text("0.status") != "429" || f.Throttled() != 1 {
			t.Errorf("body %s, throttled %d", r.body, f.Throttled())
		}
		time.Sleep(20 * time.Second)
		c.get("/v2/time").want(200)
	})
}

func TestOtherAppsSpendTheSameQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{OtherApps: 60})
		c := newClient(t, f)
		c.get("/v2/time")
		time.Sleep(10 * time.Second)
		if got := c.get("/v2/time").header.Get("X-Rate-Limit-Requests-Left"); got != "128" {
			t.Errorf("left %s, want 128: 150 less 2 of ours and 20 of theirs", got)
		}
		f.UseQuota(128)
		c.get("/v2/time").want(429)
	})
}

func TestThrottleStyles(t *testing.T) {
	for _, tc := range []struct {
		name   string
		style  ThrottleStyle
		status int
		reset  string
		retry  string
		left   string
		empty  bool
	}{
		{"both headers", ThrottleStyle{}, 429, "30000", "30", "0", false},
		{"only Reset-Ms", ThrottleStyle{NoRetryAfter: true}, 429, "30000", "", "0", false},
		{"only X-Retry-After", ThrottleStyle{NoReset: true}, 429, "", "30", "", false},
		{"no header", ThrottleStyle{NoReset: true, NoRetryAfter: true}, 429, "", "", "", false},
		{"empty body", ThrottleStyle{EmptyBody: true}, 429, "30000", "30", "0", true},
		{"some left", ThrottleStyle{Left: 35}, 429, "30000", "30", "35", false},
		{"headers that disagree", ThrottleStyle{ResetAfter: 2 * time.Second, RetryAfter: 9 * time.Second}, 429, "2000", "9", "0", false},
		{"500 in its place", ThrottleStyle{Status: 500}, 500, "30000", "30", "0", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New(Config{})
				c := newClient(t, f)
				f.ThrottleNext(1, tc.style)
				r := c.get("/v2/orders").want(tc.status)
				if r.header.Get("X-Rate-Limit-Time-Reset-Ms") != tc.reset || r.header.Get("X-Retry-After") != tc.retry ||
					r.header.Get("X-Rate-Limit-Requests-Left") != tc.left || (len(r.body) == 0) != tc.empty {
					t.Errorf("headers %v, body %s", r.header, r.body)
				}
				c.get("/v2/orders").want(204)
			})
		})
	}
}

func TestAConfiguredStyleDressesNaturalRefusals(t *testing.T) {
	f := New(Config{Quota: 0.001, Throttle: ThrottleStyle{NoReset: true, NoRetryAfter: true, StandardRetryAfter: true}})
	c := newClient(t, f)
	c.get("/v2/time").want(200)
	if r := c.get("/v3/hooks").want(429); r.header.Get("Retry-After") == "" || r.header.Get("X-Retry-After") != "" || r.text("title") == "" {
		t.Errorf("headers %v, body %s", r.header, r.body)
	}
}
