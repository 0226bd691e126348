package channel_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestTokenStore(t *testing.T) {
	given := map[channel.ID]channel.Token{"acme": {Access: "a1"}}
	store := channel.NewTokenStore(given)
	ctx := t.Context()

	if _, err := store.Load(ctx, "nobody"); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("a token that is not there: %v", err)
	}
	tok, err := store.Load(ctx, "acme")
	if err != nil || tok.Version != 1 || tok.Access != "a1" {
		t.Fatalf("%+v, %v", tok, err)
	}
	if err := store.Swap(ctx, "acme", 1, channel.Token{Access: "a2"}); err != nil {
		t.Fatal(err)
	}
	if err := store.Swap(ctx, "acme", 1, channel.Token{Access: "a3"}); !errors.Is(err, channel.ErrTokenChanged) {
		t.Errorf("a swap of a version that is gone: %v", err)
	}
	if tok, _ = store.Load(ctx, "acme"); tok.Version != 2 || tok.Access != "a2" {
		t.Errorf("after both: version %d", tok.Version)
	}
	if err := store.Swap(ctx, "new", 0, channel.Token{Access: "n1"}); err != nil {
		t.Errorf("the first token: %v", err)
	}
	if err := store.Swap(ctx, "newer", 3, channel.Token{}); !errors.Is(err, channel.ErrTokenChanged) {
		t.Errorf("a version that never was: %v", err)
	}
	if given["acme"].Access != "a1" || given["acme"].Version != 0 {
		t.Error("the caller's map was changed")
	}
}

func TestOneOfManySwapsWins(t *testing.T) {
	store := channel.NewTokenStore(nil)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if store.Swap(t.Context(), "acme", 0, channel.Token{Access: "a"}) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 16 swaps of one version won", won.Load())
	}
}

func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := channel.NewQuota()
		ctx := t.Context()
		if err := q.Take(ctx, "app", 1_000_000, 0); err != nil {
			t.Errorf("nothing is known: %v", err)
		}
		reset := time.Now().Add(time.Hour)
		if err := q.Learn(ctx, "app", 100, 10, reset); err != nil {
			t.Fatal(err)
		}
		take := func(n, reserve int64) error {
			t.Helper()
			return q.Take(ctx, "app", n, reserve)
		}
		if err := take(4, 2); err != nil { // leaves 6
			t.Errorf("within the allowance: %v", err)
		}
		time.Sleep(10 * time.Minute)
		err := take(5, 2)
		if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) != 50*time.Minute {
			t.Errorf("into the reserve: %v", err)
		}
		if err := take(4, 2); err != nil { // leaves 2: what was refused took nothing
			t.Errorf("to the reserve exactly: %v", err)
		}
		if err := q.Take(ctx, "other", 50, 0); err != nil {
			t.Errorf("another key: %v", err)
		}
		time.Sleep(50 * time.Minute)
		if err := take(100, 0); err != nil {
			t.Errorf("a whole allowance after the reset: %v", err)
		}
		if err := take(1, 0); !errors.Is(err, channel.ErrThrottled) {
			t.Errorf("beyond it: %v", err)
		}
	})
}

func TestQuotaIsSharedExactly(t *testing.T) {
	q := channel.NewQuota()
	if err := q.Learn(t.Context(), "app", 100, 30, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var granted atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if q.Take(t.Context(), "app", 1, 5) == nil {
					granted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if granted.Load() != 25 {
		t.Errorf("%d granted of 30 with a reserve of 5", granted.Load())
	}
}
