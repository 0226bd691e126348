package bigcommercetest

import (
	"fmt"
	"sync"
	"testing"
)

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	f, c, _ := listening(t, Config{Quota: 100, EffectLag: -1}, "store/order/*", "store/product/inventory/*")
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 10000}))
	var wg sync.WaitGroup
	for _, act := range []func(i int){
		func(int) { must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}}})) },
		func(int) { c.get("/v2/orders?include=consignments.line_items,fees&consignment_structure=object") },
		func(int) { c.get("/v3/catalog/products") },
		func(int) { c.get("/v3/hooks/admin") },
		func(i int) { c.do("POST", relativePath, adjust("product_id", 77, 1, int64(i))) },
		func(i int) { _ = f.SetStatus(100+i, Shipped) },
		func(i int) { _, _ = f.Refund(100+i, NewRefund{Amount: "1"}) },
		func(i int) { c.get(fmt.Sprintf("/v3/orders/%d/payment_actions/refunds", 100+i)) },
		func(i int) { _ = f.EditOrder(100+i, Edit{Add: []NewLine{{Name: "More"}}}) },
		func(int) { f.DeliverHooks(t.Context()) },
		func(int) {
			f.Orders()
			f.Quantities()
			f.Sales()
			f.Writes()
			f.Emails()
			f.Calls()
			f.Products()
		},
	} {
		wg.Go(func() {
			for i := range 20 {
				act(i)
			}
		})
	}
	wg.Wait()
	if n := len(f.Orders()); n != 20 {
		t.Errorf("%d orders", n)
	}
}
