package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// market is a fake marketplace as the run drives and compares it: from its own
// side, never through an adapter.
type market interface {
	channel() channel.ID
	add(g plan.Good) error
	set(sku string, units int64) error // as the seller does by hand
	// place is a buyer's checkout; errRefused when too little is shown.
	place(o *plan.Order) (id string, err error)
	// refund takes units off a line, gives their price back and returns how many
	// of them had been shipped, so that goods come back.
	refund(id string, line int, n int64, price string) (returned int64, err error)
	orders() []soldOrder
	shown() map[string]int64
	sales() []sale
	throttled() int
	// written is how many requests to write a parcel or a quantity there were.
	written() (parcels, quantities int)
	// lags are how long the marketplace keeps what it sells from anybody, and how
	// long a quantity takes from being accepted until it is shown.
	lags() (visible, effect time.Duration)
}

var errRefused = errors.New("refused: not enough is shown")

// errNotShipped is of a marketplace that knows of no units that are given back:
// goods that have not left go on their way, and come back.
var errNotShipped = errors.New("not shipped yet")

// soldOrder is an order as the fake holds it.
type soldOrder struct {
	id                   string
	number               string // the plan's
	to                   string // who and where it goes to
	total, tax, discount channel.Money
	refunded             channel.Money
	lines                []soldLine
	parcels              []parcel
	refunds              []soldRefund
	mute                 bool // it tells of no money given back, nor of units given back once shipped
	unitless             bool // it tells of money given back, and of no units
}

type soldLine struct {
	sku, title string
	ships      bool // the seller has to ship it
	quantity   int64
	cancelled  int64 // before it was shipped
	returned   int64 // refunded after it was shipped
	shipped    int64
	price      channel.Money // one unit
	total, tax channel.Money // whole line; the total after discounts
}

// soldRefund is money given back, and the units it was for.
type soldRefund struct {
	id    string
	total channel.Money
	units map[int]int64 // by index of the order's line
}

type parcel struct {
	number  string
	carrier string
	lines   map[int]int64 // units by index of the order's line
}

// sale is a buyer's attempt at one SKU.
type sale struct {
	at       time.Time
	sku      string
	units    int64
	accepted bool
}

// destination is who and where an order goes to, in one line.
func destination(name, street, city, zip, country string) string {
	// Of a real buyer without a number nothing is left after "Buyer".
	return strings.Join([]string{strings.TrimSpace(name), street, city, zip, country}, ", ")
}

// street is where an invented buyer lives.
func street(o *plan.Order) string { return "1 Example Street, order " + o.Number }

// twoParcels is what a buyer asks for who wants two parcels.
const twoParcels = "; in two parcels, please"

// note is what a buyer writes on an order: its number in the plan, by which
// the comparison knows it, and a wish.
func note(o *plan.Order) string {
	if o.Split {
		return o.Number + twoParcels
	}
	return o.Number
}

// numberIn is the plan's number of the order that bears a note.
func numberIn(note string) string { return strings.TrimSuffix(note, twoParcels) }

// known is an amount that a marketplace prints, or one worked out from such.
// What nobody can read or add up is no money in no currency, and equals no
// amount.
func known(m channel.Money, err error) channel.Money {
	if err != nil {
		return channel.Money{}
	}
	return m
}

type shopifyMarket struct {
	id    channel.ID
	money channel.Currency
	fake  *shopifytest.Fake
	lag   time.Duration // of its search index
}

func (m *shopifyMarket) lags() (visible, effect time.Duration) { return m.lag, 0 }

func (m *shopifyMarket) channel() channel.ID { return m.id }

func (m *shopifyMarket) add(g plan.Good) error {
	_, err := m.fake.AddProduct(shopifytest.Product{Title: g.Title, Variants: []shopifytest.Variant{{SKU: g.SKU, Price: g.Price}}})
	return err
}

func (m *shopifyMarket) set(sku string, units int64) error {
	return m.fake.SetAvailable(sku, "", int(units))
}

