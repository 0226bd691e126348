package ebay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

type accountConfig = ebaytest.Config

// rig is a channel on a fake seller account, in a bubble.
type rig struct {
	*testing.T
	fake *ebaytest.Fake
	ch   *ebay.Channel
	wire *wire

	listed map[string]bool
}

// onAccount runs f in a bubble on a fake account. configure, if any, changes
// the channel's configuration.
func onAccount(t *testing.T, account accountConfig, configure func(*ebay.Config), f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fake: ebaytest.New(account)}
		r.wire = &wire{base: recorded(t, r.fake.Transport())}
		cfg := r.fake.Config()
		cfg.Transport = r.wire
		if configure != nil {
			configure(&cfg)
		}
		r.ch = must(ebay.New(cfg))
		f(r)
		for _, v := range r.fake.Violations() {
			t.Error(v)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

// wire sees and bends what passes.
type wire struct {
	base http.RoundTripper

	mu    sync.Mutex
	sent  []string
	bend  func(req *http.Request, status int, body []byte) (int, []byte)
	reply func(req *http.Request) *http.Response // instead of the account's
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = http.NoBody
		if len(body) > 0 {
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	w.mu.Lock()
	w.sent = append(w.sent, show(req, body))
	bend, reply := w.bend, w.reply
	w.mu.Unlock()
	if reply != nil {
		if resp := reply(req); resp != nil {
			resp.Request = req
			return resp, nil
		}
	}
	resp, err := w.base.RoundTrip(req)
	if err != nil || bend == nil {
		return resp, err
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.StatusCode, got = bend(req, resp.StatusCode, got)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(got)), int64(len(got))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// show is a request as a golden file has it.
func show(req *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", req.Method, req.URL.EscapedPath())
	params := func(q url.Values) {
		for kv := range strings.SplitSeq(q.Encode(), "&") {
			if kv != "" {
				fmt.Fprintf(&b, "    %s\n", kv)
			}
		}
	}
	params(req.URL.Query())
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body))
		params(form)
		return b.String()
	}
	if len(body) > 0 {
		var out bytes.Buffer
		if json.Indent(&out, body, "    ", "  ") == nil {
			fmt.Fprintf(&b, "    %s\n", out.String())
		}
	}
	return b.String()
}

func (w *wire) set(f func(w *wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

// answer is an answer of the test's own.
func answer(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

type (
	newOrder = ebaytest.NewOrder
	newLine  = ebaytest.NewLine
)

// visible lets what happened be found.
func visible() { pass(5 * time.Minute) }

// product adds a listing, unless it is there.
func (r *rig) product(sku string, onHand int64) {
	r.Helper()
	if r.listed[sku] {
		return
	}
	if r.listed == nil {
		r.listed = map[string]bool{}
	}
	r.listed[sku] = true
	must(r.fake.AddProduct(ebaytest.NewProduct{SKU: sku, Price: "10", OnHand: onHand}))
}

func (r *rig) place(n newOrder) string {
	r.Helper()
	return must(r.fake.PlaceOrder(n))
}

// pages walks to the end.
func (r *rig) pages(q channel.OrderQuery) []channel.Page[channel.Order] {
	r.Helper()
	var out []channel.Page[channel.Order]
	for {
		p, err := r.ch.OrderPage(r.Context(), q)
		check(r, err)
		out = append(out, p)
		if q.After = p.Next; p.Next == "" {
			return out
		}
		if len(out) > 1000 {
			r.Fatal("a walk without end")
		}
	}
}

// walk returns the orders of a walk by id.
func (r *rig) walk(q channel.OrderQuery) map[string]channel.Order {
	r.Helper()
	out := map[string]channel.Order{}
	for _, p := range r.pages(q) {
		for _, o := range p.Items {
			out[string(o.ID)] = o
		}
		for _, p := range p.Parked {
			r.Errorf("order %s is parked: %v", p.ID, p.Err)
		}
	}
	return out
}

// order reads an order by id.
func (r *rig) order(id string) channel.Order {
	r.Helper()
	page := must(r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(id)}))
	if len(page.Items) != 1 {
		r.Fatalf("order %s: %d orders, parked %v", id, len(page.Items), page.Parked)
	}
	return page.Items[0]
}

// recent is a time that a walk can begin at.
func recent() time.Time { return time.Now().Add(-24 * time.Hour) }

// taken returns the requests sent since it was asked last.
func (w *wire) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.sent
	w.sent = nil
	return out
}
