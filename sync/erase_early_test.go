package sync_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A notification to forget a buyer may come before the order, or while the order
// cannot be read: it is never lost.
func TestABuyerIsForgottenBeforeTheOrderComes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		ids := placeOrders(t, shop, 3)
		must(t, shop.Poison(ids[1]))
		e := r.start()
		must(t, e.Hint(t.Context(), channel.Receipt{Hints: []channel.Hint{{Kind: channel.HintErase, Order: ids[0]}}},
			func(string) []channel.ID { return []channel.ID{"shop"} }))
		wait(time.Minute)
		o, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[0]})
		if err != nil || !o.Erased || o.Order.Recipient.Name != "" || o.Order.Buyer.Email != "" || len(o.Order.Lines) == 0 || !o.Open {
			t.Errorf("imported as %+v, %v", o, err)
		}
		if o, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[2]}); err != nil || o.Erased || o.Order.Recipient.Name == "" {
			t.Errorf("another order is %+v, %v", o, err)
		}
		payloads := func() (n int) {
			must(t, r.store.View(t.Context(), func(tx channelsync.Tx) error {
				rows, err := tx.Parked(t.Context(), channelsync.ParkedFilter{Ref: string(ids[1])})
				if len(rows) != 1 {
					t.Errorf("%d rows parked", len(rows))
				}
				for _, p := range rows {
					n += len(p.Raw)
				}
				return err
			}))
			return n
		}
		if payloads() == 0 {
			t.Error("nothing was set aside")
		}
		must(t, e.EraseBuyer(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[1]}))
		if n := payloads(); n != 0 {
			t.Errorf("%d bytes of the payload are left", n)
		}
		wait(24 * time.Hour) // reconciling reads it again, and cannot
		if n := payloads(); n != 0 {
			t.Errorf("%d bytes of a later payload are kept", n)
		}
		if err := e.EraseBuyer(t.Context(), channelsync.OrderRef{Channel: "shop"}); err == nil {
			t.Error("an order without an id is erased")
		}
		all := r.stored("shop")
		if slices.ContainsFunc(all, func(o channelsync.StoredOrder) bool { return o.Order.ID == ids[1] }) {
			t.Error("an order that never came is among the orders")
		}
	})
}
