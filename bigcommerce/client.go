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

// do sends a call and returns the body of a good answer, which is empty where
// V2 has an empty list to tell. began is the server's time when the call began,
// as far as it told.
func (c *Channel) do(ctx context.Context, cl call) (body []byte, began time.Time, err error) {
	var sent []byte
	if cl.body != nil {
		if sent, err = store.Marshal(cl.body); err != nil {
			return nil, began, c.fail(cl, "", channel.ErrInvalid, err)
		}
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: cl.op, Repeatable: cl.repeat})
	target := c.root + cl.path
	if len(cl.query) > 0 {
		target += "?" + cl.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target, bytes.NewReader(sent))
	if err != nil {
		return nil, began, c.fail(cl, "", channel.ErrInvalid, err)
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
		return nil, began, err
	}
	defer func() { _ = resp.Body.Close() }()
	began = c.began(resp, transport.SentAt(ctx))
	text, err := transport.Bytes(resp)
	if err != nil {
		return nil, began, c.fail(cl, requestID(resp), transport.Class(resp), err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, began, c.statusError(cl, resp, text)
	}
	// The buffer lives as long as the answer.
	return bytes.Clone(text), began, nil
}

// began learns the server's clock from an answer and returns its time when the
// answer was asked for, never too late.
func (c *Channel) began(resp *http.Response, sent time.Time) time.Time {
	date, ok := c.clock.Learn(resp, sent)
	if !ok {
		return c.clock.At(sent)
	}
	return date.Add(-time.Since(sent))
}

// read sends a read and decodes its answer.
func (c *Channel) read(ctx context.Context, cl call, out any) error {
	body, _, err := c.do(ctx, cl)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	if err := store.Unmarshal(body, out); err != nil {
		return c.garbled(cl, "answer has another shape than was asked for")
	}
	return nil
}

// list sends a read of a V2 list and decodes its rows one at a time. Nothing
// found is no rows.
func list[T any](ctx context.Context, c *Channel, cl call) ([]store.Node[T], time.Time, error) {
	body, at, err := c.do(ctx, cl)
	if err != nil {
		return nil, at, err
	}
	nodes, err := store.DecodeNodes[T](body)
	if err != nil {
		return nil, at, c.garbled(cl, "answer is not a list")
	}
	return nodes, at, nil
}

// page sends a read of a V3 list and decodes its rows one at a time.
func page[T any](ctx context.Context, c *Channel, cl call) ([]store.Node[T], store.Page, time.Time, error) {
	body, at, err := c.do(ctx, cl)
	if err != nil {
		return nil, store.Page{}, at, err
	}
	nodes, meta, err := store.DecodePage[T](body)
	if err != nil {
		return nil, meta, at, c.garbled(cl, "answer is not a page")
	}
	return nodes, meta, at, nil
}
