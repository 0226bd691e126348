package adapter

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func TestAnOrderAsOneUnit(t *testing.T) {
	for _, tt := range []struct {
		order   channel.OrderStatus
		shipped int64
		want    channel.UnitStatus
	}{
		{channel.OrderOpen, 0, channel.UnitOpen},
		{channel.OrderOpen, 2, channel.UnitClosed},
		{channel.OrderPending, 1, channel.UnitHeld},
		{channel.OrderHeld, 0, channel.UnitHeld},
		{channel.OrderCancelled, 0, channel.UnitCancelled},
		{"", 1, ""}, // a status that is not known
		{"", 2, channel.UnitClosed},
	} {
		o := channel.Order{
			ID: "1", Status: channel.Coded[channel.OrderStatus]{Value: tt.order, Raw: "RAW"}, Service: "Fast",
			Lines: []channel.Line{{ID: "a", Ordered: 2, Shipped: tt.shipped}},
		}
		u := WholeUnit(&o)
		if u.Status.Value != tt.want || u.Status.Raw != "RAW" || u.ID != "1" || u.Service != "Fast" ||
			len(u.Lines) != 1 || u.Lines[0] != (channel.UnitLine{Line: "a", Total: 2, Remaining: 2 - tt.shipped}) {
			t.Errorf("%s with %d shipped: %+v", tt.order, tt.shipped, u)
		}
	}
}
