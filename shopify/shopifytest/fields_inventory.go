package shopifytest

import (
	"slices"
	"strconv"
)

func inventoryFields(t resolverTable) {
	typed(t, "InventoryItem", fields[*item]{
		"id":                   func(_ *run, i *item, _ args) any { return i.gid() },
		"legacyResourceId":     func(_ *run, i *item, _ args) any { return legacy(i.id) },
		"sku":                  func(_ *run, i *item, _ args) any { return opt(i.sku) },
		"tracked":              func(_ *run, i *item, _ args) any { return i.tracked },
		"requiresShipping":     func(_ *run, i *item, _ args) any { return i.shipped },
		"createdAt":            func(_ *run, i *item, _ args) any { return i.createdAt },
		"updatedAt":            func(_ *run, i *item, _ args) any { return i.updatedAt },
		"duplicateSkuCount":    func(x *run, i *item, _ args) any { return x.duplicates(i) },
		"countryCodeOfOrigin":  func(*run, *item, args) any { return nil },
		"harmonizedSystemCode": func(*run, *item, args) any { return nil },
		"unitCost":             func(*run, *item, args) any { return nil },
		"measurement": func(_ *run, i *item, _ args) any {
			r := rec{"id": gid("InventoryItemMeasurement", i.id), "weight": nil}
			if i.variant.grams > 0 {
				r["weight"] = rec{"value": float64(i.variant.grams), "unit": "GRAMS"}
			}
			return r
		},
		"variant": func(_ *run, i *item, _ args) any { return i.variant },
		"variants": func(x *run, i *item, a args) any {
			return paged(x, []*variant{i.variant}, a, "itemVariants", func(v *variant) int64 { return v.id })
		},
		"locationsCount": func(_ *run, i *item, _ args) any {
			n := 0
			for _, l := range i.levels {
				if l.active {
					n++
				}
			}
			return exactly(n)
		},
		"inventoryLevel": func(x *run, i *item, a args) any {
			loc, ok := find[*location](x.Fake, a.str("locationId"))
			if !ok {
				return nil
			}
			return levelOrNull(i.level(loc), a)
		},
		"inventoryLevels": func(x *run, i *item, a args) any {
			match, _ := levelSearch.matcher(x, a.str("query"))
			return paged(x, activeLevels(i.levels, a, match, x), a, "itemLevels:"+a.str("query"), func(l *level) int64 { return l.id })
		},
	})
	typed(t, "InventoryLevel", fields[*level]{
		"id":                func(_ *run, l *level, _ args) any { return l.gid() },
		"isActive":          func(_ *run, l *level, _ args) any { return l.active },
		"createdAt":         func(_ *run, l *level, _ args) any { return l.createdAt },
		"updatedAt":         func(_ *run, l *level, _ args) any { return l.updatedAt },
		"item":              func(_ *run, l *level, _ args) any { return l.item },
		"location":          func(_ *run, l *level, _ args) any { return l.loc },
		"canDeactivate":     func(_ *run, l *level, _ args) any { return l.active && l.q[committed] == 0 && len(l.item.levels) > 1 },
		"deactivationAlert": func(*run, *level, args) any { return nil },
		"quantities":        quantities,
	})
	typed(t, "InventoryAdjustmentGroup", fields[*adjustmentGroup]{
		"id":                   func(_ *run, g *adjustmentGroup, _ args) any { return g.gid() },
		"createdAt":            func(_ *run, g *adjustmentGroup, _ args) any { return g.at },
		"reason":               func(_ *run, g *adjustmentGroup, _ args) any { return g.reason },
		"referenceDocumentUri": func(_ *run, g *adjustmentGroup, _ args) any { return opt(g.document) },
		"app":                  func(x *run, _ *adjustmentGroup, _ args) any { return x.app() },
		"changes": func(_ *run, g *adjustmentGroup, a args) any {
			return slices.DeleteFunc(slices.Clone(g.changes), func(c change) bool {
				return a.has("inventoryItemIds") && !slices.Contains(a.strings("inventoryItemIds"), c.level.item.gid()) ||
					a.has("locationIds") && !slices.Contains(a.strings("locationIds"), c.level.loc.gid()) ||
					a.has("quantityNames") && !slices.Contains(a.strings("quantityNames"), c.name)
			})
		},
	})
	typed(t, "InventoryChange", fields[change]{
		"name":                func(_ *run, c change, _ args) any { return c.name },
		"delta":               func(_ *run, c change, _ args) any { return c.delta },
		"quantityAfterChange": func(*run, change, args) any { return nil }, // as recorded, null for set and adjust
		"ledgerDocumentUri":   func(_ *run, c change, _ args) any { return opt(c.ledger) },
		"item":                func(_ *run, c change, _ args) any { return c.level.item },
		"location":            func(_ *run, c change, _ args) any { return c.level.loc },
	})
}

