package sync

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Config is what an [Engine] is made of. Store and Channels are required; the
// zero value of every other field is the default its comment names.
type Config struct {
	Store    Store
	Channels []channel.Channel

	// Account tells whose a channel is. Nil: all belong to one seller, "".
	Account func(channel.ID) AccountID

	// Runner decides when channels are visited. Nil: a queue in this process.
	Runner Runner

	// Workers is how many channels the runner in this process visits at once.
	// Default 64: visits wait for the network.
	Workers int

	// Slice is how long a visit goes on starting new work. Default 5 s.
	Slice time.Duration

	// Sweep is how often channels with due work and no wake-up are looked for,
	// and so the longest a lost wake-up delays work. Default 30 s.
	Sweep time.Duration

	// PollEvery is how often orders are asked for. Default: what the
	// marketplace's Traits say, or 5 minutes.
	PollEvery time.Duration

	// Overlap is how much of the time that one walk over the orders has covered
	// the next one reads again: what the marketplace's index showed late is read
	// twice rather than never. Default 5 min, or ten times the marketplace's
	// visibility lag where that is less; what is less than its ClockError is that.
	Overlap time.Duration

	// ReconcileEvery is how often the orders that changed in the last Lookback
	// before the import's watermark are asked for once more. A marketplace whose
	// index is late shows an order only after the watermark has passed it, and no
	// ordinary walk brings it then. It yields to everything else. Default 6 h, at
	// most 25 h; -1 never. The first comes an interval after the first import.
	ReconcileEvery time.Duration

	// Lookback is how far back that goes. Default 48 h.
	Lookback time.Duration

	// CallDeadline is the longest a write to a marketplace may take. An
	// unanswered one is settled only after it. Default: what the marketplace's
	// Traits say, or 10 s.
	CallDeadline time.Duration

	// ImportSince is the start date: orders placed before it are not imported.
	// Zero: all the marketplace still has. ImportSinceFor overrides it for the
	// channels it names.
	ImportSince    time.Time
	ImportSinceFor map[channel.ID]time.Time

	// ReserveTestOrders makes a marketplace's test orders reserve stock.
	// They are stored and told to subscribers either way.
	ReserveTestOrders bool

	// IgnoreUnpaid makes orders reserve stock only once they are paid or
	// authorized. An unpaid order that the marketplace already took off its own
	// quantity can then be sold twice.
	IgnoreUnpaid bool

	// ReadUnseenAfter is how long an open order goes unseen before it is read
	// by its id, to find out whether it still exists. Default 7 days; -1 never.
	ReadUnseenAfter time.Duration

	// NoBackfill imports a channel's history page by page even where the
	// marketplace offers a bulk job for it.
	NoBackfill bool

	// RawRetention is how long orders' payloads are kept as they arrived.
	// Default 30 days; -1 for ever.
	RawRetention time.Duration

	// EventRetention is how long an event is kept once every subscriber has
	// handled it, for subscribers that are added later. Default 7 days; -1 for
	// ever.
	EventRetention time.Duration

	// Sealer encrypts payloads as they arrived, parked records and, with
	// SealOrders, orders before they are stored. Nil: they are stored as they
	// are.
	Sealer     Sealer
	SealOrders bool

	// SubscriberTimeout is how long a subscriber may take for one event.
	// Default 30 s.
	SubscriberTimeout time.Duration

	// Stock is how quantities are kept level.
	Stock StockConfig

	// DryRun reads and plans but writes nothing to any marketplace: what would
	// be sent is logged, and stays to be done.
	DryRun bool

	// Logger gets what an operator should know, without tokens or anything
	// about buyers. Nil: nothing is logged.
	Logger *slog.Logger
}

// Sealer encrypts what is stored. It is called inside store transactions, so
// it answers from memory; both methods are safe for concurrent use.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

