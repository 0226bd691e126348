package amazontest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/penstock-go/penstock/amazon/amazontest"
)

// login trades the fake's refresh token for an access token.
func login(client *http.Client) (string, error) {
	form := url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {amazontest.DefaultRefreshToken},
		"client_id": {amazontest.DefaultClientID}, "client_secret": {amazontest.DefaultClientSecret},
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://api.amazon.com/auth/o2/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	return token.AccessToken, json.UnmarshalRead(resp.Body, &token)
}

func call(client *http.Client, token, path string) (status int, header http.Header, body string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://sellingpartnerapi-na.amazon.com"+path, nil)
	if err != nil {
		return 0, nil, "", err
	}
	req.Header.Set("X-Amz-Access-Token", token)
	req.Header.Set("User-Agent", "Example/1.0 (Language=Go)")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

func Example() {
	account := amazontest.New(amazontest.Config{})
	if _, err := account.AddProduct(amazontest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 3}); err != nil {
		fmt.Println(err)
		return
	}
	id, err := account.PlaceOrder(amazontest.NewOrder{Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = account.PlaceOrder(amazontest.NewOrder{Lines: []amazontest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	fmt.Println("a second order:", errors.Is(err, amazontest.ErrInsufficientStock))

	client := &http.Client{Transport: account.Transport()}
	token, err := login(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	status, header, _, err := call(client, token, "/orders/2026-01-01/orders/"+id+"?includedData=FULFILLMENT")
	fmt.Println(status, header.Get("x-amzn-RateLimit-Limit"), err)

	order, _ := account.Order(id)
	fmt.Println(order.Status, order.Total, order.Currency, account.Quantities()[0].Available)
	// Output:
	// a second order: true
	// 200 0.5 <nil>
	// UNSHIPPED 25 USD 1
}

// A fake on a socket serves a client in any language: one address for the
// token endpoint, the API and the documents.
func ExampleFake_Serve() {
	account := amazontest.New(amazontest.Config{})
	server, err := account.Serve("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/orders/2026-01-01/orders/1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output: 403
}
