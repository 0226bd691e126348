package shopifytest

import (
	"fmt"
	"strings"
	"time"
)

// check refuses a sale above what is shown. It looks at the whole cart: two
// lines of one variant count together.
func (p *placing) check() error {
	want := map[*item]int{}
	for _, l := range p.o.lines {
		if l.variant != nil {
			want[l.variant.item] += l.quantity
		}
	}
	loc, err := p.forced()
	if err != nil {
		return err
	}
	var short []string
	for _, l := range p.o.lines {
		if l.variant == nil {
			continue
		}
		it := l.variant.item
		n, asked := want[it]
		if !asked {
			continue
		}
		delete(want, it)
		shown := it.shown()
		if loc != nil {
			shown = 0
			if lv := it.level(loc); lv != nil {
				shown = lv.q[available]
			}
		}
		p.sales = append(p.sales, Sale{Time: p.at, SKU: it.sku, ItemID: it.gid(), Units: n, Shown: shown})
		if n > shown && it.tracked && !l.variant.oversell {
			short = append(short, fmt.Sprintf("%q: %d wanted, %d shown", it.sku, n, shown))
		}
	}
	if len(short) == 0 {
		return nil
	}
	p.f.sales = append(p.f.sales, p.sales...)
	p.f.stats.Refused++
	return fmt.Errorf("%w: %s", ErrInsufficientStock, strings.Join(short, "; "))
}

func (p *placing) forced() (*location, error) {
	if p.n.Location == "" {
		return nil, nil
	}
	return p.f.location(p.n.Location)
}

// route decides where each unit is fulfilled: the first location that can do
// it all, else line by line, a line in parts if it must be.
func (p *placing) route() error {
	loc, err := p.forced()
	if err != nil {
		return err
	}
	if loc != nil {
		p.all(loc)
		return nil
	}
	var places []*location
	for _, l := range p.f.locations {
		if l.active && l.online {
			places = append(places, l)
		}
	}
	if len(places) == 0 {
		places = p.f.locations[:1]
	}
	for _, l := range places {
		if p.canAll(l) {
			p.all(l)
			return nil
		}
	}
	for _, l := range p.o.lines {
		if !l.nothingToFulfil {
			p.spread(l, places)
		}
	}
	return nil
}

func (p *placing) all(loc *location) {
	for _, l := range p.o.lines {
		if !l.nothingToFulfil {
			p.legs = append(p.legs, leg{l, loc, l.quantity})
		}
	}
}

func (p *placing) canAll(loc *location) bool {
	want := map[*item]int{}
	for _, l := range p.o.lines {
		if l.variant != nil {
			want[l.variant.item] += l.quantity
		}
	}
	for it, n := range want {
		lv := it.level(loc)
		switch {
		case lv == nil || !lv.active:
			return false
		case it.tracked && lv.q[available] < n && !it.variant.oversell:
			return false
		case it.tracked && it.variant.oversell && lv.q[available] < n && it.shown() >= n:
			return false // somewhere else there is enough
		}
	}
	return true
}

func (p *placing) spread(l *line, places []*location) {
	left := l.quantity
	if l.variant == nil {
		p.legs = append(p.legs, leg{l, places[0], left})
		return
	}
	it := l.variant.item
	home := places[0]
	stocked := false
	for _, loc := range places {
		lv := it.level(loc)
		if lv == nil || !lv.active {
			continue
		}
		if !stocked {
			home, stocked = loc, true
		}
		if !it.tracked {
			break
		}
		free := lv.q[available] - p.takenAt(it, loc)
		if n := min(free, left); n > 0 {
			p.legs = append(p.legs, leg{l, loc, n})
			left -= n
		}
	}
	if left > 0 {
		p.legs = append(p.legs, leg{l, home, left})
	}
}

// takenAt is what earlier lines of this order take of an item at a location.
func (p *placing) takenAt(it *item, loc *location) int {
	n := 0
	for _, g := range p.legs {
		if g.loc == loc && g.line.variant != nil && g.line.variant.item == it {
			n += g.n
		}
	}
	return n
}

func (p *placing) takeStock() {
	f := p.f
	for _, s := range p.sales {
		s.Accepted, s.Order = true, p.o.gid()
		f.sales = append(f.sales, s)
	}
	for _, g := range p.legs {
		f.commitUnits(g.line, g.loc, g.n)
	}
}

// commitUnits moves units from available to committed, as a sale does.
func (f *Fake) commitUnits(l *line, loc *location, n int) {
	if l.variant == nil || !l.variant.item.tracked {
		return
	}
	lv := f.levelAt(l.variant.item, loc)
	f.shift(lv, available, -n)
	f.shift(lv, committed, n)
}

// fulfilAtOr is when fulfilment may begin: the hour of the sale, as the real
// one answers, unless it was scheduled.
func fulfilAtOr(at, placed time.Time) time.Time {
	if at.IsZero() {
		return placed.Truncate(time.Hour)
	}
	return at.UTC().Truncate(time.Second)
}
