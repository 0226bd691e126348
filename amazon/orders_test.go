package amazon_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

func TestWalkRequests(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		for range 3 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		}
		visible()
		since := time.Now().Add(-time.Hour)
		pages := r.pages(channel.OrderQuery{Since: since, Limit: 2})
		if len(pages) != 2 || len(pages[0].Items) != 2 || len(pages[1].Items) != 1 {
			r.Fatalf("%d pages", len(pages))
		}
		r.pages(channel.OrderQuery{Since: since, Until: time.Now().Add(-30 * time.Minute)})
		r.order(string(pages[0].Items[0].ID))
		r.golden("walk")
	})
}

// A hundred orders with their lines, addresses and prices cost one call.
func TestHundredOrdersAreOneCall(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 1000)
		for range 100 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}, {SKU: "MUG", Quantity: 2}}})
		}
		visible()
		got := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})
		calls := r.fake.Calls()
		if len(got) != 100 || calls["searchOrders"] != 1 || calls["getOrder"] != 0 {
			r.Errorf("%d orders by %v", len(got), calls)
		}
	})
}

// The watermark is what Amazon says it has searched, less what its index lags
// beyond that.
func TestThrough(t *testing.T) {
	onAccount(t, accountConfig{}, func(c *amazon.Config) { c.Lag = 2 * time.Minute }, func(r *rig) {
		now := time.Now()
		last := func(q channel.OrderQuery) time.Time {
			pages := r.pages(q)
			return pages[len(pages)-1].Through
		}
		if got := last(channel.OrderQuery{Since: now.Add(-time.Hour)}); now.Sub(got) != 2*time.Minute {
			r.Errorf("through %s ago, want the bound that is echoed", now.Sub(got))
		}
		if got, until := last(channel.OrderQuery{Since: now.Add(-time.Hour), Until: now.Add(-30 * time.Minute)}), now.Add(-30*time.Minute); !got.Equal(until) {
			r.Errorf("through %s, want %s", got, until)
		}
		// An end that is too fresh for Amazon is left out of the call.
		if got := last(channel.OrderQuery{Since: now.Add(-time.Hour), Until: now.Add(-time.Minute)}); now.Sub(got) != 2*time.Minute {
			r.Errorf("through %s ago", now.Sub(got))
		}
		// So is a beginning.
		if got := last(channel.OrderQuery{Since: now.Add(time.Hour)}); now.Sub(got) != 2*time.Minute {
			r.Errorf("through %s ago", now.Sub(got))
		}
		// Nothing lies between these.
		before := r.fake.Calls()["searchOrders"]
		if got := last(channel.OrderQuery{Since: now.Add(-time.Hour), Until: now.Add(-2 * time.Hour)}); !got.Equal(now.Add(-2*time.Hour)) || r.fake.Calls()["searchOrders"] != before {
			r.Errorf("through %s", got)
		}
	})
	onAccount(t, accountConfig{VisibilityLag: time.Hour}, func(c *amazon.Config) { c.Lag = time.Hour }, func(r *rig) {
		now := time.Now()
		pages := r.pages(channel.OrderQuery{Since: now.Add(-2 * time.Hour)})
		if got := pages[len(pages)-1].Through; now.Sub(got) != time.Hour {
			r.Errorf("through %s ago, want the lag", now.Sub(got))
		}
	})
}

// Orders that come, change and are found late while walks run are all brought,
// by the walk or by the one after it.
func TestNothingIsMissedBetweenWalks(t *testing.T) {
	for name, account := range map[string]accountConfig{
		"as it is":          {Quota: 60},
		"a clock ahead":     {Quota: 60, ClockOffset: 40 * time.Minute},
		"a clock behind":    {Quota: 60, ClockOffset: -40 * time.Minute},
		"whole seconds":     {Quota: 60, Believed: amazontest.Believed{WholeSeconds: true}},
		"slow":              {Quota: 60, Latency: 3 * time.Second},
		"an index far back": {Quota: 60, VisibilityLag: 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, account, nil, func(r *rig) {
				r.product("MUG", 1000)
				placed := map[string]bool{}
				buy := func() { placed[r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})] = true }
				var walks int
				r.fake.AfterPage(func(int) {
					if walks < 20 {
						buy()
					}
				})
				for range 5 {
					buy()
					pass(700 * time.Millisecond)
				}
				since := time.Now().Add(account.ClockOffset - time.Minute)
				got := map[string]bool{}
				for walks = range 30 {
					var through time.Time
					for p, err := range channel.OrderPages(r.Context(), r.ch, channel.OrderQuery{Since: since, Limit: 2}) {
						for errors.Is(err, channel.ErrThrottled) {
							r.Fatalf("throttled: %v", err)
						}
						check(r, err)
						for _, o := range p.Items {
							got[string(o.ID)] = true
						}
						through = p.Through
						pass(5 * time.Second)
					}
					since = through
					pass(4 * time.Minute)
				}
				for id := range placed {
					if !got[id] {
						r.Errorf("order %s was never brought", id)
					}
				}
				if len(placed) < 20 {
					r.Errorf("only %d orders", len(placed))
				}
			})
		})
	}
}

