package amazon_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

type (
	accountConfig = amazontest.Config
	newOrder      = amazontest.NewOrder
	newLine       = amazontest.NewLine
	wire          = adaptertest.Wire
)

var answer = adaptertest.Answer

// rig is a channel on a fake seller account, in a bubble.
type rig struct {
	*testing.T
	fake *amazontest.Fake
	ch   *amazon.Channel
	wire *wire

	listed map[string]bool
}

// onAccount runs f in a bubble on a fake account. configure, if any, changes
// the channel's configuration.
func onAccount(t *testing.T, account accountConfig, configure func(*amazon.Config), f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fake: amazontest.New(account)}
		r.wire = &wire{Base: recorded(t, r.fake.Transport())}
		cfg := r.fake.Config()
		cfg.Transport = r.wire
		if configure != nil {
			configure(&cfg)
		}
		r.ch = must(amazon.New(cfg))
		f(r)
		for _, v := range r.fake.Violations() {
			t.Error(v)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

// visible lets what happened be found.
func visible() { pass(5 * time.Minute) }

// product adds a listing that the seller ships from, unless it is there.
func (r *rig) product(sku string, onHand int64) {
	r.Helper()
	if r.listed[sku] {
		return
	}
	if r.listed == nil {
		r.listed = map[string]bool{}
	}
	r.listed[sku] = true
	must(r.fake.AddProduct(amazontest.NewProduct{SKU: sku, Price: "10", OnHand: onHand}))
}

func (r *rig) place(n newOrder) string {
	r.Helper()
	return must(r.fake.PlaceOrder(n))
}

func (r *rig) pages(q channel.OrderQuery) []channel.Page[channel.Order] {
	r.Helper()
	return adaptertest.Pages(r, r.ch, q)
}

// walk returns the orders of a walk by id; an order that repeats fails.
func (r *rig) walk(q channel.OrderQuery) map[string]channel.Order {
	r.Helper()
	return adaptertest.Walk(r, r.ch, q)
}

// order reads an order by id.
func (r *rig) order(id string) channel.Order {
	r.Helper()
	page := must(r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(id)}))
	if len(page.Items) != 1 {
		r.Fatalf("order %s: %d orders, parked %v", id, len(page.Items), page.Parked)
	}
	return page.Items[0]
}

// golden compares the requests sent with a golden file.
func (r *rig) golden(name string) {
	r.Helper()
	adaptertest.Golden(r, name, strings.Join(r.wire.Taken(), "\n"))
}
