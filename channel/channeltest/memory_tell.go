package channeltest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// amount returns an amount of shop money as both saw it.
func (o *order) amount(shop channel.Money) channel.Amount {
	if o.sale.BuyerCurrency == "" || o.sale.BuyerCurrency == shop.Currency() {
		return channel.Same(shop)
	}
	buyer := must(channel.MinorMoney(must(shop.Minor())*o.sale.Rate/100, o.sale.BuyerCurrency))
	return channel.Amount{Shop: shop, Buyer: buyer}
}

// tax returns the tax on an amount, down to the minor unit.
func (m *Memory) tax(on channel.Money) channel.Money {
	return must(channel.MinorMoney(must(on.Minor())*m.cfg.TaxPercent/100, m.cfg.Currency))
}

// tell returns an order as an adapter would decode it, limited to parts.
func (m *Memory) tell(o *order, parts channel.Parts) channel.Order {
	t := m.decoded(o, parts)
	if o.raws[parts] == nil {
		if o.raws == nil {
			o.raws = map[channel.Parts][]byte{}
		}
		o.raws[parts] = must(json.Marshal(t))
	}
	t.Raw = bytes.Clone(o.raws[parts])
	return t
}

// decoded is tell without the payload.
func (m *Memory) decoded(o *order, parts channel.Parts) channel.Order {
	t := channel.Order{
		ID: o.id, Number: "#" + string(o.id), Origin: "web", Parts: parts,
		PlacedAt: m.server(o.placed.Add(-o.begun)), UpdatedAt: m.server(o.updated),
		Currency: m.cfg.Currency, BuyerCurrency: o.sale.BuyerCurrency,
		Test: o.test, Edited: o.edited,
	}
	if m.cfg.Unpaid.PlacedAtPayment && !o.paid.IsZero() {
		t.PlacedAt = m.server(o.paid)
	}
	t.CancelledAt, t.ClosedAt = m.server(o.cancelled), m.server(o.closed)
	m.tellStatus(o, &t)
	if t.Has(channel.PartRecipient) {
		t.Recipient = o.recipient
		if o.paid.IsZero() {
			t.Recipient = channel.Recipient{Missing: channel.MissingPending}
		}
	}
	if t.Has(channel.PartBuyer) {
		t.Buyer, t.Note = o.buyer, o.sale.Note
		if o.paid.IsZero() {
			t.Buyer = channel.Buyer{Missing: channel.MissingPending}
		}
	}
	if t.Has(channel.PartLines | channel.PartTotals) {
		m.tellLines(o, &t)
	}
	if t.Has(channel.PartUnits) {
		t.Units = o.units()
	}
	if t.Has(channel.PartShipments) {
		for _, p := range o.parcels {
			t.Shipments = append(t.Shipments, p.tell())
		}
	}
	if t.Has(channel.PartRefunds) {
		t.Refunds = append(t.Refunds, o.refunds...)
	}
	if t.Has(channel.PartCancels) {
		t.Cancels = append(t.Cancels, o.cancels...)
	}
	return t
}

func (m *Memory) tellStatus(o *order, t *channel.Order) {
	var left, shipped int64
	for _, l := range o.lines {
		left += l.open()
		shipped += l.shipped
	}
	set(&t.Status, channel.OrderOpen)
	switch {
	case o.raw != "":
		t.Status = channel.Coded[channel.OrderStatus]{Raw: o.raw}
	case !o.cancelled.IsZero():
		set(&t.Status, channel.OrderCancelled)
	case o.paid.IsZero():
		set(&t.Status, channel.OrderPending)
	case left == 0:
		set(&t.Status, channel.OrderClosed)
	}
	switch {
	case o.expiry:
		set(&t.Payment, channel.PaymentVoided)
	case o.paid.IsZero():
		set(&t.Payment, channel.PaymentPending)
	case len(o.refunds) > 0:
		set(&t.Payment, channel.PaymentPartiallyRefunded)
	default:
		set(&t.Payment, channel.PaymentPaid)
	}
	switch {
	case shipped == 0:
		set(&t.Fulfilment, channel.FulfilmentNone)
	case left > 0:
		set(&t.Fulfilment, channel.FulfilmentPartial)
	default:
		set(&t.Fulfilment, channel.FulfilmentComplete)
	}
}

// set gives a value whose word is the value's own.
func set[T ~string](c *channel.Coded[T], v T) { *c = channel.Coded[T]{Value: v, Raw: string(v)} }

