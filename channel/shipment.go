package channel

import (
	"strings"
	"time"
)

// Shipment is one parcel of one order, to be recorded on the marketplace.
type Shipment struct {
	Key   string // ours, stable over every attempt
	Seq   int    // 1-based within the order, stored before the first send, never reused
	Order OrderID
	Lines []ShipmentLine

	Tracking    Tracking
	Location    LocationID // where it left from; "" lets the marketplace's own record decide
	ShippedAt   time.Time
	NotifyBuyer bool // ask the marketplace to mail the buyer, where Traits.Notify

	// Known are marketplace records that belong to other parcels of ours: a
	// look never takes them for this one.
	Known []RemoteShipmentID
}

// ShipmentLine is a quantity of an order line inside a parcel.
type ShipmentLine struct {
	Line     LineID
	Handle   Handle // the line's, as last read
	Quantity int64  // at least 1
}

// Tracking is how a parcel is followed.
type Tracking struct {
	Carrier string // a code of [Carriers], or any name a carrier goes by
	Number  string // "" when the parcel has none
	URL     string // where the carrier is unknown to the marketplace
	Service string // the carrier's service level, free text
}

// ShipResult tells what the marketplace holds for a parcel.
type ShipResult struct {
	Remote []RemoteShipment // every record of this parcel, at least one, or nothing says that it arrived; several when it spans locations or addresses
	Found  bool             // it was there before we sent anything
	Notes  []string         // what a person should know: a carrier shown without a link, a mail that cannot be suppressed
}

// RemoteShipment is a marketplace's record of a parcel.
type RemoteShipment struct {
	ID        RemoteShipmentID
	Order     OrderID
	Handle    Handle
	Lines     []ShipmentLine
	Tracking  []Tracking
	Location  LocationID
	Cancelled bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SameTracking reports whether two tracking numbers are the same to a carrier:
// letters and digits compared without regard to case, everything else ignored.
// Two empty numbers are not the same.
func SameTracking(a, b string) bool {
	a, b = NormalTracking(a), NormalTracking(b)
	return a != "" && a == b
}

// NormalTracking returns number with only its letters and digits, upper-cased.
func NormalTracking(number string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, number)
}
