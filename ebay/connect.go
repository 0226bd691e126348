package ebay

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Scopes that jobs need.
const (
	ScopeFulfillment = scopeBase + "/sell.fulfillment"           // orders and parcels
	ScopeInventory   = scopeBase + "/sell.inventory"             // quantities, listings and feeds
	ScopeAccount     = scopeBase + "/sell.account.readonly"      // whether a quantity of zero ends a listing
	ScopeIdentity    = scopeBase + "/commerce.identity.readonly" // whose account it is
	ScopeTrading     = scopeBase                                 // the Trading API
	scopeOrders      = scopeBase + "/sell.fulfillment.readonly"  // of jobs that are done with a wider one too
	scopeStock       = scopeBase + "/sell.inventory.readonly"    //
)

// AllScopes returns the scopes that all of this package's jobs need together.
func AllScopes() []string {
	return []string{ScopeTrading, ScopeFulfillment, ScopeInventory, ScopeAccount, ScopeIdentity}
}

// App is an application that sellers consent to. ClientID, ClientSecret and
// RuName are required.
type App struct {
	ClientID     string         // the keyset's App ID
	ClientSecret channel.Secret // its Cert ID
	RuName       string         // eBay's name for the address that the browser comes back to
	Scopes       []string       // that a seller is asked for; default AllScopes
	Sandbox      bool

	Transport http.RoundTripper // default a pool shared by all channels
	Endpoint  string            // default "https://api.ebay.com"
	Deadline  time.Duration     // default 10 s
}

// Grant is what a consent gives.
type Grant struct {
	RefreshToken   channel.Secret
	RefreshExpires time.Time // 18 months from now; use does not prolong it
	Scopes         []string  // what was consented to
}

// ConsentURL returns the page on which a seller consents. state comes back with
// the callback, for the program to know it by; it should be random.
func (a App) ConsentURL(state string) string {
	q := url.Values{
		"client_id": {a.ClientID}, "redirect_uri": {a.RuName}, "response_type": {"code"}, "scope": {strings.Join(a.scopes(), " ")},
	}
	if state != "" {
		q.Set("state", state)
	}
	// eBay's examples separate scopes so, and none has a plus sign.
	return host(a.Sandbox, hostAuth, hostAuthSandbox) + "/oauth2/authorize?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

func (a App) scopes() []string {
	if len(a.Scopes) == 0 {
		return AllScopes()
	}
	return slices.Clone(a.Scopes)
}

// Exchange trades the code of a consent for a grant: callback is the query of the
// browser's call to the address that the RuName stands for. The code is good for
// one try within five minutes: after ErrUnsure the seller must consent again.
func (a App) Exchange(ctx context.Context, callback url.Values) (Grant, error) {
	const op = "exchange code"
	refuse := func(class error, what string) (Grant, error) {
		return Grant{}, &channel.Error{Op: op, Class: class, Message: what}
	}
	app := Credentials{ClientID: a.ClientID, ClientSecret: a.ClientSecret}
	if a.RuName == "" {
		return refuse(channel.ErrInvalid, "the RuName is empty: give eBay's name for the address, not the address")
	}
	if err := errors.Join(app.complete(true)...); err != nil {
		return refuse(channel.ErrInvalid, err.Error())
	}
	code := callback.Get("code")
	switch {
	case callback.Get("error") != "":
		return refuse(channel.ErrUnauthorized, transport.Message("the seller did not consent: "+callback.Get("error")))
	case code == "":
		return refuse(channel.ErrInvalid, "the callback has no code")
	case strings.Contains(code, "%"):
		return refuse(channel.ErrInvalid, "the callback's code is escaped twice: give the query as it was parsed once")
	}
	endpoint := strings.TrimRight(a.Endpoint, "/")
	if endpoint == "" {
		endpoint = host(a.Sandbox, hostAPI, hostAPISandbox)
	}
	client, err := transport.New(transport.Config{
		Base: a.Transport, MaxAttempts: 1, CallDeadline: a.Deadline, Policy: transport.Policy{RequestID: requestIDOf},
	})
	if err != nil || !isURL(endpoint) {
		return refuse(channel.ErrInvalid, "the Endpoint is not an http or https URL")
	}
	t, err := askToken(ctx, client, endpoint, app, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.RuName},
	})
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Op = op
		return Grant{}, e
	}
	if t.Refresh == "" {
		return refuse(channel.ErrUnsure, "the answer holds no refresh token")
	}
	return Grant{RefreshToken: t.Refresh, RefreshExpires: t.RefreshExpiry, Scopes: a.scopes()}, nil
}
