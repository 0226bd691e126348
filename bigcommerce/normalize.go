package bigcommerce

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
)

// The order statuses, by id: a seller can rename them.
const (
	statusIncomplete        = 0
	statusPending           = 1
	statusShipped           = 2
	statusPartiallyShipped  = 3
	statusRefunded          = 4
	statusCancelled         = 5
	statusDeclined          = 6
	statusAwaitingPayment   = 7
	statusAwaitingPickup    = 8
	statusAwaitingShipment  = 9
	statusCompleted         = 10
	statusAwaitingFulfil    = 11
	statusManualCheck       = 12
	statusDisputed          = 13
	statusPartiallyRefunded = 14
)

var orderStatuses = map[store.Int]channel.OrderStatus{
	statusIncomplete: channel.OrderPending, statusPending: channel.OrderPending, statusAwaitingPayment: channel.OrderPending,
	statusShipped: channel.OrderOpen, statusPartiallyShipped: channel.OrderOpen, statusAwaitingPickup: channel.OrderOpen,
	statusAwaitingShipment: channel.OrderOpen, statusAwaitingFulfil: channel.OrderOpen, statusPartiallyRefunded: channel.OrderOpen,
	statusManualCheck: channel.OrderHeld, statusDisputed: channel.OrderHeld,
	statusCompleted: channel.OrderClosed, statusRefunded: channel.OrderClosed,
	statusCancelled: channel.OrderCancelled, statusDeclined: channel.OrderCancelled,
}

// payments are the payment statuses the documents name, in lower case.
var payments = map[string]channel.PaymentStatus{
	"authorized": channel.PaymentAuthorized, "capture pending": channel.PaymentAuthorized, "captured": channel.PaymentPaid,
	"paid": channel.PaymentPaid, "pending": channel.PaymentPending, "held for review": channel.PaymentPending,
	"declined": channel.PaymentFailed, "partially refunded": channel.PaymentPartiallyRefunded, "refunded": channel.PaymentRefunded,
	"void": channel.PaymentVoided, "void pending": channel.PaymentVoided,
}

// shippedAny reports whether an order has parcels on record.
func shippedAny(w *store.Order, lines []store.Line) bool {
	return w.ItemsShipped > 0 || slices.ContainsFunc(lines, func(l store.Line) bool { return l.Shipped > 0 })
}

// refundedAny reports whether an order may have refunds. Its own refunded_amount
// always reads 0.
func refundedAny(w *store.Order, lines []store.Line) bool {
	return w.StatusID == statusRefunded || w.StatusID == statusPartiallyRefunded ||
		strings.Contains(strings.ToLower(string(w.PaymentStatus)), "refund") ||
		slices.ContainsFunc(lines, func(l store.Line) bool { return l.Refunded > 0 })
}

// noSale reports whether an order is a checkout that was abandoned: incomplete,
// and without a trace of ever having been more.
func noSale(w *store.Order) bool {
	if w.StatusID != statusIncomplete {
		return false
	}
	switch strings.ToLower(string(w.PaymentStatus)) {
	case "", "pending", "declined", "void":
	default:
		return false
	}
	return !shippedAny(w, w.Lines()) && !refundedAny(w, w.Lines())
}

// normalizer crosses one order over to the contract.
type normalizer struct {
	w       *store.Order
	lines   []store.Line
	parcels []store.Shipment
	refunds []store.Refund

	complete   bool // no line is missing
	hasParcels bool
	hasRefunds bool

	cur channel.Currency
}

