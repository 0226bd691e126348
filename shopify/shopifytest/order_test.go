package shopifytest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// stock writes a SKU's numbers at a location: available/committed/on hand.
func stock(f *Fake, sku, location string) string {
	for _, q := range f.Quantities() {
		if q.SKU == sku && (location == "" || q.Location == location) {
			return fmt.Sprintf("%d/%d/%d", q.Available, q.Committed, q.OnHand)
		}
	}
	return "none"
}

func TestASaleTakesAvailableAndCommits(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 5)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}, {SKU: "A", Quantity: 1}}}))
		equal(t, "sold", stock(f, "A", ""), "2/3/5")
		_, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}, {SKU: "A", Quantity: 1}}})
		if !errors.Is(err, ErrInsufficientStock) {
			t.Errorf("3 of 2: %v", err)
		}
		equal(t, "refused", stock(f, "A", ""), "2/3/5")
		equal(t, "count", f.Stats().Refused, 1)
		check(t, f.Ship(o.ID, Shipped{}))
		equal(t, "shipped", stock(f, "A", ""), "2/0/2")
		want := []Sale{
			{Time: o.CreatedAt, SKU: "A", ItemID: o.Lines[0].ItemID, Units: 3, Shown: 5, Accepted: true, Order: o.ID},
			{Time: o.CreatedAt, SKU: "A", ItemID: o.Lines[0].ItemID, Units: 3, Shown: 2},
		}
		if diff := cmp.Diff(want, f.Sales()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatMayBeSoldBelowZero(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		must(f.AddProduct(Product{Variants: []Variant{{SKU: "C", Oversell: true, Available: 1}, {SKU: "U", Untracked: true, Available: 1}}}))
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "C", Quantity: 3}, {SKU: "U", Quantity: 3}}}))
		equal(t, "policy continue", stock(f, "C", ""), "-2/3/1")
		equal(t, "untracked does not move", stock(f, "U", ""), "1/0/1")
	})
}

func TestUnitsComeBackByHowTheyLeaveTheOrder(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(f *Fake, o Order) error
		want string // from 10 with 3 sold, 1 of them shipped: 7/2/9
	}{
		{"nothing", func(*Fake, Order) error { return nil }, "7/2/9"},
		{"refund, CANCEL", func(f *Fake, o Order) error {
			return f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 2, Restock: RestockCancel}}})
		}, "9/0/9"},
		{"refund, RETURN", func(f *Fake, o Order) error {
			return f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1, Restock: RestockReturn}}})
		}, "8/2/10"},
		{"refund, NO_RESTOCK of unfulfilled units", func(f *Fake, o Order) error {
			return f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 2}}})
		}, "7/0/7"},
		{"edit with restock", func(f *Fake, o Order) error {
			return f.EditOrder(o.ID, Edit{Set: map[string]int{"A": 1}, Restock: true})
		}, "9/0/9"},
		{"edit without", func(f *Fake, o Order) error { return f.EditOrder(o.ID, Edit{Set: map[string]int{"A": 2}}) }, "7/1/8"},
		{"edit that adds", func(f *Fake, o Order) error {
			return f.EditOrder(o.ID, Edit{Add: []NewLine{{SKU: "A", Quantity: 4}}})
		}, "3/6/9"},
		{"the fulfilment is cancelled", func(f *Fake, o Order) error { return f.CancelFulfilment(must(f.Order(o.ID)).Fulfilments[0].ID) }, "7/3/10"},
		{"sold over the counter", func(f *Fake, _ Order) error { return f.SellOverCounter("A", "", 2) }, "5/2/7"},
		{"set aside for a draft", func(f *Fake, _ Order) error { return f.ReserveForDraft("A", "", 2) }, "5/2/9"},
		{"counted by hand", func(f *Fake, _ Order) error { return f.SetAvailable("A", "", 20) }, "20/2/22"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, Config{}, func(f *Fake, a *app) {
				t := a.t
				mug(f, "A", 10)
				o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}}))
				check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 1}}))
				check(t, tc.do(f, o))
				equal(t, "stock", stock(f, "A", ""), tc.want)
			})
		})
	}
}

