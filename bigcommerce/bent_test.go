//go:build !race

package bigcommerce_test

import (
	"math"
	"testing"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

// Null, and everything else that is not what was promised, at every place of an
// order: it decodes to something that can be, or says what is wrong and nothing
// of its content.
func TestNothingInAnOrderIsTakenOnTrust(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 50)
		to := bigcommercetest.ShipTo{Address: bigcommercetest.Address{FirstName: "Canary", LastName: "Example", Street1: "Canary Street", Email: "canary@example.com"}, Shipping: "5", ShippingTax: "0.5"}
		id := r.place(newOrder{
			Lines:   []newLine{{SKU: "MUG", Quantity: 8, Tax: "1", Discount: "1"}, {Name: "Box", ShipTo: 1}, {Name: "Chair", PickupAt: 1}},
			ShipTo:  []bigcommercetest.ShipTo{to, to},
			Message: "canary-note", Coupons: []bigcommercetest.Coupon{{Code: "TEN", Amount: "2", Discount: "2"}}, Fees: []bigcommercetest.Fee{{Name: "Rush", Cost: "4"}},
		})
		o, _ := r.fake.Order(id)
		must(r.fake.Ship(id, bigcommercetest.Parcel{Items: map[int]int{o.Lines[0].ID: 2}, Tracking: "1Z", Provider: "ups"}))
		must(r.fake.Refund(id, bigcommercetest.NewRefund{Lines: map[int]int{o.Lines[0].ID: 1}}))
		order := r.order(id)
		tried, decoded := adaptertest.BendOrder(t, r.ch, order.Raw, math.MaxInt32)
		t.Logf("%d of %d decoded", decoded, tried)
		if tried < 1500 || decoded < tried/5 {
			t.Errorf("%d of %d decoded", decoded, tried)
		}
	})
}
