package sqlitestore

import (
	"path/filepath"
	"testing"
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
