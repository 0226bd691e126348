package amazon

import (
	"context"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// ListingPage returns one page of the listings of all the channel's
// marketplaces. A SKU is one listing, however many marketplaces have it.
//
// Up to 1,000 listings, which is what paging reaches, and up to 10,000 that
// changed since q.Since, are searched for, 20 to a call. For more, Amazon makes
// a report for each marketplace, and pages have some thousand listings; until
// one is made, which takes minutes, the walk answers channel.ErrThrottled with
// the time after which the same page is to be asked for again. A report may be
// hours old, so Through is six hours before the walk began, and it does not
// tell product types, update times, and variants' parents apart.
//
// A listing that is out of stock counts as active: nothing else tells it from
// one that is not for sale. With q.SKUs those are read, in one page.
func (c *Channel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	var none channel.Page[channel.Listing]
	const op = "listing page"
	w := &catalogWalk{Kind: walkListings, Since: q.Since}
	if q.After != "" {
		var err error
		if w, err = c.parseCatalogWalk(op, q.After, walkListings); err != nil {
			return none, err
		}
	} else if len(q.SKUs) > 0 {
		return c.listingsBySKU(ctx, op, q.SKUs)
	}
	page, err := c.catalog(ctx, op, w, q.Limit)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.Listing]{ReadAt: page.at, Parked: page.parked, Through: page.through}
	for _, e := range page.entries {
		out.Items = append(out.Items, e.Listing)
	}
	if !page.last {
		out.Next = w.cursor()
	}
	return out, nil
}

// listingsBySKU reads listings by SKU. Those that are not there are left out.
func (c *Channel) listingsBySKU(ctx context.Context, op string, skus []string) (channel.Page[channel.Listing], error) {
	out := channel.Page[channel.Listing]{ReadAt: c.serverNow()}
	var ask []asked
	for _, sku := range skus {
		if sku != "" && !slices.Contains(ask, asked{sku: sku}) {
			ask = append(ask, asked{sku: sku})
		}
	}
	reads, _, err := c.readSKUs(ctx, op, ask)
	if err != nil {
		return channel.Page[channel.Listing]{}, err
	}
	for _, a := range ask {
		if r, ok := reads[a.sku]; ok {
			out.Items = append(out.Items, r.Listing)
		}
	}
	out.Through = out.ReadAt.Add(-c.cfg.Lag)
	return out, nil
}
