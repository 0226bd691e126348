package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// slow takes up to 100 ms to bring a request, and up to 100 ms to bring its
// answer: answers overtake each other.
type slow struct{ base http.RoundTripper }

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(rand.N(100 * time.Millisecond))
	resp, err := s.base.RoundTrip(r)
	time.Sleep(rand.N(100 * time.Millisecond))
	return resp, err
}

const minute = 60 * time.Second

// lanes runs n loops of call for a simulated minute. A loop that is throttled
// rests as long as it is told.
func lanes(t *testing.T, n int, call func(ctx context.Context, lane int) error) (rests int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), minute)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for lane := range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := call(ctx, lane)
				switch {
				case err == nil, ctx.Err() != nil:
				case errors.Is(err, channel.ErrThrottled) && channel.RetryAfter(err) > 0:
					mu.Lock()
					rests++
					mu.Unlock()
					rest(ctx, channel.RetryAfter(err))
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return rests
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func storeClient(t *testing.T, fake *bigcommercetest.Fake) *bigcommerce.Channel {
	t.Helper()
	cfg := fake.Config()
	cfg.Transport = slow{cfg.Transport}
	ch, err := bigcommerce.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func requests(fake *bigcommercetest.Fake) (n int) {
	for _, k := range fake.Calls() {
		n += k
	}
	return n
}

// Under the fake's own window, 150 calls in 30 s, the adapter makes nearly all
// the calls that are granted and is never refused.
func TestBigCommercesWindowIsUsedUpWithoutARefusal(t *testing.T) {
	for _, n := range []int{4, 20} {
		t.Run(fmt.Sprint(n, " lanes"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := bigcommercetest.New(bigcommercetest.Config{})
				ch := storeClient(t, fake)
				rests := lanes(t, n, func(ctx context.Context, _ int) error {
					_, err := ch.OrderPage(ctx, channel.OrderQuery{Limit: 10})
					return err
				})
				served := requests(fake)
				t.Logf("%d calls of 300, %d refused, %d rests", served, fake.Throttled(), rests)
				if served < 291 || fake.Throttled() > 0 {
					t.Errorf("%d calls of 300, %d refused", served, fake.Throttled())
				}
			})
		})
	}
}

// Beside a second client on the same store both go on.
func TestBigCommercesWindowBesideAnotherClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := bigcommercetest.New(bigcommercetest.Config{})
		both := [2]*bigcommerce.Channel{storeClient(t, fake), storeClient(t, fake)}
		var mu sync.Mutex
		answered := [2]int{}
		rests := lanes(t, 8, func(ctx context.Context, lane int) error {
			_, err := both[lane%2].OrderPage(ctx, channel.OrderQuery{Limit: 10})
			if err == nil {
				mu.Lock()
				answered[lane%2]++
				mu.Unlock()
			}
			return err
		})
		t.Logf("%d and %d calls of 300, %d refused, %d rests", answered[0], answered[1], fake.Throttled(), rests)
		if min(answered[0], answered[1]) < 60 || answered[0]+answered[1] < 285 {
			t.Errorf("%d and %d calls of 300", answered[0], answered[1])
		}
	})
}
