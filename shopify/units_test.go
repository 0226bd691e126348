package shopify_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// A walk from the first order on asks for fulfilment orders apart only where a
// page could not bring them, and tells each of them either way.
func TestFulfilmentOrdersComeWithTheirOrders(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines int
		since time.Duration // before now; 0 is from the first order on
		apart bool
	}{
		{"a first walk", 3, 0, false},
		{"a first walk over an order that is cut", 60, 0, true},
		{"a later walk", 3, time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				r.product("MUG", 500)
				n := shopifytest.NewOrder{}
				for range c.lines {
					n.Lines = append(n.Lines, shopifytest.NewLine{SKU: "MUG", Quantity: 2})
				}
				r.order(n)
				time.Sleep(10 * time.Second)
				q := channel.OrderQuery{}
				if c.since > 0 {
					q.Since = time.Now().Add(-c.since)
				}
				units := 0
				for page, err := range channel.OrderPages(r.Context(), r.ch, q) {
					r.must(err)
					if page.Next == "" && page.Through.IsZero() {
						t.Error("the walk tells no time up to which it missed nothing")
					}
					for _, o := range page.Items {
						if !o.Has(channel.PartUnits) {
							continue
						}
						for _, u := range o.Units {
							if len(u.Lines) != c.lines || u.Lines[0].Remaining != 2 || u.Handle == "" || u.UpdatedAt.IsZero() || u.Status.Value != channel.UnitOpen {
								t.Errorf("%d lines of %d: %+v", len(u.Lines), c.lines, u)
							}
							units++
						}
					}
				}
				if units == 0 || (len(w.named("UnitsPage")) > 0) != c.apart {
					t.Errorf("%d told, %d calls for them", units, len(w.named("UnitsPage")))
				}
			})
		})
	}
}
