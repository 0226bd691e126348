package shopifytest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

// refreshLifetime of a refresh token.
const refreshLifetime = 90 * 24 * time.Hour

// token is an access token and what came with it.
type token struct {
	value   string
	scopes  []string
	expires time.Time // zero: never
	refresh string
	// refreshBy is when the refresh token dies.
	refreshBy time.Time
}

type auth struct {
	tokens   map[string]*token
	refresh  map[string]*token // by refresh token that may be used
	codes    map[string][]string
	spent    map[string]*token // by refresh token that was used: what it got
	active   *token            // the expiring one
	noExpiry int               // answers that leave out expires_in
	secrets  []string
}

func (a *auth) init(f *Fake) {
	a.tokens, a.refresh, a.codes, a.spent = map[string]*token{}, map[string]*token{}, map[string][]string{}, map[string]*token{}
	a.secrets = []string{f.cfg.ClientSecret}
	if f.cfg.Token != "-" {
		a.tokens[f.cfg.Token] = &token{value: f.cfg.Token, scopes: slices.Clone(f.cfg.Scopes)}
	}
}

const badToken = "[API] Invalid API key or access token (unrecognized login or wrong password)"

// authenticate finds the token of a request, or says how it is refused.
func (f *Fake) authenticate(r *http.Request) (t *token, status int, text string) {
	t = f.auth.tokens[r.Header.Get("X-Shopify-Access-Token")]
	switch {
	case t == nil, !t.expires.IsZero() && !f.at.Before(t.expires):
		return nil, http.StatusUnauthorized, badToken
	case t.expires.IsZero() && f.cfg.RequireExpiring:
		return nil, http.StatusForbidden, "[API] Non-expiring access tokens are no longer accepted"
	}
	return t, 0, ""
}

// secretToken is random for real: tests must not come to rely on a value.
func secretToken(prefix string) string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return prefix + hex.EncodeToString(b)
}

// mint makes a token. One expiring token is active at a time: the one before
// dies.
func (f *Fake) mint(scopes []string, life time.Duration, withRefresh bool) *token {
	t := &token{value: secretToken("shpat_"), scopes: scopes}
	if life > 0 {
		t.expires = f.at.Add(life)
	}
	if withRefresh {
		if old := f.auth.active; old != nil {
			delete(f.auth.tokens, old.value)
			delete(f.auth.refresh, old.refresh)
		}
		t.refresh, t.refreshBy = secretToken("shprt_"), f.at.Add(refreshLifetime)
		f.auth.refresh[t.refresh] = t
		f.auth.active = t
	}
	f.auth.tokens[t.value] = t
	return t
}

