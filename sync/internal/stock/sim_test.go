package stock

import (
	"container/heap"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// A small discrete-event world: one item, a few channels that sell it, and an
// engine that does what a rule says. It is here to try the rule against faults
// and lags, not to measure it: figures worth quoting come from a simulation
// over whole channels.

// kind is how a simulated marketplace behaves.
type kind struct {
	rules       Rules
	poll        time.Duration    // between import visits
	lag         time.Duration    // how far the watermark stays behind
	visible     [2]time.Duration // from a change until a walk shows it
	effect      [2]time.Duration // from a write until it is shown
	paysLate    bool             // a sale becomes an order when it is paid
	documented  bool             // a cancel surely gives the number back
	onlyAtShips bool             // the number falls at shipment
}

var kinds = map[string]kind{
	"S":  {rules: shopify, poll: 3 * time.Minute, documented: true},
	"Br": {rules: bigcommerce, poll: 5 * time.Minute, effect: [2]time.Duration{time.Second, time.Minute}, documented: true},
	"Ba": {rules: absolutely(bigcommerce), poll: 5 * time.Minute, effect: [2]time.Duration{time.Second, time.Minute}, documented: true},
	"Hr": {rules: byShipment, poll: 5 * time.Minute, effect: [2]time.Duration{time.Second, time.Minute}, documented: true, onlyAtShips: true},
	"A":  {rules: amazon, poll: 10 * time.Minute, lag: 4 * time.Minute, visible: [2]time.Duration{2 * time.Minute, 4 * time.Minute}, effect: [2]time.Duration{5 * time.Second, 8 * time.Minute}},
	"E":  {rules: ebay, poll: 15 * time.Minute, effect: [2]time.Duration{time.Second, 20 * time.Second}, paysLate: true},
}

// The two whose reads tell units sold, and eBay read at each import.
func counted(name string, counts SoldCount, low int64) kind {
	k := kinds[name]
	k.rules.SoldCount, k.rules.Low = counts, low
	return k
}

func init() {
	kinds["S+"] = counted("S", SoldOpen, 0)
	kinds["E+"] = counted("E", SoldEver, 1000)
}

var seeds = flag.Uint64("seeds", 12, "worlds simulated for each set of channels; 1000 take two minutes")

func absolutely(r Rules) Rules {
	r.Mode = Absolute
	return r
}

// rule decides for the engine; naive ones keep no state of this package.
type rule int

const (
	ours         rule = iota
	pushOnChange      // push when wanted differs from last pushed
	readFirst         // the same, and read before every write
)

func (r rule) String() string { return [...]string{"this rule", "push on change", "read first"}[r] }

type simOrder struct {
	units              int64
	sold, placed       time.Duration // taken off the shelf; became an order
	cancelled, shipped time.Duration // 0 is not
	imported           Line
	known              bool
}

type simChannel struct {
	kind
	live    int64
	orders  []*simOrder
	listing Listing
	outage  [2]time.Duration
	pushed  int64
	keys    int
	counts  bool // cancelled units as sold ever
}

type simEvent struct {
	at  time.Duration
	seq int
	do  func()
}

type agenda []simEvent

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(e any)   { *a = append(*a, e.(simEvent)) }
func (a *agenda) Pop() any {
	old := *a
	e := old[len(old)-1]
	*a = old[:len(old)-1]
	return e
}

type world struct {
	rng      *rand.Rand
	rule     rule
	now      time.Duration
	agenda   agenda
	seq      int
	channels []*simChannel
	ledger   Ledger
	wake     time.Duration // the earliest wake on the agenda, 0 for none

	sold, over, writes, reads int64
	lastWrite                 time.Duration
}

func (w *world) in(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.agenda, simEvent{w.now + d, w.seq, do})
}

func (w *world) draw(d [2]time.Duration) time.Duration {
	return d[0] + time.Duration(w.rng.Int64N(int64(d[1]-d[0])+1))
}

// free is the truth: what is in the house and not promised.
func (w *world) free() int64 {
	n := w.ledger.Counted + w.ledger.Received
	for _, c := range w.channels {
		for _, o := range c.orders {
			if o.cancelled == 0 || o.cancelled > w.now || (o.shipped > 0 && o.shipped < o.cancelled) {
				n -= o.units
			}
		}
	}
	return n
}

// believed is A, from what was imported.
func (w *world) believed() int64 {
	var lines []Line
	for _, c := range w.channels {
		for _, o := range c.orders {
			if o.known {
				lines = append(lines, o.imported)
			}
		}
	}
	return Available(w.ledger, lines)
}

