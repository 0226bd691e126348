package stall

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Channel is one shop. Make it with New. It is safe for concurrent use.
type Channel struct {
	cfg      Config
	http     *http.Client
	shipping chan struct{} // held by who ships
}

var (
	_ channel.Channel        = (*Channel)(nil)
	_ channel.OrderReader    = (*Channel)(nil)
	_ channel.OrderDecoder   = (*Channel)(nil)
	_ channel.StockReader    = (*Channel)(nil)
	_ channel.ShipmentEditor = (*Channel)(nil)
	_ channel.Prober         = (*Channel)(nil)
)

// New returns the channel of a shop. It makes no call and starts nothing: a
// wrong key shows with the first call, Probe being the cheapest.
func New(cfg Config) (*Channel, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return &Channel{
		cfg: cfg, shipping: make(chan struct{}, 1),
		http: &http.Client{
			Transport: cfg.Transport,
			// A redirect that is followed takes the key to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// ID returns the channel's name.
func (c *Channel) ID() channel.ID { return c.cfg.ID }

// visibilityLag is how long after a change lists still show what was before,
// from Stall's documentation.
const visibilityLag = 30 * time.Second

// Traits returns the facts of Stall that an engine plans with.
func (c *Channel) Traits() channel.Traits {
	return channel.Traits{
		Marketplace:   "stall",
		PollEvery:     time.Minute,
		VisibilityLag: visibilityLag,
		EffectLag:     0, // an answer to a write tells what is shown
		CallDeadline:  c.cfg.Deadline,
		Hold:          10 * time.Minute, // of watermark: twenty lags
		AuditEvery:    2 * time.Hour,
		ClockError:    2 * time.Second, // a Date header has whole seconds
		StockBatch:    maxLevels,
		StockWrite:    channel.StockCompareAndSet,
		Falls:         channel.FallsAtSale,
		ExactTimes:    true, // a sale takes the units in the moment of placed_at
		PlacedFirst:   true,
		FallsAtOnce:   true,
		Notify:        true,
	}
}

// Format implements [fmt.Formatter]: package fmt would print the key, which is in
// an unexported field.
func (c Channel) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, string(c.cfg.ID)) }

// LogValue implements [slog.LogValuer].
func (c Channel) LogValue() slog.Value { return slog.StringValue(string(c.cfg.ID)) }
