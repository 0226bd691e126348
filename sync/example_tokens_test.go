package sync_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// keyed seals with a key, which a real service gets from where it keeps its
// secrets.
type keyed struct{ cipher.AEAD }

func newKeyed(key []byte) (keyed, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return keyed{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return keyed{aead}, err
}

func (k keyed) Seal(plain []byte) ([]byte, error)  { return k.AEAD.Seal(nil, nil, plain, nil), nil }
func (k keyed) Open(sealed []byte) ([]byte, error) { return k.AEAD.Open(nil, nil, sealed, nil) }

// A refresh token that works once is in the store before it is used, and only
// one of two who refresh at a time has its own stored. An adapter does all of
// this: it is given the store as its Config.Tokens.
func ExampleTokens() {
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
	sealer, err := newKeyed([]byte(rand.Text()[:16]))
	if err != nil {
		panic(err)
	}
	tokens := channelsync.Tokens(store, sealer)
	ctx := context.Background()

	if err := tokens.Swap(ctx, "acme", 0, channel.Token{Access: "a1", Refresh: "r1"}); err != nil {
		panic(err)
	}
	mine, err := tokens.Load(ctx, "acme")
	if err != nil {
		panic(err)
	}
	fmt.Println("version", mine.Version, mine.Refresh == "r1")

	// Two processes refresh what both have read.
	for _, access := range []channel.Secret{"a2", "a3"} {
		err := tokens.Swap(ctx, "acme", mine.Version, channel.Token{Access: access, Refresh: "r2"})
		fmt.Println("changed meanwhile:", errors.Is(err, channel.ErrTokenChanged))
	}
	// Output:
	// version 1 true
	// changed meanwhile: false
	// changed meanwhile: true
}
