package shopify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

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
		if have[at].Covers(left) {
			return []string{at}, nil
		}
	}
	if all.Covers(left) {
		return order, nil
	}
	for _, id := range left.IDs() {
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
