package ebaytest

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
	StallBody   = fakehttp.StallBody   // take effect, hold after half of the body
	Delay       = fakehttp.Delay       // wait, then handle
)

// Fault puts a fault in force and returns a function that lifts it.
func (f *Fake) Fault(ft Fault) (remove func()) { return f.faults.Add(ft) }

// ClearFaults lifts every fault and refusal.
func (f *Fake) ClearFaults() {
	f.faults.Clear()
	f.lock()
	defer f.mu.Unlock()
	f.failures = nil
	clear(f.throttle)
}

// failure is a refusal to come, in the API's shape.
type failure struct {
	op     string
	status int
	times  int
}

// statusErrors are what the platform says with a status; with others it is the
// API's own system error.
var statusErrors = map[int]int{
	http.StatusBadRequest: 2004, http.StatusUnauthorized: 1001, http.StatusForbidden: 1100, http.StatusNotFound: 2002,
	http.StatusTooManyRequests: 2001, http.StatusUnsupportedMediaType: 2006,
}

// FailWith answers the next times calls of op ("" any of the APIs, -1 all) with
// status in the error shape of the API or the token endpoint, without effect. A
// Trading call is answered 200 with a system error, but for 401, which is its
// ErrorCode 931, and 503, which is a page of the gateway's. It returns a function
// that lifts it.
func (f *Fake) FailWith(op string, status, times int) (remove func()) {
	f.lock()
	defer f.mu.Unlock()
	fl := &failure{op, status, times}
	f.failures = append(f.failures, fl)
	return func() {
		f.lock()
		defer f.mu.Unlock()
		fl.times = 0
	}
}

func (f *Fake) injected(c *call) (answer, bool) {
	for _, fl := range f.failures {
		if fl.times == 0 || fl.op != c.op && (fl.op != "" || c.op == OpToken) {
			continue
		}
		if fl.times > 0 {
			fl.times--
		}
		return f.failing(c, fl.status), true
	}
	return answer{}, false
}

func (f *Fake) failing(c *call, status int) answer {
	switch {
	case c.op == OpToken && status != http.StatusTooManyRequests:
		return oauthRefusal(status, "server_error", "The authorization server encountered an unexpected error")
	case status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		text := http.StatusText(status)
		return answer{status: status, ctype: "text/html", body: []byte("<html><head><title>" + text + "</title></head><body>" + text + "</body></html>")}
	case c.api == APITrading && status == http.StatusUnauthorized:
		return tradingRefusal(c, 931, "Auth token is invalid.", "Validation of the authentication token in API request failed.")
	case c.api == APITrading:
		return tradingFailure(c)
	}
	id, known := statusErrors[status]
	if !known {
		id = apis[c.api].system
	}
	return refuse(status, id)
}

// AfterPage runs fn, with the page's number, after each page of a list of orders
// has been read and before it is sent: what fn changes happens between pages.
func (f *Fake) AfterPage(fn func(page int)) {
	f.lock()
	defer f.mu.Unlock()
	f.afterPage = fn
}
