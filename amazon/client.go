package amazon

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

// call is one request.
type call struct {
	op        string // for errors and logs: "order page"
	operation string // the model's name of it, by which it is limited
	method    string
	path      string // behind the host, each segment escaped: "/orders/2026-01-01/orders"
	query     url.Values
	body      any
	repeat    transport.Repeat
}

func get(op, operation, path string, query url.Values) call {
	return call{op: op, operation: operation, method: http.MethodGet, path: path, query: query, repeat: transport.Read}
}

// answer is where a body came from.
type answer struct {
	resp *http.Response // its body is closed
	sent time.Time
}

// do sends a call and returns the body of a good answer, and what of it tells the
// time. A GET has no body at all: Amazon refuses one.
func (c *Channel) do(ctx context.Context, cl call) (body []byte, from answer, err error) {
	var sent []byte
	if cl.body != nil {
		if sent, err = wire.Marshal(cl.body); err != nil {
			return nil, from, c.fail(cl, "", channel.ErrInvalid, err)
		}
	}
	if err := c.share(ctx, cl); err != nil {
		return nil, from, err
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: cl.op, Key: c.cfg.keyOf(cl.operation), Repeatable: cl.repeat})
	target := c.cfg.Endpoint + cl.path
	if len(cl.query) > 0 {
		target += "?" + cl.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target, bytes.NewReader(sent))
	if err != nil {
		return nil, from, c.fail(cl, "", channel.ErrInvalid, err)
	}
	if cl.body == nil {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, from, err
	}
	defer func() { _ = resp.Body.Close() }()
	from = answer{resp, transport.SentAt(ctx)}
	text, err := transport.Bytes(resp)
	if err != nil {
		return nil, from, c.fail(cl, requestID(resp), transport.Class(resp), err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, from, c.statusError(ctx, cl, resp, text)
	}
	// The buffer lives as long as the answer.
	return bytes.Clone(text), from, nil
}

// share takes what a call costs beside its operation's own bucket.
func (c *Channel) share(ctx context.Context, cl call) error {
	err := c.cfg.Limiter.second(ctx, &c.cfg, cl.operation, c.maxWait)
	if err == nil && c.cfg.Quota != nil && seconds[cl.operation].shared {
		err = c.cfg.Quota.Take(ctx, c.cfg.quotaKey(cl.operation), 1, 0)
	}
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*channel.Error](err); ok {
		named := *e
		named.Channel, named.Op = c.cfg.ID, cl.op
		return &named
	}
	return c.fail(cl, "", channel.ErrUnavailable, err)
}

// read sends a read and decodes its answer. It returns the server's time when it
// was sent, not late as far as the answer told.
func (c *Channel) read(ctx context.Context, cl call, out any) (time.Time, error) {
	body, from, err := c.do(ctx, cl)
	if err != nil {
		return c.clock.At(from.sent), err
	}
	if err := wire.Unmarshal(body, out); err != nil {
		return c.clock.At(from.sent), c.garbled(cl, "answer has another shape than was asked for")
	}
	if err := c.hidden(cl, body); err != nil {
		return c.clock.At(from.sent), err
	}
	return c.clock.Learn(from.resp, from.sent), nil
}
