package shopifytest

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

func unknown(what, ref string) error { return fmt.Errorf("%w: %s %q", ErrUnknown, what, ref) }

// PlaceOrder is a buyer's checkout. Stock is taken at once: available falls and
// committed rises where the order is going to be fulfilled. A sale above what
// the shop shows is refused with ErrInsufficientStock.
func (f *Fake) PlaceOrder(n NewOrder) (Order, error) {
	defer f.lock()()
	o, err := f.place(n)
	if err != nil {
		return Order{}, err
	}
	return o.snapshot(), nil
}

func (f *Fake) place(n NewOrder) (*order, error) {
	at := n.At
	if at.IsZero() {
		at = f.at
	}
	exact := at.UTC()
	at = exact.Truncate(time.Second)
	p := &placing{f: f, n: n, at: exact, o: &order{
		createdAt: at, updatedAt: at, test: n.Test, taxesIncluded: n.TaxesIncluded,
		currency: f.cfg.Currency, buyerCurrency: or(n.Currency, f.cfg.Currency), payment: or(n.Payment, "PAID"),
		risk: or(n.Risk, "NONE"), note: n.Note, tags: slices.Sorted(slices.Values(n.Tags)), source: or(n.Source, "web"), gateway: "bogus",
		email: n.Buyer.Email, phone: n.Buyer.Phone, locale: or(n.Buyer.Locale, "en"), attributes: attributes(n.Attributes),
	}}
	for _, step := range []func() error{p.way, p.rate, p.lines, p.shipping, p.discount, p.tax, p.check, p.route} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p.commit(), nil
}

// placing is a checkout under way: nothing of the shop changes before commit.
type placing struct {
	f     *Fake
	n     NewOrder
	at    time.Time // of the checkout; the order's own times are whole seconds
	o     *order
	toOne *big.Rat // shop minor units per buyer minor unit
	legs  []leg
	sales []Sale
}

// leg is units of a line that one location fulfils.
type leg struct {
	line *line
	loc  *location
	n    int
}

func (p *placing) rate() error {
	r, ok := new(big.Rat).SetString(or(p.n.Rate, "1"))
	if !ok || r.Sign() <= 0 {
		return fmt.Errorf("shopifytest: %q is no rate", p.n.Rate)
	}
	p.toOne = r.Mul(r, pow10(exponent(p.o.currency)))
	p.toOne.Quo(p.toOne, pow10(exponent(p.o.buyerCurrency)))
	return nil
}

func (p *placing) way() error {
	switch p.n.Delivery {
	case "", "SHIPPING", "LOCAL", "PICKUP_POINT", "PICK_UP", "RETAIL":
		p.o.delivery = p.n.Delivery
		return nil
	}
	return fmt.Errorf("shopifytest: %q is no way of delivery", p.n.Delivery)
}

func (p *placing) bag(buyer int64) bag {
	if p.o.currency == p.o.buyerCurrency && p.n.Rate == "" {
		return bag{buyer, buyer}
	}
	return bag{scale(buyer, p.toOne), buyer}
}

func (p *placing) amount(s string) (bag, error) {
	if s == "" {
		return bag{}, nil
	}
	n, err := minor(s, p.o.buyerCurrency)
	return p.bag(n), err
}

func (p *placing) lines() error {
	if len(p.n.Lines) == 0 {
		return fmt.Errorf("%w: an order needs a line", ErrState)
	}
	for _, nl := range p.n.Lines {
		nl.Quantity = or(nl.Quantity, 1)
		if nl.Quantity < 0 {
			return fmt.Errorf("%w: quantity %d", ErrState, nl.Quantity)
		}
		if err := p.line(nl); err != nil {
			return err
		}
	}
	return nil
}

func (p *placing) line(nl NewLine) error {
	price, err := p.amount(nl.Price)
	if err != nil {
		return err
	}
	l := &line{order: p.o, quantity: nl.Quantity, unit: price, attributes: attributes(nl.Attributes), nothingToFulfil: nl.NothingToFulfil}
	if d, err := p.amount(nl.Duty); err != nil {
		return err
	} else if d != (bag{}) {
		l.duties = []*duty{{order: p.o, code: "123456", country: p.f.locations[0].country, price: d}}
	}
	if nl.SKU == "" {
		l.title, l.taxable, l.shipped = or(nl.Title, "Custom item"), !nl.NothingToFulfil, !nl.NothingToFulfil
		p.o.lines = append(p.o.lines, l)
		return nil
	}
	v, err := p.f.variantBySKU(nl.SKU)
	if err != nil {
		return err
	}
	if nl.Price == "" {
		l.unit = bag{v.price, v.price}
		if p.o.currency != p.o.buyerCurrency || p.n.Rate != "" {
			l.unit = p.bag(scale(v.price, new(big.Rat).Inv(p.toOne)))
		}
	}
	if len(v.components) == 0 {
		l.of(v)
		p.o.lines = append(p.o.lines, l)
		return nil
	}
	// A bundle's components arrive as lines of their own. They share its price.
	g := &lineGroup{title: v.product.title, quantity: nl.Quantity, variant: v}
	units := 0
	for _, c := range v.components {
		units += c.n
	}
	left, unitsLeft := l.unit, units
	for _, c := range v.components {
		share := left.part(c.n, unitsLeft)
		left, unitsLeft = left.sub(share), unitsLeft-c.n
		cl := &line{order: p.o, quantity: nl.Quantity * c.n, unit: share.part(1, c.n), group: g, attributes: l.attributes}
		cl.of(c.v)
		p.o.lines = append(p.o.lines, cl)
	}
	return nil
}

