package ebaytest_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// A day in 24 seconds: quotas and lags, 3600 times faster.
func ExampleConfig_Faster() {
	cfg := ebaytest.Config{FeedRun: time.Hour}.Faster(3600)
	fmt.Println(cfg.Quota, cfg.FeedRun, cfg.TokenLifetime)
	// Output: 3600 1s 2h0m0s
}

// Listings come from two worlds: those of the Inventory API have offers, and
// show the smaller of two quantities.
func ExampleFake_AddProduct() {
	account := ebaytest.New(ebaytest.Config{Marketplaces: []string{"EBAY_DE", "EBAY_GB"}})
	two := int64(2)
	mug, err := account.AddProduct(ebaytest.NewProduct{SKU: "MUG-01", OnHand: 5, OfferQuantity: &two, Marketplaces: []string{"EBAY_DE", "EBAY_GB"}})
	fmt.Println(len(mug.Units), err)
	shirt, err := account.AddProduct(ebaytest.NewProduct{
		Title: "Shirt", Price: "20", Trading: true, Variations: []ebaytest.NewVariation{{SKU: "SHIRT-S", OnHand: 1}, {SKU: "SHIRT-M", OnHand: 2}},
	})
	fmt.Println(len(shirt.Units), err, len(account.Products()))
	for _, q := range account.Quantities() {
		fmt.Println(q.SKU, q.Marketplace, q.Available, q.OfferID != "")
	}
	account.AddLocation(ebaytest.NewLocation{Key: "shop", Name: "Shop", Store: true})
	// Output:
	// 2 <nil>
	// 2 <nil> 2
	// MUG-01 EBAY_DE 2 true
	// MUG-01 EBAY_GB 2 true
	// SHIRT-S EBAY_DE 1 false
	// SHIRT-M EBAY_DE 2 false
}

// The seller works in Seller Hub: counts, renames, ends, deletes.
func ExampleFake_SetOnHand() {
	account := shop(ebaytest.Config{})
	cup := account.Quantities()[1].ListingID
	fmt.Println(account.SetOnHand("MUG-01", 3), account.RenameSKU(cup, "CUP-02", "CUP-03"))
	fmt.Println(account.Available("CUP-03"))
	fmt.Println(account.EndListing(cup), account.DeleteProduct("MUG-01"), len(account.Quantities()))
	// Output:
	// <nil> <nil>
	// 5 <nil>
	// <nil> <nil> 0
}

// A listing that sells out ends where the seller's preference is off.
func ExampleFake_SetOutOfStockControl() {
	account := shop(ebaytest.Config{})
	account.SetOutOfStockControl(false)
	_, err := account.PlaceOrder(order("CUP-02", 5))
	fmt.Println(err)
	_, err = account.Available("CUP-02")
	fmt.Println(err)
	// Output:
	// <nil>
	// ebaytest: not found: SKU "CUP-02"
}

// Listings that cannot be revised: held for a policy, frozen, or revised too
// often today.
func ExampleFake_HoldListing() {
	account := shop(ebaytest.Config{})
	mug, cup := account.Quantities()[0].ListingID, account.Quantities()[1].ListingID
	fmt.Println(account.HoldListing(mug, true), account.FreezeListing(cup, "It ends within twelve hours."), account.UseRevisions(cup, 250))
	fmt.Println(account.Shown(mug, "MUG-01"))
	// Output:
	// <nil> <nil> <nil>
	// 0 <nil>
}

// Accepted and yet not done, late, or refused: the moods of writes.
func ExampleFake_LoseEffects() {
	account := shop(ebaytest.Config{})
	account.LoseEffects(func(sku string) bool { return strings.HasPrefix(sku, "LOST-") })
	account.RejectWrites(func(sku string) bool { return sku == "INCOMPLETE" })
	account.SetEffectLag(time.Hour)
	fmt.Println(len(account.Writes()))
	// Output: 0
}

// Feed tasks stick, fail, lose their results; and somebody else's are in the
// way.
func ExampleFake_FeedFault() {
	account := shop(ebaytest.Config{FeedQueue: -1, FeedRun: -1})
	account.FeedFault(ebaytest.FeedFault{StickRunning: true})
	account.EnqueueTask(0)
	account.ReleaseFeeds()
	for _, t := range account.Tasks() {
		fmt.Println(t.Type, t.Status)
	}
	// Output: LMS_REVISE_INVENTORY_STATUS COMPLETED
}
