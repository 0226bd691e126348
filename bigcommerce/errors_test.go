package bigcommerce_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// Every row of BigCommerce's status table, for a read and for a write.
func TestStatusesHaveClasses(t *testing.T) {
	tests := []struct {
		status      int
		read, write error
	}{
		{301, channel.ErrInvalid, channel.ErrInvalid},
		{302, channel.ErrInvalid, channel.ErrInvalid},
		{400, channel.ErrInvalid, channel.ErrInvalid},
		{401, channel.ErrUnauthorized, channel.ErrUnauthorized},
		{403, channel.ErrForbidden, channel.ErrForbidden},
		{404, channel.ErrNotFound, channel.ErrNotFound},
		{405, channel.ErrInvalid, channel.ErrInvalid},
		{406, channel.ErrInvalid, channel.ErrInvalid},
		{409, channel.ErrConflict, channel.ErrConflict},
		{413, channel.ErrInvalid, channel.ErrInvalid},
		{415, channel.ErrInvalid, channel.ErrInvalid},
		{422, channel.ErrInvalid, channel.ErrInvalid},
		{423, channel.ErrUnavailable, channel.ErrUnavailable},
		{429, channel.ErrThrottled, channel.ErrThrottled},
		{451, channel.ErrInvalid, channel.ErrInvalid}, // not documented
		{499, channel.ErrUnavailable, channel.ErrUnsure},
		{500, channel.ErrUnavailable, channel.ErrUnsure},
		{501, channel.ErrInvalid, channel.ErrInvalid},
		{502, channel.ErrUnavailable, channel.ErrUnsure},
		{503, channel.ErrUnavailable, channel.ErrUnsure}, // maintenance
		{504, channel.ErrUnavailable, channel.ErrUnsure},
		{505, channel.ErrInvalid, channel.ErrInvalid},
		{507, channel.ErrForbidden, channel.ErrForbidden},
		{520, channel.ErrUnavailable, channel.ErrUnsure}, // not documented
	}
	for _, tt := range tests {
		onStore(t, storeConfig{Quota: 10}, nil, func(r *rig) {
			o := r.order(r.place(newOrder{Lines: lines(1)}))
			fail := func(op string) (lift func()) {
				if tt.status == http.StatusUnauthorized { // of V3's shape everywhere
					return r.fake.Fault(bigcommercetest.Fault{
						Kind: bigcommercetest.Answer, Status: tt.status, Op: op, Times: -1, Body: `{"status":401,"title":"no","type":"t","errors":{}}`,
					})
				}
				return r.fake.FailWith(op, tt.status, -1)
			}
			lift := fail("GET /v2/orders")
			_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
			lift()
			if channel.Class(err) != tt.read { //nolint:errorlint // the class itself is asked for
				t.Errorf("%d to a read: %v, want %v", tt.status, err, tt.read)
			}
			pass(time.Minute) // a throttled lane rests
			lift = fail("POST /v2/orders/{id}/shipments")
			_, err = r.ch.Ship(r.Context(), parcel(o, "1Z"))
			lift()
			if channel.Class(err) != tt.write { //nolint:errorlint // the class itself is asked for
				t.Errorf("%d to a write: %v, want %v", tt.status, err, tt.write)
			}
		})
	}
}

func TestSuspendedStoreIsToldFromMaintenance(t *testing.T) {
	for body, want := range map[string]error{
		`{"status":503,"title":"Service Unavailable"}`: channel.ErrUnavailable,
		``:                                       channel.ErrUnavailable,
		`<html>We'll be back</html>`:             channel.ErrUnavailable,
		`{"title":"This store is suspended"}`:    channel.ErrSuspended,
		`{"error":"Billing: the plan expired."}`: channel.ErrSuspended,
		`[{"status":503,"message":"This store is currently unavailable."}]`: channel.ErrSuspended,
	} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			r.fake.Fault(bigcommercetest.Fault{Kind: bigcommercetest.Answer, Status: 503, Times: -1, Body: body})
			if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", body, err, want)
			}
		})
	}
}

func TestErrorBodies(t *testing.T) {
	for body, want := range map[string]string{
		`[{"status":404,"message":"The field 'x' is bad."}]`:                                                   "400: The field 'x' is bad.",
		`[{"status":400,"message":"First","details":{"invalid_reason":"why"}},{"status":400,"message":"Two"}]`: "First why; Two",
		`{"status":422,"title":"Title","type":"t","errors":{"b":"bad b","a":"bad a"}}`:                         "Title; a: bad a; b: bad b",
		`{"status":422,"title":"Title","errors":["one"]}`:                                                      "Title; 0: one",
		`{"status":422,"title":"Title","errors":{}}`:                                                           "Title",
		`{"batch_errors":[{"status":422,"title":"Batch","errors":{"id":"gone"}}]}`:                             "Batch; id: gone",
		`{"error":"legacy"}`:             "legacy",
		`{"title":`:                      "error could not be read",
		`[1]`:                            "error could not be read",
		`<!DOCTYPE html><html>x</html>`:  "answer is a web page",
		"\x1f\x8b\x08garbage":            "answer is not JSON",
		``:                               "Bad Request",
		`{"title":"of ada@example.com"}`: "of",
	} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			r.wire.Set(func(w *wire) {
				w.Reply = func(*http.Request) *http.Response {
					resp := answer(400, "text/html", body)
					resp.Header.Set("X-Request-Id", "req-1")
					return resp
				}
			})
			_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			var e *channel.Error
			if !errors.As(err, &e) || e.Code != "400" || e.RequestID != "req-1" || e.Op == "" || e.Channel != r.ch.ID() ||
				!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ada@") {
				t.Errorf("%q: %v, want %q", body, err, want)
			}
		})
	}
}

