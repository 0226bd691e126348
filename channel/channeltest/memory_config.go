package channeltest

import (
	"math/rand/v2"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Range is a duration drawn anew each time, evenly from Min to Max. The zero
// value is always zero.
type Range struct{ Min, Max time.Duration }

// Exactly is the Range that always is d.
func Exactly(d time.Duration) Range { return Range{d, d} }

func (r Range) draw(rng *rand.Rand) time.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	return r.Min + time.Duration(rng.Int64N(int64(r.Max-r.Min)+1))
}

// MemoryConfig says how a [Memory] acts. The zero value is a marketplace
// without flaws: everything is visible and in effect at once, a sale lowers
// the quantity, the last stock write wins. [LikeShopify], [LikeBigCommerce],
// [LikeBigCommerceAtShipment], [LikeAmazon] and [LikeEbay] return the ways of
// the real ones, to be changed further.
type MemoryConfig struct {
	ID   channel.ID // default "memory"
	Seed uint64     // of everything that is drawn; the same calls in the same order give the same answers

	// Traits is what the channel says of itself. StockWrite, Falls, SoldCount
	// and StockBatch are also how it acts. A zero duration is filled in: the
	// lags with the longest that the ranges below allow, the others with
	// PollEvery 5 min, CallDeadline 10 s, Hold 30 min, AuditEvery 2 h.
	Traits channel.Traits

	// Setting is when a sale lowers the quantity where Traits.Falls is
	// FallsBySetting: FallsAtSale or FallsAtShipment. Probe tells it.
	Setting channel.StockFall

	Currency    channel.Currency   // default EUR
	TaxPercent  int64              // on lines, beside their prices; default none
	Locations   []channel.Location // default one, whose id is ""
	PageSize    int                // most records in a page; default 50
	Latency     Range              // of each call: half before the effect, half after
	Offset      time.Duration      // the server's clock minus ours
	Grain       time.Duration      // server times are cut to it: a second where the marketplace tells no finer
	CursorLives time.Duration      // cursors expire after it; 0 is never
	Lacks       []string           // capabilities, by name, that answer errors.ErrUnsupported

	// Visibility is how long a change of an order takes until walks show it.
	// Traits.VisibilityLag may promise less than this needs.
	Visibility Range
	Phases     bool // a walk brings orders without their refunds first, then refunds with only their orders' heads
	Disorder   bool // pages come in no order, and some orders twice

	// Begun is how long before the quantity fell an order is said to be placed:
	// where that is when the buyer began to check out.
	Begun  Range
	Unpaid Unpaid

	// Personal, when not empty, is why every buyer and recipient is missing.
	Personal channel.Missing

	Effect  Range   // how long an accepted stock write takes; zero is at once, answered StockApplied
	Late    float64 // share of writes that take up to 10 × Effect.Max
	Dropped float64 // share of writes that are accepted and never take effect

	Tickets    float64 // share of SetStock's calls that are answered with a ticket; 1 is all
	TicketTime Range   // from submission to the end; default 20 min to 5 h

	NoClip         bool // where shipment lowers the quantity: it may fall below zero
	CancelKeeps    bool // a cancellation does not put its units back
	CountKeeps     bool // a sale that is cancelled, or expires unpaid, stays in StockLevel.SoldEver
	TellsRestock   bool // orders tell whether units went back; otherwise they are Loose
	AnswersCurrent bool // stock results tell what is shown

	BackfillTime Range // how long a bulk snapshot takes; default 1 min
}

// Unpaid is about sales that lower the quantity before they are paid.
type Unpaid struct {
	Share float64 // of sales that are not paid at once
	Delay Range   // until those are paid
	Never float64 // share of them that never are

	// Expiry is when a sale that never is paid ends; zero is not before it is
	// cancelled by hand. Returns is the share of those that put their units back.
	Expiry  time.Duration
	Returns float64

	Hidden          bool // an order is shown only when it is paid; otherwise at once, as pending
	PlacedAtPayment bool // the time reported as placed is that of the payment
}

func (c MemoryConfig) withDefaults() MemoryConfig {
	if c.ID == "" {
		c.ID = "memory"
	}
	if c.Currency == "" {
		c.Currency = "EUR"
	}
	if len(c.Locations) == 0 {
		c.Locations = []channel.Location{{Name: "Main", Active: true, Default: true, Ours: true}}
	}
	if c.PageSize == 0 {
		c.PageSize = 50
	}
	if c.TicketTime == (Range{}) {
		c.TicketTime = Range{20 * time.Minute, 5 * time.Hour}
	}
	if c.BackfillTime == (Range{}) {
		c.BackfillTime = Exactly(time.Minute)
	}
	t := &c.Traits
	if t.Marketplace == "" {
		t.Marketplace = "memory"
	}
	for _, d := range []struct {
		field  *time.Duration
		filler time.Duration
	}{
		{&t.PollEvery, 5 * time.Minute},
		{&t.VisibilityLag, c.Visibility.Max},
		{&t.EffectLag, c.Effect.Max},
		{&t.CallDeadline, 10 * time.Second},
		{&t.Hold, 30 * time.Minute},
		{&t.AuditEvery, 2 * time.Hour},
		{&t.ClockError, c.Grain},
	} {
		if *d.field == 0 {
			*d.field = d.filler
		}
	}
	if t.StockBatch == 0 {
		t.StockBatch = 100
	}
	return c
}

// atShipment reports whether shipping, not selling, lowers the quantity.
func (c *MemoryConfig) atShipment() bool {
	if c.Traits.Falls == channel.FallsBySetting {
		return c.Setting == channel.FallsAtShipment
	}
	return c.Traits.Falls == channel.FallsAtShipment
}