// A token that is dead means to walk again, whatever killed it; one that is
// past its day is not even sent.
func TestDeadPageTokens(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		for range 4 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		}
		visible()
		first := func() channel.Cursor {
			p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: time.Now().Add(-time.Hour), Limit: 2}))
			return p.Next
		}
		refused := func(what string, c channel.Cursor, calls int) {
			before := r.fake.Calls()["searchOrders"]
			if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: c}); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("%s: %v, want ErrCursor", what, err)
			}
			if n := r.fake.Calls()["searchOrders"] - before; n != calls {
				r.Errorf("%s: %d calls, want %d", what, n, calls)
			}
		}
		c := first()
		r.fake.ExpireCursors()
		refused("expired early", c, 1)
		c = first()
		pass(24*time.Hour + time.Minute)
		refused("a day old", c, 0)
		refused("foreign", "bm8", 0)
		// A cursor works on with more on a page, which may change.
		c = first()
		p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{After: c, Limit: 50}))
		if p.Next != "" {
			r.Error("a second page of 50 is not the last")
		}
	})
}

// A pending order is there at once, without address and price, and whole once it
// is paid.
func TestPendingOrders(t *testing.T) {
	for name, believed := range map[string]amazontest.Believed{"without prices": {}, "with prices": {PendingPriced: true}} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: believed}, nil, func(r *rig) {
				r.product("MUG", 10)
				id := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2}}, Status: amazontest.Pending})
				visible()
				o := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]
				if o.Status.Value != channel.OrderPending || o.Payment.Value != channel.PaymentPending || o.Currency != "USD" ||
					o.Recipient.Missing != channel.MissingPending || o.Buyer.Missing != channel.MissingPending ||
					o.Lines[0].Open() != 2 || o.Lines[0].SKU != "MUG" || o.Units[0].Status.Value != channel.UnitHeld {
					r.Errorf("pending: %+v", o)
				}
				if got := o.Has(channel.PartTotals); got != believed.PendingPriced {
					r.Errorf("totals are told: %t", got)
				}
				if _, err := r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 2)); !errors.Is(err, channel.ErrConflict) {
					r.Errorf("shipped while pending: %v", err)
				}
				check(r, r.fake.Pay(id))
				visible()
				o = r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]
				if o.Status.Value != channel.OrderOpen || o.Recipient.Missing != channel.MissingNothing || len(o.Recipient.Lines) == 0 ||
					o.Buyer.Missing != channel.MissingNothing || !o.Has(channel.PartTotals) || o.Totals.Total.Shop.String() != "20.00 USD" {
					r.Errorf("paid: %+v, total %v", o, o.Totals)
				}
			})
		})
	}
}

