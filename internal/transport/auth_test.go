package transport

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/penstock-go/penstock/channel"
)

func TestTheTokenIsSetAsTheMarketplaceWantsIt(t *testing.T) {
	for _, tc := range []struct {
		header string
		format func(string) string
		want   string
	}{
		{"X-Shopify-Access-Token", nil, "tok"},
		{"X-Auth-Token", nil, "tok"},
		{"x-amz-access-token", nil, "tok"},
		{"Authorization", Bearer, "Bearer tok"},
	} {
		base := &script{steps: []func(*http.Request) (*http.Response, error){say(200, "")}}
		c := mustNew(t, Config{Base: base, Credentials: Credentials{
			Source: StaticToken("tok"), Header: tc.header, Format: tc.format, Hosts: []string{"SHOP.example"},
		}})
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://shop.example/", nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := base.heads[0].Get(tc.header); got != tc.want {
			t.Errorf("%s: %q", tc.header, got)
		}
		if req.Header.Get(tc.header) != "" || resp.Request.Header.Get(tc.header) != "" {
			t.Errorf("%s stays on the request", tc.header)
		}
	}
}

func TestNoOtherHostGetsTheToken(t *testing.T) {
	base := &script{steps: []func(*http.Request) (*http.Response, error){say(401, "")}}
	c := mustNew(t, Config{Base: base, Credentials: Credentials{
		Source: StaticToken("tok"), Header: "X-Auth-Token", Hosts: []string{"shop.example"},
	}})
	for _, host := range []string{"evil.example", "shop.example.evil.example", "shop.example:8443", "evil.shop.example"} {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://"+host+"/", nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err) // a 401 to nobody's token is just an answer
		}
		_ = resp.Body.Close()
		if h := base.heads[len(base.heads)-1]; h.Get("X-Auth-Token") != "" {
			t.Errorf("%s got the token", host)
		}
	}
}

func TestARefusedStaticTokenIsUnauthorized(t *testing.T) {
	base := &script{steps: []func(*http.Request) (*http.Response, error){
		say(401, `{"errors":"[API] Invalid API key or access token"}`, "X-Request-Id", "r-7"),
	}}
	c := mustNew(t, Config{
		Base:        base,
		Credentials: Credentials{Source: StaticToken("tok"), Header: "X-Auth-Token", Hosts: []string{"shop.example"}},
		Policy: Policy{Describe: func(r *http.Response) (string, string) {
			b, _ := Bytes(r)
			return "bad_token", string(b)
		}},
	})
	_, _, err := send(t.Context(), t, c, "POST", "x")
	e := class(t, err, channel.ErrUnauthorized)
	if base.calls != 1 || e.Code != "bad_token" || e.RequestID != "r-7" || !strings.Contains(e.Message, "Invalid API key") {
		t.Errorf("%d calls, %+v", base.calls, e)
	}
}

func TestARefusedTokenIsRenewedOnceAndTheCallSentAgain(t *testing.T) {
	for _, tc := range []struct {
		name     string
		accepted string // the token the marketplace takes
		status   int    // with which it refuses
		method   string
		attempts int
		calls    int
		ok       bool
	}{
		{"a read", "new-1", 401, "GET", 4, 2, true},
		{"a write, once refused, was not applied", "new-1", 401, "POST", 4, 2, true},
		{"beyond the attempts of other failures", "new-1", 401, "POST", 1, 2, true},
		{"refused by another status", "new-1", 403, "GET", 4, 2, true},
		{"the new one is refused too", "none", 401, "GET", 4, 2, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMarket()
				src := m.source(t, channel.Token{Access: "old", Refresh: "r0", Expiry: time.Now().Add(time.Hour)})
				base := &script{steps: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
					if r.Header.Get("X-Auth-Token") == tc.accepted {
						return answer(r, 200, "ok"), nil
					}
					return answer(r, tc.status, "no"), nil
				}}}
				l := NewLimiter(func(string) Rule { return Rule{Size: 101, Rate: 1} })
				c := mustNew(t, Config{
					Base: base, MaxAttempts: tc.attempts, Limiter: l,
					Credentials: Credentials{Source: src, Header: "X-Auth-Token", Hosts: []string{"shop.example"}},
					Policy:      Policy{Rejected: func(r *http.Response) bool { return r.StatusCode == tc.status }},
				})
				status, _, err := send(t.Context(), t, c, tc.method, "x")
				if tc.ok && (err != nil || status != 200) {
					t.Errorf("status %d, err %v", status, err)
				}
				if !tc.ok {
					_ = class(t, err, channel.ErrUnauthorized)
				}
				if base.calls != tc.calls || m.refreshes() != 1 {
					t.Errorf("%d calls, %d refreshes", base.calls, m.refreshes())
				}
				if got := l.queue("").taken; got != float64(tc.calls) {
					t.Errorf("paid for %v of %d calls", got, tc.calls)
				}
			})
		})
	}
}

func TestAForeignSourcesErrorIsClassedAndHoldsNoBody(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want error
	}{
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 400}, Body: []byte("canary"), ErrorCode: "invalid_grant"}, channel.ErrUnauthorized},
		{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 503}, Body: []byte("canary")}, channel.ErrUnavailable},
		{errReset, channel.ErrUnavailable},
	} {
		c := mustNew(t, Config{Base: roundTrip(say(200, "")), Credentials: Credentials{
			Source: badSource{tc.err}, Header: "X-Auth-Token", Hosts: []string{"shop.example"},
		}})
		_, _, err := send(t.Context(), t, c, "GET", "")
		_ = class(t, err, tc.want)
		if strings.Contains(err.Error(), "canary") {
			t.Error(err)
		}
	}
}

type badSource struct{ err error }

func (b badSource) Token() (*oauth2.Token, error) { return nil, b.err }
