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
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxSends bounds how often one part of a parcel is sent, and maxPlans how
// often the plan is made anew because fulfilment orders changed underneath.
const (
	maxSends = 3
	maxPlans = 3
)

// maxFulfillLines is the most lines one fulfilment takes.
const maxFulfillLines = 512

// units counts units by order line.
type units map[channel.LineID]int64

func (u units) sum() (n int64) {
	for _, q := range u {
		n += q
	}
	return n
}

// covers reports whether u holds at least all of v.
func (u units) covers(v units) bool {
	for id, n := range v {
		if u[id] < n {
			return false
		}
	}
	return true
}

// less returns u without v.
func (u units) less(v units) units {
	out := make(units, len(u))
	for id, n := range u {
		if n -= v[id]; n > 0 {
			out[id] = n
		}
	}
	return out
}

// ids returns the lines in a fixed order.
func (u units) ids() []channel.LineID { return slices.Sorted(maps.Keys(u)) }

// Ship records one parcel as fulfilments, one for each location its lines are
// assigned to. Shopify knows no key for this write: what tells a parcel is its
// number, or without one its lines.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	var none channel.ShipResult
	const op = "ship"
	want, err := c.parcelUnits(op, s)
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
	tracking, note := trackingInput(s.Tracking)
	p := &parcel{c: c, op: op, s: s, want: want, tracking: tracking, before: map[channel.RemoteShipmentID]bool{}}
	if note != "" {
		p.notes = append(p.notes, note)
	}
	p.find(order)
	if p.left().sum() == 0 {
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

// parcelUnits checks a shipment and sums its lines.
func (c *Channel) parcelUnits(op string, s channel.Shipment) (units, error) {
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
		left = left.less(lineUnits(p.found[i].Lines))
	}
	return left
}

func lineUnits(lines []channel.ShipmentLine) units {
	u := make(units, len(lines))
	for _, l := range lines {
		u[l.Line] += l.Quantity
	}
	return u
}

// find takes from the order the fulfilments that are this parcel's: with the
// same number, as long as they hold no more than the parcel does; a parcel
// without a number is one fulfilment without a number and of just its lines.
func (p *parcel) find(o *admin.ShipOrder) {
	remote := shipments(&admin.Order{ID: o.ID, Fulfillments: o.Fulfillments})
	// Exact ones first, so that a part does not take the place of the whole.
	slices.SortStableFunc(remote, func(a, b channel.RemoteShipment) int {
		return cmp.Compare(lineUnits(b.Lines).sum(), lineUnits(a.Lines).sum())
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
	u := lineUnits(r.Lines)
	if u.sum() == 0 || !left.covers(u) {
		return false
	}
	if channel.NormalTracking(p.s.Tracking.Number) != "" {
		return slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.SameTracking(t.Number, p.s.Tracking.Number) })
	}
	numbered := slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.NormalTracking(t.Number) != "" })
	return !numbered && u.sum() == p.want.sum()
}

// sending is one call: lines of one location.
type sending struct {
	units    units
	location string
	input    []admin.FulfillUnit
}

// plan chooses the lines of fulfilment orders that what is left of the parcel
// is taken from, location by location.
func (p *parcel) plan(o *admin.ShipOrder) ([]sending, error) {
	left := p.left()
	places, err := p.places(o, left)
	if err != nil {
		return nil, err
	}
	var out []sending
	for _, at := range places {
		open := sending{units: units{}, location: at}
		flush := func() {
			if len(open.input) > 0 {
				out = append(out, open)
				open = sending{units: units{}, location: at}
			}
		}
		lines := 0
		for i := range o.Units.Nodes {
			u := &o.Units.Nodes[i]
			if !shippable(u) || place(u) != at {
				continue
			}
			var part admin.FulfillUnit
			for _, l := range u.Lines.Nodes {
				id := channel.LineID(tail(l.LineItem.ID))
				n := min(left[id], l.RemainingQuantity)
				if n <= 0 {
					continue
				}
				if lines++; lines > maxFulfillLines {
					if len(part.Lines) > 0 {
						open.input = append(open.input, part)
					}
					flush()
					part, lines = admin.FulfillUnit{}, 1
				}
				left[id] -= n
				open.units[id] += n
				part.ID = u.ID
				part.Lines = append(part.Lines, admin.FulfillLine{ID: l.ID, Quantity: n})
			}
			if len(part.Lines) > 0 {
				open.input = append(open.input, part)
			}
		}
		flush()
	}
	return out, nil
}

