package sync_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// What an order that cannot be read has sold is not sold again: its units stay
// held, however long it is set aside.
func TestUnitsOfAnUnreadOrderAreHeld(t *testing.T) {
	for name, end := range map[string]struct {
		do    func(*rig, *channeltest.Memory, channel.OrderID)
		shown int64
		drift int
	}{
		"until it is read": {func(r *rig, shop *channeltest.Memory, id channel.OrderID) {
			must(r.t, shop.Heal(id))
			must(r.t, r.engine.Replay(r.t.Context(), unread(r).ID))
		}, 46, 0},
		"until somebody wants nothing done about it": {func(r *rig, _ *channeltest.Memory, _ channel.OrderID) {
			must(r.t, r.engine.Dismiss(r.t.Context(), unread(r).ID))
		}, 50, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
				other := channeltest.NewMemory(named(channeltest.LikeBigCommerce(false), "other", 2))
				mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 50}).ID
				mugToo := other.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 50}).ID
				r := newRig(t, shop, other)
				e := r.start()
				wait(2 * time.Minute)
				must(t, e.Count(t.Context(), "MUG-01", 50))
				wait(10 * time.Minute)

				id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 4})
				must(t, err)
				must(t, shop.Poison(id))
				wait(12 * time.Hour)
				if a, b := shop.Quantity(mug, ""), other.Quantity(mugToo, ""); a != 46 || b != 46 {
					t.Errorf("four of 50 are sold by an order that cannot be read: shown are %d and %d", a, b)
				}
				// What goes without an order afterwards is drift as ever.
				must(t, shop.Edit(mug, "", -1))
				wait(5 * time.Hour)
				if a, b := shop.Quantity(mug, ""), other.Quantity(mugToo, ""); a != 46 || b != 46 {
					t.Errorf("after drift of one unit: shown are %d and %d", a, b)
				}

				end.do(r, shop, id)
				wait(5 * time.Hour)
				if a, b := shop.Quantity(mug, ""), other.Quantity(mugToo, ""); a != end.shown || b != end.shown {
					t.Errorf("in the end %d and %d are shown, want %d", a, b, end.shown)
				}
				drift, err := e.Drifts(t.Context(), "")
				must(t, err)
				if len(drift) != end.drift+1 {
					t.Errorf("drift %+v", drift)
				}
			})
		})
	}
}

// unread is the order that is set aside.
func unread(r *rig) channelsync.ParkedRow {
	r.t.Helper()
	rows, err := r.engine.Parked(r.t.Context(), channelsync.ParkedFilter{Kind: "order"})
	must(r.t, err)
	if len(rows) != 1 {
		r.t.Fatalf("%d orders are parked", len(rows))
	}
	return rows[0]
}

// fastClock tells that its walks cover more than they do.
type fastClock struct {
	*channeltest.Memory
	ahead atomic.Int64 // a time.Duration
}

func (f *fastClock) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	page, err := f.Memory.OrderPage(ctx, q)
	if !page.Through.IsZero() {
		page.Through = page.Through.Add(time.Duration(f.ahead.Load()))
	}
	return page, err
}

// A channel whose server's clock is wrong for one answer: nothing placed
// afterwards is lost.
func TestAWatermarkIsNeverInTheFuture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &fastClock{Memory: channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))}
		mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 50}).ID
		r := newRig(t, shop.Memory)
		r.config = func(c *channelsync.Config) { c.Channels = []channel.Channel{shop} }
		r.start()
		wait(5 * time.Minute)
		shop.ahead.Store(int64(30 * 24 * time.Hour))
		wait(5 * time.Minute)
		shop.ahead.Store(0)
		for range 10 {
			if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 1}); err != nil {
				t.Fatal(err)
			}
			wait(time.Hour)
		}
		r.sameOrders(shop.Memory)
	})
}
