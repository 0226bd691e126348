package shopifytest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzRequest holds that nothing a stranger sends makes the fake panic or hang,
// and that every answer is JSON.
func FuzzRequest(f *testing.F) {
	for _, q := range []string{
		ordersQuery, orderDetail, fulfil, setStock, stockByItem, `{ shop { ...A } } fragment A on Shop { ...A }`, `query($x: [ID!] = ["a"]) { nodes(ids: $x) { id } }`,
		`{ a: orders(first: 1, query: "(a OR -b:>'c' NOT") { edges { cursor node { ... on Node { id } } } } }`, `mutation { fulfillmentCancel(id: 3) { userErrors { message } } }`,
		`{ node(id: "gid://shopify/Order/1") { ... on Location { name } } }`, `subscription { x }`, `{ __typename }`, `{ orders(first: 1, after: "e30") { nodes { id } } }`,
	} {
		f.Add(q, `{"id":"gid://shopify/Order/1","first":2,"query":"status:open","key":"k","input":{"name":"available"}}`)
	}
	fake := New(Config{IndexLag: -1, Quota: 1e6})
	aBusyShop(fake)
	f.Fuzz(func(t *testing.T, query, vars string) {
		var v map[string]any
		_ = json.Unmarshal([]byte(vars), &v)
		body, _ := json.Marshal(map[string]any{"query": query, "variables": v})
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/api/2026-10/graphql.json", strings.NewReader(string(body)))
		req.Header.Set("X-Shopify-Access-Token", "shpat_fake")
		rec := httptest.NewRecorder()
		fake.ServeHTTP(rec, req)
		if !json.Valid(rec.Body.Bytes()) {
			t.Errorf("status %d, body %q", rec.Code, rec.Body)
		}
	})
}