const (
	defaultWorkers      = 64
	defaultSlice        = 5 * time.Second
	defaultSweep        = 30 * time.Second
	defaultPoll         = 5 * time.Minute
	defaultReconcile    = 6 * time.Hour
	defaultLookback     = 48 * time.Hour
	defaultCallDeadline = 10 * time.Second
	defaultUnseen       = 7 * 24 * time.Hour
	defaultRaw          = 30 * 24 * time.Hour
	defaultEvents       = 7 * 24 * time.Hour
	defaultSubscriber   = 30 * time.Second

	// readDeadline bounds a read: a page of orders may take an adapter several
	// calls.
	readDeadline = 30 * time.Second

	// longest is the longest wait anything in the engine asks for. A time
	// further ahead was set by a clock that has since been put back, and is due
	// now.
	longest = 26 * time.Hour
)

// withDefaults returns c with every zero field filled in.
func (c Config) withDefaults() Config {
	def := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	def(&c.Slice, defaultSlice)
	def(&c.Sweep, defaultSweep)
	def(&c.ReconcileEvery, defaultReconcile)
	def(&c.Lookback, defaultLookback)
	def(&c.ReadUnseenAfter, defaultUnseen)
	def(&c.RawRetention, defaultRaw)
	def(&c.EventRetention, defaultEvents)
	def(&c.SubscriberTimeout, defaultSubscriber)
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.Account == nil {
		c.Account = func(channel.ID) AccountID { return "" }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate returns everything wrong with c, joined.
func (c Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("sync: "+format, args...)) }

	// A constructor whose error was passed over leaves a nil of its own type.
	none := func(field string, v any) bool {
		at := reflect.ValueOf(v)
		if at.Kind() != reflect.Pointer || !at.IsNil() {
			return false
		}
		bad("%s is a nil %T: look at the error of what made it", field, v)
		return true
	}

	if c.Store == nil {
		bad("Config.Store is required: sqlitestore.Open returns one")
	}
	none("Config.Store", c.Store)
	none("Config.Runner", c.Runner)
	none("Config.Sealer", c.Sealer)
	if len(c.Channels) == 0 {
		bad("Config.Channels is empty: there is nothing to keep in step")
	}
	seen := map[channel.ID]bool{}
	for i, ch := range c.Channels {
		switch {
		case ch == nil:
			bad("Config.Channels[%d] is nil", i)
			continue
		case none(fmt.Sprintf("Config.Channels[%d]", i), ch):
			continue
		case ch.ID() == "":
			bad("Config.Channels[%d] has no ID: stored state hangs on it", i)
		case seen[ch.ID()]:
			bad("Config.Channels[%d]: the ID %q is taken by another channel", i, ch.ID())
		}
		seen[ch.ID()] = true
	}
	for id := range c.ImportSinceFor {
		if !seen[id] {
			bad("Config.ImportSinceFor names the channel %q, which is not among Config.Channels", id)
		}
	}
	if c.Workers < 0 {
		bad("Config.Workers is %d: it cannot be negative", c.Workers)
	}
	for _, d := range []struct {
		name string
		d    time.Duration
		off  bool // -1 is allowed
	}{
		{"Slice", c.Slice, false},
		{"Sweep", c.Sweep, false},
		{"PollEvery", c.PollEvery, false},
		{"Overlap", c.Overlap, false},
		{"CallDeadline", c.CallDeadline, false},
		{"SubscriberTimeout", c.SubscriberTimeout, false},
		{"ReconcileEvery", c.ReconcileEvery, true},
		{"ReadUnseenAfter", c.ReadUnseenAfter, true},
		{"RawRetention", c.RawRetention, true},
		{"EventRetention", c.EventRetention, true},
	} {
		switch {
		case d.d < 0 && !d.off:
			bad("Config.%s is %v: it cannot be negative", d.name, d.d)
		case d.d < 0 && d.d != -1:
			bad("Config.%s is %v: use -1 to turn it off", d.name, d.d)
		case d.d > longest && !d.off:
			bad("Config.%s is %v: at most %v", d.name, d.d, longest)
		}
	}
	if c.ReconcileEvery > longest-time.Hour {
		bad("Config.ReconcileEvery is %v: at most %v", c.ReconcileEvery, longest-time.Hour)
	}
	if c.Lookback < 0 {
		bad("Config.Lookback is %v: it cannot be negative; to turn it off, set Config.ReconcileEvery to -1", c.Lookback)
	}
	if c.SealOrders && c.Sealer == nil {
		bad("Config.SealOrders needs a Config.Sealer")
	}
	if err := c.Stock.validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
