package transport

import (
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Policy is how one marketplace's answers are read. The zero value fits most.
// The functions may read the body with [Bytes].
type Policy struct {
	// Wait returns how long resp asks to wait, 0 when it does not say, an hour at
	// most; nil is [WaitHeaders].
	Wait func(resp *http.Response) time.Duration

	// Transient says which statuses are worth another attempt; nil is 408, 425,
	// 429 and every 5xx but 501, 505, 507 and 511.
	Transient func(status int) bool

	// Refused says that a transient answer came before any effect, so that even
	// a write may be sent again; nil is 429 only. A 503 is refused or ambiguous
	// by what the marketplace promises.
	Refused func(resp *http.Response) bool

	// Rejected says that the credentials were not accepted; nil is 401.
	// Amazon answers 403 for an expired token.
	Rejected func(resp *http.Response) bool

	// Describe returns the marketplace's own code and message of an answer that
	// becomes an error here; nil is the status and no words. The message is
	// cleaned by [Message].
	Describe func(resp *http.Response) (code, message string)

	// RequestID returns the marketplace's id of the request; nil is X-Request-Id.
	RequestID func(h http.Header) string

	// Usage returns what the headers tell about the allowance; nil is nothing.
	Usage func(resp *http.Response) Usage
}

func (p *Policy) wait(resp *http.Response) time.Duration {
	if p.Wait != nil {
		return min(longestSilence, max(0, p.Wait(resp)))
	}
	return WaitHeaders(resp)
}

func (p *Policy) transient(status int) bool {
	if p.Transient != nil {
		return p.Transient(status)
	}
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported,
		http.StatusInsufficientStorage, http.StatusNetworkAuthenticationRequired:
		return false
	}
	return status >= 500
}

func (p *Policy) refused(resp *http.Response) bool {
	if p.Refused != nil {
		return p.Refused(resp)
	}
	return resp.StatusCode == http.StatusTooManyRequests
}

func (p *Policy) rejected(resp *http.Response) bool {
	if p.Rejected != nil {
		return p.Rejected(resp)
	}
	return resp.StatusCode == http.StatusUnauthorized
}

// errorOf turns an answer into an error of the given class.
func (p *Policy) errorOf(resp *http.Response, class error) *channel.Error {
	e := &channel.Error{Class: class, Code: strconv.Itoa(resp.StatusCode), RetryAfter: p.wait(resp)}
	if p.Describe != nil {
		code, message := p.Describe(resp)
		if code != "" {
			e.Code = code
		}
		e.Message = Message(message)
	}
	if p.RequestID != nil {
		e.RequestID = p.RequestID(resp.Header)
	} else {
		e.RequestID = resp.Header.Get("X-Request-Id")
	}
	return e
}

// Class returns what resp's status usually means, nil below 300. An adapter's
// own table goes first; this knows which attempts of the call may have been
// applied: a 5xx to a write is ErrUnsure, and so is a 429 when an earlier
// attempt of the same write got no answer.
func Class(resp *http.Response) error {
	var doubt, read bool
	if resp.Request != nil {
		if t := tripFrom(resp.Request.Context()); t != nil {
			t.mu.Lock()
			doubt, read = t.doubt, t.read
			t.mu.Unlock()
		}
	}
	doubt = doubt && !read
	switch s := resp.StatusCode; {
	case s < 300:
		return nil
	case s < 400:
		return channel.ErrInvalid
	case s == http.StatusTooManyRequests && !doubt:
		return channel.ErrThrottled
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500:
		switch {
		case read:
			return channel.ErrUnavailable
		case s == http.StatusNotImplemented, s == http.StatusHTTPVersionNotSupported:
			return channel.ErrInvalid
		case doubt:
			return channel.ErrUnsure
		}
		// Refused by what the adapter's policy says, or not known to a trip.
		if resp.Request != nil && tripFrom(resp.Request.Context()) != nil {
			return channel.ErrUnavailable
		}
		return channel.ErrUnsure
	case s == http.StatusUnauthorized:
		return channel.ErrUnauthorized
	case s == http.StatusPaymentRequired, s == http.StatusLocked:
		return channel.ErrSuspended
	case s == http.StatusForbidden:
		return channel.ErrForbidden
	case s == http.StatusNotFound, s == http.StatusGone:
		return channel.ErrNotFound
	case s == http.StatusConflict, s == http.StatusPreconditionFailed:
		return channel.ErrConflict
	}
	return channel.ErrInvalid
}
