package amazontest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	ordersPath = "/orders/2026-01-01/orders"
	everything = "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
	longAgo    = "1999-01-01T00:00:00Z"
)

// mugShop is a fake with ten mugs the seller ships and five that Amazon does.
func mugShop(t *testing.T, cfg Config) *Fake {
	t.Helper()
	f := New(cfg)
	must(f.AddProduct(NewProduct{SKU: "MUG", Title: "Mug", Price: "12.5", OnHand: 10}))
	must(f.AddProduct(NewProduct{SKU: "FBA", Title: "Mug from afar", Price: "13", OnHand: 5, ByAmazon: true}))
	return f
}

func mugs(n int) NewOrder { return NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: n}}} }

func searchFor(kv ...string) string { return ordersPath + query(kv...) }

func TestASearchNeedsExactlyOneFamilyOfBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{Rates: map[string]Rate{"searchOrders": {1, 1000}}})
		c := newClient(t, f)
		a, b := ago(2*time.Hour), ago(time.Hour)
		for _, tc := range []struct {
			name string
			kv   []string
			want int
		}{
			{"none", nil, 400},
			{"both", []string{"createdAfter", a, "lastUpdatedAfter", a}, 400},
			{"created", []string{"createdAfter", a}, 200},
			{"created span", []string{"createdAfter", a, "createdBefore", b}, 200},
			{"updated", []string{"lastUpdatedAfter", a}, 200},
			{"updated span", []string{"lastUpdatedAfter", a, "lastUpdatedBefore", b}, 200},
			{"an instant", []string{"lastUpdatedAfter", a, "lastUpdatedBefore", a}, 200},
			{"mixed", []string{"lastUpdatedAfter", a, "createdBefore", b}, 400},
			{"mixed the other way", []string{"createdAfter", a, "lastUpdatedBefore", b}, 400},
			{"before alone", []string{"lastUpdatedBefore", b}, 400},
			{"backwards", []string{"lastUpdatedAfter", b, "lastUpdatedBefore", a}, 400},
			{"two minutes old", []string{"lastUpdatedAfter", a, "lastUpdatedBefore", ago(2 * time.Minute)}, 200},
			{"fresher", []string{"lastUpdatedAfter", a, "lastUpdatedBefore", ago(2*time.Minute - time.Second)}, 400},
			{"fresh lower bound", []string{"lastUpdatedAfter", ago(time.Second)}, 200},
			{"no date", []string{"lastUpdatedAfter", "yesterday"}, 400},
			{"no zone", []string{"lastUpdatedAfter", "1999-12-31T00:00:00"}, 400},
			{"another zone", []string{"lastUpdatedAfter", "1999-12-31T00:00:00+02:00"}, 200},
			{"statuses", []string{"lastUpdatedAfter", a, "fulfillmentStatuses", "PENDING,CANCELLED"}, 200},
			{"a status of v0", []string{"lastUpdatedAfter", a, "fulfillmentStatuses", "Canceled"}, 400},
			{"marketplaces", []string{"lastUpdatedAfter", a, "marketplaceIds", us}, 200},
			{"another seller's marketplace", []string{"lastUpdatedAfter", a, "marketplaceIds", ca}, 400},
			{"too many marketplaces", []string{"lastUpdatedAfter", a, "marketplaceIds", strings.Repeat(us+",", 50) + us}, 400},
			{"who ships", []string{"lastUpdatedAfter", a, "fulfilledBy", "MERCHANT,AMAZON"}, 200},
			{"nobody ships", []string{"lastUpdatedAfter", a, "fulfilledBy", "AFN"}, 400},
			{"page of none", []string{"lastUpdatedAfter", a, "maxResultsPerPage", "0"}, 400},
			{"page of 101", []string{"lastUpdatedAfter", a, "maxResultsPerPage", "101"}, 400},
			{"everything", []string{"lastUpdatedAfter", a, "includedData", everything}, 200},
			{"items", []string{"lastUpdatedAfter", a, "includedData", "ITEMS"}, 400},
			{"an empty value", []string{"lastUpdatedAfter", a, "includedData", "BUYER,"}, 400},
			{"a foreign token", []string{"lastUpdatedAfter", a, "paginationToken", "abc"}, 400},
		} {
			if r := c.get(searchFor(tc.kv...)); r.status != tc.want {
				t.Errorf("%s: %d, want %d: %s", tc.name, r.status, tc.want, r.body)
			}
		}
	})
}

