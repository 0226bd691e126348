package ebay_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// Orders cost a call for each 200, and one more for each that somebody asked to
// cancel.
func TestCallsForOrders(t *testing.T) {
	for _, orders := range []int{0, 1, 200, 201, 450, 1000} {
		t.Run(strconv.Itoa(orders), func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.product("MUG", 10_000)
				since := time.Now()
				var ids []string
				for range orders {
					pass(time.Second)
					ids = append(ids, r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
				}
				visible()
				got := r.walk(channel.OrderQuery{Since: since})
				if len(got) != orders {
					r.Fatalf("%d orders of %d", len(got), orders)
				}
				calls := r.fake.Calls()
				if n, want := calls["getOrders"], max(1, (orders+199)/200); n != want || calls["getOrder"] != 0 {
					r.Errorf("%d calls, want %d, and %d of single orders", n, want, calls["getOrder"])
				}
				if orders < 3 {
					return
				}
				check(r, r.fake.RequestCancel(ids[0], "BUYER_ASKED_CANCEL"))
				check(r, r.fake.RequestCancel(ids[1], "BUYER_ASKED_CANCEL"))
				visible()
				got = r.walk(channel.OrderQuery{Since: since})
				calls = r.fake.Calls()
				if n := calls["getOrder"]; n != 2 || len(got) != orders {
					r.Errorf("%d calls for 2 requests to cancel", n)
				}
				if o := got[ids[0]]; len(o.Cancels) != 1 || o.Cancels[0].Reason != "BUYER_ASKED_CANCEL" || !o.Has(channel.PartCancels) {
					r.Errorf("requests %+v", o.Cancels)
				}
			})
		})
	}
}

// No order is missed while orders change between the pages of a walk, whichever
// comes first in lists.
func TestOrdersThatMoveDuringAWalk(t *testing.T) {
	for name, believed := range map[string]ebaytest.Believed{"oldest first": {}, "newest first": {NewestFirst: true}} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: believed}, nil, func(r *rig) {
				r.product("MUG", 10_000)
				since := time.Now()
				var ids []string
				for range 50 {
					pass(time.Second)
					ids = append(ids, r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}}))
				}
				visible()
				moved := 0
				r.fake.AfterPage(func(int) {
					for range 3 { // the oldest leave the window
						if moved < len(ids) {
							check(r, r.fake.Touch(ids[moved]))
							moved++
						}
					}
				})
				seen := map[string]bool{}
				q := channel.OrderQuery{Since: since, Limit: 10}
				var through time.Time
				for {
					p, err := r.ch.OrderPage(r.Context(), q)
					check(r, err)
					for _, o := range p.Items {
						seen[string(o.ID)] = true
					}
					pass(time.Second)
					if q.After = p.Next; p.Next == "" {
						through = p.Through
						break
					}
				}
				r.fake.AfterPage(nil)
				visible()
				for id := range r.walk(channel.OrderQuery{Since: through}) {
					seen[id] = true
				}
				for i, id := range ids {
					if !seen[id] {
						r.Errorf("order %d of %d was never seen", i, len(ids))
					}
				}
			})
		})
	}
}

// A window into which something comes late is read again, and then made smaller,
// and the walk ends.
func TestAWindowThatGrows(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 10_000)
		since := time.Now()
		for range 30 {
			pass(time.Minute)
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		}
		for i := range 30 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, Late: 10*time.Minute + time.Duration(i)*3*time.Second})
		}
		pass(10*time.Minute + 12*time.Second)
		r.fake.AfterPage(func(int) { pass(4 * time.Second) })
		seen := map[string]int{}
		for _, p := range r.pages(channel.OrderQuery{Since: since, Limit: 10}) {
			for _, o := range p.Items {
				seen[string(o.ID)]++
			}
		}
		if len(seen) < 55 {
			r.Errorf("%d orders of 60", len(seen))
		}
	})
}