func TestOrdersAreRoutedAndMayBeSplit(t *testing.T) {
	cfg := Config{Locations: []Location{{Name: "Berlin"}, {Name: "Store", Offline: true}, {Name: "Paris"}}}
	add := func(f *Fake) {
		must(f.AddProduct(Product{Variants: []Variant{
			{SKU: "A", Available: 2, Stock: map[string]int{"Paris": 5, "Store": 50}}, {SKU: "B", Stock: map[string]int{"Paris": 5}},
		}}))
	}
	for _, tc := range []struct {
		name  string
		order NewOrder
		want  string
	}{
		{"the first place that can do it all", NewOrder{Lines: []NewLine{{SKU: "A"}, {SKU: "B"}}}, "Paris: A1 B1"},
		{"the first in order of priority", NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}}, "Berlin: A2"},
		{"a line in parts", NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 6}}}, "Berlin: A2 | Paris: A4"},
		{"a place that was chosen", NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 9}}, Location: "Store"}, "Store: A9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, cfg, func(f *Fake, a *app) {
				t := a.t
				add(f)
				var got []string
				for _, fo := range must(f.PlaceOrder(tc.order)).FulfilmentOrders {
					s := fo.Location + ":"
					var sSb123 strings.Builder
					for _, l := range fo.Lines {
						sSb123.WriteString(fmt.Sprint(" ", l.SKU, l.Total))
					}
					s += sSb123.String()
					got = append(got, s)
				}
				equal(t, "fulfilment orders", strings.Join(got, " | "), tc.want)
			})
		})
	}
	bubble(t, cfg, func(f *Fake, a *app) {
		t := a.t
		add(f)
		if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 8}}}); !errors.Is(err, ErrInsufficientStock) {
			t.Errorf("8 of 7 shown online: %v", err)
		}
	})
}

func TestABundleArrivesAsItsComponents(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "CUP", 10)
		mug(f, "SAUCER", 10)
		must(f.AddProduct(Product{Title: "Set", Variants: []Variant{{SKU: "SET", Price: "30", Components: []Component{{SKU: "CUP", Quantity: 2}, {SKU: "SAUCER"}}}}}))
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "SET", Quantity: 2}}}))
		equal(t, "total", o.Total, "60.00")
		r := a.run(`query Q($id: ID!) { order(id: $id) { lineItems(first: 9) { nodes { sku quantity lineItemGroup { title quantity variantSku } } } } }`, map[string]any{"id": o.ID})
		group := map[string]any{"title": "Set", "quantity": 2.0, "variantSku": "SET"}
		want := []any{
			map[string]any{"sku": "CUP", "quantity": 4.0, "lineItemGroup": group}, map[string]any{"sku": "SAUCER", "quantity": 2.0, "lineItemGroup": group},
		}
		if diff := cmp.Diff(want, r.list("order.lineItems.nodes")); diff != "" {
			t.Error(diff)
		}
		equal(t, "components are taken", stock(f, "CUP", "")+" "+stock(f, "SAUCER", ""), "6/4/10 8/2/10")
	})
}

