package ebay

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

// errSystem stands in the tables for a failure of eBay's own: a read is
// unavailable, a write may have been applied.
var errSystem = errors.New("system")

// errorIDs classifies REST errors: what is not here goes by its status. From
// 20000 they are Account's, 25000 Inventory's, 30000 Fulfillment's, 160000
// Feed's, 195000 Notification's, 210000 Key Management's, by x-response-codes of
// the specifications; those below are the platform's, and believed.
var errorIDs = map[int64]error{
	1001: channel.ErrUnauthorized, // invalid access token: a new one was tried
	1002: channel.ErrInvalid,      // none at all, which is a mistake of ours
	1003: channel.ErrInvalid,      // not a bearer's
	1100: channel.ErrForbidden,    // a scope is missing
	2001: channel.ErrThrottled,
	2002: channel.ErrNotFound,
	2003: errSystem,

	20500: errSystem,

	25001: errSystem,
	25002: channel.ErrInvalid,     // a user error
	25004: channel.ErrInvalid,     // the quantity
	25019: channel.ErrInvalid,     // cannot be revised
	25025: channel.ErrUnavailable, // two writes to one SKU at once: this one was not applied
	25026: channel.ErrInvalid,     // the selling limit, until that changes
	25038: channel.ErrConflict,    // has bids
	25039: channel.ErrConflict,    // has a best offer
	25040: channel.ErrConflict,    // ends within twelve hours
	25097: channel.ErrInvalid,     // on hold, and cannot be revised
	25098: channel.ErrInvalid,
	25604: channel.ErrInvalid, // a product that is missing or in another language
	25702: channel.ErrNotFound,
	25706: channel.ErrInvalid, // pagination
	25707: channel.ErrInvalid, // SKU
	25709: channel.ErrInvalid, // a header or field
	25710: channel.ErrNotFound,
	25713: channel.ErrNotFound, // offer
	25718: channel.ErrInvalid,  // cannot be migrated
	25727: channel.ErrInvalid,  // too many items in a call
	25734: channel.ErrInvalid,  // a SKU twice
	25759: channel.ErrInvalid,  // below what an auction has

	30500: errSystem,
	30700: channel.ErrInvalid, // unknown filter
	30800: channel.ErrInvalid, // its value
	30810: channel.ErrInvalid, // a date's form
	30820: channel.ErrInvalid, // no start
	30830: channel.ErrInvalid, // too long ago
	30840: channel.ErrInvalid, // start after end
	30850: channel.ErrInvalid, // in the future
	30900: channel.ErrInvalid, // too many ids
	31000: channel.ErrInvalid, // offset
	31100: channel.ErrInvalid, // limit
	32100: channel.ErrNotFound,
	32110: channel.ErrNotFound,
	32200: channel.ErrInvalid, // not a line of the order
	32210: channel.ErrInvalid, // a line twice
	32300: channel.ErrInvalid, // tracking number or carrier
	32400: channel.ErrSuspended,
	32500: channel.ErrInvalid,  // shipped date
	32600: channel.ErrInvalid,  // input
	32800: channel.ErrInvalid,  // fieldGroups
	34100: channel.ErrInvalid,  // too many numbers
	34200: channel.ErrInvalid,  // lines of a shipping programme mixed with others
	34300: channel.ErrInvalid,  // several lines of it in one parcel
	34500: channel.ErrConflict, // there is a shipment already

	160001: errSystem,
	160002: channel.ErrForbidden,
	160014: channel.ErrNotFound,  // no result file
	160024: channel.ErrThrottled, // too many tasks at once
	160025: channel.ErrThrottled, // too many tasks in a period
	160026: channel.ErrConflict,  // the hour to upload in has passed
	160028: channel.ErrInvalid,   // the file is too large
	160100: channel.ErrInvalid,   // no file

	195000: errSystem,
	195001: channel.ErrNotFound,  // no such key
	195003: channel.ErrConflict,  // nobody to mail alerts to yet
	195004: channel.ErrInvalid,   // limit
	195011: channel.ErrForbidden, // a scope is missing
	195012: channel.ErrConflict,  // subscribed already
	195020: channel.ErrInvalid,   // the endpoint did not meet the challenge
	195021: channel.ErrConflict,  // the endpoint is there already

	210000: errSystem,
	210001: channel.ErrInvalid,
	210005: channel.ErrInvalid,
	210006: channel.ErrInvalid,
}

