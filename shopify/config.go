package shopify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Version is the Admin API version the adapter speaks. Shopify serves it until
// 16 October 2027.
const Version = "2026-10"

// Event is one call as it is told to Config.Hook.
type Event = transport.Event

// Config says which shop, with which grant. Shop and one kind of grant are
// required; the zero value of everything else is the default.
type Config struct {
	ID   channel.ID // default "shopify:" and the shop's name
	Shop string     // "acme" or "acme.myshopify.com"

	// Token is a static Admin API token. Without it, ClientID and ClientSecret
	// are required: with Tokens the stored expiring offline token is used and
	// refreshed, without Tokens the app asks for its own (client credentials,
	// for an app on its owner's shop).
	Token        channel.Secret
	ClientID     string
	ClientSecret channel.Secret
	Tokens       channel.TokenStore

	// Lag is how long a change may take to be found by a search; default 30 s
	// (lags of up to 10 s have been reported).
	Lag time.Duration
	// PollEvery is how often an import walk is worth its points; default 1 min.
	PollEvery time.Duration

	// Commits of stock are trusted to be told by "committed": reads then report
	// units sold. Believed, and so off by default.
	SoldCount bool

	Limiter   *Limiter          // default a limiter of its own
	Transport http.RoundTripper // default a pool shared by all channels
	Endpoint  string            // default "https://" and the shop's domain; for proxies and fakes
	UserAgent string            // default "penstock"
	MaxWait   time.Duration     // longest a call waits before it is throttled; default 5 s, -1 not at all
	Deadline  time.Duration     // longest one attempt of a call takes; default 10 s
	Logger    *slog.Logger      // nil is silent
	Hook      func(Event)       // told of each attempt; must not block
}

// shopName is the form of a shop's own name in its myshopify domain.
var shopName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// domain returns the shop's myshopify domain.
func (c *Config) domain() (string, error) {
	name := strings.ToLower(strings.TrimSpace(c.Shop))
	name = strings.TrimSuffix(strings.TrimPrefix(name, "https://"), "/")
	name = strings.TrimSuffix(name, ".myshopify.com")
	switch {
	case name == "":
		return "", errors.New("the Shop is empty: give the shop's name, the part before .myshopify.com")
	case !shopName.MatchString(name):
		return "", fmt.Errorf("the Shop %q is not a myshopify name: give the part before .myshopify.com", c.Shop)
	}
	return name + ".myshopify.com", nil
}

// check returns everything that is wrong with c, and c with its defaults.
func (c Config) check() (Config, string, error) {
	var errs []error
	domain, err := c.domain()
	if err != nil {
		errs = append(errs, err)
	}
	app := c.ClientID != "" || c.ClientSecret != ""
	switch {
	case c.Token == "" && !app:
		errs = append(errs, errors.New("the Token is empty: give a static token, or ClientID and ClientSecret"))
	case c.Token != "" && app:
		errs = append(errs, errors.New("the Token and ClientID are both set: a static token needs no client"))
	case app && (c.ClientID == "" || c.ClientSecret == ""):
		errs = append(errs, errors.New("ClientID and ClientSecret go together"))
	}
	if c.Token != "" && c.Tokens != nil {
		errs = append(errs, errors.New("the Token and Tokens are both set: a static token is not refreshed"))
	}
	errs = append(errs, transport.CheckSecret("Token", c.Token), transport.CheckSecret("ClientSecret", c.ClientSecret))
	for name, d := range map[string]time.Duration{"Lag": c.Lag, "PollEvery": c.PollEvery, "Deadline": c.Deadline} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("%s is negative", name))
		}
	}
	if c.ID == "" {
		c.ID = channel.ID("shopify:" + strings.TrimSuffix(domain, ".myshopify.com"))
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://" + domain
	} else if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		errs = append(errs, errors.New("the Endpoint is not an http or https URL"))
	}
	c.Endpoint = strings.TrimSuffix(c.Endpoint, "/")
	if c.Lag == 0 {
		c.Lag = 30 * time.Second
	}
	if c.PollEvery == 0 {
		c.PollEvery = time.Minute
	}
	if c.Deadline == 0 {
		c.Deadline = 10 * time.Second
	}
	if c.UserAgent == "" {
		c.UserAgent = "penstock"
	}
	if c.Limiter == nil {
		c.Limiter = NewLimiter()
	}
	if err := errors.Join(errs...); err != nil {
		return c, domain, fmt.Errorf("shopify: %w", err)
	}
	return c, domain, nil
}
