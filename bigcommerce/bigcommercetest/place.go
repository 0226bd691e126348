package bigcommercetest

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// exampleAddress stands where a NewOrder gives none.
var exampleAddress = Address{
	FirstName: "Grace", LastName: "Buyer", Street1: "12 Example Street", City: "Austin", State: "Texas", Zip: "78701",
	Country: "United States", CountryISO2: "US", Phone: "5550123", Email: "grace.buyer@example.com",
}

// PlaceOrder places an order and returns its id. A sale of more than is shown
// as available to sell at this moment is refused whole with
// ErrInsufficientStock. Stock falls now or later, by Config.Stock.
func (f *Fake) PlaceOrder(n NewOrder) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	o, err := f.newOrder(n, now)
	if err != nil {
		return 0, err
	}
	if err := f.sell(o, now); err != nil {
		return 0, err
	}
	f.record(o, now)
	return o.id, nil
}

// record takes an order into the book.
func (f *Fake) record(o *order, now time.Time) {
	f.orders.all = append(f.orders.all, o)
	f.orders.touch(o, now)
	f.applyStock(o, now)
	f.orderEvent(o, "created", nil)
}

// newOrder builds an order from a description without recording it.
func (f *Fake) newOrder(n NewOrder, now time.Time) (*order, error) {
	o := &order{
		id: f.orders.first + len(f.orders.all), status: cmp.Or(n.Status, AwaitingFulfillment), created: now.Truncate(time.Second),
		visible: now.Add(f.cfg.VisibilityLag),
	}
	if n.Incomplete {
		o.status = Incomplete
	}
	if o.status < 0 || o.status >= statuses {
		return nil, fmt.Errorf("%w: status %d", ErrInvalid, n.Status)
	}
	if len(n.Lines) == 0 {
		return nil, fmt.Errorf("%w: an order without lines", ErrInvalid)
	}
	if !n.CreatedAt.IsZero() {
		o.created = n.CreatedAt.Truncate(time.Second)
	}
	if n.Billing == (Address{}) {
		n.Billing = exampleAddress
	}
	n.Currency = cmp.Or(n.Currency, f.cfg.Currency)
	n.DisplayCurrency = cmp.Or(n.DisplayCurrency, n.Currency)
	n.ExchangeRate = cmp.Or(n.ExchangeRate, "1")
	n.Channel = cmp.Or(n.Channel, 1)
	n.PaymentMethod = cmp.Or(n.PaymentMethod, "Credit Card")
	n.Source = cmp.Or(n.Source, "www")
	if n.PaymentStatus == "" && o.status != Incomplete {
		n.PaymentStatus = "captured"
	}
	var am amounts
	if err := f.addLines(o, n.Lines, &am); err != nil {
		return nil, err
	}
	f.addAddresses(o, n, &am)
	o.shipping, o.shippingTax = am.parse(n.Shipping), am.parse(n.ShippingTax)
	o.handling, o.handlingTax = am.parse(n.Handling), am.parse(n.HandlingTax)
	for i := range o.addresses {
		a := &o.addresses[i]
		if i == 0 { // the order's own costs belong to its first address
			a.shipping += o.shipping
			a.shippingTax += o.shippingTax
			a.handling += o.handling
			a.handlingTax += o.handlingTax
			o.shipping, o.shippingTax, o.handling, o.handlingTax = 0, 0, 0, 0
		}
		o.shipping += a.shipping
		o.shippingTax += a.shippingTax
		o.handling += a.handling
		o.handlingTax += a.handlingTax
	}
	o.wrapping, o.wrappingTax = am.parse(n.Wrapping), am.parse(n.WrappingTax)
	o.storeCredit, o.giftCertificate = am.parse(n.StoreCredit), am.parse(n.GiftCertificate)
	o.rounding = am.parse(n.Rounding)
	for _, fe := range n.Fees {
		o.fees = append(o.fees, fee{f.orders.nextFee, fe.Name, am.parse(fe.Cost), am.parse(fe.Tax)})
		f.orders.nextFee++
	}
	f.addDiscounts(o, n, &am)
	if am.err != nil {
		return nil, am.err
	}
	n.Lines = nil
	o.in = n
	return o, nil
}