// A walk asks for nothing that eBay refuses, whatever it is asked for.
func TestBoundsOfAWalk(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		visible()
		now := time.Now()
		for name, tt := range map[string]struct {
			q     channel.OrderQuery
			found bool
		}{
			"from the beginning": {channel.OrderQuery{}, true},
			"four years":         {channel.OrderQuery{Since: now.AddDate(-4, 0, 0)}, true},
			"100 days":           {channel.OrderQuery{Since: now.AddDate(0, 0, -100)}, true},
			"a day":              {channel.OrderQuery{Since: recent()}, true},
			"odd zone":           {channel.OrderQuery{Since: recent().In(time.FixedZone("x", 3600))}, true},
			"up to now":          {channel.OrderQuery{Since: recent(), Until: now}, true},
			"up to the future":   {channel.OrderQuery{Since: recent(), Until: now.AddDate(1, 0, 0)}, true},
			"up to before it":    {channel.OrderQuery{Since: recent(), Until: now.Add(-time.Hour)}, false},
			"the future":         {channel.OrderQuery{Since: now.AddDate(1, 0, 0)}, false},
			"backwards":          {channel.OrderQuery{Since: now, Until: now.Add(-time.Hour)}, false},
			"old times":          {channel.OrderQuery{Until: now.AddDate(0, 0, -95)}, false},
			"very old times":     {channel.OrderQuery{Until: now.AddDate(-5, 0, 0)}, false},
			"one a page":         {channel.OrderQuery{Since: recent(), Limit: 1}, true},
			"many a page":        {channel.OrderQuery{Since: recent(), Limit: 100_000}, true},
		} {
			pages := r.pages(tt.q)
			found := false
			for _, p := range pages {
				for _, o := range p.Items {
					found = found || string(o.ID) == id
				}
			}
			last := pages[len(pages)-1]
			if found != tt.found || last.Through.IsZero() || last.Through.After(now) || tt.found && last.Through.Before(now.Add(-3*time.Minute)) {
				r.Errorf("%s: found %t, through %v", name, found, last.Through)
			}
		}
	})
}

// A clock that is ahead of eBay's is noticed when eBay refuses the future.
func TestOurClockIsAhead(t *testing.T) {
	onAccount(t, accountConfig{ClockOffset: -20 * time.Minute}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		visible()
		if got := r.walk(channel.OrderQuery{Since: recent()}); len(got) != 1 || got[id].ID == "" {
			r.Errorf("%d orders", len(got))
		}
	})
}

// A cursor that is not ours, or too old, means to walk again.
func TestCursors(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 1000)
		for range 25 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		}
		visible()
		p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent(), Limit: 10}))
		if p.Next == "" {
			r.Fatal("one page of 25 orders")
		}
		for _, c := range []channel.Cursor{"odd", "e30", p.Next + "A", p.Next[:8]} {
			if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: c}); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("cursor %.10q: %v", c, err)
			}
		}
		pass(2 * 365 * 24 * time.Hour)
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: p.Next}); !errors.Is(err, channel.ErrCursor) {
			r.Errorf("after two years: %v", err)
		}
	})
}

