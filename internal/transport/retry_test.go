package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/penstock-go/penstock/channel"
)

var errReset = errors.New("read tcp: connection reset by peer")

func errDial() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

func TestOnlyWhatMayBeRepeatedIsRepeated(t *testing.T) {
	for _, tc := range []struct {
		name   string
		method string
		repeat Repeat
		step   func(*http.Request) (*http.Response, error)
		calls  int
		class  error // of the error, or by Class of the answer
	}{
		{"GET after 500", "GET", ByMethod, say(500, "x"), 4, channel.ErrUnavailable},
		{"GET that must not", "GET", Once, say(500, "x"), 1, channel.ErrUnavailable},
		{"GET after a lost answer", "GET", ByMethod, fail(errReset), 4, channel.ErrUnavailable},
		{"POST after 500", "POST", ByMethod, say(500, "x"), 1, channel.ErrUnsure},
		{"POST after a lost answer", "POST", ByMethod, fail(errReset), 1, channel.ErrUnsure},
		{"POST that never left", "POST", ByMethod, fail(errDial()), 4, channel.ErrUnavailable},
		{"POST refused by the limit", "POST", ByMethod, say(429, "x"), 4, channel.ErrThrottled},
		{"query by POST after 500", "POST", Read, say(500, "x"), 4, channel.ErrUnavailable},
		{"query by POST after a lost answer", "POST", Read, fail(errReset), 4, channel.ErrUnavailable},
		{"keyed POST after 500", "POST", Idempotent, say(500, "x"), 4, channel.ErrUnsure},
		{"keyed POST after a lost answer", "POST", Idempotent, fail(errReset), 4, channel.ErrUnsure},
		{"PUT after a lost answer", "PUT", ByMethod, fail(errReset), 1, channel.ErrUnsure},
		{"DELETE after 503", "DELETE", ByMethod, say(503, "x"), 1, channel.ErrUnsure},
		{"GET after 404", "GET", ByMethod, say(404, "x"), 1, channel.ErrNotFound},
		{"GET after 501", "GET", ByMethod, say(501, "x"), 1, channel.ErrUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := &script{steps: []func(*http.Request) (*http.Response, error){tc.step}}
				c := mustNew(t, Config{Base: base})
				ctx := WithCall(t.Context(), Call{Op: "do", Repeatable: tc.repeat})
				req, _ := http.NewRequestWithContext(ctx, tc.method, "https://shop.example/", strings.NewReader("payload"))
				resp, err := c.Do(req)
				got := error(nil)
				if err != nil {
					got = class(t, err, tc.class).Class
				} else {
					got = Class(resp)
					_ = resp.Body.Close()
				}
				if !errors.Is(got, tc.class) || base.calls != tc.calls {
					t.Errorf("class %v, %d calls; want %v, %d", got, base.calls, tc.class, tc.calls)
				}
				for _, b := range base.bodies {
					if b != "payload" {
						t.Errorf("an attempt carried the body %q", b)
					}
				}
				if Attempts(ctx) != tc.calls {
					t.Errorf("Attempts says %d", Attempts(ctx))
				}
			})
		})
	}
}

func TestAWriteOnceInDoubtStaysInDoubt(t *testing.T) {
	// The first attempt may have been applied, so no later refusal, however
	// sure, makes the call "not applied".
	for name, last := range map[string]func(*http.Request) (*http.Response, error){
		"no connection":  fail(errDial()),
		"refused":        say(429, "", "Retry-After", "3600"),
		"refused softly": say(429, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := &script{steps: []func(*http.Request) (*http.Response, error){fail(errReset), last}}
				c := mustNew(t, Config{Base: base})
				ctx := WithCall(t.Context(), Call{Op: "ship", Repeatable: Idempotent})
				req, _ := http.NewRequestWithContext(ctx, "POST", "https://shop.example/", strings.NewReader("x"))
				resp, err := c.Do(req)
				if err != nil {
					_ = class(t, err, channel.ErrUnsure)
					if n := classes(err); n != 1 {
						t.Errorf("%q has %d classes", err, n)
					}
				} else {
					defer func() { _ = resp.Body.Close() }()
					if !errors.Is(Class(resp), channel.ErrUnsure) {
						t.Errorf("class %v of status %d", Class(resp), resp.StatusCode)
					}
				}
				if !Doubtful(ctx) {
					t.Error("not doubtful")
				}
			})
		})
	}
}

