package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/penstock-go/penstock/channel"
)

// Retry sends a call until it is answered, within MaxAttempts and MaxWait. The
// loop is go-retryablehttp's; its unsafe defaults are replaced:
//
//   - it repeats every method: a write is repeated here only if its [Call] says
//     it may be, or if the attempt surely had no effect;
//   - it sleeps through any Retry-After: a wait beyond MaxWait is ErrThrottled
//     at once, and every form of the header is read ([WaitHeaders]);
//   - it backs off without jitter: here it is full jitter;
//   - it drops the last response: here that is handed on, body and all;
//   - it follows redirects, reads bodies of any size into memory, logs to
//     stderr, and empties the connection pool of everybody after a failure:
//     none of that here.
type Retry struct {
	Base        http.RoundTripper
	Channel     channel.ID    // for errors
	MaxWait     time.Duration // all waiting of one call together, the limiter's too
	MaxAttempts int
	MaxBody     int64 // largest request in bytes; 0 is unbounded
	Policy      Policy

	once   sync.Once
	client *http.Client
}

// The span of the first back-off and of the longest, both before jitter. The
// longest is what MaxWait's default leaves room for.
const (
	firstBackoff = 250 * time.Millisecond
	topBackoff   = 4 * time.Second
)

// loop returns go-retryablehttp's loop for one call: its Backoff is told
// neither the call nor, after an error, anything else.
func (r *Retry) loop(t *trip) *retryablehttp.Client {
	r.once.Do(func() { r.client = &http.Client{Transport: (*attempt)(r), CheckRedirect: noRedirect} })
	return &retryablehttp.Client{
		HTTPClient: r.client,
		RetryMax:   r.MaxAttempts + 1, // never reached: check counts
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			return r.check(ctx, t, resp, err), nil
		},
		Backoff: func(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
			t.mu.Lock()
			defer t.mu.Unlock()
			return t.wait
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// noRedirect hands a redirect to the caller: following it would send the
// credentials to another host.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// attempt is Retry's base as go-retryablehttp sees it: without
// CloseIdleConnections, which it would call after any failure.
type attempt Retry

func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	t := tripFrom(req.Context())
	t.mu.Lock()
	t.attempts++
	t.resend = false
	t.mu.Unlock()
	return a.Base.RoundTrip(req)
}

// CloseIdleConnections closes the base's idle connections.
func (r *Retry) CloseIdleConnections() { closeIdle(r.Base) }

// RoundTrip implements [http.RoundTripper]. Its errors are *[channel.Error].
func (r *Retry) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	t := tripFrom(ctx)
	if t == nil {
		ctx = WithCall(ctx, Call{})
		t = tripFrom(ctx)
	}
	t.begin(req.Method, r.Channel, r.MaxWait, r.MaxAttempts)
	out := &retryablehttp.Request{Request: req.WithContext(ctx)}
	if err := r.body(out, req); err != nil {
		return nil, t.final(&channel.Error{Class: channel.ErrInvalid, Err: err})
	}
	resp, err := r.loop(t).Do(out)
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, r.fail(t, err)
	}
	if err := r.judge(ctx, t, resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	// The request the base saw carries the credentials.
	resp.Request = req
	if tripFrom(req.Context()) == nil {
		resp.Request = req.WithContext(ctx)
	}
	return resp, nil
}

// body gives out a body that can be sent again, and takes over req's.
func (r *Retry) body(out *retryablehttp.Request, req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		out.Body = nil
		return nil
	}
	defer closeBody(req)
	length := req.ContentLength
	if r.MaxBody > 0 && length > r.MaxBody {
		return tooLarge(r.MaxBody)
	}
	if req.GetBody != nil && length > 0 {
		get := req.GetBody
		if err := out.SetBody(retryablehttp.ReaderFunc(func() (io.Reader, error) { return get() })); err != nil {
			return err
		}
		out.ContentLength = length // SetBody knows it of fewer kinds of readers
		return nil
	}
	in := io.Reader(req.Body)
	if r.MaxBody > 0 {
		in = io.LimitReader(in, r.MaxBody+1)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if r.MaxBody > 0 && int64(len(b)) > r.MaxBody {
		return tooLarge(r.MaxBody)
	}
	return out.SetBody(b)
}

