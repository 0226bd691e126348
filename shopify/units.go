package shopify

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// unitsSizes are the sizes of a page of fulfilment orders and of the lines of
// each, the largest first: the first whose cost the shop's bucket allows. 250 of
// 250 cost 321 points, 100 of 25 cost 173.
var unitsSizes = [...]struct{ first, lines int }{{maxPage, maxPage}, {100, 25}, {25, 25}, {5, 25}}

func (s *pageSizes) units() (first, lines int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, size := range unitsSizes {
		first, lines = size.first, size.lines
		if admin.UnitsPageCost(first, lines) <= s.dear {
			break
		}
	}
	return first, lines
}

// unitsPage returns one page of the walk's second phase: the fulfilment orders
// that changed, each as an order that has its units only.
func (c *Channel) unitsPage(ctx context.Context, w walk, limit int) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "fulfilment order page"
	access, err := c.grantedFor(ctx, op, channel.JobOrders)
	if err != nil {
		return none, err
	}
	page := channel.Page[channel.Order]{ReadAt: c.serverNow()}
	if !access.FulfillmentOrders {
		page.Through = c.through(w) // the scope was lost on the way
		return page, nil
	}
	first, lines := c.sizes.units()
	if limit > 0 {
		first = min(first, limit)
	}
	var data struct {
		Units *struct {
			PageInfo admin.PageInfo          `json:"pageInfo"`
			Nodes    admin.Nodes[admin.Unit] `json:"nodes"`
		} `json:"fulfillmentOrders"`
	}
	vars := map[string]any{"first": first, "query": w.filter(), "lines": lines}
	if w.After != "" {
		vars["after"] = w.After
	}
	cl := call{
		op: op, name: "UnitsPage", query: admin.UnitsPage, vars: vars,
		cost: admin.UnitsPageCost(first, lines), repeat: transport.Read,
	}
	denied, err := c.do(ctx, cl, &data)
	if err != nil {
		return none, cursorOr(err, w.After)
	}
	if data.Units == nil {
		return none, c.denied(cl, denied)
	}
	nodes := data.Units.Nodes
	cut, err := c.longUnits(ctx, nodes)
	if err != nil {
		return none, err
	}
	for i := range nodes {
		raw := nodes[i].Raw
		u := &nodes[i].Value
		park := func(err error) {
			payload, _ := json.Marshal(rawOrder{Order: jsontext.Value("null"), Unit: raw})
			page.Parked = append(page.Parked, channel.Parked{ID: "fulfilment order " + looseID(raw), Raw: payload, Err: parkedError(err)})
		}
		if nodes[i].Err != nil {
			park(nodes[i].Err)
			continue
		}
		if err, long := cut[u.ID]; err != nil {
			park(err)
			continue
		} else if long {
			if raw, err = json.Marshal(u); err != nil {
				return none, c.fail(call{op: op}, "", channel.ErrInvalid, err)
			}
		}
		payload, err := json.Marshal(rawOrder{Order: jsontext.Value("null"), Unit: raw})
		if err != nil {
			return none, c.fail(call{op: op}, "", channel.ErrInvalid, err)
		}
		o, err := unitOrder(u, payload)
		if err != nil {
			park(err)
			continue
		}
		page.Items = append(page.Items, o)
	}
	info := data.Units.PageInfo
	switch {
	case info.HasNextPage:
		anew := func() error {
			return w.from(lastChange(nodes, page.ReadAt.Add(-c.cfg.Lag), func(u *admin.Unit) time.Time { return u.UpdatedAt }))
		}
		if err := c.turn(op, &w, info, len(nodes), anew); err != nil {
			return none, err
		}
		page.Next = w.cursor()
	default:
		page.Through = c.through(w)
	}
	return page, nil
}