// shippable reports whether a fulfilment order can be shipped by us now.
func shippable(u *admin.Unit) bool {
	return supports(u, "CREATE_FULFILLMENT") && !service(u)
}

func supports(u *admin.Unit, action string) bool {
	for _, a := range u.SupportedActions {
		if a.Action == action {
			return true
		}
	}
	return false
}

// service reports whether a fulfilment service ships this, which is its
// business then. Nobody but one is sent requests.
func service(u *admin.Unit) bool {
	l := u.AssignedLocation.Location
	return l != nil && l.IsFulfillmentService || u.RequestStatus != "" && u.RequestStatus != "UNSUBMITTED"
}

// place is the location a fulfilment order is assigned to. One that is deleted,
// or that the grant does not show, is known by its name.
func place(u *admin.Unit) string {
	if u.AssignedLocation.Location == nil {
		return "name " + u.AssignedLocation.Name
	}
	return tail(u.AssignedLocation.Location.ID)
}

// places returns the locations to ship left from, or why that cannot be. One
// that has it all is preferred to several.
func (p *parcel) places(o *admin.ShipOrder, left units) ([]string, error) {
	var order []string
	have := map[string]units{}
	all := units{}
	for i := range o.Units.Nodes {
		u := &o.Units.Nodes[i]
		at := place(u)
		if !shippable(u) || p.s.Location != "" && at != string(p.s.Location) {
			continue
		}
		if have[at] == nil {
			have[at] = units{}
			order = append(order, at)
		}
		for _, l := range u.Lines.Nodes {
			id := channel.LineID(tail(l.LineItem.ID))
			have[at][id] += l.RemainingQuantity
			all[id] += l.RemainingQuantity
		}
	}
	for _, at := range order {
		if have[at].covers(left) {
			return []string{at}, nil
		}
	}
	if all.covers(left) {
		return order, nil
	}
	for _, id := range left.ids() {
		if all[id] < left[id] {
			return nil, p.why(o, id, left[id], all[id])
		}
	}
	return nil, nil
}

