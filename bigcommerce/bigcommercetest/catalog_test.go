package bigcommercetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestVariantsList(t *testing.T) {
	_, c := warehouse(t, Config{})
	r := c.get("/v3/catalog/variants?limit=2").want(200)
	if r.text("meta.pagination.total") != "6" || r.text("meta.pagination.total_pages") != "3" ||
		!strings.HasPrefix(r.text("meta.pagination.links.next"), "?") {
		t.Errorf("meta %s", r.text("meta"))
	}
	// The base variant of a product without options.
	if r.at("data.0.sku_id") != nil || r.at("data.0.price") != nil || r.text("data.0.option_values") != "[]" || r.text("data.0.inventory_level") != "50" {
		t.Errorf("base variant %s", r.text("data.0"))
	}
	if r.at("data.1.sku_id") == nil || r.text("data.1.sku_id") == r.text("data.1.id") {
		t.Errorf("variant %s", r.text("data.1"))
	}
	last := c.get("/v3/catalog/variants?limit=2&page=3").want(200)
	links := last.at("meta.pagination.links").(map[string]any)
	if _, has := links["next"]; has || links["previous"] == nil {
		t.Errorf("links of the last page %v", links)
	}
	if r := c.get("/v3/catalog/variants?page=4").want(200); r.text("data") != "[]" {
		t.Errorf("past the end: %s", r.body)
	}
	r = c.get("/v3/catalog/variants?include_fields=sku,inventory_level&product_id:in=78,79").want(200)
	if got := r.at("data.0").(map[string]any); len(got) != 3 || got["id"] == nil || r.text("meta.pagination.total") != "3" {
		t.Errorf("fields %s", r.body)
	}
	if r := c.get("/v3/catalog/variants?exclude_fields=price,id").want(200); strings.Contains(r.text("data.0"), `"price"`) || r.text("data.0.id") == "" {
		t.Errorf("fields %s", r.body)
	}
	for query, total := range map[string]string{"sku=L": "1", "sku=l": "0", "id=181": "1", "upc=none": "0", "product_id:in=77": "1"} {
		if got := c.get("/v3/catalog/variants?" + query).want(200).text("meta.pagination.total"); got != total {
			t.Errorf("%s: %s rows, want %s", query, got, total)
		}
	}
	c.get("/v3/catalog/variants?limit=251").want(413)
	c.get("/v3/catalog/variants?sku:in=S,L").want(422)
}

func TestBelievedReadingsOfVariants(t *testing.T) {
	_, c := warehouse(t, Config{Believed: Believed{BaseVariantsUnlisted: true, NextLinkOnLastPage: true}})
	r := c.get("/v3/catalog/variants").want(200)
	if r.text("meta.pagination.total") != "4" || r.text("meta.pagination.links.next") != "" {
		t.Errorf("variants %s", r.text("meta"))
	}
}

func TestProductsList(t *testing.T) {
	f, c := warehouse(t, Config{Scopes: append(AllScopes(), ScopeProducts)})
	r := c.get("/v3/catalog/products?include_fields=inventory_tracking,sku&limit=250").want(200)
	var got []string
	for i := range 4 {
		got = append(got, r.text(fmt.Sprintf("data.%d.sku", i))+" "+r.text(fmt.Sprintf("data.%d.inventory_tracking", i)))
	}
	if want := []string{"MUG product", "SHIRT variant", "EBOOK none", "SET product"}; !slices.Equal(got, want) {
		t.Errorf("products %v", got)
	}
	for query, total := range map[string]string{
		"id:greater=78": "2", "id:min=78&id:max=79": "2", "id:less=78": "1", "id:in=77,80": "2", "id:not_in=77": "3", "sku=MUG": "1",
		"sku:in=MUG,SET,S": "2", "name=SHIRT": "1", "type=digital": "0", "id=77": "1",
	} {
		if got := c.get("/v3/catalog/products?" + query).want(200).text("meta.pagination.total"); got != total {
			t.Errorf("%s: %s rows, want %s", query, got, total)
		}
	}
	if r := c.get("/v3/catalog/products?sort=name&direction=desc&limit=1").want(200); r.text("data.0.sku") != "SHIRT" {
		t.Errorf("sorted %s", r.body)
	}
	if r := c.get("/v3/catalog/products/78").want(200); r.at("data.base_variant_id") != nil || r.text("data.inventory_level") != "50" {
		t.Errorf("product %s", r.body)
	}
	c.get("/v3/catalog/products/999").want(404)
	c.get("/v3/catalog/products/77/variants/181").want(404)
	if r := c.get("/v3/catalog/products/78/variants?limit=1&page=2").want(200); r.text("data.0.sku") != "L" {
		t.Errorf("variants %s", r.body)
	}
	check(t, f.DeleteProduct(78))
	if got := c.get("/v3/catalog/variants").text("meta.pagination.total"); got != "4" || len(f.Products()) != 3 {
		t.Errorf("%s variants after a deletion", got)
	}
}

func TestProductsModifiedSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := warehouse(t, Config{})
		time.Sleep(time.Hour)
		check(t, f.SetSKU(180, "CUP"))
		q := "date_modified:min=" + time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05Z")
		if r := c.get("/v3/catalog/products?" + q).want(200); r.text("meta.pagination.total") != "1" || r.text("data.0.sku") != "CUP" {
			t.Errorf("products %s", r.body)
		}
	})
}

