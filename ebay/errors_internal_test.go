package ebay

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answered(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// scripted returns a channel to an eBay that answers Trading calls in turn, the
// last answer for ever.
func scripted(t *testing.T, answers ...string) (c *Channel, sent *[]*http.Request) {
	t.Helper()
	sent = new([]*http.Request)
	tokens := 0
	c, err := New(Config{
		Seller: "testseller", Marketplaces: []string{"EBAY_DE"},
		Credentials: Credentials{ClientID: "id", ClientSecret: "secret", RefreshToken: "refresh"},
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			switch req.URL.Path {
			case pathToken:
				tokens++
				return answered(req, 200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":7200,"token_type":"User Access Token"}`, tokens)), nil
			case pathRateLimits:
				return answered(req, 204, ""), nil
			}
			*sent = append(*sent, req)
			text := answers[min(len(*sent), len(answers))-1]
			return answered(req, 200, text), nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, sent
}

func tradingAnswer(ack, code, kind string) string {
	return `<?xml version="1.0"?><XResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Ack>` + ack + `</Ack><Errors><ShortMessage>odd</ShortMessage>` +
		`<ErrorCode>` + code + `</ErrorCode><SeverityCode>Error</SeverityCode><ErrorClassification>` + kind + `</ErrorClassification></Errors></XResponse>`
}

// Every Trading code that is named has its class, and what is about no part of
// the request is refused before the caller sees it.
func TestTradingCodes(t *testing.T) {
	means := map[string]error{
		"518": channel.ErrThrottled, "841": channel.ErrSuspended,
		"930": channel.ErrUnauthorized, "931": channel.ErrUnauthorized, "932": channel.ErrUnauthorized,
		"21916984": channel.ErrUnauthorized, "21917053": channel.ErrUnauthorized,
		"10007": errSystem, "219255": errSystem,
		"21916254": channel.ErrInvalid, "21916964": channel.ErrInvalid, "21916799": channel.ErrNotFound,
	}
	if len(means) != len(tradingCodes) {
		t.Errorf("%d codes are tried of %d", len(means), len(tradingCodes))
	}
	for code, class := range means {
		for _, repeat := range []transport.Repeat{transport.Read, transport.Idempotent} {
			want := class
			if errors.Is(class, errSystem) {
				want = channel.ErrUnsure
				if repeat == transport.Read {
					want = channel.ErrUnavailable
				}
			}
			synctest.Test(t, func(t *testing.T) {
				c, sent := scripted(t, tradingAnswer("Failure", code, "RequestError"))
				body, _, err := c.trade(t.Context(), "op", "GetItem", jobBrowse, []byte("<x/>"), repeat)
				gated := !errors.Is(want, channel.ErrInvalid) && !errors.Is(want, channel.ErrNotFound)
				switch {
				case gated && !errors.Is(err, want):
					t.Errorf("%s: err = %v, want %v", code, err, want)
				case !gated && (err != nil || len(body) == 0):
					t.Errorf("%s: %v, want the answer for the caller to judge", code, err)
				}
				if err := c.tradingError("op", repeat, tradingError{Code: code}); !errors.Is(err, want) {
					t.Errorf("%s: class %v, want %v", code, err, want)
				}
				h := (*sent)[0].Header
				for name, value := range map[string]string{headerToken: "token-2", headerName: "GetItem", headerSite: "77", headerLevel: tradingLevel, "Content-Type": "text/xml"} {
					if h.Get(name) != value {
						t.Errorf("%s is %q, want %q", name, h.Get(name), value)
					}
				}
			})
		}
	}
}

// A token that ended is renewed for the call that finds out, and the call is sent
// once more; other answers come through.
func TestTradingAnswers(t *testing.T) {
	good := `<XResponse><Ack>Success</Ack></XResponse>`
	for name, tt := range map[string]struct {
		answers []string
		sent    int
		class   error
	}{
		"good":           {[]string{good}, 1, nil},
		"warning":        {[]string{strings.Replace(tradingAnswer("Warning", "931", "RequestError"), "Error<", "Warning<", 1)}, 1, nil},
		"refused":        {[]string{tradingAnswer("Failure", "17", "RequestError")}, 1, nil},
		"system":         {[]string{tradingAnswer("Failure", "1", "SystemError")}, 1, channel.ErrUnsure},
		"token ended":    {[]string{tradingAnswer("Failure", "21917053", "RequestError"), good}, 2, nil},
		"broken":         {[]string{`<XResponse><Ack>Failure</Ack>`}, 1, nil},
		"half the nodes": {[]string{tradingAnswer("PartialFailure", "518", "RequestError")}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, sent := scripted(t, tt.answers...)
				if _, err := c.seller.Token(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Minute) // a new token that is refused is the last word
				_, from, err := c.trade(t.Context(), "op", opRevise, jobStock, []byte("<x/>"), transport.Idempotent)
				if !errors.Is(err, tt.class) || len(*sent) != tt.sent || from.sent.IsZero() {
					t.Errorf("err = %v after %d calls, want %v after %d", err, len(*sent), tt.class, tt.sent)
				}
			})
		})
	}
}

// answersOf is what each errorId means to whoever meets it, which is said here a
// second time: a row that moves in the table has to move here too.
var answersOf = map[error][]int64{
	channel.ErrUnauthorized: {1001},
	channel.ErrForbidden:    {1100, 160002, 195011}, // consent again, to more scopes
	channel.ErrSuspended:    {32400},
	channel.ErrThrottled:    {2001, 160024, 160025},
	channel.ErrUnavailable:  {25025},                                                      // refused, and welcome again
	errSystem:               {2003, 20500, 25001, 30500, 160001, 195000, 210000},          // may have been applied
	channel.ErrNotFound:     {2002, 25702, 25710, 25713, 32100, 32110, 160014, 195001},    // gone
	channel.ErrConflict:     {25038, 25039, 25040, 34500, 160026, 195003, 195012, 195021}, // look again, or later
	channel.ErrInvalid: { // never
		1002, 1003, 25002, 25004, 25019, 25026, 25097, 25098, 25604, 25706, 25707, 25709, 25718, 25727, 25734, 25759,
		30700, 30800, 30810, 30820, 30830, 30840, 30850, 30900, 31000, 31100, 32200, 32210, 32300, 32500, 32600, 32800,
		34100, 34200, 34300, 160028, 160100, 195004, 195020, 210001, 210005, 210006,
	},
}

// Every errorId has its class, whatever the status says beside it.
func TestErrorIDs(t *testing.T) {
	rows := 0
	for class, ids := range answersOf {
		rows += len(ids)
		for _, id := range ids {
			for _, status := range []int{400, 403, 500} {
				e := apiErrors{Errors: []apiError{{ID: id}}}
				got := classOf(answered(nil, status, ""), &e)
				want := class
				if errors.Is(class, errSystem) {
					want = channel.ErrUnavailable
					if status == 500 {
						continue // transport tells reads from writes
					}
				}
				if !errors.Is(got, want) {
					t.Errorf("%d of %d is %v, want %v", id, status, got, want)
				}
				if errors.Is(class, errSystem) {
					want = channel.ErrUnsure
				}
				if got := itemClass(status, &e); !errors.Is(got, want) {
					t.Errorf("%d of an entry with %d is %v, want %v", id, status, got, want)
				}
			}
		}
	}
	if rows != len(errorIDs) {
		t.Errorf("%d errorIds are tried of %d", rows, len(errorIDs))
	}
	for status, want := range map[int]error{400: channel.ErrInvalid, 404: channel.ErrNotFound, 409: channel.ErrConflict, 429: channel.ErrThrottled, 500: channel.ErrUnsure, 0: channel.ErrUnsure} {
		if got := itemClass(status, &apiErrors{}); !errors.Is(got, want) {
			t.Errorf("an entry with %d is %v, want %v", status, got, want)
		}
	}
}

// Days end at midnight in California, an hour earlier in summer by UTC.
func TestNextReset(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-23T12:00:00Z": "2026-11-24T08:00:00Z",
		"2026-11-23T07:59:59Z": "2026-11-23T08:00:00Z",
		"2026-07-01T06:59:59Z": "2026-07-01T07:00:00Z",
		"2026-07-01T07:00:00Z": "2026-07-02T07:00:00Z",
		"2026-03-08T08:00:00Z": "2026-03-09T07:00:00Z", // the clock goes forward
		"2026-03-08T07:30:00Z": "2026-03-08T08:00:00Z",
		"2026-11-01T07:00:00Z": "2026-11-02T08:00:00Z", // and back
		"2026-11-01T06:30:00Z": "2026-11-01T07:00:00Z",
		"2026-12-31T23:00:00Z": "2027-01-01T08:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextReset(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", now, got, want)
		}
	}
}