// why says what is in the way of shipping n units of a line of which only have
// can be shipped.
func (p *parcel) why(o *admin.ShipOrder, id channel.LineID, n, have int64) error {
	fail := func(class error, code, format string, args ...any) error {
		return &channel.Error{Channel: p.c.cfg.ID, Op: p.op, Class: class, Code: code, Message: fmt.Sprintf(format, args...)}
	}
	var ordered, remaining, shipped int64
	var reasons, closed []string
	for i := range o.Units.Nodes {
		u := &o.Units.Nodes[i]
		for _, l := range u.Lines.Nodes {
			if channel.LineID(tail(l.LineItem.ID)) != id {
				continue
			}
			ordered += l.TotalQuantity
			remaining += l.RemainingQuantity
			switch {
			case l.RemainingQuantity == 0:
			case shippable(u) && p.s.Location != "" && place(u) != string(p.s.Location):
				reasons = append(reasons, fmt.Sprintf("%d are assigned to location %s (%s): move them there or leave the location out",
					l.RemainingQuantity, place(u), u.AssignedLocation.Name))
			case shippable(u):
			case service(u):
				reasons = append(reasons, fmt.Sprintf("%d are the fulfilment service's at %s", l.RemainingQuantity, u.AssignedLocation.Name))
			default:
				r := blocked(u)
				if u.Status == "CLOSED" || u.Status == "CANCELLED" || u.Status == "INCOMPLETE" {
					closed = append(closed, r)
				} else {
					reasons = append(reasons, r)
				}
			}
		}
	}
	var records []string
	for _, f := range o.Fulfillments {
		for _, l := range f.Lines.Nodes {
			if channel.LineID(tail(l.LineItem.ID)) == id && !gone(f.Status) {
				shipped += l.Quantity
				records = append(records, tail(f.ID))
			}
		}
	}
	switch {
	case !o.CancelledAt.IsZero():
		return fail(channel.ErrConflict, "cancelled", "order %s is cancelled: nothing of it can be shipped", o.Name)
	case len(reasons) > 0:
		return fail(channel.ErrConflict, "", "line %s: %s", id, strings.Join(reasons, "; "))
	case ordered == 0 && shipped == 0 && !p.c.has("write_merchant_managed_fulfillment_orders"):
		return fail(channel.ErrForbidden, "write_merchant_managed_fulfillment_orders",
			"the app is shown no fulfilment order with line %s: grant it this scope and install it again", id)
	case ordered == 0 && shipped == 0 && len(o.Units.Nodes) == 0:
		return fail(channel.ErrConflict, "", "order %s has no fulfilment orders: there is nothing to ship, or they are still being made", o.Name)
	case ordered == 0 && shipped == 0:
		return fail(channel.ErrInvalid, "", "line %s is not among what order %s ships (refunded, removed, or of another order): read the order again", id, o.Name)
	case n > max(ordered, shipped):
		return fail(channel.ErrInvalid, "", "line %s: %d units in the parcel, %d ordered and %d left to ship: lower the quantity", id, n, ordered, have)
	case have == 0 && shipped > 0:
		return fail(channel.ErrConflict, "", "line %s is shipped already, by fulfilment %s: correct the tracking there", id, strings.Join(slices.Compact(records), ", "))
	case have == 0 && len(closed) > 0:
		return fail(channel.ErrConflict, "", "line %s: %s", id, strings.Join(closed, "; "))
	case have == 0:
		return fail(channel.ErrConflict, "", "line %s has nothing left to ship: it was removed or refunded", id)
	}
	return fail(channel.ErrInvalid, "", "line %s: %d units in the parcel, %d left to ship: lower the quantity", id, n, have)
}

// blocked says why a fulfilment order cannot be shipped in its state.
func blocked(u *admin.Unit) string {
	id := tail(u.ID)
	switch u.Status {
	case "ON_HOLD":
		var holds []string
		for _, h := range u.Holds {
			holds = append(holds, h.Reason)
		}
		return "fulfilment order " + id + " is on hold: " + cmp.Or(strings.Join(holds, ", "), "no reason given")
	case "SCHEDULED":
		return "fulfilment order " + id + " is scheduled for " + u.FulfillAt.UTC().Format("2006-01-02 15:04 MST") + ": open it first"
	}
	s := "fulfilment order " + id + " is " + strings.ToLower(strings.ReplaceAll(u.Status, "_", " "))
	if u.RequestStatus != "" && u.RequestStatus != "UNSUBMITTED" {
		s += ", request " + strings.ToLower(strings.ReplaceAll(u.RequestStatus, "_", " "))
	}
	return s
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
		_, _, err = p.c.do(ctx, cl, &data)
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
		if !maps.Equal(lineUnits(r.Lines), s.units) || isNumber(s.location) && r.Location != "" && string(r.Location) != s.location {
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
func refusal(message string) (class error, recheck bool) {
	for _, r := range refusals {
		if strings.Contains(message, r.text) {
			return r.class, r.recheck
		}
	}
	return channel.ErrInvalid, false
}

// refused is a part that was not taken: nothing of it was applied. Where a
// look may show why, it returns the order as it is now, with what of the parcel
// is there already found.
func (p *parcel) refused(ctx context.Context, u userError) (fresh *admin.ShipOrder, err error) {
	class, recheck := refusal(u.Message)
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
	for _, id := range s.units.ids() {
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
