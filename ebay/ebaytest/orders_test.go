package ebaytest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func filtered(filter string, kv ...string) string {
	return ordersPath + query(append(kv, "filter", filter)...)
}

// Both ends of a range are within it, to the millisecond.
func TestRangesIncludeTheirEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: -1})
		c := newClient(t, f)
		time.Sleep(time.Minute)
		at := time.Now()
		id := must(f.PlaceOrder(mugs(1)))
		time.Sleep(time.Minute)
		for _, tc := range []struct {
			from, to time.Duration
			found    bool
		}{
			{0, 0, true}, {time.Millisecond, time.Second, false}, {-time.Second, -time.Millisecond, false}, {-time.Second, 0, true},
		} {
			for _, name := range []string{"creationdate", "lastmodifieddate"} {
				got := c.get(filtered(name + ":[" + stamp(at.Add(tc.from)) + ".." + stamp(at.Add(tc.to)) + "]")).ids()
				if slices.Contains(got, id) != tc.found {
					t.Errorf("%s %v: %v", name, tc, got)
				}
			}
		}
	})
}

func TestFiltersThatAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, mugShop(t, Config{}))
		now := stamp(time.Now())
		for _, tc := range []struct {
			filter string
			id     int
		}{
			{"x:[" + ago(time.Hour) + "..]", 30700},
			{"orderfulfillmentstatus:{NOT_STARTED}", 30800},
			{"orderfulfillmentstatus:NOT_STARTED", 30800},
			{"orderfulfillmentstatus:{FULFILLED|NOT_STARTED}", 30800},
			{"lastmodifieddate:" + now, 30800},
			{"lastmodifieddate:[yesterday..]", 30810},
			{"lastmodifieddate:[.." + now + "]", 30820},
			{"creationdate:[" + ago(731*24*time.Hour) + "..]", 30830},
			{"creationdate:[" + now + ".." + ago(time.Hour) + "]", 30840},
			{"creationdate:[" + ago(time.Hour) + ".." + ago(-time.Second) + "]", 30850},
		} {
			c.get(filtered(tc.filter)).refused(400, tc.id)
		}
		for _, limit := range []string{"0", "201", "x"} {
			c.get(ordersPath+"?limit="+limit).refused(400, 31100)
		}
		c.get(ordersPath+"?offset=-1").refused(400, 31000)
		c.get(ordersPath+"?fieldGroups=X").refused(400, 32800)
		c.get(ordersPath+"?orderIds="+strings.Repeat("1,", 50)+"1").refused(400, 30900)
		c.get(ordersPath+"/abc").refused(400, 32100)
		c.get(filtered("orderfulfillmentstatus:{NOT_STARTED|IN_PROGRESS}")).want(200)
		c.get(filtered("orderfulfillmentstatus:{FULFILLED|IN_PROGRESS}")).want(200)
	})
}

// A list is told page by page, by records, and a change between two pages moves
// the rest up: who walks forwards misses an order.
func TestPagesShiftUnderTheWalk(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: -1})
		c := newClient(t, f)
		var ids []string
		for range 4 {
			time.Sleep(time.Minute)
			ids = append(ids, must(f.PlaceOrder(mugs(1))))
		}
		time.Sleep(time.Minute)
		window := "lastmodifieddate:[" + ago(time.Hour) + ".." + stamp(time.Now()) + "]"
		first := c.get(filtered(window, "limit", "2"))
		if !slices.Equal(first.ids(), ids[:2]) || first.text("total") != "4" || first.text("prev") != "<nil>" {
			t.Fatalf("%s", first.body)
		}
		if next := first.text("next"); !strings.HasPrefix(next, apiHost) || !slices.Equal(c.get(next).ids(), ids[2:]) {
			t.Errorf("next %s", next)
		}
		time.Sleep(time.Minute)
		f.AfterPage(func(page int) {
			if page == 1 {
				check(t, f.Touch(ids[0]))
			}
		})
		c.get(filtered(window, "limit", "2"))
		if got := c.get(filtered(window, "limit", "2", "offset", "2")).ids(); !slices.Equal(got, ids[3:]) {
			t.Errorf("%v, want what is left of the window", got)
		}
	})
}

// With both dates the modified one does not count; with ids nothing else does.
func TestWhatOverrulesWhat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: -1})
		c := newClient(t, f)
		id := must(f.PlaceOrder(mugs(1)))
		time.Sleep(time.Hour)
		both := "creationdate:[" + ago(2*time.Hour) + "..],lastmodifieddate:[" + ago(time.Minute) + "..]"
		if got := c.get(filtered(both)).ids(); !slices.Equal(got, []string{id}) {
			t.Errorf("both dates: %v", got)
		}
		loose := unheld(t, f)
		if got := loose.get(ordersPath + "?orderIds=" + id + ",27-99999-99999&limit=0&filter=nonsense").ids(); !slices.Equal(got, []string{id}) {
			t.Errorf("by id: %v", got)
		}
	})
}

