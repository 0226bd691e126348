package shopifytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// A shop sells a mug; an app reads the order through the API.
func Example() {
	fake := shopifytest.New(shopifytest.Config{Shop: "acme", IndexLag: -1})
	_, _ = fake.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{{SKU: "MUG-01", Price: "12.50", Available: 3}}})
	_, _ = fake.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})

	client := &http.Client{Transport: fake.Transport()}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://acme.myshopify.com/admin/api/2026-10/graphql.json",
		strings.NewReader(`{"query":"{ orders(first: 10) { nodes { name lineItems(first: 10) { nodes { sku quantity } } } } }"}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Shopify-Access-Token", "shpat_fake")
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	var answer struct{ Data, Extensions json.RawMessage }
	_ = json.Unmarshal(body, &answer)
	fmt.Println(string(answer.Data))
	fmt.Println(fake.Available("MUG-01", ""))
	// Output:
	// {"orders":{"nodes":[{"name":"#1001","lineItems":{"nodes":[{"sku":"MUG-01","quantity":2}]}}]}}
	// 1
}

// A shop never sells more than it shows.
func ExampleFake_PlaceOrder() {
	fake := shopifytest.New(shopifytest.Config{})
	_, _ = fake.AddProduct(shopifytest.Product{Variants: []shopifytest.Variant{{SKU: "MUG-01", Available: 1}}})
	_, err := fake.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	fmt.Println(errors.Is(err, shopifytest.ErrInsufficientStock))
	// Output: true
}

// The answer to a mutation is lost after it took effect: the hardest moment for
// a client.
func ExampleInternalError() {
	fake := shopifytest.New(shopifytest.Config{})
	fake.Fault(shopifytest.InternalError("fulfillmentCreate", true))
	// … now ship an order, and see that only one parcel is recorded.
}
