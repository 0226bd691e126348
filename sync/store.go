package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Store keeps everything an engine knows. State is here and nowhere else: a
// queue only says when to look. Two stores exist, SQLite and Postgres, and one
// suite, storetest, holds both to this contract.
//
// Times are stored to the nanosecond in UTC; the zero time stays zero. The
// store has no clock: every time is a parameter. Text may hold any bytes, and
// is compared and ordered byte by byte. Empty bytes come back nil.
type Store interface {
	// View runs f in a read transaction that sees one moment.
	View(ctx context.Context, f func(Tx) error) error

	// Update runs f in a write transaction and commits when f returns nil.
	// When it returns an error, nothing of f has happened. f may run again if
	// the database asks for it, so it has no effect beside its Tx. No call to
	// a marketplace is ever made inside f, and no other transaction begun.
	// What f read of the rows it writes is still so when it commits: of two
	// Updates that read and write one row, the second sees the first's. When it
	// returns nil, and before anybody else sees it, what f did is on the disk:
	// a power cut does not undo it.
	Update(ctx context.Context, f func(Tx) error) error

	// Exclusive reports that no other process can have the store open, so that
	// a former owner's leases are known to be dead.
	Exclusive() bool

	// Close ends the store. Transactions in progress finish first.
	Close() error
}

// RelaxedStore is a Store that can also commit without waiting for the disk.
// An engine uses that for what only says when to look and who may: leases,
// lanes' times, subscribers' positions, what is deleted as old.
type RelaxedStore interface {
	Store

	// UpdateRelaxed is Update, but that a power cut may undo it as long as no
	// Update has come after it. It never undoes one without those that followed,
	// and a process that is killed loses nothing.
	UpdateRelaxed(ctx context.Context, f func(Tx) error) error
}

// Errors of a store.
var (
	// ErrFenced is returned by Tx.Hold when another turn has claimed the
	// channel: this one's writes are void.
	ErrFenced = errors.New("another turn holds the channel")

	// ErrLocked is returned on opening a store that another process has open, and
	// by Run over one that another engine of this process runs over.
	ErrLocked = errors.New("store is in use")
)

// Tx is a transaction. It is used by one goroutine, inside View or Update
// only. Methods that take slices do their work in one go; an empty slice is no
// work, and of two rows with one key the later stands. A row that is not there
// is absent from the answer, never an error; one asked for twice comes back
// once. Answers are in no order where none is stated. A limit below 1 is none.
//
// After an error other than ErrFenced the transaction is lost: further calls
// fail, and so does Update, even when f returns nil.
type Tx interface {
	channelTx
	laneTx
	orderTx
	outboxTx
	parkTx
	shipmentTx
	itemTx
	levelTx
	tokenTx
}

// Lease is a turn's right to write for a channel.
type Lease struct {
	Channel channel.ID
	Owner   string
	Fence   int64 // raised by every claim
	Until   time.Time
	Wake    int64 // the wake counter as of the claim
	Former  bool  // the claim took over from a turn that never released: its intents are open
}

// ChannelRow is what the engine knows of a channel.
type ChannelRow struct {
	ID          channel.ID
	Account     AccountID
	Marketplace string
	NextAt      time.Time // when a visit is due; zero is at once
	Urgent      bool      // due before those that are not
	Wake        int64
	Fence       int64
	Owner       string // "" when free
	Until       time.Time
	Doc         []byte // the engine's own notes: probe, start, settings
}

type channelTx interface {
	// AddChannels inserts the channels that are new, due at once, and updates
	// Account and Marketplace of the others.
	AddChannels(ctx context.Context, rows []ChannelRow) error
	Channels(ctx context.Context, ids ...channel.ID) ([]ChannelRow, error) // none is all, by id
	SetChannelDoc(ctx context.Context, id channel.ID, doc []byte) error

	// Claim takes the channel for owner until the given time if it is free or
	// its lease has ended by now, and raises the fence. It serves the urgency
	// of the wakes before it.
	Claim(ctx context.Context, id channel.ID, owner string, now, until time.Time) (Lease, bool, error)
	// Hold fails with ErrFenced unless l is still the channel's claim, and
	// extends it to l.Until, never back. Every write of a turn begins with it.
	Hold(ctx context.Context, l Lease) error
	// Release ends the turn and makes the channel due at next, or at now if
	// the wake counter moved since the claim; it reports the time chosen. A
	// fenced lease is ErrFenced.
	Release(ctx context.Context, l Lease, now, next time.Time) (time.Time, error)
	// FreeAll ends every lease of a channel, marking it as not released, and
	// every subscriber's claim. Only for a store that is Exclusive, at start.
	FreeAll(ctx context.Context) error

	// Wake raises the wake counters and makes the channels due at now at the
	// latest.
	Wake(ctx context.Context, now time.Time, urgent bool, ids ...channel.ID) error
	// DueChannels returns free channels due at or before now, urgent ones
	// first, then by time, and the time the next one after them is due: now if
	// the limit cut it off, not before the end of its lease if it is not free,
	// zero if there is none.
	DueChannels(ctx context.Context, now time.Time, limit int) (due []ChannelRow, next time.Time, err error)
	// Unwoken returns channels that have due levels, shipments or outbox rows
	// at now and are not due themselves: the sweep wakes them. Outbox rows are
	// due where a subscriber is behind, free and not told to wait.
	Unwoken(ctx context.Context, now time.Time, limit int) ([]channel.ID, error)
}

