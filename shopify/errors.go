package shopify

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// graphError is one entry of the errors beside or instead of data.
type graphError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code           string `json:"code"`
		RequestID      string `json:"requestId"`
		RequiredAccess string `json:"requiredAccess"`
	} `json:"extensions"`
}

// userError is a refusal inside a mutation's payload. Some mutations give no
// code, and then only the words tell.
type userError struct {
	Code    string   `json:"code"`
	Field   []string `json:"field"`
	Message string   `json:"message"`
}

// codes classifies top-level errors. A code that is absent here is a fault of
// the request: it will fail again as it is.
var codes = map[string]error{
	"THROTTLED":             channel.ErrThrottled,
	"ACCESS_DENIED":         channel.ErrForbidden,
	"INTERNAL_SERVER_ERROR": channel.ErrUnavailable, // for a write ErrUnsure: see graphErrors
	"TIMEOUT":               channel.ErrUnavailable,
	"SHOP_INACTIVE":         channel.ErrSuspended,
	"RESOURCE_NOT_FOUND":    channel.ErrNotFound,
	"NOT_FOUND":             channel.ErrNotFound,
}

// statuses classifies HTTP statuses that mean something of their own at
// Shopify; transport knows the usual ones.
var statuses = map[int]error{
	http.StatusPaymentRequired: channel.ErrSuspended, // shop frozen for an unpaid bill
	http.StatusLocked:          channel.ErrSuspended, // shop locked
	http.StatusNotFound:        channel.ErrNotFound,  // wrong shop domain, or the shop is gone
	http.StatusForbidden:       channel.ErrForbidden,
	430:                        channel.ErrThrottled, // security rejection
	420:                        channel.ErrSuspended, // shop locked, before 2018
}

var policy = transport.Policy{
	// 520 is a gateway that lost the answer; 430 is not worth a quick retry.
	Transient: func(status int) bool {
		switch status {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout, 520:
			return true
		}
		return false
	},
	Describe: func(resp *http.Response) (code, message string) {
		body, err := transport.Bytes(resp)
		if err != nil {
			return "", ""
		}
		return "", words(body)
	},
}

// parseErrors reads errors in each of the shapes Shopify gives them: an array
// of objects or strings, an object of lists, a string.
func parseErrors(v jsontext.Value) []graphError {
	switch v.Kind() { //nolint:exhaustive // errors come in no other kind
	case '[':
		var list []jsontext.Value
		if admin.Unmarshal(v, &list) != nil {
			return []graphError{{Message: "errors could not be read"}}
		}
		out := make([]graphError, 0, len(list))
		for _, e := range list {
			var g graphError
			if e.Kind() == '"' {
				_ = admin.Unmarshal(e, &g.Message)
			} else if admin.Unmarshal(e, &g) != nil {
				g.Message = "error could not be read"
			}
			out = append(out, g)
		}
		return out
	case '"':
		var g graphError
		_ = admin.Unmarshal(v, &g.Message)
		return []graphError{g}
	case '{':
		return []graphError{{Message: string(v)}}
	}
	return nil
}

// throttled reports whether the errors say that the bucket was too low.
func throttled(errs []graphError) bool {
	for _, e := range errs {
		if e.Extensions.Code == "THROTTLED" || e.Extensions.Code == "" && strings.EqualFold(e.Message, "throttled") {
			return true
		}
	}
	return false
}

// allDenied reports whether every error is a field without its scope, so that
// the rest of the data stands.
func allDenied(errs []graphError) bool {
	for _, e := range errs {
		if e.Extensions.Code != "ACCESS_DENIED" || len(e.Path) == 0 {
			return false
		}
	}
	return true
}

