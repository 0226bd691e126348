package shopifytest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Reading the shop's state, for comparisons. Nothing here passes through the
// API, so nothing lags, is hidden or costs.

// Order is an order as it is.
type Order struct {
	ID, Name                                                string
	Number                                                  int
	CreatedAt, UpdatedAt, CancelledAt, ClosedAt             time.Time
	CancelReason                                            string
	Test, Edited, TaxesIncluded                             bool
	Financial, Fulfilment                                   string // display statuses
	Currency, BuyerCurrency                                 string
	Total, CurrentTotal, Subtotal, Shipping, Tax, Discounts string // in the shop's currency
	Received, Refunded, Outstanding                         string
	BuyerTotal, BuyerCurrentTotal                           string // in the buyer's currency
	Lines                                                   []Line
	FulfilmentOrders                                        []FulfilmentOrder
	Fulfilments                                             []Fulfilment
	Refunds                                                 []Refund
	Email, Note                                             string
	Tags                                                    []string
	ShipTo                                                  *Address
}

// Line is a line of an order.
type Line struct {
	ID, SKU, Title, VariantID, ItemID  string
	Quantity, Current, Open, Fulfilled int
	Unit, Total, Tax                   string // total after discounts; shop's currency
	RequiresShipping                   bool
	Group                              string // the bundle it is part of
}

// FulfilmentOrder is what one location is to fulfil.
type FulfilmentOrder struct {
	ID, Status, RequestStatus, LocationID, Location string
	Holds                                           []string // ids
	Lines                                           []FulfilmentOrderLine
	UpdatedAt                                       time.Time
}

// FulfilmentOrderLine is a line of a FulfilmentOrder.
type FulfilmentOrderLine struct {
	ID, LineID, SKU  string
	Total, Remaining int
}

// Fulfilment is a parcel, or several with the same lines.
type Fulfilment struct {
	ID, Name, Status, LocationID, Company string
	Numbers, URLs                         []string
	Units                                 map[string]int // by line id
	CreatedAt                             time.Time
	Outside                               bool // not made through the API
	Notified                              bool // the buyer was told
}

// Refund is what was given back.
type Refund struct {
	ID, Note, Amount string // the shop's currency
	CreatedAt        time.Time
	Lines            []RefundLine
}

// RefundLine is units that left an order.
type RefundLine struct {
	LineID, Restock string
	Quantity        int
}

// Orders are all orders, oldest first.
func (f *Fake) Orders() []Order {
	defer f.lock()()
	out := make([]Order, len(f.orders))
	for i, o := range f.orders {
		out[i] = o.snapshot()
	}
	return out
}

// Order is one order, by id or name.
func (f *Fake) Order(ref string) (Order, error) {
	defer f.lock()()
	o, err := f.order(ref)
	if err != nil {
		return Order{}, err
	}
	return o.snapshot(), nil
}

func (o *order) snapshot() Order {
	shop := func(b bag) string { return fixed(b.shop, o.currency) }
	s := Order{
		ID: o.gid(), Name: o.name, Number: o.number, CreatedAt: o.createdAt, UpdatedAt: o.updatedAt, CancelledAt: o.cancelledAt,
		ClosedAt: o.closedAt, CancelReason: o.cancelReason, Test: o.test, Edited: o.edited, TaxesIncluded: o.taxesIncluded,
		Financial: o.financialStatus(), Fulfilment: o.displayStatus(), Currency: o.currency, BuyerCurrency: o.buyerCurrency,
		Total: shop(o.total()), CurrentTotal: shop(o.currentTotal()), Subtotal: shop(o.subtotal()), Shipping: shop(o.shippingTotal()),
		Tax: shop(o.tax()), Discounts: shop(o.discountTotal()), Received: shop(o.received()), Refunded: shop(o.refunded()),
		Outstanding: shop(o.outstanding()), BuyerTotal: fixed(o.total().buyer, o.buyerCurrency),
		BuyerCurrentTotal: fixed(o.currentTotal().buyer, o.buyerCurrency), Email: o.email, Note: o.note, Tags: slices.Clone(o.tags),
	}
	if a := o.address; a != nil {
		s.ShipTo = &Address{
			First: a.first, Last: a.last, Company: a.company, Line1: a.line1, Line2: a.line2, City: a.city, Zip: a.zip, Province: a.province,
			ProvinceCode: a.provinceCode, Country: a.country, CountryCode: a.code, Phone: a.phone,
		}
	}
	for _, l := range o.lines {
		sl := Line{
			ID: l.gid(), SKU: l.sku, Title: l.title, Quantity: l.quantity, Current: l.current(), Open: l.open(), Fulfilled: l.fulfilled,
			Unit: shop(l.unit), Total: shop(l.afterDiscounts()), Tax: shop(l.tax()), RequiresShipping: l.shipped,
		}
		if l.variant != nil {
			sl.VariantID, sl.ItemID = l.variant.gid(), l.variant.item.gid()
		}
		if l.group != nil {
			sl.Group = l.group.gid()
		}
		s.Lines = append(s.Lines, sl)
	}
	for _, fo := range o.fos {
		s.FulfilmentOrders = append(s.FulfilmentOrders, fo.snapshot())
	}
	for _, fu := range o.fulfilments {
		sf := Fulfilment{
			ID: fu.gid(), Name: fu.name, Status: fu.status, LocationID: fu.loc.gid(), Company: fu.company, Numbers: slices.Clone(fu.numbers),
			URLs: slices.Clone(fu.urls), Units: map[string]int{}, CreatedAt: fu.createdAt, Outside: fu.outside, Notified: fu.notified,
		}
		for _, l := range fu.lines {
			sf.Units[l.line.gid()] += l.quantity
		}
		s.Fulfilments = append(s.Fulfilments, sf)
	}
	for _, r := range o.refunds {
		sr := Refund{ID: r.gid(), Note: r.note, Amount: shop(r.total()), CreatedAt: r.at}
		for _, l := range r.lines {
			sr.Lines = append(sr.Lines, RefundLine{LineID: l.line.gid(), Restock: l.restock, Quantity: l.quantity})
		}
		s.Refunds = append(s.Refunds, sr)
	}
	return s
}

