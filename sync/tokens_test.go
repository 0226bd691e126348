package sync_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

func TestTokens(t *testing.T) {
	store, err := sqlitestore.Open(filepath.Join(t.TempDir(), "penstock.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	tokens := channelsync.Tokens(store, xorSealer{})
	ctx := t.Context()
	if _, err := tokens.Load(ctx, "shop"); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("a token nobody stored: %v", err)
	}
	if err := tokens.Swap(ctx, "shop", 0, channel.Token{Access: "canary", Scopes: []string{"read_orders"}}); err != nil {
		t.Fatal(err)
	}
	got, err := tokens.Load(ctx, "shop")
	if d := cmp.Diff(channel.Token{Version: 1, Access: "canary", Scopes: []string{"read_orders"}}, got); d != "" || err != nil {
		t.Errorf("%s, %v", d, err)
	}
	if err := tokens.Swap(ctx, "shop", 0, got); !errors.Is(err, channel.ErrTokenChanged) {
		t.Errorf("swapping an old version: %v", err)
	}
	if err := tokens.Swap(ctx, "shop", 1, got); err != nil {
		t.Error(err)
	}
	if _, err := channelsync.Tokens(store, nil).Load(ctx, "shop"); err == nil {
		t.Error("read without its Sealer")
	}
}
