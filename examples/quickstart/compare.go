package main

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	channelsync "github.com/penstock-go/penstock/sync"
)

// outcome is what the comparison found: the figures of the last line.
type outcome struct {
	channels, orders, writeOffs, cancellations, unmatched int
	refused, shipments, quantities                        int

	differing  int // orders stored with other lines, quantities or money than the marketplace has
	unshipped  int // units the seller owes and no parcel has
	corrected  bool
	lost       int // orders on a marketplace and not in the store
	duplicated int // orders in the store and on no marketplace; parcels recorded more than once
	oversold   int64
	drift      int // listings that show another number than they should

	notes []string // the first few differences, in words
}

func (o *outcome) ok() bool {
	return o.differing == 0 && o.unshipped == 0 && o.corrected && o.lost == 0 && o.duplicated == 0 && o.oversold == 0 && o.drift == 0
}

func (o *outcome) line() string {
	word := "ok"
	if !o.ok() {
		word = "failed"
	}
	return fmt.Sprintf("main job: %s channels=%d orders=%d writeoffs=%d cancellations=%d unmatched=%d refused=%d shipments=%d quantities=%d differing=%d unshipped=%d lost=%d duplicated=%d oversold=%d drift=%d",
		word, o.channels, o.orders, o.writeOffs, o.cancellations, o.unmatched, o.refused, o.shipments, o.quantities, o.differing, o.unshipped, o.lost, o.duplicated, o.oversold, o.drift)
}

func (o *outcome) note(format string, args ...any) {
	if len(o.notes) < 20 {
		o.notes = append(o.notes, fmt.Sprintf(format, args...))
	}
}

// supply is a change of what the seller has, at its time: an adjustment, goods
// that came back, or units of a cancelled line that are free again.
type supply struct {
	at    time.Time
	sku   string
	units int64
}

// compare sets what the store holds, and what the marketplaces hold, against
// each other and against what the plan demands. It reads the fakes' own state.
func compare(ctx context.Context, engine *channelsync.Engine, markets []market, p *plan.Plan, supplies []supply) (*outcome, error) {
	o := &outcome{
		channels: len(markets), orders: 0, writeOffs: p.Apart.WriteOffs, cancellations: p.Apart.Cancellations, unmatched: p.Apart.Unmatched,
	}
	split := map[string]bool{}
	for _, s := range p.Steps {
		if s.Order != nil && s.Order.Split {
			split[s.Order.Number] = true
		}
	}
	for _, m := range markets {
		sold := m.orders()
		o.orders += len(sold)
		stored, err := storedOrders(ctx, engine, m.channel())
		if err != nil {
			return nil, err
		}
		o.compareOrders(m.channel(), sold, stored)
		o.compareParcels(m.channel(), sold, split)
	}
	o.compareStock(markets, p, supplies)
	return o, nil
}

// storedOrders reads a channel's orders from the store.
func storedOrders(ctx context.Context, engine *channelsync.Engine, id channel.ID) (map[string][]channel.Order, error) {
	out := map[string][]channel.Order{}
	for o, err := range engine.Orders(ctx, channelsync.OrderFilter{Channel: id}) {
		if err != nil {
			return nil, fmt.Errorf("stored orders of %s: %w", id, err)
		}
		out[string(o.Order.ID)] = append(out[string(o.Order.ID)], o.Order)
	}
	return out, nil
}

func (o *outcome) compareOrders(id channel.ID, sold []soldOrder, stored map[string][]channel.Order) {
	for _, s := range sold {
		have := stored[s.id]
		delete(stored, s.id)
		if len(have) == 0 {
			o.lost++
			o.note("%s order %s is not in the store", id, s.id)
			continue
		}
		if n := len(have) - 1; n > 0 {
			o.duplicated += n
			o.note("%s order %s is in the store %d times", id, s.id, n+1)
		}
		if why := differs(s, have[0]); why != "" {
			o.differing++
			o.note("%s order %s: %s", id, s.id, why)
		}
	}
	rest := make([]string, 0, len(stored))
	for extra := range stored {
		rest = append(rest, extra)
	}
	sort.Strings(rest)
	for _, extra := range rest {
		o.duplicated++
		o.note("%s has no order %s, which the store has", id, extra)
	}
}