func TestTheUpperBoundIsEchoed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, New(Config{}))
		r := c.get(searchFor("lastUpdatedAfter", longAgo)).want(200)
		if got := r.text("lastUpdatedBefore"); got != "1999-12-31T23:58:00Z" || r.at("createdBefore") != nil || r.text("orders") != "[]" || r.at("pagination") != nil {
			t.Errorf("body %s", r.body)
		}
		if got := c.get(searchFor("createdAfter", longAgo, "createdBefore", "1999-06-01T00:00:00Z")).text("createdBefore"); got != "1999-06-01T00:00:00Z" {
			t.Errorf("echo %q", got)
		}
	})
}

func TestSearchesFindAChangeOnceItIsTwoMinutesOld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour})
		c := newClient(t, f)
		id := must(f.PlaceOrder(mugs(1)))
		found := func() int { return len(c.get(searchFor("lastUpdatedAfter", longAgo)).ids()) }
		c.get(ordersPath + "/" + id).want(200) // by id it is there at once
		time.Sleep(2*time.Minute - time.Millisecond)
		if found() != 0 {
			t.Error("found too early")
		}
		time.Sleep(time.Millisecond)
		if found() != 1 {
			t.Error("not found at the bound, which is inclusive")
		}
		check(t, f.Touch(id))
		if found() != 0 {
			t.Error("a changed order has moved behind the bound")
		}
		if n := len(c.get(searchFor("createdAfter", longAgo)).ids()); n != 1 {
			t.Error("and is where it was by its creation")
		}
		f.SetVisibilityLag(time.Hour)
		check(t, f.Touch(id))
		time.Sleep(time.Hour - time.Second)
		if found() != 0 {
			t.Error("found while searches are behind")
		}
		time.Sleep(time.Second)
		if found() != 1 {
			t.Error("not found")
		}
	})
}

func TestALateOrderArrivesBehindTheBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{Believed: Believed{OrderReadsLag: true}})
		c := newClient(t, f)
		n := mugs(1)
		n.Late = time.Hour
		late := must(f.PlaceOrder(n))
		time.Sleep(time.Second)
		prompt := must(f.PlaceOrder(mugs(1)))
		time.Sleep(10 * time.Minute)
		c.get(ordersPath + "/" + late).want(404)
		for _, family := range []string{"lastUpdatedAfter", "createdAfter"} {
			if got := c.get(searchFor(family, longAgo)).ids(); !slices.Equal(got, []string{prompt}) {
				t.Errorf("%s: %v", family, got)
			}
		}
		time.Sleep(time.Hour)
		c.login()
		c.get(ordersPath + "/" + late).want(200)
		for _, family := range []string{"lastUpdatedAfter", "createdAfter"} {
			if got := c.get(searchFor(family, longAgo)).ids(); !slices.Equal(got, []string{late, prompt}) {
				t.Errorf("%s: %v", family, got)
			}
		}
	})
}

// pageFurther follows the pages from the first answer of a search.
func pageFurther(t *testing.T, c *client, r reply, kv ...string) (ids []string, pages int) {
	t.Helper()
	for {
		ids = append(ids, r.ids()...)
		pages++
		token, more := r.at("pagination.nextToken").(string)
		if !more {
			return ids, pages
		}
		r = c.get(searchFor(append(slices.Clone(kv), "paginationToken", token)...)).want(200)
	}
}

func TestPagesFollowOneAnotherWithoutGapOrRepeat(t *testing.T) {
	for _, newest := range []bool{false, true} {
		bubble(t, func(t *testing.T) { pagesFollow(t, newest) })
	}
}

