package shopifytest

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func BenchmarkPlaceOrder(b *testing.B) {
	for _, lines := range []int{2, 1114} {
		b.Run(strconv.Itoa(lines), func(b *testing.B) {
			f := New(Config{})
			vs := make([]Variant, lines)
			for i := range vs {
				vs[i] = Variant{SKU: fmt.Sprint("S", i), Available: 1 << 30}
			}
			must(f.AddProduct(Product{Variants: vs}))
			n := NewOrder{Buyer: Buyer{Email: "ada@example.com"}, Taxes: []Tax{{Rate: "0.2"}}}
			for i := range lines {
				n.Lines = append(n.Lines, NewLine{SKU: fmt.Sprint("S", i)})
			}
			b.ReportAllocs()
			for b.Loop() {
				must(f.PlaceOrder(n))
			}
		})
	}
}

// BenchmarkOrdersPage reads the newest page of a shop with many orders: it
// must not depend on how many there are.
func BenchmarkOrdersPage(b *testing.B) {
	for _, orders := range []int{1000, 20000} {
		b.Run(strconv.Itoa(orders), func(b *testing.B) {
			f := New(Config{IndexLag: -1, Quota: 1e9})
			mug(f, "A", 1<<30)
			start := time.Now().Add(-time.Duration(orders) * time.Second)
			for i := range orders {
				must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}, At: start.Add(time.Duration(i) * time.Second)}))
			}
			a := newApp(&testing.T{}, f)
			vars := map[string]any{"first": 50, "query": "updated_at:>='" + time.Now().Add(-40*time.Second).UTC().Format(timeShape) + "'"}
			b.ReportAllocs()
			for b.Loop() {
				if len(a.run(ordersQuery, vars).list("orders.nodes")) == 0 {
					b.Fatal("no orders")
				}
			}
		})
	}
}

func TestALongWalkSeesEveryOrderOnce(t *testing.T) {
	bubble(t, Config{Quota: 100}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 10_000)
		const orders = 3000
		for i := range orders {
			must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}}))
			if i%7 == 0 {
				time.Sleep(time.Second)
			}
			if i%5 == 0 {
				check(t, f.Touch(fmt.Sprintf("#%d", 1001+i/2)))
			}
		}
		settled()
		seen := map[string]int{}
		in := map[string]any{"n": 250}
		for page := 0; ; page++ {
			r := a.run(pageOf, in)
			for _, o := range r.list("orders.nodes") {
				seen[o.(map[string]any)["name"].(string)]++
			}
			if page == 3 { // a change under way repeats, it never hides
				check(t, f.Touch("#1001"))
				settled()
			}
			if r.at("orders.pageInfo.hasNextPage") != true {
				break
			}
			in["after"] = r.str("orders.pageInfo.endCursor")
		}
		equal(t, "orders", len(seen), orders)
	})
}

func TestAnOrderOfManyLines(t *testing.T) {
	bubble(t, Config{Quota: 100}, func(f *Fake, a *app) {
		t := a.t
		vs := make([]Variant, 1114)
		n := NewOrder{}
		for i := range vs {
			vs[i] = Variant{SKU: fmt.Sprint("S", i), Available: 2}
			n.Lines = append(n.Lines, NewLine{SKU: vs[i].SKU})
		}
		must(f.AddProduct(Product{Variants: vs}))
		o := must(f.PlaceOrder(n))
		equal(t, "lines", len(o.FulfilmentOrders[0].Lines), 1114)
		var units []any
		for _, l := range o.FulfilmentOrders[0].Lines[:512] {
			units = append(units, l.ID, 1)
		}
		r := a.run(fulfil, shipment(nil, o.FulfilmentOrders[0].ID, units))
		equal(t, "512 lines go at once", len(r.userErrors("fulfillmentCreate")), 0)
		units = append(units, o.FulfilmentOrders[0].Lines[512].ID, 1)
		equal(t, "and no more", a.try(fulfil, shipment(nil, o.FulfilmentOrders[0].ID, units)).message(), "The input array size of 513 is greater than the maximum allowed of 512.")
		check(t, f.CancelFulfilment(must(f.Order(o.ID)).Fulfilments[0].ID))
		check(t, f.CancelOrder(o.ID, true))
		equal(t, "all back", f.Available("S700", ""), 2)
	})
}