// Totals add up with every kind of amount, in both currencies, and tax that eBay
// collects is no part of them.
func TestTotals(t *testing.T) {
	for _, from := range []string{"", "CAD"} {
		t.Run("paid in "+from, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.product("MUG", 100)
				r.product("CAP", 100)
				n := newOrder{
					HandlingFee: "0.75", Adjustment: "-1.10", ConvertedFrom: from, Program: ebaytest.ProgramInternational,
					Lines: []newLine{
						{
							SKU: "MUG", Quantity: 3, Discount: "2.50", Shipping: "7.35", ShippingDiscount: "0.10", Handling: "1.50", Tax: "1.33",
							CollectedTax: "2.17", TaxReference: "IOSS", TaxNumber: "IM0000000000", ImportCharges: "4.00", EBayShipping: "1.00", BuyerProtection: "0.70",
						},
						{SKU: "CAP", Shipping: "3.00", CollectedTax: "0.90"},
					},
				}
				if from != "" {
					n.Rate = "0.73"
				}
				id := r.place(n)
				visible()
				o := r.walk(channel.OrderQuery{Since: recent()})[id]
				if o.BuyerCurrency != channel.Currency(from) || o.Totals.Residual.Shop.Sign() != 0 {
					r.Errorf("paid in %q, residual %v of %+v", o.BuyerCurrency, o.Totals.Residual, o.Totals)
				}
				for what, got := range map[string]channel.Money{
					"50.23 USD": o.Totals.Total.Shop, "37.50 USD": o.Totals.Lines.Shop, "1.33 USD": o.Totals.Tax.Shop,
					"3.07 USD": o.Totals.MarketplaceTax.Shop, "10.00 USD": o.Lines[0].Price.Shop, "27.50 USD": o.Lines[0].Total.Shop, "10.25 USD": o.Charges[0].Total.Shop,
				} {
					if got.String() != what {
						r.Errorf("%v, want %s", got, what)
					}
				}
				if from != "" && (o.Totals.Total.Buyer.Currency() != "CAD" || o.Lines[0].Price.Buyer.Currency() != "CAD") {
					r.Errorf("the buyer's %v", o.Totals.Total.Buyer)
				}
				var collected, own int
				for _, tax := range o.Lines[0].Taxes {
					if tax.Marketplace {
						collected++
					} else {
						own++
					}
				}
				if collected != 1 || own != 1 {
					r.Errorf("taxes %+v", o.Lines[0].Taxes)
				}
				names := map[string]string{}
				for _, a := range o.Lines[0].Attributes {
					names[a.Name] = string(a.Value)
				}
				if names["IOSS"] != "IM0000000000" || names["importCharges"] != "4.00 USD" || names["BUYER_PROTECTION"] != "0.70 USD" {
					r.Errorf("attributes %v", names)
				}
			})
		})
	}
}

// Who the parcel goes to is the hub of an international order and the
// authenticator of one that is checked, with the reference above the street.
func TestWhoTheParcelGoesTo(t *testing.T) {
	to := ebaytest.Address{
		Name: "Global Hub", Line1: "1 Hub Road", City: "Glendale Heights", State: "IL", PostalCode: "60139", Country: "US", Reference: "Reference #1234567890",
		FinalLine1: "7 Rue Example", FinalCity: "Lyon", FinalPostalCode: "69001", FinalCountry: "FR", Email: "a@example.com",
	}
	for _, tt := range []struct {
		program  ebaytest.Program
		by       channel.Fulfiller
		lines    int
		missing  channel.Missing
		final    bool
		location channel.LocationID
	}{
		{ebaytest.ProgramNone, channel.BySeller, 2, "", false, ""},
		{ebaytest.ProgramInternational, channel.BySeller, 2, "", true, ""},
		{ebaytest.ProgramAuthenticity, channel.BySeller, 2, "", true, ""},
		{ebaytest.ProgramVault, channel.BySeller, 2, "", false, ""},
		{ebaytest.ProgramFulfilment, channel.ByMarketplace, 0, channel.MissingNotGiven, false, ""},
		{ebaytest.ProgramPickup, channel.ByPickup, 0, channel.MissingNotGiven, false, "default"},
		{ebaytest.ProgramDigital, channel.ByDigital, 0, channel.MissingNotGiven, false, ""},
	} {
		t.Run(string(tt.program), func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.product("MUG", 100)
				id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, ShipTo: to, Program: tt.program})
				visible()
				o := r.walk(channel.OrderQuery{Since: recent()})[id]
				if o.Lines[0].FulfilledBy.Value != tt.by || len(o.Recipient.Lines) != tt.lines || o.Recipient.Missing != tt.missing || o.Units[0].Location != tt.location {
					r.Errorf("by %v, %d lines, missing %q, at %q", o.Lines[0].FulfilledBy, len(o.Recipient.Lines), o.Recipient.Missing, o.Units[0].Location)
				}
				if tt.lines > 0 && (o.Recipient.Lines[0] != channel.Personal(to.Reference) || o.Recipient.Lines[1] != "1 Hub Road") {
					r.Error("the reference does not stand above the street")
				}
				final := ""
				for _, a := range o.Attributes {
					if a.Name == "finalDestinationAddress" {
						final = string(a.Value)
					}
				}
				if (final == "7 Rue Example, Lyon, 69001, FR") != tt.final {
					r.Errorf("where it goes from there is %q", final)
				}
			})
		})
	}
}

