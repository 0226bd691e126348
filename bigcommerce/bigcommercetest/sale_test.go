package bigcommercetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mugShop is a fake with ten mugs on hand, two of them kept back.
func mugShop(t *testing.T, cfg Config) *Fake {
	t.Helper()
	f := New(cfg)
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 10}))
	check(t, f.SetSafetyStock("MUG", DefaultLocation, 2))
	return f
}

func mugs(n int) NewOrder { return NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: n}}} }

func onHand(t *testing.T, f *Fake, sku string) int64 {
	t.Helper()
	for _, q := range f.Quantities() {
		if q.SKU == sku && q.Location == DefaultLocation {
			return q.OnHand
		}
	}
	t.Fatalf("no %s", sku)
	return 0
}

func TestASaleAboveWhatIsShownIsRefused(t *testing.T) {
	f := mugShop(t, Config{})
	id := must(f.PlaceOrder(mugs(3)))
	if _, err := f.PlaceOrder(mugs(6)); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("6 of 5: %v", err)
	}
	if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "MUG", Quantity: 3}}}); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("3 and 3 of 5: %v", err)
	}
	must(f.PlaceOrder(mugs(5)))
	var got []Sale
	for _, s := range f.Sales() {
		s.Time = time.Time{}
		got = append(got, s)
	}
	want := []Sale{
		{OrderID: id, SKU: "MUG", Units: 3, Accepted: true, Shown: 8},
		{SKU: "MUG", Units: 6, Shown: 5},
		{SKU: "MUG", Units: 3, Shown: 5},
		{SKU: "MUG", Units: 3, Shown: 2},
		{OrderID: id + 1, SKU: "MUG", Units: 5, Accepted: true, Shown: 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := must(f.Available("MUG")); n != 0 {
		t.Errorf("available %d", n)
	}
}

func TestUntrackedAndCustomLinesSellWithoutLimit(t *testing.T) {
	f := New(Config{})
	must(f.AddProduct(NewProduct{SKU: "EBOOK", Digital: true, Tracking: TrackNone}))
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "EBOOK", Quantity: 999}, {Name: "Custom", Quantity: 999}}}))
	if len(f.Sales()) != 0 || len(f.Quantities()) != 0 {
		t.Errorf("sales %v, quantities %v", f.Sales(), f.Quantities())
	}
}

// Each step acts on an order of four mugs of ten and states what is on hand
// after it.
func TestWhenStockMoves(t *testing.T) {
	type step struct {
		name string
		act  func(f *Fake, id, line int) error
		want int64
	}
	placed := func(want int64) step { return step{"place", func(*Fake, int, int) error { return nil }, want} }
	status := func(s Status, want int64) step {
		return step{s.String(), func(f *Fake, id, _ int) error { return f.SetStatus(id, s) }, want}
	}
	refund := func(n int, want int64) step {
		return step{fmt.Sprint("refund ", n), func(f *Fake, id, line int) error {
			_, err := f.Refund(id, NewRefund{Lines: map[int]int{line: n}})
			return err
		}, want}
	}
	edit := func(n int, want int64) step {
		return step{fmt.Sprint("edit to ", n), func(f *Fake, id, line int) error {
			return f.EditOrder(id, Edit{Quantities: map[int]int{line: n}})
		}, want}
	}
	ship := func(n int, want int64) step {
		return step{fmt.Sprint("ship ", n), func(f *Fake, id, line int) error {
			_, err := f.Ship(id, Parcel{Items: map[int]int{line: n}})
			return err
		}, want}
	}
	for _, tc := range []struct {
		name  string
		cfg   Config
		steps []step
	}{
		{"at placement, not again at shipment", Config{}, []step{placed(6), ship(1, 6), ship(3, 6), status(Completed, 6)}},
		{"cancel gives back, un-cancel takes again", Config{}, []step{placed(6), status(Cancelled, 10), status(AwaitingFulfillment, 6), status(Declined, 10)}},
		{"cancel keeps", Config{Stock: StockSetting{KeepOnCancel: true}}, []step{placed(6), status(Cancelled, 6), status(AwaitingFulfillment, 6)}},
		{"refund gives back", Config{}, []step{placed(6), refund(1, 7), refund(3, 10), status(Cancelled, 10)}},
		{"refund keeps", Config{Stock: StockSetting{KeepOnRefund: true}}, []step{placed(6), refund(1, 6), refund(3, 6), status(Cancelled, 10)}},
		{"edits follow", Config{}, []step{placed(6), edit(6, 4), edit(1, 9), edit(0, 10)}},
		{"edits keep", Config{Stock: StockSetting{KeepOnEdit: true}}, []step{placed(6), edit(6, 6), edit(1, 6)}},
		{"at shipment of the last unit", Config{Stock: StockSetting{FallsAtShipment: true}}, []step{placed(10), ship(1, 10), ship(3, 6), status(Cancelled, 10)}},
		{
			"at each shipment",
			Config{Stock: StockSetting{FallsAtShipment: true}, Believed: Believed{PartialShipmentTakes: true}},
			[]step{placed(10), ship(1, 9), ship(3, 6)},
		},
		{"at completion", Config{Stock: StockSetting{FallsAtShipment: true}}, []step{placed(10), status(Completed, 6), refund(1, 7)}},
		{"refunded before shipment never falls", Config{Stock: StockSetting{FallsAtShipment: true}}, []step{placed(10), refund(1, 10), ship(3, 7)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := New(tc.cfg)
			must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 10}))
			id := must(f.PlaceOrder(mugs(4)))
			o, _ := f.Order(id)
			for _, s := range tc.steps {
				if err := s.act(f, id, o.Lines[0].ID); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				if got := onHand(t, f, "MUG"); got != s.want {
					t.Fatalf("%s: on hand %d, want %d", s.name, got, s.want)
				}
			}
		})
	}
}

