package ebaytest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tradingRequest is a Trading call with its headers.
func (c *client) tradingRequest(name, body string) *http.Request {
	c.t.Helper()
	req := c.request(http.MethodPost, tradingPath, `<?xml version="1.0" encoding="utf-8"?><`+name+`Request xmlns="`+tradingSpace+`">`+body+`</`+name+`Request>`)
	req.Header.Del("Authorization")
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set(headerCallName, name)
	req.Header.Set(headerSite, "0")
	req.Header.Set(headerLevel, tradingLevel)
	req.Header.Set(headerToken, c.token)
	return req
}

// trade makes a Trading call; its answer is 200 whatever it says.
func (c *client) trade(name, body string) doc {
	c.t.Helper()
	r := must(c.send(c.tradingRequest(name, body)))
	return docOf(c.t, r.want(200).body)
}

// doc is a Trading answer.
type doc struct {
	*node
	t    *testing.T
	text string
}

func docOf(t *testing.T, text []byte) doc {
	t.Helper()
	return doc{must(parseXML(text)), t, string(text)}
}

// acks fails the test unless the answer has the Ack and the codes.
func (d doc) acks(ack string, codes ...int) doc {
	d.t.Helper()
	var got []string
	for _, e := range d.all("Errors") {
		got = append(got, e.value("ErrorCode"))
	}
	var want []string
	for _, code := range codes {
		want = append(want, strconv.Itoa(code))
	}
	if d.value("Ack") != ack || strings.Join(got, " ") != strings.Join(want, " ") {
		d.t.Fatalf("Ack %s with %v, want %s with %v: %s", d.value("Ack"), got, ack, want, d.text)
	}
	return d
}

// path walks down the elements named.
func (d doc) path(names ...string) *node {
	n := d.node
	for _, name := range names {
		n = n.one(name)
	}
	return n
}

func status(id, sku string, n int) string {
	s := "<InventoryStatus><ItemID>" + id + "</ItemID>"
	if sku != "" {
		s += "<SKU>" + sku + "</SKU>"
	}
	return s + fmt.Sprintf("<Quantity>%d</Quantity></InventoryStatus>", n)
}

// shirtShop has a Trading-born listing with two variations beside the shop's.
func shirtShop(t *testing.T, cfg Config) (f *Fake, cup, shirt string) {
	t.Helper()
	f = mugShop(t, cfg)
	p := must(f.AddProduct(NewProduct{
		Title: "Shirt", Price: "20", Trading: true, Variations: []NewVariation{{SKU: "S", OnHand: 4}, {SKU: "M", OnHand: 6}},
	}))
	for _, q := range f.Quantities() {
		if q.SKU == "CUP" {
			cup = q.ListingID
		}
	}
	return f, cup, p.Units[0].ListingID
}

func TestReviseInventoryStatus(t *testing.T) {
	f, cup, shirt := shirtShop(t, Config{})
	c := newClient(t, f)
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "CUP", Quantity: 3}}}))
	got := c.trade(opRevise, status(cup, "", 5)+status(shirt, "M", 9)).acks("Success")
	if n := got.path("InventoryStatus"); n.value("ItemID") != shirt || n.value("Quantity") != "9" {
		t.Errorf("%s", got.text)
	}
	if f.shownOf(t, "CUP") != 5 || f.shownOf(t, "M") != 9 || f.shownOf(t, "S") != 4 {
		t.Errorf("%+v", f.Quantities())
	}
	item := c.trade("GetItem", "<ItemID>"+cup+"</ItemID><DetailLevel>ReturnAll</DetailLevel>").acks("Success").path("Item")
	if item.value("Quantity") != "8" || item.one("SellingStatus").value("QuantitySold") != "3" {
		t.Errorf("what is sold is not counted: %+v", item)
	}
	c.trade(opRevise, status(cup, "CUP", 5)).acks("Warning", 21917091)
	if w := f.Writes(); len(w) != 3 || w[1].SKU != "M" || w[1].Quantity != 9 || w[1].Op != opRevise || w[1].ListingID != shirt {
		t.Errorf("%+v", w)
	}
}