func pagesFollow(t *testing.T, newest bool) {
	t.Helper()
	f := mugShop(t, Config{Rates: map[string]Rate{"searchOrders": {1, 1000}}, Believed: Believed{NewestFirst: newest}})
	check(t, f.SetOnHand("MUG", 1000))
	c := newClient(t, f)
	var want []string
	for i := range 25 {
		want = append(want, must(f.PlaceOrder(mugs(1))))
		if i%3 == 0 { // several orders share a time
			time.Sleep(time.Second)
		}
	}
	if newest {
		slices.Reverse(want)
	}
	time.Sleep(time.Hour - time.Minute)
	for _, family := range []string{"lastUpdatedAfter", "createdAfter"} {
		kv := []string{family, longAgo, "maxResultsPerPage", "10"}
		got, pages := pageFurther(t, c, c.get(searchFor(kv...)), kv...)
		if !slices.Equal(got, want) || pages != 3 {
			t.Errorf("%s: %d pages, %v", family, pages, got)
		}
	}
	// An order that changes during the walk leaves it and is in the next one;
	// one that comes is in the next one.
	kv := []string{"lastUpdatedAfter", longAgo, "maxResultsPerPage", "10"}
	walked := 0
	f.AfterPage(func(page int) {
		if walked = page; page == 1 {
			check(t, f.Touch(want[12]))
			check(t, f.Touch(want[2]))
			must(f.PlaceOrder(mugs(1)))
		}
	})
	r := c.get(searchFor(kv...))
	edge := r.text("lastUpdatedBefore")
	time.Sleep(time.Minute)
	c.login()
	got, _ := pageFurther(t, c, r, kv...)
	rest := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return id == want[12] })
	if !slices.Equal(got, rest) || walked != 3 {
		t.Errorf("got %v", got)
	}
	f.AfterPage(nil)
	time.Sleep(3 * time.Minute)
	next := c.get(searchFor("lastUpdatedAfter", edge)).ids()
	if newest {
		slices.Reverse(next)
	}
	if len(next) != 3 || next[0] != want[12] || next[1] != want[2] {
		t.Errorf("next walk %v", next)
	}
}

func TestPageTokensAreBoundToTheirSearchAndADay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour})
		c := newClient(t, f)
		for range 3 {
			must(f.PlaceOrder(mugs(1)))
		}
		time.Sleep(time.Hour)
		kv := []string{"lastUpdatedAfter", longAgo, "maxResultsPerPage", "1"}
		first := c.get(searchFor(kv...))
		token := first.text("pagination.nextToken")
		if !strings.ContainsAny(token, "+/") || !strings.HasSuffix(token, "=") {
			t.Errorf("token %q needs no escaping", token)
		}
		again := func(kv ...string) int { return c.get(searchFor(append(kv, "paginationToken", token)...)).status }
		for _, tc := range []struct {
			name string
			kv   []string
			want int
		}{
			{"the same", kv, 200},
			{"other page size and data", []string{"lastUpdatedAfter", longAgo, "maxResultsPerPage", "2", "includedData", "BUYER"}, 200},
			{"other bound", []string{"lastUpdatedAfter", "1999-01-02T00:00:00Z"}, 400},
			{"echoed bound added", []string{"lastUpdatedAfter", longAgo, "lastUpdatedBefore", first.text("lastUpdatedBefore")}, 400},
			{"filter added", []string{"lastUpdatedAfter", longAgo, "marketplaceIds", us}, 400},
			{"no filters", nil, 400},
		} {
			if got := again(tc.kv...); got != tc.want {
				t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
			}
		}
		if r := c.get(searchFor(kv...) + "&paginationToken=" + token); r.status != 400 { // + is a space
			t.Errorf("a raw token: %d", r.status)
		}
		if r := c.get(searchFor(append(kv, "paginationToken", url.QueryEscape(token))...)); r.status != 400 {
			t.Errorf("a token escaped twice: %d", r.status)
		}
		if r := c.get(searchFor(append(kv, "paginationToken", "B"+token[1:])...)); r.status != 400 {
			t.Errorf("an edited token: %d", r.status)
		}
		time.Sleep(24*time.Hour - time.Second)
		if again(kv...) != 200 {
			t.Error("dead before a day")
		}
		time.Sleep(time.Second)
		if again(kv...) != 400 {
			t.Error("alive after a day")
		}
		token = c.get(searchFor(kv...)).text("pagination.nextToken")
		f.ExpireCursors()
		if again(kv...) != 400 {
			t.Error("alive after ExpireCursors")
		}
	})
}

