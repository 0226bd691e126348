package bigcommercetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
)

// A buyer orders, a client lists the order, the seller ships it.
func Example() {
	store := bigcommercetest.New(bigcommercetest.Config{})
	if _, err := store.AddProduct(bigcommercetest.NewProduct{SKU: "MUG-01", Price: "12.50", OnHand: 3}); err != nil {
		fmt.Println(err)
	}
	id, err := store.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
	}
	_, err = store.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	fmt.Println("a second order:", errors.Is(err, bigcommercetest.ErrInsufficientStock))

	client := http.Client{Transport: store.Transport()}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.bigcommerce.com/stores/fakestore/v2/orders/count", nil)
	req.Header.Set("X-Auth-Token", bigcommercetest.DefaultToken)
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	fmt.Println(resp.StatusCode, len(body) > 0, "left:", resp.Header.Get("X-Rate-Limit-Requests-Left"))

	if _, err := store.Ship(id, bigcommercetest.Parcel{Tracking: "1Z999"}); err != nil {
		fmt.Println(err)
	}
	order, _ := store.Order(id)
	fmt.Println(order.Status, order.Shipments[0].TrackingNumber, store.Quantities()[0].OnHand)
	// Output:
	// a second order: true
	// 200 true left: 149
	// Shipped 1Z999 1
}
