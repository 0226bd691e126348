package sync_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel/channeltest"
)

func TestAdoptionLeavesTheChannelAsItIs(t *testing.T) {
	for _, cfg := range []channeltest.MemoryConfig{
		named(channeltest.LikeShopify(), "from", 1), named(channeltest.LikeBigCommerce(true), "from", 1), named(channeltest.LikeAmazon(), "from", 1),
	} {
		t.Run(cfg.Traits.Marketplace, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				from := channeltest.NewMemory(cfg)
				to := channeltest.NewMemory(named(channeltest.LikeShopify(), "to", 2))
				a := from.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 12})
				from.AddListing(channeltest.NewListing{SKU: "TWICE", Quantity: 1})
				from.AddListing(channeltest.NewListing{SKU: "TWICE", Quantity: 1})
				from.AddListing(channeltest.NewListing{SKU: "", Quantity: 1})
				b := to.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 99})
				buy := func(n int64) {
					if _, err := from.PlaceSale(channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: a.ID, Quantity: n}}, Payment: channeltest.PaidNow}); err != nil {
						t.Fatal(err)
					}
				}
				buy(2)
				r := newRig(t, from, to)
				e := r.start()
				wait(20 * time.Minute)
				n, err := e.Adopt(t.Context(), "from")
				must(t, err)
				if n != 1 {
					t.Fatalf("%d listings to adopt from, one carries a SKU of its own", n)
				}
				buy(3) // before the read, and imported after it
				wait(2 * time.Hour)
				if i := r.stock("MUG-01"); !i.Managed || i.OnHand != 12 || i.Reserved != 5 {
					r.explain("MUG-01")
					t.Fatalf("managed %t, on hand %d, reserved %d: 12 are in the house and 5 of them sold", i.Managed, i.OnHand, i.Reserved)
				}
				if len(from.Writes()) != 0 {
					t.Errorf("the channel adopted from was written to: %+v", from.Writes())
				}
				if n, m := from.Quantity(a.ID, ""), to.Quantity(b.ID, ""); n != 7 || m != 7 {
					r.explain("MUG-01")
					t.Errorf("shown %d and %d, 7 are free", n, m)
				}
				ledger, err := e.Ledger(t.Context(), "", "MUG-01", 0)
				must(t, err)
				if len(ledger) != 1 || ledger[0].Kind != "adoption" || ledger[0].Delta != 12 {
					t.Errorf("ledger %+v", ledger)
				}
			})
		})
	}
}
