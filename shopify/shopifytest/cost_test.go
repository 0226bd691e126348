package shopifytest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestPagesCostByTheLogarithmOfTheirSize(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 1: 1, 2: 1, 3: 2, 5: 3, 10: 4, 20: 5, 25: 6, 50: 7, 100: 9, 150: 10, 200: 10, 250: 11} {
		if got := pageFactor(n); got != want {
			t.Errorf("%d nodes count %v times, want %v", n, got, want)
		}
	}
}

func TestCostOfShapes(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		for query, want := range map[string]float64{
			`{ shop { id name currencyCode } }`:                                                                        1,
			`{ shop { __typename plan { publicDisplayName } } }`:                                                       2,
			`{ orders(first: 10) { pageInfo { hasNextPage } nodes { id } } }`:                                          6,
			`{ orders(first: 10) { edges { cursor node { id } } } }`:                                                   6,
			`{ orders(last: 10) { nodes { id totalPriceSet { shopMoney { amount } presentmentMoney { amount } } } } }`: 6,
			`{ orders(first: 10) { nodes { id lineItems(first: 10) { nodes { id } } } } }`:                             30,
			`{ orders(first: 10) { nodes { id refunds(first: 250) { id } } } }`:                                        10,
			`{ orders(first: 250) { pageInfo { hasNextPage } } }`:                                                      2,
			`{ ordersCount { count } }`:                                                                                10,
			`{ node(id: "gid://shopify/Order/1") { id ... on Order { customer { id } shippingAddress { city } } ... on Shop { plan { publicDisplayName } } } }`: 3,
			`{ shop { id } shop2: shop { id } }`:                                                                                                         2,
			`{ shop { plan { publicDisplayName } } shop { plan { partnerDevelopment } } }`:                                                               2,
			`mutation { fulfillmentCancel(id: "gid://shopify/Fulfillment/1") { fulfillment { id order { id } } userErrors { field message } } }`:         11,
			`mutation { refundCreate(input: {orderId: "gid://shopify/Order/1"}) { refund { id } userErrors { message } } }`:                              20,
			`mutation { fulfillmentTrackingInfoUpdate(fulfillmentId: "gid://shopify/Fulfillment/1", trackingInfoInput: {}) { userErrors { message } } }`: 50,
		} {
			r := a.try(query, nil)
			equal(t, query, r.Extensions.Cost.RequestedQueryCost, want)
			time.Sleep(time.Minute)
		}
	})
}

func TestTheBucketIsPaidRefundedAndRefilled(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		status := func(r *reply) string {
			s := r.Extensions.Cost.ThrottleStatus
			return fmt.Sprint(s.MaximumAvailable, s.CurrentlyAvailable, s.RestoreRate)
		}
		const dear = `{ orders(first: 250) { nodes { id lineItems(first: 100) { nodes { id } } } } }` // 2+11*(1+2+9) = 134
		r := a.run(dear, nil)
		equal(t, "requested", r.Extensions.Cost.RequestedQueryCost, 134)
		equal(t, "actual of nothing", *r.Extensions.Cost.ActualQueryCost, 2)
		equal(t, "the difference is given back", status(r), "2000 1998 100")

		f.DrainBucket(100)
		r = a.try(dear, nil)
		equal(t, "throttled", r.code()+" "+r.message(), "THROTTLED Throttled")
		equal(t, "status", r.Status, 200)
		if strings.Contains(string(r.Raw), `"data"`) || r.Extensions.Cost.ActualQueryCost != nil || !strings.Contains(string(r.Raw), `"actualQueryCost":null`) {
			t.Errorf("shape: %s", r.Raw)
		}
		equal(t, "nothing was paid", status(r), "2000 100 100")
		wait := (r.Extensions.Cost.RequestedQueryCost - r.Extensions.Cost.ThrottleStatus.CurrentlyAvailable) / r.Extensions.Cost.ThrottleStatus.RestoreRate
		time.Sleep(time.Duration(math.Ceil(wait*1000)) * time.Millisecond)
		a.run(dear, nil)
		time.Sleep(time.Hour)
		equal(t, "it does not run over", status(a.run(`{ shop { id } }`, nil)), "2000 1999 100")
		equal(t, "throttled", f.Throttled(), 1)
		s := f.Stats()
		equal(t, "requested points", s.Requested, 134+134+1)
		equal(t, "spent points", s.Spent, 2+2+1)
		equal(t, "calls", f.Calls()["orders"], 3)
	})
}

func TestQuotaScalesTheBucket(t *testing.T) {
	bubble(t, Config{Quota: 2.5}, func(_ *Fake, a *app) {
		t := a.t
		s := a.run(`{ shop { id } }`, nil).Extensions.Cost.ThrottleStatus
		equal(t, "size", s.MaximumAvailable, 5000)
		equal(t, "rate", s.RestoreRate, 250)
	})
}

func TestOneQueryMayNotCostMoreThanAThousand(t *testing.T) {
	bubble(t, Config{Quota: 10}, func(f *Fake, a *app) {
		t := a.t
		r := a.try(ordersQuery, map[string]any{"first": 250, "query": ""})
		equal(t, "717 is allowed", len(r.Errors), 0)
		r = a.try(`{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id variant { id product { id } inventoryItem { id inventoryLevels(first: 3) { nodes { id } } } } } } } } }`, nil)
		equal(t, "refused", r.code(), "MAX_COST_EXCEEDED")
		want := fmt.Sprintf("Query cost is %.0f, which exceeds the single query max cost limit (1000)", r.Extensions.Cost.RequestedQueryCost)
		if !strings.HasPrefix(r.message(), want) || r.Extensions.Cost.RequestedQueryCost <= 1000 {
			t.Error(r.message())
		}
		equal(t, "counted", f.Stats().TooDear, 1)
	})
}

func TestTheDebugHeaderTellsTheCostOfFields(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		if n := len(a.run(`{ shop { id } }`, nil).Extensions.Cost.Fields); n != 0 {
			t.Error("fields without the header")
		}
		a.headers = map[string]string{"Shopify-GraphQL-Cost-Debug": "1"}
		if n := len(a.run(`{ shop { id } publicApiVersions { handle } }`, nil).Extensions.Cost.Fields); n != 2 {
			t.Errorf("%d fields", n)
		}
	})
}

func TestInputArraysHaveALimit(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		p := mug(f, "A", 1)
		ids := func(n int) []any {
			out := make([]any, n)
			for i := range out {
				out[i] = p.Variants[0].ItemID
			}
			return out
		}
		equal(t, "250 ids", len(a.run(stockByItem, map[string]any{"ids": ids(250)}).list("nodes")), 250)
		r := a.try(stockByItem, map[string]any{"ids": ids(251)})
		equal(t, "251 ids", r.code()+": "+r.message(), "MAX_INPUT_SIZE_EXCEEDED: The input array size of 251 is greater than the maximum allowed of 250.")
		rows := make([]any, 251)
		for i := range rows {
			rows[i] = map[string]any{"inventoryItemId": p.Variants[0].ItemID, "locationId": "gid://shopify/Location/1", "quantity": 1, "changeFromQuantity": nil}
		}
		r = a.try(setStock, map[string]any{"key": "k", "input": map[string]any{"name": "available", "reason": "correction", "quantities": rows}})
		equal(t, "251 rows", r.code(), "MAX_INPUT_SIZE_EXCEEDED")
		if got := fmt.Sprint(r.Errors[0]["path"]); got != "[inventorySetQuantities input quantities]" {
			t.Error(got)
		}
	})
}
