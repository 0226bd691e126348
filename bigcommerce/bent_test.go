package bigcommerce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// bend calls f with v once for every place in it and every oddity put there.
func bend(v any, at string, f func(where string)) {
	odd := []any{nil, "odd \u0000", -7, int64(math.MaxInt64), []any{nil}}
	switch v := v.(type) {
	case map[string]any:
		for k, was := range v {
			for _, o := range odd {
				v[k] = o
				f(fmt.Sprintf("%s.%s = %v", at, k, o))
			}
			delete(v, k)
			f(at + "." + k + " is missing")
			v[k] = was
			bend(was, at+"."+k, f)
		}
	case []any:
		for i, was := range v {
			for _, o := range odd {
				v[i] = o
				f(fmt.Sprintf("%s[%d] = %v", at, i, o))
			}
			v[i] = was
			bend(was, fmt.Sprintf("%s[%d]", at, i), f)
		}
	}
}

// sane says what of an order cannot be.
func sane(o *channel.Order) error {
	var errs []error
	for i, l := range o.Lines {
		if l.ID == "" {
			errs = append(errs, fmt.Errorf("line %d has no id", i))
		}
		for name, n := range map[string]int64{
			"ordered": l.Ordered, "cancelled": l.Cancelled, "refunded": l.Refunded, "unshipped": l.Unshipped, "shipped": l.Shipped,
			"restocked": l.Restocked, "loose": l.Loose, "not cancelled": l.Ordered - l.Cancelled,
			"gone and not put back": l.Cancelled + l.Refunded - l.Restocked - l.Loose,
		} {
			if n < 0 || n > math.MaxInt32 {
				errs = append(errs, fmt.Errorf("line %s: %s %d", l.ID, name, n))
			}
		}
	}
	for _, s := range o.Shipments {
		for _, l := range s.Lines {
			if l.Quantity < 0 {
				errs = append(errs, fmt.Errorf("shipment %s: %d of line %s", s.ID, l.Quantity, l.Line))
			}
		}
	}
	for _, u := range o.Units {
		for _, l := range u.Lines {
			if l.Remaining < 0 || l.Total < 0 {
				errs = append(errs, fmt.Errorf("unit %s: %d of %d", u.ID, l.Remaining, l.Total))
			}
		}
	}
	if o.ID == "" {
		errs = append(errs, errors.New("no id"))
	}
	return errors.Join(errs...)
}

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
		var raw any
		check(t, json.Unmarshal(order.Raw, &raw))
		tried, decoded := 0, 0
		bend(raw, "", func(where string) {
			b := must(json.Marshal(raw))
			tried++
			got, err := r.ch.DecodeOrder(b)
			switch {
			case err == nil:
				decoded++
				if err := sane(&got); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			case !errors.Is(channel.Class(err), channel.ErrInvalid) || strings.Contains(strings.ToLower(err.Error()), "canary") || len(err.Error()) > 300:
				t.Errorf("%s: %v", where, err)
			}
		})
		t.Logf("%d of %d decoded", decoded, tried)
		if tried < 1500 || decoded < tried/5 {
			t.Errorf("%d of %d decoded", decoded, tried)
		}
	})
}
