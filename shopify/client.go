package shopify

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// call is one GraphQL operation.
type call struct {
	op     string // for errors and logs: "order page"
	name   string // of the operation in query
	query  string
	vars   any
	cost   int // as Shopify will count it before it runs
	repeat transport.Repeat
}

// under returns a context that carries the call. Who asks afterwards how the
// call went (was an attempt doubtful, how many were there) makes it before do.
func (cl call) under(ctx context.Context) context.Context {
	return transport.WithCall(ctx, transport.Call{Op: cl.op, Cost: float64(cl.cost), Repeatable: cl.repeat})
}

// request is the body of a GraphQL call.
type request struct {
	Query     string `json:"query"`
	Variables any    `json:"variables,omitempty"`
	Name      string `json:"operationName,omitempty"`
}

// answer is the envelope around every result. Errors may be an array, an
// object or a string.
type answer struct {
	Data       answerData     `json:"data"`
	Errors     jsontext.Value `json:"errors"`
	Extensions struct {
		Cost *struct {
			Requested float64  `json:"requestedQueryCost"`
			Actual    *float64 `json:"actualQueryCost"`
			Throttle  struct {
				Maximum   float64 `json:"maximumAvailable"`
				Available float64 `json:"currentlyAvailable"`
				Restore   float64 `json:"restoreRate"`
			} `json:"throttleStatus"`
		} `json:"cost"`
	} `json:"extensions"`
}

// answerData decodes the data of an answer into out as it is read; without out
// it is skipped.
type answerData struct {
	out  any
	came bool // there was some
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *answerData) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	d.came = dec.PeekKind() != 'n'
	if !d.came || d.out == nil {
		return dec.SkipValue()
	}
	return json.UnmarshalDecode(dec, d.out)
}

// do sends a call and decodes the data of its answer into out. A throttle
// inside a 200 is waited out and sent again, within the same limit on waiting
// as any other. Fields Shopify denied for want of a scope are returned as
// denied beside the data, which then lacks them.
func (c *Channel) do(ctx context.Context, cl call, out any) (denied []graphError, err error) {
	body, err := json.Marshal(request{Query: cl.query, Variables: cl.vars, Name: cl.name}, json.Deterministic(true))
	if err != nil {
		return nil, c.fail(cl, "", channel.ErrInvalid, err)
	}
	if _, ok := transport.CallFrom(ctx); !ok {
		ctx = cl.under(ctx)
	}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost,
			c.cfg.Endpoint+"/admin/api/"+Version+"/graphql.json", bytes.NewReader(body))
		if err != nil {
			return nil, c.fail(cl, "", channel.ErrInvalid, err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		req.Header.Set("User-Agent", c.cfg.UserAgent)
		resp, err := c.client.Do(req)
		if err != nil {
			return nil, err
		}
		c.notice(resp)
		denied, wait, err := c.read(ctx, cl, resp, out)
		if err == nil && wait == 0 {
			c.clock.Learn(resp, transport.SentAt(ctx))
		}
		_ = resp.Body.Close()
		if wait == 0 {
			return denied, err
		}
		if err := transport.Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// doAt is do, and says at what time of the server's the answer was asked for.
func (c *Channel) doAt(ctx context.Context, cl call, out any) (denied []graphError, at time.Time, err error) {
	under := cl.under(ctx)
	denied, err = c.do(under, cl, out)
	return denied, c.clock.At(transport.SentAt(under)), err
}

// notice keeps what every answer tells: the version that served it. A retired
// one is stood in for by another, without an error.
func (c *Channel) notice(resp *http.Response) {
	if v := resp.Header.Get("X-Shopify-API-Version"); v != "" {
		c.mu.Lock()
		c.served = v
		c.mu.Unlock()
	}
}

// read makes sense of one answer. A wait above zero asks for the call to be
// sent again after it.
func (c *Channel) read(ctx context.Context, cl call, resp *http.Response, out any) (denied []graphError, wait time.Duration, err error) {
	body, err := transport.Bytes(resp)
	if err != nil {
		return nil, 0, c.fail(cl, requestID(resp), transport.Class(resp), err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, 0, c.statusError(ctx, cl, resp, body)
	}
	a := answer{Data: answerData{out: out}}
	err = admin.Unmarshal(body, &a)
	_, unfit := errors.AsType[*json.SemanticError](err)
	if unfit {
		a = answer{} // what else it says comes first
		err = admin.Unmarshal(body, &a)
	}
	if err != nil {
		return nil, 0, c.garbled(ctx, cl, resp, "answer is not JSON")
	}
	if cost := a.Extensions.Cost; cost != nil {
		spent := cost.Requested
		if cost.Actual != nil {
			spent = *cost.Actual
		}
		t := cost.Throttle
		c.sizes.bucket(t.Maximum)
		transport.Settle(ctx, spent, transport.Usage{Size: t.Maximum, Remaining: t.Available, Rate: t.Restore})
	}
	errs := parseErrors(a.Errors)
	if len(errs) > 0 {
		if throttled(errs) {
			wait := time.Second
			if cost := a.Extensions.Cost; cost != nil {
				transport.Settle(ctx, 0, transport.Usage{
					Size: cost.Throttle.Maximum, Remaining: cost.Throttle.Available, Rate: cost.Throttle.Restore,
				})
				if r := cost.Throttle.Restore; r > 0 {
					need := max(cost.Requested, float64(cl.cost)) - cost.Throttle.Available
					wait = max(100*time.Millisecond, transport.Refill(need, r))
				}
			}
			return nil, wait, nil
		}
		if !allDenied(errs) || !a.Data.came {
			return nil, 0, c.graphErrors(ctx, cl, resp, errs)
		}
		denied = errs
	}
	if !a.Data.came {
		return nil, 0, c.garbled(ctx, cl, resp, "answer has neither data nor errors")
	}
	if unfit {
		return nil, 0, c.unfit(ctx, cl, resp)
	}
	return denied, 0, nil
}