func TestVariantBatchPut(t *testing.T) {
	f, c := warehouse(t, Config{Scopes: append(AllScopes(), ScopeProducts)})
	put := func(body any) reply { return c.do("PUT", "/v3/catalog/variants", body) }
	r := put(`[{"id":181,"inventory_level":7,"price":12.5,"sku":"SMALL"},{"id":180,"inventory_level":9999999999}]`).want(200)
	if r.text("data.0.price") != "12.5" || r.text("data.0.sku") != "SMALL" || onHand(t, f, "SMALL") != 7 {
		t.Errorf("answer %s", r.body)
	}
	if got := onHand(t, f, "MUG"); got != maxStock {
		t.Errorf("on hand %d, want it lowered to the largest number", got)
	}
	if got := put(make([]struct{}, 51)).want(413).text("title"); !strings.Contains(got, "maximum items allowed in the array is 50") {
		t.Errorf("title %s", got)
	}
	r = put(`[{"id":181,"inventory_level":8},{"id":999},{"inventory_level":-1,"price":-1}]`).want(422)
	if r.text("batch_errors.0.errors.id") == "" || r.text("batch_errors.1.status") != "422" || onHand(t, f, "SMALL") != 7 {
		t.Errorf("answer %s", r.body)
	}
	put("{").want(422)
	f.SaveCatalogWithoutStock(true)
	r = put(`[{"id":181,"inventory_level":3,"sku":"TINY"}]`).want(207)
	if r.text("errors.status") != "207" || r.text("data.0.sku") != "TINY" || onHand(t, f, "TINY") != 7 {
		t.Errorf("answer %s", r.body)
	}
	c.do("PUT", "/v3/catalog/products/77", `{"inventory_level":3,"name":"Cup"}`).want(207)
	f.SaveCatalogWithoutStock(false)
	if r := c.do("PUT", "/v3/catalog/products/77", `{"inventory_level":3}`).want(200); r.text("data.name") != "Cup" || onHand(t, f, "MUG") != 3 {
		t.Errorf("answer %s", r.body)
	}
	c.do("PUT", "/v3/catalog/products/77", `{"colour":3}`).want(422)
	c.do("PUT", "/v3/catalog/products/999", `{}`).want(404)
}

func TestDuplicateAndEmptySKUs(t *testing.T) {
	f := New(Config{})
	must(f.AddProduct(NewProduct{SKU: "X", Variants: []NewVariant{{SKU: "DUP", OnHand: 1}, {SKU: ""}}}))
	second := must(f.AddProduct(NewProduct{SKU: "Y", Variants: []NewVariant{{SKU: "DUP", OnHand: 1}}}))
	c := newClient(t, f)
	if got := c.get("/v3/catalog/variants?sku=DUP").text("meta.pagination.total"); got != "2" {
		t.Errorf("%s rows", got)
	}
	if got := c.do("PUT", absolutePath, adjust("sku", "DUP", 1, 5)).want(422).text("title"); !strings.Contains(got, "more than one") {
		t.Errorf("title %s", got)
	}
	c.do("PUT", absolutePath, adjust("sku", "", 1, 5)).want(422)
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{VariantID: second.Variants[0].ID}}}))
}

func TestAddProductRefusesNonsense(t *testing.T) {
	f := New(Config{})
	for _, n := range []NewProduct{
		{SKU: "A", Tracking: TrackVariant}, {SKU: "A", Price: "x"}, {SKU: "A", Weight: "x"}, {Variants: []NewVariant{{Price: "x"}}},
	} {
		if _, err := f.AddProduct(n); err == nil {
			t.Errorf("accepted %+v", n)
		}
	}
	if len(f.Products()) != 0 {
		t.Error("something was added")
	}
	for _, err := range []error{
		f.SetOnHand("NONE", 1, 1), f.DeleteProduct(1), f.SetSKU(1, ""), f.SetTracking(1, TrackNone), f.EnableLocation(9, true), f.SetStatus(1, Shipped),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("error %v", err)
		}
	}
}

func TestLocationsList(t *testing.T) {
	f := New(Config{})
	f.AddLocation(NewLocation{Label: "North", External: true})
	f.AddLocation(NewLocation{Code: "WEB", Virtual: true, Disabled: true})
	c := newClient(t, f)
	r := c.get("/v3/inventory/locations").want(200)
	if r.text("data.0.id") != "1" || r.at("data.2.enabled") != false || r.text("data.2.type_id") != "VIRTUAL" || r.text("data.1.label") != "North" {
		t.Errorf("locations %s", r.body)
	}
	for query, want := range map[string][]int{
		"is_default=true": {1}, "is_active=false": {3}, "location_id:in=2,3": {2, 3}, "location_code:in=WEB": {3}, "type_id:in=PHYSICAL": {1, 2},
		"managed_by_external_source=true": {2}, "limit=1&page=2": {2}, "storefront_visibility=false": nil,
	} {
		r := c.get("/v3/inventory/locations?" + query).want(200)
		var got []int
		for i := range r.at("data").([]any) {
			var id int
			_, _ = fmt.Sscan(r.text(fmt.Sprintf("data.%d.id", i)), &id)
			got = append(got, id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	c.get("/v3/inventory/locations?is_default=maybe").want(422)
}