// Who ships, and what the seller must know of it, is told line by line.
func TestKindsOfOrders(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "FBA", Price: "5", OnHand: 50, ByAmazon: true}))
		mug := []newLine{{SKU: "MUG"}}
		original := r.place(newOrder{Lines: mug})
		for _, tt := range []struct {
			name string
			n    newOrder
			want func(o channel.Order) bool
		}{
			{"Amazon ships", newOrder{Lines: []newLine{{SKU: "FBA"}}, ByAmazon: true}, func(o channel.Order) bool {
				return o.Lines[0].FulfilledBy.Value == channel.ByMarketplace && o.Recipient.Missing == channel.MissingNotGiven &&
					o.Recipient.Country == "US" && o.Buyer.Missing == channel.MissingNotGiven
			}},
			{"collected", newOrder{Lines: mug, Programs: []string{amazontest.ProgramInStorePickUp}}, func(o channel.Order) bool {
				return o.Lines[0].FulfilledBy.Value == channel.ByPickup
			}},
			{"Ship+", newOrder{Lines: mug, Programs: []string{amazontest.ProgramShipPlus}}, func(o channel.Order) bool {
				return o.Lines[0].FulfilledBy.Value == channel.BySeller && slices.Contains(o.Tags, "FBM_SHIP_PLUS")
			}},
			{"Prime", newOrder{Lines: mug, Programs: []string{"PRIME", "BRAND_NEW_PROGRAM"}}, func(o channel.Order) bool {
				return slices.Equal(o.Tags, []string{"PRIME", "BRAND_NEW_PROGRAM"}) && o.Lines[0].FulfilledBy.Value == channel.BySeller
			}},
			{"business", newOrder{
				Lines: []newLine{{SKU: "MUG", Business: true}}, Programs: []string{amazontest.ProgramBusiness},
				Buyer: amazontest.Buyer{Name: "Ada", Email: "x@example.com", Company: "Ada & Co", PurchaseOrder: "PO 7"},
			}, func(o channel.Order) bool {
				return o.Buyer.Company == "Ada & Co" && attribute(o.Attributes, "buyerPurchaseOrderNumber") == "PO 7" &&
					attribute(o.Lines[0].Attributes, "priceDesignation") == "BUSINESS_PRICE"
			}},
			{"a replacement", newOrder{Lines: mug, Replaces: original}, func(o channel.Order) bool {
				return attribute(o.Attributes, "REPLACEMENT_ORIGINAL_ID") == original && o.Lines[0].Open() == 1 && o.Totals.Total.Shop.IsZero() &&
					o.Totals.Residual.Shop.IsZero()
			}},
			{"the seller's number", newOrder{Lines: mug, SellerID: "R-77"}, func(o channel.Order) bool { return o.Number == "R-77" }},
			{"no SKU", newOrder{Lines: []newLine{{SKU: "MUG", NoSKU: true}}}, func(o channel.Order) bool {
				return o.Lines[0].SKU == "" && o.Lines[0].Product != "" && o.Lines[0].Open() == 1
			}},
			{"a gift", newOrder{Lines: []newLine{{SKU: "MUG", GiftMessage: "To Ada", GiftWrapLevel: "STANDARD", GiftWrap: "2", CustomURL: "https://example.com/c"}}}, func(o channel.Order) bool {
				return o.Lines[0].Gift && o.Lines[0].GiftNote == "To Ada" && o.Charges[0].Type.Value == channel.ChargeGiftWrap &&
					attribute(o.Lines[0].Attributes, "customizedUrl") != ""
			}},
			{"a wish to cancel", newOrder{Lines: []newLine{{SKU: "MUG", CancelRequest: "NO_LONGER_NEEDED"}}}, func(o channel.Order) bool {
				return len(o.Cancels) == 1 && o.Cancels[0].By == "BUYER" && o.Cancels[0].Reason == "NO_LONGER_NEEDED" &&
					slices.Equal(o.Cancels[0].Lines, []channel.LineID{o.Lines[0].ID}) && o.Lines[0].Open() == 1 && o.Status.Value == channel.OrderOpen
			}},
			{"a delivery with words", newOrder{Lines: mug, DropOff: "PORCH", Instruction: "ring twice"}, func(o channel.Order) bool {
				return o.Recipient.Instructions == "PORCH; ring twice"
			}},
			{"an import", newOrder{Lines: mug, IOSS: "IM1234567890", TaxScheme: "IOSS"}, func(o channel.Order) bool {
				return attribute(o.Attributes, "iossNumber") == "IM1234567890" && attribute(o.Lines[0].Attributes, "reportingScheme") == "IOSS"
			}},
			{"to be signed for", newOrder{Lines: []newLine{{SKU: "MUG", Signature: true}}}, func(o channel.Order) bool {
				return attribute(o.Lines[0].Attributes, "signatureConfirmation") == "MANDATORY"
			}},
		} {
			id := r.place(tt.n)
			if o := r.order(id); !tt.want(o) {
				r.Errorf("%s: %+v\nattributes %v", tt.name, o, raw(o))
			}
			pass(3 * time.Second)
		}
		// What was sold elsewhere and Amazon ships is no sale here.
		id := r.place(newOrder{Lines: []newLine{{SKU: "FBA"}}, ByAmazon: true, Channel: amazontest.ChannelNonAmazon})
		visible()
		if _, found := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]; found {
			r.Error("a walk brings what was sold elsewhere")
		}
		if o := r.order(id); o.Lines[0].FulfilledBy.Value != channel.ByMarketplace {
			r.Errorf("sold elsewhere: %+v", o)
		}
	})
}

