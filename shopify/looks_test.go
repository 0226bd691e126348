package shopify_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// A shared look outlives who began it and ends with the last who waits: in a
// bubble one that went on without end would fail the test.
func TestALookEndsWithTheLastWhoWaits(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
		r.must(r.ch.Granted(r.Context(), channel.JobShip))
		r.fake.Fault(shopifytest.Fault{Op: "nodes", Kind: shopifytest.Stall, Times: -1})
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(r.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				if _, err := r.ch.Ship(ctx, parcelWith(o, numberA, 1)); !errors.Is(err, context.DeadlineExceeded) {
					r.Errorf("err = %v", err)
				}
			})
		}
		all.Wait()
	})
}
