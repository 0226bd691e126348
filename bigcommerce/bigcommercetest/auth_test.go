package bigcommercetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestWhoMayCall(t *testing.T) {
	f := New(Config{Tokens: []Token{{Value: "reader", Scopes: []string{ScopeOrdersRead}}, {Value: "none"}}})
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	for _, tc := range []struct {
		name, method, path, token string
		store                     string
		status                    int
		title                     string // of a V3 error
		message                   string // of a V2 error
	}{
		{name: "a good token", path: "/v2/orders", status: 200},
		{name: "no token", path: "/v2/orders", token: "-", status: 401, title: msgNoToken},
		{name: "a bad token on V3", path: "/v3/hooks", token: "bad", status: 401, title: msgNoToken},
		{name: "another store", path: "/v2/orders", store: "other", status: 401, title: msgNoToken},
		{name: "modify covers read", path: "/v2/orders/100", status: 200},
		{name: "read does not cover modify", method: "PUT", path: "/v2/orders/100", token: "reader", status: 403, message: msgNoScope},
		{name: "a missing scope on V3", path: "/v3/inventory/items", token: "reader", status: 403, title: msgNoScope},
		{name: "either scope opens refunds", path: "/v3/orders/payment_actions/refunds", token: "reader", status: 204},
		{name: "transactions have a scope of their own", path: "/v3/orders/100/transactions", token: "reader", status: 403, title: msgNoScope},
		{name: "hooks need no scope", path: "/v3/hooks", token: "none", status: 200},
		{name: "a probe is 403 with a good token", path: "/v2/time", token: "reader", status: 403, message: msgNoScope},
		{name: "a trailing slash", path: "/v2/orders/", status: 403, message: msgSlash},
		{name: "a trailing slash on V3", path: "/v3/hooks/", status: 403, title: msgSlash},
		{name: "no such path", path: "/v2/nothing", status: 404, message: msgNotFound},
		{name: "no such path on V3", path: "/v3/nothing", status: 404, title: msgNotFound},
		{name: "an id that is none", path: "/v2/orders/abc", status: 404, message: msgNotFound},
		{name: "another method", method: "PATCH", path: "/v2/orders", status: 405, message: "Method not allowed."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, f)
			if tc.token != "" {
				c.token = tc.token
			}
			if tc.store != "" {
				c.root = strings.Replace(c.root, DefaultStoreHash, tc.store, 1)
			}
			method := tc.method
			if method == "" {
				method = "GET"
			}
			r := c.do(method, tc.path, nil).want(tc.status)
			if tc.title != "" && r.text("title") != tc.title {
				t.Errorf("title %q", r.text("title"))
			}
			if tc.message != "" && (r.text("0.message") != tc.message || r.text("0.status") != strconv.Itoa(tc.status)) {
				t.Errorf("error %s", r.body)
			}
		})
	}
}

func TestHeadersAreJudged(t *testing.T) {
	c := newClient(t, New(Config{}))
	req := c.request("GET", "/v2/time", nil)
	req.Header.Set("Accept", "application/xml")
	must(c.send(req)).want(406)
	req = c.request("PUT", "/v3/inventory/adjustments/absolute", "{}")
	req.Header.Set("Content-Type", "text/plain")
	must(c.send(req)).want(415)
}

