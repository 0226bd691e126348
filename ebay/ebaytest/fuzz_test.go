package ebaytest

import (
	"net/http"
	"net/url"
	"testing"
)

// FuzzQuery looks for queries that break a list.
func FuzzQuery(f *testing.F) {
	f.Add(0, query("filter", "lastmodifieddate:[2020-01-01T00:00:00.000Z..],orderfulfillmentstatus:{NOT_STARTED|IN_PROGRESS}", "limit", "1"))
	f.Add(0, "filter=creationdate:[..],,&orderIds=1,")
	f.Add(1, "limit=1&offset=9223372036854775807")
	f.Add(0, "offset=9223372036854775800")
	f.Add(2, "sku=MUG&offset=1&limit=100&format=AUCTION")
	f.Add(3, query("feed_type", feedRevise, "date_range", "2020-01-01T00:00:00.000Z..", "limit", "2"))
	f.Add(4, "limit=100&offset=2147483647")
	lists := []string{ordersPath, itemsPath, offersPath, tasksPath, "/sell/inventory/v1/location"}
	f.Fuzz(func(t *testing.T, list int, q string) {
		fake := mugShop(t, Config{})
		must(fake.PlaceOrder(mugs(1)))
		c := unheld(t, fake)
		req := c.request(http.MethodGet, lists[uint(list)%uint(len(lists))], nil)
		req.URL.RawQuery = q
		if r := must(c.send(req)); r.status != 200 && r.status != 400 && r.status != 404 {
			t.Errorf("%q: %d %s", q, r.status, r.body)
		}
	})
}

// FuzzPath looks for paths that break the way to an operation.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"/", "//", tokenPath, tradingPath, ordersPath + "/%2F", itemsPath + "/%zz", tasksPath + "//upload_file", "/%"} {
		f.Add("GET", p)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		c := unheld(t, New(Config{}))
		u, err := url.Parse(apiHost + path)
		if err != nil {
			return
		}
		req := c.request(http.MethodGet, "", nil)
		req.Method, req.URL = method, u
		if r := must(c.send(req)); r.status < 200 || r.status >= 500 {
			t.Errorf("%q: %d", path, r.status)
		}
	})
}

// FuzzToken looks for bodies that break the token endpoint.
func FuzzToken(f *testing.F) {
	f.Add(grantForm().Encode())
	f.Add("grant_type=client_credentials&scope=" + url.QueryEscape(ScopeBase))
	f.Add("grant_type=authorization_code&code=%zz")
	f.Fuzz(func(t *testing.T, body string) {
		c := unheld(t, New(Config{}))
		req := c.request(http.MethodPost, tokenPath, body)
		req.SetBasicAuth(DefaultClientID, DefaultClientSecret)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r := must(c.send(req)); r.status != 200 && r.status != 400 {
			t.Errorf("%q: %d %s", body, r.status, r.body)
		}
	})
}

// FuzzBody looks for JSON that breaks a write.
func FuzzBody(f *testing.F) {
	f.Add(0, `{"requests":[{"sku":"MUG","shipToLocationAvailability":{"quantity":1},"offers":[{"offerId":"9040000010","availableQuantity":1}]}]}`)
	f.Add(0, `{"requests":[{"sku":"MUG","shipToLocationAvailability":{"availabilityDistributions":[{}]}}]}`)
	f.Add(1, `{"lineItems":[{"lineItemId":"1"}],"shippedDate":"2000-01-01T00:00:00.000Z"}`)
	f.Add(2, `{"feedType":"LMS_REVISE_INVENTORY_STATUS","schemaVersion":"1451"}`)
	f.Add(3, `{"requests":[{"listingId":"110500000002"}]}`)
	f.Fuzz(func(t *testing.T, op int, body string) {
		fake := mugShop(t, Config{})
		id := must(fake.PlaceOrder(mugs(1)))
		writes := []string{bulkPath, ordersPath + "/" + id + "/shipping_fulfillment", tasksPath, "/sell/inventory/v1/bulk_migrate_listing"}
		c := unheld(t, fake)
		if r := c.do(http.MethodPost, writes[uint(op)%uint(len(writes))], body); r.status < 200 || r.status > 500 {
			t.Errorf("%q: %d %s", body, r.status, r.body)
		}
		if n := fake.Quantities()[0].Available; n < 0 {
			t.Errorf("%q: %d shown", body, n)
		}
	})
}

// FuzzTrading looks for XML that breaks a call; whatever it is, the answer is a
// document.
func FuzzTrading(f *testing.F) {
	f.Add(0, status("110500000002", "CUP", 3))
	f.Add(1, "<ActiveList><Pagination><PageNumber>1</PageNumber></Pagination></ActiveList>")
	f.Add(2, "<EndTimeFrom>2000-01-01T00:00:00.000Z</EndTimeFrom><EndTimeTo>2000-01-31T00:00:00.000Z</EndTimeTo><Pagination/>")
	f.Add(3, "<OrderID>02-10000-00001</OrderID><Shipped>true</Shipped><Shipment><ShipmentTrackingDetails/></Shipment>")
	f.Add(4, "<ItemID>&lt;</ItemID>")
	names := []string{opRevise, "GetMyeBaySelling", "GetSellerList", opComplete, "GetItem"}
	f.Fuzz(func(t *testing.T, call int, body string) {
		fake := mugShop(t, Config{})
		must(fake.PlaceOrder(mugs(1)))
		c := unheld(t, fake)
		r := must(c.send(c.tradingRequest(names[uint(call)%uint(len(names))], body)))
		if root, err := parseXML(r.body); r.status != 200 || err != nil || root.value("Ack") == "" {
			t.Errorf("%q: %d %s", body, r.status, r.body)
		}
	})
}

// FuzzFeed looks for files that break a task.
func FuzzFeed(f *testing.F) {
	f.Add(feedOf(status("110500000002", "CUP", 3)))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("<!DOCTYPE x><x/>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		fake := mugShop(t, Config{FeedQueue: -1, FeedRun: -1})
		c := unheld(t, fake)
		task := c.createTask()
		if r := c.upload(task, "file", file); r.status != 200 && r.status != 400 {
			t.Errorf("%q: %d %s", file, r.status, r.body)
		}
		c.get(task).want(200)
	})
}

// FuzzAmount holds amounts to their text.
func FuzzAmount(f *testing.F) {
	f.Add("12.50")
	f.Add("-0.0001")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAmount(s)
		if err != nil {
			return
		}
		if b, err := parseAmount(a.text(2)); err != nil || a != b {
			t.Errorf("%q: %s, %v", s, a.text(2), err)
		}
	})
}
