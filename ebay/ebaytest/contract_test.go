package ebaytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/spectest"
)

// All of these tests hold each exchange to the published specifications, by
// newClient; an operation that never was fails its test. What is here is what
// holds the fake as a whole.

// platformErrors are those below the APIs' own, which no specification names.
const platformErrors = 20000

// operation is one of the specifications.
type operation struct {
	OperationID string
	Parameters  []struct{ Name, In string }
	Responses   map[string]struct {
		Codes struct {
			Errors map[string]struct{ Domain, Category, Description string }
		} `json:"x-response-codes"`
	}
}

// published returns the operations of the specifications, by method and path.
func published(t *testing.T) map[string]operation {
	t.Helper()
	dir := spectest.Dir(t)
	publishedOnce.Do(func() { publishedAll = readPublished(t, dir) })
	return publishedAll
}

var (
	publishedOnce sync.Once
	publishedAll  map[string]operation
)

func readPublished(t *testing.T, dir string) map[string]operation {
	t.Helper()
	out := map[string]operation{}
	for _, file := range must(filepath.Glob(filepath.Join(dir, "ebay", "*.json"))) {
		var spec struct {
			Servers []struct {
				Variables map[string]struct{ Default string }
			}
			Paths map[string]map[string]json.RawMessage
		}
		check(t, json.Unmarshal(must(os.ReadFile(file)), &spec))
		base := spec.Servers[0].Variables["basePath"].Default
		for path, item := range spec.Paths {
			for method, raw := range item {
				var op operation
				if json.Unmarshal(raw, &op) == nil && op.OperationID != "" {
					out[strings.ToUpper(method)+" "+strings.TrimSuffix(base+path, "/")] = op
				}
			}
		}
	}
	return out
}

