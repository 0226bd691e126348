package simulation

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

const (
	// activity is how long buyers buy.
	activity = 48 * time.Hour
	// calm is when nothing happens any more that nobody asked for.
	calm = activity + 12*time.Hour
	// atRest is how long before the end no write may have been sent.
	atRest = 5 * time.Hour

	sku     = "MUG-01"
	listing = channel.ListingID("mug")
)

// happening is something that happens at a time.
type happening struct {
	at  time.Time
	seq int // of one moment, in the order they were planned
	do  func()
}

type agenda []happening

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].seq < a[j].seq
	}
	return a[i].at.Before(a[j].at)
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(h any)   { *a = append(*a, h.(happening)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	h := (*a)[last]
	(*a)[last] = happening{}
	*a = (*a)[:last]
	return h
}

// world is one item, the marketplaces that sell it, and all who act on them.
// It is run by one goroutine in a bubble, so a seed always goes the same way.
type world struct {
	seed   uint64
	rule   rule
	rough  bool
	agenda agenda
	seq    int
	start  time.Time
	end    time.Time
	shops  []*shop
	ledger stock.Ledger
	free   []level // what was free, over time

	believed int64 // A, while known
	known    bool
	lines    []stock.Line

	trace *strings.Builder // nil is none
	stats stats
}

// level is a number and since when it holds.
type level struct {
	at time.Time
	n  int64
}

// sale is one attempt to buy, with all that is to come of it. It is drawn
// before the world starts, so it is the same whatever rule is tried.
type sale struct {
	shop  int
	at    time.Duration
	units int64

	paidAfter   time.Duration // where sales are hidden until paid; 0 is late or never, by the marketplace
	cancelAfter time.Duration // 0 is not
	cancelUnits int64
	shipAfter   time.Duration
	outside     bool          // shipped, and the marketplace told, by somebody else
	afterShip   time.Duration // until what follows the shipment; 0 is nothing
	lateCancel  bool          // which is a cancellation, or else a refund
	restock     bool
	goodsBack   bool
}

// placed is an order of a sale.
type placed struct {
	sale
	shop   *shop
	id     channel.OrderID
	taken  int64 // units that left the house or will
	moving bool  // taken is to be asked for again
}

// simulate runs one world in a bubble of its own.
func simulate(t *testing.T, config string, seed uint64, r rule, rough, trace bool) *world {
	t.Helper()
	var w *world
	synctest.Test(t, func(*testing.T) { w = run(config, seed, r, rough, trace || *traced) })
	if *traced {
		t.Logf("seed %d under %s:\n%s", seed, r, w.trace)
	}
	return w
}

// run simulates one seed under a rule, inside a bubble.
func run(config string, seed uint64, r rule, rough, trace bool) *world {
	w := &world{seed: seed, rule: r, rough: rough, start: time.Now()}
	if trace {
		w.trace = &strings.Builder{}
	}
	coin := rand.New(rand.NewPCG(seed, 0x636f696e))
	demand := rand.New(rand.NewPCG(seed, 0x64656d616e64))
	ms, polls := memories(config, seed, coin)

	w.ledger.Counted = 4 + demand.Int64N(20)
	supply := w.ledger.Counted
	for range demand.IntN(4) {
		n := 3 + demand.Int64N(12)
		supply += n
		w.after(draw(demand, 0, activity), func() {
			w.logf("%d received", n)
			w.ledger.Received += n
			w.changed()
		})
	}
	for i, m := range ms {
		s := newShop(w, i, m, polls[i], coin)
		w.shops = append(w.shops, s)
	}
	w.noteFree()
	for _, s := range w.shops {
		w.plagues(s, coin)
	}
	for _, d := range w.demand(demand, supply) {
		w.after(d.at, func() { w.sell(d) })
	}
	w.end = w.start.Add(activity + 72*time.Hour)
	if strings.Contains(config, "E") {
		w.end = w.start.Add(activity + 156*time.Hour)
	}
	w.after(0, w.sample)
	w.pump()
	for len(w.agenda) > 0 && !w.agenda[0].at.After(w.end) {
		h := heap.Pop(&w.agenda).(happening)
		time.Sleep(time.Until(h.at))
		h.do()
	}
	time.Sleep(time.Until(w.end))
	w.measure()
	return w
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.agenda, happening{time.Now().Add(d), w.seq, do})
}

