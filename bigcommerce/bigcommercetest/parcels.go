package bigcommercetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Parcel describes a shipment that the seller makes without the API.
type Parcel struct {
	Items    map[int]int // units by line id; nil means everything left to ship
	Tracking string
	Provider string // shipping_provider
	Carrier  string // tracking_carrier
	Link     string
	Method   string
	Comments string
}

// Ship records shipments as the control panel does, one for each address, and
// returns their ids.
func (f *Fake) Ship(orderID int, p Parcel) (ids []int, err error) {
	err = f.onOrder(orderID, func(o *order, now time.Time) error {
		items := p.Items
		if items == nil {
			items = map[int]int{}
			for i := range o.lines {
				if l := &o.lines[i]; l.typ == Physical && l.address != 0 && f.open(l) > 0 {
					items[l.id] = f.open(l)
				}
			}
		}
		if len(items) == 0 {
			return fmt.Errorf("%w: order %d has nothing left to ship", ErrInvalid, orderID)
		}
		byAddress := map[int]*shipment{}
		for _, id := range slices.Sorted(maps.Keys(items)) {
			l := o.line(id)
			if l == nil {
				return fmt.Errorf("%w: line %d", ErrNotFound, id)
			}
			s := byAddress[l.address]
			if s == nil {
				s = &shipment{order: orderID, address: l.address, external: true, f: shipmentFields{
					TrackingNumber: p.Tracking, TrackingLink: p.Link, ShippingMethod: p.Method, ShippingProvider: p.Provider,
					TrackingCarrier: p.Carrier, Comments: p.Comments,
				}}
				byAddress[l.address] = s
			}
			s.items = append(s.items, shipmentItem{id, items[id]})
		}
		for _, s := range byAddress {
			if status, msg := f.shippable(o, s); status != 0 {
				return fmt.Errorf("%w: %s", ErrInvalid, strings.TrimSuffix(msg, "."))
			}
		}
		for _, address := range slices.Sorted(maps.Keys(byAddress)) {
			s := byAddress[address]
			f.ship(o, s, now)
			ids = append(ids, s.id)
		}
		return nil
	})
	return ids, err
}

// DeleteShipment takes a shipment back, as the control panel does.
func (f *Fake) DeleteShipment(orderID, shipmentID int) error {
	return f.onOrder(orderID, func(o *order, now time.Time) error {
		i := slices.IndexFunc(o.shipments, func(s *shipment) bool { return s.id == shipmentID })
		if i < 0 {
			return fmt.Errorf("%w: shipment %d", ErrNotFound, shipmentID)
		}
		f.unship(o, now, o.shipments[i])
		return nil
	})
}
