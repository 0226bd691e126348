package shopifytest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func without(scopes ...string) []string {
	return slices.DeleteFunc(slices.Clone(DefaultScopes), func(s string) bool { return slices.Contains(scopes, s) })
}

func TestAMissingScopeDeniesAFieldAndLeavesTheRest(t *testing.T) {
	bubble(t, Config{Scopes: without("read_customers")}, func(f *Fake, a *app) {
		t := a.t
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, Buyer: Buyer{Email: "a@example.com"}}))
		r := a.try("query Q($id: ID!) {\n  order(id: $id) { name customer { id } } shop { name } }", map[string]any{"id": o.ID})
		var got struct{ Errors, Data json.RawMessage }
		check(t, json.Unmarshal(r.Raw, &got))
		equal(t, "errors", string(got.Errors), `[{"message":"Access denied for customer field. Required access: `+"`read_customers` access scope."+`","locations":[{"line":2,"column":25}],"path":["order","customer"],"extensions":{"code":"ACCESS_DENIED","documentation":"https://shopify.dev/api/usage/access-scopes","requiredAccess":"`+"`read_customers` access scope."+`"}}]`)
		equal(t, "data", string(got.Data), `{"order":{"name":"#1001","customer":null},"shop":{"name":"Test shop"}}`)
	})
}

func TestEachScopeGuardsWhatItShould(t *testing.T) {
	fos := []string{
		"read_assigned_fulfillment_orders", "write_assigned_fulfillment_orders", "read_merchant_managed_fulfillment_orders",
		"write_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders", "write_third_party_fulfillment_orders",
	}
	for _, tc := range []struct {
		name   string
		scopes []string
		query  string
		denied string // the field named in the first error, "" for none
	}{
		{"orders", without("read_orders", "write_orders"), `{ orders(first: 1) { nodes { id } } }`, "orders"},
		{"a write scope reads", without("read_orders"), `{ orders(first: 1) { nodes { id } } }`, ""},
		{"products on a line", without("read_products"), `{ orders(first: 1) { nodes { lineItems(first: 1) { nodes { variant { id } } } } } }`, "variant"},
		{"returns", without("read_returns"), `{ orders(first: 1) { nodes { returns(first: 1) { nodes { id } } } } }`, "returns"},
		{"an item by products alone", []string{"read_products"}, `{ inventoryItems(first: 1) { nodes { sku tracked } } }`, ""},
		{"levels by products alone", []string{"read_products"}, `{ inventoryItems(first: 1) { nodes { sku inventoryLevels(first: 1) { nodes { id } } } } }`, "inventoryLevels"},
		{"a location's id by inventory", []string{"read_inventory"}, `{ locations(first: 1) { nodes { id } } }`, ""},
		{"a location's name", []string{"read_inventory"}, `{ locations(first: 1) { nodes { id name } } }`, "name"},
		{"fulfilment orders at the root", without(fos...), `{ fulfillmentOrders(first: 1) { nodes { id } } }`, "fulfillmentOrders"},
		{"who holds", DefaultScopes, `{ orders(first: 1) { nodes { fulfillmentOrders(first: 1) { nodes { fulfillmentHolds { heldByApp { id } } } } } } }`, "heldByApp"},
		{"writing stock", without("write_inventory"), `mutation { inventoryActivate(inventoryItemId: "gid://shopify/InventoryItem/1", locationId: "gid://shopify/Location/1") @idempotent(key: "k") { userErrors { message } } }`, "inventoryActivate"},
		{"a node behind an interface", without("read_orders", "write_orders"), `{ nodes(ids: ["ORDER"]) { id } }`, "nodes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, Config{Scopes: tc.scopes}, func(f *Fake, a *app) {
				t := a.t
				mug(f, "A", 2)
				o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}, Hold: "OTHER"}))
				settled()
				r := a.try(strings.ReplaceAll(tc.query, "ORDER", o.ID), nil)
				if tc.denied == "" {
					equal(t, "message", r.message(), "")
					return
				}
				equal(t, "code", r.code(), "ACCESS_DENIED")
				if want := "Access denied for " + tc.denied + " field."; !strings.HasPrefix(r.message(), want) {
					t.Errorf("got %q, want %q", r.message(), want)
				}
			})
		})
	}
}

func TestWithoutFulfilmentScopesAnOrderHasNoFulfilmentOrders(t *testing.T) {
	for _, tc := range []struct {
		name   string
		scopes []string
		want   int
	}{
		{"none", []string{"read_orders"}, 0},
		{"merchant managed", []string{"read_orders", "read_merchant_managed_fulfillment_orders"}, 1},
		{"third party", []string{"read_orders", "read_third_party_fulfillment_orders"}, 1},
		{"both", []string{"read_orders", "read_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders"}, 2},
	} {
		bubble(t, Config{Scopes: tc.scopes, Locations: []Location{{Name: "Home"}, {Name: "3PL", Service: "swift"}}}, func(f *Fake, a *app) {
			t := a.t
			must(f.AddProduct(Product{Variants: []Variant{{SKU: "A", Available: 1, Stock: map[string]int{"3PL": 1}}}}))
			o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}}))
			r := a.run(`query Q($id: ID!) { order(id: $id) { fulfillmentOrders(first: 9) { nodes { id status } } } }`, map[string]any{"id": o.ID})
			equal(t, tc.name, len(r.list("order.fulfillmentOrders.nodes")), tc.want)
		})
	}
}

