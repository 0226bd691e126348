package amazontest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func listingPath(sku string, kv ...string) string {
	path := "/listings/2021-08-01/items/" + DefaultSellerID
	if sku != "" {
		path += "/" + url.PathEscape(sku)
	}
	return path + query(append([]string{"marketplaceIds", us}, kv...)...)
}

func quantity(op string, n any) object {
	return patch(op, object{"fulfillment_channel_code": "DEFAULT", "quantity": n})
}

func patch(op string, value ...any) object {
	return object{"productType": "PRODUCT", "patches": []any{object{
		"op": op, "path": "/attributes/fulfillment_availability", "value": append([]any{}, value...),
	}}}
}

func TestAPatchTakesEffectLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		r := c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 7)).want(200)
		if r.text("status") != "ACCEPTED" || r.text("issues") != "[]" || r.text("submissionId") == "<nil>" || r.text("sku") != "MUG" {
			t.Errorf("body %s", r.body)
		}
		live := func() string {
			return c.get(listingPath("MUG", "includedData", "fulfillmentAvailability,attributes")).text("fulfillmentAvailability.0.quantity")
		}
		if live() != "10" {
			t.Error("live at once")
		}
		c.get(listingPath("MUG", "includedData", "attributes")).want(200).says(`"fulfillment_availability":[{"fulfillment_channel_code":"DEFAULT","quantity":7}]`)
		if q := f.Quantities()[0]; q.Available != 10 || q.Pending != 1 {
			t.Errorf("quantity %+v", q)
		}
		time.Sleep(30*time.Second - time.Millisecond)
		must(f.PlaceOrder(mugs(2))) // what a write does not know of is overwritten
		available(t, f, "MUG", 8)
		time.Sleep(time.Millisecond)
		if live() != "7" {
			t.Error("not live")
		}
		must(f.PlaceOrder(mugs(2))) // the submitted copy goes stale
		if a := must(f.Submitted("MUG", us)); a != (Availability{7, -1, ""}) || live() != "5" {
			t.Errorf("submitted %+v", a)
		}
		if w := f.Writes(); len(w) != 1 || w[0].Quantity != 7 || w[0].Effective.Sub(w[0].Sent) != 30*time.Second {
			t.Errorf("writes %+v", w)
		}
	})
}

func TestMergeKeepsWhatReplaceWipes(t *testing.T) {
	f := New(Config{EffectLag: -1, Marketplaces: []string{us, ca}})
	c := newClient(t, f)
	must(f.AddProduct(NewProduct{SKU: "A", OnHand: 1, LeadTime: 5, Restock: "2030-01-01"}))
	c.do(http.MethodPatch, listingPath("A"), quantity("merge", 3)).want(200)
	if a := must(f.Submitted("A", us)); a != (Availability{3, 5, "2030-01-01"}) {
		t.Errorf("after merge %+v", a)
	}
	if a := must(f.Submitted("A", ca)); a.Quantity != 1 {
		t.Errorf("another marketplace's copy %+v", a)
	}
	available(t, f, "A", 3) // one live number
	c.get(strings.Replace(listingPath("A", "includedData", "fulfillmentAvailability"), us, ca, 1)).want(200).says(`"quantity":3`)
	c.do(http.MethodPatch, listingPath("A"), quantity("replace", 4)).want(200)
	if a := must(f.Submitted("A", us)); a != (Availability{4, -1, ""}) {
		t.Errorf("after replace %+v", a)
	}
	c.do(http.MethodPatch, listingPath("A"), patch("merge", object{
		"fulfillment_channel_code": "DEFAULT", "lead_time_to_ship_max_days": 9, "restock_date": "2031-01-01",
	})).want(200)
	if a := must(f.Submitted("A", us)); a != (Availability{4, 9, "2031-01-01"}) {
		t.Errorf("after a second merge %+v", a)
	}
	available(t, f, "A", 4)
	c.do(http.MethodPatch, listingPath("A"), object{"productType": "PRODUCT", "patches": []any{object{"op": "delete", "path": "/attributes/fulfillment_availability"}}}).want(200)
	available(t, f, "A", 0)
	c.do(http.MethodPatch, listingPath("A"), object{"productType": "PRODUCT", "patches": []any{
		object{"op": "add", "path": "/attributes/brand", "value": []any{object{"value": "Acme"}}},
		object{"op": "add", "path": "/attributes/size", "value": []any{object{"value": "L"}}},
		object{"op": "delete", "path": "/attributes/size"},
	}}).want(200)
	c.get(listingPath("A", "includedData", "attributes")).want(200).says("Acme").saysNot(`"L"`)
	if _, err := f.Submitted("X", us); err == nil {
		t.Error("no error")
	}
}

