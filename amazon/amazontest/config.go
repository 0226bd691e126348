package amazontest

import (
	"cmp"
	"time"
)

// Values of a zero Config.
const (
	DefaultSellerID     = "A3TESTSELLER01"
	DefaultClientID     = "amzn1.application-oa2-client.fake"
	DefaultClientSecret = "amzn1.oa2-cs.v1.fake"
	DefaultRefreshToken = "Atzr|fake-refresh-token"

	defaultTokenLifetime = time.Hour
	defaultBoundAge      = 2 * time.Minute // of a Before bound, orders_2026-01-01.json
	defaultEffectLag     = 30 * time.Second
	defaultFeedWait      = time.Minute
	defaultFeedRun       = 2 * time.Minute
	defaultReportRun     = time.Minute
	defaultDocumentLife  = 5 * time.Minute // of a presigned address, feeds_2021-06-30.json
	defaultCursorLife    = 24 * time.Hour  // of a page token, orders_2026-01-01.json
)

// Config describes a seller account. The zero value is a useful one.
type Config struct {
	SellerID string // "" means DefaultSellerID
	// Marketplaces are the ids of the marketplaces the seller sells on, all of
	// one region; nil means the United States. The first is an order's where it
	// names none.
	Marketplaces []string

	// ClientID, ClientSecret and RefreshToken belong to the seller's first
	// application, and Roles are its roles; "" means the Default… of that name,
	// nil AllRoles(). Apps are further ones.
	ClientID     string
	ClientSecret string
	RefreshToken string
	Roles        []Role
	Apps         []App
	// RefusePII refuses a request for BUYER or RECIPIENT by an application
	// without the restricted role with 403, instead of leaving their fields out.
	RefusePII bool

	// Quota multiplies the rate of every bucket; 0 means 1. A burst stays what
	// it is, so that a run at Quota 60 is one at Quota 1 with a minute to the
	// second.
	Quota float64
	// Rates are plans instead of the default ones, by operation, before Quota.
	Rates map[string]Rate
	// AppRates are second buckets, shared by all sellers of an application, by
	// operation.
	AppRates map[string]Rate
	// NoRateHeader leaves x-amzn-RateLimit-Limit out, which is best effort.
	NoRateHeader bool

	// ClockOffset is how far the marketplace's clock is ahead of time.Now.
	ClockOffset time.Duration
	// Latency is how long each call takes; 0 means none. It is needed to
	// overlap calls in a synctest bubble.
	Latency time.Duration

	TokenLifetime time.Duration // of an access token; 0 means an hour
	// VisibilityLag is the time from a change of an order until a search finds
	// it by that change; 0 means BoundAge, negative none.
	VisibilityLag time.Duration
	// BoundAge is how far in the past the upper bound of a search must lie, and
	// where it lies when a search names none; 0 means two minutes, negative
	// none.
	BoundAge time.Duration
	// EffectLag is the time from a quantity being accepted until it is the live
	// one; 0 means 30 s, negative none.
	EffectLag time.Duration
	// FeedWait is how long a feed waits in the queue at least, FeedRun how long
	// it is in progress; 0 means one and two minutes, negative none.
	FeedWait, FeedRun time.Duration
	// ReportRun is how long a report is in progress; 0 means a minute, negative
	// none.
	ReportRun time.Duration
	// ReportCache is for how long a report of the same type has the content of
	// the one before; 0 means it has its own.
	ReportCache time.Duration
	// DocumentLifetime is how long a document's address can be used; 0 means
	// five minutes.
	DocumentLifetime time.Duration
	// CursorLifetime is how long a page token of an order search can be used; 0
	// means a day.
	CursorLifetime time.Duration

	Stock StockSetting

	// ReportCharset is Cp1252 or UTF-8; "" means Cp1252. What it lacks is
	// written as a question mark.
	ReportCharset string
	// PlainDocuments leaves documents uncompressed; HideCompression compresses
	// them and does not say so.
	PlainDocuments, HideCompression bool
	// LocalHeadings gives the columns of a report German names, unless
	// preferredReportDocumentLocale asks for en_US.
	LocalHeadings bool
	// Carriers are the carrier codes that confirmShipment knows beside Other;
	// nil means any.
	Carriers []string

	Believed Believed
}

// StockSetting says when a listing's quantity changes by itself.
type StockSetting struct {
	KeepOnCancel bool // a cancelled order gives nothing back, which is not documented
}

