package shopifytest

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

func catalogFields(t resolverTable) {
	typed(t, "ProductVariant", fields[*variant]{
		"id":               func(_ *run, v *variant, _ args) any { return v.gid() },
		"legacyResourceId": func(_ *run, v *variant, _ args) any { return legacy(v.id) },
		"defaultCursor": func(_ *run, v *variant, _ args) any {
			return cursorAt{Walk: walkName("productVariants", "ID", ""), ID: v.id}.String()
		},
		"sku":            func(_ *run, v *variant, _ args) any { return opt(v.item.sku) },
		"barcode":        func(_ *run, v *variant, _ args) any { return opt(v.barcode) },
		"title":          func(_ *run, v *variant, _ args) any { return v.title },
		"displayName":    func(_ *run, v *variant, _ args) any { return v.displayName() },
		"price":          func(x *run, v *variant, _ args) any { return fixed(v.price, x.cfg.Currency) },
		"compareAtPrice": func(*run, *variant, args) any { return nil },
		"createdAt":      func(_ *run, v *variant, _ args) any { return v.createdAt },
		"updatedAt":      func(_ *run, v *variant, _ args) any { return v.updatedAt },
		"position":       func(_ *run, v *variant, _ args) any { return v.position },
		"taxable":        func(_ *run, v *variant, _ args) any { return v.taxable },
		"inventoryPolicy": func(_ *run, v *variant, _ args) any {
			if v.oversell {
				return "CONTINUE"
			}
			return "DENY"
		},
		"inventoryQuantity":      func(_ *run, v *variant, _ args) any { return v.item.total() },
		"sellableOnlineQuantity": func(_ *run, v *variant, _ args) any { return v.item.shown() },
		"availableForSale":       func(_ *run, v *variant, _ args) any { return !v.item.tracked || v.oversell || v.item.shown() > 0 },
		"requiresComponents":     func(_ *run, v *variant, _ args) any { return len(v.components) > 0 },
		"selectedOptions":        func(_ *run, v *variant, _ args) any { return []rec{{"name": "Title", "value": v.title}} },
		"inventoryItem":          func(_ *run, v *variant, _ args) any { return v.item },
		"product":                func(_ *run, v *variant, _ args) any { return v.product },
		"productVariantComponents": func(x *run, v *variant, a args) any {
			return paged(x, v.components, a, "components", func(c component) int64 { return c.v.id })
		},
	})
	typed(t, "ProductVariantComponent", fields[component]{
		"id":             func(_ *run, c component, _ args) any { return gid("ProductVariantComponent", c.v.id) },
		"productVariant": func(_ *run, c component, _ args) any { return c.v },
		"quantity":       func(_ *run, c component, _ args) any { return c.n },
	})
	typed(t, "Product", fields[*product]{
		"id":               func(_ *run, p *product, _ args) any { return p.gid() },
		"legacyResourceId": func(_ *run, p *product, _ args) any { return legacy(p.id) },
		"defaultCursor": func(_ *run, p *product, _ args) any {
			return cursorAt{Walk: walkName("products", "ID", ""), ID: p.id}.String()
		},
		"title":       func(_ *run, p *product, _ args) any { return p.title },
		"handle":      func(_ *run, p *product, _ args) any { return p.handle },
		"vendor":      func(_ *run, p *product, _ args) any { return p.vendor },
		"productType": func(_ *run, p *product, _ args) any { return p.kind },
		"status":      func(_ *run, p *product, _ args) any { return p.status },
		"createdAt":   func(_ *run, p *product, _ args) any { return p.createdAt },
		"updatedAt":   func(_ *run, p *product, _ args) any { return p.updatedAt },
		"publishedAt": func(_ *run, p *product, _ args) any { return p.createdAt },
		"tags":        func(*run, *product, args) any { return []string{} },
		"isGiftCard": func(_ *run, p *product, _ args) any {
			return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.giftCard })
		},
		"hasOnlyDefaultVariant": func(_ *run, p *product, _ args) any {
			return len(p.variants) == 1 && p.variants[0].title == "Default Title"
		},
		"hasOutOfStockVariants": func(_ *run, p *product, _ args) any {
			return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.item.tracked && v.item.total() <= 0 })
		},
		"hasVariantsThatRequiresComponents": func(_ *run, p *product, _ args) any {
			return slices.ContainsFunc(p.variants, func(v *variant) bool { return len(v.components) > 0 })
		},
		"totalInventory": func(_ *run, p *product, _ args) any { return p.stock() },
		"totalVariants":  func(_ *run, p *product, _ args) any { return len(p.variants) },
		"variantsCount":  func(_ *run, p *product, _ args) any { return exactly(len(p.variants)) },
		"tracksInventory": func(_ *run, p *product, _ args) any {
			return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.item.tracked })
		},
		"variants": func(x *run, p *product, a args) any {
			return paged(x, p.variants, a, "variants", func(v *variant) int64 { return v.id })
		},
	})
	typed(t, "Location", fields[*location]{
		"id":                   func(_ *run, l *location, _ args) any { return l.gid() },
		"legacyResourceId":     func(_ *run, l *location, _ args) any { return legacy(l.id) },
		"name":                 func(_ *run, l *location, _ args) any { return l.name },
		"isActive":             func(_ *run, l *location, _ args) any { return l.active },
		"activatable":          func(_ *run, l *location, _ args) any { return !l.active },
		"deactivatable":        func(_ *run, l *location, _ args) any { return l.active && l.priority > 0 },
		"deactivatedAt":        func(*run, *location, args) any { return nil },
		"deletable":            func(*run, *location, args) any { return false },
		"isPrimary":            func(_ *run, l *location, _ args) any { return l.priority == 0 },
		"fulfillsOnlineOrders": func(_ *run, l *location, _ args) any { return l.online },
		"shipsInventory":       func(_ *run, l *location, _ args) any { return l.online },
		"hasActiveInventory": func(_ *run, l *location, _ args) any {
			return slices.ContainsFunc(l.levels, func(v *level) bool { return v.active })
		},
		"hasUnfulfilledOrders": func(x *run, l *location, _ args) any {
			for _, e := range x.foByID.list {
				if e.v.loc == l && e.v.open() {
					return true
				}
			}
			return false
		},
		"isFulfillmentService": func(_ *run, l *location, _ args) any { return l.service != nil },
		"fulfillmentService":   func(_ *run, l *location, _ args) any { return l.service },
		"addressVerified":      func(*run, *location, args) any { return true },
		"createdAt":            func(_ *run, l *location, _ args) any { return l.createdAt },
		"updatedAt":            func(_ *run, l *location, _ args) any { return l.updatedAt },
		"address": func(_ *run, l *location, _ args) any {
			return rec{
				"address1": l.address1, "address2": nil, "city": l.city, "zip": l.zip, "province": l.code, "provinceCode": l.code,
				"country": l.country, "countryCode": l.country, "phone": nil, "latitude": nil, "longitude": nil,
				"formatted": []string{l.address1, l.city + " " + l.zip, l.country},
			}
		},
		"inventoryLevel": func(x *run, l *location, a args) any {
			it, ok := find[*item](x.Fake, a.str("inventoryItemId"))
			if !ok {
				return nil
			}
			return levelOrNull(it.level(l), a)
		},
		"inventoryLevels": func(x *run, l *location, a args) any {
			match, _ := levelSearch.matcher(x, a.str("query"))
			return paged(x, activeLevels(l.levels, a, match, x), a, "locationLevels:"+a.str("query"), func(v *level) int64 { return v.id })
		},
	})
}

