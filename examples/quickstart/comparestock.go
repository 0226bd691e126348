package main

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// change is what became of a good's stock: a sale on a market, or a supply.
type change struct {
	at     time.Time
	sku    string
	units  int64
	market int // index of the market that sold them; -1 is a supply
}

// compareStock replays sales and supplies in the order in which they happened,
// counts what was sold beyond what there was, and holds every listing to what
// is left.
func (o *outcome) compareStock(markets []market, p *plan.Plan, supplies []supply) {
	opening := map[string]int64{}
	for _, g := range p.Goods {
		opening[g.SKU] = g.Opening
	}
	changes := map[string][]change{}
	for i, m := range markets {
		for _, s := range m.sales() {
			if !s.accepted {
				o.refused++
			} else if _, ours := opening[s.sku]; ours {
				changes[s.sku] = append(changes[s.sku], change{s.at, s.sku, s.units, i})
			}
		}
	}
	for _, s := range supplies {
		changes[s.sku] = append(changes[s.sku], change{s.at, s.sku, s.units, -1})
	}
	free := map[string]int64{}
	for _, g := range p.Goods {
		of := changes[g.SKU]
		slices.SortStableFunc(of, func(a, b change) int { return a.at.Compare(b.at) })
		free[g.SKU] = o.replay(markets, g, of)
	}
	for _, m := range markets {
		shown := m.shown()
		for _, g := range p.Goods {
			o.quantities++
			want := max(0, free[g.SKU])
			if shown[g.SKU] != want {
				o.drift++
				o.note("%s shows %d of %s, it should be %d", m.channel(), shown[g.SKU], g.SKU, want)
			}
		}
	}
}

// replay plays what became of a good, and returns what is left of it.
func (o *outcome) replay(markets []market, g plan.Good, of []change) int64 {
	free := g.Opening
	for i, c := range of {
		if c.market < 0 {
			free += c.units
			continue
		}
		if over := min(c.units, c.units-free); over > 0 {
			o.oversold += over
			lag := int64(0)
			if len(markets) > amazonIndex {
				// Of an order that would have been refused, nothing was.
				if bestShown(markets, g, of[:i], c) >= c.units {
					lag = over
				}
				o.unavoidable += lag
			}
			o.note("%s: %d units sold beyond what there was on %s, %d of them whatever anybody does", g.SKU, over, markets[c.market].channel(), lag)
		}
		free -= c.units
	}
	return free
}

// bestShown is what a market would have shown of a good at the moment of a sale
// if an engine had learnt of every sale elsewhere as soon as its market tells of
// it, and had set the quantity at once. Writes are taken to be free, though they
// have their limits, so nothing counts as unavoidable for want of one.
func bestShown(markets []market, g plan.Good, before []change, at change) int64 {
	n := g.Opening
	_, effect := markets[at.market].lags()
	for _, c := range before {
		switch {
		case c.market < 0:
			n += c.units
		case c.market == at.market:
			n -= c.units
		default:
			visible, _ := markets[c.market].lags()
			if !c.at.Add(visible + effect).After(at.at) {
				n -= c.units
			}
		}
	}
	return n
}
