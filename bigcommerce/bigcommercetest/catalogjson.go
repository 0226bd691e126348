package bigcommercetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxVariantBatch = 50

var (
	productReaders = []string{ScopeProductsRead}
	fieldParams    = []string{"include_fields", "exclude_fields"}
)

var catalogRoutes = []route{
	{
		method: "GET", path: "/v3/catalog/variants", scopes: productReaders,
		query: slices.Concat(paging, fieldParams, []string{"id", "sku", "upc", "product_id:in"}), handle: (*Fake).listVariants,
	},
	{method: http.MethodPut, path: "/v3/catalog/variants", scopes: []string{ScopeProducts}, handle: (*Fake).putVariants},
	{
		method: "GET", path: "/v3/catalog/products", scopes: productReaders, query: slices.Concat(paging, fieldParams, []string{
			"id", "id:in", "id:not_in", "id:min", "id:max", "id:greater", "id:less", "name", "sku", "sku:in", "type", "upc", "sort", "direction",
			"date_modified:min", "date_modified:max", "include",
		}), handle: (*Fake).listProducts,
	},
	{
		method: "GET", path: "/v3/catalog/products/{id}", scopes: productReaders, query: slices.Concat(fieldParams, []string{"include"}),
		handle: (*Fake).getProduct,
	},
	{
		method: http.MethodPut, path: "/v3/catalog/products/{id}", scopes: []string{ScopeProducts}, query: []string{"include", "include_fields"},
		handle: (*Fake).putProduct,
	},
	{
		method: "GET", path: "/v3/catalog/products/{id}/variants", scopes: productReaders,
		query: slices.Concat(paging, fieldParams), handle: (*Fake).listProductVariants,
	},
	{method: "GET", path: "/v3/catalog/products/{id}/variants/{id}", scopes: productReaders, query: fieldParams, handle: (*Fake).getVariant},
}

// row is a catalogue row, whose fields the caller can choose.
type row map[string]any

// fields reads include_fields and exclude_fields and returns the function that
// applies them. always are kept whatever is asked.
func (p *params) fields(always ...string) func(row) row {
	keep, drop := p.list("include_fields"), p.list("exclude_fields")
	return func(r row) row {
		if keep != nil {
			out := row{}
			for _, k := range slices.Concat(always, keep) {
				if v, known := r[k]; known {
					out[k] = v
				}
			}
			r = out
		}
		for _, k := range drop {
			if !slices.Contains(always, k) {
				delete(r, k)
			}
		}
		return r
	}
}

// defaultLevel returns on hand at the default location, which is what the
// catalogue shows.
func (f *Fake) defaultLevel(it *item, now time.Time) int64 {
	if it == nil {
		return 0
	}
	return f.settled(it, DefaultLocation, now).onHand
}

func (f *Fake) variantRow(v *variant, now time.Time) row {
	options := []map[string]any{}
	for i, o := range v.options {
		options = append(options, map[string]any{"option_display_name": o.Name, "label": o.Label, "id": v.id*10 + i, "option_id": v.p.id*10 + i})
	}
	r := row{
		"id": v.id, "product_id": v.p.id, "sku": v.sku, "sku_id": v.skuID(), "price": nil, "calculated_price": v.p.price.number(),
		"sale_price": nil, "retail_price": nil, "map_price": nil, "weight": nil, "calculated_weight": v.p.weight.number(), "width": nil,
		"height": nil, "depth": nil, "is_free_shipping": false, "fixed_cost_shipping_price": nil, "purchasing_disabled": false,
		"purchasing_disabled_message": "", "image_url": "", "cost_price": nil, "upc": v.upc, "mpn": "", "gtin": "",
		"inventory_level": f.defaultLevel(v.item, now), "inventory_warning_level": 0, "bin_picking_number": "", "option_values": options,
	}
	if v.price != nil {
		r["price"], r["calculated_price"] = v.price.number(), v.price.number()
	}
	if v.p.simple {
		r["inventory_level"] = f.defaultLevel(v.p.item, now)
	}
	return r
}

