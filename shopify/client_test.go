package shopify_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
)

const (
	graphURL = "https://acme.myshopify.com/admin/api/" + shopify.Version + "/graphql.json"
	tokenURL = "https://acme.myshopify.com/admin/oauth/access_token"

	// What must not get out, whatever is answered.
	secretToken   = "shpat_0123456789abcdef"
	secretRefresh = "shprt_0123456789abcdef"
	secretClient  = "shpss_0123456789abcdef"
)

// onMock runs f in a bubble on a channel whose answers are the test's own. Two
// kinds of grant: a static token, or one that is refreshed and has expired.
func onMock(t *testing.T, expired bool, f func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, tokens channel.TokenStore)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		mock := httpmock.NewMockTransport()
		cfg := shopify.Config{Shop: "acme", Token: secretToken, Transport: mock}
		var tokens channel.TokenStore
		if expired {
			tokens = channel.NewTokenStore(map[channel.ID]channel.Token{
				"shopify:acme": {Access: "shpat_old", Refresh: secretRefresh, Expiry: time.Now().Add(-time.Minute)},
			})
			cfg.Token, cfg.ClientID, cfg.ClientSecret, cfg.Tokens = "", "client", secretClient, tokens
		}
		ch, err := shopify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, ch, mock, tokens)
	})
}

// quiet checks that an error tells nothing it must not.
func quiet(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{secretToken, secretRefresh, secretClient, "ada@example.com", "<html"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("err = %v, and that tells %q", err, secret)
		}
	}
}

// answering is a responder with a content type.
func answering(status int, contentType, body string) httpmock.Responder {
	return func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Header.Set("Content-Type", contentType)
		return resp, nil
	}
}

const shopAnswer = `{"data":{"shop":{"name":"Acme","myshopifyDomain":"acme.myshopify.com","currencyCode":"EUR","ianaTimezone":"Europe/Berlin"},` +
	`"currentAppInstallation":{"accessScopes":[{"handle":"read_orders"}]}}}`

const html = "<html><head><title>Bad gateway</title></head><body>ada@example.com</body></html>"

func TestTokenAnswers(t *testing.T) {
	// The test's own words for what is stored afterwards.
	const renewed, kept, dead = "renewed", "kept", "dead"
	for _, tc := range []struct {
		name   string
		status int
		body   string
		class  error // of the call that needed the token; nil: it went through
		stored string
	}{
		{"a new pair", 200, `{"access_token":"shpat_new","scope":"read_orders,write_orders","expires_in":3600,"refresh_token":"shprt_new","refresh_token_expires_in":7776000}`, nil, renewed},
		{"without a lifetime", 200, `{"access_token":"shpat_new","scope":"read_orders","refresh_token":"shprt_new"}`, nil, renewed},
		{"lifetimes as text", 200, `{"access_token":"shpat_new","expires_in":"3600","refresh_token":"shprt_new"}`, nil, renewed},
		{"a lifetime that is none", 200, `{"access_token":"shpat_new","expires_in":-1,"refresh_token":"shprt_new"}`, nil, renewed},
		{"orphaned", 401, `{"error":"invalid_request","error_description":"This request requires an active refresh_token"}`, channel.ErrUnauthorized, dead},
		{"an invalid grant", 400, `{"error":"invalid_grant"}`, channel.ErrUnauthorized, dead},
		{"another secret", 401, `{"error":"invalid_client","error_description":"Client authentication failed"}`, channel.ErrForbidden, kept},
		{"a gateway's page", 502, html, channel.ErrUnavailable, kept},
		{"an answer lost behind a gateway", 520, html, channel.ErrUnavailable, kept},
		{"too many", 429, `{"errors":"Exceeded"}`, channel.ErrThrottled, kept},
		{"HTML for JSON", 200, html, channel.ErrUnavailable, kept},
		{"no token inside", 200, `{"scope":"read_orders"}`, channel.ErrUnavailable, kept},
		{"a body without end", 200, strings.Repeat(" ", 33<<20), channel.ErrUnavailable, kept},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onMock(t, true, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, tokens channel.TokenStore) {
				t.Helper()
				mock.RegisterResponder(http.MethodPost, graphURL, func(req *http.Request) (*http.Response, error) {
					if got := req.Header.Get("X-Shopify-Access-Token"); got != "shpat_new" {
						t.Errorf("called with the token %q", got)
					}
					return httpmock.NewStringResponse(http.StatusOK, shopAnswer), nil
				})
				asked := map[string]bool{}
				mock.RegisterResponder(http.MethodPost, tokenURL, func(req *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(req.Body)
					if err != nil {
						return nil, err
					}
					asked[string(body)] = true
					return answering(tc.status, "application/json", tc.body)(req)
				})
				_, err := ch.Probe(t.Context())
				quiet(t, err)
				if !errors.Is(err, tc.class) || !errors.Is(channel.Class(err), tc.class) {
					t.Errorf("err = %v, want %v", err, tc.class)
				}
				if len(asked) != 1 {
					t.Errorf("%d different requests for a token: a refresh token is repeated as it is", len(asked))
				}
				tok, err := tokens.Load(t.Context(), ch.ID())
				if err != nil {
					t.Fatal(err)
				}
				stored := kept
				switch {
				case tok.Dead != "":
					stored = dead
				case tok.Refresh == "shprt_new":
					stored = renewed
				}
				if stored != tc.stored {
					t.Errorf("stored: %s, want %s", stored, tc.stored)
				}
				if stored == renewed && (tok.Expiry.IsZero() || time.Until(tok.Expiry) > 2*time.Hour) {
					t.Errorf("the token is kept until %v: without a lifetime it is not for ever", tok.Expiry)
				}
			})
		})
	}
}

