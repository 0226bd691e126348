package channeltest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/channel"
)

// walk walks to the end and returns the distinct ids and Through.
func walkAll(t *testing.T, ch channel.Channel, q channel.OrderQuery) (ids []channel.OrderID, through time.Time) {
	t.Helper()
	seen := map[channel.OrderID]bool{}
	for page, err := range channel.OrderPages(t.Context(), ch, q) {
		ok(t, err)
		for _, o := range page.Items {
			if !seen[o.ID] {
				seen[o.ID] = true
				ids = append(ids, o.ID)
			}
		}
		through = page.Through
	}
	return ids, through
}

func walkIDs(t *testing.T, ch channel.Channel, since time.Time) []channel.OrderID {
	t.Helper()
	ids, _ := walkAll(t, ch, channel.OrderQuery{Since: since})
	return ids
}

// A week of sales and changes on each marketplace: walks from watermark to
// watermark bring every order in its last version.
func TestWalksMissNothing(t *testing.T) {
	for name, cfg := range presets() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := NewMemory(cfg)
				mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1_000_000})
				rng := rand.New(rand.NewPCG(7, 7))
				stored := map[channel.OrderID]time.Time{}
				var since time.Time
				for step := range 600 {
					time.Sleep(time.Duration(rng.IntN(600)) * time.Second)
					switch orders := int64(len(m.orders)); {
					case rng.IntN(3) > 0 || orders == 0:
						place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
					default:
						ok(t, m.Touch(m.orders[rng.Int64N(orders)].id))
					}
					if step%7 != 0 {
						continue
					}
					since = importOrders(t, m, since, stored)
				}
				time.Sleep(60 * time.Hour)
				importOrders(t, m, since, stored)
				for _, o := range m.Orders() {
					visible := !m.orderBy[o.ID].hidden
					if got, is := stored[o.ID]; is != visible || (visible && !got.Equal(o.UpdatedAt)) {
						t.Errorf("order %s: stored version %s, really %s, visible %t", o.ID, got, o.UpdatedAt, visible)
					}
				}
			})
		})
	}
}

func importOrders(t *testing.T, ch channel.Channel, since time.Time, stored map[channel.OrderID]time.Time) time.Time {
	t.Helper()
	var through time.Time
	for page, err := range channel.OrderPages(t.Context(), ch, channel.OrderQuery{Since: since, Limit: 3}) {
		ok(t, err)
		for _, o := range page.Items {
			if o.UpdatedAt.After(stored[o.ID]) {
				stored[o.ID] = o.UpdatedAt
			}
		}
		if (page.Next == "") != !page.Through.IsZero() {
			t.Fatal("Through belongs to the last page, and to it only")
		}
		through = page.Through
	}
	if through.Before(since) {
		t.Fatalf("Through went back from %s to %s", since, through)
	}
	return through
}

func presets() map[string]MemoryConfig {
	feeds := LikeAmazon()
	feeds.Tickets = 1
	return map[string]MemoryConfig{
		"plain": {}, "shopify": LikeShopify(),
		"bigcommerce absolute": LikeBigCommerce(false), "bigcommerce relative": LikeBigCommerce(true),
		"bigcommerce at shipment": LikeBigCommerceAtShipment(true),
		"amazon":                  LikeAmazon(), "amazon feeds": feeds, "ebay": LikeEbay(),
	}
}

func TestDelayedIndexIsNotInTheWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		m.DelayIndex(2 * time.Hour)
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		time.Sleep(time.Hour)
		ids, through := walkAll(t, m, channel.OrderQuery{})
		if len(ids) != 0 || !through.Equal(time.Now()) {
			t.Fatalf("ids %v through %s", ids, through)
		}
		time.Sleep(time.Hour)
		if ids := walkIDs(t, m, through); len(ids) != 0 {
			t.Errorf("it is behind the watermark, yet was found: %v", ids)
		}
		if ids := walkIDs(t, m, time.Time{}); len(ids) != 1 || ids[0] != id {
			t.Errorf("a walk from the beginning finds it: %v", ids)
		}
	})
}

