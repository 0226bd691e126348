package bigcommercetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stock returns a fake with n orders of a mug, a minute apart.
func withOrders(t *testing.T, cfg Config, n int) (*Fake, []int) {
	t.Helper()
	f := New(cfg)
	must(f.AddProduct(NewProduct{SKU: "MUG", Price: "12.5", OnHand: 1000}))
	var ids []int
	for range n {
		ids = append(ids, must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}}})))
		time.Sleep(time.Minute)
	}
	return f, ids
}

func TestV2ListsPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := withOrders(t, Config{Quota: 9}, 260)
		c := newClient(t, f)
		for _, tc := range []struct {
			query string
			want  []int
		}{
			{"", ids[:50]},
			{"?page=2", ids[50:100]},
			{"?limit=250", ids[:250]},
			{"?limit=250&page=2", ids[250:]},
			{"?limit=250&page=3", nil},
			{"?page=99", nil},
			{"?min_id=100000", nil},
			{"?sort=id:desc&limit=2", []int{ids[259], ids[258]}},
			{"?min_id=300&max_id=302", []int{300, 301, 302}},
			{"?max_id=101&sort=id:desc", []int{101, 100}},
		} {
			r := c.get("/v2/orders" + tc.query)
			if got := r.ids(); !slices.Equal(got, tc.want) {
				t.Errorf("%q: %v, want %v", tc.query, got, tc.want)
			}
			if tc.want == nil && (r.status != 204 || len(r.body) != 0 || r.header.Get("Content-Type") != "") {
				t.Errorf("%q: an empty list is %d %q", tc.query, r.status, r.body)
			}
		}
		c.get("/v2/orders?limit=251").want(413)
		c.get("/v2/orders?limit=0").want(400)
		c.get("/v2/orders?page=x").want(400)
	})
}

func TestOrderFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := withOrders(t, Config{}, 4)
		begin := time.Now().Add(-4 * time.Minute)
		check(t, f.SetStatus(ids[0], Shipped)) // modified last
		check(t, f.Archive(ids[3]))
		incomplete := must(f.PlaceOrder(NewOrder{Incomplete: true, Channel: 7, ExternalOrderID: "X 1", CustomerID: 9, Lines: []NewLine{{SKU: "MUG"}}}))
		c := newClient(t, f)
		at := func(m int) time.Time { return begin.Add(time.Duration(m) * time.Minute) }
		esc := url.QueryEscape
		for _, tc := range []struct {
			query string
			want  []int
		}{
			{"", []int{ids[0], ids[1], ids[2], incomplete}},
			{"status_id=0", []int{incomplete}},
			{"status_id=2", []int{ids[0]}},
			{"channel_id=7", []int{incomplete}},
			{"external_order_id=X%201", []int{incomplete}},
			{"customer_id=9", []int{incomplete}},
			{"customer_id=0", ids[:3]},
			{"email=" + esc(exampleAddress.Email) + "&limit=1", ids[:1]},
			{"min_total=12.5&max_total=12.50&status_id=11", ids[1:3]},
			{"min_total=13", nil},
			{"min_date_created=" + esc(at(2).Format(time.RFC1123Z)), []int{ids[2], incomplete}},
			{"max_date_created=" + esc(at(1).Format(time.RFC3339)), ids[:2]},
			{"min_date_modified=" + at(2).UTC().Format("2006-01-02T15:04:05Z"), []int{ids[0], ids[2], incomplete}},
			{"min_date_modified=" + esc(at(2).Format("2006-01-02T15:04:05.000-07:00")) + "&sort=date_modified", []int{ids[2], ids[0], incomplete}},
			{"min_date_modified=" + esc(at(1).Format(time.RFC1123Z)) + "&sort=date_modified:desc&limit=2&page=2", []int{ids[2], ids[1]}},
			{"sort=status_id:asc", []int{incomplete, ids[0], ids[1], ids[2]}},
			{"sort=date_created:desc&limit=1", []int{incomplete}},
		} {
			if got := c.get("/v2/orders?" + tc.query).ids(); !slices.Equal(got, tc.want) {
				t.Errorf("%q: %v, want %v", tc.query, got, tc.want)
			}
		}
		if got := c.get("/v2/orders/" + strconv.Itoa(ids[3])).want(200).at("is_deleted"); got != true {
			t.Errorf("archived order by id: is_deleted %v", got)
		}
		for _, bad := range []string{
			"sort=total", "sort=id:up", "min_id=x", "include=products", "consignment_structure=array", "is_deleted=true", "min_date=2020-01-01",
			"min_date_modified=yesterday",
			"min_date_modified=" + at(0).In(time.FixedZone("", 3600)).Format(time.RFC3339), // an unescaped + arrives as a space
			"min_date_created=" + strings.ReplaceAll(at(0).Format(time.RFC1123Z), " ", "%20"),
		} {
			if r := c.get("/v2/orders?" + bad).want(400); r.text("0.status") != "400" {
				t.Errorf("%q: %s", bad, r.body)
			}
		}
	})
}

