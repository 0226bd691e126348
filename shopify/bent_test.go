package shopify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
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
			if n < 0 || n > shopify.MaxQuantity {
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
			var raw any
			r.must(json.Unmarshal(order.Raw, &raw))
			bend(raw, "", func(where string) {
				b, err := json.Marshal(raw)
				r.must(err)
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
		}
		t.Logf("%d of %d decoded", decoded, tried)
		if tried < 2500 || decoded < tried/5 || decoded > tried*9/10 {
			t.Errorf("%d of %d decoded", decoded, tried)
		}
	})
}
