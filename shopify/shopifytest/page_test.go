package shopifytest

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"
)

const pageOf = `query P($n: Int, $last: Int, $after: String, $before: String, $q: String, $key: OrderSortKeys = UPDATED_AT, $rev: Boolean = false) {
	orders(first: $n, last: $last, after: $after, before: $before, query: $q, sortKey: $key, reverse: $rev) {
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { name updatedAt } } }`

// names walks all pages and returns the orders' names in order.
func (a *app) names(n int, vars map[string]any) string {
	a.t.Helper()
	var out []string
	in := map[string]any{"n": n}
	maps.Copy(in, vars)
	for range 1000 {
		r := a.run(pageOf, in)
		for _, o := range r.list("orders.nodes") {
			out = append(out, o.(map[string]any)["name"].(string))
		}
		if r.at("orders.pageInfo.hasNextPage") != true {
			return strings.Join(out, " ")
		}
		in["after"] = r.str("orders.pageInfo.endCursor")
	}
	a.t.Fatal("the walk does not end")
	return ""
}

// custom places an order of one custom line.
func custom(f *Fake) Order {
	return must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}}))
}

func TestPagingArgumentsAreJudged(t *testing.T) {
	bubble(t, Config{}, func(_ *Fake, a *app) {
		t := a.t
		for _, tc := range []struct{ args, want string }{
			{"", "you must provide one of first or last"},
			{"(first: 1, last: 1)", "providing both first and last is not supported"},
			{"(first: 251)", "first cannot exceed 250"},
			{"(last: 251)", "last cannot exceed 250"},
			{"(first: -1)", "first cannot be less than zero"},
			{`(first: 1, after: "nonsense")`, "Invalid cursor for current pagination sort."},
		} {
			r := a.try("{ orders"+tc.args+" { nodes { id } } }", nil)
			equal(t, tc.args, r.code()+" "+r.message(), "BAD_REQUEST "+tc.want)
			if !strings.Contains(string(r.Raw), `"data":null`) {
				t.Errorf("%s: the null should travel up: %s", tc.args, r.Raw)
			}
		}
	})
}

func TestOrdersPageInEveryDirection(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		for range 7 {
			custom(f)
			time.Sleep(time.Second)
		}
		check(t, f.Touch("#1003"))
		settled()
		for _, tc := range []struct {
			name string
			vars map[string]any
			want string
		}{
			{"by update", nil, "#1001 #1002 #1004 #1005 #1006 #1007 #1003"},
			{"by update, reversed", map[string]any{"rev": true}, "#1003 #1007 #1006 #1005 #1004 #1002 #1001"},
			{"by creation", map[string]any{"key": "CREATED_AT"}, "#1001 #1002 #1003 #1004 #1005 #1006 #1007"},
			{"by id, reversed", map[string]any{"key": "ID", "rev": true}, "#1007 #1006 #1005 #1004 #1003 #1002 #1001"},
			{"by a key without an index", map[string]any{"key": "TOTAL_PRICE"}, "#1001 #1002 #1003 #1004 #1005 #1006 #1007"},
		} {
			for _, n := range []int{1, 2, 3, 7, 50} {
				equal(t, fmt.Sprintf("%s, %d a page", tc.name, n), a.names(n, tc.vars), tc.want)
			}
		}
		r := a.run(pageOf, map[string]any{"last": 2})
		equal(t, "the last two", r.str("orders.nodes.0.name")+r.str("orders.nodes.1.name"), "#1007#1003")
		equal(t, "there are some before", r.at("orders.pageInfo.hasPreviousPage"), any(true))
		r = a.run(pageOf, map[string]any{"last": 2, "before": r.str("orders.pageInfo.startCursor")})
		equal(t, "the two before", r.str("orders.nodes.0.name")+r.str("orders.nodes.1.name"), "#1005#1006")
	})
}

func TestAnOrderUpdatedWhilePagingMovesToTheEnd(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		for range 5 {
			custom(f)
			time.Sleep(time.Second)
		}
		settled()
		r := a.run(pageOf, map[string]any{"n": 2})
		check(t, f.Touch("#1001"))
		check(t, f.Touch("#1004"))
		settled()
		equal(t, "the rest", a.names(2, map[string]any{"after": r.str("orders.pageInfo.endCursor")}), "#1003 #1005 #1001 #1004")
	})
}

func TestCursorsBelongToTheirWalkAndMayExpire(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		custom(f)
		custom(f)
		settled()
		c := a.run(pageOf, map[string]any{"n": 1, "q": "status:open"}).str("orders.pageInfo.endCursor")
		for name, vars := range map[string]map[string]any{
			"another filter": {"n": 1, "after": c, "q": "status:closed"},
			"another sort":   {"n": 1, "after": c, "q": "status:open", "key": "CREATED_AT"},
		} {
			equal(t, name, a.try(pageOf, vars).message(), "Invalid cursor for current pagination sort.")
		}
		same := map[string]any{"n": 1, "after": c, "q": "status:open"}
		equal(t, "the same walk", a.run(pageOf, same).str("orders.nodes.0.name"), "#1002")
		f.ExpireCursors()
		equal(t, "expired", a.try(pageOf, same).code(), "BAD_REQUEST")
	})
}

func TestNestedConnectionsPage(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		var lines []NewLine
		for i := range 23 {
			lines = append(lines, NewLine{Title: strconv.Itoa(i), Price: "1"})
		}
		o := must(f.PlaceOrder(NewOrder{Lines: lines}))
		const query = `query L($id: ID!, $after: String) { order(id: $id) { lineItems(first: 10, after: $after) { pageInfo { hasNextPage endCursor } nodes { title } } } }`
		var got []string
		in := map[string]any{"id": o.ID}
		for {
			r := a.run(query, in)
			for _, l := range r.list("order.lineItems.nodes") {
				got = append(got, l.(map[string]any)["title"].(string))
			}
			if r.at("order.lineItems.pageInfo.hasNextPage") != true {
				break
			}
			in["after"] = r.str("order.lineItems.pageInfo.endCursor")
		}
		equal(t, "lines", strings.Join(got, " "), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22")
	})
}

func TestPagingStopsAtTwentyFiveThousand(t *testing.T) {
	for _, fails := range []bool{false, true} {
		bubble(t, Config{Quota: 1000, PagingWallFails: fails}, func(f *Fake, a *app) {
			t := a.t
			vs := make([]Variant, 25_100)
			must(f.AddProduct(Product{Variants: vs}))
			in := map[string]any{"first": 250}
			const query = `query V($first: Int!, $after: String) { productVariants(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { id } } }`
			n := 0
			for {
				r := a.try(query, in)
				n += len(r.list("productVariants.nodes"))
				if len(r.Errors) > 0 {
					equal(t, "error", r.message(), "Pagination is limited to 25000 objects.")
					break
				}
				if r.at("productVariants.pageInfo.hasNextPage") != true {
					break
				}
				in["after"] = r.str("productVariants.pageInfo.endCursor")
			}
			equal(t, "objects", n, 25_000)
			r := a.run(`{ productVariantsCount(limit: 30000) { count precision } }`, nil)
			equal(t, "count", fmt.Sprint(r.num("productVariantsCount.count"), " ", r.str("productVariantsCount.precision")), "25001 AT_LEAST")
		})
	}
}
