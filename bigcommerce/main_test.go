package bigcommerce_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rig is a channel on a fake store, in a bubble.
type rig struct {
	*testing.T
	fake *bigcommercetest.Fake
	ch   *bigcommerce.Channel
	wire *wire
}

// onStore runs f in a bubble on a fake store. configure, if any, changes the
// channel's configuration.
func onStore(t *testing.T, store bigcommercetest.Config, configure func(*bigcommerce.Config), f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fake: bigcommercetest.New(store)}
		r.wire = &wire{base: recorded(t, r.fake.Transport())}
		cfg := r.fake.Config()
		cfg.Transport = r.wire
		if configure != nil {
			configure(&cfg)
		}
		var err error
		if r.ch, err = bigcommerce.New(cfg); err != nil {
			t.Fatal(err)
		}
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

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

// product adds products that are counted, of one variant each.
func (r *rig) product(sku string, onHand int64) bigcommercetest.Product {
	r.Helper()
	return must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: sku, Price: "10", OnHand: onHand}))
}

func (r *rig) place(n bigcommercetest.NewOrder) int {
	r.Helper()
	id, err := r.fake.PlaceOrder(n)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) pages(q channel.OrderQuery) []channel.Page[channel.Order] {
	r.Helper()
	var out []channel.Page[channel.Order]
	for p, err := range channel.OrderPages(r.Context(), r.ch, q) {
		if err != nil {
			r.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// walk returns the orders of a walk by id; an order that repeats fails.
func (r *rig) walk(q channel.OrderQuery) map[channel.OrderID]channel.Order {
	r.Helper()
	out := map[channel.OrderID]channel.Order{}
	for _, p := range r.pages(q) {
		for _, o := range p.Items {
			if _, again := out[o.ID]; again {
				r.Errorf("order %s came twice", o.ID)
			}
			out[o.ID] = o
		}
	}
	return out
}

func (r *rig) order(id int) channel.Order {
	r.Helper()
	o, found := r.walk(channel.OrderQuery{})[oid(id)]
	if !found {
		r.Fatalf("the walk does not bring order %d", id)
	}
	return o
}

func oid(id int) channel.OrderID { return channel.OrderID(strconv.Itoa(id)) }

// listings returns the listings by SKU.
func (r *rig) listings() map[string]channel.Listing {
	r.Helper()
	out := map[string]channel.Listing{}
	for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		out[l.Ref.SKU] = l
	}
	return out
}

// onHand is what a location has of a SKU.
func (r *rig) onHand(sku string, location int) (onHand, available int64) {
	r.Helper()
	for _, q := range r.fake.Quantities() {
		if q.SKU == sku && q.Location == location {
			return q.OnHand, q.AvailableToSell
		}
	}
	r.Fatalf("no SKU %q at location %d", sku, location)
	return 0, 0
}

// wire sees and bends what passes.
type wire struct {
	base http.RoundTripper

	mu    sync.Mutex
	sent  []string
	bend  func(req *http.Request, status int, body []byte) (int, []byte)
	reply func(req *http.Request) *http.Response // instead of the store's
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
		req.Body = io.NopCloser(bytes.NewReader(body))
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
	_, path, _ := strings.Cut(req.URL.Path, "/stores/")
	_, path, _ = strings.Cut(path, "/")
	if path == "" {
		path = strings.TrimPrefix(req.URL.Path, "/")
	}
	fmt.Fprintf(&b, "%s /%s\n", req.Method, path)
	for kv := range strings.SplitSeq(req.URL.Query().Encode(), "&") {
		if kv != "" {
			fmt.Fprintf(&b, "    %s\n", kv)
		}
	}
	if len(body) > 0 {
		var out bytes.Buffer
		if json.Indent(&out, body, "    ", "  ") == nil {
			fmt.Fprintf(&b, "    %s\n", out.String())
		}
	}
	return b.String()
}

// taken returns the requests sent since it was asked last.
func (w *wire) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.sent
	w.sent = nil
	return out
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

// golden compares the requests sent with a golden file.
func (r *rig) golden(name string) {
	r.Helper()
	got := strings.Join(r.wire.taken(), "\n")
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			r.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			r.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.Fatalf("%v: run go test -update and read what it writes", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		r.Errorf("requests (-%s +sent):\n%s", file, diff)
	}
}