func TestGatewayErrorsMayHaveTheV3ShapeEverywhere(t *testing.T) {
	f := New(Config{Believed: Believed{GatewayErrorsAreV3: true}, Scopes: []string{}})
	c := newClient(t, f)
	for path, status := range map[string]int{"/v2/orders": 403, "/v2/orders/": 403} {
		if r := c.get(path).want(status); r.text("status") != strconv.Itoa(status) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	f.ThrottleNext(1, ThrottleStyle{})
	if r := c.get("/v2/orders").want(429); r.text("title") == "" {
		t.Errorf("429: %s", r.body)
	}
	f.Suspend()
	if r := c.get("/v2/orders").want(503); r.text("title") == "" {
		t.Errorf("503: %s", r.body)
	}
}

func TestAPathWithoutAStoreIsAPlain404(t *testing.T) {
	c := newClient(t, New(Config{}))
	c.root = "https://api.bigcommerce.com"
	if r := c.get("/{store}/v2/orders").want(404); json.Valid(r.body) {
		t.Errorf("body %s", r.body)
	}
}

func TestARevokedTokenIs401AndItsHooksAreGone(t *testing.T) {
	f := New(Config{Tokens: []Token{{Value: "second", ClientID: "other"}}})
	c := newClient(t, f)
	c.token = "second"
	c.do("POST", "/v3/hooks", `{"scope":"store/order/*","destination":"https://example.com"}`).want(200)
	f.RevokeToken("second")
	c.get("/v2/time").want(401)
	f.AddToken(Token{Value: "third", ClientID: "other"})
	c.token = "third"
	if r := c.get("/v3/hooks").want(200); r.text("data") != "[]" {
		t.Errorf("hooks %s", r.body)
	}
}

func TestScopesCanChange(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	f.SetScopes(DefaultToken, ScopeInformation)
	c.get("/v2/orders").want(403)
	c.get("/v2/store").want(200)
}

// tokenRequest is a correct exchange of what Install returned.
func tokenRequest(q url.Values, redirect string) map[string]string {
	return map[string]string{
		"client_id": DefaultClientID, "client_secret": DefaultClientSecret, "code": q.Get("code"), "context": q.Get("context"),
		"scope": q.Get("scope"), "grant_type": "authorization_code", "redirect_uri": redirect,
	}
}

func TestOAuthTokenEndpoint(t *testing.T) {
	const redirect = "https://app.example.com/auth"
	for _, tc := range []struct {
		name   string
		change func(map[string]string)
		status int
	}{
		{"a correct exchange", func(map[string]string) {}, 200},
		{"another client", func(m map[string]string) { m["client_id"] = "x" }, 401},
		{"a wrong secret", func(m map[string]string) { m["client_secret"] = "x" }, 401},
		{"a wrong code", func(m map[string]string) { m["code"] = "x" }, 400},
		{"another redirect_uri", func(m map[string]string) { m["redirect_uri"] = "https://x" }, 400},
		{"another grant type", func(m map[string]string) { m["grant_type"] = "refresh_token" }, 400},
		{"more scopes than granted", func(m map[string]string) { m["scope"] += " store_v2_content" }, 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := New(Config{})
			c := newClient(t, f)
			c.root = "https://login.bigcommerce.com"
			in := tokenRequest(f.Install(redirect, ScopeOrders), redirect)
			tc.change(in)
			r := c.do("POST", "/oauth2/token", in).want(tc.status)
			if tc.status != 200 {
				return
			}
			for _, k := range []string{"expires_in", "refresh_token", "token_type"} {
				if strings.Contains(string(r.body), k) {
					t.Errorf("answer has %s", k)
				}
			}
			c.do("POST", "/oauth2/token", in).want(400) // a code works once
			c.root, c.token = apiRoot, r.text("access_token")
			c.get("/v2/orders").want(204)
			c.get("/v3/inventory/items").want(403)
		})
	}
}

func TestATokenWithoutContextHasNoScopes(t *testing.T) {
	for _, strict := range []bool{false, true} {
		f := New(Config{Believed: Believed{WrongContextRefused: strict}})
		c := newClient(t, f)
		c.root = "https://login.bigcommerce.com"
		in := tokenRequest(f.Install("https://app", ScopeOrders), "https://app")
		delete(in, "context")
		r := c.do("POST", "/oauth2/token", in)
		if strict {
			r.want(400)
			continue
		}
		if r.want(200); r.at("scope") != nil {
			t.Errorf("scope %v", r.at("scope"))
		}
		c.root, c.token = apiRoot, r.text("access_token")
		c.get("/v2/orders").want(403)
	}
}

func TestInstallingAgainReplacesTheToken(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	var tokens []string
	for range 2 {
		c.root = "https://login.bigcommerce.com"
		tokens = append(tokens, c.do("POST", "/oauth2/token", tokenRequest(f.Install("https://app", ScopeOrders), "https://app")).want(200).text("access_token"))
	}
	c.root, c.token = apiRoot, tokens[0]
	c.get("/v2/orders").want(401)
	c.token = tokens[1]
	c.get("/v2/orders").want(204)
	f.Uninstall()
	c.get("/v2/orders").want(401)
}

func TestATokenRequestMayBeAForm(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	c.root = "https://login.bigcommerce.com"
	form := url.Values{}
	for k, v := range tokenRequest(f.Install("https://app", ScopeOrders), "https://app") {
		form.Set(k, v)
	}
	req := c.request("POST", "/oauth2/token", form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	must(c.send(req)).want(200)
}

func TestSignedPayloadIsAJWTOfTheClientSecret(t *testing.T) {
	jwt := New(Config{}).SignedPayload()
	i := strings.LastIndex(jwt, ".")
	mac := hmac.New(sha256.New, []byte(DefaultClientSecret))
	mac.Write([]byte(jwt[:i]))
	if sig := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); sig != jwt[i+1:] {
		t.Errorf("signature %s, want %s", jwt[i+1:], sig)
	}
	claims := must(base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1]))
	var got struct{ Aud, Iss, Sub string }
	check(t, json.Unmarshal(claims, &got))
	if got.Aud != DefaultClientID || got.Iss != "bc" || got.Sub != "stores/"+DefaultStoreHash {
		t.Errorf("claims %s", claims)
	}
}
