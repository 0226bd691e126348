package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

const (
	// delivered is how many units of each good of a delivery arrive.
	delivered = 1000

	// spoiledGoods of them are written off while Amazon's feed sticks,
	// spoiledUnits each: more than were delivered, so that what is shown must
	// fall below what the feed will set.
	spoiledGoods = 5
	spoiledUnits = 1500
)

// stick lets goods arrive, and the feed that tells Amazon of them stick in the
// middle of its work. While it does, some of the goods spoil, which the engine
// may not leave for the feed to end; then the feed ends, and sets what is no
// longer there. tell gives commands to the engine, say is told how it goes.
func (w *world) stick(ctx context.Context, o options, p *plan.Plan, tell func(command), say func(string)) error {
	last := p.Delivery[len(p.Delivery)-1]
	w.amazon.FeedFault(amazontest.FeedFault{SKU: last, StickRunning: true})
	market := w.markets[amazonIndex]
	// A delivery goes by a feed when the engine can raise all of it at once: not
	// while it waits for what a write before has come to.
	rest := scaled(15*time.Minute, o.quota, 0)
	deliveries, expected, since := 0, market.shown()[last], time.Now()
	if err := until(ctx, o.patience(), "a feed to Amazon is in progress", func() (bool, int) {
		if slices.ContainsFunc(w.amazon.Feeds(), func(f amazontest.Feed) bool { return f.Struck && f.Status == amazontest.InProgress }) {
			return true, deliveries
		}
		switch shown := market.shown()[last]; {
		case shown < expected:
			since = time.Now()
		case time.Since(since) > rest:
			w.deliver(p.Delivery, deliveries, tell)
			expected += delivered
			deliveries++
		}
		return false, deliveries
	}); err != nil {
		return err
	}
	say("a feed to Amazon sticks; some of its goods spoil meanwhile")
	shown, bound := market.shown(), map[string]int64{}
	for _, sku := range p.Delivery[len(p.Delivery)-spoiledGoods:] {
		bound[sku] = shown[sku]
		w.supply(sku, -spoiledUnits)
		tell(command{Op: "adjust", Key: "spoiled/" + sku, Units: []unitsOf{{sku, -spoiledUnits}}})
	}
	fallen := func() int {
		n, shown := 0, market.shown()
		for sku, was := range bound {
			if shown[sku] <= was-(spoiledUnits-delivered) {
				n++
			}
		}
		return n
	}
	if err := until(ctx, o.patience(), "the goods that spoiled are shown as fewer on Amazon", func() (bool, int) {
		n := fallen()
		return n == len(bound), n
	}); err != nil {
		return err
	}
	w.amazon.ReleaseFeeds()
	if err := until(ctx, o.patience(), "the late feed has set what it held", func() (bool, int) {
		n := fallen()
		return n < len(bound), n
	}); err != nil {
		return err
	}
	say(fmt.Sprintf("the feed ended late and set %d goods that had spoiled to what it held; the engine puts that right", len(bound)-fallen()))
	return nil
}

// deliver lets units of all goods of a delivery arrive at once.
func (w *world) deliver(skus []string, nth int, tell func(command)) {
	c := command{Op: "adjust", Key: fmt.Sprintf("delivery/%d", nth)}
	for _, sku := range skus {
		w.supply(sku, delivered)
		c.Units = append(c.Units, unitsOf{sku, delivered})
	}
	tell(c)
}

// stock sets what every market shows to what there is, without an engine.
func (w *world) stock(p *plan.Plan) error {
	for _, m := range w.markets {
		for _, g := range p.Goods {
			if err := m.set(g.SKU, g.Opening); err != nil {
				return err
			}
		}
	}
	return nil
}
