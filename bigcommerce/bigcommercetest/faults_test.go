package bigcommercetest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryDocumentedStatusCanBeAnswered(t *testing.T) {
	f := New(Config{})
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	c := newClient(t, f)
	for _, status := range []int{
		301, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 423, 429, 499, 500, 501, 502, 503, 504, 505, 507, 451, 511,
	} {
		f.FailWith("", status, 2)
		if r := c.get("/v2/orders").want(status); r.text("0.message") == "" || status == 301 && r.header.Get("Location") == "" {
			t.Errorf("V2 %d: %s", status, r.body)
		}
		if r := c.get("/v3/hooks").want(status); r.text("title") == "" {
			t.Errorf("V3 %d: %s", status, r.body)
		}
		c.get("/v2/orders").want(200)
	}
}

func TestFailuresMatchAnOperationAndAreLifted(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	lift := f.FailWith("GET /v2/orders/{id}", 423, -1)
	c.get("/v2/orders").want(204)
	c.get("/v2/orders/1").want(423)
	c.get("/v2/orders/2").want(423)
	lift()
	c.get("/v2/orders/1").want(404)
	f.FailWith("", 500, -1)
	f.Fault(Fault{Kind: DropBefore, Times: -1})
	f.ClearFaults()
	c.get("/v2/orders").want(204)
}

func TestASuspendedStoreIs503UntilItResumes(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	f.Suspend()
	c.get("/v2/orders").want(503)
	c.get("/v3/hooks").want(503)
	f.Resume()
	c.get("/v3/hooks").want(200)
}

func TestConnectionFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f.Fault(Fault{Op: "GET /v2/time", Kind: Stall})
		if _, err := c.send(c.request(http.MethodGet, "/v2/time", nil).WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stall: %v", err)
		}
		f.Fault(Fault{Kind: Truncate})
		if _, err := c.send(c.request(http.MethodGet, "/v2/time", nil)); err == nil {
			t.Error("truncate: no error")
		}
		f.Fault(Fault{Kind: Answer, Status: 502, Body: "<html>"})
		if r := c.get("/v2/time"); r.status != 502 || string(r.body) != "<html>" {
			t.Errorf("answer: %d %s", r.status, r.body)
		}
	})
}

func TestCallsAreCounted(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	c.get("/v2/orders?page=2")
	c.get("/v2/orders/count")
	c.get("/v2/orders/7/products/8")
	f.Fault(Fault{Kind: DropBefore})
	_, _ = c.send(c.request(http.MethodGet, "/v2/orders", nil))
	calls := f.Calls()
	if calls["GET /v2/orders"] != 2 || calls["GET /v2/orders/count"] != 1 || calls["GET /v2/orders/{id}/products/{id}"] != 1 {
		t.Errorf("calls %v", calls)
	}
}

func TestUnknownParametersAreViolations(t *testing.T) {
	f := New(Config{})
	newClient(t, f).get("/v3/catalog/variants?sku:in=A")
	if v := f.Violations(); !slices.Equal(v, []string{`GET /v3/catalog/variants: unknown query parameter "sku:in"`}) {
		t.Errorf("violations %q", v)
	}
}

func TestTheFakeServesASocket(t *testing.T) {
	f := New(Config{})
	s, err := f.Serve("")
	check(t, err)
	defer func() { _ = s.Close() }()
	c := &client{t, http.DefaultTransport, s.URL + "/stores/" + DefaultStoreHash, DefaultToken}
	if r := c.get("/v2/store").want(200); r.text("id") != DefaultStoreHash || r.text("plan_level") != "Standard" {
		t.Errorf("store %s", r.body)
	}
	c.get("/v2/orders").want(204)
}

func TestTimeIsTheStores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		for offset, want := range map[time.Duration]string{0: "946688400", 2 * time.Second: "946688402"} {
			r := newClient(t, New(Config{ClockOffset: offset})).get("/v2/time")
			date, err := http.ParseTime(r.header.Get("Date"))
			if got := r.text("time"); got != want || err != nil || date.Unix() != 946688400+int64(offset.Seconds()) {
				t.Errorf("time %s, date %v, want %s", got, date, want)
			}
		}
	})
}
