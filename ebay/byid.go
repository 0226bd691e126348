package ebay

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/wire"
)

// OrdersByID reads orders by id, one call each and one more for the parcels of
// those that have any. The list by ids would leave out requests to cancel. Those
// that are gone are left out; one that cannot be read stops no other.
func (c *Channel) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	const op = "orders by id"
	out := channel.Page[channel.Order]{ReadAt: c.serverNow()}
	seen := make(map[channel.OrderID]bool, len(ids))
	var failed []error
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		f, at, err := c.whole(ctx, op, id)
		switch {
		case err == nil:
			out.ReadAt = earlier(out.ReadAt, at)
			f.keep(&out, at)
		case errors.Is(err, channel.ErrNotFound):
		case !mayBeOfOne(ctx, err):
			return channel.Page[channel.Order]{}, err
		default:
			if failed = append(failed, err); len(failed) == failedAll && len(out.Items) == 0 {
				return channel.Page[channel.Order]{}, err
			}
			out.Parked = append(out.Parked, channel.Parked{ID: string(id), Err: wire.Unfit(opDecode, err)})
		}
	}
	for _, err := range failed {
		if len(out.Items) == 0 && errors.Is(err, channel.ErrUnavailable) { // nothing says that it is not eBay's failure
			return channel.Page[channel.Order]{}, err
		}
	}
	return out, nil
}

// whole reads an order with its parcels.
func (c *Channel) whole(ctx context.Context, op string, id channel.OrderID) (found, time.Time, error) {
	r, at, err := c.order(ctx, op, id)
	f := found{Record: r}
	if err == nil && r.Err == nil && r.Value.OrderID == string(id) && (len(r.Value.Hrefs) > 0 || r.Value.Fulfillment != notStarted) {
		err = c.withParcels(ctx, op, &f)
	}
	return f, at, err
}

// order reads one order, and returns the time of the read.
func (c *Channel) order(ctx context.Context, op string, id channel.OrderID) (*wire.Record[sell.Order], time.Time, error) {
	if !orderID(id) {
		return nil, time.Time{}, c.refuse(op, channel.ErrNotFound, "there is no order "+strconv.Quote(string(id)))
	}
	cl := get(op, apiFulfillment, "getOrder", jobOrders, orderPath(id), url.Values{"fieldGroups": {breakdown}})
	body, from, err := c.do(ctx, cl)
	if err != nil {
		return nil, c.clock.At(from.sent), err
	}
	if len(body) == 0 || body[0] != '{' {
		return nil, c.clock.At(from.sent), c.garbled(cl, "answer holds no order")
	}
	r := &wire.Record[sell.Order]{Raw: body}
	if r.Err = wire.Unmarshal(body, &r.Value); r.Err != nil {
		if !jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return nil, c.clock.At(from.sent), c.garbled(cl, "answer broke off")
		}
		return r, c.clock.At(from.sent), nil
	}
	if err := c.hidden(cl, body); err != nil {
		return nil, c.clock.At(from.sent), err
	}
	if r.Value.OrderID == "" {
		return nil, c.clock.At(from.sent), c.garbled(cl, "answer holds no order")
	}
	return r, c.clock.Learn(from.resp, from.sent), nil
}

func orderPath(id channel.OrderID) string { return pathOrders + "/" + url.PathEscape(string(id)) }

// parcelsCall reads an order's parcels.
func parcelsCall(op string, id channel.OrderID) call {
	return get(op, apiFulfillment, "getShippingFulfillments", jobOrders, orderPath(id)+"/shipping_fulfillment", nil)
}

// orderID reports whether an id can be asked for: one that eBay does not give
// might change the path.
func orderID(id channel.OrderID) bool {
	return id != "" && len(id) <= 64 && strings.Trim(string(id), "-!_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

var _ channel.OrderReader = (*Channel)(nil)
