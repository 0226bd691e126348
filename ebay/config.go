package ebay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Credentials are an application's keys, and a seller's grant to it.
type Credentials struct {
	ClientID     string         // the keyset's App ID
	ClientSecret channel.Secret // its Cert ID

	// RefreshToken is what the seller's consent gave; see App.Exchange. Empty,
	// the one in Config.Tokens is used.
	RefreshToken channel.Secret

	// RefreshExpires is when RefreshToken ends, 18 months after the consent: use
	// does not prolong it. From 30 days before, Probe and the log tell of it.
	// Zero is unknown, which Probe tells too.
	RefreshExpires time.Time

	// Scopes are those that the seller consented to, as App.Exchange returns
	// them. Empty is unknown: then Probe tries them.
	Scopes []string
}

// Event is one call as it is told to Config.Hook.
type Event = transport.Event

// Config says which seller, on which marketplaces, with which grant. Seller,
// Marketplaces and one of Credentials and Provider are required; the zero value
// of everything else is the default.
type Config struct {
	ID     channel.ID // default "ebay:" and the Seller
	Seller string     // the seller's user name or immutable user id

	// Marketplaces are where the seller sells, as in "EBAY_DE": the first is the
	// main one. Orders come from all of eBay, whatever stands here.
	Marketplaces []string
	Sandbox      bool // the sandbox, which has keys, tokens and sellers of its own

	// Credentials stay as they are. Provider is asked instead, before a token is
	// renewed (every two hours) and by Probe, one call at a time, so that a
	// client secret or a grant can be changed without a restart. It should be
	// quick: a call waits for it.
	Credentials Credentials
	Provider    func(context.Context) (Credentials, error)

	// Tokens keeps access tokens, the application's too, and the refresh token
	// where Credentials have none; processes that share it share renewals, of
	// which eBay counts the application's 1,000 a day. Default in memory.
	Tokens channel.TokenStore

	// Quota shares the application's daily calls among its sellers' channels,
	// which eBay counts together. Default one of this channel's own, which is
	// right for an application with one seller.
	Quota channel.Quota
	// QuotaShare is the part of the application's daily calls of each API that
	// this channel spends by itself at most, above 0 and up to 1; default 1, all.
	// With many sellers a few times one by their number lets no seller spend
	// what others need.
	QuotaShare float64

	// Lag is how long a changed order may take to be found; default 2 min. eBay
	// promises nothing; its advice for polling leaves out the last two minutes.
	Lag time.Duration
	// EffectLag is how long an accepted quantity may take to be shown; default
	// 5 min. eBay names no figure.
	EffectLag time.Duration
	// Hold is how long units that are gone may wait for their order; default 5
	// days. A buyer commits, and pays later or never. Sellers may call a purchase
	// unpaid after four days. Less is for a fake whose buyers are quicker.
	Hold time.Duration
	// PollEvery is how often an import walk is worth its call; default 5 min.
	PollEvery time.Duration

	// SoldCount has stock reads tell how many units a listing sold in its life. A
	// count that is to be used must rise when the quantity falls, with the buyer's
	// commitment; eBay says nothing of it, and so this is off by default. Whether
	// a cancelled or unpaid purchase leaves the count does not matter much.
	SoldCount bool

	// StockBatch is how many inventory items one call sets the quantities of, 1 to
	// 25; default 25. eBay's pages contradict each other: one names 25, another
	// one. A call that is refused for it is repeated item by item.
	StockBatch int
	// FeedFrom is how many Trading-born listings a feed is worth; default 200, -1
	// never. As many take 50 of the 5,000 Trading calls that all the application's
	// sellers share, and some ten seconds; a feed takes about eight of the 100,000
	// Feed calls, and minutes.
	FeedFrom int
	// FeedAbove is the most units that do not go by feed, since they may be sold
	// meanwhile; default 10, -1 none. Of those FeedFrom at most are set by calls.
	FeedAbove int64

	// Carriers are eBay's carrier codes by a code of channel.Carriers or a
	// carrier's name as it is given in Tracking. They go before the adapter's own.
	Carriers map[string]string

	Transport        http.RoundTripper // default a pool shared by all channels
	Endpoint         string            // default "https://api.ebay.com"; for proxies and fakes
	IdentityEndpoint string            // default "https://apiz.ebay.com", or Endpoint where that is given
	MaxWait          time.Duration     // longest a call waits before it is throttled; default 5 s, -1 not at all
	Deadline         time.Duration     // longest one attempt of a call takes; default 10 s
	Logger           *slog.Logger      // nil is silent
	Hook             func(Event)       // told of each attempt; must not block
}

