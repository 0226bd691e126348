package bigcommerce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

type (
	storeConfig = bigcommercetest.Config
	newOrder    = bigcommercetest.NewOrder
	newLine     = bigcommercetest.NewLine
)

// lines are n lines without a product, of one unit each.
func lines(n int) []newLine {
	out := make([]newLine, n)
	for i := range out {
		out[i] = newLine{Name: fmt.Sprintf("Part %d", i+1), Price: "1", Tax: "0.1"}
	}
	return out
}

func TestWalkKeepsEveryOrderWhileOthersChange(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		onStore(t, storeConfig{Believed: bigcommercetest.Believed{MinIDExclusive: exclusive, DatesExclusive: exclusive}}, nil, func(r *rig) {
			var ids []int
			for range 12 {
				ids = append(ids, r.place(newOrder{Lines: lines(1)}))
				pass(time.Second)
			}
			// A reader of pages in order of change loses a row when an earlier
			// one changes between pages.
			r.fake.AfterPage(func(int) { _ = r.fake.Touch(ids[1]) })
			since := time.Now().Add(-time.Hour)
			got := map[channel.OrderID]bool{}
			pages := r.pages(channel.OrderQuery{Since: since, Limit: 3})
			for i, p := range pages {
				for _, o := range p.Items {
					got[o.ID] = true
				}
				if len(p.Items) > 3 {
					t.Errorf("page %d has %d orders", i, len(p.Items))
				}
			}
			for _, id := range ids {
				if !got[oid(id)] {
					t.Errorf("exclusive %t: order %d is missing", exclusive, id)
				}
			}
			for _, req := range r.wire.Taken() {
				if !strings.Contains(req, "sort=id\n") || !strings.Contains(req, "page=1\n") || strings.Contains(req, "asc") {
					t.Errorf("not a walk by id: %s", req)
				}
			}
		})
	}
}

func TestIdleStoreCostsOneCallAndMovesTheWatermark(t *testing.T) {
	for _, empty200 := range []bool{false, true} {
		onStore(t, storeConfig{Believed: bigcommercetest.Believed{EmptyListsAre200: empty200}}, nil, func(r *rig) {
			began := time.Now()
			pages := r.pages(channel.OrderQuery{Since: began.Add(-time.Hour)})
			if len(pages) != 1 || len(pages[0].Items) != 0 || !pages[0].Through.Equal(began.Add(-r.ch.Traits().VisibilityLag)) {
				t.Errorf("pages %+v", pages)
			}
			if n := len(r.wire.Taken()); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestWalkBoundsAndRequests(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 50)
		for range 3 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
			pass(time.Second)
		}
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		r.pages(channel.OrderQuery{Since: day.Add(-90*time.Minute + 300*time.Millisecond), Until: day.AddDate(1, 0, 0), Limit: 2})
		r.golden("walk")
	})
}

func TestPageOfTheLimitSaysWhereItEnds(t *testing.T) {
	// With min_id inclusive a page of one row would be the row that was had.
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for range 3 {
			r.place(newOrder{Lines: lines(1)})
		}
		if got := r.walk(channel.OrderQuery{Limit: 1}); len(got) != 3 {
			t.Errorf("%d orders of 3", len(got))
		}
	})
}

func TestFilterThatIsIgnoredIsNoticed(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.place(newOrder{Lines: lines(1)})
		pass(time.Hour)
		since := time.Now()
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				q := req.URL.Query()
				q.Del("min_date_modified")
				req = req.Clone(req.Context())
				req.URL.RawQuery = q.Encode()
				return must(r.fake.Transport().RoundTrip(req))
			}
		})
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: since}); !errors.Is(err, channel.ErrUnavailable) ||
			!strings.Contains(err.Error(), "filter") {
			t.Errorf("err = %v", err)
		}
	})
}

