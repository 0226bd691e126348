package amazontest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	f := mugShop(t, Config{Quota: 1e6, EffectLag: -1, FeedWait: -1, FeedRun: -1, ReportRun: -1, VisibilityLag: -1, BoundAge: -1})
	check(t, f.SetOnHand("MUG", 10000))
	c := unheld(t, f)
	subscribe(t, c, orderChange, quantityChange, feedFinished, reportFinished)
	c.token = c.form(grantForm()).text("access_token")
	first := must(f.PlaceOrder(mugs(20)))
	item := firstLine(f, first)
	var wg sync.WaitGroup
	for _, act := range []func(i int){
		func(int) { must(f.PlaceOrder(mugs(1))) },
		func(int) { c.get(ordersPath + query("lastUpdatedAfter", longAgo, "includedData", everything)) },
		func(i int) { c.get(ordersPath + "/" + orderID(1+i) + "?includedData=" + everything) },
		func(i int) { c.do(http.MethodPost, confirmPath(first), parcel(strconv.Itoa(i+1), item, 1)) },
		func(i int) { c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 5000+i)) },
		func(int) { c.get(listingPath("MUG", "includedData", "summaries,attributes,fulfillmentAvailability")) },
		func(int) { c.get(listingPath("", "sortBy", "lastUpdatedDate")) },
		func(i int) { must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("N-%d", i), OnHand: 5})) },
		func(int) { c.submit(feedOf(message(1, "MUG", 7000))) },
		func(int) { c.do(http.MethodPost, reportsPath, reportSpec(reportAll)) },
		func(int) { c.get(reportsPath + query("reportTypes", reportAll)) },
		func(i int) { _ = f.CancelOrder(orderID(2 + i)) },
		func(i int) { _ = f.SetTip(orderID(1+i), "1", i%2 == 0) },
		func(i int) { _ = f.Readdress(orderID(1+i), Address{City: "Town"}) },
		func(int) { f.TakeNotifications(3) },
		func(int) { c.form(grantForm()) },
		func(int) {
			f.Orders()
			f.Quantities()
			f.Sales()
			f.Writes()
			f.Feeds()
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
