package fakehttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counter is a handler that counts the requests that took effect.
type counter struct{ n atomic.Int64 }

func (c *counter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.n.Add(1)
	_, _ = io.WriteString(w, "0123456789")
}

// echo answers with what it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusTeapot)
	_, _ = io.Copy(w, r.Body)
}

func opOf(r *http.Request, _ []byte) string { return r.Method + " " + r.URL.Path }

func get(ctx context.Context, t *testing.T, rt http.RoundTripper) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://fake/x", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestFaultsStrikeBeforeOrAfterTheEffect(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fault  Fault
		effect int
		status int
		body   string
		fails  bool
	}{
		{"drop before", Fault{Kind: DropBefore}, 0, 0, "", true},
		{"drop after", Fault{Kind: DropAfter}, 1, 0, "", true},
		{"answer", Fault{Kind: Answer, Status: 502, Body: "<html>"}, 0, 502, "<html>", false},
		{"answer after", Fault{Kind: AnswerAfter, Body: "x"}, 1, 500, "x", false},
		{"reply", Fault{Kind: Answer, Reply: echo}, 0, 418, "body", false},
		{"reply after", Fault{Kind: AnswerAfter, Reply: echo}, 1, 418, "body", false},
		{"truncate", Fault{Kind: Truncate}, 1, 200, "01234", true},
		{"another operation", Fault{Kind: DropBefore, Op: "POST /x"}, 1, 200, "0123456789", false},
		{"not when", Fault{Kind: DropBefore, When: func(_ *http.Request, b []byte) bool { return string(b) != "body" }}, 1, 200, "0123456789", false},
		{"let one through", Fault{Kind: DropBefore, After: 1}, 1, 200, "0123456789", false},
		{"delay", Fault{Kind: Delay, Delay: time.Hour}, 1, 200, "0123456789", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var c counter
				var fs Faults
				fs.Add(tc.fault)
				status, body, err := get(t.Context(), t, Transport(fs.Wrap(&c, 1<<20, opOf)))
				if status != tc.status || body != tc.body || (err != nil) != tc.fails || int(c.n.Load()) != tc.effect {
					t.Errorf("status %d, body %q, err %v, effects %d", status, body, err, c.n.Load())
				}
			})
		})
	}
}

func TestStallEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for kind, effect := range map[Kind]int{Stall: 0, StallAfter: 1} {
			var c counter
			var fs Faults
			fs.Add(Fault{Kind: kind})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, _, err := get(ctx, t, Transport(fs.Wrap(&c, 1<<20, opOf)))
			cancel()
			synctest.Wait()
			if !errors.Is(err, context.DeadlineExceeded) || int(c.n.Load()) != effect {
				t.Errorf("kind %d: err %v, effects %d", kind, err, c.n.Load())
			}
		}
	})
}

func TestStallBodyHoldsTheRestUntilTheCallerGivesUp(t *testing.T) {
	read := func(t *testing.T, rt http.RoundTripper, url string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, url+"/x", strings.NewReader("body"))
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if string(b) != "01234" || !errors.Is(err, context.DeadlineExceeded) || resp.StatusCode != http.StatusOK {
			t.Errorf("status %d, body %q, err %v", resp.StatusCode, b, err)
		}
	}
	var c counter
	var fs Faults
	fs.Add(Fault{Kind: StallBody, Times: -1})
	h := fs.Wrap(&c, 1<<20, opOf)
	synctest.Test(t, func(t *testing.T) { read(t, Transport(h), "http://fake") })
	s, err := Serve("", h)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	read(t, &http.Transport{DisableKeepAlives: true}, s.URL)
	if int(c.n.Load()) != 2 {
		t.Errorf("effects %d, want 2", c.n.Load())
	}
}

func TestFaultsAreUsedUpAndLifted(t *testing.T) {
	var c counter
	var fs Faults
	rt := Transport(fs.Wrap(&c, 1<<20, opOf))
	fs.Add(Fault{Kind: DropBefore, Times: 2})
	for range 3 {
		_, _, _ = get(t.Context(), t, rt)
	}
	if int(c.n.Load()) != 1 {
		t.Errorf("effects %d, want 1 after two drops", c.n.Load())
	}
	lift := fs.Add(Fault{Kind: DropBefore, Times: -1})
	_, _, _ = get(t.Context(), t, rt)
	lift()
	_, _, _ = get(t.Context(), t, rt)
	if int(c.n.Load()) != 2 {
		t.Errorf("effects %d, want 2 after lifting", c.n.Load())
	}
}

func TestServeOnASocketActsLikeInProcess(t *testing.T) {
	var c counter
	var fs Faults
	s, err := Serve("", fs.Wrap(&c, 4, opOf))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	fs.Add(Fault{Kind: DropAfter})
	tr := &http.Transport{DisableKeepAlives: true}
	for i, want := range []bool{false, true} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/x", strings.NewReader("1234"))
		resp, err := tr.RoundTrip(req)
		if (err == nil) != want {
			t.Errorf("call %d: err %v", i, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/x", strings.NewReader("12345"))
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge || int(c.n.Load()) != 2 {
		t.Errorf("status %d, effects %d", resp.StatusCode, c.n.Load())
	}
}
