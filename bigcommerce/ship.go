package bigcommerce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// units counts units by order line.
type units = adapter.Units[int64]

// shipStripes is how many orders of a store may be shipped at once, at most.
const shipStripes = 64

// Ship records a parcel as one shipment for each address it goes to: a read of
// the order, shared by parcels that come together, a list of its shipments and a
// write for each address. It lists the order's shipments first, and again when an answer is lost: there is no
// idempotency key. A parcel with a number is known by it; one without by having
// no number and the same units of the same lines.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	const op = "ship"
	var res channel.ShipResult
	order, ok := number(string(s.Order))
	if !ok {
		return res, c.refuse(op, channel.ErrNotFound, "there is no order "+strconv.Quote(string(s.Order)))
	}
	want, err := c.wanted(op, &s)
	if err != nil {
		return res, err
	}
	// Two parcels of one order at a time would each look before the other is
	// there.
	unlock, err := c.cfg.Limiter.lock(ctx, fmt.Sprintf("%s/order/%d", c.cfg.StoreHash, order%shipStripes))
	if err != nil {
		return res, c.fail(call{op: op}, "", channel.ErrUnavailable, err)
	}
	defer unlock()

	node, err := c.look(ctx, op, order)
	if err != nil {
		return res, err
	}
	before, err := c.shipments(ctx, order)
	if err != nil {
		return res, err
	}
	look := look{number: s.Tracking.Number, order: s.Order, skip: map[int64]bool{}}
	for _, id := range s.Known {
		if n, ok := number(string(id)); ok {
			look.skip[n] = true
		}
	}
	res.Remote = look.find(before, want)
	if len(want) == 0 {
		res.Found = true
		return res, nil
	}
	groups, err := c.groups(ctx, op, node, &s, want)
	if err != nil {
		return res, err
	}
	fields, notes := c.tracking(s.Tracking)
	res.Notes = notes
	if !s.NotifyBuyer {
		res.Notes = append(res.Notes, "BigCommerce mails the buyer as the store is set up: that cannot be suppressed")
	}
	for i := range before {
		look.skip[int64(before[i].ID)] = true
	}
	for _, g := range groups {
		made, err := c.send(ctx, op, order, g, fields, look)
		res.Remote = append(res.Remote, made...)
		for _, r := range made {
			if n, ok := number(string(r.ID)); ok {
				look.skip[n] = true
			}
		}
		if err != nil {
			return res, err
		}
	}
	return res, nil
}

// wanted checks what can be checked without a call and sums the parcel's units.
func (c *Channel) wanted(op string, s *channel.Shipment) (units, error) {
	if len(s.Lines) == 0 {
		return nil, c.invalid(op, "the parcel is empty")
	}
	if n := utf8.RuneCountInString(s.Tracking.Number); n > maxTracking {
		return nil, c.invalid(op, fmt.Sprintf("the tracking number has %d characters, and BigCommerce takes %d", n, maxTracking))
	}
	want := units{}
	for _, l := range s.Lines {
		id, ok := number(string(l.Line))
		if !ok {
			return nil, c.invalid(op, "there is no line "+strconv.Quote(string(l.Line)))
		}
		if l.Quantity < 1 {
			return nil, c.invalid(op, fmt.Sprintf("line %d: quantity %d", id, l.Quantity))
		}
		want[id] += l.Quantity
	}
	return want, nil
}

// shipments returns every shipment of an order.
func (c *Channel) shipments(ctx context.Context, order int64) ([]store.Shipment, error) {
	const op = "look for shipments"
	rows, err := c.orderRows(ctx, op, order, "shipments")
	if err != nil {
		return nil, err
	}
	out, err := decodeAll[store.Shipment](&rows)
	if err != nil {
		// What cannot be read might be the parcel.
		return nil, c.refuse(op, channel.ErrUnavailable, "a shipment cannot be read")
	}
	return out, nil
}

// look finds a parcel among an order's shipments.
type look struct {
	number string
	order  channel.OrderID
	skip   map[int64]bool // other parcels' records
}