func TestBelievedReadingsOfTheOrderList(t *testing.T) {
	for _, tc := range []struct {
		name     string
		believed Believed
		query    string // %d is the second order's id, %s the date it was created
		status   int
		want     []int // as indexes
	}{
		{"bounds are inclusive", Believed{}, "min_id=%d", 200, []int{1, 2}},
		{"min_id excludes its bound", Believed{MinIDExclusive: true}, "min_id=%d", 200, []int{2}},
		{"dates are inclusive", Believed{}, "min_date_created=%s", 200, []int{1, 2}},
		{"dates exclude their bound", Believed{DatesExclusive: true}, "min_date_created=%s", 200, []int{2}},
		{"an unreadable date is ignored", Believed{BadDatesIgnored: true}, "min_date_created=soon", 200, []int{0, 1, 2}},
		{"a limit too large is lowered", Believed{OverLimitClamped: true}, "limit=9999", 200, []int{0, 1, 2}},
		{"unknown filters are ignored", Believed{UnknownFiltersIgnored: true}, "colour=red", 200, []int{0, 1, 2}},
		{"archived orders are listed", Believed{ArchivedListed: true}, "", 200, []int{0, 1, 2, 3}},
		{"is_deleted is a filter", Believed{DeletedFilter: true}, "is_deleted=true", 200, []int{3}},
		{"an empty list is an array", Believed{EmptyListsAre200: true}, "min_id=9999", 200, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, ids := withOrders(t, Config{Believed: tc.believed}, 4)
				check(t, f.Archive(ids[3]))
				second, _ := f.Order(ids[1])
				q := strings.ReplaceAll(tc.query, "%d", strconv.Itoa(ids[1]))
				q = strings.ReplaceAll(q, "%s", url.QueryEscape(second.Created.Format(time.RFC3339)))
				var want []int
				for _, i := range tc.want {
					want = append(want, ids[i])
				}
				if got := newClient(t, f).get("/v2/orders?" + q).want(tc.status).ids(); !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		})
	}
}

func TestAnArchivedOrderMayBeGone(t *testing.T) {
	f := New(Config{Believed: Believed{ArchivedGone: true}})
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	check(t, f.Archive(id))
	newClient(t, f).get("/v2/orders/" + strconv.Itoa(id)).want(404)
}

// A reader that walks pages sorted by date_modified misses a row when an
// earlier one is touched between pages; a reader that walks by id does not.
func TestMutationBetweenPagesPunishesPageReaders(t *testing.T) {
	read := func(t *testing.T, keyset bool) (seen map[int]bool, ids []int) {
		f, ids := withOrders(t, Config{}, 6)
		once := false
		f.AfterPage(func(int) {
			if !once {
				once = true
				check(t, f.Touch(ids[0]))
			}
		})
		c := newClient(t, f)
		seen = map[int]bool{}
		last, page := 0, 1
		for {
			q := fmt.Sprintf("sort=date_modified&limit=2&page=%d", page)
			if keyset {
				q = fmt.Sprintf("sort=id&limit=3&min_id=%d", last)
			}
			got := c.get("/v2/orders?" + q).ids()
			fresh := false
			for _, id := range got {
				fresh = fresh || !seen[id]
				seen[id] = true
				last = id
			}
			if page++; !fresh {
				return seen, ids
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		if seen, ids := read(t, true); len(seen) != len(ids) {
			t.Errorf("by id: %d of %d orders", len(seen), len(ids))
		}
		if seen, ids := read(t, false); len(seen) != len(ids)-1 {
			t.Errorf("by page: %d of %d orders, want one missed", len(seen), len(ids))
		}
	})
}

func TestMoneyAndDatesOfAnOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond) // dates are cut to seconds
		for scale, want := range map[MoneyScale][]string{
			FourDecimals: {"60.0000", "64.5000", "8.0000", "0.0000", "58.2999"},
			TwoDecimals:  {"60.00", "64.50", "8.00", "0.00", "58.2999"},
			FewestDigits: {"60", "64.5", "8", "0", "58.2999"},
		} {
			f := New(Config{MoneyScale: scale})
			id := must(f.PlaceOrder(NewOrder{
				Lines:    []NewLine{{Name: "Lamp", Quantity: 3, Price: "20", Tax: "1.5"}},
				Shipping: "8", ShippingTax: "0.5", Discount: "14.7001",
			}))
			c := newClient(t, f)
			r := c.get("/v2/orders/" + strconv.Itoa(id)).want(200)
			var got []string
			for _, k := range []string{"subtotal_ex_tax", "subtotal_inc_tax", "shipping_cost_ex_tax", "refunded_amount", "total_inc_tax"} {
				got = append(got, r.at(k).(string))
			}
			if !slices.Equal(got, want) {
				t.Errorf("scale %d: %q, want %q", scale, got, want)
			}
			if r.text("date_created") != "Sat, 01 Jan 2000 00:00:01 +0000" || r.text("date_shipped") != "" {
				t.Errorf("dates %s, %q", r.text("date_created"), r.text("date_shipped"))
			}
			if r.at("custom_status") == nil || r.at("sales_channel_context") == nil {
				t.Error("no keys beyond the contract")
			}
		}
	})
}

