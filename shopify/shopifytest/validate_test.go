package shopifytest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInvalidDocumentsAreRefusedInTheMarketplacesWords(t *testing.T) {
	for _, tc := range []struct{ name, query, want string }{
		{
			"a field that does not exist", "query Shop {\n  shop { id nope }\n}",
			`[{"message":"Field 'nope' doesn't exist on type 'Shop'","locations":[{"line":2,"column":13}],"path":["query Shop","shop","nope"],"extensions":{"code":"undefinedField","fieldName":"nope","typeName":"Shop"}}]`,
		},
		{
			"a field inside a fragment", "{ shop { ...F } }\nfragment F on Shop { nope }",
			`[{"message":"Field 'nope' doesn't exist on type 'Shop'","locations":[{"line":2,"column":22}],"path":["fragment F","nope"],"extensions":{"code":"undefinedField","fieldName":"nope","typeName":"Shop"}}]`,
		},
		{
			"a mutation that does not exist", "mutation { nope { id } }",
			`[{"message":"Field 'nope' doesn't exist on type 'Mutation'","locations":[{"line":1,"column":12}],"path":["mutation","nope"],"extensions":{"code":"undefinedField","fieldName":"nope","typeName":"Mutation"}}]`,
		},
		{
			"an argument that does not exist", "{ shop { id } orders(first: 1, nope: 2) { nodes { id } } }",
			`[{"message":"Field 'orders' doesn't accept argument 'nope'","locations":[{"line":1,"column":15}],"path":["query","orders","nope"],"extensions":{"argumentName":"nope","code":"argumentNotAccepted","name":"orders","typeName":"Field"}}]`,
		},
		{
			"a required argument left out", "{ order { id } }",
			`[{"message":"Field 'order' is missing required arguments: id","locations":[{"line":1,"column":3}],"path":["query","order"],"extensions":{"arguments":"id","className":"Field","code":"missingRequiredArguments","name":"order"}}]`,
		},
		{
			"an object without selections", "query Q {\n  shop\n}",
			`[{"message":"Field must have selections (field 'shop' returns Shop but has no selections. Did you mean 'shop { ... }'?)","locations":[{"line":2,"column":3}],"path":["query Q","shop"],"extensions":{"code":"selectionMismatch","nodeName":"field 'shop'","typeName":"Shop"}}]`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, Config{}, func(f *Fake, a *app) {
				t := a.t
				r := a.try(tc.query, nil)
				var got struct{ Errors json.RawMessage }
				check(t, json.Unmarshal(r.Raw, &got))
				if diff := cmp.Diff(tc.want, string(got.Errors)); diff != "" {
					t.Error(diff)
				}
				equal(t, "status", r.Status, http.StatusOK)
				if strings.Contains(string(r.Raw), `"data"`) {
					t.Error("there is data")
				}
				equal(t, "counted", f.Stats().Invalid, 1)
			})
		})
	}
}

func TestOtherInvalidDocumentsHaveACode(t *testing.T) {
	for query, code := range map[string]string{
		"{ shop { id ":                                    "PARSE_ERROR",
		"query Q($x: Int) { shop { id } }":                "variableNotUsed",
		"{ order(id: $id) { id } }":                       "variableNotDefined",
		"{ shop { ...Nope } }":                            "useAndDefineFragment",
		"{ shop { id @nope } }":                           "directiveCannotBeApplied",
		"{ orders(first: \"x\") { nodes { id } } }":       "argumentLiteralsIncompatible",
		"query Q($id: String!) { order(id: $id) { id } }": "variableMismatch",
		"{ shop { id: name id } }":                        "fieldConflict",
		"query @idempotent(key: \"k\") { shop { id } }":   "directiveCannotBeApplied",
	} {
		t.Run(code, func(t *testing.T) {
			bubble(t, Config{}, func(_ *Fake, a *app) {
				t := a.t
				equal(t, query, a.try(query, nil).code(), code)
			})
		})
	}
}