// Refusals for a digital signature that is missing or wrong.
const signatureFirst, signatureLast = 215000, 215122

// statuses classifies an answer without an errorId that is known; transport
// knows the rest: which 5xx to a write may have been applied.
var statuses = map[int]error{
	http.StatusBadRequest:            channel.ErrInvalid,
	http.StatusUnauthorized:          channel.ErrUnauthorized,
	http.StatusForbidden:             channel.ErrForbidden,
	http.StatusNotFound:              channel.ErrNotFound,
	http.StatusConflict:              channel.ErrConflict,
	http.StatusRequestEntityTooLarge: channel.ErrInvalid,
	http.StatusUnsupportedMediaType:  channel.ErrInvalid,
}

// remedies say what to do about an errorId.
var remedies = map[int64]string{
	1100:   "the seller must consent again, to more scopes",
	160002: "the seller must consent again, to more scopes",
	195011: "the seller must consent again, to more scopes",
	25026:  "the seller has to ask eBay for a higher selling limit, or to end listings",
	32400:  "the seller has to settle it with eBay",
}

// tradingCodes classifies Trading errors; what is not here goes by its
// ErrorClassification. The token's are of the page "Errors by number" and the
// knowledge base, 518 is believed.
var tradingCodes = map[string]error{
	"518":      channel.ErrThrottled,    // the day's calls
	"841":      channel.ErrSuspended,    // the seller
	"930":      channel.ErrUnauthorized, // the token is missing
	"931":      channel.ErrUnauthorized, // invalid
	"932":      channel.ErrUnauthorized, // hard expired
	"21916984": channel.ErrUnauthorized, // invalid
	"21917053": channel.ErrUnauthorized, // expired
	"10007":    errSystem,
	"219255":   errSystem,           // timed out
	"21916254": channel.ErrInvalid,  // more than four nodes
	"21916799": channel.ErrNotFound, // the listing has no such SKU any more
	"21916964": channel.ErrInvalid,  // the tracking number is another buyer's or seller's
}

// policy is how eBay's REST answers are read.
func (c *Channel) policy() transport.Policy {
	return transport.Policy{
		// An answer for a limit names no time, and none comes that the next second
		// would undo.
		Transient: func(status int) bool {
			return status == http.StatusRequestTimeout || status == http.StatusTooEarly ||
				status >= 500 && status != http.StatusNotImplemented
		},
		Rejected: func(resp *http.Response) bool {
			if resp.StatusCode < 400 || resp.StatusCode >= 500 {
				return false
			}
			body, err := transport.Bytes(resp)
			if err != nil {
				return false
			}
			e := parseError(body)
			return e.has(1001) || resp.StatusCode == http.StatusUnauthorized && len(e.Errors) == 0
		},
		Describe: func(resp *http.Response) (code, message string) {
			body, err := transport.Bytes(resp)
			if err != nil {
				return "", ""
			}
			e := parseError(body)
			return e.code(), e.text()
		},
		RequestID: requestIDOf,
	}
}

// tradingPolicy is how Trading's are, whose refusals come as successes.
func (c *Channel) tradingPolicy() transport.Policy {
	p := c.policy()
	p.Rejected = func(resp *http.Response) bool {
		if resp.StatusCode == http.StatusUnauthorized {
			return true
		}
		body, err := transport.Bytes(resp)
		if err != nil {
			return false
		}
		e, failed := tradingFailure(body)
		return failed && errors.Is(tradingCodes[e.Code], channel.ErrUnauthorized)
	}
	return p
}