func TestAnIncompleteOrderTakesStockWhenItIsPaid(t *testing.T) {
	f := mugShop(t, Config{})
	n := mugs(8)
	n.Incomplete = true
	id := must(f.PlaceOrder(n))
	if got := onHand(t, f, "MUG"); got != 10 {
		t.Errorf("on hand %d", got)
	}
	must(f.PlaceOrder(mugs(1)))
	if err := f.SetStatus(id, AwaitingFulfillment); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("8 of 7: %v", err)
	}
	check(t, f.AdjustOnHand("MUG", DefaultLocation, 1))
	check(t, f.SetStatus(id, AwaitingFulfillment))
	if got := onHand(t, f, "MUG"); got != 2 {
		t.Errorf("on hand %d, want the safety stock", got)
	}

	f = mugShop(t, Config{Believed: Believed{IncompleteTakesStock: true}})
	must(f.PlaceOrder(n))
	if got := onHand(t, f, "MUG"); got != 2 {
		t.Errorf("believed otherwise: on hand %d", got)
	}
}

func TestStockBelowZeroAtShipment(t *testing.T) {
	for clip, want := range map[bool]int64{false: -4, true: 0} {
		f := New(Config{Stock: StockSetting{FallsAtShipment: true}, Believed: Believed{StockStopsAtZero: clip}})
		must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 4}))
		for range 2 {
			check(t, f.SetStatus(must(f.PlaceOrder(mugs(4))), Pending))
		}
		for _, o := range f.Orders() {
			must(f.Ship(o.ID, Parcel{}))
		}
		if got := onHand(t, f, "MUG"); got != want {
			t.Errorf("clip %v: on hand %d, want %d", clip, got, want)
		}
	}
}

func TestWhichLocationsSell(t *testing.T) {
	for _, tc := range []struct {
		name       string
		aggregated bool
		disabled   bool
		want       int64
	}{
		{"the default location's alone", false, false, 10},
		{"all of them when aggregated", true, false, 15},
		{"not a disabled one's", true, true, 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := New(Config{Aggregated: tc.aggregated})
			must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 10}))
			north := f.AddLocation(NewLocation{})
			check(t, f.SetOnHand("MUG", north, 5))
			check(t, f.EnableLocation(north, !tc.disabled))
			if got := must(f.Available("MUG")); got != tc.want {
				t.Errorf("available %d, want %d", got, tc.want)
			}
			id := must(f.PlaceOrder(mugs(int(tc.want))))
			if _, err := f.PlaceOrder(mugs(1)); !errors.Is(err, ErrInsufficientStock) {
				t.Errorf("one more: %v", err)
			}
			check(t, f.CancelOrder(id))
			if got := must(f.Available("MUG")); got != tc.want {
				t.Errorf("after cancel: available %d, want %d", got, tc.want)
			}
		})
	}
}

func TestEditsAddLinesAndAddresses(t *testing.T) {
	f := mugShop(t, Config{})
	id := must(f.PlaceOrder(mugs(1)))
	o, _ := f.Order(id)
	address := o.Lines[0].AddressID
	moved := exampleAddress
	moved.City = "Dallas"
	note := "changed"
	check(t, f.EditOrder(id, Edit{Add: []NewLine{{SKU: "MUG", Quantity: 2}}, ShipTo: map[int]Address{address: moved}, Notes: &note, Message: &note}))
	o, _ = f.Order(id)
	if len(o.Lines) != 2 || o.Lines[1].AddressID != address || o.ShipTo[address].City != "Dallas" || o.StaffNotes != note || onHand(t, f, "MUG") != 7 {
		t.Errorf("order %+v", o)
	}
	for _, bad := range []Edit{
		{Quantities: map[int]int{999: 1}},
		{ShipTo: map[int]Address{999: {}}},
		{Add: []NewLine{{SKU: "NONE"}}},
		{Add: []NewLine{{ShipTo: 5}}},
		{Add: []NewLine{{Price: "x"}}},
		{Quantities: map[int]int{o.Lines[0].ID: -1}},
	} {
		if f.EditOrder(id, bad) == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
}

func TestTheStockSettingIsReadableUnlessHidden(t *testing.T) {
	f := New(Config{Stock: StockSetting{FallsAtShipment: true, KeepOnRefund: true}})
	r := newClient(t, f).get("/v3/settings/inventory").want(200)
	if r.text("data.update_stock_behavior") != "order_completed_or_shipped" || r.at("data.refund_order_stock_adjustment") != false ||
		r.at("data.edit_order_stock_adjustment") != true {
		t.Errorf("settings %s", r.body)
	}
	newClient(t, New(Config{Stock: StockSetting{Hidden: true}})).get("/v3/settings/inventory").want(403)
}
