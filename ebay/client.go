package ebay

import (
	"bytes"
	"context"
	"encoding/xml"
	"maps"
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
	api       api    // whose daily calls it spends
	operation string // the specification's name of it, by which it is limited
	job       job    // what it is for, by which the day's calls are divided
	method    string
	path      string // behind the host, each segment escaped: "/sell/fulfillment/v1/order"
	query     url.Values
	header    http.Header
	body      any    // JSON, unless raw is set
	raw       []byte // with a Content-Type in header
	repeat    transport.Repeat
	entries   bool // of a batch: a 400 tells of each entry, when all of them are refused
}

func get(op string, of api, operation string, what job, path string, query url.Values) call {
	return call{op: op, api: of, operation: operation, job: what, method: http.MethodGet, path: path, query: query, repeat: transport.Read}
}

// answer is where a body came from.
type answer struct {
	resp *http.Response // its body is closed
	sent time.Time
}

// do sends a call and returns the body of a good answer, and what of it tells the
// time.
func (c *Channel) do(ctx context.Context, cl call) (body []byte, from answer, err error) {
	if err := c.share(ctx, cl); err != nil {
		return nil, from, err
	}
	return c.send(ctx, c.client, cl)
}

// send sends a call with one of the clients.
func (c *Channel) send(ctx context.Context, by *transport.Client, cl call) (body []byte, from answer, err error) {
	sent := cl.raw
	if cl.body != nil {
		if sent, err = wire.Marshal(cl.body); err != nil {
			return nil, from, c.fail(cl, "", channel.ErrInvalid, err)
		}
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: cl.op, Key: cl.operation, Repeatable: cl.repeat})
	target := c.endpoint(cl.api) + cl.path
	if len(cl.query) > 0 {
		target += "?" + cl.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target, bytes.NewReader(sent))
	if err != nil {
		return nil, from, c.fail(cl, "", channel.ErrInvalid, err)
	}
	if len(sent) == 0 {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	// Inventory refuses what names no language, with the error of a wrong one.
	req.Header.Set("Accept-Language", c.cfg.home().language)
	req.Header.Set("User-Agent", userAgent)
	maps.Copy(req.Header, cl.header)
	resp, err := by.Do(req)
	if err != nil {
		return nil, from, err
	}
	defer func() { _ = resp.Body.Close() }()
	from = answer{resp, transport.SentAt(ctx)}
	text, err := transport.Bytes(resp)
	if err != nil {
		return nil, from, c.fail(cl, requestID(resp), transport.Class(resp), err)
	}
	told := cl.entries && resp.StatusCode == http.StatusBadRequest && bytes.Contains(text, []byte(`"responses"`))
	if (resp.StatusCode < 200 || resp.StatusCode > 299) && !told {
		return nil, from, c.statusError(ctx, cl, resp, text)
	}
	// The buffer lives as long as the answer.
	return bytes.Clone(text), from, nil
}

const userAgent = "penstock"

// endpoint is the address of an API's host.
func (c *Channel) endpoint(of api) string {
	if of == apiIdentity {
		return c.cfg.IdentityEndpoint
	}
	return c.cfg.Endpoint
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

// The headers of a Trading call.
const (
	headerToken = "X-Ebay-Api-Iaf-Token"
	headerName  = "X-Ebay-Api-Call-Name"
	headerSite  = "X-Ebay-Api-Siteid"
	headerLevel = "X-Ebay-Api-Compatibility-Level"

	// tradingLevel is the version of the schema that Trading calls and feeds are
	// written in: the page "Feed types" names it.
	tradingLevel = "1451"
	pathTrading  = "/ws/api.dll"
)

// trade sends a Trading call: body is the whole document. What comes back says
// itself, with status 200, whether it succeeded; refusals of the token, which are
// repeated with a new one, are refused here already, and so are those for the
// day's limit.
func (c *Channel) trade(ctx context.Context, op, name string, what job, body []byte, repeat transport.Repeat) ([]byte, answer, error) {
	cl := call{
		op: op, api: apiTrading, operation: name, job: what, method: http.MethodPost, path: pathTrading, raw: body, repeat: repeat,
		header: http.Header{
			"Content-Type": {"text/xml"}, "Accept": {"text/xml"},
			headerName: {name}, headerSite: {c.cfg.home().site}, headerLevel: {tradingLevel},
		},
	}
	if err := c.share(ctx, cl); err != nil {
		return nil, answer{}, err
	}
	text, from, err := c.send(ctx, c.trading, cl)
	if err != nil {
		return nil, from, err
	}
	if err := c.tradingGate(ctx, cl, from.resp, text); err != nil {
		return nil, from, err
	}
	return text, from, nil
}

// tradingHead is what every Trading answer begins with.
type tradingHead struct {
	Ack    string
	Errors []tradingError
}

// tradingError is one refusal or warning of a Trading call.
type tradingError struct {
	Short    string `xml:"ShortMessage"`
	Long     string `xml:"LongMessage"`
	Code     string `xml:"ErrorCode"`
	Severity string `xml:"SeverityCode"`
	Kind     string `xml:"ErrorClassification"`
}

// headOf reads the head of an answer, without believing the rest of it.
func headOf(text []byte) (h tradingHead, ok bool) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = true
	return h, dec.Decode(&h) == nil
}