func TestA200CanBeARefusal(t *testing.T) {
	f := mugShop(t, Config{EffectLag: -1, Rates: map[string]Rate{"patchListingsItem": {1, 100}}})
	c := newClient(t, f)
	for _, tc := range []struct {
		name string
		body object
		code string
	}{
		{"names of replies", patch("merge", object{"fulfillmentChannelCode": "DEFAULT", "quantity": 1}), "90000900"},
		{"no channel", patch("merge", object{"quantity": 1}), "90000900"},
		{"negative", quantity("merge", -1), "90000900"},
		{"a fraction", quantity("merge", 1.5), "90000900"},
		{"text", quantity("merge", "7"), "90000900"},
		{"no value", patch("merge"), "90000900"},
		{"no attribute", object{"productType": "PRODUCT", "patches": []any{object{"op": "merge", "path": "/quantity", "value": []any{object{}}}}}, "90000900"},
		{"another product type", object{"productType": "LUGGAGE", "patches": quantity("merge", 1)["patches"]}, "4000003"},
	} {
		r := c.do(http.MethodPatch, listingPath("MUG"), tc.body).want(200)
		if r.text("status") != "INVALID" || r.text("issues.0.code") != tc.code || r.text("issues.0.severity") != "ERROR" {
			t.Errorf("%s: %s", tc.name, r.body)
		}
	}
	f.RejectWrites(func(sku string) bool { return sku == "MUG" })
	c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 1)).want(200).says("INVALID").says("90220")
	f.RejectWrites(nil)
	for _, mode := range []struct {
		body object
		want string
	}{{quantity("merge", 1), "VALID"}, {quantity("merge", -1), "INVALID"}} {
		r := c.do(http.MethodPatch, listingPath("MUG", "mode", "VALIDATION_PREVIEW", "includedData", "identifiers,issues"), mode.body).want(200)
		if r.text("status") != mode.want || r.text("identifiers.0.asin") != "B000000001" {
			t.Errorf("preview: %s", r.body)
		}
	}
	available(t, f, "MUG", 10)
	if len(f.Writes()) != 0 {
		t.Error("writes")
	}
}

