package shopify_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// wire is a transport that remembers what went over it.
type wire struct {
	base http.RoundTripper

	mu     sync.Mutex
	calls  []wireCall
	dear   map[string]string   // operations that cost something else than was predicted
	before func(call wireCall) // runs before a call is handed on
}

type wireCall struct {
	Name  string         `json:"operationName"`
	Query string         `json:"query"`
	Vars  jsontext.Value `json:"variables"`
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	var c wireCall
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	before := w.before
	w.mu.Unlock()
	if before != nil {
		before(c)
	}
	resp, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	w.costs(req, c, resp)
	return resp, nil
}

// costs notes a call that costs something else than was predicted.
func (w *wire) costs(req *http.Request, c wireCall, resp *http.Response) {
	body, err := io.ReadAll(resp.Body)
	resp.Body = &readBody{bytes.NewReader(body), err}
	var a shopify.Answer
	predicted, ok := transport.CallFrom(req.Context())
	if !ok || json.Unmarshal(body, &a) != nil || a.Extensions.Cost == nil || a.Extensions.Cost.Requested == predicted.Cost {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dear == nil {
		w.dear = map[string]string{}
	}
	w.dear[c.Name] = fmt.Sprintf("predicted %v, asked %v", predicted.Cost, a.Extensions.Cost.Requested)
}

// readBody is a body read before, which ends as it ended then.
type readBody struct {
	*bytes.Reader
	err error
}

func (r *readBody) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) && r.err != nil {
		err = r.err
	}
	return n, err
}

func (*readBody) Close() error { return nil }

// named returns the calls of one operation so far.
func (w *wire) named(name string) (calls []wireCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c.Name == name {
			calls = append(calls, c)
		}
	}
	return calls
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// once runs f before the next call of an operation.
func (w *wire) once(name string, f func()) {
	var done sync.Once
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = func(c wireCall) {
		if c.Name == name {
			done.Do(f)
		}
	}
}

// keys are the parts of a call that differ from run to run.
var keys = regexp.MustCompile(`[A-Z2-7]{26}`)

// golden compares the calls so far with testdata/name.golden.
func (w *wire) golden(t *testing.T, name string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, c := range w.calls {
		vars := c.Vars.Clone()
		if len(vars) > 0 {
			if err := vars.Indent(); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&b, "%s\n%s\n\n", c.Query, keys.ReplaceAllString(string(vars), "KEY"))
	}
	adaptertest.Golden(t, name, b.String())
}

// onWire is onShop with a look at what is sent. Beside its own business every
// test sees that each call cost what was predicted and held to the schema.
func onWire(t *testing.T, shop shopifytest.Config, f func(r rig, w *wire)) {
	t.Helper()
	w := &wire{}
	onShop(t, shop, func(c *shopify.Config) { w.base, c.Transport = c.Transport, w }, func(r rig) {
		f(r, w)
		if s := r.fake.Stats(); s.Invalid > 0 || s.TooDear > 0 {
			r.Errorf("%d calls do not hold to the schema, %d are too dear", s.Invalid, s.TooDear)
		}
		for name, what := range w.dear {
			r.Errorf("cost of %s: %s", name, what)
		}
		if d := r.fake.Deprecated(); len(d) > 0 {
			r.Errorf("deprecated: %v", d)
		}
	})
}

// wantClass checks an error's class and that it says each of the texts.
func wantClass(t *testing.T, err, class error, texts ...string) {
	t.Helper()
	if !errors.Is(err, class) || !errors.Is(channel.Class(err), class) {
		t.Errorf("err = %v, want %v", err, class)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("err = %v, want it to say %q", err, text)
		}
	}
}

// wait lets time pass in the bubble.
func (r rig) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
