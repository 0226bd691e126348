package transport

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheServersClockIsEstimated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, truth := range []time.Duration{0, 300 * time.Millisecond, -90 * time.Second, 5 * time.Minute, -time.Millisecond} {
			var c Clock
			for i := range 200 {
				time.Sleep(rand.N(3 * time.Second))
				sent, resp := time.Now(), &http.Response{Header: http.Header{}}
				quick := i%4 > 0
				there, back := rand.N(100*time.Millisecond), rand.N(100*time.Millisecond)
				if !quick { // a limit before it, or a long body after
					there, back = rand.N(10*time.Second), rand.N(10*time.Second)
				}
				time.Sleep(there)
				resp.Header.Set("Date", time.Now().Add(truth).UTC().Format(http.TimeFormat))
				time.Sleep(back)
				if date, ok := c.Learn(resp, sent); !ok || date.After(time.Now().Add(truth)) {
					t.Fatal(date, ok)
				}
				if off := (c.Offset() - truth).Abs(); i > 4 && off > 1200*time.Millisecond {
					t.Errorf("after %d answers: off by %s", i, off)
				}
			}
			if off := (c.Offset() - truth).Abs(); off > 600*time.Millisecond {
				t.Errorf("in the end: off by %s", off)
			}
			if ahead := time.Until(c.Now()); ahead != c.Offset() {
				t.Error(ahead)
			}
		}
		var c Clock
		if _, ok := c.Learn(&http.Response{Header: http.Header{"Date": {"yesterday"}}}, time.Now()); ok || c.Offset() != 0 {
			t.Error("nonsense was believed")
		}
	})
}

func TestAnAttemptsSendingIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(func(string) Rule { return Rule{Size: 2, Rate: 1} })
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(200, ""), say(500, ""), say(200, "")}}
		c := mustNew(t, Config{Base: base, Limiter: l})
		for _, wait := range []time.Duration{0, 2 * time.Second} { // for the limit, and after a failure for it again
			ctx := WithCall(t.Context(), Call{Op: "read"})
			if !SentAt(ctx).IsZero() {
				t.Error("sent before it was")
			}
			start := time.Now()
			if _, _, err := send(ctx, t, c, "GET", ""); err != nil {
				t.Fatal(err)
			}
			if d := SentAt(ctx).Sub(start); d < wait || d > wait+firstBackoff+time.Millisecond || !SentAt(ctx).Equal(time.Now()) {
				t.Errorf("sent after %s, want %s", d, wait)
			}
		}
		if !SentAt(t.Context()).IsZero() {
			t.Error("a context without a call was sent")
		}
	})
}