func (m *shopifyMarket) place(o *plan.Order) (string, error) {
	n := shopifytest.NewOrder{
		Buyer: shopifytest.Buyer{First: "Buyer", Last: o.Customer, Email: "buyer" + o.Customer + "@example.com"},
		Note:  note(o),
	}
	if o.Country != "" {
		n.Address = &shopifytest.Address{First: "Buyer", Last: o.Customer, Line1: street(o), City: "Town", Zip: "12345", CountryCode: o.Country}
	} else {
		n.Address = &shopifytest.Address{First: "Buyer", Last: o.Customer, Line1: street(o), City: "Town", Zip: "12345"}
	}
	if o.TaxRate != "" {
		n.Taxes = []shopifytest.Tax{{Title: "Tax", Rate: o.TaxRate}}
	}
	for i, l := range o.Lines {
		if l.Discount != "" {
			n.Discounts = append(n.Discounts, shopifytest.Discount{Title: "Voucher", Manual: true, Amount: l.Discount, Lines: []int{i}})
		}
		line := shopifytest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price}
		if l.Service {
			line = shopifytest.NewLine{Title: l.Title, Quantity: int(l.Quantity), Price: l.Price, NothingToFulfil: true}
		}
		n.Lines = append(n.Lines, line)
	}
	placed, err := m.fake.PlaceOrder(n)
	if errors.Is(err, shopifytest.ErrInsufficientStock) {
		return "", errRefused
	}
	return placed.ID, err
}

