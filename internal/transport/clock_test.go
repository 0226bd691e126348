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
				sent, resp := time.Now(), &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
				quick := i%4 > 0
				there, back := rand.N(100*time.Millisecond), rand.N(100*time.Millisecond)
				if !quick { // a limit before it, or a long body after
					there, back = rand.N(10*time.Second), rand.N(10*time.Second)
				}
				time.Sleep(there)
				resp.Header.Set("Date", time.Now().Add(truth).UTC().Format(http.TimeFormat))
				time.Sleep(back)
				if date, ok := c.Learn(resp, sent); !ok && i > 1 || date.After(time.Now().Add(truth)) {
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
	})
}

func TestWhatADateIsBelieved(t *testing.T) {
	const day = 24 * time.Hour
	type answer struct {
		status int
		ahead  time.Duration
	}
	good := func(d time.Duration) answer { return answer{http.StatusOK, d} }
	for name, c := range map[string]struct {
		answers []answer
		want    time.Duration // at most a second less
	}{
		"a little ahead":            {[]answer{good(50 * time.Second)}, 50 * time.Second},
		"behind, at once":           {[]answer{good(-2 * time.Hour)}, -2*time.Hour + time.Second},
		"far ahead, once":           {[]answer{good(20 * time.Hour)}, 0},
		"far ahead, twice":          {[]answer{good(20 * time.Hour), good(20 * time.Hour)}, 0},
		"far ahead, three times":    {[]answer{good(20 * time.Hour), good(20 * time.Hour), good(20 * time.Hour)}, 20 * time.Hour},
		"each another time":         {[]answer{good(2 * time.Hour), good(5 * time.Hour), good(9 * time.Hour), good(20 * time.Hour)}, 0},
		"with a right one between":  {[]answer{good(time.Hour), good(time.Hour), good(0), good(time.Hour)}, 0},
		"a month ahead, always":     {[]answer{good(30 * day), good(30 * day), good(30 * day), good(30 * day)}, 0},
		"a month behind":            {[]answer{good(-30 * day)}, 0},
		"a proxy's error":           {[]answer{{http.StatusNotFound, 40 * time.Second}, {http.StatusBadGateway, -time.Hour}}, 0},
		"behind, and then right":    {[]answer{good(-time.Hour), good(0), good(0), good(0)}, 0},
		"a redirect, and a success": {[]answer{{http.StatusFound, -time.Hour}, good(30 * time.Second)}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock Clock
				for _, a := range c.answers {
					time.Sleep(time.Second)
					at := time.Now().Add(a.ahead)
					resp := &http.Response{StatusCode: a.status, Header: http.Header{"Date": {at.UTC().Format(http.TimeFormat)}}}
					if date, ok := clock.Learn(resp, time.Now()); ok && date.Sub(clock.Now()).Abs() > believed {
						t.Errorf("%s is taken where it is %s", date, clock.Now())
					}
				}
				if off := clock.Offset() - c.want; off > 0 || off < -time.Second {
					t.Errorf("offset %s, want %s", clock.Offset(), c.want)
				}
			})
		})
	}
	var clock Clock
	for _, d := range []string{"", "yesterday", "Mon, 02 Jan 2006 15:04:05 CEST"} {
		if _, ok := clock.Learn(&http.Response{StatusCode: http.StatusOK, Header: http.Header{"Date": {d}}}, time.Now()); ok || clock.Offset() != 0 {
			t.Errorf("%q was believed", d)
		}
	}
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
