package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// reads notes what a Gather reads, each taking a second.
type reads struct {
	mu   sync.Mutex
	keys [][]int
	err  error
}

func (r *reads) read(ctx context.Context, keys []int) (map[int]string, error) {
	r.mu.Lock()
	r.keys = append(r.keys, slices.Sorted(slices.Values(keys)))
	r.mu.Unlock()
	if err := sleep(ctx, time.Second); err != nil {
		return nil, err
	}
	out := map[int]string{}
	for _, k := range keys {
		if k > 0 {
			out[k] = fmt.Sprint("value ", k)
		}
	}
	return out, r.err
}

func TestWhatIsAskedTogetherIsReadTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reads{}
		g := Gather[int, string]{Read: r.read}
		var all sync.WaitGroup
		ask := func(after time.Duration, keys ...int) {
			for _, k := range keys {
				all.Go(func() {
					time.Sleep(after)
					v, ok, err := g.Get(t.Context(), k)
					if err != nil || ok != (k > 0) || ok && v != fmt.Sprint("value ", k) {
						t.Errorf("%d: %q, %v, %v", k, v, ok, err)
					}
				})
			}
		}
		ask(0, 1, 2, 3, 2, -1)
		ask(300*time.Millisecond, 4, 1) // while the first is on its way: 1 may have changed since
		ask(600*time.Millisecond, 5)
		ask(time.Hour, 6)
		all.Wait()
		if got := fmt.Sprint(r.keys); got != "[[-1 1 2 3] [1 4 5] [6]]" {
			t.Errorf("read %s", got)
		}
	})
}

func TestAnErrorIsAllTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reads{err: errors.New("no")}
		g := Gather[int, string]{Read: r.read}
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				if _, _, err := g.Get(t.Context(), i); !errors.Is(err, r.err) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// Whoever gives up leaves the others their read; the last one ends it.
func TestAReadEndsWithTheLastWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		g := Gather[int, string]{Read: func(ctx context.Context, _ []int) (map[int]string, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}}
		start := time.Now()
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				if _, _, err := g.Get(ctx, i); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		took(t, start, 3*time.Second, 3*time.Second)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := g.Get(gone, 1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
