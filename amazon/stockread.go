package amazon

import (
	"context"
	"errors"
	"iter"
	"net/url"
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
// A SKU with both a comma and what a path may not hold is read by its product;
// one of which Amazon tells nothing is left out.
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
	var skus []asked
	for _, ref := range q.Listings {
		sku := string(ref.ID)
		if _, again := refs[sku]; again || !fits(ref) {
			continue
		}
		refs[sku] = ref
		skus = append(skus, asked{sku, productOf(ref)})
	}
	reads, _, err := c.readSKUs(ctx, op, skus)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	var held []entry
	for _, a := range skus {
		r, ok := reads[a.sku]
		switch {
		case !ok:
		case r.FulfilledBy == channel.ByMarketplace:
			held = append(held, r.entry)
		case r.quantity != nil:
			out.Items = append(out.Items, channel.StockLevel{Listing: refs[a.sku], Quantity: *r.quantity, ReadAt: r.at})
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

// asked names a listing that is to be read.
type asked struct {
	sku  string
	asin string // "" where it is not known
}

// lookPages is how many pages are looked through for a SKU that can be neither a
// path nor in a list, and whose product is not known: the burst of searches.
const lookPages = 5

// readSKUs reads listings by SKU; one that is not there is absent. unread are
// those of which nobody can tell: their SKUs stand in no list, their paths are
// not matched, and no search found them. They keep nothing from being read.
func (c *Channel) readSKUs(ctx context.Context, op string, skus []asked) (reads map[string]reading, unread map[string]bool, err error) {
	reads = make(map[string]reading, len(skus))
	var several []string
	var odd, lost []asked
	for _, a := range skus {
		switch {
		case delicate(a.sku) && !listable(a.sku):
			odd = append(odd, a)
		case listable(a.sku) && (len(skus) > fewReads || delicate(a.sku)):
			several = append(several, a.sku)
		default:
			if err := c.readPath(ctx, op, a.sku, reads); err != nil && !errors.Is(err, channel.ErrNotFound) {
				return nil, nil, err
			}
		}
	}
	if err := c.readOdd(ctx, op, odd, reads); err != nil {
		return nil, nil, err
	}
	for _, a := range odd {
		if _, ok := reads[a.sku]; ok {
			continue
		}
		// A path that is not matched is refused as a missing role is, or as what is
		// not there: a search tells.
		switch err := c.readPath(ctx, op, a.sku, reads); {
		case errors.Is(err, channel.ErrForbidden), errors.Is(err, channel.ErrNotFound), errors.Is(err, channel.ErrInvalid):
			lost = append(lost, a)
		case err != nil:
			return nil, nil, err
		}
	}
	if len(lost) > 0 {
		if unread, err = c.lookThrough(ctx, op, lost, reads); err != nil {
			return nil, nil, err
		}
	}
	for chunk := range distinctChunks(several, maxListings) {
		query := c.listingQuery()
		query.Set("identifiersType", "SKU")
		query.Set("identifiers", strings.Join(chunk, ","))
		query.Set("pageSize", strconv.Itoa(maxListings))
		if _, _, err := c.searchFor(ctx, op, query, reads, func(sku string) bool { return slices.Contains(chunk, sku) }); err != nil {
			return nil, nil, err
		}
	}
	return reads, unread, nil
}

// readPath reads a listing by its path.
func (c *Channel) readPath(ctx context.Context, op, sku string, into map[string]reading) error {
	var w spapi.Listing
	at, err := c.read(ctx, get(op, opGetListing, c.pathSeller()+"/"+segment(sku), c.listingQuery()), &w)
	switch {
	case err != nil:
		return err
	case w.SKU != sku && delicate(sku):
		return c.refuse(op, channel.ErrNotFound, "the path is that of another listing")
	case w.SKU != sku:
		return c.refuse(op, channel.ErrUnavailable, "the answer is of another listing")
	}
	e, _ := c.entry(&w)
	into[sku] = reading{e, at}
	return nil
}

// readOdd reads listings by their products, where these are known.
func (c *Channel) readOdd(ctx context.Context, op string, odd []asked, into map[string]reading) error {
	var asins []string
	for _, a := range odd {
		if a.asin != "" {
			asins = append(asins, a.asin)
		}
	}
	if len(asins) == 0 {
		return nil
	}
	at := c.serverNow()
	found, err := c.byProduct(ctx, op, asins)
	if err != nil && !errors.Is(err, channel.ErrInvalid) {
		return err
	}
	for _, a := range odd {
		for _, e := range found[a.asin] {
			if e.Ref.SKU == a.sku {
				into[a.sku] = reading{e, at}
			}
		}
	}
	return nil
}

// lookThrough looks for listings in the first pages of the catalogue, and
// returns those of which it cannot tell whether they are there.
func (c *Channel) lookThrough(ctx context.Context, op string, lost []asked, into map[string]reading) (unread map[string]bool, err error) {
	unread = map[string]bool{}
	for _, a := range lost {
		unread[a.sku] = true
	}
	query := c.listingQuery()
	query.Set("sortBy", "createdDate")
	query.Set("sortOrder", "DESC") // an older one has a handle that names its product
	query.Set("pageSize", strconv.Itoa(maxListings))
	for got, page := 0, 0; page < lookPages && len(unread) > 0; page++ {
		list, n, err := c.searchFor(ctx, op, query, into, func(sku string) bool {
			mine := unread[sku]
			delete(unread, sku)
			return mine
		})
		if err != nil {
			return nil, err
		}
		if got += n; list.Pages.Next == "" {
			if got >= list.Total {
				clear(unread) // there are no others
			}
			break
		}
		query.Set("pageToken", list.Pages.Next)
	}
	return unread, nil
}

// searchFor reads a page of a search and keeps what is wanted of it; n is how
// many listings it had.
func (c *Channel) searchFor(ctx context.Context, op string, query url.Values, into map[string]reading, wanted func(sku string) bool) (list spapi.Listings, n int, err error) {
	list, at, err := c.search(ctx, op, query)
	if err != nil {
		return list, 0, err
	}
	items, err := wire.Records[spapi.Listing](list.Items)
	if err != nil {
		return list, 0, c.refuse(op, channel.ErrUnavailable, "answer holds no list of listings")
	}
	for i := range items {
		if items[i].Err == nil && wanted(items[i].Value.SKU) {
			e, _ := c.entry(&items[i].Value)
			into[e.Ref.SKU] = reading{e, at}
		}
	}
	return list, len(items), nil
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
