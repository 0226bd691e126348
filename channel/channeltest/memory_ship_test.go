package channeltest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func TestShip(t *testing.T) {
	parcel := func(o channel.Order, number string, quantity int64) channel.Shipment {
		return channel.Shipment{
			Key: "k", Seq: 1, Order: o.ID, Tracking: channel.Tracking{Carrier: "ups", Number: number},
			Lines: []channel.ShipmentLine{{Line: o.Lines[0].ID, Handle: o.Lines[0].Handle, Quantity: quantity}},
		}
	}
	tests := []struct {
		name    string
		prepare func(ctx context.Context, m *Memory, o channel.Order) error
		parcel  func(o channel.Order) channel.Shipment
		class   error
		found   bool
		parcels int
	}{
		{name: "is recorded", parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 2) }, parcels: 1},
		{
			name: "again is found by its number",
			prepare: func(ctx context.Context, m *Memory, o channel.Order) error {
				_, err := m.Ship(ctx, parcel(o, "1z 9-9", 2))
				return err
			},
			parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z99", 2) }, found: true, parcels: 1,
		},
		{
			name: "recorded by the seller is found",
			prepare: func(_ context.Context, m *Memory, o channel.Order) error {
				return m.ShipOutside(o.ID, channel.Tracking{Number: "1Z"})
			},
			parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 3) }, found: true, parcels: 1,
		},
		{
			name: "another parcel of the same quantity is not",
			prepare: func(ctx context.Context, m *Memory, o channel.Order) error {
				_, err := m.Ship(ctx, parcel(o, "1Z", 1))
				return err
			},
			parcel: func(o channel.Order) channel.Shipment { return parcel(o, "2Z", 1) }, parcels: 2,
		},
		{
			name: "without number is found by its lines",
			prepare: func(ctx context.Context, m *Memory, o channel.Order) error {
				_, err := m.Ship(ctx, parcel(o, "", 1))
				return err
			},
			parcel: func(o channel.Order) channel.Shipment { return parcel(o, "", 1) }, found: true, parcels: 1,
		},
		{
			name: "without number, beside one known to be another's, is new",
			prepare: func(ctx context.Context, m *Memory, o channel.Order) error {
				_, err := m.Ship(ctx, parcel(o, "", 1))
				return err
			},
			parcel: func(o channel.Order) channel.Shipment {
				s := parcel(o, "", 1)
				s.Known = []channel.RemoteShipmentID{"S1"}
				return s
			}, parcels: 2,
		},
		{
			name: "more than is left", parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 4) },
			class: channel.ErrConflict,
		},
		{
			name:    "of a cancelled order",
			prepare: func(_ context.Context, m *Memory, o channel.Order) error { return m.Cancel(o.ID) },
			parcel:  func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 1) }, class: channel.ErrConflict,
		},
		{
			name: "of an unknown order",
			parcel: func(o channel.Order) channel.Shipment {
				s := parcel(o, "1Z", 1)
				s.Order = "none"
				return s
			}, class: channel.ErrNotFound,
		},
		{
			name: "of an unknown line",
			parcel: func(o channel.Order) channel.Shipment {
				s := parcel(o, "1Z", 1)
				s.Lines[0].Line = "none"
				return s
			}, class: channel.ErrInvalid,
		},
		{
			name: "of nothing", parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 0) },
			class: channel.ErrInvalid,
		},
		{
			name:    "with a stale handle",
			prepare: func(_ context.Context, m *Memory, o channel.Order) error { return m.ChangeHandles(o.ID) },
			parcel:  func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 1) }, class: channel.ErrStaleHandle,
		},
		{
			name: "whose answer is lost is on record",
			prepare: func(ctx context.Context, m *Memory, o channel.Order) error {
				m.Inject(Fault{Op: OpShip, Kind: FaultAnswerLost})
				if _, err := m.Ship(ctx, parcel(o, "1Z", 1)); !errors.Is(err, channel.ErrUnsure) {
					return fmt.Errorf("err = %w, want ErrUnsure", err)
				}
				return nil
			},
			parcel: func(o channel.Order) channel.Shipment { return parcel(o, "1Z", 1) }, found: true, parcels: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory(MemoryConfig{})
			mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
			o := orderOf(t, m, place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 3}}}))
			if tt.prepare != nil {
				ok(t, tt.prepare(t.Context(), m, o))
			}
			res, err := m.Ship(t.Context(), tt.parcel(o))
			if !errors.Is(channel.Class(err), tt.class) || res.Found != tt.found {
				t.Errorf("found %t, err = %v; want %t, %v", res.Found, err, tt.found, tt.class)
			}
			if got := len(m.Parcels(o.ID)); got != tt.parcels {
				t.Errorf("%d parcels on record, want %d", got, tt.parcels)
			}
		})
	}
}

func TestShippingIsToldOnTheOrder(t *testing.T) {
	m := NewMemory(MemoryConfig{})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
	id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 3}}})
	ok(t, m.ShipOutside(id, channel.Tracking{Number: "1Z"}))
	o := orderOf(t, m, id)
	if o.Lines[0].Shipped != 3 || o.Fulfilment.Value != channel.FulfilmentComplete || len(o.Shipments) != 1 {
		t.Errorf("%+v", o)
	}
	ok(t, m.AmendShipment(t.Context(), o.Shipments[0], channel.Tracking{Number: "2Z"}))
	if got := m.Parcels(id)[0].Tracking[0].Number; got != "2Z" {
		t.Errorf("number %q after the correction", got)
	}
	if got := m.Quantity(mug.ID, ""); got != 7 {
		t.Errorf("shipping moved what is shown: %d", got)
	}
}