// find returns the records of the parcel and takes their units off want.
func (l *look) find(all []store.Shipment, want units) []channel.RemoteShipment {
	var out []channel.RemoteShipment
	for i := range all {
		w := &all[i]
		if l.skip[int64(w.ID)] || !l.alike(w, want) {
			continue
		}
		has := units{}
		for _, it := range w.Items {
			has[int64(it.LineID)] += int64(it.Quantity)
		}
		if want.Take(has) {
			out = append(out, remote(w, l.order))
		}
	}
	return out
}

// alike reports whether a record may be of this parcel: it has the number, or
// none where the parcel has none and exactly the units that are still wanted.
func (l *look) alike(w *store.Shipment, want units) bool {
	if channel.NormalTracking(l.number) != "" {
		return channel.SameTracking(l.number, string(w.TrackingNumber))
	}
	if strings.TrimSpace(string(w.TrackingNumber)) != strings.TrimSpace(l.number) {
		return false
	}
	has := units{}
	for _, it := range w.Items {
		has[int64(it.LineID)] += int64(it.Quantity)
	}
	for id, n := range has {
		if want[id] != n {
			return false
		}
	}
	return len(has) > 0
}

// group is what of a parcel goes to one address.
type group struct {
	address int64
	units   units
}

// lookSpan is how far apart the ids of orders may lie that are looked at
// together: the list brings what lies between them too.
const lookSpan = 100

// look reads an order, with others that are asked for at the same time.
func (c *Channel) look(ctx context.Context, op string, order int64) (*store.Node[store.Order], error) {
	node, found, err := c.looks.Get(ctx, order)
	switch {
	case ctx.Err() != nil:
		return nil, c.fail(call{op: op}, "", channel.ErrUnavailable, ctx.Err())
	case err != nil:
		return nil, err
	case !found:
		return nil, c.refuse(op, channel.ErrNotFound, fmt.Sprintf("there is no order %d", order))
	}
	return node, nil
}

// lookAt reads orders for look.
func (c *Channel) lookAt(ctx context.Context, ids []int64) (map[int64]*store.Node[store.Order], error) {
	nodes, err := c.ordersOf(ctx, "look at orders", slices.Clone(ids), lookSpan)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*store.Node[store.Order], len(nodes))
	for i := range nodes {
		out[nodeID(&nodes[i])] = &nodes[i]
	}
	return out, nil
}

// groups returns what is to be sent by address, or why it cannot be.
func (c *Channel) groups(ctx context.Context, op string, node *store.Node[store.Order], s *channel.Shipment, want units) ([]group, error) {
	if node.Err != nil {
		return nil, c.refuse(op, channel.ErrUnavailable, "the order cannot be read")
	}
	w := &node.Value
	if st := status(w); over(w, st.Value) {
		return nil, c.refuse(op, channel.ErrConflict, "the order is "+strconv.Quote(st.Raw))
	}
	lines := w.Lines()
	if w.Cut() {
		rows, err := c.orderRows(ctx, "order lines", int64(w.ID), "products")
		if err != nil {
			return nil, err
		}
		if lines, err = decodeAll[store.Line](&rows); err != nil {
			return nil, c.refuse(op, channel.ErrUnavailable, "the order's lines cannot be read")
		}
	}
	by := make(map[int64]*store.Line, len(lines))
	for i := range lines {
		by[int64(lines[i].ID)] = &lines[i]
	}
	for _, l := range s.Lines {
		id, _ := number(string(l.Line))
		if line := by[id]; line != nil && l.Handle != "" && string(l.Handle) != line.AddressID.String() && want[id] > 0 {
			return nil, c.refuse(op, channel.ErrStaleHandle, fmt.Sprintf("line %d goes to another address by now", id))
		}
	}
	parts := map[int64]units{}
	for _, id := range want.IDs() {
		line, n := by[id], want[id]
		if err := c.shippable(op, id, line, n); err != nil {
			return nil, err
		}
		address := int64(line.AddressID)
		if parts[address] == nil {
			parts[address] = units{}
		}
		parts[address][id] = n
	}
	out := make([]group, 0, len(parts))
	for _, address := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, group{address, parts[address]})
	}
	return out, nil
}

