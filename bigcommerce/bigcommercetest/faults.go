package bigcommercetest

import (
	"net/http"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// A Fault is a misbehaviour of the connection or the platform for the calls it
// matches; Op is an operation as Calls names it.
type Fault = fakehttp.Fault

// FaultKind says how a Fault strikes.
type FaultKind = fakehttp.Kind

// Kinds of fault.
const (
	DropBefore  = fakehttp.DropBefore  // close the connection, no effect
	DropAfter   = fakehttp.DropAfter   // take effect, close the connection
	Answer      = fakehttp.Answer      // answer Status and Body, no effect
	AnswerAfter = fakehttp.AnswerAfter // take effect, answer Status and Body
	Truncate    = fakehttp.Truncate    // cut the answer in half
	Stall       = fakehttp.Stall       // hold until the caller gives up, no effect
	StallAfter  = fakehttp.StallAfter  // take effect, then hold
	Delay       = fakehttp.Delay       // wait, then handle
)

// Fault puts a fault in force and returns a function that lifts it.
func (f *Fake) Fault(ft Fault) (remove func()) { return f.faults.Add(ft) }

// ClearFaults lifts every fault and refusal.
func (f *Fake) ClearFaults() {
	f.faults.Clear()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = nil
}

// failure is a refusal to come, in the shape of the call's API.
type failure struct {
	op     string
	status int
	times  int
}

// statusTitles are what the platform says with a status.
var statusTitles = map[int]string{
	http.StatusBadRequest:                    "Input is invalid.",
	http.StatusUnauthorized:                  msgNoToken,
	http.StatusForbidden:                     msgNoScope,
	http.StatusNotFound:                      msgNotFound,
	http.StatusConflict:                      "The resource is in conflict with another resource.",
	http.StatusUnprocessableEntity:           "JSON data is missing or invalid",
	http.StatusLocked:                        "The resource is locked.",
	http.StatusTooManyRequests:               "You have exceeded your rate limit.",
	statusClientClosed:                       "Client closed request.",
	http.StatusServiceUnavailable:            "Service Unavailable",
	http.StatusGatewayTimeout:                "Gateway Timeout",
	http.StatusInsufficientStorage:           "The store has reached a limit of its plan.",
	http.StatusNotImplemented:                "Not implemented.",
	http.StatusHTTPVersionNotSupported:       "HTTP version not supported.",
	http.StatusRequestEntityTooLarge:         "The request payload is too large.",
	http.StatusMethodNotAllowed:              "Method not allowed.",
	http.StatusNotAcceptable:                 "The requested content type is not available.",
	http.StatusUnsupportedMediaType:          "The content type is not supported.",
	http.StatusInternalServerError:           "An internal error occurred.",
	http.StatusBadGateway:                    "Bad gateway.",
	http.StatusMovedPermanently:              "Moved permanently.",
	http.StatusMultiStatus:                   "Multi-status",
	http.StatusUnavailableForLegalReasons:    "Unavailable for legal reasons.",
	http.StatusNetworkAuthenticationRequired: "Network authentication required.",
}

const statusClientClosed = 499

// FailWith answers the next times calls of op ("" any, -1 all) with status and
// the platform's message, in the error shape of the API they go to, without
// effect. It returns a function that lifts it.
//
// 503 stands for maintenance; Suspend is the store that stays unavailable. 207
// comes from the catalogue only, see SaveCatalogWithoutStock.
func (f *Fake) FailWith(op string, status, times int) (remove func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl := &failure{op, status, times}
	f.failures = append(f.failures, fl)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		fl.times = 0
	}
}

func (f *Fake) injected(c *call) (answer, bool) {
	op := f.opOf(c.r, nil)
	for _, fl := range f.failures {
		if fl.times == 0 || fl.op != "" && fl.op != op {
			continue
		}
		if fl.times > 0 {
			fl.times--
		}
		a := c.inContentType(c.refuse(fl.status, "%s", statusTitle(fl.status)))
		if fl.status == http.StatusMovedPermanently {
			a.header = http.Header{"Location": {"https://api.bigcommerce.com" + c.r.URL.RequestURI()}}
		}
		return a, true
	}
	return answer{}, false
}

func statusTitle(status int) string {
	if t := statusTitles[status]; t != "" {
		return t
	}
	return http.StatusText(status)
}

// Suspend makes the store unavailable, as an unpaid or frozen one is: every
// authorised call is answered 503 until Resume.
func (f *Fake) Suspend() { f.setSuspended(true) }

// Resume ends Suspend.
func (f *Fake) Resume() { f.setSuspended(false) }

func (f *Fake) setSuspended(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.suspended = on
}

// BlankLineItems makes includes return empty line_items for the orders that
// match, although the orders have lines; nil ends it. It has been seen in the
// field; items_total tells.
func (f *Fake) BlankLineItems(match func(orderID int) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blankLines = match
}

// AfterPage runs fn, with the page's number, after each page of the order list
// has been read and before it is sent: what fn changes happens between pages.
func (f *Fake) AfterPage(fn func(page int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.afterPage = fn
}

// SaveCatalogWithoutStock makes catalogue writes answer 207: everything but
// the inventory is saved.
func (f *Fake) SaveCatalogWithoutStock(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noStockPut = on
}