// What eBay no longer shows of people is missing for that reason: mail addresses
// after two weeks, streets after 90 days.
func TestPeopleExpire(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, Buyer: ebaytest.Buyer{Name: "ann_buys", TaxID: "X1", TaxIDType: "CODICE_FISCALE", TaxIDCountry: "IT"}})
		visible()
		o := r.order(id)
		if o.Recipient.Missing != "" || o.Buyer.Missing != "" || o.Buyer.Email == "" || len(o.Recipient.Lines) == 0 {
			r.Errorf("recipient %v, buyer %v", o.Recipient.Missing, o.Buyer.Missing)
		}
		named := map[string]string{}
		for _, a := range o.Attributes {
			named[a.Name] = string(a.Value)
		}
		if named["taxpayerId"] != "X1" || named["buyerUsername"] != "ann_buys" {
			r.Error("the tax id or the user name is missing")
		}
		pass(15 * 24 * time.Hour)
		o = r.order(id)
		if o.Recipient.Missing != "" || o.Buyer.Missing != channel.MissingExpired || o.Buyer.Email != "" {
			r.Errorf("after 15 days: recipient %q, buyer %q", o.Recipient.Missing, o.Buyer.Missing)
		}
		pass(80 * 24 * time.Hour)
		o = r.order(id)
		if o.Recipient.Missing != channel.MissingExpired || o.Buyer.Missing != channel.MissingExpired || o.Recipient.Country == "" {
			r.Errorf("after 95 days: recipient %q, buyer %q", o.Recipient.Missing, o.Buyer.Missing)
		}
	})
}

