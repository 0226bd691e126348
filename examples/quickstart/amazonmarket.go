package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// amazonMarket sells goods alone: there are no services on Amazon, and no notes
// on orders. The plan's number goes as the seller's own, the buyer's wish as
// what is said on delivery.
type amazonMarket struct {
	id    channel.ID
	money channel.Currency
	fake  *amazontest.Fake

	visible, effect time.Duration
	quota           float64
	goods           int
}

// lags are those of an engine in time: an order is searched for as soon as it
// shows, or missed in the listings' live quantities, all of which are read again
// and again at the rate that Amazon lets: 20 a call, 5 calls a second.
func (m *amazonMarket) lags() (visible, effect time.Duration) {
	sweep := time.Duration(float64((m.goods+19)/20) * float64(time.Second) / (5 * m.quota))
	return min(m.visible, sweep), m.effect
}

// amazonMarketplaces are where the seller sells on Amazon, by currency.
var amazonMarketplaces = map[channel.Currency]string{"EUR": "A1PA6795UKMFR9", "GBP": "A1F83G8C2ARO7P"}

func (m *amazonMarket) channel() channel.ID { return m.id }

func (m *amazonMarket) add(g plan.Good) error {
	m.goods++
	_, err := m.fake.AddProduct(amazontest.NewProduct{SKU: g.SKU, Title: g.Title, Price: g.Price})
	return err
}

func (m *amazonMarket) set(sku string, units int64) error { return m.fake.SetOnHand(sku, units) }

func (m *amazonMarket) place(o *plan.Order) (string, error) {
	n := amazontest.NewOrder{
		SellerID: o.Number,
		ShipTo: amazontest.Address{
			Name: "Buyer " + o.Customer, Line1: street(o), City: "Town", PostalCode: "12345", Country: o.Country,
		},
		Buyer: amazontest.Buyer{Name: "Buyer " + o.Customer, Email: "buyer" + o.Customer + "@example.com"},
	}
	if o.Split {
		n.Instruction = twoParcels
	}
	for _, l := range o.Lines {
		if l.Service {
			return "", fmt.Errorf("a service, %s, cannot be sold on Amazon", l.SKU)
		}
		line := amazontest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price, Discount: l.Discount}
		if l.Tax != "" {
			line.Tax = known(m.amount(l.Tax).MulInt(l.Quantity)).Amount()
		}
		n.Lines = append(n.Lines, line)
	}
	id, err := m.fake.PlaceOrder(n)
	if errors.Is(err, amazontest.ErrInsufficientStock) {
		return "", errRefused
	}
	return id, err
}

// refund gives units back at their line's price. Amazon takes the refund of the
// units, and tells nobody of the money.
func (m *amazonMarket) refund(id string, line int, n int64, price string) (int64, error) {
	o, ok := m.fake.Order(id)
	if !ok {
		return 0, fmt.Errorf("no order %s", id)
	}
	l := o.Lines[line]
	if !m.amount(l.Price).Equal(m.amount(price)) {
		return 0, fmt.Errorf("line %d costs %s and cannot be given back at %s", line, l.Price, price)
	}
	if err := m.fake.Refund(id, amazontest.NewRefund{Lines: map[string]int{l.ID: int(n)}}); err != nil {
		return 0, err
	}
	after, _ := m.fake.Order(id)
	return int64(after.Lines[line].Refunded - l.Refunded), nil
}

func (m *amazonMarket) orders() []soldOrder {
	var out []soldOrder
	for _, o := range m.fake.Orders() {
		so := soldOrder{
			id: o.ID, number: o.SellerID, to: destination(o.ShipTo.Name, o.ShipTo.Line1, o.ShipTo.City, o.ShipTo.PostalCode, o.ShipTo.Country), total: m.amount(o.Total), tax: channel.Zero(m.money), discount: channel.Zero(m.money),
			refunded: channel.Zero(m.money), lines: make([]soldLine, 0, len(o.Lines)), mute: true,
		}
		at := map[string]int{}
		for i, l := range o.Lines {
			at[l.ID] = i
			n, price, off := int64(l.Quantity), m.amount(l.Price), m.amount(l.Discount)
			so.lines = append(so.lines, soldLine{
				sku: l.SKU, title: l.Title, ships: true, quantity: n, shipped: int64(l.Shipped),
				cancelled: int64(l.Cancelled), returned: int64(l.Refunded),
				price: price, total: known(known(price.MulInt(n)).Sub(off)), tax: m.amount(l.Tax),
			})
			so.tax, so.discount = known(so.tax.Add(m.amount(l.Tax))), known(so.discount.Add(off))
		}
		for k, units := range o.Refunds {
			back := soldRefund{id: o.ID + "/" + strconv.Itoa(k), total: channel.Zero(m.money), units: map[int]int64{}}
			for id, n := range units {
				l := so.lines[at[id]]
				back.units[at[id]] += int64(n)
				back.total = known(back.total.Add(known(l.price.MulInt(int64(n)))))
			}
			so.refunds = append(so.refunds, back)
			so.refunded = known(so.refunded.Add(back.total))
		}
		for _, p := range o.Packages {
			box := parcel{number: p.Tracking, carrier: p.Carrier, lines: map[int]int64{}}
			for id, n := range p.Items {
				box.lines[at[id]] += int64(n)
			}
			so.parcels = append(so.parcels, box)
		}
		out = append(out, so)
	}
	return out
}

func (m *amazonMarket) amount(text string) channel.Money {
	return known(channel.ParseMoney(text, m.money))
}

func (m *amazonMarket) shown() map[string]int64 {
	out := map[string]int64{}
	for _, q := range m.fake.Quantities() {
		out[q.SKU] += q.Available
	}
	return out
}

func (m *amazonMarket) sales() []sale {
	var out []sale
	for _, s := range m.fake.Sales() {
		out = append(out, sale{s.Time, s.SKU, int64(s.Units), s.Accepted})
	}
	return out
}

func (m *amazonMarket) throttled() int { return m.fake.Throttled() }

func (m *amazonMarket) written() (parcels, quantities int) {
	calls := m.fake.Calls()
	return calls["confirmShipment"], calls["patchListingsItem"] + calls["createFeed"]
}