func TestLinesKeepWhatWasRemoved(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 10)
		mug(f, "B", 10)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}, {SKU: "B", Quantity: 2}, {Title: "Wrap", Price: "1"}, {Title: "Tip", Price: "2", NothingToFulfil: true}}}))
		check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 1}}))
		check(t, f.EditOrder(o.ID, Edit{Set: map[string]int{"B": 0}, Restock: true}))
		check(t, f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1, Restock: RestockReturn}}}))
		check(t, f.DeleteVariant("B"))
		r := a.run(`query Q($id: ID!) { order(id: $id) { edited displayFulfillmentStatus displayFinancialStatus returnStatus currentSubtotalLineItemsQuantity
			lineItems(first: 9) { nodes { sku variant { sku } product { title } quantity currentQuantity unfulfilledQuantity nonFulfillableQuantity refundableQuantity } } } }`, map[string]any{"id": o.ID})
		line := func(sku, variant any, product any, q, cur, unf, non int) map[string]any {
			m := map[string]any{
				"sku": sku, "variant": nil, "product": product, "quantity": float64(q), "currentQuantity": float64(cur),
				"unfulfilledQuantity": float64(unf), "nonFulfillableQuantity": float64(non), "refundableQuantity": float64(cur),
			}
			if variant != nil {
				m["variant"] = map[string]any{"sku": variant}
			}
			return m
		}
		want := []any{
			line("A", "A", map[string]any{"title": "Mug"}, 3, 2, 2, 0), line("B", nil, nil, 2, 0, 0, 2),
			line(nil, nil, nil, 1, 1, 1, 0), line(nil, nil, nil, 1, 1, 0, 1),
		}
		if diff := cmp.Diff(want, r.list("order.lineItems.nodes")); diff != "" {
			t.Error(diff)
		}
		equal(t, "statuses", fmt.Sprint(r.at("order.edited"), " ", r.at("order.displayFulfillmentStatus"), " ", r.at("order.displayFinancialStatus"), " ", r.at("order.returnStatus")),
			"true PARTIALLY_FULFILLED PARTIALLY_REFUNDED RETURNED")
	})
}

func TestRefundsSayHowUnitsLeft(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 10)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 4}}, Shipping: []Shipping{{Price: "5"}}}))
		check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 2}}))
		check(t, f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1, Restock: RestockCancel}}}))
		check(t, f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1, Restock: RestockReturn}}, Amount: "10"}))
		check(t, f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1}}, Shipping: true}))
		r := a.run(orderDetail, map[string]any{"id": o.ID})
		var got []string
		for i := range r.list("order.refunds") {
			at := fmt.Sprintf("order.refunds.%d.", i)
			got = append(got, fmt.Sprint(r.str(at+"refundLineItems.nodes.0.restockType"), " ", r.at(at+"refundLineItems.nodes.0.restocked"), " ",
				r.str(at+"refundLineItems.nodes.0.subtotalSet.shopMoney.amount"), " ", r.str(at+"totalRefundedSet.shopMoney.amount"), " ",
				r.at(at+"orderAdjustments.nodes.0.amountSet.shopMoney.amount"), " ", r.at(at+"refundShippingLines.nodes.0.subtotalAmountSet.shopMoney.amount")))
		}
		want := []string{"CANCEL true 12.5 12.5 <nil> <nil>", "RETURN true 12.5 10.0 2.5 <nil>", "NO_RESTOCK false 12.5 17.5 <nil> 5.0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var reasons []string
		for _, g := range r.list("order.agreements.nodes") {
			reasons = append(reasons, g.(map[string]any)["reason"].(string))
		}
		equal(t, "agreements", strings.Join(reasons, " "), "ORDER REFUND REFUND REFUND")
		if err := f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 2}}}); !errors.Is(err, ErrState) {
			t.Errorf("more than there is: %v", err)
		}
	})
}

const cancelOrder = `mutation C($id: ID!, $restock: Boolean!, $note: String) {
	orderCancel(orderId: $id, reason: INVENTORY, restock: $restock, staffNote: $note, refundMethod: {originalPaymentMethodsRefund: true}) {
		job { id done } orderCancelUserErrors { code field message } userErrors { field message } } }`

