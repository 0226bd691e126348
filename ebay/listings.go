package ebay

import (
	"context"

	"github.com/penstock-go/penstock/channel"
)

// ListingPage returns one page of the seller's active listings, of both of eBay's
// worlds, each once: a listing without variations goes by its item's id, a
// variation by that and its SKU. Listings that came of the Inventory API have
// that route in their handle, all others Trading's.
//
// A page of 200 items is one Trading call, one of the Inventory API for 25 SKUs,
// and one more for each SKU that the Inventory API knows. Beyond one page there
// is a Trading call more. eBay does not tell when a listing changed, and cannot
// filter: q.Since and q.SKUs are ignored.
//
// A variation without SKU, which no call can revise, is not Tracked, and nor is
// an auction. SKUs may be missing, and several listings may have one.
func (c *Channel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	var none channel.Page[channel.Listing]
	const op = "listing page"
	w := &catalogWalk{Kind: walkListings}
	if q.After != "" {
		var err error
		if w, err = c.parseCatalogWalk(op, q.After, walkListings); err != nil {
			return none, err
		}
	}
	page, err := c.catalog(ctx, op, w, q.Limit)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.Listing]{ReadAt: page.at, Parked: page.parked, Through: page.through}
	for i := range page.entries {
		out.Items = append(out.Items, page.entries[i].Listing)
	}
	if !page.last {
		out.Next = w.cursor()
	}
	return out, nil
}
