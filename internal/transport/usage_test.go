package transport

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

var (
	nan, inf = math.NaN(), math.Inf(1)

	aBucket = Rule{Size: 2000, Rate: 100}
	aWindow = Rule{Size: 150, Window: 30 * time.Second}
)

func TestFiguresThatCannotBeAreNotTold(t *testing.T) {
	for _, tc := range []struct {
		name    string
		rule    Rule
		told, u Usage
	}{
		{"nothing", aBucket, Usage{}, Usage{}},
		{"a larger plan", aBucket, Usage{Size: 40000, Remaining: 39000, Rate: 2000}, Usage{Size: 40000, Remaining: 39000, Rate: 2000}},
		{"a smaller one", aBucket, Usage{Size: 1000, Remaining: 3.5, Rate: 50}, Usage{Size: 1000, Remaining: 3.5, Rate: 50}},
		{"a rate alone", Rule{Size: 20, Rate: 0.0056}, Usage{Rate: 0.5}, Usage{Rate: 0.5}},
		{"no numbers", aBucket, Usage{Size: nan, Remaining: nan, Rate: nan}, Usage{}},
		{"no end", aBucket, Usage{Size: inf, Remaining: inf, Rate: inf}, Usage{}},
		{"below nothing", aBucket, Usage{Size: -2000, Remaining: 5, Rate: -100}, Usage{}},
		{"left is no number", aBucket, Usage{Size: 2000, Remaining: nan, Rate: 50}, Usage{Rate: 50}},
		{"left has no end", aBucket, Usage{Size: 2000, Remaining: -inf, Rate: 50}, Usage{Rate: 50}},
		{"more left than there can be", aBucket, Usage{Size: 2000, Remaining: 1e15}, Usage{Size: 2000, Remaining: 2000}},
		{"less left than there can be", aBucket, Usage{Size: 2000, Remaining: -1e15}, Usage{Size: 2000, Remaining: -2000}},
		{"a size too small", aBucket, Usage{Size: 0.0001, Remaining: 0.0001, Rate: 100}, Usage{Rate: 100}},
		{"a size too large", aBucket, Usage{Size: 1e300, Remaining: 1e300, Rate: 100}, Usage{Rate: 100}},
		{"a rate that never ends", aBucket, Usage{Size: 2000, Remaining: 0, Rate: 1e-9}, Usage{Size: 2000}},
		{"a rate too high", aBucket, Usage{Rate: math.MaxFloat64}, Usage{}},
		{"a bucket has no window", aBucket, Usage{Size: 2000, Window: time.Hour, Reset: time.Hour}, Usage{Size: 2000}},
		{"a window", aWindow, Usage{Size: 450, Remaining: 7, Window: time.Minute, Reset: 9 * time.Second}, Usage{Size: 450, Remaining: 7, Window: time.Minute, Reset: 9 * time.Second}},
		{"a window has no rate", aWindow, Usage{Size: 150, Rate: 5}, Usage{Size: 150}},
		{"a window too long", aWindow, Usage{Size: 150, Window: math.MaxInt64, Reset: math.MaxInt64}, Usage{Size: 150, Reset: 5 * time.Minute}},
		{"a window too short", aWindow, Usage{Size: 150, Window: 1, Reset: math.MinInt64}, Usage{Size: 150}},
	} {
		if diff := cmp.Diff(tc.u, tc.rule.believed(tc.told)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestRefillsAreBounded(t *testing.T) {
	for _, tc := range []struct {
		short, rate float64
		want        time.Duration
	}{
		{50, 100, 500 * time.Millisecond},
		{1, 3, 333334 * time.Microsecond},
		{0, 100, 0},
		{-1e300, 1e-300, 0},
		{0, 0, 0},
		{1, 0, longestWait},
		{1, -1, longestWait},
		{1e300, 1e-300, longestWait},
		{1, 1e-9, longestWait},
		{inf, inf, longestWait},
		{nan, 1, longestWait},
		{1, nan, longestWait},
		{1, inf, 0},
	} {
		if got := Refill(tc.short, tc.rate); got != tc.want {
			t.Errorf("%v at %v: %v, want %v", tc.short, tc.rate, got, tc.want)
		}
	}
}

// A mirror is put right in a few steps whatever it is set to, and then has what
// can be.
func TestAMirrorHasWhatCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, m := range map[string]mirror{
			"bucket": newBucket(aBucket, time.Now()), "a huge bucket": newBucket(Rule{Size: 1e300, Rate: 1e300}, time.Now()),
			"a tiny one": newBucket(Rule{Size: 1e-300, Rate: 1e-300}, time.Now()), "window": newWindow(aWindow),
		} {
			for _, left := range []float64{0, 1e15, -1e15, math.MaxFloat64, -math.MaxFloat64, inf, -inf, nan} {
				m.set(time.Now(), left)
				share := m.clamp(math.MaxFloat64)
				if got := m.left(time.Now()); !(got >= -mostOwed*share-1 && got <= share) {
					t.Errorf("%s: %v of %v, %v left", name, left, share, got)
				}
				if w := m.wait(time.Now(), share); w < 0 || w > longestWait {
					t.Errorf("%s: %v: wait %v", name, left, w)
				}
			}
		}
	})
}

