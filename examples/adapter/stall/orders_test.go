package stall_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

// A shop that sells faster than a walk reads has an end all the same.
func TestWalkOfABusyShopEnds(t *testing.T) {
	onShop(t, func(r *rig) {
		busy := r.fake.AddListing("BUSY", 1000)
		sell := func() {
			for range 2 {
				_, err := r.fake.PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: busy, Quantity: 1}}})
				r.ok(err)
			}
			time.Sleep(time.Minute)
		}
		for range 3 {
			sell()
		}
		q := channel.OrderQuery{Limit: 2}
		for pages := 1; ; pages++ {
			page, err := r.ch.OrderPage(r.Context(), q)
			r.ok(err)
			sell()
			if q.After = page.Next; page.Next == "" {
				break
			}
			if pages > 10 {
				t.Fatal("the walk has no end")
			}
		}
	})
}

func TestPageOfListings(t *testing.T) {
	onShop(t, func(r *rig) {
		for i := range 130 {
			r.fake.AddListing(fmt.Sprintf("SKU-%d", i), 1)
		}
		page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{Limit: 101})
		r.ok(err)
		if len(page.Items) != 100 || page.Next == "" {
			t.Errorf("%d listings, next %q", len(page.Items), page.Next)
		}
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{After: page.Next}); !errors.Is(err, channel.ErrCursor) {
			t.Errorf("a walk over orders from a listing on: %v", err)
		}
		if _, err := r.ch.StockPage(r.Context(), channel.StockQuery{After: page.Next}); !errors.Is(err, channel.ErrCursor) {
			t.Errorf("a walk over stock from a listing on: %v", err)
		}
	})
}

// again reads the rig's order.
func (r *rig) again() channel.Order {
	r.Helper()
	page, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{r.order.ID})
	r.ok(err)
	return page.Items[0]
}

func TestCancelledUnitsAreRestocked(t *testing.T) {
	onShop(t, func(r *rig) {
		r.ok(r.fake.Cancel(string(r.order.ID)))
		o := r.again()
		if l := o.Lines[0]; l.Cancelled != 3 || l.Restocked != 3 || o.Totals.Refunded.Shop.Amount() != "37.50" {
			t.Errorf("%+v, refunded %v", l, o.Totals.Refunded)
		}
		if n := r.fake.Quantity(string(r.mug.ID)); n != 10 {
			t.Errorf("the shop shows %d", n)
		}
	})
}

func TestPeopleWithheldAreNotGranted(t *testing.T) {
	onShop(t, func(r *rig) {
		r.fake.HidePeople()
		o := r.again()
		if o.Recipient.Missing != channel.MissingNotGranted || o.Buyer.Missing != channel.MissingNotGranted {
			t.Errorf("%q, %q", o.Recipient.Missing, o.Buyer.Missing)
		}
	})
}
