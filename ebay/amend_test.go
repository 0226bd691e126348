package ebay_test

import (
	"errors"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

// A number is corrected on the record there is, where that holds all of an order
// or of a line, and nothing else changes.
func TestAmendShipment(t *testing.T) {
	two := newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 2}, {SKU: "CAP"}}}
	for _, tt := range []struct {
		name    string
		order   newOrder
		parcels [][]int64
		class   error
	}{
		{"all of an order", two, [][]int64{{2, 1}}, nil},
		{"all of a line", two, [][]int64{{2, 0}, {0, 1}}, nil},
		{"part of a line", two, [][]int64{{1, 0}, {1, 1}}, channel.ErrConflict},
		{"two of three lines", newOrder{Lines: []newLine{{SKU: "MUG"}, {SKU: "CAP"}, {SKU: "CAP"}}}, [][]int64{{1, 1, 0}}, channel.ErrConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(tt.order)
				var first channel.RemoteShipment
				for i, q := range tt.parcels {
					res := must(r.ch.Ship(r.Context(), parcel(o, i+1, []string{"A1111111", "B2222222"}[i], q...)))
					if i == 0 {
						first = res.Remote[0]
					}
				}
				correct := channel.Tracking{Carrier: "fedex", Number: "C-333 3333"}
				for range 2 { // the second finds it done
					if err := r.ch.AmendShipment(r.Context(), first, correct); !errors.Is(err, tt.class) {
						r.Fatalf("err = %v, want %v", err, tt.class)
					}
				}
				numbers := map[string]int{}
				for _, p := range r.packages(o.ID) {
					for _, n := range p.Items {
						numbers[p.Tracking+" "+p.Carrier] += n
					}
				}
				units := 0
				for _, n := range tt.parcels[0] {
					units += int(n)
				}
				want := "C3333333 FedEx"
				if tt.class != nil {
					want = "A1111111 UPS"
				}
				if numbers[want] != units || len(numbers) != len(tt.parcels) {
					r.Errorf("recorded %v, want %d units with %s", numbers, units, want)
				}
				if n := r.fake.Calls()["CompleteSale"]; tt.class == nil && n != 1 {
					r.Errorf("%d calls of Trading", n)
				}
			})
		})
	}
}

// What cannot be corrected is said.
func TestAmendShipmentRefusals(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(mugs(1))
		res := must(r.ch.Ship(r.Context(), parcel(o, 1, number, 1)))
		good := channel.Tracking{Carrier: "ups", Number: "B2222222"}
		for name, tt := range map[string]struct {
			remote   channel.RemoteShipment
			tracking channel.Tracking
			class    error
		}{
			"no id":         {channel.RemoteShipment{}, good, channel.ErrNotFound},
			"another":       {channel.RemoteShipment{ID: channel.RemoteShipmentID(string(o.ID) + "/1")}, good, channel.ErrNotFound},
			"another order": {channel.RemoteShipment{ID: res.Remote[0].ID, Order: "1"}, good, channel.ErrNotFound},
			"no number":     {res.Remote[0], channel.Tracking{Carrier: "ups"}, channel.ErrInvalid},
		} {
			if err := r.ch.AmendShipment(r.Context(), tt.remote, tt.tracking); !errors.Is(err, tt.class) {
				r.Errorf("%s: err = %v, want %v", name, err, tt.class)
			}
		}
	})
}