func TestFiltersNarrowASearch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{Marketplaces: []string{us, ca}})
		c := newClient(t, f)
		plain := must(f.PlaceOrder(mugs(1)))
		canadian := mugs(1)
		canadian.Marketplace = ca
		second := must(f.PlaceOrder(canadian))
		third := must(f.PlaceOrder(NewOrder{ByAmazon: true, Status: Shipped, Lines: []NewLine{{SKU: "FBA"}}}))
		time.Sleep(time.Hour - time.Second)
		for _, tc := range []struct {
			kv   []string
			want []string
		}{
			{nil, []string{plain, second, third}},
			{[]string{"marketplaceIds", ca}, []string{second}},
			{[]string{"marketplaceIds", us + "," + ca}, []string{plain, second, third}},
			{[]string{"fulfilledBy", "AMAZON"}, []string{third}},
			{[]string{"fulfillmentStatuses", "UNSHIPPED"}, []string{plain, second}},
		} {
			if got := c.get(searchFor(append([]string{"lastUpdatedAfter", longAgo}, tc.kv...)...)).ids(); !slices.Equal(got, tc.want) {
				t.Errorf("%v: %v", tc.kv, got)
			}
		}
	})
}

func TestDatasetsComeWhenTheyAreAskedFor(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(NewOrder{
		Lines:    []NewLine{{SKU: "MUG", Promotions: []string{"P-1"}, Collected: true, Tax: "1", CancelRequest: "too late"}},
		Payments: []Payment{{"Invoice", "13.5"}},
	}))
	for name, text := range map[string]string{
		"BUYER": `"buyer":`, "RECIPIENT": `"recipient":`, "PROCEEDS": `"proceeds":`, "PROMOTION": `"promotion":`, "CANCELLATION": `"cancellation":`,
		"FULFILLMENT": `"fulfillmentStatus":`, "TAX": `"tax":`, "PAYMENT": `"payment":`,
	} {
		c.get(ordersPath + "/" + id + "?includedData=" + name).want(200).says(text)
		c.get(ordersPath + "/" + id + "?includedData=EXPENSE").want(200).saysNot(text)
	}
	r := c.get(ordersPath + "/" + id).want(200)
	if r.text("order.orderItems.0.product.sellerSku") != "MUG" || r.at("order.fulfillment") != nil {
		t.Errorf("body %s", r.body)
	}
	c.get(ordersPath + "/" + id + "?includedData=ITEMS").want(400)
}