func TestOrderOfRowsThatIsIgnoredIsNoticed(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for range 3 {
			r.place(newOrder{Lines: lines(1)})
		}
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				var rows []json.RawMessage
				_ = json.Unmarshal(body, &rows)
				slices.Reverse(rows)
				return status, must(json.Marshal(rows))
			}
		})
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestLinesThatAreCutAreFetched(t *testing.T) {
	for _, n := range []int{50, 51, 251} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			if n > 100 { // the validator takes seconds for so many
				r.wire.Base = r.fake.Transport()
			}
			id := r.place(newOrder{Lines: lines(n)})
			o := r.order(id)
			if len(o.Lines) != n || !o.Has(channel.PartLines|channel.PartUnits) || !o.Totals.Residual.Shop.IsZero() {
				t.Errorf("%d lines of %d, parts %b, residual %v", len(o.Lines), n, o.Parts, o.Totals.Residual)
			}
			calls := r.fake.Calls()["GET /v2/orders/{id}/products"]
			if want := map[int]int{50: 0, 51: 1, 251: 2}[n]; calls != want {
				t.Errorf("%d lines took %d calls, want %d", n, calls, want)
			}
			again, err := r.ch.DecodeOrder(o.Raw)
			if diff := cmp.Diff(o, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("decoded again: %v %s", err, diff)
			}
		})
	}
}

