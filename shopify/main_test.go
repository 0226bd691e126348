package shopify_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// rig is a channel on a fake shop, in a bubble.
type rig struct {
	*testing.T
	fake *shopifytest.Fake
	ch   *shopify.Channel
}

// onShop runs f in a bubble on a fake shop. configure, if any, changes the
// channel's configuration.
func onShop(t *testing.T, shop shopifytest.Config, configure func(*shopify.Config), f func(r rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := shopifytest.New(shop)
		cfg := shopify.Config{Shop: fake.Shop(), Token: "shpat_fake", Transport: recorded(t, fake.Transport())}
		if configure != nil {
			configure(&cfg)
		}
		ch, err := shopify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(rig{t, fake, ch})
	})
}

func (r rig) product(sku string, available int) {
	r.Helper()
	_, err := r.fake.AddProduct(shopifytest.Product{Title: sku, Variants: []shopifytest.Variant{{SKU: sku, Price: "10.00", Available: available}}})
	if err != nil {
		r.Fatal(err)
	}
}

func (r rig) order(n shopifytest.NewOrder) shopifytest.Order {
	r.Helper()
	if n.Address == nil {
		n.Address = &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Berlin", Zip: "10115", CountryCode: "DE"}
	}
	o, err := r.fake.PlaceOrder(n)
	if err != nil {
		r.Fatal(err)
	}
	return o
}

// walk returns everything a walk since an hour ago finds, after the index had
// its time.
func (r rig) walk() (orders []channel.Order, units []channel.Order, pages []channel.Page[channel.Order]) {
	r.Helper()
	time.Sleep(10 * time.Second)
	q := channel.OrderQuery{Since: time.Now().Add(-time.Hour)}
	for {
		p, err := r.ch.OrderPage(r.Context(), q)
		if err != nil {
			r.Fatal(err)
		}
		pages = append(pages, p)
		for _, o := range p.Items {
			if o.Has(channel.PartLines) {
				orders = append(orders, o)
			} else {
				units = append(units, o)
			}
		}
		if p.Next == "" {
			return orders, units, pages
		}
		q.After = p.Next
	}
}

func (r rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}
