package bigcommerce

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// StockPage returns what listings show: available to sell, which is on hand
// less the safety stock. With q.Listings all of them come in one page, those
// that are not counted left out; without, it is a walk over everything that is
// counted, by pages, over which a catalogue that changes can shift a row.
func (c *Channel) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	var none channel.Page[channel.StockLevel]
	const op = "stock page"
	w := walk{Kind: walkStock, Page: 1, Locations: q.Locations}
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, walkStock); err != nil {
			return none, err
		}
	} else if q.Listings != nil {
		return c.stockOf(ctx, op, q)
	}
	locations, err := c.locationIDs(op, w.Locations)
	if err != nil {
		return none, err
	}
	limit := maxInventory
	if q.Limit > 0 {
		limit = min(q.Limit, maxInventory)
	}
	query := url.Values{"page": {strconv.Itoa(w.Page)}, "limit": {strconv.Itoa(limit)}}
	if len(locations) > 0 {
		query.Set("location_id:in", strings.Join(locations, ","))
	}
	nodes, meta, at, err := page[store.InventoryItem](ctx, c, get(op, "/v3/inventory/items", query))
	if err != nil {
		return none, err
	}
	if w.Began.IsZero() {
		w.Began = at
	}
	out := channel.Page[channel.StockLevel]{ReadAt: at}
	for i := range nodes {
		if nodes[i].Err != nil {
			out.Parked = append(out.Parked, channel.Parked{Raw: nodes[i].Raw, Err: parkedError(nodes[i].Err)})
			continue
		}
		row := &nodes[i].Value
		ref := rowRef(row)
		for k := range row.Locations {
			out.Items = append(out.Items, level(ref, &row.Locations[k]))
		}
	}
	if len(nodes) == 0 || int64(w.Page) >= int64(meta.Pagination.TotalPages) {
		out.Through = w.Began
		return out, nil
	}
	w.Page++
	out.Next = w.cursor()
	return out, nil
}

// rowRef is the listing an inventory row belongs to. A row without a variant is
// a product that is counted as one; a variant without a SKU's id of its own is
// the only one of its product, which is then what is counted.
func rowRef(r *store.InventoryItem) channel.ListingRef {
	h := handle{product: int64(r.Identity.ProductID), variant: int64(r.Identity.VariantID), mode: store.TrackVariant}
	if h.variant == 0 || r.Identity.SKUID == 0 {
		h.mode = store.TrackProduct
	}
	return channel.ListingRef{ID: h.id(), SKU: string(r.Identity.SKU), Handle: channel.Handle(h.String())}
}

func level(ref channel.ListingRef, l *store.InventoryLevel) channel.StockLevel {
	return channel.StockLevel{
		Listing: ref, Location: channel.LocationID(l.LocationID.String()), Quantity: int64(l.Available), Inactive: !bool(l.Enabled),
	}
}

// locationIDs checks the locations asked for; "" is the channel's own.
func (c *Channel) locationIDs(op string, ids []channel.LocationID) ([]string, error) {
	var out []string
	for _, id := range ids {
		if id == "" {
			id = c.cfg.Location
		}
		if _, ok := number(string(id)); !ok {
			return nil, c.invalid(op, "there is no location "+strconv.Quote(string(id)))
		}
		if !slices.Contains(out, string(id)) {
			out = append(out, string(id))
		}
	}
	return out, nil
}

// stockOf reads the listings asked for.
func (c *Channel) stockOf(ctx context.Context, op string, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	var none channel.Page[channel.StockLevel]
	locations, err := c.locationIDs(op, q.Locations)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.StockLevel]{ReadAt: c.serverNow()}
	out.Through = out.ReadAt
	ask, refs := map[item]bool{}, map[item][]channel.ListingRef{}
	for _, ref := range q.Listings {
		it, ok := readItem(ref)
		if !ok {
			continue
		}
		ask[it] = true
		if !slices.Contains(refs[it], ref) {
			refs[it] = append(refs[it], ref)
		}
	}
	err = c.levels(ctx, op, ask, locations, func(it item, l *store.InventoryLevel, at time.Time) {
		for _, ref := range refs[it] {
			read := level(ref, l)
			read.ReadAt = at
			out.Items = append(out.Items, read)
		}
	})
	if err != nil {
		return none, err
	}
	return out, nil
}

// readItem is what to read for a listing. Reading needs no handle: an id alone
// says enough.
func readItem(ref channel.ListingRef) (item, bool) {
	if h, ok := parseHandle(ref); ok {
		switch h.mode {
		case store.TrackProduct:
			return item{product: h.product}, true
		case store.TrackVariant:
			return item{variant: h.variant}, true
		}
		return item{}, false // not counted, or not by itself
	}
	if rest, isProduct := strings.CutPrefix(string(ref.ID), "p"); isProduct {
		id, ok := number(rest)
		return item{product: id}, ok
	}
	id, ok := number(string(ref.ID))
	return item{variant: id}, ok
}

// levels reads the inventory of items at locations (none: at all) and tells
// each level, and when it was asked for. An item of a product with variants is told once for each that is
// counted.
func (c *Channel) levels(ctx context.Context, op string, items map[item]bool, locations []string,
	tell func(it item, l *store.InventoryLevel, at time.Time),
) error {
	var variants, products []int64
	for it := range items {
		if it.variant > 0 {
			variants = append(variants, it.variant)
		} else {
			products = append(products, it.product)
		}
	}
	for _, by := range []struct {
		filter string
		ids    []int64
		key    func(*store.InventoryItem) item
	}{
		{"variant_id:in", variants, func(r *store.InventoryItem) item { return item{variant: int64(r.Identity.VariantID)} }},
		{"product_id:in", products, func(r *store.InventoryItem) item { return item{product: int64(r.Identity.ProductID)} }},
	} {
		slices.Sort(by.ids)
		for chunk := range slices.Chunk(by.ids, maxIDs) {
			query := url.Values{by.filter: {joinIDs(chunk)}, "limit": {strconv.Itoa(maxInventory)}}
			if len(locations) > 0 {
				query.Set("location_id:in", strings.Join(locations, ","))
			}
			for n := 1; ; n++ {
				query.Set("page", strconv.Itoa(n))
				nodes, meta, at, err := page[store.InventoryItem](ctx, c, get(op, "/v3/inventory/items", query))
				if err != nil {
					return err
				}
				for i := range nodes {
					row := &nodes[i].Value
					it := by.key(row)
					if nodes[i].Err != nil || !items[it] {
						continue
					}
					for k := range row.Locations {
						tell(it, &row.Locations[k], at)
					}
				}
				if len(nodes) == 0 || int64(n) >= int64(meta.Pagination.TotalPages) {
					break
				}
				if n == maxRowPages {
					return c.unending(op, "levels")
				}
			}
		}
	}
	return nil
}

func joinIDs(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}

var _ channel.StockReader = (*Channel)(nil)