func TestLinesThatAreLeftOutAreFetched(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		a, b := r.place(newOrder{Lines: lines(3)}), r.place(newOrder{Lines: lines(2)})
		r.fake.BlankLineItems(func(id int) bool { return id == a })
		got := r.walk(channel.OrderQuery{})
		if len(got[oid(a)].Lines) != 3 || len(got[oid(b)].Lines) != 2 {
			t.Errorf("%d and %d lines", len(got[oid(a)].Lines), len(got[oid(b)].Lines))
		}
		if n := r.fake.Calls()["GET /v2/orders/{id}/products"]; n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestOrderDeletedWhileItsPageIsReadIsLeftOut(t *testing.T) {
	onStore(t, storeConfig{Believed: bigcommercetest.Believed{ArchivedGone: true}}, nil, func(r *rig) {
		a, b := r.place(newOrder{Lines: lines(60)}), r.place(newOrder{Lines: lines(1)})
		r.fake.AfterPage(func(int) { _ = r.fake.Archive(a) })
		got := r.walk(channel.OrderQuery{})
		if _, there := got[oid(a)]; there || len(got) != 1 || got[oid(b)].ID == "" {
			t.Errorf("orders %v", got)
		}
	})
}

func TestPageEndsEarlyRatherThanTakingManyCalls(t *testing.T) {
	onStore(t, storeConfig{Quota: 10}, nil, func(r *rig) {
		const n = 60
		for range n {
			id := r.place(newOrder{Lines: lines(2)})
			must(r.fake.Ship(id, bigcommercetest.Parcel{Tracking: "1Z" + strconv.Itoa(id), Provider: "ups"}))
		}
		seen := map[channel.OrderID]bool{}
		q := channel.OrderQuery{}
		for {
			r.wire.Taken()
			p, err := r.ch.OrderPage(r.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if calls := len(r.wire.Taken()); calls > 17 {
				t.Errorf("a page of %d orders took %d calls", len(p.Items), calls)
			}
			for _, o := range p.Items {
				seen[o.ID] = true
				if len(o.Shipments) != 1 || o.Lines[0].Shipped != 1 {
					t.Errorf("order %s: %d parcels", o.ID, len(o.Shipments))
				}
			}
			if p.Next == "" {
				break
			}
			q.After = p.Next
		}
		if len(seen) != n {
			t.Errorf("%d orders of %d", len(seen), n)
		}
	})
}

func TestIncompleteOrders(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		mug := []newLine{{SKU: "MUG", Quantity: 2}}
		abandoned, turned := r.place(newOrder{Lines: mug, Incomplete: true}), r.place(newOrder{Lines: mug})
		if got := r.walk(channel.OrderQuery{}); len(got) != 1 {
			t.Errorf("an abandoned checkout came: %v", got)
		}
		check(t, r.fake.SetStatus(turned, bigcommercetest.Incomplete))
		o := r.order(turned)
		if o.Status.Value != channel.OrderPending || o.Lines[0].Open() != 0 || o.Lines[0].Cancelled != 2 {
			t.Errorf("what was a sale: %v, %+v", o.Status, o.Lines[0])
		}
		page := must(r.ch.OrdersByID(r.Context(), []channel.OrderID{oid(abandoned)}))
		if len(page.Items) != 1 || page.Items[0].Lines[0].Open() != 0 {
			t.Errorf("by id: %+v", page.Items)
		}
		check(t, r.fake.SetStatus(abandoned, bigcommercetest.AwaitingFulfillment))
		if o := r.order(abandoned); o.Status.Value != channel.OrderOpen || o.Lines[0].Open() != 2 {
			t.Errorf("paid at last: %v, %+v", o.Status, o.Lines[0])
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatuses(t *testing.T) {
	tests := []struct {
		status bigcommercetest.Status
		want   channel.OrderStatus
		open   int64
	}{
		{bigcommercetest.Pending, channel.OrderPending, 2},
		{bigcommercetest.AwaitingPayment, channel.OrderPending, 2},
		{bigcommercetest.AwaitingFulfillment, channel.OrderOpen, 2},
		{bigcommercetest.AwaitingShipment, channel.OrderOpen, 2},
		{bigcommercetest.AwaitingPickup, channel.OrderOpen, 2},
		{bigcommercetest.PartiallyRefunded, channel.OrderOpen, 2},
		{bigcommercetest.ManualVerification, channel.OrderHeld, 2},
		{bigcommercetest.Disputed, channel.OrderHeld, 2},
		{bigcommercetest.Shipped, channel.OrderOpen, 0}, // marked so, without a parcel on record
		{bigcommercetest.Completed, channel.OrderClosed, 0},
		{bigcommercetest.Refunded, channel.OrderClosed, 0},
		{bigcommercetest.Cancelled, channel.OrderCancelled, 0},
		{bigcommercetest.Declined, channel.OrderCancelled, 0},
	}
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for _, tt := range tests {
			n := newOrder{Lines: []newLine{{Name: "Thing", Quantity: 2}}}
			id := r.place(n)
			if tt.status != bigcommercetest.AwaitingFulfillment {
				check(t, r.fake.SetStatus(id, tt.status))
			}
			o := r.order(id)
			if o.Status.Value != tt.want || o.Status.Raw != tt.status.String() || o.Lines[0].Open() != tt.open {
				t.Errorf("%s: %v, open %d, want %s and %d", tt.status, o.Status, o.Lines[0].Open(), tt.want, tt.open)
			}
		}
	})
}

func TestWhoFulfils(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "EBOOK", Digital: true, Tracking: bigcommercetest.TrackNone}))
		north := r.fake.AddLocation(bigcommercetest.NewLocation{Label: "North"})
		o := r.order(r.place(newOrder{Lines: []newLine{
			{SKU: "MUG"},
			{SKU: "EBOOK"},
			{Name: "Card", Type: bigcommercetest.GiftCertificate, Price: "25", Recipient: "f@example.com"},
			{SKU: "MUG", PickupAt: north},
			{Name: "Custom"},
			{Name: "Part of it", Bundled: true},
		}}))
		var by []channel.Fulfiller
		for _, l := range o.Lines {
			by = append(by, l.FulfilledBy.Value)
		}
		want := []channel.Fulfiller{channel.BySeller, channel.ByDigital, channel.ByDigital, channel.ByPickup, channel.BySeller, channel.BySeller}
		if !slices.Equal(by, want) {
			t.Errorf("%q, want %q", by, want)
		}
		if custom := o.Lines[4]; custom.Product != "" || custom.Listing != "" || custom.Handle == "" {
			t.Errorf("custom line %+v", custom)
		}
		if o.Lines[5].Parent != o.Lines[4].ID {
			t.Errorf("parent %q, want %q", o.Lines[5].Parent, o.Lines[4].ID)
		}
		if len(o.Units) != 2 || o.Units[1].Location != channel.LocationID(strconv.Itoa(north)) || o.Lines[3].Location != o.Units[1].Location {
			t.Errorf("units %+v", o.Units)
		}
		if o.Buyer.ID != "" {
			t.Errorf("a guest has id %q", o.Buyer.ID)
		}
	})
}

