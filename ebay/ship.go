package ebay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// units counts units by order line.
type units = adapter.Units[channel.LineID]

const (
	opCreateShipment = "createShippingFulfillment"
	// maxSends is how often a parcel with a number is sent, where each look
	// between says that it is not there. eBay answers some mistakes in the body
	// as failures of its own.
	maxSends = 3
	// maxTracking is longer than any tracking number.
	maxTracking = 100
)

// Ship records a parcel: a read of the order, one of its parcels, and a write.
// eBay has no key for it, and nothing changes or takes back what was written: so
// a parcel is looked for before it is sent, and again whenever an answer is lost,
// by its number. One without a number is known by its lines and by not being
// among Shipment.Known, and is sent once.
//
// eBay takes letters and digits of a tracking number, and of lines that go
// through its international hub one in a call: such a parcel becomes a record
// for each line. What eBay or the buyer carries is refused before the call.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	const op = "ship"
	var res channel.ShipResult
	want, err := c.wanted(op, &s)
	if err != nil {
		return res, err
	}
	if !orderID(s.Order) {
		return res, c.refuse(op, channel.ErrNotFound, "there is no order "+strconv.Quote(string(s.Order)))
	}
	// Two parcels of one order at a time would each look before the other is
	// there.
	done, err := c.turns.wait(ctx, s.Order)
	if err != nil {
		return res, c.fail(call{op: op}, "", channel.ErrUnavailable, err)
	}
	defer done()
	w, at, err := c.look(ctx, op, s.Order)
	if err != nil {
		return res, err
	}
	before, err := c.parcels(ctx, op, s.Order)
	if err != nil {
		return res, err
	}
	look := look{number: s.Tracking.Number, order: s.Order, skip: map[channel.RemoteShipmentID]bool{}}
	for _, id := range s.Known {
		look.skip[id] = true
	}
	if res.Remote = look.find(before, want); len(want) == 0 {
		res.Found = true
		return res, nil
	}
	if err := c.shippable(op, w, before, want); err != nil {
		return res, err
	}
	for _, id := range parcelIDs(before, s.Order) {
		look.skip[id] = true
	}
	body := sell.NewShipment{Tracking: numberText(s.Tracking.Number)}
	if body.Tracking != "" {
		body.Carrier = c.cfg.carrier(s.Tracking.Carrier)
	}
	date, note := shipDate(s.ShippedAt, w.CreationDate.Time, at)
	if body.Shipped = date; note != "" {
		res.Notes = append(res.Notes, note)
	}
	if !s.NotifyBuyer {
		res.Notes = append(res.Notes, "eBay tells the buyer by its own rules: that cannot be suppressed")
	}
	for _, part := range parts(w, want) {
		made, notes, err := c.record(ctx, op, &look, &body, part)
		res.Notes = append(res.Notes, notes...)
		if err != nil {
			return res, err
		}
		for _, r := range made {
			look.skip[r.ID] = true
		}
		res.Remote = append(res.Remote, made...)
	}
	return res, nil
}

// wanted checks what can be checked without a call and sums the parcel's units.
func (c *Channel) wanted(op string, s *channel.Shipment) (units, error) {
	if len(s.Lines) == 0 {
		return nil, c.invalid(op, "the parcel is empty")
	}
	if number := strings.TrimSpace(s.Tracking.Number); number != "" && numberText(number) == "" || len(number) > maxTracking {
		return nil, c.invalid(op, "the tracking number has no letters or digits, or too many")
	}
	want := units{}
	for _, l := range s.Lines {
		if l.Quantity < 1 || l.Quantity > maxLine {
			return nil, c.invalid(op, fmt.Sprintf("line %s: quantity %d", l.Line, l.Quantity))
		}
		want[l.Line] += l.Quantity
	}
	return want, nil
}

// numberText is a tracking number as eBay takes it: its letters and digits.
func numberText(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, number)
}

// look reads an order, and returns the time of the read.
func (c *Channel) look(ctx context.Context, op string, id channel.OrderID) (*sell.Order, time.Time, error) {
	r, at, err := c.order(ctx, op, id)
	if err != nil {
		return nil, at, err
	}
	if r.Err != nil {
		return nil, at, c.refuse(op, channel.ErrUnavailable, "the order cannot be read")
	}
	return &r.Value, at, nil
}

