package ebay_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// read makes a call that costs little.
func (r *rig) read() error {
	_, err := r.ch.Probe(r.Context())
	return err
}

func (r *rig) renewals() int { return r.fake.Calls()[ebaytest.OpToken] }

// Many calls at once wait for one renewal of each token, and a token is used
// until five minutes before its end.
func TestTokensAreRenewedOnce(t *testing.T) {
	onAccount(t, accountConfig{Latency: time.Second}, nil, func(r *rig) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := r.read(); err != nil {
					r.Error(err)
				}
			})
		}
		wg.Wait()
		if n := r.renewals(); n != 2 {
			r.Fatalf("%d renewals, want the seller's and the application's", n)
		}
		pass(114 * time.Minute)
		check(r, r.read())
		if n := r.renewals(); n != 2 {
			r.Errorf("%d renewals before the tokens' last minutes", n)
		}
		pass(2 * time.Minute)
		check(r, r.read())
		if n := r.renewals(); n != 4 {
			r.Errorf("%d renewals, want 4", n)
		}
	})
}

// A token that ends early is renewed for the call that finds out.
func TestTokensThatEndEarly(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		check(r, r.read())
		pass(2 * time.Minute)
		r.fake.ExpireTokens()
		check(r, r.read())
		if n := r.renewals(); n != 4 {
			r.Fatalf("%d renewals, want 4", n)
		}
	})
}

// A consent that the seller withdrew is dead without another word to eBay, until
// the credentials bring another.
func TestRevokedConsent(t *testing.T) {
	var mu sync.Mutex
	var got ebay.Credentials
	provide := func(c *ebay.Config) {
		got = c.Credentials
		c.Credentials = ebay.Credentials{}
		c.Provider = func(context.Context) (ebay.Credentials, error) {
			mu.Lock()
			defer mu.Unlock()
			return got, nil
		}
	}
	onAccount(t, accountConfig{}, provide, func(r *rig) {
		check(r, r.read())
		r.fake.Revoke()
		pass(3 * time.Hour)
		err := r.read()
		if !errors.Is(err, channel.ErrUnauthorized) || !strings.Contains(err.Error(), "consent") {
			r.Fatalf("err = %v, want ErrUnauthorized with its remedy", err)
		}
		before := r.renewals()
		for range 5 {
			pass(10 * time.Minute)
			if err := r.read(); !errors.Is(err, channel.ErrUnauthorized) {
				r.Fatalf("err = %v", err)
			}
		}
		if n := r.renewals(); n != before {
			r.Errorf("%d renewals of a dead consent", n-before)
		}
		r.fake.Authorise()
		grant, err := r.application().Exchange(r.Context(), r.fake.Install(ebaytest.DefaultRuName, ""))
		check(r, err)
		mu.Lock()
		got.RefreshToken, got.RefreshExpires, got.Scopes = grant.RefreshToken, grant.RefreshExpires, grant.Scopes
		mu.Unlock()
		check(r, r.read())
	})
}

func (r *rig) application() ebay.App {
	return ebay.App{
		ClientID: ebaytest.DefaultClientID, ClientSecret: ebaytest.DefaultClientSecret, RuName: ebaytest.DefaultRuName, Transport: r.wire,
		Scopes: ebaytest.AllScopes(),
	}
}

// A consent gives a refresh token for 18 months and the scopes it was asked for;
// its code is good once, and for five minutes.
func TestExchange(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		app := r.application()
		callback := r.fake.Install(app.RuName, "state")
		grant, err := app.Exchange(r.Context(), callback)
		check(r, err)
		if left := time.Until(grant.RefreshExpires); grant.RefreshToken == "" || len(grant.Scopes) != len(app.Scopes) || left < 547*24*time.Hour {
			r.Errorf("a grant for %v with %d scopes", left, len(grant.Scopes))
		}
		late := r.fake.Install(app.RuName, "")
		pass(5 * time.Minute)
		other := app
		other.RuName = "Another-One"
		for _, tt := range []struct {
			name     string
			app      ebay.App
			callback url.Values
			class    error
		}{
			{"used", app, callback, channel.ErrUnauthorized},
			{"late", app, late, channel.ErrUnauthorized},
			{"another address", other, r.fake.Install(app.RuName, ""), channel.ErrForbidden},
			{"declined", app, url.Values{"error": {"access_denied"}}, channel.ErrUnauthorized},
			{"no code", app, url.Values{}, channel.ErrInvalid},
			{"escaped twice", app, url.Values{"code": {"v%5E1.1%23"}}, channel.ErrInvalid},
			{"no keys", ebay.App{RuName: "x"}, url.Values{"code": {"v"}}, channel.ErrInvalid},
			{"no RuName", ebay.App{ClientID: "x", ClientSecret: "y"}, url.Values{"code": {"v"}}, channel.ErrInvalid},
		} {
			if _, err := tt.app.Exchange(r.Context(), tt.callback); !errors.Is(err, tt.class) {
				r.Errorf("%s: err = %v, want %v", tt.name, err, tt.class)
			}
		}
	})
}

