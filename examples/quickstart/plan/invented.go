package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// InventedConfig sizes an invented stream.
type InventedConfig struct {
	Seed     uint64
	Channels int
	Orders   int           // about how many, at least Fewest
	Over     time.Duration // from the first order to the last

	GoodsOnly []int // indexes of the channels that sell no services
	Late      []int // indexes of the channels that show an order a while after it is placed
	Delivery  bool  // more of some goods arrives, which are not sold
}

// Fewest is how many orders an invented stream has at least: the goods that
// sell out take up to 900 on four channels.
const Fewest = 1000

// The scarce goods of an invented stream: what the stock half of the main job
// is about.
const (
	scarceGoods  = 60              // sell out
	scarceOnBoth = 25              // of those: sold on every channel in turn
	lastUnits    = 5               // sold one at a time
	lastApart    = 2 * time.Second // between two sales among the last units
	lateApart    = 5 * time.Second // after one on a channel that shows orders late
	triesAfter   = 2 * lastApart   // from when the next unit would go until buyers ask for it
	lateShare    = 5
	regretAfter  = 3 * time.Second // between an order and its cancellation, at least
	plentyGoods  = 240
	slowGoods    = 60 // of those: what is delivered, and not sold
	taxedOrders  = 9  // every one of so many has a tax and a voucher
)

// Invented plans a stream of orders that looks like a shop's: many small
// orders, a few large ones, carts of several lines, postage, cancellations
// soon after, a tax and a voucher here and there. Scarce goods sell out: their
// last units go one at a time, two seconds apart, and buyers still ask for them
// afterwards. The same seed gives the same plan.
func Invented(cfg InventedConfig) *Plan {
	g := &generator{
		cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x70656e73746f636b)),
		plan: &Plan{Currency: "EUR"},
	}
	g.goods()
	g.scarce()
	if cfg.Delivery {
		for _, good := range g.plan.Goods[len(g.plan.Goods)-slowGoods:] {
			g.plan.Delivery = append(g.plan.Delivery, good.SKU)
		}
	}
	g.plenty()
	slices.SortStableFunc(g.plan.Steps, func(a, b Step) int { return int(a.At - b.At) })
	g.plan.everyThird()
	return g.plan
}

type generator struct {
	cfg  InventedConfig
	rng  *rand.Rand
	plan *Plan
	next int // order numbers given
}

var (
	things = []string{"Mug", "Kettle", "Lantern", "Blanket", "Notebook", "Teapot", "Basket", "Candle", "Clock", "Tray", "Bowl", "Apron"}
	looks  = []string{"Blue", "Red", "Green", "Ivory", "Black", "Striped", "Dotted", "Oak", "Slate", "Rose"}
	lands  = []string{"DE", "FR", "GB", "US", "NL", "AT", "SE", "JP", ""}
)

func (g *generator) goods() {
	for i := range scarceGoods + plentyGoods {
		thing, look := things[i%len(things)], looks[i/len(things)%len(looks)]
		good := Good{
			SKU:     fmt.Sprintf("%s-%s-%03d", thing[:3], look[:2], i),
			Title:   fmt.Sprintf("%s %s no. %d", look, thing, i),
			Price:   fmt.Sprintf("%d.%02d", 1+g.rng.IntN(60), g.rng.IntN(100)),
			Opening: 5_000,
		}
		if i < scarceGoods {
			good.Opening = int64(lastUnits + 3 + g.rng.IntN(4))
		}
		g.plan.Goods = append(g.plan.Goods, good)
	}
}

func (g *generator) order(at time.Duration, ch int, lines ...Line) *Order {
	g.next++
	o := &Order{
		Number: fmt.Sprintf("T%05d", g.next), Channel: ch,
		Customer: fmt.Sprintf("%05d", 10_000+g.rng.IntN(900)), Country: lands[g.rng.IntN(len(lands))], Lines: lines,
	}
	g.plan.Steps = append(g.plan.Steps, Step{At: at, Order: o})
	return o
}

func (g *generator) line(good int, quantity int64) Line {
	x := g.plan.Goods[good]
	return Line{SKU: x.SKU, Title: x.Title, Quantity: quantity, Price: x.Price}
}

