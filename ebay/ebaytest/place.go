package ebaytest

import (
	"cmp"
	"fmt"
	"reflect"
	"time"
)

// exampleAddress and exampleBuyer stand where a NewOrder gives none.
var (
	exampleAddress = Address{
		Name: "Grace Buyer", Line1: "12 Example Street", City: "Austin", State: "TX", PostalCode: "78701-0001", Country: "US",
		Phone: "512-555-0123", Email: "a1b2c3d4e5f6@members.ebay.com",
	}
	exampleBuyer = Buyer{Name: "grace-buys"}
)

// PlaceOrder makes a purchase and returns the id its order has or, with Unpaid,
// will have once Pay is called. A sale of more than a listing shows at this
// moment is refused whole with ErrInsufficientStock. Quantities fall now.
func (f *Fake) PlaceOrder(n NewOrder) (string, error) {
	now := f.lock()
	defer f.mu.Unlock()
	o, err := f.newOrder(n, now)
	if err != nil {
		return "", err
	}
	if !o.unpaid || !f.cfg.Believed.UnpaidKeepsStock {
		if err := f.sell(o, now); err != nil {
			return "", err
		}
	}
	f.orders.byID[o.id] = o
	f.orders.all = append(f.orders.all, o)
	if !o.unpaid {
		f.check(o, now)
	}
	return o.id, nil
}

// check makes a purchase an order: checkout is complete.
func (f *Fake) check(o *order, now time.Time) {
	f.orders.list(o)
	f.touch(o, now)
	o.visible = o.visible.Add(o.in.Late)
	o.firstSeen = o.visible
}

// newOrder builds an order from a description without recording it.
func (f *Fake) newOrder(n NewOrder, now time.Time) (*order, error) {
	number := len(f.orders.all) + 1
	o := &order{
		number: number, id: orderID(number), payment: cmp.Or(n.Payment, Paid), unpaid: n.Unpaid, committed: f.round(now), created: f.round(now),
		cancel: NoneRequested, rate: amountUnit,
	}
	if len(n.Lines) == 0 {
		return nil, fmt.Errorf("%w: an order without lines", ErrInvalid)
	}
	if !n.CreatedAt.IsZero() {
		o.created, o.committed = f.round(n.CreatedAt), f.round(n.CreatedAt)
	}
	if n.ShipTo == (Address{}) {
		n.ShipTo = exampleAddress
	}
	if n.Buyer == (Buyer{}) {
		n.Buyer = exampleBuyer
	}
	n.Service, n.Carrier = cmp.Or(n.Service, "USPSPriority"), cmp.Or(n.Carrier, "USPS")
	n.ShipWithin = cmp.Or(n.ShipWithin, 2*24*time.Hour)
	var am amounts
	o.fee, o.adjusted, o.feePaid = am.parse(n.HandlingFee), am.parse(n.Adjustment), am.parse(n.MarketplaceFee)
	if n.Rate != "" {
		o.rate = am.parse(n.Rate)
	}
	o.lines = make([]line, 0, len(n.Lines))
	for i := range n.Lines {
		l, err := f.newLine(&n.Lines[i], &am)
		if err != nil {
			return nil, err
		}
		o.lines = append(o.lines, l)
	}
	switch {
	case am.err != nil:
		return nil, am.err
	case o.rate <= 0:
		return nil, fmt.Errorf("%w: rate %s", ErrInvalid, n.Rate)
	}
	o.m = f.home[0]
	if u := o.lines[0].u; u != nil {
		o.m = u.l.m
	}
	if n.Marketplace != "" {
		if o.m = marketplaceByID[n.Marketplace]; o.m == nil {
			return nil, fmt.Errorf("%w: marketplace %q", ErrNotFound, n.Marketplace)
		}
	}
	o.currency = cmp.Or(n.Currency, o.m.currency)
	if !o.unpaid {
		o.paid = o.created
	}
	n.Lines = nil
	o.in = &n
	return o, nil
}

