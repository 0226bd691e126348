package shopifytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFaultsStrikeAnOperation(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fault  Fault
		status int
		body   string // a part of it
		effect bool
		fails  bool
	}{
		{"an internal error before", InternalError("fulfillmentCreate", false), 200, `"code":"INTERNAL_SERVER_ERROR"`, false, false},
		{"an internal error after the effect", InternalError("fulfillmentCreate", true), 200, `"data":null`, true, false},
		{"a gateway's page", BadGateway("fulfillmentCreate", false), 502, "<html>", false, false},
		{"a gateway's page after the effect", BadGateway("fulfillmentCreate", true), 502, "<html>", true, false},
		{"a shop that has not paid", Frozen(), 402, `{"errors":"Unavailable Shop"}`, false, false},
		{"a shop that is locked", Locked(), 423, `"errors"`, false, false},
		{"an app that is shut out", Forbidden(), 403, `"errors"`, false, false},
		{"too many requests", TooMany("fulfillmentCreate", 2*time.Second), 429, `"errors"`, false, false},
		{"half an answer", Truncated("fulfillmentCreate"), 200, `{"data"`, true, true},
		{"a dropped request", Fault{Op: "fulfillmentCreate", Kind: DropBefore}, 0, "", false, true},
		{"a dropped answer", Fault{Op: "fulfillmentCreate", Kind: DropAfter}, 0, "", true, true},
		{"another operation", InternalError("orders", true), 200, `"userErrors":[]`, true, false},
		{"a slow one", Slow("fulfillmentCreate", time.Minute), 200, `"userErrors":[]`, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, Config{}, func(f *Fake, a *app) {
				t := a.t
				o := custom(f)
				lift := f.Fault(tc.fault)
				r := a.try(fulfil, shipment(nil, o.FulfilmentOrders[0].ID, nil))
				if r.Status != tc.status || !strings.Contains(string(r.Raw), tc.body) || (r.Err != nil) != tc.fails {
					t.Errorf("status %d, err %v, body %s", r.Status, r.Err, r.Raw)
				}
				equal(t, "effect", len(must(f.Order(o.ID)).Fulfilments) == 1, tc.effect)
				if tc.status == 429 {
					equal(t, "Retry-After", r.Header.Get("Retry-After"), "2.0")
				}
				lift()
				equal(t, "lifted", a.try(`{ shop { id } }`, nil).Status, 200)
			})
		})
	}
}

func TestAStalledAnswerEndsWithTheCaller(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		f.Fault(Fault{Op: "fulfillmentCreate", Kind: StallAfter})
		body, _ := json.Marshal(map[string]any{"query": fulfil, "variables": shipment(nil, o.FulfilmentOrders[0].ID, nil)})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+a.shop+"/admin/api/2026-10/graphql.json", strings.NewReader(string(body)))
		req.Header.Set("X-Shopify-Access-Token", a.token)
		if r := a.roundTrip(req); r.Err == nil {
			t.Error("answered")
		}
		equal(t, "it was applied", len(must(f.Order(o.ID)).Fulfilments), 1)
	})
}

func TestABodyMayStallHalfWay(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		f.Fault(Fault{Op: "shop", Kind: StallBody})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+a.shop+"/admin/api/2026-10/graphql.json", strings.NewReader(`{"query":"{ shop { id } }"}`))
		req.Header.Set("X-Shopify-Access-Token", a.token)
		start := time.Now()
		r := a.roundTrip(req)
		if r.Status != 200 || !errors.Is(r.Err, context.DeadlineExceeded) || time.Since(start) != 30*time.Second {
			t.Errorf("status %d, err %v after %v", r.Status, r.Err, time.Since(start))
		}
	})
}

func TestTheFakeServesOnASocket(t *testing.T) {
	f := New(Config{IndexLag: -1, BulkDuration: -1})
	s, err := f.Serve("")
	check(t, err)
	defer func() { _ = s.Close() }()
	mug(f, "A", 3)
	post := func(query string) *reply {
		body, _ := json.Marshal(map[string]any{"query": query})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/admin/api/2026-10/graphql.json", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Shopify-Access-Token", "shpat_fake")
		return (&app{t: t, rt: http.DefaultTransport}).roundTrip(req)
	}
	equal(t, "answer", post(`{ productVariants(first: 1) { nodes { sku } } }`).str("productVariants.nodes.0.sku"), "A")
	id := post(`mutation { bulkOperationRunQuery(query: "{ productVariants { edges { node { sku } } } }") { bulkOperation { id } userErrors { message } } }`).str("bulkOperationRunQuery.bulkOperation.id")
	url := post(fmt.Sprintf(`{ bulkOperation(id: %q) { url } }`, id)).str("bulkOperation.url")
	if !strings.HasPrefix(url, s.URL+"/") {
		t.Errorf("a file at %s", url)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	equal(t, "file", string((&app{t: t, rt: http.DefaultTransport}).roundTrip(req).Raw), "{\"sku\":\"A\"}\n")
}