func TestBadPatchesAre400(t *testing.T) {
	f := mugShop(t, Config{Rates: map[string]Rate{"patchListingsItem": {1, 100}}})
	c := newClient(t, f)
	for name, body := range map[string]any{
		"nothing": "", "no type": object{"patches": quantity("merge", 1)["patches"]}, "no patches": object{"productType": "PRODUCT", "patches": []any{}},
		"move": patch("move", object{}), "value no array": `{"productType":"PRODUCT","patches":[{"op":"merge","path":"/attributes/x","value":{}}]}`,
		"value of numbers": patch("merge", 1), "unknown field": `{"productType":"PRODUCT","patches":[{"op":"merge","path":"/attributes/x","from":"y"}]}`,
		"no path": `{"productType":"PRODUCT","patches":[{"op":"merge"}]}`,
	} {
		if r := c.do(http.MethodPatch, listingPath("MUG"), body); r.status != 400 || r.text("errors.0.code") != "BAD_REQUEST" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	root := "/listings/2021-08-01/items/"
	c.do(http.MethodPatch, root+DefaultSellerID+"/MUG", quantity("merge", 1)).want(400)
	c.do(http.MethodPatch, root+DefaultSellerID+"/MUG?marketplaceIds="+ca, quantity("merge", 1)).want(400)
	c.do(http.MethodPatch, root+"AOTHER/MUG?marketplaceIds="+us, quantity("merge", 1)).want(403)
}

func TestASKUWithoutListing(t *testing.T) {
	f := mugShop(t, Config{EffectLag: -1})
	c := newClient(t, f)
	c.get(listingPath("GONE")).want(404).says("NOT_FOUND").says("SKU 'GONE' not found in marketplace " + us)
	c.do(http.MethodPatch, listingPath("GONE"), quantity("merge", 1)).want(200).says("ACCEPTED")
	c.get(listingPath("GONE")).want(404)
	if len(f.Products()) != 2 || len(f.Writes()) != 0 {
		t.Error("a write made a listing")
	}
	f = mugShop(t, Config{Believed: Believed{UnknownSKUsInvalid: true}})
	newClient(t, f).do(http.MethodPatch, listingPath("GONE"), quantity("merge", 1)).want(200).says("INVALID")
}

func TestSKUsInPaths(t *testing.T) {
	f := New(Config{EffectLag: -1, Rates: map[string]Rate{"getListingsItem": {1, 100}, "patchListingsItem": {1, 100}}})
	c := newClient(t, f)
	for _, sku := range []string{"A/B", "A B", "100%", "A+B", "Tasse-Größe", "カップ", "a?b=c&d", "A#1", "..", "A%2FB", "🫖"} {
		must(f.AddProduct(NewProduct{SKU: sku, OnHand: 1}))
		if got := c.get(listingPath(sku)).want(200).text("sku"); got != sku {
			t.Errorf("%q came back as %q", sku, got)
		}
		c.do(http.MethodPatch, listingPath(sku), quantity("merge", 4)).want(200)
		available(t, f, sku, 4)
	}
	c.get(listingPath("A/B%")).want(404)
	raw := "/listings/2021-08-01/items/" + DefaultSellerID + "/X/Y?marketplaceIds=" + us
	unheld(t, f).get(raw).want(403).says("Unauthorized")
	f = New(Config{Believed: Believed{EncodedSlashFails: true}})
	must(f.AddProduct(NewProduct{SKU: "A/B"}))
	newClient(t, f).get(listingPath("A/B")).want(403)
}

func TestWhatAmazonShipsHasNoQuantityOfTheSellers(t *testing.T) {
	f := mugShop(t, Config{EffectLag: -1})
	c := newClient(t, f)
	r := c.get(listingPath("FBA", "includedData", "fulfillmentAvailability")).want(200)
	if r.text("fulfillmentAvailability.0.fulfillmentChannelCode") != "AMAZON_NA" || r.at("fulfillmentAvailability.0.quantity") != nil {
		t.Errorf("body %s", r.body)
	}
	c.do(http.MethodPatch, listingPath("MUG"), patch("merge", object{"fulfillment_channel_code": "AMAZON_NA", "quantity": 1})).want(200)
	c.do(http.MethodPatch, listingPath("FBA"), quantity("merge", 6)).want(200)
	if len(f.Violations()) != 2 {
		t.Errorf("violations %q", f.Violations())
	}
	if q := f.Quantities(); !q[0].ByAmazon || q[0].Available != 0 || q[1].ByAmazon || q[1].Available != 6 {
		t.Errorf("quantities %+v", q)
	}
}

func TestAcceptedWritesCanBeDroppedOrSlow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		f.LoseEffects(func(sku string) bool { return sku == "MUG" })
		c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 1)).want(200).says("ACCEPTED")
		f.LoseEffects(nil)
		time.Sleep(time.Hour - time.Minute)
		available(t, f, "MUG", 10)
		f.SetEffectLag(time.Minute)
		c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 2)).want(200)
		f.SetEffectLag(time.Second)
		c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 3)).want(200)
		time.Sleep(time.Second)
		available(t, f, "MUG", 3)
		time.Sleep(time.Minute) // overtaken
		available(t, f, "MUG", 2)
		if w := f.Writes(); len(w) != 3 || !w[0].Dropped || w[1].Dropped {
			t.Errorf("writes %+v", w)
		}
	})
}

