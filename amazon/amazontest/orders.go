package amazontest

import (
	"cmp"
	"slices"
	"time"
)

// Address is where an order goes, or whom it comes from.
type Address struct {
	Name, Company                              string
	Line1, Line2, Line3                        string
	City, District, State, Municipality        string
	PostalCode, Country, Phone                 string
	StreetName, StreetNumber, Complement, Area string // the extended fields of Brazil
	Type                                       string // RESIDENTIAL, COMMERCIAL or PICKUP_POINT; "" means RESIDENTIAL
}

// Buyer is who bought.
type Buyer struct {
	Name, Email   string
	Company       string // of a business order
	PurchaseOrder string
}

// Window is a span of time; a zero bound is absent.
type Window struct{ From, To time.Time }

// NewOrder describes an order to place. Money is decimal text in the order's
// currency; "" is zero.
type NewOrder struct {
	Lines []NewLine
	// ShipTo and Buyer are invented where they are zero.
	ShipTo Address
	Buyer  Buyer

	Status      Status        // "" means Unshipped; with Pending it is paid by Pay
	Marketplace string        // id; "" means the first of Config
	Channel     string        // "" means ChannelAmazon
	ByAmazon    bool          // Amazon ships it, from its own stock
	Currency    string        // "" means the marketplace's
	Programs    []string      // such as ProgramPrime
	Service     string        // "" means STANDARD
	SellerID    string        // the seller's own number, an alias
	CreatedAt   time.Time     // zero means now
	Late        time.Duration // by which searches find it later than Config.VisibilityLag
	ShipBy      Window        // zero means two days; an absent window has only NoWindows
	DeliverBy   Window        // zero means five days
	NoWindows   bool

	Replaces, Exchanges string // id of the order it stands in for

	Tip        string // the delivery tip, on the whole order
	TipPending bool
	Payments   []Payment
	IOSS       string // the number to declare an import under
	TaxScheme  string // such as IOSS or UOSS

	DropOff, Instruction string // what the buyer says on delivery
}

// Payment is how an order was paid.
type Payment struct{ Method, Amount string }

// NewLine describes a line of an order. Money is for the whole line, but for
// Price.
type NewLine struct {
	SKU       string // of a listing, or of none
	NoSKU     bool   // the order does not tell the SKU
	ASIN      string // "" means the listing's
	Title     string // "" means the listing's
	Quantity  int    // 0 means 1
	Price     string // of a unit; "" means the listing's
	Business  bool   // the price is for business buyers
	Condition string // "" means NEW

	Tax, Shipping, ShippingTax     string
	GiftWrap, GiftWrapTax, CODFee  string
	Discount, ShippingDiscount     string // taken off goods, and off shipping
	DiscountTax                    string // by which discounts lower tax
	Collected                      bool   // the marketplace collects the tax
	Promotions                     []string
	GiftMessage, GiftWrapLevel     string
	CancelRequest                  string // why the buyer asks to cancel
	Programs                       []string
	Serials                        []string
	Points                         int // granted to the buyer at the seller's expense, in Japan
	CustomURL                      string
	Signature, AgeCheck, Palletise bool // mandatory when shipping
}

// order is an order as the account keeps it.
type order struct {
	id        string
	number    int
	in        *NewOrder // without lines
	market    *marketplace
	currency  string
	status    Status
	created   time.Time
	modified  time.Time
	firstSeen time.Time // when searches find it by its placement
	visible   time.Time // when they do by its last change
	seq       int       // place in the book's log
	lines     []line
	packages  []*pack
	refunds   []map[string]int
	paid      time.Time // when it stopped being pending
	tip       amount
}

// line is a line of an order. There can be very many.
type line struct {
	id                      int64
	p                       *product // nil where there is no listing
	x                       *extra
	sku, asin, title        string
	qty, shipped, cancelled int
	refunded                int // of the shipped ones
	taken                   int // from the listing's quantity
	price                   amount
}

