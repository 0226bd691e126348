package transport

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait caps what is computed of what a header says, so that no sum
// overflows.
const longestWait = 30 * 24 * time.Hour

// WaitHeaders returns how long resp asks to wait, 0 when it does not say: the
// longest of Retry-After and X-Retry-After (seconds, whole or fractional, or a
// date) and, on a 429, X-Rate-Limit-Time-Reset-Ms. BigCommerce documents the
// last two and that the longer one counts. More than an hour is taken for an
// hour: one answer rests no channel for longer.
func WaitHeaders(resp *http.Response) time.Duration {
	now := time.Now()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = date // a date is the server's, and so is the clock to read it by
	}
	var wait time.Duration
	for _, name := range [...]string{"Retry-After", "X-Retry-After"} {
		if d, ok := ParseRetryAfter(resp.Header.Get(name), now); ok {
			wait = max(wait, d)
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		if d, ok := parseNumber(resp.Header.Get("X-Rate-Limit-Time-Reset-Ms"), time.Millisecond); ok {
			wait = max(wait, d)
		}
	}
	return min(longestSilence, wait)
}

// ParseRetryAfter reads a Retry-After value: seconds, with or without a
// fraction (Shopify's REST API is reported to send "2.0"), or an HTTP date
// counted from now. A date that is past is no wait; anything else is not ok.
func ParseRetryAfter(value string, now time.Time) (wait time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if d, ok := parseNumber(value, time.Second); ok {
		return d, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(longestWait, max(0, date.Sub(now))), true
}

// parseNumber reads digits with at most one point between them.
func parseNumber(s string, unit time.Duration) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // out of range is infinite
		return 0, false
	}
	if f >= float64(longestWait/unit) {
		return longestWait, true
	}
	return time.Duration(f * float64(unit)), true
}

// WindowHeaders reads BigCommerce's four headers: the quota of a window, what
// is left of it, its length and the time until it ends. An answer without the
// first two tells nothing.
func WindowHeaders(resp *http.Response) Usage {
	number := func(name string) (float64, bool) {
		f, err := strconv.ParseFloat(strings.TrimSpace(resp.Header.Get(name)), 64)
		return f, err == nil && f >= 0 && f < 1e12
	}
	var u Usage
	size, ok := number("X-Rate-Limit-Requests-Quota")
	left, ok2 := number("X-Rate-Limit-Requests-Left")
	if !ok || !ok2 || size < 1 {
		return u
	}
	u.Size, u.Remaining = size, left
	u.Window, _ = parseNumber(resp.Header.Get("X-Rate-Limit-Time-Window-Ms"), time.Millisecond)
	u.Reset, _ = parseNumber(resp.Header.Get("X-Rate-Limit-Time-Reset-Ms"), time.Millisecond)
	return u
}
