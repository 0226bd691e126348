package ebaytest

import (
	"errors"
	"testing"
	"time"
)

func (f *Fake) shownOf(t *testing.T, sku string) int64 {
	t.Helper()
	return must(f.Available(sku))
}

// A purchase takes its units at once, and is no order until it is paid.
func TestUnpaidPurchasesTakeStockAndShowNoOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{VisibilityLag: -1})
		c := newClient(t, f)
		id := must(f.PlaceOrder(NewOrder{Unpaid: true, Lines: []NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "CUP", Quantity: 4}}}))
		if f.shownOf(t, "MUG") != 7 || f.shownOf(t, "CUP") != 6 {
			t.Errorf("quantities %+v", f.Quantities())
		}
		time.Sleep(30 * time.Hour)
		c.login()
		if got := c.get("/sell/fulfillment/v1/order").want(200); got.text("total") != "0" {
			t.Errorf("listed: %s", got.body)
		}
		c.get("/sell/fulfillment/v1/order/"+id).refused(404, 32100)
		check(t, f.Pay(id))
		got := c.get("/sell/fulfillment/v1/order/" + id).want(200)
		if got.text("creationDate") != stamp(time.Now()) || f.shownOf(t, "MUG") != 7 {
			t.Errorf("%s", got.body)
		}
		if err := f.Pay(id); !errors.Is(err, ErrInvalid) {
			t.Errorf("paid twice: %v", err)
		}
	})
}

func TestSalesAboveWhatIsShownAreRefusedWhole(t *testing.T) {
	f := mugShop(t, Config{})
	_, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "CUP", Quantity: 2}, {SKU: "MUG", Quantity: 6}, {SKU: "MUG", Quantity: 5}}})
	if !errors.Is(err, ErrInsufficientStock) || f.shownOf(t, "MUG") != 10 || f.shownOf(t, "CUP") != 10 {
		t.Errorf("%v, %+v", err, f.Quantities())
	}
	sales := f.Sales()
	if len(sales) != 3 || sales[0].Accepted || sales[2].Shown != 4 || sales[2].OrderID != "" {
		t.Errorf("%+v", sales)
	}
}

// Buyers are shown the smaller of item and offer, and a sale lowers both.
func TestShownIsTheSmallerQuantity(t *testing.T) {
	f := New(Config{Marketplaces: []string{"EBAY_DE", "EBAY_GB"}})
	four := int64(4)
	p := must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 6, OfferQuantity: &four, Marketplaces: []string{"EBAY_DE", "EBAY_GB"}}))
	if len(p.Units) != 2 || p.Units[0].ListingID == p.Units[1].ListingID {
		t.Fatalf("%+v", p)
	}
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", ListingID: p.Units[0].ListingID, Quantity: 3}}}))
	want := []Quantity{
		{Unit: p.Units[0], Available: 1, ItemQuantity: 3, OfferQuantity: 1, Sold: 3},
		{Unit: p.Units[1], Available: 3, ItemQuantity: 3, OfferQuantity: 4},
	}
	for i, q := range f.Quantities() {
		if q != want[i] {
			t.Errorf("%+v, want %+v", q, want[i])
		}
	}
}

// What a cancelled purchase does to stock is a setting.
func TestCancellingGivesBackWhereItIsSetTo(t *testing.T) {
	for _, tc := range []struct {
		stock  StockSetting
		unpaid bool
		want   int64
	}{
		{StockSetting{}, false, 10},
		{StockSetting{KeepOnCancel: true}, false, 8},
		{StockSetting{KeepOnCancel: true}, true, 10},
		{StockSetting{KeepOnUnpaid: true}, true, 8},
	} {
		f := mugShop(t, Config{Stock: tc.stock})
		n := mugs(2)
		n.Unpaid = tc.unpaid
		id := must(f.PlaceOrder(n))
		check(t, f.CancelOrder(id))
		if got := f.shownOf(t, "MUG"); got != tc.want {
			t.Errorf("%+v: %d shown, want %d", tc, got, tc.want)
		}
		if err := f.CancelOrder(id); !errors.Is(err, ErrInvalid) {
			t.Errorf("cancelled twice: %v", err)
		}
	}
}

// The seller's preference decides what becomes of a Trading-born listing
// without stock.
func TestSellingOutEndsListingsWithoutThePreference(t *testing.T) {
	for _, end := range []bool{false, true} {
		f := mugShop(t, Config{Stock: StockSetting{EndAtZero: end}})
		two := must(f.AddProduct(NewProduct{Title: "Shirt", Trading: true, Variations: []NewVariation{{SKU: "S", OnHand: 1}, {SKU: "M", OnHand: 1}}}))
		for _, sku := range []string{"CUP", "S"} {
			n := must(f.Available(sku))
			must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: sku, Quantity: int(n)}}}))
			if _, err := f.Available(sku); (err != nil) != end {
				t.Errorf("end %v: %s: %v", end, sku, err)
			}
		}
		if _, err := f.Shown(two.Units[1].ListingID, "M"); err != nil {
			t.Errorf("end %v: the other variation: %v", end, err)
		}
	}
}