func (p *product) stock() int {
	n := 0
	for _, v := range p.variants {
		if v.item.tracked {
			n += v.item.total()
		}
	}
	return n
}

var variantSearch = search[*variant]{
	fields: map[string]func(*run, *variant, term) bool{
		"id":           func(_ *run, v *variant, t term) bool { return t.byNumber(v.id) },
		"sku":          func(x *run, v *variant, t term) bool { return x.bySKU(t, v.item.sku) },
		"barcode":      func(_ *run, v *variant, t term) bool { return t.byWord(v.barcode) },
		"title":        func(_ *run, v *variant, t term) bool { return t.byWord(v.title) },
		"vendor":       func(_ *run, v *variant, t term) bool { return t.byWord(v.product.vendor) },
		"product_type": func(_ *run, v *variant, t term) bool { return t.byWord(v.product.kind) },
		"product_id":   func(_ *run, v *variant, t term) bool { return t.byNumber(v.product.id) },
		"product_ids": func(_ *run, v *variant, t term) bool {
			return slices.Contains(strings.Split(t.value, ","), legacy(v.product.id))
		},
		"product_status":      func(_ *run, v *variant, t term) bool { return t.byWord(v.product.status) },
		"updated_at":          func(x *run, v *variant, t term) bool { return t.byTime(x, v.updatedAt) },
		"taxable":             func(_ *run, v *variant, t term) bool { return t.byBool(v.taxable) },
		"gift_card":           func(_ *run, v *variant, t term) bool { return t.byBool(v.giftCard) },
		"managed":             func(_ *run, v *variant, t term) bool { return t.byBool(v.item.tracked) },
		"requires_components": func(_ *run, v *variant, t term) bool { return t.byBool(len(v.components) > 0) },
		"inventory_quantity":  func(_ *run, v *variant, t term) bool { return t.byNumber(int64(v.item.total())) },
		"location_id": func(_ *run, v *variant, t term) bool {
			return slices.ContainsFunc(v.item.levels, func(l *level) bool { return l.active && t.byNumber(l.loc.id) })
		},
	},
	text: func(v *variant, s string) bool {
		return strings.Contains(strings.ToLower(v.displayName()+" "+v.item.sku+" "+v.barcode), strings.ToLower(s))
	},
}

