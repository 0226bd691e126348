package bigcommerce_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

type wire = adaptertest.Wire

var answer = adaptertest.Answer

// rig is a channel on a fake store, in a bubble.
type rig struct {
	*testing.T
	fake *bigcommercetest.Fake
	ch   *bigcommerce.Channel
	wire *wire
}

// onStore runs f in a bubble on a fake store. configure, if any, changes the
// channel's configuration.
func onStore(t *testing.T, store bigcommercetest.Config, configure func(*bigcommerce.Config), f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fake: bigcommercetest.New(store)}
		r.wire = &wire{Base: recorded(t, r.fake.Transport()), Path: inStore}
		cfg := r.fake.Config()
		cfg.Transport = r.wire
		if configure != nil {
			configure(&cfg)
		}
		var err error
		if r.ch, err = bigcommerce.New(cfg); err != nil {
			t.Fatal(err)
		}
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

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

// product adds products that are counted, of one variant each.
func (r *rig) product(sku string, onHand int64) bigcommercetest.Product {
	r.Helper()
	return must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: sku, Price: "10", OnHand: onHand}))
}

func (r *rig) place(n bigcommercetest.NewOrder) int {
	r.Helper()
	id, err := r.fake.PlaceOrder(n)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) pages(q channel.OrderQuery) []channel.Page[channel.Order] {
	r.Helper()
	return adaptertest.Pages(r, r.ch, q)
}

// walk returns the orders of a walk by id; an order that repeats fails.
func (r *rig) walk(q channel.OrderQuery) map[channel.OrderID]channel.Order {
	r.Helper()
	out := map[channel.OrderID]channel.Order{}
	for _, p := range r.pages(q) {
		for _, o := range p.Items {
			if _, again := out[o.ID]; again {
				r.Errorf("order %s came twice", o.ID)
			}
			out[o.ID] = o
		}
	}
	return out
}

func (r *rig) order(id int) channel.Order {
	r.Helper()
	o, found := r.walk(channel.OrderQuery{})[oid(id)]
	if !found {
		r.Fatalf("the walk does not bring order %d", id)
	}
	return o
}

func oid(id int) channel.OrderID { return channel.OrderID(strconv.Itoa(id)) }

// listings returns the listings by SKU.
func (r *rig) listings() map[string]channel.Listing {
	r.Helper()
	out := map[string]channel.Listing{}
	for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		out[l.Ref.SKU] = l
	}
	return out
}

// onHand is what a location has of a SKU.
func (r *rig) onHand(sku string, location int) (onHand, available int64) {
	r.Helper()
	for _, q := range r.fake.Quantities() {
		if q.SKU == sku && q.Location == location {
			return q.OnHand, q.AvailableToSell
		}
	}
	r.Fatalf("no SKU %q at location %d", sku, location)
	return 0, 0
}

// golden compares the requests sent with a golden file.
func (r *rig) golden(name string) {
	r.Helper()
	adaptertest.Golden(r, name, strings.Join(r.wire.Taken(), "\n"))
}

// inStore is a path without the store that it is in.
func inStore(u *url.URL) string {
	_, path, found := strings.Cut(u.Path, "/stores/")
	if !found {
		return u.Path
	}
	_, path, _ = strings.Cut(path, "/")
	return "/" + path
}