func TestPartsOfAnOrderAddUp(t *testing.T) {
	f := New(Config{})
	id := must(f.PlaceOrder(NewOrder{
		Lines: []NewLine{
			{Name: "A", Quantity: 3, Price: "3.3333", Tax: "0.3"}, {Name: "B", Price: "10", Tax: "1", Discount: "2"}, {Name: "C", Price: "0.01"},
		},
		ShipTo:   []ShipTo{{Address: exampleAddress, Shipping: "4", ShippingTax: "0.4"}, {Address: exampleAddress, Handling: "1"}},
		Shipping: "1", Wrapping: "2", WrappingTax: "0.2", Discount: "5", Coupons: []Coupon{{Code: "C", Discount: "1"}},
		Fees: []Fee{{"Fee", "3", "0.3"}}, Rounding: "-0.01",
	}))
	o, _ := f.Order(id)
	// 20.0099 lines − 7 discounts − 1 coupon + 5 + 1 + 2 + 3 − 0.01 = 22.9999; taxes 1.9 + 0.4 + 0.2 + 0.3.
	want := []string{"20.0099", "1.9", "7", "1", "5", "0.4", "1", "0", "2", "0.2", "3", "0.3", "25.7999", "2.8"}
	got := []string{
		o.Subtotal, o.SubtotalTax, o.Discount, o.CouponDiscount, o.Shipping, o.ShippingTax, o.Handling, o.HandlingTax, o.Wrapping,
		o.WrappingTax, o.Fees, o.FeesTax, o.Total, o.TotalTax,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var spread amount
	for _, l := range o.Lines {
		spread += must(parseAmount(l.Discount))
	}
	if spread.String() != "8" {
		t.Errorf("discounts on lines sum to %s, want 8", spread)
	}
}

func TestIncludeMatrix(t *testing.T) {
	f := New(Config{})
	lines := []NewLine{{Name: "Card", Type: GiftCertificate, Recipient: "friend@example.com"}, {Name: "File", Type: Digital}, {Name: "Pick", PickupAt: 1}}
	for i := range 51 {
		lines = append(lines, NewLine{Name: fmt.Sprint("Part ", i)})
	}
	id := must(f.PlaceOrder(NewOrder{Lines: lines}))
	c := newClient(t, f)
	get := func(q string) reply { return c.get(fmt.Sprintf("/v2/orders/%d%s", id, q)).want(200) }

	if r := get(""); r.text("consignments.resource") != fmt.Sprintf("/orders/%d/consignments", id) || r.text("fees.url") == "" ||
		!strings.HasSuffix(r.text("shipping_addresses.resource"), "/shippingaddresses") {
		t.Errorf("without include: %s", r.body)
	}
	if r := get("?include=consignments&consignment_structure=object"); r.text("consignments.shipping.0.line_items.0.resource") == "" ||
		r.text("consignments.shipping.0.base_cost") != "0" {
		t.Errorf("links: %s", r.body)
	}
	if r := get("?include=consignments"); r.text("consignments.0.shipping.0.id") == "" {
		t.Errorf("array form: %s", r.body)
	}
	r := get("?include=consignments.line_items&consignment_structure=object")
	if n := len(r.at("consignments.shipping.0.line_items").([]any)); n != 50 || r.text("consignments.shipping.0.__warning__.message") == "" {
		t.Errorf("%d lines, want 50 and a warning", n)
	}
	if r.text("consignments.email.gift_certificates.0.recipient_email") != "friend@example.com" ||
		r.text("consignments.downloads.0.line_items.0.type") != "digital" || r.text("consignments.pickups.0.line_items.0.name") != "Pick" {
		t.Errorf("other consignments: %s", r.body[:500])
	}
	if _, isNumber := r.at("consignments.shipping.0.cost_inc_tax").(json.Number); !isNumber {
		t.Error("consignment money is no number")
	}
	if n := len(c.get(fmt.Sprintf("/v2/orders/%d/products?limit=250", id)).ids()); n != 54 {
		t.Errorf("%d products, want 54", n)
	}
	if n := len(c.get(fmt.Sprintf("/v2/orders/%d/products", id)).ids()); n != 50 {
		t.Errorf("%d products, want 50 by default", n)
	}
	f.BlankLineItems(func(order int) bool { return order == id })
	r = get("?include=consignments.line_items&consignment_structure=object")
	if n := len(r.at("consignments.shipping.0.line_items").([]any)); n != 0 || r.text("items_total") != "54" {
		t.Errorf("%d lines, want a blank list beside items_total", n)
	}
	f.BlankLineItems(nil)

	f.cfg.Believed.LinkStubObjects = true
	if r := get("?include=consignments&consignment_structure=object"); r.text("consignments.downloads.0.line_items.url") == "" {
		t.Errorf("link object: %s", r.body)
	}
}

func TestSubResourcesAndCounts(t *testing.T) {
	f := New(Config{})
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Name: "A"}, {Name: "B", ShipTo: 1}, {Name: "C", ShipTo: 2}}, Coupons: []Coupon{{Code: "X", Type: 5}}}))
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Name: "A"}}, Incomplete: true}))
	c := newClient(t, f)
	at := fmt.Sprintf("/v2/orders/%d", id)
	if got := c.get(at + "/shipping_addresses?limit=2&page=2").ids(); len(got) != 1 {
		t.Errorf("second page of addresses: %v", got)
	}
	c.get(at + "/shipping_addresses?page=3").want(204)
	if r := c.get(at + "/shippingaddresses").want(200); len(r.ids()) != 3 || r.text("0.shipping_quotes.resource") == "" {
		t.Errorf("the stub's own path: %s", r.body)
	}
	c.get(at + "/coupons").want(200)
	c.get(at + "/taxes").want(204)
	c.get(at + "/messages").want(204)
	r := c.get("/v2/orders/count").want(200)
	if r.text("count") != "2" || r.text("statuses.0.id") != "0" || r.text("statuses.0.count") != "1" {
		t.Errorf("count %s", r.body)
	}
	r = c.get("/v2/order_statuses").want(200)
	if r.text("10.name") != "Completed" || r.text("10.custom_label") == "Completed" {
		t.Errorf("a renamed status: %s", r.body)
	}
	c.get("/v2/order_statuses/15").want(404)
	if r := c.get("/v2/orders/999").want(404); r.text("0.message") != "The requested resource was not found." {
		t.Errorf("error %s", r.body)
	}
}

