package ebaytest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	f, cup, _ := shirtShop(t, Config{Quota: 1e6, VisibilityLag: -1, FeedQueue: -1, FeedRun: -1, FeedTasks: 1000})
	check(t, f.SetOnHand("MUG", 10000))
	c := unheld(t, f)
	first := must(f.PlaceOrder(mugs(20)))
	line := firstLine(f, first)
	mug := offerOf(f, "MUG")
	var wg sync.WaitGroup
	for _, act := range []func(i int){
		func(int) { must(f.PlaceOrder(mugs(1))) },
		func(int) { c.get(ordersPath + "?fieldGroups=" + taxBreakdown) },
		func(i int) { c.get(ordersPath + "/" + orderID(1+i)) },
		func(i int) {
			path, body := fulfil(first, line, "UPS", "1Z"+strconv.Itoa(i), 1)
			c.do(http.MethodPost, path, body)
		},
		func(i int) {
			c.do(http.MethodPost, bulkPath, requests(update("MUG", 5000+i, offerTo(mug.OfferID, 5000+i))))
		},
		func(int) { c.get(itemsPath) },
		func(int) { c.get(offersPath + "?sku=MUG") },
		func(i int) { c.trade(opRevise, status(cup, "", i)) },
		func(int) { c.trade("GetMyeBaySelling", "") },
		func(i int) { must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("N-%d", i), OnHand: 5})) },
		func(int) { c.submit(status(cup, "", 7)) },
		func(int) { c.get(tasksPath + "?feed_type=" + feedRevise) },
		func(i int) { _ = f.CancelOrder(orderID(2 + i)) },
		func(i int) { _ = f.Readdress(orderID(1+i), Address{City: "Town"}) },
		func(int) { c.form(grantForm()) },
		func(int) { f.ThrottleNext("getOffer", 1) },
		func(int) {
			f.Orders()
			f.Quantities()
			f.Sales()
			f.Writes()
			f.Tasks()
			f.Calls()
			f.Products()
			f.Violations()
			f.ThrottledBy()
		},
	} {
		wg.Go(func() {
			for i := range 15 {
				act(i)
			}
		})
	}
	wg.Wait()
	if n := len(f.Orders()); n != 16 {
		t.Errorf("%d orders", n)
	}
	if o, _ := f.Order(first); len(o.Packages) != 15 {
		t.Errorf("%d packages", len(o.Packages))
	}
}