func TestPhasesTellEverythingTogether(t *testing.T) {
	m := NewMemory(MemoryConfig{Phases: true, PageSize: 2})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
	for range 3 {
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		ok(t, m.Refund(id, orderOf(t, m, id).Lines[0].ID, 1, true))
	}
	parts := map[channel.OrderID]channel.Parts{}
	for o, err := range channel.Orders(t.Context(), m, channel.OrderQuery{}) {
		ok(t, err)
		if (len(o.Refunds) > 0) != o.Has(channel.PartRefunds) || (len(o.Lines) > 0) != o.Has(channel.PartLines) {
			t.Errorf("order %s: parts %b do not say what is there", o.ID, o.Parts)
		}
		parts[o.ID] |= o.Parts
	}
	for id, got := range parts {
		if got != channel.PartsAll {
			t.Errorf("order %s: parts %b", id, got)
		}
	}
}

func TestRawDecodesToTheSameOrder(t *testing.T) {
	m := NewMemory(MemoryConfig{Phases: true, TaxPercent: 19})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
	id := place(t, m, Sale{
		Lines: []SaleLine{{Listing: mug.ID, Quantity: 2}}, Shipping: "4.90", BuyerCurrency: "USD", Rate: 110, Note: "ring twice",
	})
	ok(t, m.Refund(id, orderOf(t, m, id).Lines[0].ID, 1, true))
	for o, err := range channel.Orders(t.Context(), m, channel.OrderQuery{}) {
		ok(t, err)
		again, err := m.DecodeOrder(o.Raw)
		ok(t, err)
		if diff := cmp.Diff(o, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("decoded again (-page +decoded):\n%s", diff)
		}
	}
}

func TestCursorExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{PageSize: 1, CursorLives: time.Hour})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		for range 2 {
			place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		}
		page, err := m.OrderPage(t.Context(), channel.OrderQuery{})
		ok(t, err)
		time.Sleep(time.Hour + time.Second)
		if _, err = m.OrderPage(t.Context(), channel.OrderQuery{After: page.Next}); !errors.Is(err, channel.ErrCursor) {
			t.Errorf("err = %v, want ErrCursor", err)
		}
	})
}

func TestListingsFiltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{PageSize: 2})
		for i := range 5 {
			m.AddListing(NewListing{SKU: fmt.Sprintf("SKU-%d", i%3)})
		}
		time.Sleep(time.Minute)
		late := time.Now()
		ok(t, m.Rename("L-2", "NEW"))
		ok(t, m.EndListing("L-3"))
		for _, tt := range []struct {
			name string
			q    channel.ListingQuery
			want []channel.ListingID
		}{
			{"all but the ended", channel.ListingQuery{}, []channel.ListingID{"L-1", "L-2", "L-4", "L-5"}},
			{"by SKU", channel.ListingQuery{SKUs: []string{"SKU-0", "NEW"}}, []channel.ListingID{"L-1", "L-2", "L-4"}},
			{"changed since", channel.ListingQuery{Since: late}, []channel.ListingID{"L-2"}},
		} {
			var got []channel.ListingID
			for l, err := range channel.Listings(t.Context(), m, tt.q) {
				ok(t, err)
				got = append(got, l.Ref.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

// A page of a walk costs what it brings, not what there is.
func BenchmarkOrderPageOfManyOrders(b *testing.B) {
	m := NewMemory(MemoryConfig{})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1_000_000})
	for range 20_000 {
		if _, err := m.PlaceOrder(SaleLine{Listing: mug.ID, Quantity: 1}); err != nil {
			b.Fatal(err)
		}
	}
	since := time.Now()
	if err := m.Touch("1001"); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		page, err := m.OrderPage(b.Context(), channel.OrderQuery{Since: since})
		if err != nil || len(page.Items) == 0 {
			b.Fatal(len(page.Items), err)
		}
	}
}

// What a week of a shop costs: 2,016 sales, half of them shipped, and three
// walks to each. Time itself costs nothing in a bubble.
func BenchmarkWeekOfSalesAndWalks(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := NewMemory(MemoryConfig{})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1_000_000})
		for i := range 2016 {
			id, err := m.PlaceOrder(SaleLine{Listing: mug.ID, Quantity: 1})
			if err == nil && i%2 == 0 {
				err = m.ShipOutside(id, channel.Tracking{Number: "1Z"})
			}
			since := time.Now()
			for range 3 {
				if err == nil {
					_, err = m.OrderPage(b.Context(), channel.OrderQuery{Since: since})
				}
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