// longUnits fetches the lines that a page of fulfilment orders cut off. It tells
// of each that was cut, by id, why it cannot be read, nil where it was.
func (c *Channel) longUnits(ctx context.Context, nodes admin.Nodes[admin.Unit]) (map[string]error, error) {
	var ids []string
	for i := range nodes {
		if nodes[i].Err == nil && nodes[i].Value.Lines.PageInfo.HasNextPage {
			ids = append(ids, nodes[i].Value.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	cut, told := make(map[string]*admin.Unit, len(ids)), make(map[string]error, len(ids))
	for i := range nodes {
		cut[nodes[i].Value.ID] = &nodes[i].Value
	}
	for _, id := range ids {
		told[id] = nil
	}
	_, err := asideOf(ctx, &aside{bad: told}, ids, func(ids []string) (map[string]struct{}, error) {
		for _, id := range ids {
			if err := c.unitLines(ctx, cut[id]); err != nil { // those that have come are done
				return nil, err
			}
		}
		return nil, nil
	})
	return told, err
}

// unitLines fetches the lines of a fulfilment order beyond its first page.
func (c *Channel) unitLines(ctx context.Context, u *admin.Unit) error {
	for pages := 0; u.Lines.PageInfo.HasNextPage; pages++ {
		var data struct {
			Node *admin.Unit `json:"node"`
		}
		cl := call{
			op: "fulfilment order lines", name: "UnitLines", query: admin.UnitLines, cost: admin.UnitLinesCost,
			vars: map[string]any{"id": u.ID, "after": u.Lines.PageInfo.EndCursor}, repeat: transport.Read,
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
			return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrUnavailable, Message: "the fulfilment order is gone"}
		}
		if next := data.Node.Lines.PageInfo; pages == maxDetailPages || next.HasNextPage && next.EndCursor == u.Lines.PageInfo.EndCursor {
			return &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrInvalid, Message: "pages of a fulfilment order do not end"}
		}
		u.Lines.Nodes = append(u.Lines.Nodes, data.Node.Lines.Nodes...)
		u.Lines.PageInfo = data.Node.Lines.PageInfo
	}
	u.Lines.PageInfo = admin.PageInfo{}
	return nil
}

var unitStatuses = map[string]channel.UnitStatus{
	"OPEN": channel.UnitOpen, "SCHEDULED": channel.UnitScheduled, "ON_HOLD": channel.UnitHeld,
	"IN_PROGRESS": channel.UnitInProgress, "CLOSED": channel.UnitClosed, "CANCELLED": channel.UnitCancelled,
	"INCOMPLETE": channel.UnitClosed,
}

// unitOrder is a fulfilment order as an order that tells nothing else.
func unitOrder(w *admin.Unit, raw []byte) (channel.Order, error) {
	if w.OrderID == "" {
		return channel.Order{}, invalid("record has no id")
	}
	u, err := unit(w)
	if err != nil {
		return channel.Order{}, err
	}
	return channel.Order{
		ID: channel.OrderID(tail(w.OrderID)), Parts: channel.PartUnits, UpdatedAt: w.UpdatedAt,
		Units: []channel.Unit{u}, Raw: raw,
	}, nil
}

// orderUnits adds an order's fulfilment orders, where the read had them whole.
func orderUnits(o *channel.Order, w *admin.Order) error {
	if len(w.FulfillmentOrders.Nodes) == 0 || !wholeUnits(w) {
		return nil // the walk's second phase tells them
	}
	o.Units = make([]channel.Unit, len(w.FulfillmentOrders.Nodes))
	for i := range o.Units {
		var err error
		if o.Units[i], err = unit(&w.FulfillmentOrders.Nodes[i]); err != nil {
			return err
		}
	}
	o.Parts |= channel.PartUnits
	return nil
}

func unit(w *admin.Unit) (channel.Unit, error) {
	if w.ID == "" {
		return channel.Unit{}, invalid("record has no id")
	}
	for _, l := range w.Lines.Nodes {
		if err := checkUnits("fulfilment order "+tail(w.ID), l.TotalQuantity, l.RemainingQuantity); err != nil {
			return channel.Unit{}, err
		}
	}
	u := channel.Unit{
		ID: channel.UnitID(tail(w.ID)), Handle: channel.Handle(tail(w.ID)),
		Status:   channel.Coded[channel.UnitStatus]{Value: unitStatuses[w.Status], Raw: w.Status},
		FulfilAt: w.FulfillAt, DueBy: w.FulfillBy, UpdatedAt: w.UpdatedAt,
		Lines: make([]channel.UnitLine, len(w.Lines.Nodes)),
	}
	if w.DeliveryMethod != nil {
		u.Service = w.DeliveryMethod.MethodType
	}
	at := fulfilled(w.AssignedLocation, w.DeliveryMethod)
	u.Location, u.FulfilledBy.Value = at.location, at.by
	for _, h := range w.Holds {
		u.Holds = append(u.Holds, channel.Hold{Reason: h.Reason, Note: h.Notes})
	}
	for i, l := range w.Lines.Nodes {
		u.Lines[i] = channel.UnitLine{
			Line: channel.LineID(tail(l.LineItem.ID)), Handle: channel.Handle(tail(l.ID)),
			Total: l.TotalQuantity, Remaining: l.RemainingQuantity,
		}
	}
	return u, nil
}
