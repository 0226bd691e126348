package shopify

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// OrderPage returns one page of the orders that changed, every state among
// them. The walk has two phases: orders, then the fulfilment orders that
// changed, which arrive as orders that have PartUnits only. A walk from the
// first order on has no second phase where all its pages could bring the
// fulfilment orders. Lines and parcels that a page cuts off are fetched, and so
// are refunds, many orders at a time.
func (c *Channel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "order page"
	access, err := c.grantedFor(ctx, op, channel.JobOrders)
	if err != nil {
		return none, err
	}
	w := walk{Phase: phaseOrders, Since: q.Since, Until: q.Until, Began: c.serverNow(), Whole: q.Since.IsZero()}
	if q.After != "" {
		if w, err = c.parseWalk(op, q.After, phaseOrders, phaseUnits); err != nil {
			return none, err
		}
	}
	if w.Phase == phaseUnits {
		return c.unitsPage(ctx, w, q.Limit)
	}
	var data struct {
		Orders *struct {
			PageInfo admin.PageInfo           `json:"pageInfo"`
			Nodes    admin.Nodes[admin.Order] `json:"nodes"`
		} `json:"orders"`
	}
	var readAt time.Time
	for tries := 0; ; tries++ {
		var first, lines, cost int
		first, lines, access.Units, cost = c.sizes.choose(access, q.Limit)
		vars := map[string]any{"first": first, "query": w.filter(), "lines": lines, "parcel": parcelSize(lines)}
		if w.After != "" {
			vars["after"] = w.After
		}
		readAt = c.serverNow()
		cl := call{op: op, name: "OrdersPage", query: admin.OrdersPage(access), vars: vars, cost: cost, repeat: transport.Read}
		denied, err := c.do(ctx, cl, &data)
		switch {
		case isCode(err, "MAX_COST_EXCEEDED") && first > minPage:
			c.sizes.failed(first) // it was refused before it ran
			continue
		case errors.Is(err, channel.ErrUnavailable):
			c.sizes.failed(first)
			return none, cursorOr(err, w.After)
		case err != nil:
			return none, cursorOr(err, w.After)
		case len(denied) > 0 && tries == 0:
			// The grant is less than it was: what it lacks is not asked for.
			c.forgetScopes()
			if access, err = c.grantedFor(ctx, op, channel.JobOrders); err != nil {
				return none, err
			}
			continue
		case data.Orders == nil:
			return none, c.denied(cl, denied)
		}
		break
	}
	page := channel.Page[channel.Order]{ReadAt: readAt}
	nodes := data.Orders.Nodes
	if err := c.complete(ctx, access, nodes, &page); err != nil {
		return none, err
	}
	seen := make([]int, 0, len(page.Items))
	for i := range page.Items {
		seen = append(seen, len(page.Items[i].Lines))
	}
	c.sizes.saw(seen)

	for i := range nodes {
		w.Whole = w.Whole && access.Units && wholeUnits(&nodes[i].Value)
	}
	info := data.Orders.PageInfo
	switch {
	case info.HasNextPage:
		anew := func() error {
			return w.from(lastChange(nodes, readAt.Add(-c.cfg.Lag), func(o *admin.Order) time.Time { return o.UpdatedAt }))
		}
		if err := c.turn(op, &w, info, len(nodes), anew); err != nil {
			return none, err
		}
		page.Next = w.cursor()
	case access.FulfillmentOrders && !w.Whole:
		w.Phase, w.After, w.Seen, w.From = phaseUnits, "", 0, time.Time{}
		page.Next = w.cursor()
	default:
		page.Through = c.through(w)
	}
	return page, nil
}

// through is the time up to which a walk that began then missed nothing: what
// changed later than the index lag before it may not have been found.
func (c *Channel) through(w walk) time.Time {
	t := w.Began.Add(-c.cfg.Lag)
	if !w.Until.IsZero() && w.Until.Before(t) {
		return w.Until
	}
	return t
}

