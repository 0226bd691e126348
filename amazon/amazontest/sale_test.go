package amazontest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func available(t *testing.T, f *Fake, sku string, want int64) {
	t.Helper()
	if got := must(f.Available(sku)); got != want {
		t.Errorf("%s: %d shown, want %d", sku, got, want)
	}
}

func TestASaleAboveWhatIsShownIsRefused(t *testing.T) {
	f := mugShop(t, Config{})
	id := must(f.PlaceOrder(mugs(4)))
	if _, err := f.PlaceOrder(mugs(7)); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("7 of 6: %v", err)
	}
	if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "MUG", Quantity: 4}}}); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("3 and 4 of 6: %v", err)
	}
	second := must(f.PlaceOrder(mugs(6)))
	var got []Sale
	for _, s := range f.Sales() {
		s.Time = time.Time{}
		got = append(got, s)
	}
	want := []Sale{
		{OrderID: id, SKU: "MUG", Units: 4, Accepted: true, Shown: 10},
		{SKU: "MUG", Units: 7, Shown: 6},
		{SKU: "MUG", Units: 3, Shown: 6},
		{SKU: "MUG", Units: 4, Shown: 3},
		{OrderID: second, SKU: "MUG", Units: 6, Accepted: true, Shown: 6},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	available(t, f, "MUG", 0)
}

func TestWhatAmazonShipsComesFromItsOwnStock(t *testing.T) {
	f := mugShop(t, Config{})
	must(f.PlaceOrder(NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "FBA", Quantity: 5}}}))
	if _, err := f.PlaceOrder(NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}}); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("1 of 0: %v", err)
	}
	available(t, f, "FBA", 0)
	available(t, f, "MUG", 10)
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "UNLISTED", Quantity: 999}, {Title: "No SKU at all"}}}))
	check(t, f.SetOnHand("FBA", 3))
	check(t, f.SetOnHand("MUG", 3))
	want := []Quantity{{SKU: "MUG", Available: 3}, {SKU: "FBA", Available: 3, ByAmazon: true}}
	if diff := cmp.Diff(want, f.Quantities()); diff != "" {
		t.Error(diff)
	}
	if err := f.SetOnHand("X", 1); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := f.SetOnHand("MUG", -1); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := f.Available("X"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestWhatACancelledOrderDoesToStock(t *testing.T) {
	for keep, want := range map[bool]int64{false: 10, true: 7} {
		f := mugShop(t, Config{Stock: StockSetting{KeepOnCancel: keep}})
		id := must(f.PlaceOrder(mugs(3)))
		available(t, f, "MUG", 7)
		check(t, f.CancelOrder(id))
		available(t, f, "MUG", want)
	}
}

func TestPendingOrdersAndStock(t *testing.T) {
	n := mugs(8)
	n.Status = Pending
	f := mugShop(t, Config{})
	must(f.PlaceOrder(n))
	available(t, f, "MUG", 2)

	f = mugShop(t, Config{Believed: Believed{PendingKeepsStock: true}})
	id := must(f.PlaceOrder(n))
	available(t, f, "MUG", 10)
	must(f.PlaceOrder(mugs(3)))
	if err := f.Pay(id); !errors.Is(err, ErrInsufficientStock) {
		t.Errorf("8 of 7: %v", err)
	}
	check(t, f.SetOnHand("MUG", 8))
	check(t, f.Pay(id))
	available(t, f, "MUG", 0)
}

func TestListingsComeAndGo(t *testing.T) {
	f := mugShop(t, Config{})
	if got := f.Products(); len(got) != 2 || got[0].ASIN != "B000000001" || got[0].ProductType != "PRODUCT" {
		t.Errorf("products %+v", got)
	}
	check(t, f.DeleteProduct("MUG"))
	if err := f.DeleteProduct("MUG"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if len(f.Products()) != 1 || len(f.Quantities()) != 1 {
		t.Error("still there")
	}
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 1}))
	available(t, f, "MUG", 1)
}
