package ebaytest

import (
	"slices"
	"time"
)

// Scopes of user tokens, from security in the specifications.
const (
	ScopeFulfillment         = baseScope + "/sell.fulfillment"
	ScopeFulfillmentReadonly = baseScope + "/sell.fulfillment.readonly"
	ScopeInventory           = baseScope + "/sell.inventory"
	ScopeInventoryReadonly   = baseScope + "/sell.inventory.readonly"
	ScopeAccount             = baseScope + "/sell.account"
	ScopeAccountReadonly     = baseScope + "/sell.account.readonly"
	ScopeIdentity            = baseScope + "/commerce.identity.readonly"
	ScopeMarketing           = baseScope + "/sell.marketing"
	// ScopeBase is that of application tokens, and of Trading calls.
	ScopeBase = baseScope
)

// AllScopes returns the scopes that importing orders, shipping and keeping
// inventory need together.
func AllScopes() []string {
	return []string{ScopeBase, ScopeFulfillment, ScopeInventory, ScopeAccountReadonly, ScopeIdentity}
}

// App is an application that the seller has consented to.
type App struct {
	ClientID     string
	ClientSecret string
	RuName       string
	RefreshToken string // of the consent
	Scopes       []string
}

// app is an App as the marketplace keeps it.
type app struct {
	App
	disabled bool // its keyset is
}

// grant is a seller's consent.
type grant struct {
	app     *app
	scopes  []string
	expires time.Time
	revoked bool
}

// code is a consent on its way to the application.
type code struct {
	app     *app
	ruName  string
	scopes  []string
	expires time.Time
}

// access is an access token.
type access struct {
	app     *app
	grant   *grant // nil for an application's own
	scopes  []string
	expires time.Time
	ended   bool
}

func (t *access) holdsAny(scopes []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.scopes, s) })
}

func (t *access) valid(now time.Time) bool {
	return !t.ended && now.Before(t.expires) && (t.grant == nil || !t.grant.revoked)
}

// AddApp has the seller consent to another application.
func (f *Fake) AddApp(a App) {
	f.lock()
	defer f.mu.Unlock()
	f.addApp(a)
}

func (f *Fake) addApp(a App) {
	a.Scopes = slices.Clone(a.Scopes)
	kept := &app{App: a}
	f.apps[a.ClientID] = kept
	if a.RefreshToken != "" {
		f.grants[a.RefreshToken] = &grant{app: kept, scopes: a.Scopes, expires: f.began.Add(f.cfg.RefreshLifetime)}
	}
}

// first is the application of Config.
func (f *Fake) first() *app { return f.apps[f.cfg.ClientID] }

// SetScopes replaces the scopes of the seller's consents to the first
// application, as another consent does.
func (f *Fake) SetScopes(scopes ...string) {
	f.lock()
	defer f.mu.Unlock()
	for _, g := range f.grants {
		if g.app == f.first() {
			g.scopes = slices.Clone(scopes)
		}
	}
	for _, t := range f.access {
		if t.app == f.first() && t.grant != nil {
			t.scopes = slices.Clone(scopes)
		}
	}
}

// Revoke ends the seller's consents to the first application, as withdrawing
// them or a change of password does: its refresh tokens are invalid_grant and
// its access tokens 401.
func (f *Fake) Revoke() { f.setRevoked(true) }

// Authorise undoes Revoke.
func (f *Fake) Authorise() { f.setRevoked(false) }

func (f *Fake) setRevoked(on bool) {
	f.lock()
	defer f.mu.Unlock()
	for _, g := range f.grants {
		if g.app == f.first() {
			g.revoked = on
		}
	}
}

// ExpireTokens ends every access token now.
func (f *Fake) ExpireTokens() {
	now := f.lock()
	defer f.mu.Unlock()
	for _, t := range f.access {
		t.expires = now
	}
}

// RotateSecret gives the first application another client secret. The old one
// ends.
func (f *Fake) RotateSecret(next string) {
	f.lock()
	defer f.mu.Unlock()
	f.first().ClientSecret = next
}

// DisableKeyset switches the first application's keys off, as happens to one
// that neither subscribes to account deletions nor is exempt.
func (f *Fake) DisableKeyset(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.first().disabled = on
}