// cursorOr takes a refusal of a page behind a cursor for the cursor's fault:
// Shopify has no code of its own for it.
func cursorOr(err error, after string) error {
	var e *channel.Error
	if after != "" && errors.As(err, &e) && errors.Is(e.Class, channel.ErrInvalid) {
		e.Class = channel.ErrCursor
	}
	return err
}

func isCode(err error, code string) bool {
	var e *channel.Error
	return errors.As(err, &e) && e.Code == code
}

// hidden parks those of the absent orders that may only be too old to be shown:
// ids grow with time, so they are smaller than that of the oldest one shown.
func (c *Channel) hidden(ctx context.Context, absent []string, parked []channel.Parked) ([]channel.Parked, error) {
	if len(absent) == 0 || c.has("read_all_orders") {
		return parked, nil
	}
	var data struct {
		Orders admin.Conn[admin.Ref] `json:"orders"`
	}
	cl := call{op: "oldest order", name: "OldestOrder", query: admin.OldestOrder, cost: admin.OldestOrderCost, repeat: transport.Read}
	if _, err := c.do(ctx, cl, &data); err != nil {
		return nil, err
	}
	oldest := uint64(math.MaxUint64) // none is shown
	if len(data.Orders.Nodes) > 0 {
		if n, err := strconv.ParseUint(tail(data.Orders.Nodes[0].ID), 10, 64); err == nil {
			oldest = n
		}
	}
	for _, id := range absent {
		if n, err := strconv.ParseUint(id, 10, 64); err != nil || n > oldest {
			continue
		}
		parked = append(parked, channel.Parked{ID: id, Err: &channel.Error{
			Channel: c.cfg.ID, Op: "orders by id", Class: channel.ErrForbidden, Code: "read_all_orders",
			Message: "the order is gone, or older than 60 days, which the app is not shown without this scope",
		}})
	}
	return parked, nil
}

// rawOrder is an order's raw payload: the node as the page brought it, and
// what had to be fetched beside it. Where nothing had, the payload is the node.
type rawOrder struct {
	Order    jsontext.Value   `json:"order"`
	Lines    []jsontext.Value `json:"lines,omitempty"`    // all of them, when the page cut them off
	Shipping []jsontext.Value `json:"shipping,omitempty"` // all shipping lines, when the page cut them off
	Parcels  []rawParcel      `json:"parcels,omitempty"`  // those the page cut off
	Refunds  []jsontext.Value `json:"refunds,omitempty"`
	Units    []jsontext.Value `json:"units,omitempty"` // its fulfilment orders, where they differ or the page had none
	Unit     jsontext.Value   `json:"unit,omitempty"`  // a fulfilment order, instead of all else
	Cut      bool             `json:"cut,omitempty"`   // what had to be fetched beside it could not be read
	Bulk     bool             `json:"bulk,omitempty"`  // from a bulk operation: one shipping line, summed up
}

type rawParcel struct {
	ID    string             `json:"id"`
	Lines []admin.ParcelLine `json:"lines"`
}

