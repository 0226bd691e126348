package shopify

import (
	"context"
	"errors"
	"maps"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// chunk is how many orders' details are asked for at once. A list of ids costs
// the same however long; this bounds the answer.
const chunk = 50

// maxDetailPages bounds a walk within one call, so that a server whose cursors
// do not end is not followed for ever: over one order's lines, 250 a page, or
// over the shop's locations, 50 a page.
const maxDetailPages = 40

// allLines returns every line of the orders, as Shopify sent them.
func (c *Channel) allLines(ctx context.Context, access admin.Access, ids []string) (map[string][]jsontext.Value, error) {
	out := make(map[string][]jsontext.Value, len(ids))
	query, cost := admin.OrderLines(access), admin.OrderLinesCost(access)
	add := func(n admin.OrderWithLines[jsontext.Value]) (string, admin.PageInfo) {
		out[n.ID] = append(out[n.ID], n.LineItems.Nodes...)
		return n.ID, n.LineItems.PageInfo
	}
	return out, rest(ctx, c, call{op: "order lines", name: "OrderLines", query: query, cost: cost}, ids, add)
}

// allShipping returns every shipping line of the orders, as Shopify sent them.
func (c *Channel) allShipping(ctx context.Context, ids []string) (map[string][]jsontext.Value, error) {
	out := make(map[string][]jsontext.Value, len(ids))
	add := func(n admin.OrderWithShipping) (string, admin.PageInfo) {
		out[n.ID] = append(out[n.ID], n.ShippingLines.Nodes...)
		return n.ID, n.ShippingLines.PageInfo
	}
	return out, rest(ctx, c, call{op: "order shipping lines", name: "OrderShipping", query: admin.OrderShipping, cost: admin.OrderShippingCost}, ids, add)
}

// allParcelLines returns every line of the fulfilments.
func (c *Channel) allParcelLines(ctx context.Context, ids []string) (map[string][]admin.ParcelLine, error) {
	out := make(map[string][]admin.ParcelLine, len(ids))
	add := func(n admin.ParcelWithLines) (string, admin.PageInfo) {
		out[n.ID] = append(out[n.ID], n.Lines.Nodes...)
		return n.ID, n.Lines.PageInfo
	}
	return out, rest(ctx, c, call{op: "parcel lines", name: "ParcelLines", query: admin.ParcelLines, cost: admin.ParcelLinesCost}, ids, add)
}

// allUnits returns the fulfilment orders of the orders, with all their lines,
// as payloads.
func (c *Channel) allUnits(ctx context.Context, ids []string) (map[string][]jsontext.Value, error) {
	found := make(map[string][]admin.Unit, len(ids))
	add := func(n admin.OrderWithUnits) (string, admin.PageInfo) {
		found[n.ID] = append(found[n.ID], n.Units.Nodes...)
		return n.ID, n.Units.PageInfo
	}
	cl := call{op: "order fulfilment orders", name: "OrderUnits", query: admin.OrderUnits, cost: admin.OrderUnitsCost}
	if err := rest(ctx, c, cl, ids, add); err != nil {
		return nil, err
	}
	out := make(map[string][]jsontext.Value, len(found))
	for id, units := range found {
		out[id] = make([]jsontext.Value, 0, len(units))
		for i := range units {
			if err := c.unitLines(ctx, &units[i]); err != nil {
				return nil, err
			}
			raw, err := json.Marshal(&units[i])
			if err != nil {
				return nil, c.fail(cl, "", channel.ErrInvalid, err)
			}
			out[id] = append(out[id], raw)
		}
	}
	return out, nil
}

// How many calls for details may fail, and none succeed, before it is taken for
// the channel's fault and not for that of single orders: of those that were
// answered, and of those that were not, which take longer.
const (
	refusedAll = 16
	failedAll  = 4
)

// aside is what is asked for beside a page.
type aside struct {
	bad   map[string]error // by id: why it cannot be read
	apart bool             // something failed that may be the fault of one
}

// asideOf asks for the details of many, and where that fails for what may be the
// fault of one, for halves of them, down to each by itself. What may as well be
// the fault of the shop or of the grant is taken for one's only while others are
// answered, and a failure only the second time.
func asideOf[T any](ctx context.Context, a *aside, ids []string, ask func([]string) (map[string]T, error)) (map[string]T, error) {
	found, err := ask(ids)
	if err == nil || !mayBeOfOne(ctx, err) {
		return found, err
	}
	a.apart = true
	found = make(map[string]T, len(ids))
	var doubted []string
	var doubt error
	succeeded, refused, failed := false, 0, 0
	for parts := [][]string{ids}; len(parts) > 0; parts = parts[1:] {
		part := parts[0]
		if len(part) < len(ids) {
			var some map[string]T
			if some, err = ask(part); err == nil {
				succeeded = true
				maps.Copy(found, some)
				continue
			}
		}
		if !mayBeOfOne(ctx, err) {
			return nil, err
		}
		if errors.Is(err, channel.ErrUnavailable) && !errors.Is(err, errUnfit) {
			failed++
		} else {
			refused++
		}
		switch {
		case !succeeded && (refused >= refusedAll || failed >= failedAll):
			return nil, err
		case len(part) > 1:
			parts = append(parts, part[:len(part)/2], part[len(part)/2:])
		case ofOne(err):
			a.bad[part[0]] = err
		default:
			doubted, doubt = append(doubted, part[0]), err
		}
	}
	if len(doubted) > 0 && !succeeded {
		return nil, doubt
	}
	for _, id := range doubted {
		some, err := ask([]string{id})
		switch {
		case err == nil:
			maps.Copy(found, some)
		case !mayBeOfOne(ctx, err):
			return nil, err
		default:
			a.bad[id] = err
		}
	}
	return found, nil
}

// rest asks for a connection of several nodes from its start, and then, one
// node at a time, for what even a full page cut off.
func rest[T any](ctx context.Context, c *Channel, cl call, ids []string, add func(T) (id string, info admin.PageInfo)) error {
	cl.repeat = transport.Read
	page := func(ids []string, after string) (more map[string]string, err error) {
		var data struct {
			Nodes []*T `json:"nodes"`
		}
		vars := map[string]any{"ids": ids}
		if after != "" {
			vars["after"] = after
		}
		cl.vars = vars
		denied, err := c.do(ctx, cl, &data)
		if err != nil {
			return nil, err
		}
		if len(denied) > 0 {
			return nil, c.denied(cl, denied)
		}
		more = map[string]string{}
		for _, n := range data.Nodes {
			if n == nil {
				continue // deleted meanwhile
			}
			if id, info := add(*n); info.HasNextPage {
				more[id] = info.EndCursor
			}
		}
		return more, nil
	}
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		cut, err := page(ids[:n], "")
		if err != nil {
			return err
		}
		ids = ids[n:]
		for id, after := range cut {
			for pages := 0; after != ""; pages++ {
				more, err := page([]string{id}, after)
				if err != nil {
					return err
				}
				if pages == maxDetailPages || more[id] == after {
					return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrInvalid, Message: "pages of " + tail(id) + " do not end"}
				}
				after = more[id]
			}
		}
	}
	return nil
}

