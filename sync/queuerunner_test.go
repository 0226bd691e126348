package sync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// spotty is a queue between engines of one process, that fails as it is told.
type spotty struct {
	mu    sync.Mutex
	rng   *rand.Rand
	fails float64 // of calls; half of those that fail hang first
	loses float64 // of looks, once they are taken
	looks map[channelsync.Look]bool
	put   chan channelsync.Look
}

func newSpotty() *spotty {
	return &spotty{rng: rand.New(rand.NewPCG(1, 2)), looks: map[channelsync.Look]bool{}, put: make(chan channelsync.Look, 100_000)}
}

func (q *spotty) set(fails, loses float64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fails, q.loses = fails, loses
}

func (q *spotty) draw(share float64) bool { return share > 0 && q.rng.Float64() < share }

var errQueue = errors.New("no connection to the queue")

func (q *spotty) Offer(ctx context.Context, looks []channelsync.Look) error {
	q.mu.Lock()
	fail, hang := q.draw(q.fails), q.draw(0.5)
	q.mu.Unlock()
	if fail {
		if hang {
			<-ctx.Done()
			return ctx.Err()
		}
		return errQueue
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range looks {
		if !q.looks[l] {
			q.looks[l] = true
			q.put <- l
		}
	}
	return nil
}

func (q *spotty) Work(ctx context.Context, n int, f func(channelsync.Look)) error {
	var all sync.WaitGroup
	defer all.Wait()
	slots := make(chan struct{}, n)
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-q.put:
			q.mu.Lock()
			delete(q.looks, l)
			fail, lose := q.draw(q.fails), q.draw(q.loses)
			q.mu.Unlock()
			if fail {
				return errQueue // and the look with it
			}
			if lose {
				continue
			}
			slots <- struct{}{}
			all.Go(func() { f(l); <-slots })
		}
	}
}

// common is a store that several engines have open.
type common struct{ *sqlitestore.Store }

func (common) Exclusive() bool { return false }

// fleet is several engines over one store and one queue.
type fleet struct {
	t       *testing.T
	queue   *spotty
	store   *sqlitestore.Store
	engines []*channelsync.Engine
	runners []*channelsync.QueueRunner
	stops   []func()
}

func newFleet(t *testing.T, n int, shops []channel.Channel) *fleet {
	t.Helper()
	file, err := sqlitestore.OpenConfig(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: true})
	must(t, err)
	f := &fleet{t: t, queue: newSpotty(), store: file}
	for range n {
		runner := channelsync.NewQueueRunner(f.queue, channelsync.QueueOptions{Workers: 8})
		e, err := channelsync.New(channelsync.Config{Store: common{file}, Channels: shops, Runner: runner, NoBackfill: true})
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		f.engines, f.runners = append(f.engines, e), append(f.runners, runner)
		f.stops = append(f.stops, func() { stop(); must(t, <-done) })
	}
	t.Cleanup(func() {
		for _, stop := range f.stops {
			stop()
		}
		must(t, file.Close())
	})
	return f
}

// latest places an order on each shop and returns how long it took until each
// was stored, when something told the engine of it.
func (f *fleet) latest(shops []*channeltest.Memory) (worst time.Duration) {
	f.t.Helper()
	waiting := map[channelsync.OrderRef]bool{}
	for i, shop := range shops {
		id := placeOrders(f.t, shop, 1)[0]
		waiting[channelsync.OrderRef{Channel: shop.ID(), ID: id}] = true
		must(f.t, f.engines[i%len(f.engines)].Wake(f.t.Context(), shop.ID()))
	}
	began := time.Now()
	for len(waiting) > 0 {
		wait(100 * time.Millisecond)
		for ref := range waiting {
			if _, err := f.engines[0].Order(f.t.Context(), ref); err == nil {
				delete(waiting, ref)
			}
		}
		if time.Since(began) > time.Hour {
			f.t.Fatalf("%d orders are not stored after an hour", len(waiting))
		}
	}
	return time.Since(began)
}

