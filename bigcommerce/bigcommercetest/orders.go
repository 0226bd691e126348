package bigcommercetest

import (
	"cmp"
	"slices"
	"time"
)

// LineType is what kind of thing a line sells.
type LineType string

// Line types.
const (
	Physical        LineType = "physical"
	Digital         LineType = "digital"
	GiftCertificate LineType = "giftcertificate"
)

// Address is a postal address with its person.
type Address struct {
	FirstName, LastName, Company       string
	Street1, Street2, City, State, Zip string
	Country, CountryISO2, Phone, Email string
}

// ShipTo is a shipping address of an order, with what shipping there costs.
type ShipTo struct {
	Address
	Method                string // "" means Flat Rate
	Shipping, ShippingTax string // decimals, excluding tax and the tax
	Handling, HandlingTax string
}

// NewOrder describes an order to place. Money is decimal text in the order's
// currency; "" is zero.
type NewOrder struct {
	Lines []NewLine
	// ShipTo are the shipping addresses; when a line ships and there is none,
	// an invented one.
	ShipTo  []ShipTo
	Billing Address // the zero value means an invented one

	Status     Status    // 0 means AwaitingFulfillment
	Incomplete bool      // status 0, Incomplete, instead of Status
	CustomerID int       // 0 is a guest
	Channel    int       // 0 means 1, the default storefront
	CreatedAt  time.Time // date_created; zero means now

	Currency        string // transactional; "" means the store's
	DisplayCurrency string // "" means Currency
	ExchangeRate    string // store default to transactional; "" means 1

	Shipping, ShippingTax string // added to the first address's
	Handling, HandlingTax string
	Wrapping, WrappingTax string
	Discount              string // manual, on the whole order
	Coupons               []Coupon
	Fees                  []Fee
	Taxes                 []Tax
	StoreCredit           string
	GiftCertificate       string
	Rounding              string // by which the total differs from its parts
	TaxIncluded           bool   // base prices include tax

	PaymentMethod                               string // "" means Credit Card; "Manual" leaves no transaction
	PaymentStatus                               string // "" means captured, and nothing for an incomplete order
	Message                                     string // of the customer
	StaffNotes                                  string
	Source                                      string // order_source; "" means www
	ExternalID, ExternalOrderID, ExternalSource string
}

// NewLine describes a line of an order.
type NewLine struct {
	SKU       string   // of a variant in the catalogue; "" with no VariantID is a custom line
	VariantID int      // instead of SKU
	Name      string   // "" means the product's, or Custom item
	CustomSKU string   // the SKU shown on a custom line
	Quantity  int      // 0 means 1
	Price     string   // of a unit, excluding tax; "" means the catalogue's
	Tax       string   // of a unit
	Type      LineType // "" means the product's, or Physical
	ShipTo    int      // index of the shipping address
	PickupAt  int      // location it is collected at instead
	Discount  string   // on this line
	Recipient string   // e-mail address a gift certificate goes to
	Bundled   bool     // part of the line before it
}

// Coupon is a coupon that was redeemed; Discount is what it took off.
type Coupon struct {
	Code     string
	Type     int // 0–5
	Amount   string
	Discount string
}

// Fee is a charge of the seller's own.
type Fee struct{ Name, Cost, Tax string }

// Tax is a line of the order's tax summary; it does not change totals.
type Tax struct{ Name, Class, Rate, Amount string }

// order is an order as the store keeps it.
type order struct {
	id                         int
	in                         NewOrder // without lines
	status                     Status
	created, modified, shipped time.Time
	visible                    time.Time // when the API shows it
	seq                        int       // place in the book's log
	archived                   bool
	lines                      []line
	addresses                  []address
	pickups                    []pickup
	coupons                    []coupon
	fees                       []fee
	shipments                  []*shipment
	refunds                    []*refund

	discount, couponDiscount     amount
	shipping, shippingTax        amount
	handling, handlingTax        amount
	wrapping, wrappingTax        amount
	storeCredit, giftCertificate amount
	rounding                     amount
}

type address struct {
	id                    int
	to                    ShipTo
	shipping, shippingTax amount
	handling, handlingTax amount
}

type pickup struct {
	id, location int
}

type coupon struct {
	id               int
	c                Coupon
	amount, discount amount
}

type fee struct {
	id        int
	name      string
	cost, tax amount
}

