package sync

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// OrderRef names a stored order.
type OrderRef struct {
	Channel channel.ID
	ID      channel.OrderID
}

// String returns "channel/order".
func (r OrderRef) String() string { return string(r.Channel) + "/" + string(r.ID) }

// Shipment is a parcel that left, to be told to the marketplace of its order.
type Shipment struct {
	// Key is yours, to make a repeat harmless: the same Key is the same parcel.
	// Empty: it follows from the order, the tracking number and the lines, so
	// two parcels alike and without numbers need a Key each.
	Key string

	Order OrderRef
	Lines []ShipmentLine // empty: everything still open that no other parcel has

	Carrier     string // a code of channel.Carriers, or any name a carrier goes by
	Tracking    string // number; without one the parcel is sent at most once, and may end unconfirmed
	TrackingURL string
	Service     string // the carrier's service level

	Location    channel.LocationID // where it left from; "" lets the marketplace's record decide
	ShippedAt   time.Time          // zero: now
	NotifyBuyer bool               // ask the marketplace to mail the buyer, where it can be asked
}

// ShipmentLine is a quantity of an order line inside a parcel.
type ShipmentLine struct {
	Line     channel.LineID
	Quantity int64 // at least 1
}

// ShipmentStatus is where a parcel's writeback stands.
type ShipmentStatus struct {
	Key      string
	Order    OrderRef
	Seq      int // 1-based within the order
	State    ShipmentState
	Reason   string // why it waits, or was refused, in words a seller can read
	Lines    []ShipmentLine
	Tracking channel.Tracking
	StoredAt time.Time
	SentAt   time.Time // last try, zero for never
	NextAt   time.Time // next try, zero for none
	Attempts int

	Remote []channel.RemoteShipment // what the marketplace holds for it
	Found  bool                     // it was there before we sent it
	Notes  []string                 // what a person should know
}

// shipmentDoc is the stored part of a parcel that no query needs.
type shipmentDoc struct {
	Lines       []ShipmentLine     `json:"lines"`
	Tracking    channel.Tracking   `json:"tracking,omitzero"`
	Location    channel.LocationID `json:"location,omitempty"`
	ShippedAt   time.Time          `json:"shipped_at,omitzero"`
	NotifyBuyer bool               `json:"notify_buyer,omitempty"`

	// Before are the records the order had on the marketplace before the first
	// send: a look without a tracking number never takes one for this parcel.
	Before  []channel.RemoteShipmentID `json:"before,omitempty"`
	Waiting bool                       `json:"waiting,omitempty"` // for its order to change
	Rereads int                        `json:"rereads,omitempty"` // of the order, because the marketplace disagreed
	Looks   int                        `json:"looks,omitempty"`   // in vain, since it was sent

	Remote []channel.RemoteShipment `json:"remote,omitempty"`
	Found  bool                     `json:"found,omitempty"`
	Notes  []string                 `json:"notes,omitempty"`

	// Amend is the tracking that is to replace Tracking on the marketplace.
	Amend *channel.Tracking `json:"amend,omitempty"`
}

func (d *shipmentDoc) numbered() bool { return channel.NormalTracking(d.Tracking.Number) != "" }

func (d *shipmentDoc) quantities() map[channel.LineID]int64 {
	q := map[channel.LineID]int64{}
	for _, l := range d.Lines {
		q[l.Line] += l.Quantity
	}
	return q
}

// parcel is a shipment row with its document.
type parcel struct {
	ShipmentRow
	doc    shipmentDoc
	unread error // why the document does not decode; doc is then empty
}

// openParcel decodes a row. One whose document does not decode is refused when it
// is due, with its reason, and keeps the document: a later release may read it.
func openParcel(row ShipmentRow) parcel {
	p := parcel{ShipmentRow: row}
	if err := decode(row.Doc, &p.doc); err != nil {
		p.doc, p.unread = shipmentDoc{}, fmt.Errorf("its stored record cannot be read: %w", err)
	}
	return p
}

func openParcels(rows []ShipmentRow) []parcel {
	out := make([]parcel, len(rows))
	for i, r := range rows {
		out[i] = openParcel(r)
	}
	return out
}

// row returns the parcel as it is stored.
func (p *parcel) row() ShipmentRow {
	r := p.ShipmentRow
	if p.unread == nil {
		r.Doc = encode(&p.doc)
	}
	return r
}

func (p *parcel) status() ShipmentStatus {
	return ShipmentStatus{
		Key: p.Key, Order: OrderRef{p.Channel, p.Order}, Seq: p.Seq, State: p.State, Reason: p.Reason,
		Lines: p.doc.Lines, Tracking: p.doc.Tracking, StoredAt: p.At, SentAt: p.SentAt, NextAt: p.NextAt, Attempts: p.Attempts,
		Remote: p.doc.Remote, Found: p.doc.Found, Notes: p.doc.Notes,
	}
}

// confirmedUnits sums, line by line, what our confirmed parcels shipped. One
// whose every record was cancelled on the marketplace no longer counts.
func confirmedUnits(d *orderDoc, ours []ShipmentRow) map[channel.LineID]int64 {
	if len(ours) == 0 {
		return nil
	}
	cancelled := map[channel.RemoteShipmentID]bool{}
	for _, s := range d.Order.Shipments {
		if s.Cancelled {
			cancelled[s.ID] = true
		}
	}
	sums := map[channel.LineID]int64{}
	for _, row := range ours {
		if row.State != ShipmentConfirmed {
			continue
		}
		p := openParcel(row)
		void := len(p.doc.Remote) > 0
		for _, r := range p.doc.Remote {
			void = void && cancelled[r.ID]
		}
		if void {
			continue
		}
		for line, n := range p.doc.quantities() {
			sums[line] += n
		}
	}
	return sums
}

// sentUnits sums what our parcels shipped or may have shipped.
func sentUnits(ours []ShipmentRow) map[channel.LineID]int64 {
	sums := map[channel.LineID]int64{}
	for _, row := range ours {
		if row.State != ShipmentConfirmed && row.State != ShipmentSent {
			continue
		}
		p := openParcel(row)
		for line, n := range p.doc.quantities() {
			sums[line] += n
		}
	}
	return sums
}

// isOurs reports whether a record on the marketplace is one of our parcels.
func isOurs(s channel.RemoteShipment, ours []ShipmentRow) bool {
	for _, row := range ours {
		if row.State == ShipmentPending || row.State == ShipmentRefused {
			continue
		}
		p := openParcel(row)
		if slices.ContainsFunc(p.doc.Remote, func(r channel.RemoteShipment) bool { return r.ID == s.ID }) {
			return true
		}
		if slices.ContainsFunc(s.Tracking, func(t channel.Tracking) bool {
			return channel.SameTracking(t.Number, p.doc.Tracking.Number)
		}) {
			return true
		}
	}
	return false
}
