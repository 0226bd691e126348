package shopify_test

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// BenchmarkWalk reads 500 orders of three lines from a fake shop in process,
// page by page, the fake's own work included.
func BenchmarkWalk(b *testing.B) {
	const orders = 500
	fake := shopifytest.New(shopifytest.Config{Quota: 1e6, IndexLag: -1})
	_, err := fake.AddProduct(shopifytest.Product{Variants: []shopifytest.Variant{{SKU: "MUG-01", Price: "12.50", Available: 3 * orders}}})
	if err != nil {
		b.Fatal(err)
	}
	for range orders {
		_, err := fake.PlaceOrder(shopifytest.NewOrder{
			Lines:   []shopifytest.NewLine{{SKU: "MUG-01"}, {SKU: "MUG-01"}, {SKU: "MUG-01"}},
			Address: &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Berlin", CountryCode: "DE"},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	cfg := fake.Config()
	cfg.MaxWait = -1
	shop, err := shopify.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	before := fake.Stats()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for page, err := range channel.OrderPages(b.Context(), shop, channel.OrderQuery{}) {
			if err != nil {
				b.Fatal(err)
			}
			for _, o := range page.Items {
				if o.Has(channel.PartLines) {
					n++
				}
			}
		}
		if n != orders {
			b.Fatalf("%d orders", n)
		}
	}
	calls := float64(fake.Stats().Requests-before.Requests) / float64(b.N)
	b.ReportMetric(calls, "calls/walk")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/orders, "µs/order")
}