// Lists find a change only after the lag, and an order can be later still.
func TestVisibilityLag(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: time.Minute})
		c := newClient(t, f)
		n := mugs(1)
		n.Late = time.Hour
		id := must(f.PlaceOrder(n))
		list := func() int { return len(c.get(ordersPath).ids()) }
		time.Sleep(time.Hour)
		c.get(ordersPath + "/" + id).want(200)
		if list() != 0 {
			t.Error("listed early")
		}
		time.Sleep(time.Minute)
		if list() != 1 {
			t.Error("not listed")
		}
		before := stamp(time.Now())
		check(t, f.Touch(id))
		time.Sleep(30 * time.Second)
		if got := c.get(filtered("lastmodifieddate:[" + before + "..]")).ids(); len(got) != 0 {
			t.Errorf("a change is found early: %v", got)
		}
		time.Sleep(30 * time.Second)
		if got := c.get(filtered("lastmodifieddate:[" + before + "..]")).ids(); len(got) != 1 {
			t.Error("a change is not found")
		}
	})
}

// Lists have no cancel requests and no tax numbers; getOrder has both.
func TestWhatListsLeaveOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: -1})
		c := newClient(t, f)
		n := mugs(1)
		n.Buyer = Buyer{Name: "a-buyer", TaxID: "BUYERTAX1", TaxIDType: "CODICE_FISCALE", TaxIDCountry: "IT"}
		id := must(f.PlaceOrder(n))
		check(t, f.RequestCancel(id, ""))
		list := c.get(ordersPath).saysNot("BUYERTAX1")
		if list.text("orders.0.cancelStatus.cancelState") != "IN_PROGRESS" || list.text("orders.0.cancelStatus.cancelRequests") != "[]" {
			t.Errorf("%s", list.body)
		}
		one := c.get(ordersPath + "/" + id).says("BUYERTAX1")
		if one.text("cancelStatus.cancelRequests.0.cancelInitiator") != "Buyer" {
			t.Errorf("%s", one.body)
		}
	})
}

// Totals have the tax that eBay collects only where a breakdown is asked for,
// payments always.
func TestCollectedTaxAndTotals(t *testing.T) {
	f := mugShop(t, Config{VisibilityLag: -1})
	c := newClient(t, f)
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 2, CollectedTax: "2"}}}))
	for query, want := range map[string]string{"": "25.00", "?fieldGroups=TAX_BREAKDOWN": "27.00"} {
		got := c.get(ordersPath + "/" + id + query)
		if got.text("pricingSummary.total.value") != want || got.text("lineItems.0.total.value") != want ||
			got.text("paymentSummary.payments.0.amount.value") != "27.00" || got.text("ebayCollectAndRemitTax") != "true" {
			t.Errorf("%q: %s", query, got.body)
		}
	}
}

// A buyer's data go with the years: the address of mail after 14 days, the rest
// of what names them after 90.
func TestBuyersDataExpire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		id := must(f.PlaceOrder(mugs(1)))
		contact := "fulfillmentStartInstructions.0.shippingStep.shipTo"
		for _, tc := range []struct {
			wait          time.Duration
			email, street string
		}{
			{0, exampleAddress.Email, exampleAddress.Line1},
			{14*24*time.Hour + time.Second, "<nil>", exampleAddress.Line1},
			{76 * 24 * time.Hour, "<nil>", "<nil>"},
		} {
			time.Sleep(tc.wait)
			c.login()
			o := c.get(ordersPath + "/" + id).want(200)
			if o.text(contact+".email") != tc.email || o.text(contact+".contactAddress.addressLine1") != tc.street {
				t.Errorf("after %v: %s", tc.wait, o.body)
			}
		}
		if got := c.get(ordersPath).ids(); len(got) != 0 {
			t.Errorf("listed without a filter after 90 days: %v", got)
		}
	})
}

func fulfil(id, line, carrier, number string, n int) (path string, body object) {
	return ordersPath + "/" + id + "/shipping_fulfillment", object{
		"lineItems": []object{{"lineItemId": line, "quantity": n}}, "shippingCarrierCode": carrier, "trackingNumber": number,
	}
}