// complete fetches what the page left out of its orders and adds them to page,
// decoded or parked.
func (c *Channel) complete(ctx context.Context, access admin.Access, nodes []admin.Node[admin.Order], page *channel.Page[channel.Order]) error {
	raws := make([]rawOrder, len(nodes))
	page.Items = slices.Grow(page.Items, len(nodes))
	var cut, charged, refunded, parcels, spread []string
	for i := range nodes {
		raws[i].Order = nodes[i].Raw
		o := &nodes[i].Value
		if nodes[i].Err != nil {
			continue
		}
		if o.LineItems.PageInfo.HasNextPage {
			cut = append(cut, o.ID)
		}
		if o.ShippingLines.PageInfo.HasNextPage {
			charged = append(charged, o.ID)
		}
		if len(o.Refunds) > 0 {
			refunded = append(refunded, o.ID)
		}
		if untold(o) {
			spread = append(spread, o.ID)
		}
		for _, f := range o.Fulfillments {
			if f.Lines.PageInfo.HasNextPage {
				parcels = append(parcels, f.ID)
			}
		}
	}
	a := &aside{bad: map[string]error{}} // by id of the order or the fulfilment
	lines, err := asideOf(ctx, a, cut, func(ids []string) (map[string][]jsontext.Value, error) { return c.allLines(ctx, access, ids) })
	var shipping, refunds, units map[string][]jsontext.Value
	var parcelLines map[string][]admin.ParcelLine
	if err == nil {
		shipping, err = asideOf(ctx, a, charged, func(ids []string) (map[string][]jsontext.Value, error) { return c.allShipping(ctx, ids) })
	}
	if err == nil {
		parcelLines, err = asideOf(ctx, a, parcels, func(ids []string) (map[string][]admin.ParcelLine, error) { return c.allParcelLines(ctx, ids) })
	}
	if err == nil {
		refunds, err = asideOf(ctx, a, refunded, func(ids []string) (map[string][]jsontext.Value, error) { return c.allRefunds(ctx, ids) })
	}
	if err == nil {
		units, err = asideOf(ctx, a, spread, func(ids []string) (map[string][]jsontext.Value, error) { return c.allUnits(ctx, ids) })
	}
	if err != nil {
		if a.apart || errors.Is(err, channel.ErrUnavailable) {
			c.sizes.failed(len(nodes)) // of fewer it is sooner told which
		}
		return err
	}
	for i := range nodes {
		o, raw := &nodes[i].Value, &raws[i]
		id := tail(o.ID)
		err := nodes[i].Err
		if err == nil {
			err = a.bad[o.ID]
			for _, f := range o.Fulfillments {
				err = cmp.Or(err, a.bad[f.ID])
			}
			raw.Cut = err != nil
		}
		if err == nil {
			whole := told(lines, o.ID, o.LineItems.PageInfo.HasNextPage) && told(shipping, o.ID, o.ShippingLines.PageInfo.HasNextPage) &&
				told(refunds, o.ID, len(o.Refunds) > 0) && told(units, o.ID, untold(o))
			for _, f := range o.Fulfillments {
				whole = whole && told(parcelLines, f.ID, f.Lines.PageInfo.HasNextPage)
			}
			if !whole {
				continue // deleted while its page was read
			}
			if o.LineItems.PageInfo.HasNextPage {
				raw.Lines = lines[o.ID]
			}
			for _, f := range o.Fulfillments {
				if f.Lines.PageInfo.HasNextPage {
					raw.Parcels = append(raw.Parcels, rawParcel{ID: f.ID, Lines: parcelLines[f.ID]})
				}
			}
			raw.Shipping, raw.Refunds, raw.Units = shipping[o.ID], refunds[o.ID], units[o.ID]
			var order channel.Order
			if order, err = (normalizer{access}).raw(raw, o); err == nil {
				page.Items = append(page.Items, order)
				continue
			}
		}
		payload, _ := json.Marshal(raw)
		if id == "" {
			id = looseID(nodes[i].Raw)
		}
		page.Parked = append(page.Parked, channel.Parked{ID: id, Raw: payload, Err: parkedError(err)})
	}
	return nil
}

// told reports whether what had to be asked for beside a page came.
func told[T any](found map[string]T, id string, asked bool) bool {
	_, came := found[id]
	return came || !asked
}

// parkedError keeps what was wrong and nothing of the record's content.
func parkedError(err error) error { return wire.Unfit("decode order", err) }

// looseID finds the id of a record that does not decode.
func looseID(raw []byte) string { return tail(gidIn(raw)) }

