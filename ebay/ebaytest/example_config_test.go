package ebaytest_test

import (
	"fmt"

	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// Config is all that the adapter needs for a channel to the fake.
func ExampleFake_Config() {
	account := shop(ebaytest.Config{SellerID: "my-seller"})
	seller, err := ebay.New(account.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(seller.ID())
	// Output: ebay:my-seller
}