// tradingFailure returns the first error of an answer that is a failure as a
// whole.
func tradingFailure(body []byte) (tradingError, bool) {
	if !bytes.Contains(body, []byte("<Ack>Failure</Ack>")) {
		return tradingError{}, false
	}
	h, ok := headOf(body)
	if !ok || h.Ack != "Failure" {
		return tradingError{}, false
	}
	for _, e := range h.Errors {
		if e.Severity != "Warning" {
			return e, true
		}
	}
	return tradingError{}, true
}

// tradingGate refuses an answer that is about no part of the request: the
// token's, the day's limit, the seller's state, eBay's own failures.
func (c *Channel) tradingGate(ctx context.Context, cl call, resp *http.Response, body []byte) error {
	e, failed := tradingFailure(body)
	if !failed {
		return nil
	}
	class, known := tradingCodes[e.Code]
	if e.Kind == "SystemError" && !known {
		class = errSystem
	}
	switch {
	case errors.Is(class, channel.ErrThrottled), errors.Is(class, channel.ErrUnauthorized), errors.Is(class, channel.ErrSuspended), errors.Is(class, errSystem):
	default:
		return nil // the caller's to judge
	}
	out := c.tradingError(cl.op, cl.repeat, e)
	out.RequestID = requestID(resp)
	if errors.Is(class, channel.ErrThrottled) {
		out.RetryAfter = c.refused(ctx, cl)
	}
	return out
}

// tradingError classifies one error of a Trading answer.
func (c *Channel) tradingError(op string, repeat transport.Repeat, e tradingError) *channel.Error {
	class, known := tradingCodes[e.Code]
	switch {
	case known:
	case e.Kind == "SystemError":
		class = errSystem
	default:
		class = channel.ErrInvalid
	}
	if errors.Is(class, errSystem) {
		class = repeat.Doubt()
	}
	text := e.Short
	if e.Long != "" && !strings.EqualFold(e.Long, e.Short) {
		text = strings.TrimSpace(text + " " + e.Long)
	}
	return &channel.Error{Channel: c.cfg.ID, Op: op, Code: codeText(e.Code), Message: transport.Message(text), Class: class}
}