func TestMoneyAddsUp(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	rich := NewOrder{
		Tip: "2", TipPending: true,
		Lines: []NewLine{
			{
				SKU: "MUG", Quantity: 2, Tax: "2.10", Shipping: "5", ShippingTax: "0.4", GiftWrap: "3", GiftWrapTax: "0.25", CODFee: "1",
				Discount: "4", ShippingDiscount: "5", DiscountTax: "0.35", Collected: true, Promotions: []string{"WINTER", "SHIP"},
			},
			{SKU: "MUG", Price: "1.005"},
		},
	}
	id := must(f.PlaceOrder(rich))
	r := c.get(ordersPath + "/" + id + "?includedData=PROCEEDS,TAX").want(200)
	for path, want := range map[string]string{
		"order.proceeds.grandTotal.amount":                                      "30.405",
		"order.orderItems.0.proceeds.proceedsTotal.amount":                      "27.40",
		"order.orderItems.1.proceeds.proceedsTotal.amount":                      "1.005",
		"order.orderItems.0.product.price.unitPrice.amount":                     "12.50",
		"order.orderItems.0.proceeds.breakdowns.4.type":                         "TAX",
		"order.orderItems.0.proceeds.breakdowns.4.subtotal.amount":              "2.40",
		"order.orderItems.0.proceeds.breakdowns.5.subtotal.amount":              "9.00",
		"order.orderItems.0.proceeds.breakdowns.5.detailedBreakdowns.1.subtype": "SHIPPING",
		"order.proceeds.breakdowns.6.type":                                      "DELIVERY_TIP",
		"order.proceeds.breakdowns.6.status":                                    "PENDING",
		"order.orderItems.0.tax.taxCollections.0.model":                         "MARKETPLACE_FACILITATOR",
	} {
		if got := r.text(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if o, _ := f.Order(id); o.Total != "30.405" || o.Lines[0].Total != "27.4" {
		t.Errorf("order %+v", o)
	}
	f = mugShop(t, Config{Believed: Believed{CollectedTaxLeft: true, DiscountsNegative: true}})
	c = newClient(t, f)
	r = c.get(ordersPath + "/" + must(f.PlaceOrder(rich)) + "?includedData=PROCEEDS").want(200)
	if r.text("order.proceeds.grandTotal.amount") != "28.005" || r.text("order.orderItems.0.proceeds.breakdowns.4.subtotal.amount") != "-9.00" {
		t.Errorf("body %s", r.body)
	}
}

func TestKindsOfOrders(t *testing.T) {
	f := mugShop(t, Config{Marketplaces: []string{us, ca}})
	c := newClient(t, f)
	for _, tc := range []struct {
		name string
		n    NewOrder
		says []string
		not  []string
	}{
		{"pending", NewOrder{Status: Pending, Lines: []NewLine{{SKU: "MUG"}}}, []string{`"PENDING"`}, []string{"recipient", "proceeds", "price", "shipBy"}},
		{"by Amazon", NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}}, []string{`"AMAZON"`, "Austin"}, []string{"Grace", "buyerEmail", "phone"}},
		{"not Amazon's", NewOrder{Channel: ChannelNonAmazon, ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}}, []string{"NON_AMAZON", "Non-Amazon"}, nil},
		{"business", NewOrder{
			Programs: []string{ProgramBusiness, ProgramPrime}, Buyer: Buyer{Company: "Acme", PurchaseOrder: "PO-7"},
			Lines: []NewLine{{SKU: "MUG", Business: true}},
		}, []string{"AMAZON_BUSINESS", "PRIME", "Acme", "PO-7", "BUSINESS_PRICE"}, nil},
		{"replacement", NewOrder{Replaces: "111-1", Exchanges: "111-2", Lines: []NewLine{{SKU: "MUG", Tax: "1"}}}, []string{
			"REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID", `"grandTotal":{"amount":"0.00"`,
		}, nil},
		{"yen", NewOrder{Currency: "JPY", Lines: []NewLine{{SKU: "MUG", Price: "19940"}}}, []string{`"amount":"19940"`}, nil},
		{"no SKU", NewOrder{Lines: []NewLine{{SKU: "MUG", NoSKU: true}}}, []string{`"title":"Mug"`}, []string{"sellerSku"}},
		{"unknown words", NewOrder{
			Programs: []string{"AMAZON_MOON"}, Service: "BY_ROCKET", Lines: []NewLine{{SKU: "LOOSE", Programs: []string{"TRANSPARENCY"}}},
		}, []string{"AMAZON_MOON", "BY_ROCKET", "TRANSPARENCY"}, nil},
		{"gift", NewOrder{Lines: []NewLine{{SKU: "MUG", GiftMessage: "For you", GiftWrapLevel: "Paper", CustomURL: "https://example.com/c"}}}, []string{
			"For you", "Paper", "customizedUrl",
		}, nil},
		{"import", NewOrder{IOSS: "IM1", TaxScheme: "IOSS", NoWindows: true, SellerID: "S-1", DropOff: "Porch", Instruction: "Ring", Lines: []NewLine{
			{SKU: "MUG", Signature: true, AgeCheck: true, Palletise: true, Serials: []string{"N1"}, Condition: "USED"},
		}}, []string{"IM1", "reportingScheme", "SELLER_ORDER_ID", "Porch", "signatureConfirmation", "N1", "USED"}, []string{"shipByWindow"}},
		{"Brazil", NewOrder{ShipTo: Address{Name: "B", StreetName: "Rua", StreetNumber: "1", Country: "BR", Type: "PICKUP_POINT"}, Lines: []NewLine{{SKU: "MUG"}}}, []string{
			"extendedFields", "PICKUP_POINT",
		}, nil},
		{"Easy Ship", NewOrder{Programs: []string{ProgramEasyShip}, Lines: []NewLine{{SKU: "MUG", Points: 60}}}, []string{
			"fulfillmentOrderId", `"pointsNumber":60`,
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := f.PlaceOrder(tc.n)
			check(t, err)
			r := c.get(ordersPath + "/" + id + "?includedData=" + everything).want(200)
			for _, s := range tc.says {
				r.says(s)
			}
			for _, s := range tc.not {
				r.saysNot(s)
			}
		})
	}
}

