package ebaytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
)

const (
	apiHost  = "https://api.ebay.com"
	apizHost = "https://apiz.ebay.com"
)

// reply is an answer of the fake.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// client calls a fake with a token.
type client struct {
	t     *testing.T
	rt    http.RoundTripper
	root  string
	token string
}

// newClient returns a client with a token whose every exchange is held to the
// published specifications; wrong requests may be sent where the fake refuses
// them.
func newClient(t *testing.T, f *Fake) *client {
	t.Helper()
	var undocumented []string
	rec := spectest.EBay(t, documented{f, f.Transport(), published(t), &undocumented})
	rec.RefusalsJudgeRequests = true
	t.Cleanup(func() {
		rec.Report(t)
		for _, what := range undocumented {
			t.Errorf("%s: the specification has no such error there", what)
		}
	})
	c := &client{t, rec, apiHost, ""}
	c.login()
	return c
}

// unheld returns a client that nothing holds to the specifications.
func unheld(t *testing.T, f *Fake) *client {
	t.Helper()
	c := &client{t, f.Transport(), apiHost, ""}
	c.login()
	return c
}

func (c *client) form(v url.Values) reply {
	c.t.Helper()
	req := c.request(http.MethodPost, tokenPath, v.Encode())
	req.SetBasicAuth(DefaultClientID, DefaultClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return must(c.send(req))
}

func grantForm() url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {DefaultRefreshToken}}
}

func (c *client) login() {
	c.t.Helper()
	c.token = c.form(grantForm()).want(http.StatusOK).text("access_token")
}

// application returns a client with a token of the application's own.
func (c *client) application() *client {
	c.t.Helper()
	other := *c
	other.token = c.form(url.Values{"grant_type": {"client_credentials"}, "scope": {ScopeBase}}).want(http.StatusOK).text("access_token")
	return &other
}

func (c *client) request(method, path string, body any) *http.Request {
	c.t.Helper()
	root := c.root
	if strings.HasPrefix(path, "http") {
		root = ""
	}
	req := adaptertest.NewRequest(c.t, method, root+path, body)
	req.Header.Set("Accept-Language", "en-US")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil || method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (c *client) send(req *http.Request) (reply, error) {
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return reply{c.t, resp.StatusCode, resp.Header, b}, err
}

func (c *client) do(method, path string, body any) reply {
	c.t.Helper()
	r, err := c.send(c.request(method, path, body))
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (c *client) get(path string) reply {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil)
}

// want fails the test unless the answer has the status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d; body %s", r.status, status, r.body)
	}
	return r
}

// says fails the test unless the answer's body holds the text.
func (r reply) says(text string) reply {
	r.t.Helper()
	if !strings.Contains(string(r.body), text) {
		r.t.Fatalf("no %q in %s", text, r.body)
	}
	return r
}

func (r reply) saysNot(text string) reply {
	r.t.Helper()
	if strings.Contains(string(r.body), text) {
		r.t.Fatalf("%q in %s", text, r.body)
	}
	return r
}

// at returns the value at a path like "orders.0.orderId" of the answer's JSON,
// nil where there is none.
func (r reply) at(path string) any {
	r.t.Helper()
	v, _ := adaptertest.At(r.t, r.body, path)
	return v
}

func (r reply) text(path string) string {
	r.t.Helper()
	return adaptertest.Text(r.at(path))
}

// ids returns the ids of the orders on a page, in order.
func (r reply) ids() []string {
	r.t.Helper()
	var page struct{ Orders []struct{ OrderID string } }
	if err := json.Unmarshal(r.want(http.StatusOK).body, &page); err != nil {
		r.t.Fatalf("body %q: %v", r.body, err)
	}
	var out []string
	for _, o := range page.Orders {
		out = append(out, o.OrderID)
	}
	return out
}

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

// bubble runs a test in a synctest bubble, whose clock begins at 2000-01-01.
func bubble(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	if _, err := http.NewRequestWithContext(t.Context(), http.MethodGet, apiHost, nil); err != nil {
		t.Fatal(err)
	}
	spectest.EBay(t, nil) // the specifications are read outside
	synctest.Test(t, body)
}

func query(kv ...string) string {
	q := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		q.Set(kv[i], kv[i+1])
	}
	return "?" + q.Encode()
}

func ago(d time.Duration) string { return stamp(time.Now().Add(-d)) }

type object = map[string]any

// mugShop is an account with an inventory item MUG and a Trading-born listing of
// CUP, ten of each.
func mugShop(t *testing.T, cfg Config) *Fake {
	t.Helper()
	f := New(cfg)
	must(f.AddProduct(NewProduct{SKU: "MUG", Title: "Mug", Price: "12.50", OnHand: 10}))
	must(f.AddProduct(NewProduct{SKU: "CUP", Title: "Cup", Price: "8", OnHand: 10, Trading: true}))
	return f
}

func mugs(n int) NewOrder { return NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: n}}} }

func firstLine(f *Fake, id string) string {
	o, _ := f.Order(id)
	return o.Lines[0].ID
}

// refused fails the test unless the answer is an error with the id.
func (r reply) refused(status, id int) reply {
	r.t.Helper()
	r.want(status)
	if got := r.text("errors.0.errorId"); got != strconv.Itoa(id) {
		r.t.Fatalf("errorId %s, want %d; body %s", got, id, r.body)
	}
	return r
}
