package shopify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxSends bounds how often one part of a parcel is sent, and maxPlans how
// often the plan is made anew because fulfilment orders changed underneath.
const (
	maxSends = 3
	maxPlans = 3
)

// maxFulfillLines is the most lines we put into one fulfilment: the schema
// allows this array 512, the API's page on limits any array 250.
const maxFulfillLines = maxInput

// units counts units by order line.
type units = adapter.Units[channel.LineID]

// Ship records one parcel as fulfilments, one for each location its lines are
// assigned to. Shopify knows no key for this write: what tells a parcel is its
// number, or without one its lines.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	var none channel.ShipResult
	const op = "ship"
	want, err := c.wanted(op, s)
	if err != nil {
		return none, err
	}
	if _, err := c.grantedFor(ctx, op, channel.JobShip); err != nil {
		return none, err
	}
	order, err := c.look(ctx, op, s.Order)
	if err != nil {
		return none, err
	}
	if len(order.Units.Nodes) == 0 && len(order.Fulfillments) == 0 {
		// Without the scope an order looks as if it had nothing to ship.
		c.forgetScopes()
		if _, err := c.grantedFor(ctx, op, channel.JobShip); err != nil {
			return none, err
		}
	}
	tracking, note := trackingInput(s.Tracking)
	p := &parcel{c: c, op: op, s: s, want: want, tracking: tracking, before: map[channel.RemoteShipmentID]bool{}}
	if note != "" {
		p.notes = append(p.notes, note)
	}
	p.find(order)
	if p.left().Sum() == 0 {
		return channel.ShipResult{Remote: p.found, Found: true, Notes: p.notes}, nil
	}
	for _, f := range order.Fulfillments {
		p.before[channel.RemoteShipmentID(tail(f.ID))] = true
	}
	for plans := 1; ; plans++ {
		sends, err := p.plan(order)
		if err != nil {
			return none, p.partly(err)
		}
		var fresh *admin.ShipOrder
		for _, send := range sends {
			if fresh, err = p.send(ctx, send); err != nil {
				break
			}
		}
		switch {
		case err == nil:
			return channel.ShipResult{Remote: p.found, Found: p.sent == 0, Notes: p.notes}, nil
		case fresh == nil || plans == maxPlans:
			return none, p.partly(err)
		}
		// Fulfilment orders were split, moved or shipped between the look and
		// the write, which was refused: plan again on what there is now.
		order = fresh
	}
}

// wanted checks what can be checked without a call and sums the parcel's units.
func (c *Channel) wanted(op string, s channel.Shipment) (units, error) {
	bad := func(format string, args ...any) error {
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid, Message: fmt.Sprintf(format, args...)}
	}
	if !isNumber(string(s.Order)) {
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrNotFound, Message: "the order's id is not one of Shopify's"}
	}
	if len(s.Lines) == 0 {
		return nil, bad("the parcel has no lines: name what is in it")
	}
	want := units{}
	for _, l := range s.Lines {
		if l.Quantity < 1 {
			return nil, bad("line %s: quantity %d, must be at least 1", l.Line, l.Quantity)
		}
		want[l.Line] += l.Quantity
	}
	return want, nil
}

// parcel is a shipment on its way into the shop's books.
type parcel struct {
	c        *Channel
	op       string
	s        channel.Shipment
	want     units
	tracking *admin.TrackingInput
	found    []channel.RemoteShipment
	before   map[channel.RemoteShipmentID]bool // fulfilments there were before the first write
	notes    []string
	sent     int // parts that we recorded
}

// left returns the units that no record found so far accounts for.
func (p *parcel) left() units {
	left := maps.Clone(p.want)
	for i := range p.found {
		left.Take(adapter.UnitsOf(p.found[i].Lines))
	}
	return left
}

