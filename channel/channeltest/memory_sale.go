package channeltest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// ErrInsufficientStock is returned for a sale of more than is shown.
var ErrInsufficientStock = errors.New("channeltest: insufficient stock")

// SaleLine is a listing somebody buys.
type SaleLine struct {
	Listing  channel.ListingID
	Quantity int64
	Location channel.LocationID // "" takes the first that has enough
	Price    string             // of one unit; default the listing's
}

// Payment says when a sale is paid.
type Payment int

// When a sale is paid.
const (
	PaidAsDrawn Payment = iota // by MemoryConfig.Unpaid
	PaidNow
	PaidLater // when Pay is called
)

// Sale is what [Memory.PlaceSale] takes.
type Sale struct {
	Lines   []SaleLine
	Payment Payment

	BuyerCurrency channel.Currency // with Rate, buyer's minor units for 100 of the shop's
	Rate          int64
	Shipping      string // charge, default none
	Discount      string // off the first line, default none
	Test          bool

	Recipient *channel.Recipient // default an invented one
	Buyer     *channel.Buyer     // default an invented one
	Note      channel.Personal
}

// Sold is one line of a sale, or an attempt at one.
type Sold struct {
	At       time.Time // ours
	Order    channel.OrderID
	Line     channel.LineID
	Listing  channel.ListingID
	Location channel.LocationID
	Quantity int64
	Shown    int64 // before the sale
	Accepted bool
}

type order struct {
	id  channel.OrderID
	seq int64

	placed, paid, updated, cancelled, closed time.Time     // ours
	begun                                    time.Duration // before placed: when it is said to be placed
	hidden, test, edited, gone               bool
	expiry                                   bool // ended unpaid
	raw                                      string
	poison                                   []byte

	sale      Sale
	recipient channel.Recipient
	buyer     channel.Buyer
	lines     []*line
	parcels   []*parcel
	refunds   []channel.Refund
	cancels   []channel.CancelRequest

	key  time.Time                // in the index; server's
	past *channel.Order           // the version before, without its payload
	raws map[channel.Parts][]byte // payloads of this version
}

type line struct {
	id      channel.LineID
	listing *listing
	handle  channel.Handle
	sku     string
	loc     channel.LocationID
	price   channel.Money

	ordered, cancelled, refunded, unshipped, shipped, restocked, loose int64
}

func (l *line) open() int64 { return max(0, l.ordered-l.cancelled-l.unshipped-l.shipped) }

func (l *line) level() *level { return l.listing.levels[l.loc] }

// PlaceOrder buys. It refuses what is not shown with [ErrInsufficientStock],
// and then nothing is sold.
func (m *Memory) PlaceOrder(lines ...SaleLine) (channel.OrderID, error) {
	return m.PlaceSale(Sale{Lines: lines})
}

// PlaceSale is PlaceOrder with everything that can be said about a sale.
func (m *Memory) PlaceSale(s Sale) (channel.OrderID, error) {
	now, unlock := m.side()
	defer unlock()
	if len(s.Lines) == 0 {
		return "", fmt.Errorf("a sale without lines: %w", ErrNoSuch)
	}
	o := &order{seq: int64(len(m.orders)), placed: now, begun: m.cfg.Begun.draw(m.rng), sale: s, test: s.Test}
	o.id = channel.OrderID(strconv.Itoa(1001 + len(m.orders)))
	wanted := map[*level]int64{}
	refused := false
	sold := make([]Sold, 0, len(s.Lines))
	for i, sl := range s.Lines {
		l := m.byID[sl.Listing]
		if l == nil || l.ended || sl.Quantity < 1 {
			return "", fmt.Errorf("%d of listing %s: %w", sl.Quantity, sl.Listing, ErrNoSuch)
		}
		loc, lv := m.choose(l, sl, wanted)
		if lv == nil {
			return "", fmt.Errorf("listing %s at location %q: %w", sl.Listing, sl.Location, ErrNoSuch)
		}
		wanted[lv] += sl.Quantity
		refused = refused || (wanted[lv] > lv.quantity && !l.new.Oversells && !l.new.Untracked)
		id := channel.LineID(fmt.Sprintf("%s-%d", o.id, i+1))
		price := l.price
		if sl.Price != "" {
			price = m.money(sl.Price)
		}
		o.lines = append(o.lines, &line{
			id: id, listing: l, handle: l.handle(), sku: l.new.SKU, loc: loc, price: price, ordered: sl.Quantity,
		})
		sold = append(sold, Sold{now, o.id, id, l.id, loc, sl.Quantity, lv.quantity, true})
	}
	if refused {
		for i := range sold {
			sold[i].Accepted, sold[i].Order, sold[i].Line = false, "", ""
		}
		m.sales = append(m.sales, sold...)
		return "", ErrInsufficientStock
	}
	m.sales = append(m.sales, sold...)
	for _, l := range o.lines {
		m.take(now, l, l.ordered)
	}
	m.people(o)
	m.orders = append(m.orders, o)
	m.orderBy[o.id] = o
	m.settlePayment(now, o)
	return o.id, nil
}

