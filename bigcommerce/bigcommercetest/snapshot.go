package bigcommercetest

import (
	"maps"
	"slices"
	"time"
)

// Order is an order as the store has it. Money is exact decimal text with as
// few digits as it needs.
type Order struct {
	ID         int
	Status     Status
	Archived   bool
	CustomerID int // 0 is a guest
	Channel    int
	Created    time.Time
	Modified   time.Time
	Shipped    time.Time // when fully shipped
	Currency   string    // transactional

	Subtotal, SubtotalTax string // of lines, before discounts
	Discount              string // manual and on lines
	CouponDiscount        string
	Shipping, ShippingTax string
	Handling, HandlingTax string
	Wrapping, WrappingTax string
	Fees, FeesTax         string
	Total, TotalTax       string // Total includes tax

	Billing   Address
	ShipTo    map[int]Address // by address id
	Lines     []Line
	Shipments []Shipment
	Refunds   []Refund

	PaymentStatus string
	Message       string
	StaffNotes    string
}

// Line is a line of an Order.
type Line struct {
	ID        int // the order product id that shipments name
	ProductID int // 0 on a custom line
	VariantID int
	SKU, Name string
	Type      LineType
	AddressID int // 0 when it does not ship
	PickupAt  int // location, 0 when it is not collected
	Quantity  int
	Shipped   int
	Refunded  int
	Price     string // of a unit, excluding tax
	Tax       string // of a unit
	Discount  string // all discounts that fall on it
	Taken     int64  // units it has taken from stock
}

// Shipment is a parcel of an Order.
type Shipment struct {
	ID             int
	OrderID        int
	AddressID      int
	Created        time.Time
	TrackingNumber string
	Provider       string // shipping_provider
	Carrier        string // tracking_carrier
	TrackingLink   string // as given
	Method         string
	Comments       string
	Items          map[int]int // units by line id
	External       bool        // made by Ship, not by a call
}

// Order returns an order.
func (f *Fake) Order(id int) (Order, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.orders.get(id)
	if o == nil {
		return Order{}, false
	}
	return o.snapshot(), true
}

// Orders returns all orders, archived ones too, by id.
func (f *Fake) Orders() []Order {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Order, len(f.orders.all))
	for i, o := range f.orders.all {
		out[i] = o.snapshot()
	}
	return out
}

func (o *order) snapshot() Order {
	t := o.totals()
	out := Order{
		ID: o.id, Status: o.status, Archived: o.archived, CustomerID: o.in.CustomerID, Channel: o.in.Channel, Created: o.created,
		Modified: o.modified, Shipped: o.shipped, Currency: o.in.Currency, Subtotal: t.subtotalEx.String(), SubtotalTax: t.subtotalTax.String(),
		Discount: o.discount.String(), CouponDiscount: o.couponDiscount.String(), Shipping: o.shipping.String(),
		ShippingTax: o.shippingTax.String(), Handling: o.handling.String(), HandlingTax: o.handlingTax.String(),
		Wrapping: o.wrapping.String(), WrappingTax: o.wrappingTax.String(), Total: t.totalInc().String(), TotalTax: t.totalTax.String(),
		Billing: o.in.Billing, ShipTo: map[int]Address{}, PaymentStatus: o.in.PaymentStatus, Message: o.in.Message, StaffNotes: o.in.StaffNotes,
	}
	var fees, feesTax amount
	for _, fe := range o.fees {
		fees += fe.cost
		feesTax += fe.tax
	}
	out.Fees, out.FeesTax = fees.String(), feesTax.String()
	for _, a := range o.addresses {
		out.ShipTo[a.id] = a.to.Address
	}
	places := map[int]int{}
	for _, p := range o.pickups {
		places[p.id] = p.location
	}
	for i := range o.lines {
		l := &o.lines[i]
		sl := Line{
			ID: l.id, SKU: l.sku, Name: l.name, Type: l.typ, AddressID: l.address, PickupAt: places[l.pickup], Quantity: l.qty,
			Shipped: l.shipped, Refunded: l.refunded, Price: l.price.String(), Tax: l.tax.String(), Discount: l.discounted().String(), Taken: l.taken(),
		}
		if l.v != nil {
			sl.ProductID, sl.VariantID = l.v.p.id, l.v.id
		}
		out.Lines = append(out.Lines, sl)
	}
	for _, s := range o.shipments {
		out.Shipments = append(out.Shipments, s.snapshot())
	}
	for _, r := range o.refunds {
		out.Refunds = append(out.Refunds, r.snapshot())
	}
	return out
}

func (l *line) discounted() amount {
	var sum amount
	for _, d := range l.discounts {
		sum += d.amount
	}
	return sum
}

func (s *shipment) snapshot() Shipment {
	items := map[int]int{}
	for _, it := range s.items {
		items[it.line] += it.quantity
	}
	return Shipment{
		ID: s.id, OrderID: s.order, AddressID: s.address, Created: s.created, TrackingNumber: s.f.TrackingNumber, Provider: s.f.ShippingProvider,
		Carrier: s.f.TrackingCarrier, TrackingLink: s.f.TrackingLink, Method: s.f.ShippingMethod, Comments: s.f.Comments, Items: items,
		External: s.external,
	}
}

// LineIDs returns the ids of the lines that sell a SKU.
func (o Order) LineIDs(sku string) []int {
	ids := map[int]bool{}
	for _, l := range o.Lines {
		if l.SKU == sku {
			ids[l.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
