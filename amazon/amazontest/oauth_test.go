package amazontest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const order404 = "/orders/2026-01-01/orders/111-0000000-0000000"

func TestTheTokenEndpointTakesFormsAndJSON(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	form := c.form(grantForm()).want(http.StatusOK)
	if form.text("token_type") != "bearer" || form.text("expires_in") != "3600" || form.text("refresh_token") != DefaultRefreshToken {
		t.Errorf("body %s", form.body)
	}
	req := c.request(http.MethodPost, "", map[string]string{
		"grant_type": "refresh_token", "refresh_token": DefaultRefreshToken, "client_id": DefaultClientID, "client_secret": DefaultClientSecret,
	})
	req.URL = must(url.Parse(tokenHost + "/auth/o2/token"))
	other := must(c.send(req)).want(http.StatusOK).text("access_token")
	if other == form.text("access_token") || other == c.token {
		t.Error("two tokens are one")
	}
	c.get(order404).want(http.StatusNotFound) // older tokens stay good
	c.token = other
	c.get(order404).want(http.StatusNotFound)
}

func TestTheTokenEndpointRefuses(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	for _, tc := range []struct {
		name, key, value string
		status           int
		code             string
	}{
		{"wrong secret", "client_secret", "x", 401, "invalid_client"},
		{"unknown client", "client_id", "x", 401, "invalid_client"},
		{"wrong refresh token", "refresh_token", "x", 400, "invalid_grant"},
		{"no refresh token", "refresh_token", "", 400, "invalid_request"},
		{"no grant type", "grant_type", "", 400, "invalid_request"},
		{"unknown grant type", "grant_type", "password", 400, "unsupported_grant_type"},
		{"no scope", "grant_type", "client_credentials", 400, "invalid_scope"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := grantForm()
			v.Set(tc.key, tc.value)
			if r := c.form(v).want(tc.status); r.text("error") != tc.code || r.text("error_description") == "" {
				t.Errorf("body %s", r.body)
			}
		})
	}
	req := c.request(http.MethodPost, "", "{")
	req.URL = must(url.Parse(tokenHost + "/auth/o2/token"))
	must(c.send(req)).want(400)
	req.Header.Set("Content-Type", "text/plain")
	req.Body = io.NopCloser(strings.NewReader("x"))
	must(c.send(req)).want(400)
}

func TestTokensLiveAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		time.Sleep(time.Hour - time.Second)
		c.get(order404).want(http.StatusNotFound)
		time.Sleep(time.Second)
		c.get(order404).want(http.StatusForbidden).says(detailExpired)
		c.login()
		c.get(order404).want(http.StatusNotFound)
	})
}

func TestBadTokensAreForbidden(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	good := c.token
	for token, details := range map[string]string{"": detailNoToken, "x": detailInvalid} {
		c.token = token
		if r := c.get(order404).want(http.StatusForbidden).says(details); r.header.Get("X-Amzn-Ratelimit-Limit") != "" {
			t.Error("a 403 with a rate")
		}
	}
	c.token = good
	f.ExpireTokens()
	c.get(order404).want(http.StatusForbidden).says(detailExpired)
	c.login()
	f.Revoke()
	c.get(order404).want(http.StatusForbidden).says(detailInvalid)
	c.form(grantForm()).want(400).says("invalid_grant")
	f.Authorise()
	c.login()
	c.get(order404).want(http.StatusNotFound)
}

func TestClientSecretsRotateAndExpire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		f.RotateSecret("next")
		time.Sleep(oldSecretLife - time.Second)
		c.form(grantForm()).want(200)
		time.Sleep(time.Second)
		c.form(grantForm()).want(401).says("invalid_client")
		v := grantForm()
		v.Set("client_secret", "next")
		c.token = c.form(v).want(200).text("access_token")
		f.ExpireSecret()
		c.get(order404).want(http.StatusForbidden).says(detailSecret)
		c.form(v).want(401).says("invalid_client")
	})
	f := New(Config{Believed: Believed{OldSecretDies: true}})
	c := newClient(t, f)
	f.RotateSecret("next")
	c.form(grantForm()).want(401)
}

func TestGrantlessTokensAreNoSellersTokens(t *testing.T) {
	c := newClient(t, New(Config{}))
	c.grantless(ScopeNotifications).get(order404).want(http.StatusForbidden)
	c.grantless(ScopeRotation).get(order404).want(http.StatusForbidden)
}

func TestAMissingRoleIsForbiddenWithoutDetails(t *testing.T) {
	f := New(Config{Roles: []Role{RoleListing}})
	c := newClient(t, f)
	if r := c.get(order404).want(http.StatusForbidden); r.text("errors.0.details") != "" || r.text("errors.0.code") != "Unauthorized" {
		t.Errorf("body %s", r.body)
	}
	f.SetRoles(AllRoles()...)
	c.get(order404).want(http.StatusNotFound)
}

func TestRegionsAndAddressesThatLeadNowhereAreForbidden(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	c.root = "https://sellingpartnerapi-eu.amazon.com"
	c.get(order404).want(http.StatusForbidden)
	for _, root := range []string{"https://sandbox.sellingpartnerapi-na.amazon.com", "http://127.0.0.1:8080"} {
		c.root = root
		c.get(order404).want(http.StatusNotFound)
	}
	c = unheld(t, f)
	c.get("/orders/2026-01-01/nothing").want(http.StatusForbidden)
	c.do(http.MethodDelete, order404, nil).want(http.StatusForbidden)
	f = New(Config{Believed: Believed{AnyRegionAnswers: true}})
	c = newClient(t, f)
	c.root = "https://sellingpartnerapi-eu.amazon.com"
	c.get(order404).want(http.StatusNotFound)
}