// LaneRow is the state of one kind of work of a channel.
type LaneRow struct {
	Channel  channel.ID
	Lane     Lane
	NextAt   time.Time // not before; a cool-down or the next poll
	OKAt     time.Time // last success
	FailedAt time.Time // last failure, zero after a success
	Failures int       // in a row
	Class    string    // of the last failure
	Reason   string    // of the last failure or of the stop, in words a seller can read
	Paused   bool      // by a person or by a failure only a person can mend
	State    []byte    // the lane's own: cursor, watermark
}

type laneTx interface {
	Lanes(ctx context.Context, ids ...channel.ID) ([]LaneRow, error) // none is all
	PutLanes(ctx context.Context, rows []LaneRow) error
}

// OrderRow is a stored order. Doc is the order as merged from every read, in
// the engine's encoding.
type OrderRow struct {
	Channel   channel.ID
	ID        channel.OrderID
	Number    string
	PlacedAt  time.Time
	UpdatedAt time.Time // newest the marketplace told
	SeenAt    time.Time // when a read last brought it, our clock
	Open      bool      // has open demand of the seller's
	Gone      bool      // the marketplace no longer has it
	Erased    bool      // personal data erased, for good
	Reread    bool      // to be read again by id
	Doc       []byte
}

// LogValue implements [slog.LogValuer] without the document.
func (r OrderRow) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(r.Channel)), slog.String("id", string(r.ID)),
		slog.Bool("open", r.Open), slog.Bool("gone", r.Gone), slog.Bool("erased", r.Erased), slog.Int("bytes", len(r.Doc)))
}

// Format implements [fmt.Formatter] without the document.
func (r OrderRow) Format(s fmt.State, verb rune) {
	type plain OrderRow
	r.Doc = nil
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(r))
}

// RawRow is a payload as it arrived. Part tells payloads of one order apart,
// such as the order itself and its fulfilment units.
type RawRow struct {
	Channel channel.ID
	Order   channel.OrderID
	Part    channel.Parts
	ReadAt  time.Time
	Payload []byte // sealed, where the engine has a Sealer
}

// LogValue implements [slog.LogValuer] without the payload.
func (r RawRow) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(r.Channel)), slog.String("order", string(r.Order)),
		slog.Uint64("part", uint64(r.Part)), slog.Int("bytes", len(r.Payload)))
}

// Format implements [fmt.Formatter] without the payload.
func (r RawRow) Format(s fmt.State, verb rune) {
	type plain RawRow
	r.Payload = nil
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(r))
}

// DemandRow is what one order line still needs. It refers to no item, so that
// storing it cannot fail on mapping.
type DemandRow struct {
	Channel  channel.ID
	Order    channel.OrderID
	Line     channel.LineID
	SKU      string
	Listing  channel.ListingID
	Open     int64 // units still to be shipped by the seller
	Shipped  int64 // units shipped by the seller: the larger of the marketplace's count and ours
	PlacedAt time.Time
}

// TotalRow sums demand by what it was sold as. Item is "" while nothing links
// it; Open and Shipped are in units of the listing.
type TotalRow struct {
	Channel  channel.ID
	Listing  channel.ListingID
	SKU      string // trimmed
	Account  AccountID
	Item     string
	Units    int64 // item units per unit sold
	Open     int64
	Shipped  int64
	OldestAt time.Time // placed time of the demand that first needed it
}