func (fo *fulfilmentOrder) snapshot() FulfilmentOrder {
	s := FulfilmentOrder{
		ID: fo.gid(), Status: fo.status, RequestStatus: fo.request, LocationID: fo.loc.gid(), Location: fo.loc.name, UpdatedAt: fo.updatedAt,
	}
	for _, h := range fo.holds {
		s.Holds = append(s.Holds, h.gid())
	}
	for _, l := range fo.lines {
		s.Lines = append(s.Lines, FulfilmentOrderLine{ID: l.gid(), LineID: l.line.gid(), SKU: l.line.sku, Total: l.total, Remaining: l.remaining})
	}
	return s
}

// Quantity is an item's stock at a location.
type Quantity struct {
	SKU, ItemID, LocationID, Location string
	Active                            bool
	Available, Committed, OnHand      int
	Reserved, Damaged, SafetyStock    int
	QualityControl, Incoming          int
}

// Quantities are all stock levels, by SKU and then by location priority.
func (f *Fake) Quantities() []Quantity {
	defer f.lock()()
	var out []Quantity
	for _, v := range f.variants {
		for _, l := range v.item.levels {
			out = append(out, Quantity{
				SKU: v.item.sku, ItemID: v.item.gid(), LocationID: l.loc.gid(), Location: l.loc.name, Active: l.active,
				Available: l.q[available], Committed: l.q[committed], OnHand: l.onHand(), Reserved: l.q[reserved], Damaged: l.q[damaged],
				SafetyStock: l.q[safetyStock], QualityControl: l.q[qualityControl], Incoming: l.q[incoming],
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Quantity) int { return strings.Compare(a.SKU, b.SKU) })
	return out
}

// Available is what the shop has of a SKU at a location, by name or id; "" is
// the first. It is 0 for what is not known.
func (f *Fake) Available(sku, location string) int {
	defer f.lock()()
	v, err := f.variantBySKU(sku)
	if err != nil {
		return 0
	}
	loc, err := f.location(location)
	if err != nil {
		return 0
	}
	if l := v.item.level(loc); l != nil {
		return l.q[available]
	}
	return 0
}

// LocationList are the locations in order of priority.
func (f *Fake) LocationList() []Location {
	defer f.lock()()
	var out []Location
	for _, l := range f.locations {
		s := Location{ID: l.gid(), Name: l.name, Country: l.country, Inactive: !l.active, Offline: !l.online}
		if l.service != nil {
			s.Service = l.service.handle
		}
		out = append(out, s)
	}
	return out
}

// Sale is one attempt of a buyer to buy units of a variant.
type Sale struct {
	Time        time.Time
	SKU, ItemID string
	Units       int
	Shown       int    // what the shop showed before
	Accepted    bool   // false when the cart was refused
	Order       string // id, when accepted
}

// Sales are all attempts to buy.
func (f *Fake) Sales() []Sale {
	defer f.lock()()
	return slices.Clone(f.sales)
}

// Write is one accepted change of a quantity through the API.
type Write struct {
	Time                          time.Time
	Op                            string // the mutation
	SKU, ItemID, LocationID, Name string // name of the quantity
	From, To                      int
	Compared                      bool // it was a compare-and-set
	Reason, Document, Key         string
}

// Writes are all accepted changes of quantities through the API, one for each
// row that changed something.
func (f *Fake) Writes() []Write {
	defer f.lock()()
	return slices.Clone(f.log)
}

// Stats are counts since the fake was made.
type Stats struct {
	Requests   int // HTTP requests that reached the shop
	Throttled  int // refused for want of points
	TooDear    int // refused above the cost of a single query
	Invalid    int // refused by the schema
	Refused    int // carts above what is shown
	Replays    int // mutations answered from their idempotency key
	Refreshes  int // refresh tokens used
	TokenLeaks int // downloads of bulk results that carried an access token
	Requested  float64
	Spent      float64 // points after the refund to actual cost
}

// Stats counts what happened.
func (f *Fake) Stats() Stats {
	defer f.lock()()
	return f.stats
}

// Throttled counts requests refused for want of points.
func (f *Fake) Throttled() int { return f.Stats().Throttled }

// Calls counts root fields and the operations outside GraphQL.
func (f *Fake) Calls() map[string]int {
	defer f.lock()()
	return maps.Clone(f.calls)
}

// Deprecated counts the uses of deprecated fields, as Type.field, and of
// deprecated arguments, as Type.field(argument:).
func (f *Fake) Deprecated() map[string]int {
	defer f.lock()()
	return maps.Clone(f.used)
}

// Subscriptions are the webhook subscriptions there are, as topic and URI.
func (f *Fake) Subscriptions() []Subscription {
	defer f.lock()()
	var out []Subscription
	for _, s := range f.hooks.subs {
		out = append(out, Subscription{ID: s.gid(), Topic: s.topic, URI: s.uri, Name: s.name})
	}
	return out
}

// Subscription is a webhook subscription.
type Subscription struct{ ID, Topic, URI, Name string }
