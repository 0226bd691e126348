package bigcommercetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	absolutePath = "/v3/inventory/adjustments/absolute"
	relativePath = "/v3/inventory/adjustments/relative"
)

// warehouse is a fake with a product of each tracking mode and three
// locations: 1 default, 2 open, 3 disabled. Products are 77 MUG (product), 78
// SHIRT with variants 181 and 182 (variant), 79 EBOOK (none), 80 SET with
// variants (product).
func warehouse(t *testing.T, cfg Config) (*Fake, *client) {
	t.Helper()
	f := New(cfg)
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 50}))
	must(f.AddProduct(NewProduct{SKU: "SHIRT", Variants: []NewVariant{{SKU: "S", OnHand: 50}, {SKU: "L", Uncounted: true}}}))
	must(f.AddProduct(NewProduct{SKU: "EBOOK", Tracking: TrackNone}))
	must(f.AddProduct(NewProduct{SKU: "SET", Tracking: TrackProduct, Variants: []NewVariant{{SKU: "SET-1"}, {SKU: "SET-2"}}}))
	f.AddLocation(NewLocation{})
	f.AddLocation(NewLocation{Disabled: true})
	return f, newClient(t, f)
}

// adjust is a body with one item: by an identity, at a location.
func adjust(identity string, id any, location int, quantity int64) map[string]any {
	return map[string]any{"items": []any{map[string]any{"location_id": location, identity: id, "quantity": quantity}}}
}

func TestAdjustmentsAreJudged(t *testing.T) {
	for _, tc := range []struct {
		name   string
		path   string
		body   any
		status int
		title  string
	}{
		{"by product", absolutePath, adjust("product_id", 77, 1, 5), 200, ""},
		{"by variant", absolutePath, adjust("variant_id", 181, 1, 5), 200, ""},
		{"by sku", relativePath, adjust("sku", "S", 1, -5), 200, ""},
		{"a product with variants that is tracked by product", absolutePath, adjust("product_id", 80, 1, 5), 200, ""},
		{
			"a variant of a product tracked by product", absolutePath, adjust("variant_id", 180, 1, 5), 422,
			"[Item with variant_id 180 is tracked by product, please update stock by product id]",
		},
		{
			"a SKU of a product tracked by product", absolutePath, adjust("sku", "MUG", 1, 5), 422,
			"[Item with sku MUG is tracked by product, please update stock by product id]",
		},
		{
			"a product tracked by variant", absolutePath, adjust("product_id", 78, 1, 5), 422,
			"[Item with product_id 78 is tracked by variant, please update stock by variant id]",
		},
		{"an untracked product", absolutePath, adjust("product_id", 79, 1, 5), 422, "Items with identity: [product_id 79] are not tracked"},
		{"an unknown location", absolutePath, adjust("product_id", 77, 9, 5), 422, "Location not found, identities: [9]"},
		{"a disabled location", absolutePath, adjust("product_id", 77, 3, 5), 422, "Location is disabled, identities: [3]"},
		{"an unknown SKU", absolutePath, adjust("sku", "NONE", 1, 5), 422, "Items not found, identities: [sku NONE]"},
		{
			"relative before absolute", relativePath, adjust("variant_id", 182, 1, 5), 422,
			"Items with identity: [variant_id 182] requires absolute adjustment before relative",
		},
		{
			"relative before absolute at another location", relativePath, adjust("product_id", 77, 2, 5), 422,
			"Items with identity: [product_id 77] requires absolute adjustment before relative",
		},
		{
			"relative below the safety stock", relativePath, adjust("product_id", 77, 1, -41), 422,
			"Items with identity: [product_id 77] would fall below their safety stock",
		},
		{"relative to the safety stock", relativePath, adjust("product_id", 77, 1, -40), 200, ""},
		{"absolute below the safety stock", absolutePath, adjust("product_id", 77, 1, 0), 200, ""},
		{"absolute beyond the largest number", absolutePath, adjust("product_id", 77, 1, 1<<31), 422, "Items with identity: [product_id 77] have a quantity out of range"},
		{"relative beyond the largest number", relativePath, adjust("product_id", 77, 1, 1<<31-1), 422, "Items with identity: [product_id 77] have a quantity out of range"},
		{"a negative absolute", absolutePath, adjust("product_id", 77, 1, -1), 422, "Items with identity: [product_id 77] have a quantity out of range"},
		{"two identities", absolutePath, `{"items":[{"location_id":1,"sku":"S","variant_id":181,"quantity":1}]}`, 422, "Payload contains invalid fields"},
		{"no quantity", absolutePath, `{"items":[{"location_id":1,"sku":"S"}]}`, 422, "Payload contains invalid fields"},
		{"no items", absolutePath, `{}`, 422, "Payload contains invalid fields"},
		{"no JSON", absolutePath, `{`, 422, "Payload contains invalid fields"},
		{"more than 2000 items", absolutePath, map[string]any{"items": make([]struct{}, 2001)}, 413, "The request payload is too large. The maximum items allowed in the array is 2000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, c := warehouse(t, Config{})
			check(t, f.SetSafetyStock("MUG", 1, 10))
			method := "PUT"
			if tc.path == relativePath {
				method = "POST"
			}
			r := c.do(method, tc.path, tc.body).want(tc.status)
			if tc.status == 200 {
				if r.text("transaction_id") == "" || len(f.Writes()) != 1 {
					t.Errorf("answer %s, writes %v", r.body, f.Writes())
				}
				return
			}
			if r.text("title") != tc.title || r.header.Get("Content-Type") != problemType || len(f.Writes()) != 0 {
				t.Errorf("%s: %s", r.header.Get("Content-Type"), r.body)
			}
		})
	}
}

