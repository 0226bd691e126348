package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// patience is how long nothing may move before a run is given up: what the
// shops show wrongly is found by the audit at the latest.
func (o options) patience() time.Duration {
	longest := auditEvery + time.Hour
	if o.markets() > amazonIndex {
		longest = 7 * time.Hour // an order may take six to be seen on Amazon
	}
	return scaled(longest, o.quota, 45*time.Second)
}

// drive runs the plan from the first count to the last parcel, killing the
// engine on the way.
func drive(ctx context.Context, o options, p *plan.Plan, w *world, c *child, show *progress) error {
	if err := c.start(0); err != nil {
		return err
	}
	if o.still {
		if err := w.stock(p); err != nil {
			return err
		}
	}
	show.say("the seller counts %d goods; the shops follow", len(p.Goods))
	count := command{Op: "count", Key: "opening"}
	for _, g := range p.Goods {
		count.Units = append(count.Units, unitsOf{g.SKU, g.Opening})
	}
	c.send(count)
	if err := until(ctx, o.patience(), "the shops show the opening stock", func() (bool, int) {
		n, of := w.shown(p), len(w.markets)*len(p.Goods)
		show.bar("listings that show the count", n, of)
		return c.waiting() == 0 && n == of, n
	}); err != nil {
		return err
	}

	show.say("buyers begin")
	sold := make(chan error, 1)
	go func() { sold <- w.run(ctx, p, &c.pace, c.send) }()
	if o.kills {
		if err := kills(ctx, o, w, c, show); err != nil {
			return err
		}
	}
	stuck, news := make(chan error, 1), make(chan string, 4)
	if w.amazon != nil && len(p.Delivery) > 0 && o.kills && !o.still { // a life sends a feed in 20 minutes
		go func() { stuck <- w.stick(ctx, o, p, c.send, func(s string) { news <- s }) }()
	} else {
		stuck <- nil
	}
	total := 0
	for _, s := range p.Steps {
		if s.Order != nil {
			total++
		}
	}
	for done := false; !done; {
		select {
		case err := <-sold:
			if err != nil {
				return err
			}
			done = true
		case s := <-news:
			show.say("%s", s)
		case <-time.After(200 * time.Millisecond):
			n, refused := w.counts()
			show.bar("orders placed", n+refused, total)
		}
	}
	n, refused := w.counts()
	show.say("%d orders placed, %d refused because the shop showed too little; the engine finishes", n, refused)
	if held := c.pace.total(); held > time.Second {
		show.say("buyers came %.1f s late in all: this machine has other things to do", held.Seconds())
	}
	if err := <-stuck; err != nil {
		return err
	}
	for len(news) > 0 {
		show.say("%s", <-news)
	}
	if err := w.correct(ctx, o, c); err != nil {
		return err
	}
	before, seen := -1, ""
	if err := until(ctx, o.patience(), "every order is shipped and every listing level", func() (bool, int) {
		parcels, quantities := w.written()
		n, now, settled := parcels+quantities, "the engine is writing"+seen, false
		if n == before { // a whole look halts the marketplaces: not while they are busy
			left := w.unsettled(p)
			left.commands = c.waiting()
			if o.still {
				left.listings, left.one = 0, ""
			}
			n += left.units + left.listings
			now, settled = left.String(), left == (unsettled{})
			seen = ", at the last look " + now
		}
		before = parcels + quantities
		show.now("written: %d parcels, quantities %d times; %s", parcels, quantities, now)
		return settled, n
	}); err != nil {
		return err
	}
	show.say("every order is shipped and every listing level; the engine reads the last changes")
	c.send(command{Op: "imported", At: time.Now().Add(time.Second)})
	return until(ctx, o.patience(), "the store has it all", func() (bool, int) { return c.waiting() == 0, 0 })
}

// kills ends the engine with kill -9 in the middle of its work, three times,
// and starts it again.
func kills(ctx context.Context, o options, w *world, c *child, show *progress) error {
	at := make(chan string, 4)
	c.mu.Lock()
	c.at = func(point string) { at <- point }
	c.mu.Unlock()

	// A life that stops inside its third commit of a page of orders.
	c.kill()
	if err := c.start(3); err != nil {
		return err
	}
	if err := struck(ctx, o.patience(), at, "commit"); err != nil {
		return err
	}
	c.kill()
	show.say("killed while a page of orders was being committed; started again")
	if err := c.start(0); err != nil {
		return err
	}

	w.stallShipment(func() { at <- "shipment" })
	if err := struck(ctx, o.patience(), at, "shipment"); err != nil {
		return err
	}
	c.kill()
	show.say("killed while a shipment was unanswered; started again")
	if err := c.start(0); err != nil {
		return err
	}
	w.loseShipment()
	return nil
}

