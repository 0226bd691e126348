package amazon

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
)

const (
	pathSummaries = "/fba/inventory/v1/summaries"
	maxSummaries  = 50 // SKUs asked for: fbaInventory

	// heldFirst is the first page of a walk over what Amazon holds. A page's
	// token is good for 30 seconds: fbaInventory.
	heldFirst = "from the first"
)

// summaries reads what Amazon holds and can ship, of one marketplace; the
// others of a region have the same sums.
func (c *Channel) summaries(ctx context.Context, op string, filter url.Values) (spapi.Summaries, time.Time, error) {
	query := url.Values{
		"granularityType": {"Marketplace"}, "granularityId": {c.cfg.MarketplaceIDs[0]}, "marketplaceIds": {c.cfg.MarketplaceIDs[0]},
		"details": {"true"},
	}
	maps.Copy(query, filter)
	var s spapi.Summaries
	at, err := c.read(ctx, get(op, opInventorySummaries, pathSummaries, query), &s)
	return s, at, err
}

// levels are the stock levels that a summary tells. Their handles say that they
// are Amazon's, which no write takes.
func (c *Channel) levels(s *spapi.Summaries, at time.Time, code string) (out []channel.StockLevel) {
	for _, row := range s.Payload.Summaries {
		if row.SKU == "" || row.Details.Fulfillable < 0 {
			continue
		}
		h := handle{channel: code, marketplace: c.cfg.MarketplaceIDs[0]}
		out = append(out, channel.StockLevel{Listing: h.ref(row.SKU), Quantity: row.Details.Fulfillable, ReadAt: at})
	}
	return out
}

// heldOf reads what Amazon holds of listings. Without the role for it there is
// nothing to tell.
func (c *Channel) heldOf(ctx context.Context, op string, entries []entry) ([]channel.StockLevel, error) {
	var out []channel.StockLevel
	var several []string
	var filters []url.Values
	for _, e := range entries {
		if listable(e.Ref.SKU) {
			several = append(several, e.Ref.SKU)
		} else {
			filters = append(filters, url.Values{"sellerSku": {e.Ref.SKU}})
		}
	}
	for chunk := range distinctChunks(several, maxSummaries) {
		filters = append(filters, url.Values{"sellerSkus": {strings.Join(chunk, ",")}})
	}
	wanted := map[channel.ListingID]entry{}
	for _, e := range entries {
		wanted[e.Ref.ID] = e
	}
	for _, filter := range filters {
		s, at, err := c.summaries(ctx, op, filter)
		if errors.Is(err, channel.ErrForbidden) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, l := range c.levels(&s, at, amazonChannels) {
			if e, ok := wanted[l.Listing.ID]; ok {
				l.Listing = e.Ref
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// heldPage is a page of the walk over all that Amazon holds, which ends a walk
// by report.
func (c *Channel) heldPage(ctx context.Context, op string, w *catalogWalk) (channel.Page[channel.StockLevel], error) {
	var filter url.Values
	if w.Held != heldFirst {
		filter = url.Values{"nextToken": {w.Held}}
	}
	s, at, err := c.summaries(ctx, op, filter)
	out := channel.Page[channel.StockLevel]{ReadAt: at}
	switch {
	case errors.Is(err, channel.ErrForbidden): // without the role there is nothing to tell
	case errors.Is(err, channel.ErrInvalid) && w.Held != heldFirst:
		return channel.Page[channel.StockLevel]{}, c.refuse(op, channel.ErrCursor, "the page token is older than half a minute")
	case err != nil:
		return channel.Page[channel.StockLevel]{}, err
	default:
		out.Items = c.levels(&s, at, amazonChannels)
	}
	if w.Held = s.Pages.Next; w.Held == "" {
		out.Through = w.Began.Add(-reportAge)
		return out, nil
	}
	out.Next = w.cursor()
	return out, nil
}

var _ channel.StockReader = (*Channel)(nil)
