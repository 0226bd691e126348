package bigcommercetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/spectest"
)

// recorded returns a client whose every exchange is held to the published
// contract; wrong requests may be sent where the fake refuses them.
func recorded(t *testing.T, f *Fake) *client {
	t.Helper()
	rec := spectest.BigCommerce(t, f.Transport())
	rec.RefusalsJudgeRequests = true
	t.Cleanup(func() { rec.Report(t) })
	return &client{t, rec, apiRoot, DefaultToken}
}

// furnish fills a store with an order of every kind and returns their ids.
func furnish(t *testing.T, f *Fake) (rich, many, digital, mixed int) {
	t.Helper()
	must(f.AddProduct(NewProduct{SKU: "MUG", Name: "Mug", Price: "12.5", Weight: "0.4", OnHand: 100, UPC: "123"}))
	must(f.AddProduct(NewProduct{SKU: "SHIRT", Name: "Shirt", Price: "20", Variants: []NewVariant{
		{SKU: "SHIRT-S", Options: []VariantOption{{"Size", "S"}}, OnHand: 50},
		{SKU: "SHIRT-L", Options: []VariantOption{{"Size", "L"}}, OnHand: 50, Price: "22"},
	}}))
	must(f.AddProduct(NewProduct{SKU: "SET", Name: "Set", Tracking: TrackProduct, OnHand: 9, Variants: []NewVariant{{SKU: "SET-1"}, {SKU: "SET-2"}}}))
	must(f.AddProduct(NewProduct{SKU: "EBOOK", Digital: true, Tracking: TrackNone, Price: "5"}))
	north := f.AddLocation(NewLocation{Label: "North"})
	f.AddLocation(NewLocation{Label: "Closed", Disabled: true})
	check(t, f.SetOnHand("MUG", north, 5))
	check(t, f.SetSafetyStock("MUG", DefaultLocation, 3))

	rich = must(f.PlaceOrder(NewOrder{
		CustomerID: 11, Currency: "EUR", ExchangeRate: "1.1", Message: "ring twice", ExternalOrderID: "X-1",
		ShipTo: []ShipTo{{Address: exampleAddress, Shipping: "8", ShippingTax: "0.61"}, {Address: exampleAddress, Handling: "1.5", HandlingTax: "0.1"}},
		Lines: []NewLine{
			{SKU: "MUG", Quantity: 2, Tax: "1.25", Discount: "1"},
			{SKU: "SHIRT-L", Quantity: 3, Price: "21.3333", ShipTo: 1},
			{Name: "Engraving", Price: "3"},
			{Name: "Wrapped part", Bundled: true},
		},
		Discount: "5", Coupons: []Coupon{{Code: "SAVE", Type: 2, Amount: "5", Discount: "5"}}, Wrapping: "2",
		Fees: []Fee{{"Rush", "4", "0.4"}, {"Deposit", "1", ""}}, Taxes: []Tax{{Name: "VAT", Rate: "8", Amount: "3.86"}}, StoreCredit: "1",
	}))
	var lines []NewLine
	for i := range 60 {
		lines = append(lines, NewLine{Name: fmt.Sprintf("Part %d", i+1), Quantity: 1 + i%3, Price: "1"})
	}
	many = must(f.PlaceOrder(NewOrder{Lines: lines, TaxIncluded: true}))
	digital = must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "EBOOK"}}, PaymentMethod: "Manual"}))
	mixed = must(f.PlaceOrder(NewOrder{Lines: []NewLine{
		{SKU: "MUG"},
		{SKU: "EBOOK"},
		{Name: "Card", Type: GiftCertificate, Price: "25", Recipient: "friend@example.com"},
		{SKU: "SHIRT-S", PickupAt: north},
	}}))
	return rich, many, digital, mixed
}

