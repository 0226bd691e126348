package sync_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// runEngine runs an engine on a new store, for examples that show one call of
// it; the example of the package shows all that is in here. It asks for orders
// ten times a second: a quantity is raised only when orders are known up to the
// read of what is shown.
func runEngine(cfg channelsync.Config) (engine *channelsync.Engine, stop func()) {
	store, closeStore := newStore()
	cfg.Store = store
	if cfg.PollEvery == 0 {
		cfg.PollEvery = 100 * time.Millisecond
	}
	engine, err := channelsync.New(cfg)
	noError(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	return engine, func() {
		cancel()
		noError(<-done)
		closeStore()
	}
}

// newStore is a store in a folder of its own.
func newStore() (store *sqlitestore.Store, closeStore func()) {
	dir, err := os.MkdirTemp("", "penstock")
	noError(err)
	store, err = sqlitestore.Open(filepath.Join(dir, "penstock.db"))
	noError(err)
	return store, func() {
		noError(store.Close())
		noError(os.RemoveAll(dir))
	}
}

// until waits for what a running engine does by itself.
func until(is func() bool) {
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			panic("it did not happen")
		}
	}
}

func noError(err error) {
	if err != nil {
		panic(err)
	}
}

// firstWalkOver reports whether a first walk over the orders of every channel is over.
func firstWalkOver(engine *channelsync.Engine) bool {
	states, err := engine.State(context.Background())
	noError(err)
	return len(states) > 0 && !slices.ContainsFunc(states, func(s channelsync.ChannelState) bool {
		return !slices.ContainsFunc(s.Lanes, func(l channelsync.LaneState) bool {
			return l.Lane == channelsync.LaneImport && !l.Watermark.IsZero()
		})
	})
}
