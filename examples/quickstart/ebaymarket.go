package main

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/ebaytest"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// ebayMarket sells goods alone. Every other good is an inventory item with an
// offer, the rest are listings made without the Inventory API.
type ebayMarket struct {
	id    channel.ID
	money channel.Currency
	fake  *ebaytest.Fake

	visible, effect time.Duration
	goods           int

	mu      sync.Mutex
	planned map[string]*plan.Order  // by order
	backs   map[string][]soldRefund // by order: eBay tells of the money, not of the units
}

func newEbayMarket(fake *ebaytest.Fake, cfg ebaytest.Config, money channel.Currency) *ebayMarket {
	return &ebayMarket{
		id: ebayID, money: money, fake: fake, visible: cfg.VisibilityLag, effect: cfg.EffectLag,
		planned: map[string]*plan.Order{}, backs: map[string][]soldRefund{},
	}
}

// ebayMarketplaces are where the seller sells on eBay, by currency.
var ebayMarketplaces = map[channel.Currency]string{"EUR": "EBAY_DE", "GBP": "EBAY_GB"}

func (m *ebayMarket) lags() (visible, effect time.Duration) { return m.visible, m.effect }

func (m *ebayMarket) channel() channel.ID { return m.id }

func (m *ebayMarket) add(g plan.Good) error {
	m.goods++
	_, err := m.fake.AddProduct(ebaytest.NewProduct{SKU: g.SKU, Title: g.Title, Price: g.Price, Trading: m.goods%2 == 0})
	return err
}

func (m *ebayMarket) set(sku string, units int64) error { return m.fake.SetOnHand(sku, units) }

func (m *ebayMarket) place(o *plan.Order) (string, error) {
	n := ebaytest.NewOrder{
		ShipTo: ebaytest.Address{
			Name: "Buyer " + o.Customer, Line1: street(o), City: "Town", PostalCode: "12345", Country: o.Country,
			Email: "buyer" + o.Customer + "@example.com",
		},
		Buyer: ebaytest.Buyer{Name: "buyer" + o.Customer},
	}
	if o.Split {
		n.Notes = twoParcels
	}
	for _, l := range o.Lines {
		if l.Service {
			return "", fmt.Errorf("a service, %s, cannot be sold on eBay", l.SKU)
		}
		line := ebaytest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price, Discount: l.Discount}
		if l.Tax != "" {
			line.Tax = known(m.amount(l.Tax).MulInt(l.Quantity)).Amount()
		}
		n.Lines = append(n.Lines, line)
	}
	id, err := m.fake.PlaceOrder(n)
	if errors.Is(err, ebaytest.ErrInsufficientStock) {
		return "", errRefused
	}
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.planned[id] = o
	return id, nil
}

// refund gives the money of units back. There is nothing in it of the units:
// they are given back once they were shipped.
func (m *ebayMarket) refund(id string, line int, n int64, price string) (int64, error) {
	o, ok := m.fake.Order(id)
	if !ok {
		return 0, fmt.Errorf("no order %s", id)
	}
	l := o.Lines[line]
	back := known(m.amount(price).MulInt(n))
	if err := m.fake.Refund(id, ebaytest.NewRefund{Lines: map[string]string{l.ID: back.Amount()}}); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.backs[id] = append(m.backs[id], soldRefund{
		id: id + "/" + strconv.Itoa(len(m.backs[id])), total: back, units: map[int]int64{line: n},
	})
	return n, nil
}

// shipped reports whether all of a line has left.
func (m *ebayMarket) shipped(id string, line int) bool {
	o, ok := m.fake.Order(id)
	return ok && o.Lines[line].Shipped >= o.Lines[line].Quantity
}

func (m *ebayMarket) orders() []soldOrder {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []soldOrder
	for _, o := range m.fake.Orders() {
		so := soldOrder{
			id: o.ID, number: m.planned[o.ID].Number, total: m.amount(o.Total), tax: channel.Zero(m.money), discount: channel.Zero(m.money),
			to:       destination(o.ShipTo.Name, o.ShipTo.Line1, o.ShipTo.City, o.ShipTo.PostalCode, o.ShipTo.Country),
			refunded: m.amount(o.Refunded), refunds: m.backs[o.ID], unitless: true,
			lines: make([]soldLine, 0, len(o.Lines)),
		}
		at := map[string]int{}
		for i, l := range o.Lines {
			at[l.ID] = i
			n, price, planned := int64(l.Quantity), m.amount(l.Price), m.planned[o.ID].Lines[i]
			tax, off := channel.Zero(m.money), channel.Zero(m.money)
			if planned.Tax != "" {
				tax = known(m.amount(planned.Tax).MulInt(n))
			}
			if planned.Discount != "" {
				off = m.amount(planned.Discount)
			}
			so.lines = append(so.lines, soldLine{
				sku: l.SKU, title: l.Title, ships: true, quantity: n, shipped: int64(l.Shipped),
				price: price, total: known(known(price.MulInt(n)).Sub(off)), tax: tax,
			})
			so.tax, so.discount = known(so.tax.Add(tax)), known(so.discount.Add(off))
		}
		for _, r := range so.refunds {
			for i, n := range r.units {
				so.lines[i].returned += n
			}
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

func (m *ebayMarket) amount(text string) channel.Money {
	return known(channel.ParseMoney(text, m.money))
}

func (m *ebayMarket) shown() map[string]int64 {
	out := map[string]int64{}
	for _, q := range m.fake.Quantities() {
		out[q.SKU] += q.Available
	}
	return out
}

func (m *ebayMarket) sales() []sale {
	var out []sale
	for _, s := range m.fake.Sales() {
		out = append(out, sale{s.Time, s.SKU, int64(s.Units), s.Accepted})
	}
	return out
}

func (m *ebayMarket) throttled() int { return m.fake.Throttled() }

func (m *ebayMarket) written() (parcels, quantities int) {
	calls := m.fake.Calls()
	return calls["createShippingFulfillment"], calls["bulkUpdatePriceQuantity"] + calls["ReviseInventoryStatus"] + calls["createTask"]
}
