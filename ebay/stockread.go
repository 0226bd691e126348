package ebay

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/ebay/internal/trading"
	"github.com/penstock-go/penstock/internal/transport"
)

const (
	maxItemSKU    = 50  // characters of an inventory item's SKU
	maxBulkItems  = 25  // inventory items of a bulk read: the schema BulkGetInventoryItem
	maxOfferPage  = 100 // offers of a page, the default
	pathInventory = "/sell/inventory/v1"

	// fewItems is up to how many Trading-born items are read one by one before
	// the list is worth a look: a page of it has 200.
	fewItems = 3
)

// StockPage returns what listings show: of one of the Inventory API the smaller
// of the item's quantity and the offer's, of a Trading-born one what is available,
// without the units sold. Those are told beside it with Config.SoldCount, each
// listing's own: an item that sells by several offers has a count for each, as
// it has orders of each. With q.Listings all of them come in one page, ended ones
// left out: those of the Inventory API by a call for 25 SKUs and one for each,
// Trading-born items by a call each, or by pages of the seller's list, whichever
// are fewer calls.
//
// Without q.Listings it is a walk over the catalogue, as [Channel.ListingPage]
// walks.
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
		return none, c.invalid(op, "a listing has one quantity on eBay, and no locations")
	} else if q.Listings != nil {
		return c.stockOf(ctx, op, q.Listings)
	}
	page, err := c.catalog(ctx, op, w, q.Limit)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.StockLevel]{ReadAt: page.at, Parked: page.parked, Through: page.through}
	for i := range page.entries {
		if e := &page.entries[i]; e.Tracked {
			out.Items = append(out.Items, channel.StockLevel{Listing: e.Ref, Quantity: e.quantity, SoldEver: c.soldEver(e.sold)})
		}
	}
	if !page.last {
		out.Next = w.cursor()
	}
	return out, nil
}

// stockOf reads the listings asked for, each by its route.
func (c *Channel) stockOf(ctx context.Context, op string, refs []channel.ListingRef) (channel.Page[channel.StockLevel], error) {
	out := channel.Page[channel.StockLevel]{ReadAt: c.serverNow()}
	var skus, items []string
	seen := map[channel.ListingID]bool{}
	var asked []channel.ListingRef
	for _, ref := range refs {
		item, _, ok := itemOf(ref)
		if !ok || seen[ref.ID] {
			continue
		}
		seen[ref.ID] = true
		asked = append(asked, ref)
		// One without a handle is looked for in both worlds.
		h, _ := parseHandle(ref)
		if h.route == routeOffer || h.route == "" && ref.SKU != "" {
			skus = append(skus, ref.SKU)
		}
		if h.route != routeOffer {
			items = append(items, item)
		}
	}
	known, err := c.inventory(ctx, op, skus, false)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	born, err := c.tradingItems(ctx, op, items)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	for _, ref := range asked {
		item, _, _ := itemOf(ref)
		if s := known[ref.SKU]; s != nil && ref.SKU != "" {
			if o := s.offerOf(item); o != nil {
				out.Items = append(out.Items, channel.StockLevel{Listing: ref, Quantity: s.left(o), SoldEver: c.soldEver(o.Listing.Sold), ReadAt: s.at})
				continue
			}
		}
		if b := born[item]; b != nil {
			for _, u := range unitsOf(b.item) {
				if listingID(item, u.sku, u.variation) == ref.ID {
					out.Items = append(out.Items, channel.StockLevel{Listing: ref, Quantity: u.left, SoldEver: c.soldEver(u.sold), ReadAt: b.at})
					break
				}
			}
		}
	}
	out.Through = out.ReadAt
	return out, nil
}

// soldEver is a count of units sold, if it is to be told and can be one.
func (c *Channel) soldEver(n *int64) *int64 {
	if !c.cfg.SoldCount || n == nil || *n < 0 || *n > maxUnits {
		return nil
	}
	return n
}

// born is a Trading-born listing that was read.
type born struct {
	item *trading.Item
	at   time.Time
}