// parcels reads what eBay has of an order's parcels.
func (c *Channel) parcels(ctx context.Context, op string, id channel.OrderID) (*sell.ShipmentList, error) {
	list := &sell.ShipmentList{}
	_, err := c.read(ctx, parcelsCall(op, id), list)
	return list, err
}

// look finds a parcel among an order's, by its number.
type look struct {
	number string
	order  channel.OrderID
	skip   map[channel.RemoteShipmentID]bool // other parcels' records
}

// find returns the records of the parcel and takes their units off want.
func (l *look) find(list *sell.ShipmentList, want units) []channel.RemoteShipment {
	var out []channel.RemoteShipment
	seen := map[string]int{}
	for i := range list.Shipments {
		w := &list.Shipments[i]
		r := remote(w, l.order, seen)
		same := channel.SameTracking(w.Tracking, l.number)
		if l.number == "" {
			same = channel.NormalTracking(w.Tracking) == ""
		}
		if has := inParcel(w); same && !l.skip[r.ID] && len(has) > 0 && want.Covers(has) {
			want.Take(has)
			out = append(out, r)
		}
	}
	return out
}

func inParcel(w *sell.Shipment) units {
	has := units{}
	for _, l := range w.Lines {
		has[channel.LineID(l.ID)] += l.Quantity
	}
	return has
}

// parcelIDs are the ids of an order's parcels.
func parcelIDs(list *sell.ShipmentList, order channel.OrderID) []channel.RemoteShipmentID {
	seen := map[string]int{}
	ids := make([]channel.RemoteShipmentID, len(list.Shipments))
	for i := range list.Shipments {
		ids[i] = shipmentID(order, list.Shipments[i].ID, seen)
	}
	return ids
}

// shippable reports why an order, or so many units of its lines, cannot be
// shipped.
func (c *Channel) shippable(op string, w *sell.Order, before *sell.ShipmentList, want units) error {
	refuse := func(class error, what string) error { return c.refuse(op, class, what) }
	by := shipTo
	if len(w.Instructions) > 0 {
		by = w.Instructions[0].Type
	}
	switch p := w.Program; {
	case by == byEBay, p != nil && p.Fulfillment != nil && p.Fulfillment.By == "EBAY":
		return refuse(channel.ErrInvalid, "eBay ships this order")
	case by == pickupAt:
		return refuse(channel.ErrInvalid, "the buyer collects this order: it has no parcels")
	case by == digital:
		return refuse(channel.ErrInvalid, "there is nothing to ship of this order")
	case w.Cancel.State == cancelled:
		return refuse(channel.ErrConflict, "the order is "+cancelled)
	}
	sent := units{}
	for i := range before.Shipments {
		for id, n := range inParcel(&before.Shipments[i]) {
			sent[id] += n
		}
	}
	for _, id := range want.IDs() {
		n := want[id]
		at := slices.IndexFunc(w.Lines, func(l sell.Line) bool { return channel.LineID(l.ID) == id })
		if at < 0 {
			return refuse(channel.ErrInvalid, "line "+strconv.Quote(string(id))+" is not of this order")
		}
		l := &w.Lines[at]
		switch {
		case n > l.Quantity:
			return refuse(channel.ErrInvalid, fmt.Sprintf("line %s: %d units, and %d were ordered", id, n, l.Quantity))
		case l.Fulfillment == fulfilled:
			return refuse(channel.ErrConflict, fmt.Sprintf("line %s is marked as shipped already", id))
		case n > l.Quantity-sent[id]:
			return refuse(channel.ErrConflict, fmt.Sprintf("line %s: %d units, and of %d ordered %d are shipped", id, n, l.Quantity, sent[id]))
		}
	}
	return nil
}

// parts are what a parcel is recorded in: whole, but for lines that go through
// the international hub, of which eBay takes one in a call.
func parts(w *sell.Order, want units) []units {
	if w.Program == nil || w.Program.International == nil {
		if len(w.Instructions) == 0 || !w.Instructions[0].Supported || w.Program != nil && w.Program.Authenticity != nil {
			return []units{want}
		}
	}
	out := make([]units, 0, len(want))
	for _, id := range want.IDs() {
		out = append(out, units{id: want[id]})
	}
	return out
}