// ofSKUs narrows a search that names SKUs to the variants that have them.
func ofSKUs[T any](x *run, e expr, all []T, of func(*item) T) []T {
	if x.cfg.LooseSKUSearch {
		return all
	}
	skus := e.required("sku")
	if skus == nil {
		return all
	}
	var its []*item
	for _, want := range skus {
		for _, sku := range x.spellings(want) {
			its = append(its, x.itemsBySKU[sku]...)
		}
	}
	slices.SortFunc(its, func(a, b *item) int { return int(a.variant.id - b.variant.id) })
	var out []T
	for _, it := range slices.Compact(its) {
		out = append(out, of(it))
	}
	return out
}

// spellings are the SKUs that differ from one in case only.
func (f *Fake) spellings(sku string) []string {
	if len(f.itemsBySKU[sku]) > 0 && strings.ToUpper(sku) == strings.ToLower(sku) {
		return []string{sku}
	}
	var out []string
	for s := range f.itemsBySKU {
		if strings.EqualFold(s, sku) {
			out = append(out, s)
		}
	}
	return out
}

func (x *run) variantsPage(a args) any {
	query, key := a.str("query"), or(a.str("sortKey"), "ID")
	match, e := variantSearch.matcher(x, query)
	vs := ofSKUs(x, e, x.variants, func(i *item) *variant { return i.variant })
	return sortedPage(x, vs, match, a, walkName("productVariants", key, query), func(v *variant) int64 { return v.id }, func(v *variant) string {
		switch key {
		case "SKU":
			return v.item.sku
		case "TITLE", "NAME", "FULL_TITLE":
			return v.displayName()
		case "INVENTORY_QUANTITY":
			return padded(v.item.total())
		}
		return ""
	})
}

func padded(n int) string { return strconv.Itoa(1_000_000_000 + n) }