// allRefunds returns the refunds of the orders, each with every line, as
// payloads that refunds decodes.
func (c *Channel) allRefunds(ctx context.Context, ids []string) (map[string][]jsontext.Value, error) {
	out := make(map[string][]jsontext.Value, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		var data struct {
			Nodes []*admin.OrderWithRefunds `json:"nodes"`
		}
		cl := call{
			op: "order refunds", name: "OrderRefunds", query: admin.OrderRefunds, cost: admin.OrderRefundsCost,
			vars: map[string]any{"ids": ids[:n]}, repeat: transport.Read,
		}
		denied, err := c.do(ctx, cl, &data)
		if err != nil {
			return nil, err
		}
		if len(denied) > 0 {
			return nil, c.denied(cl, denied)
		}
		ids = ids[n:]
		for _, o := range data.Nodes {
			if o == nil {
				continue
			}
			out[o.ID] = make([]jsontext.Value, 0, len(o.Refunds))
			for i := range o.Refunds {
				r := &o.Refunds[i]
				if err := c.refundLines(ctx, r); err != nil {
					return nil, err
				}
				raw, err := json.Marshal(r)
				if err != nil {
					return nil, c.fail(cl, "", channel.ErrInvalid, err)
				}
				out[o.ID] = append(out[o.ID], raw)
			}
		}
	}
	return out, nil
}

