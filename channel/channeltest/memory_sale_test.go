package channeltest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// place sells one unit unless told otherwise.
func place(t *testing.T, m *Memory, s Sale) channel.OrderID {
	t.Helper()
	id, err := m.PlaceSale(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// orderOf returns an order as it is, which must exist.
func orderOf(t *testing.T, m *Memory, id channel.OrderID) channel.Order {
	t.Helper()
	o, err := m.Order(id)
	ok(t, err)
	return o
}

func TestSaleLowersWhatIsShownAndRefusesMore(t *testing.T) {
	m := NewMemory(MemoryConfig{})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 3})
	if _, err := m.PlaceOrder(SaleLine{Listing: mug.ID, Quantity: 2}); err != nil {
		t.Fatal(err)
	}
	if got := m.Quantity(mug.ID, ""); got != 1 {
		t.Fatalf("shown %d, want 1", got)
	}
	_, err := m.PlaceOrder(SaleLine{Listing: mug.ID, Quantity: 1}, SaleLine{Listing: mug.ID, Quantity: 1})
	if !errors.Is(err, ErrInsufficientStock) {
		t.Fatalf("err = %v, want ErrInsufficientStock", err)
	}
	sales := m.Sales()
	if len(sales) != 3 || !sales[0].Accepted || sales[1].Accepted || sales[0].Shown != 3 || sales[2].Shown != 1 {
		t.Errorf("sales = %+v", sales)
	}
	if len(m.Orders()) != 1 {
		t.Error("a refused sale made an order")
	}
}

func TestWhatPutsUnitsBack(t *testing.T) {
	tests := []struct {
		name                        string
		cfg                         MemoryConfig
		act                         func(m *Memory, o channel.Order) error
		shown                       int64 // of 10, after a sale of 3
		cancelled, restocked, loose int64
	}{
		{
			"a cancellation does, and tells",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.Cancel(o.ID) }, 10, 3, 3, 0,
		},
		{
			"a cancellation does, and does not tell",
			MemoryConfig{},
			func(m *Memory, o channel.Order) error { return m.Cancel(o.ID) }, 10, 3, 0, 3,
		},
		{
			"a cancellation keeps them",
			MemoryConfig{TellsRestock: true, CancelKeeps: true},
			func(m *Memory, o channel.Order) error { return m.Cancel(o.ID) }, 7, 3, 0, 0,
		},
		{
			"part of a line",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.CancelUnits(o.ID, o.Lines[0].ID, 1) }, 8, 1, 1, 0,
		},
		{
			"a refund with restock",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.Refund(o.ID, o.Lines[0].ID, 2, true) }, 9, 0, 2, 0,
		},
		{
			"a refund without",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.Refund(o.ID, o.Lines[0].ID, 2, false) }, 7, 0, 0, 0,
		},
		{
			"an edit to fewer",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.EditLine(o.ID, o.Lines[0].ID, 1) }, 9, 2, 2, 0,
		},
		{
			"an edit to more takes",
			MemoryConfig{TellsRestock: true},
			func(m *Memory, o channel.Order) error { return m.EditLine(o.ID, o.Lines[0].ID, 5) }, 5, 0, 0, 0,
		},
		{
			"falling at shipment, neither sale nor cancellation moves it",
			atShipment(MemoryConfig{}),
			func(m *Memory, o channel.Order) error { return m.Cancel(o.ID) }, 10, 3, 0, 3,
		},
		{
			"falling at shipment, shipping lowers it",
			atShipment(MemoryConfig{}),
			func(m *Memory, o channel.Order) error { return m.ShipOutside(o.ID, channel.Tracking{}) }, 7, 0, 0, 0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory(tt.cfg)
			mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
			id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 3}}})
			ok(t, tt.act(m, orderOf(t, m, id)))
			l := orderOf(t, m, id).Lines[0]
			if got := m.Quantity(mug.ID, ""); got != tt.shown {
				t.Errorf("shown %d, want %d", got, tt.shown)
			}
			if l.Cancelled != tt.cancelled || l.Restocked != tt.restocked || l.Loose != tt.loose {
				t.Errorf("cancelled %d restocked %d loose %d, want %d %d %d",
					l.Cancelled, l.Restocked, l.Loose, tt.cancelled, tt.restocked, tt.loose)
			}
		})
	}
}

func atShipment(c MemoryConfig) MemoryConfig {
	c.Traits.Falls = channel.FallsAtShipment
	return c
}

func TestBelowZeroAtShipment(t *testing.T) {
	for _, tt := range []struct {
		name   string
		noClip bool
		want   int64
	}{{"clips", false, 0}, {"goes below", true, -1}} {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory(MemoryConfig{Traits: channel.Traits{Falls: channel.FallsAtShipment}, NoClip: tt.noClip})
			mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1})
			for range 2 {
				id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
				defer func() { ok(t, m.ShipOutside(id, channel.Tracking{})) }()
			}
			t.Cleanup(func() {
				if got := m.Quantity(mug.ID, ""); got != tt.want {
					t.Errorf("shown %d, want %d", got, tt.want)
				}
			})
		})
	}
}