func (f *Fake) productRow(p *product, now time.Time) row {
	level := f.defaultLevel(p.item, now)
	for _, v := range p.variants {
		level += f.defaultLevel(v.item, now)
	}
	typ := Physical
	if p.digital {
		typ = Digital
	}
	r := row{
		"id": p.id, "name": p.name, "type": typ, "sku": p.sku, "description": "", "weight": p.weight.number(), "width": 0, "depth": 0, "height": 0,
		"price": p.price.number(), "cost_price": 0, "retail_price": 0, "sale_price": 0, "map_price": 0, "calculated_price": p.price.number(),
		"tax_class_id": 0, "product_tax_code": "", "categories": []int{}, "brand_id": 0, "option_set_id": nil, "option_set_display": "right",
		"inventory_level": min(max(level, 0), maxStock), "inventory_warning_level": 0, "inventory_tracking": p.tracking,
		"reviews_rating_sum": 0, "reviews_count": 0, "total_sold": 0, "fixed_cost_shipping_price": 0, "is_free_shipping": false,
		"is_visible": true, "is_featured": false, "related_products": []int{-1}, "warranty": "", "bin_picking_number": "",
		"layout_file": "product.html", "upc": p.upc, "mpn": "", "gtin": "", "search_keywords": "", "availability": "available",
		"availability_description": "", "gift_wrapping_options_type": "any", "gift_wrapping_options_list": []int{}, "sort_order": 0,
		"condition": "New", "is_condition_shown": false, "order_quantity_minimum": 0, "order_quantity_maximum": 0, "page_title": "",
		"meta_keywords": []string{}, "meta_description": "", "date_created": v3Date(p.created), "date_modified": v3Date(p.modified),
		"view_count": 0, "preorder_release_date": nil, "preorder_message": "", "is_preorder_only": false, "is_price_hidden": false,
		"price_hidden_label": "", "custom_url": map[string]any{"url": fmt.Sprintf("/product-%d/", p.id), "is_customized": false},
		"base_variant_id": nil, "open_graph_type": "product", "open_graph_title": "", "open_graph_description": "",
		"open_graph_use_meta_description": true, "open_graph_use_product_name": true, "open_graph_use_image": true,
	}
	if p.simple {
		r["base_variant_id"] = p.variants[0].id
	}
	return r
}

// productFields returns the function that prints a product with what of it, and
// of its sub-resources, was asked for. Of the latter the fake has variants.
func (f *Fake) productFields(p *params) func(*product) row {
	always := []string{"id"}
	whole := slices.Contains(p.list("include"), "variants")
	if whole {
		always = append(always, "variants")
	}
	fields := p.fields(always...)
	return func(x *product) row {
		r := f.productRow(x, p.c.now)
		if whole {
			rows := []row{}
			for _, v := range x.variants {
				rows = append(rows, f.variantRow(v, p.c.now))
			}
			r["variants"] = rows
		}
		return fields(r)
	}
}

func (f *Fake) listVariants(c *call) answer {
	p := params{c: c}
	id, products := p.int("id", 0), set(p.ints("product_id:in"))
	pg, tooLarge := p.page(maxLimit)
	fields := p.fields("id")
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	var found []*variant
	for _, v := range f.catalog.variants {
		if v.deleted || f.cfg.Believed.BaseVariantsUnlisted && v.p.simple || id != 0 && v.id != id || p.has("sku") && v.sku != c.query.Get("sku") ||
			p.has("upc") && v.upc != c.query.Get("upc") || p.has("product_id:in") && !products[v.p.id] {
			continue
		}
		found = append(found, v)
	}
	return ok(rowPage(c, found, pg, func(v *variant) row { return fields(f.variantRow(v, c.now)) }))
}

// rowPage cuts a page out of found and prints only that.
func rowPage[T any](c *call, found []T, pg page, show func(T) row) collection[row] {
	from, to := pg.bounds(len(found))
	out := collection[row]{Data: []row{}}
	for _, x := range found[from:to] {
		out.Data = append(out.Data, show(x))
	}
	out.Meta.Pagination = c.pagination(len(found), to-from, pg)
	return out
}

