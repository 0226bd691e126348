package bigcommercetest

import (
	"slices"
	"strings"
)

// Scopes of the APIs the fake has. A scope without _read_only covers the one
// with it.
const (
	ScopeOrders           = "store_v2_orders"
	ScopeOrdersRead       = "store_v2_orders_read_only"
	ScopeTransactions     = "store_v2_transactions"
	ScopeTransactionsRead = "store_v2_transactions_read_only"
	ScopeProducts         = "store_v2_products"
	ScopeProductsRead     = "store_v2_products_read_only"
	ScopeInventory        = "store_inventory"
	ScopeInventoryRead    = "store_inventory_read_only"
	ScopeLocations        = "store_locations"
	ScopeLocationsRead    = "store_locations_read_only"
	ScopeInformation      = "store_v2_information"
	ScopeInformationRead  = "store_v2_information_read_only"
)

const readOnly = "_read_only"

// AllScopes returns the scopes that importing orders, writing tracking back
// and keeping inventory need together.
func AllScopes() []string {
	return []string{
		ScopeOrders, ScopeTransactionsRead, ScopeProductsRead, ScopeInventory, ScopeLocationsRead, ScopeInformationRead,
	}
}

// Token is an API account's or an installed app's access to the store.
type Token struct {
	Value    string
	ClientID string // whose token it is: hooks belong to a client
	Scopes   []string
	Secret   string // the client's secret, which signs its notifications
}

func (t *Token) holdsAny(scopes []string) bool {
	if len(scopes) == 0 {
		return true
	}
	for _, want := range scopes {
		if slices.Contains(t.Scopes, want) || slices.Contains(t.Scopes, strings.TrimSuffix(want, readOnly)) {
			return true
		}
	}
	return false
}

// AddToken gives another API account access.
func (f *Fake) AddToken(t Token) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Scopes = slices.Clone(t.Scopes)
	f.tokens[t.Value] = &t
}

// SetScopes replaces a token's scopes, which a real store can do only by
// issuing another token.
func (f *Fake) SetScopes(token string, scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.tokens[token]; t != nil {
		t.Scopes = slices.Clone(scopes)
	}
}

// RevokeToken ends a token, as deleting its API account does: calls with it
// get 401, and the client's hooks are deleted with its last token.
func (f *Fake) RevokeToken(token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tokens[token]
	if t == nil {
		return
	}
	delete(f.tokens, token)
	for _, other := range f.tokens {
		if other.ClientID == t.ClientID {
			return
		}
	}
	f.hooks.deleteClient(t.ClientID)
}
