package stall_test

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
)

// A parcel without a number is one without a number and of the same units, and
// the seller's others are not it.
func TestParcelWithoutNumberIsNoOther(t *testing.T) {
	for name, other := range map[string]struct {
		units  int64
		number string
	}{
		"with a number":   {1, "1Z999AA10123456784"},
		"with more units": {2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onShop(t, func(r *rig) {
				line := r.order.Lines[0].ID
				r.ok(r.fake.ShipByHand(string(r.order.ID), string(line), other.units, other.number))
				res, err := r.ch.Ship(r.Context(), channel.Shipment{
					Key: "1", Seq: 1, Order: r.order.ID, Lines: []channel.ShipmentLine{{Line: line, Quantity: 1}},
				})
				r.ok(err)
				if res.Found || len(r.fake.Parcels(string(r.order.ID))) != 2 {
					t.Errorf("%+v of %+v", res, r.fake.Parcels(string(r.order.ID)))
				}
			})
		})
	}
}

// A carrier that Stall does not link to goes by its name, with our link.
func TestCarrierStallDoesNotKnow(t *testing.T) {
	onShop(t, func(r *rig) {
		_, err := r.ch.Ship(r.Context(), channel.Shipment{
			Key: "1", Seq: 1, Order: r.order.ID, Lines: []channel.ShipmentLine{{Line: r.order.Lines[0].ID, Quantity: 1}},
			Tracking: channel.Tracking{Carrier: "myHermes", Number: "H1"},
		})
		r.ok(err)
		evri, _ := channel.LookupCarrier("evri")
		want := channel.Tracking{Carrier: "evri", Number: "H1", URL: evri.TrackingURL("H1")}
		if got := r.again().Shipments; len(got) != 1 || len(got[0].Tracking) != 1 || got[0].Tracking[0] != want || want.URL == "" {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
