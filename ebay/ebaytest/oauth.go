package ebaytest

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// OpToken is the token endpoint, as Calls and faults name it.
	OpToken = "POST /identity/v1/oauth2/token"

	tokenPath = "/identity/v1/oauth2/token"

	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
)

// Install has the seller consent to scopes (none: all of Config) of the first
// application in the browser and returns the query of the callback, decoded.
// Exchanging the code gives a refresh token of its own.
func (f *Fake) Install(ruName, state string, scopes ...string) url.Values {
	now := f.lock()
	defer f.mu.Unlock()
	if len(scopes) == 0 {
		scopes = f.cfg.Scopes
	}
	f.tokens++
	v := "v^1.1#i^1#f^0#r^1#p^3#I^3#t^" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "fake code %06d", f.tokens))
	f.codes[v] = &code{f.first(), ruName, slices.Clone(scopes), now.Add(f.cfg.CodeLifetime)}
	out := url.Values{"code": {v}, "expires_in": {strconv.Itoa(int(f.cfg.CodeLifetime.Seconds()))}}
	if state != "" {
		out.Set("state", state)
	}
	return out
}

type tokenJSON struct {
	AccessToken      string `json:"access_token"`
	ExpiresIn        int    `json:"expires_in"`
	RefreshToken     string `json:"refresh_token,omitzero"`
	RefreshExpiresIn int    `json:"refresh_token_expires_in,omitzero"`
	TokenType        string `json:"token_type"`
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func oauthRefusal(status int, code, description string) answer {
	return answer{status: status, body: oauthError{code, description}}
}

// oauthToken is the token endpoint.
func (f *Fake) oauthToken(c *call) answer {
	if c.r.Method != http.MethodPost {
		return oauthRefusal(http.StatusMethodNotAllowed, "invalid_request", "The request must be a POST")
	}
	ctype, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	form, err := url.ParseQuery(string(c.body))
	if ctype != "application/x-www-form-urlencoded" || err != nil {
		return oauthRefusal(http.StatusBadRequest, "invalid_request", "request is missing a required parameter or malformed.")
	}
	a, known := f.client(c)
	if !known {
		return oauthRefusal(http.StatusUnauthorized, "invalid_client", "client authentication failed")
	}
	kind := form.Get("grant_type")
	if !slices.Contains([]string{grantCode, grantRefresh, grantClient}, kind) {
		return oauthRefusal(http.StatusBadRequest, "unsupported_grant_type", "grant type in request is not supported by the authorization server")
	}
	counted := !f.cfg.Believed.TokensUncounted
	if counted && !f.quota.take(counterKey(a.ClientID, kind), f.limit(kind), 1, c.now) || f.throttle[OpToken] > 0 {
		f.throttle[OpToken] = max(f.throttle[OpToken]-1, 0)
		return f.throttled(c)
	}
	t := &access{app: a, expires: c.now.Add(f.cfg.TokenLifetime)}
	out := tokenJSON{TokenType: "User Access Token", ExpiresIn: int(f.cfg.TokenLifetime.Seconds())}
	var refusal answer
	var refused bool
	switch kind {
	case grantCode:
		refusal, refused = f.exchange(c, a, form, t, &out)
	case grantRefresh:
		refusal, refused = f.refresh(c, a, form, t, &out)
	default:
		out.TokenType = "Application Access Token"
		t.scopes = strings.Fields(form.Get("scope"))
		if !slices.Equal(t.scopes, []string{ScopeBase}) {
			refusal, refused = wrongScope(), true
		}
	}
	if refused {
		return refusal
	}
	f.tokens++
	out.AccessToken = "v^1.1#i^1#r^0#p^3#f^0#I^3#t^" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "fake access token %06d", f.tokens))
	for v, old := range f.access {
		if c.now.Sub(old.expires) > f.cfg.TokenLifetime { // long expired: an unknown token is told the same
			delete(f.access, v)
		}
	}
	f.access[out.AccessToken] = t
	return ok(out)
}

// client returns the application that a request's Basic credentials, in the
// standard alphabet of Base64, name.
func (f *Fake) client(c *call) (*app, bool) {
	id, secret, good := c.r.BasicAuth()
	a := f.apps[id]
	return a, good && a != nil && secret == a.ClientSecret && !a.disabled && f.ownHost(c.r.Host)
}

func wrongScope() answer {
	return oauthRefusal(http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client")
}

// exchange turns an authorization code, once, into a refresh token.
func (f *Fake) exchange(c *call, a *app, form url.Values, t *access, out *tokenJSON) (answer, bool) {
	v := form.Get("code")
	k := f.codes[v]
	delete(f.codes, v)
	if k == nil || k.app != a || !c.now.Before(k.expires) {
		return oauthRefusal(http.StatusBadRequest, "invalid_grant", "the provided authorization grant code is invalid or was issued to another client"), true
	}
	if form.Get("redirect_uri") != k.ruName || k.ruName != a.RuName {
		return oauthRefusal(http.StatusBadRequest, "invalid_request", "redirect_uri does not match the RuName of the consent"), true
	}
	t.grant = &grant{app: a, scopes: k.scopes, expires: c.now.Add(f.cfg.RefreshLifetime)}
	t.scopes = k.scopes
	out.RefreshToken = f.newRefreshToken()
	out.RefreshExpiresIn = int(f.cfg.RefreshLifetime.Seconds())
	f.grants[out.RefreshToken] = t.grant
	return answer{}, false
}

func (f *Fake) newRefreshToken() string {
	f.tokens++
	return "v^1.1#i^1#p^3#r^1#f^0#I^3#t^" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "fake refresh token %06d", f.tokens))
}

// refresh gives an access token for a part of what was consented to. The refresh
// token stays what it is.
func (f *Fake) refresh(c *call, a *app, form url.Values, t *access, out *tokenJSON) (answer, bool) {
	v := form.Get("refresh_token")
	g := f.grants[v]
	if g == nil || g.app != a || g.revoked || !c.now.Before(g.expires) {
		return oauthRefusal(http.StatusBadRequest, "invalid_grant", "the provided authorization refresh token is invalid or was issued to another client"), true
	}
	t.grant, t.scopes = g, g.scopes
	if form.Has("scope") {
		t.scopes = nil
		for s := range strings.FieldsSeq(form.Get("scope")) {
			switch {
			case slices.Contains(g.scopes, s):
				t.scopes = append(t.scopes, s)
			case !f.cfg.Believed.ScopesIgnored:
				return wrongScope(), true
			}
		}
	}
	if f.cfg.Believed.RefreshRotates {
		delete(f.grants, v)
		out.RefreshToken = f.newRefreshToken()
		out.RefreshExpiresIn = int(g.expires.Sub(c.now).Seconds())
		f.grants[out.RefreshToken] = g
	}
	return answer{}, false
}

// authorise judges the request's access token.
func (f *Fake) authorise(c *call) (answer, bool) {
	header := c.r.Header.Get("Authorization")
	kind, v, _ := strings.Cut(header, " ")
	t := f.access[v]
	switch {
	case header == "":
		status := http.StatusBadRequest
		if f.cfg.Believed.NoTokenIs403 {
			status = http.StatusForbidden
		}
		return refuse(status, 1002), true
	case kind != "Bearer":
		return refuse(http.StatusUnauthorized, 1003), true
	case t == nil || !t.valid(c.now) || !f.ownHost(c.r.Host):
		return refuse(http.StatusUnauthorized, 1001), true
	}
	c.token = t
	return answer{}, false
}
