package shopify

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// What is more than one fulfilment takes goes in another of the same number.
func TestShipManyLines(t *testing.T) {
	want := units{}
	u := admin.Unit{ID: gid("FulfillmentOrder", "1"), AssignedLocation: admin.Assigned{Name: "Main"}}
	u.SupportedActions = append(u.SupportedActions, struct {
		Action string `json:"action"`
	}{"CREATE_FULFILLMENT"})
	for i := range 2*maxFulfillLines + 10 {
		id := fmt.Sprintf("%05d", i)
		want[channel.LineID(id)] = 2
		u.Lines.Nodes = append(u.Lines.Nodes, admin.UnitLine{ID: id, TotalQuantity: 2, RemainingQuantity: 2, LineItem: admin.Ref{ID: gid("LineItem", id)}})
	}
	p := &parcel{want: want}
	o := &admin.ShipOrder{Units: admin.Conn[admin.Unit]{Nodes: []admin.Unit{u}}}
	sends, err := p.plan(o)
	if err != nil || len(sends) != 3 {
		t.Fatalf("%d calls, %v", len(sends), err)
	}
	got := units{}
	for _, s := range sends {
		lines := 0
		for _, part := range s.input {
			lines += len(part.Lines)
		}
		if lines == 0 || lines > maxFulfillLines || len(s.units) != lines {
			t.Errorf("a call of %d lines, %d counted", lines, len(s.units))
		}
		for id, n := range s.units {
			got[id] += n
		}
	}
	if !got.Covers(want) || !want.Covers(got) {
		t.Error("not what is in the parcel")
	}
}
