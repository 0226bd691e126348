package amazon

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

// statuses classifies what a status means; transport knows the rest: which 5xx
// to a write may have been applied. The codes in the body are no vocabulary,
// each operation has its own words, so the status goes first. A 403 is in words.
var statuses = map[int]error{
	http.StatusBadRequest:            channel.ErrInvalid,
	http.StatusUnauthorized:          channel.ErrUnauthorized,
	http.StatusNotFound:              channel.ErrNotFound,
	http.StatusConflict:              channel.ErrConflict,
	http.StatusRequestEntityTooLarge: channel.ErrInvalid,
	http.StatusUnsupportedMediaType:  channel.ErrInvalid,
}

// policy is how Amazon's answers are read.
func (c *Channel) policy() transport.Policy {
	return transport.Policy{
		// An old token is a 403 like everything else that is denied. One that
		// gives no reason may be such, so now and then it is worth a new token.
		Rejected: func(resp *http.Response) bool {
			switch resp.StatusCode {
			case http.StatusUnauthorized:
				return true
			case http.StatusForbidden:
				body, err := transport.Bytes(resp)
				if err != nil {
					return false
				}
				switch parseError(body).denial() {
				case deniedToken:
					return true
				case deniedSomehow:
					return c.forced.allow()
				case deniedSecret:
				}
			}
			return false
		},
		Describe: func(resp *http.Response) (code, message string) {
			body, err := transport.Bytes(resp)
			if err != nil {
				return "", ""
			}
			e := parseError(body)
			return e.Code, e.text()
		},
		RequestID: requestIDOf,
		Usage: func(resp *http.Response) transport.Usage {
			// Best effort, and absent from what needs it most, a 429.
			r, err := strconv.ParseFloat(strings.TrimSpace(resp.Header.Get("X-Amzn-RateLimit-Limit")), 64)
			if err != nil || !(r > 0) || r > mostPerSecond {
				return transport.Usage{}
			}
			return transport.Usage{Rate: r}
		},
	}
}

// mostPerSecond is the highest rate an answer is believed: twice the highest
// there is, the application's for patches.
const mostPerSecond = 1000

// apiError is what an error's body says, whatever its shape.
type apiError struct {
	Code, Message, Details string
	more                   []string // further messages
}

// text is everything said.
func (e apiError) text() string {
	parts := make([]string, 0, 2+len(e.more))
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Details != "" && !strings.EqualFold(e.Details, e.Message) {
		parts = append(parts, e.Details)
	}
	return strings.Join(append(parts, e.more...), "; ")
}

// maxCode is how long a code is taken for one; they are words or numbers.
const maxCode = 64

// codeText is a code as it came; what is no code is bounded and redacted like
// any other text.
func codeText(s string) string {
	if s = strings.TrimSpace(s); len(s) <= maxCode && strings.IndexFunc(s, func(r rune) bool {
		return r > 0x7e || r < ' '
	}) < 0 && !strings.ContainsAny(s, "@|=") {
		return strings.Clone(s)
	}
	return transport.Message(s)
}

// parseError reads an error body: the API's list, a gateway's message, the XML
// of a document's address, a web page, nothing.
func parseError(body []byte) apiError {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return apiError{}
	case body[0] == '<':
		if bytes.HasPrefix(body, []byte("<?xml")) || bytes.HasPrefix(body, []byte("<Error>")) {
			return apiError{Code: codeText(between(body, "<Code>", "</Code>")), Message: between(body, "<Message>", "</Message>")}
		}
		return apiError{Message: "answer is a web page"}
	case body[0] != '{':
		return apiError{Message: "answer is not JSON"}
	}
	var w struct {
		Errors []struct {
			Code    text `json:"code"`
			Message text `json:"message"`
			Details text `json:"details"`
		} `json:"errors"`
		Message text `json:"message"`
	}
	if wire.Unmarshal(body, &w) != nil {
		return apiError{Message: "error could not be read"}
	}
	if len(w.Errors) == 0 {
		return apiError{Message: string(w.Message)}
	}
	first := w.Errors[0]
	e := apiError{Code: codeText(string(first.Code)), Message: string(first.Message), Details: string(first.Details)}
	for _, m := range w.Errors[1:] {
		e.more = append(e.more, string(m.Message))
	}
	return e
}

// text is text that may come as anything else, and then is that.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	switch err := wire.Unmarshal(b, &s); {
	case err == nil:
		*t = text(s)
	case string(b) != "null":
		*t = text(b)
	}
	return nil
}

func between(b []byte, open, end string) string {
	_, rest, found := bytes.Cut(b, []byte(open))
	inside, _, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		return ""
	}
	return string(inside)
}

