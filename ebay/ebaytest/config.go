package ebaytest

import (
	"cmp"
	"time"
)

// Values of a zero Config.
const (
	DefaultSellerID     = "testseller"
	DefaultClientID     = "PenstockT-fake-PRD-0000000000000000-00000000"
	DefaultClientSecret = "PRD-0000000000000000-fake"
	DefaultRuName       = "Penstock-PenstockT-fake-abcdefg"
	DefaultRefreshToken = "v^1.1#i^1#p^3#r^1#f^0#I^3#t^fakeRefreshToken="

	defaultTokenLifetime         = 2 * time.Hour                          // expires_in 7200
	defaultRefreshLifetime       = 47304000 * time.Second                 // refresh_token_expires_in, 547.5 days
	defaultCodeLifetime          = 299 * time.Second                      // expires_in of the consent's callback
	defaultVisibilityLag         = 15 * time.Second                       // none is documented
	defaultFeedQueue             = time.Minute                            // none is documented
	defaultFeedRun               = 2 * time.Minute                        // none is documented
	defaultUploadWindow          = time.Hour                              // feed error 160026
	defaultRevisions             = 250                                    // of a listing on one day, the vendor's listing management guide
	defaultBatch                 = 25                                     // the schema BulkPriceQuantity
	defaultFeedTasks             = 10                                     // at once, the vendor's page "data-file-limits"
	ordersGoBack                 = 2 * 365 * 24 * time.Hour               // getOrders
	ordersListed                 = 90 * 24 * time.Hour                    // getOrders without a filter
	emailKept                    = 14 * 24 * time.Hour                    // the schema ExtendedContact
	addressKept                  = 90 * 24 * time.Hour                    // the schema Address
	tasksListed                  = ordersListed                           // getTasks
	maxBody                int64 = 16<<20 + 1<<16                         // of a request; the largest file is 15 MB
	baseScope                    = "https://api.ebay.com/oauth/api_scope" // of application tokens
)

// Config describes a seller account. The zero value is a useful one.
type Config struct {
	SellerID string // the user name; "" means DefaultSellerID
	UserID   string // the immutable id; "" is derived from SellerID
	// Marketplaces are the ids of the marketplaces the seller sells on, such as
	// EBAY_DE; nil means the United States. The first is a listing's where it
	// names none.
	Marketplaces []string
	// Sandbox makes it an account of the sandbox: on the hosts of production its
	// keys and tokens are unknown, and the other way round.
	Sandbox bool

	// ClientID, ClientSecret and RuName belong to the application the seller has
	// consented to, RefreshToken to that consent and Scopes are what it covers;
	// "" means the Default… of that name, nil AllScopes(). Apps are further ones.
	ClientID     string
	ClientSecret string
	RuName       string
	RefreshToken string
	Scopes       []string
	Apps         []App

	// Quota multiplies every daily limit; 0 means 1.
	Quota float64
	// Limits are instead of the default ones, by the name of the API as Limits()
	// has it, before Quota.
	Limits map[string]Limit
	// Counters, if set, are shared by several fakes whose sellers use the same
	// application: its daily calls are counted together.
	Counters *Counters
	// RetryAfter sends Retry-After with a 429, which is believed to be rare.
	RetryAfter bool
	// RevisionsPerDay is how often a listing can be revised on one day, before
	// Quota; 0 means 250.
	RevisionsPerDay int

	// ClockOffset is how far the marketplace's clock is ahead of time.Now.
	ClockOffset time.Duration
	// Latency is how long each call takes; 0 means none. It is needed to
	// overlap calls in a synctest bubble.
	Latency time.Duration

	TokenLifetime   time.Duration // of an access token; 0 means two hours
	RefreshLifetime time.Duration // of a refresh token, which use does not prolong; 0 means 547.5 days
	CodeLifetime    time.Duration // of an authorization code; 0 means 299 s
	// VisibilityLag is the time from a change of an order until lists find it by
	// that change; 0 means 15 s, negative none.
	VisibilityLag time.Duration
	// EffectLag is the time from a quantity being accepted until it is the live
	// one; 0 means none.
	EffectLag time.Duration
	// FeedQueue is how long a feed task waits at least, FeedRun how long it is in
	// process; 0 means one and two minutes, negative none.
	FeedQueue, FeedRun time.Duration
	// FeedTasks is how many feed tasks may wait or be in process at once; 0 means
	// ten.
	FeedTasks int
	// UploadWindow is how long after its creation a task takes its file; 0 means
	// an hour.
	UploadWindow time.Duration
	// GzipResults packs the result files of feeds with gzip instead of zip.
	GzipResults bool

	Stock StockSetting

	// Batch is how many inventory items bulkUpdatePriceQuantity takes in one
	// call; 0 means 25.
	Batch int
	// ShuffleResponses gives the responses of a bulk call in another order than
	// the requests.
	ShuffleResponses bool
	// HideUsernames gives users' immutable ids where their names used to stand,
	// as developers of certain countries see them.
	HideUsernames bool
	// Carriers are the carrier codes that a shipping fulfilment may name; nil
	// means any text.
	Carriers []string

	Believed Believed
}

// StockSetting says when a listing's quantity changes by itself, and what
// becomes of a listing without any.
type StockSetting struct {
	KeepOnCancel bool // a cancelled order gives nothing back, which is not documented
	KeepOnUnpaid bool // and nor does a purchase that is never paid for
	// EndAtZero is the seller's preference OutOfStockControl turned off: a
	// Trading-born listing at quantity 0 ends, and a variation is dropped.
	EndAtZero bool
}

