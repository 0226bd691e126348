package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
	"github.com/penstock-go/penstock/sync/storetest"
)

// careless is a store that keeps what a failed transaction wrote.
type careless struct{ channelsync.Store }

func (c careless) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	var failed error
	err := c.Store.Update(ctx, func(tx channelsync.Tx) error { failed = f(tx); return nil })
	return errors.Join(failed, err)
}

// verdict is a testing.TB that keeps whether the case failed, and no more.
type verdict struct {
	testing.TB
	failed bool
}

func (v *verdict) Helper()                  {}
func (v *verdict) Context() context.Context { return context.Background() }
func (v *verdict) Error(...any)             { v.failed = true }
func (v *verdict) Errorf(string, ...any)    { v.failed = true }
func (v *verdict) Fatal(...any)             { v.failed = true; runtime.Goexit() }
func (v *verdict) Fatalf(string, ...any)    { v.failed = true; runtime.Goexit() }

// A suite is worth what it notices: this one notices a store that is broken on
// purpose, and says what that would have come to.
func ExampleCases() {
	dir, err := os.MkdirTemp("", "penstock")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	rule := storetest.Cases()[0]
	fmt.Println("rule:", rule.Name)
	for _, broken := range []bool{false, true} {
		file, err := sqlitestore.Open(filepath.Join(dir, fmt.Sprintf("broken-%t.db", broken)))
		if err != nil {
			panic(err)
		}
		store := channelsync.Store(file)
		if broken {
			store = careless{file}
		}
		var v verdict
		done := make(chan struct{})
		go func() {
			defer close(done)
			rule.Run(&v, store)
		}()
		<-done
		fmt.Printf("broken %t: failed %t\n", broken, v.failed)
		if err := file.Close(); err != nil {
			panic(err)
		}
	}
	fmt.Println("why:", rule.Why)
	// Output:
	// rule: an Update that fails leaves nothing
	// broken false: failed false
	// broken true: failed true
	// why: A page of orders, its outbox rows and its cursor are one transaction: half of it would lose or repeat events.
}
