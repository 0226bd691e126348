package ebaytest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaults(t *testing.T) {
	f := mugShop(t, Config{})
	c := unheld(t, f)
	for _, tc := range []struct {
		kind FaultKind
		lost bool
	}{{DropBefore, true}, {DropAfter, true}} {
		f.Fault(Fault{Op: "getOrders", Kind: tc.kind, Times: 1})
		if _, err := c.send(c.request(http.MethodGet, ordersPath, nil)); (err != nil) != tc.lost {
			t.Errorf("%v: %v", tc.kind, err)
		}
		c.get(ordersPath).want(200)
	}
	f.Fault(Fault{Op: "getOrders", Kind: Truncate, Times: 1})
	if r, err := c.send(c.request(http.MethodGet, ordersPath, nil)); err == nil && json.Valid(r.body) {
		t.Errorf("whole: %s", r.body)
	}
	f.Fault(Fault{Op: "getOrders", Kind: Answer, Status: 200, Body: `{"orders":[{"orderId":"1","surprise":1}]}`})
	c.get(ordersPath).says("surprise")
	f.ClearFaults()
	c.get(ordersPath).saysNot("surprise")
}

// A stalled call gives up when its caller does.
func TestStall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := unheld(t, f)
		f.Fault(Fault{Op: "getOrders", Kind: Stall})
		req := c.request(http.MethodGet, ordersPath, nil)
		done := make(chan error)
		go func() {
			_, err := (&http.Client{Transport: c.rt, Timeout: time.Minute}).Do(req)
			done <- err
		}()
		synctest.Wait()
		if err := <-done; err == nil {
			t.Error("answered")
		}
	})
}

// Each refusal to come has the shape of the API it is in.
func TestFailWith(t *testing.T) {
	f := mugShop(t, Config{RetryAfter: true})
	c, loose := newClient(t, f), unheld(t, f)
	for _, tc := range []struct {
		path       string
		status, id int
	}{
		{ordersPath, 500, 30500},
		{itemsPath, 500, 25001},
		{tasksPath + "?feed_type=" + feedRevise, 500, 160001},
		{ordersPath, 401, 1001},
		{ordersPath, 403, 1100},
		{ordersPath, 429, 2001},
	} {
		f.FailWith("", tc.status, 1)
		c.get(tc.path).refused(tc.status, tc.id)
	}
	for _, status := range []int{502, 503, 504} {
		f.FailWith("getOrders", status, 1)
		if r := loose.get(ordersPath).want(status); !strings.Contains(string(r.body), "<html>") {
			t.Errorf("%s", r.body)
		}
	}
	f.FailWith(OpToken, 503, 1)
	c.form(grantForm()).want(503).says("server_error")
	f.FailWith(OpToken, 429, 1)
	c.form(grantForm()).refused(429, 2001)
	lift := f.FailWith("getOrders", 500, -1)
	c.get(ordersPath).want(500)
	lift()
	c.get(ordersPath).want(200)
	f.ThrottleNext("getOrders", 1)
	if r := c.get(ordersPath).refused(429, 2001); r.header.Get("Retry-After") == "" || f.Throttled() != 1 {
		t.Errorf("%v", r.header)
	}
}

// Answers grow fields without notice, errors too.
func TestSurpriseFields(t *testing.T) {
	f := mugShop(t, Config{VisibilityLag: -1})
	id := must(f.PlaceOrder(mugs(1)))
	c := unheld(t, f)
	f.SurpriseFields(true)
	got := c.get(ordersPath).want(200)
	if got.text("orders.0.orderId") != id || got.text("orders.0.lineItems.0."+surpriseName+".value") != "1" {
		t.Errorf("%s", got.body)
	}
	c.get(ordersPath+"/1").refused(404, 32100).says(surpriseName)
	if list := c.trade("GetMyeBaySelling", "").acks("Success"); !list.path("ActiveList", "ItemArray", "Item").has(surpriseName) {
		t.Errorf("%s", list.text)
	}
	f.SurpriseFields(false)
	c.get(ordersPath).saysNot(surpriseName)
}

// The days' limits are the application's, whoever's calls they are.
func TestQuotasAreTheApplications(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shared := NewCounters()
		cfg := Config{Counters: shared, Limits: map[string]Limit{APIFulfillment: {PerDay: 3}}}
		first, second := New(cfg), New(cfg)
		a, b := newClient(t, first), newClient(t, second)
		a.get(ordersPath).want(200)
		b.get(ordersPath).want(200)
		got := a.application().get(limitsPath + query("api_context", "sell", "api_name", "fulfillment")).want(200)
		if got.text("rateLimits.0.resources.0.rates.0.remaining") != "1" || got.text("rateLimits.0.resources.0.rates.0.count") != "2" {
			t.Errorf("%s", got.body)
		}
		a.get(ordersPath).want(200)
		b.get(ordersPath).refused(429, 2001)
		if n := second.ThrottledBy()["getOrders"]; n != 1 {
			t.Errorf("%d", n)
		}
	})
}

// Days begin at midnight in California, in summer time too, and on the days it
// changes.
func TestDaysArePacific(t *testing.T) {
	for at, want := range map[string]string{
		"2026-01-15T07:59:59Z": "2026-01-15T08:00:00.000Z", "2026-01-15T08:00:00Z": "2026-01-16T08:00:00.000Z",
		"2026-07-15T06:59:59Z": "2026-07-15T07:00:00.000Z", "2026-03-08T09:00:00Z": "2026-03-09T07:00:00.000Z",
		"2026-11-01T08:30:00Z": "2026-11-02T08:00:00.000Z", "2026-10-31T20:00:00Z": "2026-11-01T07:00:00.000Z",
	} {
		if got := stamp(nextMidnight(must(time.Parse(time.RFC3339, at)))); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
}

func TestFaster(t *testing.T) {
	cfg := Config{EffectLag: time.Minute, FeedRun: -1}.Faster(60)
	if cfg.Quota != 60 || cfg.VisibilityLag != 250*time.Millisecond || cfg.EffectLag != time.Second || cfg.FeedRun != -1 || cfg.TokenLifetime != 2*time.Hour {
		t.Errorf("%+v", cfg)
	}
}

// On a socket it answers at one address, and calls are counted by operation.
func TestOnASocket(t *testing.T) {
	f := mugShop(t, Config{})
	server := must(f.Serve(""))
	defer func() { check(t, server.Close()) }()
	c := &client{t, http.DefaultTransport, server.URL, ""}
	c.login()
	c.get(ordersPath).want(200)
	c.get(userPath).want(200)
	c.trade("GeteBayOfficialTime", "").acks("Success")
	task := c.createTask()
	if !strings.HasPrefix(task, server.URL) {
		t.Errorf("%s is elsewhere", task)
	}
	calls := f.Calls()
	if calls["getOrders"] != 1 || calls["GeteBayOfficialTime"] != 1 || calls[OpToken] != 1 || calls["createTask"] != 1 {
		t.Errorf("%v", calls)
	}
}
