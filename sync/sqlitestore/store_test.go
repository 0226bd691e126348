package sqlitestore

import (
	"context"
	"crypto/sha256"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) channelsync.Store {
		tb.Helper()
		return openTest(tb)
	})
}

func openTest(tb testing.TB) *Store {
	tb.Helper()
	// Nobody pulls the plug on it, and waiting for the disk is most of a test.
	s, err := open(filepath.Join(tb.TempDir(), "penstock.db"), "rw", "OFF", "OFF")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeStore(tb, s) })
	return s
}

func openAt(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(path)
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

// take lends the test the write connection.
func take(tb testing.TB, s *Store) *conn {
	tb.Helper()
	c := <-s.writer
	tb.Cleanup(func() { s.writer <- c })
	return c
}

func putOrders(tb testing.TB, s *Store, rows ...channelsync.OrderRow) error {
	tb.Helper()
	return s.Update(tb.Context(), func(tx channelsync.Tx) error { return tx.PutOrders(tb.Context(), rows) })
}

func countOrders(tb testing.TB, s *Store) int {
	tb.Helper()
	n := 0
	err := s.View(tb.Context(), func(tx channelsync.Tx) error {
		rows, err := tx.OrderPage(tb.Context(), "a", "", 0)
		n = len(rows)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// pragma sets something on the write connection.
func pragma(tb testing.TB, s *Store, text string) {
	tb.Helper()
	c := <-s.writer
	defer func() { s.writer <- c }()
	p, err := c.Prepare("PRAGMA " + text)
	if err != nil {
		tb.Fatal(err)
	}
	defer p.Close()
	if _, err := p.(statement).ExecContext(tb.Context(), nil); err != nil {
		tb.Fatal(err)
	}
}

// other opens the database as another program would.
func other(tb testing.TB, path string) *stdsql.DB {
	tb.Helper()
	db := stdsql.OpenDB(connector{path})
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func mustExec(tb testing.TB, db *stdsql.DB, text string) {
	tb.Helper()
	if _, err := db.ExecContext(tb.Context(), text); err != nil {
		tb.Fatal(err)
	}
}

func TestStoreStaysAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file with ?, # and %41.db")
	for want := range 3 {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := countOrders(t, s); got != want {
			t.Errorf("%d orders, want %d", got, want)
		}
		if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: channel.OrderID(strconv.Itoa(want))}); err != nil {
			t.Error(err)
		}
		for range 2 { // a second Close is none
			closeStore(t, s)
		}
	}
	for _, left := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + left); err == nil {
			t.Errorf("%s is left after Close", left)
		}
	}
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v, want it readable by its owner only", info.Mode())
		}
	}
	if !new(Store).Exclusive() {
		t.Error("Exclusive is false")
	}
}

