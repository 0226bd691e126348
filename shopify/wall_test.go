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
const wall = 1500

// wide is a shop that tells as much as wall in one search, and its channel.
func wide(t *testing.T, shop shopifytest.Config) (*shopifytest.Fake, *shopify.Channel) {
	t.Helper()
	shop.Quota, shop.PagingWall = 1000, wall
	f := shopifytest.New(shop)
	cfg := f.Config()
	cfg.Transport = recorded(t, cfg.Transport)
	ch, err := shopify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ch.SetPagingWall(wall)
	return f, ch
}

// stocked adds a product of n variants.
func stocked(t *testing.T, f *shopifytest.Fake, n int) {
	t.Helper()
	vs := make([]shopifytest.Variant, n)
	for i := range vs {
		vs[i].Available = i
	}
	if _, err := f.AddProduct(shopifytest.Product{Title: "Mug", Variants: vs}); err != nil {
		t.Fatal(err)
	}
}

// placed has n orders placed, with a pause after each.
func placed(t *testing.T, f *shopifytest.Fake, n int, pause time.Duration) (ids []string) {
	t.Helper()
	for range n {
		o, err := f.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{Title: "Mug", Quantity: 1, Price: "1.00"}}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.ID)
		time.Sleep(pause)
	}
	return ids
}

// told is what a walk brought.
type told struct {
	orders, units map[channel.OrderID]bool
	n             int // orders, those that came again among them
	through       time.Time
}

// walkWide walks over the orders of the last two days; before is called with the
// number of each page.
func walkWide(t *testing.T, ch *shopify.Channel, before func(page int)) (s told, err error) {
	t.Helper()
	s = told{orders: map[channel.OrderID]bool{}, units: map[channel.OrderID]bool{}}
	q := channel.OrderQuery{Since: time.Now().Add(-48 * time.Hour)}
	for page := range 200 {
		if before != nil {
			before(page)
		}
		p, err := ch.OrderPage(t.Context(), q)
		if err != nil {
			return s, err
		}
		for _, o := range p.Items {
			if o.Has(channel.PartLines) {
				s.orders[o.ID] = true
				s.n++
			} else {
				s.units[o.ID] = true
			}
		}
		if s.through = p.Through; p.Next == "" {
			return s, nil
		}
		q.After = p.Next
	}
	t.Fatal("the walk does not end")
	return s, nil
}

// racing is set by the race detector, under which thousands of orders take half
// a minute.
var racing bool

// What a search does not tell any more another one does: orders, their
// fulfilment orders, listings and levels.
func TestWalksGoBeyondThePagingWall(t *testing.T) {
	for _, fails := range []bool{false, true} {
		if racing && !fails {
			continue // it takes half a minute, and the calls are the same
		}
		synctest.Test(t, func(t *testing.T) {
			const n = 2800
			f, ch := wide(t, shopifytest.Config{PagingWallFails: fails})
			stocked(t, f, n)
			placed(t, f, n, 30*time.Millisecond) // 33 a second
			time.Sleep(time.Minute)

			s, err := walkWide(t, ch, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.orders) != n || len(s.units) != n || s.through.IsZero() {
				t.Errorf("fails=%t: of %d orders %d are seen, of their fulfilment orders %d; through %s", fails, n, len(s.orders), len(s.units), s.through)
			}
			if again := s.n - n; again > 2*34 {
				t.Errorf("fails=%t: %d orders came again", fails, again)
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

			levels, through := map[channel.ListingID]int64{}, time.Time{}
			for p, err := range channel.StockPages(t.Context(), ch, channel.StockQuery{}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range p.Items {
					levels[l.Listing.ID] = l.Quantity
				}
				through = p.Through
			}
			sum := int64(0)
			for _, q := range levels {
				sum += q
			}
			if len(levels) != n || sum != n*(n-1)/2 || through.IsZero() {
				t.Errorf("fails=%t: %d of %d levels of %d units; through %s", fails, len(levels), n, sum, through)
			}
		})
	}
}

// An order that changed a moment ago lies in the index where it was before, and
// tells the time of now: a new search does not begin there.
func TestAWalkBeyondTheWallSkipsNothingWhileOrdersChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		f, ch := wide(t, shopifytest.Config{})
		ids := placed(t, f, n, 30*time.Millisecond)
		time.Sleep(time.Minute)
		s, err := walkWide(t, ch, func(page int) {
			time.Sleep(10 * time.Second)
			for i := page; i < n; i += 100 {
				if err := f.Touch(ids[i]); err != nil {
					t.Fatal(err)
				}
			}
		})
		if err != nil || len(s.orders) != n || len(s.units) != n || s.through.IsZero() {
			t.Errorf("%d of %d orders, %d of their fulfilment orders, through %s, %v", len(s.orders), n, len(s.units), s.through, err)
		}
	})
}

// Where all of a page changed a moment ago the walk fails for now, and goes on
// from there when it is asked again.
func TestAWalkAtTheWallWaitsForOrdersToRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		f, ch := wide(t, shopifytest.Config{IndexLag: 20 * time.Second})
		ids := placed(t, f, n, 30*time.Millisecond)
		time.Sleep(time.Minute)
		for _, id := range ids {
			if err := f.Touch(id); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		orders, failed := map[channel.OrderID]bool{}, 0
		q := channel.OrderQuery{Since: time.Now().Add(-48 * time.Hour)}
		for {
			p, err := ch.OrderPage(t.Context(), q)
			if errors.Is(err, channel.ErrUnavailable) && failed < 3 {
				failed++
				time.Sleep(channel.RetryAfter(err) + time.Second)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Items {
				orders[o.ID] = true
			}
			if q.After = p.Next; p.Next == "" {
				break
			}
		}
		if failed == 0 || len(orders) != n {
			t.Errorf("failed %d times, %d of %d orders", failed, len(orders), n)
		}
	})
}

// Where nothing tells apart what is behind the wall, the walk fails, and never
// says that it has seen all.
func TestAWallThatNothingGetsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ch := wide(t, shopifytest.Config{})
		placed(t, f, wall+100, 0) // in one second
		time.Sleep(time.Minute)
		s, err := walkWide(t, ch, nil)
		if !errors.Is(err, channel.ErrInvalid) || !strings.Contains(err.Error(), "take a bulk snapshot") || !s.through.IsZero() {
			t.Errorf("through %s, %v", s.through, err)
		}
	})
}