// of makes the line one of a variant, with what is copied at the sale.
func (l *line) of(v *variant) {
	l.variant, l.sku, l.hasSKU = v, v.item.sku, v.item.sku != ""
	l.title, l.vendor = v.product.title, v.product.vendor
	if v.title != "Default Title" {
		l.variantTitle = v.title
	}
	l.shipped, l.taxable, l.giftCard, l.grams = v.item.shipped, v.taxable, v.giftCard, v.grams
}

func (p *placing) shipping() error {
	for _, s := range p.n.Shipping {
		price, err := p.amount(s.Price)
		if err != nil {
			return err
		}
		p.o.shipping = append(p.o.shipping, &shippingLine{
			order: p.o, title: or(s.Title, "Standard"), code: or(s.Code, or(s.Title, "Standard")), carrier: s.Carrier, price: price,
		})
	}
	tip, err := p.amount(p.n.Tip)
	p.o.tip = tip
	return err
}

func (p *placing) discount() error {
	for i, d := range p.n.Discounts {
		nd, err := newDiscount(p.o, i, d)
		if err != nil {
			return err
		}
		p.o.discounts = append(p.o.discounts, nd)
		if d.Shipping {
			for _, s := range p.o.shipping {
				off := nd.off(s.discounted().buyer, s.discounted().buyer)
				s.allocations = append(s.allocations, allocation{nd, p.share(off, s.discounted())})
			}
			continue
		}
		lines := p.o.lines
		if len(d.Lines) > 0 {
			lines = nil
			for _, k := range d.Lines {
				if k < 0 || k >= len(p.o.lines) {
					return unknown("line", strconv.Itoa(k))
				}
				lines = append(lines, p.o.lines[k])
			}
		}
		var base int64
		for _, l := range lines {
			base += l.afterDiscounts().buyer
		}
		off := nd.off(base, base)
		for _, l := range lines {
			part := l.afterDiscounts().buyer
			share := int64(0)
			if base > 0 {
				share = min(divide(off*part, base), part)
			}
			base, off = base-part, off-share
			if share > 0 {
				l.allocations = append(l.allocations, allocation{nd, p.share(share, l.afterDiscounts())})
			}
		}
	}
	return nil
}

// share is a discount of so much on an amount: all of it in both currencies if
// it is all of it in one.
func (p *placing) share(buyer int64, of bag) bag {
	if buyer == of.buyer {
		return of
	}
	b := p.bag(buyer)
	b.shop = min(b.shop, of.shop)
	return b
}

func newDiscount(o *order, i int, d Discount) (*discount, error) {
	nd := &discount{
		index: i, order: o, code: d.Code, title: or(d.Title, "Discount"), kind: "AutomaticDiscountApplication",
		target: "LINE_ITEM", selection: "ALL", allocated: "ACROSS",
	}
	switch {
	case d.Code != "":
		nd.kind = "DiscountCodeApplication"
	case d.Manual:
		nd.kind = "ManualDiscountApplication"
	case d.Script:
		nd.kind = "ScriptDiscountApplication"
	}
	if d.Shipping {
		nd.target, nd.allocated = "SHIPPING_LINE", "EACH"
	} else if len(d.Lines) > 0 {
		nd.selection, nd.allocated = "ENTITLED", "EACH"
	}
	if d.Percent != "" {
		pct, err := strconv.ParseFloat(d.Percent, 64)
		if err != nil || pct <= 0 || pct > 100 {
			return nil, fmt.Errorf("shopifytest: %q is no percentage", d.Percent)
		}
		nd.percent = pct
		return nd, nil
	}
	n, err := minor(d.Amount, o.buyerCurrency)
	nd.amount = n
	return nd, err
}

// off is what the discount takes from an amount, never more than most.
func (d *discount) off(amount, most int64) int64 {
	if d.percent > 0 {
		r, _ := new(big.Rat).SetString(strconv.FormatFloat(d.percent, 'f', -1, 64))
		return min(scale(amount, r.Quo(r, big.NewRat(100, 1))), most)
	}
	return min(d.amount, most)
}

