package ebay

import (
	"context"
	"net/url"
	"time"

	"github.com/penstock-go/penstock/channel"
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
	ends    endWatch
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

// serverNow is our estimate of eBay's clock.
func (c *Channel) serverNow() time.Time { return c.clock.Now() }
