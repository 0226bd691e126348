package ebay_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// refusal is an error body of a REST API.
func refusal(id int, message string) string {
	return fmt.Sprintf(`{"errors":[{"errorId":%d,"domain":"API","category":"REQUEST","message":%q}]}`, id, message)
}

// Answers of every shape have a class, and tell no more than they should.
func TestReadErrors(t *testing.T) {
	const canary = "qanary@example.com"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		class  error
		says   string
	}{
		{"system", 500, refusal(30500, "System error"), channel.ErrUnavailable, "30500"},
		{"gateway", 502, "<html>" + canary, channel.ErrUnavailable, "web page"},
		{"maintenance", 503, "", channel.ErrUnavailable, ""},
		{"gateway times out", 504, "", channel.ErrUnavailable, ""},
		{"no scope", 403, refusal(160002, "scope"), channel.ErrForbidden, "consent again"},
		{"signature", 403, refusal(215122, "signature"), channel.ErrForbidden, "signed"},
		{"bad request", 400, refusal(999, "for "+canary), channel.ErrInvalid, "999"},
		{"id before status", 400, refusal(32400, "suspended"), channel.ErrSuspended, "settle it with eBay"},
		{"no id", 404, `{"errors":[{"message":"gone"}]}`, channel.ErrNotFound, "gone"},
		{"no errors", 409, `{}`, channel.ErrConflict, "409"},
		{"broken JSON", 400, `{"errors":[{"errorId":`, channel.ErrInvalid, "could not be read"},
		{"not JSON", 400, canary, channel.ErrInvalid, "not JSON"},
		{"token missing", 400, refusal(1002, "Missing access token"), channel.ErrInvalid, "1002"},
		{"oauth shape", 400, `{"error":"invalid_request","error_description":"odd"}`, channel.ErrInvalid, "odd"},
		{"another shape", 200, `[]`, channel.ErrUnavailable, "another shape"},
		{"empty", 200, ``, channel.ErrUnavailable, "another shape"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if strings.Contains(req.URL.Path, "/identity/v1/user") {
							return answer(tt.status, "application/json", tt.body)
						}
						return nil
					}
				})
				err := r.read()
				if !errors.Is(err, tt.class) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), canary) {
					r.Errorf("err = %v, want %v, %q", err, tt.class, tt.says)
				}
			})
		})
	}
}

// The day's calls are the application's. When they are used up, that is told with
// the time when there are calls again, which is midnight in California.
func TestTheDaysCalls(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		check(r, r.read())
		r.fake.UseQuota(ebaytest.APIIdentity, 1_000_000)
		pass(2 * time.Minute)
		now := time.Now().UTC()
		reset := time.Date(now.Year(), now.Month(), now.Day(), 8, 0, 0, 0, time.UTC)
		if !reset.After(now) {
			reset = reset.AddDate(0, 0, 1)
		}
		err := r.read()
		if wait := channel.RetryAfter(err); !errors.Is(err, channel.ErrThrottled) || wait < time.Until(reset)-time.Minute || wait > time.Until(reset)+time.Minute {
			r.Fatalf("err = %v, want a wait of %v", err, time.Until(reset))
		}
		sent := r.fake.Calls()["getUser"]
		if err := r.read(); !errors.Is(err, channel.ErrThrottled) {
			r.Errorf("err = %v", err)
		}
		if n := r.fake.Calls()["getUser"]; n != sent {
			r.Errorf("%d more calls against a limit that is known", n-sent)
		}
		pass(time.Until(reset) + time.Minute)
		check(r, r.read())
		r.fake.UseQuota(ebaytest.APITrading, 1_000_000)
		a, err := r.ch.Probe(r.Context())
		check(r, err)
		if got := strings.Join(a.Notes, "\n"); !strings.Contains(got, "calls of trading") || !strings.Contains(got, reset.AddDate(0, 0, 1).Format(time.RFC3339)) {
			r.Errorf("notes %q", got)
		}
	})
}

// A refusal while calls are left is a short one.
func TestShortThrottle(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		check(r, r.read())
		pass(2 * time.Minute)
		r.fake.ThrottleNext("getUser", 1)
		err := r.read()
		if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) > time.Minute {
			r.Errorf("err = %v", err)
		}
		check(r, r.read())
	})
}
