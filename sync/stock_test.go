package sync_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// named returns a preset under another id and seed.
func named(cfg channeltest.MemoryConfig, id channel.ID, seed uint64) channeltest.MemoryConfig {
	cfg.ID, cfg.Seed = id, seed
	return cfg
}

// stock returns how one item stands.
func (r *rig) stock(sku string) channelsync.ItemStock {
	r.t.Helper()
	items, err := r.engine.Stock(context.Background(), "", sku)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(items) != 1 {
		r.t.Fatalf("%d items %q", len(items), sku)
	}
	return items[0]
}

// explain prints how an item stands, for a test that failed.
func (r *rig) explain(sku string) {
	r.t.Helper()
	i := r.stock(sku)
	r.t.Logf("%s: on hand %d, reserved %d, held %d, available %d", sku, i.OnHand, i.Reserved, i.Held, i.Available)
	for _, l := range i.Listings {
		shown := "?"
		if l.Shown != nil {
			shown = strconv.FormatInt(*l.Shown, 10)
		}
		r.t.Logf("  %s/%s: shows %s, wanted %d, due %v: %s\n%s", l.Channel, l.Listing, shown, l.Wanted, l.DueAt.Format(time.DateTime), l.Why, l.Detail)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestACountIsFollowedByEveryChannel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shopify := channeltest.NewMemory(channeltest.LikeShopify())
		ebay := channeltest.NewMemory(channeltest.LikeEbay())
		a := shopify.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 7})
		b := ebay.AddListing(channeltest.NewListing{SKU: " MUG-01 ", Quantity: 40})
		r := newRig(t, shopify, ebay)
		e := r.start()
		wait(time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 25))
		wait(time.Hour)
		if n, m := shopify.Quantity(a.ID, ""), ebay.Quantity(b.ID, ""); n != 25 || m != 25 {
			r.explain("MUG-01")
			t.Fatalf("shown %d and %d, counted 25", n, m)
		}
	})
}