// amounts parses and keeps the first error.
type amounts struct{ err error }

func (am *amounts) parse(s string) amount {
	a, err := parseAmount(s)
	if err != nil && am.err == nil {
		am.err = err
	}
	return a
}

func (f *Fake) addLines(o *order, lines []NewLine, am *amounts) error {
	o.lines = slices.Grow(o.lines, len(lines))
	for _, nl := range lines {
		l, err := f.newLine(nl, am)
		if err != nil {
			return err
		}
		if nl.Bundled && len(o.lines) > 0 {
			prev := o.lines[len(o.lines)-1]
			l.parent = cmp.Or(prev.parent, prev.id)
		}
		l.address = -1 - nl.ShipTo // an index until the addresses have ids
		switch {
		case nl.PickupAt != 0:
			if f.location(nl.PickupAt) == nil {
				return fmt.Errorf("%w: location %d", ErrNotFound, nl.PickupAt)
			}
			l.address, l.pickup = 0, f.pickupID(o, nl.PickupAt)
		case l.typ != Physical:
			l.address = 0
		}
		o.lines = append(o.lines, l)
	}
	return nil
}

func (f *Fake) newLine(nl NewLine, am *amounts) (line, error) {
	l := line{id: f.orders.nextLine, qty: cmp.Or(nl.Quantity, 1), typ: nl.Type, name: nl.Name, sku: nl.CustomSKU, recipient: nl.Recipient}
	f.orders.nextLine++
	if l.qty < 0 {
		return l, fmt.Errorf("%w: quantity %d", ErrInvalid, l.qty)
	}
	l.stockQty = int64(l.qty)
	if nl.VariantID != 0 {
		if l.v = f.catalog.variant(nl.VariantID); l.v == nil {
			return l, fmt.Errorf("%w: variant %d", ErrNotFound, nl.VariantID)
		}
	} else if nl.SKU != "" {
		same := f.catalog.bySKU[nl.SKU]
		if len(same) == 0 {
			return l, fmt.Errorf("%w: SKU %q", ErrNotFound, nl.SKU)
		}
		l.v = same[0]
	}
	if v := l.v; v != nil {
		l.it = v.stock()
		l.sku, l.price = v.sku, v.p.price
		l.name = cmp.Or(l.name, v.p.name)
		if v.price != nil {
			l.price = *v.price
		}
		if v.p.digital && l.typ == "" {
			l.typ = Digital
		}
	}
	if nl.Price != "" {
		l.price = am.parse(nl.Price)
	}
	l.tax = am.parse(nl.Tax)
	l.typ = cmp.Or(l.typ, Physical)
	l.name = cmp.Or(l.name, "Custom item")
	if nl.Discount != "" {
		l.discounts = []discount{{id: "total-coupon", name: "Item discount", amount: am.parse(nl.Discount), onProduct: true}}
	}
	return l, nil
}

// pickupID returns the order's pickup consignment at a location.
func (f *Fake) pickupID(o *order, location int) int {
	for _, p := range o.pickups {
		if p.location == location {
			return p.id
		}
	}
	p := pickup{id: f.orders.nextAddress, location: location}
	f.orders.nextAddress++
	o.pickups = append(o.pickups, p)
	return p.id
}

func (f *Fake) addAddresses(o *order, n NewOrder, am *amounts) {
	ships := 0
	for i := range o.lines {
		if o.lines[i].address < 0 {
			ships = max(ships, -o.lines[i].address)
		}
	}
	to := slices.Clone(n.ShipTo)
	for len(to) < ships {
		to = append(to, ShipTo{Address: cmp.Or(n.Billing, exampleAddress)})
	}
	for _, t := range to {
		t.Method = cmp.Or(t.Method, "Flat Rate")
		o.addresses = append(o.addresses, address{
			id: f.orders.nextAddress, to: t, shipping: am.parse(t.Shipping), shippingTax: am.parse(t.ShippingTax),
			handling: am.parse(t.Handling), handlingTax: am.parse(t.HandlingTax),
		})
		f.orders.nextAddress++
	}
	for i := range o.lines {
		if l := &o.lines[i]; l.address < 0 {
			l.address = o.addresses[-l.address-1].id
		}
	}
}

