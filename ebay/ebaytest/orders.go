package ebaytest

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Address is where an order goes.
type Address struct {
	Name, Company            string
	Line1, Line2             string
	City, State, County      string
	PostalCode, Country      string
	Phone, Email             string
	Reference                string // shipToReferenceId, for the label above the street
	FinalLine1, FinalCity    string // finalDestinationAddress, of an order that goes through a hub
	FinalState, FinalCountry string
	FinalPostalCode          string
}

// Buyer is who bought.
type Buyer struct {
	Name   string // user name
	UserID string // the immutable id; "" is derived from Name
	// TaxID with its type and country, which only getOrder tells.
	TaxID, TaxIDType, TaxIDCountry string
}

// Program is an arrangement of eBay's that changes who ships an order, and
// where.
type Program string

// Programs.
const (
	ProgramNone          Program = ""
	ProgramInternational Program = "international" // eBay International Shipping: ShipTo is the hub
	ProgramAuthenticity  Program = "authenticity"  // Authenticity Guarantee: ShipTo is the authenticator
	ProgramVault         Program = "vault"
	ProgramFulfilment    Program = "fulfilment" // eBay ships it, and tells no address
	ProgramPickup        Program = "pickup"     // the buyer collects it from Pickup
	ProgramDigital       Program = "digital"    // there is nothing to ship
)

// NewOrder describes a purchase. Money is decimal text in the order's currency;
// "" is zero.
type NewOrder struct {
	Lines []NewLine
	// ShipTo and Buyer are invented where they are zero.
	ShipTo Address
	Buyer  Buyer

	// Unpaid makes it a commitment to buy: it takes its units now and is no order
	// until Pay.
	Unpaid      bool
	Payment     PaymentStatus // "" means Paid
	Marketplace string        // "" means that of the first line's listing
	Currency    string        // "" means the marketplace's
	// ConvertedFrom is the currency the buyer pays in, of which one unit is Rate
	// in Currency.
	ConvertedFrom, Rate string
	Program             Program
	Pickup              string        // merchantLocationKey
	Service             string        // "" means USPSPriority
	Carrier             string        // "" means USPS
	Notes               string        // of the buyer's
	Record              string        // salesRecordReference
	CreatedAt           time.Time     // zero means now
	Late                time.Duration // by which lists find it later than Config.VisibilityLag
	ShipWithin          time.Duration // the handling time; 0 means two days
	HandlingFee         string        // pricingSummary.fee
	Adjustment          string        // pricingSummary.adjustment, of the order
	MarketplaceFee      string
	NoShipTo            bool // its instructions name no address, as of an order gone wrong
}

// NewLine describes a line of an order. Money is for the whole line, but for
// Price.
type NewLine struct {
	SKU       string // of a listing, or of none
	ListingID string // "" means the first listing with the SKU
	NoSKU     bool   // the order does not tell the SKU
	Title     string // "" means the listing's
	Quantity  int    // 0 means 1
	Price     string // of a unit; "" means the listing's

	Discount                   string // off the goods, by a promotion
	Shipping, ShippingDiscount string
	Handling, ImportCharges    string // both beside shipping
	Tax                        string // of the seller's own
	CollectedTax               string // that eBay collects and remits
	CollectedTaxType           string // "" means STATE_SALES_TAX
	TaxReference, TaxNumber    string // such as IOSS and its number
	EBayShipping               string // that eBay charges the buyer for
	BuyerProtection            string // a charge of eBay's
	BestOffer, AdCampaign      bool
	Domestic                   bool   // it does not go through the hub of the order's ProgramInternational
	GiftMessage, GiftSender    string // of a digital gift card
	GiftEmail                  string
}