type orderTx interface {
	Orders(ctx context.Context, ch channel.ID, ids []channel.OrderID) ([]OrderRow, error)
	PutOrders(ctx context.Context, rows []OrderRow) error
	// OrderPage walks a channel's orders by id.
	OrderPage(ctx context.Context, ch channel.ID, after channel.OrderID, limit int) ([]OrderRow, error)
	// OrdersToRead returns orders to be read again: those marked Reread, then
	// those open and unseen since the given time, the longest unseen first.
	OrdersToRead(ctx context.Context, ch channel.ID, seenBefore time.Time, limit int) ([]channel.OrderID, error)

	PutRaw(ctx context.Context, rows []RawRow) error
	Raw(ctx context.Context, ch channel.ID, id channel.OrderID) ([]RawRow, error)
	// PruneRaw deletes payloads read before the given time, at most limit of
	// them, and returns how many it deleted.
	PruneRaw(ctx context.Context, before time.Time, limit int) (int, error)

	Demand(ctx context.Context, ch channel.ID, orders []channel.OrderID) ([]DemandRow, error)
	PutDemand(ctx context.Context, rows []DemandRow) error
	// AddTotals adds Open and Shipped of each row to the stored one. Account,
	// Item, Units and OldestAt are used only where the row is new.
	AddTotals(ctx context.Context, rows []TotalRow) error
	// LinkTotals sets Item and Units of a channel's totals: those with the
	// listing, or, with listing "", those without a listing and with the SKU.
	LinkTotals(ctx context.Context, ch channel.ID, listing channel.ListingID, sku string, account AccountID, item string, units int64) error
	// ItemTotals returns every total of the items.
	ItemTotals(ctx context.Context, account AccountID, items []string) ([]TotalRow, error)
	// UnlinkedTotals returns a channel's totals with open demand and no item.
	UnlinkedTotals(ctx context.Context, ch channel.ID) ([]TotalRow, error)
}

// OutboxRow is an event to tell subscribers. Seq is given by the store and
// grows within a channel in the order of commits.
type OutboxRow struct {
	Seq     int64
	Channel channel.ID
	Kind    string
	Order   channel.OrderID
	At      time.Time
	Doc     []byte
}

// SubscriberRow is how far a subscriber has come on a channel.
type SubscriberRow struct {
	Name     string
	Channel  channel.ID
	Position int64 // last Seq handled
	NextAt   time.Time
	Failures int
	Reason   string
	Owner    string
	Until    time.Time
}

type outboxTx interface {
	AppendOutbox(ctx context.Context, rows []OutboxRow) error
	Outbox(ctx context.Context, ch channel.ID, after int64, limit int) ([]OutboxRow, error)
	// PruneOutbox deletes rows at or below every subscriber's position and
	// older than the given time.
	PruneOutbox(ctx context.Context, before time.Time, limit int) (int, error)
	// AddSubscriber makes sure that name has a row for every channel, new ones
	// at position 0, and returns them.
	AddSubscriber(ctx context.Context, name string) ([]SubscriberRow, error)
	Subscribers(ctx context.Context) ([]SubscriberRow, error)
	// ClaimSubscriber takes (name, channel) for owner until the given time, if
	// it is free or its claim has ended by now, is due and has rows to handle.
	ClaimSubscriber(ctx context.Context, name string, ch channel.ID, owner string, now, until time.Time) (SubscriberRow, bool, error)
	// PutSubscriber stores a claimed row, with Owner and Until as they were
	// claimed, and frees it; ErrFenced when the claim was lost.
	PutSubscriber(ctx context.Context, row SubscriberRow) error
	// Backlog returns how many outbox rows lie beyond a position.
	Backlog(ctx context.Context, ch channel.ID, after int64) (int64, error)
}

// ParkedRow is something set aside with its reason.
type ParkedRow struct {
	ID      int64
	Channel channel.ID
	Kind    string // "order", "listing", "shipment", "stock", "drift"
	Ref     string // the record's own id
	Class   string
	Reason  string
	Raw     []byte // sealed, where the engine has a Sealer
	At      time.Time
	Tries   int

	Digest      string    // of what failed: the same again is no news
	DismissedAt time.Time // when a person had seen enough of it; zero while it is for somebody to see
}

// LogValue implements [slog.LogValuer] without the payload.
func (r ParkedRow) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("id", r.ID), slog.String("channel", string(r.Channel)), slog.String("kind", r.Kind),
		slog.String("ref", r.Ref), slog.String("class", r.Class), slog.String("reason", r.Reason), slog.Int("bytes", len(r.Raw)))
}

