package shopifytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// tokens posts to the token endpoint.
func (a *app) tokens(kv ...string) (int, map[string]any) {
	a.t.Helper()
	m := map[string]string{"client_id": "client", "client_secret": "secret"}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	body, _ := json.Marshal(m)
	r := a.send(http.MethodPost, "/admin/oauth/access_token", "application/json", string(body))
	var out map[string]any
	_ = json.Unmarshal(r.Raw, &out)
	return r.Status, out
}

// works tells whether a token opens the API.
func (a *app) works(token any) bool {
	a.t.Helper()
	was := a.token
	defer func() { a.token = was }()
	a.token, _ = token.(string)
	r := a.try(`{ shop { id } }`, nil)
	if r.Status == http.StatusUnauthorized && string(r.Raw) != `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}` {
		a.t.Errorf("401 with %s", r.Raw)
	}
	return r.Status == http.StatusOK
}

func TestAuthorizeSendsTheSellerBackWithASignedCode(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		r := a.send(http.MethodGet, "/admin/oauth/authorize?client_id=client&scope=read_orders,read_products,nope&state=s1&redirect_uri="+url.QueryEscape("https://app.example.com/back?x=1"), "", "")
		equal(t, "status", r.Status, http.StatusFound)
		to, err := url.Parse(r.Header.Get("Location"))
		check(t, err)
		q := to.Query()
		equal(t, "where", to.Host+to.Path, "app.example.com/back")
		equal(t, "state and shop", q.Get("state")+" "+q.Get("shop"), "s1 "+f.Shop())
		for _, k := range []string{"code", "timestamp", "host"} {
			if q.Get(k) == "" {
				t.Errorf("no %s", k)
			}
		}
		equal(t, "signature", q.Get("hmac"), signQuery(q, "secret"))

		status, got := a.tokens("code", q.Get("code"), "expiring", "1")
		equal(t, "exchange", fmt.Sprint(status, got["scope"], got["expires_in"], got["refresh_token_expires_in"]), "200read_orders,read_products3600 7.776e+06")
		equal(t, "it works", a.works(got["access_token"]), true)
		status, _ = a.tokens("code", q.Get("code"))
		equal(t, "a code works once", status, http.StatusBadRequest)
		r = a.send(http.MethodGet, "/admin/oauth/authorize?client_id=other&redirect_uri=https://x.example.com", "", "")
		equal(t, "another app", r.Status, http.StatusBadRequest)
	})
}

func TestTokensExpireAndRefreshOnce(t *testing.T) {
	for _, replays := range []bool{false, true} {
		bubble(t, Config{RefreshReplays: replays}, func(f *Fake, a *app) {
			t := a.t
			access, refresh, expires := f.IssueToken()
			equal(t, "lives", time.Until(expires), time.Hour)
			time.Sleep(59 * time.Minute)
			equal(t, "before", a.works(access), true)
			time.Sleep(time.Minute)
			equal(t, "after", a.works(access), false)

			status, got := a.tokens("grant_type", "refresh_token", "refresh_token", refresh)
			equal(t, "refreshed", fmt.Sprint(status, got["expires_in"]), "200 3600")
			equal(t, "the new one", a.works(got["access_token"]), true)
			if got["refresh_token"] == refresh || got["access_token"] == access {
				t.Error("nothing changed")
			}
			status, again := a.tokens("grant_type", "refresh_token", "refresh_token", refresh)
			if replays {
				equal(t, "the same answer", again["access_token"], got["access_token"])
			} else {
				equal(t, "used up", fmt.Sprint(status, again["error"], again["error_description"]), "401invalid_requestThis request requires an active refresh_token")
			}
			status, next := a.tokens("grant_type", "refresh_token", "refresh_token", got["refresh_token"].(string))
			equal(t, "one after the other", status, 200)
			equal(t, "the one before dies", a.works(got["access_token"]), false)
			time.Sleep(91 * 24 * time.Hour)
			status, _ = a.tokens("grant_type", "refresh_token", "refresh_token", next["refresh_token"].(string))
			equal(t, "after 90 days", status, http.StatusUnauthorized)
			equal(t, "counted", f.Stats().Refreshes, 2)
		})
	}
}

func TestALostRefreshAnswerOrphansTheShop(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		access, refresh, _ := f.IssueToken()
		f.Fault(LostRefresh())
		r := a.send(http.MethodPost, "/admin/oauth/access_token", "application/x-www-form-urlencoded", url.Values{
			"client_id": {"client"}, "client_secret": {"secret"}, "grant_type": {"refresh_token"}, "refresh_token": {refresh},
		}.Encode())
		equal(t, "answer", r.Status, 520)
		status, got := a.tokens("grant_type", "refresh_token", "refresh_token", refresh)
		equal(t, "the old token is spent", fmt.Sprint(status, got["error"]), "401invalid_request")
		equal(t, "the access token too", a.works(access), false)
		status, got = a.tokens("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", f.SessionToken(),
			"subject_token_type", exchangeID, "requested_token_type", exchangeOffline, "expiring", "1")
		equal(t, "only a new grant helps", status, 200)
		equal(t, "it works", a.works(got["access_token"]), true)
	})
}