func (n *normalizer) order() (channel.Order, error) {
	w := n.w
	n.cur = channel.Currency(strings.ToUpper(cmp.Or(w.DefaultCurrencyCode, w.CurrencyCode)))
	o := channel.Order{
		ID: channel.OrderID(w.ID.String()), Number: w.ID.String(), Origin: string(w.OrderSource),
		Parts:    channel.PartHead | channel.PartTotals | channel.PartBuyer,
		PlacedAt: w.DateCreated.Time, UpdatedAt: w.DateModified.Time,
		Status: status(w), Payment: payment(w),
		Test: w.PaymentMethod == "Test Payment Gateway", Note: channel.Personal(w.CustomerMessage),
		Currency: n.cur, TaxIncluded: bool(w.TaxInclusive),
	}
	if w.ID <= 0 {
		return o, invalid("order has no id")
	}
	if w.StatusID == statusDeclined {
		o.CancelReason = "declined"
	} else if o.Status.Raw == rawArchived {
		o.CancelReason = rawArchived
	}
	n.attributes(&o)
	n.people(&o)
	if n.complete {
		o.Parts |= channel.PartLines | channel.PartUnits
	}
	if n.hasParcels {
		for i := range n.parcels {
			for _, it := range n.parcels[i].Items {
				if it.Quantity < 0 || it.Quantity > maxStock {
					return o, invalid("shipment " + n.parcels[i].ID.String() + ": " + it.Quantity.String() + " units")
				}
			}
		}
		o.Parts |= channel.PartShipments
		o.Shipments = n.shipments()
	}
	slices.SortStableFunc(n.lines, func(a, b store.Line) int { return cmp.Compare(a.ID, b.ID) })
	if err := n.orderLines(&o); err != nil {
		return o, err
	}
	o.Fulfilment.Value = fulfilment(o.Lines)
	n.units(&o)
	if err := n.totals(&o); err != nil {
		return o, err
	}
	if n.hasRefunds {
		o.Parts |= channel.PartRefunds
		if err := n.orderRefunds(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

const rawArchived = "archived"

func status(w *store.Order) channel.Coded[channel.OrderStatus] {
	s := channel.Coded[channel.OrderStatus]{Value: orderStatuses[w.StatusID], Raw: cmp.Or(w.Status, w.StatusID.String())}
	if w.IsDeleted && s.Value != channel.OrderClosed && s.Value != channel.OrderCancelled && w.StatusID != statusShipped {
		s.Value, s.Raw = channel.OrderCancelled, rawArchived
	}
	return s
}

func payment(w *store.Order) channel.Coded[channel.PaymentStatus] {
	p := channel.Coded[channel.PaymentStatus]{Raw: string(w.PaymentStatus), Value: payments[strings.ToLower(string(w.PaymentStatus))]}
	if p.Raw == "" {
		switch w.StatusID {
		case statusIncomplete, statusPending, statusAwaitingPayment:
			p.Value = channel.PaymentPending
		case statusDeclined:
			p.Value = channel.PaymentFailed
		}
	}
	return p
}

// attributes keeps what the contract has no field for.
func (n *normalizer) attributes(o *channel.Order) {
	w := n.w
	add := func(name, value string) {
		if value != "" {
			o.Attributes = append(o.Attributes, channel.Attribute{Name: name, Value: channel.Personal(value)})
		}
	}
	add("payment_method", string(w.PaymentMethod))
	add("external_id", string(w.ExternalID))
	add("external_order_id", string(w.ExternalOrderID))
	add("external_source", string(w.ExternalSource))
	if w.ChannelID > 1 {
		add("channel_id", w.ChannelID.String())
	}
	if m, err := n.money(w.StoreCredit); err == nil && !m.IsZero() {
		add("store_credit_amount", m.String())
	}
	if m, err := n.money(w.GiftCertificate); err == nil && !m.IsZero() {
		add("gift_certificate_amount", m.String())
	}
	if w.StoreCurrencyCode != "" && string(w.StoreCurrencyCode) != string(n.cur) {
		add("store_default_currency_code", string(w.StoreCurrencyCode))
		add("store_default_to_transactional_exchange_rate", string(w.StoreExchangeRate))
	}
}

// over reports whether nothing of the order is still to be shipped though its
// lines are open: it is cancelled, declined, refunded, incomplete or archived.
func over(w *store.Order, s channel.OrderStatus) bool {
	return s == channel.OrderCancelled || w.StatusID == statusIncomplete || w.StatusID == statusRefunded
}

// left reports whether the whole order has left by the seller's word: completed,
// or marked shipped without a record of any parcel.
func left(w *store.Order, lines []store.Line) bool {
	return w.StatusID == statusCompleted || w.StatusID == statusShipped && !shippedAny(w, lines)
}

func (n *normalizer) orderLines(o *channel.Order) error {
	over, left := over(n.w, o.Status.Value), left(n.w, n.lines)
	o.Lines = make([]channel.Line, len(n.lines))
	for i := range n.lines {
		if err := n.line(&o.Lines[i], &n.lines[i]); err != nil {
			return err
		}
		l := &o.Lines[i]
		if left {
			l.Shipped = max(l.Shipped, l.Ordered-l.Unshipped)
		}
		if over {
			l.Cancelled = l.Open()
		}
		l.Loose = l.Cancelled + l.Refunded
	}
	return nil
}

// line crosses a line over. An edit lowers quantity itself, so what was edited
// away is not told.
func (n *normalizer) line(l *channel.Line, w *store.Line) (err error) {
	if w.ID <= 0 || w.Quantity < 0 || w.Quantity > maxStock || w.Shipped < 0 || w.Refunded < 0 || w.Refunded > w.Quantity {
		return invalid("line " + w.ID.String() + ": quantity " + w.Quantity.String() + ", shipped " + w.Shipped.String() +
			", refunded " + w.Refunded.String())
	}
	*l = channel.Line{
		ID: channel.LineID(w.ID.String()), SKU: string(w.SKU), Title: string(w.Name),
		FulfilledBy: channel.Coded[channel.Fulfiller]{Value: fulfiller(w), Raw: w.Type},
		Ordered:     int64(w.Quantity), Shipped: min(int64(w.Shipped), int64(w.Quantity)), Refunded: int64(w.Refunded),
		Gift: w.WrappingID > 0, GiftNote: channel.Personal(w.WrappingMessage),
	}
	// BigCommerce lets be shipped what is neither shipped nor refunded.
	l.Unshipped = min(l.Refunded, l.Ordered-l.Shipped)
	if w.AddressID > 0 {
		l.Handle = channel.Handle(w.AddressID.String())
	}
	if w.VariantID > 0 {
		l.Listing = channel.ListingID(w.VariantID.String())
	}
	if w.ProductID > 0 {
		l.Product = w.ProductID.String()
	}
	if w.ParentID > 0 {
		l.Parent = channel.LineID(w.ParentID.String())
	}
	n.options(l, w.Options)

	price, total := w.PriceExTax, w.TotalExTax
	if n.w.TaxInclusive {
		price, total = w.PriceIncTax, w.TotalIncTax
	}
	var gross, m channel.Money
	if m, err = n.money(price); err != nil {
		return err
	}
	l.Price = channel.Same(m)
	if gross, err = n.money(total); err != nil {
		return err
	}
	off := channel.Zero(n.cur)
	for i := range w.Discounts {
		d := &w.Discounts[i]
		if m, err = n.money(d.Amount); err != nil {
			return err
		}
		if m.IsZero() {
			continue
		}
		l.Discounts = append(l.Discounts, channel.Discount{
			Code: string(d.Code), Title: string(cmp.Or(d.Name, d.ID)), Total: channel.Same(m),
		})
		if off, err = off.Add(m); err != nil {
			return err
		}
	}
	l.Discount = channel.Same(off)
	if m, err = gross.Sub(off); err != nil {
		return err
	}
	l.Total = channel.Same(m)
	if m, err = n.money(w.TotalTax); err != nil {
		return err
	}
	if !m.IsZero() {
		l.Taxes = []channel.Tax{{Total: channel.Same(m)}}
	}
	return nil
}

func fulfiller(w *store.Line) channel.Fulfiller {
	switch {
	case w.PickupMethodID > 0:
		return channel.ByPickup
	case w.Type == "digital" || w.Type == "giftcertificate":
		return channel.ByDigital
	case w.Type == "physical" || w.Type == "" || w.AddressID > 0:
		return channel.BySeller
	}
	return "" // a type that is new
}

// options tells choices from texts: a choice makes the variant, a text is the
// buyer's own.
func (n *normalizer) options(l *channel.Line, ws []store.Option) {
	if len(ws) == 0 {
		return
	}
	var b strings.Builder
	for i := range ws {
		kind := strings.ToLower(string(ws[i].Type))
		if strings.Contains(kind, "text") || strings.Contains(kind, "date") || strings.Contains(kind, "file") {
			l.Attributes = append(l.Attributes, channel.Attribute{Name: string(ws[i].Name), Value: channel.Personal(ws[i].Value)})
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" / ")
		}
		b.WriteString(string(ws[i].Value))
	}
	l.Variant = b.String()
}

// fulfilment is what the lines the seller ships add up to.
func fulfilment(lines []channel.Line) channel.FulfilmentStatus {
	var shipped, open int64
	due := false
	for i := range lines {
		l := &lines[i]
		if l.FulfilledBy.Value != channel.BySeller {
			continue
		}
		due = true
		shipped += l.Shipped
		open += l.Open()
	}
	switch {
	case !due:
		return channel.FulfilmentNotDue
	case shipped == 0:
		return channel.FulfilmentNone
	case open > 0:
		return channel.FulfilmentPartial
	}
	return channel.FulfilmentComplete
}

// units are an order's consignments: what goes to one address, or is collected
// at one location.
func (n *normalizer) units(o *channel.Order) {
	if !n.complete {
		return
	}
	type key struct{ address, pickup store.Int }
	at := map[key]int{}
	for i := range n.lines {
		w := &n.lines[i]
		k := key{w.AddressID, w.PickupMethodID}
		if k == (key{}) {
			continue // by e-mail
		}
		u, ok := at[k]
		if !ok {
			u = len(o.Units)
			at[k] = u
			unit := channel.Unit{FulfilledBy: o.Lines[i].FulfilledBy}
			if w.PickupMethodID > 0 {
				unit.ID = channel.UnitID("pickup " + w.PickupMethodID.String())
				n.pickup(&unit, w.PickupMethodID)
			} else {
				unit.ID = channel.UnitID(w.AddressID.String())
				unit.Handle = channel.Handle(w.AddressID.String())
				n.shipping(o, &unit, w.AddressID)
			}
			o.Units = append(o.Units, unit)
		}
		l := &o.Lines[i]
		o.Lines[i].Location = o.Units[u].Location
		o.Units[u].Lines = append(o.Units[u].Lines, channel.UnitLine{
			Line: l.ID, Handle: l.Handle, Total: l.Ordered, Remaining: l.Open(),
		})
	}
	for i := range o.Units {
		o.Units[i].Status = adapter.UnitStatus(o, o.Units[i].Lines)
	}
}

func (n *normalizer) pickup(u *channel.Unit, id store.Int) {
	for i := range n.w.Consignments.Pickups {
		p := &n.w.Consignments.Pickups[i]
		if p.ID == id {
			u.Service = string(p.Name)
			if p.Location.ID > 0 {
				u.Location = channel.LocationID(p.Location.ID.String())
			}
		}
	}
}

func (n *normalizer) shipping(o *channel.Order, u *channel.Unit, id store.Int) {
	for i := range n.w.Consignments.Shipping {
		s := &n.w.Consignments.Shipping[i]
		if s.ID != id {
			continue
		}
		u.Service = string(s.Method)
		if i > 0 {
			// The contract has one recipient for an order.
			a := address(&s.Address)
			parts := []string{string(a.Name), string(a.Company)}
			for _, l := range a.Lines {
				parts = append(parts, string(l))
			}
			parts = append(parts, string(a.PostalCode)+" "+string(a.City), string(a.Region), a.Country)
			parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
			o.Attributes = append(o.Attributes, channel.Attribute{
				Name: "address of unit " + id.String(), Value: channel.Personal(strings.Join(parts, ", ")),
			})
		}
	}
}

func (n *normalizer) shipments() []channel.RemoteShipment {
	if len(n.parcels) == 0 {
		return nil
	}
	out := make([]channel.RemoteShipment, len(n.parcels))
	for i := range n.parcels {
		out[i] = remote(&n.parcels[i], channel.OrderID(n.w.ID.String()))
	}
	return out
}

// remote crosses a shipment over.
func remote(w *store.Shipment, order channel.OrderID) channel.RemoteShipment {
	r := channel.RemoteShipment{
		ID: channel.RemoteShipmentID(w.ID.String()), Order: order, CreatedAt: w.DateCreated.Time,
		Lines: make([]channel.ShipmentLine, len(w.Items)),
	}
	if w.AddressID > 0 {
		r.Handle = channel.Handle(w.AddressID.String())
	}
	for i, it := range w.Items {
		r.Lines[i] = channel.ShipmentLine{Line: channel.LineID(it.LineID.String()), Handle: r.Handle, Quantity: int64(it.Quantity)}
	}
	if w.TrackingNumber != "" || w.Link != "" {
		r.Tracking = []channel.Tracking{{
			Carrier: carrierName(string(w.Provider), string(w.Carrier)), Number: string(w.TrackingNumber),
			URL: string(cmp.Or(w.Link, w.GeneratedLink)), Service: string(w.Method),
		}}
	}
	return r
}

// invalid is a record that says something impossible.
func invalid(what string) error {
	return &channel.Error{Op: "decode order", Class: channel.ErrInvalid, Message: what}
}

// number reads an id of ours that must be a number.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}
