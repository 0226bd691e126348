package bigcommercetest

import (
	"cmp"
	"math"
	"net/http"
	"time"
)

// Values of a zero Config.
const (
	DefaultStoreHash    = "fakestore"
	DefaultToken        = "fake-access-token"
	DefaultClientID     = "fake-client-id"
	DefaultClientSecret = "fake-client-secret"

	defaultQuota     = 150 // requests per window on the Standard and Plus plans
	defaultWindow    = 30 * time.Second
	defaultEffectLag = 3 * time.Second
)

// Config describes a store. The zero value is a useful one.
type Config struct {
	StoreHash string // "" means DefaultStoreHash
	StoreID   int    // numeric id in notifications; 0 means 1025646
	Currency  string // the store's default currency; "" means USD

	// Token is the access token of the store's first API account and Scopes
	// its scopes; "" means DefaultToken, nil AllScopes(). ClientID and
	// ClientSecret belong to that account and to the app of the OAuth endpoint.
	Token        string
	Scopes       []string
	ClientID     string // "" means DefaultClientID
	ClientSecret string // "" means DefaultClientSecret
	Tokens       []Token

	// Quota multiplies the 150 requests per 30 s of the Standard and Plus
	// plans; 0 means 1. Pro stores have 3.
	Quota       float64
	QuotaWindow time.Duration // 0 means 30 s
	// OtherApps is the number of requests that other apps of the store make
	// per window, spread evenly; they share the quota.
	OtherApps int
	Throttle  ThrottleStyle // how a 429 looks

	// ClockOffset is how far the store's clock is ahead of time.Now.
	ClockOffset time.Duration

	// Latency is how long each call takes; 0 means none. It is needed to
	// overlap calls in a synctest bubble.
	Latency time.Duration

	// VisibilityLag is the time from an order being placed until the API shows
	// it, with the dates it was placed at.
	VisibilityLag time.Duration

	// EffectLag is the time from the answer to an inventory adjustment until
	// reads show it; 0 means 3 s, negative none.
	EffectLag time.Duration
	Stock     StockSetting
	// Aggregated sells the stock of all enabled locations, a feature the
	// marketplace enables on request; normally only the default location's.
	Aggregated bool

	MoneyScale MoneyScale
	// CustomLabels are the seller's names of order statuses. Nil renames two
	// of them, since clients must go by id; empty renames none.
	CustomLabels map[Status]string

	// HookTransport delivers notifications; nil means http.DefaultTransport.
	HookTransport http.RoundTripper
	HookWarmup    time.Duration // how long a new hook stays silent
	AnyHookPort   bool          // accept http destinations and ports other than 443

	Believed Believed
}

// StockSetting is the seller's choice of when an order changes stock.
type StockSetting struct {
	FallsAtShipment bool // when completed or shipped instead of when placed
	Hidden          bool // GET /v3/settings/inventory is refused
	KeepOnCancel    bool // a cancelled or declined order gives nothing back
	KeepOnRefund    bool // refunded units are not given back
	KeepOnEdit      bool // edits do not change stock
}

// Believed holds one switch for each behaviour that the marketplace's contract
// does not settle. False is what is believed; true the other reading.
type Believed struct {
	DatesExclusive        bool // min_date_* and max_date_* exclude their bound
	MinIDExclusive        bool // min_id and max_id exclude their bound
	BadDatesIgnored       bool // an unreadable date filter is ignored, not refused with 400
	OverLimitClamped      bool // a limit above 250 is lowered to 250, not refused with 413
	EmptyListsAre200      bool // an empty V2 list is 200 with [], not 204
	EmptyRefundsAre200    bool // an empty list of refunds is 200 with data [], not 204
	UnknownFiltersIgnored bool // unknown query parameters are ignored, not refused
	ArchivedListed        bool // archived orders are listed
	ArchivedGone          bool // an archived order cannot be read by id
	DeletedFilter         bool // is_deleted is still a filter of the order list
	NextLinkOnLastPage    bool // meta.pagination.links.next is present, and empty, on the last page
	LinkStubObjects       bool // line_items links of downloads and gift certificates are one object, not an array

	GatewayErrorsAreV3   bool // refusals for quota, scope, slash and suspension have the V3 shape on V2 paths too
	BaseVariantsUnlisted bool // GET /v3/catalog/variants leaves out products without options

	PartialKeepsStatus    bool // a partial shipment leaves the status alone
	UnshippableConflicts  bool // shipping what cannot be shipped is 409, not 400
	RefundedShippable     bool // refunded units can still be shipped
	OmittedProviderEmpty  bool // a shipment without shipping_provider gets "", not "custom"
	StringAddressAccepted bool // order_address_id may be a quoted number

	InvalidItemsSkipped  bool // an adjustment with invalid items applies the valid ones
	AbsoluteSetsSellable bool // absolute quantities count available to sell, not on hand
	UntrackedSilent      bool // adjusting an untracked product is accepted and does nothing
	NegativeAccepted     bool // an absolute quantity may be negative
	SKUFindsProducts     bool // a SKU names a product that is tracked by product
	StockStopsAtZero     bool // on hand never falls below zero
	PartialShipmentTakes bool // with FallsAtShipment, each shipment takes its units, not the final status all
	IncompleteTakesStock bool // an incomplete order takes stock
	RelativeSeesPending  bool // a relative change builds on a pending absolute instead of being overtaken

	WrongContextRefused bool // a token request without the right context is 400, not a token without scopes
	HooksNeedScope      bool // subscribing needs the scope that reads the subject
	DuplicateHookIs409  bool // a second hook for one scope and destination is 409, not 422
	HooksUnsigned       bool // notifications carry no Standard Webhooks headers
}

func (c Config) withDefaults() Config {
	c.StoreHash = cmp.Or(c.StoreHash, DefaultStoreHash)
	c.StoreID = cmp.Or(c.StoreID, 1025646)
	c.Currency = cmp.Or(c.Currency, "USD")
	c.Token = cmp.Or(c.Token, DefaultToken)
	if c.Scopes == nil {
		c.Scopes = AllScopes()
	}
	c.ClientID = cmp.Or(c.ClientID, DefaultClientID)
	c.ClientSecret = cmp.Or(c.ClientSecret, DefaultClientSecret)
	c.Quota = cmp.Or(c.Quota, 1)
	c.QuotaWindow = cmp.Or(c.QuotaWindow, defaultWindow)
	c.EffectLag = max(cmp.Or(c.EffectLag, defaultEffectLag), 0)
	if c.CustomLabels == nil {
		c.CustomLabels = map[Status]string{Incomplete: "Abandoned at payment", Completed: "Done"}
	}
	return c
}

func (c Config) quota() int { return max(int(math.Round(defaultQuota*c.Quota)), 1) }
