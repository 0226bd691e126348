package riverrunner_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/pgstore"
	"github.com/penstock-go/penstock/sync/riverrunner"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for something to become so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-deadline.C:
			t.Fatalf("a minute later it is not so: %s", what)
		case <-tick.C:
		}
	}
}

// process is an engine with connections of its own, as another process has them.
type process struct {
	engine *channelsync.Engine
	runner *channelsync.QueueRunner
	stop   func()
}

func start(t *testing.T, address string, shops []channel.Channel) *process {
	t.Helper()
	store, err := pgstore.Open(t.Context(), address)
	must(t, err)
	pool, err := pgxpool.New(t.Context(), address)
	must(t, err)
	p := &process{}
	p.runner, err = riverrunner.New(t.Context(), riverrunner.Config{
		Pool: pool, QueueOptions: channelsync.QueueOptions{Workers: 8, Poll: 100 * time.Millisecond, Patience: 2 * time.Second},
	})
	must(t, err)
	p.engine, err = channelsync.New(channelsync.Config{Store: store, Channels: shops, Runner: p.runner, NoBackfill: true})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.engine.Run(ctx) }()
	p.stop = func() {
		if cancel == nil {
			return
		}
		cancel()
		cancel = nil
		must(t, <-done)
		pool.Close()
		must(t, store.Close())
	}
	return p
}

// Two processes share the work by River's queue. Its jobs are deleted under
// load, and then its tables: work goes on, and the runner says so.
func TestTwoProcesses(t *testing.T) {
	address := pgtest.URL(t)
	var shops []*channeltest.Memory
	var channels []channel.Channel
	for i := range 6 {
		m := channeltest.NewMemory(channeltest.MemoryConfig{ID: channel.ID(fmt.Sprint("shop-", i))})
		m.AddListing(channeltest.NewListing{ID: "MUG", SKU: "MUG", Quantity: 1000})
		shops, channels = append(shops, m), append(channels, m)
	}
	first, second := start(t, address, channels), start(t, address, channels)
	defer first.stop()
	defer second.stop()
	db, err := pgxpool.New(t.Context(), address)
	must(t, err)
	defer db.Close()

	sell := func(p *process) {
		t.Helper()
		var refs []channelsync.OrderRef
		for _, m := range shops {
			id, err := m.PlaceOrder(channeltest.SaleLine{Listing: "MUG", Quantity: 1})
			must(t, err)
			refs = append(refs, channelsync.OrderRef{Channel: m.ID(), ID: id})
			must(t, p.engine.Wake(t.Context(), m.ID()))
		}
		until(t, "every order is stored", func() bool {
			for _, ref := range refs {
				if _, err := p.engine.Order(t.Context(), ref); err != nil {
					return false
				}
			}
			return true
		})
	}
	for range 5 {
		sell(first)
		sell(second)
	}
	both := first.runner.QueueState().Visits > 0 && second.runner.QueueState().Visits > 0
	if s := first.runner.QueueState(); !both || s.Failed > 0 || s.Reason != "" {
		t.Errorf("%+v, %+v", s, second.runner.QueueState())
	}
	for range 5 {
		_, err := db.Exec(t.Context(), "DELETE FROM river_job")
		must(t, err)
		sell(first)
	}
	_, err = db.Exec(t.Context(), "ALTER TABLE river_job RENAME TO was_river_job")
	must(t, err)
	sell(first)
	sell(second)
	if s := second.runner.QueueState(); s.Failed == 0 || s.Reason == "" || s.Share() == 0 {
		t.Errorf("without River's table: %+v", s)
	}
	_, err = db.Exec(t.Context(), "ALTER TABLE was_river_job RENAME TO river_job")
	must(t, err)
	sell(first)
	until(t, "the queue is trusted again", func() bool { sell(second); return second.runner.QueueState().Reason == "" })

	second.stop() // a process leaves, and the other has it all
	sell(first)
	for _, m := range shops {
		stored := 0
		for _, err := range first.engine.Orders(t.Context(), channelsync.OrderFilter{Channel: m.ID()}) {
			must(t, err)
			stored++
		}
		if placed := len(m.Orders()); stored != placed {
			t.Errorf("%s: %d orders of %d", m.ID(), stored, placed)
		}
	}
}

// What is wrong with a Config is said before anything is touched.
func TestConfig(t *testing.T) {
	if _, err := riverrunner.New(t.Context(), riverrunner.Config{}); err == nil {
		t.Error("no complaint about a missing Pool")
	}
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	must(t, err)
	defer pool.Close()
	if _, err := riverrunner.New(t.Context(), riverrunner.Config{Pool: pool}); err == nil {
		t.Error("no complaint about a server that is not there")
	}
}