func attribute(list []channel.Attribute, name string) string {
	for _, a := range list {
		if a.Name == name {
			return string(a.Value)
		}
	}
	return ""
}

func raw(o channel.Order) string { return string(o.Raw) }

// What is cancelled is not owed, whoever did it and whatever Amazon says of it.
func TestCancellations(t *testing.T) {
	for name, believed := range map[string]amazontest.Believed{"units stay": {}, "units leave": {CancelledLeave: true}} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: believed}, nil, func(r *rig) {
				r.product("MUG", 100)
				whole := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2}}})
				check(r, r.fake.CancelOrder(whole))
				o := r.order(whole)
				if l := o.Lines[0]; o.Status.Value != channel.OrderCancelled || l.Open() != 0 || l.Loose != l.Cancelled || o.CancelReason != "NO_INVENTORY" ||
					o.Recipient.Missing != channel.MissingExpired {
					r.Errorf("cancelled: %+v", o)
				}
				part := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 3}}})
				line := r.order(part).Lines[0].ID
				check(r, r.fake.Refund(part, amazontest.NewRefund{Lines: map[string]int{string(line): 1}}))
				o = r.order(part)
				if l := o.Lines[0]; o.Status.Value != channel.OrderOpen || l.Open() != 2 {
					r.Errorf("one of three cancelled: %+v", l)
				}
			})
		})
	}
}

// A street that is not there is explained: a role that is missing looks like a
// buyer without an address.
func TestHiddenAddress(t *testing.T) {
	onAccount(t, accountConfig{Roles: []amazontest.Role{amazontest.RoleInventory, amazontest.RoleListing, amazontest.RolePartnerInsight}}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		visible()
		o := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]
		if o.Recipient.Missing != channel.MissingNotGranted || o.Recipient.City == "" || o.Recipient.Country != "US" || o.Buyer.Missing != channel.MissingNotGranted {
			r.Errorf("recipient %+v", o.Recipient)
		}
		a := must(r.ch.Probe(r.Context()))
		if !slices.ContainsFunc(a.Missing, func(m channel.MissingScope) bool {
			return strings.HasPrefix(m.Scope, "Direct-to-Consumer") && m.Job == channel.JobOrders && !m.Fatal
		}) {
			r.Errorf("missing %v", a.Missing)
		}
		r.fake.SetRoles(amazontest.AllRoles()...)
		pass(time.Hour)
		id = r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		visible()
		if o := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]; o.Recipient.Missing != channel.MissingNothing {
			r.Errorf("recipient %+v", o.Recipient)
		}
		if a := must(r.ch.Probe(r.Context())); len(a.Missing) > 0 {
			r.Errorf("missing %v", a.Missing)
		}
	})
	// Of a state in which nobody is shown an address nothing is learnt of the role.
	onAccount(t, accountConfig{Roles: []amazontest.Role{amazontest.RoleInventory, amazontest.RoleListing}}, nil, func(r *rig) {
		r.product("MUG", 100)
		shown := "UNFULFILLABLE"
		r.wire.Set(func(w *wire) {
			w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
				if strings.HasPrefix(req.URL.Path, "/orders/") {
					body = bytes.ReplaceAll(body, []byte(`"fulfillmentStatus":"UNSHIPPED"`), []byte(`"fulfillmentStatus":"`+shown+`"`))
				}
				return status, body
			}
		})
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		visible()
		for status, want := range map[string]channel.Missing{
			"UNFULFILLABLE": channel.MissingNotGiven, "INVOICE_UNCONFIRMED": channel.MissingPending, "BRAND_NEW": channel.MissingPending,
		} {
			shown = status
			if o := r.walk(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})[id]; o.Recipient.Missing != want || o.Buyer.Missing != want {
				r.Errorf("%s: recipient %+v, want %s", status, o.Recipient, want)
			}
		}
		if a := must(r.ch.Probe(r.Context())); slices.ContainsFunc(a.Missing, func(m channel.MissingScope) bool { return !m.Fatal }) {
			r.Errorf("missing %v", a.Missing)
		}
	})
	// The other way to refuse them says so.
	onAccount(t, accountConfig{RefusePII: true, Roles: []amazontest.Role{amazontest.RoleInventory}}, nil, func(r *rig) {
		_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "role") {
			r.Errorf("err = %v", err)
		}
	})
}