// shippable reports why n units of a line cannot be shipped, naming the line.
func (c *Channel) shippable(op string, id int64, line *store.Line, n int64) error {
	switch {
	case line == nil:
		return c.invalid(op, fmt.Sprintf("line %d is not of this order", id))
	case fulfiller(line) == channel.ByPickup:
		return c.invalid(op, fmt.Sprintf("line %d is collected by the buyer", id))
	case fulfiller(line) == channel.ByDigital:
		return c.invalid(op, fmt.Sprintf("line %d is digital", id))
	case line.AddressID <= 0:
		return c.invalid(op, fmt.Sprintf("line %d goes to no address", id))
	case n > int64(line.Quantity):
		return c.invalid(op, fmt.Sprintf("line %d: %d units, and %d were ordered", id, n, line.Quantity))
	case n > int64(line.Quantity-line.Shipped-line.Refunded):
		return c.refuse(op, channel.ErrConflict, fmt.Sprintf("line %d: %d units, and of %d ordered %d are shipped and %d refunded",
			id, n, line.Quantity, line.Shipped, line.Refunded))
	}
	return nil
}

// tracking says how a parcel is followed in BigCommerce's terms: by a carrier it
// links to itself, one AfterShip links to, or a link of our own.
func (c *Channel) tracking(t channel.Tracking) (f store.ShipmentFields, notes []string) {
	f = store.ShipmentFields{TrackingNumber: strings.TrimSpace(t.Number), Method: t.Service}
	known, ok := channel.LookupCarrier(t.Carrier)
	if f.Provider = providers[known.Code]; ok && f.Provider != "" {
		return f, nil
	}
	if f.Carrier = slugs[known.Code]; ok && f.Carrier != "" {
		return f, nil
	}
	f.Link = cmp.Or(t.URL, known.TrackingURL(t.Number))
	name := cmp.Or(known.Name, t.Carrier)
	if f.Method == "" {
		f.Method = name
	} else if name != "" {
		f.Method = name + ", " + f.Method
	}
	if utf8.RuneCountInString(f.Link) > maxLink {
		f.Link = ""
		notes = append(notes, fmt.Sprintf("the tracking link is longer than the %d characters BigCommerce takes", maxLink))
	}
	if f.Link == "" && t.Number != "" {
		notes = append(notes, "BigCommerce does not know the carrier "+strconv.Quote(t.Carrier)+": the number is shown without a link")
	}
	return f, notes
}

// send records a part of a parcel, and looks for it when the answer is lost.
func (c *Channel) send(ctx context.Context, op string, order int64, g group, fields store.ShipmentFields, l look) ([]channel.RemoteShipment, error) {
	body := store.NewShipment{AddressID: g.address, ShipmentFields: fields}
	for _, id := range slices.Sorted(maps.Keys(g.units)) {
		body.Items = append(body.Items, store.NewShipmentItem{LineID: id, Quantity: g.units[id]})
	}
	cl := call{
		op: op, method: http.MethodPost, path: fmt.Sprintf("/v2/orders/%d/shipments", order), body: &body, repeat: transport.Once,
	}
	var made store.Shipment
	_, err := c.do(ctx, cl, func(body []byte) error {
		if store.Unmarshal(body, &made) != nil || made.ID <= 0 {
			return c.garbled(cl, "the answer does not tell the shipment")
		}
		return nil
	})
	if err == nil {
		return []channel.RemoteShipment{remote(&made, l.order)}, nil
	}
	if !errors.Is(err, channel.ErrUnsure) {
		return nil, err
	}
	after, lookErr := c.shipments(ctx, order)
	if lookErr != nil {
		return nil, err
	}
	missing := maps.Clone(g.units)
	if found := l.find(after, missing); len(missing) == 0 {
		return found, nil
	}
	// It may yet arrive.
	return nil, err
}
