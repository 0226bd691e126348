package amazon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	maxListings = 20   // of a page, and identifiers of a search: listingsItems_2021-08-01
	reach       = 1000 // listings that paging reaches: listingsItems_2021-08-01

	// mostSearched is how many listings that changed are searched for, in slices
	// of reach: 500 calls, which take 100 s at the plan's rate. For more, and for
	// a whole catalogue beyond reach, the report is made, which costs four calls
	// and some minutes.
	mostSearched = 10_000
)

// catalogWalk is a cursor over the catalogue: by search, or by the reports of
// the marketplaces, the main one last, so that what it says of a listing
// stands.
type catalogWalk struct {
	Kind  string    `json:"k"`
	Began time.Time `json:"b"`          // server time when the walk began
	Since time.Time `json:"s,omitzero"` // of listings that changed

	Token string    `json:"t,omitzero"` // of the next page
	From  time.Time `json:"f,omitzero"` // the slice: created at or after
	Last  time.Time `json:"l,omitzero"` // the last one had was created then
	Got   int       `json:"n,omitzero"` // of the slice

	Markets  []string `json:"m,omitempty"` // whose reports are still to be had
	Report   string   `json:"r,omitzero"`
	Likely   bool     `json:"y,omitzero"` // the report was found in a list and may be another's
	Document string   `json:"d,omitzero"`
	Row      int      `json:"i,omitzero"` // rows had

	Held string `json:"h,omitzero"` // what Amazon holds: heldFirst, or the next page's token
}

// The kinds of walks over the catalogue.
const (
	walkListings = "listings"
	walkStock    = "stock"
)

func (w *catalogWalk) cursor() channel.Cursor { return wire.Cursor(*w) }

// parseCatalogWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseCatalogWalk(op string, cur channel.Cursor, kind string) (*catalogWalk, error) {
	w := &catalogWalk{}
	known := func(id string) bool { return slices.Contains(c.cfg.MarketplaceIDs, id) }
	if !wire.ParseCursor(cur, w) || w.Kind != kind || w.Began.IsZero() || w.Row < 0 || w.Got < 0 ||
		w.Token == "" && w.From.IsZero() && len(w.Markets) == 0 && w.Held == "" ||
		slices.ContainsFunc(w.Markets, func(id string) bool { return !known(id) }) {
		return nil, c.refuse(op, channel.ErrCursor, "cursor is not of this channel's making")
	}
	return w, nil
}

// entry is a listing as the catalogue tells it.
type entry struct {
	channel.Listing
	handle   handle
	quantity *int64 // of the seller's, nil where it has none
}

// catalogPage is a page of the catalogue.
type catalogPage struct {
	entries []entry
	parked  []channel.Parked
	at      time.Time // server time when it was read
	report  bool      // by report: the quantities are as old
	last    bool
	through time.Time
}

// catalog reads the next page of a walk and moves w on.
func (c *Channel) catalog(ctx context.Context, op string, w *catalogWalk, limit int) (catalogPage, error) {
	if len(w.Markets) > 0 {
		return c.reportPage(ctx, op, w, limit)
	}
	return c.searchPage(ctx, op, w, limit)
}

// searched are the datasets of a search for listings: the live quantity and
// where it is listed. A listing's attributes are what was last submitted, which
// can differ from it for hours.
const searched = "summaries,fulfillmentAvailability"

func (c *Channel) listingQuery() url.Values {
	return url.Values{"marketplaceIds": {strings.Join(c.cfg.MarketplaceIDs, ",")}, "includedData": {searched}}
}

func (c *Channel) pathSeller() string { return pathListings + "/" + url.PathEscape(c.cfg.SellerID) }