// choose returns the location a sale takes from.
func (m *Memory) choose(l *listing, sl SaleLine, wanted map[*level]int64) (channel.LocationID, *level) {
	if sl.Location != "" {
		return sl.Location, l.levels[sl.Location]
	}
	var loc channel.LocationID
	var first *level
	for _, at := range m.cfg.Locations {
		lv := l.levels[at.ID]
		switch {
		case lv == nil:
		case lv.quantity-wanted[lv] >= sl.Quantity:
			return at.ID, lv
		case first == nil:
			loc, first = at.ID, lv
		}
	}
	return loc, first
}

// take lowers the number for units sold.
func (m *Memory) take(now time.Time, l *line, units int64) {
	lv := l.level()
	lv.sold += units
	lv.ever += units
	if !m.cfg.atShipment() && !l.listing.new.Untracked {
		lv.set(now, lv.quantity-units)
	}
}

// settlePayment draws when a sale is paid and plans it.
func (m *Memory) settlePayment(now time.Time, o *order) {
	u := m.cfg.Unpaid
	unpaid := o.sale.Payment == PaidLater || (o.sale.Payment == PaidAsDrawn && m.chance(u.Share))
	if !unpaid {
		o.paid = now
		m.touch(now, o)
		return
	}
	o.hidden = u.Hidden
	m.touch(now, o)
	if o.sale.Payment == PaidLater {
		return
	}
	if !m.chance(u.Never) {
		m.plan(now, now.Add(u.Delay.draw(m.rng)), func(at time.Time) { m.pay(at, o) })
		return
	}
	if u.Expiry > 0 {
		m.plan(now, now.Add(u.Expiry), func(at time.Time) { m.expire(at, o) })
	}
}

func (m *Memory) pay(at time.Time, o *order) {
	if !o.paid.IsZero() || !o.cancelled.IsZero() {
		return
	}
	_ = m.change(at, o, func() error {
		o.paid, o.hidden = at, false
		return nil
	})
}

// expire ends a sale that never was paid.
func (m *Memory) expire(at time.Time, o *order) {
	if !o.paid.IsZero() || !o.cancelled.IsZero() {
		return
	}
	back := m.chance(m.cfg.Unpaid.Returns)
	_ = m.change(at, o, func() error {
		o.cancelled, o.expiry = at, true
		for _, l := range o.lines {
			m.cancelUnits(at, l, l.ordered-l.cancelled-l.refunded, back)
		}
		return nil
	})
}

// Pay pays a sale that is not.
func (m *Memory) Pay(id channel.OrderID) error {
	now, unlock := m.side()
	defer unlock()
	o, err := m.order(id)
	if err != nil {
		return err
	}
	m.pay(now, o)
	return nil
}

func (m *Memory) order(id channel.OrderID) (*order, error) {
	o := m.orderBy[id]
	if o == nil || o.gone {
		return nil, fmt.Errorf("order %s: %w", id, ErrNoSuch)
	}
	return o, nil
}

func (o *order) line(id channel.LineID) *line {
	i := slices.IndexFunc(o.lines, func(l *line) bool { return l.id == id })
	if i < 0 {
		return nil
	}
	return o.lines[i]
}

// change keeps the version before, changes, and tells the index.
func (m *Memory) change(now time.Time, o *order, change func() error) error {
	var past *channel.Order
	if !o.hidden {
		told := m.decoded(o, channel.PartsAll)
		past = &told
	}
	if err := change(); err != nil {
		return err
	}
	if past != nil {
		o.past = past
	}
	m.touch(now, o)
	return nil
}

func (m *Memory) touch(now time.Time, o *order) {
	o.updated, o.raws = now, nil
	if !o.hidden {
		m.publish(now, o)
	}
}