func TestEveryOperationKeepsToThePublishedContract(t *testing.T) {
	for scale := FourDecimals; scale <= FewestDigits; scale++ {
		t.Run(fmt.Sprintf("scale %d", scale), func(t *testing.T) {
			f := New(Config{MoneyScale: scale, Scopes: append(AllScopes(), ScopeProducts), Quota: 10, EffectLag: -1})
			rich, many, digital, mixed := furnish(t, f)
			incomplete := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}}, Incomplete: true}))
			c := recorded(t, f)

			o, _ := f.Order(rich)
			half := map[string]any{"order_address_id": o.Lines[0].AddressID, "tracking_number": "1Z", "shipping_provider": "ups", "items": []any{
				map[string]any{"order_product_id": o.Lines[0].ID, "quantity": 1},
			}}
			shipments := fmt.Sprintf("/v2/orders/%d/shipments", rich)
			c.get(shipments).want(204)
			one := c.do("POST", shipments, half).want(201).text("id")
			two := c.do("POST", shipments, half).want(201).text("id")
			c.get(shipments).want(200)
			c.get(shipments + "/count").want(200)
			c.get(shipments + "/" + one).want(200)
			c.do("PUT", shipments+"/"+one, map[string]any{"tracking_number": "2Z", "tracking_carrier": "dhl", "shipping_provider": ""}).want(200)
			c.do("DELETE", shipments+"/"+two, nil).want(204)
			must(f.Refund(rich, NewRefund{Lines: map[int]int{o.Lines[1].ID: 1}, Shipping: "2", Reason: "late"}))

			for _, q := range []string{
				"", "?include=consignments,fees", "?include=consignments.line_items&consignment_structure=object", "?include=consignments.line_items",
				"?include=consignments&consignment_structure=object", "?sort=id&min_id=101&limit=2", "?sort=date_modified:desc&page=2&limit=2",
				"?status_id=0", "?min_date_modified=" + url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC1123Z)),
				"?channel_id=1&customer_id=11&external_order_id=X-1&min_total=1&max_total=1000.5&payment_method=Credit%20Card",
			} {
				c.get("/v2/orders" + q).want(200)
			}
			c.get("/v2/orders?min_id=9999").want(204)
			c.get("/v2/orders/count?status_id=11").want(200)
			for _, id := range []int{rich, many, digital, mixed, incomplete} {
				at := fmt.Sprintf("/v2/orders/%d", id)
				c.get(at + "?include=consignments.line_items,fees&consignment_structure=object").want(200)
				for _, sub := range []string{"/products?limit=250", "/shipping_addresses", "/coupons", "/taxes", "/messages"} {
					if r := c.get(at + sub); r.status != 200 && r.status != 204 {
						t.Errorf("%s%s: %d", at, sub, r.status)
					}
				}
				c.get(at + "/fees").want(200)
				c.get(at + "/consignments").want(200)
				c.get(at + "/consignments?include=consignments.line_items").want(200)
				o, _ := f.Order(id)
				c.get(fmt.Sprintf("%s/products/%d", at, o.Lines[0].ID)).want(200)
				for address := range o.ShipTo {
					c.get(fmt.Sprintf("%s/shipping_addresses/%d", at, address)).want(200)
					c.get(fmt.Sprintf("%s/shipping_addresses/%d/shipping_quotes", at, address)).want(204)
					c.get(fmt.Sprintf("%s/consignments/shipping/%d/shipping_quotes", at, address)).want(204)
					c.do("PUT", fmt.Sprintf("%s/shipping_addresses/%d", at, address), map[string]any{"city": "Dallas"}).want(200)
				}
			}
			c.do("PUT", fmt.Sprintf("/v2/orders/%d", digital), map[string]any{"status_id": 10, "staff_notes": "done"}).want(200)
			c.do("DELETE", fmt.Sprintf("/v2/orders/%d", digital), nil).want(204)
			c.do("DELETE", shipments, nil).want(204)
			c.get("/v2/order_statuses").want(200)
			c.get("/v2/order_statuses/11").want(200)
			c.get("/v2/time").want(200)
			c.get("/v2/store").want(200)
			c.get("/v2/orders/99999").want(404)

			c.get(fmt.Sprintf("/v3/orders/%d/transactions", rich)).want(200)
			c.get(fmt.Sprintf("/v3/orders/%d/transactions", digital)).want(204)
			c.get(fmt.Sprintf("/v3/orders/%d/payment_actions/refunds", rich)).want(200)
			c.get("/v3/orders/payment_actions/refunds/1").want(200)
			c.get(fmt.Sprintf("/v3/orders/payment_actions/refunds?order_id:in=%d,%d&page=1&limit=5", rich, many)).want(200)
			c.get("/v3/settings/inventory").want(200)

			c.get("/v3/inventory/locations?location_id:in=1,2&is_active=true").want(200)
			c.get("/v3/inventory/items?location_id:in=1,2&limit=1000").want(200)
			c.get("/v3/inventory/items?sku:in=MUG,SHIRT-L&page=2&limit=1").want(200)
			c.get("/v3/inventory/locations/1/items?product_id:in=77,78").want(200)
			c.do("PUT", "/v3/inventory/locations/1/items", map[string]any{"settings": []any{
				map[string]any{"identity": map[string]any{"sku": "SHIRT-L"}, "safety_stock": 2, "warning_level": 3},
			}})
			c.do("PUT", "/v3/inventory/adjustments/absolute", map[string]any{"reason": "count", "items": []any{
				map[string]any{"location_id": 1, "product_id": 77, "quantity": 40}, map[string]any{"location_id": 2, "sku": "SHIRT-L", "quantity": 4},
			}}).want(200)
			c.do("POST", "/v3/inventory/adjustments/relative", map[string]any{"items": []any{
				map[string]any{"location_id": 1, "variant_id": 181, "quantity": -2},
			}}).want(200)
			c.do("PUT", "/v3/inventory/adjustments/absolute", map[string]any{"items": []any{
				map[string]any{"location_id": 1, "variant_id": 180, "quantity": 1},
			}}).want(422)

			c.get("/v3/catalog/variants?limit=2&page=1").want(200)
			c.get("/v3/catalog/variants?include_fields=sku,product_id,inventory_level&product_id:in=77,78").want(200)
			c.get("/v3/catalog/products?include_fields=inventory_tracking,sku&limit=250").want(200)
			c.get("/v3/catalog/products?id:greater=77&sku:in=SET,SHIRT").want(200)
			c.get("/v3/catalog/products/77").want(200)
			c.get("/v3/catalog/products/78/variants").want(200)
			c.get("/v3/catalog/products/78/variants/181").want(200)
			c.do("PUT", "/v3/catalog/variants", []any{map[string]any{"id": 181, "inventory_level": 7}}).want(200)
			c.do("PUT", "/v3/catalog/variants", []any{map[string]any{"id": 9999}}).want(422)
			c.do("PUT", "/v3/catalog/products/77", map[string]any{"name": "Mug", "inventory_level": 7}).want(200)

			hook := map[string]any{"scope": "store/order/*", "destination": "https://example.com/in", "is_active": true, "headers": map[string]any{"X-Key": "k"}}
			c.get("/v3/hooks").want(200)
			id := c.do("POST", "/v3/hooks", hook).want(200).text("data.id")
			c.do("POST", "/v3/hooks", hook).want(422)
			c.get("/v3/hooks?scope=store/order/*").want(200)
			c.get("/v3/hooks/" + id).want(200)
			c.do("PUT", "/v3/hooks/"+id, map[string]any{"is_active": false}).want(200)
			c.do("PUT", "/v3/hooks/admin", map[string]any{"emails": []any{"ops@example.com"}}).want(204)
			c.get("/v3/hooks/admin").want(200)
			c.do("DELETE", "/v3/hooks/"+id, nil).want(200)
			c.get("/v3/hooks/" + id).want(404)

			grant := f.Install("https://app.example.com/auth", ScopeOrders)
			req := c.request("POST", "", map[string]any{
				"client_id": DefaultClientID, "client_secret": DefaultClientSecret, "code": grant.Get("code"), "context": grant.Get("context"),
				"scope": grant.Get("scope"), "grant_type": "authorization_code", "redirect_uri": "https://app.example.com/auth",
			})
			req.URL = must(url.Parse("https://login.bigcommerce.com/oauth2/token"))
			must(c.send(req)).want(200)
		})
	}
}

