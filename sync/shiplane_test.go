package sync

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestHeldUnits(t *testing.T) {
	unit := func(status channel.UnitStatus, line channel.LineID, remaining int64, holds ...string) channel.Unit {
		u := channel.Unit{
			Status: channel.Coded[channel.UnitStatus]{Value: status}, FulfilAt: day,
			Lines: []channel.UnitLine{{Line: line, Total: 2, Remaining: remaining}},
		}
		for _, h := range holds {
			u.Holds = append(u.Holds, channel.Hold{Reason: h})
		}
		return u
	}
	held := func(line channel.LineID, holds ...string) channel.Unit {
		return unit(channel.UnitHeld, line, 1, holds...)
	}
	for _, test := range []struct {
		name  string
		units []channel.Unit
		says  string
	}{
		{"no units, nothing held", nil, ""},
		{"an open unit can be shipped", []channel.Unit{unit(channel.UnitOpen, "l", 1)}, ""},
		{"a held one cannot", []channel.Unit{held("l", "fraud")}, "holds it: fraud"},
		{"each hold is named, once", []channel.Unit{held("l", "fraud", "address"), held("l", "", "fraud", "payment")}, "holds it: fraud, address, payment"},
		{"not those of another unit", []channel.Unit{held("m", "address"), held("l", "fraud")}, "holds it: fraud"},
		{"a hold without a reason holds", []channel.Unit{held("l", "")}, "holds it"},
		{"a hold comes before a date", []channel.Unit{held("l", "fraud"), unit(channel.UnitScheduled, "l", 1)}, "holds it: fraud"},
		{"nor one scheduled for later", []channel.Unit{unit(channel.UnitScheduled, "l", 1)}, day.Format(time.DateTime)},
		{"one of two is open", []channel.Unit{held("l", "fraud"), unit(channel.UnitOpen, "l", 1)}, ""},
		{"in either order", []channel.Unit{unit(channel.UnitOpen, "l", 1), held("l", "fraud")}, ""},
		{"the open one has nothing left", []channel.Unit{unit(channel.UnitOpen, "l", 0), held("l", "fraud")}, "holds it: fraud"},
		{"another line is held", []channel.Unit{held("m", "fraud")}, ""},
	} {
		got := heldUnits(&channel.Order{Units: test.units}, []ShipmentLine{{Line: "l", Quantity: 1}})
		if (got == "") != (test.says == "") || !strings.HasSuffix(got, test.says) {
			t.Errorf("%s: %q, want %q", test.name, got, test.says)
		}
	}
}