// A redirect leads elsewhere, and everything in the request would go along.
func TestARedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, expired := range map[string]bool{"call": false, "token": true} {
			t.Run(name+" "+http.StatusText(status), func(t *testing.T) {
				onMock(t, expired, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
					t.Helper()
					mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
						if req.URL.Host != "acme.myshopify.com" {
							t.Errorf("%s of %s was sent", req.Method, req.URL)
						}
						resp := httpmock.NewStringResponse(status, html)
						resp.Header.Set("Location", "https://other.example.com/admin")
						return resp, nil
					})
					_, err := ch.Probe(t.Context())
					if err == nil {
						t.Error("it passed for an answer")
					}
					quiet(t, err)
					if n := mock.GetTotalCallCount(); n > 4 {
						t.Errorf("%d calls", n)
					}
				})
			})
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	endless := strings.Repeat(" ", 33<<20)
	onMock(t, false, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
		t.Helper()
		for _, status := range []int{200, 403} {
			mock.RegisterResponder(http.MethodPost, graphURL, answering(status, "application/json", endless+shopAnswer))
			_, err := ch.Probe(t.Context())
			if err == nil || len(err.Error()) > 500 {
				t.Errorf("%d: err = %.600v", status, err)
			}
		}
		long := strings.Repeat("x", 1<<20)
		mock.RegisterResponder(http.MethodPost, graphURL, answering(200, "application/json", `{"errors":[{"message":"`+long+`"}]}`))
		if _, err := ch.Probe(t.Context()); err == nil || len(err.Error()) > 1000 {
			t.Errorf("a long message makes an error of %d bytes", len(err.Error()))
		}
	})
}

func TestErrorsInEveryShape(t *testing.T) {
	const data = `,"data":{"shop":{"name":"Acme","currencyCode":"EUR"},"currentAppInstallation":{"accessScopes":[]}}`
	for _, tc := range []struct {
		name, body string
		class      error
		says       string
	}{
		{"text", `{"errors":"Something is off"}`, channel.ErrInvalid, "Something is off"},
		{"an object", `{"errors":{"query":"Required parameter missing or invalid"}}`, channel.ErrInvalid, "Required parameter"},
		{"an object of lists", `{"errors":{"base":["One","Two"]}}`, channel.ErrInvalid, "One"},
		{"texts", `{"errors":["The api_client is not associated with any fulfillment service."]}`, channel.ErrInvalid, "not associated"},
		{"no code", `{"errors":[{"message":"Odd"}]}`, channel.ErrInvalid, "Odd"},
		{"no message", `{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, channel.ErrUnavailable, "INTERNAL_SERVER_ERROR"},
		{"a code of another type", `{"errors":[{"message":"Odd","extensions":{"code":17}}]}`, channel.ErrInvalid, ""},
		{"a path of numbers", `{"errors":[{"message":"Odd","path":["nodes",3,"id"]}]}`, channel.ErrInvalid, "Odd"},
		{"a number", `{"errors":17}`, channel.ErrUnavailable, ""},
		{"throttled without a code", `{"errors":[{"message":"Throttled"}]}`, channel.ErrThrottled, ""},
		{"beside data", `{"errors":[{"message":"Odd"}]` + data + `}`, channel.ErrInvalid, "Odd"},
		{"denied beside data", `{"errors":[{"message":"Access denied","path":["shop"],"extensions":{"code":"ACCESS_DENIED"}}]` + data + `}`, nil, ""},
		{"denied and more", `{"errors":[{"message":"Access denied","path":["shop"],"extensions":{"code":"ACCESS_DENIED"}},{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]` + data + `}`, channel.ErrUnavailable, ""},
		{"an empty list beside data", `{"errors":[]` + data + `}`, nil, ""},
		{"null beside data", `{"errors":null` + data + `}`, nil, ""},
		{"nothing", ``, channel.ErrUnavailable, ""},
		{"null", `null`, channel.ErrUnavailable, ""},
		{"a list", `[]`, channel.ErrUnavailable, ""},
		{"HTML", html, channel.ErrUnavailable, ""},
		{"cut", shopAnswer[:len(shopAnswer)-3], channel.ErrUnavailable, ""},
		{"twice", shopAnswer + shopAnswer, channel.ErrUnavailable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onMock(t, false, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
				t.Helper()
				mock.RegisterResponder(http.MethodPost, graphURL, answering(http.StatusOK, "application/json", tc.body))
				_, err := ch.Probe(t.Context())
				quiet(t, err)
				if tc.class == nil {
					if err != nil {
						t.Errorf("err = %v", err)
					}
					return
				}
				if !errors.Is(channel.Class(err), tc.class) || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("err = %v, want %v saying %q", err, tc.class, tc.says)
				}
			})
		})
	}
}

// What a call carries, beside the operation.
func TestHeaders(t *testing.T) {
	onMock(t, false, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
		t.Helper()
		mock.RegisterResponder(http.MethodPost, graphURL, func(req *http.Request) (*http.Response, error) {
			for name, want := range map[string]string{
				"X-Shopify-Access-Token": secretToken, "Content-Type": "application/json", "Accept": "application/json", "User-Agent": "penstock",
			} {
				if got := req.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			return httpmock.NewStringResponse(http.StatusOK, shopAnswer), nil
		})
		if a, err := ch.Probe(t.Context()); err != nil || a.Name != "Acme" || a.Currency != "EUR" {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