func TestAccessScopesAreToBeRead(t *testing.T) {
	bubble(t, Config{Scopes: []string{"read_orders", "write_inventory"}}, func(f *Fake, a *app) {
		t := a.t
		r := a.run(`{ currentAppInstallation { accessScopes { handle } } }`, nil)
		equal(t, "scopes", string(r.Raw[:strings.Index(string(r.Raw), `,"extensions`)]), `{"data":{"currentAppInstallation":{"accessScopes":[{"handle":"read_orders"},{"handle":"write_inventory"}]}}`)
		f.SetScopes("read_orders", "read_products")
		equal(t, "after a change", len(a.run(`{ currentAppInstallation { accessScopes { handle } } }`, nil).list("currentAppInstallation.accessScopes")), 2)
		equal(t, "the new one works", a.try(`{ products(first: 1) { nodes { id } } }`, nil).message(), "")
	})
}

func TestOrdersOlderThanSixtyDaysAreSilentlyAbsent(t *testing.T) {
	for _, all := range []bool{false, true} {
		cfg := Config{}
		if all {
			cfg.Scopes = append(slices.Clone(DefaultScopes), "read_all_orders")
		}
		bubble(t, cfg, func(f *Fake, a *app) {
			t := a.t
			old := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, At: time.Now().Add(-61 * 24 * time.Hour)}))
			custom(f)
			check(t, f.Touch(old.ID)) // recently changed and still hidden
			settled()
			want, byID := "#1002", any(nil)
			if all {
				want, byID = "#1001 #1002", "#1001"
			}
			equal(t, "list", a.names(5, map[string]any{"key": "CREATED_AT"}), want)
			r := a.run(`query Q($id: ID!) { order(id: $id) { name } node(id: $id) { id } ordersCount { count } fulfillmentOrders(first: 5) { nodes { id } } }`, map[string]any{"id": old.ID})
			equal(t, "by id", r.at("order.name"), byID)
			equal(t, "as a node", r.at("node") != nil, all)
			equal(t, "count", r.num("ordersCount.count"), len(strings.Fields(want)))
			equal(t, "fulfilment orders", len(r.list("fulfillmentOrders.nodes")), len(strings.Fields(want)))
			time.Sleep(60 * 24 * time.Hour)
			if !all {
				equal(t, "orders grow old", a.names(5, nil), "")
			}
		})
	}
}

func TestProtectedDataIsWithheldInTwoWays(t *testing.T) {
	const query = `query Q($id: ID!) { order(id: $id) { name email phone customer { id firstName defaultEmailAddress { emailAddress } displayName }
		shippingAddress { name address1 zip countryCodeV2 formatted } fulfillmentOrders(first: 1) { nodes { destination { lastName countryCode } } } } }`
	place := func(f *Fake) map[string]any {
		return map[string]any{"id": must(f.PlaceOrder(NewOrder{
			Lines: []NewLine{{Title: "x", Price: "1"}}, Buyer: Buyer{First: "Ada", Last: "Byron", Email: "ada@example.com", Phone: "+49"},
			Address: &Address{First: "Ada", Last: "Byron", Line1: "Allee 1", City: "Berlin", Zip: "10115", CountryCode: "DE", Country: "Germany"},
		})).ID}
	}
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		r := a.run(query, place(f))
		equal(t, "granted", r.str("order.email")+r.str("order.customer.firstName")+r.str("order.shippingAddress.zip")+r.str("order.fulfillmentOrders.nodes.0.destination.lastName"), "ada@example.comAda10115Byron")
	})
	bubble(t, Config{Protected: Redacted}, func(f *Fake, a *app) {
		t := a.t
		r := a.run(query, place(f))
		delete(r.Data["order"].(map[string]any)["customer"].(map[string]any), "id")
		want := map[string]any{
			"name": "#1001", "email": nil, "phone": nil,
			"customer":          map[string]any{"firstName": nil, "defaultEmailAddress": nil, "displayName": ""},
			"shippingAddress":   map[string]any{"name": nil, "address1": nil, "zip": nil, "countryCodeV2": "DE", "formatted": []any{}},
			"fulfillmentOrders": map[string]any{"nodes": []any{map[string]any{"destination": map[string]any{"lastName": nil, "countryCode": "DE"}}}},
		}
		if diff := cmp.Diff(any(want), r.at("order")); diff != "" {
			t.Error(diff)
		}
	})
	bubble(t, Config{Protected: Refused}, func(f *Fake, a *app) {
		t := a.t
		r := a.try(query, place(f))
		equal(t, "code", r.code(), "ACCESS_DENIED")
		var said []string
		for _, e := range r.Errors {
			said = append(said, strings.SplitAfter(e["message"].(string), "object.")[0])
		}
		want := []string{
			"This app is not approved to access the Order object.", "This app is not approved to access the Order object.",
			"This app is not approved to access the Customer object.", "This app is not approved to access the MailingAddress object.",
			"This app is not approved to access the MailingAddress object.",
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
		equal(t, "the rest is there", r.str("order.name"), "#1001")
	})
}
