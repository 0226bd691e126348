package shopify

import (
	"context"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// The phases of a walk over stock.
const (
	phaseStock  = "stock"  // location after location
	phaseLevels = "levels" // listing after listing, where a location has more than a walk can page through
)

// StockPage returns what listings show. With Listings it is one page of them
// all, 250 a call and a call no dearer for it; without, it walks one location
// after the other, and from a location with more levels than Shopify pages
// through on, listing after listing from the first, so that levels come again. A
// listing not stocked at a location shows 0 there, whatever is counted.
func (c *Channel) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	const op = "stock page"
	var none channel.Page[channel.StockLevel]
	access, err := c.grantedFor(ctx, op, "")
	if err != nil {
		return none, err
	}
	if q.After == "" && len(q.Listings) > 0 {
		return c.stockOf(ctx, op, access, q)
	}
	return c.stockWalk(ctx, op, access, q)
}

// stockLevel crosses a level over; a quantity that is missing spoils it.
func (c *Channel) stockLevel(ref channel.ListingRef, at channel.LocationID, l *admin.Level, tracked bool) (channel.StockLevel, error) {
	n := l.Of("available")
	if n == nil {
		return channel.StockLevel{}, &channel.Error{Op: "decode stock", Class: channel.ErrInvalid, Message: "the level does not tell what is available"}
	}
	s := channel.StockLevel{Listing: ref, Location: at, Quantity: *n, Inactive: !l.IsActive}
	if s.Inactive {
		s.Quantity = 0
	}
	if c.cfg.SoldCount {
		s.Sold = l.Of("committed")
	}
	item := string(ref.Handle)
	if s.Inactive || !tracked {
		item = ""
	}
	c.stock.learn(keyOf(s, at), item)
	return s, nil
}

// stockOf reads the listings of a query, in their order. Those that are gone
// are left out.
func (c *Channel) stockOf(ctx context.Context, op string, access admin.Access, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	page := channel.Page[channel.StockLevel]{ReadAt: c.serverNow()}
	query, cost := admin.StockByItem, admin.StockByItemCost
	if access.Products {
		query, cost = admin.StockByListing, admin.StockByListingCost
	}
	cl := call{op: op, name: "StockByListing", query: query, cost: cost, repeat: transport.Read}
	for refs := range slices.Chunk(q.Listings, maxInput) {
		ids := make([]string, 0, len(refs))
		of := make(map[string]channel.ListingRef, len(refs))
		for _, ref := range refs {
			if !isNumber(string(ref.ID)) && !isNumber(string(ref.Handle)) {
				continue // nothing of the shop's
			}
			id := c.stockID(access, ref)
			if _, twice := of[id]; !twice {
				ids = append(ids, id)
				of[id] = ref
			}
		}
		bad := map[string]error{}
		nodes, asked, err := c.stockNodes(ctx, cl, ids, bad)
		if err != nil {
			return channel.Page[channel.StockLevel]{}, err
		}
		for _, id := range ids {
			if err := bad[id]; err != nil {
				page.Parked = append(page.Parked, channel.Parked{ID: string(of[id].ID), Err: err})
				continue
			}
			n := nodes[id]
			if n == nil {
				continue
			}
			item := n.Item()
			ref := channel.ListingRef{ID: of[id].ID, SKU: item.SKU, Handle: channel.Handle(tail(item.ID))}
			for i := range item.Levels.Nodes {
				l := &item.Levels.Nodes[i]
				at := channel.LocationID(tail(l.Location.ID))
				if len(q.Locations) > 0 && !slices.Contains(q.Locations, at) {
					continue
				}
				level, err := c.stockLevel(ref, at, l, item.Tracked)
				if err != nil {
					page.Parked = append(page.Parked, channel.Parked{ID: string(ref.ID), Err: err})
					continue
				}
				level.ReadAt = asked
				page.Items = append(page.Items, level)
			}
		}
	}
	page.Through = page.ReadAt
	return page, nil
}

// stockNodes reads listings with all their levels, and tells when it asked for
// the first of them. bad is told why one cannot be read.
func (c *Channel) stockNodes(ctx context.Context, cl call, ids []string, bad map[string]error) (nodes map[string]*admin.StockNode, asked time.Time, err error) {
	out := make(map[string]*admin.StockNode, len(ids))
	read := func(ids []string, after string) (cut []string, err error) {
		var data struct {
			Nodes admin.Nodes[admin.StockNode] `json:"nodes"`
		}
		vars := map[string]any{"ids": ids}
		if after != "" {
			vars["after"] = after
		}
		cl.vars = vars
		denied, at, err := c.doAt(ctx, cl, &data)
		if err != nil {
			return nil, err
		}
		if len(denied) > 0 {
			return nil, c.denied(cl, denied)
		}
		if asked.IsZero() {
			asked = at
		}
		for i := range data.Nodes {
			n := &data.Nodes[i].Value
			if err := data.Nodes[i].Err; err != nil {
				if id := gidIn(data.Nodes[i].Raw); id != "" {
					bad[id] = wire.Unfit("decode stock", err)
				}
				continue
			}
			if had := out[n.ID]; had != nil {
				had.Item().Levels.Nodes = append(had.Item().Levels.Nodes, n.Item().Levels.Nodes...)
				had.Item().Levels.PageInfo = n.Item().Levels.PageInfo
			} else {
				out[n.ID] = n
			}
			if n.Item().Levels.PageInfo.HasNextPage {
				cut = append(cut, n.ID)
			}
		}
		return cut, nil
	}
	if len(ids) == 0 {
		return out, asked, nil
	}
	cut, err := read(ids, "")
	if err != nil {
		return nil, asked, err
	}
	for _, id := range cut {
		for pages := 0; ; pages++ {
			after := out[id].Item().Levels.PageInfo.EndCursor
			more, err := read([]string{id}, after)
			if err != nil {
				return nil, asked, err
			}
			if len(more) == 0 {
				break
			}
			if pages == maxDetailPages || out[id].Item().Levels.PageInfo.EndCursor == after {
				bad[id] = &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrInvalid, Message: "pages of levels do not end"}
				break
			}
		}
	}
	return out, asked, nil
}

