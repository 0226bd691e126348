package sync_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel/channeltest"
)

func TestImportStoresEveryOrderOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 7})
		placeOrders(t, shop, 40)
		r := newRig(t, shop)
		r.start()
		wait(time.Minute)
		r.sameOrders(shop)
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 3}); err != nil {
			t.Fatal(err)
		}
		wait(6 * time.Minute)
		r.sameOrders(shop)
	})
}
