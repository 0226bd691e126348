package bigcommerce

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

func productListing(id int64) channel.ListingID {
	return channel.ListingID("p" + strconv.FormatInt(id, 10))
}

// ListingPage returns one page of the catalogue, walked by product id: each
// variant is a listing, and so is a product that is counted as one though it
// has several variants. Those variants cannot be written one by one. With
// q.SKUs the catalogue is asked for each SKU, up to a score; for more it is
// walked whole.
func (c *Channel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	var none channel.Page[channel.Listing]
	const op = "listing page"
	w := walk{Kind: walkListings, Since: q.Since}
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, walkListings); err != nil {
			return none, err
		}
	} else if len(q.SKUs) > 0 && len(q.SKUs) <= maxSKUs {
		return c.listingsBySKU(ctx, op, q.SKUs)
	}
	products := maxProducts
	if q.Limit > 0 {
		products = min(q.Limit, maxProducts)
	}
	query := productQuery()
	query.Set("sort", "id")
	query.Set("direction", "asc")
	if w.After > 0 {
		query.Set("id:greater", strconv.FormatInt(w.After, 10))
	}
	if !w.Since.IsZero() {
		query.Set("date_modified:min", date(w.from()))
	}
	nodes, last, at, err := c.products(ctx, op, query, products)
	if err != nil {
		return none, err
	}
	if w.Began.IsZero() {
		w.Began = at
	}
	out := channel.Page[channel.Listing]{ReadAt: at}
	if len(nodes) == 0 {
		out.Through = w.Began.Add(-c.cfg.VisibilityLag)
		return out, nil
	}
	after := w.After
	for i := range nodes {
		id := productID(&nodes[i])
		if id == 0 {
			out.Parked = append(out.Parked, channel.Parked{Raw: nodes[i].Raw, Err: parkedError(nodes[i].Err)})
			continue
		}
		if id <= w.After {
			continue
		}
		if nodes[i].Err == nil && len(nodes[i].Value.Variants) == 0 {
			// Every product has one at least.
			nodes[i].Err = &channel.Error{Op: "decode listing", Class: channel.ErrInvalid, Message: "product has no variants"}
		}
		if nodes[i].Err != nil {
			out.Parked = append(out.Parked, channel.Parked{
				ID: "product " + strconv.FormatInt(id, 10), Raw: nodes[i].Raw, Err: parkedError(nodes[i].Err),
			})
			w.After, w.Skip = id, 0
			continue
		}
		all := listings(&nodes[i].Value)
		skip := min(w.Skip, len(all))
		fits := len(all) - skip
		if q.Limit > 0 {
			fits = min(fits, q.Limit-len(out.Items)-len(out.Parked))
		}
		out.Items = append(out.Items, all[skip:skip+fits]...)
		if skip+fits < len(all) {
			w.Skip = skip + fits
			out.Next = w.cursor()
			return out, nil
		}
		w.After, w.Skip = id, 0
	}
	if w.After == after && !last {
		return none, c.refuse(op, channel.ErrUnavailable, "products came that were had already, or have no id")
	}
	if last {
		out.Through = w.Began.Add(-c.cfg.VisibilityLag)
		return out, nil
	}
	out.Next = w.cursor()
	return out, nil
}

// productQuery asks for what listings are made of.
func productQuery() url.Values {
	return url.Values{
		"include":        {"variants"},
		"include_fields": {"name,type,sku,inventory_tracking,is_visible,availability,upc,date_modified"},
	}
}

// products reads the first page of products. One that is larger than an answer
// may be is asked for in smaller pages; the walk goes on behind it. last says
// that there is nothing more.
func (c *Channel) products(ctx context.Context, op string, query url.Values, limit int) (
	nodes []store.Node[store.Product], last bool, at time.Time, err error,
) {
	for {
		query.Set("limit", strconv.Itoa(limit))
		var meta store.Meta
		nodes, meta, at, err = page[store.Product](ctx, c, get(op, "/v3/catalog/products", query))
		if errors.Is(err, transport.ErrTooLarge) && limit > 1 {
			limit = max(1, limit/4)
			continue
		}
		return nodes, meta.Pagination.TotalPages == 1, at, err
	}
}

func productID(n *store.Node[store.Product]) int64 {
	if n.Err == nil {
		return int64(n.Value.ID)
	}
	var v struct {
		ID jsontext.Value `json:"id"`
	}
	var id store.Int
	if store.Unmarshal(n.Raw, &v) != nil || store.Unmarshal(v.ID, &id) != nil {
		return 0
	}
	return int64(id)
}