// since is the time since the world began.
func (w *world) since() time.Duration { return time.Since(w.start) }

func (w *world) logf(format string, args ...any) {
	if w.trace != nil {
		fmt.Fprintf(w.trace, "%14s ", w.since().Truncate(time.Millisecond))
		fmt.Fprintf(w.trace, format, args...)
		w.trace.WriteByte('\n')
	}
}

// changed follows a change of what is free or of what is known.
func (w *world) changed() {
	w.known = false
	w.noteFree()
	w.pump()
}

// plagues plans what befalls a shop besides its calls' faults: hand-made edits,
// import outages, an index that falls behind.
func (w *world) plagues(s *shop, coin *rand.Rand) {
	w.after(0, func() {
		for _, f := range faults() {
			s.m.Inject(f)
		}
		if w.rough {
			for _, f := range roughFaults() {
				s.m.Inject(f)
			}
		}
	})
	if w.rough {
		w.after(calm, func() {
			s.m.ClearFaults()
			for _, f := range faults() {
				s.m.Inject(f)
			}
		})
	}
	if flip(coin, 0.3) {
		for range 1 + coin.IntN(2) {
			by := 1 + coin.Int64N(4)
			if flip(coin, 0.5) {
				by = -by
			}
			w.after(draw(coin, 0, activity), func() {
				w.logf("%s: edited by hand %+d", s.name, by)
				if err := s.m.Edit(listing, "", by); err != nil {
					panic(err)
				}
			})
		}
	}
	if flip(coin, 0.3) {
		from, takes := draw(coin, 0, activity), draw(coin, time.Hour, 5*time.Hour)
		w.after(from, func() { s.outage = time.Now().Add(takes); w.logf("%s: imports are out for %s", s.name, takes) })
	}
	if s.m.Traits().Marketplace == "amazon" && flip(coin, 0.2) {
		from, delay := draw(coin, 0, activity), draw(coin, 2*time.Hour, 5*time.Hour)
		w.after(from, func() { s.m.DelayIndex(delay); w.logf("%s: the index is %s behind", s.name, delay) })
	}
}

// demand draws who wants to buy what and when: 0.7 to 1.5 times the supply, half
// of it in bursts.
func (w *world) demand(rng *rand.Rand, supply int64) []sale {
	var all []sale
	one := func(at time.Duration) int64 {
		s := sale{shop: rng.IntN(len(w.shops)), at: at, units: 1 + rng.Int64N(5)/4}
		if flip(rng, 0.65) {
			s.paidAfter = draw(rng, time.Second, 10*time.Minute)
		}
		if flip(rng, 0.12) {
			s.cancelAfter, s.cancelUnits = draw(rng, time.Second, 8*time.Hour), s.units
			if s.units > 1 && flip(rng, 0.3) {
				s.cancelUnits = 1
			}
		}
		s.shipAfter = draw(rng, time.Hour, 20*time.Hour)
		s.outside = flip(rng, 0.1)
		switch x := rng.Float64(); {
		case x < 0.03:
			s.lateCancel = true
			fallthrough
		case x < 0.09:
			s.afterShip = draw(rng, time.Minute, 8*time.Hour)
		}
		s.restock, s.goodsBack = flip(rng, 0.5), flip(rng, 0.5)
		all = append(all, s)
		return s.units
	}
	want := int64(float64(supply) * (0.7 + 0.8*rng.Float64()))
	for got := int64(0); got < want; {
		at := draw(rng, 0, activity)
		if flip(rng, 0.75) { // a burst is three or four, so half of all
			got += one(at)
			continue
		}
		for range 3 + rng.IntN(2) {
			got += one(at + draw(rng, 0, 10*time.Minute))
		}
	}
	return all
}

