package stall

import (
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/penstock-go/penstock/channel"
)

// classes tells what a status means at Stall. Other statuses from 500 on may
// come after the work was done; the rest will never be taken as it is.
var classes = map[int]error{
	http.StatusUnauthorized:       channel.ErrUnauthorized,
	http.StatusPaymentRequired:    channel.ErrSuspended, // the shop is frozen
	http.StatusForbidden:          channel.ErrForbidden,
	http.StatusNotFound:           channel.ErrNotFound,
	http.StatusConflict:           channel.ErrConflict,
	http.StatusTooManyRequests:    channel.ErrThrottled,   // before any work
	http.StatusServiceUnavailable: channel.ErrUnavailable, // before any work
}

// refused is an answer that is no success.
func (c *Channel) refused(cl call, resp *http.Response, body []byte) error {
	class, known := classes[resp.StatusCode]
	switch {
	case known:
	case resp.StatusCode >= http.StatusInternalServerError:
		class = c.doubt(cl)
	default:
		class = channel.ErrInvalid
	}
	var said struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		said.Error.Message = "answer is no error of Stall's"
	}
	return &channel.Error{
		Channel: c.cfg.ID, Op: cl.op, Class: class, RetryAfter: retryAfter(resp.Header),
		Code:      c.line(cmp.Or(said.Error.Code, strconv.Itoa(resp.StatusCode))),
		Message:   c.line(said.Error.Message),
		RequestID: c.line(resp.Header.Get("X-Request-Id")),
	}
}

// lost is a call without an answer, or with half of one.
func (c *Channel) lost(cl call, err error) error {
	// The text of a url.Error has the address, query and all.
	if u, typed := errors.AsType[*url.Error](err); typed {
		err = u.Err
	}
	class := c.doubt(cl)
	if dial, typed := errors.AsType[*net.OpError](err); typed && dial.Op == "dial" {
		class = channel.ErrUnavailable // no connection, so nothing was sent
	}
	return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: class, Err: err}
}

// garbled is an answer that cannot be understood.
func (c *Channel) garbled(cl call, what string) error { return c.fail(cl.op, c.doubt(cl), what) }

// doubt is the class of a call of which nobody knows what became: a read may be
// repeated, a write may have taken effect.
func (c *Channel) doubt(cl call) error {
	if cl.method == http.MethodGet {
		return channel.ErrUnavailable
	}
	return channel.ErrUnsure
}

// fail is an error of our own making.
func (c *Channel) fail(op string, class error, what string) error {
	return &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Message: what}
}

// line makes a line of what Stall said: short, printable, and without the key,
// which some servers repeat.
func (c *Channel) line(s string) string {
	const most = 200
	s = strings.ReplaceAll(s, string(c.cfg.Key), "[redacted]")
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// longestWait is how much of a wait that is asked for is believed.
const longestWait = time.Hour

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(v, 10, 32); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), longestWait)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, time.Until(at)), longestWait)
	}
	return 0
}
