package amazon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	// byIDTime bounds a read of orders by id: some thirty go at once, and then
	// one in two seconds.
	byIDTime = 10 * time.Second
	// heldFor is how long what such a read brought is kept for the same one to go
	// on with, from when it was cut short.
	heldFor = 5 * time.Minute
)

// OrdersByID reads orders by id, one call each: there is no list by ids. Those
// that are gone are left out. What takes longer than ten seconds is throttled,
// and the same asked again within five minutes goes on where that one ended.
func (c *Channel) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	const op = "orders by id"
	begun := time.Now()
	out := channel.Page[channel.Order]{ReadAt: c.serverNow()}
	got := c.held.take(ids)
	seen := make(map[channel.OrderID]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		h, ok := got[id]
		if !ok {
			var err error
			if h, err = c.readByID(ctx, op, id, begun); err != nil {
				c.held.put(ids, got)
				return channel.Page[channel.Order]{}, err
			}
			got[id] = h
		}
		if h.record == nil {
			continue // gone
		}
		out.ReadAt = earlier(out.ReadAt, h.at)
		keep(&out, h.record)
	}
	return out, nil
}

// readByID reads one of the orders of a read that began some time ago.
func (c *Channel) readByID(ctx context.Context, op string, id channel.OrderID, begun time.Time) (heldOrder, error) {
	if time.Since(begun) >= byIDTime {
		return heldOrder{}, &channel.Error{
			Channel: c.cfg.ID, Op: op, Class: channel.ErrThrottled, RetryAfter: pause(opGetOrder),
			Message: "orders are read one at a time, and those that were read are kept for a while: ask again for the same",
		}
	}
	r, at, err := c.order(ctx, op, id, included)
	if errors.Is(err, channel.ErrNotFound) {
		return heldOrder{}, nil
	}
	return heldOrder{record: r, at: at}, err
}

// heldOrder is what a read by id brought.
type heldOrder struct {
	record *wire.Record[spapi.Order] // nil where there is no such order
	at     time.Time                 // server time of the read
}

// held is what the last read that was cut short brought, for the same one to go
// on with. Another read gets nothing of it: it asks for what is now.
type held struct {
	mu     sync.Mutex
	ids    []channel.OrderID
	orders map[channel.OrderID]heldOrder
	until  time.Time
}

// take takes out what there is of a read of ids.
func (h *held) take(ids []channel.OrderID) map[channel.OrderID]heldOrder {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.ids, ids) || h.orders == nil {
		return make(map[channel.OrderID]heldOrder, len(ids))
	}
	orders := h.orders
	h.ids, h.orders = nil, nil
	if !time.Now().Before(h.until) {
		clear(orders)
	}
	return orders
}

func (h *held) put(ids []channel.OrderID, orders map[channel.OrderID]heldOrder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids, h.orders, h.until = slices.Clone(ids), orders, time.Now().Add(heldFor)
}

// order reads one order, and returns the time of the read.
func (c *Channel) order(ctx context.Context, op string, id channel.OrderID, data string) (*wire.Record[spapi.Order], time.Time, error) {
	if !orderID(id) {
		return nil, time.Time{}, c.refuse(op, channel.ErrNotFound, "there is no order "+strconv.Quote(string(id)))
	}
	cl := get(op, opGetOrder, pathOrders+"/"+url.PathEscape(string(id)), url.Values{"includedData": {data}})
	var a spapi.OrderAnswer
	at, err := c.read(ctx, cl, &a)
	if err != nil {
		return nil, at, err
	}
	if a.Order.Kind() != '{' {
		return nil, at, c.garbled(cl, "answer holds no order")
	}
	r := &wire.Record[spapi.Order]{Raw: a.Order}
	r.Err = wire.Unmarshal(r.Raw, &r.Value)
	return r, at, nil
}

// orderID reports whether an id can be asked for: one that Amazon does not give
// might change the path, and what is refused for that looks like a missing role.
func orderID(id channel.OrderID) bool {
	return id != "" && len(id) <= 64 && strings.Trim(string(id), "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

var _ channel.OrderReader = (*Channel)(nil)
