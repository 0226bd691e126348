package channeltest

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock/channel"
)

// bendShip bends what is asked of Ship and what it answers.
func bendShip(how func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error)) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.ship = func(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
			return how(ctx, b.Memory, s)
		}
	})
}

// blind makes a look find nothing.
func blind(m *Memory, s channel.Shipment) channel.Shipment {
	for _, p := range m.Parcels(s.Order) {
		s.Known = append(s.Known, p.ID)
	}
	return s
}

func shipMutants() map[string][]mutant {
	noLook := mutant{name: "it does not look", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
		return m.Ship(ctx, blind(m, s))
	})}
	sendsAgain := mutant{name: "it sends again without looking", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
		res, err := m.Ship(ctx, s)
		if errors.Is(err, channel.ErrUnsure) {
			return m.Ship(ctx, blind(m, s))
		}
		return res, err
	})}
	believes := mutant{name: "no answer is a success", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
		res, err := m.Ship(ctx, s)
		if errors.Is(err, channel.ErrUnsure) {
			return channel.ShipResult{Remote: []channel.RemoteShipment{{ID: "S?"}}}, nil
		}
		return res, err
	})}
	return map[string][]mutant{
		"ship records one parcel": {
			{name: "nothing is sent", wrap: bendShip(func(context.Context, *Memory, channel.Shipment) (channel.ShipResult, error) {
				return channel.ShipResult{Remote: []channel.RemoteShipment{{ID: "S?"}}}, nil
			})},
			{name: "without its number", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				s.Tracking.Number = ""
				return m.Ship(ctx, s)
			})},
			{name: "without telling the record", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				_, err := m.Ship(ctx, s)
				return channel.ShipResult{}, err
			})},
		},
		"ship repeated is found": {noLook},
		"part of a line": {
			{name: "the whole line is sent", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				o, _ := m.Order(s.Order)
				s.Lines[0].Quantity = o.Lines[0].Open()
				return m.Ship(ctx, s)
			})},
		},
		"several parcels of a line": {
			{name: "lines alike are taken for it", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				if p := m.Parcels(s.Order); len(p) > 0 {
					return channel.ShipResult{Remote: []channel.RemoteShipment{p[0].RemoteShipment}, Found: true}, nil
				}
				return m.Ship(ctx, s)
			})},
		},
		"several lines in a parcel": {
			{name: "the first only", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				s.Lines = s.Lines[:1]
				return m.Ship(ctx, s)
			})},
			{name: "a parcel each", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (res channel.ShipResult, err error) {
				for _, l := range s.Lines {
					one := s
					one.Lines = []channel.ShipmentLine{l}
					if res, err = m.Ship(ctx, one); err != nil {
						return res, err
					}
				}
				return res, nil
			})},
		},
		"carrier nobody knows": {
			{name: "is refused", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				if s.Tracking.Carrier != "ups" {
					return channel.ShipResult{}, m.fail(OpShip, channel.ErrInvalid, nil)
				}
				return m.Ship(ctx, s)
			})},
		},
		"parcels without number are told apart by what is known": {
			{name: "what is known is ignored", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				s.Known = nil
				return m.Ship(ctx, s)
			})},
		},
		"tracking is corrected": {
			{name: "nothing is done", wrap: bend(func(b *bent) {
				b.amend = func(context.Context, channel.RemoteShipment, channel.Tracking) error { return nil }
			})},
			{name: "the order is not shipped then", wrap: bend(func(b *bent) {
				b.amend = func(context.Context, channel.RemoteShipment, channel.Tracking) error { return errors.ErrUnsupported }
			})},
		},
		"ship what cannot be": {
			{name: "an order not there is tried for ever", wrap: bendErrors(reclass(channel.ErrNotFound, channel.ErrUnavailable))},
			{name: "a line not there is tried for ever", wrap: bendErrors(reclass(channel.ErrInvalid, channel.ErrUnavailable))},
			{name: "lines that do not fit are made to", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				for i := range s.Lines {
					s.Lines[i].Quantity = min(s.Lines[i].Quantity, 2)
				}
				return m.Ship(ctx, s)
			})},
		},
		"ship a cancelled order": {
			{name: "is a success", wrap: bendShip(func(ctx context.Context, m *Memory, s channel.Shipment) (channel.ShipResult, error) {
				res, err := m.Ship(ctx, s)
				if errors.Is(err, channel.ErrConflict) {
					return res, nil
				}
				return res, err
			})},
			{name: "is tried for ever", wrap: bendErrors(reclass(channel.ErrConflict, channel.ErrUnavailable))},
		},
		"handle that is wrong does no harm": {
			{name: "it is an outage", wrap: bendErrors(reclass(channel.ErrStaleHandle, channel.ErrUnavailable))},
		},
		"ship with the answer lost":          {sendsAgain},
		"ship with the request lost":         {believes},
		"parcel without number is sent once": {sendsAgain, noLook},
	}
}