// What happens to an order reaches the order that is read, from the list alike.
func TestStatesOfAnOrder(t *testing.T) {
	for _, tt := range []struct {
		name     string
		do       func(r *rig, id string, line string) error
		status   channel.OrderStatus
		payment  channel.PaymentStatus
		shipping channel.FulfilmentStatus
		open     int64
		shipped  int64
		unit     channel.UnitStatus
	}{
		{"placed", func(*rig, string, string) error { return nil }, channel.OrderOpen, channel.PaymentPaid, channel.FulfilmentNone, 3, 0, channel.UnitOpen},
		{"cancelled", func(r *rig, id, _ string) error { return r.fake.CancelOrder(id) }, channel.OrderCancelled, "", channel.FulfilmentNotDue, 0, 0, channel.UnitCancelled},
		{"asked to cancel", func(r *rig, id, _ string) error { return r.fake.RequestCancel(id, "x") }, channel.OrderHeld, channel.PaymentPaid, channel.FulfilmentNone, 3, 0, channel.UnitHeld},
		{"declined", func(r *rig, id, _ string) error {
			return errors.Join(r.fake.RequestCancel(id, "x"), r.fake.DeclineCancel(id))
		}, channel.OrderOpen, channel.PaymentPaid, channel.FulfilmentNone, 3, 0, channel.UnitOpen},
		{"partly shipped", func(r *rig, id, line string) error {
			return r.fake.Ship(id, ebaytest.Parcel{Lines: map[string]int{line: 2}, Carrier: "UPS", Tracking: "1Z999AA10123456784"})
		}, channel.OrderOpen, channel.PaymentPaid, channel.FulfilmentPartial, 1, 2, channel.UnitOpen},
		{"shipped", func(r *rig, id, _ string) error {
			return r.fake.Ship(id, ebaytest.Parcel{Carrier: "UPS", Tracking: "1Z999AA10123456784"})
		}, channel.OrderClosed, channel.PaymentPaid, channel.FulfilmentComplete, 0, 3, channel.UnitClosed},
		{"marked as shipped", func(r *rig, id, _ string) error { return r.fake.Ship(id, ebaytest.Parcel{}) }, channel.OrderClosed, channel.PaymentPaid, channel.FulfilmentComplete, 0, 3, channel.UnitClosed},
		{"part refunded", func(r *rig, id, line string) error {
			return r.fake.Refund(id, ebaytest.NewRefund{Lines: map[string]string{line: "5"}})
		}, channel.OrderOpen, channel.PaymentPartiallyRefunded, channel.FulfilmentNone, 3, 0, channel.UnitOpen},
		{"refunded", func(r *rig, id, line string) error {
			return r.fake.Refund(id, ebaytest.NewRefund{Lines: map[string]string{line: "34.90"}})
		}, channel.OrderClosed, channel.PaymentRefunded, channel.FulfilmentNotDue, 0, 0, channel.UnitClosed},
		{"payment pending", func(r *rig, id, _ string) error { return r.fake.SetPayment(id, ebaytest.PaymentPending) }, channel.OrderPending, channel.PaymentPending, channel.FulfilmentNone, 3, 0, channel.UnitHeld},
		{"payment failed", func(r *rig, id, _ string) error { return r.fake.SetPayment(id, ebaytest.PaymentFailed) }, channel.OrderPending, channel.PaymentFailed, channel.FulfilmentNone, 3, 0, channel.UnitHeld},
		{"a new word", func(r *rig, id, _ string) error { return r.fake.SetPayment(id, "SETTLING") }, "", "", channel.FulfilmentNone, 3, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.product("MUG", 100)
				id := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 3, Shipping: "4.90"}}})
				o, _ := r.fake.Order(id)
				check(r, tt.do(r, id, o.Lines[0].ID))
				visible()
				for from, o := range map[string]channel.Order{"list": r.walk(channel.OrderQuery{Since: recent()})[id], "id": r.order(id)} {
					l := o.Lines[0]
					if o.Status.Value != tt.status || o.Status.Raw == "" || tt.payment != "" && o.Payment.Value != tt.payment || o.Fulfilment.Value != tt.shipping ||
						l.Open() != tt.open || l.Shipped != tt.shipped || o.Units[0].Status.Value != tt.unit {
						r.Errorf("by %s: status %v, payment %v, fulfilment %v, unit %v, line %+v", from, o.Status, o.Payment, o.Fulfilment, o.Units[0].Status, l)
					}
					again, err := r.ch.DecodeOrder(o.Raw)
					if err != nil || again.Lines[0].Shipped != tt.shipped || len(again.Shipments) != len(o.Shipments) {
						r.Errorf("by %s, decoded again: %+v, %v", from, again.Lines[0], err)
					}
				}
			})
		})
	}
}

// Refunds are the order's, with their lines, and each amount counts once.
func TestRefunds(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		r.product("CAP", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2}, {SKU: "CAP"}}})
		o, _ := r.fake.Order(id)
		check(r, r.fake.Refund(id, ebaytest.NewRefund{Lines: map[string]string{o.Lines[0].ID: "3.50", o.Lines[1].ID: "1"}}))
		check(r, r.fake.Refund(id, ebaytest.NewRefund{Amount: "2"}))
		visible()
		got := r.order(id)
		if sum := got.Totals.Refunded.Shop.String(); sum != "6.50 USD" {
			r.Errorf("refunded %s: %+v", sum, got.Refunds)
		}
		lines := 0
		for _, f := range got.Refunds {
			lines += len(f.Lines)
			if f.ID == "" || f.At.IsZero() {
				r.Errorf("refund %+v", f)
			}
		}
		if lines != 2 {
			r.Errorf("%d lines refunded", lines)
		}
	})
}