// tradingItems reads listings by their ids; those that ended are absent.
func (c *Channel) tradingItems(ctx context.Context, op string, ids []string) (map[string]*born, error) {
	out := map[string]*born{}
	missing := map[string]bool{}
	for _, id := range ids {
		missing[id] = true
	}
	w := &catalogWalk{Size: maxEntries, Page: 1}
	for pages := 1; len(missing) > fewItems && w.Page <= pages; w.Page++ {
		list, at, err := c.selling(ctx, op, w)
		if err != nil {
			return nil, err
		}
		pages = list.Active.Pages.Pages
		for i := range list.Active.Items {
			if it := &list.Active.Items[i]; missing[it.ID] {
				out[it.ID] = &born{it, at}
				delete(missing, it.ID)
			}
		}
		if pages-w.Page >= len(missing) {
			break // one by one is cheaper
		}
	}
	for _, id := range distinct(ids) {
		if !missing[id] {
			continue
		}
		var got trading.ItemResponse
		at, err := c.ask(ctx, op, opItem, jobStock, trading.ItemByID(id), &got, &got.Head)
		if errors.Is(err, channel.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if got.Item.ID != id {
			return nil, c.refuse(op, channel.ErrUnavailable, "the answer is of another listing")
		}
		if s := got.Item.Selling.Status; s == "" || s == "Active" {
			out[id] = &born{&got.Item, at}
		}
	}
	return out, nil
}

// stocked is an inventory item with its offers.
type stocked struct {
	sku      string
	quantity int64
	auction  int64
	offers   []sell.Offer // the published ones of a fixed price
	at       time.Time    // server time of the earlier read
}

// offerOf is the offer that a listing comes from.
func (s *stocked) offerOf(listing string) *sell.Offer {
	for i := range s.offers {
		if s.offers[i].Listing.ID == listing {
			return &s.offers[i]
		}
	}
	return nil
}

// left is what a buyer can buy: the smaller of the two quantities.
func (s *stocked) left(o *sell.Offer) int64 { return max(min(s.quantity-s.auction, o.Available), 0) }

func (s *stocked) handle(o *sell.Offer) handle {
	return handle{route: routeOffer, offer: o.ID, shared: len(s.offers) > 1, auction: s.auction}
}

// skuCodes refuse a SKU, and not the call.
var skuCodes = []string{"25702", "25707", "25710"}

// items reads up to maxBulkItems inventory items. SKUs of the other world may be
// what this one refuses: one that does is asked for by itself, and then counts as
// unknown.
func (c *Channel) items(ctx context.Context, op string, what job, skus []string) ([]*stocked, error) {
	in := sell.BulkItemsRequest{}
	for _, sku := range skus {
		in.Requests = append(in.Requests, sell.SKU{SKU: sku})
	}
	var w sell.BulkItems
	at, err := c.read(ctx, call{
		op: op, api: apiInventory, operation: "bulkGetInventoryItem", job: what, method: http.MethodPost,
		path: pathInventory + "/bulk_get_inventory_item", body: in, repeat: transport.Read, entries: true,
	}, &w)
	e, _ := errors.AsType[*channel.Error](err)
	refused := e != nil && slices.Contains(skuCodes, e.Code)
	if err != nil && !refused {
		return nil, err
	}
	told := map[string]bool{}
	var out []*stocked
	for _, r := range w.Responses {
		if !slices.Contains(skus, r.SKU) || told[r.SKU] {
			continue
		}
		told[r.SKU] = true
		switch {
		case r.Item != nil && r.Status < 300:
			ship := &r.Item.Availability.Ship
			out = append(out, &stocked{sku: r.SKU, quantity: ship.Quantity, auction: min(max(ship.Allocation.Auction, 0), maxUnits), at: at})
		case r.Status >= 500:
			return nil, c.refuse(op, channel.ErrUnavailable, "an inventory item could not be read")
		}
	}
	switch {
	case len(told) == len(skus), len(skus) == 1 && refused:
	case len(skus) == 1:
		return nil, c.refuse(op, channel.ErrUnavailable, "the answer leaves the inventory item out")
	default:
		for _, sku := range skus {
			if told[sku] {
				continue
			}
			one, err := c.items(ctx, op, what, []string{sku})
			if err != nil {
				return nil, err
			}
			out = append(out, one...)
		}
	}
	return out, nil
}

// offers reads the offers of an inventory item.
func (c *Channel) offers(ctx context.Context, op string, what job, s *stocked) error {
	var w sell.Offers
	query := url.Values{"sku": {s.sku}, "limit": {"100"}}
	_, err := c.read(ctx, get(op, apiInventory, "getOffers", what, pathInventory+"/offer", query), &w)
	if errors.Is(err, channel.ErrNotFound) {
		return nil // an item that nobody can buy
	}
	if err != nil {
		return err
	}
	if w.Total > maxOfferPage {
		return c.refuse(op, channel.ErrInvalid, "a SKU has more offers than there are marketplaces")
	}
	for _, o := range w.Offers {
		if o.SKU == s.sku && o.Status == sell.OfferPublished && o.Listing != nil && digits(o.ID) && o.Format != "AUCTION" {
			s.offers = append(s.offers, o)
		}
	}
	return nil
}

// distinct returns the values, each once.
func distinct(values []string) []string {
	seen := make(map[string]bool, len(values))
	var out []string
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// distinctChunks yields the values, each once, in chunks of n.
func distinctChunks(values []string, n int) iter.Seq[[]string] {
	return slices.Chunk(distinct(values), n)
}

var _ channel.StockReader = (*Channel)(nil)