// The queue begins to fail on a Monday: one call in twenty, then three in ten,
// then all, then none. Nothing is lost and nothing is late by more than the
// runner's patience and a call that hangs; the share that fails shows from the
// first minutes.
func TestQueueDrill(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var shops []*channeltest.Memory
		var channels []channel.Channel
		for i := range 8 {
			m := channeltest.NewMemory(channeltest.MemoryConfig{
				ID: channel.ID(fmt.Sprintf("shop-%02d", i)), Latency: channeltest.Exactly(50 * time.Millisecond),
			})
			shops, channels = append(shops, m), append(channels, m)
		}
		f := newFleet(t, 2, channels)
		wait(10 * time.Second)
		shares := map[string]float64{}
		for _, act := range []struct {
			name         string
			fails, loses float64
			late         time.Duration // at worst
		}{
			{"works", 0, 0, 2 * time.Second},
			{"loses 5 %", 0.05, 0.05, 20 * time.Second},
			{"loses 30 %", 0.3, 0.3, 20 * time.Second},
			{"is gone", 1, 1, 6 * time.Second}, // it is not waited for
			{"hands out nothing", 0, 1, 20 * time.Second},
			{"is back", 0, 0, 20 * time.Second},
			{"works again", 0, 0, 2 * time.Second},
		} {
			f.queue.set(act.fails, act.loses)
			var worst time.Duration
			for range 15 {
				worst = max(worst, f.latest(shops))
				wait(20 * time.Second)
			}
			s := f.runners[0].QueueState()
			t.Logf("%s: worst %v; %+v, share %.2f", act.name, worst, s, s.Share())
			if worst > act.late {
				t.Errorf("%s: an order was stored after %v", act.name, worst)
			}
			shares[act.name] = s.Share()
		}
		for i, name := range []string{"loses 5 %", "loses 30 %", "is gone"} {
			before := []string{"works", "loses 5 %", "loses 30 %"}[i]
			if shares[name] <= shares[before] {
				t.Errorf("%q shows as %.2f, %q as %.2f", name, shares[name], before, shares[before])
			}
		}
		if shares["works"] != 0 || shares["works again"] != 0 || shares["is gone"] < 0.9 || shares["hands out nothing"] < 0.9 {
			t.Errorf("shares %v", shares)
		}
		for _, shop := range shops {
			n := 0
			for _, err := range f.engines[0].Orders(t.Context(), channelsync.OrderFilter{Channel: shop.ID()}) {
				must(t, err)
				n++
			}
			if want := len(shop.Orders()); n != want {
				t.Errorf("%s: %d orders stored of %d", shop.ID(), n, want)
			}
		}
	})
}

// A channel that only another program serves does not keep this one's waiting,
// and neither does a time set by a clock that was since put back.
func TestQueueRunnerFindsItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		f := newFleet(t, 1, []channel.Channel{shop})
		must(t, f.store.Update(t.Context(), func(tx channelsync.Tx) error {
			var rows []channelsync.ChannelRow
			for i := range 1500 {
				rows = append(rows, channelsync.ChannelRow{ID: channel.ID(fmt.Sprintf("a-%04d", i)), Account: "other", Marketplace: "memory"})
			}
			return tx.AddChannels(t.Context(), rows)
		}))
		wait(time.Minute)
		if d := f.latest([]*channeltest.Memory{shop}); d > 2*time.Second {
			t.Errorf("an order is stored after %v beside 1,500 channels of others", d)
		}
		must(t, f.store.Update(t.Context(), func(tx channelsync.Tx) error {
			now := time.Now()
			l, ok, err := tx.Claim(t.Context(), "shop", "clock", now, now.Add(time.Second))
			if err != nil || !ok {
				return errors.Join(err, errQueue)
			}
			_, err = tx.Release(t.Context(), l, now, now.Add(10*365*24*time.Hour))
			return err
		}))
		id := placeOrders(t, shop, 1)[0]
		wait(10 * time.Minute)
		if _, err := f.engines[0].Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: id}); err != nil {
			t.Errorf("ten minutes after the clock was put back: %v", err)
		}
	})
}
