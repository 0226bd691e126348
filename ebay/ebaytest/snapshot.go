package ebaytest

import (
	"strconv"
	"time"
)

// Order is an order as the account has it. Money is exact decimal text with as
// few digits as it needs.
type Order struct {
	ID          string
	Marketplace string
	Payment     PaymentStatus
	Fulfilment  Fulfilment
	Cancel      CancelState
	Unpaid      bool // it is a commitment to buy, and the APIs know nothing of it
	Gone        bool // that was never paid for
	Committed   time.Time
	Created     time.Time
	Modified    time.Time
	Visible     time.Time // when lists find it by its last change
	Currency    string
	Total       string // without tax that eBay collects
	Refunded    string
	ShipTo      Address
	Buyer       Buyer
	Lines       []Line
	Packages    []Package
}

// Line is a line of an Order.
type Line struct {
	ID        string
	SKU       string // also where the API does not tell it
	ListingID string
	Title     string
	Quantity  int
	Shipped   int
	Price     string // of a unit
	Total     string // without tax that eBay collects
	Taken     int    // units it has taken from stock
}

// Package is a shipping fulfilment of an Order.
type Package struct {
	ID       string
	Carrier  string
	Tracking string
	Shipped  time.Time
	Created  time.Time
	Items    map[string]int // units by line id
	External bool           // made by Ship, not by a call
}

// Order returns an order.
func (f *Fake) Order(id string) (Order, bool) {
	f.lock()
	defer f.mu.Unlock()
	o := f.orders.byID[id]
	if o == nil {
		return Order{}, false
	}
	return o.snapshot(), true
}

// Orders returns all orders, in the order they were placed, purchases that are
// not paid for too.
func (f *Fake) Orders() []Order {
	f.lock()
	defer f.mu.Unlock()
	out := make([]Order, len(f.orders.all))
	for i, o := range f.orders.all {
		out[i] = o.snapshot()
	}
	return out
}

func (o *order) snapshot() Order {
	out := Order{
		ID: o.id, Marketplace: o.m.id, Payment: o.payment, Fulfilment: o.fulfilment(), Cancel: o.cancel, Unpaid: o.unpaid, Gone: o.gone,
		Committed: o.committed, Created: o.created, Modified: o.modified, Visible: o.visible, Currency: o.currency,
		Total: o.total(false).text(0), Refunded: o.refunded().text(0), ShipTo: o.in.ShipTo, Buyer: o.in.Buyer,
	}
	for i := range o.lines {
		l := &o.lines[i]
		out.Lines = append(out.Lines, Line{
			ID: lineID(l.id), SKU: l.sku, ListingID: l.listingID, Title: l.title, Quantity: l.qty, Shipped: l.shipped, Price: l.price.text(0),
			Total: l.total(false).text(0), Taken: l.taken,
		})
	}
	for _, p := range o.packages {
		out.Packages = append(out.Packages, p.snapshot())
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

func lineID(n int64) string { return strconv.FormatInt(n, 10) }
