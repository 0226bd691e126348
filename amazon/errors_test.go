package amazon_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/channel"
)

// apiErrors is an error body as the API words it.
func apiErrors(code, message, details string) string {
	return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q,"details":%q}]}`, code, message, details)
}

const denied = "Access to requested resource is denied."

// Each answer that is no success has one class, for a read and for a write, and
// an error that says what came and no more.
func TestEveryRefusalHasItsClass(t *testing.T) {
	quota := apiErrors("QuotaExceeded", "You exceeded your quota for the requested resource.", "")
	for name, tt := range map[string]struct {
		status      int
		body        string
		read, write error
		code, says  string
	}{
		"400 invalid input":     {400, apiErrors("InvalidInput", "Invalid Input", ""), channel.ErrInvalid, channel.ErrInvalid, "InvalidInput", "Invalid Input"},
		"400 with a space":      {400, apiErrors("Invalid Input", "No", "the date is too fresh"), channel.ErrInvalid, channel.ErrInvalid, "Invalid Input", "too fresh"},
		"400 as a code":         {400, apiErrors("400", "no", ""), channel.ErrInvalid, channel.ErrInvalid, "400", "no"},
		"400 fulfilled":         {400, apiErrors("InvalidInput", "No matching package to update", "already fulfilled"), channel.ErrInvalid, channel.ErrConflict, "InvalidInput", "already"},
		"401":                   {401, apiErrors("Unauthorized", denied, ""), channel.ErrUnauthorized, channel.ErrUnauthorized, "Unauthorized", "denied"},
		"403 expired token":     {403, apiErrors("Unauthorized", denied, "The access token you provided has expired."), channel.ErrUnauthorized, channel.ErrUnauthorized, "Unauthorized", "has expired"},
		"403 revoked token":     {403, apiErrors("Unauthorized", denied, "The access token you provided is revoked, malformed or invalid."), channel.ErrUnauthorized, channel.ErrUnauthorized, "Unauthorized", "revoked"},
		"403 expired secret":    {403, apiErrors("Unauthorized", denied, "LWA secret for the application has expired."), channel.ErrForbidden, channel.ErrForbidden, "Unauthorized", "make a new one"},
		"403 without a reason":  {403, apiErrors("Unauthorized", denied, ""), channel.ErrForbidden, channel.ErrForbidden, "Unauthorized", "lacks a role"},
		"403 of a gateway":      {403, `{"message":"Forbidden"}`, channel.ErrForbidden, channel.ErrForbidden, "403", "Forbidden"},
		"404":                   {404, apiErrors("NOT_FOUND", "SKU 'x' not found", ""), nil, channel.ErrNotFound, "NOT_FOUND", "not found"},
		"404 without a body":    {404, "", nil, channel.ErrNotFound, "404", "Not Found"},
		"409":                   {409, apiErrors("Conflict", "exists", ""), channel.ErrConflict, channel.ErrConflict, "Conflict", "exists"},
		"413":                   {413, apiErrors("RequestTooLarge", "too large", ""), channel.ErrInvalid, channel.ErrInvalid, "RequestTooLarge", "too large"},
		"415":                   {415, apiErrors("UnsupportedMediaType", "format", ""), channel.ErrInvalid, channel.ErrInvalid, "UnsupportedMediaType", "format"},
		"429":                   {429, quota, channel.ErrThrottled, channel.ErrThrottled, "", ""},
		"500":                   {500, apiErrors("InternalFailure", "We encountered an internal error", ""), channel.ErrUnavailable, channel.ErrUnsure, "InternalFailure", "internal error"},
		"502 a web page":        {502, "<html><body>Bad Gateway</body></html>", channel.ErrUnavailable, channel.ErrUnsure, "502", "web page"},
		"503":                   {503, apiErrors("ServiceUnavailable", "down", ""), channel.ErrUnavailable, channel.ErrUnsure, "ServiceUnavailable", "down"},
		"504 nothing":           {504, "", channel.ErrUnavailable, channel.ErrUnsure, "504", "Gateway"},
		"418":                   {418, "short and stout", channel.ErrInvalid, channel.ErrInvalid, "418", "not JSON"},
		"302":                   {302, "", channel.ErrInvalid, channel.ErrInvalid, "302", ""},
		"400 half a body":       {400, `{"errors":[{"code":`, channel.ErrInvalid, channel.ErrInvalid, "400", "could not be read"},
		"400 another shape":     {400, `{"errors":"no"}`, channel.ErrInvalid, channel.ErrInvalid, "400", "could not be read"},
		"400 a number for code": {400, `{"errors":[{"code":7,"message":null}]}`, channel.ErrInvalid, channel.ErrInvalid, "7", ""},
		"403 xml": {
			403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`,
			channel.ErrForbidden, channel.ErrForbidden, "AccessDenied", "Request has expired",
		},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(2)
				pass(2 * time.Minute)
				judge := func(what string, err, class error) {
					if !errors.Is(err, class) {
						r.Errorf("%s: %v, want %v", what, err, class)
					}
					var e *channel.Error
					if class == nil || !errors.As(err, &e) || errors.Is(class, channel.ErrThrottled) || errors.Is(class, channel.ErrUnsure) {
						return
					}
					if e.Code != tt.code || !strings.Contains(err.Error(), tt.says) || e.Channel != r.ch.ID() || e.Op == "" {
						r.Errorf("%s: %+v, want code %q and %q", what, e, tt.code, tt.says)
					}
				}
				bent := func(method string) func(w *wire) {
					return func(w *wire) {
						w.Reply = func(req *http.Request) *http.Response {
							if strings.HasSuffix(req.URL.Path, "/token") || req.Method != method {
								return nil
							}
							return answer(tt.status, "application/json", tt.body)
						}
					}
				}
				r.wire.Set(bent(http.MethodGet))
				_, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{o.ID})
				judge("a read", err, tt.read)
				pass(2 * time.Minute)
				r.wire.Set(bent(http.MethodPost))
				_, err = r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 1))
				judge("a write", err, tt.write)
			})
		})
	}
}

