package amazontest

import (
	"slices"
	"time"
)

// Role is what the seller lets an application do.
type Role string

// Roles the fake's operations ask for, by their names in the vendor's page
// "Role Mappings for SP-API Types".
const (
	RoleInventory      Role = "Inventory and Order Tracking"
	RoleListing        Role = "Product Listing"
	RoleFulfilment     Role = "Amazon Fulfillment"
	RolePartnerInsight Role = "Selling Partner Insights"
	// RoleDirectToConsumer is restricted: without it the names, streets and
	// postal codes of orders are left out.
	RoleDirectToConsumer Role = "Direct-to-Consumer Shipping (Restricted)"
	// RoleTax is restricted and opens the buyer's name.
	RoleTax Role = "Tax Remittance (Restricted)"
)

// AllRoles returns the roles that importing orders, confirming shipments and
// keeping inventory need together.
func AllRoles() []Role {
	return []Role{RoleInventory, RoleListing, RoleFulfilment, RolePartnerInsight, RoleDirectToConsumer}
}

// App is an application that the seller authorised.
type App struct {
	ClientID     string
	ClientSecret string
	RefreshToken string
	Roles        []Role
}

// oldSecretLife is how long a rotated secret is believed to work on.
const oldSecretLife = 7 * 24 * time.Hour

// app is an App as the marketplace keeps it.
type app struct {
	App
	oldSecret      string
	oldUntil       time.Time
	secretExpired  bool
	revoked        bool
	destinations   []*destination
	subscriptions  []*subscription
	buckets        map[string]*bucket
	appWideBuckets map[string]*bucket
}

func (a *app) knows(secret string, now time.Time) bool {
	if a.secretExpired {
		return false
	}
	return secret == a.ClientSecret || a.oldSecret != "" && secret == a.oldSecret && now.Before(a.oldUntil)
}

func (a *app) holdsAny(roles []Role) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// access is an access token.
type access struct {
	app     *app
	expires time.Time
	scope   string     // of a grantless token
	only    []resource // a restricted data token opens; nil is all
	revoked bool
}

// AddApp has the seller authorise another application.
func (f *Fake) AddApp(a App) {
	f.lock()
	defer f.mu.Unlock()
	f.addApp(a)
}

func (f *Fake) addApp(a App) {
	a.Roles = slices.Clone(a.Roles)
	f.apps[a.ClientID] = &app{App: a, buckets: map[string]*bucket{}, appWideBuckets: map[string]*bucket{}}
}

// first is the application of Config.
func (f *Fake) first() *app { return f.apps[f.cfg.ClientID] }

// SetRoles replaces the roles of the seller's first application, as another
// authorisation does.
func (f *Fake) SetRoles(roles ...Role) {
	f.lock()
	defer f.mu.Unlock()
	f.first().Roles = slices.Clone(roles)
}

// Revoke ends the seller's authorisation of the first application: its refresh
// token is invalid_grant and its access tokens 403.
func (f *Fake) Revoke() { f.setRevoked(true) }

// Authorise undoes Revoke.
func (f *Fake) Authorise() { f.setRevoked(false) }

func (f *Fake) setRevoked(on bool) {
	f.lock()
	defer f.mu.Unlock()
	a := f.first()
	a.revoked = on
	for _, t := range f.access {
		if t.app == a && on {
			t.revoked = true
		}
	}
}

// ExpireTokens ends every access token now, as happened without cause before.
func (f *Fake) ExpireTokens() {
	now := f.lock()
	defer f.mu.Unlock()
	for _, t := range f.access {
		t.expires = now
	}
}

// RotateSecret gives the first application another client secret.
func (f *Fake) RotateSecret(next string) {
	now := f.lock()
	defer f.mu.Unlock()
	a := f.first()
	a.oldSecret, a.oldUntil = a.ClientSecret, now.Add(oldSecretLife)
	if f.cfg.Believed.OldSecretDies {
		a.oldSecret = ""
	}
	a.ClientSecret, a.secretExpired = next, false
}

// ExpireSecret lets the first application's client secret reach the end of its
// 180 days without rotation: the token endpoint answers invalid_client, and
// calls with a token 403.
func (f *Fake) ExpireSecret() {
	f.lock()
	defer f.mu.Unlock()
	f.first().secretExpired = true
}
