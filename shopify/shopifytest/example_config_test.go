package shopifytest_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// A test of a program that uses the adapter: the buyer orders, the program ships
// and corrects the stock, and the test looks at what the shop has.
func ExampleFake_Config() {
	fake := shopifytest.New(shopifytest.Config{IndexLag: -1}) // searches see changes at once
	product, err := fake.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{{SKU: "MUG-01", Available: 10}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	placed, err := fake.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}

	shop, err := shopify.New(fake.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for order, err := range channel.Orders(ctx, shop, channel.OrderQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if !order.Has(channel.PartLines) {
			continue // a fulfilment order on its own
		}
		fmt.Println(order.ID == shopifytest.ID[channel.OrderID](placed.ID), order.Lines[0].SKU, order.Lines[0].Open())
		_, err := shop.Ship(ctx, channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: order.ID, Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
			Lines: []channel.ShipmentLine{{Line: order.Lines[0].ID, Quantity: 2}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		shipped, err := fake.Order(string(order.ID)) // ids of either form
		fmt.Println(shipped.Fulfilments[0].Numbers, err)
	}
	shown := int64(8)
	mug := channel.ListingRef{ID: shopifytest.ID[channel.ListingID](product.Variants[0].ID)}
	results, err := shop.SetStock(ctx, []channel.StockLevel{{Listing: mug, Quantity: 5, Expect: &shown}})
	fmt.Println(results[0].State, err, fake.Available("MUG-01", ""))
	// Output:
	// true MUG-01 2
	// [1Z999AA10123456784] <nil>
	// applied <nil> 5
}