func TestUnpaidSaleLowersTheNumberAndHides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{
			Unpaid: Unpaid{Share: 1, Delay: Exactly(5 * time.Hour), Hidden: true, PlacedAtPayment: true},
		})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 3})
		start := time.Now()
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		if got := m.Quantity(mug.ID, ""); got != 2 {
			t.Fatalf("shown %d, want 2", got)
		}
		if got := walkIDs(t, m, time.Time{}); len(got) != 0 {
			t.Fatalf("an unpaid order is shown: %v", got)
		}
		time.Sleep(5 * time.Hour)
		if got := walkIDs(t, m, time.Time{}); len(got) != 1 || got[0] != id {
			t.Fatalf("a paid order is not shown: %v", got)
		}
		if o := orderOf(t, m, id); !o.PlacedAt.Equal(start.Add(5 * time.Hour)) {
			t.Errorf("placed at %s", o.PlacedAt)
		}
		if got := m.Placed(id); !got.Equal(start) {
			t.Errorf("really placed at %s", got)
		}
	})
}

func TestNeverPaid(t *testing.T) {
	for _, tt := range []struct {
		name    string
		returns float64
		want    int64
	}{{"the number comes back", 1, 3}, {"or does not", 0, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := NewMemory(MemoryConfig{Unpaid: Unpaid{
					Share: 1, Never: 1, Expiry: 40 * time.Hour, Returns: tt.returns, Hidden: true,
				}})
				mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 3})
				place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
				time.Sleep(41 * time.Hour)
				if got := m.Quantity(mug.ID, ""); got != tt.want {
					t.Errorf("shown %d, want %d", got, tt.want)
				}
				if got := walkIDs(t, m, time.Time{}); len(got) != 0 {
					t.Errorf("it is shown: %v", got)
				}
			})
		})
	}
}

func TestPendingOrderIsShownWithoutItsPeople(t *testing.T) {
	m := NewMemory(MemoryConfig{})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 3})
	id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}, Payment: PaidLater})
	o := orderOf(t, m, id)
	if o.Status.Value != channel.OrderPending || o.Recipient.Missing != channel.MissingPending || o.Recipient.Name != "" {
		t.Errorf("status %v, recipient missing %q", o.Status, o.Recipient.Missing)
	}
	ok(t, m.Pay(id))
	if o := orderOf(t, m, id); o.Status.Value != channel.OrderOpen || o.Recipient.Name == "" {
		t.Errorf("after payment: status %v, recipient missing %q", o.Status, o.Recipient.Missing)
	}
}

func TestTotalsReconcileInBothCurrencies(t *testing.T) {
	m := NewMemory(MemoryConfig{Currency: "JPY", TaxPercent: 10})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10, Price: "333"})
	id := place(t, m, Sale{
		Lines:    []SaleLine{{Listing: mug.ID, Quantity: 3}, {Listing: mug.ID, Quantity: 1, Price: "7"}},
		Shipping: "500", Discount: "99", BuyerCurrency: "KWD", Rate: 210,
	})
	o := orderOf(t, m, id)
	if got, want := o.Totals.Total.Shop.String(), "1497 JPY"; got != want { // 900 + 7 + 500 + 90
		t.Errorf("total %s, want %s", got, want)
	}
	if o.Totals.Total.Buyer.Currency() != "KWD" || !o.Totals.Residual.Shop.IsZero() || !o.Totals.Residual.Buyer.IsZero() {
		t.Errorf("totals %+v", o.Totals)
	}
}

func TestLocations(t *testing.T) {
	m := NewMemory(MemoryConfig{Locations: []channel.Location{{ID: "A", Active: true}, {ID: "B", Active: true}}})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1, At: map[string]int64{"B": 5}})
	id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}, {Listing: mug.ID, Quantity: 2}}})
	if a, b := m.Quantity(mug.ID, "A"), m.Quantity(mug.ID, "B"); a != 0 || b != 3 {
		t.Errorf("A %d B %d, want 0 and 3", a, b)
	}
	o := orderOf(t, m, id)
	if len(o.Units) != 2 || o.Lines[1].Location != "B" {
		t.Errorf("units %+v", o.Units)
	}
	res, err := m.Ship(t.Context(), channel.Shipment{
		Key: "k", Seq: 1, Order: id, Tracking: channel.Tracking{Number: "1Z"},
		Lines: []channel.ShipmentLine{{Line: o.Lines[0].ID, Quantity: 1}, {Line: o.Lines[1].ID, Quantity: 2}},
	})
	if err != nil || len(res.Remote) != 2 {
		t.Errorf("one record for each location: %+v, %v", res, err)
	}
}
