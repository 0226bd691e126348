package stall

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/penstock-go/penstock/channel"
)

// What Stall takes, from its documentation.
const (
	callsPerSecond = 10
	callsAtOnce    = 20
	maxPage        = 100    // rows of a list, and ids in a filter
	maxLevels      = 50     // of a stock write
	maxQuantity    = 999999 // of a listing
)

// Config says which shop, with which key. Shop and Key are required; the zero
// value of everything else is the default.
type Config struct {
	ID   channel.ID     // default "stall:" and the shop
	Shop string         // the shop's name in its address
	Key  channel.Secret // made by the seller under Settings, Keys

	Limiter   *rate.Limiter     // default 10 calls a second, 20 at once; channels of one key share one
	Transport http.RoundTripper // default http.DefaultTransport
	Endpoint  string            // default "https://api.stall.example"; for fakes
	MaxWait   time.Duration     // longest a call waits before it is throttled; default 5 s
	Deadline  time.Duration     // longest one attempt of a call takes; default 10 s
}

// check returns c with its defaults, and everything that is wrong with it.
func (c Config) check() (Config, error) {
	var errs []error
	if c.Shop == "" {
		errs = append(errs, errors.New("the Shop is empty: give its name in the shop's address"))
	}
	if c.Key == "" || strings.ContainsFunc(string(c.Key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("the Key is empty, or holds what is not printable ASCII"))
	}
	if c.MaxWait < 0 || c.Deadline < 0 {
		errs = append(errs, errors.New("MaxWait or Deadline is negative"))
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://api.stall.example"
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.User != nil {
		errs = append(errs, errors.New("the Endpoint is not the URL of a host"))
	}
	if c.ID == "" {
		c.ID = channel.ID("stall:" + c.Shop)
	}
	if c.Limiter == nil {
		c.Limiter = rate.NewLimiter(callsPerSecond, callsAtOnce)
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.MaxWait == 0 {
		c.MaxWait = 5 * time.Second
	}
	if c.Deadline == 0 {
		c.Deadline = 10 * time.Second
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("stall: %w", err)
	}
	return c, nil
}

// LogValue implements [slog.LogValuer]: a JSON handler would encode the key.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(c.ID)), slog.String("shop", c.Shop))
}
