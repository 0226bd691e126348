package sync_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

func TestTheLedgerRefusesWhatNobodyCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, channeltest.NewMemory(channeltest.LikeShopify()))
		e := r.open()
		for _, c := range []struct {
			name string
			err  error
			want string
		}{
			{"blank SKU", e.Count(t.Context(), " \t", 1), "the SKU is empty"},
			{"less than nothing", e.Count(t.Context(), "A", -1), "nobody counts less than 0"},
			{"nothing received", e.Receive(t.Context(), "A", 0), "use Adjust"},
			{"too much", e.Adjust(t.Context(), "A", 1<<40), "it is at most"},
			{"tomorrow", e.Count(t.Context(), "A", 1, channelsync.Entry{At: time.Now().Add(time.Hour)}), "in the future"},
			{"long ago", e.Count(t.Context(), "A", 1, channelsync.Entry{At: time.Now().Add(-8 * 24 * time.Hour)}), "dated at most"},
			{"two entries", e.Count(t.Context(), "A", 1, channelsync.Entry{}, channelsync.Entry{}), "one at most"},
		} {
			if c.err == nil || !errors.Is(c.err, channel.ErrInvalid) || !strings.Contains(c.err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, c.err)
			}
		}
	})
}

func TestAnEntryWithAKeyCountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, channeltest.NewMemory(channeltest.LikeShopify()))
		e := r.open()
		must(t, e.Count(t.Context(), "A", 10))
		for range 3 {
			must(t, e.Receive(t.Context(), " A ", 5, channelsync.Entry{Key: "delivery 7", Note: "three boxes"}))
			must(t, e.Adjust(t.Context(), "A", -1, channelsync.Entry{Key: "broken"}))
		}
		ledger, err := e.Ledger(t.Context(), "", "A", 0)
		must(t, err)
		if i := r.stock("A"); i.OnHand != 14 || len(ledger) != 3 || ledger[0].Delta != -1 || ledger[1].Note != "three boxes" {
			t.Errorf("on hand %d, ledger %+v", i.OnHand, ledger)
		}
	})
}

func TestACountAsOfATimeAgo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 50})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 50))
		wait(time.Hour)
		early := buy(t, shop, ref, 3)
		must(t, shop.ShipOutside(early, channel.Tracking{Number: "1"}))
		wait(time.Hour)
		counted := time.Now()
		wait(30 * time.Minute)
		late := buy(t, shop, ref, 2)
		must(t, shop.ShipOutside(late, channel.Tracking{Number: "2"}))
		must(t, e.Receive(t.Context(), "MUG-01", 10))
		wait(30 * time.Minute)
		// 47 were to be there; 45 were found, and 2 have left and 10 come in since.
		must(t, e.Count(t.Context(), "MUG-01", 45, channelsync.Entry{At: counted}))
		if i := r.stock("MUG-01"); i.OnHand != 53 {
			t.Fatalf("on hand %d, want 45 - 2 + 10", i.OnHand)
		}
		err := e.Count(t.Context(), "MUG-01", 1, channelsync.Entry{At: counted.Add(-time.Minute)})
		if !errors.Is(err, channel.ErrConflict) {
			t.Errorf("an older count than the last: %v", err)
		}
		wait(10 * time.Minute)
		if n := shop.Quantity(ref.ID, ""); n != 53 {
			r.explain("MUG-01")
			t.Errorf("shown %d", n)
		}
	})
}

func TestPoliciesSayHowMuchIsShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := channeltest.NewMemory(named(channeltest.LikeShopify(), "a", 1))
		b := channeltest.NewMemory(named(channeltest.LikeShopify(), "b", 2))
		one, two := a.AddListing(channeltest.NewListing{SKU: "MUG-01"}), b.AddListing(channeltest.NewListing{SKU: "MUG-01"})
		r := newRig(t, a, b)
		r.config = func(c *channelsync.Config) {
			c.Stock.Policy = channelsync.StockPolicy{Buffer: 2}
			c.Stock.PolicyFor = map[channel.ID]channelsync.StockPolicy{"b": {Percent: 50}}
		}
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 21))
		wait(10 * time.Minute)
		check := func(x, y int64) {
			t.Helper()
			wait(10 * time.Minute)
			if n, m := a.Quantity(one.ID, ""), b.Quantity(two.ID, ""); n != x || m != y {
				t.Errorf("shown %d and %d, want %d and %d", n, m, x, y)
			}
		}
		check(19, 10)
		must(t, e.SetPolicy(t.Context(), "", "MUG-01", "", &channelsync.StockPolicy{Cap: 5}))
		check(5, 5)
		must(t, e.SetPolicy(t.Context(), "", "MUG-01", "b", &channelsync.StockPolicy{}))
		check(5, 21)
		must(t, e.SetPolicy(t.Context(), "", "MUG-01", "", nil))
		check(19, 21)
		// Another configuration is planned from the start.
		r.end()
		r.config = nil
		r.start()
		check(21, 21)
		if err := e.SetPolicy(t.Context(), "", "MUG-01", "", &channelsync.StockPolicy{Percent: 101}); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("101 %%: %v", err)
		}
	})
}

func TestAChannelWithSeveralLocationsNeedsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := named(channeltest.LikeShopify(), "shop", 1)
		cfg.Locations = []channel.Location{
			{ID: "shop", Active: true, Ours: true}, {ID: "barn", Active: true, Ours: true}, {ID: "3pl", Active: true, Default: true},
		}
		shop := channeltest.NewMemory(cfg)
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 3, At: map[string]int64{"barn": 4, "3pl": 5}})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 9))
		wait(30 * time.Minute)
		if st := lane(r.state("shop"), channelsync.LaneStock); !strings.Contains(st.Reason, "LocationFor") {
			t.Errorf("stock lane %+v", st)
		}
		r.end()
		r.config = func(c *channelsync.Config) { c.Stock.LocationFor = map[channel.ID]channel.LocationID{"shop": "barn"} }
		r.start()
		wait(30 * time.Minute)
		if a, b, c := shop.Quantity(ref.ID, "shop"), shop.Quantity(ref.ID, "barn"), shop.Quantity(ref.ID, "3pl"); a != 3 || b != 9 || c != 5 {
			t.Errorf("shown %d, %d and %d: only the barn is ours to keep", a, b, c)
		}
	})
}

// lookingTx counts how often the stock side looks for work.
type lookingStore struct {
	channelsync.Store
	looks, claims atomic.Int64
}

type lookingTx struct {
	channelsync.Tx
	s *lookingStore
}

func (s *lookingStore) View(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.Store.View(ctx, func(tx channelsync.Tx) error { return f(lookingTx{tx, s}) })
}

func (s *lookingStore) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.Store.Update(ctx, func(tx channelsync.Tx) error { return f(lookingTx{tx, s}) })
}

func (t lookingTx) Intents(ctx context.Context, ch channel.ID) ([]channelsync.IntentRow, error) {
	t.s.looks.Add(1)
	return t.Tx.Intents(ctx, ch)
}

func (t lookingTx) Claim(ctx context.Context, id channel.ID, owner string, now, until time.Time) (channelsync.Lease, bool, error) {
	t.s.claims.Add(1)
	return t.Tx.Claim(ctx, id, owner, now, until)
}

func TestAnIdleVisitLooksForStockOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 9})
		store := &lookingStore{}
		r := newRig(t, shop)
		r.wrap = func(s channelsync.Store) channelsync.Store {
			store.Store = s
			return store
		}
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 9))
		wait(20 * time.Minute)
		looks, claims := store.looks.Load(), store.claims.Load()
		wait(90 * time.Minute)
		if n, m := store.looks.Load()-looks, store.claims.Load()-claims; n > m || m < 40 {
			t.Errorf("%d looks in %d visits", n, m)
		}
	})
}