// Every operation and query parameter that the fake knows is in the
// specifications, and none that they have is unknown to it.
func TestOperationsAreThoseOfTheSpecifications(t *testing.T) {
	all := published(t)
	for _, rt := range allRoutes() {
		op, known := all[rt.method+" "+apis[rt.api].base+rt.path]
		if !known || op.OperationID != rt.op {
			t.Errorf("%s %s: %s in the specifications", rt.op, rt.path, op.OperationID)
			continue
		}
		var want []string
		for _, p := range op.Parameters {
			if p.In == "query" {
				want = append(want, p.Name)
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(rt.query)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, the specification has %v", rt.op, got, want)
		}
	}
}

// Every error of an API's own that the fake can tell is in its specification.
func TestErrorsAreThoseOfTheSpecifications(t *testing.T) {
	type kind struct{ domain, category string }
	told := map[int][]kind{}
	for _, op := range published(t) {
		for _, r := range op.Responses {
			for id, e := range r.Codes.Errors {
				told[must(strconv.Atoi(id))] = append(told[must(strconv.Atoi(id))], kind{e.Domain, e.Category})
			}
		}
	}
	for id := range errorTexts {
		if e := newError(id); id > platformErrors && !slices.Contains(told[id], kind{e.Domain, e.Category}) {
			t.Errorf("%d: %s %s; the specification has %q", id, e.Domain, e.Category, told[id])
		}
	}
}

// documented holds the error ids of answers to those that the specification has
// for the operation, whatever the status.
type documented struct {
	f    *Fake
	base http.RoundTripper
	all  map[string]operation
	bad  *[]string
}

func (d documented) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.base.RoundTrip(req)
	if err != nil || resp.StatusCode < 207 || resp.StatusCode >= 600 {
		return resp, err
	}
	rt, _, _ := d.f.find(req)
	if rt == nil {
		return resp, nil
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	for _, m := range errorIDs.FindAllSubmatch(raw, -1) {
		if id := must(strconv.Atoi(string(m[1]))); id > platformErrors && !d.has(rt, string(m[1])) {
			*d.bad = append(*d.bad, rt.op+" "+string(m[1]))
		}
	}
	return resp, nil
}

// elsewhere are errors that the specification has for other operations of the
// same API, and that are seen, or believed, here too: of entries in a bulk call,
// and of a SKU without offers.
var elsewhere = map[string][]string{
	"bulkUpdatePriceQuantity": {"25004", "25019", "25025", "25040", "25097", "25702", "25713", "25727", "25734"},
	"getOffers":               {"25713"},
}

var errorIDs = regexp.MustCompile(`"errorId":(\d+)`)

func (d documented) has(rt *route, id string) bool {
	for _, r := range d.all[rt.method+" "+apis[rt.api].base+rt.path].Responses {
		if _, named := r.Codes.Errors[id]; named {
			return true
		}
	}
	return slices.Contains(elsewhere[rt.op], id)
}

// The recorder must notice what it is there to notice.
func TestTheRecorderFindsFaults(t *testing.T) {
	f := mugShop(t, Config{})
	id := must(f.PlaceOrder(mugs(1)))
	line := firstLine(f, id)
	path, _ := fulfil(id, line, "", "", 1)
	parcel := func(change object) object {
		_, body := fulfil(id, line, "UPS", "1Z", 1)
		for k, v := range change {
			if body[k] = v; v == nil {
				delete(body, k)
			}
		}
		return body
	}
	for _, tc := range []struct {
		name string
		call func(c *client)
	}{
		{"a page too large", func(c *client) { c.get(ordersPath + "?limit=201") }},
		{"an unknown parameter", func(c *client) { c.get(ordersPath + "?sort=asc") }},
		{"a repeated one", func(c *client) { c.get(ordersPath + "?limit=1&limit=2") }},
		{"no token", func(c *client) { c.token = ""; c.get(ordersPath) }},
		{"a misspelt field", func(c *client) { c.do(http.MethodPost, path, parcel(object{"trackingnumber": "1Z"})) }},
		{"a number without carrier", func(c *client) { c.do(http.MethodPost, path, parcel(object{"shippingCarrierCode": nil})) }},
		{"null", func(c *client) { c.do(http.MethodPost, bulkPath, requests(object{"sku": "MUG", "offers": nil})) }},
		{"26 requests", func(c *client) {
			c.do(http.MethodPost, bulkPath, requests(slices.Repeat([]object{update("MUG", 1)}, 26)...))
		}},
		{"a quantity below zero", func(c *client) { c.do(http.MethodPost, bulkPath, requests(update("MUG", -1))) }},
		{"a task without marketplace", func(c *client) {
			c.do(http.MethodPost, tasksPath, object{"feedType": feedRevise, "schemaVersion": tradingLevel})
		}},
		{"an unknown feed", func(c *client) { c.newTask(tasksPath, "LMS_ADD_ITEM") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := spectest.EBay(t, f.Transport())
			c := &client{t, rec, apiHost, ""}
			c.login()
			tc.call(c)
			if len(rec.Problems()) == 0 {
				t.Error("no problem found")
			}
		})
	}
	for name, answer := range map[string]Fault{
		"an order without id":  {Status: 200, Body: `{"href":"","total":1,"limit":50,"offset":0,"orders":[{"creationDate":"2020-01-01T00:00:00.000Z"}]}`},
		"an unknown field":     {Status: 200, Body: `{"href":"","total":0,"limit":50,"offset":0,"orders":[],"x":1}`},
		"no error list":        {Status: 500, Body: `{"message":"x"}`},
		"an error without id":  {Status: 400, Body: `{"errors":[{"domain":"X","category":"REQUEST","message":"x"}]}`},
		"a list of a new type": {Status: 200, Body: `{"href":"","total":"0","limit":50,"offset":0,"orders":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			answer.Kind, answer.Op, answer.Times = Answer, "getOrders", 1
			answer.Header = http.Header{"Content-Type": {jsonType}}
			rec := spectest.EBay(t, f.Transport())
			c := &client{t, rec, apiHost, ""}
			c.login()
			f.Fault(answer)
			c.get(ordersPath)
			if len(rec.Problems()) == 0 {
				t.Error("no problem found")
			}
		})
	}
}

// A walk through the life of an account, so that one recorder sees every
// operation.
func TestEveryOperationKeepsToTheSpecifications(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, shirt := shirtShop(t, Config{TokenLifetime: 100 * time.Hour, Marketplaces: []string{"EBAY_US", "EBAY_DE"}})
		c := newClient(t, f)
		app := c.application()
		for _, n := range []NewOrder{
			mugs(2),
			{Program: ProgramInternational, Lines: []NewLine{{SKU: "MUG", CollectedTax: "1", TaxReference: "IOSS", TaxNumber: "IM1"}}},
			{Program: ProgramAuthenticity, Lines: []NewLine{{SKU: "CUP", NoSKU: true, Discount: "1", ImportCharges: "2"}}},
			{Program: ProgramPickup, Lines: []NewLine{{SKU: "M", GiftMessage: "For you", BuyerProtection: "0.50", EBayShipping: "3"}}},
			{Program: ProgramFulfilment, Marketplace: "EBAY_DE", Lines: []NewLine{{Title: "Gone", Price: "1"}}},
			{Program: ProgramDigital, ConvertedFrom: "GBP", Rate: "1.25", Lines: []NewLine{{Title: "Key", Price: "9.99"}}},
			{Program: ProgramVault, HandlingFee: "1", Adjustment: "-1", Lines: []NewLine{{Title: "Card", Price: "9"}}},
		} {
			must(f.PlaceOrder(n))
		}
		time.Sleep(time.Minute)
		first := f.Orders()[0].ID
		list := c.get(filtered("lastmodifieddate:["+ago(time.Hour)+"..]", "fieldGroups", taxBreakdown, "limit", "3"))
		for next := list.text("next"); next != "<nil>"; next = list.text("next") {
			list = c.get(next).want(200)
		}
		if list.text("total") != "7" || list.text("prev") == "<nil>" {
			t.Errorf("%s", list.body)
		}
		path, body := fulfil(first, firstLine(f, first), "USPS", "9400", 1)
		made := c.do(http.MethodPost, path, body).want(201).header.Get("Location")
		c.get(made).want(200)
		c.get(path).want(200)
		check(t, f.Refund(first, NewRefund{Amount: "1", Lines: map[string]string{firstLine(f, first): "2"}}))
		second := f.Orders()[1].ID
		check(t, f.RequestCancel(second, ""))
		check(t, f.CancelOrder(second))
		for _, o := range f.Orders() {
			c.get(ordersPath + "/" + o.ID).want(200)
			c.get(ordersPath + "/" + o.ID + "?fieldGroups=" + taxBreakdown).want(200)
		}
		mug := offerOf(f, "MUG")
		c.get(itemsPath + "?limit=1").want(200)
		c.get(itemsPath + "/MUG").want(200)
		c.get(offersPath + "?sku=MUG").want(200)
		c.get(offersPath + "/" + mug.OfferID).want(200)
		c.get("/sell/inventory/v1/location").want(200)
		c.do(http.MethodPost, "/sell/inventory/v1/bulk_get_inventory_item", requests(object{"sku": "MUG"})).want(200)
		c.do(http.MethodPost, bulkPath, requests(update("MUG", 5, offerTo(mug.OfferID, 5)))).want(200)
		put := c.request(http.MethodPut, itemsPath+"/MUG", object{"product": object{"title": "Mug"}})
		put.Header.Set("Content-Language", "en-US")
		must(c.send(put)).want(204)
		task := c.submit(status(cup, "CUP", 5))
		report := c.newTask("/sell/feed/v1/inventory_task", feedReport).want(202).header.Get("Location")
		time.Sleep(time.Hour)
		c.get(task).want(200)
		c.get(report).want(200)
		c.result(task)
		c.result(report)
		c.get(task + "/download_input_file").want(200)
		c.get(tasksPath + query("feed_type", feedRevise)).want(200)
		c.get("/sell/feed/v1/inventory_task" + query("feed_type", feedReport)).want(200)
		c.trade(opRevise, status(shirt, "S", 1)).acks("Success")
		c.do(http.MethodPost, "/sell/inventory/v1/bulk_migrate_listing", requests(object{"listingId": shirt})).want(200)
		app.get(limitsPath).want(200)
		c.get("/developer/analytics/v1_beta/user_rate_limit/").want(200)
		c.get(apizHost + userPath).want(200)
		c.get("/sell/account/v1/privilege").want(200)
		c.get("/sell/account/v1/program/get_opted_in_programs").want(200)
		calls := f.Calls()
		for _, rt := range allRoutes() {
			if calls[rt.op] == 0 {
				t.Errorf("%s: never called", rt.op)
			}
		}
		if v := f.Violations(); len(v) != 0 {
			t.Errorf("%v", v)
		}
	})
}