func TestGarbledAnswers(t *testing.T) {
	for _, body := range []string{"<html>", "nonsense", `{"data":`, `"text"`, `[{"id":1},`} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			r.product("MUG", 5)
			l := r.listings()
			o := r.order(r.place(newOrder{Lines: lines(1)}))
			r.wire.Set(func(w *wire) {
				w.Reply = func(*http.Request) *http.Response { return answer(200, "text/html", body) }
			})
			_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
			_, err2 := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			_, err3 := r.ch.StockPage(r.Context(), channel.StockQuery{})
			_, err4 := r.ch.OrdersByID(r.Context(), []channel.OrderID{o.ID})
			_, err5 := r.ch.Probe(r.Context())
			_, err6 := r.ch.SetStock(r.Context(), []channel.StockLevel{level(l["MUG"], 1, -1)})
			for i, err := range []error{err, err2, err3, err5, err6} {
				if !errors.Is(err, channel.ErrUnavailable) {
					t.Errorf("%q to read %d: %v", body, i, err)
				}
			}
			if channel.Class(err4) == nil && err4 != nil {
				t.Errorf("%q by id: %v", body, err4)
			}
			// A shipment's answer that says nothing is looked behind.
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					if req.Method == http.MethodPost {
						return answer(201, "text/html", body)
					}
					return nil
				}
			})
			if _, err := r.ch.Ship(r.Context(), parcel(o, "1Z")); !errors.Is(err, channel.ErrUnsure) {
				t.Errorf("%q to a shipment: %v", body, err)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	tests := []struct {
		what  string
		style bigcommercetest.ThrottleStyle
		least time.Duration
	}{
		{"both, milliseconds longer", bigcommercetest.ThrottleStyle{ResetAfter: 40 * time.Second, RetryAfter: 9 * time.Second}, 40 * time.Second},
		{"both, seconds longer", bigcommercetest.ThrottleStyle{ResetAfter: 9 * time.Second, RetryAfter: 40 * time.Second}, 40 * time.Second},
		{"reset alone", bigcommercetest.ThrottleStyle{ResetAfter: 40 * time.Second, NoRetryAfter: true}, 40 * time.Second},
		{"seconds alone", bigcommercetest.ThrottleStyle{RetryAfter: 40 * time.Second, NoReset: true}, 40 * time.Second},
		{"standard header", bigcommercetest.ThrottleStyle{RetryAfter: 40 * time.Second, NoReset: true, NoRetryAfter: true, StandardRetryAfter: true}, 40 * time.Second},
		{"neither, no body", bigcommercetest.ThrottleStyle{NoReset: true, NoRetryAfter: true, EmptyBody: true}, 0},
		{"left above zero", bigcommercetest.ThrottleStyle{ResetAfter: 40 * time.Second, Left: 35}, 40 * time.Second},
		{"a 500 in its place", bigcommercetest.ThrottleStyle{RetryAfter: 40 * time.Second, Status: 500}, 40 * time.Second},
	}
	for _, tt := range tests {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			r.fake.ThrottleNext(100, tt.style)
			_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
			if wait := channel.RetryAfter(err); !errors.Is(err, channel.ErrThrottled) || wait < tt.least || wait > time.Minute {
				t.Errorf("%s: %v", tt.what, err)
			}
		})
	}
}

// A refusal that says how long it lasts silences the channel for as long, not
// for what is left of the window.
func TestShortRefusalIsSoonOver(t *testing.T) {
	for name, style := range map[string]bigcommercetest.ThrottleStyle{
		"seconds alone":        {RetryAfter: time.Second, NoReset: true},
		"without a body":       {RetryAfter: time.Second, NoReset: true, EmptyBody: true},
		"milliseconds alone":   {ResetAfter: 900 * time.Millisecond, NoRetryAfter: true},
		"some left":            {ResetAfter: 300 * time.Millisecond, RetryAfter: time.Second, Left: 35},
		"the headers disagree": {ResetAfter: time.Second, RetryAfter: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			onStore(t, storeConfig{}, nil, func(r *rig) {
				read := func() { must(r.ch.OrderPage(r.Context(), channel.OrderQuery{})) }
				read() // the window of 30 s begins
				pass(2 * time.Second)
				r.fake.ThrottleNext(1, style)
				began := time.Now()
				for range 60 {
					read()
				}
				if d := time.Since(began); d < 900*time.Millisecond || d > 2500*time.Millisecond {
					t.Errorf("60 calls took %s", d)
				}
				if n := r.fake.Throttled(); n != 1 {
					t.Errorf("refused %d times", n)
				}
			})
		})
	}
}

func TestQuotaSharedWithOtherApps(t *testing.T) {
	onStore(t, storeConfig{OtherApps: 100}, nil, func(r *rig) {
		for range 30 {
			r.place(newOrder{Lines: lines(1)})
		}
		began := time.Now()
		for range 12 {
			q := channel.OrderQuery{Limit: 1}
			for {
				p, err := r.ch.OrderPage(r.Context(), q)
				if wait := channel.RetryAfter(err); errors.Is(err, channel.ErrThrottled) && wait > 0 {
					pass(wait)
					continue
				}
				check(t, err)
				if p.Next == "" {
					break
				}
				q.After = p.Next
			}
		}
		if n := r.fake.Throttled(); n > 6 {
			t.Errorf("refused %d times in %s", n, time.Since(began))
		}
	})
}
