package bigcommercetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// grant is an installation that the app has yet to exchange for a token.
type grant struct {
	scope    string
	redirect string
	used     bool
}

// Install installs the app as the seller would, with the scopes asked for,
// and returns the query of the browser's call to the app's auth callback.
func (f *Fake) Install(redirectURI string, scopes ...string) url.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nextEvent++
	code := fmt.Sprintf("code-%08d", f.nextEvent)
	g := &grant{scope: strings.Join(append(slices.Clone(scopes), "users_basic_information"), " "), redirect: redirectURI}
	f.codes[code] = g
	return url.Values{"code": {code}, "scope": {g.scope}, "context": {f.context()}, "account_uuid": {accountUUID}}
}

func (f *Fake) context() string { return "stores/" + f.cfg.StoreHash }

// Uninstall removes the app: its tokens end and its hooks are deleted.
func (f *Fake) Uninstall() {
	f.mu.Lock()
	tokens := sortedKeys(f.tokens)
	client := f.cfg.ClientID
	f.notify("store/app/uninstalled", map[string]any{"type": "store"})
	f.mu.Unlock()
	for _, v := range tokens {
		f.mu.Lock()
		ours := f.tokens[v].ClientID == client
		f.mu.Unlock()
		if ours {
			f.RevokeToken(v)
		}
	}
}

type tokenBody struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Code         string `json:"code"`
	Context      string `json:"context"`
	Scope        string `json:"scope"`
	GrantType    string `json:"grant_type"`
	RedirectURI  string `json:"redirect_uri"`
}

type userJSON struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
}

// oauthToken exchanges a code for a token. There is no refresh token and no
// expiry.
func (f *Fake) oauthToken(c *call) answer {
	refuse := func(format string, args ...any) answer {
		return answer{status: http.StatusBadRequest, body: map[string]string{"error": fmt.Sprintf(format, args...)}}
	}
	if c.r.Method != http.MethodPost {
		return answer{status: http.StatusMethodNotAllowed, body: map[string]string{"error": "method not allowed"}}
	}
	in, good := readTokenBody(c)
	if !good {
		return refuse("unreadable request")
	}
	g := f.codes[in.Code]
	switch {
	case in.ClientID != f.cfg.ClientID || !hmac.Equal([]byte(in.ClientSecret), []byte(f.cfg.ClientSecret)):
		return answer{status: http.StatusUnauthorized, body: map[string]string{"error": "invalid client"}}
	case in.GrantType != "authorization_code":
		return refuse("unsupported grant type %q", in.GrantType)
	case g == nil || g.used:
		return refuse("invalid code")
	case in.RedirectURI != g.redirect:
		return refuse("redirect_uri does not match")
	}
	context, scope := in.Context == f.context(), in.Scope == g.scope
	if !context && f.cfg.Believed.WrongContextRefused {
		return refuse("invalid context")
	}
	if context && !scope {
		return refuse("invalid scope")
	}
	g.used = true
	f.nextEvent++
	t := &Token{Value: fmt.Sprintf("app-token-%08d", f.nextEvent), ClientID: f.cfg.ClientID, Secret: f.cfg.ClientSecret}
	user := userJSON{1, "seller", sellerEmail}
	body := map[string]any{
		"access_token": t.Value, "scope": nil, "user": user, "owner": user, "context": f.context(), "account_uuid": accountUUID,
	}
	if context {
		t.Scopes = strings.Fields(g.scope)
		body["scope"] = g.scope
	}
	for _, v := range sortedKeys(f.tokens) { // the app's former token is replaced
		if strings.HasPrefix(v, "app-token-") {
			delete(f.tokens, v)
		}
	}
	f.tokens[t.Value] = t
	return ok(body)
}

// readTokenBody reads JSON, as documented, or a form, as OAuth libraries send.
func readTokenBody(c *call) (in tokenBody, good bool) {
	if isJSON(c.r.Header.Get("Content-Type")) {
		return in, json.Unmarshal(c.body, &in) == nil
	}
	q, err := url.ParseQuery(string(c.body))
	if err != nil {
		return in, false
	}
	return tokenBody{
		q.Get("client_id"), q.Get("client_secret"), q.Get("code"), q.Get("context"), q.Get("scope"), q.Get("grant_type"), q.Get("redirect_uri"),
	}, true
}

// SignedPayload returns the signed_payload_jwt of a load, uninstall or
// remove-user callback: a JWT signed with the client secret, good for a day.
func (f *Fake) SignedPayload() string {
	now := f.now().Unix()
	user := map[string]any{"id": 1, "email": sellerEmail, "locale": "en-US"}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic("bigcommercetest: " + err.Error())
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{
		"aud": f.cfg.ClientID, "iss": "bc", "iat": now, "nbf": now - 5, "exp": now + 24*60*60, "jti": fmt.Sprintf("jwt-%d", now),
		"sub": f.context(), "user": user, "owner": user, "url": "/", "channel_id": nil,
	})
	mac := hmac.New(sha256.New, []byte(f.cfg.ClientSecret))
	_, _ = mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