// A job leaves what is kept for those before it, and a channel what is its
// sisters'.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, "<X/>")
		ctx := t.Context()
		learn := func(left int64) {
			t.Helper()
			if err := c.cfg.Quota.Learn(ctx, quotaKey("id", apiTrading), 5000, left, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		take := func(j job) error { return c.share(ctx, call{op: "op", api: apiTrading, job: j}) }
		learn(200)
		if err := take(jobStock); !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) != time.Hour {
			t.Errorf("stock takes of the last 250: %v", err)
		}
		if err := take(jobOrders); err != nil {
			t.Errorf("orders: %v", err)
		}
		learn(700)
		if err := take(jobBrowse); !errors.Is(err, channel.ErrThrottled) {
			t.Errorf("a read that can wait takes of the last 750: %v", err)
		}
		if err := take(jobStock); err != nil {
			t.Errorf("stock: %v", err)
		}
		learn(5000)
		c.cfg.QuotaShare = 0.001 // five calls, of which two are spent
		for range 3 {
			if err := take(jobOrders); err != nil {
				t.Error(err)
			}
		}
		err := take(jobOrders)
		if wait := channel.RetryAfter(err); !errors.Is(err, channel.ErrThrottled) || wait != time.Until(nextReset(time.Now())) {
			t.Errorf("a sixth call: %v", err)
		}
	})
}

// A read tells when it was made, by eBay's clock; a refusal of our own names the
// channel.
func TestReadAndRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, `{"total":3}`)
		var w struct {
			Total int `json:"total"`
		}
		at, err := c.read(t.Context(), get("op", apiFulfillment, "getOrders", jobOrders, "/x", nil), &w)
		if err != nil || w.Total != 3 || at.After(time.Now()) || c.serverNow().After(time.Now()) {
			t.Errorf("%d at %v, %v", w.Total, at, err)
		}
		if err := c.invalid("op", "odd"); !errors.Is(err, channel.ErrInvalid) || err.Error() != "ebay:testseller: op: invalid: odd" {
			t.Errorf("err = %v", err)
		}
	})
}
