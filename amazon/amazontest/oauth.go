package amazontest

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Scopes of operations without a seller.
const (
	ScopeNotifications = "sellingpartnerapi::notifications"
	ScopeRotation      = "sellingpartnerapi::client_credential:rotation"
)

// grant is an authorisation that the application has yet to exchange for its
// refresh token.
type grant struct {
	redirect string
	expires  time.Time
}

const codeLife = 5 * time.Minute // believed

// Install has the seller authorise the first application in the browser and
// returns the query of the call to its redirect address. Exchanging the code for
// the refresh token undoes Revoke.
func (f *Fake) Install(redirectURI, state string) url.Values {
	now := f.lock()
	defer f.mu.Unlock()
	f.tokens++
	code := fmt.Sprintf("code-%08d", f.tokens)
	f.codes[code] = &grant{redirectURI, now.Add(codeLife)}
	return url.Values{"state": {state}, "selling_partner_id": {f.cfg.SellerID}, "spapi_oauth_code": {code}}
}

type tokenBody struct {
	GrantType    string `json:"grant_type"`
	RefreshToken string `json:"refresh_token"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Scope        string `json:"scope"`
	Code         string `json:"code"`
	RedirectURI  string `json:"redirect_uri"`
}

type tokenJSON struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitzero"`
	Scope        string `json:"scope,omitzero"`
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func oauthRefusal(status int, code, description string) answer {
	return answer{status: status, body: oauthError{code, description}}
}

// oauthToken is the token endpoint, Login with Amazon. A refresh token is not
// rotated by use.
func (f *Fake) oauthToken(c *call) answer {
	if c.r.Method != http.MethodPost {
		return oauthRefusal(http.StatusMethodNotAllowed, "invalid_request", "The request must be a POST")
	}
	in, good := readTokenBody(c)
	if !good {
		return oauthRefusal(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter or is malformed")
	}
	a := f.apps[in.ClientID]
	if a == nil || !a.knows(in.ClientSecret, c.now) {
		return oauthRefusal(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	}
	t := &access{app: a, expires: c.now.Add(f.cfg.TokenLifetime)}
	out := tokenJSON{TokenType: "bearer", ExpiresIn: int(f.cfg.TokenLifetime.Seconds())}
	switch in.GrantType {
	case "refresh_token":
		if in.RefreshToken == "" {
			return oauthRefusal(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : refresh_token")
		}
		if a.revoked || in.RefreshToken != a.RefreshToken {
			return oauthRefusal(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
		}
		out.RefreshToken = a.RefreshToken
	case "authorization_code":
		g := f.codes[in.Code]
		if g == nil || g.redirect != in.RedirectURI || !c.now.Before(g.expires) {
			return oauthRefusal(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : code")
		}
		delete(f.codes, in.Code)
		a.revoked = false
		out.RefreshToken = a.RefreshToken
	case "client_credentials":
		if !slices.Contains([]string{ScopeNotifications, ScopeRotation}, in.Scope) {
			return oauthRefusal(http.StatusBadRequest, "invalid_scope", "The request has an invalid scope")
		}
		t.scope, out.Scope = in.Scope, in.Scope
	case "":
		return oauthRefusal(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : grant_type")
	default:
		return oauthRefusal(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported")
	}
	f.tokens++
	out.AccessToken = "Atza|" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "fake access token %06d", f.tokens))
	for v, old := range f.access {
		if c.now.Sub(old.expires) > f.cfg.TokenLifetime { // long expired: an unknown token is told the same
			delete(f.access, v)
		}
	}
	f.access[out.AccessToken] = t
	return ok(out)
}

// readTokenBody reads a form, as the official Python client sends, or JSON, as
// the Java one does.
func readTokenBody(c *call) (in tokenBody, good bool) {
	ctype, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch ctype {
	case jsonType:
		return in, json.Unmarshal(c.body, &in) == nil
	case "application/x-www-form-urlencoded":
		q, err := url.ParseQuery(string(c.body))
		if err != nil {
			return in, false
		}
		return tokenBody{
			q.Get("grant_type"), q.Get("refresh_token"), q.Get("client_id"), q.Get("client_secret"), q.Get("scope"), q.Get("code"),
			q.Get("redirect_uri"),
		}, true
	}
	return in, false
}

const (
	detailNoToken = "Access token is missing in the request header."
	detailExpired = "The access token you provided has expired."
	detailInvalid = "The access token you provided is revoked, malformed or invalid."
	detailSecret  = "LWA secret for the application has expired. Rotate the credentials of the application."
)

// authorise judges the request's access token.
func (f *Fake) authorise(c *call) (answer, bool) {
	v := c.r.Header.Get("X-Amz-Access-Token")
	t := f.access[v]
	details := ""
	switch {
	case v == "":
		details = detailNoToken
	case t == nil || t.revoked:
		details = detailInvalid
	case !c.now.Before(t.expires):
		details = detailExpired
	case t.app.secretExpired:
		details = detailSecret
	default:
		c.token = t
		return answer{}, false
	}
	a := denied(details)
	if f.cfg.Believed.TokenErrorsAre401 && c.route != nil && c.route.has401 {
		a.status = http.StatusUnauthorized
	}
	return a, true
}
