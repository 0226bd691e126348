package shopifytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// app is a client of a fake: the plainest one that can be written.
type app struct {
	t       *testing.T
	rt      http.RoundTripper
	shop    string
	token   string
	version string
	headers map[string]string
}

// bubble runs a test inside a bubble whose clock starts in 2026.
func bubble(t *testing.T, cfg Config, do func(f *Fake, a *app)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)))
		f := New(cfg)
		do(f, newApp(t, f))
	})
}

func newApp(t *testing.T, f *Fake) *app {
	t.Helper()
	return &app{t: t, rt: f.Transport(), shop: f.Shop(), token: "shpat_fake", version: Version}
}

type reply struct {
	Status     int
	Header     http.Header
	Raw        []byte
	Data       map[string]any   `json:"data"`
	Errors     []map[string]any `json:"-"`
	Extensions struct {
		Cost struct {
			RequestedQueryCost float64
			ActualQueryCost    *float64
			ThrottleStatus     struct{ MaximumAvailable, CurrentlyAvailable, RestoreRate float64 }
			Fields             []any
		}
		Search []map[string]any
	} `json:"extensions"`
	Err error
}

// send posts a body to a path.
func (a *app) send(method, path, contentType, body string) *reply {
	a.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "https://"+a.shop+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if a.token != "" {
		req.Header.Set("X-Shopify-Access-Token", a.token)
	}
	for k, v := range a.headers {
		req.Header.Set(k, v)
	}
	return a.roundTrip(req)
}

func (a *app) roundTrip(req *http.Request) *reply {
	resp, err := a.rt.RoundTrip(req)
	if err != nil {
		return &reply{Err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	r := &reply{Status: resp.StatusCode, Header: resp.Header, Raw: raw, Err: err}
	_ = json.Unmarshal(raw, r)
	var e struct{ Errors []map[string]any }
	_ = json.Unmarshal(raw, &e)
	r.Errors = e.Errors
	return r
}

// try runs an operation, whatever comes of it.
func (a *app) try(query string, vars map[string]any) *reply {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.send(http.MethodPost, "/admin/api/"+a.version+"/graphql.json", "application/json", string(body))
}

// run runs an operation that must succeed without an error.
func (a *app) run(query string, vars map[string]any) *reply {
	a.t.Helper()
	r := a.try(query, vars)
	if r.Err != nil || r.Status != http.StatusOK || len(r.Errors) > 0 {
		a.t.Fatalf("status %d, err %v, body %s", r.Status, r.Err, r.Raw)
	}
	return r
}

// at walks into a decoded answer: keys and indexes separated by dots.
func (r *reply) at(path string) any {
	var v any = r.Data
	for p := range strings.SplitSeq(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[p]
		case []any:
			var i int
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(w) {
				return nil
			}
			v = w[i]
		default:
			return nil
		}
	}
	return v
}

func (r *reply) str(path string) string {
	s, _ := r.at(path).(string)
	return s
}

func (r *reply) num(path string) int {
	n, _ := r.at(path).(float64)
	return int(n)
}

func (r *reply) list(path string) []any {
	l, _ := r.at(path).([]any)
	return l
}

// code is the code of the first top-level error.
func (r *reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	ext, _ := r.Errors[0]["extensions"].(map[string]any)
	s, _ := ext["code"].(string)
	return s
}

func (r *reply) message() string {
	if len(r.Errors) == 0 {
		return ""
	}
	s, _ := r.Errors[0]["message"].(string)
	return s
}

// userErrors writes the user errors of a mutation as code|field.path|message.
func (r *reply) userErrors(mutation string) []string {
	var out []string
	for _, e := range r.list(mutation + ".userErrors") {
		m := e.(map[string]any)
		code, _ := m["code"].(string)
		var field []string
		if l, ok := m["field"].([]any); ok {
			for _, p := range l {
				field = append(field, p.(string))
			}
		}
		out = append(out, fmt.Sprintf("%s|%s|%s", code, strings.Join(field, "."), m["message"]))
	}
	return out
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// must unwraps a call that cannot fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mug puts one simple product on sale.
func mug(f *Fake, sku string, n int) Product {
	return must(f.AddProduct(Product{Title: "Mug", Variants: []Variant{{SKU: sku, Price: "12.50", Available: n}}}))
}

// settled lets searches see what happened.
func settled() { time.Sleep(5 * time.Second) }