// What a call is said to have cost gives back or takes no more than there can be.
func TestCostsThatCannotBe(t *testing.T) {
	for _, tc := range []struct {
		cost, charged float64
	}{
		{30, 30},
		{80, 80},
		{0, 0},
		{-1e300, 0},
		{-inf, 0},
		{1e300, 50},
		{inf, 50},
		{nan, 50},
		{2001, 50},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := newQueue(t, aBucket)
			g := mustTake(t, q, 50)
			q.settle(g, tc.cost, Usage{})
			if got := 1900 - q.mirror.left(time.Now()); math.Abs(got-tc.charged) > 0.01 {
				t.Errorf("a cost of %v: charged %v, want %v", tc.cost, got, tc.charged)
			}
		})
	}
}

func mustTake(t *testing.T, q *queue, cost float64) *grant {
	t.Helper()
	g, _, err := q.take(t.Context(), cost, 0)
	if err != nil {
		t.Fatal(err)
	}
	q.finish(g, true)
	return g
}

// A call that waits while a smaller size is learnt is served from that.
func TestASizeLearntWhileACallWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, aBucket)
		g := mustTake(t, q, 1900)
		done := make(chan error, 1)
		go func() {
			_, _, err := q.take(t.Context(), 1800, 20*time.Second)
			done <- err
		}()
		synctest.Wait()
		start := time.Now()
		q.learn(g, Usage{Size: 1000, Remaining: 0, Rate: 100})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		took(t, start, 9*time.Second, 11*time.Second)
	})
}

// However slow a marketplace says it is, and however much is owed, a call goes
// out each hour, and its answer can put things right.
func TestSilenceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, aBucket)
		g := mustTake(t, q, 1900)
		for range 3 {
			q.learn(g, Usage{Size: 2e6, Remaining: -2e6, Rate: 1})
			_, _, err := q.take(t.Context(), 50, 5*time.Second)
			if !errors.Is(channel.Class(err), channel.ErrThrottled) || channel.RetryAfter(err) != time.Hour {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			g = mustTake(t, q, 50)
		}
		q.learn(g, Usage{Size: 2000, Remaining: 1950, Rate: 100})
		for range 30 {
			mustTake(t, q, 50)
		}
	})
}

// A named wait is kept, but not for longer than an hour.
func TestANamedWaitEnds(t *testing.T) {
	for named, kept := range map[time.Duration]time.Duration{50 * time.Minute: 50 * time.Minute, 2 * time.Hour: time.Hour, longestWait: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			q := newQueue(t, aBucket)
			q.throttled(mustTake(t, q, 50), Usage{}, named)
			_, _, err := q.take(t.Context(), 50, 5*time.Second)
			if d := channel.RetryAfter(err) - kept; d < 0 || d > mostJitter {
				t.Errorf("%v: %v", named, err)
			}
			time.Sleep(kept + mostJitter)
			mustTake(t, q, 50)
		})
	}
}