func TestCancellingIsAJob(t *testing.T) {
	bubble(t, Config{JobDelay: 3 * time.Second}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 5)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}, Shipping: []Shipping{{Price: "5"}}}))
		r := a.run(cancelOrder, map[string]any{"id": o.ID, "restock": true, "note": "gone"})
		equal(t, "done", r.at("orderCancel.job.done"), any(false))
		job := map[string]any{"id": r.str("orderCancel.job.id")}
		const poll = `query J($id: ID!) { job(id: $id) { done query { shop { id } } } }`
		equal(t, "not yet", a.run(poll, job).at("job.done"), any(false))
		equal(t, "nothing happened", stock(f, "A", ""), "3/2/5")
		time.Sleep(3 * time.Second)
		r = a.run(poll, job)
		equal(t, "done", r.at("job.done"), any(true))
		if r.str("job.query.shop.id") == "" {
			t.Error("a job that is done answers queries")
		}
		s := must(f.Order(o.ID))
		equal(t, "order", fmt.Sprint(s.CancelReason, " ", !s.CancelledAt.IsZero(), " ", !s.ClosedAt.IsZero(), " ", s.Financial, " ", s.Fulfilment, " ", s.Lines[0].Current, " ", s.CurrentTotal, " ", s.FulfilmentOrders[0].Status),
			"INVENTORY true true REFUNDED UNFULFILLED 0 0.00 CLOSED")
		equal(t, "stock", stock(f, "A", ""), "5/0/5")
		equal(t, "note", a.run(orderDetail, map[string]any{"id": o.ID}).str("order.cancellation.staffNote"), "gone")
		r = a.run(cancelOrder, map[string]any{"id": o.ID, "restock": true})
		equal(t, "again", r.userErrors("orderCancel")[0], "|orderId|Cannot cancel an order that has already been canceled")
		r = a.run(cancelOrder, map[string]any{"id": o.ID[:len(o.ID)-2] + "99", "restock": true})
		equal(t, "unknown", r.str("orderCancel.orderCancelUserErrors.0.code"), "NOT_FOUND")
	})
}

func TestMoneyInOtherCurrencies(t *testing.T) {
	for _, tc := range []struct {
		shop, buyer, rate, price string
		wantShop, wantBuyer      string // of 3 units
	}{
		{"USD", "", "", "19.90", "59.7 USD", "59.7 USD"},
		{"EUR", "JPY", "0.0061", "1250", "22.89 EUR", "3750.0 JPY"},
		{"JPY", "USD", "150", "1.99", "897.0 JPY", "5.97 USD"},
		{"USD", "KWD", "3.25", "1.125", "10.98 USD", "3.375 KWD"},
		{"KWD", "USD", "0.3071", "9.99", "9.204 KWD", "29.97 USD"},
	} {
		t.Run(tc.shop+" "+tc.buyer, func(t *testing.T) {
			bubble(t, Config{Currency: tc.shop}, func(f *Fake, a *app) {
				t := a.t
				o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: tc.price, Quantity: 3}}, Currency: tc.buyer, Rate: tc.rate}))
				r := a.run(`query Q($id: ID!) { order(id: $id) { totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } }`, map[string]any{"id": o.ID})
				at := func(k string) string {
					return r.str("order.totalPriceSet."+k+".amount") + " " + r.str("order.totalPriceSet."+k+".currencyCode")
				}
				equal(t, "shop", at("shopMoney"), tc.wantShop)
				equal(t, "buyer", at("presentmentMoney"), tc.wantBuyer)
			})
		})
	}
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		for _, price := range []string{"1.999", "x", "1e3", "1/3"} {
			if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: price}}}); err == nil {
				t.Errorf("%s was taken for a price", price)
			}
		}
	})
}

func TestTaxesInPricesAndOnTop(t *testing.T) {
	for _, tc := range []struct {
		included   bool
		total, tax string
	}{
		{false, "154.70", "24.70"},
		{true, "130.00", "20.76"},
	} {
		bubble(t, Config{}, func(f *Fake, a *app) {
			t := a.t
			o := must(f.PlaceOrder(NewOrder{
				Lines: []NewLine{{Title: "x", Price: "100", Quantity: 1}, {Title: "y", Price: "25"}}, TaxesIncluded: tc.included,
				Taxes: []Tax{{Title: "VAT", Rate: "0.19"}}, Shipping: []Shipping{{Price: "5"}},
			}))
			equal(t, "total", o.Total, tc.total)
			equal(t, "tax", o.Tax, tc.tax)
			equal(t, "outstanding", o.Outstanding, "0.00")
			r := a.run(`query Q($id: ID!) { order(id: $id) { taxesIncluded lineItems(first: 1) { nodes { priceAfterAllDiscountsBeforeTaxesSet { shopMoney { amount } } } } } }`, map[string]any{"id": o.ID})
			equal(t, "flag", r.at("order.taxesIncluded"), any(tc.included))
			want := map[bool]string{true: "84.03", false: "100.0"}[tc.included]
			equal(t, "before taxes", r.str("order.lineItems.nodes.0.priceAfterAllDiscountsBeforeTaxesSet.shopMoney.amount"), want)
		})
	}
}