func (w *world) sell(c *simChannel, units int64) {
	if c.live < units {
		return
	}
	w.sold += units
	w.over += max(0, min(units, units-w.free()))
	o := &simOrder{units: units, sold: w.now, placed: w.now}
	if !c.onlyAtShips {
		c.live -= units
	}
	c.orders = append(c.orders, o)
	back := c.documented || w.rng.IntN(2) == 0
	cancel := func() {
		o.cancelled = w.now
		if back && !c.onlyAtShips {
			c.live += units
		}
	}
	if c.paysLate && w.rng.IntN(100) < 35 {
		o.placed = w.now + w.draw([2]time.Duration{time.Hour, 36 * time.Hour})
		if w.rng.IntN(3) == 0 {
			o.placed = 1 << 60 // never
			w.in(40*time.Hour, cancel)
			return
		}
	}
	if w.rng.IntN(100) < 12 {
		w.in(o.placed-w.now+w.draw([2]time.Duration{time.Second, 3 * time.Hour}), cancel)
		return
	}
	w.in(o.placed-w.now+w.draw([2]time.Duration{4 * time.Hour, 30 * time.Hour}), func() {
		o.shipped = w.now
		if c.onlyAtShips {
			c.live -= units
		}
	})
}

// visit imports what a walk shows, and plans.
func (w *world) visit(c *simChannel) {
	poll := c.poll
	if w.now > trade+12*time.Hour {
		poll *= 8 // at rest, and the test's time is short
	}
	w.in(poll, func() { w.visit(c) })
	if w.now >= c.outage[0] && w.now < c.outage[1] {
		return
	}
	shown := func(at time.Duration) bool { return at > 0 && at+w.draw(c.visible) <= w.now }
	for _, o := range c.orders {
		if !o.known {
			if !shown(o.placed) {
				continue
			}
			o.known, o.imported.Ordered = true, o.units
			c.apply(Fall{Units: o.units, At: at(o.placed)})
		}
		if o.imported.Shipped == 0 && shown(o.shipped) {
			o.imported.Shipped = o.units
			c.apply(Fall{Units: o.units, At: at(o.shipped), Shipment: true})
		}
		if o.imported.Cancelled == 0 && shown(o.cancelled) {
			o.imported.Cancelled = o.units
			if !c.onlyAtShips {
				c.apply(Rise{Units: o.units, At: at(o.cancelled), Certain: c.documented})
			}
		}
	}
	c.listing.Imported = at(w.now)
	c.listing.Watermark = at(w.now - c.lag - 5*time.Second)
	c.apply(Through{At: c.listing.Watermark})
	w.plan()
}

func (c *simChannel) apply(e Event) {
	c.listing.State, _ = c.listing.State.Apply(c.listing.Rules, e)
}

// sold counts units sold, and those of the imported orders.
func (c *simChannel) sold() *Sold {
	var s Sold
	for _, o := range c.orders {
		if c.rules.SoldCount == SoldEver {
			if o.cancelled == 0 || c.counts {
				s.Count += o.units
			}
			continue
		}
		if o.shipped == 0 && o.cancelled == 0 {
			s.Count += o.units
		}
		if o.known {
			s.Imported += o.imported.Open()
		}
	}
	return &s
}

func (w *world) plan() {
	if w.rule != ours {
		for _, c := range w.channels {
			want := max(0, w.believed())
			if want == c.pushed || w.rule == readFirst && c.live == want {
				continue
			}
			if w.send(c, Command{Mode: Absolute, Want: want, Was: c.live}, "") != NotSent {
				c.pushed = want
			}
		}
		return
	}
	for again := true; again; {
		again = false
		it := Item{Counted: true, Available: w.believed()}
		for _, c := range w.channels {
			it.Listings = append(it.Listings, c.listing)
		}
		var wake time.Duration
		for i, cmd := range Plan(it, at(w.now)) {
			c := w.channels[i]
			switch cmd.Action {
			case DoRead:
				if w.rng.IntN(100) < 2 {
					wake = w.now + 30*time.Second
					continue
				}
				w.reads++
				c.apply(Read{Shown: c.live, At: at(w.now), Sold: c.sold()})
				again = true
			case DoWrite:
				c.keys++
				key := strconv.Itoa(c.keys)
				c.apply(cmd.Sent(key, at(w.now)))
				c.apply(Outcome{Key: key, Result: w.send(c, cmd, key), At: at(w.now + time.Second)})
				again = true
			case Wait, Nothing:
				if at := cmd.Until.Sub(epoch); !cmd.Until.IsZero() && (wake == 0 || at < wake) {
					wake = at
				}
			}
		}
		if !again && wake > w.now && (w.wake <= w.now || wake < w.wake) {
			w.wake = wake
			w.in(wake-w.now, w.plan)
		}
	}
}

// send does a write as the marketplace would, with faults.
func (w *world) send(c *simChannel, cmd Command, _ string) Result {
	w.writes++
	w.lastWrite = w.now
	fault := w.rng.IntN(100)
	switch {
	case fault == 0:
		return NotSent
	case fault == 1:
		return Unsure // and lost
	}
	answer := Accepted
	switch cmd.Mode {
	case CompareAndSet:
		if c.live != cmd.Was {
			return Stale
		}
		c.live, answer = cmd.Want, Applied
	case Relative:
		w.in(w.draw(c.effect), func() { c.live += cmd.Want - cmd.Was })
	case Absolute:
		w.in(w.draw(c.effect), func() { c.live = cmd.Want })
	}
	if fault <= 4 {
		return Unsure // but done
	}
	return answer
}