// check returns everything that is wrong with c, and c with its defaults.
func (c Config) check() (Config, error) {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.Seller = strings.TrimSpace(c.Seller)
	switch {
	case c.Seller == "":
		complain("the Seller is empty: give the seller's user name, which eBay shows at the top of My eBay")
	case len(c.Seller) > maxSeller || strings.ContainsFunc(c.Seller, unprintable):
		complain("the Seller is no user name: give up to %d printable characters", maxSeller)
	}
	c.Marketplaces = compact(c.Marketplaces)
	if len(c.Marketplaces) == 0 {
		complain("the Marketplaces are empty: give those the seller sells on, such as EBAY_US")
	}
	for _, id := range c.Marketplaces {
		if _, known := marketplaces[id]; !known {
			complain("the marketplace id %q is not known here: ids are like EBAY_DE, in capital letters", id)
		}
	}
	errs = append(errs, c.checkCredentials())
	if c.QuotaShare == 0 {
		c.QuotaShare = 1
	}
	if c.StockBatch = cmp.Or(c.StockBatch, maxBulkItems); c.StockBatch < 1 || c.StockBatch > maxBulkItems {
		complain("the StockBatch is not 1 to %d", maxBulkItems)
	}
	if c.FeedFrom = cmp.Or(c.FeedFrom, feedFrom); c.FeedFrom < -1 {
		complain("the FeedFrom is below -1")
	}
	if c.FeedAbove = cmp.Or(c.FeedAbove, feedAbove); c.FeedAbove < -1 {
		complain("the FeedAbove is below -1")
	}
	if !(c.QuotaShare > 0 && c.QuotaShare <= 1) {
		complain("the QuotaShare is not above 0 and up to 1")
	}
	for _, d := range []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{
		{"Lag", &c.Lag, 2 * time.Minute}, // knowledge base article 1788
		{"EffectLag", &c.EffectLag, 5 * time.Minute},
		{"Hold", &c.Hold, holdTime},
		{"PollEvery", &c.PollEvery, 5 * time.Minute},
		{"Deadline", &c.Deadline, 10 * time.Second},
	} {
		if *d.at < 0 {
			complain("the %s is negative", d.name)
		}
		if *d.at == 0 {
			*d.at = d.def
		}
	}
	if c.ID == "" {
		c.ID = channel.ID("ebay:" + c.Seller)
	}
	if c.IdentityEndpoint == "" {
		c.IdentityEndpoint = c.Endpoint
	}
	if c.IdentityEndpoint == "" {
		c.IdentityEndpoint = host(c.Sandbox, hostAPIZ, hostAPIZSandbox)
	}
	if c.Endpoint == "" {
		c.Endpoint = host(c.Sandbox, hostAPI, hostAPISandbox)
	}
	for _, e := range []struct {
		name string
		url  *string
	}{{"Endpoint", &c.Endpoint}, {"IdentityEndpoint", &c.IdentityEndpoint}} {
		*e.url = strings.TrimRight(*e.url, "/")
		if !isURL(*e.url) {
			complain("the %s is not an http or https URL", e.name)
		}
	}
	if c.Quota == nil {
		c.Quota = channel.NewQuota()
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("ebay: %w", err)
	}
	return c, nil
}

// maxSeller is longer than any user name or user id, in bytes.
const maxSeller = 128

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (c *Config) checkCredentials() error {
	got := c.Credentials
	if c.Provider != nil {
		if !got.empty() {
			return errors.New("the Credentials and the Provider are both set: give one of them")
		}
		return nil
	}
	if got.empty() {
		return errors.New("the Credentials are empty: give the application's client id and secret and the seller's refresh token, or a Provider of them")
	}
	return errors.Join(got.complete(c.Tokens != nil)...)
}

func (c Credentials) empty() bool {
	return c.ClientID == "" && c.ClientSecret == "" && c.RefreshToken == "" && c.RefreshExpires.IsZero() && len(c.Scopes) == 0
}

// complete returns what is missing. With stored set, the refresh token may be
// where tokens are kept.
func (c Credentials) complete(stored bool) (errs []error) {
	if c.ClientID == "" {
		errs = append(errs, errors.New("the ClientID is empty: give the keyset's App ID"))
	}
	if c.ClientSecret == "" {
		errs = append(errs, errors.New("the ClientSecret is empty: give the keyset's Cert ID"))
	}
	if c.RefreshToken == "" && !stored {
		errs = append(errs, errors.New("the RefreshToken is empty: give the one that the seller's consent gave"))
	}
	if strings.Contains(string(c.RefreshToken), "%") {
		errs = append(errs, errors.New("the RefreshToken is escaped as in a URL: give it decoded"))
	}
	for name, s := range map[string]channel.Secret{"ClientSecret": c.ClientSecret, "RefreshToken": c.RefreshToken} {
		if err := transport.CheckSecret(name, s); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
