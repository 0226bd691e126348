package shopify_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// finished starts a snapshot and waits until it is done.
func (r rig) finished(q channel.BackfillQuery) channel.Ticket {
	r.Helper()
	t, err := r.ch.StartBackfill(r.Context(), q)
	r.must(err)
	for range 100 {
		p, err := r.ch.BackfillState(r.Context(), t)
		r.must(err)
		if p.State.Ended() {
			if p.State != channel.TicketDone {
				r.Fatalf("ended %s", p.State)
			}
			return t
		}
		time.Sleep(time.Second)
	}
	r.Fatal("never ended")
	return ""
}

func TestASnapshotOfOrdersIsWhatAWalkFinds(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 5000)
		var lines []shopifytest.NewLine
		for range 40 {
			lines = append(lines, shopifytest.NewLine{SKU: "MUG"})
		}
		for i := range 30 {
			o := r.order(shopifytest.NewOrder{
				Lines: lines[:1+i], Shipping: []shopifytest.Shipping{{Title: "Standard", Code: "STD", Price: "4.90"}},
			})
			switch i % 4 {
			case 1:
				r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Numbers: []string{"T"}}))
			case 2:
				r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: o.Lines[0].ID, Quantity: 1, Restock: shopifytest.RestockCancel}}}))
			}
		}
		walked, _, _ := r.walk()
		ticket := r.finished(channel.BackfillQuery{Kind: channel.BackfillOrders})
		got := map[channel.OrderID]channel.Order{}
		var through time.Time
		for p, err := range r.ch.BackfillOrders(r.Context(), ticket) {
			r.must(err)
			for _, o := range p.Items {
				got[o.ID] = o
			}
			if len(p.Parked) > 0 {
				t.Fatalf("parked %v", p.Parked)
			}
			through = p.Through
		}
		if through.IsZero() || len(got) != 30 {
			t.Fatalf("%d orders, through %s", len(got), through)
		}
		key := func(o channel.Order) any {
			type line struct {
				ID                                   channel.LineID
				SKU                                  string
				Ordered, Cancelled, Shipped, Restock int64
				Total                                string
			}
			var ls []line
			for _, l := range o.Lines {
				ls = append(ls, line{l.ID, l.SKU, l.Ordered, l.Cancelled, l.Shipped, l.Restocked, l.Total.Shop.String()})
			}
			return []any{o.ID, o.Number, o.Totals.Total.Shop.String(), o.Totals.Residual.Shop.IsZero(), len(o.Charges), ls, len(o.Refunds), len(o.Shipments)}
		}
		for _, w := range walked {
			if d := cmp.Diff(key(w), key(got[w.ID])); d != "" {
				t.Errorf("order %s (-walk +snapshot):\n%s", w.ID, d)
			}
			again, err := r.ch.DecodeOrder(got[w.ID].Raw)
			if err != nil || cmp.Diff(key(got[w.ID]), key(again)) != "" {
				t.Errorf("order %s does not decode again to the same: %v", w.ID, err)
			}
		}
	})
}

func TestSnapshotsOfListingsAndStock(t *testing.T) {
	onShop(t, shopifytest.Config{Locations: []shopifytest.Location{{Name: "Main"}, {Name: "Back"}}}, nil, func(r rig) {
		for i := range 300 {
			_, err := r.fake.AddProduct(shopifytest.Product{Title: "P", Variants: []shopifytest.Variant{{SKU: "S", Available: i, Stock: map[string]int{"Back": 7}}}})
			r.must(err)
		}
		n := 0
		for p, err := range r.ch.BackfillListings(r.Context(), r.finished(channel.BackfillQuery{Kind: channel.BackfillListings})) {
			r.must(err)
			n += len(p.Items)
		}
		var sum, back int64
		levels := 0
		for p, err := range r.ch.BackfillStock(r.Context(), r.finished(channel.BackfillQuery{Kind: channel.BackfillStock})) {
			r.must(err)
			for _, l := range p.Items {
				levels++
				if l.Listing.ID == "" || l.Listing.Handle == "" || l.Location == "" {
					t.Fatalf("level %+v", l)
				}
				if l.Quantity == 7 {
					back++
				}
				sum += l.Quantity
			}
		}
		if n != 300 || levels != 600 || sum != 299*300/2+7*300 {
			t.Errorf("%d listings, %d levels, sum %d", n, levels, sum)
		}
	})
}

func TestASnapshotThatFailedIsNotTakenForWhole(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		r.product("MUG", 10)
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		r.fake.BulkFault(shopifytest.BulkFault{Code: "INTERNAL_SERVER_ERROR"})
		ticket, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
		r.must(err)
		time.Sleep(time.Hour)
		p, err := r.ch.BackfillState(r.Context(), ticket)
		if err != nil || p.State != channel.TicketFailed {
			t.Errorf("state %+v, %v", p, err)
		}
		for _, err := range r.ch.BackfillOrders(r.Context(), ticket) {
			if !errors.Is(err, channel.ErrConflict) {
				t.Errorf("read all the same: %v", err)
			}
		}
	})
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		for range 5 {
			_, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
			r.must(err)
		}
		_, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
		if !errors.Is(err, channel.ErrThrottled) {
			t.Errorf("a sixth operation: %v", err)
		}
		for _, err := range r.ch.BackfillOrders(r.Context(), "orders 1") {
			if !errors.Is(err, channel.ErrInvalid) {
				t.Errorf("a ticket of another's: %v", err)
			}
		}
	})
}

func TestAnEmptySnapshotIsOnePageWithAWatermark(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		pages := 0
		for p, err := range r.ch.BackfillOrders(r.Context(), r.finished(channel.BackfillQuery{Kind: channel.BackfillOrders})) {
			r.must(err)
			pages++
			if len(p.Items) != 0 || p.Through.IsZero() {
				t.Errorf("page %+v", p)
			}
		}
		if pages != 1 {
			t.Errorf("%d pages", pages)
		}
	})
}