// differs says how a stored order is not the marketplace's, "" when it is.
func differs(s soldOrder, have channel.Order) string {
	if len(s.lines) != len(have.Lines) {
		return fmt.Sprintf("%d lines, stored %d", len(s.lines), len(have.Lines))
	}
	if !sameAmount(s.total, have.Totals.Total.Shop) {
		return fmt.Sprintf("total %s, stored %s", s.total, have.Totals.Total.Shop)
	}
	for i, l := range s.lines {
		h := have.Lines[i]
		switch {
		case l.sku != h.SKU:
			return fmt.Sprintf("line %d is %q, stored %q", i, l.sku, h.SKU)
		case l.quantity != h.Ordered:
			return fmt.Sprintf("line %d: %d units, stored %d", i, l.quantity, h.Ordered)
		case !sameAmount(l.price, h.Price.Shop):
			return fmt.Sprintf("line %d: price %s, stored %s", i, l.price, h.Price.Shop)
		case l.ships && l.shipped != h.Shipped:
			return fmt.Sprintf("line %d: %d shipped, stored %d", i, l.shipped, h.Shipped)
		case l.ships && l.cancelled != h.Cancelled+h.Unshipped:
			return fmt.Sprintf("line %d: %d cancelled, stored %d", i, l.cancelled, h.Cancelled+h.Unshipped)
		}
	}
	return ""
}

func sameAmount(text string, m channel.Money) bool {
	want, err := channel.ParseMoney(text, m.Currency())
	return err == nil && want.Equal(m)
}

// compareParcels holds the parcels on a marketplace to what the warehouse owes:
// every unit not cancelled is in exactly one of them, and there are no more
// parcels than the warehouse packs: two for an order whose buyer asked for two.
func (o *outcome) compareParcels(id channel.ID, sold []soldOrder, split map[string]bool) {
	for _, s := range sold {
		var ours []int
		for i, l := range s.lines {
			if l.ships {
				ours = append(ours, i)
			}
		}
		packed := map[int]int64{}
		numbers := map[string]bool{}
		for _, p := range s.parcels {
			o.shipments++
			if numbers[p.number] {
				o.duplicated++
				o.note("%s order %s: parcel %s is recorded twice", id, s.id, p.number)
			}
			numbers[p.number] = true
			for i, n := range p.lines {
				packed[i] += n
			}
		}
		two := split[s.number] && len(ours) >= 2
		var due [2]bool
		for k, i := range ours {
			l := s.lines[i]
			if owed := l.quantity - l.cancelled - packed[i]; owed > 0 {
				o.unshipped += int(owed)
				o.note("%s order %s: line %d still owes %d", id, s.id, i, owed)
			} else if owed < 0 {
				o.duplicated++
				o.note("%s order %s: line %d is shipped %d times too often", id, s.id, i, -owed)
			}
			if l.shipped > 0 {
				if two {
					due[part(k, len(ours))] = true
				} else {
					due[0] = true
				}
			}
		}
		demanded := 0
		for _, d := range due {
			if d {
				demanded++
			}
		}
		if len(s.parcels) > demanded {
			o.duplicated += len(s.parcels) - demanded
			o.note("%s order %s: %d parcels, %d are demanded", id, s.id, len(s.parcels), demanded)
		} else if len(s.parcels) < demanded {
			o.unshipped++
			o.note("%s order %s: %d parcels, %d are demanded", id, s.id, len(s.parcels), demanded)
		}
	}
}

// compareStock replays sales and supplies in the order in which they happened,
// counts what was sold beyond what there was, and holds every listing to what
// is left.
func (o *outcome) compareStock(markets []market, p *plan.Plan, supplies []supply) {
	type change struct {
		at    time.Time
		sku   string
		units int64 // supply is positive
		sale  bool  // the last of two changes at the same moment
	}
	var changes []change
	free := map[string]int64{}
	for _, g := range p.Goods {
		free[g.SKU] = g.Opening
	}
	for _, m := range markets {
		for _, s := range m.sales() {
			if !s.accepted {
				o.refused++
				continue
			}
			changes = append(changes, change{s.at, s.sku, -s.units, true})
		}
	}
	for _, s := range supplies {
		changes = append(changes, change{s.at, s.sku, s.units, false})
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	for _, c := range changes {
		if _, ours := free[c.sku]; !ours {
			continue
		}
		if c.sale && free[c.sku]+c.units < 0 {
			over := min(-c.units, -(free[c.sku] + c.units))
			o.oversold += over
			o.note("%s: %d units sold beyond what there was", c.sku, over)
		}
		free[c.sku] += c.units
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
