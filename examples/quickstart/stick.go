package main

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// spoiled is how many goods are written off while Amazon's feed sticks, and how
// many units of each: more than were delivered, so that what is shown must fall
// below what the feed will set.
const (
	spoiledGoods = 5
	spoiledUnits = 1500
)

// stick makes the next feed to Amazon stick in the middle of its work. While it
// does, some of its goods spoil, which the engine may not leave for the feed to
// end; then the feed ends, and sets what is no longer there. say is told how it
// goes.
func (w *world) stick(ctx context.Context, o options, p *plan.Plan, tell func(command), say func(string)) error {
	before := len(w.amazon.Feeds())
	w.amazon.FeedFault(amazontest.FeedFault{StickRunning: true})
	if err := until(ctx, o.patience(), "a feed to Amazon is in progress", func() (bool, int) {
		feeds := w.amazon.Feeds()
		return len(feeds) > before && feeds[before].Status == amazontest.InProgress, len(feeds)
	}); err != nil {
		return err
	}
	say("a feed to Amazon sticks; some of its goods spoil meanwhile")
	market, bound := w.markets[amazonIndex], map[string]int64{}
	shown := market.shown()
	for _, g := range p.Goods[len(p.Goods)-spoiledGoods:] {
		bound[g.SKU] = shown[g.SKU]
		w.supply(g.SKU, -spoiledUnits)
		tell(command{Op: "adjust", Key: "spoiled/" + g.SKU, Units: []unitsOf{{g.SKU, -spoiledUnits}}})
	}
	fallen := func() int {
		n, shown := 0, market.shown()
		for sku, was := range bound {
			if shown[sku] <= was-(spoiledUnits-plan.Delivered) {
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