// Format implements [fmt.Formatter] without the payload.
func (r ParkedRow) Format(s fmt.State, verb rune) {
	type plain ParkedRow
	r.Raw = nil
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(r))
}

// ParkedState tells whether a person has dismissed a parked row.
type ParkedState string

// The states that a ParkedFilter selects by.
const (
	ParkedOpen      ParkedState = "" // not dismissed
	ParkedDismissed ParkedState = "dismissed"
	ParkedAny       ParkedState = "any"
)

// ParkedFilter selects parked rows; zero fields select all that are not
// dismissed.
type ParkedFilter struct {
	ID      int64
	Channel channel.ID
	Kind    string
	Ref     string
	State   ParkedState
	Limit   int
}

type parkTx interface {
	// Park stores rows, giving each an ID; one with the same channel, kind and
	// ref is replaced, keeping its ID, and its Tries counted up. It stays
	// dismissed if its Digest is the same as before; the rows' own DismissedAt is
	// ignored.
	Park(ctx context.Context, rows []ParkedRow) error
	Unpark(ctx context.Context, ch channel.ID, kind, ref string) error
	// Dismiss sets the time a row was dismissed.
	Dismiss(ctx context.Context, id int64, at time.Time) error
	Parked(ctx context.Context, f ParkedFilter) ([]ParkedRow, error) // by ID
	// CountParked counts by kind, those dismissed apart.
	CountParked(ctx context.Context, ch channel.ID) (open, dismissed map[string]int, err error)
}

// ShipmentState is where a parcel's writeback stands.
type ShipmentState string

// The states of a parcel's writeback.
const (
	ShipmentPending     ShipmentState = "pending"
	ShipmentSent        ShipmentState = "sent"        // intent stored, outcome unknown
	ShipmentConfirmed   ShipmentState = "confirmed"   // the marketplace has it
	ShipmentUnconfirmed ShipmentState = "unconfirmed" // sent once without a number, outcome unknown: a person decides
	ShipmentRefused     ShipmentState = "refused"
)

// ShipmentRow is a parcel to be written back.
type ShipmentRow struct {
	Key      string // ours, unique
	Channel  channel.ID
	Order    channel.OrderID
	Seq      int
	State    ShipmentState
	NextAt   time.Time // due; zero when there is nothing to do
	SentAt   time.Time
	Deadline time.Time // when an unanswered send is settled
	Fence    int64     // of the turn that sent
	Attempts int
	Reason   string
	Doc      []byte // the engine's encoding of the shipment, its amendment and its outcome
	At       time.Time
}

type shipmentTx interface {
	Shipments(ctx context.Context, keys []string) ([]ShipmentRow, error)
	OrderShipments(ctx context.Context, ch channel.ID, orders []channel.OrderID) ([]ShipmentRow, error) // an order's by Seq
	// DueShipments returns a channel's due shipments, the longest due first.
	DueShipments(ctx context.Context, ch channel.ID, now time.Time, limit int) ([]ShipmentRow, error)
	CountShipments(ctx context.Context, ch channel.ID) (map[ShipmentState]int, time.Time, error) // and the oldest NextAt
	// AddShipment stores a new row with the order's next Seq and returns it; a
	// row with the same Key is returned unchanged, with false.
	AddShipment(ctx context.Context, row ShipmentRow) (ShipmentRow, bool, error)
	PutShipments(ctx context.Context, rows []ShipmentRow) error // a stored row's Channel, Order and Seq stay
}

// ItemRow is a stock record. Its quantity on hand is Base less everything the
// seller shipped of it.
type ItemRow struct {
	Account   AccountID
	SKU       string
	Managed   bool // has a counted quantity
	Base      int64
	CountedAt time.Time
	Doc       []byte // policy
}

// LedgerRow is one change of an item's quantity by the seller.
type LedgerRow struct {
	Seq     int64
	Account AccountID
	SKU     string
	Kind    string // "count", "receipt", "adjustment", "adoption"
	Delta   int64  // of Base
	At      time.Time
	Note    string
	Key     string // the caller's, to make a repeat for the item harmless; "" is none
}

// LinkRow ties a listing to an item.
type LinkRow struct {
	Channel channel.ID
	Listing channel.ListingID
	Account AccountID
	Item    string
	Units   int64  // item units per unit sold, at least 1
	Source  string // "sku" or "seller"
	At      time.Time
}

