package amazontest

import (
	"net/http"
	"net/url"
	"testing"
)

// FuzzQuery looks for queries that break a list.
func FuzzQuery(f *testing.F) {
	f.Add(0, query("lastUpdatedAfter", longAgo, "includedData", everything, "maxResultsPerPage", "1"))
	f.Add(1, query("marketplaceIds", us, "identifiers", "MUG", "identifiersType", "SKU", "pageToken", "fj4xMD9h"))
	f.Add(2, query("feedTypes", listingsFeed, "createdSince", longAgo))
	f.Add(3, query("nextToken", "cmVwb3J0VHlwZXM9WCZiZWxvdz03"))
	f.Add(4, query("granularityType", "Marketplace", "granularityId", us, "marketplaceIds", us, "nextToken", "fj4wPzA="))
	lists := []string{ordersPath, "/listings/2021-08-01/items/" + DefaultSellerID, feedsPath, reportsPath, "/fba/inventory/v1/summaries"}
	f.Fuzz(func(t *testing.T, list int, q string) {
		fake := New(Config{BoundAge: -1})
		must(fake.AddProduct(NewProduct{SKU: "MUG", OnHand: 9}))
		must(fake.PlaceOrder(mugs(1)))
		c := unheld(t, fake)
		req := c.request(http.MethodGet, lists[uint(list)%uint(len(lists))], nil)
		req.URL.RawQuery = q
		if r := must(c.send(req)); r.status != 200 && r.status != 400 {
			t.Errorf("%q: %d %s", q, r.status, r.body)
		}
	})
}

// FuzzPath looks for paths that break the way to an operation.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"/", "//", "/documents/", "/documents/x", "/auth/o2/token", ordersPath + "/%2F", "/listings/2021-08-01/items//x", "/%"} {
		f.Add("GET", p)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		c := unheld(t, New(Config{}))
		u, err := url.Parse("https://api.amazon.com" + path)
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
	f.Add("application/x-www-form-urlencoded", grantForm().Encode())
	f.Add("application/json", `{"grant_type":"refresh_token"}`)
	f.Add("application/json; charset", "[")
	f.Fuzz(func(t *testing.T, ctype, body string) {
		c := unheld(t, New(Config{}))
		req := c.request(http.MethodPost, "", body)
		req.URL = must(url.Parse(tokenHost + tokenPath))
		req.Header["Content-Type"] = []string{ctype}
		if r := must(c.send(req)); r.status != 200 && r.status != 400 && r.status != 401 {
			t.Errorf("%q: %d %s", body, r.status, r.body)
		}
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
			t.Errorf("%q: %v, %v", s, b, err)
		}
	})
}
