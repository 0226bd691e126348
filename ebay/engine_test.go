package ebay_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// kept is an engine that keeps the stock of a fake account, of which it has
// counted 10 of each: MUG by an offer, CUP Trading-born.
type kept struct {
	*testing.T
	fake   *ebaytest.Fake
	engine *channelsync.Engine
}

var keptSKUs = []string{"CUP", "MUG"}

// underEngine runs f with an engine that trusts the counts of units sold or not.
func underEngine(t *testing.T, account accountConfig, trust bool, f func(k *kept)) {
	t.Helper()
	account.EffectLag = time.Minute
	synctest.Test(t, func(t *testing.T) {
		k := &kept{T: t, fake: ebaytest.New(account)}
		must(k.fake.AddProduct(ebaytest.NewProduct{SKU: "MUG", Price: "12.50", OnHand: 10}))
		must(k.fake.AddProduct(ebaytest.NewProduct{SKU: "CUP", Price: "9.00", OnHand: 10, Trading: true}))
		cfg := k.fake.Config()
		cfg.SoldCount, cfg.PollEvery, cfg.Hold = trust, 20*time.Minute, unpaidFor
		store := must(sqlitestore.OpenConfig(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: true}))
		k.engine = must(channelsync.New(channelsync.Config{
			Store: store, Channels: []channel.Channel{must(ebay.New(cfg))}, NoBackfill: true, Sweep: 12 * time.Hour,
			Stock: channelsync.StockConfig{TrustSoldCounts: trust},
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.engine.Run(ctx) }()
		pass(3 * time.Minute)
		for _, sku := range keptSKUs {
			check(t, k.engine.Count(t.Context(), sku, 10))
		}
		pass(30 * time.Minute)
		k.stands("at first", 10, 0)
		f(k)
		stop()
		check(t, <-done)
		check(t, store.Close())
		for _, v := range k.fake.Violations() {
			t.Error(v)
		}
	})
}

// trusts are the positions of the switch; races are looked for in one.
func trusts() []bool {
	if racing {
		return []bool{true}
	}
	return []bool{true, false}
}

// sell sells units of both; unpaid ones are no order yet. It returns the ids.
func (k *kept) sell(units int, unpaid bool) (ids []string) {
	k.Helper()
	for _, sku := range keptSKUs {
		ids = append(ids, must(k.fake.PlaceOrder(ebaytest.NewOrder{
			Lines: []ebaytest.NewLine{{SKU: sku, Quantity: units}}, Unpaid: unpaid,
		})))
	}
	return ids
}

// stands checks what buyers are shown of both, and how many units are held.
func (k *kept) stands(when string, shown, held int64) {
	k.Helper()
	for _, it := range must(k.engine.Stock(k.Context(), "")) {
		if got := must(k.fake.Available(it.SKU)); got != shown || it.Held != held {
			k.Fatalf("%s: %s shows %d with %d held, want %d and %d\n%s", when, it.SKU, got, it.Held, shown, held, it.Listings[0].Detail)
		}
	}
}

// drifted tells the units that came or went without an order, by SKU.
func (k *kept) drifted() []string {
	k.Helper()
	var out []string
	for _, d := range must(k.engine.Drifts(k.Context(), "ebay:"+ebaytest.DefaultSellerID)) {
		out = append(out, fmt.Sprintf("%s %+d", d.Item, d.Units))
	}
	slices.Sort(out)
	return out
}

const (
	audited   = 5 * time.Hour  // longer than a listing's quantity goes unread
	unpaidFor = 20 * time.Hour // buyers here do not take as long as eBay lets them
	rest      = unpaidFor + 2*audited
)

// Units of a purchase that nobody has paid for are held until it lapses, and
// then given back: at once where its units come back, after the hold where
// nothing tells of it.
func TestEngineHoldsAnUnpaidPurchase(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]accountConfig{
		"its units come back":               {},
		"its units stay away":               {Stock: ebaytest.StockSetting{KeepOnUnpaid: true}},
		"its units come back, and count on": {Believed: ebaytest.Believed{SoldStays: true}},
	} {
		for _, trust := range trusts() {
			t.Run(fmt.Sprintf("%s, trusted %t", name, trust), func(t *testing.T) {
				t.Parallel()
				underEngine(t, account, trust, func(k *kept) {
					writes := len(k.fake.Writes())
					unpaid := k.sell(3, true)
					pass(audited)
					k.stands("bought, not paid for", 7, 3)
					k.sell(1, false)
					pass(audited)
					k.stands("one more was sold", 6, 3)
					if n := len(k.fake.Writes()); n != writes {
						k.Errorf("%d quantities were written, and none had to be: %+v", n-writes, k.fake.Writes())
					}
					for _, id := range unpaid {
						check(k, k.fake.CancelOrder(id))
					}
					if !account.Stock.KeepOnUnpaid && !account.Believed.SoldStays {
						pass(audited)
						k.stands("it lapsed", 9, 0)
						// The number alone does not tell that it was these that came back.
						if n := len(k.fake.Writes()); trust && n != writes {
							k.Errorf("%d quantities were written, and none had to be", n-writes)
						}
					}
					pass(rest)
					k.stands("at rest", 9, 0)
					// And what was given up does not come back.
					k.sell(1, false)
					pass(audited)
					k.stands("after the next sale", 8, 0)
				})
			})
		}
	}
}

// One that is paid for is its order's from then on.
func TestEngineWithAPurchaseThatIsPaidLate(t *testing.T) {
	t.Parallel()
	for _, trust := range trusts() {
		underEngine(t, accountConfig{}, trust, func(k *kept) {
			ids := k.sell(3, true)
			pass(15 * time.Hour)
			k.stands("bought", 7, 3)
			for _, id := range ids {
				check(k, k.fake.Pay(id))
			}
			pass(time.Hour)
			k.stands("paid", 7, 0)
			pass(rest)
			k.stands("at rest", 7, 0)
			if d := k.drifted(); d != nil {
				k.Errorf("drift %v", d)
			}
		})
	}
}

// Where the count rises only then, the units are on sale until it is paid for.
func TestEngineWithACountThatRisesWithThePayment(t *testing.T) {
	t.Parallel()
	underEngine(t, accountConfig{Believed: ebaytest.Believed{SoldWhenPaid: true}}, true, func(k *kept) {
		ids := k.sell(3, true)
		pass(2 * audited)
		k.stands("bought", 10, 0)
		for _, id := range ids {
			check(k, k.fake.Pay(id))
		}
		pass(time.Hour)
		k.stands("paid", 7, 0)
		pass(rest)
		k.stands("at rest", 7, 0)
	})
}

// A lowering by hand looks like an unpaid purchase, but to the count: with it
// the quantity is set right again by the second read, without it that takes as long as a purchase
// may stay unpaid.
func TestEngineTellsAnEditFromAPurchase(t *testing.T) {
	t.Parallel()
	for _, trust := range trusts() {
		underEngine(t, accountConfig{}, trust, func(k *kept) {
			k.sell(3, true)
			pass(audited)
			for _, sku := range keptSKUs {
				check(k, k.fake.SetOnHand(sku, 6))
			}
			pass(audited)
			k.stands("edited", 6, 4)
			pass(audited)
			if trust {
				k.stands("edited for a while", 7, 3)
			} else {
				k.stands("edited for a while", 6, 4)
			}
			pass(rest)
			want := []string{"CUP -1", "CUP -3", "MUG -1", "MUG -3"}
			if d := k.drifted(); !slices.Equal(d, want) {
				k.Errorf("drift %v, want %v", d, want)
			}
		})
	}
}
