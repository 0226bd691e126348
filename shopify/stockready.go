package shopify

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// ready finds the inventory item of each write and sees to it that it is
// stocked where it is to be written.
func (b *stockSetter) ready(ctx context.Context, writes []*write) error {
	var order []channel.LocationID
	unknown := map[channel.LocationID][]*write{}
	for _, w := range writes {
		if w.item = b.c.stock.item(keyOf(w.level, w.at)); w.item != "" {
			continue
		}
		if unknown[w.at] == nil {
			order = append(order, w.at)
		}
		unknown[w.at] = append(unknown[w.at], w)
	}
	for _, at := range order {
		if err := b.states(ctx, at, unknown[at]); err != nil {
			return err
		}
	}
	b.same(open(writes))
	return nil
}

// same refuses a second write to one inventory item at one location, which
// listings may share: Shopify refuses the whole batch for it.
func (b *stockSetter) same(writes []*write) {
	type level struct {
		item string
		at   channel.LocationID
	}
	seen := map[level]*write{}
	for _, w := range writes {
		k := level{w.item, w.at}
		if first := seen[k]; first != nil {
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "listings %s and %s share their stock: write one of them", first.level.Listing.ID, w.level.Listing.ID))
			continue
		}
		seen[k] = w
	}
}

// states reads how the listings stand at a location.
func (b *stockSetter) states(ctx context.Context, at channel.LocationID, writes []*write) error {
	ids := make([]string, len(writes))
	for i, w := range writes {
		ids[i] = b.c.stockID(b.access, w.level.Listing)
	}
	nodes, err := b.c.stockStates(ctx, b.op, b.access, at, ids)
	if err != nil {
		return err
	}
	for i, w := range writes {
		n := nodes[ids[i]]
		switch {
		case n == nil && w.level.Listing.ID == "":
			w.settle(channel.StockRefused, b.fail(channel.ErrStaleHandle, "", "the shop has no inventory item %s: read the listing again", w.level.Listing.Handle))
			continue
		case n == nil:
			w.settle(channel.StockRefused, b.fail(channel.ErrNotFound, "", "the shop has no listing %s", w.level.Listing.ID))
			continue
		case n.RequiresComponents:
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "NON_MUTABLE_INVENTORY_ITEM",
				"listing %s is a bundle, whose stock follows from its components: write those", w.level.Listing.ID))
			continue
		case !n.Item().Tracked:
			w.settle(channel.StockRefused, b.fail(channel.ErrConflict, "",
				"the shop does not track the stock of listing %s, so a quantity limits nothing: turn tracking on", w.level.Listing.ID))
			continue
		}
		w.item = tail(n.Item().ID)
		if l := n.Item().Level; l == nil || !l.IsActive {
			if err := b.activate(ctx, w); err != nil {
				return err
			}
			continue
		}
		b.c.stock.learn(keyOf(w.level, at), w.item)
	}
	return nil
}

// stockID is the global id a listing's stock is asked for by: the variant's,
// since a handle may be wrong, or the inventory item's where the grant does not
// show variants.
func (c *Channel) stockID(a admin.Access, ref channel.ListingRef) string {
	if a.Products && ref.ID != "" {
		return gid("ProductVariant", string(ref.ID))
	}
	return gid("InventoryItem", string(ref.Handle))
}

// stockStates reads listings at a location, by the ids they were asked for by.
func (c *Channel) stockStates(ctx context.Context, op string, a admin.Access, at channel.LocationID, ids []string) (map[string]*admin.StockNode, error) {
	query, cost := admin.StockStatesByItem, admin.StockStatesByItemCost
	if a.Products {
		query, cost = admin.StockStates, admin.StockStatesCost
	}
	var data struct {
		Nodes []*admin.StockNode `json:"nodes"`
	}
	cl := call{
		op: op, name: "StockStates", query: query, cost: cost, repeat: transport.Read,
		vars: map[string]any{"ids": ids, "location": gid("Location", string(at))},
	}
	denied, err := c.do(ctx, cl, &data)
	if err != nil {
		return nil, err
	}
	if len(denied) > 0 {
		return nil, c.denied(cl, denied)
	}
	out := make(map[string]*admin.StockNode, len(data.Nodes))
	for _, n := range data.Nodes {
		if n != nil {
			out[n.ID] = n
		}
	}
	return out, nil
}

// activate stocks a listing at a location with its quantity at once: before it
// nothing can be sold there, so there is nothing to compare with. Zero needs no
// stocking.
func (b *stockSetter) activate(ctx context.Context, w *write) error {
	if w.level.Quantity == 0 {
		w.settle(channel.StockApplied, nil)
		w.result.Current = new(int64(0))
		return nil
	}
	var data struct {
		Activate *struct {
			Level *struct {
				IsActive bool `json:"isActive"`
			} `json:"inventoryLevel"`
			Errors []userError `json:"userErrors"`
		} `json:"inventoryActivate"`
	}
	cl := call{op: b.op, name: "Activate", query: admin.Activate, cost: admin.ActivateCost, repeat: transport.Idempotent, vars: map[string]any{
		"item": gid("InventoryItem", w.item), "location": gid("Location", string(w.at)), "available": w.level.Quantity, "key": rand.Text(),
	}}
	doubt, err := b.keyed(ctx, cl, &data)
	if err != nil {
		if errors.Is(err, channel.ErrUnsure) {
			b.sent = true
			w.settle(channel.StockUnsure, err)
			return nil
		}
		return err
	}
	b.sent = true
	switch a := data.Activate; {
	case a == nil || len(a.Errors) == 0 && a.Level == nil:
		w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, "", "the answer does not say what became of the level"))
	case len(a.Errors) == 0:
		b.c.stock.learn(keyOf(w.level, w.at), w.item)
		w.settle(channel.StockApplied, nil)
	case strings.Contains(a.Errors[0].Message, "already active"):
		// Somebody stocked it meanwhile, or our first attempt did: the usual
		// write decides. After a doubt it finds its own quantity.
		b.c.stock.learn(keyOf(w.level, w.at), w.item)
		if doubt {
			b.reread(ctx, w.at, []*write{w}, true)
		}
	case strings.Contains(a.Errors[0].Message, "idempotency"):
		w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, "", "%s", a.Errors[0].Message))
	case strings.Contains(a.Errors[0].Message, "found"):
		w.settle(channel.StockRefused, b.fail(channel.ErrStaleHandle, "", "%s", a.Errors[0].Message))
	default:
		w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "%s", a.Errors[0].Message))
	}
	return nil
}
