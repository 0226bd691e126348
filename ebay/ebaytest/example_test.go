package ebaytest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// login trades the fake's refresh token for an access token.
func login(client *http.Client) (string, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {ebaytest.DefaultRefreshToken}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://api.ebay.com/identity/v1/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(ebaytest.DefaultClientID, ebaytest.DefaultClientSecret)
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

// call makes a GET with a token.
func call(client *http.Client, token, path string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.ebay.com"+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept-Language", "en-US")
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// shop is an account with an item of the Inventory API and a listing made
// elsewhere.
func shop(cfg ebaytest.Config) *ebaytest.Fake {
	account := ebaytest.New(cfg)
	for _, p := range []ebaytest.NewProduct{
		{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 5},
		{SKU: "CUP-02", Title: "Cup", Price: "8.00", OnHand: 5, Trading: true},
	} {
		if _, err := account.AddProduct(p); err != nil {
			panic(err)
		}
	}
	return account
}

func order(sku string, n int) ebaytest.NewOrder {
	return ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: sku, Quantity: n}}}
}

func Example() {
	account := ebaytest.New(ebaytest.Config{})
	if _, err := account.AddProduct(ebaytest.NewProduct{SKU: "MUG-01", Title: "Mug", Price: "12.50", OnHand: 3}); err != nil {
		fmt.Println(err)
		return
	}
	id, err := account.PlaceOrder(ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = account.PlaceOrder(ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: "MUG-01", Quantity: 2}}})
	fmt.Println("a second order:", errors.Is(err, ebaytest.ErrInsufficientStock))

	client := &http.Client{Transport: account.Transport()}
	token, err := login(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	status, _, err := call(client, token, "/sell/fulfillment/v1/order/"+id)
	fmt.Println(status, err)

	o, _ := account.Order(id)
	fmt.Println(o.Payment, o.Fulfilment, o.Total, o.Currency, account.Quantities()[0].Available)
	// Output:
	// a second order: true
	// 200 <nil>
	// PAID NOT_STARTED 25 USD 1
}

// A fake on a socket serves a client in any language: one address for the token
// endpoint, the REST APIs and the Trading API.
func ExampleFake_Serve() {
	account := ebaytest.New(ebaytest.Config{})
	server, err := account.Serve("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/sell/fulfillment/v1/order", nil)
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
	fmt.Println(resp.StatusCode) // there is no token
	// Output: 400
}
