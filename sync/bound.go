package sync

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// bound is a channel as the engine uses it: with its facts, its capabilities,
// and what the last probe found.
type bound struct {
	ch      channel.Channel // in a dry run, one that writes nothing
	id      channel.ID
	traits  channel.Traits
	account AccountID

	// Capabilities, nil where the channel has none.
	orders   channel.OrderReader
	decoder  channel.OrderDecoder
	stock    channel.StockReader
	tickets  channel.TicketReader
	cancels  channel.TicketCanceller
	finds    channel.TicketFinder
	editor   channel.ShipmentEditor
	prober   channel.Prober
	backfill channel.Backfiller

	since    time.Time     // start date of the import
	poll     time.Duration // between two walks over orders
	again    time.Duration // Config.Overlap
	deadline time.Duration // of one write

	notes atomic.Pointer[channelNotes]
	// probeNow asks for a probe at the next visit.
	probeNow atomic.Bool
	visiting sync.Mutex
	// spent is how much of its turn each lane has used; only the visit in
	// progress touches it. It outlives visits, so that a lane that fills a
	// whole slice does not starve the lanes below it.
	spent map[Lane]time.Duration
	side  stockSide
	job   jobSide
	// stream is a bulk job's result being read; as spent.
	stream *orderStream
	// failed counts visits in a row that ended for want of the store.
	failed atomic.Int32
}

func bind(cfg *Config, ch channel.Channel, log *slog.Logger) *bound {
	b := &bound{ch: ch, id: ch.ID(), traits: ch.Traits(), spent: map[Lane]time.Duration{}}
	b.account = cfg.Account(b.id)
	b.orders, _ = channel.As[channel.OrderReader](ch)
	b.decoder, _ = channel.As[channel.OrderDecoder](ch)
	b.stock, _ = channel.As[channel.StockReader](ch)
	b.tickets, _ = channel.As[channel.TicketReader](ch)
	b.cancels, _ = channel.As[channel.TicketCanceller](ch)
	b.finds, _ = channel.As[channel.TicketFinder](ch)
	b.editor, _ = channel.As[channel.ShipmentEditor](ch)
	b.prober, _ = channel.As[channel.Prober](ch)
	b.backfill, _ = channel.As[channel.Backfiller](ch)
	if cfg.DryRun {
		b.ch, b.editor, b.cancels = &dryChannel{inner: ch, log: log}, nil, nil
	}
	b.since = cfg.ImportSince
	if t, ok := cfg.ImportSinceFor[b.id]; ok {
		b.since = t
	}
	first := func(ds ...time.Duration) time.Duration {
		i := slices.IndexFunc(ds, func(d time.Duration) bool { return d > 0 })
		return min(ds[i], longest)
	}
	b.poll = first(cfg.PollEvery, b.traits.PollEvery, defaultPoll)
	b.again = cfg.Overlap
	b.deadline = first(cfg.CallDeadline, b.traits.CallDeadline, defaultCallDeadline)
	b.notes.Store(&channelNotes{})
	b.probeNow.Store(b.prober != nil)
	return b
}

// leaseFor is how long a lease is taken for: the rest of a slice and the
// longest call begun at its end, with room for clocks that differ.
func (b *bound) leaseFor(slice time.Duration) time.Duration {
	return slice + max(readDeadline, b.deadline) + 15*time.Second
}

// serverTime returns t, a time of ours, on the marketplace's clock.
func (b *bound) serverTime(t time.Time) time.Time { return t.Add(b.notes.Load().Account.Offset) }

// falls tells when a sale lowers what this channel shows.
func (b *bound) falls() channel.StockFall {
	if b.traits.Falls == channel.FallsBySetting {
		if n := b.notes.Load(); !n.ProbedAt.IsZero() {
			return n.Account.Falls
		}
	}
	return b.traits.Falls
}

// channelNotes is what the engine keeps in a channel's row.
type channelNotes struct {
	Account  channel.Account // as last probed
	ProbedAt time.Time       // last success, zero for never
	NextAt   time.Time       // of the next probe
	Failures int             // probes in a row
	Problem  string          // of the last probe
}

func (n *channelNotes) encode() []byte {
	doc, err := json.Marshal(n)
	if err != nil {
		panic("sync: encode channel notes: " + err.Error()) // plain fields only
	}
	return doc
}

// decodeNotes returns what the store knows. Notes that do not decode are probed
// for again.
func decodeNotes(doc []byte) channelNotes {
	var n channelNotes
	if len(doc) > 0 && json.Unmarshal(doc, &n) != nil {
		return channelNotes{}
	}
	return n
}

var errDryRun = errors.New("dry run: nothing is sent")

// dryChannel lets reads through and sends nothing. It has no Unwrap, so no
// write gets around it.
type dryChannel struct {
	inner channel.Channel
	log   *slog.Logger
}

func (d *dryChannel) ID() channel.ID         { return d.inner.ID() }
func (d *dryChannel) Traits() channel.Traits { return d.inner.Traits() }

func (d *dryChannel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	return d.inner.OrderPage(ctx, q)
}

func (d *dryChannel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	return d.inner.ListingPage(ctx, q)
}

func (d *dryChannel) Ship(_ context.Context, s channel.Shipment) (channel.ShipResult, error) {
	d.log.Info("dry run: would ship", "channel", d.ID(), "order", s.Order, "parcel", s.Seq,
		"lines", len(s.Lines), "carrier", s.Tracking.Carrier, "numbered", s.Tracking.Number != "")
	return channel.ShipResult{}, errDryRun
}

func (d *dryChannel) SetStock(_ context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	for _, l := range levels {
		d.log.Info("dry run: would set stock", "channel", d.ID(), "listing", l.Listing.ID, "sku", l.Listing.SKU,
			"location", l.Location, "quantity", l.Quantity)
	}
	return nil, errDryRun
}