func TestBeliefsAboutOrders(t *testing.T) {
	f := mugShop(t, Config{Believed: Believed{PendingPriced: true, ReplacementsCost: true}})
	c := newClient(t, f)
	n := mugs(1)
	n.Status, n.Replaces = Pending, "111-1"
	c.get(ordersPath + "/" + must(f.PlaceOrder(n)) + "?includedData=" + everything).want(200).says(`"grandTotal":{"amount":"12.50"`).saysNot("Austin")
	for _, touches := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			f := mugShop(t, Config{Believed: Believed{RefundsTouch: touches}})
			id := must(f.PlaceOrder(mugs(1)))
			must(f.Ship(id, Parcel{}))
			before, _ := f.Order(id)
			time.Sleep(time.Second)
			check(t, f.Refund(id, NewRefund{Lines: map[string]int{before.Lines[0].ID: 1}}))
			if after, _ := f.Order(id); after.Modified.After(before.Modified) != touches || after.Lines[0].Refunded != 1 {
				t.Errorf("%v: %+v", touches, after)
			}
		})
	}
}

func TestUnknownStatusesAreAnswered(t *testing.T) {
	f := mugShop(t, Config{})
	c := unheld(t, f) // the model has no such status
	id := must(f.PlaceOrder(mugs(1)))
	check(t, f.SetStatus(id, "INVOICE_UNCONFIRMED"))
	c.get(ordersPath + "/" + id + "?includedData=FULFILLMENT").want(200).says("INVOICE_UNCONFIRMED")
}

func TestPrivateFieldsGoMissingWithoutAWord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 1000 * time.Hour})
		c := newClient(t, f)
		id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", GiftMessage: "psst"}}}))
		read := func() reply {
			return c.get(ordersPath + "/" + id + "?includedData=BUYER,RECIPIENT,FULFILLMENT").want(200)
		}
		read().says("Grace Buyer").says("buyerEmail").says("78701").says("phone").says("psst").says(`"addressLine2":""`)
		f.SetRoles(RoleInventory)
		read().says("Austin").says("TX").saysNot("Grace").saysNot("buyerEmail").saysNot("78701").saysNot("psst")
		f.SetRoles(RoleInventory, RoleTax)
		read().says("buyerName").saysNot("buyerEmail").saysNot("12 Example")
		f.SetRoles(AllRoles()...)
		check(t, f.SetStatus(id, Shipped))
		read().says("phone")
		time.Sleep(7 * 24 * time.Hour)
		read().says("Grace").saysNot("phone") // after the latest delivery
		check(t, f.SetStatus(id, Cancelled))
		read().saysNot("Grace")
	})
	f := mugShop(t, Config{RefusePII: true})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(1)))
	f.SetRoles(RoleInventory)
	c.get(ordersPath + "/" + id + "?includedData=RECIPIENT").want(403)
	c.get(ordersPath + "/" + id + "?includedData=PROCEEDS").want(200)
}