func TestRevisionsThatAreRefused(t *testing.T) {
	f, cup, shirt := shirtShop(t, Config{RevisionsPerDay: 2})
	c := newClient(t, f)
	var mug string
	for _, q := range f.Quantities() {
		if q.SKU == "MUG" {
			mug = q.ListingID
		}
	}
	five := status(cup, "", 1) + status(cup, "CUP", 2) + status(shirt, "S", 1) + status(shirt, "M", 1) + status(shirt, "L", 1)
	c.trade(opRevise, five).acks("Failure", 21916254)
	c.trade(opRevise, "").acks("Failure", 37)
	c.trade(opRevise, status(cup, "NOT", 1)).acks("Failure", 21916799)
	c.trade(opRevise, status(shirt, "", 1)).acks("Failure", 21916799)
	c.trade(opRevise, status("1", "", 1)).acks("Failure", 17)
	c.trade(opRevise, status(mug, "MUG", 1)).acks("Failure", 21919474)
	c.trade(opRevise, status(cup, "", -1)).acks("Failure", 515)
	c.trade(opRevise, status(shirt, "S", 1)+status(shirt, "L", 1)).acks("Failure", 21916799)
	if f.shownOf(t, "S") != 4 {
		t.Error("a part of a failed call was done")
	}
	check(t, f.HoldListing(cup, true))
	c.trade(opRevise, status(cup, "", 1)).acks("Failure", 240)
	check(t, f.HoldListing(cup, false))
	f.RejectWrites(func(sku string) bool { return sku == "CUP" })
	c.trade(opRevise, status(cup, "", 1)).acks("Failure", 21919303)
	f.RejectWrites(nil)
	for i := range 2 {
		c.trade(opRevise, status(cup, "", 9)+status(shirt, "L", 1)).acks("Failure", 21916799) // which is no revision
		c.trade(opRevise, status(cup, "", 1+i)).acks("Success")
	}
	c.trade(opRevise, status(cup, "", 7)).acks("Failure", 21919165)
	check(t, f.EndListing(cup))
	c.trade(opRevise, status(cup, "", 1)).acks("Failure", 291)
}

// A call with a wrong node can be done in part.
func TestPartialFailure(t *testing.T) {
	f, cup, shirt := shirtShop(t, Config{Believed: Believed{PartlyApplied: true}})
	c := newClient(t, f)
	c.trade(opRevise, status(cup, "", 2)+status(shirt, "L", 1)).acks("PartialFailure", 21916799)
	if f.shownOf(t, "CUP") != 2 {
		t.Error("the right node was not done")
	}
}

// A listing at zero is kept, or ended, as the seller prefers.
func TestZeroByTrading(t *testing.T) {
	for _, end := range []bool{false, true} {
		f, cup, shirt := shirtShop(t, Config{Stock: StockSetting{EndAtZero: end}})
		c := newClient(t, f)
		pref := c.trade("GetUserPreferences", "<ShowOutOfStockControlPreference>true</ShowOutOfStockControlPreference>").acks("Success")
		if pref.value("OutOfStockControlPreference") != strconv.FormatBool(!end) {
			t.Errorf("end %v: %s", end, pref.text)
		}
		c.trade(opRevise, status(cup, "", 0)).acks("Success")
		got := c.trade(opRevise, status(shirt, "S", 0))
		if !end {
			got.acks("Success")
			c.trade(opRevise, status(shirt, "S", 2)+status(cup, "", 1)).acks("Success")
			continue
		}
		got.acks("Warning", 21916620)
		c.trade(opRevise, status(shirt, "S", 2)).acks("Failure", 21916799)
		c.trade(opRevise, status(cup, "", 1)).acks("Failure", 291)
		c.trade("SetUserPreferences", "<OutOfStockControlPreference>true</OutOfStockControlPreference>").acks("Success")
		c.trade(opRevise, status(shirt, "M", 0)).acks("Success")
		if n := must(f.Shown(shirt, "M")); n != 0 {
			t.Errorf("%d", n)
		}
	}
}