// graphErrors makes one error of top-level errors. The first decides the class,
// but that a field was denied decides nothing while something else went wrong.
func (c *Channel) graphErrors(ctx context.Context, cl call, resp *http.Response, errs []graphError) error {
	first := errs[0]
	if i := slices.IndexFunc(errs, func(e graphError) bool { return !allDenied([]graphError{e}) }); i >= 0 {
		first = errs[i]
	}
	class, ok := codes[first.Extensions.Code]
	switch {
	case ok:
	case strings.HasPrefix(first.Message, "Internal error"):
		class = channel.ErrUnavailable
	case strings.Contains(first.Message, "not approved to access"):
		class = channel.ErrForbidden
	case strings.Contains(strings.ToLower(first.Message), "cursor"):
		class = channel.ErrCursor
	default:
		class = channel.ErrInvalid
	}
	if errors.Is(class, channel.ErrUnavailable) && cl.repeat != transport.Read {
		class = channel.ErrUnsure
	}
	message := first.Message
	if a := first.Extensions.RequiredAccess; a != "" {
		message += " (needs " + a + ")"
	}
	id := first.Extensions.RequestID
	if id == "" {
		id = requestID(resp)
	}
	switch first.Extensions.Code {
	case "ACCESS_DENIED":
		c.forgetScopes()
	case "MAX_COST_EXCEEDED":
		transport.Settle(ctx, 0, transport.Usage{}) // refused before it ran
	}
	return &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Code: first.Extensions.Code, Message: transport.Message(message), RequestID: id, Class: class,
	}
}

// denied is the error of an answer that lacks, for want of a scope, something
// the call cannot do without. The scopes are read anew with the next call.
func (c *Channel) denied(cl call, errs []graphError) error {
	c.forgetScopes()
	e := &channel.Error{Channel: c.cfg.ID, Op: cl.op, Code: "ACCESS_DENIED", Class: channel.ErrForbidden}
	if len(errs) > 0 {
		e.Message, e.RequestID = transport.Message(errs[0].Message), errs[0].Extensions.RequestID
		if a := errs[0].Extensions.RequiredAccess; a != "" {
			e.Message = transport.Message(errs[0].Message + " (needs " + a + ")")
		}
	}
	return e
}

// statusError classifies an answer that is not a 200.
func (c *Channel) statusError(_ context.Context, cl call, resp *http.Response, body []byte) error {
	class, ok := statuses[resp.StatusCode]
	if !ok {
		class = transport.Class(resp)
	}
	said := words(body)
	if resp.StatusCode == http.StatusNotFound {
		said = c.domain + " is no shop that is open: check Config.Shop"
	}
	return &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Code: http.StatusText(resp.StatusCode), Message: transport.Message(said),
		RequestID: requestID(resp), RetryAfter: transport.WaitHeaders(resp), Class: class,
	}
}

// words returns what an error body says, if it is JSON of Shopify's.
func words(body []byte) string {
	var a struct {
		Errors jsontext.Value `json:"errors"`
		Error  string         `json:"error"`
		Text   string         `json:"error_description"`
	}
	if admin.Unmarshal(body, &a) != nil {
		return "answer is not JSON"
	}
	if errs := parseErrors(a.Errors); len(errs) > 0 {
		return errs[0].Message
	}
	return strings.TrimSpace(a.Error + " " + a.Text)
}

// garbled is an answer that cannot be understood.
func (c *Channel) garbled(_ context.Context, cl call, resp *http.Response, what string) error {
	return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Message: what, RequestID: requestID(resp), Class: cl.repeat.Doubt()}
}

// errUnfit is the cause where an answer is JSON, and not what was asked for.
var errUnfit = errors.New("answer has another shape than was asked for")

func (c *Channel) unfit(ctx context.Context, cl call, resp *http.Response) error {
	err := c.garbled(ctx, cl, resp, "")
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Err = errUnfit
	}
	return err
}

// ofOne reports whether it may be for one record that a call for many failed. A
// status of 404 is the shop's.
func ofOne(err error) bool {
	class := channel.Class(err)
	return errors.Is(err, errUnfit) || errors.Is(class, channel.ErrInvalid) || errors.Is(class, channel.ErrConflict) ||
		errors.Is(class, channel.ErrNotFound) && !isCode(err, http.StatusText(http.StatusNotFound))
}

// mayBeOfOne is ofOne, and reports true as well where it may be for many that a
// call failed: what is denied or fails is mostly more than one record.
func mayBeOfOne(ctx context.Context, err error) bool {
	class := channel.Class(err)
	return ofOne(err) || ctx.Err() == nil && (errors.Is(class, channel.ErrForbidden) || errors.Is(class, channel.ErrUnavailable))
}

// fail is an error without an answer.
func (c *Channel) fail(cl call, id string, class, err error) error {
	return &channel.Error{Channel: c.cfg.ID, Op: cl.op, RequestID: id, Class: class, Err: transport.Redact(err)}
}

func requestID(resp *http.Response) string { return resp.Header.Get("X-Request-Id") }