func TestConsentURL(t *testing.T) {
	got := ebay.App{ClientID: "id", RuName: "A-Ru-Name", Scopes: []string{ebay.ScopeTrading, ebay.ScopeFulfillment}, Sandbox: true}.ConsentURL("x y")
	const want = "https://auth.sandbox.ebay.com/oauth2/authorize?client_id=id&redirect_uri=A-Ru-Name&response_type=code" +
		"&scope=https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope%20https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope%2Fsell.fulfillment&state=x%20y"
	if got != want {
		t.Errorf("%s", got)
	}
}

// What the token endpoint refuses is the seller's to mend, or the operator's.
func TestGrantRefusals(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(r *rig)
		class error
		says  string
	}{
		{"secret", func(r *rig) { r.fake.RotateSecret("another") }, channel.ErrForbidden, "client id or secret is wrong"},
		{"keyset", func(r *rig) { r.fake.DisableKeyset(true) }, channel.ErrForbidden, "account deletions"},
		{"withdrawn", func(r *rig) { r.fake.Revoke() }, channel.ErrUnauthorized, "consent"},
		{"the day's tokens", func(r *rig) { r.fake.ThrottleNext(ebaytest.OpToken, 9) }, channel.ErrThrottled, "2001"},
		{"down", func(r *rig) { r.fake.FailWith(ebaytest.OpToken, 503, -1) }, channel.ErrUnavailable, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				tt.spoil(r)
				err := r.read()
				if !errors.Is(err, tt.class) || !strings.Contains(err.Error(), tt.says) {
					r.Errorf("err = %v, want %v, %q", err, tt.class, tt.says)
				}
				if errors.Is(tt.class, channel.ErrThrottled) && channel.RetryAfter(err) < time.Minute {
					r.Errorf("to be tried again after %v", channel.RetryAfter(err))
				}
			})
		})
	}
}

// The end of a consent is told 30 days ahead, and then is a state.
func TestTheEndOfAConsentIsTold(t *testing.T) {
	var log bytes.Buffer
	onAccount(t, accountConfig{RefreshLifetime: 40 * 24 * time.Hour}, func(c *ebay.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	}, func(r *rig) {
		notes := func() string {
			a, err := r.ch.Probe(r.Context())
			check(r, err)
			return strings.Join(a.Notes, "\n")
		}
		if got := notes(); strings.Contains(got, "ends") || log.Len() > 0 {
			r.Errorf("told too early: %s%s", got, &log)
		}
		pass(11 * 24 * time.Hour)
		if got := notes(); !strings.Contains(got, "in 29 days") || !strings.Contains(log.String(), "consent ends") {
			r.Errorf("notes %q, log %q", got, &log)
		}
		pass(30 * 24 * time.Hour)
		before := r.renewals()
		if err := r.read(); !errors.Is(err, channel.ErrUnauthorized) {
			r.Errorf("err = %v", err)
		}
		if n := r.renewals(); n > before+1 { // the application's
			r.Errorf("%d calls for a consent that has ended", n-before-1)
		}
	})
}

// Should eBay give another refresh token, that one is used.
func TestRefreshTokenThatIsReplaced(t *testing.T) {
	onAccount(t, accountConfig{Believed: ebaytest.Believed{RefreshRotates: true}}, nil, func(r *rig) {
		for range 4 {
			check(r, r.read())
			pass(2 * time.Hour)
		}
	})
}

// The application's token is one for all its sellers, where tokens are kept
// together.
func TestApplicationTokenIsShared(t *testing.T) {
	store := channel.NewTokenStore(nil)
	onAccount(t, accountConfig{}, func(c *ebay.Config) { c.Tokens = store }, func(r *rig) {
		check(r, r.read())
		cfg := r.fake.Config()
		cfg.ID, cfg.Tokens, cfg.Transport = "another", store, r.wire
		other := must(ebay.New(cfg))
		_, err := other.Probe(r.Context())
		check(r, err)
		if n := r.renewals(); n != 3 {
			r.Errorf("%d tokens, want two sellers' and one of the application", n)
		}
	})
}