// check is asked after each attempt whether to go on, and decides how long to
// wait first. It has no error to give: beside a response one of the two is lost.
func (r *Retry) check(ctx context.Context, t *trip, resp *http.Response, err error) bool {
	again, told := r.worth(t, resp, err)
	if !again || ctx.Err() != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resend {
		t.wait = 0
		return t.attempts <= t.maxAttempts // a new token is worth one attempt more
	}
	left := t.maxWait - t.waited
	// A stated wait is over for all at once, and the limiter spreads them.
	if t.attempts >= t.maxAttempts || told+spread(told) > left || left <= 0 {
		return false
	}
	span := min(topBackoff, firstBackoff<<min(t.attempts-1, 10))
	t.wait = min(left, told+rand.N(span))
	if deadlineBefore(ctx, t.wait) {
		return false
	}
	t.waited += t.wait
	return true
}

// worth reports whether the outcome of an attempt can be mended by another, and
// the wait the answer asked for. It notes whether the attempt may have been
// applied.
func (r *Retry) worth(t *trip, resp *http.Response, err error) (again bool, told time.Duration) {
	if err != nil {
		var s *sendError
		if !errors.As(err, &s) {
			return false, 0 // limiter or credentials: not ours to mend
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.doubt = t.doubt || s.sent
		return (!s.sent || t.repeat != Once) && !hopeless(err), 0
	}
	transient, refused := r.Policy.transient(resp.StatusCode), false
	if transient {
		refused, told = r.Policy.refused(resp), r.Policy.wait(resp)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resend {
		return true, 0
	}
	if !refused && (resp.StatusCode == http.StatusRequestTimeout ||
		resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented && resp.StatusCode != http.StatusHTTPVersionNotSupported) {
		t.doubt = true
	}
	return transient && (refused || t.repeat != Once), told
}

// hopeless reports errors that another attempt will meet again.
func hopeless(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.Is(err, ErrTooLarge) || errors.As(err, &cert)
}

// judge turns a last response into an error where only the transport knows what
// it means, or returns nil.
func (r *Retry) judge(ctx context.Context, t *trip, resp *http.Response) error {
	t.mu.Lock()
	authed, read, left := t.authed, t.read, t.maxWait-t.waited
	t.mu.Unlock()
	switch {
	case authed && resp.StatusCode == http.StatusUnauthorized:
		e := r.Policy.errorOf(resp, channel.ErrUnauthorized)
		e.RetryAfter = 0
		return t.final(e)
	case r.Policy.transient(resp.StatusCode):
		wait := r.Policy.wait(resp)
		if wait == 0 || wait <= left && !deadlineBefore(ctx, wait) {
			return nil // the adapter reads the answer, and finds the wait in it
		}
		if read || r.Policy.refused(resp) {
			return t.final(r.Policy.errorOf(resp, channel.ErrThrottled))
		}
	}
	return nil
}

// fail classes an error of the loop.
func (r *Retry) fail(t *trip, err error) error {
	if e, ok := errors.AsType[*channel.Error](err); ok {
		return t.final(e)
	}
	t.mu.Lock()
	read, doubt := t.read, t.doubt
	t.mu.Unlock()
	class := channel.ErrUnavailable
	switch {
	case !read && (doubt || Sent(err)):
		class = channel.ErrUnsure
	case errors.Is(err, ErrTooLarge):
		class = channel.ErrInvalid
	}
	return t.final(&channel.Error{Class: class, Err: Redact(err)})
}

func closeIdle(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