// searchPage reads a page of a search, in the order in which listings were
// created: one that changes meanwhile keeps its place.
func (c *Channel) searchPage(ctx context.Context, op string, w *catalogWalk, limit int) (catalogPage, error) {
	var page catalogPage
	query := c.listingQuery()
	query.Set("sortBy", "createdDate")
	query.Set("sortOrder", "ASC")
	query.Set("pageSize", strconv.Itoa(pageSize(limit, maxListings)))
	if !w.Since.IsZero() {
		query.Set("lastUpdatedAfter", stamp(w.Since, false))
	}
	if !w.From.IsZero() {
		query.Set("createdAfter", stamp(w.From, false))
	}
	first := w.Began.IsZero()
	if w.Token != "" {
		query.Set("pageToken", w.Token)
	}
	list, at, err := c.search(ctx, op, query)
	if err != nil {
		if errors.Is(err, channel.ErrInvalid) && w.Token != "" {
			return page, c.refuse(op, channel.ErrCursor, "the page token is no longer taken")
		}
		return page, err
	}
	page.at = at
	if first {
		w.Began = at
		if many := list.Total; many > mostSearched || many > reach && w.Since.IsZero() {
			// Nothing of this page is given: the reports bring it all.
			w.Since, w.Markets, page.report = time.Time{}, c.reversed(), true
			return page, nil
		}
	}
	items, err := wire.Records[spapi.Listing](list.Items)
	if err != nil {
		return page, c.refuse(op, channel.ErrUnavailable, "answer holds no list of listings")
	}
	for i := range items {
		it := &items[i]
		if it.Err != nil || it.Value.SKU == "" {
			page.parked = append(page.parked, channel.Parked{ID: skuOf(it.Raw), Raw: it.Raw, Err: wire.Unfit("decode listing", it.Err)})
			continue
		}
		e, s := c.entry(&it.Value)
		page.entries = append(page.entries, e)
		if s != nil && s.Created.After(w.Last) {
			w.Last = s.Created.Time
		}
	}
	w.Got += len(items)
	w.Token = list.Pages.Next
	switch {
	case w.Token != "":
	case w.Got < list.Total && list.Total > reach:
		// Paging goes no further: from the last one had it goes on.
		if !w.Last.After(w.From) {
			return page, c.refuse(op, channel.ErrConflict, "more listings than paging reaches were created at one moment")
		}
		w.From, w.Got = w.Last, 0
	default:
		page.last, page.through = true, w.Began.Add(-c.cfg.Lag)
	}
	return page, nil
}

func pageSize(limit, most int) int {
	if limit > 0 {
		return min(limit, most)
	}
	return most
}

// reversed are the marketplaces, the main one last.
func (c *Channel) reversed() []string {
	ids := slices.Clone(c.cfg.MarketplaceIDs)
	slices.Reverse(ids)
	return ids
}

func (c *Channel) search(ctx context.Context, op string, query url.Values) (spapi.Listings, time.Time, error) {
	var list spapi.Listings
	at, err := c.read(ctx, get(op, opSearchListings, c.pathSeller(), query), &list)
	return list, at, err
}

// skuOf is the SKU of a listing that did not decode.
func skuOf(raw []byte) string {
	var v struct {
		SKU text `json:"sku"`
	}
	_ = wire.Unmarshal(raw, &v)
	return string(v.SKU)
}

// entry crosses over a listing that was read, and returns the summary it was
// made of: that of the seller's main marketplace, if it is listed there.
func (c *Channel) entry(w *spapi.Listing) (entry, *spapi.Summary) {
	var s *spapi.Summary
	for _, id := range c.cfg.MarketplaceIDs {
		if i := slices.IndexFunc(w.Summaries, func(s spapi.Summary) bool { return s.MarketplaceID == id }); i >= 0 {
			s = &w.Summaries[i]
			break
		}
	}
	e := entry{handle: handle{marketplace: c.cfg.MarketplaceIDs[0]}}
	if s != nil {
		e.handle.marketplace, e.handle.product = s.MarketplaceID, productType(s.ProductType)
		e.Product, e.Title, e.UpdatedAt = s.ASIN, s.ItemName, s.Updated.Time
		e.Status = strings.Join(s.Status, ", ")
		e.Active = len(s.Status) > 0
	}
	e.handle.channel, e.quantity = shown(w.Availability)
	c.finish(&e, w.SKU)
	return e, s
}

// finish fills in what follows from a listing's fulfilment channel.
func (c *Channel) finish(e *entry, sku string) {
	if delicate(sku) && !listable(sku) && listable(e.Product) && productType(e.Product) == e.Product {
		e.handle.asin = e.Product
	}
	e.Ref = e.handle.ref(sku)
	e.FulfilledBy = shipper(e.handle.channel)
	e.Tracked = e.handle.channel == sellerChannel
	c.routes.ships(sku, e.handle.channel)
}

// shown is what buyers are shown: the fulfilment channel, and the quantity of
// the seller's own. One that Amazon ships has no other, even if it is said.
func shown(all []spapi.Availability) (code string, quantity *int64) {
	code = noChannel
	for _, a := range all {
		switch {
		case a.Channel == sellerChannel && code == noChannel:
			code, quantity = a.Channel, a.Quantity
		case a.Channel != sellerChannel:
			return a.Channel, nil
		}
	}
	return code, quantity
}

// productType is a product type as a handle holds it; one of a form that is not
// known is left out.
func productType(s string) string {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return ""
		}
	}
	return s
}
