package shopifytest

import (
	"net/http"
	"time"
)

// Config says what kind of shop the fake is. The zero value is a shop in USD
// with one location, on the Standard plan's limits, with a static token that
// has every scope an order, shipment and stock connector needs.
//
// The switches named after a behaviour choose between the readings of a fact
// that is not certain; the zero value is the reading that asks more of a
// client.
type Config struct {
	// Shop is the shop's name or domain; "" means penstock-test.
	Shop string
	// Currency the shop keeps its books in; "" means USD.
	Currency string
	// Seed makes everything that is random the same again.
	Seed int64
	// Locations the shop begins with, in order of fulfilment priority; none
	// means one named Main.
	Locations []Location

	// Token is a static access token; "" means shpat_fake, "-" none.
	Token string
	// Scopes the app was granted; nil means DefaultScopes.
	Scopes []string
	// ClientID and ClientSecret of the app; "" means client and secret. The
	// secret signs webhooks as well.
	ClientID, ClientSecret string
	// RequireExpiring refuses static tokens, as the API does for public apps
	// from 2027 on.
	RequireExpiring bool
	// TokenLifetime of an expiring token; 0 means an hour.
	TokenLifetime time.Duration

	// RefreshReplays answers a refresh token that was used before with the pair
	// it got, as long as that is good. It is known to be refused.
	RefreshReplays bool
	// MigrationKeepsToken leaves a static token alive that was exchanged for an
	// expiring one. It is believed to die.
	MigrationKeepsToken bool

	// Quota multiplies the size and the restore rate of the cost bucket; 0
	// means 1, the Standard plan's 2000 and 100 a second.
	Quota float64
	// IndexLag is how long a change takes to reach searches; 0 means three
	// seconds, -1 none.
	IndexLag time.Duration
	// JobDelay is how long an asynchronous job such as orderCancel takes; 0
	// means one second, -1 none.
	JobDelay time.Duration
	// BulkDuration is how long a bulk operation runs; 0 means ten seconds, -1
	// none.
	BulkDuration time.Duration
	// ServedVersion is the API version that serves every request; "" means the
	// one asked for. Set to an older one it plays a retired version's stand-in.
	ServedVersion string
	// Protected says how protected customer data is answered.
	Protected Protection

	// HooksTo sends webhook deliveries; nil means http.DefaultTransport. See
	// Fake.Deliver.
	HooksTo http.RoundTripper
	// InsecureHooks accepts http and internal addresses for webhooks, so that a
	// receiver on the same machine can be tried.
	InsecureHooks bool
	// HookHeaders chooses the family of webhook headers.
	HookHeaders HookHeaders

	// Idempotency says what a repeated idempotency key does.
	Idempotency Idempotency
	// HoldBumpsOrder makes a hold, release, move or split of a fulfilment order
	// change the order's updatedAt. It is not known to.
	HoldBumpsOrder bool
	// TrackingMerges makes fulfillmentTrackingInfoUpdate add to the numbers a
	// fulfilment has. It is believed to replace them.
	TrackingMerges bool
	// LooseSKUSearch makes a search for a SKU also find SKUs that begin with
	// it. Searches are believed to tokenise.
	LooseSKUSearch bool
	// OpenByDefault leaves closed and cancelled orders out of a search that has
	// no status term, as the older REST list did. It is believed not to.
	OpenByDefault bool
	// StrictAfter makes > in a search exclude its bound. It was seen to include
	// it.
	StrictAfter bool
	// PagingWall is how many objects one search pages through; default 25,000,
	// Shopify's own. PagingWallFails makes a walk beyond it an error. By default
	// it just ends.
	PagingWall      int
	PagingWallFails bool
	// PartialSets applies the rows of inventorySetQuantities whose compare held
	// and reports the others. It is believed to be all or nothing.
	PartialSets bool
	// KeyRetention is how long an idempotency key is remembered; 0 means a day.
	KeyRetention time.Duration
	// HideCommitted reads 0 for committed: it then does not tell units sold.
	HideCommitted bool
	// ShipScheduled and ShipHeld let fulfillmentCreate ship what is scheduled
	// for later or on hold. It is believed to refuse.
	ShipScheduled, ShipHeld bool
	// EmptyBulkHasURL gives a bulk result without rows an address. It is
	// believed to have none.
	EmptyBulkHasURL bool
	// KeepOpen stops the shop from archiving an order once it is paid and
	// fulfilled.
	KeepOpen bool
}

// Protection says how protected customer data is answered.
type Protection int

const (
	// Granted answers it.
	Granted Protection = iota
	// Redacted answers null for names, addresses, phones and e-mail.
	Redacted
	// Refused answers the error of an app that was not approved.
	Refused
)

// Idempotency says what a repeated idempotency key does.
type Idempotency int

const (
	// Replay answers with the first result, as documented.
	Replay Idempotency = iota
	// Stale runs the mutation again, so that a compare-and-set that held the
	// first time is stale the second, as a live test saw.
	Stale
)

// HookHeaders is a family of webhook headers.
type HookHeaders int

const (
	// ClassicHeaders are the X-Shopify- family.
	ClassicHeaders HookHeaders = iota
	// EventHeaders are the newer family without X-, in lower case.
	EventHeaders
)

// DefaultScopes is what a connector for orders, shipments and stock asks for.
// It leaves out read_all_orders, which is granted by review only, so orders
// older than 60 days are not seen.
var DefaultScopes = []string{
	"read_orders", "write_orders", "read_customers", "read_products", "read_returns", "read_locations",
	"read_inventory", "write_inventory",
	"read_assigned_fulfillment_orders", "write_assigned_fulfillment_orders",
	"read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders",
	"read_third_party_fulfillment_orders", "write_third_party_fulfillment_orders",
}

// Version is the API version the fake's schema is taken from.
const Version = "2026-10"

func (c Config) withDefaults() Config {
	c.Shop = shopDomain(c.Shop)
	c.Currency = or(c.Currency, "USD")
	c.Token = or(c.Token, "shpat_fake")
	if c.Scopes == nil {
		c.Scopes = DefaultScopes
	}
	c.ClientID = or(c.ClientID, "client")
	c.ClientSecret = or(c.ClientSecret, "secret")
	if c.Quota <= 0 {
		c.Quota = 1
	}
	c.TokenLifetime = or(c.TokenLifetime, time.Hour)
	c.IndexLag = delay(c.IndexLag, 3*time.Second)
	c.JobDelay = delay(c.JobDelay, time.Second)
	c.BulkDuration = delay(c.BulkDuration, 10*time.Second)
	c.KeyRetention = or(c.KeyRetention, 24*time.Hour)
	if len(c.Locations) == 0 {
		c.Locations = []Location{{Name: "Main"}}
	}
	if c.HooksTo == nil {
		c.HooksTo = http.DefaultTransport
	}
	return c
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func delay(d, otherwise time.Duration) time.Duration {
	switch {
	case d == 0:
		return otherwise
	case d < 0:
		return 0
	}
	return d
}