func (m *shopifyMarket) refund(id string, line int, n int64, price string) (int64, error) {
	pay := known(m.amount(price).MulInt(n)).Amount()
	for range 20 { // the engine may ship between the look and the refund
		o, err := m.fake.Order(id)
		if err != nil {
			return 0, err
		}
		l := o.Lines[line]
		open := min(n, int64(l.Open))
		var lines []shopifytest.RefundedLine
		if open > 0 {
			lines = append(lines, shopifytest.RefundedLine{Line: l.ID, Quantity: int(open), Restock: shopifytest.RestockCancel})
		}
		if back := n - open; back > 0 {
			kind := shopifytest.RestockReturn
			if !l.RequiresShipping {
				kind = shopifytest.NoRestock
			}
			lines = append(lines, shopifytest.RefundedLine{Line: l.ID, Quantity: int(back), Restock: kind})
		}
		err = m.fake.Refund(id, shopifytest.NewRefund{Lines: lines, Amount: pay})
		if err == nil {
			if !l.RequiresShipping {
				return 0, nil
			}
			return n - open, nil
		}
		if !errors.Is(err, shopifytest.ErrState) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("refund of order %s does not go through", id)
}

func (m *shopifyMarket) orders() []soldOrder {
	var out []soldOrder
	for _, o := range m.fake.Orders() {
		so := soldOrder{
			id: tail(o.ID), number: numberIn(o.Note), total: m.amount(o.Total), tax: m.amount(o.Tax), discount: m.amount(o.Discounts),
			refunded: m.amount(o.Refunded), lines: make([]soldLine, 0, len(o.Lines)),
		}
		if a := o.ShipTo; a != nil {
			so.to = destination(a.First+" "+a.Last, a.Line1, a.City, a.Zip, a.CountryCode)
		}
		at := map[string]int{}
		for i, l := range o.Lines {
			at[l.ID] = i
			// What has nothing to be shipped is never open: all that is gone of it
			// was not shipped.
			gone := l.Quantity - l.Current
			cancelled := min(gone, l.Quantity-l.Fulfilled-l.Open)
			so.lines = append(so.lines, soldLine{
				sku: l.SKU, title: l.Title, ships: l.RequiresShipping, quantity: int64(l.Quantity), shipped: int64(l.Fulfilled),
				cancelled: int64(cancelled), returned: int64(gone - cancelled),
				price: m.amount(l.Unit), total: m.amount(l.Total), tax: m.amount(l.Tax),
			})
		}
		for _, r := range o.Refunds {
			back := soldRefund{id: tail(r.ID), total: m.amount(r.Amount), units: map[int]int64{}}
			for _, l := range r.Lines {
				back.units[at[l.LineID]] += int64(l.Quantity)
			}
			so.refunds = append(so.refunds, back)
		}
		for _, f := range o.Fulfilments {
			if f.Status == "CANCELLED" {
				continue
			}
			p := parcel{carrier: f.Company, lines: map[int]int64{}}
			if len(f.Numbers) > 0 {
				p.number = f.Numbers[0]
			}
			for id, n := range f.Units {
				p.lines[at[id]] += int64(n)
			}
			if k := so.continued(p); k >= 0 {
				maps.Copy(so.parcels[k].lines, p.lines)
			} else {
				so.parcels = append(so.parcels, p)
			}
		}
		out = append(out, so)
	}
	return out
}

func (m *shopifyMarket) amount(text string) channel.Money {
	return known(channel.ParseMoney(text, m.money))
}

// mostLines is how many lines a fulfilment takes. The rest of a larger parcel
// is in another one of the same number.
const mostLines = 250

// continued is the parcel that p is the rest of, -1 if it is one of its own.
func (o *soldOrder) continued(p parcel) int {
	return slices.IndexFunc(o.parcels, func(q parcel) bool {
		for i := range p.lines {
			if q.lines[i] > 0 {
				return false
			}
		}
		return p.number != "" && q.number == p.number && len(q.lines) >= mostLines
	})
}

func (m *shopifyMarket) shown() map[string]int64 {
	out := map[string]int64{}
	for _, q := range m.fake.Quantities() {
		out[q.SKU] += int64(q.Available)
	}
	return out
}

func (m *shopifyMarket) sales() []sale {
	var out []sale
	for _, s := range m.fake.Sales() {
		out = append(out, sale{s.Time, s.SKU, int64(s.Units), s.Accepted})
	}
	return out
}

func (m *shopifyMarket) throttled() int { return m.fake.Throttled() }

func (m *shopifyMarket) written() (parcels, quantities int) {
	calls := m.fake.Calls()
	return calls["fulfillmentCreate"], calls["inventorySetQuantities"]
}

type bigcommerceMarket struct {
	id    channel.ID
	money channel.Currency
	fake  *bigcommercetest.Fake
	lag   time.Duration // of its inventory
}

func (m *bigcommerceMarket) lags() (visible, effect time.Duration) { return 0, m.lag }

func (m *bigcommerceMarket) channel() channel.ID { return m.id }

func (m *bigcommerceMarket) add(g plan.Good) error {
	_, err := m.fake.AddProduct(bigcommercetest.NewProduct{
		Name: g.Title, SKU: g.SKU, Price: g.Price, Tracking: bigcommercetest.TrackProduct,
	})
	return err
}

func (m *bigcommerceMarket) set(sku string, units int64) error {
	return m.fake.SetOnHand(sku, bigcommercetest.DefaultLocation, units)
}

func (m *bigcommerceMarket) place(o *plan.Order) (string, error) {
	n := bigcommercetest.NewOrder{
		Message: note(o),
		ShipTo: []bigcommercetest.ShipTo{{Address: bigcommercetest.Address{
			FirstName: "Buyer", LastName: o.Customer, Street1: street(o), City: "Town", Zip: "12345",
			CountryISO2: o.Country, Email: "buyer" + o.Customer + "@example.com",
		}}},
	}
	for _, l := range o.Lines {
		line := bigcommercetest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price, Tax: l.Tax, Discount: l.Discount}
		if l.Service {
			line = bigcommercetest.NewLine{
				Name: l.Title, CustomSKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price, Type: bigcommercetest.Digital,
			}
		}
		n.Lines = append(n.Lines, line)
	}
	id, err := m.fake.PlaceOrder(n)
	if errors.Is(err, bigcommercetest.ErrInsufficientStock) {
		return "", errRefused
	}
	return strconv.Itoa(id), err
}