// addDiscounts records discounts on the whole order and spreads them over the
// lines in proportion to their prices, to the ten-thousandth.
func (f *Fake) addDiscounts(o *order, n NewOrder, am *amounts) {
	for i := range o.lines {
		for _, d := range o.lines[i].discounts {
			o.discount += d.amount
		}
	}
	manual := am.parse(n.Discount)
	o.discount += manual
	o.spread(discount{id: "manual-discount", name: "Manual Discount"}, manual)
	for _, cp := range n.Coupons {
		c := coupon{f.orders.nextCoupon, cp, am.parse(cp.Amount), am.parse(cp.Discount)}
		f.orders.nextCoupon++
		o.coupons = append(o.coupons, c)
		o.couponDiscount += c.discount
		o.spread(discount{id: "coupon", name: cp.Code, code: cp.Code}, c.discount)
	}
}

func (o *order) spread(d discount, total amount) {
	base := o.totals().subtotalEx
	if total <= 0 || base <= 0 {
		return
	}
	var before, spent amount
	for i := range o.lines {
		l := &o.lines[i]
		before += l.price * amount(l.qty)
		hi, lo := bits.Mul64(uint64(total), uint64(before))
		q, _ := bits.Div64(hi, lo, uint64(base))
		upTo := amount(q)
		d.amount = upTo - spent
		spent = upTo
		l.discounts = append(l.discounts, d)
	}
}

// sell refuses an order that asks for more than is shown, and logs its tracked
// lines as sales either way.
func (f *Fake) sell(o *order, now time.Time) error {
	if o.status == Incomplete && !f.cfg.Believed.IncompleteTakesStock {
		return nil
	}
	shown := make(map[*item]int64)
	var short *item
	first := len(f.sales)
	for i := range o.lines {
		l := &o.lines[i]
		if l.it == nil {
			continue
		}
		left, seen := shown[l.it]
		if !seen {
			left = f.shown(l.it, now)
		}
		f.sales = append(f.sales, Sale{Time: now, OrderID: o.id, SKU: l.sku, Units: l.qty, Accepted: true, Shown: int(left)})
		left -= int64(l.qty)
		shown[l.it] = left
		if left < 0 && short == nil {
			short = l.it
		}
	}
	if short == nil {
		return nil
	}
	for i := range f.sales[first:] {
		f.sales[first+i].Accepted, f.sales[first+i].OrderID = false, 0
	}
	return fmt.Errorf("%w: SKU %q", ErrInsufficientStock, short.sku())
}

// applyStock brings what the order's lines took from stock in line with its
// state.
func (f *Fake) applyStock(o *order, now time.Time) {
	for i := range o.lines {
		l := &o.lines[i]
		if l.it == nil {
			continue
		}
		have := l.taken()
		switch want := f.wanted(o, l, have); {
		case want > have:
			l.takes = append(l.takes, f.takeStock(l.it, want-have, now)...)
		case want < have:
			l.takes = f.giveBack(l.it, l.takes, have-want, now)
		}
	}
}

// wanted returns the units a line should have taken from stock.
func (f *Fake) wanted(o *order, l *line, have int64) int64 {
	switch o.status {
	case Incomplete:
		if !f.cfg.Believed.IncompleteTakesStock {
			return 0
		}
	case Cancelled, Declined:
		if f.cfg.Stock.KeepOnCancel {
			return have
		}
		return 0
	default:
	}
	if !f.cfg.Stock.FallsAtShipment {
		return l.stockQty
	}
	switch {
	case o.status == Shipped || o.status == Completed:
		return l.stockQty
	case f.cfg.Believed.PartialShipmentTakes:
		return min(max(have, int64(l.shipped)), l.stockQty)
	default:
		return min(have, l.stockQty)
	}
}
