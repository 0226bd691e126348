package shopify_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// offline configures a channel with an expiring offline token of the fake's.
func offline(fake *shopifytest.Fake, store *channel.TokenStore) func(*shopify.Config) {
	return func(c *shopify.Config) {
		access, refresh, expires := fake.IssueToken()
		*store = channel.NewTokenStore(map[channel.ID]channel.Token{
			"shopify:penstock-test": {Access: channel.Secret(access), Refresh: channel.Secret(refresh), Expiry: expires},
		})
		c.Token, c.ClientID, c.ClientSecret, c.Tokens = "", "client", "secret", *store
	}
}

// onOffline runs f on a shop whose channel refreshes its token.
func onOffline(t *testing.T, f func(r rig, store channel.TokenStore)) {
	t.Helper()
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		var store channel.TokenStore
		cfg := shopify.Config{Shop: r.fake.Shop(), Transport: recorded(t, r.fake.Transport())}
		offline(r.fake, &store)(&cfg)
		ch, err := shopify.New(cfg)
		r.must(err)
		r.ch = ch
		f(r, store)
	})
}

func TestAnOfflineTokenIsRefreshedAndStored(t *testing.T) {
	onOffline(t, func(r rig, store channel.TokenStore) {
		for range 5 {
			if _, err := r.ch.Probe(r.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Minute)
		}
		tok, err := store.Load(r.Context(), r.ch.ID())
		r.must(err)
		if n := r.fake.Stats().Refreshes; n != 2 || tok.Version != 5 || tok.Refresh == "" || tok.Dead != "" {
			t.Errorf("%d refreshes, stored version %d, dead %q", n, tok.Version, tok.Dead)
		}
	})
}

func TestALostRefreshEndsInReauthorisationNotInAStorm(t *testing.T) {
	onOffline(t, func(r rig, store channel.TokenStore) {
		r.fake.Fault(shopifytest.LostRefresh())
		time.Sleep(2 * time.Hour)
		for range 20 {
			_, err := r.ch.Probe(r.Context())
			if err == nil {
				t.Fatal("a spent refresh token worked")
			}
			time.Sleep(time.Minute)
		}
		tok, err := store.Load(r.Context(), r.ch.ID())
		r.must(err)
		_, err = r.ch.Probe(r.Context())
		if !errors.Is(err, channel.ErrUnauthorized) || tok.Dead == "" {
			t.Errorf("err %v, dead %q", err, tok.Dead)
		}
		calls := r.fake.Stats().Requests
		for range 10 {
			_, _ = r.ch.Probe(r.Context())
		}
		if n := r.fake.Stats().Requests - calls; n != 0 {
			t.Errorf("%d requests with a dead grant", n)
		}
	})
}

func TestAnAppMintsItsOwnShopsToken(t *testing.T) {
	onShop(t, shopifytest.Config{Token: "-"}, func(c *shopify.Config) { c.Token, c.ClientID, c.ClientSecret = "", "client", "secret" }, func(r rig) {
		for range 3 {
			_, err := r.ch.Probe(r.Context())
			r.must(err)
			time.Sleep(23*time.Hour + 58*time.Minute)
		}
		if n := r.fake.Calls()[shopifytest.OpToken]; n < 2 || n > 4 {
			t.Errorf("%d tokens minted in three days", n)
		}
	})
}

func TestARevokedTokenIsUnauthorized(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.fake.Revoke()
		_, err := r.ch.Probe(r.Context())
		if !errors.Is(err, channel.ErrUnauthorized) {
			t.Error(err)
		}
	})
}

func TestConfigComplainsOfEverythingAtOnce(t *testing.T) {
	_, err := shopify.New(shopify.Config{Shop: "no such shop!", Token: "t", ClientID: "c", Lag: -1, Endpoint: "ftp://x"})
	for _, want := range []string{"Shop", "Token and ClientID", "Lag is negative", "Endpoint"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in: %v", want, err)
		}
	}
	if _, err := shopify.New(shopify.Config{}); err == nil || !strings.Contains(err.Error(), "Shop is empty") || !strings.Contains(err.Error(), "Token is empty") {
		t.Errorf("empty: %v", err)
	}
	for _, shop := range []string{"acme", "acme.myshopify.com", "https://ACME.myshopify.com/"} {
		c, err := shopify.New(shopify.Config{Shop: shop, Token: "t"})
		if err != nil || c.ID() != "shopify:acme" || c.Domain() != "acme.myshopify.com" {
			t.Errorf("%q: %v", shop, err)
		}
	}
}

