package shopify

import (
	"context"
	"slices"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// OrdersByID reads orders by id. Those that are gone are left out. An order
// older than 60 days looks gone to an app without read_all_orders: what may be
// one is parked as ErrForbidden.
func (c *Channel) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "orders by id"
	access, err := c.grantedFor(ctx, op, channel.JobOrders)
	if err != nil {
		return none, err
	}
	page := channel.Page[channel.Order]{ReadAt: c.serverNow()}
	var absent []string
	const lines = 25
	access.Units = true
	// What is no number is no order's id here.
	ids = slices.DeleteFunc(slices.Clone(ids), func(id channel.OrderID) bool { return !isNumber(string(id)) })
	for len(ids) > 0 {
		n := min(len(ids), 50)
		gids := make([]string, n)
		for i, id := range ids[:n] {
			gids[i] = gid("Order", string(id))
		}
		ids = ids[n:]
		var data struct {
			Nodes admin.Nodes[admin.Order] `json:"nodes"`
		}
		vars := map[string]any{"ids": gids, "lines": lines, "parcel": parcelSize(lines)}
		cost := admin.OrderCost(access, lines, parcelSize(lines))
		cl := call{op: op, name: "OrdersByID", query: admin.OrdersByID(access), vars: vars, cost: cost, repeat: transport.Read}
		denied, err := c.do(ctx, cl, &data)
		if err != nil {
			return none, err
		}
		nodes := data.Nodes
		if len(denied) > 0 && len(nodes) < n {
			return none, c.denied(cl, denied) // not gone: not shown
		}
		absent = append(absent, missingFrom(gids, nodes)...)
		if err := c.complete(ctx, access, nodes, &page); err != nil {
			return none, err
		}
	}
	if page.Parked, err = c.hidden(ctx, absent, page.Parked); err != nil {
		return none, err
	}
	page.Through = c.through(walk{Began: page.ReadAt})
	return page, nil
}

// missingFrom returns the numbers of the ids that no node has.
func missingFrom(gids []string, nodes []admin.Node[admin.Order]) (absent []string) {
	there := make(map[string]bool, len(nodes))
	for i := range nodes {
		there[looseID(nodes[i].Raw)] = true
	}
	for _, id := range gids {
		if n := tail(id); !there[n] {
			absent = append(absent, n)
		}
	}
	return absent
}

var _ channel.OrderReader = (*Channel)(nil)
