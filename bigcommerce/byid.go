package bigcommerce

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// OrdersByID reads orders by id, archived and incomplete ones too. Those that
// are gone are left out. There is no filter by several ids: ids that lie close
// together are read as a range, the rest one at a time.
func (c *Channel) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "orders by id"
	out := channel.Page[channel.Order]{ReadAt: c.serverNow()}
	want := make([]int64, 0, len(ids))
	for _, id := range ids {
		// What is no number is no order's id here.
		if n, err := strconv.ParseInt(string(id), 10, 64); err == nil && n > 0 {
			want = append(want, n)
		}
	}
	nodes, err := c.ordersOf(ctx, op, want, maxPage)
	if err != nil {
		return none, err
	}
	for len(nodes) > 0 {
		jobs, handled := plan(nodes, maxSideCalls)
		for i := range jobs {
			jobs[i].asked = true
		}
		if err := c.complete(ctx, jobs, &out); err != nil {
			return none, err
		}
		nodes = nodes[handled:]
	}
	return out, nil
}

// ordersOf reads orders by id, those that are gone left out. Three and more
// whose ids lie within span are one call.
func (c *Channel) ordersOf(ctx context.Context, op string, want []int64, span int64) (nodes []store.Node[store.Order], err error) {
	slices.Sort(want)
	want = slices.Compact(want)
	for len(want) > 0 {
		n := 1
		for n < len(want) && want[n]-want[0] < span {
			n++
		}
		run := want[:n]
		want = want[n:]
		got := map[int64]bool{}
		if n > 2 {
			query := includes(url.Values{
				"sort": {"id"}, "page": {"1"}, "limit": {strconv.Itoa(maxPage)},
				"min_id": {strconv.FormatInt(max(0, run[0]-1), 10)}, "max_id": {strconv.FormatInt(run[n-1]+1, 10)},
			})
			rows, _, err := list[store.Order](ctx, c, get(op, "/v2/orders", query))
			if err != nil {
				return nil, err
			}
			for i := range rows {
				if id := nodeID(&rows[i]); slices.Contains(run, id) && !got[id] {
					got[id] = true
					nodes = append(nodes, rows[i])
				}
			}
		}
		for _, id := range run {
			if got[id] {
				continue // a list hides archived ones, so what is absent is asked for
			}
			node, err := c.orderByID(ctx, op, id)
			if errors.Is(err, channel.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, node)
		}
	}
	return nodes, nil
}

// orderByID reads one order, with addresses and lines.
func (c *Channel) orderByID(ctx context.Context, op string, id int64) (store.Node[store.Order], error) {
	var node store.Node[store.Order]
	_, err := c.do(ctx, get(op, "/v2/orders/"+strconv.FormatInt(id, 10), includes(url.Values{})), func(body []byte) error {
		if len(bytes.TrimSpace(body)) == 0 {
			return c.refuse(op, channel.ErrNotFound, "there is no order "+strconv.FormatInt(id, 10))
		}
		if !jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return c.refuse(op, channel.ErrUnavailable, "answer is not JSON")
		}
		node.Raw = bytes.Clone(body)
		node.Err = store.Unmarshal(node.Raw, &node.Value)
		return nil
	})
	return node, err
}

var _ channel.OrderReader = (*Channel)(nil)
