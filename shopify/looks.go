package shopify

import (
	"context"
	"slices"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxLook bounds the answer of one call.
const maxLook = 25

// look reads what an order has to ship and has shipped, whole. Looks of callers
// that come together are one call: a list of ids costs what one id does.
func (c *Channel) look(ctx context.Context, op string, id channel.OrderID) (*admin.ShipOrder, error) {
	o, found, err := c.looks.Get(ctx, gid("Order", string(id)))
	switch {
	case ctx.Err() != nil:
		return nil, c.fail(call{op: op}, "", channel.ErrUnavailable, ctx.Err())
	case err != nil:
		return nil, err
	case !found:
		message := "the shop has no order " + string(id)
		if !c.has("read_all_orders") {
			message += ", or it is older than 60 days, which the app is not shown without read_all_orders"
		}
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrNotFound, Message: message}
	}
	// Several may look at one order: what is completed is a copy.
	own := *o
	own.Units.Nodes = slices.Clone(o.Units.Nodes)
	own.Fulfillments = slices.Clone(o.Fulfillments)
	return &own, c.wholeLook(ctx, &own)
}

// lookAtAll reads orders by their global ids.
func (c *Channel) lookAtAll(ctx context.Context, ids []string) (map[string]*admin.ShipOrder, error) {
	out := make(map[string]*admin.ShipOrder, len(ids))
	for ids := range slices.Chunk(ids, maxLook) {
		if err := c.lookAt(ctx, ids, "", out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookAt reads orders into out; those that are gone are left out.
func (c *Channel) lookAt(ctx context.Context, ids []string, after string, out map[string]*admin.ShipOrder) error {
	var data struct {
		Nodes []*admin.ShipOrder `json:"nodes"`
	}
	vars := map[string]any{"ids": ids}
	if after != "" {
		vars["after"] = after
	}
	cl := call{op: "ship look", name: "ShipLook", query: admin.ShipLook, vars: vars, cost: admin.ShipLookCost, repeat: transport.Read}
	denied, err := c.do(ctx, cl, &data)
	if err != nil {
		return err
	}
	for _, o := range data.Nodes {
		if o != nil && o.ID != "" {
			out[o.ID] = o
		}
	}
	// Locations may be denied: their names are told all the same.
	if len(out) == 0 && len(denied) > 0 {
		return c.denied(cl, denied)
	}
	return nil
}

// wholeLook fetches what the look cut off.
func (c *Channel) wholeLook(ctx context.Context, o *admin.ShipOrder) error {
	for pages := 0; o.Units.PageInfo.HasNextPage; pages++ {
		after := o.Units.PageInfo.EndCursor
		more := map[string]*admin.ShipOrder{}
		if err := c.lookAt(ctx, []string{o.ID}, after, more); err != nil {
			return err
		}
		next := more[o.ID]
		if next == nil {
			return &channel.Error{Channel: c.cfg.ID, Op: "ship look", Class: channel.ErrNotFound, Message: "the order is gone"}
		}
		if pages == maxDetailPages || next.Units.PageInfo.HasNextPage && next.Units.PageInfo.EndCursor == after {
			return &channel.Error{Channel: c.cfg.ID, Op: "ship look", Class: channel.ErrInvalid, Message: "pages of fulfilment orders do not end"}
		}
		o.Units.Nodes = append(o.Units.Nodes, next.Units.Nodes...)
		o.Units.PageInfo = next.Units.PageInfo
	}
	for i := range o.Units.Nodes {
		u := &o.Units.Nodes[i]
		u.Lines.Nodes = slices.Clip(u.Lines.Nodes)
		if err := c.unitLines(ctx, u); err != nil {
			return err
		}
	}
	var cut []string
	for _, f := range o.Fulfillments {
		if f.Lines.PageInfo.HasNextPage {
			cut = append(cut, f.ID)
		}
	}
	lines, err := c.allParcelLines(ctx, cut)
	if err != nil {
		return err
	}
	for i := range o.Fulfillments {
		if f := &o.Fulfillments[i]; f.Lines.PageInfo.HasNextPage {
			f.Lines = admin.Conn[admin.ParcelLine]{Nodes: lines[f.ID]}
		}
	}
	return nil
}
