package adapter

import (
	"cmp"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// Units counts units by order line.
type Units[ID cmp.Ordered] map[ID]int64

// UnitsOf counts the units of a parcel's lines.
func UnitsOf(lines []channel.ShipmentLine) Units[channel.LineID] {
	u := make(Units[channel.LineID], len(lines))
	for _, l := range lines {
		u[l.Line] += l.Quantity
	}
	return u
}

// Sum is how many units there are.
func (u Units[ID]) Sum() (n int64) {
	for _, q := range u {
		n += q
	}
	return n
}

// IDs returns the lines in a fixed order.
func (u Units[ID]) IDs() []ID { return slices.Sorted(maps.Keys(u)) }

// Covers reports whether u holds at least all of v.
func (u Units[ID]) Covers(v Units[ID]) bool {
	for id, n := range v {
		if u[id] < n {
			return false
		}
	}
	return true
}

// Take takes v off u, as far as u has it, and reports whether they had a line in
// common.
func (u Units[ID]) Take(v Units[ID]) (common bool) {
	for id, n := range v {
		have, ok := u[id]
		if !ok {
			continue
		}
		common = true
		if have > n {
			u[id] = have - n
		} else {
			delete(u, id)
		}
	}
	return common
}