func TestClientCredentialsLiveADay(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		status, got := a.tokens("grant_type", "client_credentials")
		equal(t, "answer", fmt.Sprint(status, got["expires_in"], got["refresh_token"]), "200 86399 <nil>")
		time.Sleep(86398 * time.Second)
		equal(t, "before", a.works(got["access_token"]), true)
		time.Sleep(time.Second)
		equal(t, "after", a.works(got["access_token"]), false)
		status, _ = a.tokens("grant_type", "client_credentials", "client_secret", "wrong")
		equal(t, "another secret", status, http.StatusUnauthorized)
		status, _ = a.tokens("grant_type", "password")
		equal(t, "another grant", status, http.StatusBadRequest)
	})
}

func TestTokenExchange(t *testing.T) {
	exchange := func(a *app, subject, kind, expiring string) (int, map[string]any) {
		return a.tokens("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", subject,
			"subject_token_type", kind, "requested_token_type", exchangeOffline, "expiring", expiring)
	}
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		session := f.SessionToken()
		status, got := exchange(a, session, exchangeID, "0")
		equal(t, "one that does not expire", fmt.Sprint(status, got["expires_in"]), "200 <nil>")
		status, _ = exchange(a, session+"x", exchangeID, "1")
		equal(t, "a forged one", status, http.StatusBadRequest)
		time.Sleep(time.Minute)
		status, _ = exchange(a, session, exchangeID, "1")
		equal(t, "an old one", status, http.StatusBadRequest)
	})
	for _, keeps := range []bool{false, true} {
		bubble(t, Config{MigrationKeepsToken: keeps}, func(_ *Fake, a *app) {
			t := a.t
			status, got := exchange(a, "shpat_fake", exchangeOffline, "1")
			equal(t, "migrated", fmt.Sprint(status, got["expires_in"]), "200 3600")
			equal(t, "the old token", a.works("shpat_fake"), keeps)
			equal(t, "the new one", a.works(got["access_token"]), true)
		})
	}
}

func TestStaticTokensMayBeRefused(t *testing.T) {
	bubble(t, Config{RequireExpiring: true}, func(f *Fake, a *app) {
		t := a.t
		equal(t, "static", a.try(`{ shop { id } }`, nil).Status, http.StatusForbidden)
		access, _, _ := f.IssueToken()
		equal(t, "expiring", a.works(access), true)
	})
	bubble(t, Config{Token: "-"}, func(_ *Fake, a *app) {
		t := a.t
		equal(t, "none", a.works("shpat_fake"), false)
		equal(t, "nothing sent", a.works(""), false)
	})
}

func TestUninstallingEndsEveryToken(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		access, refresh, _ := f.IssueToken()
		f.Uninstall()
		equal(t, "static", a.works("shpat_fake"), false)
		equal(t, "expiring", a.works(access), false)
		status, _ := a.tokens("grant_type", "refresh_token", "refresh_token", refresh)
		equal(t, "refresh", status, http.StatusUnauthorized)
	})
}

func TestAnAnswerMayLeaveOutTheExpiry(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		_, refresh, _ := f.IssueToken()
		f.OmitExpiresIn(1)
		_, got := a.tokens("grant_type", "refresh_token", "refresh_token", refresh)
		if _, there := got["expires_in"]; there || got["refresh_token"] == nil {
			t.Errorf("answer: %v", got)
		}
		time.Sleep(time.Hour)
		equal(t, "it expires all the same", a.works(got["access_token"]), false)
	})
}

func TestARotatedSecretWorksBesideTheOldForAnHour(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		f.RotateSecret("new")
		for _, s := range []string{"secret", "new"} {
			status, _ := a.tokens("grant_type", "client_credentials", "client_secret", s)
			equal(t, s, status, 200)
		}
		time.Sleep(time.Hour)
		status, _ := a.tokens("grant_type", "client_credentials")
		equal(t, "then not", status, http.StatusUnauthorized)
	})
}

func TestSecretsDoNotShowInTokens(t *testing.T) {
	f := New(Config{})
	one, r, _ := f.IssueToken()
	two, _, _ := f.IssueToken()
	if one == two || strings.Contains(one+r, "secret") || !strings.HasPrefix(one, "shpat_") {
		t.Error("tokens are random")
	}
}
