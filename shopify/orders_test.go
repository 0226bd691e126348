package shopify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func TestAWalkBringsOrdersThenFulfilmentOrders(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 100)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
		began := time.Now()
		orders, units, pages := r.walk()
		if len(orders) != 1 || len(units) != 1 || len(pages) != 2 {
			t.Fatalf("%d orders, %d units, %d pages", len(orders), len(units), len(pages))
		}
		got, want := orders[0], channel.OrderID(shopify.Tail(o.ID))
		if got.ID != want || units[0].ID != want || got.Number != o.Name {
			t.Errorf("order %s %s, unit of %s, want %s %s", got.ID, got.Number, units[0].ID, want, o.Name)
		}
		line := got.Lines[0]
		if line.SKU != "MUG" || line.Ordered != 2 || line.Open() != 2 || line.FulfilledBy.Value != channel.BySeller || line.Location == "" || line.Listing == "" {
			t.Errorf("line %+v", line)
		}
		u := units[0].Units[0]
		if u.Status.Value != channel.UnitOpen || u.Lines[0].Remaining != 2 || u.Lines[0].Line != line.ID || u.Location != line.Location {
			t.Errorf("unit %+v", u)
		}
		if !pages[0].Through.IsZero() {
			t.Error("a page that is not the last one has a watermark")
		}
		through := pages[1].Through
		if through.Before(began.Add(-r.ch.Traits().VisibilityLag)) || through.After(time.Now().Add(-r.ch.Traits().VisibilityLag)) {
			t.Errorf("watermark %s, walk began %s", through, began)
		}
	})
}

func TestLinesAndParcelsBeyondAPageAreFetched(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 5000)
		var lines []shopifytest.NewLine
		for range 1114 {
			lines = append(lines, shopifytest.NewLine{SKU: "MUG"})
		}
		big := r.order(shopifytest.NewOrder{Lines: lines})
		r.must(r.fake.Ship(big.ID, shopifytest.Shipped{Numbers: []string{"TRK1"}}))
		small := r.order(shopifytest.NewOrder{Lines: lines[:1]})
		orders, units, _ := r.walk()
		got := map[channel.OrderID]channel.Order{}
		for _, o := range orders {
			got[o.ID] = o
		}
		o := got[channel.OrderID(shopify.Tail(big.ID))]
		if len(o.Lines) != 1114 || len(got[channel.OrderID(shopify.Tail(small.ID))].Lines) != 1 {
			t.Fatalf("%d lines", len(o.Lines))
		}
		for _, l := range o.Lines {
			if l.Shipped != 1 || l.Open() != 0 {
				t.Fatalf("line %+v", l)
			}
		}
		if n := len(o.Shipments[0].Lines); n != 1114 {
			t.Errorf("parcel has %d lines", n)
		}
		for _, u := range units {
			if u.ID == o.ID && len(u.Units[0].Lines) != 1114 {
				t.Errorf("unit has %d lines", len(u.Units[0].Lines))
			}
		}
	})
}

func TestARawPayloadDecodesToTheSameOrder(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 500)
		var lines []shopifytest.NewLine
		for range 60 {
			lines = append(lines, shopifytest.NewLine{SKU: "MUG"})
		}
		o := r.order(shopifytest.NewOrder{Lines: lines, Note: "please ring"})
		r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Numbers: []string{"T"}}))
		r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: o.Lines[3].ID, Quantity: 1, Restock: shopifytest.RestockReturn}}}))
		r.order(shopifytest.NewOrder{Lines: lines[:2]})
		orders, units, _ := r.walk()
		for _, want := range append(orders, units...) {
			got, err := r.ch.DecodeOrder(want.Raw)
			if err != nil {
				t.Fatal(err)
			}
			want.Raw, got.Raw = nil, nil
			if d := cmp.Diff(want, got, cmp.AllowUnexported(channel.Money{})); d != "" {
				t.Errorf("order %s (-page +decoded):\n%s", want.ID, d)
			}
		}
	})
}

