package amazon_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// read makes a call that costs little.
func (r *rig) read() error {
	_, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"000-0000000-0000009"})
	return err
}

func (r *rig) renewals() int { return r.fake.Calls()[amazontest.OpToken] }

// Many calls at once wait for one renewal, and a token is used until a minute
// before its end.
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
		if n := r.renewals(); n != 1 {
			r.Fatalf("%d renewals, want 1", n)
		}
		pass(58*time.Minute + 50*time.Second)
		check(r, r.read())
		if n := r.renewals(); n != 1 {
			r.Errorf("%d renewals before the token's last minute", n)
		}
		pass(10 * time.Second)
		check(r, r.read())
		if n := r.renewals(); n != 2 {
			r.Errorf("%d renewals, want 2", n)
		}
	})
}

// A token that ends early is renewed for the call that finds out, once a
// minute at most however often it ends.
func TestTokensThatEndEarly(t *testing.T) {
	for name, believed := range map[string]amazontest.Believed{"403": {}, "401": {TokenErrorsAre401: true}} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: believed}, nil, func(r *rig) {
				check(r, r.read())
				pass(2 * time.Minute)
				r.fake.ExpireTokens()
				check(r, r.read())
				if n := r.renewals(); n != 2 {
					r.Fatalf("%d renewals, want 2", n)
				}
				for range 60 { // a storm
					r.fake.ExpireTokens()
					if err := r.read(); err != nil && !errors.Is(err, channel.ErrUnauthorized) {
						r.Fatal(err)
					}
					pass(time.Second)
				}
				if n := r.renewals(); n > 4 {
					r.Errorf("%d renewals within a minute", n-2)
				}
				pass(2 * time.Minute)
				check(r, r.read())
			})
		})
	}
}

// A role that is missing looks like a token that is old: it is tried now and
// then, and said as what it is.
func TestMissingRoleDoesNotRenewForEver(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		check(r, r.read())
		r.fake.SetRoles()
		for range 60 {
			err := r.read()
			if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "another region") {
				r.Fatalf("err = %v, want ErrForbidden with its causes", err)
			}
			pass(10 * time.Second)
		}
		if n := r.renewals(); n > 8 {
			r.Errorf("%d renewals in ten minutes", n)
		}
		r.fake.SetRoles(amazontest.AllRoles()...)
		check(r, r.read())
	})
}

// A grant that the seller withdrew is dead without another word to Amazon, until
// the credentials bring another.
func TestRevokedGrant(t *testing.T) {
	var mu sync.Mutex
	got := amazon.Credentials{ClientID: amazontest.DefaultClientID, ClientSecret: amazontest.DefaultClientSecret, RefreshToken: amazontest.DefaultRefreshToken}
	provide := func(c *amazon.Config) {
		c.Credentials = amazon.Credentials{}
		c.Provider = func(context.Context) (amazon.Credentials, error) {
			mu.Lock()
			defer mu.Unlock()
			return got, nil
		}
	}
	onAccount(t, accountConfig{}, provide, func(r *rig) {
		check(r, r.read())
		r.fake.Revoke()
		for range 20 {
			err := r.read()
			if !errors.Is(err, channel.ErrUnauthorized) {
				r.Fatalf("err = %v, want ErrUnauthorized", err)
			}
			if strings.Contains(err.Error(), amazontest.DefaultRefreshToken) {
				r.Fatalf("tells the token: %v", err)
			}
			pass(5 * time.Minute)
		}
		if n := r.renewals(); n > 3 {
			r.Errorf("%d renewals of a dead grant", n-1)
		}
		r.fake.AddApp(amazontest.App{
			ClientID: "second", ClientSecret: "secret2", RefreshToken: "Atzr|second", Roles: amazontest.AllRoles(),
		})
		mu.Lock()
		got = amazon.Credentials{ClientID: "second", ClientSecret: "secret2", RefreshToken: "Atzr|second"}
		mu.Unlock()
		check(r, r.read())
	})
}

