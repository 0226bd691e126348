package shopifytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fetch downloads a bulk result.
func (a *app) fetch(url string, token string) *reply {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		a.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("X-Shopify-Access-Token", token)
	}
	return a.roundTrip(req)
}

// poll writes a bulk operation's state.
func (a *app) poll(id string) *reply { return a.run(pollBulk, map[string]any{"id": id}) }

func (a *app) bulk(q string) *reply { return a.run(runBulk, map[string]any{"q": q}) }

func TestABulkQueryRunsByTheClock(t *testing.T) {
	bubble(t, Config{BulkDuration: 100 * time.Second}, func(f *Fake, a *app) {
		t := a.t
		for i := range 30 {
			must(f.AddProduct(Product{Title: strconv.Itoa(i), Variants: []Variant{{SKU: fmt.Sprintf("%d-a", i)}, {SKU: fmt.Sprintf("%d-b", i)}}}))
		}
		r := a.bulk(`{ products(first: 1) { edges { node { id title variants { edges { node { id sku inventoryItem { id } } } } } } } }`)
		id := r.str("bulkOperationRunQuery.bulkOperation.id")
		equal(t, "made", r.str("bulkOperationRunQuery.bulkOperation.status"), "CREATED")
		equal(t, "at once", a.poll(id).str("bulkOperation.status"), "CREATED")
		time.Sleep(10 * time.Second)
		equal(t, "soon", a.poll(id).str("bulkOperation.status"), "RUNNING")
		must(f.AddProduct(Product{Title: "late", Variants: []Variant{{SKU: "late-a"}}}))
		time.Sleep(89 * time.Second)
		equal(t, "still", fmt.Sprint(a.poll(id).at("bulkOperation.url")), "<nil>")
		time.Sleep(time.Second)
		r = a.poll(id)
		equal(t, "done", r.str("bulkOperation.status"), "COMPLETED")
		equal(t, "counts are strings", r.str("bulkOperation.objectCount")+" "+r.str("bulkOperation.rootObjectCount"), "92 31")
		equal(t, "when", r.str("bulkOperation.completedAt"), "2026-11-01T09:31:40Z")

		got := a.fetch(r.str("bulkOperation.url"), "")
		equal(t, "size", r.str("bulkOperation.fileSize"), strconv.Itoa(len(got.Raw)))
		lines := strings.Split(strings.TrimRight(string(got.Raw), "\n"), "\n")
		seen, early := map[string]string{}, 0
		for _, l := range lines {
			var o struct{ ID, ParentID, SKU, Title string }
			check(t, json.Unmarshal([]byte(strings.Replace(l, "__parentId", "parentId", 1)), &o))
			if o.ParentID != "" && seen[o.ParentID] == "" {
				early++
			}
			if strings.Contains(l, "edges") || strings.Contains(o.ID, "ProductVariant") != (o.ParentID != "") {
				t.Errorf("line %s", l)
			}
			seen[o.ID] = "x"
		}
		equal(t, "lines", len(seen), 92)
		if early == 0 {
			t.Error("every child follows its parent: nobody may rely on that")
		}
		time.Sleep(8 * 24 * time.Hour)
		r = a.poll(id)
		equal(t, "after a week", r.str("bulkOperation.status")+fmt.Sprint(r.at("bulkOperation.url")), "EXPIRED<nil>")
		equal(t, "calls", f.Calls()[OpDownload], 1)
	})
}

func TestBulkResultsKeepListsInTheirObjects(t *testing.T) {
	bubble(t, Config{BulkDuration: -1}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}, Discounts: []Discount{{Code: "X", Percent: "50"}}}))
		settled()
		r := a.run(`mutation { bulkOperationRunQuery(groupObjects: true, query: "{ orders { edges { node { id name lineItems { edges { node { id sku discountAllocations { allocatedAmountSet { shopMoney { amount } } } } } } } } } }") { bulkOperation { id } userErrors { message } } }`, nil)
		got := a.fetch(a.poll(r.str("bulkOperationRunQuery.bulkOperation.id")).str("bulkOperation.url"), "")
		o := f.orders[0]
		want := fmt.Sprintf("{\"id\":%q,\"name\":\"#1001\"}\n{\"id\":%q,\"sku\":\"A\",\"discountAllocations\":[{\"allocatedAmountSet\":{\"shopMoney\":{\"amount\":\"12.5\"}}}],\"__parentId\":%[1]q}\n", o.gid(), o.lines[0].gid())
		equal(t, "file", string(got.Raw), want)
	})
}

