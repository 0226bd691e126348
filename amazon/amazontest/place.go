package amazontest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// exampleAddress and exampleBuyer stand where a NewOrder gives none.
var (
	exampleAddress = Address{
		Name: "Grace Buyer", Line1: "12 Example Street", City: "Austin", State: "TX", PostalCode: "78701-0001", Country: "US",
		Phone: "+1 555-0123 ext. 01234",
	}
	exampleBuyer = Buyer{Name: "Grace Buyer", Email: "a1b2c3d4e5f6g7h@marketplace.amazon.com"}
)

// PlaceOrder places an order and returns its id. A sale of more than the
// listing shows at this moment is refused whole with ErrInsufficientStock.
// Quantities fall now.
func (f *Fake) PlaceOrder(n NewOrder) (string, error) {
	now := f.lock()
	defer f.mu.Unlock()
	o, err := f.newOrder(n, now)
	if err != nil {
		return "", err
	}
	if err := f.sell(o, now); err != nil {
		return "", err
	}
	f.orders.add(o)
	f.touch(o, now)
	o.visible = o.visible.Add(n.Late)
	o.firstSeen = o.visible
	f.takeStock(o, now)
	f.orderPlaced(o, now)
	return o.id, nil
}

// newOrder builds an order from a description without recording it.
func (f *Fake) newOrder(n NewOrder, now time.Time) (*order, error) {
	number := len(f.orders.all) + 1
	o := &order{number: number, id: orderID(number), status: cmp.Or(n.Status, Unshipped), created: f.round(now)}
	o.market = f.home[0]
	if n.Marketplace != "" {
		if o.market = marketplaceByID[n.Marketplace]; o.market == nil || !f.sellsOn(n.Marketplace) {
			return nil, fmt.Errorf("%w: marketplace %q", ErrNotFound, n.Marketplace)
		}
	}
	if len(n.Lines) == 0 {
		return nil, fmt.Errorf("%w: an order without lines", ErrInvalid)
	}
	if !n.CreatedAt.IsZero() {
		o.created = f.round(n.CreatedAt)
	}
	if n.ShipTo == (Address{}) {
		n.ShipTo = exampleAddress
	}
	if n.Buyer == (Buyer{}) {
		n.Buyer = exampleBuyer
	}
	o.currency = cmp.Or(n.Currency, o.market.currency)
	n.Channel = cmp.Or(n.Channel, ChannelAmazon)
	n.Service = cmp.Or(n.Service, "STANDARD")
	n.Programs = slices.Clone(n.Programs)
	n.Payments = slices.Clone(n.Payments)
	if !n.NoWindows {
		day := o.created.Truncate(24 * time.Hour)
		if n.ShipBy == (Window{}) {
			n.ShipBy = Window{day, day.Add(3*24*time.Hour - time.Second)}
		}
		if n.DeliverBy == (Window{}) {
			n.DeliverBy = Window{day.Add(3 * 24 * time.Hour), day.Add(6*24*time.Hour - time.Second)}
		}
	}
	if !o.status.pending() {
		o.paid = now
	}
	var am amounts
	o.tip = am.parse(n.Tip)
	for _, p := range n.Payments {
		am.parse(p.Amount)
	}
	o.lines = make([]line, 0, len(n.Lines))
	for i := range n.Lines {
		l, err := f.newLine(&n.Lines[i], n, &am)
		if err != nil {
			return nil, err
		}
		o.lines = append(o.lines, l)
	}
	if am.err != nil {
		return nil, am.err
	}
	n.Lines = nil
	o.in = &n
	return o, nil
}

// orderID spells a number as the marketplace does: 3-7-7 digits.
func orderID(number int) string {
	return fmt.Sprintf("%03d-%07d-%07d", 111+number%3, 1048576+number/10000000, number%10000000)
}