// A client secret that has expired is the operator's affair: the seller's grant
// lives, and works again with the next secret, without a restart.
func TestClientSecretRotation(t *testing.T) {
	var mu sync.Mutex
	secret, expires := channel.Secret(amazontest.DefaultClientSecret), time.Time{}
	var log bytes.Buffer
	configure := func(c *amazon.Config) {
		c.Credentials = amazon.Credentials{}
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.Provider = func(context.Context) (amazon.Credentials, error) {
			mu.Lock()
			defer mu.Unlock()
			return amazon.Credentials{
				ClientID: amazontest.DefaultClientID, ClientSecret: secret, RefreshToken: amazontest.DefaultRefreshToken, SecretExpires: expires,
			}, nil
		}
	}
	set := func(s channel.Secret, at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		secret, expires = s, at
	}
	onAccount(t, accountConfig{}, configure, func(r *rig) {
		note := func() string {
			for _, n := range must(r.ch.Probe(r.Context())).Notes {
				if strings.Contains(n, "client secret") {
					return n
				}
			}
			return ""
		}
		if n := note(); !strings.Contains(n, "SecretExpires") {
			r.Errorf("unknown end: %q", n)
		}
		set(secret, time.Now().Add(31*24*time.Hour))
		pass(2 * time.Hour)
		if n := note(); n != "" || log.Len() > 0 {
			r.Errorf("a month before: %q, log %s", n, log.String())
		}
		pass(3 * 24 * time.Hour)
		if n := note(); !strings.Contains(n, "in 27 days") || !strings.Contains(log.String(), "in 27 days") {
			r.Errorf("27 days before: %q, log %s", n, log.String())
		}
		pass(time.Hour)
		check(r, r.read())
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			r.Errorf("%d warnings in an hour", n)
		}
		r.fake.ExpireSecret()
		for range 5 {
			err := r.read()
			if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "client secret") || strings.Contains(err.Error(), string(secret)) {
				r.Errorf("err = %v, want ErrForbidden with what to do", err)
			}
			pass(2 * time.Hour)
		}
		r.fake.RotateSecret("next")
		set("next", time.Now().Add(180*24*time.Hour))
		pass(2 * time.Minute)
		check(r, r.read())
	})
}

// Login with Amazon's own trouble passes; a refusal that it does not explain
// proves nothing about the grant.
func TestTokenEndpointFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		class  error
	}{
		"invalid grant":           {400, `{"error":"invalid_grant","error_description":"gone"}`, channel.ErrUnauthorized},
		"access denied":           {400, `{"error":"access_denied"}`, channel.ErrUnauthorized},
		"invalid client":          {401, `{"error":"invalid_client","error_description":"Client authentication failed"}`, channel.ErrForbidden},
		"unauthorized client":     {400, `{"error":"unauthorized_client"}`, channel.ErrForbidden},
		"invalid scope":           {400, `{"error":"invalid_scope"}`, channel.ErrForbidden},
		"invalid request":         {400, `{"error":"invalid_request"}`, channel.ErrForbidden},
		"unsupported grant type":  {400, `{"error":"unsupported_grant_type"}`, channel.ErrForbidden},
		"server error":            {500, `{"error":"server_error"}`, channel.ErrUnavailable},
		"server error as 400":     {400, `{"error":"server_error"}`, channel.ErrUnavailable},
		"temporarily unavailable": {503, `{"error":"temporarily_unavailable"}`, channel.ErrUnavailable},
		"a web page":              {502, `<html>`, channel.ErrUnavailable},
		"a web page as 400":       {400, `<html>`, channel.ErrForbidden},
		"a new word":              {400, `{"error":"brand_new"}`, channel.ErrForbidden},
		"throttled":               {429, ``, channel.ErrThrottled},
		"no token":                {200, `{}`, channel.ErrUnavailable},
		"half an answer":          {200, `{"access_token":"Atza|`, channel.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if strings.HasSuffix(req.URL.Path, "/token") {
							return answer(tt.status, "application/json", tt.body)
						}
						return nil
					}
				})
				if err := r.read(); !errors.Is(err, tt.class) {
					r.Errorf("err = %v, want %v", err, tt.class)
				}
				r.wire.Set(func(w *wire) { w.Reply = nil })
				pass(5 * time.Minute)
				err := r.read()
				if dead := errors.Is(tt.class, channel.ErrUnauthorized); dead != (err != nil) {
					r.Errorf("later: %v", err)
				}
			})
		})
	}
}

// The provider's own failure is no verdict on the grant.
func TestProviderFails(t *testing.T) {
	fails := true
	onAccount(t, accountConfig{}, func(c *amazon.Config) {
		good := c.Credentials
		c.Credentials = amazon.Credentials{}
		c.Provider = func(context.Context) (amazon.Credentials, error) {
			if fails {
				return amazon.Credentials{}, errors.New("vault sealed")
			}
			return good, nil
		}
	}, func(r *rig) {
		if err := r.read(); !errors.Is(err, channel.ErrUnavailable) || !strings.Contains(err.Error(), "vault sealed") {
			r.Errorf("err = %v", err)
		}
		fails = false
		pass(2 * time.Minute)
		check(r, r.read())
	})
}

// Two channels that share a store share a renewal.
func TestTokensAreShared(t *testing.T) {
	store := channel.NewTokenStore(nil)
	onAccount(t, accountConfig{}, func(c *amazon.Config) { c.Tokens = store }, func(r *rig) {
		check(r, r.read())
		cfg := r.fake.Config()
		cfg.Tokens, cfg.Credentials.RefreshToken = store, "" // it is in the store
		other := must(amazon.New(cfg))
		must(other.OrdersByID(r.Context(), []channel.OrderID{"000-0000000-0000009"}))
		if n := r.renewals(); n != 1 {
			r.Errorf("%d renewals, want 1", n)
		}
	})
}
