package sync

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestHeldUnits(t *testing.T) {
	unit := func(status channel.UnitStatus, line channel.LineID, remaining int64) channel.Unit {
		return channel.Unit{
			Status: channel.Coded[channel.UnitStatus]{Value: status}, Holds: []channel.Hold{{Reason: "fraud"}}, FulfilAt: day,
			Lines: []channel.UnitLine{{Line: line, Total: 2, Remaining: remaining}},
		}
	}
	for _, test := range []struct {
		name  string
		units []channel.Unit
		says  string
	}{
		{"no units, nothing held", nil, ""},
		{"an open unit can be shipped", []channel.Unit{unit(channel.UnitOpen, "l", 1)}, ""},
		{"a held one cannot", []channel.Unit{unit(channel.UnitHeld, "l", 1)}, "fraud"},
		{"nor one scheduled for later", []channel.Unit{unit(channel.UnitScheduled, "l", 1)}, day.Format(time.DateTime)},
		{"one of two is open", []channel.Unit{unit(channel.UnitHeld, "l", 1), unit(channel.UnitOpen, "l", 1)}, ""},
		{"in either order", []channel.Unit{unit(channel.UnitOpen, "l", 1), unit(channel.UnitHeld, "l", 1)}, ""},
		{"the open one has nothing left", []channel.Unit{unit(channel.UnitOpen, "l", 0), unit(channel.UnitHeld, "l", 1)}, "fraud"},
		{"another line is held", []channel.Unit{unit(channel.UnitHeld, "m", 1)}, ""},
	} {
		got := heldUnits(&channel.Order{Units: test.units}, []ShipmentLine{{Line: "l", Quantity: 1}})
		if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%s: %q, want %q", test.name, got, test.says)
		}
	}
}