// ListingRow is a listing as last read.
type ListingRow struct {
	Channel channel.ID
	ID      channel.ListingID
	SKU     string // trimmed
	Handle  string // the adapter's note, as in Doc
	SeenAt  time.Time
	Gone    bool
	Doc     []byte
}

type itemTx interface {
	Items(ctx context.Context, account AccountID, skus []string) ([]ItemRow, error) // none is all
	PutItems(ctx context.Context, rows []ItemRow) error
	// AppendLedger stores the rows that have a Key new to their item or none,
	// and returns how many those were.
	AppendLedger(ctx context.Context, rows []LedgerRow) (int, error)
	Ledger(ctx context.Context, account AccountID, sku string, limit int) ([]LedgerRow, error) // newest first

	Links(ctx context.Context, ch channel.ID, listings []channel.ListingID) ([]LinkRow, error) // none is all of the channel
	ItemLinks(ctx context.Context, account AccountID, items []string) ([]LinkRow, error)
	PutLinks(ctx context.Context, rows []LinkRow) error
	DeleteLink(ctx context.Context, ch channel.ID, listing channel.ListingID) error

	Listings(ctx context.Context, ch channel.ID, ids []channel.ListingID) ([]ListingRow, error) // none is all of the channel
	ListingsBySKU(ctx context.Context, ch channel.ID, skus []string) ([]ListingRow, error)
	// ListingsByHandle never returns a listing without a handle.
	ListingsByHandle(ctx context.Context, ch channel.ID, handles []string) ([]ListingRow, error)
	PutListings(ctx context.Context, rows []ListingRow) error
}

// LevelKey names what a listing shows at a location.
type LevelKey struct {
	Channel  channel.ID
	Listing  channel.ListingID
	Location channel.LocationID
}

// LevelRow is a linked listing's stock at a location: the arithmetic's state
// and when to look at it again.
type LevelRow struct {
	LevelKey
	Account  AccountID
	Item     string
	Units    int64
	Released bool      // the first push is allowed
	DueAt    time.Time // zero when there is nothing to do until something happens
	Busy     bool      // has lots, candidates or writes that a watermark can settle
	Wanted   int64     // last planned
	Shown    *int64    // last known
	Reason   string    // of the last decision
	State    []byte
}

// IntentRow is a stock write recorded before it is sent.
type IntentRow struct {
	ID       int64 // given by PutIntent
	Channel  channel.ID
	Fence    int64
	SentAt   time.Time
	Deadline time.Time
	Ticket   channel.Ticket // once known, for work done later
	NextAt   time.Time      // when to ask for the ticket
	Doc      []byte         // lines and quantities
}

type levelTx interface {
	Levels(ctx context.Context, keys []LevelKey) ([]LevelRow, error)
	ItemLevels(ctx context.Context, account AccountID, items []string) ([]LevelRow, error)
	// ChannelLevels walks a channel's levels by listing and location.
	ChannelLevels(ctx context.Context, ch channel.ID, after LevelKey, limit int) ([]LevelRow, error)
	// DueLevels returns a channel's due levels, the longest due first.
	DueLevels(ctx context.Context, ch channel.ID, now time.Time, limit int) ([]LevelRow, error)
	BusyLevels(ctx context.Context, ch channel.ID) ([]LevelRow, error)
	// CountLevels returns how many levels the channel has, how many of them are
	// due at now, and since when the oldest.
	CountLevels(ctx context.Context, ch channel.ID, now time.Time) (all, due int, oldest time.Time, err error)
	PutLevels(ctx context.Context, rows []LevelRow) error
	DeleteLevels(ctx context.Context, keys []LevelKey) error
	// TouchLevels makes every level of the items due at the given time at the
	// latest and returns the channels they are on.
	TouchLevels(ctx context.Context, account AccountID, items []string, at time.Time) ([]channel.ID, error)

	PutIntent(ctx context.Context, row IntentRow) (int64, error)     // ID 0 is new
	Intents(ctx context.Context, ch channel.ID) ([]IntentRow, error) // by ID
	DeleteIntents(ctx context.Context, ids []int64) error
}

type tokenTx interface {
	// Token returns a stored token's sealed bytes and version; version 0 when
	// there is none.
	Token(ctx context.Context, id channel.ID) ([]byte, int64, error)
	// SwapToken stores bytes with version old+1 if the stored version is old,
	// and reports whether it was.
	SwapToken(ctx context.Context, id channel.ID, old int64, sealed []byte) (bool, error)
}
