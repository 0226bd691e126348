package channel

import (
	"context"
	"iter"
	"time"
)

// As returns ch, or a channel that ch wraps, as the capability T. A wrapper
// makes its inner channel reachable by a method Unwrap() Channel; one that
// must see every write, such as a dry run, leaves it out.
//
// Having the method does not promise that the account may use it: a capability
// that the account lacks answers [errors.ErrUnsupported].
func As[T any](ch Channel) (t T, ok bool) {
	for ch != nil {
		if t, ok = ch.(T); ok {
			return t, true
		}
		u, wraps := ch.(interface{ Unwrap() Channel })
		if !wraps {
			break
		}
		ch = u.Unwrap()
	}
	return t, false
}

// OrderReader reads orders by id, in any number; it splits what is more than
// one call takes. An order that is gone is absent from the page.
type OrderReader interface {
	OrdersByID(ctx context.Context, ids []OrderID) (Page[Order], error)
}

// OrderDecoder decodes an order's raw payload again, without a call: for the
// replay of parked records and the rebuild of orders from what is stored.
type OrderDecoder interface {
	DecodeOrder(raw []byte) (Order, error)
}

// StockReader reads what listings show now.
type StockReader interface {
	StockPage(ctx context.Context, q StockQuery) (Page[StockLevel], error)
}

// TicketReader follows work the marketplace does later.
type TicketReader interface {
	TicketPage(ctx context.Context, t Ticket, after Cursor) (TicketPage, error)
}

// TicketCanceller ends work that the marketplace has not begun. A ticket whose
// work has begun, has ended or is not surely ours is [ErrConflict]. That it was
// cancelled, the ticket's next page tells.
type TicketCanceller interface {
	CancelTicket(ctx context.Context, t Ticket) error
}

// TicketFinder names the work that a call may have begun whose answer nobody
// knows any more: its process died. The ticket stands for all that can have been
// begun between two times of the marketplace's clock, ends with the last of it,
// and tells of no level.
type TicketFinder interface {
	FindTicket(since, until time.Time) Ticket
}

// ShipmentEditor corrects the tracking of a shipment the marketplace has.
type ShipmentEditor interface {
	AmendShipment(ctx context.Context, r RemoteShipment, t Tracking) error
}

// Prober reads the account behind a channel. It is one or two cheap calls, and
// the way to find out whether a channel works at all.
type Prober interface {
	Probe(ctx context.Context) (Account, error)
}

// Account is what a probe found.
type Account struct {
	Name        string // the shop's own name, for a person to recognise
	Marketplace string
	Currency    Currency
	TimeZone    string        // IANA name, "" when unknown
	Offset      time.Duration // server's clock minus ours, as its answers' Date headers tell; 0 where they do not
	APIVersion  string        // the version that answered, where the marketplace says

	Scopes  []string       // granted, as the marketplace spells them; nil when it does not tell
	Missing []MissingScope // what a job needs and the grant lacks

	Falls       StockFall // FallsBySetting when the setting could not be read
	RestocksOn  []string  // "cancel", "refund", "edit": what puts units back by itself; nil when unknown
	SafetyStock bool      // the marketplace withholds units of its own
	Locations   []Location
	Notes       []string // anything a seller should be told, in a sentence each
}

// Job is one of the things an engine does with a channel.
type Job string

// The jobs a scope can be needed for.
const (
	JobOrders   Job = "orders"
	JobShip     Job = "ship"
	JobStock    Job = "stock"
	JobListings Job = "listings"
)

// MissingScope is a permission that a job needs and the grant lacks. Silent
// marketplaces answer such a job with an empty list, so a caller must not take
// emptiness for "nothing to do" while one is missing.
type MissingScope struct {
	Scope string
	Job   Job
	Fatal bool // the job cannot run at all; otherwise part of its data is missing
}

// Location is a place the seller keeps stock.
type Location struct {
	ID      LocationID
	Name    string
	Active  bool
	Default bool
	Ours    bool // false for a fulfilment service's location: its stock is not ours to write
}

// TicketState says where work done later stands.
type TicketState string

// The states of a ticket. TicketDone, TicketFailed and TicketCancelled end it.
const (
	TicketQueued    TicketState = "queued"
	TicketRunning   TicketState = "running"
	TicketDone      TicketState = "done"
	TicketFailed    TicketState = "failed"
	TicketCancelled TicketState = "cancelled"
)

// Ended reports whether the work will have no further effect.
func (s TicketState) Ended() bool {
	return s == TicketDone || s == TicketFailed || s == TicketCancelled
}

// TicketPage tells a ticket's state and, once it ended, a page of outcomes.
type TicketPage struct {
	State    TicketState
	Since    time.Time // when the marketplace took the work
	Progress string    // the marketplace's own word, for a person
	Results  []TicketResult
	Next     Cursor
}

// TicketResult is the outcome of one line of a ticket.
type TicketResult struct {
	Listing ListingRef
	Result  StockResult
}

// BackfillKind is what a bulk job snapshots.
type BackfillKind string

// The kinds of bulk snapshot.
const (
	BackfillOrders   BackfillKind = "orders"
	BackfillListings BackfillKind = "listings"
	BackfillStock    BackfillKind = "stock"
)

// BackfillQuery asks for a bulk snapshot.
type BackfillQuery struct {
	Kind  BackfillKind
	Since time.Time // orders changed at or after; zero is as far back as the marketplace goes
}

// Backfiller takes bulk snapshots, for a first import and for the whole
// catalogue. The job runs at the marketplace; its result is streamed in
// bounded memory and can be streamed again until it expires there.
type Backfiller interface {
	StartBackfill(ctx context.Context, q BackfillQuery) (Ticket, error)
	BackfillState(ctx context.Context, t Ticket) (TicketPage, error)
	// The three streams yield pages whose Next is empty; the last one carries
	// Through, which is the snapshot's start less the visibility lag. An error
	// ends the stream.
	BackfillOrders(ctx context.Context, t Ticket) iter.Seq2[Page[Order], error]
	BackfillListings(ctx context.Context, t Ticket) iter.Seq2[Page[Listing], error]
	BackfillStock(ctx context.Context, t Ticket) iter.Seq2[Page[StockLevel], error]
}