// Believed holds one switch for each behaviour that the marketplace's models do
// not settle. False is what is believed, or what asks more of a client; true
// the other reading.
type Believed struct {
	TokenErrorsAre401  bool // a bad token is 401 where the operation's model has that
	AnyRegionAnswers   bool // the host of another region answers all the same
	OldSecretDies      bool // a rotated client secret ends at once, not after seven days
	EncodedSlashFails  bool // a SKU with an encoded slash is not found in a path
	UnknownFieldsPass  bool // unknown fields of a body are ignored, not refused with 400
	UnknownFiltersPass bool // unknown query parameters are ignored, not refused with 400

	WholeSeconds      bool // times have no fraction
	OrderReadsLag     bool // getOrder knows a new order only once searches do
	NewestFirst       bool // a search lists the newest orders first; no order is documented
	PendingPriced     bool // a pending order has its prices
	PendingKeepsStock bool // a pending order takes stock only once it is paid
	DiscountsNegative bool // a DISCOUNT subtotal is below zero
	CollectedTaxLeft  bool // tax the marketplace collects is no part of totals
	ReplacementsCost  bool // a replacement has the price of its goods, not 0
	CancelledLeave    bool // cancelled units leave quantityOrdered
	RefundsTouch      bool // a refund of shipped units counts as an update of the order

	AnyShipDate        bool // shipDate may be before the order or in the future
	AnyMarketplace     bool // confirmShipment does not compare marketplaceId with the order's
	UnknownOrderIs400  bool // confirmShipment of an unknown order is 400, not 404
	CarrierCodeShown   bool // a package with carrierCode Other shows that as its carrier, not carrierName
	UnknownSKUsInvalid bool // a patch or message for a SKU without a listing is INVALID, not accepted and dropped

	OwnWritesSilent   bool // LISTINGS_ITEM_MFN_QUANTITY_CHANGE does not follow a patch or feed
	NewOrdersSilent   bool // ORDER_CHANGE does not follow a new order
	AmazonRowsCounted bool // a report gives rows fulfilled by Amazon a quantity
}

func (c Config) withDefaults() Config {
	c.SellerID = cmp.Or(c.SellerID, DefaultSellerID)
	if len(c.Marketplaces) == 0 {
		c.Marketplaces = []string{"ATVPDKIKX0DER"}
	}
	c.ClientID = cmp.Or(c.ClientID, DefaultClientID)
	c.ClientSecret = cmp.Or(c.ClientSecret, DefaultClientSecret)
	c.RefreshToken = cmp.Or(c.RefreshToken, DefaultRefreshToken)
	if c.Roles == nil {
		c.Roles = AllRoles()
	}
	if c.Quota <= 0 {
		c.Quota = 1
	}
	c.TokenLifetime = cmp.Or(c.TokenLifetime, defaultTokenLifetime)
	c.BoundAge = delay(c.BoundAge, defaultBoundAge)
	c.VisibilityLag = delay(c.VisibilityLag, c.BoundAge)
	c.EffectLag = delay(c.EffectLag, defaultEffectLag)
	c.FeedWait = delay(c.FeedWait, defaultFeedWait)
	c.FeedRun = delay(c.FeedRun, defaultFeedRun)
	c.ReportRun = delay(c.ReportRun, defaultReportRun)
	c.DocumentLifetime = cmp.Or(c.DocumentLifetime, defaultDocumentLife)
	c.CursorLifetime = cmp.Or(c.CursorLifetime, defaultCursorLife)
	c.ReportCharset = cmp.Or(c.ReportCharset, "Cp1252")
	return c
}

// Faster returns the configuration of an account in which rates and lags are so
// many times faster, for runs that play a day in seconds. What ends after a time
// (tokens, addresses, page tokens) keeps its own: clients renew by margins that
// do not shrink. No lag becomes shorter than a millisecond, in which times are
// written down.
func (c Config) Faster(factor float64) Config {
	c = c.withDefaults()
	c.Quota *= factor
	for _, d := range []*time.Duration{&c.VisibilityLag, &c.BoundAge, &c.EffectLag, &c.FeedWait, &c.FeedRun, &c.ReportRun} {
		if *d == 0 {
			*d = -1 // none stays none
			continue
		}
		*d = max(time.Duration(float64(*d)/factor), time.Millisecond)
	}
	return c
}

func delay(d, otherwise time.Duration) time.Duration { return max(cmp.Or(d, otherwise), 0) }