// Believed holds one switch for each behaviour that the marketplace's documents
// do not settle. False is what is believed, or what asks more of a client; true
// the other reading.
type Believed struct {
	RefreshRotates    bool // using a refresh token gives a new one and ends the old
	ScopesIgnored     bool // a refresh that asks for more than was granted gets what was granted
	NoTokenIs403      bool // a call without token is 403, not 400
	AnyHostAnswers    bool // the host of another API answers all the same
	UnknownFieldsPass bool // unknown fields of a body are ignored
	LanguageOptional  bool // Inventory calls need no Accept-Language
	CarrierFree       bool // a tracking number is not checked against its carrier and signs
	TokensUncounted   bool // the token endpoint has no daily limits
	NoCount           bool // rate limits do not tell count beside limit and remaining
	TradingByCall     bool // rate limits tell each Trading call by itself
	CommonQuotaOnly   bool // user_rate_limit has nothing to tell
	UnpaidKeepsStock  bool // a purchase takes stock only once it is paid
	SoldWhenPaid      bool // a purchase counts as sold only once it is paid
	SoldStays         bool // what a cancelled or unpaid purchase gives back stays counted as sold
	CreatedAtPurchase bool // an order's creation date is that of the purchase, not of the payment
	OrderReadsLag     bool // getOrder knows a new order only once lists do
	NewestFirst       bool // a list begins with the newest order
	ShipmentsSilent   bool // a shipment does not move lastModifiedDate
	RefundsSilent     bool // nor does a refund
	RequestsSilent    bool // nor does a buyer's request to cancel
	LegacyOrderIDs    bool // orders still have legacyOrderId
	AnyShippedDate    bool // shippedDate may be before the order
	RepeatsRefused    bool // a tracking number that is on the order already is 32300
	MarkedOnceOnly    bool // an order already marked shipped takes no more tracking: 34500
	ZeroOffersEnd     bool // an offer at quantity 0 ends its listing
	OneSKUPerCall     bool // bulkUpdatePriceQuantity takes one SKU a call, as its text says
	NoChangeCounts    bool // a revision that changes nothing counts towards the day's
	PartlyApplied     bool // of a Trading call with a wrong node the others are applied
	ReportCountsSold  bool // a report's quantities count sold units, as those of GetItem do
	NoMessageIDs      bool // a feed's result does not repeat MessageID as CorrelationID
}

func (c Config) withDefaults() Config {
	c.SellerID = cmp.Or(c.SellerID, DefaultSellerID)
	c.UserID = cmp.Or(c.UserID, "U1id"+c.SellerID)
	if len(c.Marketplaces) == 0 {
		c.Marketplaces = []string{"EBAY_US"}
	}
	c.ClientID = cmp.Or(c.ClientID, DefaultClientID)
	c.ClientSecret = cmp.Or(c.ClientSecret, DefaultClientSecret)
	c.RuName = cmp.Or(c.RuName, DefaultRuName)
	c.RefreshToken = cmp.Or(c.RefreshToken, DefaultRefreshToken)
	if c.Scopes == nil {
		c.Scopes = AllScopes()
	}
	if c.Quota <= 0 {
		c.Quota = 1
	}
	c.RevisionsPerDay = cmp.Or(c.RevisionsPerDay, defaultRevisions)
	c.TokenLifetime = cmp.Or(c.TokenLifetime, defaultTokenLifetime)
	c.RefreshLifetime = cmp.Or(c.RefreshLifetime, defaultRefreshLifetime)
	c.CodeLifetime = cmp.Or(c.CodeLifetime, defaultCodeLifetime)
	c.VisibilityLag = delay(c.VisibilityLag, defaultVisibilityLag)
	c.EffectLag = max(c.EffectLag, 0)
	c.FeedQueue = delay(c.FeedQueue, defaultFeedQueue)
	c.FeedRun = delay(c.FeedRun, defaultFeedRun)
	c.FeedTasks = cmp.Or(c.FeedTasks, defaultFeedTasks)
	c.UploadWindow = cmp.Or(c.UploadWindow, defaultUploadWindow)
	c.Batch = cmp.Or(c.Batch, defaultBatch)
	return c
}

// Faster returns the configuration of an account in which quotas and lags are so
// many times faster, for runs that play a day in seconds. What ends after a time
// (tokens, codes, upload windows) keeps its own: clients renew by margins that
// do not shrink. No lag becomes shorter than a millisecond, in which times are
// written down.
func (c Config) Faster(factor float64) Config {
	c = c.withDefaults()
	c.Quota *= factor
	for _, d := range []*time.Duration{&c.VisibilityLag, &c.FeedQueue, &c.FeedRun} {
		if *d == 0 {
			*d = -1 // none stays none
			continue
		}
		*d = quicker(*d, factor)
	}
	if c.EffectLag > 0 {
		c.EffectLag = quicker(c.EffectLag, factor)
	}
	return c
}

func quicker(d time.Duration, factor float64) time.Duration {
	return max(time.Duration(float64(d)/factor), time.Millisecond)
}

func delay(d, otherwise time.Duration) time.Duration { return max(cmp.Or(d, otherwise), 0) }
