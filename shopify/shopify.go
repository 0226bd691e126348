package shopify

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// Channel is one shop. Make it with New. It is safe for concurrent use.
type Channel struct {
	cfg    Config
	domain string
	client *transport.Client
	clock  transport.Clock // Shopify's

	mu      sync.Mutex
	access  *admin.Access          // nil until the granted scopes are known
	lacking []channel.MissingScope // of those the jobs need
	scopes  []string               // as granted, once known
	served  string                 // API version of the last answer, "" while none told
	sizes   pageSizes

	wall  int // pagingWall, but in tests
	looks transport.Gather[string, *admin.ShipOrder]
	stock stockMemory
}

// New returns the channel of a shop. It makes no call and starts nothing: a
// wrong token or shop shows with the first call, Probe being the cheapest.
func New(cfg Config) (*Channel, error) {
	cfg, domain, err := cfg.check()
	if err != nil {
		return nil, err
	}
	c := &Channel{cfg: cfg, domain: domain, sizes: newPageSizes(), wall: pagingWall}
	c.looks.Read = c.lookAtAll
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	source, err := c.tokens()
	if err != nil {
		return nil, err
	}
	tc := transport.Config{
		Channel: cfg.ID, Base: cfg.Transport, Limiter: cfg.Limiter, Key: domain, MaxWait: cfg.MaxWait,
		CallDeadline: cfg.Deadline, Logger: cfg.Logger, Policy: policy,
		Credentials: transport.Credentials{Source: source, Header: "X-Shopify-Access-Token", Hosts: []string{endpoint.Host}},
	}
	if cfg.Hook != nil {
		tc.Hook = func(_ context.Context, e transport.Event) { cfg.Hook(e) }
	}
	c.client, err = transport.New(tc)
	return c, err
}

// ID returns the channel's name.
func (c *Channel) ID() channel.ID { return c.cfg.ID }

// Traits returns the facts of Shopify that an engine plans with.
func (c *Channel) Traits() channel.Traits {
	counts := channel.SoldUncounted
	if c.cfg.SoldCount {
		counts = channel.SoldOpen
	}
	return channel.Traits{
		Marketplace:   "shopify",
		PollEvery:     c.cfg.PollEvery,
		VisibilityLag: c.cfg.Lag,
		EffectLag:     0, // a write that is answered is shown
		CallDeadline:  c.cfg.Deadline,
		Hold:          holdLags * c.cfg.Lag,
		AuditEvery:    2 * time.Hour,
		ClockError:    2 * time.Second,
		StockBatch:    maxInput,
		StockWrite:    channel.StockCompareAndSet,
		Falls:         channel.FallsAtSale,
		SoldCount:     counts,
		ExactTimes:    true,
		FallsAtOnce:   true,
		Notify:        true,
	}
}

// holdLags is how many index lags units seen to be gone wait for their order:
// half an hour at the default lag. Measured by the watermark, so an import that
// is behind does not shorten it.
const holdLags = 60

// serverNow is our estimate of Shopify's clock.
func (c *Channel) serverNow() time.Time { return c.clock.Now() }

var _ channel.Channel = (*Channel)(nil)
