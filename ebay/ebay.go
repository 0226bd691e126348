package ebay

import (
	"context"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/lms"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// Channel is one seller account. Make it with New. It is safe for concurrent
// use.
type Channel struct {
	cfg     Config
	client  *transport.Client // with the seller's token, as REST wants it
	trading *transport.Client // with the same, as Trading wants it
	app     *transport.Client // with the application's
	grants  *grants
	seller  *transport.Tokens
	clock   transport.Clock // eBay's
	budget  budget
	appID   appID
	told    adapter.Daily // that the seller's consent ends
	routes  routes
	feeds   adapter.FeedBook
	turns   turns // of orders that parcels are sent for
}

// New returns the channel of a seller account. It makes no call and starts
// nothing: wrong credentials show with the first call, Probe being the cheapest.
func New(cfg Config) (*Channel, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	c := &Channel{cfg: cfg}
	application, err := c.tokens()
	if err != nil {
		return nil, err
	}
	limiter := transport.NewLimiter(ruleOf)
	for _, made := range []struct {
		client **transport.Client
		creds  transport.Credentials
		policy transport.Policy
	}{
		{&c.client, transport.Credentials{Source: c.seller, Header: "Authorization", Format: transport.Bearer}, c.policy()},
		{&c.trading, transport.Credentials{Source: c.seller, Header: headerToken}, c.tradingPolicy()},
		{&c.app, transport.Credentials{Source: application, Header: "Authorization", Format: transport.Bearer}, c.policy()},
	} {
		made.creds.Hosts = []string{hostOf(cfg.Endpoint), hostOf(cfg.IdentityEndpoint)}
		tc := transport.Config{
			Channel: cfg.ID, Base: cfg.Transport, Limiter: limiter, MaxWait: cfg.MaxWait, CallDeadline: cfg.Deadline,
			Logger: cfg.Logger, Policy: made.policy, Credentials: made.creds,
		}
		if cfg.Hook != nil {
			tc.Hook = func(_ context.Context, e transport.Event) { cfg.Hook(e) }
		}
		if *made.client, err = transport.New(tc); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}

// ID returns the channel's name.
func (c *Channel) ID() channel.ID { return c.cfg.ID }

// Traits returns the facts of eBay that an engine plans with. A quantity falls
// when a buyer commits to buy, while the order comes once it is paid for: days
// later at times, or never.
func (c *Channel) Traits() channel.Traits {
	counts := channel.SoldUncounted
	if c.cfg.SoldCount {
		counts = channel.SoldEver
	}
	return channel.Traits{
		Marketplace:   "ebay",
		PollEvery:     c.cfg.PollEvery,
		VisibilityLag: c.cfg.Lag + clockError, // a walk ends at our estimate of its clock, less Lag
		EffectLag:     c.cfg.EffectLag,
		CallDeadline:  c.cfg.Deadline,
		Hold:          c.cfg.Hold,
		AuditEvery:    4 * time.Hour,
		ClockError:    clockError,
		StockBatch:    c.cfg.StockBatch,
		StockJob:      channel.StockJob{Least: max(c.cfg.FeedFrom, 0), Most: lms.MaxLines, Above: max(c.cfg.FeedAbove, 0)},
		StockWrite:    channel.StockAbsolute,
		Falls:         channel.FallsAtSale,
		SoldCount:     counts,
		FallsAtOnce:   true,
	}
}

const (
	// holdTime is how long units seen to be gone wait for their order, measured
	// by the watermark. Sellers may report a purchase as unpaid after four days,
	// and eBay then gives the buyer none.
	holdTime = 5 * 24 * time.Hour

	// clockError is what a Date header may mislead by, to the second.
	clockError = 2 * time.Second
)

// serverNow is our estimate of eBay's clock.
func (c *Channel) serverNow() time.Time { return c.clock.Now() }

var _ channel.Channel = (*Channel)(nil)