// Where what is assumed lasts longer than an hour, so may silence.
func TestAQuotaOfADayIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, Rule{Size: 2, Window: 24 * time.Hour})
		mustTake(t, q, 1)
		_, _, err := q.take(t.Context(), 1, 5*time.Second)
		if channel.RetryAfter(err) != 24*time.Hour {
			t.Error(err)
		}
	})
}

// FuzzUsage tells a line all it can be told, twice, with calls in flight. Work is
// bounded (nothing here can wait for real, so a loop as long as a figure is large
// would not end), the mirror has what can be, a wait ends, and an answer with
// what is usual puts things right.
func FuzzUsage(f *testing.F) {
	for _, size := range []float64{2000, 0.0001, 1e300, nan, inf, -1, 0} {
		for _, left := range []float64{1000, -1e15, 1e15, nan} {
			f.Add(size, left, 100.0, 50.0, int64(time.Second), int64(30*time.Second), uint8(0))
			f.Add(size, left, 1e-9, inf, int64(math.MaxInt64), int64(math.MaxInt64), uint8(7))
			f.Add(size, left, nan, nan, int64(math.MinInt64), int64(1), uint8(2))
			f.Add(size, left, 1e300, -1e300, int64(-1), int64(-1), uint8(5))
		}
	}
	f.Add(20.0, -20.0, 1.0, 19.0, int64(time.Hour), int64(5*time.Minute), uint8(3))
	f.Add(2e6, -2e6, 1.0, 2e6, int64(0), int64(3*time.Second), uint8(1))
	f.Fuzz(func(t *testing.T, size, left, rate, cost float64, reset, window int64, how uint8) {
		for _, rule := range []Rule{aBucket, aWindow, {Size: 20, Rate: 0.0056}, {Size: 2, Rate: 2}} {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(t, rule)
				u := Usage{Size: size, Remaining: left, Rate: rate, Window: time.Duration(window), Reset: time.Duration(reset)}
				check := func(what string) {
					t.Helper()
					share := q.mirror.clamp(math.MaxFloat64)
					if got := q.mirror.left(time.Now()); !(got >= -mostOwed*share-1 && got <= share) {
						t.Fatalf("%+v: %s: %v left of %v", rule, what, got, share)
					}
					for _, cost := range []float64{0, 1, share} {
						if w := q.wait(time.Now(), cost); w < 0 || w > rule.silence()+mostJitter {
							t.Fatalf("%+v: %s: %v has to wait %v", rule, what, cost, w)
						}
					}
				}
				var flying []*grant
				for range 3 {
					if g, _, err := q.take(t.Context(), max(1, cost), time.Second); err == nil {
						flying = append(flying, g)
					}
				}
				check("sent")
				for i, g := range flying {
					time.Sleep(100 * time.Millisecond)
					q.finish(g, how&1 == 0)
					switch int(how>>1+uint8(i)) % 3 {
					case 0:
						q.settle(g, cost, u)
					case 1:
						q.throttled(g, u, min(longestWait, max(0, time.Duration(reset))))
					default:
						q.learn(g, u)
					}
					check("told")
				}
				// What is throttled can come when it was told to.
				g, err := patient(t.Context(), q, 1)
				if err != nil {
					t.Fatalf("%+v: %v", rule, err)
				}
				q.finish(g, true)
				usual := Usage{Size: rule.Size, Remaining: rule.Size, Rate: rule.Rate, Window: rule.Window, Reset: rule.Window}
				q.settle(g, 1, usual)
				check("put right")
				if w := q.wait(time.Now(), 1); w > 0 {
					t.Fatalf("%+v: after a usual answer the next has to wait %v", rule, w)
				}
			})
		}
	})
}

// patient takes as who comes back when he is told to, and no more often than a few times.
func patient(ctx context.Context, q *queue, cost float64) (g *grant, err error) {
	for range 3 {
		if g, _, err = q.take(ctx, cost, 0); err == nil {
			return g, nil
		}
		after := channel.RetryAfter(err)
		if after <= 0 || after > q.rule.silence()+mostJitter {
			return nil, fmt.Errorf("told to come back after %v", after)
		}
		time.Sleep(after)
	}
	return nil, err
}
