package shopify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// one walks and returns the only order there is.
func (r rig) one() channel.Order {
	r.Helper()
	orders, _, _ := r.walk()
	if len(orders) != 1 {
		r.Fatalf("%d orders", len(orders))
	}
	return orders[0]
}

// Whatever an order has, in whatever currency, is told, adds up in both
// currencies, and decodes again from what is stored.
func TestEveryPartOfAnOrder(t *testing.T) {
	for _, money := range []struct{ shop, buyer, rate, price string }{
		{"USD", "", "", "3.33"}, {"JPY", "", "", "333"}, {"KWD", "", "", "3.333"}, {"EUR", "USD", "0.9137", "3.33"}, {"USD", "JPY", "0.0067", "333"},
	} {
		for _, included := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %s, tax included %v", money.shop, money.buyer, included), func(t *testing.T) {
				onShop(t, shopifytest.Config{Currency: money.shop}, nil, func(r rig) {
					_, err := r.fake.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{{SKU: "MUG", Price: "7", Available: 50}}})
					r.must(err)
					n := shopifytest.NewOrder{
						Lines: []shopifytest.NewLine{
							{SKU: "MUG", Quantity: 3, Attributes: map[string]string{"engraving": "Ada"}, Price: money.price},
							{SKU: "MUG", Quantity: 2, Duty: money.price},
							{Title: "Assembly", Price: money.price},
							{Title: "Gift box", Price: money.price, NothingToFulfil: true},
						},
						Currency: money.buyer, Rate: money.rate, TaxesIncluded: included, Tip: money.price,
						Taxes: []shopifytest.Tax{{Title: "VAT", Rate: "0.19"}, {Title: "City", Rate: "0.013", Marketplace: true}},
						Discounts: []shopifytest.Discount{
							{Code: "TEN", Percent: "10"}, {Title: "Three for two", Amount: "1", Lines: []int{0}}, {Code: "FREESHIP", Percent: "50", Shipping: true},
						},
						Buyer:   shopifytest.Buyer{First: "Ada", Last: "Example", Email: "ada@example.com", Phone: "+4930000000", Locale: "de-DE"},
						Address: &shopifytest.Address{First: "Ada", Last: "Example", Company: "Example", Line1: "1 Example Street", Line2: "Back", City: "Berlin", Zip: "10115", Country: "Germany", CountryCode: "DE"},
						Billing: &shopifytest.Address{First: "Grace", Last: "Example", Line1: "2 Example Street", City: "Hamburg", CountryCode: "DE"},
						Note:    "please ring", Tags: []string{"vip"}, Attributes: map[string]string{"delivery": "morning"}, Risk: "ACCEPT",
					}
					for i := range 7 { // the page tells five
						n.Shipping = append(n.Shipping, shopifytest.Shipping{Title: fmt.Sprint("Part ", i), Code: "STD", Price: money.price})
					}
					placed := r.order(n)
					o := r.one()
					if o.Number != placed.Name || o.Note != "please ring" || !slices.Equal(o.Tags, []string{"vip"}) || len(o.Attributes) != 1 || o.Risk != "ACCEPT" ||
						o.Service != "Part 0" || o.Recipient.City != "Berlin" || o.Buyer.Billing == nil || o.Buyer.Billing.City != "Hamburg" ||
						o.Buyer.Email != "ada@example.com" || o.Buyer.Language != "de-DE" || o.Buyer.Name != "Ada Example" {
						t.Errorf("%s", o.Number)
					}
					if !o.Totals.Residual.Shop.IsZero() || !o.Totals.Residual.Buyer.IsZero() {
						t.Errorf("left over %v of %v", o.Totals.Residual, o.Totals.Total)
					}
					kinds := map[channel.ChargeType]int{}
					for _, c := range o.Charges {
						kinds[c.Type.Value]++
					}
					if d := cmp.Diff(map[channel.ChargeType]int{channel.ChargeShipping: 7, channel.ChargeTip: 1, channel.ChargeDuty: 1}, kinds); d != "" {
						t.Error(d)
					}
					var reasons []string
					var off channel.Amount
					for _, d := range o.Discounts {
						reasons = append(reasons, d.Code+d.Title)
						off, err = off.Add(d.Total)
						r.must(err)
					}
					slices.Sort(reasons)
					if !slices.Equal(reasons, []string{"FREESHIPshipping", "TEN", "Three for two"}) || !off.Shop.Equal(o.Totals.Discount.Shop) {
						t.Errorf("discounts %q, %v of %v", reasons, off.Shop, o.Totals.Discount.Shop)
					}
					by := []channel.Fulfiller{channel.BySeller, channel.BySeller, channel.BySeller, channel.ByService}
					for i, l := range o.Lines {
						if l.FulfilledBy.Value != by[i] || (l.SKU == "") != (i > 1) || (l.Listing == "") != (i > 1) {
							t.Errorf("line %d: %s %q %q", i, l.FulfilledBy.Value, l.SKU, l.Listing)
						}
					}
					if len(o.Lines[0].Attributes) != 1 || len(o.Lines[0].Discounts) != 2 || len(o.Lines[0].Taxes) != 2 || !o.Lines[0].Taxes[1].Marketplace {
						t.Error("line 0 lacks something")
					}
					again, err := r.ch.DecodeOrder(o.Raw)
					r.must(err)
					if d := cmp.Diff(o, again, cmp.AllowUnexported(channel.Money{})); d != "" {
						t.Errorf("from its payload (-page +decoded):\n%s", d)
					}
				})
			})
		}
	}
}