// refund pays the line's price back: it is what BigCommerce gives for units
// unless the seller overrides it, and the fake takes no override.
func (m *bigcommerceMarket) refund(id string, line int, n int64, price string) (int64, error) {
	number, err := strconv.Atoi(id)
	if err != nil {
		return 0, err
	}
	o, ok := m.fake.Order(number)
	if !ok {
		return 0, fmt.Errorf("no order %s", id)
	}
	l := o.Lines[line]
	if !m.amount(l.Price).Equal(m.amount(price)) {
		return 0, fmt.Errorf("line %d costs %s and cannot be given back at %s", line, l.Price, price)
	}
	if _, err := m.fake.Refund(number, bigcommercetest.NewRefund{Lines: map[int]int{l.ID: int(n)}}); err != nil {
		return 0, err
	}
	if l.AddressID == 0 {
		return 0, nil
	}
	after, _ := m.fake.Order(number)
	return returned(after.Lines[line]) - returned(l), nil
}

func (m *bigcommerceMarket) amount(text string) channel.Money {
	return known(channel.ParseMoney(text, m.money))
}

// returned is how many of a line's refunded units had been shipped.
func returned(l bigcommercetest.Line) int64 { return int64(max(0, l.Shipped+l.Refunded-l.Quantity)) }

func (m *bigcommerceMarket) orders() []soldOrder {
	var out []soldOrder
	for _, o := range m.fake.Orders() {
		so := soldOrder{
			id: strconv.Itoa(o.ID), number: numberIn(o.Message), total: m.amount(o.Total), tax: m.amount(o.TotalTax),
			discount: known(m.amount(o.Discount).Add(m.amount(o.CouponDiscount))), refunded: channel.Zero(m.money), lines: make([]soldLine, 0, len(o.Lines)),
		}
		for _, a := range o.ShipTo {
			so.to = destination(a.FirstName+" "+a.LastName, a.Street1, a.City, a.Zip, a.CountryISO2)
		}
		at := map[int]int{}
		for i, l := range o.Lines {
			at[l.ID] = i
			n, price := int64(l.Quantity), m.amount(l.Price)
			so.lines = append(so.lines, soldLine{
				sku: l.SKU, title: l.Name, ships: l.AddressID != 0, quantity: n, shipped: int64(l.Shipped),
				cancelled: int64(l.Refunded) - returned(l), returned: returned(l),
				price: price, total: known(known(price.MulInt(n)).Sub(m.amount(l.Discount))), tax: known(m.amount(l.Tax).MulInt(n)),
			})
		}
		for _, r := range o.Refunds {
			back := soldRefund{id: strconv.Itoa(r.ID), total: m.amount(r.Total), units: map[int]int64{}}
			for _, it := range r.Items {
				if i, ok := at[it.ItemID]; ok && it.Type == "PRODUCT" {
					back.units[i] += int64(it.Quantity)
				}
			}
			so.refunds = append(so.refunds, back)
			so.refunded = known(so.refunded.Add(back.total))
		}
		for _, s := range o.Shipments {
			p := parcel{number: s.TrackingNumber, carrier: cmp.Or(s.Carrier, s.Provider), lines: map[int]int64{}}
			for id, n := range s.Items {
				p.lines[at[id]] += int64(n)
			}
			so.parcels = append(so.parcels, p)
		}
		out = append(out, so)
	}
	return out
}

func (m *bigcommerceMarket) shown() map[string]int64 {
	out := map[string]int64{}
	for _, q := range m.fake.Quantities() {
		out[q.SKU] += q.AvailableToSell
	}
	return out
}

func (m *bigcommerceMarket) sales() []sale {
	var out []sale
	for _, s := range m.fake.Sales() {
		out = append(out, sale{s.Time, s.SKU, int64(s.Units), s.Accepted})
	}
	return out
}

func (m *bigcommerceMarket) throttled() int { return m.fake.Throttled() }

func (m *bigcommerceMarket) written() (parcels, quantities int) {
	calls := m.fake.Calls()
	return calls["POST /v2/orders/{id}/shipments"], calls["PUT /v3/inventory/adjustments/absolute"] + calls["POST /v3/inventory/adjustments/relative"]
}

// tail is the number at the end of a global id.
func tail(gid string) string {
	for i := len(gid) - 1; i >= 0; i-- {
		if gid[i] == '/' {
			return gid[i+1:]
		}
	}
	return gid
}
