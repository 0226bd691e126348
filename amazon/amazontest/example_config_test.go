package amazontest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// A test of a program that uses the adapter: the buyer orders, the program ships
// and corrects the stock, and the test looks at what the account has.
func ExampleFake_Config() {
	fake := amazontest.New(amazontest.Config{BoundAge: -1, EffectLag: -1}) // searches find orders at once
	if _, err := fake.AddProduct(amazontest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 10}); err != nil {
		fmt.Println(err)
		return
	}
	placed, err := fake.PlaceOrder(amazontest.NewOrder{
		CreatedAt: time.Now().Add(-time.Hour), Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: 2}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	account, err := amazon.New(fake.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for order, err := range channel.Orders(ctx, account, channel.OrderQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(string(order.ID) == placed, order.Lines[0].SKU, order.Lines[0].Open())
		_, err := account.Ship(ctx, channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: order.ID, Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
			Lines: []channel.ShipmentLine{{Line: order.Lines[0].ID, Quantity: 2}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		shipped, _ := fake.Order(placed)
		fmt.Println(shipped.Packages[0].Tracking, shipped.Status)
	}
	for mug, err := range channel.Listings(ctx, account, channel.ListingQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		shown := int64(8)
		results, err := account.SetStock(ctx, []channel.StockLevel{{Listing: mug.Ref, Quantity: 5, Expect: &shown}})
		fmt.Println(results[0].State, err)
	}
	fmt.Println(fake.Available("MUG-01"))
	// Output:
	// true MUG-01 2
	// 1Z999AA10123456784 SHIPPED
	// accepted <nil>
	// 5 <nil>
}
