package storetest_test

import (
	"fmt"
	"path/filepath"
	"testing"

	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
	"github.com/penstock-go/penstock/sync/storetest"
)

// The test of a store is one call, here for SQLite's: every case becomes a
// subtest with a store of its own.
func ExampleRun() {
	TestStore := func(t *testing.T) {
		storetest.Run(t, func(tb testing.TB) channelsync.Store {
			tb.Helper()
			store, err := sqlitestore.Open(filepath.Join(tb.TempDir(), "penstock.db"))
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() {
				if err := store.Close(); err != nil {
					tb.Error(err)
				}
			})
			return store
		})
	}
	_ = TestStore // is what go test finds at the top of a file
	fmt.Println("it begins with:", storetest.Cases()[0].Name)
	// Output:
	// it begins with: an Update that fails leaves nothing
}
