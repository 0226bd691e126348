package amazontest

import (
	"maps"
	"slices"
	"time"
)

// Order is an order as the account has it. Money is exact decimal text with as
// few digits as it needs.
type Order struct {
	ID          string
	SellerID    string // the seller's own number
	Status      Status
	Marketplace string
	Channel     string
	ByAmazon    bool
	Programs    []string
	Created     time.Time
	Modified    time.Time
	Visible     time.Time // when searches find it by its last change
	Currency    string
	Total       string
	ShipTo      Address
	Buyer       Buyer
	Lines       []Line
	Packages    []Package
	Refunds     []map[string]int // units by line id, of each Refund: the API tells of none
}

// Line is a line of an Order.
type Line struct {
	ID        string
	SKU       string // also where the API does not tell it
	ASIN      string
	Title     string
	Quantity  int
	Shipped   int
	Cancelled int // before it was shipped
	Refunded  int // of the shipped ones
	Open      int
	Price     string // of a unit
	Tax       string // of the whole line, on shipping and wrapping too
	Discount  string // off the goods
	Total     string // the line's proceeds
	Taken     int    // units it has taken from stock
}

// Package is a parcel of an Order.
type Package struct {
	Reference string // packageReferenceId
	Created   time.Time
	Shipped   time.Time
	Carrier   string // carrierCode
	Name      string // carrierName
	Method    string
	Tracking  string
	Items     map[string]int // units by line id
	Edits     int            // calls that named the reference again and changed something
	Repeats   int            // and that changed nothing
	External  bool           // made by Ship, not by a call
}

// Order returns an order.
func (f *Fake) Order(id string) (Order, bool) {
	f.lock()
	defer f.mu.Unlock()
	o := f.orders.byID[id]
	if o == nil {
		return Order{}, false
	}
	return f.snapshot(o), true
}

// Orders returns all orders, in the order they were placed.
func (f *Fake) Orders() []Order {
	f.lock()
	defer f.mu.Unlock()
	out := make([]Order, len(f.orders.all))
	for i, o := range f.orders.all {
		out[i] = f.snapshot(o)
	}
	return out
}

func (f *Fake) snapshot(o *order) Order {
	out := Order{
		ID: o.id, SellerID: o.in.SellerID, Status: o.status, Marketplace: o.market.id, Channel: o.in.Channel, ByAmazon: o.in.ByAmazon,
		Programs: slices.Clone(o.in.Programs), Created: o.created, Modified: o.modified, Visible: o.visible, Currency: o.currency,
		Total: f.total(o).text(0), ShipTo: o.in.ShipTo, Buyer: o.in.Buyer,
	}
	for i := range o.lines {
		l := &o.lines[i]
		out.Lines = append(out.Lines, Line{
			ID: itemID(l.id), SKU: l.sku, ASIN: l.asin, Title: l.title, Quantity: l.qty, Shipped: l.shipped, Cancelled: l.cancelled,
			Refunded: l.refunded, Open: l.open(), Price: l.price.text(0), Tax: l.allTax().text(0), Discount: l.x.discount.text(0),
			Total: l.total(f.cfg.Believed.CollectedTaxLeft).text(0), Taken: l.taken,
		})
	}
	for _, p := range o.packages {
		out.Packages = append(out.Packages, p.snapshot())
	}
	for _, units := range o.refunds {
		out.Refunds = append(out.Refunds, maps.Clone(units))
	}
	return out
}

// LineIDs returns the ids of the lines that sell a SKU.
func (o Order) LineIDs(sku string) []string {
	var ids []string
	for _, l := range o.Lines {
		if l.SKU == sku {
			ids = append(ids, l.ID)
		}
	}
	return ids
}
