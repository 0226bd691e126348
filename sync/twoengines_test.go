package sync_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Two engines over one store in one process would take each other's leases.
func TestASecondEngineOverAStoreDoesNotRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		r.start()
		wait(time.Second)
		second, err := channelsync.New(channelsync.Config{Store: r.store, Channels: []channel.Channel{shop}, NoBackfill: true})
		must(t, err)
		if err := second.Run(t.Context()); !errors.Is(err, channelsync.ErrLocked) {
			t.Errorf("the second engine: %v", err)
		}
		r.end()
		r.start() // the store is free again
		wait(time.Second)
		if len(r.done) != 0 {
			t.Error("the next engine does not run")
		}
	})
}
