package channel

import (
	"fmt"
	"log/slog"
	"time"
)

// Parts says which parts of an order a read included.
type Parts uint32

// The parts of an order. A read that lacks a part says nothing about it, and
// what an earlier read told stays.
const (
	PartHead      Parts = 1 << iota // numbers, times, statuses, flags
	PartLines                       // lines with all quantities but Shipped
	PartTotals                      // charges, taxes, discounts, totals
	PartRecipient                   // who it goes to
	PartBuyer                       // who placed it
	PartUnits                       // fulfilment units
	PartShipments                   // parcels the marketplace knows, and lines' Shipped
	PartRefunds                     // refunds line by line
	PartCancels                     // requests to cancel

	PartsAll = PartCancels<<1 - 1
)

// Coded is an open enumeration: a value of ours, and the marketplace's own
// word, kept because marketplaces add words. A word we do not know has the
// value "".
type Coded[T ~string] struct {
	Value T      `json:"value,omitempty"`
	Raw   string `json:"raw,omitempty"`
}

// OrderStatus is an order's overall state.
type OrderStatus string

// The overall states of an order.
const (
	OrderPending   OrderStatus = "pending" // not yet a sale to act on: unpaid, unchecked
	OrderOpen      OrderStatus = "open"
	OrderHeld      OrderStatus = "held" // a sale, but not to be shipped now
	OrderClosed    OrderStatus = "closed"
	OrderCancelled OrderStatus = "cancelled"
)

// PaymentStatus is whether an order is paid.
type PaymentStatus string

// The payment states of an order.
const (
	PaymentPending           PaymentStatus = "pending"
	PaymentAuthorized        PaymentStatus = "authorized"
	PaymentPartlyPaid        PaymentStatus = "partly paid"
	PaymentPaid              PaymentStatus = "paid"
	PaymentPartiallyRefunded PaymentStatus = "partly refunded"
	PaymentRefunded          PaymentStatus = "refunded"
	PaymentVoided            PaymentStatus = "voided"
	PaymentFailed            PaymentStatus = "failed"
)

// FulfilmentStatus is how much of an order has left.
type FulfilmentStatus string

// The fulfilment states of an order.
const (
	FulfilmentNone     FulfilmentStatus = "none"
	FulfilmentPartial  FulfilmentStatus = "partial"
	FulfilmentComplete FulfilmentStatus = "complete"
	FulfilmentNotDue   FulfilmentStatus = "not due" // nothing to ship
)

// Fulfiller is who ships a line, or why nobody does.
type Fulfiller string

// The fulfillers. Lines of BySeller are ours to ship. Those of BySeller and
// ByPickup are taken from the seller's stock, which holds their open units until
// they are handed over.
const (
	BySeller      Fulfiller = "seller"
	ByMarketplace Fulfiller = "marketplace"
	ByOther       Fulfiller = "other"  // a fulfilment service with its own stock
	ByPickup      Fulfiller = "pickup" // collected from the seller; Shipped counts what was handed over
	ByDigital     Fulfiller = "digital"
	ByService     Fulfiller = "service" // nothing to send: postage, a tip, a fee on a line
)