// A purchase that is not paid for is no order yet.
func TestUnpaidIsUnseen(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, Unpaid: true})
		visible()
		if got := r.walk(channel.OrderQuery{Since: recent()}); len(got) != 0 {
			r.Errorf("%d orders before the payment", len(got))
		}
		pass(72 * time.Hour)
		check(r, r.fake.Pay(id))
		visible()
		if got := r.walk(channel.OrderQuery{Since: recent()}); len(got) != 1 {
			r.Errorf("%d orders after it", len(got))
		}
	})
}

// A page that cannot be read in full fails, and one bad order does not fail it.
func TestBadPages(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"no orders", `{"total":1}`},
		{"another shape", `{"total":1,"orders":{}}`},
		{"below zero", `{"total":-1,"orders":[]}`},
		{"a web page", `<html>`},
		{"half", `{"total":1,"orders":[`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if strings.HasSuffix(req.URL.Path, "/order") {
							return answer(200, "application/json", tt.body)
						}
						return nil
					}
				})
				if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("err = %v", err)
				}
			})
		})
	}
}

// The dates that are asked for are closed, and never in the future.
func TestWhatIsAsked(t *testing.T) {
	onAccount(t, accountConfig{}, func(c *ebay.Config) { c.Lag = 2 * time.Minute }, func(r *rig) {
		since := recent()
		r.pages(channel.OrderQuery{Since: since})
		const form = "2006-01-02T15:04:05.000Z"
		want := "filter=lastmodifieddate%3A%5B" + strings.ReplaceAll(since.Format(form), ":", "%3A") + ".." +
			strings.ReplaceAll(time.Now().Add(-2*time.Minute).Format(form), ":", "%3A") + "%5D"
		var found bool
		for _, s := range r.wire.Taken() {
			if strings.HasPrefix(s, "GET /sell/fulfillment/v1/order\n") {
				found = true
				for _, part := range []string{"fieldGroups=TAX_BREAKDOWN", "limit=200", "offset=0", want} {
					if !strings.Contains(s, part) {
						r.Errorf("%s lacks %s", s, part)
					}
				}
			}
		}
		if !found {
			r.Error("nothing was asked")
		}
	})
}

// An order whose details cannot be read is set aside and stops no other; where
// no order's can be read, it is eBay that fails.
func TestDetailsThatCannotBeRead(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
	}{
		"a failure of eBay's":  {500, refusal(30500, "System error")},
		"a refusal":            {400, refusal(999, "odd")},
		"an answer breaks off": {200, `{"orderId":"`},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.product("MUG", 100)
				var ids []string
				for range 5 {
					id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
					check(r, r.fake.RequestCancel(id, "BUYER_ASKED_CANCEL"))
					ids = append(ids, id)
				}
				visible()
				bad := ids[:2]
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if slices.ContainsFunc(bad, func(id string) bool { return strings.HasSuffix(req.URL.Path, "/order/"+id) }) {
							return answer(tt.status, "application/json", tt.body)
						}
						return nil
					}
				})
				set := func(p channel.Page[channel.Order], err error) {
					r.Helper()
					check(r, err)
					var parked []string
					for _, k := range p.Parked {
						parked = append(parked, k.ID)
					}
					slices.Sort(parked)
					if len(p.Items) != 3 || !slices.Equal(parked, bad) {
						r.Errorf("%d orders, parked %v, want 3 and %v", len(p.Items), parked, bad)
					}
				}
				slices.Sort(bad)
				set(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent()}))
				set(r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(ids[0]), channel.OrderID(ids[1]), channel.OrderID(ids[2]), channel.OrderID(ids[3]), channel.OrderID(ids[4])}))
				// Of one by itself nobody knows whether eBay answers at all, but where it refuses.
				p, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(bad[0])})
				if refused := tt.status == 400; refused != (err == nil && len(p.Parked) == 1) {
					r.Errorf("by itself: %d parked, %v", len(p.Parked), err)
				}
				bad = ids
				if p, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent()}); err == nil {
					r.Errorf("%d orders and %d parked where nothing can be read", len(p.Items), len(p.Parked))
				}
			})
		})
	}
}