// An edit adds lines and takes units off others; the line stays, and what it
// lost is cancelled. Whether that was put back only a refund tells.
func TestAnEditedOrder(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 20)
		r.product("PEN", 20)
		placed := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 5}, {SKU: "PEN", Quantity: 2}}})
		before := r.one()
		r.must(r.fake.EditOrder(placed.ID, shopifytest.Edit{
			Set: map[string]int{"MUG": 3, "PEN": 0}, Add: []shopifytest.NewLine{{SKU: "PEN", Quantity: 4}}, Restock: true,
		}))
		o := r.one()
		if !o.Edited || before.Edited || !o.UpdatedAt.After(before.UpdatedAt) || len(o.Lines) != 3 {
			t.Fatalf("edited %v, %d lines, updated %s after %s", o.Edited, len(o.Lines), o.UpdatedAt, before.UpdatedAt)
		}
		for i, want := range []channel.Line{{Ordered: 5, Cancelled: 2, Loose: 2}, {Ordered: 2, Cancelled: 2, Loose: 2}, {Ordered: 4}} {
			l := o.Lines[i]
			got := channel.Line{Ordered: l.Ordered, Cancelled: l.Cancelled, Refunded: l.Refunded, Shipped: l.Shipped, Restocked: l.Restocked, Loose: l.Loose}
			if d := cmp.Diff(want, got, cmp.AllowUnexported(channel.Money{})); d != "" {
				t.Errorf("line %d: %s", i, d)
			}
		}
		if !o.Totals.Residual.Shop.IsZero() {
			t.Errorf("left over %v", o.Totals.Residual)
		}
	})
}

func TestACancelledOrder(t *testing.T) {
	for _, restock := range []bool{true, false} {
		onShop(t, shopifytest.Config{}, nil, func(r rig) {
			r.product("MUG", 20)
			placed := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 5}}, Shipping: []shopifytest.Shipping{{Title: "S", Price: "5"}}})
			r.must(r.fake.CancelOrder(placed.ID, restock))
			o := r.one()
			l := o.Lines[0]
			put := map[bool]int64{true: 5}[restock]
			if o.Status.Value != channel.OrderCancelled || o.CancelledAt.IsZero() || o.CancelReason != "CUSTOMER" || l.Cancelled != 5 || l.Open() != 0 ||
				l.Restocked != put || l.Loose != 0 || !o.Totals.Residual.Shop.IsZero() || !o.Totals.Refunded.Shop.Equal(o.Totals.Total.Shop) {
				t.Errorf("restock %v: %s %s, %+v, %+v", restock, o.Status.Value, o.CancelReason, l, o.Totals)
			}
		})
	}
}