func TestSeveralAddresses(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		o := r.order(r.place(newOrder{
			CustomerID: 7,
			ShipTo: []bigcommercetest.ShipTo{
				{Address: bigcommercetest.Address{FirstName: "Ann", Street1: "1 A Street", Country: "United States", CountryISO2: "US"}, Method: "Ground"},
				{Address: bigcommercetest.Address{FirstName: "Bob", Street1: "2 B Street", Country: "Germany", CountryISO2: "DE"}, Method: "Air"},
			},
			Lines: []newLine{{Name: "One"}, {Name: "Two", ShipTo: 1}},
		}))
		if o.Recipient.Name != "Ann" || o.Service != "Ground" || o.Buyer.ID != "7" {
			t.Errorf("recipient of service %q, buyer %q", o.Service, o.Buyer.ID)
		}
		if len(o.Units) != 2 || o.Units[0].Handle == o.Units[1].Handle || o.Units[1].Service != "Air" || o.Lines[1].Handle != o.Units[1].Handle {
			t.Errorf("units %+v", o.Units)
		}
		second := slices.IndexFunc(o.Attributes, func(a channel.Attribute) bool { return a.Name == "address of unit "+string(o.Units[1].ID) })
		if second < 0 || o.Attributes[second].Value != "Bob, 2 B Street, DE" {
			t.Error("the second address is not told")
		}
	})
}

func TestMoney(t *testing.T) {
	n := newOrder{
		Currency: "EUR", ExchangeRate: "1.1",
		ShipTo:   []bigcommercetest.ShipTo{{Shipping: "8", ShippingTax: "0.61", Handling: "1.5", HandlingTax: "0.1"}},
		Lines:    []newLine{{Name: "Mug", Price: "12.5", Tax: "1.25", Quantity: 2, Discount: "1"}, {Name: "Shirt", Price: "21.3333", Quantity: 3}},
		Discount: "5", Coupons: []bigcommercetest.Coupon{{Code: "SAVE", Amount: "5", Discount: "5"}}, Wrapping: "2", WrappingTax: "0.2",
		Fees: []bigcommercetest.Fee{{Name: "Rush", Cost: "4", Tax: "0.4"}, {Name: "Deposit", Cost: "1"}}, StoreCredit: "1", GiftCertificate: "2.5",
	}
	for scale := bigcommercetest.FourDecimals; scale <= bigcommercetest.FewestDigits; scale++ {
		for _, included := range []bool{false, true} {
			onStore(t, storeConfig{MoneyScale: scale}, nil, func(r *rig) {
				n.TaxIncluded = included
				id := r.place(n)
				truth, _ := r.fake.Order(id)
				o := r.order(id)
				total := must(channel.ParseMoney(truth.Total, "EUR"))
				if o.Currency != "EUR" || o.TaxIncluded != included || !o.Totals.Total.Shop.Equal(total) {
					t.Errorf("%s, included %t, total %v want %v", o.Currency, o.TaxIncluded, o.Totals.Total, total)
				}
				if !o.Totals.Residual.Shop.IsZero() || !o.Totals.Rounding.Shop.IsZero() {
					t.Errorf("scale %d: left over %v, rounding %v", scale, o.Totals.Residual, o.Totals.Rounding)
				}
				var kinds []channel.ChargeType
				for _, c := range o.Charges {
					kinds = append(kinds, c.Type.Value)
				}
				if want := []channel.ChargeType{
					channel.ChargeShipping, channel.ChargeHandling, channel.ChargeGiftWrap, channel.ChargeFee, channel.ChargeFee,
				}; !slices.Equal(kinds, want) {
					t.Errorf("charges %q", kinds)
				}
				if i := slices.IndexFunc(o.Discounts, func(d channel.Discount) bool { return d.Code == "SAVE" }); i < 0 ||
					!o.Discounts[i].Total.Shop.Equal(must(channel.ParseMoney("5", "EUR"))) {
					t.Errorf("discounts %+v", o.Discounts)
				}
				price := map[bool]string{false: "12.50 EUR", true: "13.75 EUR"}[included]
				if m := o.Lines[0].Price.Shop; !m.Equal(must(channel.ParseMoney(strings.TrimSuffix(price, " EUR"), "EUR"))) {
					t.Errorf("price %v, want %s", m, price)
				}
				for _, name := range []string{"store_credit_amount", "gift_certificate_amount", "store_default_currency_code"} {
					if !slices.ContainsFunc(o.Attributes, func(a channel.Attribute) bool { return a.Name == name }) {
						t.Errorf("no attribute %s", name)
					}
				}
			})
		}
	}
}

