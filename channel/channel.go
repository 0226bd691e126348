package channel

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// ID names a channel. The caller chooses it; it is unique among the channels
// of one engine and never changes, since stored state hangs on it.
type ID string

// Identifiers a marketplace gives. They are opaque, compared byte by byte, and
// unique only within their channel.
type (
	OrderID          string
	LineID           string // unique within its channel, not only within its order
	ListingID        string
	LocationID       string // "" is the marketplace's only or default location
	UnitID           string // a fulfilment unit of an order
	RemoteShipmentID string
	RefundID         string
)

// Cursor continues a walk. It holds the walk's bounds, filters, phase and
// start, so a query that carries one ignores its other fields. A cursor the
// marketplace no longer honours is answered with [ErrCursor].
type Cursor string

// Handle is an adapter's own note on a line, a unit or a listing: opaque,
// stored by the engine, handed back unchanged. An adapter that finds a handle
// wrong answers [ErrStaleHandle]; the next read brings the right one.
type Handle string

// Ticket is the marketplace's receipt for work it does later: a feed, a task,
// a bulk job.
type Ticket string

// Channel is one seller account on one marketplace. It is safe for concurrent
// use. Every method obeys its context, returns an [*Error] when it fails, and
// comes back with [ErrThrottled] and a time instead of sleeping for long.
type Channel interface {
	ID() ID
	Traits() Traits

	// OrderPage returns one page of a walk over the orders changed since
	// q.Since, in no promised order; an order may repeat within a walk, and
	// never is one left out, but that one that changes while the walk runs may
	// come with the next walk from Through instead. Asking again with
	// q.After = page.Next continues. A record that does not decode is parked
	// in the page and the rest stand.
	OrderPage(ctx context.Context, q OrderQuery) (Page[Order], error)

	// ListingPage returns one page of the channel's listings, each with the
	// SKU it carries there.
	ListingPage(ctx context.Context, q ListingQuery) (Page[Listing], error)

	// Ship records one parcel: it looks whether the marketplace has it already,
	// sends it if not, and looks again when the answer is lost. A parcel with a
	// tracking number may therefore be sent again with the same Key and Seq;
	// one without is never sent twice in a call, and whoever calls asks for it
	// again only when it surely was not sent. ErrUnsure means that even the
	// second look did not tell.
	Ship(ctx context.Context, s Shipment) (ShipResult, error)

	// SetStock sets what the listings show. There is one result per level, in
	// their order, or nil and an error when nothing was sent. A level about
	// which the marketplace says nothing is Unsure, never Applied.
	SetStock(ctx context.Context, levels []StockLevel) ([]StockResult, error)
}

// Page is one page of a walk. It is the unit of retry and of checkpoint.
type Page[T any] struct {
	Items  []T
	Parked []Parked // records that did not decode; never a failed page
	Next   Cursor   // "" after the last page

	// ReadAt is the server's time when the read of this page began: what the
	// page says was true then or later. A Date header is of the answer, cut to
	// the second: less the time that the call took, it is of its beginning.
	ReadAt time.Time

	// Through, on the last page only, is the server time up to which the walk
	// missed nothing: the next walk's Since. Where a marketplace cannot filter
	// by change, and over stock, it is when the walk began.
	Through time.Time
}

// LogValue implements [slog.LogValuer] without the records.
func (p Page[T]) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("items", len(p.Items)), slog.Int("parked", len(p.Parked)),
		slog.Bool("last", p.Next == ""), slog.Time("through", p.Through))
}

// Parked is a record set aside because it did not decode, with its reason. Raw
// is what arrived, and may hold personal data.
type Parked struct {
	ID  string // the record's id where one could be read
	Raw []byte
	Err error
}

// Format implements [fmt.Formatter] without the record itself.
func (p Parked) Format(s fmt.State, verb rune) {
	type plain Parked
	p.Raw = nil
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(p))
}

// LogValue implements [slog.LogValuer] without the record itself.
func (p Parked) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", p.ID), slog.Int("bytes", len(p.Raw)), slog.Any("err", p.Err))
}

// OrderQuery asks for a walk over orders.
type OrderQuery struct {
	Since time.Time // changed at or after, server time; zero is as far back as the marketplace goes
	Until time.Time // changed before; zero is now
	After Cursor    // continues a walk; the fields above are then ignored
	Limit int       // most orders wanted in a page; 0 or too much is the marketplace's own
}

// ListingQuery asks for a walk over listings. The zero value asks for all.
type ListingQuery struct {
	Since time.Time // changed at or after; zero is all. Marketplaces that cannot filter return all
	SKUs  []string  // only these, where the marketplace can filter; a caller checks what it gets
	After Cursor
	Limit int
}

// Traits are the fixed facts of a marketplace that an engine plans with. What
// depends on an account's settings is in [Account].
type Traits struct {
	Marketplace string // "shopify", "bigcommerce", "amazon", "ebay"

	PollEvery     time.Duration // how often an import walk is worth its quota
	VisibilityLag time.Duration // longest usual time from an order's placement until a walk shows it
	EffectLag     time.Duration // longest usual time from an accepted stock write until it is shown
	CallDeadline  time.Duration // longest a single write may take; after it, an unanswered write is settled or lost
	Hold          time.Duration // how long units seen to be gone may wait for their order, counted in watermark: the longest a buyer may take to pay, or an index to be behind
	AuditEvery    time.Duration // longest time a listing's quantity goes unread

	// ClockError is how far two times of the server may be apart and still be
	// the same moment: the resolution of an order's times, and what our estimate
	// of the server's clock may be off.
	ClockError time.Duration

	StockBatch int        // most levels in one write; SetStock splits what is more
	StockJob   StockJob   // how SetStock sends very many, where that is another way
	StockWrite StockWrite // what a stock write means to the marketplace
	Falls      StockFall  // when a sale lowers what the marketplace shows; FallsBySetting is answered by Account
	SoldCount  SoldCount  // what stock reads tell of units sold

	// ExactTimes says that Order.PlacedAt is the moment the quantity fell, to
	// within ClockError. Without it that moment is any until Order.UpdatedAt of
	// the first read that brought the order: an eBay buyer commits before, a
	// BigCommerce buyer pays after the order's time. PlacedFirst says that it
	// is never before Order.PlacedAt either.
	ExactTimes  bool
	PlacedFirst bool

	// FallsAtOnce allows a second, lower write while one is unanswered.
	// BigCommerce does not promise which of two in flight wins.
	FallsAtOnce bool

	// Notify says that a buyer's shipping mail can be asked for or suppressed.
	Notify bool
}

// StockWrite is what a stock write means.
type StockWrite int

const (
	StockAbsolute      StockWrite = iota // the last write wins, whatever was sold meanwhile
	StockCompareAndSet                   // applied only if the marketplace still shows Expect
	StockRelative                        // with Expect known, the difference is sent; without, an absolute quantity
)

// SoldCount is what a marketplace's stock reads tell of units sold.
type SoldCount int

const (
	SoldUncounted SoldCount = iota // nothing

	// SoldOpen is [StockLevel.Sold]: units sold and not yet shipped. A
	// cancellation lowers it, and so does a shipment.
	SoldOpen

	// SoldEver is [StockLevel.SoldEver]: units sold since the listing began,
	// shipped ones too. Of cancelled and unpaid ones it is not said whether they
	// count.
	SoldEver
)

// StockFall is when a marketplace lowers its own quantity.
type StockFall int

const (
	FallsAtSale     StockFall = iota // when the order is placed
	FallsAtShipment                  // when the line is shipped
	FallsBySetting                   // by a store setting, which a Prober reads
)
