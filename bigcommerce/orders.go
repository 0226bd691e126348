package bigcommerce

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// includes asks for addresses, lines and fees within the order. Without the
// structure consignments come in a form that is on its way out.
func includes(q url.Values) url.Values {
	q.Set("include", "consignments.line_items,fees")
	q.Set("consignment_structure", "object")
	return q
}

// OrderPage returns one page of the orders that changed, walked by id: ids do
// not move, and an order that changes behind the walk is younger than its
// start. Lines that the page cuts off, parcels and refunds are fetched; a page
// that would need many calls for that ends early. Incomplete orders are left
// out, as the package comment says.
func (c *Channel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "order page"
	w := walk{Kind: walkOrders, Since: q.Since, Until: q.Until}
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, walkOrders); err != nil {
			return none, err
		}
	}
	limit := c.pageSize(q.Limit)
	query := includes(url.Values{"sort": {"id"}, "page": {"1"}})
	if !w.Since.IsZero() {
		query.Set("min_date_modified", date(w.from()))
	}
	if !w.Until.IsZero() {
		query.Set("max_date_modified", date(w.Until.Add(time.Second)))
	}
	ask := limit
	if w.After > 0 {
		// Whether min_id includes itself is not documented: it is asked for
		// again, and one row more.
		query.Set("min_id", strconv.FormatInt(w.After, 10))
		ask = min(limit+1, maxPage)
	}
	query.Set("limit", strconv.Itoa(ask))
	nodes, began, err := list[store.Order](ctx, c, get(op, "/v2/orders", query))
	if err != nil {
		return none, err
	}
	if w.Began.IsZero() {
		w.Began = began
	}
	fresh, err := c.fresh(op, nodes, w)
	if err != nil {
		return none, err
	}
	out := channel.Page[channel.Order]{ReadAt: began}
	if len(fresh) == 0 {
		out.Through = c.through(w)
		return out, nil
	}
	fresh = fresh[:min(len(fresh), limit)]
	jobs, handled := plan(fresh, maxSideCalls)
	if err := c.complete(ctx, jobs, &out); err != nil {
		if errors.Is(err, channel.ErrThrottled) {
			c.resize(handled/2, true)
		}
		return none, err
	}
	c.resize(handled, handled < len(fresh))
	before := w.After
	for i := range fresh[:handled] {
		w.After = max(w.After, nodeID(&fresh[i]))
	}
	if w.After == before {
		// Not one of them has an id: that is no list of orders, such as the list of
		// errors that this API has, and must not end the walk.
		return none, c.refuse(op, channel.ErrUnavailable, "records came that have no id")
	}
	out.Next = w.cursor()
	return out, nil
}

// through is the time up to which a walk that began then missed nothing: what
// changed later than the visibility lag before it may not have been found.
func (c *Channel) through(w walk) time.Time {
	t := w.Began.Add(-c.cfg.VisibilityLag)
	if !w.Until.IsZero() && w.Until.Before(t) {
		return w.Until
	}
	return t
}

// pageSize is how many orders to ask for.
func (c *Channel) pageSize(limit int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit > 0 {
		return min(limit, c.most)
	}
	return c.most
}

// resize makes pages as large as could be handled: what is asked for and then
// dropped is asked for again.
func (c *Channel) resize(handled int, early bool) {
	const least = 4
	c.mu.Lock()
	defer c.mu.Unlock()
	if early {
		c.most = max(least, handled+handled/4)
	} else {
		c.most = min(maxPage, 2*c.most)
	}
}

// fresh drops the rows that the walk has had, and refuses an answer that the
// walk cannot go by: one that heeds neither order nor filter would end it too
// early or never.
func (c *Channel) fresh(op string, nodes []store.Node[store.Order], w walk) ([]store.Node[store.Order], error) {
	from, last := w.from(), w.After
	out := nodes[:0:0]
	for i := range nodes {
		n := &nodes[i]
		id := nodeID(n)
		switch {
		case id <= 0:
			if n.Err == nil {
				n.Err = invalid("record has no id")
			}
			out = append(out, *n)
			continue
		case id <= w.After || id == last:
			continue
		case id < last:
			return nil, c.refuse(op, channel.ErrUnavailable, "orders came in another order than by id")
		case n.Err == nil && n.Value.DateModified.IsZero():
			n.Err = invalid("field /date_modified: there is none") // which proves nothing of the filter
		case n.Err == nil && n.Value.DateModified.Before(from):
			return nil, c.refuse(op, channel.ErrUnavailable, "an order came that had not changed since: the date filter was ignored")
		}
		last = id
		out = append(out, *n)
	}
	return out, nil
}