// Two days of trade, and rest until an unpaid sale's hold on eBay has passed.
const trade, rest = 48 * time.Hour, 6 * 24 * time.Hour

// simulate runs one item through both.
func simulate(seed uint64, r rule, names ...string) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), rule: r, now: time.Minute}
	w.ledger.Counted = 4 + w.rng.Int64N(20)
	supply := float64(w.ledger.Counted)
	for range w.rng.IntN(4) {
		n := 3 + w.rng.Int64N(12)
		supply += float64(n)
		w.in(time.Duration(w.rng.Int64N(int64(trade))), func() { w.ledger.Received += n; w.plan() })
	}
	for _, name := range names {
		k := kinds[name]
		c := &simChannel{kind: k, live: w.ledger.Counted, pushed: w.ledger.Counted, listing: Listing{Rules: k.rules}, counts: seed%2 == 1}
		w.channels = append(w.channels, c)
		if w.rng.IntN(10) < 3 {
			c.outage[0] = time.Duration(w.rng.Int64N(int64(trade)))
			c.outage[1] = c.outage[0] + w.draw([2]time.Duration{time.Hour, 5 * time.Hour})
		}
		if w.rng.IntN(10) < 3 {
			w.in(time.Duration(w.rng.Int64N(int64(trade))), func() { c.live = max(0, c.live+w.rng.Int64N(9)-4) })
		}
		w.in(time.Duration(w.rng.Int64N(int64(k.poll))), func() { w.visit(c) })
	}
	for demand := supply * (0.7 + 0.8*w.rng.Float64()); demand > 0; {
		when := time.Duration(w.rng.Int64N(int64(trade)))
		for range 1 + 3*w.rng.IntN(2) { // alone or in a burst
			c, units := w.channels[w.rng.IntN(len(w.channels))], 1+w.rng.Int64N(5)/4
			demand -= float64(units)
			w.in(when+w.draw([2]time.Duration{0, 10 * time.Minute}), func() { w.sell(c, units) })
		}
	}
	for len(w.agenda) > 0 {
		e := heap.Pop(&w.agenda).(simEvent)
		if e.at > trade+rest {
			break
		}
		w.now = e.at
		e.do()
	}
	return w
}

// level says what is not as it should be at rest, "" if nothing.
func (w *world) level() string {
	for i, c := range w.channels {
		want := max(0, w.free())
		if c.live != want && (c.live > 0 || want > 0) {
			return fmt.Sprintf("channel %d shows %d of %d free\n%s", i, c.live, want, Explain(c.listing.State, c.listing.Rules))
		}
		if s := c.listing.State; w.rule == ours && (len(s.U) > 0 || len(s.R) > 0 || len(s.W) > 0) {
			return fmt.Sprintf("channel %d has not come to rest\n%s", i, Explain(s, c.listing.Rules))
		}
	}
	if w.rule == ours && w.now-w.lastWrite < 5*time.Hour {
		return "still writing"
	}
	return ""
}

func TestSimulationComesToRestLevel(t *testing.T) {
	for _, names := range [][]string{
		{"S"},
		{"Br"},
		{"Ba"},
		{"Hr"},
		{"A"},
		{"E"},
		{"S", "S"},
		{"S", "Hr"},
		{"S", "A"},
		{"A", "E"},
		{"S", "Br", "A", "E"},
		{"S+", "Br", "A", "E+"},
	} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			t.Parallel()
			for seed := range *seeds {
				if why := simulate(seed, ours, names...).level(); why != "" {
					t.Fatalf("seed %d: %s", seed, why)
				}
			}
		})
	}
}

func TestSimulationOversellsLessThanNaiveRules(t *testing.T) {
	share := func(r rule, names ...string) float64 {
		var sold, over, writes, reads int64
		for seed := range *seeds {
			w := simulate(seed, r, names...)
			sold, over, writes, reads = sold+w.sold, over+w.over, writes+w.writes, reads+w.reads
		}
		t.Logf("%s %v: %d sold, %d over (%.1f %%), %d writes, %d reads", r, names, sold, over, 100*float64(over)/float64(sold), writes, reads)
		return float64(over) / float64(sold)
	}
	own := share(ours, "S", "Br", "A", "E")
	if counts := share(ours, "S+", "Br", "A", "E+"); counts > own {
		t.Errorf("oversold %.3f of all with sold counts, %.3f without", counts, own)
	}
	for _, r := range []rule{pushOnChange, readFirst} {
		if naive := share(r, "S", "Br", "A", "E"); own >= naive {
			t.Errorf("oversold %.3f of all, %s %.3f", own, r, naive)
		}
	}
}
