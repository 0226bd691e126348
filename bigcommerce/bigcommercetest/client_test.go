package bigcommercetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
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
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		rd = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.root+path, rd)
	if err != nil {
		c.t.Fatal(err)
	}
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
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		r.t.Fatalf("body %q: %v", r.body, err)
	}
	if path == "" {
		return v
	}
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			found := false
			if v, found = x[key]; !found {
				r.t.Fatalf("no %q of %q in %s", key, path, r.body)
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				r.t.Fatalf("no %q of %q in %s", key, path, r.body)
			}
			v = x[i]
		default:
			r.t.Fatalf("no %q of %q in %s", key, path, r.body)
		}
	}
	return v
}

func (r reply) text(path string) string {
	r.t.Helper()
	switch v := r.at(path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil:
		return "<nil>"
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
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
