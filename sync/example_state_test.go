package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// Every stop has a reason a seller can read.
func ExampleEngine_State() {
	dir, err := os.MkdirTemp("", "penstock")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(filepath.Join(dir, "penstock.db"))
	if err != nil {
		panic(err)
	}
	defer store.Close()

	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "acme"})
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if err := engine.Pause(ctx, "acme", channelsync.LaneStock, "stocktaking until Monday"); err != nil {
		panic(err)
	}
	states, err := engine.State(ctx)
	if err != nil {
		panic(err)
	}
	for _, s := range states {
		fmt.Printf("%s: %s\n", s.Channel, s.Problem)
	}
	// Output:
	// acme: stock is stopped: stocktaking until Monday
}
