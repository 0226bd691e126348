package amazontest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
)

const (
	apiHost   = "https://sellingpartnerapi-na.amazon.com"
	tokenHost = "https://api.amazon.com"
	testAgent = "Tests/1.0 (Language=Go/1.26)"
	us, ca    = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
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
// published models; wrong requests may be sent where the fake refuses them.
func newClient(t *testing.T, f *Fake) *client {
	t.Helper()
	rec := spectest.Amazon(t, f.Transport())
	rec.RefusalsJudgeRequests = true
	t.Cleanup(func() { rec.Report(t) })
	c := &client{t, rec, apiHost, ""}
	c.login()
	return c
}

// unheld returns a client that nothing holds to the models.
func unheld(t *testing.T, f *Fake) *client {
	t.Helper()
	c := &client{t, f.Transport(), apiHost, ""}
	c.login()
	return c
}

func (c *client) form(v url.Values) reply {
	c.t.Helper()
	req := c.request(http.MethodPost, "", nil)
	req.URL = must(url.Parse(tokenHost + "/auth/o2/token"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Body = io.NopCloser(strings.NewReader(v.Encode()))
	return must(c.send(req))
}

func grantForm() url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {DefaultRefreshToken}, "client_id": {DefaultClientID},
		"client_secret": {DefaultClientSecret},
	}
}

func (c *client) login() {
	c.t.Helper()
	c.token = c.form(grantForm()).want(http.StatusOK).text("access_token")
}

// grantless takes a token without a seller.
func (c *client) grantless(scope string) *client {
	c.t.Helper()
	other := *c
	other.token = c.form(url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret},
	}).want(http.StatusOK).text("access_token")
	return &other
}

func (c *client) request(method, path string, body any) *http.Request {
	c.t.Helper()
	req := adaptertest.NewRequest(c.t, method, c.root+path, body)
	req.Header.Set("User-Agent", testAgent)
	if c.token != "" {
		req.Header.Set("X-Amz-Access-Token", c.token)
	}
	if body != nil {
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
	spectest.Amazon(t, nil) // the models are read outside
	synctest.Test(t, body)
}

func query(kv ...string) string {
	q := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		q.Set(kv[i], kv[i+1])
	}
	return "?" + q.Encode()
}

func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339Nano) }