// TestCommitsAreSynced: what an engine is about to do to a marketplace is on
// the disk before it does it. SQLite flushes the log at a commit when, and only
// when, synchronous is FULL for it.
func TestCommitsAreSynced(t *testing.T) {
	const normal, full = 1, 2
	for relax, want := range map[bool]int64{false: full, true: normal} {
		s, err := OpenConfig(Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: relax})
		if err != nil {
			t.Fatal(err)
		}
		inForce := func(update func(context.Context, func(channelsync.Tx) error) error) (level int64) {
			t.Helper()
			must(t, update(t.Context(), func(x channelsync.Tx) error {
				ask, err := x.(*tx).conn.Prepare("PRAGMA synchronous")
				if err != nil {
					return err
				}
				rows, err := ask.(statement).QueryContext(t.Context(), nil)
				if err != nil {
					return err
				}
				values := make([]driver.Value, 1)
				err = rows.Next(values)
				level, _ = values[0].(int64)
				return errors.Join(err, rows.Close(), ask.Close())
			}))
			return level
		}
		for range 2 {
			if got := inForce(s.Update); got != want {
				t.Errorf("RelaxCommits %t: synchronous is %d in an Update, want %d", relax, got, want)
			}
			if got := inForce(s.UpdateRelaxed); got != normal {
				t.Errorf("RelaxCommits %t: synchronous is %d in an UpdateRelaxed, want %d", relax, got, normal)
			}
		}
		// A connection that had to be replaced commits as the first did.
		c := <-s.writer
		must(t, c.Close())
		s.writer <- nil
		if got := inForce(s.Update); got != want {
			t.Errorf("RelaxCommits %t: synchronous is %d on a new connection, want %d", relax, got, want)
		}
		closeStore(t, s)
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	garbage, short := filepath.Join(folder, "garbage"), filepath.Join(folder, "short")
	must(t, os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), 0o600))
	must(t, os.WriteFile(short, []byte("hello\n"), 0o600))
	damaged := filepath.Join(folder, "damaged")
	must(t, os.WriteFile(damaged, append([]byte("SQLite format 3\x00"), make([]byte, 5000)...), 0o600))
	foreign := filepath.Join(folder, "foreign")
	db := other(t, foreign)
	mustExec(t, db, "CREATE TABLE recipes (name TEXT)")
	must(t, db.Close())
	inner := filepath.Join(folder, "inner")
	must(t, os.Mkdir(inner, 0o755))
	newer := filepath.Join(folder, "newer")
	closeStore(t, openAt(t, newer))
	mustExec(t, other(t, newer), "INSERT INTO "+versionTable+" (version_id, is_applied) VALUES (99, 1)")

	strangers := []string{garbage, short, damaged, foreign, inner}
	before := map[string]string{}
	for _, path := range strangers {
		must(t, os.Chmod(path, 0o755))
		before[path] = look(t, path)
	}
	for _, c := range []struct {
		name, path string
		is         error
		text       string
	}{
		{"an empty path", "", nil, "path is empty"},
		{"memory", ":memory:", nil, "t.TempDir()"},
		{"a URI", "file:penstock.db", nil, "give its path"},
		{"a folder that is not there", filepath.Join(folder, "none", "penstock.db"), os.ErrNotExist, "none"},
		{"a folder", inner, nil, inner + ": it is a folder"},
		{"what is no database", garbage, ErrCorrupt, garbage},
		{"a short text", short, ErrCorrupt, short},
		{"what only begins as a database", damaged, ErrCorrupt, damaged},
		{"another program's database", foreign, nil, "belongs to another program"},
		{"a newer release's database", newer, ErrNewer, "its version is 99"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // the second time, too: the first has let go
				s, err := Open(c.path)
				if err == nil {
					closeStore(t, s)
					t.Fatal("Open succeeded")
				}
				if c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("%v, want it to be %q", err, c.is)
				}
				if !strings.HasPrefix(err.Error(), "sqlitestore: ") || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%q, want it to say %q", err, c.text)
				}
			}
		})
	}
	for _, path := range strangers {
		if after := look(t, path); after != before[path] {
			t.Errorf("%s was %s and is %s, want it left alone", path, before[path], after)
		}
		for _, left := range []string{".lock", "-journal", "-wal", "-shm"} {
			if _, err := os.Lstat(path + left); err == nil {
				t.Errorf("%s%s is left behind", path, left)
			}
		}
	}
}

// look returns all that there is to see of a file.
func look(tb testing.TB, path string) string {
	tb.Helper()
	info, err := os.Stat(path)
	must(tb, err)
	if info.IsDir() {
		return fmt.Sprint(info.Mode(), names(tb, path))
	}
	text, err := os.ReadFile(path)
	must(tb, err)
	return fmt.Sprintf("%v %x", info.Mode(), sha256.Sum256(text))
}

