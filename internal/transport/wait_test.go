package transport

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestWaitsAreReadInEveryForm(t *testing.T) {
	const date = "Sun, 22 Nov 2026 12:00:00 GMT"
	for _, tc := range []struct {
		name    string
		status  int
		headers []string
		want    time.Duration
	}{
		{"nothing", 429, nil, 0},
		{"whole seconds", 429, []string{"Retry-After", "3"}, 3 * time.Second},
		{"a fraction", 429, []string{"Retry-After", "2.0"}, 2 * time.Second},
		{"less than a second", 503, []string{"Retry-After", "0.25"}, 250 * time.Millisecond},
		{"a date by the server's clock", 503, []string{"Retry-After", "Sun, 22 Nov 2026 12:01:30 GMT", "Date", date}, 90 * time.Second},
		{"a date that is past", 503, []string{"Retry-After", "Sun, 22 Nov 2026 11:00:00 GMT", "Date", date}, 0},
		{"nonsense", 429, []string{"Retry-After", "soon"}, 0},
		{"negative", 429, []string{"Retry-After", "-5"}, 0},
		{"not a number", 429, []string{"Retry-After", "NaN"}, 0},
		{"longer than any", 429, []string{"Retry-After", "99999999999999999999"}, time.Hour},
		{"longer than an hour", 503, []string{"Retry-After", "Mon, 23 Nov 2026 13:00:00 GMT", "Date", date}, time.Hour},
		{"a reset of a day", 429, []string{"X-Rate-Limit-Time-Reset-Ms", "86400000"}, time.Hour},
		{"only the reset", 429, []string{"X-Rate-Limit-Time-Reset-Ms", "15500"}, 15500 * time.Millisecond},
		{"only BigCommerce's seconds", 429, []string{"X-Retry-After", "7"}, 7 * time.Second},
		{"the longer of both, reset", 429, []string{"X-Retry-After", "7", "X-Rate-Limit-Time-Reset-Ms", "9000"}, 9 * time.Second},
		{"the longer of both, seconds", 429, []string{"X-Retry-After", "11", "X-Rate-Limit-Time-Reset-Ms", "9000"}, 11 * time.Second},
		{"a reset on every answer is no wait", 503, []string{"X-Rate-Limit-Time-Reset-Ms", "9000"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://x.example", nil)
			if got := WaitHeaders(answer(r, tc.status, "", tc.headers...)); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// One answer rests nothing for longer than an hour: not what was asked, and not
// what is asked next, in whichever form the wait is named.
func TestOneAnswerRestsNothingForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		month := 30 * 24 * time.Hour
		for name, p := range map[string]Policy{"headers": {}, "its own": {Wait: func(*http.Response) time.Duration { return month }}} {
			for _, status := range []int{429, 503} {
				base := &script{steps: []func(*http.Request) (*http.Response, error){say(status, "", "Retry-After", "2592000")}}
				c := mustNew(t, Config{Base: base, Policy: p, Limiter: NewLimiter(func(string) Rule { return Rule{Size: 10, Rate: 1} })})
				for range 2 {
					_, _, err := send(WithCall(t.Context(), Call{Op: "read"}), t, c, "GET", "")
					if after := channel.RetryAfter(err); after < 59*time.Minute || after > time.Hour+mostJitter {
						t.Errorf("%s, %d: retry after %s (%v)", name, status, after, err)
					}
				}
			}
		}
		if after := channel.RetryAfter(Pause(WithCall(t.Context(), Call{}), month)); after != time.Hour {
			t.Error(after)
		}
	})
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{
		"", "0", "1", "2.0", ".5", "5.", ".", "1.2.3", "1e9", "0x10", "1_0", "inf", "-1", " 3 ", "９",
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "999999999999999999999999",
	} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := ParseRetryAfter(s, now)
		if d < 0 || d > longestWait || !ok && d != 0 {
			t.Fatalf("%q: %v, %v", s, d, ok)
		}
		if n, err := strconv.ParseUint(s, 10, 20); err == nil && (!ok || d != time.Duration(n)*time.Second) {
			t.Fatalf("%q: %v, %v, want %d s", s, d, ok, n)
		}
	})
}