// record sends a parcel, or a part of it, until it is there.
func (c *Channel) record(ctx context.Context, op string, look *look, body *sell.NewShipment, want units) (made []channel.RemoteShipment, notes []string, err error) {
	body.Lines = nil
	for _, id := range want.IDs() {
		body.Lines = append(body.Lines, sell.ShipmentLine{ID: string(id), Quantity: want[id]})
	}
	for try := 1; ; try++ {
		r, err := c.post(ctx, op, look, body)
		switch {
		case err == nil:
			return []channel.RemoteShipment{r}, notes, nil
		case errors.Is(err, channel.ErrUnsure), errors.Is(err, channel.ErrConflict), errors.Is(err, channel.ErrInvalid):
		default:
			return nil, notes, err
		}
		// An answer may be lost, and a refusal may come because the parcel is
		// there.
		list, failed := c.parcels(ctx, op, look.order)
		if failed != nil {
			return nil, notes, err
		}
		missing := maps.Clone(want)
		if found := look.find(list, missing); len(missing) == 0 {
			return found, notes, nil
		}
		unsure := errors.Is(err, channel.ErrUnsure)
		e, _ := errors.AsType[*channel.Error](err)
		switch {
		case unsure && body.Tracking != "" && try < maxSends:
		case !unsure && e != nil && e.Code == codeTracking && body.Carrier != "" && body.Carrier != carrierOther:
			notes = append(notes, fmt.Sprintf("eBay refused the carrier %q or the number with it: the parcel is of carrier %s", body.Carrier, carrierOther))
			body.Carrier = carrierOther
		default:
			return nil, notes, err
		}
	}
}

// codeTracking is the refusal of a tracking number or its carrier.
const codeTracking = "32300"

// post sends a parcel once.
func (c *Channel) post(ctx context.Context, op string, look *look, body *sell.NewShipment) (channel.RemoteShipment, error) {
	cl := call{
		op: op, api: apiFulfillment, operation: opCreateShipment, job: jobOrders, method: http.MethodPost,
		path: orderPath(look.order) + "/shipping_fulfillment", body: body, repeat: transport.Once,
	}
	answer, from, err := c.do(ctx, cl)
	if err != nil {
		return channel.RemoteShipment{}, err
	}
	if err := c.hidden(cl, answer); err != nil {
		return channel.RemoteShipment{}, err
	}
	c.clock.Learn(from.resp, from.sent)
	id := body.Tracking
	if at, err := url.Parse(from.resp.Header.Get("Location")); err == nil {
		if named := at.Path[strings.LastIndexByte(at.Path, '/')+1:]; named != "" {
			id = named
		}
	}
	seen := map[string]int{}
	for known := range look.skip {
		if _, theirs, ok := strings.Cut(string(known), "/"); ok && (theirs == id || strings.HasPrefix(theirs, id+"#")) {
			seen[id]++
		}
	}
	w := sell.Shipment{ID: id, Tracking: body.Tracking, Carrier: body.Carrier, Lines: body.Lines}
	if at, err := time.Parse(time.RFC3339, body.Shipped); err == nil {
		w.Shipped.Time = at
	}
	return remote(&w, look.order, seen), nil
}

// shipDate is when a parcel left. eBay takes no time in the future, and is
// believed to take none before the order.
func shipDate(at, placed, now time.Time) (date, note string) {
	const moved = "the parcel's date was moved to %s: eBay takes none %s"
	if now.Before(placed) {
		now = placed // it is there: now was taken for up to a second too early
	}
	switch {
	case at.IsZero():
		return stamp(now), ""
	case at.After(now):
		if at.Sub(now) <= time.Minute { // two clocks
			return stamp(now), ""
		}
		return stamp(now), fmt.Sprintf(moved, stamp(now), "in the future")
	case at.Before(placed):
		if placed.Sub(at) <= time.Minute {
			return stamp(placed), ""
		}
		return stamp(placed), fmt.Sprintf(moved, stamp(placed), "before the order's")
	}
	return stamp(at), ""
}

// turns lets one at a time work on an order.
type turns struct {
	mu   sync.Mutex
	busy map[channel.OrderID]chan struct{}
}

// wait waits until nobody works on an order. The function it returns ends the
// turn.
func (t *turns) wait(ctx context.Context, id channel.OrderID) (done func(), err error) {
	for {
		t.mu.Lock()
		ends := t.busy[id]
		if ends == nil {
			if t.busy == nil {
				t.busy = map[channel.OrderID]chan struct{}{}
			}
			own := make(chan struct{})
			t.busy[id] = own
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.busy, id)
				t.mu.Unlock()
				close(own)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-ends:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