// Order is a sale as the marketplace tells it. Amounts are as of now, after
// edits and refunds are not subtracted: a refund is a record of its own.
type Order struct {
	ID     OrderID `json:"id"`
	Number string  `json:"number,omitempty"` // what the seller and the buyer see
	Origin string  `json:"origin,omitempty"` // where it was placed, the marketplace's word: "web", "pos", a storefront
	Parts  Parts   `json:"parts"`

	PlacedAt    time.Time `json:"placed_at"`
	UpdatedAt   time.Time `json:"updated_at"` // the marketplace's version of this record
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`
	ShipBy      time.Time `json:"ship_by,omitzero"`
	DeliverBy   time.Time `json:"deliver_by,omitzero"`

	Status       Coded[OrderStatus]      `json:"status,omitzero"`
	Payment      Coded[PaymentStatus]    `json:"payment,omitzero"`
	Fulfilment   Coded[FulfilmentStatus] `json:"fulfilment,omitzero"`
	CancelReason string                  `json:"cancel_reason,omitempty"`
	Risk         string                  `json:"risk,omitempty"` // the marketplace's recommendation, its own word
	Test         bool                    `json:"test,omitempty"`
	Edited       bool                    `json:"edited,omitempty"`
	Service      string                  `json:"service,omitempty"` // shipping service the buyer chose
	Tags         []string                `json:"tags,omitempty"`
	Note         Personal                `json:"note,omitempty"` // the buyer's words
	Attributes   []Attribute             `json:"attributes,omitempty"`

	Recipient Recipient `json:"recipient,omitzero"`
	Buyer     Buyer     `json:"buyer,omitzero"`

	Lines     []Line           `json:"lines,omitempty"`
	Units     []Unit           `json:"units,omitempty"`
	Shipments []RemoteShipment `json:"shipments,omitempty"`
	Refunds   []Refund         `json:"refunds,omitempty"`
	Cancels   []CancelRequest  `json:"cancels,omitempty"`

	Currency      Currency   `json:"currency"`                 // the shop's book currency
	BuyerCurrency Currency   `json:"buyer_currency,omitempty"` // what the buyer saw, where it differs
	TaxIncluded   bool       `json:"tax_included,omitempty"`   // line and charge prices contain tax
	Charges       []Charge   `json:"charges,omitempty"`
	Taxes         []Tax      `json:"taxes,omitempty"` // of the whole order
	Discounts     []Discount `json:"discounts,omitempty"`
	Totals        Totals     `json:"totals,omitzero"`

	// Raw is what the marketplace sent, as OrderDecoder takes it. It holds
	// personal data.
	Raw []byte `json:"-"`
}

// Has reports whether the read that brought o included all of parts.
func (o *Order) Has(parts Parts) bool { return o.Parts&parts == parts }

// Format implements [fmt.Formatter] without the payload.
func (o Order) Format(s fmt.State, verb rune) {
	type plain Order
	o.Raw = nil
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(o))
}

// LogValue implements [slog.LogValuer] without anything about the buyer.
func (o Order) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", string(o.ID)), slog.String("number", o.Number),
		slog.Time("updated_at", o.UpdatedAt), slog.Int("lines", len(o.Lines)))
}

// Attribute is a named value a shop attached.
type Attribute struct {
	Name  string   `json:"name"`
	Value Personal `json:"value,omitempty"`
}

// LogValue implements [slog.LogValuer]: only the name is shown.
func (a Attribute) LogValue() slog.Value { return slog.GroupValue(slog.String("name", a.Name)) }

// Line is one line of an order. Quantities are in units of the listing and
// never negative.
type Line struct {
	ID      LineID    `json:"id"`
	Handle  Handle    `json:"handle,omitempty"`
	Parent  LineID    `json:"parent,omitempty"` // the bundle it is a component of
	SKU     string    `json:"sku,omitempty"`    // as the marketplace has it; may be empty
	Listing ListingID `json:"listing,omitempty"`
	Product string    `json:"product,omitempty"`
	Title   string    `json:"title,omitempty"`
	Variant string    `json:"variant,omitempty"`

	FulfilledBy Coded[Fulfiller] `json:"fulfilled_by,omitzero"`
	Location    LocationID       `json:"location,omitempty"` // where its stock fell, when the marketplace tells

	Ordered   int64 `json:"ordered"`             // as placed or last raised by an edit; includes everything below
	Cancelled int64 `json:"cancelled,omitempty"` // removed before shipping, by a cancellation or an edit
	Refunded  int64 `json:"refunded,omitempty"`  // refunded without being cancelled, shipped or not
	Unshipped int64 `json:"unshipped,omitempty"` // of Refunded: never shipped, and not to be
	Shipped   int64 `json:"shipped,omitempty"`   // the marketplace's count
	Restocked int64 `json:"restocked,omitempty"` // of Cancelled and Refunded: surely put back into the channel's quantity
	Loose     int64 `json:"loose,omitempty"`     // of Cancelled and Refunded: may or may not have been put back

	Price     Amount     `json:"price,omitzero"`    // one unit, before discounts
	Discount  Amount     `json:"discount,omitzero"` // whole line, positive, order-level discounts allotted to it included
	Total     Amount     `json:"total,omitzero"`    // whole line after discounts, as the order's own total counts it
	Discounts []Discount `json:"discounts,omitempty"`
	Taxes     []Tax      `json:"taxes,omitempty"`

	Attributes []Attribute `json:"attributes,omitempty"` // personalisation
	Gift       bool        `json:"gift,omitempty"`
	GiftNote   Personal    `json:"gift_note,omitempty"`
}

// LogValue implements [slog.LogValuer] without what the buyer wrote.
func (l Line) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", string(l.ID)), slog.String("sku", l.SKU),
		slog.Int64("ordered", l.Ordered), slog.Int64("open", l.Open()))
}

// Open returns how many units are still to be shipped, by anyone: ordered less
// cancelled, refunded unshipped, and shipped, and never below zero.
func (l *Line) Open() int64 {
	return max(0, l.Ordered-l.Cancelled-l.Unshipped-l.Shipped)
}

// UnitStatus is where a fulfilment unit stands.
type UnitStatus string

// The states of a fulfilment unit.
const (
	UnitOpen       UnitStatus = "open"
	UnitScheduled  UnitStatus = "scheduled" // opens at FulfilAt
	UnitHeld       UnitStatus = "held"
	UnitInProgress UnitStatus = "in progress"
	UnitClosed     UnitStatus = "closed"
	UnitCancelled  UnitStatus = "cancelled"
)

// Unit is a part of an order that one location fulfils as a whole.
type Unit struct {
	ID          UnitID            `json:"id"`
	Handle      Handle            `json:"handle,omitempty"`
	Location    LocationID        `json:"location,omitempty"`
	Status      Coded[UnitStatus] `json:"status"`
	FulfilledBy Coded[Fulfiller]  `json:"fulfilled_by,omitzero"`
	Service     string            `json:"service,omitempty"`
	Holds       []Hold            `json:"holds,omitempty"`
	FulfilAt    time.Time         `json:"fulfil_at,omitzero"`
	DueBy       time.Time         `json:"due_by,omitzero"`
	UpdatedAt   time.Time         `json:"updated_at,omitzero"`
	Lines       []UnitLine        `json:"lines,omitempty"`
}

// UnitLine is a quantity of an order line inside a fulfilment unit.
type UnitLine struct {
	Line      LineID `json:"line"`
	Handle    Handle `json:"handle,omitempty"`
	Total     int64  `json:"total"`
	Remaining int64  `json:"remaining"`
}

// Hold is a reason not to ship.
type Hold struct {
	Reason string `json:"reason"` // the marketplace's own word
	Note   string `json:"note,omitempty"`
}

// Refund is money given back, and the units it was for.
type Refund struct {
	ID     RefundID     `json:"id"`
	At     time.Time    `json:"at"`
	Total  Amount       `json:"total"` // what the buyer got, tax and charges included
	Lines  []RefundLine `json:"lines,omitempty"`
	Other  Amount       `json:"other,omitzero"` // of Total: not for lines
	Note   string       `json:"note,omitempty"`
	Status string       `json:"status,omitempty"` // the marketplace's own word
}

// RefundLine is what a refund gave back for one line.
type RefundLine struct {
	Line     LineID     `json:"line"`
	Quantity int64      `json:"quantity"` // 0 for money without units
	Total    Amount     `json:"total,omitzero"`
	Tax      Amount     `json:"tax,omitzero"`
	Restock  Restock    `json:"restock,omitempty"`
	Location LocationID `json:"location,omitempty"`
}

// Restock is whether units went back into the channel's quantity.
type Restock string

// The answers a marketplace gives about restocking.
const (
	RestockUnknown Restock = ""
	RestockYes     Restock = "yes"
	RestockNo      Restock = "no"
)

// CancelRequest is somebody's wish to cancel; it is not a cancellation.
type CancelRequest struct {
	At     time.Time `json:"at,omitzero"`
	By     string    `json:"by,omitempty"` // the marketplace's own word
	Reason string    `json:"reason,omitempty"`
	Status string    `json:"status,omitempty"`
	Lines  []LineID  `json:"lines,omitempty"` // empty is the whole order
}

// ChargeType is what a charge beside the lines is for.
type ChargeType string

// The types of charges.
const (
	ChargeShipping ChargeType = "shipping"
	ChargeHandling ChargeType = "handling"
	ChargeGiftWrap ChargeType = "gift wrap"
	ChargeTip      ChargeType = "tip"
	ChargeDuty     ChargeType = "duty"
	ChargeImport   ChargeType = "import"
	ChargeFee      ChargeType = "fee"
)

// Charge is an amount beside the lines, after its discounts.
type Charge struct {
	Type     Coded[ChargeType] `json:"type"`
	Title    string            `json:"title,omitempty"`
	Total    Amount            `json:"total"`
	Discount Amount            `json:"discount,omitzero"` // already taken off Total
	Taxes    []Tax             `json:"taxes,omitempty"`
}

// Tax is one tax on a line, a charge or the order.
type Tax struct {
	Title        string `json:"title,omitempty"`
	Rate         string `json:"rate,omitempty"` // decimal fraction: "0.19"
	Total        Amount `json:"total"`
	Marketplace  bool   `json:"marketplace,omitempty"` // collected and remitted by the marketplace
	Jurisdiction string `json:"jurisdiction,omitempty"`
}

// Discount is one reason a price was lowered. Its total is positive.
type Discount struct {
	Code  string `json:"code,omitempty"`
	Title string `json:"title,omitempty"`
	Total Amount `json:"total"`
}

// Totals are an order's sums.
//
//	Lines + Charges + Tax (when not included) + Rounding + Residual = Total
type Totals struct {
	Lines    Amount `json:"lines,omitzero"`    // lines after discounts
	Charges  Amount `json:"charges,omitzero"`  // after discounts
	Discount Amount `json:"discount,omitzero"` // already taken off the two above
	Tax      Amount `json:"tax,omitzero"`
	Rounding Amount `json:"rounding,omitzero"`
	Total    Amount `json:"total,omitzero"` // what the marketplace says the buyer owes
	Residual Amount `json:"residual,omitzero"`
	Refunded Amount `json:"refunded,omitzero"`
	// MarketplaceTax is collected and remitted by the marketplace, and not
	// part of Total.
	MarketplaceTax Amount `json:"marketplace_tax,omitzero"`
}

// Reconcile sets Residual to what the other sums leave of Total, in both
// currencies. Amounts that cannot be summed (two currencies in one column, or
// more digits than Money holds) leave it untouched and return ErrInvalid.
func (t *Totals) Reconcile(taxIncluded bool) error {
	sum, err := t.Lines.Add(t.Charges)
	if err == nil {
		sum, err = sum.Add(t.Rounding)
	}
	if err == nil && !taxIncluded {
		sum, err = sum.Add(t.Tax)
	}
	if err != nil {
		return err
	}
	residual, err := t.Total.Sub(sum)
	if err != nil {
		return err
	}
	t.Residual = residual
	return nil
}
