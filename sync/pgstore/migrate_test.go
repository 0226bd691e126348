package pgstore

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// later returns the migrations up to a version, and more.
func later(tb testing.TB, upTo int64, more ...string) fs.FS {
	tb.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	must(tb, err)
	for _, name := range names[:upTo] {
		text, err := migrations.ReadFile(name)
		must(tb, err)
		files[name] = &fstest.MapFile{Data: text}
	}
	for i, text := range more {
		name := fmt.Sprintf("migrations/%05d_later.sql", int(upTo)+1+i)
		files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return files
}

func versions(tb testing.TB, address string) string {
	tb.Helper()
	return ask(tb, address, "SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM penstock.penstock_versions WHERE is_applied")
}

// known are the versions of all migrations, as versions tells them.
func known(tb testing.TB) string {
	tb.Helper()
	names, err := fs.Glob(migrations, "migrations/*.sql")
	must(tb, err)
	all := []string{"0"}
	for i := range names {
		all = append(all, strconv.Itoa(i+1))
	}
	return strings.Join(all, " ")
}

// TestOpenBringsOlderTablesUpToDate: from every version that there was, and
// what was stored is there.
func TestOpenBringsOlderTablesUpToDate(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	must(t, err)
	for from := int64(1); from <= int64(len(names)); from++ {
		address := pgtest.URL(t)
		old, err := open(t.Context(), address, settings{least: leastServer, files: later(t, from)})
		must(t, err)
		closeStore(t, old)
		must(t, pgtest.Exec(address, `INSERT INTO penstock.orders (channel, id, number, placed_at, updated_at, seen_at, open, gone, erased, reread)
			VALUES ('a', '1', '#1', 0, 0, 0, true, false, false, false)`))
		s := openAt(t, address)
		if n := countOrders(t, s); n != 1 {
			t.Errorf("from version %d: %d orders, want 1", from, n)
		}
		if got := versions(t, address); got != known(t) {
			t.Errorf("from version %d: versions %s, want %s", from, got, known(t))
		}
	}
}

// TestAStepThatFailsIsUndoneAlone: those before it stay, and the next attempt
// goes on with it.
func TestAStepThatFailsIsUndoneAlone(t *testing.T) {
	address := pgtest.URL(t)
	closeStore(t, openAt(t, address))
	set := settings{least: leastServer, files: later(t, 1,
		"ALTER TABLE orders ADD COLUMN second integer;",
		"ALTER TABLE orders ADD COLUMN third integer; SELECT 1 / 0;")}
	_, err := open(t.Context(), address, set)
	if err == nil || !strings.Contains(err.Error(), "migrate schema penstock") || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("%v", err)
	}
	if got := versions(t, address); got != "0 1 2" {
		t.Errorf("versions %s, want 0 1 2", got)
	}
	if got := ask(t, address, "SELECT count(*)::text FROM information_schema.columns WHERE column_name IN ('second', 'third')"); got != "1" {
		t.Errorf("%s of the two columns are there, want the first", got)
	}
	set.files = later(t, 1, "ALTER TABLE orders ADD COLUMN second integer;", "ALTER TABLE orders ADD COLUMN third integer;")
	s, err := open(t.Context(), address, set)
	must(t, err)
	closeStore(t, s)
	if got := versions(t, address); got != "0 1 2 3" {
		t.Errorf("versions %s, want 0 1 2 3", got)
	}
	// And the release of before refuses what the newer one has made.
	if _, err := Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), ErrNewer.Error()) {
		t.Errorf("%v, want ErrNewer", err)
	}
}

// TestManyOpenAtOnce: processes that start together make the tables once, and
// bring them up to date once.
func TestManyOpenAtOnce(t *testing.T) {
	address := pgtest.URL(t)
	for round, files := range []fs.FS{migrations, later(t, 1, "ALTER TABLE orders ADD COLUMN second integer;")} {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				s, err := open(t.Context(), address, settings{least: leastServer, files: files})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.View(t.Context(), func(tx channelsync.Tx) error { _, err := tx.Channels(t.Context()); return err }); err != nil {
					t.Error(err)
				}
				closeStore(t, s)
			})
		}
		group.Wait()
		if got, want := versions(t, address), []string{known(t), "0 1 2"}[round]; got != want {
			t.Errorf("versions %s, want %s", got, want)
		}
	}
}