func TestABulkResultWithoutRowsHasNoURL(t *testing.T) {
	bubble(t, Config{BulkDuration: -1}, func(_ *Fake, a *app) {
		t := a.t
		r := a.poll(a.bulk(`{ orders(query: "tag:none") { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id"))
		equal(t, "state", fmt.Sprint(r.at("bulkOperation.status"), r.at("bulkOperation.url"), r.at("bulkOperation.objectCount"), r.at("bulkOperation.fileSize")), "COMPLETED<nil>0<nil>")
	})
}

func TestFiveBulkQueriesRunAtOnce(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		var ids []string
		for range 5 {
			ids = append(ids, a.bulk(`{ products { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id"))
		}
		sixth := func() string {
			r := a.bulk(`{ products { edges { node { id } } } }`)
			if len(r.userErrors("bulkOperationRunQuery")) == 0 {
				return ""
			}
			return r.userErrors("bulkOperationRunQuery")[0]
		}
		equal(t, "the sixth", sixth(), "OPERATION_IN_PROGRESS||A bulk query operation for this app and shop is already in progress: "+strings.Join(ids, ", ")+".")
		const cancel = `mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } } }`
		r := a.run(cancel, map[string]any{"id": ids[0]})
		equal(t, "cancelling", r.str("bulkOperationCancel.bulkOperation.status"), "CANCELING")
		if sixth() == "" {
			t.Error("one that is being cancelled still has its slot")
		}
		time.Sleep(time.Second)
		equal(t, "cancelled", a.poll(ids[0]).str("bulkOperation.status"), "CANCELED")
		equal(t, "there is room", sixth(), "")
		r = a.run(cancel, map[string]any{"id": ids[0]})
		equal(t, "again", r.userErrors("bulkOperationCancel")[0], "||A bulk operation cannot be canceled when it is canceled")
		r = a.run(cancel, map[string]any{"id": "gid://shopify/BulkOperation/1"})
		equal(t, "unknown", r.userErrors("bulkOperationCancel")[0], "|id|Bulk operation does not exist")
		time.Sleep(time.Minute)
		equal(t, "later", sixth(), "")
		r = a.run(`{ bulkOperations(first: 2, query: "status:running OR status:created") { nodes { id status } } currentBulkOperation { id } }`, nil)
		equal(t, "listed", len(r.list("bulkOperations.nodes")), 1)
	})
}

func TestBulkQueriesKeepRules(t *testing.T) {
	bubble(t, Config{Quota: 10}, func(_ *Fake, a *app) {
		t := a.t
		for _, tc := range []struct {
			query string
			want  []string
		}{
			{`{ shop { id } }`, []string{"Bulk queries must contain at least one connection."}},
			{`{ products { nodes { id } } }`, []string{"All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'products { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: 'products'."}},
			{`{ node(id: "gid://shopify/Product/1") { id } }`, []string{"Bulk queries cannot contain a top level `node` field.", "Bulk queries must contain at least one connection."}},
			{`{ orders { edges { node { id fulfillmentOrders { edges { node { id lineItems { edges { node { id } } } } } } } } } }`, []string{"Bulk queries cannot contain connections with a nesting depth greater than 2."}},
			{`{ orders { edges { node { id lineItems { edges { node { id } } } shippingLines { edges { node { id } } } returns { edges { node { id } } } agreements { edges { node { id } } } fulfillmentOrders { edges { node { id } } } } } } }`, []string{"Bulk queries cannot contain more than 5 connections."}},
			{`{ products { edges { node { title variants { edges { node { id } } } } } } }`, []string{"The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. Connection fields without 'id': products."}},
			{`{ orders { edges { node { id refunds { id refundLineItems { edges { node { quantity } } } } } } } }`, []string{"Queries that contain a connection field within a list field are not currently supported."}},
			{`mutation { fulfillmentCancel(id: "gid://shopify/Fulfillment/1") { userErrors { message } } }`, []string{"Invalid operation type. Only `query` operations are supported."}},
			{`{ products { edges { node { nope } } } }`, []string{"Invalid bulk query: Field 'nope' doesn't exist on type 'Product'"}},
			{`{ products { edges { node { id } } } }` + strings.Repeat(" ", 65535), []string{"Query is too long: the maximum is 65,535 bytes."}},
		} {
			r := a.bulk(tc.query)
			var want []string
			for _, w := range tc.want {
				want = append(want, "INVALID|query|"+w)
			}
			if diff := cmp.Diff(want, r.userErrors("bulkOperationRunQuery")); diff != "" {
				t.Errorf("%.60s: %s", tc.query, diff)
			}
		}
	})
}

func TestAFailedBulkQueryLeavesWhatItHad(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		must(f.AddProduct(Product{Variants: make([]Variant, 20)}))
		f.BulkFault(BulkFault{Code: "INTERNAL_SERVER_ERROR", Lines: 7})
		id := a.bulk(`{ productVariants { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id")
		time.Sleep(time.Minute)
		r := a.poll(id)
		equal(t, "state", fmt.Sprint(r.at("bulkOperation.status"), " ", r.at("bulkOperation.errorCode"), " ", r.at("bulkOperation.url"), " ", r.at("bulkOperation.objectCount")), "FAILED INTERNAL_SERVER_ERROR <nil> 7")
		equal(t, "lines", strings.Count(string(a.fetch(r.str("bulkOperation.partialDataUrl"), "").Raw), "\n"), 7)
	})
	bubble(t, Config{Scopes: without("read_products")}, func(_ *Fake, a *app) {
		t := a.t
		id := a.bulk(`{ productVariants { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id")
		time.Sleep(time.Minute)
		equal(t, "without the scope", a.poll(id).str("bulkOperation.errorCode"), "ACCESS_DENIED")
	})
}

func TestBulkFilesNeedNoToken(t *testing.T) {
	bubble(t, Config{BulkDuration: -1}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 1)
		url := a.poll(a.bulk(`{ products { edges { node { id } } } }`).str("bulkOperationRunQuery.bulkOperation.id")).str("bulkOperation.url")
		equal(t, "status", a.fetch(url, "").Status, 200)
		equal(t, "no leak", f.Stats().TokenLeaks, 0)
		a.fetch(url, "shpat_fake")
		equal(t, "a token sent where it does not belong", f.Stats().TokenLeaks, 1)
		equal(t, "another address", a.fetch(url[:len(url)-8]+"x.jsonl", "").Status, 403)
	})
}
