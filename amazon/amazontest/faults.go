package amazontest

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

// statusErrors are what the platform says with a status.
var statusErrors = map[int]struct{ code, message string }{
	http.StatusBadRequest:            {codeInvalid, "Invalid input."},
	http.StatusUnauthorized:          {codeUnauthorized, "Access to requested resource is denied."},
	http.StatusForbidden:             {codeUnauthorized, "Access to requested resource is denied."},
	http.StatusNotFound:              {codeNotFound, "The resource specified does not exist."},
	http.StatusConflict:              {codeConflict, "The resource is in conflict with another one."},
	http.StatusRequestEntityTooLarge: {"RequestTooLarge", "The request size exceeded the maximum accepted size."},
	http.StatusUnsupportedMediaType:  {"UnsupportedMediaType", "The request payload is in an unsupported format."},
	http.StatusTooManyRequests:       {codeQuota, "You exceeded your quota for the requested resource."},
	http.StatusInternalServerError:   {codeInternal, "We encountered an internal error. Please try again."},
	http.StatusServiceUnavailable:    {codeUnavailable, "Service is temporarily unavailable. Please try again."},
}

// FailWith answers the next times calls of op ("" any of the API, -1 all) with
// status in the error shape of the API, the token endpoint or storage, without
// effect. It returns a function that lifts it.
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

func (f *Fake) injected(op string) (answer, bool) {
	for _, fl := range f.failures {
		api := op != OpToken && op != OpUpload && op != OpDownload
		if fl.times == 0 || fl.op != op && (fl.op != "" || !api) {
			continue
		}
		if fl.times > 0 {
			fl.times--
		}
		if op == OpToken {
			return oauthRefusal(fl.status, "server_error", "The authorization server encountered an unexpected error"), true
		}
		said, known := statusErrors[fl.status]
		if !known {
			said.code, said.message = codeInternal, http.StatusText(fl.status)
		}
		return refuse(fl.status, said.code, said.message, ""), true
	}
	return answer{}, false
}

// AfterPage runs fn, with the page's number, after each page of an order search
// has been read and before it is sent: what fn changes happens between pages.
func (f *Fake) AfterPage(fn func(page int)) {
	f.lock()
	defer f.mu.Unlock()
	f.afterPage = fn
}

// ExpireCursors makes every page token handed out so far unusable.
func (f *Fake) ExpireCursors() {
	f.lock()
	defer f.mu.Unlock()
	f.orders.generation++
}