// apiError is one error or warning of a REST answer.
type apiError struct {
	ID         int64  `json:"errorId"`
	Domain     string `json:"domain"`
	Category   string `json:"category"`
	Message    string `json:"message"`
	Long       string `json:"longMessage"`
	Parameters []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"parameters"`
}

// text is what it says: the longer of its messages.
func (e *apiError) text() string {
	if len(e.Long) > len(e.Message) {
		return e.Long
	}
	return e.Message
}

// apiErrors is what an error's body says, whatever its shape.
type apiErrors struct {
	Errors   []apiError `json:"errors"`
	Warnings []apiError `json:"warnings"`

	// Error and Why are the token endpoint's shape.
	Error string `json:"error"`
	Why   string `json:"error_description"`

	said string // of a body that is none of these
}

func (e *apiErrors) has(id int64) bool {
	for i := range e.Errors {
		if e.Errors[i].ID == id {
			return true
		}
	}
	return false
}

// code is the first error's.
func (e *apiErrors) code() string {
	switch {
	case len(e.Errors) > 0 && e.Errors[0].ID != 0:
		return strconv.FormatInt(e.Errors[0].ID, 10)
	case e.Error != "":
		return codeText(e.Error)
	}
	return ""
}

// text is everything said.
func (e *apiErrors) text() string {
	var parts []string
	for i := range e.Errors {
		parts = append(parts, e.Errors[i].text())
	}
	if e.Why != "" {
		parts = append(parts, e.Why)
	}
	if len(parts) == 0 {
		return e.said
	}
	return strings.Join(parts, "; ")
}

// maxCode is how long a code is taken for one; they are words or numbers.
const maxCode = 64

// codeText is a code as it came; what is no code is bounded and redacted like any
// other text.
func codeText(s string) string {
	if s = strings.TrimSpace(s); len(s) <= maxCode && strings.IndexFunc(s, func(r rune) bool {
		return r > 0x7e || r <= ' '
	}) < 0 && !strings.ContainsAny(s, "@|=#") {
		return strings.Clone(s)
	}
	return transport.Message(s)
}

// parseError reads an error body: the API's list, the token endpoint's shape, a
// web page, nothing.
func parseError(body []byte) apiErrors {
	body = bytes.TrimSpace(body)
	var e apiErrors
	switch {
	case len(body) == 0:
	case body[0] == '<':
		e.said = "answer is a web page"
	case body[0] != '{':
		e.said = "answer is not JSON"
	case wire.Unmarshal(body, &e) != nil:
		e = apiErrors{said: "error could not be read"}
	}
	return e
}

// classOf classes an answer that is no success: by errorId first, by status
// where that tells nothing.
func classOf(resp *http.Response, e *apiErrors) error {
	for i := range e.Errors {
		id := e.Errors[i].ID
		class, known := errorIDs[id]
		switch {
		case id >= signatureFirst && id <= signatureLast:
			return channel.ErrForbidden
		case known && !errors.Is(class, errSystem):
			return class
		case known && resp.StatusCode < 500:
			return channel.ErrUnavailable // eBay's own failure, and no answer to a write
		}
	}
	if class, ok := statuses[resp.StatusCode]; ok {
		return class
	}
	return transport.Class(resp)
}

// itemClass classes an error of one entry of a batch, whose status stands beside
// it. What eBay failed at may have been applied.
func itemClass(status int, e *apiErrors) error {
	for i := range e.Errors {
		if class, known := errorIDs[e.Errors[i].ID]; known {
			if errors.Is(class, errSystem) {
				return channel.ErrUnsure
			}
			return class
		}
	}
	if class, ok := statuses[status]; ok {
		return class
	}
	if status == http.StatusTooManyRequests {
		return channel.ErrThrottled
	}
	return channel.ErrUnsure
}

// statusError classifies an answer that is not a success.
func (c *Channel) statusError(ctx context.Context, cl call, resp *http.Response, body []byte) error {
	e := parseError(body)
	out := &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Code: e.code(), Message: transport.Message(e.text()), RequestID: requestID(resp),
		RetryAfter: transport.WaitHeaders(resp), Class: classOf(resp, &e),
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
	if len(e.Errors) > 0 {
		id := e.Errors[0].ID
		remedy := remedies[id]
		if id >= signatureFirst && id <= signatureLast {
			remedy = "the call must be signed, which sellers of the EU and the UK need for refunds"
		}
		if remedy != "" {
			out.Message += ": " + remedy
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests || e.has(2001) {
		out.RetryAfter = max(out.RetryAfter, c.refused(ctx, cl))
	} else if errors.Is(out.Class, channel.ErrThrottled) {
		out.RetryAfter = max(out.RetryAfter, shortPause)
	}
	return out
}

// hidden is the failure that a success hides: errors where the answer should be.
// Warnings beside it are none.
func (c *Channel) hidden(cl call, body []byte) error {
	if !bytes.Contains(body, []byte(`"errors"`)) {
		return nil
	}
	e := parseError(body)
	if len(e.Errors) == 0 {
		return nil
	}
	out := c.garbled(cl, transport.Message("a failure inside a success: "+e.text()))
	out.Code = e.code()
	return out
}

// garbled is an answer that cannot be understood.
func (c *Channel) garbled(cl call, what string) *channel.Error {
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

func requestIDOf(h http.Header) string { return h.Get("X-Ebay-C-Request-Id") }
