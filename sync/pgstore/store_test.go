package pgstore

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/storetest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m)
	if err := dropEmptied(); err != nil {
		panic(err)
	}
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) channelsync.Store {
		tb.Helper()
		return openTest(tb)
	})
}

// emptied is the address of a database that every test of the same kind uses
// in its turn, since making one with all its tables is most of a test.
var emptied string

var dropEmptied = func() error { return nil }

// openTest opens a store with nothing in it.
func openTest(tb testing.TB) *Store {
	tb.Helper()
	if emptied == "" {
		address, drop, err := pgtest.Database()
		if errors.Is(err, pgtest.ErrNone) {
			tb.Skip(err)
		}
		must(tb, err)
		emptied, dropEmptied = address, drop
		s, err := Open(tb.Context(), address)
		must(tb, err)
		closeStore(tb, s)
	}
	var empty []string
	for _, table := range tables(tb) {
		empty = append(empty, "DELETE FROM penstock."+table)
	}
	must(tb, pgtest.Exec(emptied, strings.Join(empty, ";")))
	return openAt(tb, emptied)
}

// tables returns the names of the tables, as the migrations make them.
func tables(tb testing.TB) (names []string) {
	tb.Helper()
	files, err := fs.Glob(migrations, "migrations/*.sql")
	must(tb, err)
	for _, file := range files {
		text, err := migrations.ReadFile(file)
		must(tb, err)
		for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) == 0 {
		tb.Fatal("the migrations make no table")
	}
	return names
}

func openAt(tb testing.TB, address string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeStore(tb, s) })
	return s
}

func closeStore(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Error(err)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
