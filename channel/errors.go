package channel

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The classes of errors, found by [errors.Is]. An adapter gives every error it
// returns exactly one.
var (
	ErrThrottled    = errors.New("throttled")                // wait, then the same again
	ErrUnavailable  = errors.New("unavailable")              // surely not applied; try again
	ErrUnsure       = errors.New("unsure")                   // may have been applied; look before trying again
	ErrUnauthorized = errors.New("unauthorized")             // the grant is dead: the seller must reauthorise
	ErrForbidden    = errors.New("forbidden")                // a scope or an approval is missing
	ErrSuspended    = errors.New("suspended")                // the shop is frozen, locked or unpaid
	ErrNotFound     = errors.New("not found")                // no such thing
	ErrConflict     = errors.New("conflict")                 // the marketplace's state forbids it; read and decide again
	ErrInvalid      = errors.New("invalid")                  // will never be taken as it is
	ErrCursor       = errors.New("cursor no longer valid")   // walk again from the watermark
	ErrStaleHandle  = errors.New("handle no longer matches") // read again, then repeat
)

// Classes lists every class, in the order in which they are documented.
func Classes() []error {
	return []error{
		ErrThrottled, ErrUnavailable, ErrUnsure, ErrUnauthorized, ErrForbidden, ErrSuspended,
		ErrNotFound, ErrConflict, ErrInvalid, ErrCursor, ErrStaleHandle,
	}
}

// Error is a failed call. It never holds a token, a URL's query or a buyer's
// data.
type Error struct {
	Channel    ID
	Op         string        // what was attempted: "set stock"
	Code       string        // the marketplace's code, verbatim; printed as a word
	Message    string        // the marketplace's words, cut to a line
	RequestID  string        // the marketplace's, for its support; printed as a word
	RetryAfter time.Duration // 0 when the marketplace named none
	Class      error         // one of Classes
	Err        error         // the cause, if any
}

// Error returns one line: channel, operation, class, code, message, request.
func (e *Error) Error() string {
	var b strings.Builder
	sep := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(s)
	}
	sep(string(e.Channel))
	sep(e.Op)
	if e.Class != nil {
		sep(e.Class.Error())
	}
	sep(word(e.Code))
	sep(e.Message)
	if e.Err != nil && e.Message == "" {
		sep(e.Err.Error())
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %s)", e.RetryAfter)
	}
	if id := word(e.RequestID); id != "" {
		fmt.Fprintf(&b, " (request %s)", id)
	}
	return b.String()
}

// maxWord is how many bytes of a code or a request's id are printed.
const maxWord = 128

// word makes what a server may have made of any length, and of several lines,
// fit for a line.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s[:min(len(s), 4*maxWord)])
	if len(s) <= maxWord {
		return s
	}
	return strings.ToValidUTF8(s[:maxWord-len("…")], "") + "…"
}

// Unwrap makes both the class and the cause visible to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	out := make([]error, 0, 2)
	if e.Class != nil {
		out = append(out, e.Class)
	}
	if e.Err != nil {
		out = append(out, e.Err)
	}
	return out
}

// Class returns err's class: the first of [Classes] it wraps, or nil.
func Class(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Class != nil {
		return e.Class
	}
	for _, c := range Classes() {
		if errors.Is(err, c) {
			return c
		}
	}
	return nil
}

// RetryAfter returns how long err asks to wait, 0 when it does not say.
func RetryAfter(err error) time.Duration {
	if e, typed := errors.AsType[*Error](err); typed {
		return e.RetryAfter
	}
	return 0
}

// ParkedError is a parked record met while ranging over orders or listings.
type ParkedError struct{ Parked Parked }

// Error names the record and its reason, and nothing of its content.
func (e *ParkedError) Error() string {
	if e.Parked.ID == "" {
		return fmt.Sprintf("parked record: %v", e.Parked.Err)
	}
	return fmt.Sprintf("parked record %s: %v", e.Parked.ID, e.Parked.Err)
}

// Unwrap returns the reason.
func (e *ParkedError) Unwrap() error { return e.Parked.Err }
