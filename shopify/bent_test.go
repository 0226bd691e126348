//go:build !race

package shopify_test

import (
	"testing"

	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// Null, and everything else that is not what was promised, at every place of an
// order: it decodes to something that can be, or says what is wrong and nothing
// of its content.
func TestNothingInAnOrderIsTakenOnTrust(t *testing.T) {
	onShop(t, shopifytest.Config{Currency: "EUR", Locations: twoPlaces.Locations}, nil, func(r rig) {
		r.stocked("MUG", map[string]int{"North": 5, "South": 5})
		o := r.order(shopifytest.NewOrder{
			Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 8, Attributes: map[string]string{"engraving": "Ada"}}, {SKU: "MUG", Duty: "1"}, {Title: "Box"}},
			Taxes: []shopifytest.Tax{{Title: "VAT", Rate: "0.19"}}, Discounts: []shopifytest.Discount{{Code: "TEN", Percent: "10"}},
			Shipping: []shopifytest.Shipping{{Title: "Standard", Price: "4.90"}}, Currency: "USD", Rate: "0.9", Note: "canary-note",
			Buyer: shopifytest.Buyer{First: "Canary", Last: "Example", Email: "canary@example.com", Phone: "+4930000000"},
		})
		r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Units: map[string]int{o.Lines[0].ID: 2}, Company: "UPS", Numbers: []string{numberA}}))
		r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: o.Lines[0].ID, Quantity: 1, Restock: shopifytest.RestockCancel}}}))
		orders, units, _ := r.walk()
		tried, decoded := 0, 0
		for _, order := range append(orders, units...) {
			n, good := adaptertest.BendOrder(t, r.ch, order.Raw, shopify.MaxQuantity)
			tried, decoded = tried+n, decoded+good
		}
		t.Logf("%d of %d decoded", decoded, tried)
		if tried < 2500 || decoded < tried/5 || decoded > tried*9/10 {
			t.Errorf("%d of %d decoded", decoded, tried)
		}
	})
}
