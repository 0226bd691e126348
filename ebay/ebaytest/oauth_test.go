package ebaytest

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

const (
	ordersPath = "/sell/fulfillment/v1/order"
	itemsPath  = "/sell/inventory/v1/inventory_item"
	offersPath = "/sell/inventory/v1/offer"
	bulkPath   = "/sell/inventory/v1/bulk_update_price_quantity"
	limitsPath = "/developer/analytics/v1_beta/rate_limit/"
	userPath   = "/commerce/identity/v1/user/"
)

func codeForm(v url.Values) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {v.Get("code")}, "redirect_uri": {DefaultRuName}}
}

// A code is good once and for 299 seconds, a refresh token for 547.5 days, and
// using it neither replaces nor prolongs it.
func TestGrants(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{})
		c := newClient(t, f)
		callback := f.Install(DefaultRuName, "state")
		if callback.Get("state") != "state" || callback.Get("expires_in") != "299" {
			t.Errorf("%v", callback)
		}
		first := c.form(codeForm(callback)).want(200)
		if first.text("expires_in") != "7200" || first.text("refresh_token_expires_in") != "47304000" {
			t.Errorf("%s", first.body)
		}
		c.form(codeForm(callback)).want(400).says("invalid_grant")
		late := f.Install(DefaultRuName, "")
		time.Sleep(299 * time.Second)
		c.form(codeForm(late)).want(400).says("invalid_grant")
		c.form(grantForm()).want(200).saysNot("refresh_token")
		time.Sleep(47304000*time.Second - time.Hour)
		c.form(grantForm()).want(200)
		time.Sleep(2 * time.Hour)
		c.form(grantForm()).want(400).says("invalid_grant")
	})
}

// A refresh may ask for a part of what was granted, and for nothing else.
func TestScopesOfARefresh(t *testing.T) {
	f := New(Config{Scopes: []string{ScopeFulfillmentReadonly, ScopeIdentity}})
	c := newClient(t, f)
	form := grantForm()
	form.Set("scope", ScopeFulfillmentReadonly)
	c.token = c.form(form).want(200).text("access_token")
	c.get(ordersPath).want(200)
	c.get(apizHost+userPath).refused(403, 1100)
	form.Set("scope", ScopeFulfillment)
	c.form(form).want(400).says("invalid_scope")
	lenient := New(Config{Scopes: []string{ScopeIdentity}, Believed: Believed{ScopesIgnored: true}})
	unheld(t, lenient).form(form).want(200)
}

func TestTokensThatAreNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		c.get(ordersPath).want(200)
		time.Sleep(2 * time.Hour)
		c.get(ordersPath).refused(401, 1001)
		c.token = ""
		c.get(ordersPath).refused(400, 1002)
		c.login()
		f.Revoke()
		c.get(ordersPath).refused(401, 1001)
		c.form(grantForm()).want(400).says("invalid_grant")
		f.Authorise()
		c.login()
		c.get(ordersPath).want(200)
		f.ExpireTokens()
		c.get(ordersPath).refused(401, 1001)
		bad := c.request(http.MethodPost, tokenPath, grantForm().Encode())
		bad.SetBasicAuth(DefaultClientID, "wrong")
		bad.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		must(c.send(bad)).want(401).says("invalid_client")
	})
}

// An application's own token opens what is the application's, and a seller's
// what is the seller's.
func TestTokenKinds(t *testing.T) {
	f := mugShop(t, Config{})
	seller := newClient(t, f)
	app := seller.application()
	app.get(limitsPath).want(200)
	seller.get(limitsPath).refused(403, 1100)
	app.get(ordersPath).refused(403, 1100)
	if got := seller.get(apizHost + userPath).want(200); got.text("username") != DefaultSellerID {
		t.Errorf("%s", got.body)
	}
	seller.get(userPath).refused(404, 2002)
}

func TestSitesAreTold(t *testing.T) {
	if len(marketplaceByID) != len(marketplaces) || len(marketplaceBySite) != len(marketplaces) {
		t.Errorf("%d ids, %d sites of %d marketplaces", len(marketplaceByID), len(marketplaceBySite), len(marketplaces))
	}
}
