package amazontest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/spectest"
)

// All of these tests hold each exchange to the published models, by newClient;
// an operation that never was fails its test. What is here is what holds the
// fake as a whole.

// usagePlan is the table in an operation's description.
var usagePlan = regexp.MustCompile(`\| ([0-9.]+) \| ([0-9]+) \|`)

func TestPlansAreThoseOfTheModels(t *testing.T) {
	dir := filepath.Join(spectest.Dir(t), "amazon")
	plans := Plans()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	check(t, err)
	for _, file := range files {
		var model struct {
			Paths map[string]map[string]json.RawMessage
		}
		if raw, err := os.ReadFile(file); err != nil || json.Unmarshal(raw, &model) != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for path, item := range model.Paths {
			for _, raw := range item {
				var op struct{ OperationID, Description string }
				if json.Unmarshal(raw, &op) != nil || plans[op.OperationID].Burst == 0 {
					continue
				}
				if strings.HasPrefix(path, "/orders/v0") && op.OperationID != opConfirmShipment {
					continue // the retired getOrder has the name of the new one
				}
				m := usagePlan.FindStringSubmatch(op.Description)
				if m == nil {
					t.Errorf("%s: no plan in the model", op.OperationID)
					continue
				}
				rate, burst := must(strconv.ParseFloat(m[1], 64)), must(strconv.Atoi(m[2]))
				if got := plans[op.OperationID]; got != (Rate{rate, burst}) {
					t.Errorf("%s: %v, the model says %v", op.OperationID, got, Rate{rate, burst})
				}
				delete(plans, op.OperationID)
			}
		}
	}
	if len(plans) != 0 {
		t.Errorf("in no model: %v", sortedKeys(plans))
	}
}

// Every query parameter and status that the fake knows is in the model, and
// none that the model has is unknown to it.
func TestParametersAreThoseOfTheModels(t *testing.T) {
	rec := spectest.Amazon(t, nil)
	seen := map[string]bool{}
	for _, spec := range rec.Specs {
		for path, item := range spec.Doc.Paths.Map() {
			for method, op := range item.Operations() {
				i := slices.IndexFunc(allRoutes(), func(rt route) bool { return rt.op == op.OperationID && rt.method == method && rt.path == path })
				if i < 0 {
					continue
				}
				rt := allRoutes()[i]
				seen[rt.op] = true
				var want []string
				for _, p := range append(slices.Clone(item.Parameters), op.Parameters...) {
					if p.Value.In == "query" {
						want = append(want, p.Value.Name)
					}
				}
				got := slices.Clone(rt.query)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %v, the model has %v", rt.op, got, want)
				}
				if has := op.Responses.Status(401) != nil; has != rt.has401 {
					t.Errorf("%s: 401 in the model: %v", rt.op, has)
				}
			}
		}
	}
	for _, rt := range allRoutes() {
		if !seen[rt.op] {
			t.Errorf("%s %s: in no model", rt.method, rt.path)
		}
	}
}

// The recorder must notice what it is there to notice.
func TestTheRecorderFindsFaults(t *testing.T) {
	f := mugShop(t, Config{PlainDocuments: true, FeedWait: -1, FeedRun: -1})
	id := must(f.PlaceOrder(mugs(1)))
	for _, tc := range []struct {
		name string
		call func(*client)
	}{
		{"two families of bounds", func(c *client) { c.get(ordersPath + query("createdAfter", longAgo, "lastUpdatedAfter", longAgo)) }},
		{"a page too large", func(c *client) { c.get(ordersPath + query("createdAfter", longAgo, "maxResultsPerPage", "500")) }},
		{"an unknown dataset", func(c *client) { c.get(ordersPath + "/" + id + "?includedData=ITEMS") }},
		{"an unknown parameter", func(c *client) { c.get(ordersPath + "/" + id + "?x=1") }},
		{"a repeated key", func(c *client) { c.get(ordersPath + "/" + id + "?includedData=BUYER&includedData=TAX") }},
		{"too long a list", func(c *client) {
			c.get(listingPath("", "identifiers", strings.Repeat("A,", 20)+"A", "identifiersType", "SKU"))
		}},
		{"no token", func(c *client) { c.token = ""; c.get(ordersPath + "/" + id) }},
		{"a GET with a body", func(c *client) { c.do(http.MethodGet, ordersPath+"/"+id, "{}") }},
		{"a numeric reference", func(c *client) {
			c.do(http.MethodPost, confirmPath(id), with(parcel("1", "1", 1), "packageReferenceId", 1))
		}},
		{"a reference of letters", func(c *client) { c.do(http.MethodPost, confirmPath(id), parcel("A", "1", 1)) }},
		{"Other without a name", func(c *client) {
			c.do(http.MethodPost, confirmPath(id), with(parcel("1", "1", 1), "carrierCode", "Other"))
		}},
		{"a US date", func(c *client) {
			c.do(http.MethodPost, confirmPath(id), with(parcel("1", "1", 1), "shipDate", "02/21/2022"))
		}},
		{"an unknown field", func(c *client) { c.do(http.MethodPost, confirmPath(id), with(parcel("1", "1", 1), "x", 1)) }},
		{"an unknown op", func(c *client) { c.do(http.MethodPatch, listingPath("MUG"), quantity("move", 1)) }},
		{"a feed that breaks its schema", func(c *client) {
			c.submit(feedOf(object{"messageId": 1, "sku": "MUG", "operationType": "PATCH", "attributes": object{}}))
		}},
		{"a feed without channel", func(c *client) {
			m := message(1, "MUG", 1)
			m["patches"] = patch("merge", object{"quantity": 1})["patches"]
			c.submit(feedOf(m))
		}},
		{"a message twice", func(c *client) { c.submit(feedOf(message(1, "MUG", 1), message(1, "MUG", 2))) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := spectest.Amazon(t, f.Transport())
			c := &client{t, rec, apiHost, ""}
			c.login()
			tc.call(c)
			if len(rec.Problems()) == 0 {
				t.Error("no problem found")
			}
		})
	}
	for name, answer := range map[string]Fault{
		"a field too many": {Body: `{"order":{"orderId":"1","createdTime":"2020-01-01T00:00:00Z","lastUpdatedTime":"2020-01-01T00:00:00Z","salesChannel":{"channelName":"AMAZON"},"orderItems":[],"x":1}}`, Status: 200},
		"an envelope":      {Body: `{"payload":{}}`, Status: 200},
		"another status":   {Body: `{"errors":[{"code":"a","message":"b"}]}`, Status: 401},
		"no error list":    {Body: `{"message":"x"}`, Status: 500},
		"Retry-After":      {Body: `{"errors":[{"code":"a","message":"b"}]}`, Status: 429, Header: http.Header{"Retry-After": {"1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if answer.Header == nil {
				answer.Header = http.Header{}
			}
			answer.Header.Set("X-Amzn-Requestid", "1")
			answer.Header.Set("Content-Type", "application/json")
			answer.Kind = Answer
			answer.Op = "getOrder"
			rec := spectest.Amazon(t, f.Transport())
			c := &client{t, rec, apiHost, ""}
			c.login()
			f.Fault(answer)
			c.get(ordersPath + "/" + id)
			if len(rec.Problems()) == 0 {
				t.Error("no problem found")
			}
		})
	}
	rec := spectest.Amazon(t, f.Transport())
	c := &client{t, rec, apiHost, ""}
	c.login()
	f.Fault(Fault{Op: "getOrder", Kind: DropAfter})
	_, err := c.send(c.request(http.MethodGet, order404, nil))
	c.get("/nowhere")
	if got := strings.Join(rec.Unvalidated(), "; "); err == nil || !strings.Contains(got, "/orders/2026-01-01/orders/{orderId}") || !strings.Contains(got, "nowhere") {
		t.Errorf("never validated: %s", got)
	}
}