func TestVariablesAreCoercedAndComplainedAbout(t *testing.T) {
	const query = "query Q($id: ID!) {\n order(id: $id) { id } }"
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		for _, tc := range []struct {
			name, query, vars, want string
		}{
			{
				"missing", query, `{}`,
				`[{"message":"Variable $id of type ID! was provided invalid value","locations":[{"line":1,"column":9}],"extensions":{"code":"INVALID_VARIABLE","problems":[{"explanation":"Expected value to not be null","path":[]}],"value":null}}]`,
			},
			{
				"a malformed id", query, `{"id":"12"}`,
				`[{"message":"Variable $id of type ID! was provided invalid value","locations":[{"line":1,"column":9}],"extensions":{"code":"INVALID_VARIABLE","problems":[{"explanation":"Invalid global id '12'","message":"Invalid global id '12'","path":[]}],"value":"12"}}]`,
			},
			{
				"a field that left the input", setStock,
				`{"key":"k","input":{"name":"available","reason":"correction","ignoreCompareQuantity":true,"quantities":[]}}`,
				`[{"message":"Variable $input of type InventorySetQuantitiesInput! was provided invalid value for ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)","locations":[{"line":2,"column":23}],"extensions":{"code":"INVALID_VARIABLE","problems":[{"explanation":"Field is not defined on InventorySetQuantitiesInput","path":["ignoreCompareQuantity"]}],"value":{"name":"available","reason":"correction","ignoreCompareQuantity":true,"quantities":[]}}}]`,
			},
			{
				"inside a list", setStock,
				`{"key":"k","input":{"name":"available","reason":"correction","quantities":[{"inventoryItemId":"gid://shopify/InventoryItem/1","locationId":"gid://shopify/Location/1","quantity":"7"}]}}`,
				`[{"message":"Variable $input of type InventorySetQuantitiesInput! was provided invalid value for quantities.0.quantity (Could not coerce value \"7\" to Int)","locations":[{"line":2,"column":23}],"extensions":{"code":"INVALID_VARIABLE","problems":[{"explanation":"Could not coerce value \"7\" to Int","path":["quantities",0,"quantity"]}],"value":{"name":"available","reason":"correction","quantities":[{"inventoryItemId":"gid://shopify/InventoryItem/1","locationId":"gid://shopify/Location/1","quantity":"7"}]}}}]`,
			},
		} {
			body, _ := json.Marshal(map[string]any{"query": tc.query, "variables": json.RawMessage(tc.vars)})
			r := a.send("POST", "/admin/api/2026-10/graphql.json", "application/json", string(body))
			var got struct{ Errors json.RawMessage }
			check(t, json.Unmarshal(r.Raw, &got))
			if diff := cmp.Diff(tc.want, string(got.Errors)); diff != "" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
		r := a.try(`{ order(id: "12") { id } }`, nil)
		equal(t, "a malformed id in the document", r.code()+": "+r.message(), "argumentLiteralsIncompatible: Invalid global id '12'")
		r = a.try(`query Q($s: OrderSortKeys) { orders(first: 1, sortKey: $s) { nodes { id } } }`, map[string]any{"s": "NOPE"})
		equal(t, "an enum", r.code(), "INVALID_VARIABLE")
		r = a.try(`query Q($n: Int = 2) { orders(first: $n) { nodes { id } } }`, nil)
		equal(t, "a default", r.Extensions.Cost.RequestedQueryCost, 3)
	})
}

func TestAnIDOfAnotherKindIsAnErrorAndAMissingOneNull(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		r := a.try(`{ order(id: "gid://shopify/Product/1") { id } }`, nil)
		equal(t, "another kind", r.code()+": "+r.message(), "RESOURCE_NOT_FOUND: Invalid id: gid://shopify/Product/1")
		r = a.run(`{ order(id: "gid://shopify/Order/1") { id } nodes(ids: ["gid://shopify/Order/1", "gid://shopify/InventoryItem/9"]) { id } }`, nil)
		equal(t, "missing", string(r.Raw[:strings.Index(string(r.Raw), `,"ext`)]), `{"data":{"order":null,"nodes":[null,null]}`)
	})
}