func TestEveryFailureHasItsClass(t *testing.T) {
	html := "<html>Bad gateway ada@example.com</html>"
	for _, tc := range []struct {
		name  string
		fault shopifytest.Fault
		read  error
		write error
	}{
		{"internal error in a 200", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":[{"message":"Internal error. Looks like something went wrong on our end.\nRequest ID: 1","extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"r1"}}],"data":null}`}, channel.ErrUnavailable, channel.ErrUnsure},
		{"access denied", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":[{"message":"Access denied for shop field.","extensions":{"code":"ACCESS_DENIED","requiredAccess":"read_x"}}],"data":null}`}, channel.ErrForbidden, channel.ErrForbidden},
		{"not approved", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":[{"message":"This app is not approved to access the Order object."}],"data":null}`}, channel.ErrForbidden, channel.ErrForbidden},
		{"a bad request", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"}}]}`}, channel.ErrInvalid, channel.ErrInvalid},
		{"errors without a code", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":["The api_client is not associated"]}`}, channel.ErrInvalid, channel.ErrInvalid},
		{"no such thing", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"errors":[{"message":"Invalid id: gid://shopify/Order/1","extensions":{"code":"RESOURCE_NOT_FOUND"}}]}`}, channel.ErrNotFound, channel.ErrNotFound},
		{"neither data nor errors", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{}`}, channel.ErrUnavailable, channel.ErrUnsure},
		{"HTML for JSON", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: html}, channel.ErrUnavailable, channel.ErrUnsure},
		{"another shape", shopifytest.Fault{Kind: shopifytest.Answer, Status: 200, Body: `{"data":{"shop":[1]}}`}, channel.ErrUnavailable, channel.ErrUnsure},
		{"401", shopifytest.Fault{Kind: shopifytest.Answer, Status: 401, Body: `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`}, channel.ErrUnauthorized, channel.ErrUnauthorized},
		{"402", shopifytest.Frozen(), channel.ErrSuspended, channel.ErrSuspended},
		{"403", shopifytest.Forbidden(), channel.ErrForbidden, channel.ErrForbidden},
		{"404", shopifytest.Fault{Kind: shopifytest.Answer, Status: 404, Body: `{"errors":"Not Found"}`}, channel.ErrNotFound, channel.ErrNotFound},
		{"423", shopifytest.Locked(), channel.ErrSuspended, channel.ErrSuspended},
		{"429", shopifytest.Fault{Kind: shopifytest.Answer, Status: 429, Header: http.Header{"Retry-After": {"40.0"}}}, channel.ErrThrottled, channel.ErrThrottled},
		{"430", shopifytest.Fault{Kind: shopifytest.Answer, Status: 430}, channel.ErrThrottled, channel.ErrThrottled},
		{"500", shopifytest.Fault{Kind: shopifytest.Answer, Status: 500, Body: html}, channel.ErrUnavailable, channel.ErrUnsure},
		{"502", shopifytest.Fault{Kind: shopifytest.Answer, Status: 502, Body: html}, channel.ErrUnavailable, channel.ErrUnsure},
		{"503", shopifytest.Fault{Kind: shopifytest.Answer, Status: 503}, channel.ErrUnavailable, channel.ErrUnsure},
		{"520", shopifytest.Fault{Kind: shopifytest.Answer, Status: 520}, channel.ErrUnavailable, channel.ErrUnsure},
		{"a cut answer", shopifytest.Fault{Kind: shopifytest.Truncate}, channel.ErrUnavailable, channel.ErrUnsure},
		{"a dropped connection", shopifytest.Fault{Kind: shopifytest.DropAfter}, channel.ErrUnavailable, channel.ErrUnsure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onShop(t, shopifytest.Config{}, nil, func(r rig) {
				tc.fault.Times = -1
				r.fake.Fault(tc.fault)
				_, err := r.ch.Probe(r.Context())
				if !errors.Is(err, tc.read) {
					t.Errorf("read: %v, want %v", err, tc.read)
				}
				if err == nil || strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), "shpat_fake") {
					t.Errorf("error tells too much: %v", err)
				}
				if tc.name == "404" && !strings.Contains(err.Error(), "check Config.Shop") {
					t.Errorf("no advice: %v", err)
				}
				var out struct{}
				err = r.ch.Do(r.Context(), "RunBulk", admin.RunBulk, map[string]any{"query": admin.BulkVariants}, admin.RunBulkCost, &out)
				if !errors.Is(err, tc.write) && !(tc.name == "another shape") {
					t.Errorf("write: %v, want %v", err, tc.write)
				}
				// The limiter spreads those who come after a stated wait.
				if wait := channel.RetryAfter(err); tc.name == "429" && (wait < 40*time.Second || wait > 41*time.Second) {
					t.Errorf("retry after %s", wait)
				}
			})
		})
	}
}

func TestAThrottleInsideA200IsWaitedOut(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.fake.DrainBucket(0)
		began := time.Now()
		_, err := r.ch.Probe(r.Context())
		r.must(err)
		if d := time.Since(began); r.fake.Throttled() == 0 || d > 5*time.Second {
			t.Errorf("throttled %d times, took %s", r.fake.Throttled(), d)
		}
	})
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { c.MaxWait = -1 }, func(r rig) {
		r.fake.DrainBucket(0)
		_, err := r.ch.Probe(r.Context())
		if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) <= 0 {
			t.Errorf("with no patience: %v", err)
		}
	})
}