func (f *Fake) tokenEndpoint(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		plainError(w, http.StatusNotFound, "Not Found")
		return
	}
	p := tokenParams(r)
	fail := func(status int, code, text string) {
		writeJSON(w, status, map[string]any{"error": code, "error_description": text})
	}
	if p["client_id"] != f.cfg.ClientID || !slices.Contains(f.auth.secrets, p["client_secret"]) {
		fail(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return
	}
	expiring := p["expiring"] == "1" || p["expiring"] == "true"
	switch p["grant_type"] {
	case "", "authorization_code":
		scopes, ok := f.auth.codes[p["code"]]
		if !ok {
			fail(http.StatusBadRequest, "invalid_request", "The authorization code was not found or was already used")
			return
		}
		delete(f.auth.codes, p["code"])
		f.grantToken(w, scopes, expiring)
	case "refresh_token":
		f.refreshToken(w, p["refresh_token"], fail)
	case "client_credentials":
		t := f.mint(slices.Clone(f.cfg.Scopes), 86399*time.Second, false)
		writeJSON(w, http.StatusOK, map[string]any{"access_token": t.value, "scope": strings.Join(t.scopes, ","), "expires_in": 86399})
	case "urn:ietf:params:oauth:grant-type:token-exchange":
		f.exchange(w, p, expiring, fail)
	default:
		fail(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported")
	}
}

func (f *Fake) refreshToken(w http.ResponseWriter, old string, fail func(int, string, string)) {
	t := f.auth.refresh[old]
	if t == nil {
		if again := f.auth.spent[old]; again != nil && f.cfg.RefreshReplays && f.auth.tokens[again.value] != nil {
			f.writeToken(w, again)
			return
		}
		fail(http.StatusUnauthorized, "invalid_request", "This request requires an active refresh_token")
		return
	}
	if !f.at.Before(t.refreshBy) {
		fail(http.StatusUnauthorized, "invalid_request", "This request requires an active refresh_token")
		return
	}
	delete(f.auth.refresh, old) // it works once
	next := f.mint(t.scopes, f.cfg.TokenLifetime, true)
	f.auth.spent[old] = next
	f.stats.Refreshes++
	f.writeToken(w, next)
}

const (
	exchangeOffline = "urn:shopify:params:oauth:token-type:offline-access-token"
	exchangeID      = "urn:ietf:params:oauth:token-type:id_token"
)

// exchange trades a session token, or a static token for an expiring one.
func (f *Fake) exchange(w http.ResponseWriter, p map[string]string, expiring bool, fail func(int, string, string)) {
	if p["requested_token_type"] != exchangeOffline {
		fail(http.StatusBadRequest, "invalid_request", "Unsupported requested_token_type")
		return
	}
	switch p["subject_token_type"] {
	case exchangeID:
		if !f.validSession(p["subject_token"]) {
			fail(http.StatusBadRequest, "invalid_subject_token", "Session token is invalid")
			return
		}
		f.grantToken(w, slices.Clone(f.cfg.Scopes), expiring)
	case exchangeOffline:
		old := f.auth.tokens[p["subject_token"]]
		if old == nil || !old.expires.IsZero() || !expiring {
			fail(http.StatusBadRequest, "invalid_subject_token", "Access token is invalid")
			return
		}
		if !f.cfg.MigrationKeepsToken {
			delete(f.auth.tokens, old.value)
		}
		f.grantToken(w, old.scopes, true)
	default:
		fail(http.StatusBadRequest, "invalid_request", "Unsupported subject_token_type")
	}
}

func (f *Fake) grantToken(w http.ResponseWriter, scopes []string, expiring bool) {
	if !expiring {
		t := f.mint(scopes, 0, false)
		writeJSON(w, http.StatusOK, map[string]any{"access_token": t.value, "scope": strings.Join(t.scopes, ",")})
		return
	}
	f.writeToken(w, f.mint(scopes, f.cfg.TokenLifetime, true))
}

func (f *Fake) writeToken(w http.ResponseWriter, t *token) {
	m := map[string]any{
		"access_token": t.value, "scope": strings.Join(t.scopes, ","), "expires_in": int(t.expires.Sub(f.at).Seconds()),
		"refresh_token": t.refresh, "refresh_token_expires_in": int(t.refreshBy.Sub(f.at).Seconds()),
	}
	if f.auth.noExpiry > 0 {
		f.auth.noExpiry--
		delete(m, "expires_in")
	}
	writeJSON(w, http.StatusOK, m)
}

// tokenParams reads a JSON or form body.
func tokenParams(r *http.Request) map[string]string {
	body, _ := io.ReadAll(r.Body)
	p := map[string]string{}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		var m map[string]any
		if json.Unmarshal(body, &m) == nil {
			for k, v := range m {
				if s, ok := v.(string); ok {
					p[k] = s
				} else {
					p[k] = strings.Trim(show(v), `"`)
				}
			}
		}
		return p
	}
	form, _ := url.ParseQuery(string(body))
	for k := range form {
		p[k] = form.Get(k)
	}
	return p
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// authorize is the page where a seller installs the app. The fake's seller
// agrees at once and is sent back with a code.
func (f *Fake) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	to, err := url.Parse(q.Get("redirect_uri"))
	if q.Get("client_id") != f.cfg.ClientID || err != nil || to.Scheme == "" || to.Host == "" {
		plainError(w, http.StatusBadRequest, "Oauth error invalid_request: The redirect_uri is not whitelisted")
		return
	}
	scopes := slices.Clone(f.cfg.Scopes)
	if asked := q.Get("scope"); asked != "" {
		scopes = nil
		for s := range strings.SplitSeq(asked, ",") {
			if s = strings.TrimSpace(s); slices.Contains(f.cfg.Scopes, s) {
				scopes = append(scopes, s)
			}
		}
	}
	code := secretToken("")
	f.auth.codes[code] = scopes
	back := to.Query()
	for k, v := range map[string]string{
		"code": code, "shop": f.domain(), "state": q.Get("state"), "timestamp": legacy(f.at.Unix()),
		"host": base64.RawURLEncoding.EncodeToString([]byte(f.domain() + "/admin")),
	} {
		back.Set(k, v)
	}
	back.Set("hmac", signQuery(back, f.auth.secrets[len(f.auth.secrets)-1]))
	to.RawQuery = back.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// signQuery is the HMAC over a callback's parameters, sorted, without hmac and
// signature.
func signQuery(q url.Values, secret string) string {
	var parts []string
	for k, v := range q {
		if k != "hmac" && k != "signature" {
			parts = append(parts, k+"="+strings.Join(v, ","))
		}
	}
	sort.Strings(parts)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(strings.Join(parts, "&")))
	return hex.EncodeToString(m.Sum(nil))
}

