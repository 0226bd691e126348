package shopifytest

import (
	"strings"
	"testing"
	"time"
)

func TestOrderSearches(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "MUG-1", 9)
		mug(f, "MUG-10", 9)
		place := func(n NewOrder) Order {
			time.Sleep(time.Minute)
			return must(f.PlaceOrder(n))
		}
		one := place(NewOrder{Lines: []NewLine{{SKU: "MUG-1"}}, Tags: []string{"Gift"}, Buyer: Buyer{Email: "ada@example.com"}}) // 9:31
		place(NewOrder{Lines: []NewLine{{SKU: "MUG-10"}}, Test: true, Source: "pos"})                                            // 9:32
		place(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, Payment: "PENDING"})                                          // 9:33
		place(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}})                                                              // 9:34
		check(t, f.CancelOrder("#1004", true))
		place(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}}) // 9:35
		check(t, f.Ship("#1005", Shipped{}))
		settled()
		for query, want := range map[string]string{
			"":                                         "1 2 3 4 5", // every state, cancelled and archived too
			"status:open":                              "1 2 3",
			"status:closed":                            "5",
			"status:cancelled":                         "4",
			"status:not_closed":                        "1 2 3",
			"status:any":                               "1 2 3 4 5",
			"NOT status:open":                          "4 5",
			"-status:open":                             "4 5",
			"updated_at:>='2026-11-01T09:33:00Z'":      "3 4 5",
			"updated_at:>'2026-11-01T09:33:00Z'":       "3 4 5", // not strict
			"updated_at:>2026-11-01T09:33:01Z":         "4 5",
			"updated_at:<'2026-11-01T09:33:00Z'":       "1 2",
			"updated_at:<='2026-11-01T09:33:00Z'":      "1 2 3",
			"created_at:>=2026-11-01 test:false":       "1 3 4 5",
			"updated_at:>='2026-11-01T10:33:00+01:00'": "3 4 5",
			"created_at:>=2026-11-02":                  "",
			"updated_at:>='2026-11-01T09:32:00Z' AND updated_at:<'2026-11-01T09:34:00Z'": "2 3",
			"test:true":                           "2",
			"tag:gift":                            "1",
			"tag_not:gift":                        "2 3 4 5",
			"sku:mug-1":                           "1",
			"sku:mug-1 OR sku:MUG-10":             "1 2",
			"sku:MUG*":                            "1 2",
			"(sku:MUG-1 OR sku:MUG-10) test:true": "2",
			"name:#1003":                          "3",
			"name:1003 OR name:'#1004'":           "3 4",
			"id:" + legacy(number(one.ID)):        "1",
			"id:>=" + legacy(number(one.ID)):      "1 2 3 4 5",
			"financial_status:pending":            "3",
			"financial_status:refunded":           "4",
			"fulfillment_status:shipped":          "5",
			"fulfillment_status:unfulfilled":      "1 2 3 4",
			"source_name:pos":                     "2",
			"email:ada@example.com":               "1",
			"#1002":                               "2",
			"ada@example.com":                     "1",
		} {
			got := strings.ReplaceAll(a.names(2, map[string]any{"q": query, "key": "CREATED_AT"}), "#100", "")
			equal(t, query, got, want)
			time.Sleep(time.Minute)
		}
	})
}

func TestSearchesLagBehindChangesByID(t *testing.T) {
	bubble(t, Config{IndexLag: 8 * time.Second}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		equal(t, "by id at once", a.run(`query Q($id: ID!) { order(id: $id) { name } }`, map[string]any{"id": o.ID}).str("order.name"), "#1001")
		equal(t, "not yet found", a.names(5, nil), "")
		time.Sleep(7900 * time.Millisecond)
		equal(t, "still not", a.names(5, nil), "")
		time.Sleep(100 * time.Millisecond)
		equal(t, "found", a.names(5, nil), "#1001")

		time.Sleep(time.Hour)
		check(t, f.Touch(o.ID))
		since := map[string]any{"q": "updated_at:>='" + f.now().Format(timeShape) + "'"}
		r := a.run(pageOf, map[string]any{"n": 1})
		equal(t, "the answer is fresh", r.str("orders.nodes.0.updatedAt"), "2026-11-01T10:30:08Z")
		equal(t, "the filter is not", a.names(5, since), "")
		time.Sleep(8 * time.Second)
		equal(t, "now it is", a.names(5, since), "#1001")
	})
	bubble(t, Config{IndexLag: -1}, func(f *Fake, a *app) {
		t := a.t
		custom(f)
		equal(t, "without lag", a.names(5, nil), "#1001")
	})
}

func TestUnknownSearchFieldsAreIgnoredWithAWarning(t *testing.T) {
	bubble(t, Config{IndexLag: -1}, func(f *Fake, a *app) {
		t := a.t
		custom(f)
		r := a.run(pageOf, map[string]any{"n": 1, "q": "colour:red"})
		equal(t, "matches all the same", len(r.list("orders.nodes")), 1)
		if len(r.Extensions.Search) != 1 || r.Extensions.Search[0]["query"] != "colour:red" {
			t.Errorf("warnings: %v", r.Extensions.Search)
		}
	})
}

func TestVariantSearches(t *testing.T) {
	for _, loose := range []bool{false, true} {
		bubble(t, Config{LooseSKUSearch: loose}, func(f *Fake, a *app) {
			t := a.t
			must(f.AddProduct(Product{Title: "Mug", Status: "DRAFT", Variants: []Variant{{SKU: "a", Available: 3}, {SKU: "A"}, {SKU: "A-2", Barcode: "77"}, {SKU: "O'B c"}}}))
			time.Sleep(time.Hour)
			must(f.AddProduct(Product{Title: "Cup", Variants: []Variant{{SKU: "b", Untracked: true}}}))
			find := func(q string) string {
				var out []string
				for _, v := range a.run(variantsQuery, map[string]any{"first": 50, "query": q}).list("productVariants.nodes") {
					out = append(out, v.(map[string]any)["sku"].(string))
				}
				return strings.Join(out, ",")
			}
			withPrefix := map[bool]string{false: "a,A", true: "a,A,A-2"}[loose]
			equal(t, "a SKU, without regard to case", find("sku:A"), withPrefix)
			equal(t, "several", find("sku:'A' OR sku:'b'"), withPrefix+",b")
			equal(t, "quoted", find(`sku:"O'B c"`), "O'B c")
			equal(t, "escaped", find(`sku:'O\'B c'`), "O'B c")
			equal(t, "by barcode", find("barcode:77"), "A-2")
			equal(t, "by change", find("updated_at:>='2026-11-01T10:00:00Z'"), "b")
			equal(t, "by product status", find("product_status:active"), "b")
			equal(t, "managed", find("managed:false"), "b")
			equal(t, "nothing", find("sku:zzz"), "")
		})
	}
}