// A page that costs too much is refused before it runs, and asked for at once
// in smaller pieces.
func TestAPageThatIsTooDearIsMadeSmaller(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 50)
		for range 12 {
			r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		}
		const body = `{"errors":[{"message":"Query cost is 1200, which exceeds the single query max cost limit (1000).","extensions":{"code":"MAX_COST_EXCEEDED","cost":1200,"maxCost":1000}}]}`
		r.fake.Fault(shopifytest.Fault{Op: "orders", Kind: shopifytest.Answer, Status: http.StatusOK, Body: body, Times: 3})
		orders, _, _ := r.walk()
		var sizes []int
		for _, c := range w.named("OrdersPage") {
			var vars struct{ First int }
			r.must(json.Unmarshal(c.Vars, &vars))
			sizes = append(sizes, vars.First)
		}
		if len(orders) != 12 || len(sizes) != 4 || sizes[1] != sizes[0]/2 || sizes[3] != sizes[2]/2 {
			t.Errorf("%d orders, pages of %v", len(orders), sizes)
		}
		// However small, it costs too much: no cursor is to blame.
		r.fake.Fault(shopifytest.Fault{Op: "orders", Kind: shopifytest.Answer, Status: http.StatusOK, Body: body, Times: -1})
		_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		wantClass(r.T, err, channel.ErrInvalid, "MAX_COST_EXCEEDED")
	})
}

// A scope that is taken away is noticed with the next call, named, and never
// taken for nothing to do; one that comes back works again.
func TestARevokedScopeIsNoticed(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 50)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}, Buyer: shopifytest.Buyer{First: "Ada", Email: "ada@example.com"}})
		r.walk()
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
		r.must(err)
		level := []channel.StockLevel{{Listing: page.Items[0].Ref, Quantity: 9}}
		without := func(part string) []string {
			return slices.DeleteFunc(slices.Clone(shopifytest.DefaultScopes), func(s string) bool { return strings.Contains(s, part) })
		}
		for _, tt := range []struct {
			without string
			do      func() error
			says    string
		}{
			{"e_orders", func() error { return err2(r.ch.OrderPage(r.Context(), channel.OrderQuery{})) }, "read_orders"},
			{"d_orders", func() error { return err2(r.ch.OrderPage(r.Context(), channel.OrderQuery{})) }, ""}, // writing includes reading
			{"products", func() error { return err2(r.ch.ListingPage(r.Context(), channel.ListingQuery{})) }, "read_products"},
			{"inventory", func() error { return err2(r.ch.SetStock(r.Context(), level)) }, "write_inventory"},
			{"fulfillment_orders", func() error { return err2(r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))) }, "write_merchant_managed_fulfillment_orders"},
		} {
			scopes := without(tt.without)
			if tt.without == "e_orders" {
				scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == "read_orders" })
			}
			r.fake.SetScopes(scopes...)
			var err error
			for range 2 { // the first may only find out
				err = tt.do()
			}
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("without %s: %v, want a word of %q", tt.without, err, tt.says)
			}
			r.fake.SetScopes(shopifytest.DefaultScopes...)
			_, err = r.ch.Probe(r.Context()) // as the engine does after it
			r.must(err)
			if err := tt.do(); err != nil {
				t.Errorf("with %s again: %v", tt.without, err)
			}
		}
		// Parts that are lost are not asked for again, and the order says so.
		r.fake.SetScopes(slices.DeleteFunc(without("fulfillment_orders"), func(s string) bool { return s == "read_customers" || s == "read_products" })...)
		orders, units, _ := r.walk()
		if len(orders) != 1 || len(units) != 0 || orders[0].Buyer.ID != "" || orders[0].Lines[0].Listing != "" || orders[0].Lines[0].SKU != "MUG" {
			t.Errorf("%d orders, %d units, %+v", len(orders), len(units), orders)
		}
		// And so in the middle of a walk.
		r.fake.SetScopes(shopifytest.DefaultScopes...)
		_, err = r.ch.Probe(r.Context())
		r.must(err)
		p, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		r.must(err)
		r.fake.SetScopes(without("fulfillment_orders")...)
		_, err = r.ch.OrderPage(r.Context(), channel.OrderQuery{After: p.Next})
		if err != nil && !errors.Is(err, channel.ErrForbidden) {
			t.Error(err)
		}
		last, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: p.Next})
		if err != nil || last.Through.IsZero() {
			t.Errorf("through %s, %v", last.Through, err)
		}
	})
}

func err2[T any](_ T, err error) error { return err }