func TestARequestAppliesWholeOrNotAtAll(t *testing.T) {
	body := `{"items":[{"location_id":1,"product_id":77,"quantity":7},{"location_id":1,"variant_id":999,"quantity":1},{"location_id":1,"variant_id":998,"quantity":1}]}`
	for skip, want := range map[bool]int64{false: 50, true: 7} {
		f, c := warehouse(t, Config{EffectLag: -1, Believed: Believed{InvalidItemsSkipped: skip}})
		if r := c.do("PUT", absolutePath, body).want(422); r.text("title") != "Items not found, identities: [variant_id 999, variant_id 998]" {
			t.Errorf("title %s", r.text("title"))
		}
		if got := onHand(t, f, "MUG"); got != want {
			t.Errorf("skip %v: on hand %d, want %d", skip, got, want)
		}
	}
}

func TestAdjustmentsTakeEffectLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := warehouse(t, Config{EffectLag: time.Minute})
		read := func() string {
			return c.get("/v3/inventory/items?product_id:in=77&location_id:in=1").want(200).text("data.0.locations.0.total_inventory_onhand")
		}
		c.do("PUT", absolutePath, adjust("product_id", 77, 1, 5)).want(200)
		time.Sleep(59 * time.Second)
		if got := read(); got != "50" {
			t.Errorf("before: %s", got)
		}
		if q := f.Quantities()[0]; q.Pending != 1 || q.OnHand != 50 {
			t.Errorf("quantity %+v", q)
		}
		time.Sleep(time.Second)
		if got := read(); got != "5" {
			t.Errorf("after: %s", got)
		}
		w := f.Writes()[0]
		if w.Effective.Sub(w.Sent) != time.Minute || !w.Absolute || w.Items[0] != (WriteItem{SKU: "MUG", ProductID: 77, Location: 1, Quantity: 5}) {
			t.Errorf("write %+v", w)
		}
	})
}

func TestASaleBetweenWriteAndEffectIsOverwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := warehouse(t, Config{})
		c.do("PUT", absolutePath, adjust("product_id", 77, 1, 40)).want(200)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 3}}}))
		time.Sleep(time.Minute)
		if got := onHand(t, f, "MUG"); got != 40 {
			t.Errorf("absolute: on hand %d, want the written 40", got)
		}
		c.do("POST", relativePath, adjust("product_id", 77, 1, -10)).want(200)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 3}}}))
		time.Sleep(time.Minute)
		if got := onHand(t, f, "MUG"); got != 27 {
			t.Errorf("relative: on hand %d, want 27", got)
		}
	})
}

