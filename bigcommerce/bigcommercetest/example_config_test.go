package bigcommercetest_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// A test of a program that uses the adapter: the buyer orders, the program ships
// and corrects the stock, and the test looks at what the store has.
func ExampleFake_Config() {
	fake := bigcommercetest.New(bigcommercetest.Config{EffectLag: -1}) // quantities show at once
	if _, err := fake.AddProduct(bigcommercetest.NewProduct{SKU: "MUG-01", Name: "Mug", Price: "12.50", OnHand: 10}); err != nil {
		fmt.Println(err)
		return
	}
	placed, err := fake.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}

	store, err := bigcommerce.New(fake.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for order, err := range channel.Orders(ctx, store, channel.OrderQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(order.ID == bigcommercetest.ID[channel.OrderID](placed), order.Lines[0].SKU, order.Lines[0].Open())
		_, err := store.Ship(ctx, channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: order.ID, Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
			Lines: []channel.ShipmentLine{{Line: order.Lines[0].ID, Quantity: 2}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		shipped, _ := fake.Order(bigcommercetest.Number(order.ID))
		fmt.Println(shipped.Shipments[0].TrackingNumber, shipped.Status)
	}
	for mug, err := range channel.Listings(ctx, store, channel.ListingQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		shown := int64(8)
		results, err := store.SetStock(ctx, []channel.StockLevel{{Listing: mug.Ref, Quantity: 5, Expect: &shown}})
		fmt.Println(results[0].State, err)
	}
	fmt.Println(fake.Available("MUG-01"))
	// Output:
	// true MUG-01 2
	// 1Z999AA10123456784 Shipped
	// accepted <nil>
	// 5 <nil>
}
