package amazontest_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
)

// A day in 24 seconds: the marketplace's rates and lags, 3600 times faster.
func ExampleConfig_Faster() {
	cfg := amazontest.Config{FeedRun: time.Hour}.Faster(3600)
	fmt.Println(cfg.Quota, cfg.FeedRun, cfg.EffectLag.Round(time.Millisecond))
	// Output: 3600 1s 8ms
}

// What Amazon ships has no quantity of the seller's.
func ExampleFake_AddProduct() {
	account := amazontest.New(amazontest.Config{})
	p, err := account.AddProduct(amazontest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 5, LeadTime: 2})
	fmt.Println(p.ASIN, p.ProductType, err)
	_, err = account.AddProduct(amazontest.NewProduct{SKU: "MUG-FBA", OnHand: 40, ByAmazon: true})
	fmt.Println(err, len(account.Products()))
	for _, q := range account.Quantities() {
		fmt.Println(q.SKU, q.Available, q.ByAmazon)
	}
	// Output:
	// B000000001 PRODUCT <nil>
	// <nil> 2
	// MUG-01 5 false
	// MUG-FBA 40 true
}

func ExampleFake_SetOnHand() {
	account := shop(amazontest.Config{})
	fmt.Println(account.SetOnHand("MUG-01", 3))
	fmt.Println(account.Available("MUG-01"))
	fmt.Println(account.DeleteProduct("MUG-01"), account.SetOnHand("MUG-01", 3))
	// Output:
	// <nil>
	// 3 <nil>
	// <nil> amazontest: not found: SKU "MUG-01"
}

// The seller's queue sticks: what comes behind a feed waits, and nothing but
// time and Amazon can help.
func ExampleFake_FeedFault() {
	account := shop(amazontest.Config{FeedWait: -1, FeedRun: -1})
	account.FeedFault(amazontest.FeedFault{StickRunning: true})
	account.EnqueueFeed(time.Hour)
	account.EnqueueFeed(0)
	for _, fd := range account.Feeds() {
		fmt.Println(fd.Type, fd.Status)
	}
	account.ReleaseFeeds()
	fmt.Println(account.Feeds()[0].Status, account.Feeds()[1].Status)
	// Output:
	// POST_PRODUCT_DATA IN_PROGRESS
	// POST_PRODUCT_DATA IN_QUEUE
	// FATAL FATAL
}

// Accepted and yet not done, late, or refused inside a 200: the moods of writes.
func ExampleFake_LoseEffects() {
	account := shop(amazontest.Config{})
	account.LoseEffects(func(sku string) bool { return strings.HasPrefix(sku, "LOST-") })
	account.RejectWrites(func(sku string) bool { return sku == "INCOMPLETE" })
	account.SetEffectLag(time.Hour)
	fmt.Println(len(account.Writes()))
	a, err := account.Submitted("MUG-01", "ATVPDKIKX0DER")
	fmt.Println(a, err)
	// Output:
	// 0
	// {-1 -1 } <nil>
}

func ExampleFake_ReportFault() {
	account := shop(amazontest.Config{ReportCharset: "UTF-8"})
	account.ReportFault(amazontest.ReportFault{Fatal: true})
	account.ReportFault(amazontest.ReportFault{Says: "Cp1252", Times: -1}) // it lies
	fmt.Println(account.Calls()["createReport"])
	// Output: 0
}

func ExampleFake_TakeNotifications() {
	account := shop(amazontest.Config{})
	account.ReverseNotifications(true)
	account.LoseNotifications(func(kind string) bool { return kind == "ORDER_CHANGE" })
	account.RedeliverNotifications(10)
	fmt.Println(len(account.TakeNotifications(0))) // nobody has subscribed
	// Output: 0
}