func (m *Memory) tellLines(o *order, t *channel.Order) {
	var lines, charges, discounts, taxes, refunded channel.Amount
	add := func(sum *channel.Amount, a channel.Amount) { *sum = must(sum.Add(a)) }
	for i, l := range o.lines {
		gross := must(l.price.MulInt(l.ordered - l.cancelled))
		var discount channel.Amount
		if i == 0 && o.sale.Discount != "" {
			off := m.money(o.sale.Discount)
			if must(off.Cmp(gross)) > 0 {
				off = gross
			}
			gross = must(gross.Sub(off))
			discount = o.amount(off)
			add(&discounts, discount)
		}
		told := channel.Line{
			ID: l.id, Handle: l.handle, SKU: l.sku, Listing: l.listing.id, Product: "P-" + string(l.listing.id),
			Title: "Listing " + l.sku, Location: l.loc,
			Ordered: l.ordered, Cancelled: l.cancelled, Refunded: l.refunded, Unshipped: l.unshipped,
			Shipped: l.shipped, Restocked: l.restocked, Loose: l.loose,
			Price: o.amount(l.price), Discount: discount, Total: o.amount(gross),
		}
		set(&told.FulfilledBy, l.listing.new.By)
		if m.cfg.TaxPercent > 0 {
			tax := o.amount(m.tax(gross))
			told.Taxes = []channel.Tax{{Title: "VAT", Total: tax}}
			add(&taxes, tax)
		}
		add(&lines, told.Total)
		t.Lines = append(t.Lines, told)
	}
	if o.sale.Shipping != "" {
		c := channel.Charge{Title: "Standard", Total: o.amount(m.money(o.sale.Shipping))}
		set(&c.Type, channel.ChargeShipping)
		t.Charges = append(t.Charges, c)
		add(&charges, c.Total)
	}
	for _, r := range o.refunds {
		add(&refunded, r.Total)
	}
	t.Totals = channel.Totals{Lines: lines, Charges: charges, Discount: discounts, Tax: taxes, Refunded: refunded}
	t.Totals.Total = must(must(lines.Add(charges)).Add(taxes))
	if err := t.Totals.Reconcile(false); err != nil {
		panic(err) // one currency a column, by construction
	}
}

// units returns one fulfilment unit for each location.
func (o *order) units() []channel.Unit {
	var units []channel.Unit
	at := map[channel.LocationID]int{}
	for _, l := range o.lines {
		i, seen := at[l.loc]
		if !seen {
			i = len(units)
			at[l.loc] = i
			u := channel.Unit{ID: channel.UnitID(string(o.id) + "-u" + string(l.loc)), Location: l.loc}
			set(&u.FulfilledBy, l.listing.new.By)
			set(&u.Status, channel.UnitClosed)
			units = append(units, u)
		}
		u := &units[i]
		if l.open() > 0 {
			set(&u.Status, channel.UnitOpen)
			if o.paid.IsZero() {
				set(&u.Status, channel.UnitHeld)
			}
		}
		u.Lines = append(u.Lines, channel.UnitLine{
			Line: l.id, Handle: l.handle, Total: l.ordered - l.cancelled - l.unshipped, Remaining: l.open(),
		})
	}
	return units
}

// Placed returns when a sale was really made, ours.
func (m *Memory) Placed(id channel.OrderID) time.Time {
	_, unlock := m.side()
	defer unlock()
	return must(m.order(id)).placed
}

// Orders returns every order there is as it is now, shown to walks or not, in
// the order they were placed.
func (m *Memory) Orders() []channel.Order {
	_, unlock := m.side()
	defer unlock()
	var all []channel.Order
	for _, o := range m.orders {
		if !o.gone {
			all = append(all, m.tell(o, channel.PartsAll))
		}
	}
	return all
}

// Order returns one order as it is now, shown to walks or not.
func (m *Memory) Order(id channel.OrderID) (channel.Order, error) {
	_, unlock := m.side()
	defer unlock()
	o, err := m.order(id)
	if err != nil {
		return channel.Order{}, err
	}
	return m.tell(o, channel.PartsAll), nil
}

// Sales returns every line sold or refused, in order.
func (m *Memory) Sales() []Sold {
	_, unlock := m.side()
	defer unlock()
	return append([]Sold(nil), m.sales...)
}
