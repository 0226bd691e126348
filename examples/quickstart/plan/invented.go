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
	Orders   int           // about how many, at least 200
	Over     time.Duration // from the first order to the last
}

// The scarce goods of an invented stream: what the stock half of the main job
// is about.
const (
	scarceGoods  = 60              // sell out
	scarceOnBoth = 25              // of those: sold on every channel in turn
	lastUnits    = 5               // sold one at a time
	lastApart    = 2 * time.Second // between two sales among the last units
	triesAfter   = 2 * lastApart   // from when the next unit would go until buyers ask for it
	regretAfter  = 3 * time.Second // between an order and its cancellation, at least
	plentyGoods  = 240
	taxedOrders  = 9 // every one of so many has a tax and a voucher
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
	tail := lastUnits*lastApart + triesAfter
	for i := range scarceGoods {
		turn := func(n int) int {
			if i < scarceOnBoth {
				return (i + n) % g.cfg.Channels
			}
			return i % g.cfg.Channels
		}
		early := g.plan.Goods[i].Opening - lastUnits
		// The early units go singly too: what is scarce is watched closely.
		begin := max(lastApart/2, g.cfg.Over-tail-lastApart)
		at := time.Duration(g.rng.Int64N(int64(begin/2) + 1))
		n := 0
		for ; early > 0; early-- {
			g.order(at, turn(n), g.line(i, 1))
			at += time.Second / 2
			n++
		}
		// The last units begin when the early ones are gone, and end in time.
		at += time.Duration(g.rng.Int64N(int64(max(0, begin-at)) + 1))
		for range lastUnits {
			g.order(at, turn(n), g.line(i, 1))
			at += lastApart
			n++
		}
		for ch := range g.cfg.Channels {
			g.order(at+triesAfter, ch, g.line(i, 1)).Tries = true
		}
	}
}

// plenty plans everything else.
func (g *generator) plenty() {
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
		for _, k := range g.rng.Perm(plentyGoods)[:n] {
			lines = append(lines, g.line(scarceGoods+k, int64(1+g.rng.IntN(3))))
		}
		if g.rng.IntN(3) == 0 {
			lines = append(lines, Line{SKU: "POST", Title: "Postage", Quantity: 1, Price: "4.90", Service: true})
		}
		o := g.order(at, g.rng.IntN(g.cfg.Channels), lines...)
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
