package adapter

import (
	"maps"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func TestUnits(t *testing.T) {
	parcel := UnitsOf([]channel.ShipmentLine{{Line: "b", Quantity: 2}, {Line: "a", Quantity: 1}, {Line: "b", Quantity: 3}})
	if !maps.Equal(parcel, map[channel.LineID]int64{"a": 1, "b": 5}) || parcel.Sum() != 6 || !slices.Equal(parcel.IDs(), []channel.LineID{"a", "b"}) {
		t.Fatalf("%v: %d units of %v", parcel, parcel.Sum(), parcel.IDs())
	}
	type units = Units[channel.LineID]
	for _, tt := range []struct {
		take           units
		covered, share bool
		left           units
	}{
		{nil, true, false, units{"a": 1, "b": 5}},
		{units{"b": 2}, true, true, units{"a": 1, "b": 3}},
		{units{"a": 1, "b": 5}, true, true, units{}},
		{units{"a": 2}, false, true, units{"b": 5}},
		{units{"c": 1}, false, false, units{"a": 1, "b": 5}},
	} {
		u := maps.Clone(parcel)
		if got := u.Covers(tt.take); got != tt.covered {
			t.Errorf("%v covers %v: %t", u, tt.take, got)
		}
		if got := u.Take(tt.take); got != tt.share || !maps.Equal(u, tt.left) {
			t.Errorf("%v taken: %t, %v is left, want %v", tt.take, got, u, tt.left)
		}
	}
}
