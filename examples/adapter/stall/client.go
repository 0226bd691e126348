package stall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	maxAttempts  = 3
	firstBackoff = 250 * time.Millisecond
	maxBody      = 8 << 20 // bytes of an answer: a page of 100 orders has some 200,000
)

// call is one request.
type call struct {
	op         string // for errors: "order page"
	method     string
	path       string // behind the endpoint: "/v1/orders"
	query      url.Values
	body       any  // sent as JSON; nil is none
	repeatable bool // sent twice it does what it does sent once
}

// do sends a call until it is answered, and decodes the answer. began is Stall's
// time when the answered attempt began, or earlier.
//
// The class of an error says whether it may be sent again: what is throttled or
// unavailable surely had no effect, what is unsure may have had one.
func (c *Channel) do(ctx context.Context, cl call, out any) (began time.Time, err error) {
	var body []byte
	if cl.body != nil {
		if body, err = json.Marshal(cl.body); err != nil {
			return began, c.fail(cl.op, channel.ErrInvalid, "request cannot be encoded")
		}
	}
	waitUntil := time.Now().Add(c.cfg.MaxWait)
	for attempt := range maxAttempts {
		if began, err = c.attempt(ctx, cl, body, out); err == nil {
			return began, nil
		}
		again := errors.Is(err, channel.ErrThrottled) || errors.Is(err, channel.ErrUnavailable) ||
			cl.repeatable && errors.Is(err, channel.ErrUnsure)
		backoff := firstBackoff << attempt
		wait := channel.RetryAfter(err) + backoff/2 + rand.N(backoff)
		if !again || ctx.Err() != nil || time.Now().Add(wait).After(waitUntil) {
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return began, err
		}
	}
	return began, err
}

// attempt sends a call once.
func (c *Channel) attempt(ctx context.Context, cl call, body []byte, out any) (began time.Time, err error) {
	if err := c.turn(ctx, cl); err != nil {
		return began, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Deadline)
	defer cancel()
	target := c.cfg.Endpoint + cl.path
	if len(cl.query) > 0 {
		target += "?" + cl.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target, bytes.NewReader(body))
	if err != nil {
		return began, c.fail(cl.op, channel.ErrInvalid, "request cannot be made")
	}
	req.Header.Set("Authorization", "Bearer "+string(c.cfg.Key))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	sent := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return began, c.lost(cl, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode > 299:
		return began, c.refused(cl, resp, text)
	case err != nil:
		return began, c.lost(cl, err)
	case len(text) > maxBody:
		return began, c.garbled(cl, "answer is too large")
	case json.Unmarshal(text, out) != nil:
		return began, c.garbled(cl, "answer has another shape than was asked for")
	}
	if began, err = serverTime(resp, sent); err != nil {
		return began, c.garbled(cl, "answer has no date")
	}
	return began, nil
}

// turn waits until the limiter lets a call through, and not for long.
func (c *Channel) turn(ctx context.Context, cl call) error {
	if err := ctx.Err(); err != nil {
		return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrUnavailable, Err: err}
	}
	turn := c.cfg.Limiter.Reserve()
	wait := turn.Delay()
	deadline, bounded := ctx.Deadline()
	if wait > c.cfg.MaxWait || bounded && time.Until(deadline) < wait {
		turn.Cancel()
		return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrThrottled, RetryAfter: wait}
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		turn.Cancel()
		return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrUnavailable, Err: ctx.Err()}
	}
}

// serverTime is Stall's time when a call was sent, never later: its Date is of
// then or after, less the time the call took, and cut to the second. The earlier
// of that and our own clock keeps one wrong Date from moving a watermark past
// what was not read.
func serverTime(resp *http.Response, sent time.Time) (time.Time, error) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return date, err
	}
	at := date.Add(-time.Since(sent))
	if sent.Before(at) {
		at = sent
	}
	return at.UTC(), nil
}