// Every parcel is a fulfilment of its own, and statuses roll up.
func TestParcels(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(3)))
	line := firstLine(f, id)
	path, body := fulfil(id, line, "USPS", "9400A", 2)
	made := c.do(http.MethodPost, path, body).want(201)
	if got := made.header.Get("Location"); !strings.HasSuffix(got, path+"/9400A") || len(made.body) != 0 {
		t.Errorf("Location %q, body %q", got, made.body)
	}
	if got := c.get(ordersPath + "/" + id).text("orderFulfillmentStatus"); got != "IN_PROGRESS" {
		t.Errorf("status %s", got)
	}
	delete(body, "trackingNumber")
	c.do(http.MethodPost, path, body).refused(400, 32600)
	delete(body, "shippingCarrierCode")
	body["lineItems"] = []object{{"lineItemId": line}}
	unheld(t, f).do(http.MethodPost, path, body).want(201)
	list := c.get(path).want(200)
	if list.text("total") != "2" || list.text("fulfillments.0.shipmentTrackingNumber") != "9400A" || list.text("fulfillments.1.lineItems.0.quantity") != "1" {
		t.Errorf("%s", list.body)
	}
	if o, _ := f.Order(id); o.Fulfilment != Fulfilled || o.Lines[0].Shipped != 3 || o.Packages[0].Carrier != "USPS" {
		t.Errorf("%+v", o)
	}
}

func TestParcelsThatAreRefused(t *testing.T) {
	f := mugShop(t, Config{Carriers: []string{"USPS"}})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(3)))
	line := firstLine(f, id)
	path, _ := fulfil(id, line, "", "", 1)
	later := stamp(time.Now().Add(time.Hour))
	for i, tc := range []struct {
		change object
		id     int
	}{
		{object{"trackingNumber": "94 00"}, 32300},
		{object{"shippingCarrierCode": "Nobody"}, 32300},
		{object{"shippedDate": later}, 32500},
		{object{"lineItems": []object{{"lineItemId": "1", "quantity": 1}}}, 32200},
		{object{"lineItems": []object{{"lineItemId": line, "quantity": 1}, {"lineItemId": line, "quantity": 1}}}, 32210},
		{object{"lineItems": []object{{"lineItemId": line, "quantity": 9}}}, 32600},
	} {
		_, body := fulfil(id, line, "USPS", "A"+strconv.Itoa(i), 1)
		maps.Copy(body, tc.change)
		c.do(http.MethodPost, path, body).refused(400, tc.id)
	}
	_, body := fulfil(id, line, "USPS", "A", 1)
	body["trackingnumber"] = "A"
	unheld(t, f).do(http.MethodPost, path, body).refused(500, 30500)
	f.Suspend()
	delete(body, "trackingnumber")
	c.do(http.MethodPost, path, body).refused(400, 32400)
	if o, _ := f.Order(id); len(o.Packages) != 0 {
		t.Errorf("%+v", o.Packages)
	}
}

// A parcel whose answer is lost is there all the same.
func TestALostAnswerLeavesTheParcel(t *testing.T) {
	f := mugShop(t, Config{})
	c := unheld(t, f)
	id := must(f.PlaceOrder(mugs(1)))
	f.Fault(Fault{Op: "createShippingFulfillment", Kind: DropAfter, Times: 1})
	path, body := fulfil(id, firstLine(f, id), "UPS", "1Z", 1)
	if _, err := c.send(c.request(http.MethodPost, path, body)); err == nil {
		t.Error("answered")
	}
	c.get(path).want(200).says("1Z")
}

// Lines that go through a hub are shipped one by one.
func TestHubLinesShipAlone(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(NewOrder{Program: ProgramInternational, Lines: []NewLine{{SKU: "MUG"}, {SKU: "MUG"}, {SKU: "CUP", Domestic: true}}}))
	o, _ := f.Order(id)
	for _, tc := range []struct {
		lines []int
		id    int
	}{{[]int{0, 2}, 34200}, {[]int{0, 1}, 34300}, {[]int{0}, 0}} {
		path, body := fulfil(id, "", "UPS", "1Z", 1)
		var lines []object
		for _, i := range tc.lines {
			lines = append(lines, object{"lineItemId": o.Lines[i].ID, "quantity": 1})
		}
		body["lineItems"] = lines
		if r := c.do(http.MethodPost, path, body); tc.id == 0 {
			r.want(201)
		} else {
			r.refused(400, tc.id)
		}
	}
}

// An order takes so many tracking numbers; none when it is cancelled, or when
// its parcels are not the seller's.
func TestOrdersThatTakeNoParcel(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	many := must(f.PlaceOrder(mugs(1)))
	for i := range maxTracking {
		check(t, f.Ship(many, Parcel{Lines: map[string]int{firstLine(f, many): 1}, Carrier: "UPS", Tracking: "A" + strconv.Itoa(i)}))
	}
	cancelled := must(f.PlaceOrder(mugs(1)))
	check(t, f.CancelOrder(cancelled))
	hers := must(f.PlaceOrder(NewOrder{Program: ProgramFulfilment, Lines: []NewLine{{SKU: "MUG"}}}))
	for id, want := range map[string][2]int{many: {400, 34100}, cancelled: {409, 32600}, hers: {400, 32600}} {
		path, body := fulfil(id, firstLine(f, id), "UPS", "B", 1)
		c.do(http.MethodPost, path, body).refused(want[0], want[1])
	}
	if v := f.Violations(); len(v) != 1 || !strings.Contains(v[0], hers) {
		t.Errorf("%v", v)
	}
}