func TestFinancialStatusFollowsTheMoney(t *testing.T) {
	place := func(f *Fake, payment string) Order {
		return must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "10", Quantity: 2}}, Payment: payment}))
	}
	for _, tc := range []struct {
		payment string
		do      func(f *Fake, o Order) error
		want    string
	}{
		{"", nil, "PAID"},
		{"PENDING", nil, "PENDING"},
		{"AUTHORIZED", nil, "AUTHORIZED"},
		{"AUTHORIZED", func(f *Fake, o Order) error { return f.Pay(o.ID) }, "PAID"},
		{"AUTHORIZED", func(f *Fake, o Order) error { return f.Expire(o.ID) }, "EXPIRED"},
		{"AUTHORIZED", func(f *Fake, o Order) error { return f.CancelOrder(o.ID, true) }, "VOIDED"},
		{"PENDING", func(f *Fake, o Order) error { return f.Pay(o.ID) }, "PAID"},
		{"", func(f *Fake, o Order) error { return f.EditOrder(o.ID, Edit{Add: []NewLine{{Title: "y", Price: "1"}}}) }, "PARTIALLY_PAID"},
		{"", func(f *Fake, o Order) error { return f.Refund(o.ID, NewRefund{Amount: "1"}) }, "PARTIALLY_REFUNDED"},
		{"", func(f *Fake, o Order) error { return f.CancelOrder(o.ID, true) }, "REFUNDED"},
	} {
		bubble(t, Config{}, func(f *Fake, a *app) {
			t := a.t
			o := place(f, tc.payment)
			if tc.do != nil {
				check(t, tc.do(f, o))
			}
			equal(t, tc.payment+" → "+tc.want, must(f.Order(o.ID)).Financial, tc.want)
		})
	}
}

func TestEveryChangeMovesUpdatedAt(t *testing.T) {
	for name, do := range map[string]func(f *Fake, o Order) error{
		"edit":    func(f *Fake, o Order) error { return f.EditOrder(o.ID, Edit{Set: map[string]int{"A": 1}}) },
		"refund":  func(f *Fake, o Order) error { return f.Refund(o.ID, NewRefund{Amount: "1"}) },
		"cancel":  func(f *Fake, o Order) error { return f.CancelOrder(o.ID, true) },
		"ship":    func(f *Fake, o Order) error { return f.Ship(o.ID, Shipped{}) },
		"pay":     func(f *Fake, o Order) error { return f.Pay(o.ID) },
		"archive": func(f *Fake, o Order) error { return f.Archive(o.ID) },
		"address": func(f *Fake, o Order) error { return f.Readdress(o.ID, Address{City: "Rome"}) },
		"risk":    func(f *Fake, o Order) error { return f.Risk(o.ID, "CANCEL") },
		"touch":   func(f *Fake, o Order) error { return f.Touch(o.ID) },
	} {
		bubble(t, Config{}, func(f *Fake, a *app) {
			t := a.t
			mug(f, "A", 5)
			o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}}))
			time.Sleep(90 * time.Second)
			check(t, do(f, o))
			equal(t, name, must(f.Order(o.ID)).UpdatedAt.Sub(o.UpdatedAt), 90*time.Second)
		})
	}
	for _, bumps := range []bool{false, true} {
		bubble(t, Config{HoldBumpsOrder: bumps}, func(f *Fake, a *app) {
			t := a.t
			o := custom(f)
			time.Sleep(time.Minute)
			must(f.Hold(o.ID, "OTHER"))
			after := must(f.Order(o.ID))
			equal(t, "a hold changes the order", after.UpdatedAt.After(o.UpdatedAt), bumps)
			equal(t, "and always its fulfilment order", after.FulfilmentOrders[0].UpdatedAt.After(o.UpdatedAt), true)
		})
	}
}

