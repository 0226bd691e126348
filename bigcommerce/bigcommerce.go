package bigcommerce

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Channel is one store. Make it with New. It is safe for concurrent use.
type Channel struct {
	cfg    Config
	root   string // of the store's API
	client *transport.Client
	clock  transport.Clock                                   // BigCommerce's
	looks  transport.Gather[int64, *store.Node[store.Order]] // orders that parcels are to be recorded of

	mu     sync.Mutex
	most   int // orders of a page: fewer while many of them need calls of their own
	safety map[place]withheld
}

// New returns the channel of a store. It makes no call and starts nothing: a
// wrong token or hash shows with the first call, Probe being the cheapest.
func New(cfg Config) (*Channel, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	c := &Channel{cfg: cfg, root: cfg.Endpoint + "/stores/" + cfg.StoreHash, most: maxPage, safety: map[place]withheld{}}
	c.looks.Read = c.lookAt
	tc := transport.Config{
		Channel: cfg.ID, Base: cfg.Transport, Limiter: cfg.Limiter.calls, Key: cfg.StoreHash, MaxWait: cfg.MaxWait,
		CallDeadline: cfg.Deadline, Logger: cfg.Logger, Policy: policy,
		Credentials: transport.Credentials{
			Source: transport.StaticToken(cfg.Token), Header: "X-Auth-Token", Hosts: []string{endpoint.Host},
		},
	}
	if cfg.Hook != nil {
		tc.Hook = func(_ context.Context, e transport.Event) { cfg.Hook(e) }
	}
	c.client, err = transport.New(tc)
	return c, err
}

// ID returns the channel's name.
func (c *Channel) ID() channel.ID { return c.cfg.ID }

// holdLags is how many visibility lags units seen to be gone wait for their
// order: half an hour at the default lag. Measured by the watermark, so an
// import that is behind does not shorten it.
const holdLags = 60

// Traits returns the facts of BigCommerce that an engine plans with. Times are
// not exact: an order bears the time at which its payment began, in whole
// seconds, and its units go when it is no longer incomplete, seconds or, where
// the buyer pays elsewhere, minutes later. ClockError covers the second that an
// order's time lacks and the second by which a Date header may mislead.
func (c *Channel) Traits() channel.Traits {
	return channel.Traits{
		Marketplace:   "bigcommerce",
		PollEvery:     c.cfg.PollEvery,
		VisibilityLag: c.cfg.VisibilityLag,
		EffectLag:     c.cfg.Lag,
		CallDeadline:  c.cfg.Deadline,
		Hold:          holdLags * c.cfg.VisibilityLag,
		AuditEvery:    2 * time.Hour,
		ClockError:    clockError,
		StockBatch:    maxAdjust,
		StockWrite:    channel.StockRelative,
		Falls:         channel.FallsBySetting,
		ExactTimes:    false,
		PlacedFirst:   true,
		FallsAtOnce:   false,
		Notify:        false,
	}
}

// clockError is a second for each of two things: orders' times have no
// fraction (dates are RFC 2822), and a server's clock is learnt from a header
// that has none either.
const clockError = 2 * time.Second

// serverNow is our estimate of BigCommerce's clock.
func (c *Channel) serverNow() time.Time { return c.clock.Now() }

var _ channel.Channel = (*Channel)(nil)
