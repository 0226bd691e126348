package ebaytest

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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

// SurpriseFields puts a field, or an element, that nobody has heard of into
// every object of every answer, as the marketplace does without notice.
func (f *Fake) SurpriseFields(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.surprise = on
}

const surpriseName = "surpriseField"

// surprised adds a field to each object in a body.
func surprised(body any) any {
	raw, err := json.Marshal(body, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic("ebaytest: " + err.Error())
	}
	var v any
	if err := json.Unmarshal(raw, &v, jsontext.AllowInvalidUTF8(true)); err != nil {
		panic("ebaytest: " + err.Error())
	}
	addSurprise(v)
	return v
}

func addSurprise(v any) {
	switch x := v.(type) {
	case map[string]any:
		for _, inner := range x {
			addSurprise(inner)
		}
		x[surpriseName] = map[string]any{"value": 1}
	case []any:
		for _, inner := range x {
			addSurprise(inner)
		}
	}
}

// surprise adds an element to each element of elements.
func (n *node) surprise() {
	for _, k := range n.kids {
		k.surprise()
	}
	if len(n.kids) > 0 {
		n.add(el(surpriseName, leaf("value", "1")))
	}
}
