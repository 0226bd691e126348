package bigcommercetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

type identityJSON struct {
	SKU       string `json:"sku"`
	VariantID *int   `json:"variant_id,omitempty"` // absent where a product with variants is tracked by product
	ProductID int    `json:"product_id"`
}

type itemIdentityJSON struct {
	identityJSON
	SKUID *int `json:"sku_id"`
}

type levelSettingsJSON struct {
	SafetyStock      int64  `json:"safety_stock"`
	IsInStock        bool   `json:"is_in_stock"`
	WarningLevel     int64  `json:"warning_level"`
	BinPickingNumber string `json:"bin_picking_number"`
}

type levelJSON struct {
	AvailableToSell      int64             `json:"available_to_sell"`
	TotalInventoryOnhand int64             `json:"total_inventory_onhand"`
	Settings             levelSettingsJSON `json:"settings"`
}

type itemLocationJSON struct {
	LocationID      int    `json:"location_id"`
	LocationCode    string `json:"location_code"`
	LocationName    string `json:"location_name"`
	LocationEnabled bool   `json:"location_enabled"`
	levelJSON
}

type itemJSON struct {
	Identity  itemIdentityJSON   `json:"identity"`
	Locations []itemLocationJSON `json:"locations"`
}

type locationItemJSON struct {
	Identity identityJSON `json:"identity"`
	levelJSON
}

// single returns the variant an item's row names; nil where the product has
// several and is counted as one.
func (it *item) single() *variant {
	if it.v != nil {
		return it.v
	}
	if it.p.simple {
		return it.p.variants[0]
	}
	return nil
}

func (it *item) identity() identityJSON {
	j := identityJSON{SKU: it.sku(), ProductID: it.p.id}
	if v := it.single(); v != nil {
		id := v.id
		j.VariantID = &id
	}
	return j
}

func (v *variant) skuID() *int {
	if v.p.simple {
		return nil
	}
	id := v.id + 1000 // the V2 SKU id is not the variant id
	return &id
}

func (f *Fake) levelJSON(it *item, location int, now time.Time) levelJSON {
	l := f.settled(it, location, now)
	return levelJSON{l.sellable(), l.onHand, levelSettingsJSON{l.safety, l.inStock, l.warning, l.bin}}
}

// matchItems returns the items that the identity filters leave, in order.
func (f *Fake) matchItems(p *params) []*item {
	skus, variants, products := p.list("sku:in"), p.ints("variant_id:in"), p.ints("product_id:in")
	wantSKU := set(skus)
	wantVariant, wantProduct := set(variants), set(products)
	var out []*item
	for _, it := range f.catalog.items {
		if skus != nil && !wantSKU[it.sku()] || products != nil && !wantProduct[it.p.id] {
			continue
		}
		if variants != nil {
			if v := it.single(); v == nil || !wantVariant[v.id] {
				continue
			}
		}
		out = append(out, it)
	}
	return out
}

func set[T comparable](list []T) map[T]bool {
	m := make(map[T]bool, len(list))
	for _, x := range list {
		m[x] = true
	}
	return m
}