// order is an order as the account keeps it.
type order struct {
	id        string
	number    int
	in        *NewOrder // without lines
	m         *marketplace
	currency  string
	rate      amount
	payment   PaymentStatus
	unpaid    bool // it is a commitment only
	gone      bool // and was never paid for
	committed time.Time
	created   time.Time
	paid      time.Time
	modified  time.Time
	firstSeen time.Time // when lists find it by its creation
	visible   time.Time // when they do by its last change
	seq       int       // place in the book's log
	lines     []line
	packages  []*pack
	refunds   []refund // of the whole order
	cancel    CancelState
	cancelled time.Time
	requests  []cancelRequest
	marked    bool // shipped without a package
	fee       amount
	adjusted  amount
	feePaid   amount
}

type cancelRequest struct {
	id, by, reason, state string
	at, done              time.Time
}

type refund struct {
	id     string
	amount amount
	at     time.Time
	status string
}

// line is a line of an order. There can be very many.
type line struct {
	id         int64
	u          *unit // nil where there is no listing
	x          *extra
	sku, title string
	listingID  string
	variation  string
	qty        int
	shipped    int
	taken      int // from what is left of the listing
	price      amount
}

// extra is what few lines have.
type extra struct {
	in                         NewLine
	discount                   amount
	shipping, shippingDiscount amount
	handling, imports          amount
	tax, collected             amount
	ebayShipping, protection   amount
	refunds                    []refund
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

func (l *line) goods() amount { return l.price * amount(l.qty) }

// total is what the buyer pays for the line; tax that eBay collects is part of
// it only where it is asked for.
func (l *line) total(withCollected bool) amount {
	t := l.goods() - l.x.discount + l.x.shipping - l.x.shippingDiscount + l.x.handling + l.x.tax
	if withCollected {
		t += l.x.collected
	}
	return t
}

func (o *order) total(withCollected bool) amount {
	t := o.fee + o.adjusted
	for i := range o.lines {
		t += o.lines[i].total(withCollected)
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

func (o *order) lineByText(id string) *line {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id {
		return nil
	}
	return o.line(n)
}

// fulfilment rolls the lines' states up.
func (o *order) fulfilment() Fulfilment {
	if o.marked {
		return Fulfilled
	}
	shipped, all := 0, 0
	for i := range o.lines {
		shipped += min(o.lines[i].shipped, o.lines[i].qty)
		all += o.lines[i].qty
	}
	return progress(shipped, all)
}

func (l *line) fulfilment(o *order) Fulfilment {
	if o.marked {
		return Fulfilled
	}
	return progress(l.shipped, l.qty)
}

func progress(shipped, all int) Fulfilment {
	switch {
	case shipped == 0:
		return NotStarted
	case shipped < all:
		return InProgress
	default:
		return Fulfilled
	}
}

// orderBook holds the orders, by id and by the times of creation and of the last
// change.
type orderBook struct {
	byID    map[string]*order
	all     []*order
	created []*order // by created, number; without those unpaid
	log     []change // by at, seq; an order's entries but its last are stale
	seq     int
	lastAt  time.Time

	nextLine, nextRefund, nextRequest, nextPackage int64
}

type change struct {
	o   *order
	seq int
	at  time.Time
}

func (c change) stale() bool { return c.o.seq != c.seq }

func (b *orderBook) init() {
	b.byID = map[string]*order{}
	b.nextLine, b.nextRefund, b.nextRequest, b.nextPackage = 10072650000001, 5000000001, 5300000001, 999
}

// list makes an order one that lists find.
func (b *orderBook) list(o *order) {
	i := len(b.created)
	for i > 0 && b.created[i-1].created.After(o.created) {
		i--
	}
	b.created = slices.Insert(b.created, i, o)
}

// touch notes a change. Times of changes only grow.
func (f *Fake) touch(o *order, now time.Time) {
	if o.unpaid {
		return
	}
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
func (f *Fake) round(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// SetVisibilityLag changes how long a change takes from now on until lists find
// it, as on a day when they are behind.
func (f *Fake) SetVisibilityLag(d time.Duration) {
	f.lock()
	defer f.mu.Unlock()
	f.cfg.VisibilityLag = max(0, d)
}
