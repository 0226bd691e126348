package amazon

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// fewReads is up to how many listings are read one by one: getListingsItem has a
// bucket of its own, which searches do not drain.
const fewReads = 3

// StockPage returns what listings show: the live quantity (the dataset
// fulfillmentAvailability), which sales lower, and not the attribute, which is
// what was last submitted. With q.Listings all of them come in one page, those
// without a quantity left out: up to three by a call each, more by 20 to a call.
// Of a listing that Amazon fulfils it is what Amazon can ship, which is never
// written; without the role Amazon Fulfillment such are left out.
//
// Without q.Listings it is a walk over the catalogue, as [Channel.ListingPage]
// walks; where that is by report, the quantities may be six hours old.
func (c *Channel) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	var none channel.Page[channel.StockLevel]
	const op = "stock page"
	w := &catalogWalk{Kind: walkStock}
	if q.After != "" {
		var err error
		if w, err = c.parseCatalogWalk(op, q.After, walkStock); err != nil {
			return none, err
		}
	} else if slices.ContainsFunc(q.Locations, func(id channel.LocationID) bool { return id != "" }) {
		return none, c.invalid(op, "Amazon has one quantity for a SKU, and no locations")
	} else if q.Listings != nil {
		return c.stockOf(ctx, op, q)
	}
	if w.Held != "" {
		return c.heldPage(ctx, op, w)
	}
	page, err := c.catalog(ctx, op, w, q.Limit)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.StockLevel]{ReadAt: page.at, Parked: page.parked, Through: page.through}
	var held []entry
	for _, e := range page.entries {
		switch {
		case e.FulfilledBy == channel.ByMarketplace:
			held = append(held, e)
		case e.quantity != nil:
			out.Items = append(out.Items, channel.StockLevel{Listing: e.Ref, Quantity: *e.quantity})
		}
	}
	if !page.report && len(held) > 0 {
		levels, err := c.heldOf(ctx, op, held)
		if err != nil {
			return none, err
		}
		out.Items = append(out.Items, levels...)
	}
	switch {
	case !page.last:
		out.Next = w.cursor()
	case page.report:
		// The reports do not tell what Amazon holds.
		w.Held, out.Through = heldFirst, time.Time{}
		out.Next = w.cursor()
	}
	return out, nil
}

// reading is what a listing was read to show.
type reading struct {
	entry
	at time.Time
}

// stockOf reads the listings asked for.
func (c *Channel) stockOf(ctx context.Context, op string, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	out := channel.Page[channel.StockLevel]{ReadAt: c.serverNow()}
	refs := map[string]channel.ListingRef{}
	var skus []string
	for _, ref := range q.Listings {
		sku := string(ref.ID)
		if _, again := refs[sku]; again || !fits(ref) {
			continue
		}
		refs[sku] = ref
		skus = append(skus, sku)
	}
	reads, err := c.readSKUs(ctx, op, skus)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	var held []entry
	for _, sku := range skus {
		r, ok := reads[sku]
		switch {
		case !ok:
		case r.FulfilledBy == channel.ByMarketplace:
			held = append(held, r.entry)
		case r.quantity != nil:
			out.Items = append(out.Items, channel.StockLevel{Listing: refs[sku], Quantity: *r.quantity, ReadAt: r.at})
		}
	}
	if len(held) > 0 {
		levels, err := c.heldOf(ctx, op, held)
		if err != nil {
			return channel.Page[channel.StockLevel]{}, err
		}
		for _, l := range levels {
			l.Listing = refs[string(l.Listing.ID)]
			out.Items = append(out.Items, l)
		}
	}
	out.Through = out.ReadAt
	return out, nil
}

// readSKUs reads listings by SKU; one that is not there is absent.
func (c *Channel) readSKUs(ctx context.Context, op string, skus []string) (map[string]reading, error) {
	out := make(map[string]reading, len(skus))
	var several []string
	for _, sku := range skus {
		if listable(sku) && (len(skus) > fewReads || delicate(sku)) {
			several = append(several, sku)
			continue
		}
		var w spapi.Listing
		at, err := c.read(ctx, get(op, opGetListing, c.pathSeller()+"/"+segment(sku), c.listingQuery()), &w)
		switch {
		case errors.Is(err, channel.ErrNotFound), errors.Is(err, channel.ErrInvalid) && delicate(sku):
			continue
		case err != nil:
			return nil, err
		case w.SKU != sku:
			return nil, c.refuse(op, channel.ErrUnavailable, "the answer is of another listing")
		}
		e, _ := c.entry(&w)
		out[sku] = reading{e, at}
	}
	for chunk := range distinctChunks(several, maxListings) {
		query := c.listingQuery()
		query.Set("identifiersType", "SKU")
		query.Set("identifiers", strings.Join(chunk, ","))
		query.Set("pageSize", strconv.Itoa(maxListings))
		list, at, err := c.search(ctx, op, query)
		if err != nil {
			return nil, err
		}
		items, err := wire.Records[spapi.Listing](list.Items)
		if err != nil {
			return nil, c.refuse(op, channel.ErrUnavailable, "answer holds no list of listings")
		}
		for i := range items {
			if items[i].Err == nil && slices.Contains(chunk, items[i].Value.SKU) {
				e, _ := c.entry(&items[i].Value)
				out[e.Ref.SKU] = reading{e, at}
			}
		}
	}
	return out, nil
}

// distinctChunks yields the values, each once, in chunks of n.
func distinctChunks(values []string, n int) iter.Seq[[]string] {
	seen := make(map[string]bool, len(values))
	var out []string
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return slices.Chunk(out, n)
}

// appendNew appends an entry unless its SKU is there.
func appendNew(to []entry, e entry) []entry {
	if slices.ContainsFunc(to, func(o entry) bool { return o.Ref.ID == e.Ref.ID }) {
		return to
	}
	return append(to, e)
}
