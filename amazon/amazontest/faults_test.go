package amazontest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestThePlatformFails(t *testing.T) {
	f := mugShop(t, Config{Rates: map[string]Rate{"getOrder": {1, 1000}}})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(1)))
	for status, code := range map[int]string{500: "InternalFailure", 503: "ServiceUnavailable", 429: "QuotaExceeded", 403: "Unauthorized", 404: "NOT_FOUND", 400: "InvalidInput", 413: "RequestTooLarge", 415: "UnsupportedMediaType"} {
		f.FailWith("getOrder", status, 1)
		if r := c.get(ordersPath + "/" + id).want(status); r.text("errors.0.code") != code {
			t.Errorf("%d: %s", status, r.body)
		}
		c.get(ordersPath + "/" + id).want(200)
	}
	lift := f.FailWith("", 500, -1)
	for range 3 {
		c.get(ordersPath + "/" + id).want(500)
		c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 1)).want(500)
	}
	c.login() // not the token endpoint
	lift()
	c.get(ordersPath + "/" + id).want(200)
	f.FailWith(OpToken, 503, 1)
	c.form(grantForm()).want(503).says("server_error")
	f.FailWith("", 500, -1)
	f.ClearFaults()
	c.get(ordersPath + "/" + id).want(200)
	f.FailWith(OpUpload, 503, 1)
	r := c.do(http.MethodPost, feedDocsPath, object{"contentType": feedType}).want(201)
	c.storageCall(http.MethodPut, r.text("url"), feedType, []byte("{}")).want(503).says("<Error>")
	f.FailWith("getOrder", 502, 1)
	unheld(t, f).get(ordersPath + "/" + id).want(502).says("Bad Gateway")
	if n := len(f.Writes()); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestTheConnectionFails(t *testing.T) {
	for _, tc := range []struct {
		name    string
		kind    FaultKind
		effect  bool
		answers bool
	}{
		{"before", DropBefore, false, false},
		{"after", DropAfter, true, false},
		{"truncated", Truncate, true, true},
		{"slow body", StallBody, true, true},
		{"stalled", Stall, false, false},
		{"stalled after", StallAfter, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := mugShop(t, Config{EffectLag: -1})
				c := unheld(t, f)
				lift := f.Fault(Fault{Op: "patchListingsItem", Kind: tc.kind})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				resp, err := c.rt.RoundTrip(c.request(http.MethodPatch, listingPath("MUG"), quantity("merge", 3)).WithContext(ctx))
				if (err == nil) != tc.answers {
					t.Fatalf("error %v", err)
				}
				if err == nil {
					b, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if err == nil || json.Valid(b) {
						t.Errorf("a whole answer: %q", b)
					}
				} else if tc.kind == Stall && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				time.Sleep(time.Second)
				want := int64(10)
				if tc.effect {
					want = 3
				}
				available(t, f, "MUG", want)
				lift()
				c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 4)).want(200)
			})
		})
	}
}

func TestCallsTakeTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{Latency: time.Second})
		c := newClient(t, f)
		start := time.Now()
		f.Fault(Fault{Op: "getOrder", Kind: Delay, Delay: time.Second})
		c.get(order404).want(404)
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("took %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := unheldAt(t, f, c.token).rt.RoundTrip(c.request(http.MethodGet, order404, nil).WithContext(ctx)); err == nil {
			t.Error("an answer in no time")
		}
	})
}

func unheldAt(t *testing.T, f *Fake, token string) *client {
	t.Helper()
	return &client{t, f.Transport(), apiHost, token}
}

func TestCallsAreCounted(t *testing.T) {
	f := mugShop(t, Config{})
	c := unheld(t, f)
	c.get(order404)
	c.get("/nowhere")
	f.Fault(Fault{Op: "getOrder", Kind: DropBefore})
	_, _ = c.send(c.request(http.MethodGet, order404, nil))
	got := f.Calls()
	if got["getOrder"] != 2 || got[OpToken] != 1 || got["GET /nowhere"] != 1 || len(got) != 3 {
		t.Errorf("calls %v", got)
	}
}
