package bigcommerce

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Statuses that net/http has no name for.
const statusClientClosed = 499

// statuses classifies what a status means at BigCommerce; transport knows the
// rest: which 5xx to a write may have been applied. A 503 is in words.
var statuses = map[int]error{
	http.StatusMovedPermanently:        channel.ErrInvalid, // http, or a route that moved
	http.StatusFound:                   channel.ErrInvalid,
	http.StatusBadRequest:              channel.ErrInvalid,
	http.StatusUnauthorized:            channel.ErrUnauthorized,
	http.StatusForbidden:               channel.ErrForbidden, // scope, plan, wrong hash
	http.StatusNotFound:                channel.ErrNotFound,
	http.StatusMethodNotAllowed:        channel.ErrInvalid,
	http.StatusNotAcceptable:           channel.ErrInvalid,
	http.StatusConflict:                channel.ErrConflict,
	http.StatusRequestEntityTooLarge:   channel.ErrInvalid,
	http.StatusUnsupportedMediaType:    channel.ErrInvalid,
	http.StatusUnprocessableEntity:     channel.ErrInvalid,
	http.StatusLocked:                  channel.ErrUnavailable, // a resource, for a moment
	http.StatusNotImplemented:          channel.ErrInvalid,
	http.StatusHTTPVersionNotSupported: channel.ErrInvalid,
	http.StatusInsufficientStorage:     channel.ErrForbidden, // a limit of the plan
}

var policy = transport.Policy{
	Usage: transport.WindowHeaders,
	Transient: func(status int) bool {
		switch status {
		case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests, statusClientClosed:
			return true
		case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusInsufficientStorage,
			http.StatusNetworkAuthenticationRequired:
			return false
		}
		return status >= 500
	},
	// What is locked or over the limit was not done. A 500 may stand in for the
	// limit, but need not.
	Refused: func(resp *http.Response) bool {
		return resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusLocked
	},
	Describe: func(resp *http.Response) (code, message string) {
		body, err := transport.Bytes(resp)
		if err != nil {
			return "", ""
		}
		return "", parseError(body).text()
	},
}

// apiError is what an error's body says, whatever its shape.
type apiError struct {
	Title  string
	Fields map[string]string // by field, as V3 names them
	more   []string          // further messages
}

// text is everything said, the title first.
func (e apiError) text() string {
	parts := make([]string, 0, 1+len(e.Fields)+len(e.more))
	if e.Title != "" {
		parts = append(parts, e.Title)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, k+": "+e.Fields[k])
	}
	return strings.Join(append(parts, e.more...), "; ")
}

// parseError reads an error body in each of the shapes there are: V2's array,
// V3's object, a batch of those, a gateway's {"error": …}, HTML and nothing.
func parseError(body []byte) apiError {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return apiError{}
	case body[0] == '[':
		var list []struct {
			Message store.Text `json:"message"`
			Details struct {
				Reason store.Text `json:"invalid_reason"`
			} `json:"details"`
		}
		if store.Unmarshal(body, &list) != nil {
			return apiError{Title: "error could not be read"}
		}
		var e apiError
		for i, m := range list {
			words := strings.TrimSpace(string(m.Message) + " " + string(m.Details.Reason))
			if i == 0 {
				e.Title = words
			} else {
				e.more = append(e.more, words)
			}
		}
		return e
	case body[0] == '{':
		var w struct {
			Title   store.Text   `json:"title"`
			Error   store.Text   `json:"error"`
			Text    store.Text   `json:"error_description"`
			Message store.Text   `json:"message"`
			Detail  store.Text   `json:"detail"`
			Errors  fields       `json:"errors"`
			Batch   []batchError `json:"batch_errors"`
		}
		if store.Unmarshal(body, &w) != nil {
			return apiError{Title: "error could not be read"}
		}
		e := apiError{Fields: w.Errors}
		for _, s := range []store.Text{w.Title, w.Error, w.Text, w.Message, w.Detail} {
			switch {
			case s == "":
			case e.Title == "":
				e.Title = string(s)
			default:
				e.more = append(e.more, string(s))
			}
		}
		for _, b := range w.Batch {
			e.more = append(e.more, apiError{Title: string(b.Title), Fields: b.Errors}.text())
		}
		return e
	case body[0] == '<':
		return apiError{Title: "answer is a web page"}
	}
	return apiError{Title: "answer is not JSON"}
}

type batchError struct {
	Title  store.Text `json:"title"`
	Errors fields     `json:"errors"`
}

// fields are V3's errors: an object of texts, and now and then an array, a text
// or null.
type fields map[string]string

// UnmarshalJSON implements [json.Unmarshaler].
func (f *fields) UnmarshalJSON(b []byte) error {
	*f = nil
	var object map[string]any
	var array []any
	switch {
	case store.Unmarshal(b, &object) == nil:
		for k, v := range object {
			f.add(k, v)
		}
	case store.Unmarshal(b, &array) == nil:
		for i, v := range array {
			f.add(strconv.Itoa(i), v)
		}
	default:
		var s store.Text
		if store.Unmarshal(b, &s) == nil && s != "" {
			*f = fields{"errors": string(s)}
		}
	}
	return nil
}

func (f *fields) add(k string, v any) {
	if *f == nil {
		*f = fields{}
	}
	switch v := v.(type) {
	case string:
		(*f)[k] = v
	case nil:
	default:
		if b, err := store.Marshal(v); err == nil {
			(*f)[k] = string(b)
		}
	}
}

// suspendedWords are what a store says that will not come back by itself: a 503
// stands for maintenance as well.
var suspendedWords = []string{"suspend", "currently unavailable", "billing", "expired", "store is closed", "inactive"}

func classOf(resp *http.Response, e apiError) error {
	status := resp.StatusCode
	if status == http.StatusServiceUnavailable {
		text := strings.ToLower(e.text())
		if slices.ContainsFunc(suspendedWords, func(w string) bool { return strings.Contains(text, w) }) {
			return channel.ErrSuspended
		}
	}
	if status == statusClientClosed {
		// It gave up while we waited: for a write that is a lost answer.
		if resp.Request != nil && resp.Request.Method == http.MethodGet {
			return channel.ErrUnavailable
		}
		return channel.ErrUnsure
	}
	if class, ok := statuses[status]; ok {
		return class
	}
	return transport.Class(resp)
}

// refusal is an answer that was no success, with what it said.
type refusal struct {
	status int
	said   apiError
}

func (r *refusal) Error() string {
	return strconv.Itoa(r.status) + " " + transport.Message(r.said.text())
}

// said returns what the marketplace answered to a call that failed.
func said(err error) (status int, e apiError) {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status, r.said
	}
	return 0, apiError{}
}

// statusError classifies an answer that is not a success. What it said is kept
// whole for those who look for offenders in it, and shown as a line.
func (c *Channel) statusError(cl call, resp *http.Response, body []byte) error {
	e := parseError(body)
	message := transport.Message(e.text())
	if message == "" {
		message = http.StatusText(resp.StatusCode)
	}
	return &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Code: strconv.Itoa(resp.StatusCode), Message: message, RequestID: requestID(resp),
		RetryAfter: transport.WaitHeaders(resp), Class: classOf(resp, e), Err: &refusal{resp.StatusCode, e},
	}
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

func requestID(resp *http.Response) string { return resp.Header.Get("X-Request-Id") }
