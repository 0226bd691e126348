package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Fixture is what [Run] needs to know of an adapter.
type Fixture struct {
	// New returns a marketplace without listings and orders. It is called
	// within a testing/synctest bubble, so whatever it starts must work there:
	// a fake is reached through its in-process transport.
	New func(tb testing.TB) World

	// Capabilities names those the channel has. A missing one fails the suite,
	// and so does an extra one.
	Capabilities []string

	// Cannot names cases that do not apply, each with the reason.
	Cannot map[string]string
}

// Case is one thing that is asked of every channel.
type Case struct {
	Name  string
	Why   string   // in a sentence, printed when it fails
	Needs []string // capabilities without which it does not apply
	run   func(e *env)
}

// Cases returns every case, in the order in which they run.
func Cases() []Case {
	return slices.Concat(
		channelCases(), walkCases(), orderCases(), listingCases(),
		shipCases(), shipTroubleCases(), stockCases(), stockTroubleCases(), errorCases(), leakCases(), laterCases(),
	)
}

// Run holds a channel to the contract of package channel, each case in a
// bubble of its own.
func Run(t *testing.T, f Fixture) {
	t.Helper()
	cases := Cases()
	for name := range f.Cannot {
		if !slices.ContainsFunc(cases, func(c Case) bool { return c.Name == name }) {
			t.Errorf("Fixture.Cannot names %q, which is no case", name)
		}
	}
	for _, c := range cases {
		// A case that does not apply is not a test of this channel: it is left
		// out, not skipped.
		if reason, cannot := f.Cannot[c.Name]; cannot {
			t.Logf("left out: %s: %s", c.Name, reason)
			continue
		}
		if !c.applies(f) {
			t.Logf("left out: %s: needs a capability the channel does not have", c.Name)
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.test(t, f) })
		})
	}
}

func (c Case) applies(f Fixture) bool {
	return !slices.ContainsFunc(c.Needs, func(n string) bool { return !slices.Contains(f.Capabilities, n) })
}

// test runs the case on tb, within a bubble.
func (c Case) test(tb testing.TB, f Fixture) {
	tb.Helper()
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("%s: %s", c.Name, c.Why)
		}
	})
	e := &env{TB: tb, f: f}
	e.fresh()
	c.run(e)
}

// env is what a case works with.
type env struct {
	testing.TB
	f  Fixture
	w  World
	ch channel.Channel
}

// fresh begins with a new marketplace.
func (e *env) fresh() {
	e.w = e.f.New(e.TB)
	e.ch = e.w.Open()
}

// must ends the case on an error of the world's own.
func (e *env) must(err error) {
	e.Helper()
	if errors.Is(err, errors.ErrUnsupported) {
		e.Fatalf("the world cannot: %v; a case that therefore does not apply is named in Fixture.Cannot", err)
	}
	if err != nil {
		e.Fatalf("world: %v", err)
	}
}

// no ends the case on an error of the channel's.
func (e *env) no(op string, err error) {
	e.Helper()
	if err != nil {
		e.Fatalf("%s: %v", op, err)
	}
}

func (e *env) listing(sku string, quantity int64) channel.ListingID {
	e.Helper()
	id, err := e.w.AddListing(sku, quantity)
	e.must(err)
	return id
}

// mug adds the listing most cases sell.
func (e *env) mug(quantity int64) channel.ListingID {
	e.Helper()
	return e.listing("MUG-01", quantity)
}

func (e *env) buy(p Purchase) channel.OrderID {
	e.Helper()
	id, err := e.w.PlaceOrder(p)
	e.must(err)
	return id
}

func (e *env) place(id channel.ListingID, quantity int64) channel.OrderID {
	e.Helper()
	return e.buy(Purchase{Lines: []PurchaseLine{{id, quantity}}})
}

// inject begins trouble that ends with the case.
func (e *env) inject(t Trouble) (lift func()) {
	e.Helper()
	lift, err := e.w.Inject(t)
	e.must(err)
	return lift
}

// wait lets time pass in the bubble.
func (e *env) wait(d time.Duration) { <-time.After(d) }

// visible waits until walks show what happened so far.
func (e *env) visible() { e.wait(e.ch.Traits().VisibilityLag + time.Second) }

// effective waits until accepted stock writes are shown.
func (e *env) effective() { e.wait(e.ch.Traits().EffectLag + time.Second) }

// soon bounds what is not to wait: in a bubble only waiting takes time.
const soon = time.Minute

// prompt runs f and complains when it takes longer than d.
func (e *env) prompt(what string, d time.Duration, f func()) {
	e.Helper()
	began := time.Now()
	f()
	if took := time.Since(began); took > d {
		e.Errorf("%s took %s, more than %s", what, took, d)
	}
}

// mostPages ends a walk that has no end.
const mostPages = 2000

// pages walks to the end.
func (e *env) pages(ch channel.Channel, q channel.OrderQuery) []channel.Page[channel.Order] {
	e.Helper()
	var all []channel.Page[channel.Order]
	for len(all) < mostPages {
		page, err := ch.OrderPage(e.Context(), q)
		e.no("OrderPage", err)
		all = append(all, page)
		if page.Next == "" {
			return all
		}
		q = channel.OrderQuery{After: page.Next, Limit: q.Limit}
	}
	e.Fatalf("a walk over orders did not end after %d pages", mostPages)
	return nil
}

// walk walks to the end and returns the orders merged from its pages, and
// Through.
func (e *env) walk(q channel.OrderQuery) (orders map[channel.OrderID]channel.Order, through time.Time) {
	e.Helper()
	pages := e.pages(e.ch, q)
	return merge(pages), pages[len(pages)-1].Through
}

// read returns an order as walks tell it once it is visible.
func (e *env) read(id channel.OrderID) channel.Order {
	e.Helper()
	e.visible()
	orders, _ := e.walk(channel.OrderQuery{})
	o, found := orders[id]
	if !found {
		e.Fatalf("the walk does not bring order %s", id)
	}
	return o
}

// merge puts the parts of each order together.
func merge(pages []channel.Page[channel.Order]) map[channel.OrderID]channel.Order {
	orders := map[channel.OrderID]channel.Order{}
	for _, p := range pages {
		for _, o := range p.Items {
			orders[o.ID] = mergeParts(orders[o.ID], o)
		}
	}
	return orders
}

// mergeParts returns the parts that o has over those that old has.
func mergeParts(old, o channel.Order) channel.Order {
	if old.ID == "" {
		return o
	}
	if o.Has(channel.PartLines) {
		old, o = o, old
		o.Parts &^= old.Parts
	}
	// old has the lines; o adds what old lacks.
	for part, take := range map[channel.Parts]func(){
		channel.PartRecipient: func() { old.Recipient = o.Recipient },
		channel.PartBuyer:     func() { old.Buyer = o.Buyer },
		channel.PartUnits:     func() { old.Units = o.Units },
		channel.PartShipments: func() { old.Shipments = o.Shipments },
		channel.PartRefunds:   func() { old.Refunds = o.Refunds },
		channel.PartCancels:   func() { old.Cancels = o.Cancels },
	} {
		if o.Has(part) {
			take()
		}
	}
	old.Parts |= o.Parts
	return old
}

// ids returns the ids of orders placed that a walk should bring, as a
// complaint when it does not.
func missing(want []channel.OrderID, got map[channel.OrderID]channel.Order) error {
	var lost []channel.OrderID
	for _, id := range want {
		if _, found := got[id]; !found {
			lost = append(lost, id)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("orders %v of %d are missing", lost, len(want))
	}
	return nil
}

// ctx returns a context that ends after d.
func (e *env) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(e.Context(), d)
}
