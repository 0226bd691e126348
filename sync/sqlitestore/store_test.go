package sqlitestore

import (
	"path/filepath"
	"testing"

	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/storetest"
)

func openTest(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(filepath.Join(tb.TempDir(), "penstock.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// take lends the test the write connection.
func take(tb testing.TB, s *Store) *conn {
	tb.Helper()
	c := <-s.writer
	tb.Cleanup(func() { s.writer <- c })
	return c
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) channelsync.Store { return openTest(tb) })
}