// refundLines fetches the lines of a refund beyond its first page.
func (c *Channel) refundLines(ctx context.Context, r *admin.Refund) error {
	for pages := 0; r.Lines.PageInfo.HasNextPage; pages++ {
		var data struct {
			Node *admin.Refund `json:"node"`
		}
		cl := call{
			op: "refund lines", name: "RefundLinesAfter", query: admin.RefundLinesAfter, cost: admin.RefundLinesAfterCost,
			vars: map[string]any{"id": r.ID, "after": r.Lines.PageInfo.EndCursor}, repeat: transport.Read,
		}
		denied, err := c.do(ctx, cl, &data)
		if err != nil {
			return err
		}
		if len(denied) > 0 {
			return c.denied(cl, denied)
		}
		if data.Node == nil {
			// Gone between two pages: read anew, it is gone as a whole.
			return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrUnavailable, Message: "the refund is gone"}
		}
		if pages == maxDetailPages || data.Node.Lines.PageInfo.HasNextPage && data.Node.Lines.PageInfo.EndCursor == r.Lines.PageInfo.EndCursor {
			return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrInvalid, Message: "pages of a refund do not end"}
		}
		r.Lines.Nodes = append(r.Lines.Nodes, data.Node.Lines.Nodes...)
		r.Lines.PageInfo = data.Node.Lines.PageInfo
	}
	r.Lines.PageInfo = admin.PageInfo{}
	return nil
}

// refunds adds refunds to an order and settles what came back into stock: of
// the units that are gone from a line, those Shopify says it restocked are
// sure, those it says it did not are out, and what no refund tells stays loose.
func refunds(o *channel.Order, raws []jsontext.Value) error {
	// Without refunds the read says all there is to say: none.
	o.Parts |= channel.PartRefunds
	if len(raws) == 0 {
		return nil
	}
	at := make(map[channel.LineID]int, len(o.Lines))
	for i := range o.Lines {
		at[o.Lines[i].ID] = i
	}
	for _, raw := range raws {
		var w admin.Refund
		if err := admin.Unmarshal(raw, &w); err != nil {
			return err
		}
		r := channel.Refund{ID: channel.RefundID(tail(w.ID)), At: w.CreatedAt, Total: w.TotalRefundedSet.Amount(), Note: w.Note}
		var forLines channel.Amount
		for _, l := range w.Lines.Nodes {
			if err := checkUnits("refund "+tail(w.ID), l.Quantity); err != nil {
				return err
			}
			rl := channel.RefundLine{
				Line: channel.LineID(tail(l.LineItem.ID)), Quantity: l.Quantity,
				Total: l.SubtotalSet.Amount(), Tax: l.TotalTaxSet.Amount(), Restock: channel.RestockUnknown,
			}
			if l.Location != nil {
				rl.Location = channel.LocationID(tail(l.Location.ID))
			}
			switch {
			case l.RestockType == "NO_RESTOCK":
				rl.Restock = channel.RestockNo
			case l.Restocked:
				rl.Restock = channel.RestockYes
			}
			if i, ok := at[rl.Line]; ok {
				line := &o.Lines[i]
				n := min(l.Quantity, line.Loose)
				switch rl.Restock {
				case channel.RestockYes:
					line.Restocked += n
					line.Loose -= n
				case channel.RestockNo:
					line.Loose -= n
				case channel.RestockUnknown:
				}
			}
			var err error
			if forLines, err = forLines.Add(rl.Total); err != nil {
				return err
			}
			if forLines, err = forLines.Add(rl.Tax); err != nil {
				return err
			}
			r.Lines = append(r.Lines, rl)
		}
		other, err := r.Total.Sub(forLines)
		if err != nil {
			return err
		}
		r.Other = other
		o.Refunds = append(o.Refunds, r)
	}
	return nil
}
