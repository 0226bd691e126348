package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
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
				if at := c.Learn(resp, sent); i > 4 && at.After(sent.Add(truth+1200*time.Millisecond)) {
					t.Fatalf("%s is taken for %s", sent.Add(truth), at)
				}
				if off := (c.Offset() - truth).Abs(); i > 4 && off > 1200*time.Millisecond {
					t.Errorf("after %d answers: off by %s", i, off)
				}
			}
			if off := (c.Offset() - truth).Abs(); off > 600*time.Millisecond {
				t.Errorf("in the end: off by %s", off)
			}
			if late := c.Now().Sub(time.Now().Add(truth)); late > 1200*time.Millisecond || late < -2*time.Second {
				t.Errorf("in the end: %s late", late)
			}
		}
	})
}

// hear has the clock hear of a time that is so much ahead of ours.
func hear(c *Clock, ahead time.Duration, more ...string) time.Time {
	h := http.Header{"Date": {time.Now().Add(ahead).UTC().Format(http.TimeFormat)}}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return c.Learn(&http.Response{StatusCode: http.StatusOK, Header: h}, time.Now())
}

func TestWhatADateIsBelieved(t *testing.T) {
	const day = 24 * time.Hour
	s := func(d ...time.Duration) []time.Duration { return d }
	for name, c := range map[string]struct {
		told   []time.Duration
		offset time.Duration // as estimated, at most a second less or more
		now    time.Duration // that Now goes by
	}{
		"nothing":                   {nil, 0, 0},
		"a little ahead":            {s(50 * time.Second), 50 * time.Second, 0},
		"a little ahead, confirmed": {s(50*time.Second, 50*time.Second, 50*time.Second), 50 * time.Second, 50 * time.Second},
		"a little behind":           {s(-50 * time.Second), -50 * time.Second, -50 * time.Second},
		"far ahead, once":           {s(20 * time.Hour), 0, 0},
		"far ahead, twice":          {s(20*time.Hour, 20*time.Hour), 0, 0},
		"far ahead, three times":    {s(20*time.Hour, 20*time.Hour, 20*time.Hour), 20 * time.Hour, 20 * time.Hour},
		"far ahead, then not":       {s(20*time.Hour, 20*time.Hour, 20*time.Hour, 0), 20 * time.Hour, 0},
		"far ahead, then right":     {s(20*time.Hour, 20*time.Hour, 20*time.Hour, 0, 0, 0), 0, 0},
		"each another time":         {s(2*time.Hour, 5*time.Hour, 9*time.Hour, 20*time.Hour), 0, 0},
		"apart by half a minute":    {s(time.Hour, time.Hour+30*time.Second, time.Hour), 0, 0},
		"with a right one between":  {s(time.Hour, time.Hour, 0, time.Hour), 0, 0},
		"in steps of 50 s":          {s(50*time.Second, 100*time.Second, 150*time.Second, 200*time.Second, 250*time.Second), 50 * time.Second, 0},
		"behind, once":              {s(-2 * time.Hour), 0, -2 * time.Hour},
		"behind, and then right":    {s(-2*time.Hour, 0), 0, 0},
		"behind, three times":       {s(-2*time.Hour, -2*time.Hour, -2*time.Hour), -2 * time.Hour, -2 * time.Hour},
		"a month ahead, always":     {s(30*day, 30*day, 30*day, 30*day), 0, 0},
		"a month behind, once":      {s(-30 * day), 0, 0},
		"ours is a month ahead":     {s(-30*day, -30*day, -30*day), -30 * day, -30 * day},
		"a month ahead after good":  {s(10*time.Second, 10*time.Second, 10*time.Second, 30*day), 10 * time.Second, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock Clock
				for _, ahead := range c.told {
					time.Sleep(time.Second)
					hear(&clock, ahead)
				}
				if off := (clock.Offset() - c.offset).Abs(); off > time.Second {
					t.Errorf("offset %s, want %s", clock.Offset(), c.offset)
				}
				if now := time.Until(clock.Now()); (now - c.now).Abs() > time.Second {
					t.Errorf("now is %s ahead, want %s", now, c.now)
				}
			})
		})
	}
}