func (p *placing) tax() error {
	for _, t := range p.n.Taxes {
		r, ok := new(big.Rat).SetString(t.Rate)
		if !ok || r.Sign() < 0 {
			return fmt.Errorf("shopifytest: %q is no tax rate", t.Rate)
		}
		rate, _ := r.Float64()
		share := r
		if p.o.taxesIncluded {
			share = new(big.Rat).Quo(r, new(big.Rat).Add(r, big.NewRat(1, 1)))
		}
		add := func(list *[]taxLine, base bag) {
			*list = append(*list, taxLine{
				title: or(t.Title, "Tax"), rate: rate, amount: p.bag(scale(base.buyer, share)), order: p.o, liable: t.Marketplace,
			})
		}
		for _, l := range p.o.lines {
			if l.taxable {
				add(&l.taxes, l.afterDiscounts())
			}
		}
		for _, s := range p.o.shipping {
			add(&s.taxes, s.discounted())
		}
	}
	return nil
}

func attributes(m map[string]string) []attribute {
	var out []attribute
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, attribute{k, m[k]})
	}
	return out
}

// commit writes the order into the shop.
func (p *placing) commit() *order {
	f, o, n := p.f, p.o, p.n
	o.id = f.ids.next()
	f.orderNumber++
	o.number = f.orderNumber
	o.name = "#" + strconv.Itoa(o.number)
	o.confirmation = p.confirmation()
	for _, l := range o.lines {
		l.id = f.ids.next()
		register(f, l)
		for _, d := range l.duties {
			d.id = f.ids.next()
			register(f, d)
		}
		if l.group != nil && l.group.id == 0 {
			l.group.id = f.ids.next()
			register(f, l.group)
		}
	}
	for _, s := range o.shipping {
		s.id = f.ids.next()
	}
	o.customer = f.customerFor(n.Buyer, o.createdAt)
	o.address = f.newAddress(n.Address)
	o.billing = f.newAddress(n.Billing)
	if o.billing == nil {
		o.billing = o.address
	}
	o.original = o.total()
	o.agreements = []*agreement{{id: f.ids.next(), order: o, reason: "ORDER", at: o.createdAt}}
	register(f, o)
	f.orders = append(f.orders, o)
	f.orderByName[o.name] = o
	f.byCreated.put(o, false)
	f.byID.put(o, false)
	switch o.payment {
	case "PAID":
		f.transact(o, "SALE", o.original, nil, o.createdAt)
	case "AUTHORIZED":
		f.transact(o, "AUTHORIZATION", o.original, nil, o.createdAt)
	}
	p.takeStock()
	f.openFulfilment(o, p.legs, n.FulfilAt)
	if n.Hold != "" {
		for _, fo := range o.fos {
			f.hold(fo, n.Hold, "", "", "", false)
		}
	}
	f.emit("orders/create", o)
	if o.payment == "PAID" {
		f.emit("orders/paid", o)
	}
	// An order from the past has been in the index since.
	if n.At.IsZero() {
		f.touch(o)
	} else {
		f.pend(pendingIndex{due: n.At.Add(f.cfg.IndexLag), at: o.updatedAt.Unix(), order: o})
		f.emit("orders/updated", o)
		f.catchUp()
	}
	return o
}

func (p *placing) confirmation() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
	var b strings.Builder
	for range 9 {
		b.WriteByte(letters[p.f.rng.IntN(len(letters))])
	}
	return b.String()
}

func (f *Fake) customerFor(b Buyer, at time.Time) *customer {
	if b == (Buyer{}) {
		return nil
	}
	key := or(b.Email, or(b.Phone, b.First+" "+b.Last))
	c := f.customers[key]
	if c == nil {
		c = register(f, &customer{id: f.ids.next(), first: b.First, last: b.Last, email: b.Email, phone: b.Phone, createdAt: at})
		f.customers[key] = c
	}
	c.orders++
	return c
}

func (f *Fake) newAddress(a *Address) *address {
	if a == nil {
		return nil
	}
	return &address{
		id: f.ids.next(), first: a.First, last: a.Last, company: a.Company, line1: a.Line1, line2: a.Line2, city: a.City, zip: a.Zip,
		province: a.Province, provinceCode: a.ProvinceCode, country: a.Country, code: a.CountryCode, phone: a.Phone,
	}
}

func (f *Fake) transact(o *order, kind string, amount bag, parent *transaction, at time.Time) *transaction {
	t := register(f, &transaction{id: f.ids.next(), order: o, kind: kind, status: "SUCCESS", amount: amount, parent: parent, at: at})
	o.transactions = append(o.transactions, t)
	return t
}