// nodeID is the id of a record, 0 where none can be read.
func nodeID(n *store.Node[store.Order]) int64 {
	if n.Err == nil {
		return int64(n.Value.ID)
	}
	var v struct {
		ID jsontext.Value `json:"id"`
	}
	var id store.Int
	if store.Unmarshal(n.Raw, &v) != nil || store.Unmarshal(v.ID, &id) != nil {
		return 0
	}
	return int64(id)
}

// rawOrder is an order's raw payload: the record as the page brought it, and
// what was fetched beside it. A list that is nil was not read. Where none was,
// the payload is the record.
type rawOrder struct {
	Order     jsontext.Value    `json:"order"`
	Lines     []jsontext.Value  `json:"lines,omitempty"` // all of them, when the page cut them off
	Shipments *[]jsontext.Value `json:"shipments,omitzero"`
	Refunds   *[]jsontext.Value `json:"refunds,omitzero"`
}

// raw puts what was fetched back into the order and crosses it over.
func (r *rawOrder) order(w *store.Order) (channel.Order, error) {
	lines := w.Lines()
	if r.Lines != nil {
		lines = make([]store.Line, len(r.Lines))
		for i, raw := range r.Lines {
			if err := store.Unmarshal(raw, &lines[i]); err != nil {
				return channel.Order{}, err
			}
		}
	}
	parcels, err := decodeAll[store.Shipment](r.Shipments)
	if err != nil {
		return channel.Order{}, err
	}
	refunds, err := decodeAll[store.Refund](r.Refunds)
	if err != nil {
		return channel.Order{}, err
	}
	n := normalizer{w: w, lines: lines, parcels: parcels, refunds: refunds, complete: r.Lines != nil || !w.Cut()}
	n.hasParcels = r.Shipments != nil || !shippedAny(w, lines)
	n.hasRefunds = r.Refunds != nil || !refundedAny(w, lines)
	o, err := n.order()
	if err != nil {
		return o, err
	}
	if r.Lines == nil && r.Shipments == nil && r.Refunds == nil {
		o.Raw = r.Order
		return o, nil
	}
	o.Raw, err = store.Marshal(r)
	return o, err
}

func decodeAll[T any](raws *[]jsontext.Value) ([]T, error) {
	if raws == nil || len(*raws) == 0 {
		return nil, nil
	}
	out := make([]T, len(*raws))
	for i, raw := range *raws {
		if err := store.Unmarshal(raw, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DecodeOrder decodes a raw payload again.
func (c *Channel) DecodeOrder(raw []byte) (channel.Order, error) {
	r, err := payload(raw)
	if err != nil {
		return channel.Order{}, parkedError(err)
	}
	var w store.Order
	if err := store.Unmarshal(r.Order, &w); err != nil {
		return channel.Order{}, parkedError(err)
	}
	o, err := r.order(&w)
	if err != nil {
		return channel.Order{}, parkedError(err)
	}
	return o, nil
}

// payload takes a raw payload apart.
func payload(raw []byte) (r rawOrder, err error) {
	var wrapped struct {
		Order jsontext.Value `json:"order"`
	}
	if err := store.Unmarshal(raw, &wrapped); err != nil {
		return r, err
	}
	if len(wrapped.Order) == 0 {
		return rawOrder{Order: raw}, nil
	}
	return r, store.Unmarshal(raw, &r)
}

// parkedError keeps what was wrong and nothing of the record's content.
func parkedError(err error) error { return wire.Unfit("decode order", err) }

var _ channel.OrderDecoder = (*Channel)(nil)
