package amazon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Credentials are an application's, and a seller's grant to it.
type Credentials struct {
	ClientID     string
	ClientSecret channel.Secret

	// RefreshToken is what the seller's authorisation gave. Empty, the one in
	// Config.Tokens is used.
	RefreshToken channel.Secret

	// SecretExpires is when ClientSecret ends: Amazon demands a new one every
	// 180 days, and the console shows the day. From 30 days before, Probe and
	// the log tell of it. Zero is unknown, which Probe tells too.
	SecretExpires time.Time
}

// Event is one call as it is told to Config.Hook.
type Event = transport.Event

// Config says which seller, in which marketplaces of one region, with which
// grant. SellerID, MarketplaceIDs, Application and one of Credentials and
// Provider are required; the zero value of everything else is the default.
type Config struct {
	ID       channel.ID // default "amazon:", the region, ":" and the SellerID
	SellerID string     // the merchant token, as in "A2EXAMPLE1SELLER"

	// MarketplaceIDs are where the seller sells, as in "ATVPDKIKX0DER": all in
	// one region, which they tell.
	MarketplaceIDs []string
	Region         Region // needed only for a marketplace that is too new to be known here
	Sandbox        bool   // Amazon's own sandbox: scripted answers

	// Credentials stay as they are. Provider is asked instead, before a token is
	// renewed (once an hour) and by Probe, one call at a time, so that a client
	// secret or a grant can be changed without a restart. It should be quick: a
	// call waits for it.
	Credentials Credentials
	Provider    func(context.Context) (Credentials, error)

	// Tokens keeps access tokens, and the refresh token where Credentials have
	// none; processes that share it share one renewal an hour. Default in
	// memory.
	Tokens channel.TokenStore

	// Application and Version name the program to Amazon, which demands it.
	Application string
	Version     string // default "1"

	// Lag is how long a changed order may take to be found; default 2 min. Hours
	// have been reported for single sellers. Less is for a fake that is faster:
	// Amazon itself searches no further than two minutes ago.
	Lag time.Duration
	// EffectLag is how long an accepted quantity may take to be shown; default
	// 5 min. Amazon names no figure.
	EffectLag time.Duration
	// PollEvery is how often an import walk is worth its call; default 5 min. A
	// search refills one call in three minutes.
	PollEvery time.Duration

	// FeedFrom is from how many levels on SetStock sends a feed and not as many
	// patches; default 2,000, which take seven minutes as patches. -1 is never.
	FeedFrom int
	// FeedAbove is the most units that never go by feed, since few units sell
	// out while one waits; default 10, -1 is none.
	FeedAbove int64

	// Carriers are carrier codes as Seller Central lists them, by a code of
	// channel.Carriers or a carrier's name as it is given in Tracking. They go
	// before the adapter's own.
	Carriers map[string]string

	Limiter       *Limiter          // default a limiter of its own
	Quota         channel.Quota     // of the application, over its processes; default none
	Transport     http.RoundTripper // default a pool shared by all channels
	Endpoint      string            // default the region's; for proxies and fakes
	TokenEndpoint string            // default "https://api.amazon.com/auth/o2/token"
	MaxWait       time.Duration     // longest a call waits before it is throttled; default 5 s, -1 not at all
	Deadline      time.Duration     // longest one attempt of a call takes; default 10 s
	Logger        *slog.Logger      // nil is silent
	Hook          func(Event)       // told of each attempt; must not block
}

// sellerID is the form of a seller's id.
var sellerID = regexp.MustCompile(`^[A-Z0-9]{5,32}$`)

// maxUserAgent is the longest User-Agent that Amazon takes, in characters: the
// page "Include a User-Agent header in all requests".
const maxUserAgent = 500

