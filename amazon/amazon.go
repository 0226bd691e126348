package amazon

import (
	"context"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// Channel is one seller account in one region. Make it with New. It is safe for
// concurrent use.
type Channel struct {
	cfg       Config
	userAgent string
	maxWait   time.Duration // of one call
	client    *transport.Client
	clock     transport.Clock // Amazon's
	forced    forcing
	told      adapter.Daily // that the client secret ends
	faces     faces
	addresses addresses // of documents
	routes    routes
	feeds     adapter.FeedBook
	held      held
}

// New returns the channel of a seller account. It makes no call and starts
// nothing: wrong credentials show with the first call, Probe being the cheapest.
func New(cfg Config) (*Channel, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	c := &Channel{cfg: cfg, maxWait: cfg.MaxWait}
	switch {
	case c.maxWait == 0:
		c.maxWait = defaultMaxWait
	case c.maxWait < 0:
		c.maxWait = 0
	}
	if c.userAgent, err = cfg.userAgent(); err != nil {
		return nil, err
	}
	tokens, err := c.tokens()
	if err != nil {
		return nil, err
	}
	tc := transport.Config{
		Channel: cfg.ID, Base: cfg.Transport, Limiter: cfg.Limiter.calls, MaxWait: cfg.MaxWait,
		CallDeadline: cfg.Deadline, Logger: cfg.Logger, Policy: c.policy(),
		Credentials: transport.Credentials{Source: tokens, Header: "X-Amz-Access-Token", Hosts: []string{endpoint.Host}},
	}
	if cfg.Hook != nil {
		tc.Hook = func(_ context.Context, e transport.Event) { cfg.Hook(e) }
	}
	c.client, err = transport.New(tc)
	return c, err
}

// defaultMaxWait is what a call waits at most where the configuration names
// nothing.
const defaultMaxWait = 5 * time.Second

// ID returns the channel's name.
func (c *Channel) ID() channel.ID { return c.cfg.ID }

// Traits returns the facts of Amazon that an engine plans with. One quantity is
// kept for a seller and SKU in all marketplaces of a region; it falls when an
// order is placed, pending ones included. An order bears that moment.
func (c *Channel) Traits() channel.Traits {
	return channel.Traits{
		Marketplace:   "amazon",
		PollEvery:     c.cfg.PollEvery,
		VisibilityLag: c.cfg.Lag,
		EffectLag:     c.cfg.EffectLag,
		CallDeadline:  c.cfg.Deadline,
		Hold:          max(min(holdTime, holdLags*c.cfg.Lag), 60*c.cfg.Lag),
		AuditEvery:    2 * time.Hour,
		ClockError:    clockError,
		StockBatch:    patchBatch(c.cfg.Deadline),
		StockJob:      channel.StockJob{Least: max(0, c.cfg.FeedFrom), Most: maxMessages, Above: c.cfg.FeedAbove},
		StockWrite:    channel.StockAbsolute,
		Falls:         channel.FallsAtSale,
		ExactTimes:    true,
		FallsAtOnce:   true,
		Notify:        false,
	}
}

const (
	// holdTime is how long units seen to be gone wait for their order, measured
	// by the watermark: hours of lag have been reported.
	holdTime = 6 * time.Hour
	holdLags = 180 // as many of the usual lags, where that is shorter: with a fake

	// clockError is a second by which a Date header may mislead, and one for
	// times without a fraction, which the model's examples have.
	clockError = 2 * time.Second
)

// serverNow is our estimate of Amazon's clock.
func (c *Channel) serverNow() time.Time { return c.clock.Now() }

var _ channel.Channel = (*Channel)(nil)
