package stall

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

const ordersPath = "/v1/orders"

// OrderPage returns a page of the orders changed in a window, in the order of
// their ids. It costs one call.
func (c *Channel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	const op = "order page"
	w, err := c.parse(op, q.After, walk{Kind: walkOrders, Since: q.Since, Until: q.Until})
	if err != nil {
		return channel.Page[channel.Order]{}, err
	}
	rows, at, err := c.rows(ctx, op, ordersPath, &w, q.Limit)
	if err != nil {
		return channel.Page[channel.Order]{}, err
	}
	p := page(rows, at, c.DecodeOrder)
	if p.Next = w.next(); p.Next == "" {
		p.Through = w.through(visibilityLag)
	}
	return p, nil
}

// OrdersByID reads orders by id, 100 in a call, without the lag of lists. One
// that is gone is left out.
func (c *Channel) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	var all channel.Page[channel.Order]
	for some := range slices.Chunk(ids, maxPage) {
		q := url.Values{}
		for _, id := range some {
			q.Add("id", string(id))
		}
		var list wireList
		at, err := c.do(ctx, call{op: "orders by id", method: http.MethodGet, path: ordersPath, query: q}, &list)
		if err != nil {
			return channel.Page[channel.Order]{}, err
		}
		p := page(list.Items, at, c.DecodeOrder)
		all.Items, all.Parked = append(all.Items, p.Items...), append(all.Parked, p.Parked...)
		if all.ReadAt.IsZero() {
			all.ReadAt = at
		}
	}
	return all, nil
}
