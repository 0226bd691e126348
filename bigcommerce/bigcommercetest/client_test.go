package bigcommercetest

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock/internal/adaptertest"
)

const apiRoot = "https://api.bigcommerce.com/stores/" + DefaultStoreHash

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

func newClient(t *testing.T, f *Fake) *client {
	return &client{t, f.Transport(), apiRoot, DefaultToken}
}

func (c *client) request(method, path string, body any) *http.Request {
	c.t.Helper()
	req := adaptertest.NewRequest(c.t, method, c.root+path, body)
	req.Header.Set("X-Auth-Token", c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
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

// at returns the value at a path like "data.0.id" of the answer's JSON.
func (r reply) at(path string) any {
	r.t.Helper()
	v, found := adaptertest.At(r.t, r.body, path)
	if !found {
		r.t.Fatalf("no %q in %s", path, r.body)
	}
	return v
}

func (r reply) text(path string) string {
	r.t.Helper()
	return adaptertest.Text(r.at(path))
}

// ids returns the ids of a bare array, in order.
func (r reply) ids() []int {
	r.t.Helper()
	if r.status == http.StatusNoContent {
		return nil
	}
	var rows []struct{ ID int }
	if err := json.Unmarshal(r.body, &rows); err != nil {
		r.t.Fatalf("body %q: %v", r.body, err)
	}
	var out []int
	for _, row := range rows {
		out = append(out, row.ID)
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