func classes(err error) (n int) {
	for _, c := range channel.Classes() {
		if errors.Is(err, c) {
			n++
		}
	}
	return n
}

func TestALongWaitIsThrottledAndNotSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(429, "slow down", "Retry-After", "3600", "X-Request-Id", "r-1")}}
		c := mustNew(t, Config{Base: base})
		start := time.Now()
		_, _, err := send(WithCall(t.Context(), Call{Op: "order page"}), t, c, "GET", "")
		e := class(t, err, channel.ErrThrottled)
		took(t, start, 0, 0)
		if e.RetryAfter != time.Hour || e.RequestID != "r-1" || e.Op != "order page" || base.calls != 1 {
			t.Errorf("%+v after %d calls", e, base.calls)
		}
	})
}

func TestAShortWaitIsObeyed(t *testing.T) {
	for name, header := range map[string]string{"whole": "2", "fraction": "2.0"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := &script{steps: []func(*http.Request) (*http.Response, error){say(429, "", "Retry-After", header), say(200, "ok")}}
				start := time.Now()
				status, _, err := send(t.Context(), t, mustNew(t, Config{Base: base}), "GET", "")
				took(t, start, 2*time.Second, 2*time.Second+firstBackoff)
				if err != nil || status != 200 {
					t.Errorf("status %d, err %v", status, err)
				}
			})
		})
	}
}

func TestAllWaitingOfACallSharesOneBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(429, "", "Retry-After", "2")}}
		start := time.Now()
		_, _, err := send(t.Context(), t, mustNew(t, Config{Base: base, MaxAttempts: 100}), "GET", "")
		_ = class(t, err, channel.ErrThrottled)
		took(t, start, 4*time.Second, 5*time.Second)
	})
}

func TestBackoffIsFullJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			base := &script{steps: []func(*http.Request) (*http.Response, error){say(500, ""), say(200, "")}}
			start := time.Now()
			_, _, _ = send(t.Context(), t, mustNew(t, Config{Base: base}), "GET", "")
			took(t, start, 0, firstBackoff)
			seen[time.Since(start)] = true
		})
	}
	if len(seen) < 4 {
		t.Errorf("waits %v", seen)
	}
}

func TestTheLastAnswerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(500, `{"why":"broken"}`)}}
		status, body, err := send(t.Context(), t, mustNew(t, Config{Base: base}), "GET", "")
		if err != nil || status != 500 || body != `{"why":"broken"}` {
			t.Errorf("status %d, body %q, err %v", status, body, err)
		}
	})
}

func TestAFailureDoesNotDrainThePool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){fail(errReset)}}
		c := mustNew(t, Config{Base: base})
		_, _, err := send(t.Context(), t, c, "GET", "")
		_ = class(t, err, channel.ErrUnavailable)
		if base.closed != 0 {
			t.Errorf("idle connections closed %d times", base.closed)
		}
		c.CloseIdleConnections()
		if base.closed != 1 {
			t.Errorf("asked to, closed %d times", base.closed)
		}
	})
}