// A walk through the life of an account, so that one recorder sees every
// operation.
func TestEveryOperationKeepsToTheModels(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour})
		rec := spectest.Amazon(t, f.Transport())
		c := &client{t, rec, apiHost, ""}
		c.login()
		subscribe(t, c, orderChange, quantityChange, feedFinished, reportFinished)
		own := c.grantless(ScopeNotifications)
		id := must(f.PlaceOrder(mugs(2)))
		other := must(f.PlaceOrder(mugs(1)))
		time.Sleep(time.Hour)
		kv := []string{"lastUpdatedAfter", longAgo, "includedData", everything, "maxResultsPerPage", "1"}
		if ids, _ := pageFurther(t, c, c.get(ordersPath+query(kv...)), kv...); !slices.Equal(ids, []string{id, other}) {
			t.Errorf("orders %v", ids)
		}
		c.do(http.MethodPost, confirmPath(id), parcel("1", firstLine(f, id), 1)).want(204)
		c.get(ordersPath + "/" + id + "?includedData=" + everything).want(200)
		c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 6)).want(200)
		c.get(listingPath("MUG", "includedData", strings.Join(listingValues, ","))).want(200)
		c.get(listingPath("", "includedData", strings.Join(listingValues, ","), "pageSize", "1")).want(200)
		feed := c.submit(feedOf(message(1, "MUG", 5)))
		waiting := c.submit(feedOf(message(1, "MUG", 5)))
		c.do(http.MethodDelete, feedsPath+"/"+waiting, nil).want(200)
		time.Sleep(time.Hour)
		c.result(feed)
		c.get(feedsPath + query("feedTypes", listingsFeed)).want(200)
		c.table(c.report(reportSpec(reportAll)))
		stopped := c.do(http.MethodPost, reportsPath, reportSpec(reportOpen)).want(202).text("reportId")
		c.do(http.MethodDelete, reportsPath+"/"+stopped, nil).want(200)
		c.get(reportsPath + query("reportTypes", reportAll+","+reportOpen)).want(200)
		c.get("/fba/inventory/v1/summaries" + query("granularityType", "Marketplace", "granularityId", us, "marketplaceIds", us, "details", "true")).want(200)
		c.get("/sellers/v1/marketplaceParticipations").want(200)
		c.do(http.MethodPost, restrictedPath, restrictedTo(http.MethodGet, ordersPath)).want(200)
		destination := own.get(destinationsPath).want(200).text("payload.0.destinationId")
		own.get(destinationsPath + "/" + destination).want(200)
		for _, kind := range []string{orderChange, quantityChange, feedFinished, reportFinished} {
			sub := c.get(subscribePath(kind)).want(200).text("payload.subscriptionId")
			own.get(subscribePath(kind) + "/" + sub).want(200)
			own.do(http.MethodDelete, subscribePath(kind)+"/"+sub, nil).want(200)
		}
		own.do(http.MethodDelete, destinationsPath+"/"+destination, nil).want(200)
		rec.Report(t)
		calls := f.Calls()
		for _, rt := range allRoutes() {
			if calls[rt.op] == 0 {
				t.Errorf("%s: never called", rt.op)
			}
		}
	})
}