// TestAmountsAddUp holds the identities that an importer relies on, for carts,
// discounts, taxes and refunds at random.
func TestAmountsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := New(Config{Currency: rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(rt, "shop"), IndexLag: -1})
		n := NewOrder{TaxesIncluded: rapid.Bool().Draw(rt, "included"), Currency: rapid.SampledFrom([]string{"", "EUR", "JPY", "BHD"}).Draw(rt, "buyer")}
		if n.Currency != "" {
			n.Rate = rapid.SampledFrom([]string{"1.0837", "0.0067", "2.65"}).Draw(rt, "rate")
		}
		for range rapid.IntRange(1, 4).Draw(rt, "lines") {
			n.Lines = append(n.Lines, NewLine{Title: "x", Price: strconv.Itoa(rapid.IntRange(0, 999).Draw(rt, "price")), Quantity: rapid.IntRange(1, 7).Draw(rt, "quantity")})
		}
		for range rapid.IntRange(0, 3).Draw(rt, "discounts") {
			d := Discount{Percent: rapid.SampledFrom([]string{"10", "33.3", "100"}).Draw(rt, "percent")}
			if rapid.Bool().Draw(rt, "amount") {
				d = Discount{Amount: strconv.Itoa(rapid.IntRange(1, 500).Draw(rt, "off"))}
			}
			if rapid.Bool().Draw(rt, "one line") {
				d.Lines = []int{0}
			}
			n.Discounts = append(n.Discounts, d)
		}
		if rapid.Bool().Draw(rt, "taxed") {
			n.Taxes = []Tax{{Rate: "0.19"}, {Title: "City", Rate: "0.0325"}}
		}
		n.Shipping = []Shipping{{Price: "7"}}
		placed, err := f.PlaceOrder(n)
		if err != nil {
			rt.Fatal(err)
		}
		o := f.orders[0]
		for range rapid.IntRange(0, 3).Draw(rt, "refunds") {
			l := rapid.SampledFrom(o.lines).Draw(rt, "line")
			if l.current() > 0 {
				k := rapid.IntRange(1, l.current()).Draw(rt, "units")
				if err := f.Refund(placed.ID, NewRefund{Lines: []RefundedLine{{Line: l.gid(), Quantity: k}}, Shipping: rapid.Bool().Draw(rt, "shipping")}); err != nil {
					rt.Fatal(err)
				}
			}
		}
		var lines, allocated bag
		for _, l := range o.lines {
			lines = lines.add(l.afterDiscounts())
			if l.afterDiscounts().buyer < 0 || l.left(l.afterDiscounts()).buyer < 0 {
				rt.Error("a line costs less than nothing")
			}
			for _, a := range l.allocations {
				allocated = allocated.add(a.amount)
			}
			if l.current() == 0 && l.left(l.afterDiscounts()) != (bag{}) {
				rt.Error("a removed line still costs something")
			}
		}
		if o.subtotal() != lines || o.discountTotal() != allocated {
			rt.Errorf("lines %v, subtotal %v; allocations %v, discounts %v", lines, o.subtotal(), allocated, o.discountTotal())
		}
		total := o.subtotal().add(o.shippingTotal())
		if !o.taxesIncluded {
			total = total.add(o.tax())
		}
		if o.total() != total || o.original != total {
			rt.Errorf("total %v, parts %v, original %v", o.total(), total, o.original)
		}
		if out := o.outstanding(); out != (bag{}) {
			rt.Errorf("outstanding %v after refunds in full", out)
		}
	})
}
