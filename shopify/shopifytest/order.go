package shopifytest

import (
	"slices"
	"strconv"
	"time"
)

// order is a sale. Amounts that sum up others are computed when asked for.
type order struct {
	id                                                      int64
	number                                                  int
	name, confirmation                                      string
	createdAt, updatedAt, cancelledAt, closedAt             time.Time
	indexed                                                 int64 // updatedAt as searches know it, 0 until they do
	cancelReason, staffNote                                 string
	test, edited, taxesIncluded                             bool
	currency, buyerCurrency                                 string
	payment                                                 string // as placed: PAID, PENDING or AUTHORIZED
	expired, voided                                         bool
	lines                                                   []*line
	shipping                                                []*shippingLine
	discounts                                               []*discount
	tip                                                     bag
	original                                                bag // total when it was placed
	address, billing                                        *address
	customer                                                *customer
	email, phone, note, locale, poNumber, source, sourceRef string
	tags                                                    []string
	attributes                                              []attribute
	gateway, delivery                                       string
	risk                                                    string
	transactions                                            []*transaction
	refunds                                                 []*refund
	returns                                                 []*ret
	agreements                                              []*agreement
	fulfilments                                             []*fulfilment
	fos                                                     []*fulfilmentOrder
	retail                                                  *location
	deleted                                                 bool
}

func (o *order) gid() string { return gid("Order", o.id) }

// line is a line of an order.
type line struct {
	id                         int64
	order                      *order
	variant                    *variant // nil for a custom line
	sku, title, variantTitle   string
	hasSKU                     bool
	vendor                     string
	quantity                   int // units ever ordered
	removed                    int // of them refunded, cancelled or edited away
	removedOpen                int // of the removed, those that had not been fulfilled
	fulfilled                  int // units in fulfilments that stand
	unit                       bag
	allocations                []allocation
	taxes                      []taxLine
	shipped, taxable, giftCard bool
	nothingToFulfil            bool
	group                      *lineGroup
	attributes                 []attribute
	grams                      int
	duties                     []*duty
}

func (l *line) gid() string { return gid("LineItem", l.id) }

func (l *line) current() int { return l.quantity - l.removed }

// open is how many units still are to be fulfilled.
func (l *line) open() int {
	if l.nothingToFulfil {
		return 0
	}
	return l.quantity - l.fulfilled - l.removedOpen
}

func (l *line) name() string {
	if l.variantTitle == "" {
		return l.title
	}
	return l.title + " - " + l.variantTitle
}

type lineGroup struct {
	id       int64
	title    string
	quantity int
	variant  *variant
}

func (g *lineGroup) gid() string { return gid("LineItemGroup", g.id) }

type attribute struct{ key, value string }

type taxLine struct {
	title  string
	rate   float64
	amount bag
	order  *order
	liable bool // the marketplace collects it
}

// discount is a discount application.
type discount struct {
	index                        int
	order                        *order
	kind                         string // GraphQL type
	code, title                  string
	target, selection, allocated string
	percent                      float64 // 0 when amount is set
	amount                       int64   // buyer's currency
}

func (d *discount) graphqlType() string { return d.kind }

// wholeOrder tells whether the discount is on the order and not on its lines.
func (d *discount) wholeOrder() bool { return d.selection == "ALL" && d.allocated == "ACROSS" }

type allocation struct {
	discount *discount
	amount   bag
}

type shippingLine struct {
	id           int64
	order        *order
	title, code  string
	carrier      string
	price        bag
	allocations  []allocation
	taxes        []taxLine
	refunded     bag
	removed      bool
	deliveryKind string
}

func (s *shippingLine) gid() string { return gid("ShippingLine", s.id) }

func (s *shippingLine) discounted() bag {
	b := s.price
	for _, a := range s.allocations {
		b = b.sub(a.amount)
	}
	return b
}

type duty struct {
	id            int64
	order         *order
	code, country string
	price         bag
}

func (d *duty) gid() string { return gid("Duty", d.id) }

type address struct {
	id                                               int64
	first, last, company, line1, line2               string
	city, zip, province, provinceCode, country, code string
	phone                                            string
}

func (a *address) gid() string {
	return gid("MailingAddress", a.id) + "?model_name=Address"
}

func (a *address) name() string { return joinName(a.first, a.last) }

func joinName(first, last string) string {
	switch {
	case first == "":
		return last
	case last == "":
		return first
	}
	return first + " " + last
}

type customer struct {
	id                        int64
	first, last, email, phone string
	orders                    int
	createdAt                 time.Time
}

func (c *customer) gid() string { return gid("Customer", c.id) }

type transaction struct {
	id     int64
	order  *order
	kind   string
	status string
	amount bag
	parent *transaction
	at     time.Time
}

func (t *transaction) gid() string { return gid("OrderTransaction", t.id) }

type agreement struct {
	id     int64
	order  *order
	reason string
	at     time.Time
	refund *refund
}

func (a *agreement) gid() string { return gid(a.graphqlType(), a.id) }

func (a *agreement) graphqlType() string {
	switch a.reason {
	case "ORDER":
		return "OrderAgreement"
	case "REFUND":
		return "RefundAgreement"
	}
	return "OrderEditAgreement"
}

// touch marks the order as changed now: its updatedAt, and the search index
// after the lag.
func (f *Fake) touch(o *order) {
	o.updatedAt = f.now()
	f.pend(pendingIndex{due: f.at.Add(f.cfg.IndexLag), at: o.updatedAt.Unix(), order: o})
	f.emit("orders/updated", o)
}

// pendingIndex is a change that searches do not know of yet.
type pendingIndex struct {
	due   time.Time
	at    int64
	order *order
	fo    *fulfilmentOrder
}

// pend files a change that searches will see when it is due.
func (f *Fake) pend(p pendingIndex) {
	i := len(f.pending)
	for i > 0 && f.pending[i-1].due.After(p.due) {
		i--
	}
	f.pending = slices.Insert(f.pending, i, p)
}

// SetIndexLag changes how long a change takes from now on to reach searches,
// as on a day when the index is behind.
func (f *Fake) SetIndexLag(d time.Duration) {
	defer f.lock()()
	f.cfg.IndexLag = max(0, d)
}

// catchUp lets searches see what is old enough.
func (f *Fake) catchUp() {
	i := 0
	for ; i < len(f.pending) && !f.pending[i].due.After(f.at); i++ {
		p := f.pending[i]
		if p.fo != nil {
			had := p.fo.indexed != 0
			if p.fo.indexed < p.at {
				p.fo.indexed = p.at
				f.foUpdated.put(p.fo, had)
			}
			continue
		}
		had := p.order.indexed != 0
		if p.order.indexed < p.at { // a slower change may be overtaken
			p.order.indexed = p.at
			f.byUpdated.put(p.order, had)
		}
	}
	if i > 0 {
		f.pending = slices.Delete(f.pending, 0, i)
	}
}

// order finds an order by id, name or number.
func (f *Fake) order(ref string) (*order, error) {
	if o, ok := find[*order](f, ref); ok {
		return o, nil
	}
	if o, ok := f.orderByName[ref]; ok {
		return o, nil
	}
	if o, ok := f.orderByName["#"+ref]; ok {
		return o, nil
	}
	if o, ok := find[*order](f, gid("Order", number(ref))); ok {
		return o, nil
	}
	return nil, unknown("order", ref)
}

func (o *order) line(id string) *line {
	for _, l := range o.lines {
		if l.gid() == id || strconv.FormatInt(l.id, 10) == id {
			return l
		}
	}
	return nil
}