// scarce plans the goods that sell out. Each sells its first units early, then
// the last ones singly; when it is gone, buyers on every channel ask again.
func (g *generator) scarce() {
	for i := range scarceGoods {
		turn := func(n int) int {
			if i < scarceOnBoth {
				return (i + n) % g.cfg.Channels
			}
			return i % g.cfg.Channels
		}
		early := int(g.plan.Goods[i].Opening) - lastUnits
		// The last units, from when the first of them goes.
		var last [lastUnits]time.Duration
		for k := 1; k < lastUnits; k++ {
			last[k] = last[k-1] + g.apart(turn(early+k-1), turn(early+k))
		}
		asked := last[lastUnits-1] + g.apart(turn(early+lastUnits-1), -1) + triesAfter
		// The early units go singly too: what is scarce is watched closely.
		begin := max(lastApart/2, g.cfg.Over-asked-lastApart)
		at := time.Duration(g.rng.Int64N(int64(begin/2) + 1))
		for n := range early {
			g.order(at, turn(n), g.line(i, 1))
			at += time.Second / 2
		}
		// The last units begin when the early ones are gone, and end in time.
		at += time.Duration(g.rng.Int64N(int64(max(0, begin-at)) + 1))
		for k := range lastUnits {
			g.order(at+last[k], turn(early+k), g.line(i, 1))
		}
		for ch := range g.cfg.Channels {
			g.order(at+asked, ch, g.line(i, 1)).Tries = true
		}
	}
}

// apart is how long after a sale on a channel the next unit of the same good is
// sold on another, where few are left.
func (g *generator) apart(ch, next int) time.Duration {
	if ch != next && slices.Contains(g.cfg.Late, ch) {
		return lateApart
	}
	return lastApart
}

// anywhere is the channel of an order of what is plentiful. One in lateShare is
// on a channel that shows orders late: those are searched for seldom.
func (g *generator) anywhere() int {
	for {
		ch := g.rng.IntN(g.cfg.Channels)
		if !slices.Contains(g.cfg.Late, ch) || g.rng.IntN(lateShare) == 0 {
			return ch
		}
	}
}

// plenty plans everything else.
func (g *generator) plenty() {
	selling := plentyGoods
	if g.cfg.Delivery {
		selling -= slowGoods
	}
	for g.next < g.cfg.Orders {
		at := time.Duration(g.rng.Int64N(int64(g.cfg.Over)))
		n := 1
		for n < 12 && g.rng.IntN(5) < 2 {
			n++
		}
		if g.rng.IntN(200) == 0 {
			n = 60 + g.rng.IntN(60)
		}
		lines := make([]Line, 0, n+1)
		for _, k := range g.rng.Perm(selling)[:n] {
			lines = append(lines, g.line(scarceGoods+k, int64(1+g.rng.IntN(3))))
		}
		postage, ch := g.rng.IntN(3) == 0, g.anywhere()
		if postage && !slices.Contains(g.cfg.GoodsOnly, ch) {
			lines = append(lines, Line{SKU: "POST", Title: "Postage", Quantity: 1, Price: "4.90", Service: true})
		}
		o := g.order(at, ch, lines...)
		if at < g.cfg.Over/2 && g.rng.IntN(12) == 0 {
			k := g.rng.IntN(n)
			g.plan.Steps = append(g.plan.Steps, Step{
				At: at + regretAfter + time.Duration(g.rng.Int64N(int64(time.Second))),
				Refund: &Refund{
					Number: "R" + o.Number, Order: o.Number, Line: k, Quantity: 1, Price: lines[k].Price,
				},
			})
			g.plan.Apart.Cancellations++
		} else if g.next%taxedOrders == 0 {
			tax(o)
		}
	}
	g.plan.Apart.Orders = g.next
}

// tax puts a tax of a fifth on an order's goods and takes a voucher off its
// first line.
func tax(o *Order) {
	o.TaxRate = "0.2"
	o.Lines[0].Discount = "0.50"
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Service {
			continue
		}
		cents, err := strconv.Atoi(strings.Replace(l.Price, ".", "", 1))
		if err != nil {
			panic(fmt.Sprintf("plan: price %q is not one of ours", l.Price))
		}
		l.Tax = fmt.Sprintf("%d.%03d", cents*2/1000, cents*2%1000)
	}
}