// What is no answer of the server's own teaches nothing, however often it comes.
func TestWhoTeachesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
		for name, answer := range map[string]func() *http.Response{
			"no date": func() *http.Response { return &http.Response{StatusCode: 200} },
			"garbage": func() *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Date": {"yesterday"}}}
			},
			"year 1": func() *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Date": {"Mon, 01 Jan 0001 00:00:00 GMT"}}}
			},
			"year 9999": func() *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Date": {"Fri, 31 Dec 9999 23:59:59 GMT"}}}
			},
			"an error": func() *http.Response {
				return &http.Response{StatusCode: 502, Header: http.Header{"Date": {date(time.Hour)}}}
			},
			"not found": func() *http.Response {
				return &http.Response{StatusCode: 404, Header: http.Header{"Date": {date(40 * time.Second)}}}
			},
			"a redirect": func() *http.Response {
				return &http.Response{StatusCode: 302, Header: http.Header{"Date": {date(-time.Hour)}}}
			},
			"a web page": func() *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Date": {date(time.Hour)}, "Content-Type": {"text/html; charset=utf-8"}}}
			},
			"from a cache": func() *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Date": {date(-time.Hour)}, "Age": {"3600"}}}
			},
		} {
			var c Clock
			for range 5 {
				time.Sleep(time.Second)
				sent := time.Now()
				if at := c.Learn(answer(), sent); !at.Equal(sent) || c.Offset() != 0 || !c.Now().Equal(time.Now()) {
					t.Errorf("%s: offset %s, at %s", name, c.Offset(), at.Sub(sent))
				}
			}
		}
		// The same second told again and again is one answer.
		var c Clock
		stuck := date(time.Hour)
		for range 5 {
			c.Learn(&http.Response{StatusCode: 200, Header: http.Header{"Date": {stuck}}}, time.Now())
			time.Sleep(100 * time.Millisecond)
		}
		if c.Offset() != 0 {
			t.Error(c.Offset())
		}
	})
}

// However wrong answers are mixed with right ones: Now is never late while no
// three in a row agree on it, and it is right again at the third right one.
func TestWrongDatesAmongRightOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(seed, 1))
			truth := time.Duration(r.Int64N(int64(2*time.Minute))) - time.Minute
			var c Clock
			right, wrong := 0, 0
			for i := range 60 {
				time.Sleep(time.Second + time.Duration(r.Int64N(int64(time.Minute))))
				if wrong < 2 && r.IntN(3) == 0 {
					wrong, right = wrong+1, 0
					hear(&c, time.Duration(r.Int64N(int64(80*24*time.Hour)))-40*24*time.Hour)
				} else {
					wrong, right = 0, right+1
					hear(&c, truth)
				}
				late := time.Until(c.Now()) - truth
				if late > max(0, -truth)+2*time.Second && right > 0 || late > believed+2*time.Second {
					t.Fatalf("seed %d, answer %d: %s late", seed, i, late)
				}
				if right >= 3 && late.Abs() > 2*time.Second {
					t.Fatalf("seed %d, answer %d: off by %s after %d right ones", seed, i, late, right)
				}
			}
		}
	})
}

func TestDecideAsksUntilItIsClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for ahead, want := range map[time.Duration]int{0: 0, 90 * time.Second: 2, 40 * 24 * time.Hour: 0, -time.Hour: 2} {
			var c Clock
			asked := 0
			hear(&c, ahead)
			err := c.Decide(t.Context(), func() error { asked++; hear(&c, ahead); return nil })
			if err != nil || asked != want {
				t.Errorf("%s ahead: asked %d times, %v", ahead, asked, err)
			}
			if want > 0 && (c.Offset()-ahead).Abs() > time.Second {
				t.Errorf("%s ahead: %s", ahead, c.Offset())
			}
		}
		var c Clock // who is asked says no more: an error, or the call is ended
		hear(&c, time.Hour)
		asked := 0
		if err := c.Decide(t.Context(), func() error { asked++; return nil }); err != nil || asked != 2 {
			t.Error(asked, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Decide(ctx, func() error { return nil }); !errors.Is(err, channel.ErrUnavailable) {
			t.Error(err)
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