func TestARelativeChangeBesideAPendingAbsolute(t *testing.T) {
	for sees, want := range map[bool]int64{false: 30, true: 35} {
		synctest.Test(t, func(t *testing.T) {
			f, c := warehouse(t, Config{Believed: Believed{RelativeSeesPending: sees}})
			c.do("PUT", absolutePath, adjust("product_id", 77, 1, 30)).want(200)
			c.do("POST", relativePath, adjust("product_id", 77, 1, 5)).want(200)
			time.Sleep(time.Minute)
			if got := onHand(t, f, "MUG"); got != want {
				t.Errorf("sees pending %v: on hand %d, want %d", sees, got, want)
			}
		})
	}
}

func TestSerialRelativeChangesCountEachOther(t *testing.T) {
	_, c := warehouse(t, Config{})
	c.do("POST", relativePath, adjust("product_id", 77, 1, -30)).want(200)
	c.do("POST", relativePath, adjust("product_id", 77, 1, -30)).want(422)
	c.do("POST", relativePath, `{"items":[{"location_id":1,"product_id":77,"quantity":-15},{"location_id":1,"product_id":77,"quantity":-15}]}`).want(422)
}

func TestAbsoluteAdjustmentsInFlightTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := warehouse(t, Config{Latency: time.Second})
		c.do("PUT", absolutePath, adjust("product_id", 77, 1, 1)).want(200)
		c.do("PUT", absolutePath, adjust("product_id", 77, 1, 2)).want(200)
		time.Sleep(time.Minute)
		if v := f.Violations(); len(v) != 0 || onHand(t, f, "MUG") != 2 {
			t.Errorf("one after the other: %v, on hand %d", v, onHand(t, f, "MUG"))
		}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { c.do("PUT", absolutePath, adjust("product_id", 77, 1, int64(10+i))) })
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		time.Sleep(time.Minute)
		if v := f.Violations(); len(v) != 1 || !strings.Contains(v[0], "in flight") {
			t.Errorf("violations %v", v)
		}
		if got := onHand(t, f, "MUG"); got != 10 {
			t.Errorf("on hand %d, want the first sent to win", got)
		}
	})
}

func TestBelievedReadingsOfAdjustments(t *testing.T) {
	for _, tc := range []struct {
		name     string
		believed Believed
		body     map[string]any
		want     int64
	}{
		{"absolute sets on hand", Believed{}, adjust("product_id", 77, 1, 5), 5},
		{"absolute sets what is sellable", Believed{AbsoluteSetsSellable: true}, adjust("product_id", 77, 1, 5), 15},
		{"untracked is silent", Believed{UntrackedSilent: true}, adjust("product_id", 79, 1, 5), 50},
		{"negative is accepted", Believed{NegativeAccepted: true}, adjust("product_id", 77, 1, -5), -5},
		{"a SKU names a product", Believed{SKUFindsProducts: true}, adjust("sku", "MUG", 1, 5), 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, c := warehouse(t, Config{EffectLag: -1, Believed: tc.believed})
			check(t, f.SetSafetyStock("MUG", 1, 10))
			c.do("PUT", absolutePath, tc.body).want(200)
			if got := onHand(t, f, "MUG"); got != tc.want {
				t.Errorf("on hand %d, want %d", got, tc.want)
			}
		})
	}
}