// line is a line of an order. There can be very many.
type line struct {
	id        int
	v         *variant // nil on custom lines
	it        *item    // counted stock, nil when none
	name, sku string
	typ       LineType
	qty       int
	shipped   int
	refunded  int
	stockQty  int64 // units that count for stock: less those an edit or refund gave back
	takes     []take
	price     amount // of a unit, excluding tax
	tax       amount // of a unit
	address   int    // order_address_id
	pickup    int
	parent    int // order product this one is bundled with
	recipient string
	discounts []discount
}

type discount struct {
	id, name, code string
	amount         amount
	onProduct      bool
}

func (l *line) taken() int64 {
	var n int64
	for _, t := range l.takes {
		n += t.n
	}
	return n
}

// open returns the units that can still be shipped.
func (f *Fake) open(l *line) int {
	n := l.qty - l.shipped
	if !f.cfg.Believed.RefundedShippable {
		n = min(n, l.qty-l.refunded-l.shipped)
	}
	return max(n, 0)
}

func (o *order) line(id int) *line {
	i, found := slices.BinarySearchFunc(o.lines, id, func(l line, id int) int { return cmp.Compare(l.id, id) })
	if !found {
		return nil
	}
	return &o.lines[i]
}

func (o *order) address(id int) *address {
	i := slices.IndexFunc(o.addresses, func(a address) bool { return a.id == id })
	if i < 0 {
		return nil
	}
	return &o.addresses[i]
}

// units returns the units ordered and shipped, at one address or, with 0, in
// all.
func (o *order) units(address int) (total, shipped int) {
	for i := range o.lines {
		if l := &o.lines[i]; address == 0 || l.address == address {
			total += l.qty
			shipped += l.shipped
		}
	}
	return total, shipped
}

// totals are an order's sums.
type totals struct {
	subtotalEx, subtotalTax amount
	totalEx, totalTax       amount
}

func (t totals) subtotalInc() amount { return t.subtotalEx + t.subtotalTax }
func (t totals) totalInc() amount    { return t.totalEx + t.totalTax }

func (o *order) totals() totals {
	var t totals
	for i := range o.lines {
		l := &o.lines[i]
		t.subtotalEx += l.price * amount(l.qty)
		t.subtotalTax += l.tax * amount(l.qty)
	}
	t.totalEx = t.subtotalEx - o.discount - o.couponDiscount + o.shipping + o.handling + o.wrapping + o.rounding
	t.totalTax = t.subtotalTax + o.shippingTax + o.handlingTax + o.wrappingTax
	for _, fe := range o.fees {
		t.totalEx += fe.cost
		t.totalTax += fe.tax
	}
	return t
}

func (o *order) email() string { return o.in.Billing.Email }

// orderBook holds the orders, by id and by the time of their last change.
type orderBook struct {
	first int
	all   []*order // ids are first, first+1, …
	log   []change // in order of time; an order's entries but its last are stale
	seq   int

	nextLine, nextAddress, nextCoupon, nextFee, nextShipment int
}

type change struct {
	o   *order
	seq int
	at  time.Time
}

func (c change) stale() bool { return c.o.seq != c.seq }

func (b *orderBook) init() {
	b.first, b.nextLine, b.nextAddress, b.nextCoupon, b.nextFee, b.nextShipment = 100, 1, 1, 1, 1, 1
}

func (b *orderBook) get(id int) *order {
	i := id - b.first
	if i < 0 || i >= len(b.all) {
		return nil
	}
	return b.all[i]
}

// touch notes a change. The marketplace keeps whole seconds, and
// date_modified only grows.
func (b *orderBook) touch(o *order, now time.Time) {
	at := now.Truncate(time.Second)
	if n := len(b.log); n > 0 && at.Before(b.log[n-1].at) {
		at = b.log[n-1].at
	}
	b.seq++
	o.modified, o.seq = at, b.seq
	if len(b.log) > 2*len(b.all)+1024 {
		b.log = slices.DeleteFunc(b.log, change.stale)
	}
	b.log = append(b.log, change{o, b.seq, at})
}

// since returns the log from the first change at or after t.
func (b *orderBook) since(t time.Time) []change {
	i, _ := slices.BinarySearchFunc(b.log, t, func(c change, t time.Time) int { return c.at.Compare(t) })
	return b.log[i:]
}
