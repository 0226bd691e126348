package transport

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/channel"
)

func TestStatusesHaveAUsualClass(t *testing.T) {
	for _, tc := range []struct {
		status      int
		read, write error
	}{
		{200, nil, nil},
		{204, nil, nil},
		{302, channel.ErrInvalid, channel.ErrInvalid},
		{400, channel.ErrInvalid, channel.ErrInvalid},
		{401, channel.ErrUnauthorized, channel.ErrUnauthorized},
		{402, channel.ErrSuspended, channel.ErrSuspended},
		{403, channel.ErrForbidden, channel.ErrForbidden},
		{404, channel.ErrNotFound, channel.ErrNotFound},
		{408, channel.ErrUnavailable, channel.ErrUnsure},
		{409, channel.ErrConflict, channel.ErrConflict},
		{422, channel.ErrInvalid, channel.ErrInvalid},
		{423, channel.ErrSuspended, channel.ErrSuspended},
		{429, channel.ErrThrottled, channel.ErrThrottled},
		{500, channel.ErrUnavailable, channel.ErrUnsure},
		{501, channel.ErrUnavailable, channel.ErrInvalid},
		{503, channel.ErrUnavailable, channel.ErrUnsure},
		{520, channel.ErrUnavailable, channel.ErrUnsure},
	} {
		synctest.Test(t, func(t *testing.T) {
			for method, want := range map[string]error{"GET": tc.read, "POST": tc.write} {
				c := mustNew(t, Config{Base: roundTrip(say(tc.status, "")), MaxAttempts: 1})
				req, _ := http.NewRequestWithContext(t.Context(), method, "https://shop.example/", nil)
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if got := Class(resp); !errors.Is(got, want) {
					t.Errorf("%s %d: %v, want %v", method, tc.status, got, want)
				}
			}
		})
	}
	// Of a response that did not come through a client, the worst is assumed.
	if got := Class(&http.Response{StatusCode: 503}); !errors.Is(got, channel.ErrUnsure) {
		t.Error(got)
	}
}

func TestARefusalByPolicyIsRepeatedAndNotInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(503, "")}}
		c := mustNew(t, Config{Base: base, Policy: Policy{Refused: func(r *http.Response) bool { return r.StatusCode == 503 }}})
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "https://shop.example/", nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := Class(resp); !errors.Is(got, channel.ErrUnavailable) || base.calls != 4 {
			t.Errorf("%v after %d calls", got, base.calls)
		}
	})
}
