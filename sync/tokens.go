package sync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/penstock-go/penstock/channel"
)

// Tokens returns the rotating tokens of a store, sealed with s, for the
// adapters that refresh theirs: every process that uses the store then uses
// the same ones. A nil Sealer stores them as they are, for tests.
func Tokens(store Store, s Sealer) channel.TokenStore {
	return &storeTokens{store, s}
}

// storeTokens is used by address: fmt prints what a struct in somebody's
// unexported field holds, and no more than the address of this one.
type storeTokens struct {
	store  Store
	sealer Sealer
}

// Format prints neither the store nor the sealer, which may hold a key.
func (s *storeTokens) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokens in a store") }

// LogValue implements [slog.LogValuer] likewise.
func (s *storeTokens) LogValue() slog.Value { return slog.StringValue("tokens in a store") }

func (s *storeTokens) Load(ctx context.Context, id channel.ID) (channel.Token, error) {
	var t channel.Token
	err := s.store.View(ctx, func(tx Tx) error {
		b, version, err := tx.Token(ctx, id)
		if err != nil {
			return err
		}
		if version == 0 {
			return &channel.Error{Channel: id, Op: "load token", Class: channel.ErrNotFound}
		}
		if b, err = unsealWith(s.sealer, b); err == nil {
			t = channel.Token{}
			err = decode(b, &t)
		}
		if err != nil {
			// The cause may quote what it could not read.
			return fmt.Errorf("sync: token of %s: it cannot be read with this Sealer", id)
		}
		t.Version = version
		return nil
	})
	return t, err
}

func (s *storeTokens) Swap(ctx context.Context, id channel.ID, oldVersion int64, t channel.Token) error {
	t.Version = oldVersion + 1
	b, err := sealWith(s.sealer, encode(t))
	if err != nil {
		return fmt.Errorf("sync: seal token of %s: %w", id, err)
	}
	swapped := false
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		swapped, err = tx.SwapToken(ctx, id, oldVersion, b)
		return err
	})
	switch {
	case err != nil:
		return errors.Join(fmt.Errorf("sync: token of %s", id), err)
	case !swapped:
		return channel.ErrTokenChanged
	}
	return nil
}
