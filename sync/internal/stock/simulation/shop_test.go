package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// shop is a marketplace and the connector's part for it: one call at a time,
// through the channel's interface alone.
type shop struct {
	w    *world
	name string
	m    *channeltest.Memory // for the world; the connector has ch
	ch   channel.Channel
	rng  *rand.Rand // of latencies and deaths

	placed  []*placed // by buyers
	parcels []*placed // to be shipped by us

	// What the connector knows.
	offset   time.Duration // the server's clock less ours, a second off at most
	poll     time.Duration
	lag      time.Duration
	listing  stock.Listing
	ref      channel.ListingRef
	orders   map[channel.OrderID]*stored
	query    channel.OrderQuery // of the walk in hand
	walking  bool
	failing  bool
	nextWalk time.Time
	deep     time.Time // the next walk from further back
	tickets  []*openTicket
	pushed   *int64    // the number last pushed, by the rules that go by it
	read     time.Time // by the rules that only read

	busy   bool
	outage time.Time // imports are out until then
	rest   time.Time // no stock call before
	wakes  time.Time // the earliest wake planned
	keys   int
	reads  int

	shortFor time.Duration // it has shown too little, as the world sees it
}

// A walk goes further back than the watermark once in a while.
const (
	deepEvery = 30 * time.Minute
	deepWalk  = 6 * time.Hour
)

type stored struct {
	order channel.Order
	ours  int64 // units our shipments confirmed
}

type openTicket struct {
	key  string
	id   channel.Ticket
	sent time.Time
	next time.Time
}

// newShop puts the item on sale, as the ledger counts it, and opens the
// connector's part.
func newShop(w *world, i int, m *channeltest.Memory, poll time.Duration, coin *rand.Rand) *shop {
	m.AddListing(channeltest.NewListing{ID: listing, SKU: sku, Quantity: w.ledger.Counted})
	s := &shop{
		w: w, name: string(m.ID()), m: m, ch: m, poll: poll, orders: map[channel.OrderID]*stored{},
		rng: rand.New(rand.NewPCG(w.seed, 0x73686f70<<8|uint64(i))),
	}
	ctx := context.Background()
	prober, _ := channel.As[channel.Prober](s.ch)
	account, err := prober.Probe(ctx)
	if err != nil {
		panic(err)
	}
	s.offset = account.Offset + draw(coin, -time.Second, time.Second)
	page, err := s.ch.ListingPage(ctx, channel.ListingQuery{})
	if err != nil || len(page.Items) != 1 {
		panic(fmt.Sprint(page.Items, err))
	}
	s.ref = page.Items[0].Ref
	t := s.ch.Traits()
	s.lag = t.VisibilityLag
	s.listing.Rules = stock.Rules{
		ExactTimes: t.ExactTimes, FallsAtOnce: t.FallsAtOnce, Hidden: !t.ExactTimes && !t.PlacedFirst,
		Epsilon: max(2*time.Second, t.ClockError), Deadline: t.CallDeadline,
		Effect: t.EffectLag, Hold: t.Hold, Audit: t.AuditEvery,
	}
	r := &s.listing.Rules
	if w.rule == soldCounts {
		switch t.SoldCount {
		case channel.SoldOpen:
			r.SoldCount = stock.SoldOpen
		case channel.SoldEver:
			r.SoldCount = stock.SoldEver
		case channel.SoldUncounted:
		}
	}
	switch t.StockWrite {
	case channel.StockAbsolute:
		r.Mode = stock.Absolute
	case channel.StockCompareAndSet:
		r.Mode = stock.CompareAndSet
	case channel.StockRelative:
		r.Mode = stock.Relative
	}
	if account.Falls == channel.FallsAtShipment {
		r.Falls = stock.FallsAtShipment
	}
	if r.SoldCount != stock.SoldUncounted && !t.ExactTimes {
		r.Low = 1 << 30 // read at each import
	}
	s.listing.Watermark = m.Now().Add(-s.lag)
	s.nextWalk = time.Now().Add(draw(coin, 0, poll))
	shown := w.ledger.Counted
	s.pushed = &shown
	return s
}

// server is the server's time, as far as the connector knows.
func (s *shop) server() time.Time { return time.Now().Add(s.offset) }

func (s *shop) apply(events ...stock.Event) {
	for _, e := range events {
		before := s.listing.State
		next, drift := before.Apply(s.listing.Rules, e)
		s.listing.State = next
		if s.w.trace != nil {
			if _, quiet := e.(stock.Through); !quiet || len(drift) > 0 {
				s.w.logf("%s: %T %s%s", s.name, e, tell(e), s.state())
			}
			for _, d := range drift {
				s.w.logf("%s: drift %+d: %s", s.name, d.N, d.Why)
			}
		}
		for _, d := range drift {
			s.w.stats.Drift += max(d.N, -d.N)
		}
	}
}