func TestRoundingAndWhatIsLeftOver(t *testing.T) {
	for rounding, left := range map[string]string{"0.01": "0", "-0.004": "0", "0.02": "0.02", "-3": "-3"} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			o := r.order(r.place(newOrder{Lines: lines(1), Rounding: rounding}))
			if want := must(channel.ParseMoney(left, "USD")); !o.Totals.Residual.Shop.Equal(want) {
				t.Errorf("off by %s: residual %v, rounding %v", rounding, o.Totals.Residual, o.Totals.Rounding)
			}
		})
	}
}

func TestRefunds(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		plain := r.place(newOrder{Lines: lines(1)})
		id := r.place(newOrder{
			ShipTo: []bigcommercetest.ShipTo{{Shipping: "5"}},
			Lines:  []newLine{{Name: "Mug", Price: "10", Tax: "1", Quantity: 3}, {Name: "Pen", Price: "2"}},
		})
		mug := must(strconv.Atoi(string(r.order(id).Lines[0].ID)))
		must(r.fake.Ship(id, bigcommercetest.Parcel{Items: map[int]int{mug: 1}, Tracking: "1Z", Provider: "ups"}))
		must(r.fake.Refund(id, bigcommercetest.NewRefund{Lines: map[int]int{mug: 1}, Shipping: "2", Reason: "late"}))
		r.wire.Taken()
		got := r.walk(channel.OrderQuery{})
		o := got[oid(id)]
		l := o.Lines[0]
		if l.Ordered != 3 || l.Shipped != 1 || l.Refunded != 1 || l.Unshipped != 1 || l.Loose != 1 || l.Open() != 1 {
			t.Errorf("line %+v", l)
		}
		want := []channel.Refund{{
			ID: o.Refunds[0].ID, At: o.Refunds[0].At, Note: "late",
			Total: channel.Same(must(channel.ParseMoney("13", "USD"))), Other: channel.Same(must(channel.ParseMoney("2", "USD"))),
			Lines: []channel.RefundLine{{Line: l.ID, Quantity: 1, Total: channel.Same(must(channel.ParseMoney("11", "USD")))}},
		}}
		same := cmp.Comparer(func(a, b channel.Money) bool { return a.Equal(b) || a.IsZero() && b.IsZero() })
		if diff := cmp.Diff(want, o.Refunds, same); diff != "" || !o.Has(channel.PartRefunds) || o.Refunds[0].At.IsZero() {
			t.Errorf("refunds (-want +got):\n%s", diff)
		}
		if !o.Totals.Refunded.Shop.Equal(must(channel.ParseMoney("13", "USD"))) || o.Payment.Value != channel.PaymentPartiallyRefunded {
			t.Errorf("refunded %v, payment %v", o.Totals.Refunded, o.Payment)
		}
		if p := got[oid(plain)]; !p.Has(channel.PartRefunds|channel.PartShipments) || len(p.Refunds)+len(p.Shipments) > 0 {
			t.Error("that there are no refunds and no parcels is known without a call")
		}
		calls := 0
		for _, req := range r.wire.Taken() {
			if strings.Contains(req, "refunds") {
				calls++
			}
		}
		if calls != 1 {
			t.Errorf("%d calls for refunds", calls)
		}
		// A token that may not read them leaves them out, and the rest stands.
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if strings.Contains(req.URL.Path, "refunds") {
					return answer(403, "application/json", `{"status":403,"title":"no scope"}`)
				}
				return nil
			}
		})
		if o := r.order(id); o.Has(channel.PartRefunds) || !o.Has(channel.PartLines) {
			t.Errorf("parts %b", o.Parts)
		}
	})
}

