package bigcommerce

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// call is one request.
type call struct {
	op     string // for errors and logs: "order page"
	method string
	path   string // behind the store's root: "/v2/orders"
	query  url.Values
	body   any
	repeat transport.Repeat
}

func get(op, path string, query url.Values) call {
	return call{op: op, method: http.MethodGet, path: path, query: query, repeat: transport.Read}
}

// do sends a call and gives use the body of a good answer, which is empty where
// V2 has an empty list to tell, and not to be kept. began is the server's time
// when the call began, not late as far as it told.
func (c *Channel) do(ctx context.Context, cl call, use func(body []byte) error) (began time.Time, err error) {
	var sent []byte
	if cl.body != nil {
		if sent, err = store.Marshal(cl.body); err != nil {
			return began, c.fail(cl, "", channel.ErrInvalid, err)
		}
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: cl.op, Repeatable: cl.repeat})
	target := c.root + cl.path
	if len(cl.query) > 0 {
		target += "?" + cl.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target, bytes.NewReader(sent))
	if err != nil {
		return began, c.fail(cl, "", channel.ErrInvalid, err)
	}
	if cl.body == nil {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	}
	// The contract requires both, the second even of some reads.
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	resp, err := c.client.Do(req)
	if err != nil {
		return began, err
	}
	defer func() { _ = resp.Body.Close() }()
	at := transport.SentAt(ctx)
	began = c.clock.At(at)
	text, err := transport.Bytes(resp)
	if err != nil {
		return began, c.fail(cl, requestID(resp), transport.Class(resp), err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return began, c.statusError(cl, resp, text)
	}
	if err := use(text); err != nil {
		return began, err
	}
	return c.clock.Learn(resp, at), nil
}

// read sends a read and decodes its answer.
func (c *Channel) read(ctx context.Context, cl call, out any) error {
	_, err := c.do(ctx, cl, func(body []byte) error {
		if len(bytes.TrimSpace(body)) > 0 && store.Unmarshal(body, out) != nil {
			return c.garbled(cl, "answer has another shape than was asked for")
		}
		return nil
	})
	return err
}

// list sends a read of a V2 list and decodes its rows one at a time. Nothing
// found is no rows.
func list[T any](ctx context.Context, c *Channel, cl call) (nodes []store.Node[T], at time.Time, err error) {
	at, err = c.do(ctx, cl, func(body []byte) (err error) {
		if nodes, err = store.DecodeNodes[T](body); err != nil {
			return c.garbled(cl, "answer is not a list")
		}
		return nil
	})
	return nodes, at, err
}

// page sends a read of a V3 list and decodes its rows one at a time.
func page[T any](ctx context.Context, c *Channel, cl call) (nodes []store.Node[T], meta store.Meta, at time.Time, err error) {
	var p store.Page[T]
	at, err = c.do(ctx, cl, func(body []byte) (err error) {
		if p, err = store.DecodePage[T](body); err != nil {
			return c.garbled(cl, "answer is not a page")
		}
		return nil
	})
	return p.Data, p.Meta, at, err
}

// ignored is for answers that say no more than that a call succeeded.
func ignored([]byte) error { return nil }