func tell(e stock.Event) string {
	switch e := e.(type) {
	case stock.Fall:
		return fmt.Sprintf("of %d at %s, shipment %t", e.Units, e.At.Format(time.TimeOnly), e.Shipment)
	case stock.Rise:
		return fmt.Sprintf("of %d at %s, certain %t", e.Units, e.At.Format(time.TimeOnly), e.Certain)
	case stock.Read:
		if e.Sold != nil {
			return fmt.Sprintf("of %d, sold %+v", e.Shown, *e.Sold)
		}
		return fmt.Sprintf("of %d", e.Shown)
	case stock.Sent:
		return fmt.Sprintf("%s: %d on %d, %s", e.Key, e.Want, e.Was, e.Mode)
	case stock.Outcome:
		return fmt.Sprintf("%s: %s, ticket %t", e.Key, results[e.Result], e.Ticket)
	case stock.TicketEnded:
		return e.Key
	}
	return ""
}

var results = map[stock.Result]string{
	stock.NotSent: "not sent", stock.Stale: "stale", stock.Refused: "refused",
	stock.Applied: "applied", stock.Accepted: "accepted", stock.Unsure: "unsure",
}

// state is the listing's state in a few words.
func (s *shop) state() string {
	var b strings.Builder
	st := &s.listing.State
	b.WriteString(" → C")
	for _, c := range st.C {
		fmt.Fprintf(&b, " %d", c.V)
	}
	for _, x := range st.W {
		fmt.Fprintf(&b, ", W %s:", x.Key)
		for _, c := range x.Shows {
			fmt.Fprintf(&b, " %d", c.V)
		}
	}
	for _, l := range st.U {
		fmt.Fprintf(&b, ", U %d", l.N)
	}
	for _, l := range st.R {
		fmt.Fprintf(&b, ", R %d", l.N)
	}
	return b.String()
}

// available is A, from what is stored of every shop.
func (w *world) available() int64 {
	if w.known {
		return w.believed
	}
	lines := w.lines[:0]
	for _, s := range w.shops {
		for _, o := range s.orders {
			for i := range o.order.Lines {
				l := &o.order.Lines[i]
				lines = append(lines, stock.Line{
					Ordered: l.Ordered, Cancelled: l.Cancelled, Refunded: l.Unshipped, Shipped: max(l.Shipped, o.ours),
				})
			}
		}
	}
	w.lines, w.known, w.believed = lines, true, stock.Available(w.ledger, lines)
	return w.believed
}

// pump gives every idle shop something to do.
func (w *world) pump() {
	for _, s := range w.shops {
		s.pump()
	}
}

func (s *shop) pump() {
	if s.busy {
		return
	}
	now := time.Now()
	next := s.nextWalk
	if now.Before(s.outage) {
		next = s.outage
	}
	switch {
	case len(s.parcels) > 0:
		s.ship()
		return
	case !next.After(now):
		s.walk()
		return
	}
	for _, t := range s.tickets {
		if !t.next.After(now) {
			s.ask(t)
			return
		}
		next = first(next, t.next)
	}
	if now.Before(s.rest) {
		s.wake(first(next, s.rest))
		return
	}
	until, idle := s.stock()
	if idle {
		s.wake(first(next, until))
	}
}