// A throttle names no time, so it comes back with the time that a call takes to
// be granted, at once, and holds up nothing else.
func TestThrottleWithoutTime(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(2)
		r.fake.ThrottleNext("searchOrders", 1000)
		began := time.Now()
		_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) < 2*time.Minute || channel.RetryAfter(err) > 3*time.Minute {
			r.Errorf("err = %v, retry after %s", err, channel.RetryAfter(err))
		}
		// It is not asked for again before then.
		calls := r.fake.Calls()["searchOrders"]
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrThrottled) || r.fake.Calls()["searchOrders"] != calls {
			r.Errorf("err = %v", err)
		}
		must(r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 1)))
		r.order(string(o.ID))
		if d := time.Since(began); d > 5*time.Second {
			r.Errorf("took %s", d)
		}
		r.fake.ThrottleNext("searchOrders", 0)
		pass(3 * time.Minute)
		must(r.ch.OrderPage(r.Context(), channel.OrderQuery{}))
	})
	// Without any waiting at all, too.
	onAccount(t, accountConfig{}, func(c *amazon.Config) { c.MaxWait = -1 }, func(r *rig) {
		o := r.bought(2)
		r.fake.ThrottleNext("getOrder", 1)
		_, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{o.ID})
		if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) != 2*time.Second {
			r.Errorf("err = %v, retry after %s", err, channel.RetryAfter(err))
		}
	})
}

// A plan that is higher than the default one is used once an answer tells.
func TestRatesAreLearnt(t *testing.T) {
	onAccount(t, accountConfig{Quota: 600}, nil, func(r *rig) {
		began := time.Now()
		for range 60 {
			must(r.ch.OrderPage(r.Context(), channel.OrderQuery{}))
		}
		// 0.0056 times 600 a second, behind a burst of 20.
		if d := time.Since(began); d < 10*time.Second || d > 15*time.Second || r.fake.Throttled() > 0 {
			r.Errorf("took %s, refused %d", d, r.fake.Throttled())
		}
	})
}