func TestUpdateOnAFullDisk(t *testing.T) {
	s := openTest(t)
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "small"}); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, "max_page_count = 1") // no smaller than it is now
	big := channelsync.OrderRow{Channel: "a", ID: "big", Doc: make([]byte, 1<<20)}
	for range 2 {
		if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "with it"}, big); !errors.Is(err, ErrFull) {
			t.Errorf("Update on a full disk: %v, want ErrFull", err)
		}
	}
	err := s.Update(t.Context(), func(tx channelsync.Tx) error {
		_ = tx.PutOrders(t.Context(), []channelsync.OrderRow{big})
		_ = tx.PutOrders(t.Context(), []channelsync.OrderRow{{Channel: "a", ID: "after"}})
		return nil
	})
	if !errors.Is(err, ErrFull) {
		t.Errorf("Update whose function hides that the disk is full: %v, want ErrFull", err)
	}
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders are stored, want the one from before", n)
	}
	pragma(t, s, "max_page_count = 1000000")
	if err := putOrders(t, s, big); err != nil {
		t.Errorf("Update with room again: %v", err)
	}
}

func TestUpdateOfAReadOnlyDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s, err = open(path, "ro", syncNormal, syncNormal)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "2"}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Update: %v, want ErrReadOnly", err)
	}
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
}

func TestReadsOfADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []channelsync.OrderRow
	for i := range 500 {
		rows = append(rows, channelsync.OrderRow{Channel: "a", ID: channel.OrderID(strconv.Itoa(i)), Doc: make([]byte, 500)})
	}
	if err := putOrders(t, s, rows...); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)

	// Everything behind the tables' definitions.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	from := info.Size() / 2
	if _, err := f.WriteAt([]byte(strings.Repeat("\xa5", int(info.Size()-from))), from); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	s, err = Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	err = s.View(t.Context(), func(tx channelsync.Tx) error {
		_, err := tx.OrderPage(t.Context(), "a", "", 0)
		return err
	})
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("View: %v, want ErrCorrupt", err)
	}
}

func TestUpdateGivesUpOnAnotherProgramInTime(t *testing.T) {
	s := openTest(t)
	pragma(t, s, "busy_timeout = 20") // not to wait for five seconds
	db := other(t, s.path)
	mustExec(t, db, "BEGIN IMMEDIATE")
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}); !errors.Is(err, ErrBusy) {
		t.Errorf("Update: %v, want ErrBusy", err)
	}
	if n := countOrders(t, s); n != 0 {
		t.Errorf("%d orders, want none", n)
	}
	mustExec(t, db, "ROLLBACK")
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}); err != nil {
		t.Errorf("Update when the other is done: %v", err)
	}
}

func TestTransactionsWaitForNoneButWriters(t *testing.T) {
	s := openTest(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := s.Update(t.Context(), func(tx channelsync.Tx) error {
			close(inside)
			<-leave
			return tx.PutOrders(t.Context(), []channelsync.OrderRow{{Channel: "a", ID: "first"}})
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	if n := countOrders(t, s); n != 0 { // a View goes on beside it
		t.Errorf("%d orders before the commit", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() {
		err := s.Update(ctx, func(channelsync.Tx) error { t.Error("ran"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("an Update that waited: %v, want its context's error", err)
		}
	})
	cancel()
	close(leave)
	group.Wait()
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders after the commit, want 1", n)
	}
}

func TestCloseLetsTransactionsFinish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		inside, leave := make(chan struct{}), make(chan struct{})
		var group sync.WaitGroup
		for name, begin := range map[string]func(context.Context, func(channelsync.Tx) error) error{"Update": s.Update, "View": s.View} {
			group.Go(func() {
				err := begin(t.Context(), func(tx channelsync.Tx) error {
					inside <- struct{}{}
					<-leave
					_, err := tx.Channels(t.Context())
					return err
				})
				if err != nil {
					t.Errorf("%s while the store is closed: %v", name, err)
				}
			})
		}
		<-inside
		<-inside
		waiting := make(chan error)
		go func() { waiting <- s.Update(t.Context(), func(channelsync.Tx) error { t.Error("ran"); return nil }) }()
		synctest.Wait()
		closed := make(chan struct{})
		go func() { closeStore(t, s); close(closed) }()
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("an Update that waited: %v, want ErrClosed", err)
		}
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close did not wait")
		default:
		}
		if err := putOrders(t, s); !errors.Is(err, ErrClosed) {
			t.Errorf("a new Update: %v, want ErrClosed", err)
		}
		if _, err := Open(path); !errors.Is(err, channelsync.ErrLocked) {
			t.Errorf("Open meanwhile: %v, want ErrLocked", err)
		}
		close(leave)
		<-closed
		group.Wait()
	})
	openAt(t, path)
}