func TestWhatLeftALineIsToldApart(t *testing.T) {
	for _, tc := range []struct {
		name    string
		ship    bool
		restock string
		want    channel.Line
	}{
		{"cancelled before shipping, restocked", false, shopifytest.RestockCancel, channel.Line{Ordered: 3, Cancelled: 1, Restocked: 1}},
		{"cancelled before shipping, not restocked", false, shopifytest.NoRestock, channel.Line{Ordered: 3, Cancelled: 1}},
		{"returned after shipping", true, shopifytest.RestockReturn, channel.Line{Ordered: 3, Refunded: 1, Restocked: 1, Shipped: 3}},
		{"refunded after shipping, kept by the buyer", true, shopifytest.NoRestock, channel.Line{Ordered: 3, Refunded: 1, Shipped: 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onShop(t, shopifytest.Config{}, nil, func(r rig) {
				r.product("MUG", 10)
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}})
				if tc.ship {
					r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Numbers: []string{"T"}}))
				}
				r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: o.Lines[0].ID, Quantity: 1, Restock: tc.restock}}}))
				orders, _, _ := r.walk()
				l := orders[0].Lines[0]
				got := channel.Line{Ordered: l.Ordered, Cancelled: l.Cancelled, Refunded: l.Refunded, Unshipped: l.Unshipped, Shipped: l.Shipped, Restocked: l.Restocked, Loose: l.Loose}
				if d := cmp.Diff(tc.want, got, cmp.AllowUnexported(channel.Money{})); d != "" {
					t.Error(d)
				}
				if len(orders[0].Refunds) != 1 || orders[0].Refunds[0].Lines[0].Quantity != 1 {
					t.Errorf("refunds %+v", orders[0].Refunds)
				}
			})
		})
	}
}

func TestTotalsReconcileInBothCurrencies(t *testing.T) {
	onShop(t, shopifytest.Config{Currency: "EUR"}, nil, func(r rig) {
		r.product("MUG", 100)
		for _, included := range []bool{false, true} {
			r.order(shopifytest.NewOrder{
				Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "MUG", Price: "3.33"}}, TaxesIncluded: included,
				Taxes: []shopifytest.Tax{{Title: "VAT", Rate: "0.19"}}, Discounts: []shopifytest.Discount{{Code: "TEN", Percent: "10"}},
				Shipping: []shopifytest.Shipping{{Title: "Standard", Code: "STD", Price: "4.90"}}, Currency: "USD", Rate: "0.9",
			})
		}
		orders, _, _ := r.walk()
		for _, o := range orders {
			if o.Currency != "EUR" || o.BuyerCurrency != "USD" || o.Totals.Total.Buyer.Currency() != "USD" {
				t.Errorf("currencies %s %s", o.Currency, o.BuyerCurrency)
			}
			if !o.Totals.Residual.Shop.IsZero() || !o.Totals.Residual.Buyer.IsZero() {
				t.Errorf("tax included %v: residual %+v of %+v", o.TaxIncluded, o.Totals.Residual, o.Totals)
			}
		}
	})
}

func TestAMissingScopeIsNeverTakenForNothingToDo(t *testing.T) {
	without := func(drop ...string) []string {
		var out []string
		for _, s := range shopifytest.DefaultScopes {
			keep := true
			for _, d := range drop {
				keep = keep && !strings.HasSuffix(s, d)
			}
			if keep {
				out = append(out, s)
			}
		}
		return out
	}
	onShop(t, shopifytest.Config{Scopes: without("_orders")}, nil, func(r rig) {
		_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "read_orders") {
			t.Errorf("without read_orders: %v", err)
		}
	})
	onShop(t, shopifytest.Config{Scopes: without("fulfillment_orders", "_customers", "_products")}, nil, func(r rig) {
		r.product("MUG", 10)
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}, Buyer: shopifytest.Buyer{First: "Ada"}})
		orders, units, pages := r.walk()
		if len(orders) != 1 || len(units) != 0 || len(pages) != 1 || pages[0].Through.IsZero() {
			t.Errorf("%d orders, %d units, %d pages", len(orders), len(units), len(pages))
		}
		a, err := r.ch.Probe(r.Context())
		r.must(err)
		var jobs []string
		for _, m := range a.Missing {
			jobs = append(jobs, string(m.Job)+" "+m.Scope)
		}
		got := strings.Join(jobs, ", ")
		for _, want := range []string{"orders read_customers", "orders read_products", "ship write_merchant_managed_fulfillment_orders", "listings read_products"} {
			if !strings.Contains(got, want) {
				t.Errorf("missing %q in %q", want, got)
			}
		}
	})
}