func TestOrdersByID(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		var ids []channel.OrderID
		for range 40 {
			ids = append(ids, oid(r.place(newOrder{Lines: lines(1)})))
		}
		archived := must(strconv.Atoi(string(ids[5])))
		check(t, r.fake.Archive(archived))
		slices.Reverse(ids)
		r.wire.Taken()
		page := must(r.ch.OrdersByID(r.Context(), append(ids, ids[0], "no number", "99999999")))
		if len(page.Items) != 40 || page.ReadAt.IsZero() {
			t.Errorf("%d orders", len(page.Items))
		}
		if n := len(r.wire.Taken()); n != 3 {
			t.Errorf("%d calls: want one for the range, one for the hidden, one for the far", n)
		}
		i := slices.IndexFunc(page.Items, func(o channel.Order) bool { return o.ID == oid(archived) })
		if o := page.Items[i]; o.Status.Value != channel.OrderCancelled || o.Status.Raw != "archived" || o.Lines[0].Open() != 0 {
			t.Errorf("archived: %v", o.Status)
		}
	})
}

func TestOneBadRecord(t *testing.T) {
	bad := map[string]string{
		"status is an object":    `"status":`,
		"total is no number":     `"total_inc_tax":`,
		"date is no date":        `"date_modified":`,
		"line has no quantity":   `"quantity":`,
		"consignment is a digit": `"shipping":`,
	}
	for name, key := range bad {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			var ids []int
			for range 3 {
				ids = append(ids, r.place(newOrder{Lines: lines(2)}))
			}
			r.wire.Set(func(w *wire) {
				w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
					var rows []json.RawMessage
					if json.Unmarshal(body, &rows) != nil || len(rows) < 2 {
						return status, body
					}
					rows[1] = json.RawMessage(strings.Replace(string(rows[1]), key, `"x":0,`+key+`{"odd":"Canary Name"},"y":`, 1))
					return status, must(json.Marshal(rows))
				}
			})
			pages := r.pages(channel.OrderQuery{})
			if len(pages[0].Items) != 2 || len(pages[0].Parked) != 1 {
				t.Fatalf("%s: %d orders, %d parked", name, len(pages[0].Items), len(pages[0].Parked))
			}
			p := pages[0].Parked[0]
			if p.ID != strconv.Itoa(ids[1]) || !errors.Is(p.Err, channel.ErrInvalid) || strings.Contains(p.Err.Error(), "Canary") {
				t.Errorf("%s: parked %q: %v", name, p.ID, p.Err)
			}
			if _, err := r.ch.DecodeOrder(p.Raw); !errors.Is(err, channel.ErrInvalid) {
				t.Errorf("%s: decoded again: %v", name, err)
			}
		})
	}
}