func (f *Fake) listProductVariants(c *call) answer {
	prod := f.catalog.product(c.vars[0])
	if prod == nil {
		return c.notFound()
	}
	p := params{c: c}
	pg, tooLarge := p.page(maxLimit)
	fields := p.fields("id")
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	return ok(rowPage(c, prod.variants, pg, func(v *variant) row { return fields(f.variantRow(v, c.now)) }))
}

func (f *Fake) getVariant(c *call) answer {
	v := f.catalog.variant(c.vars[1])
	if v == nil || v.p.id != c.vars[0] {
		return c.notFound()
	}
	p := params{c: c}
	return ok(map[string]any{"data": p.fields("id")(f.variantRow(v, c.now)), "meta": map[string]any{}})
}

func (f *Fake) listProducts(c *call) answer {
	p := params{c: c}
	ids, not := set(p.ints("id:in")), set(p.ints("id:not_in"))
	one := p.int("id", 0)
	from, to := max(p.int("id:min", 0), p.int("id:greater", -1)+1), min(p.int("id:max", math.MaxInt), p.int("id:less", math.MaxInt)-1)
	since, until := p.date("date_modified:min"), p.date("date_modified:max")
	skus := set(p.list("sku:in"))
	pg, tooLarge := p.page(maxLimit)
	fields := f.productFields(&p)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	sortBy := c.query.Get("sort")
	if sortBy != "" && sortBy != "id" && sortBy != "name" && sortBy != "sku" && sortBy != "date_modified" {
		p.fail("sort")
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	var found []*product
	for _, x := range f.catalog.products {
		if x.deleted || one != 0 && x.id != one || p.has("id:in") && !ids[x.id] || not[x.id] || x.id < from || x.id > to ||
			p.has("name") && x.name != c.query.Get("name") || p.has("sku") && x.sku != c.query.Get("sku") || p.has("sku:in") && !skus[x.sku] ||
			p.has("type") && (c.query.Get("type") == "digital") != x.digital || p.has("upc") && x.upc != c.query.Get("upc") ||
			x.modified.Before(since) || !until.IsZero() && x.modified.After(until) {
			continue
		}
		found = append(found, x)
	}
	slices.SortStableFunc(found, func(a, b *product) int {
		switch sortBy {
		case "name":
			return strings.Compare(a.name, b.name)
		case "sku":
			return strings.Compare(a.sku, b.sku)
		case "date_modified":
			return a.modified.Compare(b.modified)
		default:
			return a.id - b.id
		}
	})
	if c.query.Get("direction") == "desc" {
		slices.Reverse(found)
	}
	return ok(rowPage(c, found, pg, fields))
}

func (f *Fake) getProduct(c *call) answer {
	x := f.catalog.product(c.vars[0])
	if x == nil {
		return c.notFound()
	}
	p := params{c: c}
	return ok(map[string]any{"data": f.productFields(&p)(x), "meta": map[string]any{}})
}

// catalogLevel sets a level the way the catalogue's writes do: at once, at the
// default location only, and lowered to the largest number there is.
func (f *Fake) catalogLevel(it *item, n int64, now time.Time) {
	l := f.settled(it, DefaultLocation, now)
	l.onHand, l.counted = min(n, maxStock), true
	f.stockChanged(it, DefaultLocation, "absolute", l.onHand, false)
}

type variantPut struct {
	ID             *int         `json:"id"`
	SKU            *string      `json:"sku"`
	Price          *json.Number `json:"price"`
	UPC            *string      `json:"upc"`
	InventoryLevel *int64       `json:"inventory_level"`
}

// putVariants updates up to 50 variants, all or none.
func (f *Fake) putVariants(c *call) answer {
	var body []variantPut
	if json.Unmarshal(c.body, &body) != nil {
		return v3Refusal(http.StatusUnprocessableEntity, "JSON data is missing or invalid", nil)
	}
	if len(body) > maxVariantBatch {
		return c.inContentType(tooManyItems(maxVariantBatch))
	}
	var batch []v3Error
	found := make([]*variant, len(body))
	prices := make([]*amount, len(body))
	for i, in := range body {
		errs := map[string]string{}
		if in.ID == nil {
			errs["id"] = "id is required"
		} else if found[i] = f.catalog.variant(*in.ID); found[i] == nil {
			errs["id"] = fmt.Sprintf("variant %d does not exist", *in.ID)
		}
		if in.InventoryLevel != nil && *in.InventoryLevel < 0 {
			errs["inventory_level"] = "must not be negative"
		}
		if in.Price != nil {
			a, err := parseAmount(in.Price.String())
			if err != nil || a < 0 {
				errs["price"] = "must be a price"
			}
			prices[i] = &a
		}
		if len(errs) > 0 {
			title := fmt.Sprintf("Variant %d of the batch is invalid", i)
			batch = append(batch, v3Error{http.StatusUnprocessableEntity, title, typeStatusCodes, errs})
		}
	}
	if len(batch) > 0 {
		return answer{status: http.StatusUnprocessableEntity, body: map[string]any{"batch_errors": batch}}
	}
	rows, unsaved := []row{}, false
	for i, in := range body {
		v := found[i]
		if in.SKU != nil {
			f.catalog.rename(v, *in.SKU, c.now)
		}
		assign(&v.upc, in.UPC)
		if prices[i] != nil {
			v.price = prices[i]
		}
		v.p.modified = c.now
		if in.InventoryLevel != nil {
			unsaved = unsaved || f.noStockPut
			if it := v.catalogItem(); it != nil && !f.noStockPut {
				f.catalogLevel(it, *in.InventoryLevel, c.now)
			}
		}
		rows = append(rows, f.variantRow(v, c.now))
	}
	if unsaved {
		return f.multiStatus(rows)
	}
	return ok(map[string]any{"data": rows, "meta": map[string]any{}})
}

// catalogItem is what inventory_level of a variant sets.
func (v *variant) catalogItem() *item {
	if v.p.simple {
		return v.p.item
	}
	return v.item
}

// multiStatus is a catalogue write that saved everything but inventory.
func (f *Fake) multiStatus(data any) answer {
	return answer{status: http.StatusMultiStatus, body: map[string]any{
		"data": data, "meta": map[string]any{},
		"errors": v3Error{Status: http.StatusMultiStatus, Title: "Inventory data could not be saved", Type: typeStatusCodes},
	}}
}

// putProduct updates what of a product matters to stock; other known fields
// are accepted and dropped.
func (f *Fake) putProduct(c *call) answer {
	x := f.catalog.product(c.vars[0])
	if x == nil {
		return c.notFound()
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return v3Refusal(http.StatusUnprocessableEntity, "JSON data is missing or invalid", nil)
	}
	known := f.productRow(x, c.now)
	errs := map[string]string{}
	var in struct {
		Name           *string `json:"name"`
		InventoryLevel *int64  `json:"inventory_level"`
	}
	for _, k := range slices.Sorted(maps.Keys(body)) {
		if _, isField := known[k]; !isField {
			errs[k] = "unknown field"
		}
	}
	if len(errs) > 0 || json.Unmarshal(c.body, &in) != nil || in.InventoryLevel != nil && *in.InventoryLevel < 0 {
		return v3Refusal(http.StatusUnprocessableEntity, "JSON data is missing or invalid", errs)
	}
	assign(&x.name, in.Name)
	x.modified = c.now
	if in.InventoryLevel != nil && f.noStockPut {
		return f.multiStatus(f.productRow(x, c.now))
	}
	if in.InventoryLevel != nil && x.item != nil {
		f.catalogLevel(x.item, *in.InventoryLevel, c.now)
	}
	return ok(map[string]any{"data": f.productRow(x, c.now), "meta": map[string]any{}})
}