// listings are what of a product can be bought.
func listings(p *store.Product) []channel.Listing {
	shared := p.Tracking == store.TrackProduct && len(p.Variants) > 1
	out := make([]channel.Listing, 0, len(p.Variants)+1)
	l := channel.Listing{
		Product: p.ID.String(), Title: string(p.Name), UpdatedAt: p.DateModified.Time, Status: p.Availability,
		Active:  bool(p.Visible) && p.Availability != "disabled",
		Tracked: p.Tracking == store.TrackProduct || p.Tracking == store.TrackVariant, FulfilledBy: channel.BySeller,
	}
	if p.Type == "digital" {
		l.FulfilledBy = channel.ByDigital
	}
	for i := range p.Variants {
		v := &p.Variants[i]
		h := handle{product: int64(p.ID), variant: int64(v.ID), mode: cmp.Or(p.Tracking, store.TrackNone)}
		one := l
		if shared {
			h.mode, one.Bundle = modeShared, true
		}
		one.Ref = channel.ListingRef{ID: h.id(), SKU: string(v.SKU), Handle: channel.Handle(h.String())}
		one.Variant, one.Barcode = variantName(v), string(cmp.Or(v.UPC, v.GTIN, p.UPC))
		one.Active = one.Active && !bool(v.Disabled)
		out = append(out, one)
	}
	if shared {
		h := handle{product: int64(p.ID), mode: store.TrackProduct}
		l.Ref = channel.ListingRef{ID: h.id(), SKU: string(p.SKU), Handle: channel.Handle(h.String())}
		l.Barcode = string(p.UPC)
		out = append(out, l)
	}
	return out
}

func variantName(v *store.Variant) string {
	var b bytes.Buffer
	for i := range v.Options {
		if i > 0 {
			b.WriteString(" / ")
		}
		b.WriteString(string(v.Options[i].Label))
	}
	return b.String()
}

// maxSKUs is how many SKUs are asked for one by one: variants have no filter
// by several.
const maxSKUs = 20

// listingsBySKU returns the listings that carry one of the SKUs.
func (c *Channel) listingsBySKU(ctx context.Context, op string, skus []string) (channel.Page[channel.Listing], error) {
	var none channel.Page[channel.Listing]
	out := channel.Page[channel.Listing]{ReadAt: c.serverNow()}
	var ids []string
	note := func(id store.Int) {
		if s := id.String(); id > 0 && !slices.Contains(ids, s) {
			ids = append(ids, s)
		}
	}
	for _, sku := range skus {
		if sku == "" {
			continue
		}
		for n := 1; ; n++ {
			query := url.Values{
				"sku": {sku}, "include_fields": {"product_id,sku"}, "page": {strconv.Itoa(n)}, "limit": {strconv.Itoa(maxPage)},
			}
			nodes, meta, _, err := page[store.Variant](ctx, c, get(op, "/v3/catalog/variants", query))
			if err != nil {
				return none, err
			}
			for i := range nodes {
				note(nodes[i].Value.ProductID)
			}
			if len(nodes) == 0 || int64(n) >= int64(meta.Pagination.TotalPages) {
				break
			}
			if n == maxRowPages {
				return none, c.unending(op, "variants of one SKU")
			}
		}
		// A product that is counted as one carries a SKU of its own.
		nodes, _, _, err := page[store.Product](ctx, c, get(op, "/v3/catalog/products", url.Values{
			"sku": {sku}, "include_fields": {"sku"}, "limit": {strconv.Itoa(maxPage)},
		}))
		if err != nil {
			return none, err
		}
		for i := range nodes {
			note(nodes[i].Value.ID)
		}
	}
	for chunk := range slices.Chunk(ids, maxProducts) {
		query := productQuery()
		query.Set("id:in", strings.Join(chunk, ","))
		nodes, err := c.productsByID(ctx, op, query, len(chunk))
		if err != nil {
			return none, err
		}
		for i := range nodes {
			if nodes[i].Err != nil {
				out.Parked = append(out.Parked, channel.Parked{
					ID: "product " + strconv.FormatInt(productID(&nodes[i]), 10), Raw: nodes[i].Raw, Err: parkedError(nodes[i].Err),
				})
				continue
			}
			for _, l := range listings(&nodes[i].Value) {
				if slices.Contains(skus, l.Ref.SKU) {
					out.Items = append(out.Items, l)
				}
			}
		}
	}
	out.Through = out.ReadAt.Add(-c.cfg.VisibilityLag)
	return out, nil
}

// productsByID reads all products of a filter.
func (c *Channel) productsByID(ctx context.Context, op string, query url.Values, limit int) ([]store.Node[store.Product], error) {
	var out []store.Node[store.Product]
	query.Set("sort", "id")
	for {
		nodes, last, _, err := c.products(ctx, op, query, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, nodes...)
		if last || len(nodes) == 0 || len(out) >= limit {
			return out, nil
		}
		query.Set("id:greater", strconv.FormatInt(productID(&nodes[len(nodes)-1]), 10))
	}
}
