package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Parcel is a record of a parcel on the marketplace.
type Parcel struct {
	channel.RemoteShipment
	Key     string // of the Shipment that made it
	Outside bool   // made by ShipOutside
}

type parcel struct{ Parcel }

func (p *parcel) tell() channel.RemoteShipment {
	r := p.RemoteShipment
	r.Lines = slices.Clone(r.Lines)
	r.Tracking = slices.Clone(r.Tracking)
	return r
}

// Parcels returns every parcel on record, of these orders or of all.
func (m *Memory) Parcels(orders ...channel.OrderID) []Parcel {
	_, unlock := m.side()
	defer unlock()
	var all []Parcel
	for _, p := range m.parcels {
		if len(orders) == 0 || slices.Contains(orders, p.Order) {
			told := p.Parcel
			told.RemoteShipment = p.tell()
			all = append(all, told)
		}
	}
	return all
}

var (
	errLines     = errors.New("a parcel needs lines of its order with a quantity of 1 or more each")
	errRemaining = errors.New("more than is left to ship")
	errUnpaid    = errors.New("the order is not paid")
	errHandle    = errors.New("the handle names another state of the line")
)

// Ship records a parcel, one record for each location it leaves from. What is
// on record already is found by number and lines; a parcel without number by
// its lines.
func (m *Memory) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	return call(ctx, m, OpShip, func(now time.Time, _ Fault) (channel.ShipResult, error) {
		o, err := m.order(s.Order)
		if err != nil || o.hidden {
			return channel.ShipResult{}, m.fail(OpShip, channel.ErrNotFound, nil)
		}
		if len(s.Lines) == 0 {
			return channel.ShipResult{}, m.fail(OpShip, channel.ErrInvalid, errLines)
		}
		for _, sl := range s.Lines {
			switch l := o.line(sl.Line); {
			case l == nil || sl.Quantity < 1:
				return channel.ShipResult{}, m.fail(OpShip, channel.ErrInvalid, errLines)
			case sl.Handle != "" && sl.Handle != l.handle:
				return channel.ShipResult{}, m.fail(OpShip, channel.ErrStaleHandle, errHandle)
			}
		}
		if found := m.look(o, s); found != nil {
			return channel.ShipResult{Remote: found, Found: true}, nil
		}
		if err := m.shippable(o, s.Lines); err != nil {
			return channel.ShipResult{}, m.fail(OpShip, channel.ErrConflict, err)
		}
		res := channel.ShipResult{Remote: m.send(now, o, s, false)}
		if s.NotifyBuyer && !m.cfg.Traits.Notify {
			res.Notes = append(res.Notes, "the marketplace does not take a wish to mail the buyer")
		}
		return res, nil
	})
}

// quantities sums lines by id.
func quantities(lines []channel.ShipmentLine, into map[channel.LineID]int64) map[channel.LineID]int64 {
	if into == nil {
		into = map[channel.LineID]int64{}
	}
	for _, l := range lines {
		into[l.Line] += l.Quantity
	}
	return into
}

// look returns the records of a parcel, nil when there are none.
func (m *Memory) look(o *order, s channel.Shipment) []channel.RemoteShipment {
	want := quantities(s.Lines, nil)
	have := map[channel.LineID]int64{}
	var found []channel.RemoteShipment
	for _, p := range o.parcels {
		number := p.Tracking[0].Number
		same := channel.SameTracking(number, s.Tracking.Number)
		if s.Tracking.Number == "" {
			same = number == ""
		}
		if !same || p.Cancelled || slices.Contains(s.Known, p.ID) {
			continue
		}
		fits := true
		for id, n := range quantities(p.Lines, nil) {
			fits = fits && have[id]+n <= want[id]
		}
		if fits {
			quantities(p.Lines, have)
			found = append(found, p.tell())
		}
	}
	for id, n := range want {
		if have[id] != n {
			return nil
		}
	}
	return found
}

func (m *Memory) shippable(o *order, lines []channel.ShipmentLine) error {
	if o.paid.IsZero() {
		return errUnpaid
	}
	for id, n := range quantities(lines, nil) {
		l := o.line(id)
		if l == nil {
			return errLines
		}
		if n > l.open() {
			return errRemaining
		}
	}
	return nil
}

// send puts a parcel on record.
func (m *Memory) send(now time.Time, o *order, s channel.Shipment, outside bool) []channel.RemoteShipment {
	var made []*parcel
	_ = m.change(now, o, func() error {
		at := map[channel.LocationID]*parcel{}
		for _, sl := range s.Lines {
			l := o.line(sl.Line)
			l.shipped += sl.Quantity
			lv := l.level()
			lv.sold -= sl.Quantity
			if m.cfg.atShipment() && !l.listing.new.Untracked {
				left := lv.quantity - sl.Quantity
				if !m.cfg.NoClip {
					left = max(0, left)
				}
				lv.set(now, left)
			}
			p := at[l.loc]
			if p == nil {
				p = &parcel{Parcel{Key: s.Key, Outside: outside, RemoteShipment: channel.RemoteShipment{
					ID:    channel.RemoteShipmentID(fmt.Sprintf("S%d", len(m.parcels)+1)),
					Order: o.id, Tracking: []channel.Tracking{s.Tracking}, Location: l.loc,
					CreatedAt: m.server(now), UpdatedAt: m.server(now),
				}}}
				at[l.loc] = p
				made = append(made, p)
				m.parcels = append(m.parcels, p)
				o.parcels = append(o.parcels, p)
			}
			p.Lines = append(p.Lines, channel.ShipmentLine{Line: sl.Line, Handle: l.handle, Quantity: sl.Quantity})
		}
		if !slices.ContainsFunc(o.lines, func(l *line) bool { return l.open() > 0 }) {
			o.closed = now
		}
		return nil
	})
	told := make([]channel.RemoteShipment, len(made))
	for i, p := range made {
		told[i] = p.tell()
	}
	return told
}

// AmendShipment corrects a parcel's tracking.
func (m *Memory) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	if err := m.lacks(OpAmend, CapShipmentEditor); err != nil {
		return err
	}
	_, err := call(ctx, m, OpAmend, func(now time.Time, _ Fault) (struct{}, error) {
		i := slices.IndexFunc(m.parcels, func(p *parcel) bool { return p.ID == r.ID })
		if i < 0 {
			return struct{}{}, m.fail(OpAmend, channel.ErrNotFound, nil)
		}
		p := m.parcels[i]
		return struct{}{}, m.change(now, m.orderBy[p.Order], func() error {
			p.Tracking = []channel.Tracking{t}
			p.UpdatedAt = m.server(now)
			return nil
		})
	})
	return err
}