func (f *Fake) listItems(c *call) answer {
	p := params{c: c}
	ids, codes := p.ints("location_id:in"), p.list("location_code:in")
	items := f.matchItems(&p)
	pg, tooLarge := p.page(maxInventory)
	if tooLarge {
		return c.limitTooLarge(maxInventory)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	from, to := pg.bounds(len(items))
	out := collection[itemJSON]{Data: []itemJSON{}}
	for _, it := range items[from:to] {
		row := itemJSON{Identity: itemIdentityJSON{identityJSON: it.identity()}, Locations: []itemLocationJSON{}}
		if v := it.single(); v != nil {
			row.Identity.SKUID = v.skuID()
		}
		for _, loc := range f.locations {
			if ids != nil && !slices.Contains(ids, loc.ID) || codes != nil && !slices.Contains(codes, loc.Code) {
				continue
			}
			row.Locations = append(row.Locations, itemLocationJSON{loc.ID, loc.Code, loc.Label, loc.Enabled, f.levelJSON(it, loc.ID, c.now)})
		}
		out.Data = append(out.Data, row)
	}
	out.Meta.Pagination = c.pagination(len(items), to-from, pg)
	return ok(out)
}

func (f *Fake) listLocationItems(c *call) answer {
	loc := f.location(c.vars[0])
	if loc == nil {
		return problem(http.StatusNotFound, msgNotFound, nil)
	}
	p := params{c: c}
	items := f.matchItems(&p)
	pg, tooLarge := p.page(maxInventory)
	if tooLarge {
		return c.limitTooLarge(maxInventory)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	from, to := pg.bounds(len(items))
	out := collection[locationItemJSON]{Data: []locationItemJSON{}}
	for _, it := range items[from:to] {
		out.Data = append(out.Data, locationItemJSON{it.identity(), f.levelJSON(it, loc.ID, c.now)})
	}
	out.Meta.Pagination = c.pagination(len(items), to-from, pg)
	return ok(out)
}

type settingsBody struct {
	Settings []struct {
		Identity struct {
			SKU       *string `json:"sku"`
			VariantID *int    `json:"variant_id"`
			ProductID *int    `json:"product_id"`
		} `json:"identity"`
		SafetyStock      *int64  `json:"safety_stock"`
		IsInStock        *bool   `json:"is_in_stock"`
		WarningLevel     *int64  `json:"warning_level"`
		BinPickingNumber *string `json:"bin_picking_number"`
	} `json:"settings"`
}

// putSettings changes safety stock and the like for items at a location.
func (f *Fake) putSettings(c *call) answer {
	if f.location(c.vars[0]) == nil {
		return problem(http.StatusUnprocessableEntity, fmt.Sprintf(refuseLocation, strconv.Itoa(c.vars[0])), nil)
	}
	var body settingsBody
	if json.Unmarshal(c.body, &body) != nil || body.Settings == nil {
		return problem(http.StatusUnprocessableEntity, "Payload contains invalid fields", map[string]string{"settings": "settings is required"})
	}
	if len(body.Settings) > maxAdjustments {
		return c.inContentType(tooManyItems(maxAdjustments))
	}
	errs := map[string]string{}
	var rs refusals
	items := make([]*item, len(body.Settings))
	for i, s := range body.Settings {
		if s.SafetyStock == nil && s.IsInStock == nil && s.WarningLevel == nil && s.BinPickingNumber == nil {
			errs[fmt.Sprintf("setting.%d.settings", i)] = "At least one setting must be specified: warning_level, is_in_stock or safety_stock"
			continue
		}
		id := adjustmentItem{SKU: s.Identity.SKU, VariantID: s.Identity.VariantID, ProductID: s.Identity.ProductID}
		if id.identity() == "" {
			errs[fmt.Sprintf("setting.%d.identity", i)] = "One of sku, variant_id and product_id must be specified"
			continue
		}
		it, tracked, good := f.identify(id, &rs)
		if good && !tracked {
			rs.add(refuseNotTracked, id.identity())
		}
		items[i] = it
	}
	if len(errs) > 0 {
		return problem(http.StatusUnprocessableEntity, "Payload contains invalid fields", errs)
	}
	if len(rs.kinds) > 0 {
		return problem(http.StatusUnprocessableEntity, rs.title(), nil)
	}
	for i, s := range body.Settings {
		l := f.settled(items[i], c.vars[0], c.now)
		assign(&l.safety, s.SafetyStock)
		assign(&l.inStock, s.IsInStock)
		assign(&l.warning, s.WarningLevel)
		assign(&l.bin, s.BinPickingNumber)
	}
	f.nextEvent++
	return ok(map[string]string{"transaction_id": uuid(f.nextEvent)})
}

func assign[T any](dst *T, src *T) {
	if src != nil {
		*dst = *src
	}
}