func TestTheExecutorKnowsAliasesFragmentsAndDirectives(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		p := mug(f, "A", 3)
		r := a.run(`query Q($yes: Boolean!, $ids: [ID!]!) {
			mine: shop { __typename b: name name ... @include(if: $yes) { currencyCode } id @skip(if: $yes) }
			nodes(ids: $ids) { __typename ... on LegacyInteroperability { legacyResourceId } ...V ... on InventoryItem { sku variant { ...V } } }
		}
		fragment V on ProductVariant { price product { title } }`,
			map[string]any{"yes": true, "ids": []any{p.Variants[0].ID, p.Variants[0].ItemID}})
		want := `{"mine":{"__typename":"Shop","b":"Test shop","name":"Test shop","currencyCode":"USD"},"nodes":[` +
			`{"__typename":"ProductVariant","legacyResourceId":"` + legacy(number(p.Variants[0].ID)) + `","price":"12.50","product":{"title":"Mug"}},` +
			`{"__typename":"InventoryItem","legacyResourceId":"` + legacy(number(p.Variants[0].ItemID)) + `","sku":"A","variant":{"price":"12.50","product":{"title":"Mug"}}}]}`
		if got := string(r.Raw); !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func TestFieldsOfSharedFragmentsMergePerPlace(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		p := mug(f, "A", 3)
		r := a.run(`query Q($id: ID!) { x: productVariant(id: $id) { ...P } y: productVariant(id: $id) { ...P product { handle } } }
			fragment P on ProductVariant { product { title } }`, map[string]any{"id": p.Variants[0].ID})
		if got := string(r.Raw); !strings.Contains(got, `{"x":{"product":{"title":"Mug"}},"y":{"product":{"title":"Mug","handle":"mug"}}}`) {
			t.Error(got)
		}
	})
}

func TestDeprecatedUseIsCountedAndFlagged(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "3"}}}))
		r := a.run(`query Q($id: ID!) { order(id: $id) { totalPrice lineItems(first: 1) { nodes { fulfillableQuantity } } } }`, map[string]any{"id": o.ID})
		equal(t, "value", r.str("order.totalPrice"), "3.00")
		if r.Header.Get("X-Shopify-API-Deprecated-Reason") == "" {
			t.Error("no header")
		}
		want := map[string]int{"Order.totalPrice": 1, "LineItem.fulfillableQuantity": 1}
		if diff := cmp.Diff(want, f.Deprecated()); diff != "" {
			t.Error(diff)
		}
		r = a.run(`{ shop { id } }`, nil)
		if r.Header.Get("X-Shopify-API-Deprecated-Reason") != "" {
			t.Error("a header without use")
		}
	})
}

func TestRequestsThatAreNoOperations(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		const path = "/admin/api/2026-10/graphql.json"
		for _, tc := range []struct {
			name, method, path, body string
			status                   int
		}{
			{"no JSON", "POST", path, "{", 400},
			{"no query", "POST", path, "{}", 400},
			{"another method", "GET", path, "", 404},
			{"another path", "POST", "/admin/api/graphql", "{}", 404},
			{"a version that never was", "POST", "/admin/api/2026-11/graphql.json", "{}", 404},
		} {
			equal(t, tc.name, a.send(tc.method, tc.path, "application/json", tc.body).Status, tc.status)
		}
		r := a.send("POST", path, "application/graphql", "{ shop { id } }")
		equal(t, "a bare query", r.Status, 200)
		r = a.send("POST", path, "application/json", `{"query":"query A { shop { id } } query B { shop { name } }","operationName":"B"}`)
		equal(t, "an operation by name", r.str("shop.name"), "Test shop")
		r = a.send("POST", path, "application/json", `{"query":"query A { shop { id } } query B { shop { name } }"}`)
		equal(t, "two and no name", r.message(), "An operation name is required")
		r = a.try(`{ __schema { types { name } } }`, nil)
		equal(t, "introspection", r.code(), "undefinedField")
		a.shop = "another.myshopify.com"
		equal(t, "another shop", a.try(`{ shop { id } }`, nil).Status, 404)
	})
}

func TestTheServedVersionIsNamed(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		for asked, served := range map[string]string{"2026-10": "2026-10", "2026-07": "2026-07", "2024-01": "2026-01", "unstable": "unstable"} {
			a.version = asked
			r := a.run(`{ shop { id } }`, nil)
			equal(t, asked, r.Header.Get("X-Shopify-API-Version"), served)
			if r.Header.Get("X-Request-Id") == "" || r.Header.Get("Date") == "" {
				t.Error("no request id or date")
			}
		}
	})
	bubble(t, Config{ServedVersion: "2025-07"}, func(_ *Fake, a *app) {
		t := a.t
		equal(t, "older than asked", a.run(`{ shop { id } }`, nil).Header.Get("X-Shopify-API-Version"), "2025-07")
	})
}
