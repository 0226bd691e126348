package shopifytest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// Fault is one kind of misbehaviour for the requests it matches. Op names the
// first root field of a GraphQL operation, such as orders or
// inventorySetQuantities, or is one of the Op constants.
type Fault = fakehttp.Fault

// FaultKind says how a Fault strikes.
type FaultKind = fakehttp.Kind

// The kinds of faults.
const (
	DropBefore  = fakehttp.DropBefore
	DropAfter   = fakehttp.DropAfter
	Answer      = fakehttp.Answer
	AnswerAfter = fakehttp.AnswerAfter
	Truncate    = fakehttp.Truncate
	Stall       = fakehttp.Stall
	StallAfter  = fakehttp.StallAfter
	Delay       = fakehttp.Delay
	StallBody   = fakehttp.StallBody
)

// Fault puts a fault in force and returns a function that lifts it.
func (f *Fake) Fault(fault Fault) (remove func()) { return f.faults.Add(fault) }

// ClearFaults lifts every fault.
func (f *Fake) ClearFaults() { f.faults.Clear() }

const jsonType = "application/json; charset=utf-8"

func header(kv ...string) http.Header {
	h := http.Header{"X-Request-Id": {"00000000-fa17-4000-a000-000000000000"}}
	for i := 0; i < len(kv); i += 2 {
		h.Set(kv[i], kv[i+1])
	}
	return h
}

// InternalError is the API's 200 with INTERNAL_SERVER_ERROR. After says that
// the operation has taken effect all the same.
func InternalError(op string, after bool) Fault {
	kind := Answer
	if after {
		kind = AnswerAfter
	}
	const id = "00000000-fa17-4000-a000-000000000000"
	return Fault{
		Op: op, Kind: kind, Status: http.StatusOK, Header: header("Content-Type", jsonType),
		Body: `{"errors":[{"message":"Internal error. Looks like something went wrong on our end.\nRequest ID: ` + id +
			` (include this in support requests).","extensions":{"requestId":"` + id + `","code":"INTERNAL_SERVER_ERROR"}}],"data":null}`,
	}
}

// BadGateway is a 502 whose body is a page. After says that the operation has
// taken effect all the same.
func BadGateway(op string, after bool) Fault {
	kind := Answer
	if after {
		kind = AnswerAfter
	}
	return Fault{
		Op: op, Kind: kind, Status: http.StatusBadGateway, Header: header("Content-Type", "text/html; charset=utf-8"),
		Body: "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n",
	}
}

// Frozen is the 402 of a shop with an unpaid bill. It lasts until it is lifted.
func Frozen() Fault {
	return Fault{Kind: Answer, Times: -1, Status: http.StatusPaymentRequired, Header: header("Content-Type", jsonType), Body: `{"errors":"Unavailable Shop"}`}
}

// Locked is the 423 of a shop locked for fraud. It lasts until it is lifted.
func Locked() Fault {
	return Fault{Kind: Answer, Times: -1, Status: http.StatusLocked, Header: header("Content-Type", jsonType), Body: `{"errors":"Locked"}`}
}

// Forbidden is the 403 of an app that the shop or Shopify shut out. It lasts
// until it is lifted.
func Forbidden() Fault {
	return Fault{
		Kind: Answer, Times: -1, Status: http.StatusForbidden, Header: header("Content-Type", jsonType),
		Body: `{"errors":"[API] This action requires merchant approval for the app."}`,
	}
}

// TooMany is a 429 with Retry-After.
func TooMany(op string, wait time.Duration) Fault {
	return Fault{
		Op: op, Kind: Answer, Status: http.StatusTooManyRequests,
		Header: header("Content-Type", jsonType, "Retry-After", strconv.FormatFloat(wait.Seconds(), 'f', 1, 64)),
		Body:   `{"errors":"Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."}`,
	}
}

// Truncated cuts an answer in half.
func Truncated(op string) Fault { return Fault{Op: op, Kind: Truncate} }

// Slow holds an answer back.
func Slow(op string, by time.Duration) Fault { return Fault{Op: op, Kind: Delay, Delay: by} }

// LostRefresh rotates the refresh token and loses the answer in a 520, which
// leaves the shop without a token that works.
func LostRefresh() Fault {
	return Fault{
		Op: OpToken, Kind: AnswerAfter, Status: 520, Header: header("Content-Type", "text/html"),
		Body: "<html><head><title>520: Web server is returning an unknown error</title></head></html>",
	}
}

// ExpireCursors makes every cursor handed out so far unusable.
func (f *Fake) ExpireCursors() {
	defer f.lock()()
	f.cursorGen++
}

// DrainBucket leaves the cost bucket with n points.
func (f *Fake) DrainBucket(n float64) {
	defer f.lock()()
	f.bucket.refill(f.at)
	f.bucket.level = min(n, f.bucket.size)
}
