package amazontest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Errors of the seller's and buyer's side.
var (
	// ErrInsufficientStock: the sale asks for more than is shown. The refusal is
	// in Sales.
	ErrInsufficientStock = errors.New("amazontest: insufficient stock")
	// ErrNotFound: no such order, line, SKU, feed or marketplace.
	ErrNotFound = errors.New("amazontest: not found")
	// ErrInvalid: the action makes no sense in the present state.
	ErrInvalid = errors.New("amazontest: invalid")
)

const (
	jsonType = "application/json"
	xmlType  = "application/xml"
)

// Codes of errors. They are no stable vocabulary: each API has its own.
const (
	codeInvalid      = "InvalidInput"
	codeBadRequest   = "BAD_REQUEST" // of the listings API
	code400          = "400"         // of the feeds and reports APIs
	codeNotFound     = "NOT_FOUND"
	codeUnauthorized = "Unauthorized"
	codeQuota        = "QuotaExceeded"
	codeInternal     = "InternalFailure"
	codeUnavailable  = "ServiceUnavailable"
	codeConflict     = "Conflict"
)

// answer is what a handler wants sent; body is marshalled unless it is a []byte
// or nil. stream, if set, writes the body instead.
type answer struct {
	status int
	ctype  string // "" means application/json
	header http.Header
	body   any
	stream func(io.Writer) error
	// after, if set, runs when the answer has been built and the account is
	// unlocked again.
	after func()
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

type errorJSON struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Details string `json:"details"`
}

type errorsJSON struct {
	Errors []errorJSON `json:"errors"`
}

func refuse(status int, code, message, details string) answer {
	return answer{status: status, body: errorsJSON{[]errorJSON{{code, message, details}}}}
}

// invalid refuses a request's input, in the code of the API it came to.
func (c *call) invalid(format string, args ...any) answer {
	code := codeInvalid
	if c.route != nil && c.route.badCode != "" {
		code = c.route.badCode
	}
	return refuse(http.StatusBadRequest, code, fmt.Sprintf(format, args...), "")
}

func notFound(format string, args ...any) answer {
	return refuse(http.StatusNotFound, codeNotFound, fmt.Sprintf(format, args...), "")
}

// denied is the answer to a missing role, a foreign region and a path that
// leads nowhere alike.
func denied(details string) answer {
	a := refuse(http.StatusForbidden, codeUnauthorized, "Access to requested resource is denied.", details)
	a.header = http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}
	return a
}