// stockWalk returns one page of everything stocked at the locations.
func (c *Channel) stockWalk(ctx context.Context, op string, access admin.Access, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	var none channel.Page[channel.StockLevel]
	// Without variants a level belongs to no listing.
	if _, err := c.grantedFor(ctx, op, channel.JobListings); err != nil {
		return none, err
	}
	w := walk{Phase: phaseStock, Began: c.serverNow()}
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, phaseStock, phaseLevels); err != nil {
			return none, err
		}
		if w.Phase == phaseLevels {
			return c.stockByListing(ctx, op, access, w, q.Limit)
		}
	} else {
		for _, id := range q.Locations {
			w.Places = append(w.Places, string(id))
		}
		if len(w.Places) == 0 {
			places, err := c.places(ctx)
			if err != nil {
				return none, err
			}
			for _, l := range places {
				if l.Active && l.Ours {
					w.Places = append(w.Places, string(l.ID))
				}
			}
		}
	}
	page := channel.Page[channel.StockLevel]{ReadAt: c.serverNow()}
	if len(w.Places) == 0 {
		page.Through = w.Began
		return page, nil
	}
	at := channel.LocationID(w.Places[0])
	info, n, err := c.stockAt(ctx, op, at, w.After, q.Limit, &page)
	if err != nil {
		return none, cursorOr(err, w.After)
	}
	switch {
	case info.HasNextPage:
		// In which order levels come is not documented, so no bound tells what is
		// behind the wall; that of listings is.
		anew := func() error {
			w.Phase = phaseLevels
			return nil
		}
		if err := c.turn(op, &w, info, n, anew); err != nil {
			return none, err
		}
		page.Next = w.cursor()
	case len(w.Places) > 1:
		w.Places, w.After, w.Seen = w.Places[1:], "", 0
		page.Next = w.cursor()
	default:
		page.Through = w.Began
	}
	return page, nil
}

// stockByListing returns one page of a walk that goes on by listing: what the
// listings of a page show at the locations that are left.
func (c *Channel) stockByListing(ctx context.Context, op string, access admin.Access, w walk, limit int) (channel.Page[channel.StockLevel], error) {
	var none channel.Page[channel.StockLevel]
	listings, err := c.ListingPage(ctx, channel.ListingQuery{After: channel.Cursor(w.After), Limit: limit})
	if err != nil {
		return none, err
	}
	q := channel.StockQuery{Listings: make([]channel.ListingRef, len(listings.Items))}
	for i := range listings.Items {
		q.Listings[i] = listings.Items[i].Ref
	}
	for _, id := range w.Places {
		q.Locations = append(q.Locations, channel.LocationID(id))
	}
	page, err := c.stockOf(ctx, op, access, q)
	if err != nil {
		return none, err
	}
	page.Parked = append(page.Parked, listings.Parked...)
	page.Through = w.Began
	if listings.Next != "" {
		w.After, page.Through = string(listings.Next), time.Time{}
		page.Next = w.cursor()
	}
	return page, nil
}

// stockAt adds one page of a location's levels to page, and tells how many there
// were. A location that is gone has none.
func (c *Channel) stockAt(ctx context.Context, op string, at channel.LocationID, after string, limit int, page *channel.Page[channel.StockLevel]) (info admin.PageInfo, n int, err error) {
	var data struct {
		Location *struct {
			Levels *struct {
				PageInfo admin.PageInfo           `json:"pageInfo"`
				Nodes    admin.Nodes[admin.Level] `json:"nodes"`
			} `json:"inventoryLevels"`
		} `json:"location"`
	}
	first := maxPage
	if limit > 0 {
		first = min(first, limit)
	}
	vars := map[string]any{"location": gid("Location", string(at)), "first": first}
	if after != "" {
		vars["after"] = after
	}
	cl := call{
		op: op, name: "StockAtLocation", query: admin.StockAtLocation, vars: vars,
		cost: admin.StockAtLocationCost(first), repeat: transport.Read,
	}
	denied, asked, err := c.doAt(ctx, cl, &data)
	page.ReadAt = asked
	switch {
	case err != nil:
		return info, 0, err
	case len(denied) > 0:
		return info, 0, c.denied(cl, denied)
	case data.Location == nil:
		return info, 0, nil
	case data.Location.Levels == nil:
		return info, 0, c.denied(cl, nil)
	}
	nodes := data.Location.Levels.Nodes
	for i := range nodes {
		l, err := &nodes[i].Value, nodes[i].Err
		for _, v := range l.Item.Variants.Nodes {
			if err != nil {
				break
			}
			ref := channel.ListingRef{ID: channel.ListingID(tail(v.ID)), SKU: l.Item.SKU, Handle: channel.Handle(tail(l.Item.ID))}
			var level channel.StockLevel
			if level, err = c.stockLevel(ref, at, l, l.Item.Tracked); err == nil {
				page.Items = append(page.Items, level)
			}
		}
		if err != nil {
			page.Parked = append(page.Parked, channel.Parked{ID: looseID(nodes[i].Raw), Raw: nodes[i].Raw, Err: wire.Unfit("decode stock", err)})
		}
	}
	return data.Location.Levels.PageInfo, len(nodes), nil
}

var _ channel.StockReader = (*Channel)(nil)
