package shopify

import (
	"context"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

const phaseListings = "listings"

// maxFilter bounds the search of a page and with it the SKUs asked for at once;
// how long a search may be is not documented.
const maxFilter = 2000

// ListingPage returns one page of the shop's variants, each with its inventory
// item as handle. A search for SKUs finds more than it should (it disregards
// case, and may take words apart), so a caller checks what it gets.
func (c *Channel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	var none channel.Page[channel.Listing]
	const op = "listing page"
	if _, err := c.grantedFor(ctx, op, channel.JobListings); err != nil {
		return none, err
	}
	w := walk{Phase: phaseListings, Since: q.Since, SKUs: q.SKUs, Began: c.serverNow()}
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, phaseListings); err != nil {
			return none, err
		}
	} else if len(w.cursor()) > wire.MaxCursor-100 {
		w.SKUs = nil // too many to remember: all are walked, which a caller must expect
	}
	filter, taken := w.listingFilter()
	first := maxPage
	if q.Limit > 0 {
		first = min(first, q.Limit)
	}
	vars := map[string]any{"first": first}
	if filter != "" {
		vars["query"] = filter
	}
	if w.After != "" {
		vars["after"] = w.After
	}
	var data struct {
		Variants struct {
			PageInfo admin.PageInfo             `json:"pageInfo"`
			Nodes    admin.Nodes[admin.Variant] `json:"nodes"`
		} `json:"productVariants"`
	}
	cl := call{op: op, name: "VariantsPage", query: admin.VariantsPage, vars: vars, cost: admin.VariantsPageCost(first), repeat: transport.Read}
	page := channel.Page[channel.Listing]{ReadAt: c.serverNow()}
	denied, err := c.do(ctx, cl, &data)
	if err != nil {
		return none, cursorOr(err, w.After)
	}
	if len(denied) > 0 {
		return none, c.denied(cl, denied)
	}
	nodes := data.Variants.Nodes
	for i := range nodes {
		if nodes[i].Err != nil {
			page.Parked = append(page.Parked, channel.Parked{
				ID: looseID(nodes[i].Raw), Raw: nodes[i].Raw, Err: wire.Unfit("decode listing", nodes[i].Err),
			})
			continue
		}
		page.Items = append(page.Items, listing(&nodes[i].Value))
	}
	info := data.Variants.PageInfo
	switch {
	case info.HasNextPage:
		anew := func() error {
			if len(nodes) == 0 {
				return errNoBound
			}
			return w.over(looseID(nodes[len(nodes)-1].Raw))
		}
		if err := c.turn(op, &w, info, len(nodes), anew); err != nil {
			return none, err
		}
		page.Next = w.cursor()
	case taken < len(w.SKUs):
		w.SKUs, w.After, w.Seen, w.Over = w.SKUs[taken:], "", 0, ""
		page.Next = w.cursor()
	default:
		page.Through = c.through(w)
	}
	return page, nil
}

// listingFilter returns the search of the walk's page, and how many of its SKUs
// it covers.
func (w walk) listingFilter() (filter string, taken int) {
	var b strings.Builder
	for _, sku := range w.SKUs {
		if taken > 0 && b.Len() > maxFilter {
			break
		}
		if taken > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString("sku:" + quoted(sku))
		taken++
	}
	var all []string
	if since := w.filter(); since != "" {
		all = append(all, since)
	}
	if n, err := strconv.ParseUint(w.Over, 10, 64); err == nil {
		all = append(all, "id:>="+strconv.FormatUint(n+1, 10))
	}
	switch {
	case taken > 0 && len(all) > 0:
		all = append(all, "("+b.String()+")")
	case taken > 0:
		all = append(all, b.String())
	}
	return strings.Join(all, " AND "), taken
}

// over bounds the search at the last id of a page. Pages are in the order of ids.
func (w *walk) over(id string) error {
	n, err := strconv.ParseUint(id, 10, 64)
	was, _ := strconv.ParseUint(w.Over, 10, 64)
	if err != nil || n <= was {
		return errNoBound
	}
	w.Over = id
	return nil
}

// quoted returns a value as Shopify's search takes it whatever is in it.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// listing crosses a variant over.
func listing(w *admin.Variant) channel.Listing {
	l := channel.Listing{
		Ref:     channel.ListingRef{ID: channel.ListingID(tail(w.ID)), SKU: w.InventoryItem.SKU, Handle: channel.Handle(tail(w.InventoryItem.ID))},
		Product: tail(w.Product.ID), Title: w.Product.Title, Barcode: w.Barcode, UpdatedAt: w.UpdatedAt,
		Status: w.Product.Status,
		// An unlisted product is found by its link only, and can be bought.
		Active:  w.Product.Status == "ACTIVE" || w.Product.Status == "UNLISTED",
		Tracked: w.InventoryItem.Tracked, Bundle: w.RequiresComponents, Oversells: w.InventoryPolicy == "CONTINUE",
		FulfilledBy: channel.BySeller,
	}
	if w.Title != "Default Title" { // what Shopify calls the variant of a product without variants
		l.Variant = w.Title
	}
	if !w.InventoryItem.RequiresShipping {
		l.FulfilledBy = channel.ByDigital
	}
	return l
}