// The defaults we replace, so that a release that mends one of them is noticed
// and our own code for it can go.
func TestWhatGoRetryablehttpDoesByItself(t *testing.T) {
	run := func(t *testing.T, method string, base *script) (*http.Response, time.Duration, error) {
		t.Helper()
		c := retryablehttp.NewClient()
		c.HTTPClient = &http.Client{Transport: base}
		c.Logger = nil
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		req, err := retryablehttp.NewRequestWithContext(ctx, method, "https://shop.example/", []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if resp != nil {
			_ = resp.Body.Close()
		}
		return resp, time.Since(start), err
	}
	for _, tc := range []struct {
		name, method string
		steps        []func(*http.Request) (*http.Response, error)
		unsafe       func(base *script, resp *http.Response, took time.Duration) bool
	}{
		{"repeats POST", "POST", []func(*http.Request) (*http.Response, error){say(500, "")}, func(b *script, _ *http.Response, _ time.Duration) bool { return b.calls > 1 }},
		{"sleeps through any wait", "GET", []func(*http.Request) (*http.Response, error){say(429, "", "Retry-After", "3600"), say(200, "")}, func(_ *script, _ *http.Response, d time.Duration) bool { return d >= time.Hour }},
		{"ignores fractions", "GET", []func(*http.Request) (*http.Response, error){say(429, "", "Retry-After", "20.0"), say(200, "")}, func(_ *script, _ *http.Response, d time.Duration) bool { return d < 20*time.Second }},
		{"drops the last answer", "GET", []func(*http.Request) (*http.Response, error){say(500, "")}, func(_ *script, r *http.Response, _ time.Duration) bool { return r == nil }},
		{"drains the pool", "GET", []func(*http.Request) (*http.Response, error){fail(errReset)}, func(b *script, _ *http.Response, _ time.Duration) bool { return b.closed > 0 }},
		{"follows redirects", "GET", []func(*http.Request) (*http.Response, error){say(302, "", "Location", "https://other.example/"), say(200, "")}, func(b *script, _ *http.Response, _ time.Duration) bool { return b.calls > 1 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := &script{steps: tc.steps}
				resp, d, _ := run(t, tc.method, base)
				if !tc.unsafe(base, resp, d) {
					t.Error("no longer so: look whether our replacement is still needed")
				}
			})
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	base := &script{steps: []func(*http.Request) (*http.Response, error){say(302, "", "Location", "https://evil.example/")}}
	c := mustNew(t, Config{Base: base, Credentials: Credentials{
		Source: StaticToken("canary-token"), Header: "X-Auth-Token", Hosts: []string{"shop.example"},
	}})
	status, _, err := send(t.Context(), t, c, "GET", "")
	if err != nil || status != 302 || base.calls != 1 {
		t.Errorf("status %d, err %v, %d calls", status, err, base.calls)
	}
}

func TestCancellationEndsACallAtOnce(t *testing.T) {
	for name, step := range map[string]func(*http.Request) (*http.Response, error){
		"while waiting to repeat": say(429, "", "Retry-After", "4"),
		"while sent":              stall,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := &script{steps: []func(*http.Request) (*http.Response, error){step}}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				_, _, err := send(ctx, t, mustNew(t, Config{Base: base}), "GET", "")
				_ = class(t, err, channel.ErrUnavailable)
				took(t, start, time.Second, time.Second)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%v does not wrap the cancellation", err)
				}
			})
		})
	}
}

func TestAWaitPastTheDeadlineIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(429, "", "Retry-After", "4")}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, _, err := send(ctx, t, mustNew(t, Config{Base: base}), "GET", "")
		_ = class(t, err, channel.ErrThrottled)
		took(t, start, 0, 0)
	})
}

func TestEachAttemptHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){stall, say(200, "ok")}}
		start := time.Now()
		status, _, err := send(t.Context(), t, mustNew(t, Config{Base: base, CallDeadline: 3 * time.Second}), "GET", "")
		took(t, start, 3*time.Second, 4*time.Second)
		if err != nil || status != 200 {
			t.Errorf("status %d, err %v", status, err)
		}
		_, _, err = send(t.Context(), t, mustNew(t, Config{Base: roundTrip(stall), CallDeadline: 3 * time.Second}), "POST", "x")
		_ = class(t, err, channel.ErrUnsure)
		if !errors.Is(err, errDeadline) || !Sent(err) {
			t.Errorf("%v, sent %v", err, Sent(err))
		}
	})
}

func TestACutAnswerIsALostOne(t *testing.T) {
	cut := func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), errReader{io.ErrUnexpectedEOF}))
		resp.ContentLength = 8
		return resp, nil
	}
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){cut, say(200, "whole")}}
		_, body, err := send(t.Context(), t, mustNew(t, Config{Base: base}), "GET", "")
		if err != nil || body != "whole" {
			t.Errorf("body %q, err %v", body, err)
		}
		_, _, err = send(t.Context(), t, mustNew(t, Config{Base: roundTrip(cut)}), "POST", "x")
		_ = class(t, err, channel.ErrUnsure)
	})
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestBodiesAreBounded(t *testing.T) {
	big := strings.Repeat("x", 1001)
	synctest.Test(t, func(t *testing.T) {
		for _, known := range []bool{true, false} {
			step := func(r *http.Request) (*http.Response, error) {
				resp := answer(r, 200, big)
				if !known {
					resp.ContentLength = -1
				}
				return resp, nil
			}
			base := &script{steps: []func(*http.Request) (*http.Response, error){step}}
			c := mustNew(t, Config{Base: base, MaxBody: 1000})
			_, _, err := send(t.Context(), t, c, "GET", "")
			_ = class(t, err, channel.ErrInvalid)
			if !errors.Is(err, ErrTooLarge) || base.calls != 1 {
				t.Errorf("%v after %d calls", err, base.calls)
			}
			_, _, err = send(t.Context(), t, c, "POST", "x")
			_ = class(t, err, channel.ErrUnsure)
			calls := base.calls
			_, _, err = send(t.Context(), t, c, "POST", big)
			_ = class(t, err, channel.ErrInvalid)
			if !errors.Is(err, ErrTooLarge) || base.calls != calls {
				t.Errorf("%v after %d calls", err, base.calls-calls)
			}
		}
	})
}

func TestABodyWithoutGetBodyIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(500, ""), say(200, "")}}
		c := mustNew(t, Config{Base: base})
		ctx := WithCall(t.Context(), Call{Repeatable: Idempotent})
		req, _ := http.NewRequestWithContext(ctx, "PUT", "https://shop.example/", io.NopCloser(strings.NewReader("once")))
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if len(base.bodies) != 2 || base.bodies[1] != "once" {
			t.Errorf("bodies %q", base.bodies)
		}
	})
}

func TestWhatWasSentIsKnown(t *testing.T) {
	// A real listener that hangs up: with a connection the outcome is unsure,
	// without one nothing was sent.
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	post := func() error {
		c := mustNew(t, Config{Base: tr, MaxAttempts: 1})
		req, _ := http.NewRequestWithContext(t.Context(), "POST", srv.URL, strings.NewReader("x"))
		resp, err := c.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Fatal("no error")
		}
		return err
	}
	err := post()
	_ = class(t, err, channel.ErrUnsure)
	if !Sent(err) {
		t.Error("not sent")
	}
	srv.Close()
	err = post()
	_ = class(t, err, channel.ErrUnavailable)
	if Sent(err) {
		t.Error("sent")
	}
}

func TestAThrottleInsideA200SharesTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := WithCall(t.Context(), Call{Op: "query", Repeatable: Read})
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(200, "THROTTLED")}}
		c := mustNew(t, Config{Base: base})
		start := time.Now()
		var err error
		for err == nil {
			if _, _, e := send(ctx, t, c, "POST", "q"); e != nil {
				t.Fatal(e)
			}
			err = Pause(ctx, 2*time.Second)
		}
		e := class(t, err, channel.ErrThrottled)
		took(t, start, 4*time.Second, 4*time.Second)
		if base.calls != 3 || e.RetryAfter != 2*time.Second || e.Op != "query" {
			t.Errorf("%d calls, %+v", base.calls, e)
		}
		// Without a pause the same context is a new call.
		if _, _, err := send(ctx, t, c, "POST", "q"); err != nil || Attempts(ctx) != 1 {
			t.Errorf("%v, attempts %d", err, Attempts(ctx))
		}
	})
}

func TestNothingIsLoggedByDefaultAndNoSecretEver(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	old := slog.Default()
	slog.SetDefault(logger)
	defer slog.SetDefault(old)
	synctest.Test(t, func(t *testing.T) {
		run := func(l *slog.Logger) {
			for _, step := range []func(*http.Request) (*http.Response, error){
				say(500, "canary-answer"), say(401, "canary-answer"), say(429, "canary-answer", "Retry-After", "3600"),
				fail(errors.New(`Get "https://u:canary-pass@shop.example/orders?secret=canary-query#canary": EOF`)),
				stall, say(200, "canary-answer"),
			} {
				c := mustNew(t, Config{
					Base: roundTrip(step), Logger: l, CallDeadline: time.Second,
					Credentials: Credentials{Source: StaticToken("canary-token"), Header: "X-Auth-Token", Hosts: []string{"shop.example"}},
				})
				for _, method := range []string{"GET", "POST"} {
					_, _, err := send(WithCall(t.Context(), Call{Op: "do"}), t, c, method, "canary-body")
					if err != nil && strings.Contains(err.Error(), "canary") {
						t.Errorf("error holds a secret: %v", err)
					}
				}
			}
		}
		run(nil)
		if log.Len() > 0 {
			t.Errorf("logged by default: %s", log.String())
		}
		run(logger)
		if log.Len() == 0 || strings.Contains(log.String(), "canary") {
			t.Errorf("log: %s", log.String())
		}
	})
}