func TestRecordWithoutAnIDIsParkedAndTheRestStands(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for range 3 {
			r.place(newOrder{Lines: lines(1)})
		}
		spoil := func(from int) {
			r.wire.Set(func(w *wire) {
				w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
					var rows []json.RawMessage
					if json.Unmarshal(body, &rows) != nil {
						return status, body
					}
					for i := from; i < len(rows); i++ {
						rows[i] = json.RawMessage(`{"status":"Shipped"}`)
					}
					return status, must(json.Marshal(rows))
				}
			})
		}
		spoil(2)
		page := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{}))
		if len(page.Items) != 2 || len(page.Parked) != 1 || page.Next == "" {
			t.Errorf("%d orders, parked %+v", len(page.Items), page.Parked)
		}
		spoil(0) // there is nothing to go on from
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestBrokenTextAndDoubledNamesSpoilNothing(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.place(newOrder{Lines: lines(1), Message: "hello there"})
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				s := strings.Replace(string(body), "hello", "he\xfflo", 1)
				return status, []byte(strings.Replace(s, `"status":`, `"status":"Shipped","status":`, 1))
			}
		})
		pages := r.pages(channel.OrderQuery{})
		if len(pages[0].Items) != 1 || !strings.Contains(string(pages[0].Items[0].Note), "lo there") {
			t.Errorf("%+v", pages[0].Parked)
		}
	})
}

func TestTimeIsTheServers(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		// Their clock is five minutes ahead, and the answer takes two seconds.
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				pass(2 * time.Second)
				resp := must(r.fake.Transport().RoundTrip(req))
				resp.Header.Set("Date", time.Now().Add(5*time.Minute).UTC().Format(http.TimeFormat))
				return resp
			}
		})
		// One answer is not believed so far ahead: what it brought was read when our
		// clock says so, which is earlier.
		began := time.Now()
		p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{}))
		if !p.ReadAt.Equal(began) || p.Through.After(began) {
			t.Errorf("read at %s, through %s, began %s", p.ReadAt, p.Through, began)
		}
		a := must(r.ch.Probe(r.Context()))
		if d := a.Offset - 5*time.Minute; d > time.Second || d < -time.Second {
			t.Errorf("offset %s", a.Offset)
		}
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		began = time.Now()
		p = must(r.ch.OrderPage(r.Context(), channel.OrderQuery{}))
		if want := began.Add(5 * time.Minute); !p.ReadAt.Equal(want) || !p.Through.Equal(want.Add(-r.ch.Traits().VisibilityLag)) {
			t.Errorf("read at %s, through %s, began %s", p.ReadAt, p.Through, want)
		}
	})
}

func TestLegacyShapesOfConsignments(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		id := r.place(newOrder{Lines: lines(2)})
		// Without consignment_structure they are an array; without the include
		// links stand for lines, and a link for all.
		for _, drop := range [][]string{{"consignment_structure"}, {"include", "consignment_structure"}} {
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					q := req.URL.Query()
					for _, k := range drop {
						q.Del(k)
					}
					req = req.Clone(req.Context())
					req.URL.RawQuery = q.Encode()
					return must(r.fake.Transport().RoundTrip(req))
				}
			})
			o := r.order(id)
			if len(o.Lines) != 2 {
				t.Errorf("without %q: %d lines", drop, len(o.Lines))
			}
			if told := o.Has(channel.PartRecipient); told != (len(drop) == 1) {
				t.Errorf("without %q: recipient told: %t", drop, told)
			}
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("e30")
	f.Add("eyJrIjoib3JkZXJzIiwiYiI6IjIwMjYtMDEtMDFUMDA6MDA6MDBaIiwiYSI6LTF9")
	ch := must(bigcommerce.New(bigcommerce.Config{StoreHash: "abc", Token: "t", Transport: refusing{}}))
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		_, err := ch.OrderPage(t.Context(), channel.OrderQuery{After: channel.Cursor(s)})
		if channel.Class(err) == nil {
			t.Errorf("%q: %v has no class", s, err)
		}
	})
}

// refusing is a connection that is never made.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return answer(404, "application/json", "[]"), nil
}