func (f *Fake) newLine(nl *NewLine, n NewOrder, am *amounts) (line, error) {
	l := line{id: f.orders.nextLine, x: plain, sku: nl.SKU, asin: nl.ASIN, title: nl.Title, qty: cmp.Or(nl.Quantity, 1)}
	f.orders.nextLine++
	if l.qty < 0 {
		return l, fmt.Errorf("%w: quantity %d", ErrInvalid, l.qty)
	}
	if p := f.catalog.bySKU[nl.SKU]; p != nil {
		l.p, l.price = p, p.price
		l.asin, l.title = cmp.Or(l.asin, p.asin), cmp.Or(l.title, p.title)
	}
	l.asin, l.title = cmp.Or(l.asin, "B0EXAMPLE0"), cmp.Or(l.title, nl.SKU, "Item")
	if nl.Price != "" {
		l.price = am.parse(nl.Price)
	}
	rest := *nl
	rest.SKU, rest.ASIN, rest.Title, rest.Quantity, rest.Price = "", "", "", 0, ""
	if !reflect.ValueOf(rest).IsZero() {
		l.x = newExtra(rest, am)
	}
	if n.Replaces != "" && !f.cfg.Believed.ReplacementsCost {
		l.price = 0
		if l.x != plain {
			l.x = &extra{in: l.x.in, cancelRequest: l.x.cancelRequest}
		}
	}
	return l, nil
}

func newExtra(in NewLine, am *amounts) *extra {
	in.Promotions, in.Programs, in.Serials = slices.Clone(in.Promotions), slices.Clone(in.Programs), slices.Clone(in.Serials)
	return &extra{
		in: in, tax: am.parse(in.Tax), shipping: am.parse(in.Shipping), shippingTax: am.parse(in.ShippingTax),
		gift: am.parse(in.GiftWrap), giftTax: am.parse(in.GiftWrapTax), cod: am.parse(in.CODFee), discount: am.parse(in.Discount),
		shipDiscount: am.parse(in.ShippingDiscount), taxRelief: am.parse(in.DiscountTax), cancelRequest: in.CancelRequest,
	}
}

// stock returns the quantity that a line is sold from, nil where it is not
// counted.
func (l *line) stock(o *order) *int64 {
	switch {
	case l.p == nil || o.in.Channel == ChannelNonAmazon && !o.in.ByAmazon:
		return nil
	case o.in.ByAmazon:
		return l.p.held
	default:
		return l.p.live
	}
}

// takes tells whether the order takes stock in its present state.
func (f *Fake) takes(o *order) bool {
	return !o.status.pending() || !f.cfg.Believed.PendingKeepsStock
}

// sell refuses an order that asks for more than is shown, and logs its counted
// lines as sales either way.
func (f *Fake) sell(o *order, now time.Time) error {
	if !f.takes(o) || o.status == Cancelled {
		return nil
	}
	left := map[*int64]int64{}
	short := ""
	first := len(f.sales)
	for i := range o.lines {
		l := &o.lines[i]
		n := l.stock(o)
		if n == nil {
			continue
		}
		if _, seen := left[n]; !seen {
			left[n] = *n
		}
		f.sales = append(f.sales, Sale{
			Time: now, OrderID: o.id, SKU: l.sku, Units: l.qty, Accepted: true, Shown: int(left[n]), ByAmazon: o.in.ByAmazon,
		})
		left[n] -= int64(l.qty)
		if left[n] < 0 && short == "" {
			short = l.sku
		}
	}
	if short == "" {
		return nil
	}
	for i := range f.sales[first:] {
		f.sales[first+i].Accepted, f.sales[first+i].OrderID = false, ""
	}
	return fmt.Errorf("%w: SKU %q", ErrInsufficientStock, short)
}

// takeStock takes off what the order's lines have not taken yet.
func (f *Fake) takeStock(o *order, now time.Time) {
	if !f.takes(o) || o.status == Cancelled {
		return
	}
	for i := range o.lines {
		l := &o.lines[i]
		if n := l.stock(o); n != nil && l.taken < l.qty {
			f.move(l.p, n, -int64(l.qty-l.taken), now)
			l.taken = l.qty
		}
	}
}

// giveBack returns n of the units a line took.
func (f *Fake) giveBack(o *order, l *line, n int, now time.Time) {
	n = min(n, l.taken)
	if s := l.stock(o); s != nil && n > 0 && !f.cfg.Stock.KeepOnCancel {
		f.move(l.p, s, int64(n), now)
		l.taken -= n
	}
}