func TestTheFormOfARequestIsJudged(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	for name, agent := range map[string]string{"none": "", "long": strings.Repeat("a", 501)} {
		req := c.request(http.MethodGet, order404, nil)
		req.Header.Set("User-Agent", agent)
		if r := must(c.send(req)); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	c.do(http.MethodGet, order404, "{}").want(400)
	c.get(order404 + "?marketplaceIds=" + us).want(400)
	c.get(order404 + "?includedData=BUYER&includedData=BUYER").want(400)
	if n := len(f.Violations()); n != 2 {
		t.Errorf("%d violations: %q", n, f.Violations())
	}
	f = New(Config{Believed: Believed{UnknownFiltersPass: true}})
	unheld(t, f).get(order404 + "?x=1").want(404)
}

func TestTheSellerAuthorisesInTheBrowser(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		f.Revoke()
		came := f.Install("https://app.example.com/back", "s-1")
		if came.Get("state") != "s-1" || came.Get("selling_partner_id") != DefaultSellerID {
			t.Errorf("query %v", came)
		}
		v := grantForm()
		v.Set("grant_type", "authorization_code")
		v.Set("code", came.Get("spapi_oauth_code"))
		c.form(v).want(400).says("invalid_grant") // no redirect address
		v.Set("redirect_uri", "https://app.example.com/back")
		if r := c.form(v).want(200); r.text("refresh_token") != DefaultRefreshToken {
			t.Errorf("body %s", r.body)
		}
		c.form(v).want(400).says("invalid_grant") // once
		c.login()
		v.Set("code", f.Install("https://app.example.com/back", "").Get("spapi_oauth_code"))
		time.Sleep(codeLife)
		c.form(v).want(400)
	})
}

func TestAnotherApplicationHasItsOwnGrant(t *testing.T) {
	f := New(Config{Apps: []App{{"app-2", "secret-2", "refresh-2", []Role{RoleInventory}}}})
	f.AddApp(App{"app-3", "secret-3", "refresh-3", nil})
	c := newClient(t, f)
	v := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"refresh-2"}, "client_id": {"app-2"}, "client_secret": {"secret-2"}}
	c.token = c.form(v).want(200).text("access_token")
	c.get(order404).want(404)
	v.Set("refresh_token", "refresh-3")
	c.form(v).want(400).says("invalid_grant")
	f.Revoke() // the first one
	c.get(order404).want(404)
}

const restrictedPath = "/tokens/2021-03-01/restrictedDataToken"

// restrictedTo asks for a restricted data token.
func restrictedTo(method, path string, elements ...string) map[string]any {
	r := map[string]any{"method": method, "path": path}
	if len(elements) > 0 {
		r["dataElements"] = elements
	}
	return map[string]any{"restrictedResources": []any{r}}
}

// A restricted data token opens what it names and shows no more than the roles
// do.
func TestRestrictedDataTokens(t *testing.T) {
	f := mugShop(t, Config{})
	id := must(f.PlaceOrder(mugs(1)))
	c := newClient(t, f)
	one := ordersPath + "/" + id + "?includedData=BUYER,RECIPIENT"
	token := func(body map[string]any) *client {
		with := *c
		with.token = c.do(http.MethodPost, restrictedPath, body).want(200).text("restrictedDataToken")
		return &with
	}
	hasStreet := func(c *client) bool {
		return strings.Contains(string(c.get(one).want(200).body), `"addressLine1"`)
	}
	for _, path := range []string{ordersPath + "/{orderId}", ordersPath + "/" + id} {
		restricted := token(restrictedTo(http.MethodGet, path, "shippingAddress"))
		if !hasStreet(restricted) {
			t.Errorf("%s: no street", path)
		}
		restricted.get("/sellers/v1/marketplaceParticipations").want(403)
		restricted.get(ordersPath + query("createdAfter", longAgo)).want(403)
		restricted.do(http.MethodPost, confirmPath(id), parcel("1", firstLine(f, id), 1)).want(403)
	}
	plain := token(restrictedTo(http.MethodGet, ordersPath+"/{orderId}"))
	f.SetRoles(RoleInventory)
	if hasStreet(plain) {
		t.Error("without the role the street is told")
	}
	for name, tc := range map[string]struct {
		body   map[string]any
		status int
	}{
		"no resource":              {map[string]any{"restrictedResources": []any{}}, 400},
		"no method":                {restrictedTo("", ordersPath), 400},
		"no path":                  {restrictedTo(http.MethodGet, ""), 400},
		"a kind that is unknown":   {restrictedTo(http.MethodGet, ordersPath, "shoeSize"), 400},
		"a role that is missing":   {restrictedTo(http.MethodGet, ordersPath, "buyerInfo"), 403},
		"a member that is unknown": {map[string]any{"resources": []any{}}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			in := *c
			in.t = t
			in.do(http.MethodPost, restrictedPath, tc.body).want(tc.status)
		})
	}
}