// extra is what few lines have.
type extra struct {
	in                                 NewLine
	tax, shipping, shippingTax         amount
	gift, giftTax, cod                 amount
	discount, shipDiscount, taxRelief  amount
	cancelRequest, cancelledBy, reason string
}

// plain is the extra of lines without; it is never changed.
var plain = &extra{}

// own returns the line's extra to change it.
func (l *line) own() *extra {
	if l.x == plain {
		l.x = &extra{}
	}
	return l.x
}

// open returns the units that can still be shipped.
func (l *line) open() int { return max(l.qty-l.shipped-l.cancelled, 0) }

func (l *line) goods() amount { return l.price * amount(l.qty) }

func (l *line) allTax() amount { return l.x.tax + l.x.shippingTax + l.x.giftTax - l.x.taxRelief }

// total is what the seller gets for the line.
func (l *line) total(withoutCollected bool) amount {
	t := l.goods() + l.x.shipping + l.x.gift + l.x.cod - l.x.discount - l.x.shipDiscount
	if !l.x.in.Collected || !withoutCollected {
		t += l.allTax()
	}
	return t
}

func (f *Fake) total(o *order) amount {
	t := o.tip
	for i := range o.lines {
		t += o.lines[i].total(f.cfg.Believed.CollectedTaxLeft)
	}
	return t
}

func (o *order) line(id int64) *line {
	i, found := slices.BinarySearchFunc(o.lines, id, func(l line, id int64) int { return cmp.Compare(l.id, id) })
	if !found {
		return nil
	}
	return &o.lines[i]
}

func (o *order) program(name string) bool { return slices.Contains(o.in.Programs, name) }

// units returns how many units are shipped and how many are open.
func (o *order) units() (shipped, open int) {
	for i := range o.lines {
		shipped += o.lines[i].shipped
		open += o.lines[i].open()
	}
	return shipped, open
}

// orderBook holds the orders, by id and by the times of placement and of the
// last change.
type orderBook struct {
	byID    map[string]*order
	all     []*order
	created []*order // by created, number
	log     []change // by at, seq; an order's entries but its last are stale
	seq     int
	lastAt  time.Time

	nextLine, nextPackage int64
	generation            int64 // of page tokens
}

type change struct {
	o   *order
	seq int
	at  time.Time
}

func (c change) stale() bool { return c.o.seq != c.seq }

func (b *orderBook) init() {
	b.byID = map[string]*order{}
	b.nextLine, b.nextPackage = 10203040500001, 1
}

func (b *orderBook) add(o *order) {
	b.byID[o.id] = o
	b.all = append(b.all, o)
	i := len(b.created)
	for i > 0 && b.created[i-1].created.After(o.created) {
		i--
	}
	b.created = slices.Insert(b.created, i, o)
}

// touch notes a change. Times of changes only grow.
func (f *Fake) touch(o *order, now time.Time) {
	b := &f.orders
	at := f.round(now)
	if at.Before(b.lastAt) {
		at = b.lastAt
	}
	b.lastAt = at
	b.seq++
	o.modified, o.seq, o.visible = at, b.seq, now.Add(f.cfg.VisibilityLag)
	if len(b.log) > 2*len(b.all)+1024 {
		b.log = slices.DeleteFunc(b.log, change.stale)
	}
	b.log = append(b.log, change{o, b.seq, at})
}

// round is a time as the marketplace writes it down.
func (f *Fake) round(t time.Time) time.Time {
	if f.cfg.Believed.WholeSeconds {
		return t.UTC().Truncate(time.Second)
	}
	return t.UTC().Truncate(time.Millisecond)
}

// SetVisibilityLag changes how long a change takes from now on until searches
// find it, as on a day when they are behind.
func (f *Fake) SetVisibilityLag(d time.Duration) {
	f.lock()
	defer f.mu.Unlock()
	f.cfg.VisibilityLag = max(0, d)
}
