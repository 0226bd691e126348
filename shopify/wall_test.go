package shopify_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// wall is that of the shops of these tests: Shopify's is 25,000.
const wall = 1000

// wide is a shop that tells as much as wall in one search, and its channel.
func wide(t *testing.T, fails bool) (*shopifytest.Fake, *shopify.Channel) {
	f := shopifytest.New(shopifytest.Config{Quota: 1000, PagingWall: wall, PagingWallFails: fails})
	ch, err := shopify.New(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	ch.SetPagingWall(wall)
	return f, ch
}

// What a search does not tell any more another one does: orders, their
// fulfilment orders and listings.
func TestWalksGoBeyondThePagingWall(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const n = 2600
			f, ch := wide(t, fails)
			if _, err := f.AddProduct(shopifytest.Product{Title: "Mug", Variants: make([]shopifytest.Variant, n)}); err != nil {
				t.Fatal(err)
			}
			for range n {
				if _, err := f.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{Title: "Mug", Quantity: 1, Price: "1.00"}}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(30 * time.Millisecond) // 33 a second
			}
			time.Sleep(time.Minute)

			orders, units := map[channel.OrderID]bool{}, map[channel.OrderID]bool{}
			var through time.Time
			for p, err := range channel.OrderPages(t.Context(), ch, channel.OrderQuery{Since: time.Now().Add(-48 * time.Hour)}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range p.Items {
					if o.Has(channel.PartLines) {
						orders[o.ID] = true
					} else {
						units[o.ID] = true
					}
				}
				through = p.Through
			}
			if len(orders) != n || len(units) != n || through.IsZero() {
				t.Errorf("fails=%t: of %d orders %d are seen, of their fulfilment orders %d; through %s", fails, n, len(orders), len(units), through)
			}

			listings := map[channel.ListingID]int{}
			for l, err := range channel.Listings(t.Context(), ch, channel.ListingQuery{}) {
				if err != nil {
					t.Fatal(err)
				}
				listings[l.Ref.ID]++
			}
			if len(listings) != n {
				t.Errorf("fails=%t: %d of %d listings", fails, len(listings), n)
			}
			for id, k := range listings {
				if k != 1 {
					t.Errorf("listing %s came %d times", id, k)
				}
			}
		})
	}
}

// Where nothing tells apart what is behind the wall, the walk fails, and never
// says that it has seen all.
func TestAWallThatNothingGetsBehind(t *testing.T) {
	const remedy = "take a bulk snapshot"
	synctest.Test(t, func(t *testing.T) {
		f, ch := wide(t, false)
		if _, err := f.AddProduct(shopifytest.Product{Title: "Mug", Variants: make([]shopifytest.Variant, 1200)}); err != nil {
			t.Fatal(err)
		}
		for range 1200 { // in one second
			if _, err := f.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{Title: "Mug", Quantity: 1, Price: "1.00"}}}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		since := time.Now().Add(-time.Minute)
		var err error
		for p, e := range channel.OrderPages(t.Context(), ch, channel.OrderQuery{Since: since}) {
			if err = e; !p.Through.IsZero() {
				t.Error("a walk that did not see all says through", p.Through)
			}
		}
		if !errors.Is(err, channel.ErrInvalid) || !strings.Contains(err.Error(), remedy) {
			t.Errorf("orders of one second: %v", err)
		}
		for p, e := range channel.StockPages(t.Context(), ch, channel.StockQuery{}) {
			if err = e; !p.Through.IsZero() {
				t.Error("a walk that did not see all says through", p.Through)
			}
		}
		if !errors.Is(err, channel.ErrInvalid) || !strings.Contains(err.Error(), remedy) {
			t.Errorf("levels: %v", err)
		}
	})
}