// orderID spells a number as the marketplace does: 2-5-5 digits.
func orderID(number int) string {
	return fmt.Sprintf("%02d-%05d-%05d", 1+number%27, 10000+number/100000, number%100000)
}

func (f *Fake) newLine(nl *NewLine, am *amounts) (line, error) {
	l := line{id: f.orders.nextLine, x: plain, sku: nl.SKU, title: nl.Title, qty: cmp.Or(nl.Quantity, 1), listingID: nl.ListingID}
	f.orders.nextLine++
	if l.qty < 0 {
		return l, fmt.Errorf("%w: quantity %d", ErrInvalid, l.qty)
	}
	u, err := f.findUnit(nl.ListingID, nl.SKU)
	if err != nil && nl.ListingID != "" && f.catalog.byID[nl.ListingID] != nil {
		return l, err
	}
	if err == nil {
		l.u, l.price, l.listingID, l.variation, l.sku = u, u.price, u.l.id, u.variationID, u.sku
		l.title = cmp.Or(l.title, u.l.title)
	}
	l.listingID, l.title = cmp.Or(l.listingID, "110400000001"), cmp.Or(l.title, nl.SKU, "Item")
	if nl.Price != "" {
		l.price = am.parse(nl.Price)
	}
	rest := *nl
	rest.SKU, rest.Title, rest.Quantity, rest.Price, rest.ListingID = "", "", 0, "", ""
	if !reflect.ValueOf(rest).IsZero() {
		l.x = &extra{
			in: rest, discount: am.parse(rest.Discount), shipping: am.parse(rest.Shipping), shippingDiscount: am.parse(rest.ShippingDiscount),
			handling: am.parse(rest.Handling), imports: am.parse(rest.ImportCharges), tax: am.parse(rest.Tax),
			collected: am.parse(rest.CollectedTax), ebayShipping: am.parse(rest.EBayShipping), protection: am.parse(rest.BuyerProtection),
		}
	}
	return l, nil
}

// sell takes an order's units, or refuses one that asks for more than is shown,
// and logs its lines as sales either way.
func (f *Fake) sell(o *order, now time.Time) error {
	short := ""
	first := len(f.sales)
	for i := range o.lines {
		l := &o.lines[i]
		if l.u == nil || l.taken > 0 {
			continue
		}
		shown := l.u.shown()
		f.sales = append(f.sales, Sale{
			Time: now, OrderID: o.id, ListingID: l.listingID, SKU: l.sku, Units: l.qty, Accepted: true, Shown: int(shown),
		})
		if int64(l.qty) > shown {
			short = l.sku
			break
		}
		l.taken = l.qty
		l.u.move(-int64(l.qty))
		if f.uncounted(o) {
			l.u.sold -= int64(l.qty)
		}
	}
	if short != "" {
		for i := range o.lines {
			if l := &o.lines[i]; l.taken > 0 {
				f.restore(o, l)
			}
		}
		for i := range f.sales[first:] {
			f.sales[first+i].Accepted, f.sales[first+i].OrderID = false, ""
		}
		return fmt.Errorf("%w: SKU %q", ErrInsufficientStock, short)
	}
	for i := range o.lines {
		if u := o.lines[i].u; u != nil {
			f.zero(u)
		}
	}
	return nil
}

// giveBack returns the units an order's lines took.
func (f *Fake) giveBack(o *order) {
	for i := range o.lines {
		if l := &o.lines[i]; l.taken > 0 {
			if f.cfg.Believed.SoldStays && !f.uncounted(o) {
				l.u.sold += int64(l.taken)
			}
			f.restore(o, l)
		}
	}
}

// uncounted reports whether an order's units are gone and not counted as sold.
func (f *Fake) uncounted(o *order) bool { return o.unpaid && f.cfg.Believed.SoldWhenPaid }

// restore undoes what a line took.
func (f *Fake) restore(o *order, l *line) {
	l.u.move(int64(l.taken))
	if f.uncounted(o) {
		l.u.sold += int64(l.taken)
	}
	l.taken = 0
}