// gidIn is looseID with Shopify's prefix.
func gidIn(raw []byte) string {
	var v struct {
		ID jsontext.Value `json:"id"`
	}
	var s string
	if admin.Unmarshal(raw, &v) != nil || admin.Unmarshal(v.ID, &s) != nil {
		return ""
	}
	return s
}

// DecodeOrder decodes a raw payload again: an order with all that was fetched
// for it, or a fulfilment order.
func (c *Channel) DecodeOrder(raw []byte) (channel.Order, error) {
	var r rawOrder
	if err := admin.Unmarshal(raw, &r); err != nil {
		return channel.Order{}, parkedError(err)
	}
	if len(r.Order) == 0 {
		r = rawOrder{Order: raw}
	}
	if r.Cut {
		return channel.Order{}, parkedError(invalid("its details were not read: read it again by its id"))
	}
	if len(r.Unit) > 0 {
		var u admin.Unit
		if err := admin.Unmarshal(r.Unit, &u); err != nil {
			return channel.Order{}, parkedError(err)
		}
		o, err := unitOrder(&u, raw)
		if err != nil {
			return channel.Order{}, parkedError(err)
		}
		return o, nil
	}
	c.mu.Lock()
	access := c.access
	c.mu.Unlock()
	if access == nil {
		access = &admin.Access{Customers: true, Products: true, FulfillmentOrders: true}
	}
	order, err := channel.Order{}, error(nil)
	if r.Bulk {
		order, _, err = c.bulkOrder(*access, &r)
	} else {
		var o admin.Order
		if err = admin.Unmarshal(r.Order, &o); err == nil {
			order, err = (normalizer{*access}).raw(&r, &o)
		}
	}
	if err != nil {
		return channel.Order{}, parkedError(err)
	}
	return order, nil
}

// raw puts what was fetched back into the order and crosses it over.
func (n normalizer) raw(r *rawOrder, w *admin.Order) (channel.Order, error) {
	if r.Lines != nil {
		w.LineItems = admin.Conn[admin.Line]{Nodes: make([]admin.Line, len(r.Lines))}
		for i, l := range r.Lines {
			if err := admin.Unmarshal(l, &w.LineItems.Nodes[i]); err != nil {
				return channel.Order{}, err
			}
		}
	}
	if r.Shipping != nil {
		w.ShippingLines = admin.Conn[admin.ShippingLine]{Nodes: make([]admin.ShippingLine, len(r.Shipping))}
		for i, l := range r.Shipping {
			if err := admin.Unmarshal(l, &w.ShippingLines.Nodes[i]); err != nil {
				return channel.Order{}, err
			}
		}
	}
	for _, p := range r.Parcels {
		for i := range w.Fulfillments {
			if w.Fulfillments[i].ID == p.ID {
				w.Fulfillments[i].Lines = admin.Conn[admin.ParcelLine]{Nodes: p.Lines}
			}
		}
	}
	units := make([]admin.Unit, len(r.Units))
	for i, u := range r.Units {
		if err := admin.Unmarshal(u, &units[i]); err != nil {
			return channel.Order{}, err
		}
	}
	if len(units) > 0 {
		w.FulfillmentOrders = admin.Conn[admin.Unit]{Nodes: units}
	}
	o, err := n.order(w)
	if err != nil {
		return o, err
	}
	if err := refunds(&o, r.Refunds); err != nil {
		return o, err
	}
	if r.plain() {
		o.Raw = r.Order
		return o, nil
	}
	o.Raw, err = marshalRaw(r)
	return o, err
}

// plain reports whether the node is all there is: it is then the payload itself.
func (r *rawOrder) plain() bool {
	return !r.Bulk && len(r.Lines) == 0 && len(r.Shipping) == 0 && len(r.Parcels) == 0 && len(r.Refunds) == 0 && len(r.Units) == 0
}

// marshalRaw encodes a payload for storing.
func marshalRaw(r *rawOrder) ([]byte, error) { return json.Marshal(r) }

var _ channel.OrderDecoder = (*Channel)(nil)