// Both lists of listings tell those of both worlds.
func TestTradingLists(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, shirt := shirtShop(t, Config{})
		c := newClient(t, f)
		page := func(n int) doc {
			return c.trade("GetMyeBaySelling", fmt.Sprintf("<ActiveList><Include>true</Include><Pagination><EntriesPerPage>2</EntriesPerPage><PageNumber>%d</PageNumber></Pagination></ActiveList><DetailLevel>ReturnAll</DetailLevel>", n))
		}
		first, second := page(1).acks("Success"), page(2).acks("Success")
		if got := first.path("ActiveList", "PaginationResult"); got.value("TotalNumberOfPages") != "2" || got.value("TotalNumberOfEntries") != "3" {
			t.Errorf("%s", first.text)
		}
		items := first.path("ActiveList", "ItemArray").all("Item")
		if len(items) != 2 || items[0].value("SKU") != "MUG" || items[1].value("ItemID") != cup || items[1].value("QuantityAvailable") != "10" {
			t.Errorf("%s", first.text)
		}
		vars := second.path("ActiveList", "ItemArray", "Item", "Variations").all("Variation")
		if len(vars) != 2 || vars[1].value("SKU") != "M" || vars[1].value("Quantity") != "6" {
			t.Errorf("%s", second.text)
		}
		page(3).acks("Failure", 340)
		list := func(from, to time.Duration) doc {
			return c.trade("GetSellerList", "<EndTimeFrom>"+ago(-from)+"</EndTimeFrom><EndTimeTo>"+ago(-to)+
				"</EndTimeTo><IncludeVariations>true</IncludeVariations><Pagination><EntriesPerPage>200</EntriesPerPage><PageNumber>1</PageNumber></Pagination>")
		}
		if got := list(0, 30*24*time.Hour).acks("Success"); len(got.path("ItemArray").all("Item")) != 3 || got.value("HasMoreItems") != "false" {
			t.Errorf("%s", got.text)
		}
		if got := list(0, 61*24*time.Hour); len(got.path("ItemArray").all("Item")) != 6 {
			t.Errorf("renewed listings are told once: %s", got.text)
		}
		list(0, 121*24*time.Hour).acks("Failure", 21)
		c.trade("GetSellerList", "").acks("Failure", 37)
		check(t, f.EndListing(shirt))
		if got := page(1); got.path("ActiveList", "PaginationResult").value("TotalNumberOfEntries") != "2" {
			t.Errorf("%s", got.text)
		}
	})
}

// CompleteSale puts tracking in the place of what there is, and takes it back.
func TestCompleteSale(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 2}, {SKU: "CUP"}}}))
	path, body := fulfil(id, firstLine(f, id), "USPS", "WRONG", 2)
	c.do(http.MethodPost, path, body).want(201)
	o, _ := f.Order(id)
	tracked := func(number string) string {
		return "<Shipped>true</Shipped><Shipment><ShipmentTrackingDetails><ShippingCarrierUsed>UPS</ShippingCarrierUsed><ShipmentTrackingNumber>" +
			number + "</ShipmentTrackingNumber></ShipmentTrackingDetails></Shipment>"
	}
	c.trade(opComplete, "<OrderLineItemID>"+o.Lines[0].ListingID+"-"+o.Lines[0].ID+"</OrderLineItemID>"+tracked("RIGHT")).acks("Success")
	if o, _ = f.Order(id); len(o.Packages) != 1 || o.Packages[0].Tracking != "RIGHT" || o.Fulfilment != InProgress {
		t.Errorf("%+v", o)
	}
	n := mugs(1)
	n.Buyer = Buyer{Name: "another"}
	other := must(f.PlaceOrder(n))
	c.trade(opComplete, "<OrderID>"+other+"</OrderID>"+tracked("RIGHT")).acks("Failure", 21916964)
	c.trade(opComplete, "<OrderID>"+id+"</OrderID><Shipped>false</Shipped>").acks("Success")
	if o, _ = f.Order(id); len(o.Packages) != 0 || o.Fulfilment != NotStarted {
		t.Errorf("%+v", o)
	}
	c.trade(opComplete, "<OrderID>"+id+"</OrderID><Shipped>true</Shipped>").acks("Success")
	if o, _ = f.Order(id); o.Fulfilment != Fulfilled {
		t.Errorf("%+v", o)
	}
	c.trade(opComplete, "<OrderID>27-99999-99999</OrderID>").acks("Failure", 37)
	f.Suspend()
	c.trade(opComplete, "<OrderID>"+id+"</OrderID>").acks("Failure", 841)
}

