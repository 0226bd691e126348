package channeltest

import (
	"github.com/penstock-go/penstock/channel"
)

// World is a fake marketplace as [Run] drives it: what its sellers and buyers
// do, what is on record there, and trouble. An adapter's test implements it
// over its fake. A method that the fake cannot do returns an error that is
// [errors.ErrUnsupported]; the cases that need it are then named in
// [Fixture].Cannot.
type World interface {
	// Open returns a new channel to the account. Two of them share nothing but
	// the marketplace.
	Open() channel.Channel

	AddListing(sku string, quantity int64) (channel.ListingID, error)

	// PlaceOrder buys and pays. Walks show the order within
	// Traits.VisibilityLag.
	PlaceOrder(p Purchase) (channel.OrderID, error)

	Cancel(id channel.OrderID) error
	Refund(id channel.OrderID, line channel.LineID, units int64) error
	ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error
	Remove(id channel.OrderID) error // from then on the marketplace knows nothing of it

	Poison(id channel.OrderID) error                // makes the record undecodable, but for its id and its time
	SetStatus(id channel.OrderID, raw string) error // a word the adapter does not know, as a status
	WithholdPeople() error                          // buyers and recipients are not shown from now on

	Edit(id channel.ListingID, by int64) error // by hand
	Quantity(id channel.ListingID) int64       // what a buyer can buy now
	Parcels(id channel.OrderID) []channel.RemoteShipment

	// Inject begins trouble, which lasts until it is lifted or, where it says
	// so, until it struck once.
	Inject(t Trouble) (lift func(), err error)

	// Secrets are the texts that must not get out: tokens, keys, signatures.
	Secrets() []string

	// Output is everything that the channels opened so far logged.
	Output() string
}

// Purchase is what [World].PlaceOrder takes.
type Purchase struct {
	Lines         []PurchaseLine
	Buyer         string           // to be used in name, street, e-mail and note; "" for any
	Shipping      bool             // with a charge for shipping
	BuyerCurrency channel.Currency // "" is the shop's own
}

// PurchaseLine is a quantity of a listing.
type PurchaseLine struct {
	Listing  channel.ListingID
	Quantity int64
}

// Trouble is something that goes wrong.
type Trouble string

// The kinds of trouble.
const (
	// TroubleAnswerLost strikes the next write once: it takes effect, and the
	// connection breaks instead of an answer.
	TroubleAnswerLost Trouble = "answer lost"
	// TroubleRequestLost strikes the next write once: the connection breaks,
	// and it has no effect.
	TroubleRequestLost Trouble = "request lost"
	// TroubleTruncated strikes the next answer to a read of orders once: it
	// breaks off in the middle.
	TroubleTruncated Trouble = "truncated"

	// The troubles below strike every call until they are lifted.

	TroubleUnavailable  Trouble = "unavailable"  // a server error, without effect
	TroubleThrottled    Trouble = "throttled"    // come back in ten minutes
	TroubleUnauthorized Trouble = "unauthorized" // the grant is revoked for good
	TroubleForbidden    Trouble = "forbidden"    // the grant lacks a scope
	TroubleSuspended    Trouble = "suspended"    // the shop is frozen or unpaid
	TroubleStall        Trouble = "stall"        // no answer and no effect until the caller gives up

	// TroubleEcho refuses with answers of several kinds that repeat the secrets
	// that were sent, in whatever of them becomes part of an error: message,
	// code, id of the request.
	TroubleEcho Trouble = "echo"
)