// userAgent identifies the program in the form that page demands. What would be
// taken for structure is escaped, in each part something else.
func (c *Config) userAgent() (string, error) {
	for _, s := range []string{c.Application, c.Version} {
		for _, r := range s {
			if r < ' ' || r > '~' {
				return "", fmt.Errorf("the Application or Version holds %q: only printable ASCII can be sent", r)
			}
		}
	}
	ua := strings.NewReplacer(`\`, `\\`, `/`, `\/`).Replace(c.Application) + "/" +
		strings.NewReplacer(`\`, `\\`, `(`, `\(`).Replace(c.Version) +
		" (Language=" + value("Go/"+strings.TrimPrefix(runtime.Version(), "go")) +
		"; Platform=" + value(runtime.GOOS+"/"+runtime.GOARCH) + "; Library=penstock)"
	if len(ua) > maxUserAgent {
		return "", fmt.Errorf("the Application and Version make a User-Agent of %d characters, and Amazon takes %d: shorten them", len(ua), maxUserAgent)
	}
	return ua, nil
}

func value(s string) string {
	return strings.NewReplacer(`\`, `\\`, `)`, `\)`, `;`, `\;`).Replace(s)
}

// check returns everything that is wrong with c, and c with its defaults.
func (c Config) check() (Config, error) {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.SellerID = strings.TrimSpace(c.SellerID)
	switch {
	case c.SellerID == "":
		complain("the SellerID is empty: give the merchant token, which Seller Central shows under Account Info")
	case !sellerID.MatchString(c.SellerID):
		complain("the SellerID %q is not a seller's id: give the merchant token, capital letters and digits", c.SellerID)
	}
	c.MarketplaceIDs = compact(c.MarketplaceIDs)
	if len(c.MarketplaceIDs) == 0 {
		complain("the MarketplaceIDs are empty: give those the seller sells in, such as ATVPDKIKX0DER")
	}
	if len(c.MarketplaceIDs) > maxMarketplaces {
		complain("there are %d MarketplaceIDs, and Amazon takes %d", len(c.MarketplaceIDs), maxMarketplaces)
	}
	region, err := regionOf(c.MarketplaceIDs, c.Region)
	if err != nil {
		errs = append(errs, err)
	}
	c.Region = region
	errs = append(errs, c.checkCredentials())
	c.Application, c.Version = strings.TrimSpace(c.Application), strings.TrimSpace(c.Version)
	if c.Version == "" {
		c.Version = "1"
	}
	if c.Application == "" {
		complain("the Application is empty: name the program, since Amazon refuses calls that do not say whose they are")
	} else if _, err := c.userAgent(); err != nil {
		errs = append(errs, err)
	}
	for _, d := range []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{
		{"Lag", &c.Lag, 2 * time.Minute}, // "Get orders with filtering criteria"
		{"EffectLag", &c.EffectLag, 5 * time.Minute},
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
	if c.FeedFrom == 0 {
		c.FeedFrom = feedFrom
	}
	if c.FeedAbove == 0 {
		c.FeedAbove = feedAbove
	}
	if c.ID == "" {
		c.ID = channel.ID("amazon:" + string(c.Region) + ":" + c.SellerID)
	}
	if c.Endpoint == "" {
		c.Endpoint = c.Region.endpoint(c.Sandbox)
	}
	if c.TokenEndpoint == "" {
		c.TokenEndpoint = "https://api.amazon.com/auth/o2/token" // "Connect to the SP-API": one for all regions
	}
	c.Endpoint = strings.TrimRight(c.Endpoint, "/")
	for _, e := range []struct{ name, url string }{{"Endpoint", c.Endpoint}, {"TokenEndpoint", c.TokenEndpoint}} {
		if u, err := url.Parse(e.url); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			complain("the %s is not an http or https URL", e.name)
		}
	}
	if c.Limiter == nil {
		c.Limiter = NewLimiter()
	}
	if c.Limiter.calls == nil {
		complain("the Limiter is empty: make it with NewLimiter")
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("amazon: %w", err)
	}
	return c, nil
}

func (c *Config) checkCredentials() error {
	got := c.Credentials
	if c.Provider != nil {
		if got != (Credentials{}) {
			return errors.New("the Credentials and the Provider are both set: give one of them")
		}
		return nil
	}
	if got == (Credentials{}) {
		return errors.New("the Credentials are empty: give the application's client id and secret and the seller's refresh token, or a Provider of them")
	}
	return errors.Join(got.complete(c.Tokens != nil)...)
}

// complete returns what is missing. With stored set, the refresh token may be
// where tokens are kept.
func (c Credentials) complete(stored bool) (errs []error) {
	if c.ClientID == "" {
		errs = append(errs, errors.New("the ClientID is empty: give the application's LWA client identifier"))
	}
	if c.ClientSecret == "" {
		errs = append(errs, errors.New("the ClientSecret is empty: give the application's LWA client secret"))
	}
	if c.RefreshToken == "" && !stored {
		errs = append(errs, errors.New("the RefreshToken is empty: give the one that the seller's authorisation gave"))
	}
	for name, s := range map[string]channel.Secret{"ClientSecret": c.ClientSecret, "RefreshToken": c.RefreshToken} {
		if err := transport.CheckSecret(name, s); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