func TestOrdersChangeOnTheSellersSide(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{Believed: Believed{RefundsTouch: true}})
		c := newClient(t, f)
		n := mugs(3)
		n.Status = Pending
		id := must(f.PlaceOrder(n))
		last := time.Time{}
		step := func(name string, act error, says ...string) {
			t.Helper()
			check(t, act)
			o, _ := f.Order(id)
			if !o.Modified.After(last) {
				t.Errorf("%s: lastUpdatedTime has not moved", name)
			}
			last = o.Modified
			r := c.get(ordersPath + "/" + id + "?includedData=" + everything).want(200)
			for _, s := range says {
				r.says(s)
			}
			time.Sleep(time.Second)
		}
		step("pay", f.Pay(id), `"UNSHIPPED"`, "Austin", "grandTotal")
		step("address", f.Readdress(id, Address{Name: "Else", City: "Elsewhere"}), "Elsewhere")
		step("tip", f.SetTip(id, "3.5", true), `"DELIVERY_TIP","status":"PENDING"`, `"41.00"`)
		step("request", f.RequestCancel(id, "changed my mind"), `"requester":"BUYER"`, "changed my mind")
		o, _ := f.Order(id)
		line := o.Lines[0].ID
		step("cancel one", f.Refund(id, NewRefund{Lines: map[string]int{line: 1}}), `"cancelledBy":"MERCHANT"`, `"quantityUnfulfilled":2`, `"quantityOrdered":3`)
		check(t, f.SetStatus(id, Unshipped))
		step("cancel all", f.CancelOrder(id), `"CANCELLED"`, `"quantityUnfulfilled":0`)
		for name, err := range map[string]error{
			"cancel again": f.CancelOrder(id), "pay": f.Pay(id), "refund": f.Refund(id, NewRefund{}), "request": f.RequestCancel(id, "x"),
			"nothing": f.Touch("x"), "no line": f.Refund(must(f.PlaceOrder(mugs(1))), NewRefund{Lines: map[string]int{"7": 1}}),
			"bad tip": f.SetTip(id, "x", false),
		} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		unpaid := must(f.PlaceOrder(n))
		check(t, f.CancelOrder(unpaid))
		c.get(ordersPath + "/" + unpaid + "?includedData=CANCELLATION,FULFILLMENT").want(200).says(`"cancelledBy":"AMAZON"`)
	})
	f := mugShop(t, Config{Believed: Believed{CancelledLeave: true}})
	id := must(f.PlaceOrder(mugs(3)))
	o, _ := f.Order(id)
	check(t, f.Refund(id, NewRefund{Lines: map[string]int{o.Lines[0].ID: 1}, Reason: "GENERAL"}))
	newClient(t, f).get(ordersPath + "/" + id + "?includedData=FULFILLMENT").want(200).says(`"quantityOrdered":2`)
}

func TestWholeSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for whole, want := range map[bool]string{false: ".25Z", true: "00Z"} {
			f := mugShop(t, Config{Believed: Believed{WholeSeconds: whole}, ClockOffset: 250 * time.Millisecond})
			c := newClient(t, f)
			r := c.get(ordersPath + "/" + must(f.PlaceOrder(mugs(1)))).want(200)
			if got := r.text("order.lastUpdatedTime"); !strings.HasSuffix(got, want) {
				t.Errorf("%v: %s", whole, got)
			}
		}
	})
}

func TestBadOrdersAreRefused(t *testing.T) {
	f := mugShop(t, Config{})
	for name, n := range map[string]NewOrder{
		"no lines":            {},
		"negative quantity":   {Lines: []NewLine{{SKU: "MUG", Quantity: -1}}},
		"bad price":           {Lines: []NewLine{{SKU: "MUG", Price: "x"}}},
		"bad tax":             {Lines: []NewLine{{SKU: "MUG", Tax: "1.23456"}}},
		"foreign marketplace": {Marketplace: ca, Lines: []NewLine{{SKU: "MUG"}}},
	} {
		if _, err := f.PlaceOrder(n); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, n := range map[string]NewProduct{
		"no SKU": {}, "taken": {SKU: "MUG"}, "negative": {SKU: "A", OnHand: -1}, "bad price": {SKU: "A", Price: "."},
		"foreign marketplace": {SKU: "A", Marketplace: []string{ca}},
	} {
		if _, err := f.AddProduct(n); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, ids := range [][]string{{"x"}, {us, "A1PA6795UKMFR9"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: no panic", ids)
				}
			}()
			New(Config{Marketplaces: ids})
		}()
	}
}

func TestAmounts(t *testing.T) {
	for in, want := range map[string]string{"1": "1.00", "0.1": "0.10", "-2.345": "-2.345", "1.2345": "1.2345", "": "0.00"} {
		a, err := parseAmount(in)
		if err != nil || a.text(2) != want {
			t.Errorf("%q: %s, %v", in, a.text(2), err)
		}
	}
	for _, in := range []string{".", "1.", "1.23456", "x", "--1", strings.Repeat("9", 14), "1e3"} {
		if a, err := parseAmount(in); err == nil {
			t.Errorf("%q: %v", in, a)
		}
	}
	if got := fmt.Sprint(decimals("JPY"), decimals("EUR")); got != "0 2" {
		t.Error(got)
	}
}