func TestInventoryReads(t *testing.T) {
	f, c := warehouse(t, Config{})
	check(t, f.SetSafetyStock("S", 1, 8))
	r := c.get("/v3/inventory/items").want(200)
	if r.text("meta.pagination.total") != "4" || r.at("data.0.identity.sku_id") != nil || r.text("data.0.identity.variant_id") != "180" {
		t.Errorf("items %s", r.body)
	}
	if r.text("data.1.identity.sku_id") == r.text("data.1.identity.variant_id") {
		t.Error("the V2 SKU id is not the variant id")
	}
	r = c.get("/v3/inventory/items?sku:in=S,L&location_code:in=BC-LOCATION-1").want(200)
	if r.text("data.0.locations.0.available_to_sell") != "42" || r.text("data.0.locations.0.total_inventory_onhand") != "50" ||
		r.text("data.0.locations.0.settings.safety_stock") != "8" || r.text("data.1.locations.0.total_inventory_onhand") != "0" {
		t.Errorf("items %s", r.body)
	}
	r = c.get("/v3/inventory/locations/3/items?variant_id:in=181,182&limit=1").want(200)
	if r.text("data.0.identity.variant_id") != "181" || r.text("meta.pagination.links.next") == "" {
		t.Errorf("items %s", r.body)
	}
	r = c.get("/v3/inventory/items?location_id:in=3&product_id:in=77").want(200)
	if r.at("data.0.locations.0.location_enabled") != false {
		t.Errorf("items %s", r.body)
	}
	for path, status := range map[string]int{
		"/v3/inventory/locations/9/items": 404, "/v3/inventory/items?limit=1001": 413, "/v3/inventory/items?product_id:in=a": 422,
		"/v3/inventory/items?colour=1": 422, "/v3/inventory/items?limit=1000": 200,
	} {
		if r := c.get(path).want(status); status != 200 && r.header.Get("Content-Type") != problemType {
			t.Errorf("%s: %s", path, r.header.Get("Content-Type"))
		}
	}
}

func TestItemSettings(t *testing.T) {
	f, c := warehouse(t, Config{})
	put := func(body string) reply { return c.do("PUT", "/v3/inventory/locations/1/items", body) }
	put(`{"settings":[{"identity":{"sku":"S"},"safety_stock":9},{"identity":{"product_id":77},"is_in_stock":false}]}`).want(200)
	if q := f.Quantities(); q[3].Safety != 9 || q[3].AvailableToSell != 41 || must(f.Available("MUG")) != 0 {
		t.Errorf("quantities %+v", q)
	}
	r := put(`{"settings":[{"identity":{"sku":"S"}}]}`).want(422)
	if !strings.Contains(r.text("errors"), "setting.0.settings") {
		t.Errorf("errors %s", r.body)
	}
	for _, bad := range []string{
		`{}`, `{"settings":[{"safety_stock":1}]}`, `{"settings":[{"identity":{"variant_id":180},"safety_stock":1}]}`,
		`{"settings":[{"identity":{"product_id":79},"safety_stock":1}]}`,
	} {
		put(bad).want(422)
	}
	c.do("PUT", "/v3/inventory/locations/9/items", `{"settings":[]}`).want(422)
	c.do("PUT", "/v3/inventory/locations/1/items", map[string]any{"settings": make([]struct{}, 2001)}).want(413)
}

func TestTrackingCanChange(t *testing.T) {
	f, c := warehouse(t, Config{EffectLag: -1})
	check(t, f.SetTracking(80, TrackVariant))
	c.do("PUT", absolutePath, adjust("product_id", 80, 1, 5)).want(422)
	c.do("PUT", absolutePath, adjust("sku", "SET-1", 1, 5)).want(200)
	if got := onHand(t, f, "SET-1"); got != 5 {
		t.Errorf("on hand %d", got)
	}
	if f.SetTracking(77, TrackVariant) == nil {
		t.Error("a product without variants was set to variant")
	}
	check(t, f.SetTracking(77, TrackNone))
	c.do("PUT", absolutePath, adjust("product_id", 77, 1, 5)).want(422)
}

func TestTheRequestMayBeAsLargeAsTheContractAllows(t *testing.T) {
	f, c := warehouse(t, Config{EffectLag: -1})
	var items []string
	for i := range 2000 {
		items = append(items, fmt.Sprintf(`{"location_id":1,"product_id":77,"quantity":%d}`, i))
	}
	c.do("PUT", absolutePath, `{"items":[`+strings.Join(items, ",")+`]}`).want(200)
	if got := onHand(t, f, "MUG"); got != 1999 {
		t.Errorf("on hand %d", got)
	}
}

func TestACallerThatGaveUpIsNotInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := warehouse(t, Config{})
		f.Fault(Fault{Kind: StallAfter})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := c.request("PUT", absolutePath, adjust("product_id", 77, 1, 1)).WithContext(ctx)
		if _, err := c.send(req); err == nil {
			t.Error("an answer came")
		}
		c.do("PUT", absolutePath, adjust("product_id", 77, 1, 2)).want(200)
		if v := f.Violations(); len(v) != 0 {
			t.Errorf("violations %v", v)
		}
	})
}
