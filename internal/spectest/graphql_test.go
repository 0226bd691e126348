package spectest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const shopSchema = `
scalar Money
enum State { OPEN CLOSED OLD @deprecated(reason: "gone") }
interface Node { id: ID! }
input Set { name: String!, old: String @deprecated(reason: "gone") }
type Order implements Node { id: ID!, state: State!, total: Money, tags: [String!]!, old: Int @deprecated(reason: "gone") }
type Shop implements Node { id: ID!, name: String! }
type Query { order(id: ID): Order, nodes(ids: [ID!]!): [Node]!, find(state: State): Order }
type Mutation { set(input: Set!): Order }
`

// graph records calls that are answered as given.
func graph(t *testing.T, status int, body string) *GraphQL {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: shopSchema})
	if err != nil {
		t.Fatal(err)
	}
	return &GraphQL{
		Recorder: Recorder{Base: answers{status: status, body: body}}, Schema: s, Path: "/graphql", docs: &graphDocs{by: map[string]*graphDoc{}},
	}
}

func TestGraphQLFindsWhatDoesNotHold(t *testing.T) {
	const (
		order = `query Q { order { id state total tags } }`
		nodes = `query Q { nodes(ids: []) { id ... on Order { state } ... on Shop { name } } }`
		good  = `{"data":{"order":{"id":"gid://x/Order/1","state":"OPEN","total":"1.50","tags":["a"]}}}`
	)
	for _, tc := range []struct{ name, query, vars, answer, wrong string }{
		{"all well", order, "", good, ""},
		{"an object that is not there", order, "", `{"data":{"order":null}}`, ""},
		{"only errors", order, "", `{"errors":[{"message":"no"}],"data":null}`, ""},
		{"a field that does not exist", `query Q { order { nope } }`, "", good, "nope"},
		{"a deprecated field", `query Q { order { old } }`, "", good, "Order.old is deprecated"},
		{"a deprecated value", `query Q { find(state: OLD) { id } }`, "", `{"data":{"find":null}}`, "State.OLD is deprecated"},
		{"a deprecated input", `mutation Q($i: Set!) { set(input: $i) { id } }`, `{"i":{"name":"a","old":"b"}}`, `{"data":{"set":null}}`, "Set.old is deprecated"},
		{"an input that lacks a field", `mutation Q($i: Set!) { set(input: $i) { id } }`, `{"i":{}}`, `{"data":{"set":null}}`, "name"},
		{"a variable nobody declared", order, `{"x":1}`, good, "x is not declared"},
		{"no name", `{ order { id } }`, "", good, "no operation"},
		{"not JSON", order, "", `<html>`, "answer"},
		{"nothing", order, "", `{}`, "neither data nor errors"},
		{"null where it must not be", order, "", `{"data":{"order":{"id":"gid://x/Order/1","state":null,"total":null,"tags":[]}}}`, "state is null"},
		{"a field left out", order, "", `{"data":{"order":{"id":"gid://x/Order/1","state":"OPEN","tags":[]}}}`, "total is missing"},
		{"a field too many", order, "", strings.Replace(good, `"tags"`, `"more":1,"tags"`, 1), "more"},
		{"a word of no enum", order, "", strings.Replace(good, "OPEN", "AJAR", 1), "AJAR is no State"},
		{"a number for money", order, "", strings.Replace(good, `"1.50"`, "1.5", 1), "is no Money"},
		{"a list that is none", order, "", strings.Replace(good, `["a"]`, `"a"`, 1), "where a list belongs"},
		{"an id of another shape", order, "", strings.Replace(good, "gid://x/Order/1", "17", 1), "is no ID"},
		{"nodes of two types", nodes, "", `{"data":{"nodes":[{"id":"gid://x/Order/1","state":"OPEN"},null,{"id":"gid://x/Shop/1","name":"a"}]}}`, ""},
		{"a field of another type", nodes, "", `{"data":{"nodes":[{"id":"gid://x/Shop/1","state":"OPEN","name":"a"}]}}`, "state"},
		{"a type that does not belong", nodes, "", `{"data":{"nodes":[{"id":"gid://x/Refund/1"}]}}`, "is no Node"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := graph(t, http.StatusOK, tc.answer)
			vars := tc.vars
			if vars == "" {
				vars = "{}"
			}
			send(t, g, http.MethodPost, "http://x/graphql", `{"query":"`+tc.query+`","variables":`+vars+`}`)
			got := strings.Join(g.Problems(), "; ")
			if (got == "") != (tc.wrong == "") || !strings.Contains(got, tc.wrong) {
				t.Errorf("problems: %q, want %q", got, tc.wrong)
			}
		})
	}
}

