package channeltest

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

func listingCases() []Case {
	return []Case{
		{
			Name: "walk brings every listing with its SKU",
			Why:  "listings are linked to items by SKU, and one SKU may be on several listings: nothing may be guessed away",
			run: func(e *env) {
				want := map[channel.ListingID]string{}
				for i := range 7 {
					sku := fmt.Sprintf("Sku %02d/ß", i)
					want[e.listing(sku, int64(i))] = sku
				}
				got := map[channel.ListingID]string{}
				for l, err := range channel.Listings(e.Context(), e.ch, channel.ListingQuery{Limit: 3}) {
					e.no("Listings", err)
					got[l.Ref.ID] = l.Ref.SKU
					if !l.Active || !l.Tracked || l.FulfilledBy != channel.BySeller {
						e.Errorf("listing %s: %+v", l.Ref.ID, l)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					e.Errorf("listings (-there +brought):\n%s", diff)
				}
			},
		},
		{
			Name: "listings that share a SKU",
			Why:  "two listings with one SKU are two listings, and both sell",
			run: func(e *env) {
				want := []channel.ListingID{e.listing("TWIN", 1), e.listing("TWIN", 2)}
				seen := map[channel.ListingID]bool{}
				for l, err := range channel.Listings(e.Context(), e.ch, channel.ListingQuery{}) {
					e.no("Listings", err)
					seen[l.Ref.ID] = true
				}
				for _, id := range want {
					if !seen[id] {
						e.Errorf("listing %s is missing", id)
					}
				}
			},
		},
	}
}