func TestGoexitInsideAnUpdate(t *testing.T) {
	s := openTest(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Update(t.Context(), func(tx channelsync.Tx) error {
			if err := tx.PutOrders(t.Context(), []channelsync.OrderRow{{Channel: "a", ID: "1"}}); err != nil {
				t.Error(err)
			}
			runtime.Goexit() // as t.Fatal does
			return nil
		})
	}()
	<-done
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "2"}); err != nil {
		t.Error(err)
	}
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders, want the second alone", n)
	}
}

func TestTxIsOverWithItsFunction(t *testing.T) {
	s := openTest(t)
	var kept channelsync.Tx
	if err := s.Update(t.Context(), func(tx channelsync.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := kept.PutOrders(t.Context(), []channelsync.OrderRow{{Channel: "a", ID: "1"}}); !errors.Is(err, errOver) {
		t.Errorf("PutOrders: %v, want %v", err, errOver)
	}
	if _, err := kept.Orders(t.Context(), "a", []channel.OrderID{"1"}); !errors.Is(err, errOver) {
		t.Errorf("Orders: %v, want %v", err, errOver)
	}
	if n := countOrders(t, s); n != 0 {
		t.Errorf("%d orders, want none", n)
	}
}

func TestBrokenConnectionIsReplaced(t *testing.T) {
	s := openTest(t)
	if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}); err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]func(context.Context, func(channelsync.Tx) error) error{"Update": s.Update, "View": s.View} {
		_ = begin(t.Context(), func(v channelsync.Tx) error {
			v.(*tx).conn.broken = true
			return errors.New("as after a rollback that failed")
		})
		if n := countOrders(t, s); n != 1 {
			t.Errorf("after a broken %s: %d orders, want 1", name, n)
		}
		if err := putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}); err != nil {
			t.Errorf("after a broken %s: %v", name, err)
		}
	}
}

func TestStoreFollowsTheTimeOfABubble(t *testing.T) {
	visit := func(t *testing.T, s *Store) {
		t.Helper()
		err := s.Update(t.Context(), func(tx channelsync.Tx) error {
			return tx.AddChannels(t.Context(), []channelsync.ChannelRow{{ID: "a"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 24 {
			err := s.Update(t.Context(), func(tx channelsync.Tx) error {
				l, ok, err := tx.Claim(t.Context(), "a", "me", time.Now(), time.Now().Add(time.Minute))
				if err != nil || !ok {
					return fmt.Errorf("claimed %t: %w", ok, err)
				}
				_, err = tx.Release(t.Context(), l, time.Now(), time.Now().Add(time.Hour))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var next time.Time
			err = s.View(t.Context(), func(tx channelsync.Tx) (err error) {
				_, next, err = tx.DueChannels(t.Context(), time.Now(), 10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := time.Until(next); d != time.Hour {
				t.Fatalf("due in %v, want an hour", d)
			}
			time.Sleep(time.Until(next))
		}
	}
	t.Run("opened inside", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "penstock.db")
		synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			visit(t, s)
			closeStore(t, s)
		})
	})
	t.Run("opened outside", func(t *testing.T) {
		s := openTest(t)
		synctest.Test(t, func(t *testing.T) { visit(t, s) })
	})
}
