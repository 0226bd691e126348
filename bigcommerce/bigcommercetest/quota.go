package bigcommercetest

import (
	"net/http"
	"strconv"
	"time"
)

// ThrottleStyle says how a refusal for the rate limit looks. The real ones
// differ by where in the platform they arise; the zero value is the documented
// one.
type ThrottleStyle struct {
	NoReset      bool // without the four X-Rate-Limit headers
	NoRetryAfter bool // without X-Retry-After
	EmptyBody    bool
	Left         int // X-Rate-Limit-Requests-Left, which need not be 0

	ResetAfter time.Duration // shown in X-Rate-Limit-Time-Reset-Ms instead of the truth
	RetryAfter time.Duration // shown in X-Retry-After instead of the truth

	Status             int  // instead of 429; 500 has been seen
	StandardRetryAfter bool // a Retry-After header as well
}

// quotaWindow counts requests in windows that begin with a request.
type quotaWindow struct {
	start time.Time
	used  int // by tokens of this fake and by UseQuota

	forced int // refusals still due
	style  ThrottleStyle
}

// UseQuota spends n requests of the present window, as another app of the
// store would.
func (f *Fake) UseQuota(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.openWindow(f.now())
	f.quota.used += n
}

// ThrottleNext refuses the next n authorised calls in the given style,
// whatever the quota.
func (f *Fake) ThrottleNext(n int, style ThrottleStyle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.quota.forced, f.quota.style = n, style
}

// Throttled returns the number of calls refused for the rate limit.
func (f *Fake) Throttled() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.throttled
}

func (f *Fake) openWindow(now time.Time) {
	if f.quota.start.IsZero() || now.Sub(f.quota.start) >= f.cfg.QuotaWindow {
		f.quota.start, f.quota.used = now, 0
	}
}

// left returns what other apps and past calls leave of the window.
func (f *Fake) left(now time.Time) int {
	others := int(float64(f.cfg.OtherApps) * float64(now.Sub(f.quota.start)) / float64(f.cfg.QuotaWindow))
	return max(f.cfg.quota()-f.quota.used-others, 0)
}

// takeQuota pays for a call. It sets the rate headers on h and returns the
// refusal, if the call is refused.
func (f *Fake) takeQuota(c *call, now time.Time, h http.Header) (answer, bool) {
	f.openWindow(now)
	style, limited := f.cfg.Throttle, false
	switch {
	case f.quota.forced > 0:
		f.quota.forced--
		style, limited = f.quota.style, true
	case f.left(now) == 0:
		limited = true
	default:
		f.quota.used++
	}
	reset := f.quota.start.Add(f.cfg.QuotaWindow).Sub(now)
	if !limited {
		f.rateHeaders(h, f.left(now), reset)
		return answer{}, false
	}
	f.throttled++
	shown := reset
	if style.ResetAfter > 0 {
		shown = style.ResetAfter
	}
	if !style.NoReset {
		f.rateHeaders(h, style.Left, shown)
	}
	retry := reset
	if style.RetryAfter > 0 {
		retry = style.RetryAfter
	}
	seconds := strconv.Itoa(int((retry + time.Second - 1) / time.Second))
	if !style.NoRetryAfter {
		h.Set("X-Retry-After", seconds)
	}
	if style.StandardRetryAfter {
		h.Set("Retry-After", seconds)
	}
	status := http.StatusTooManyRequests
	if style.Status != 0 {
		status = style.Status
	}
	if style.EmptyBody {
		return answer{status: status}, true
	}
	return c.gateway(status, "You have exceeded your rate limit."), true
}

func (f *Fake) rateHeaders(h http.Header, left int, reset time.Duration) {
	h.Set("X-Rate-Limit-Time-Window-Ms", strconv.FormatInt(f.cfg.QuotaWindow.Milliseconds(), 10))
	h.Set("X-Rate-Limit-Time-Reset-Ms", strconv.FormatInt(reset.Milliseconds(), 10))
	h.Set("X-Rate-Limit-Requests-Quota", strconv.Itoa(f.cfg.quota()))
	h.Set("X-Rate-Limit-Requests-Left", strconv.Itoa(left))
}