func TestListingSearchesHavePagesAndACeiling(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{Rates: map[string]Rate{"searchListingsItems": {1, 1000}}})
		c := newClient(t, f)
		for i := range 1050 {
			must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("S-%04d", i), OnHand: int64(i % 2), Unlisted: i%10 == 9}))
			if i%100 == 99 {
				time.Sleep(time.Second)
			}
		}
		walk := func(kv ...string) (skus []string, last reply) {
			t.Helper()
			token := ""
			for {
				args := kv
				if token != "" {
					args = append(append([]string{}, kv...), "pageToken", token)
				}
				last = c.get(listingPath("", args...)).want(200)
				items, _ := last.at("items").([]any)
				for i := range items {
					skus = append(skus, last.text(fmt.Sprintf("items.%d.sku", i)))
				}
				next, more := last.at("pagination.nextToken").(string)
				if !more {
					return skus, last
				}
				token = next
			}
		}
		skus, last := walk("pageSize", "20", "sortBy", "sku", "sortOrder", "ASC")
		if len(skus) != 1000 || skus[0] != "S-0000" || skus[999] != "S-0999" || last.text("numberOfResults") != "1050" {
			t.Errorf("%d, of %s", len(skus), last.text("numberOfResults"))
		}
		back := c.get(listingPath("", "pageSize", "20", "sortBy", "sku", "sortOrder", "ASC", "pageToken", last.text("pagination.previousToken"))).want(200)
		if got := back.text("items.0.sku"); got != "S-0960" {
			t.Errorf("the page before begins with %s", got)
		}
		if skus, _ = walk("pageSize", "20", "createdAfter", ago(500*time.Millisecond)); len(skus) != 50 {
			t.Errorf("%d created since", len(skus))
		}
		for _, tc := range []struct {
			kv   []string
			want string
		}{
			{[]string{"identifiers", "S-0001,S-0002,S-9999", "identifiersType", "SKU"}, "2"},
			{[]string{"identifiers", "B000000003", "identifiersType", "ASIN"}, "1"},
			{[]string{"identifiers", "1234", "identifiersType", "EAN"}, "0"},
			{[]string{"withStatus", "BUYABLE"}, "420"},
			{[]string{"withoutStatus", "DISCOVERABLE"}, "105"},
			{[]string{"withIssueSeverity", "ERROR"}, "0"},
			{[]string{"lastUpdatedBefore", ago(10500 * time.Millisecond)}, "0"},
			{[]string{"sortBy", "createdDate"}, "1050"},
		} {
			if got := c.get(listingPath("", tc.kv...)).want(200).text("numberOfResults"); got != tc.want {
				t.Errorf("%v: %s, want %s", tc.kv, got, tc.want)
			}
		}
		for _, kv := range [][]string{
			{"pageSize", "21"},
			{"pageSize", "0"},
			{"identifiers", "A"},
			{"identifiersType", "SKU"},
			{"identifiers", strings.Repeat("A,", 20) + "A", "identifiersType", "SKU"},
			{"sortBy", "price"},
			{"pageToken", "x"},
			{"withStatus", "SOLD"},
			{"includedData", "prices"},
			{"createdAfter", "x"},
		} {
			c.get(listingPath("", kv...)).want(400)
		}
		c.get(listingPath("", "sortBy", "sku", "pageToken", last.text("pagination.previousToken"))).want(400) // other filters
	})
}

func TestEveryDatasetOfAListing(t *testing.T) {
	f := mugShop(t, Config{Marketplaces: []string{us, ca}})
	c := newClient(t, f)
	r := c.get(strings.Replace(listingPath("MUG", "includedData", strings.Join(listingValues, ",")), us, us+"%2C"+ca, 1)).want(200)
	for path, want := range map[string]string{
		"summaries.1.marketplaceId": ca, "summaries.0.itemName": "Mug", "summaries.0.status": `["BUYABLE","DISCOVERABLE"]`,
		"offers.1.price.currencyCode": "CAD", "productTypes.0.productType": "PRODUCT", "attributes.item_name.0.value": "Mug",
		"issues": "[]", "relationships": "[]",
	} {
		if got := r.text(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	c.get(listingPath("MUG")).want(200).says("summaries").saysNot("offers")
	c.get("/listings/2021-08-01/items/" + DefaultSellerID + "/MUG").want(400)
	must(f.AddProduct(NewProduct{SKU: "CA", Marketplace: []string{ca}}))
	c.get(listingPath("CA")).want(404)
}

func FuzzPatch(f *testing.F) {
	f.Add(`{"productType":"PRODUCT","patches":[{"op":"merge","path":"/attributes/fulfillment_availability","value":[{"fulfillment_channel_code":"DEFAULT","quantity":7}]}]}`, "A/B")
	f.Add(`{"productType":"PRODUCT","patches":[{"op":"delete","path":"/attributes/x"}]}`, "%")
	f.Fuzz(func(t *testing.T, body, sku string) {
		fake := New(Config{EffectLag: -1})
		if _, err := fake.AddProduct(NewProduct{SKU: sku, OnHand: 1}); err != nil {
			return
		}
		r := unheld(t, fake).do(http.MethodPatch, listingPath(sku), body)
		if r.status != 200 && r.status != 400 && r.status != 403 {
			t.Errorf("%q: %d", body, r.status)
		}
		if n := must(fake.Available(sku)); n < 0 {
			t.Errorf("%q: %d shown", body, n)
		}
	})
}