// denial is what a 403 is about.
type denial int

const (
	deniedSomehow denial = iota // no reason given
	deniedToken                 // the access token
	deniedSecret                // the application's client secret
)

// denial reads a 403's words; the code is the same for all of them.
func (e apiError) denial() denial {
	said := strings.ToLower(e.Details + " " + e.Message)
	switch {
	case strings.Contains(said, "secret") && strings.Contains(said, "expired"):
		return deniedSecret
	case strings.Contains(said, "token") && (strings.Contains(said, "expired") || strings.Contains(said, "revoked") ||
		strings.Contains(said, "malformed") || strings.Contains(said, "invalid") || strings.Contains(said, "missing")):
		return deniedToken
	}
	return deniedSomehow
}

// errSecret marks a refusal of the API because of the client secret.
var errSecret = errors.New("the client secret has ended")

// causes is what a 403 without a reason can mean.
const causes = "the application lacks a role for this, the marketplace is of another region, " +
	"the seller withdrew the authorisation, or the path is malformed"

// classOf classes an answer that is no success.
func classOf(resp *http.Response, e apiError) error {
	if resp.StatusCode == http.StatusForbidden {
		if e.denial() == deniedToken {
			return channel.ErrUnauthorized // a new one was tried
		}
		return channel.ErrForbidden
	}
	if class, ok := statuses[resp.StatusCode]; ok {
		return class
	}
	return transport.Class(resp)
}

// statusError classifies an answer that is not a success.
func (c *Channel) statusError(ctx context.Context, cl call, resp *http.Response, body []byte) error {
	e := parseError(body)
	out := &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Code: e.Code, Message: transport.Message(e.text()), RequestID: requestID(resp),
		RetryAfter: transport.WaitHeaders(resp), Class: classOf(resp, e),
	}
	if transport.Doubtful(ctx) && (errors.Is(out.Class, channel.ErrInvalid) || errors.Is(out.Class, channel.ErrConflict)) {
		out.Class = channel.ErrUnsure // an attempt before this may be what is in the way
	}
	if out.Code == "" {
		out.Code = strconv.Itoa(resp.StatusCode)
	}
	if out.Message == "" {
		out.Message = http.StatusText(resp.StatusCode)
	}
	if resp.StatusCode == http.StatusForbidden {
		switch e.denial() {
		case deniedSomehow:
			out.Message += ": " + causes
		case deniedSecret:
			out.Message += ": " + grantRemedies["invalid_client"]
			out.Err = errSecret
		case deniedToken:
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		if out.RetryAfter == 0 {
			out.RetryAfter = pause(cl.operation)
		}
		c.wide(ctx, cl, e)
	}
	return out
}

// wide tells the application's other processes that it is over a limit of its
// own, which the listings operations say.
func (c *Channel) wide(ctx context.Context, cl call, e apiError) {
	s := seconds[cl.operation]
	if c.cfg.Quota == nil || !s.shared || !strings.Contains(strings.ToLower(e.text()), "application") {
		return
	}
	_ = c.cfg.Quota.Learn(ctx, c.cfg.quotaKey(cl.operation), int64(s.perSecond), 0, time.Now().Add(exhausted))
}

// hidden is the failure that a 200 hides: errors where the answer should be.
func (c *Channel) hidden(cl call, body []byte) error {
	if !bytes.Contains(body, []byte(`"errors"`)) {
		return nil
	}
	var w struct {
		Errors []struct{} `json:"errors"`
	}
	if _ = wire.Unmarshal(body, &w); len(w.Errors) == 0 {
		return nil
	}
	e := parseError(body)
	err := c.garbled(cl, transport.Message("a failure inside a success: "+e.text()))
	if out, ok := errors.AsType[*channel.Error](err); ok {
		out.Code = e.Code
	}
	return err
}

// garbled is an answer that cannot be understood.
func (c *Channel) garbled(cl call, what string) error {
	return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Message: what, Class: cl.repeat.Doubt()}
}

// fail is an error without an answer.
func (c *Channel) fail(cl call, id string, class, err error) error {
	return &channel.Error{Channel: c.cfg.ID, Op: cl.op, RequestID: id, Class: class, Err: transport.Redact(err)}
}

// invalid is a request of the caller's that will never be taken.
func (c *Channel) invalid(op, what string) error { return c.refuse(op, channel.ErrInvalid, what) }

// refuse is a refusal of our own, before anything is sent.
func (c *Channel) refuse(op string, class error, what string) error {
	return &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Message: what}
}

func requestID(resp *http.Response) string { return requestIDOf(resp.Header) }

func requestIDOf(h http.Header) string { return h.Get("X-Amzn-RequestId") }