// SessionToken is what an embedded app gets from the admin to exchange for an
// access token. It lives a minute.
func (f *Fake) SessionToken() string {
	defer f.lock()()
	enc := base64.RawURLEncoding
	head := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	claims := fmt.Sprintf(`{"iss":"https://%s/admin","dest":"https://%[1]s","aud":%q,"sub":"42","exp":%d,"nbf":%d,"iat":%[4]d,"jti":%q}`,
		f.domain(), f.cfg.ClientID, f.at.Add(time.Minute).Unix(), f.at.Unix(), f.uuid())
	body := head + "." + enc.EncodeToString([]byte(claims))
	return body + "." + enc.EncodeToString(f.sign([]byte(body)))
}

func (f *Fake) sign(b []byte) []byte {
	m := hmac.New(sha256.New, []byte(f.auth.secrets[0]))
	m.Write(b)
	return m.Sum(nil)
}

func (f *Fake) validSession(s string) bool {
	body, sig, ok := cutLast(s, ".")
	if !ok {
		return false
	}
	given, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || !hmac.Equal(given, f.sign([]byte(body))) {
		return false
	}
	_, claims, _ := strings.Cut(body, ".")
	raw, err := base64.RawURLEncoding.DecodeString(claims)
	var c struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
	}
	return err == nil && json.Unmarshal(raw, &c) == nil && c.Aud == f.cfg.ClientID && f.at.Unix() < c.Exp
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// IssueToken gives the app an expiring token with its refresh token, as an
// installation does.
func (f *Fake) IssueToken() (access, refresh string, expires time.Time) {
	defer f.lock()()
	t := f.mint(slices.Clone(f.cfg.Scopes), f.cfg.TokenLifetime, true)
	return t.value, t.refresh, t.expires
}

// Revoke ends every access and refresh token: the app must be authorised
// again.
func (f *Fake) Revoke() {
	defer f.lock()()
	f.auth.tokens, f.auth.refresh, f.auth.active = map[string]*token{}, map[string]*token{}, nil
}

// Uninstall is Revoke, told by a webhook.
func (f *Fake) Uninstall() {
	f.Revoke()
	defer f.lock()()
	f.emit("app/uninstalled", shopObject{})
}

// SetScopes changes what every token of the app may do from now on.
func (f *Fake) SetScopes(scopes ...string) {
	defer f.lock()()
	f.cfg.Scopes = scopes
	for _, t := range f.auth.tokens {
		t.scopes = scopes
	}
	f.emit("app/scopes_update", shopObject{})
}

// RotateSecret gives the app a new client secret. For an hour both work, and
// webhooks are still signed with the old one.
func (f *Fake) RotateSecret(next string) {
	defer f.lock()()
	f.auth.secrets = append(f.auth.secrets, next)
	f.later(f.at.Add(time.Hour), func() { f.auth.secrets = f.auth.secrets[1:] })
}

// OmitExpiresIn makes the next n token answers leave out expires_in, as some
// were seen to.
func (f *Fake) OmitExpiresIn(n int) {
	defer f.lock()()
	f.auth.noExpiry = n
}