func TestWithheldPersonalDataSaysWhy(t *testing.T) {
	onShop(t, shopifytest.Config{Protected: shopifytest.Redacted}, nil, func(r rig) {
		r.product("MUG", 10)
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}, Buyer: shopifytest.Buyer{First: "Ada", Email: "ada@example.com"}})
		orders, _, _ := r.walk()
		o := orders[0]
		if o.Recipient.Missing != channel.MissingNotGranted || o.Buyer.Missing != channel.MissingNotGranted || o.Recipient.Name != "" {
			t.Errorf("recipient %q %q, buyer %q", o.Recipient.Missing, string(o.Recipient.Name), o.Buyer.Missing)
		}
	})
}

func TestThePredictedCostIsWhatTheShopCounts(t *testing.T) {
	all := admin.Access{Customers: true, Products: true, FulfillmentOrders: true}
	for _, tc := range []struct {
		name  string
		query string
		vars  map[string]any
		cost  int
	}{
		{"OrdersPage", admin.OrdersPage(all), map[string]any{"first": 40, "query": "", "lines": 25, "parcel": 10}, admin.OrdersPageCost(all, 40, 25, 10)},
		{"OrdersPage", admin.OrdersPage(admin.Access{}), map[string]any{"first": 100, "query": "", "lines": 5, "parcel": 5}, admin.OrdersPageCost(admin.Access{}, 100, 5, 5)},
		{"OrdersByID", admin.OrdersByID(all), map[string]any{"ids": []string{}, "lines": 25, "parcel": 25}, admin.OrderCost(all, 25, 25)},
		{"OrderLines", admin.OrderLines(all), map[string]any{"ids": []string{}}, admin.OrderLinesCost(all)},
		{"ParcelLines", admin.ParcelLines, map[string]any{"ids": []string{}}, admin.ParcelLinesCost},
		{"OrderUnits", admin.OrderUnits, map[string]any{"ids": []string{}}, admin.OrderUnitsCost},
		{"OldestOrder", admin.OldestOrder, nil, admin.OldestOrderCost},
		{"OrderShipping", admin.OrderShipping, map[string]any{"ids": []string{}}, admin.OrderShippingCost},
		{"OrderRefunds", admin.OrderRefunds, map[string]any{"ids": []string{}}, admin.OrderRefundsCost},
		{"RefundLinesAfter", admin.RefundLinesAfter, map[string]any{"id": "gid://shopify/Refund/1"}, admin.RefundLinesAfterCost},
		{"UnitsPage", admin.UnitsPage, map[string]any{"first": 100, "query": "", "lines": 25}, admin.UnitsPageCost(100, 25)},
		{"UnitLines", admin.UnitLines, map[string]any{"id": "gid://shopify/FulfillmentOrder/1"}, admin.UnitLinesCost},
		{"Shop", admin.Shop, nil, admin.ShopCost},
		{"Scopes", admin.Scopes, nil, admin.ScopesCost},
		{"Locations", admin.Locations, nil, admin.LocationsCost},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onShop(t, shopifytest.Config{}, nil, func(r rig) {
				before := r.fake.Stats().Requested
				var out any
				err := r.ch.Do(r.Context(), tc.name, tc.query, tc.vars, tc.cost, &out)
				r.must(err)
				if got := r.fake.Stats().Requested - before; int(got) != tc.cost {
					t.Errorf("the shop counts %v, predicted %d", got, tc.cost)
				}
			})
		})
	}
}

func TestACursorOfAnotherIsRefused(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		for _, cur := range []channel.Cursor{"x", "e30", channel.Cursor(strings.Repeat("A", 5000)), shopify.CursorOf("else")} {
			if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: cur}); !errors.Is(err, channel.ErrCursor) {
				t.Errorf("cursor %.20q: %v", cur, err)
			}
		}
		r.product("MUG", 10)
		for range 3 {
			r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		}
		time.Sleep(10 * time.Second)
		p, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{Limit: 1})
		r.must(err)
		r.fake.ExpireCursors()
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: p.Next}); !errors.Is(err, channel.ErrCursor) {
			t.Errorf("expired cursor: %v", err)
		}
	})
}
