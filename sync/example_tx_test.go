package sync_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// Mugs and lids become sets, all three or none: the second time there are too
// few lids, and the whole transaction is undone.
func ExampleEngine_AdjustTx() {
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
	for sku, n := range map[string]int64{"MUG-01": 10, "LID-01": 5, "SET-01": 0} {
		if err := engine.Count(ctx, sku, n); err != nil {
			panic(err)
		}
	}

	lids := int64(5)
	pack := func(n int64) error {
		return store.Update(ctx, func(tx channelsync.Tx) error {
			if err := engine.AdjustTx(ctx, tx, "MUG-01", -n, channelsync.Entry{}); err != nil {
				return err
			}
			if err := engine.AdjustTx(ctx, tx, "SET-01", n, channelsync.Entry{}); err != nil {
				return err
			}
			if lids < n {
				return errors.New("too few lids")
			}
			return engine.AdjustTx(ctx, tx, "LID-01", -n, channelsync.Entry{})
		})
	}
	fmt.Println(pack(4))
	lids -= 4
	fmt.Println(pack(4))

	items, err := engine.Stock(ctx, "", "MUG-01", "LID-01", "SET-01")
	if err != nil {
		panic(err)
	}
	for _, i := range items {
		fmt.Println(i.SKU, i.OnHand)
	}
	// Output:
	// <nil>
	// too few lids
	// LID-01 1
	// MUG-01 6
	// SET-01 4
}
