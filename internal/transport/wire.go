package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Wire sends one attempt. It ends it at Deadline, reads the answer's body whole
// into memory (so that a cut answer counts as a lost one, and the deadline
// covers it), and tells by the error whether the request can have arrived.
type Wire struct {
	Base     http.RoundTripper
	Deadline time.Duration // of one attempt, body included; 0 is none
	MaxBody  int64         // largest answer in bytes; 0 is unbounded

	// Stream hands the body of a good answer through unread. Deadline then covers the time until
	// the answer's header, and the body ends with the request's context.
	Stream bool
}

// sendError is an attempt without an answer.
type sendError struct {
	err  error
	sent bool // the request may have arrived
}

func (e *sendError) Error() string { return e.err.Error() }
func (e *sendError) Unwrap() error { return e.err }

// Sent reports whether the request of a failed call may have reached the
// marketplace. It is false only when that is sure: no connection was made, or
// the call was stopped before it was sent.
func Sent(err error) bool {
	if s, ok := errors.AsType[*sendError](err); ok {
		return s.sent
	}
	return false
}

// errDeadline is the attempt's own deadline, as distinct from the caller's.
var errDeadline = errors.New("no answer within the call's deadline")

// RoundTrip implements [http.RoundTripper].
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	parent := req.Context()
	if err := parent.Err(); err != nil {
		closeBody(req)
		return nil, &sendError{err: err}
	}
	ctx, cancel := context.WithCancelCause(parent)
	var timer *time.Timer
	if w.Deadline > 0 {
		timer = time.AfterFunc(w.Deadline, func() { cancel(errDeadline) })
	}
	end := func() {
		if timer != nil {
			timer.Stop()
		}
		cancel(nil)
	}
	var conn connTrace
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { conn.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { conn.got.Store(true) },
	}))
	resp, err := w.Base.RoundTrip(req)
	if err != nil {
		err = &sendError{err: cause(ctx, parent, err), sent: conn.sent(err)}
		end()
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if w.Stream && resp.StatusCode < 300 {
		if timer != nil && !timer.Stop() {
			_ = resp.Body.Close()
			cancel(nil)
			return nil, &sendError{err: errDeadline, sent: true}
		}
		resp.Body = &streamed{ReadCloser: resp.Body, cancel: cancel}
		return resp, nil
	}
	defer end()
	length := resp.ContentLength
	if req.Method == http.MethodHead {
		length = 0 // tells of a body that does not come
	}
	buf, err := readBody(resp.Body, length, w.MaxBody)
	_ = resp.Body.Close()
	if err != nil {
		return nil, &sendError{err: cause(ctx, parent, err), sent: true}
	}
	resp.Body = newBuffered(buf)
	return resp, nil
}

// cause prefers the reason of the end to the base's words for it.
func cause(ctx, parent context.Context, err error) error {
	if ctx.Err() == nil || parent.Err() != nil {
		return err
	}
	return context.Cause(ctx)
}

// connTrace is what net/http told about an attempt's connection. Its hooks may
// still run after the attempt has ended.
type connTrace struct{ wanted, got atomic.Bool }

// sent reports whether the request may have been written. A base that tells
// nothing about connections is believed only when its error is that of dialling.
// With a connection at hand we do not ask how much was written: an HTTP/2
// request can be complete before its hook has run.
func (c *connTrace) sent(err error) bool {
	if c.got.Load() {
		return true
	}
	if c.wanted.Load() {
		return false
	}
	var op *net.OpError
	var dns *net.DNSError
	return !(errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns))
}

// streamed ends the attempt's context when the body is closed.
type streamed struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
	once   sync.Once
}

func (s *streamed) Close() error {
	err := s.ReadCloser.Close()
	s.once.Do(func() { s.cancel(nil) })
	return err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