// Money adds up exactly, wherever Amazon leaves the tax and whichever sign a
// discount has.
func TestTotals(t *testing.T) {
	rich := newOrder{
		Lines: []newLine{
			{
				SKU: "MUG", Quantity: 3, Price: "19.99", Tax: "4.80", Shipping: "5.00", ShippingTax: "0.40", Discount: "6.00", ShippingDiscount: "1.50",
				DiscountTax: "0.48", Promotions: []string{"SAVE-6"},
			},
			{SKU: "MUG", Price: "7", GiftWrap: "2.50", GiftWrapTax: "0.20", CODFee: "1.10", Promotions: []string{"A", "B"}},
		},
		Tip: "3.00", TipPending: true,
	}
	collected := newOrder{Lines: []newLine{
		{SKU: "MUG", Quantity: 2, Price: "10", Tax: "1.60", Shipping: "4", ShippingTax: "0.32", Collected: true}, {SKU: "MUG", Tax: "0.80"},
	}}
	for name, believed := range map[string]amazontest.Believed{
		"as believed": {}, "discounts below zero": {DiscountsNegative: true}, "collected tax left out": {CollectedTaxLeft: true},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: believed}, nil, func(r *rig) {
				r.product("MUG", 100)
				o := r.order(r.place(rich))
				if !o.Totals.Residual.Shop.IsZero() || o.Totals.Total.Shop.String() != "75.99 USD" || o.TaxIncluded {
					r.Errorf("totals %+v", o.Totals)
				}
				l := o.Lines[0]
				if l.Price.Shop.String() != "19.99 USD" || l.Discount.Shop.String() != "6.00 USD" || l.Total.Shop.String() != "53.97 USD" ||
					l.Taxes[0].Total.Shop.String() != "4.32 USD" || l.Discounts[0].Code != "SAVE-6" || o.Lines[1].Discounts[0].Title != "A, B" {
					r.Errorf("line %+v", l)
				}
				charges := map[channel.ChargeType]string{}
				for _, c := range o.Charges {
					charges[c.Type.Value] = c.Total.Shop.String()
				}
				if charges[channel.ChargeShipping] != "3.50 USD" || charges[channel.ChargeGiftWrap] != "2.50 USD" ||
					charges[channel.ChargeFee] != "1.10 USD" || charges[channel.ChargeTip] != "3.00 USD" {
					r.Errorf("charges %v", charges)
				}
				if o.Totals.Discount.Shop.String() != "7.50 USD" || o.Totals.Tax.Shop.String() != "4.92 USD" {
					r.Errorf("totals %+v", o.Totals)
				}
				o = r.order(r.place(collected))
				if !o.Totals.Residual.Shop.IsZero() {
					r.Errorf("totals %+v", o.Totals)
				}
				marked := slices.ContainsFunc(o.Taxes, func(t channel.Tax) bool { return t.Marketplace && t.Total.Shop.String() == "1.92 USD" })
				own := slices.ContainsFunc(o.Taxes, func(t channel.Tax) bool { return !t.Marketplace && t.Total.Shop.String() == "0.80 USD" })
				if !own || marked == believed.CollectedTaxLeft {
					r.Errorf("taxes %+v", o.Taxes)
				}
			})
		})
	}
	onAccount(t, accountConfig{Marketplaces: []string{"A1VC38T7YXB528"}}, nil, func(r *rig) {
		r.product("MUG", 100)
		o := r.order(r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2, Price: "5980", Shipping: "410"}}}))
		if o.Currency != "JPY" || o.Totals.Total.Shop.String() != "12370 JPY" || !o.Totals.Residual.Shop.IsZero() {
			r.Errorf("totals %+v", o.Totals)
		}
	})
}

