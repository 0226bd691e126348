package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// A shop that sold two of its twenty mugs.
func exampleShop() (*shopifytest.Fake, *shopify.Channel) {
	fake := shopifytest.New(shopifytest.Config{Shop: "acme", IndexLag: -1})
	_, err := fake.AddProduct(shopifytest.Product{
		Title: "Mug", Variants: []shopifytest.Variant{{SKU: "MUG-01", Price: "12.50", Available: 20}},
	})
	if err != nil {
		panic(err)
	}
	_, err = fake.PlaceOrder(shopifytest.NewOrder{
		Lines:   []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}},
		Address: &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Berlin", CountryCode: "DE"},
	})
	if err != nil {
		panic(err)
	}
	shop, err := shopify.New(fake.Config())
	if err != nil {
		panic(err)
	}
	return fake, shop
}

func ExampleNew() {
	shop, err := shopify.New(shopify.Config{Shop: "acme", Token: "shpat_example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shop.ID())

	_, err = shopify.New(shopify.Config{Shop: "acme"})
	fmt.Println(err)
	// Output:
	// shopify:acme
	// shopify: the Token is empty: give a static token, or ClientID and ClientSecret
}

// An app that is installed on a shop keeps its token, which expires, in a
// store. Any program that shares the store refreshes it for all.
func ExampleNew_expiringToken() {
	fake := shopifytest.New(shopifytest.Config{Shop: "acme"})
	access, refresh, expires := fake.IssueToken() // as the installation brings it
	tokens := channel.NewTokenStore(map[channel.ID]channel.Token{
		"shopify:acme": {Access: channel.Secret(access), Refresh: channel.Secret(refresh), Expiry: expires},
	})
	shop, err := shopify.New(shopify.Config{
		Shop: "acme", ClientID: "client", ClientSecret: "secret", Tokens: tokens, Transport: fake.Transport(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	account, err := shop.Probe(context.Background())
	fmt.Println(account.Name, account.Currency, err)
	// Output:
	// Test shop USD <nil>
}

func ExampleChannel_OrderPage() {
	_, shop := exampleShop()
	yesterday := time.Now().Add(-24 * time.Hour)
	for order, err := range channel.Orders(context.Background(), shop, channel.OrderQuery{Since: yesterday}) {
		if parked := (*channel.ParkedError)(nil); errors.As(err, &parked) {
			fmt.Println("set aside:", parked)
			continue
		} else if err != nil {
			fmt.Println(err)
			return
		}
		for _, line := range order.Lines { // none where the walk brings fulfilment units only
			fmt.Println(order.Number, line.SKU, line.Ordered, line.Total.Shop)
		}
	}
	// Output:
	// #1001 MUG-01 2 25.0 USD
}

func ExampleChannel_Ship() {
	_, shop := exampleShop()
	ctx := context.Background()
	for order, err := range channel.Orders(ctx, shop, channel.OrderQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if !order.Has(channel.PartLines) {
			continue
		}
		parcel := channel.Shipment{
			Key: "parcel-1", Seq: 1, Order: order.ID, NotifyBuyer: true,
			Lines:    []channel.ShipmentLine{{Line: order.Lines[0].ID, Quantity: 2}},
			Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"},
		}
		// The second time stands for a program that crashed before it noted
		// the first.
		for range 2 {
			result, err := shop.Ship(ctx, parcel)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(len(result.Remote), "record, there before:", result.Found)
		}
	}
	// Output:
	// 1 record, there before: false
	// 1 record, there before: true
}

func ExampleChannel_SetStock() {
	fake, shop := exampleShop()
	ctx := context.Background()
	for listing, err := range channel.Listings(ctx, shop, channel.ListingQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		// Ten came in, and 18 are believed to be shown. Meanwhile a unit is sold
		// in the shop, so the first write is refused and tells what is shown.
		if err := fake.SellOverCounter("MUG-01", "", 1); err != nil {
			fmt.Println(err)
			return
		}
		shown := int64(18)
		for range 2 {
			results, err := shop.SetStock(ctx, []channel.StockLevel{{Listing: listing.Ref, Quantity: shown + 10, Expect: &shown}})
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(results[0].State)
			if current := results[0].Current; current != nil {
				fmt.Println("shown are", *current)
				shown = *current
			}
		}
		fmt.Println("now", fake.Available("MUG-01", ""))
	}
	// Output:
	// stale
	// shown are 17
	// applied
	// now 27
}

// One receiver serves every shop the app is installed on; a hint says whose it
// is. Deliveries are verified on their raw bytes and answered within seconds.
func ExampleNewReceiver() {
	receiver, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		receipt, err := receiver.Receive(r.Context(), channel.Delivery{Method: r.Method, URL: r.URL, Header: r.Header, Body: body})
		switch {
		case errors.Is(err, channel.ErrUnauthorized):
			http.Error(w, "not signed", http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "not understood", http.StatusBadRequest)
		}
		for _, h := range receipt.Hints {
			fmt.Println(h.Account, h.Kind)
		}
	})

	fake := shopifytest.New(shopifytest.Config{Shop: "acme", HooksTo: shopifytest.ToHandler(handler)})
	if err := fake.Compliance("shop/redact", "https://app.example.com/hooks", ""); err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range fake.Deliver(context.Background(), time.Now().Add(time.Minute)) {
		fmt.Println(d.Topic, d.Status)
	}
	// Output:
	// acme.myshopify.com erase
	// shop/redact 200
}

// What a grant can reach is asked once, before anything is believed to be
// empty.
func ExampleChannel_Probe() {
	fake, shop := exampleShop()
	fake.SetScopes("read_products", "read_inventory", "write_inventory")
	account, err := shop.Probe(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(account.Name, account.Currency, len(account.Locations), "location")
	for _, m := range account.Missing {
		fmt.Println(m.Scope)
	}
	// Output:
	// Test shop USD 1 location
	// read_orders
	// read_customers
	// read_merchant_managed_fulfillment_orders
	// write_merchant_managed_fulfillment_orders
}

// What listings show now, at every location.
func ExampleChannel_StockPage() {
	_, shop := exampleShop()
	for page, err := range channel.StockPages(context.Background(), shop, channel.StockQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, l := range page.Items {
			fmt.Println(l.Quantity, "to buy")
		}
	}
	// Output:
	// 18 to buy
}

// All orders as one job of Shopify's: for a first import.
func ExampleChannel_StartBackfill() {
	_, shop := exampleShop()
	ctx := context.Background()
	ticket, err := shop.StartBackfill(ctx, channel.BackfillQuery{Kind: channel.BackfillOrders})
	if err != nil {
		fmt.Println(err)
		return
	}
	for state := channel.TicketRunning; !state.Ended(); { // a real job takes minutes: ask seldom
		page, err := shop.BackfillState(ctx, ticket)
		if err != nil {
			fmt.Println(err)
			return
		}
		state = page.State
	}
	for page, err := range shop.BackfillOrders(ctx, ticket) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, order := range page.Items {
			fmt.Println(order.Number, len(order.Lines), "line")
		}
	}
	// Output:
	// #1001 1 line
}

// A carrier's number was mistyped.
func ExampleChannel_AmendShipment() {
	_, shop := exampleShop()
	ctx := context.Background()
	page, err := shop.OrderPage(ctx, channel.OrderQuery{})
	if err != nil {
		fmt.Println(err)
		return
	}
	parcel := channel.Shipment{
		Key: "parcel-1", Seq: 1, Order: page.Items[0].ID,
		Lines:    []channel.ShipmentLine{{Line: page.Items[0].Lines[0].ID, Quantity: 2}},
		Tracking: channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456748"},
	}
	sent, err := shop.Ship(ctx, parcel)
	if err != nil {
		fmt.Println(err)
		return
	}
	right := channel.Tracking{Carrier: "ups", Number: "1Z999AA10123456784"}
	fmt.Println(shop.AmendShipment(ctx, sent.Remote[0], right))

	page, err = shop.OrdersByID(ctx, []channel.OrderID{parcel.Order})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range page.Items[0].Shipments {
		fmt.Println(s.Tracking[0].Number)
	}
	// Output:
	// <nil>
	// 1Z999AA10123456784
}

// Two programs' worth of channels on one shop share what it grants.
func ExampleNewLimiter() {
	fake := shopifytest.New(shopifytest.Config{Shop: "acme"})
	cfg := fake.Config()
	cfg.Limiter = shopify.NewLimiter()
	for _, id := range []channel.ID{"import", "stock"} {
		cfg.ID = id
		shop, err := shopify.New(cfg)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(shop.ID())
	}
	// Output:
	// import
	// stock
}