// sell lets somebody try to buy.
func (w *world) sell(d sale) {
	s := w.shops[d.shop]
	free := w.now()
	how := channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: listing, Quantity: d.units}}}
	hidden := s.m.Config().Unpaid.Hidden
	if hidden && d.paidAfter > 0 {
		how.Payment = channeltest.PaidLater
	}
	id, err := s.m.PlaceSale(how)
	if errors.Is(err, channeltest.ErrInsufficientStock) {
		w.stats.Refused += d.units
		w.logf("%s: %d wanted, and %d shown", s.name, d.units, s.m.Quantity(listing, ""))
		return
	}
	if err != nil {
		panic(err)
	}
	over := min(d.units, max(0, d.units-free))
	w.stats.Sold += d.units
	w.stats.Over += over
	w.logf("%s: order %s, %d sold, %d were free, %d over, %d shown now", s.name, id, d.units, free, over, s.m.Quantity(listing, ""))
	p := &placed{sale: d, shop: s, id: id, moving: true}
	s.placed = append(s.placed, p)
	if hidden && d.paidAfter > 0 {
		w.after(d.paidAfter, func() { w.act(p, "paid", s.m.Pay(id)) })
	}
	if d.cancelAfter > 0 {
		w.after(d.cancelAfter, func() { w.cancel(p) })
	}
	w.after(d.shipAfter, func() { w.ship(p) })
	w.changed()
}

// act logs what was done on a marketplace's own side.
func (w *world) act(p *placed, what string, err error) {
	if err != nil && !errors.Is(err, channeltest.ErrNoSuch) {
		panic(fmt.Sprintf("%s %s: %v", p.id, what, err))
	}
	p.moving = true
	w.logf("%s: order %s %s, %d shown", p.shop.name, p.id, what, p.shop.m.Quantity(listing, ""))
	w.changed()
}

func (w *world) cancel(p *placed) {
	o := p.order()
	if o.Lines[0].Open() == 0 {
		return // shipped meanwhile
	}
	if p.cancelUnits < p.units {
		w.act(p, "cancelled in part", p.shop.m.CancelUnits(p.id, o.Lines[0].ID, p.cancelUnits))
		return
	}
	w.act(p, "cancelled", p.shop.m.Cancel(p.id))
}

// ship lets the seller pack what is paid, known and not cancelled.
func (w *world) ship(p *placed) {
	o := p.order()
	switch {
	case o.Lines[0].Open() == 0 || !o.CancelledAt.IsZero():
		return
	case o.Payment.Value == channel.PaymentPending:
		w.after(2*time.Hour, func() { w.ship(p) })
		return
	case p.outside:
		w.act(p, "shipped outside", p.shop.m.ShipOutside(p.id, channel.Tracking{Carrier: "UPS", Number: "OUT" + string(p.id)}))
		w.follow(p)
		return
	}
	if p.shop.orders[p.id] == nil {
		w.after(time.Hour, func() { w.ship(p) })
		return
	}
	p.shop.parcels = append(p.shop.parcels, p)
	w.pump()
}

// follow plans what comes after a shipment.
func (w *world) follow(p *placed) {
	if p.afterShip == 0 {
		return
	}
	w.after(p.afterShip, func() {
		o := p.order()
		line := o.Lines[0]
		switch {
		case !o.CancelledAt.IsZero():
			return
		case p.lateCancel:
			w.act(p, "cancelled after it was shipped", p.shop.m.Cancel(p.id))
			return
		}
		w.act(p, fmt.Sprintf("refunded, restock %t", p.restock), p.shop.m.Refund(p.id, line.ID, line.Ordered-line.Cancelled, p.restock))
		if p.goodsBack {
			w.after(time.Hour, func() {
				w.logf("%d came back", line.Shipped)
				w.ledger.Received += line.Shipped
				w.changed()
			})
		}
	})
}

func (p *placed) order() channel.Order {
	o, err := p.shop.m.Order(p.id)
	if err != nil {
		panic(err)
	}
	return o
}

// now is what is free in truth: in the house and promised to nobody.
func (w *world) now() int64 {
	n := w.ledger.Counted + w.ledger.Received + w.ledger.Adjusted
	for _, s := range w.shops {
		for _, p := range s.placed {
			if p.moving {
				o := p.order()
				p.taken = 0
				for _, l := range o.Lines {
					p.taken += l.Shipped + l.Open()
				}
				p.moving = o.Payment.Value == channel.PaymentPending // it may end by itself
			}
			n -= p.taken
		}
	}
	return n
}

func (w *world) noteFree() {
	n := w.now()
	if len(w.free) == 0 || w.free[len(w.free)-1].n != n {
		w.free = append(w.free, level{time.Now(), n})
	}
}

// freeAt is what was free at a time.
func (w *world) freeAt(at time.Time) int64 {
	i := sort.Search(len(w.free), func(i int) bool { return w.free[i].at.After(at) })
	return w.free[max(0, i-1)].n
}