func TestRefusalsKeepToThePublishedContract(t *testing.T) {
	f := New(Config{})
	rich, _, _, _ := furnish(t, f)
	c := recorded(t, f)
	for _, status := range []int{400, 403, 404, 405, 406, 409, 413, 415, 422, 423, 429, 499, 500, 501, 502, 503, 504, 505, 507} {
		f.FailWith("", status, 2)
		c.get("/v2/orders").want(status)
		c.get("/v3/inventory/items").want(status)
	}
	c.token = "wrong"
	c.get(fmt.Sprintf("/v2/orders/%d", rich)).want(401)
	c.get("/v3/hooks").want(401)
}

// The recorder must notice what it is there to notice.
func TestTheRecorderFindsFaults(t *testing.T) {
	f := New(Config{})
	rich, _, _, _ := furnish(t, f)
	for _, tc := range []struct {
		name string
		call func(*client)
	}{
		{"a request that breaks the schema", func(c *client) { c.get("/v2/orders?min_id=abc") }},
		{"a parameter that is not declared", func(c *client) { c.get("/v3/catalog/variants?sku:in=A,B") }},
		{"a shipment with a product_id", func(c *client) {
			c.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", rich), `{"order_address_id":1,"items":[{"order_product_id":1,"quantity":1,"product_id":7}]}`)
		}},
		{"two identities", func(c *client) {
			c.do("PUT", "/v3/inventory/adjustments/absolute", `{"items":[{"location_id":1,"sku":"A","variant_id":1,"quantity":1}]}`)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := spectest.BigCommerce(t, f.Transport())
			tc.call(&client{t, rec, apiRoot, DefaultToken})
			if len(rec.Problems()) == 0 {
				t.Error("no problem found")
			}
		})
	}
	rec := spectest.BigCommerce(t, f.Transport())
	c := &client{t, rec, apiRoot, DefaultToken}
	f.Fault(Fault{Kind: DropAfter})
	_, err := c.send(c.request(http.MethodGet, "/v2/time", nil))
	c.get("/v3/nowhere")
	if got := strings.Join(rec.Unvalidated(), "; "); err == nil || !strings.Contains(got, "/v2/time") || !strings.Contains(got, "nowhere") {
		t.Errorf("never validated: %s", got)
	}
}