// find takes from the order the fulfilments that are this parcel's: with the
// same number, as long as they hold no more than the parcel does; a parcel
// without a number is one fulfilment without a number and of just its lines.
func (p *parcel) find(o *admin.ShipOrder) {
	remote := shipments(&admin.Order{ID: o.ID, Fulfillments: o.Fulfillments})
	// Exact ones first, so that a part does not take the place of the whole.
	slices.SortStableFunc(remote, func(a, b channel.RemoteShipment) int {
		return cmp.Compare(adapter.UnitsOf(b.Lines).Sum(), adapter.UnitsOf(a.Lines).Sum())
	})
	for _, r := range remote {
		if p.mine(r, p.left()) {
			p.found = append(p.found, r)
		}
	}
}

// mine reports whether a record is of this parcel, of which left is still to be
// found.
func (p *parcel) mine(r channel.RemoteShipment, left units) bool {
	if r.Cancelled || slices.Contains(p.s.Known, r.ID) || slices.ContainsFunc(p.found, func(f channel.RemoteShipment) bool { return f.ID == r.ID }) {
		return false
	}
	u := adapter.UnitsOf(r.Lines)
	if u.Sum() == 0 || !left.Covers(u) {
		return false
	}
	if channel.NormalTracking(p.s.Tracking.Number) != "" {
		return slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.SameTracking(t.Number, p.s.Tracking.Number) })
	}
	numbered := slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.NormalTracking(t.Number) != "" })
	return !numbered && u.Sum() == p.want.Sum()
}

// fulfillAnswer is what fulfillmentCreate answers.
type fulfillAnswer struct {
	Create *struct {
		Fulfillment *admin.Fulfillment `json:"fulfillment"`
		Errors      []userError        `json:"userErrors"`
	} `json:"fulfillmentCreate"`
}

// send records one part of the parcel. When the answer is lost it looks: a
// part that is not there is sent again if it has a number to be found by, and
// is unsure if not. A part refused for a state that the plan did not see comes
// back with the order as it is now.
func (p *parcel) send(ctx context.Context, s sending) (fresh *admin.ShipOrder, err error) {
	cl := call{
		op: p.op, name: "Fulfill", query: admin.Fulfill, cost: admin.FulfillCost, repeat: transport.Once,
		vars: map[string]any{"fulfillment": admin.FulfillInput{Units: s.input, Tracking: p.tracking, Notify: p.s.NotifyBuyer}},
	}
	for sends := 1; ; sends++ {
		var data fulfillAnswer
		_, err = p.c.do(ctx, cl, &data)
		switch {
		case err != nil:
		case data.Create == nil:
			err = p.fail(channel.ErrUnsure, "the answer does not say what became of the fulfilment")
		case len(data.Create.Errors) > 0:
			return p.refused(ctx, data.Create.Errors[0])
		case data.Create.Fulfillment == nil || data.Create.Fulfillment.ID == "":
			err = p.fail(channel.ErrUnsure, "the answer does not name the fulfilment")
		default:
			p.sent++
			p.found = append(p.found, p.remote(data.Create.Fulfillment, s))
			return nil, nil
		}
		if !errors.Is(err, channel.ErrUnsure) {
			return nil, err
		}
		order, lookErr := p.c.look(ctx, p.op, p.s.Order)
		if lookErr != nil {
			return nil, err // still unsure
		}
		if p.took(order, s) {
			p.sent++
			return nil, nil
		}
		if channel.NormalTracking(p.s.Tracking.Number) == "" || sends == maxSends || ctx.Err() != nil {
			return nil, err
		}
	}
}