// The token stands in a header of its own, and what is wrong with it is told
// with status 200.
func TestTradingTokens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		details := "<DetailName>ShippingCarrierDetails</DetailName>"
		if got := c.trade("GeteBayDetails", details).acks("Success"); !strings.Contains(got.text, "<ShippingCarrier>USPS</ShippingCarrier>") {
			t.Errorf("%s", got.text)
		}
		token := c.token
		time.Sleep(2*time.Hour + time.Second)
		c.trade("GeteBayDetails", details).acks("Failure", 21917053)
		c.token = "nonsense"
		c.trade("GeteBayDetails", details).acks("Failure", 21916984)
		c.token = ""
		c.trade("GeteBayDetails", details).acks("Failure", 930)
		c.token = token
		c.trade("getebaydetails", details).acks("Failure", 2)
		c.login()
		req := c.tradingRequest("GeteBayDetails", details)
		req.Header.Del(headerSite)
		docOf(t, must(c.send(req)).want(200).body).acks("Failure", 10012)
	})
}

// The calls of a day are the application's, and what is left of them is told.
func TestTradingQuota(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		app := c.application()
		left := func() string {
			return app.get(limitsPath + query("api_context", "tradingapi")).want(200).text("rateLimits.0.resources.0.rates.0.remaining")
		}
		if got := left(); got != "5000" {
			t.Errorf("%s left", got)
		}
		f.UseQuota(APITrading, 4999)
		c.trade("GeteBayOfficialTime", "").acks("Success")
		c.trade("GeteBayOfficialTime", "").acks("Failure", 518)
		if got := left(); got != "0" {
			t.Errorf("%s left", got)
		}
		reset := app.get(limitsPath + query("api_context", "tradingapi")).text("rateLimits.0.resources.0.rates.0.reset")
		if want := nextMidnight(time.Now()); reset != stamp(want) {
			t.Errorf("reset %s, want %v", reset, want)
		}
		time.Sleep(time.Until(nextMidnight(time.Now())))
		c.login()
		c.trade("GeteBayOfficialTime", "").acks("Success")
		c.application().get(limitsPath + query("api_name", "nonsense")).want(204)
	})
}

func TestTradingFailures(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	f.FailWith("GeteBayOfficialTime", 500, 1)
	c.trade("GeteBayOfficialTime", "").acks("Failure", 10007)
	f.FailWith("GeteBayOfficialTime", 401, 1)
	c.trade("GeteBayOfficialTime", "").acks("Failure", 931)
	f.FailWith("GeteBayOfficialTime", 503, 1)
	if r := must(c.send(c.tradingRequest("GeteBayOfficialTime", ""))); r.status != 503 || !strings.Contains(r.header.Get("Content-Type"), "html") {
		t.Errorf("%d %s", r.status, r.body)
	}
	f.ThrottleNext("GeteBayOfficialTime", 1)
	c.trade("GeteBayOfficialTime", "").acks("Failure", 518)
	loose := unheld(t, f)
	for _, body := range []string{
		"", "<", `<!DOCTYPE x [<!ENTITY e "e">]><GeteBayOfficialTimeRequest/>`, "<GetItemRequest/>",
		`<GeteBayOfficialTimeRequest xmlns="urn:other"/>`, strings.Repeat("<GeteBayOfficialTimeRequest>", 20),
	} {
		req := loose.tradingRequest("GeteBayOfficialTime", "")
		other := loose.request(http.MethodPost, tradingPath, body)
		other.Header = req.Header
		docOf(t, must(loose.send(other)).want(200).body).acks("Failure", 5)
	}
	loose.trade("GeteBayOfficialTime", "<Nonsense>1</Nonsense>").acks("Success")
	if v := strings.Join(f.Violations(), "\n"); !strings.Contains(v, "no element Nonsense") {
		t.Errorf("%s", v)
	}
}
