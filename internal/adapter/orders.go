package adapter

import "github.com/penstock-go/penstock/channel"

// WholeUnit is an order as one unit, with all its lines, where the marketplace
// knows no smaller ones. It leaves to the adapter who fulfils it, where from and
// from when on.
func WholeUnit(o *channel.Order) channel.Unit {
	u := channel.Unit{
		ID: channel.UnitID(o.ID), Service: o.Service, DueBy: o.ShipBy, UpdatedAt: o.UpdatedAt,
		Lines: make([]channel.UnitLine, len(o.Lines)),
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		u.Lines[i] = channel.UnitLine{Line: l.ID, Total: l.Ordered, Remaining: l.Open()}
	}
	u.Status = UnitStatus(o, u.Lines)
	return u
}

// UnitStatus is what the status of an order and the lines of one of its units
// make of the unit, where the marketplace does not say.
func UnitStatus(o *channel.Order, lines []channel.UnitLine) channel.Coded[channel.UnitStatus] {
	var open int64
	for _, l := range lines {
		open += l.Remaining
	}
	s := channel.Coded[channel.UnitStatus]{Raw: o.Status.Raw}
	switch {
	case o.Status.Value == channel.OrderCancelled:
		s.Value = channel.UnitCancelled
	case open == 0:
		s.Value = channel.UnitClosed
	case o.Status.Value == channel.OrderPending, o.Status.Value == channel.OrderHeld:
		s.Value = channel.UnitHeld
	case o.Status.Value != "":
		s.Value = channel.UnitOpen
	}
	return s
}
