package ebay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// Two sellers of one application have one day's calls between them. One who
// would spend them all is held to his share, and the other goes on until they are
// really used up; then both come back with the time of the reset, and eBay has
// refused nobody.
func TestTheDaysCallsAreShared(t *testing.T) {
	account := accountConfig{
		Counters: ebaytest.NewCounters(), Limits: map[string]ebaytest.Limit{ebaytest.APIFulfillment: {PerDay: 200}},
	}
	quota := channel.NewQuota()
	onAccount(t, account, func(c *ebay.Config) { c.Quota, c.QuotaShare = quota, 0.75 }, func(r *rig) {
		second := account
		second.SellerID = "othersel"
		fake := ebaytest.New(second)
		cfg := fake.Config()
		cfg.Quota = quota
		other := must(ebay.New(cfg))
		spend := func(ch *ebay.Channel) (calls int, err error) {
			for ; err == nil && calls < 300; calls++ {
				_, err = ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent()})
			}
			return calls - 1, err
		}
		for _, tt := range []struct {
			ch   *ebay.Channel
			want int
		}{{r.ch, 150}, {other, 50}, {r.ch, 0}} {
			calls, err := spend(tt.ch)
			if calls != tt.want || !errors.Is(err, channel.ErrThrottled) {
				r.Errorf("%s: %d calls, want %d, and then %v", tt.ch.ID(), calls, tt.want, err)
			}
			if wait := channel.RetryAfter(err); wait < time.Hour || wait > 24*time.Hour {
				r.Errorf("to come back after %v", wait)
			}
		}
		if n := r.fake.Throttled() + fake.Throttled(); n != 0 {
			r.Errorf("eBay refused %d calls", n)
		}
		pass(24 * time.Hour)
		if calls, _ := spend(r.ch); calls != 150 {
			r.Errorf("%d calls on the next day", calls)
		}
	})
}

// What other programs of the application spend is seen within the hour.
func TestOthersSpendTheDaysCalls(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		one := func() error {
			_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent()})
			return err
		}
		check(r, one())
		r.fake.UseQuota(ebaytest.APIFulfillment, 1_000_000)
		pass(time.Hour)
		err := one()
		if !errors.Is(err, channel.ErrThrottled) || r.fake.Throttled() != 0 {
			r.Errorf("err = %v, and eBay refused %d calls", err, r.fake.Throttled())
		}
		if n := r.fake.Calls()["getRateLimits"]; n != 2 {
			r.Errorf("the limits were read %d times in an hour", n)
		}
	})
}

// Channels that share the day's calls read what is left of them in turn.
func TestLimitsAreReadInTurn(t *testing.T) {
	for share, want := range map[float64]int{1: 25, 0.5: 13, 0.001: 5} {
		onAccount(t, accountConfig{}, func(c *ebay.Config) { c.QuotaShare = share }, func(r *rig) {
			for range 24*4 + 1 {
				_, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: recent()})
				check(r, err)
				pass(15 * time.Minute)
			}
			if n := r.fake.Calls()["getRateLimits"]; n != want {
				r.Errorf("with a share of %v the limits were read %d times a day, want %d", share, n, want)
			}
		})
	}
}