func struck(ctx context.Context, patience time.Duration, at <-chan string, point string) error {
	for {
		select {
		case p := <-at:
			if p == point {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience):
			return fmt.Errorf("the engine never came to the point %q", point)
		}
	}
}

// until waits for a condition, as long as the figure it comes with moves.
func until(ctx context.Context, patience time.Duration, what string, met func() (bool, int)) error {
	last, since := -1, time.Now()
	for {
		began := time.Now()
		ok, n := met()
		took := time.Since(began)
		if ok {
			return nil
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > patience {
			return fmt.Errorf("nothing moved for %s while waiting until %s", patience, what)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), fmt.Errorf("while waiting until %s", what))
		case <-time.After(max(200*time.Millisecond, 4*took)): // a look at a large run is not free
		}
	}
}

// written is how many requests to write parcels and quantities the marketplaces
// got.
func (w *world) written() (parcels, quantities int) {
	for _, m := range w.markets {
		p, q := m.written()
		parcels, quantities = parcels+p, quantities+q
	}
	return parcels, quantities
}

// unsettled is what a run still waits for.
type unsettled struct {
	units       int    // to be shipped
	listings    int    // that show another number than they should
	one         string // of those listings
	uncorrected bool
	commands    int // to the engine, not carried out
}

func (u unsettled) String() string {
	var left []string
	if u.units > 0 {
		left = append(left, fmt.Sprintf("to ship: %d units", u.units))
	}
	switch {
	case u.listings == 1:
		left = append(left, "to level: "+u.one)
	case u.listings > 1:
		left = append(left, fmt.Sprintf("to level: %d listings, such as %s", u.listings, u.one))
	}
	if u.uncorrected {
		left = append(left, "to correct: one tracking number")
	}
	if u.commands > 0 {
		left = append(left, fmt.Sprintf("to be done by the engine: %d commands", u.commands))
	}
	if len(left) == 0 {
		return "nothing left"
	}
	return "left " + strings.Join(left, ", ")
}

// unsettled looks what is still to be shipped, levelled and corrected.
func (w *world) unsettled(p *plan.Plan) unsettled {
	left := unsettled{}
	free := map[string]int64{}
	for _, g := range p.Goods {
		free[g.SKU] = g.Opening
	}
	w.mu.Lock()
	for _, s := range w.supplies {
		free[s.sku] += s.units
	}
	w.mu.Unlock()
	fixed := 0
	for _, m := range w.markets {
		for _, o := range m.orders() {
			fixed += o.corrected()
			for _, l := range o.lines {
				if l.ships {
					left.units += int(max(0, l.quantity-l.cancelled-l.shipped))
				}
			}
		}
		for _, s := range m.sales() {
			if s.accepted {
				free[s.sku] -= s.units
			}
		}
	}
	left.uncorrected = fixed != 1
	for _, m := range w.markets {
		shown := m.shown()
		for _, g := range p.Goods {
			if want := max(0, free[g.SKU]); shown[g.SKU] != want {
				left.listings++
				left.one = fmt.Sprintf("%s on %s, which shows %d for %d", g.SKU, m.channel(), shown[g.SKU], want)
			}
		}
	}
	return left
}

// corrected is the tracking number the seller corrects to.
const corrected = "CORRECTED0001"

// correct has the tracking number of one parcel corrected: the first on
// Shopify.
func (w *world) correct(ctx context.Context, o options, c *child) error {
	var id string
	if err := until(ctx, o.patience(), "a parcel is on Shopify", func() (bool, int) {
		for _, o := range w.markets[0].orders() {
			if len(o.parcels) == 1 {
				id = o.id
				return true, 0
			}
		}
		return false, 0
	}); err != nil {
		return err
	}
	w.mu.Lock()
	w.corrected = id
	w.mu.Unlock()
	c.send(command{Op: "correct", Key: "correct", Order: string(shopifyID) + "/" + id, To: corrected})
	return nil
}

// corrected is how many parcels of an order have the corrected number.
func (o *soldOrder) corrected() int {
	n := 0
	for _, p := range o.parcels {
		if p.number == corrected {
			n++
		}
	}
	return n
}
