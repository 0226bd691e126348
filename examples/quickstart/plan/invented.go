package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
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
	plentyGoods  = 240
)

// Invented plans a stream of orders that looks like a shop's: many small
// orders, a few large ones, carts of several lines, postage, cancellations
// soon after. Scarce goods sell out: their last units go one at a time, two
// seconds apart, and buyers still ask for them afterwards. The same seed gives
// the same plan.
func Invented(cfg InventedConfig) *Plan {
	g := &generator{
		cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x70656e73746f636b)),
		plan: &Plan{Currency: "EUR"},
	}
	g.goods()
	g.scarce()
	g.plenty()
	slices.SortStableFunc(g.plan.Steps, func(a, b Step) int { return int(a.At - b.At) })
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
		if g.rng.IntN(25) == 0 {
			k := g.rng.IntN(n)
			g.plan.Steps = append(g.plan.Steps, Step{
				At: at + time.Duration(1+g.rng.Int64N(int64(3*time.Second))),
				Refund: &Refund{
					Number: "R" + o.Number, Order: o.Number, Line: k, Quantity: 1, Price: lines[k].Price,
				},
			})
			g.plan.Apart.Cancellations++
		}
	}
	g.plan.Apart.Orders = g.next
}

// Sum returns what the orders of a plan that are placed come to, before
// refunds.
func (p *Plan) Sum() (channel.Money, error) {
	var sum channel.Money
	for _, s := range p.Steps {
		if s.Order == nil {
			continue
		}
		for _, l := range s.Order.Lines {
			price, err := channel.ParseMoney(l.Price, p.Currency)
			if err != nil {
				return channel.Money{}, err
			}
			if err := addTo(&sum, price, l.Quantity); err != nil {
				return channel.Money{}, err
			}
		}
	}
	return sum, nil
}