func TestGraphQLCountsWhatItCouldNotJudge(t *testing.T) {
	const call = `{"query":"query Q { order { id } }"}`
	g := graph(t, http.StatusOK, `{"data":"made up"}`)
	g.MadeUp = func(*Exchange) bool { return true }
	send(t, g, http.MethodPost, "http://x/graphql", call)
	if len(g.Problems()) != 0 || g.Ops()["Q"] != (Tally{Seen: 1}) {
		t.Errorf("%v, %v", g.Problems(), g.Ops())
	}
	g.Base = answers{status: http.StatusOK, body: `{"data":`, cut: true}
	send(t, g, http.MethodPost, "http://x/graphql", call)
	if g.Ops()["Q"] != (Tally{Seen: 2}) || len(g.Unvalidated()) != 1 {
		t.Errorf("%v", g.Ops())
	}
	g.MadeUp, g.Base = nil, answers{status: http.StatusOK, body: `{"data":{"order":null}}`}
	send(t, g, http.MethodPost, "http://x/graphql", call)
	if g.Ops()["Q"] != (Tally{Seen: 3, Validated: 1}) || len(g.Unvalidated()) != 0 {
		t.Errorf("%v", g.Ops())
	}
	send(t, g, http.MethodGet, "http://x/else", "")
	if got := g.Unvalidated(); len(got) != 1 || !strings.Contains(got[0], "/else") {
		t.Errorf("%v", got)
	}
}

// What the schema is silent about, on the real one.
func TestShopifyAsserts(t *testing.T) {
	const cost = `"extensions":{"cost":{"requestedQueryCost":1,"actualQueryCost":1,"throttleStatus":{"maximumAvailable":1,"currentlyAvailable":1,"restoreRate":1}}}`
	const set = `mutation S($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: \"k\") { userErrors { code } } }`
	const setAnswer = `{"data":{"inventorySetQuantities":{"userErrors":[]}},` + cost + `}`
	const fulfil = `mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }`
	const fulfilAnswer = `{"data":{"fulfillmentCreate":{"userErrors":[]}},` + cost + `}`
	const level = `{"inventoryItemId":"gid://shopify/InventoryItem/1","locationId":"gid://shopify/Location/1","quantity":1,"changeFromQuantity":null}`
	input := func(levels string) string {
		return `{"i":{"name":"available","reason":"correction","quantities":[` + levels + `]}}`
	}
	for _, tc := range []struct{ name, query, vars, answer, wrong string }{
		{"a set", set, input(level), setAnswer, ""},
		{"a set without a key", strings.Replace(set, ` @idempotent(key: \"k\")`, "", 1), input(level), setAnswer, "without @idempotent"},
		{"a set with an empty key", strings.Replace(set, `\"k\"`, `\" \"`, 1), input(level), setAnswer, "empty key"},
		{"a level that compares with nothing said", set, input(strings.Replace(level, `,"changeFromQuantity":null`, "", 1)), setAnswer, "without changeFromQuantity"},
		{"too many levels", set, input(level + strings.Repeat(","+level, 250)), setAnswer, "array of 251"},
		{"a page too long", `query P { orders(first: 251) { nodes { id } } }`, "{}", `{"data":{"orders":{"nodes":[]}},` + cost + `}`, "orders(first: 251)"},
		{"explicit lines", fulfil, `{"f":{"lineItemsByFulfillmentOrder":[{"fulfillmentOrderId":"gid://shopify/FulfillmentOrder/1","fulfillmentOrderLineItems":[{"id":"gid://shopify/FulfillmentOrderLineItem/1","quantity":1}]}]}}`, fulfilAnswer, ""},
		{"no lines", fulfil, `{"f":{"lineItemsByFulfillmentOrder":[{"fulfillmentOrderId":"gid://shopify/FulfillmentOrder/1"}]}}`, fulfilAnswer, "without explicit lines"},
		{"one number and many", fulfil, `{"f":{"trackingInfo":{"number":"1","numbers":["1"]},"lineItemsByFulfillmentOrder":[]}}`, fulfilAnswer, "exclude each other"},
		{"no costs", `query P { shop { id } }`, "{}", `{"data":{"shop":{"id":"gid://shopify/Shop/1"}}}`, "extensions.cost"},
		{"a bulk query of nodes", `mutation B($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { code } } }`, `{"q":"{ orders { nodes { id } } }"}`, `{"data":{"bulkOperationRunQuery":{"userErrors":[]}},` + cost + `}`, "bulk queries ask for edges"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := Shopify(t, "2026-10", answers{status: http.StatusOK, body: tc.answer})
			g.MadeUp = func(*Exchange) bool { return false }
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://acme.myshopify.com/admin/api/2026-10/graphql.json",
				strings.NewReader(`{"query":"`+tc.query+`","variables":`+tc.vars+`}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Shopify-Access-Token", "t")
			resp, err := g.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			got := strings.Join(g.Problems(), "; ")
			if (got == "") != (tc.wrong == "") || !strings.Contains(got, tc.wrong) {
				t.Errorf("problems: %q, want %q", got, tc.wrong)
			}
		})
	}
}