// A status that is new keeps its word, and means nothing else.
func TestNewStatus(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				return status, []byte(strings.ReplaceAll(strings.ReplaceAll(string(body), `"UNSHIPPED"`, `"QUANTUM_LEAP"`), `"MERCHANT"`, `"ROBOT"`))
			}
		})
		o := r.order(id)
		if o.Status != (channel.Coded[channel.OrderStatus]{Raw: "QUANTUM_LEAP"}) || o.Payment.Value != "" || o.Lines[0].Open() != 1 ||
			o.Lines[0].FulfilledBy != (channel.Coded[channel.Fulfiller]{Raw: "ROBOT"}) || o.Units[0].Status.Value != "" {
			r.Errorf("%+v", o)
		}
	})
}

// One bad record is parked with its id, and is read again once it is good.
func TestBadRecords(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		var ids []string
		for range 3 {
			ids = append(ids, r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
		}
		visible()
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				return status, []byte(strings.Replace(string(body), `"quantityOrdered":1`, `"quantityOrdered":-1`, 1))
			}
		})
		p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: time.Now().Add(-time.Hour)}))
		if len(p.Items) != 2 || len(p.Parked) != 1 || p.Parked[0].ID != ids[0] || p.Through.IsZero() {
			r.Fatalf("%d orders, parked %v", len(p.Items), p.Parked)
		}
		if _, err := r.ch.DecodeOrder(p.Parked[0].Raw); !errors.Is(err, channel.ErrInvalid) {
			r.Errorf("decoded: %v", err)
		}
		good := strings.Replace(string(p.Parked[0].Raw), `"quantityOrdered":-1`, `"quantityOrdered":1`, 1)
		if o, err := r.ch.DecodeOrder([]byte(good)); err != nil || string(o.ID) != ids[0] {
			r.Errorf("mended: %v", err)
		}
	})
}

// Orders that are gone are left out, and ids that Amazon would never give are
// not asked for.
func TestOrdersByID(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		ids := []channel.OrderID{"000-0000000-0000001", "../orders", "", "a b", "%2e%2e"}
		for range 20 {
			ids = append(ids, channel.OrderID(r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})))
		}
		ids = append(ids, ids[7])
		page := must(r.ch.OrdersByID(r.Context(), ids))
		if len(page.Items) != 20 || len(page.Parked) != 0 || r.fake.Calls()["getOrder"] != 21 {
			r.Errorf("%d orders, %d parked, %v", len(page.Items), len(page.Parked), r.fake.Calls())
		}
	})
}

// More than a few seconds' worth comes back as throttled, and goes on where it
// ended when it is asked for again, without reading anything twice.
func TestManyOrdersByID(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		ids := []channel.OrderID{"000-0000000-0000001"}
		for range 50 {
			ids = append(ids, channel.OrderID(r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})))
		}
		first := time.Now()
		for tries := 1; ; tries++ {
			began := time.Now()
			page, err := r.ch.OrdersByID(r.Context(), ids)
			if d := time.Since(began); d > 15*time.Second {
				r.Errorf("took %s", d)
			}
			if errors.Is(err, channel.ErrThrottled) {
				pass(channel.RetryAfter(err))
				continue
			}
			check(r, err)
			if len(page.Items) != 50 || r.fake.Calls()["getOrder"] != 51 || tries < 3 || page.ReadAt.After(first) {
				r.Errorf("%d orders, %v, %d tries, read at %s", len(page.Items), r.fake.Calls(), tries, page.ReadAt)
			}
			break
		}
		// Another read asks for what is now, and so does the same one later.
		if _, err := r.ch.OrdersByID(r.Context(), ids); !errors.Is(err, channel.ErrThrottled) {
			r.Errorf("err = %v", err)
		}
		check(r, r.fake.CancelOrder(string(ids[1])))
		if o := r.order(string(ids[1])); o.Status.Value != channel.OrderCancelled {
			r.Errorf("order %+v", o)
		}
		pass(6 * time.Minute)
		calls := r.fake.Calls()["getOrder"]
		if _, err := r.ch.OrdersByID(r.Context(), ids); !errors.Is(err, channel.ErrThrottled) || r.fake.Calls()["getOrder"]-calls < 30 {
			r.Errorf("err = %v, %v", err, r.fake.Calls())
		}
		if n := r.fake.Throttled(); n > 0 {
			r.Errorf("refused %d", n)
		}
	})
}