// took looks for a part that may have been sent: a record that was not there
// before, with its lines and its number.
func (p *parcel) took(o *admin.ShipOrder, s sending) bool {
	for _, r := range shipments(&admin.Order{ID: o.ID, Fulfillments: o.Fulfillments}) {
		if p.before[r.ID] || r.Cancelled || slices.Contains(p.s.Known, r.ID) ||
			slices.ContainsFunc(p.found, func(f channel.RemoteShipment) bool { return f.ID == r.ID }) {
			continue
		}
		if !maps.Equal(adapter.UnitsOf(r.Lines), s.units) || isNumber(s.location) && r.Location != "" && string(r.Location) != s.location {
			continue
		}
		same := slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.SameTracking(t.Number, p.s.Tracking.Number) })
		none := !slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.NormalTracking(t.Number) != "" })
		if same || none && channel.NormalTracking(p.s.Tracking.Number) == "" {
			p.found = append(p.found, r)
			return true
		}
	}
	return false
}

// refusals classifies what fulfillmentCreate and the tracking update say when
// they refuse: their errors have no codes. Recheck says that the state changed
// between look and write, or that the part is there already.
var refusals = []struct {
	text    string
	class   error
	recheck bool
}{
	{"Invalid fulfillment order line item quantity requested", channel.ErrConflict, true},
	{"has an unfulfillable status", channel.ErrConflict, true},
	{"Fulfillment order does not exist", channel.ErrConflict, true},
	{"Fulfillment order line item does not exist", channel.ErrConflict, true},
	{"must be assigned to a single location", channel.ErrConflict, true},
	{"must belong to the same order", channel.ErrConflict, true},
	{"does not have access to the fulfillment order", channel.ErrForbidden, false},
	{"Quantity must be greater than 0", channel.ErrInvalid, false},
	{"Fulfillment does not exist", channel.ErrNotFound, false},
}

// refusal returns the class of a refusal by its words, and whether a look may
// show that it is none.
func refusal(message string) (recheck bool, class error) {
	for _, r := range refusals {
		if strings.Contains(message, r.text) {
			return r.recheck, r.class
		}
	}
	return false, channel.ErrInvalid
}

// refused is a part that was not taken: nothing of it was applied. Where a
// look may show why, it returns the order as it is now, with what of the parcel
// is there already found.
func (p *parcel) refused(ctx context.Context, u userError) (fresh *admin.ShipOrder, err error) {
	recheck, class := refusal(u.Message)
	e := p.fail(class, u.Message)
	if errors.Is(class, channel.ErrForbidden) {
		e.Code = "write_merchant_managed_fulfillment_orders"
	}
	if !recheck {
		return nil, e
	}
	order, lookErr := p.c.look(ctx, p.op, p.s.Order)
	if lookErr != nil {
		return nil, e
	}
	p.find(order)
	return order, e
}

// partly keeps a failure honest when other parts of the parcel are recorded:
// one with a number is found again by it, one without is not.
func (p *parcel) partly(err error) error {
	if len(p.found) == 0 || channel.NormalTracking(p.s.Tracking.Number) != "" {
		return err
	}
	return &channel.Error{
		Channel: p.c.cfg.ID, Op: p.op, Class: channel.ErrUnsure,
		Message: fmt.Sprintf("fulfilment %s records a part of the parcel, the rest failed", p.found[len(p.found)-1].ID), Err: errors.New(err.Error()),
	}
}

func (p *parcel) fail(class error, message string) *channel.Error {
	return &channel.Error{Channel: p.c.cfg.ID, Op: p.op, Class: class, Message: transport.Message(message)}
}

// remote is the record an answer tells of, with the lines that were sent.
func (p *parcel) remote(f *admin.Fulfillment, s sending) channel.RemoteShipment {
	r := shipments(&admin.Order{ID: gid("Order", string(p.s.Order)), Fulfillments: []admin.Fulfillment{*f}})[0]
	for _, id := range s.units.IDs() {
		r.Lines = append(r.Lines, channel.ShipmentLine{Line: id, Quantity: s.units[id]})
	}
	if r.Location == "" && isNumber(s.location) {
		r.Location = channel.LocationID(s.location)
	}
	return r
}

// isNumber reports whether id can end a global id.
func isNumber(id string) bool {
	_, err := strconv.ParseUint(id, 10, 64)
	return err == nil
}
