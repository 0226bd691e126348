//go:build !race

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// granted is what Shopify's Standard plan lets a client spend in that time: a
// bucket of 2,000 points that is full at first, and 100 a second.
const granted = 2000 + 100*60

// shopWithOrders is a fake on the Standard plan's real bucket.
func shopWithOrders(t *testing.T) (*shopifytest.Fake, []channel.OrderID) {
	t.Helper()
	fake := shopifytest.New(shopifytest.Config{IndexLag: -1})
	p := shopifytest.Product{Title: "Mug"}
	for i := range 300 {
		p.Variants = append(p.Variants, shopifytest.Variant{SKU: fmt.Sprint("M-", i), Title: strconv.Itoa(i), Available: 1000})
	}
	if _, err := fake.AddProduct(p); err != nil {
		t.Fatal(err)
	}
	var ids []channel.OrderID
	for i := range 60 {
		n := shopifytest.NewOrder{}
		for k := range 1 + i%6 {
			n.Lines = append(n.Lines, shopifytest.NewLine{SKU: fmt.Sprint("M-", i+k)})
		}
		o, err := fake.PlaceOrder(n)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, channel.OrderID(o.ID[len("gid://shopify/Order/"):]))
	}
	return fake, ids
}

// shopClient connects to the fake as the adapter does, over a slow line.
func shopClient(t *testing.T, fake *shopifytest.Fake, l *shopify.Limiter) *shopify.Channel {
	t.Helper()
	cfg := fake.Config()
	cfg.Transport, cfg.Limiter = slow{cfg.Transport}, l
	ch, err := shopify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// someCall makes one of the adapter's calls. Those asked for cost from some ten
// points to 200, as most of what an engine asks for when it is up to date, with
// large up to 500: part of what is asked for is given back with the answer.
func someCall(ctx context.Context, ch *shopify.Channel, ids []channel.OrderID, large bool) error {
	orders, listings := 2, 20
	if large {
		orders, listings = 20, 100
	}
	var err error
	switch rand.IntN(4) {
	case 0:
		_, err = ch.OrderPage(ctx, channel.OrderQuery{Limit: 1 + rand.IntN(orders)})
	case 1:
		_, err = ch.OrdersByID(ctx, ids[:1+rand.IntN(len(ids)/2)])
	case 2:
		_, err = ch.ListingPage(ctx, channel.ListingQuery{Limit: 1 + rand.IntN(listings)})
	default:
		_, err = ch.StockPage(ctx, channel.StockQuery{})
	}
	return err
}

// Under the fake's own bucket of points, 2,000 and 100 a second, with answers
// late and out of order, the adapter spends nearly all that is granted and is
// never refused. The client is the adapter itself, its costs its queries'.
func TestShopifysBucketIsUsedUpWithoutARefusal(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lanes int
		large bool
	}{{"16 lanes", 16, false}, {"40 lanes with large calls", 40, true}} {
		t.Run(tc.name, func(t *testing.T) {
			// What is left in the bucket when the minute ends is up to chance, so
			// two minutes are taken together.
			var spent float64
			for range 2 {
				synctest.Test(t, func(t *testing.T) {
					fake, ids := shopWithOrders(t)
					ch := shopClient(t, fake, nil)
					rests := lanes(t, tc.lanes, func(ctx context.Context, _ int) error { return someCall(ctx, ch, ids, tc.large) })
					s := fake.Stats()
					spent += s.Spent
					t.Logf("spent %.1f %% of %d points, %d requests, %d refused, %d rests", 100*s.Spent/granted, granted, s.Requests, s.Throttled, rests)
					if s.Throttled > 0 {
						t.Errorf("%d refused", s.Throttled)
					}
				})
			}
			if spent < 0.97*2*granted {
				t.Errorf("spent %.1f %% of what was granted", 100*spent/2/granted)
			}
		})
	}
}

// Beside a second client of the same app on the same shop, one of ours in
// another process or one that knows no limit, all that is granted is used and
// ours goes on.
func TestShopifysBucketBesideAnotherClient(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit *shopify.Limiter
		least float64 // our share of what is granted
		most  int     // refusals of both
	}{
		{"one of ours", nil, 0.25, 40},
		{"one without a limit", transport.NewLimiter(func(string) transport.Rule { return transport.Rule{} }), 0.1, 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, ids := shopWithOrders(t)
				ours, other := shopClient(t, fake, nil), shopClient(t, fake, tc.limit)
				var mu sync.Mutex
				answered := [2]int{}
				rests := lanes(t, 8, func(ctx context.Context, lane int) error {
					which, ch := lane%2, ours
					if which == 1 {
						ch = other
					}
					err := someCall(ctx, ch, ids, false)
					if err == nil {
						mu.Lock()
						answered[which]++
						mu.Unlock()
					}
					return err
				})
				s := fake.Stats()
				share := float64(answered[0]) / float64(answered[0]+answered[1])
				t.Logf("together %.1f %% of %d points, %d answers are ours, %d the other's, %d refused, %d rests",
					100*s.Spent/granted, granted, answered[0], answered[1], s.Throttled, rests)
				if share < tc.least {
					t.Errorf("ours had %.0f %% of the answers", 100*share)
				}
				if s.Spent < 0.95*granted {
					t.Errorf("together %.1f %% of what was granted", 100*s.Spent/granted)
				}
				if s.Throttled > tc.most {
					t.Errorf("%d refused", s.Throttled)
				}
			})
		})
	}
}
