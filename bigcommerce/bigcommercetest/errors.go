package bigcommercetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Errors of the seller's and buyer's side.
var (
	// ErrInsufficientStock: the sale asks for more than is shown as available
	// to sell. The refusal is in Sales.
	ErrInsufficientStock = errors.New("bigcommercetest: insufficient stock")
	// ErrNotFound: no such order, line, product, SKU or location.
	ErrNotFound = errors.New("bigcommercetest: not found")
	// ErrInvalid: the action makes no sense in the present state.
	ErrInvalid = errors.New("bigcommercetest: invalid")
)

const (
	typeStatusCodes = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"
	jsonType        = "application/json"
	problemType     = "application/problem+json"

	msgNotFound = "The requested resource was not found."
)

// answer is what a handler wants sent; body is marshalled unless it is a
// []byte or nil.
type answer struct {
	status int
	ctype  string // "" means application/json
	header http.Header
	body   any
	// after, if set, runs when the answer has been built and the store is
	// unlocked again.
	after func()
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// v2Error is an element of a V2 error, which is always an array.
type v2Error struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// v3Error is a V3 error.
type v3Error struct {
	Status int               `json:"status"`
	Title  string            `json:"title"`
	Type   string            `json:"type"`
	Errors map[string]string `json:"errors"`
}

func (e v3Error) MarshalJSON() ([]byte, error) {
	type plain v3Error
	if e.Errors == nil {
		e.Errors = map[string]string{}
	}
	return json.Marshal(plain(e))
}

// refuse answers with an error in the shape of the call's API version.
func (c *call) refuse(status int, format string, args ...any) answer {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	if c.v2() {
		return answer{status: status, body: []v2Error{{status, msg}}}
	}
	return v3Refusal(status, msg, nil)
}

// gateway answers with an error that arises before the API itself.
func (c *call) gateway(status int, msg string) answer {
	if c.f.cfg.Believed.GatewayErrorsAreV3 {
		return v3Refusal(status, msg, nil)
	}
	return c.refuse(status, "%s", msg)
}

func v3Refusal(status int, title string, errs map[string]string) answer {
	return answer{status: status, body: v3Error{Status: status, Title: title, Type: typeStatusCodes, Errors: errs}}
}

// tooManyItems refuses a body with more than most items.
func tooManyItems(most int) answer {
	return v3Refusal(http.StatusRequestEntityTooLarge,
		fmt.Sprintf("The request payload is too large. The maximum items allowed in the array is %d", most), nil)
}

// problem is v3Refusal in the content type of the inventory and locations APIs.
func problem(status int, title string, errs map[string]string) answer {
	a := v3Refusal(status, title, errs)
	a.ctype = problemType
	return a
}

func (c *call) notFound() answer { return c.refuse(http.StatusNotFound, msgNotFound) }

func (c *call) notWritable(field string) answer {
	return c.refuse(http.StatusBadRequest, "The field '%s' cannot be written to. Please remove it from your request before trying again.", field)
}

func (c *call) unsupportedField(field string) answer {
	return c.refuse(http.StatusBadRequest, "The field '%s' is not supported by this resource.", field)
}

func (c *call) invalidField(field string) answer {
	return c.refuse(http.StatusBadRequest, "The field '%s' is invalid.", field)
}