// quantities answers the states asked for. The time of the last change is kept
// per state; on hand, a sum, has none.
func quantities(x *run, l *level, a args) any {
	out := []rec{}
	for _, name := range a.strings("names") {
		r := rec{
			"id":   "gid://shopify/InventoryQuantity/" + strconv.FormatInt(l.id, 10) + "?inventory_item_id=" + strconv.FormatInt(l.item.id, 10) + "&name=" + name,
			"name": name, "quantity": x.told(l, name), "updatedAt": nil,
		}
		q, ok := quantityNamed(name)
		if !ok && name != onHand {
			return failf("INVALID_FIELD_ARGUMENTS", "The quantity name %s is invalid.", name)
		}
		if ok && !l.qAt[q].IsZero() {
			r["updatedAt"] = l.qAt[q]
		}
		out = append(out, r)
	}
	return out
}

// told is a quantity as the API tells it.
func (f *Fake) told(l *level, name string) int {
	if name == quantityNames[committed] && f.cfg.HideCommitted {
		return 0
	}
	return l.get(name)
}

func levelOrNull(l *level, a args) any {
	if l == nil || !l.active && !a.boolean("includeInactive") {
		return nil
	}
	return l
}

func activeLevels(ls []*level, a args, match func(*level) bool, _ *run) []*level {
	inactive := a.boolean("includeInactive")
	return slices.DeleteFunc(slices.Clone(ls), func(l *level) bool { return !l.active && !inactive || !match(l) })
}

var levelSearch = search[*level]{
	fields: map[string]func(*run, *level, term) bool{
		"id":                func(_ *run, l *level, t term) bool { return t.byNumber(l.id) },
		"inventory_item_id": func(_ *run, l *level, t term) bool { return t.byNumber(l.item.id) },
		"created_at":        func(x *run, l *level, t term) bool { return t.byTime(x, l.createdAt) },
		"updated_at":        func(x *run, l *level, t term) bool { return t.byTime(x, l.updatedAt) },
	},
}

var itemSearch = search[*item]{
	fields: map[string]func(*run, *item, term) bool{
		"id":         func(_ *run, i *item, t term) bool { return t.byNumber(i.id) },
		"sku":        func(x *run, i *item, t term) bool { return x.bySKU(t, i.sku) },
		"created_at": func(x *run, i *item, t term) bool { return t.byTime(x, i.createdAt) },
		"updated_at": func(x *run, i *item, t term) bool { return t.byTime(x, i.updatedAt) },
	},
}

func (x *run) itemsPage(a args) any {
	match, e := itemSearch.matcher(x, a.str("query"))
	all := make([]*item, len(x.variants))
	for i, v := range x.variants {
		all[i] = v.item
	}
	return sortedPage(x, ofSKUs(x, e, all, func(i *item) *item { return i }), match, a, walkName("inventoryItems", a.str("query")),
		func(i *item) int64 { return i.id }, nil)
}

// duplicates counts the other items with the SKU.
func (f *Fake) duplicates(i *item) int {
	if i.sku == "" {
		return 0
	}
	return len(f.itemsBySKU[i.sku]) - 1
}