// sortedPage pages over entities in order of their ids. A sort key sorts a copy
// and counts positions instead.
func sortedPage[T entity](x *run, all []T, match func(T) bool, a args, walk string, id func(T) int64, key func(T) string) any {
	w, err := x.window(a, walk)
	if err != nil {
		return err
	}
	at := func(i int) int64 { return id(all[i]) }
	if key != nil && len(all) > 0 && key(all[0]) != "" {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b T) int { return strings.Compare(key(a), key(b)) })
		at = func(i int) int64 { return int64(i) }
	}
	forward := w.reverse == w.backward
	i, step, n := 0, 1, len(all)
	if !forward {
		i, step = n-1, -1
	}
	c := &conn{hasPrev: w.cursor != nil}
	seen := 0
	if w.cursor != nil {
		seen = w.cursor.Seen
		i = sort.Search(n, func(i int) bool { return at(i) > w.cursor.ID })
		if !forward {
			i = sort.Search(n, func(i int) bool { return at(i) >= w.cursor.ID }) - 1
		}
	}
	for ; i >= 0 && i < n; i += step {
		if !match(all[i]) {
			continue
		}
		if len(c.nodes) == w.size {
			c.hasNext = true
			break
		}
		seen++
		c.nodes = append(c.nodes, all[i])
		c.marks = append(c.marks, cursorAt{Walk: w.walk, ID: at(i), Seen: seen, Gen: w.gen})
	}
	return c.finish(w)
}

var productSearch = search[*product]{
	fields: map[string]func(*run, *product, term) bool{
		"id":           func(_ *run, p *product, t term) bool { return t.byNumber(p.id) },
		"title":        func(_ *run, p *product, t term) bool { return t.byWord(p.title) },
		"handle":       func(_ *run, p *product, t term) bool { return t.byWord(p.handle) },
		"status":       func(_ *run, p *product, t term) bool { return t.byWord(p.status) },
		"vendor":       func(_ *run, p *product, t term) bool { return t.byWord(p.vendor) },
		"product_type": func(_ *run, p *product, t term) bool { return t.byWord(p.kind) },
		"created_at":   func(x *run, p *product, t term) bool { return t.byTime(x, p.createdAt) },
		"updated_at":   func(x *run, p *product, t term) bool { return t.byTime(x, p.updatedAt) },
		"sku": func(x *run, p *product, t term) bool {
			return slices.ContainsFunc(p.variants, func(v *variant) bool { return x.bySKU(t, v.item.sku) })
		},
	},
	text: func(p *product, s string) bool { return strings.Contains(strings.ToLower(p.title), strings.ToLower(s)) },
}

func (x *run) productsPage(a args) any {
	query, key := a.str("query"), or(a.str("sortKey"), "ID")
	match, _ := productSearch.matcher(x, query)
	return sortedPage(x, x.products, match, a, walkName("products", key, query), func(p *product) int64 { return p.id }, func(p *product) string {
		switch key {
		case "TITLE":
			return p.title
		case "VENDOR":
			return p.vendor
		case "UPDATED_AT":
			return p.updatedAt.Format(timeShape)
		case "CREATED_AT":
			return p.createdAt.Format(timeShape)
		}
		return ""
	})
}

var locationSearch = search[*location]{
	fields: map[string]func(*run, *location, term) bool{
		"id":          func(_ *run, l *location, t term) bool { return t.byNumber(l.id) },
		"location_id": func(_ *run, l *location, t term) bool { return t.byNumber(l.id) },
		"name":        func(_ *run, l *location, t term) bool { return t.byWord(l.name) },
		"country":     func(_ *run, l *location, t term) bool { return t.byWord(l.country) },
		"active":      func(_ *run, l *location, t term) bool { return t.byBool(l.active) },
		"legacy":      func(_ *run, l *location, t term) bool { return t.byBool(l.service != nil) },
		"created_at":  func(x *run, l *location, t term) bool { return t.byTime(x, l.createdAt) },
	},
}

// locationsPage leaves out places of fulfilment services unless asked for by
// includeLegacy.
func (x *run) locationsPage(a args) any {
	query, key := a.str("query"), or(a.str("sortKey"), "NAME")
	match, _ := locationSearch.matcher(x, query)
	see := func(l *location) bool {
		return (l.active || a.boolean("includeInactive")) && (l.service == nil || a.boolean("includeLegacy")) && match(l)
	}
	return sortedPage(x, x.locations, see, a, walkName("locations", key, query), func(l *location) int64 { return l.id }, func(l *location) string {
		if key == "NAME" {
			return l.name
		}
		return ""
	})
}