// first is the earlier of two times, of which the second may be none.
func first(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

func (s *shop) wake(at time.Time) {
	now := time.Now()
	if s.wakes.After(now) && !at.Before(s.wakes) {
		return
	}
	s.wakes = at
	s.w.after(max(time.Millisecond, at.Sub(now)), s.pump)
}

// call lets a request travel: act runs where it arrives, and done when its
// answer is back. An answer that never comes is awaited until the deadline.
func (s *shop) call(act func() error, done func(err error)) {
	s.busy = true
	s.w.after(draw(s.rng, 50*time.Millisecond, 400*time.Millisecond), func() {
		err := act()
		back := draw(s.rng, 50*time.Millisecond, 400*time.Millisecond)
		if errors.Is(err, channel.ErrUnsure) {
			back = s.ch.Traits().CallDeadline
		}
		s.w.after(back, func() {
			s.busy = false
			done(err)
			s.w.pump()
		})
	})
}

// walk reads the next page of orders.
func (s *shop) walk() {
	var page channel.Page[channel.Order]
	lost := flip(s.rng, 0.01) // the worker dies before it commits
	if s.query.After == "" {
		// An index may fall hours behind without its watermark showing it.
		s.query.Since = s.listing.Watermark
		if now := time.Now(); !now.Before(s.deep) {
			s.query.Since = s.query.Since.Add(-deepWalk)
			s.deep = now.Add(deepEvery)
		}
	}
	s.call(func() (err error) {
		page, err = s.ch.OrderPage(context.Background(), s.query)
		return err
	}, func(err error) {
		switch {
		case errors.Is(err, channel.ErrCursor):
			s.w.logf("%s: cursor lost", s.name)
			s.query.After = ""
			return
		case err != nil || lost:
			s.w.logf("%s: no page of orders: %v", s.name, err)
			s.failing = true
			s.nextWalk = time.Now().Add(max(30*time.Second, channel.RetryAfter(err)))
			return
		}
		for _, o := range page.Items {
			s.store(o)
		}
		s.failing, s.walking = false, page.Next != ""
		s.query.After = page.Next
		if s.walking {
			return
		}
		s.listing.Watermark = page.Through
		s.listing.Imported = s.server()
		s.apply(stock.Through{At: page.Through})
		s.nextWalk = time.Now().Add(s.pause())
		if s.w.rule == pushOnImport {
			s.pushed = nil
		}
	})
}

func (s *shop) pause() time.Duration {
	if s.w.since() > calm+24*time.Hour {
		return 4 * s.poll // little happens any more
	}
	return s.poll*9/10 + draw(s.rng, 0, s.poll/5)
}

// store takes an order as a walk brought it, and tells the listing what is new.
// An older version of it is dropped, and parts it lacks are kept.
func (s *shop) store(o channel.Order) {
	st := s.orders[o.ID]
	fresh := st == nil
	if fresh {
		if !o.Has(channel.PartLines) {
			return // its lines come first
		}
		st = &stored{}
		s.orders[o.ID] = st
	}
	was := st.order
	if !fresh && o.UpdatedAt.Before(was.UpdatedAt) {
		return
	}
	if !fresh && !o.Has(channel.PartLines) {
		o.Lines = was.Lines
	}
	if !fresh && !o.Has(channel.PartShipments) {
		o.Shipments = was.Shipments
	}
	if !fresh && !o.Has(channel.PartRefunds) {
		o.Refunds = was.Refunds
	}
	shippedBefore := make([]int64, len(was.Lines))
	for i := range was.Lines {
		shippedBefore[i] = max(was.Lines[i].Shipped, st.ours)
	}
	st.order = o
	s.w.known = false
	for i, l := range o.Lines {
		var b channel.Line
		shipped := max(l.Shipped, st.ours)
		if !fresh {
			b = was.Lines[i]
			shipped -= shippedBefore[i]
		}
		if n := l.Ordered - b.Ordered; n > 0 {
			f := stock.Fall{Units: n, At: o.PlacedAt}
			if t := s.ch.Traits(); !t.ExactTimes {
				if f.At = o.PlacedAt; o.UpdatedAt.After(f.At) {
					f.At = o.UpdatedAt
				}
				if t.PlacedFirst && fresh {
					f.After = o.PlacedAt
				}
			}
			s.apply(f)
		}
		if shipped > 0 {
			at := o.UpdatedAt
			for _, p := range o.Shipments {
				at = p.CreatedAt
			}
			s.apply(stock.Fall{Units: shipped, At: at, Shipment: true})
		}
		back := o.CancelledAt
		for _, r := range o.Refunds {
			if r.At.After(back) {
				back = r.At
			}
		}
		if back.IsZero() {
			back = o.UpdatedAt
		}
		if n := l.Restocked - b.Restocked; n > 0 {
			s.apply(stock.Rise{Units: n, At: back, Certain: true})
		}
		if n := l.Loose - b.Loose; n > 0 {
			s.apply(stock.Rise{Units: n, At: back})
		}
	}
}

// ship records a parcel, again until it is known what became of it.
func (s *shop) ship() {
	p := s.parcels[0]
	st := s.orders[p.id]
	line := st.order.Lines[0]
	if n := line.Open(); n == 0 || !st.order.CancelledAt.IsZero() {
		s.parcels = s.parcels[1:]
		s.pump()
		return
	}
	var res channel.ShipResult
	s.call(func() (err error) {
		res, err = s.ch.Ship(context.Background(), channel.Shipment{
			Key: string(p.id), Seq: 1, Order: p.id, Tracking: channel.Tracking{Carrier: "UPS", Number: "1Z" + string(p.id)},
			Lines: []channel.ShipmentLine{{Line: line.ID, Handle: line.Handle, Quantity: line.Open()}},
		})
		return err
	}, func(err error) {
		s.parcels = s.parcels[1:]
		p.moving = true
		switch {
		case errors.Is(err, channel.ErrConflict):
			s.w.logf("%s: order %s is not to be shipped any more", s.name, p.id)
		case err != nil:
			s.w.after(time.Minute, func() {
				s.parcels = append(s.parcels, p)
				s.pump()
			})
		default:
			s.w.logf("%s: order %s shipped, %d shown", s.name, p.id, s.m.Quantity(listing, ""))
			var shipped int64
			for _, r := range res.Remote {
				for _, l := range r.Lines {
					shipped += l.Quantity
				}
			}
			news := shipped - max(st.ours, st.order.Lines[0].Shipped)
			st.ours = max(st.ours, shipped)
			s.w.known = false
			if news > 0 {
				s.apply(stock.Fall{Units: news, At: res.Remote[0].CreatedAt, Shipment: true})
			}
			s.w.follow(p)
		}
	})
}

// ask follows a ticket.
func (s *shop) ask(t *openTicket) {
	reader, _ := channel.As[channel.TicketReader](s.ch)
	var page channel.TicketPage
	s.call(func() (err error) {
		page, err = reader.TicketPage(context.Background(), t.id, "")
		return err
	}, func(err error) {
		age := time.Since(t.sent)
		t.next = time.Now().Add(min(10*time.Minute, max(30*time.Second, age/4)))
		if err != nil || !page.State.Ended() {
			return
		}
		s.tickets = slices.DeleteFunc(s.tickets, func(o *openTicket) bool { return o == t })
		var end stock.Event = stock.TicketEnded{Key: t.key, At: s.server()}
		for _, r := range page.Results {
			if r.Result.State == channel.StockRefused {
				end = stock.Outcome{Key: t.key, Result: stock.Refused, At: s.server()}
			}
			if r.Result.State == channel.StockNotSent {
				end = stock.Outcome{Key: t.key, Result: stock.NotSent, At: s.server()}
			}
		}
		if s.w.rule.ours() {
			s.apply(end)
		}
	})
}

// look reads what the listing shows.
func (s *shop) look(then func(lvl channel.StockLevel, at time.Time)) {
	reader, _ := channel.As[channel.StockReader](s.ch)
	var page channel.Page[channel.StockLevel]
	s.reads++
	s.call(func() (err error) {
		page, err = reader.StockPage(context.Background(), channel.StockQuery{Listings: []channel.ListingRef{s.ref}})
		return err
	}, func(err error) {
		if err != nil || len(page.Items) == 0 {
			s.w.logf("%s: no read: %v", s.name, err)
			s.rest = time.Now().Add(max(30*time.Second, channel.RetryAfter(err)))
			return
		}
		then(page.Items[0], page.ReadAt)
	})
}

// write sends a number. It tells what became of it, in the arithmetic's words.
func (s *shop) write(key string, want int64, expect *int64, then func(o stock.Outcome)) {
	var results []channel.StockResult
	died := flip(s.rng, 0.01) // and the next owner finds a write without an outcome
	s.call(func() (err error) {
		lvl := channel.StockLevel{Listing: s.ref, Quantity: want, Expect: expect}
		results, err = s.ch.SetStock(context.Background(), []channel.StockLevel{lvl})
		if err == nil {
			err = results[0].Err
		}
		return err
	}, func(err error) {
		o := stock.Outcome{Key: key, Result: stock.NotSent, At: s.server()}
		if len(results) > 0 {
			switch r := results[0]; r.State {
			case channel.StockApplied:
				o.Result = stock.Applied
			case channel.StockAccepted:
				o.Result, o.Ticket = stock.Accepted, r.Ticket != ""
			case channel.StockStale:
				o.Result = stock.Stale
			case channel.StockRefused:
				o.Result = stock.Refused
			case channel.StockUnsure:
				o.Result = stock.Unsure
			case channel.StockNotSent:
			}
		}
		if died {
			s.w.logf("%s: the worker died after %s", s.name, key)
			s.busy = true
			s.w.after(draw(s.rng, s.ch.Traits().CallDeadline, 3*time.Minute), func() {
				s.busy = false
				then(stock.Outcome{Key: key, Result: stock.Unsure, At: s.server()})
				s.w.pump()
			})
			return
		}
		switch o.Result {
		case stock.Stale:
			s.nextWalk = time.Now() // the sale it tells of may be there to import
		case stock.NotSent, stock.Refused:
			s.rest = time.Now().Add(max(15*time.Second, channel.RetryAfter(err)))
		case stock.Accepted:
			if o.Ticket {
				s.tickets = append(s.tickets, &openTicket{
					key: key, id: results[0].Ticket, sent: time.Now(), next: time.Now().Add(30 * time.Second),
				})
			}
		case stock.Applied, stock.Unsure:
		}
		then(o)
	})
}
