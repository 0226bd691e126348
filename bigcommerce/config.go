package bigcommerce

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Event is one call as it is told to Config.Hook.
type Event = transport.Event

// Config says which store, with which token. StoreHash and Token are required;
// the zero value of everything else is the default.
type Config struct {
	ID        channel.ID     // default "bigcommerce:" and the store's hash
	StoreHash string         // the part of the API path behind /stores/
	Token     channel.Secret // of a store-level API account, or of an installed app (see Exchange)

	// Lag is how long an accepted stock write may take to be shown; default
	// 60 s. BigCommerce names no figure.
	Lag time.Duration
	// VisibilityLag is how long a changed order may take to be found; default
	// 30 s.
	VisibilityLag time.Duration
	// PollEvery is how often an import walk is worth its calls; default 1 min.
	PollEvery time.Duration

	// Location is where stock is written that names no location; default "1",
	// the store's default location, which alone sells unless BigCommerce has
	// enabled more.
	Location channel.LocationID

	Limiter   *Limiter          // default a limiter of its own
	Transport http.RoundTripper // default a pool shared by all channels
	Endpoint  string            // default "https://api.bigcommerce.com"; for proxies and fakes
	UserAgent string            // default "penstock"
	MaxWait   time.Duration     // longest a call waits before it is throttled; default 5 s, -1 not at all
	Deadline  time.Duration     // longest one attempt of a call takes; default 10 s
	Logger    *slog.Logger      // nil is silent
	Hook      func(Event)       // told of each attempt; must not block
}

// storeHash is the form of a store's hash.
var storeHash = regexp.MustCompile(`^[a-z0-9]+$`)

// hash returns the store's hash. What people copy is often the API path or the
// context of an installation.
func (c *Config) hash() (string, error) {
	h := strings.ToLower(strings.TrimSpace(c.StoreHash))
	if i := strings.Index(h, "stores/"); i >= 0 {
		h, _, _ = strings.Cut(h[i+len("stores/"):], "/")
	}
	switch {
	case h == "":
		return "", errors.New("the StoreHash is empty: give the part of the API path behind /stores/")
	case !storeHash.MatchString(h):
		return "", fmt.Errorf("the StoreHash %q is not a store's hash: give the part of the API path behind /stores/", c.StoreHash)
	}
	return h, nil
}

// check returns everything that is wrong with c, and c with its defaults.
func (c Config) check() (Config, error) {
	var errs []error
	hash, err := c.hash()
	if err != nil {
		errs = append(errs, err)
	}
	c.StoreHash = hash
	if c.Token == "" {
		errs = append(errs, errors.New("the Token is empty: give the access token of an API account"))
	}
	errs = append(errs, transport.CheckSecret("Token", c.Token))
	for _, d := range []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{
		{"Lag", &c.Lag, time.Minute},
		{"VisibilityLag", &c.VisibilityLag, 30 * time.Second},
		{"PollEvery", &c.PollEvery, time.Minute},
		{"Deadline", &c.Deadline, 10 * time.Second},
	} {
		if *d.at < 0 {
			errs = append(errs, fmt.Errorf("the %s is negative", d.name))
		}
		if *d.at == 0 {
			*d.at = d.def
		}
	}
	if c.Location == "" {
		c.Location = "1"
	}
	if n, err := strconv.ParseInt(string(c.Location), 10, 32); err != nil || n < 1 {
		errs = append(errs, fmt.Errorf("the Location %q is not a location's number", c.Location))
	}
	if c.ID == "" {
		c.ID = channel.ID("bigcommerce:" + hash)
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://api.bigcommerce.com"
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		errs = append(errs, errors.New("the Endpoint is not an http or https URL"))
	}
	c.Endpoint = strings.TrimRight(c.Endpoint, "/")
	if c.UserAgent == "" {
		c.UserAgent = "penstock"
	}
	if c.Limiter == nil {
		c.Limiter = NewLimiter()
	}
	if c.Limiter.calls == nil {
		errs = append(errs, errors.New("the Limiter is empty: make it with NewLimiter"))
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("bigcommerce: %w", err)
	}
	return c, nil
}