func TestPutOrder(t *testing.T) {
	f := New(Config{})
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Name: "A"}}}))
	c := newClient(t, f)
	at := fmt.Sprintf("/v2/orders/%d", id)
	c.do("PUT", at, `{"status_id":5}`).want(200)
	if o, _ := f.Order(id); o.Status != Cancelled {
		t.Errorf("status %v", o.Status)
	}
	for _, bad := range []string{`{"date_modified":""}`, `{"colour":1}`, `{"status_id":99}`, `{"status_id":"x"}`, `[`} {
		c.do("PUT", at, bad).want(400)
	}
	c.do("PUT", at, `{"is_deleted":true}`).want(200)
	c.get("/v2/orders").want(204)
}

func TestOrdersOfTheDomainRefuseNonsense(t *testing.T) {
	f := New(Config{})
	for _, tc := range []struct {
		name  string
		order NewOrder
		want  error
	}{
		{"no lines", NewOrder{}, ErrInvalid},
		{"an unknown SKU", NewOrder{Lines: []NewLine{{SKU: "NONE"}}}, ErrNotFound},
		{"an unknown location", NewOrder{Lines: []NewLine{{PickupAt: 9}}}, ErrNotFound},
		{"an unknown status", NewOrder{Status: 99, Lines: []NewLine{{}}}, ErrInvalid},
		{"bad money", NewOrder{Lines: []NewLine{{Price: "1.23456"}}}, nil},
	} {
		if _, err := f.PlaceOrder(tc.order); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if n := len(f.Orders()); n != 0 {
		t.Errorf("%d orders recorded", n)
	}
}

func TestAnOrderMayBeVisibleLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := withOrders(t, Config{VisibilityLag: 90 * time.Second}, 2)
		c := newClient(t, f)
		if got := c.get("/v2/orders").ids(); !slices.Equal(got, ids[:1]) || c.get("/v2/orders/count").text("count") != "1" {
			t.Errorf("orders %v", got)
		}
		c.get("/v2/orders/" + strconv.Itoa(ids[1])).want(404)
		time.Sleep(time.Minute)
		if got := c.get("/v2/orders").ids(); !slices.Equal(got, ids) {
			t.Errorf("orders %v", got)
		}
	})
}
