package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock-go/penstock/channel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer makes a response; headers alternate names and values.
func answer(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// script answers request after request from its list, the last one for ever.
type script struct {
	steps  []func(r *http.Request) (*http.Response, error)
	calls  int
	bodies []string
	heads  []http.Header
	closed int
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		s.bodies = append(s.bodies, string(b))
	}
	s.heads = append(s.heads, r.Header.Clone())
	step := s.steps[min(s.calls, len(s.steps)-1)]
	s.calls++
	return step(r)
}

func (s *script) CloseIdleConnections() { s.closed++ }

func say(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) { return answer(r, status, body, headers...), nil }
}

func fail(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func stall(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func mustNew(t testing.TB, cfg Config) *Client {
	t.Helper()
	if cfg.Channel == "" {
		cfg.Channel = "shop"
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// send sends one request and returns its status and body.
func send(ctx context.Context, t testing.TB, c *Client, method, body string) (int, string, error) {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://shop.example/orders?secret=canary-query", in)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	b, err := Bytes(resp)
	if err != nil {
		t.Fatal(err)
	}
	out := string(b)
	_ = resp.Body.Close()
	return resp.StatusCode, out, nil
}

// class fails the test unless err has the class want and is complete.
func class(t testing.TB, err, want error) *channel.Error {
	t.Helper()
	e := &channel.Error{}
	ok := errors.As(err, &e)
	if !ok {
		t.Fatalf("got %T (%v), want a *channel.Error of class %v", err, err, want)
	}
	if !errors.Is(e.Class, want) {
		t.Fatalf("class of %q: %v, want %v", err, e.Class, want)
	}
	if e.Channel == "" {
		t.Errorf("%q names no channel", err)
	}
	return e
}

func took(t testing.TB, start time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(start); d < least || d > most {
		t.Errorf("took %v, want %v to %v", d, least, most)
	}
}
