package pgstore

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/storetest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m)
	if used != nil {
		_ = used.Close()
	}
	if err := dropEmptied(); err != nil {
		panic(err)
	}
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) channelsync.Store {
		tb.Helper()
		return reuse(tb)
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
	s := openAt(tb, emptied)
	empty(tb, s)
	return s
}

func empty(tb testing.TB, s *Store) {
	tb.Helper()
	var statements []string
	for _, table := range tables(tb) {
		statements = append(statements, "DELETE FROM penstock."+table)
	}
	_, err := s.pool.Exec(tb.Context(), strings.Join(statements, ";"))
	must(tb, err)
}

// used is the store that reuse returns.
var used *Store

// reuse is openTest with one store for many tests, for as long as none closes
// it: connecting and preparing statements would be most of each.
func reuse(tb testing.TB) *Store {
	tb.Helper()
	if used == nil || used.closed.Load() {
		closeStore(tb, openTest(tb)) // which makes the database
		s, err := Open(tb.Context(), emptied)
		must(tb, err)
		used = s
	}
	empty(tb, used)
	return used
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

// ask returns the one text that a statement answers with.
func ask(tb testing.TB, address, statement string) (answer string) {
	tb.Helper()
	c, err := pgx.Connect(tb.Context(), address)
	must(tb, err)
	defer func() { must(tb, c.Close(context.WithoutCancel(tb.Context()))) }()
	must(tb, c.QueryRow(tb.Context(), statement).Scan(&answer))
	return answer
}

func putOrders(tb testing.TB, s *Store, ids ...channel.OrderID) error {
	tb.Helper()
	rows := make([]channelsync.OrderRow, len(ids))
	for i, id := range ids {
		rows[i] = channelsync.OrderRow{Channel: "a", ID: id}
	}
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
	must(tb, err)
	return n
}

// addUp adds 1 to a quantity by reading and writing it, and returns how often
// its function ran.
func addUp(tb testing.TB, update func(context.Context, func(channelsync.Tx) error) error) (ran int, err error) {
	tb.Helper()
	err = update(tb.Context(), func(tx channelsync.Tx) error {
		ran++
		rows, err := tx.Items(tb.Context(), "acme", []string{"MUG"})
		if err != nil {
			return err
		}
		item := channelsync.ItemRow{Account: "acme", SKU: "MUG"}
		if len(rows) > 0 {
			item = rows[0]
		}
		item.Base++
		return tx.PutItems(tb.Context(), []channelsync.ItemRow{item})
	})
	return ran, err
}

func sum(tb testing.TB, s *Store) (n int64) {
	tb.Helper()
	must(tb, s.View(tb.Context(), func(tx channelsync.Tx) error {
		rows, err := tx.Items(tb.Context(), "acme", []string{"MUG"})
		if len(rows) > 0 {
			n = rows[0].Base
		}
		return err
	}))
	return n
}

// TestCommitsAreSynced: what an engine is about to do to a marketplace is on
// the server's disk before it does it, whatever the user's default.
func TestCommitsAreSynced(t *testing.T) {
	address := pgtest.URL(t)
	database := strings.TrimPrefix(mustParse(t, address).Path, "/")
	for _, setting := range []string{"on", "off", "local"} {
		must(t, pgtest.Exec(address, "ALTER DATABASE "+database+" SET synchronous_commit = "+setting))
		s := openAt(t, address)
		inForce := func(update func(context.Context, func(channelsync.Tx) error) error) (level string) {
			t.Helper()
			must(t, update(t.Context(), func(x channelsync.Tx) error {
				return x.(*tx).conn.(pgxConn).tx.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&level)
			}))
			return level
		}
		want := setting
		if setting == "off" {
			want = "on"
		}
		for range 2 {
			if got := inForce(s.Update); got != want {
				t.Errorf("set to %s it is %s in an Update, want %s", setting, got, want)
			}
			if got := inForce(s.UpdateRelaxed); got != "off" {
				t.Errorf("set to %s it is %s in an UpdateRelaxed, want off", setting, got)
			}
		}
	}
}

func TestCloseLetsTransactionsFinish(t *testing.T) {
	s := openTest(t)
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
	closed := make(chan struct{})
	go func() { closeStore(t, s); close(closed) }()
	for !s.closed.Load() {
		runtime.Gosched()
	}
	if err := putOrders(t, s, "1"); !errors.Is(err, ErrClosed) {
		t.Errorf("a new Update: %v, want ErrClosed", err)
	}
	select {
	case <-closed:
		t.Error("Close did not wait")
	default:
	}
	close(leave)
	<-closed
	group.Wait()
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	address := pgtest.URL(t)
	before := goleak.IgnoreCurrent()
	s, err := Open(t.Context(), address)
	must(t, err)
	must(t, putOrders(t, s, "1"))
	closeStore(t, s)
	closeStore(t, s) // a second Close is none
	goleak.VerifyNone(t, before)
	// The server takes a moment to see them go.
	for end := time.Now().Add(20 * time.Second); ; {
		n := ask(t, address, "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'penstock' AND datname = current_database()")
		if n == "0" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s connections are left", n)
		}
	}
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
	must(t, putOrders(t, s, "2"))
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders, want the second alone", n)
	}
}

func TestTxIsOverWithItsFunction(t *testing.T) {
	s := openTest(t)
	var kept channelsync.Tx
	must(t, s.Update(t.Context(), func(tx channelsync.Tx) error { kept = tx; return nil }))
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

// TestManyUpdatesOfOneRowGetThrough: each loses to all others in turn, and
// none for ever.
func TestManyUpdatesOfOneRowGetThrough(t *testing.T) {
	s := openTest(t)
	const writers, each = 32, 4
	var ran atomic.Int64
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				n, err := addUp(t, s.Update)
				if err != nil {
					t.Error(err)
				}
				ran.Add(int64(n))
			}
		})
	}
	group.Wait()
	if n := sum(t, s); n != writers*each {
		t.Errorf("counted to %d, want %d", n, writers*each)
	}
	t.Logf("%d transactions ran %d times", writers*each, ran.Load())
}

// TestWhatAnUpdateDidNotFindIsStillNotThere: an item that finds no listing to
// link, and a listing of its SKU that finds no item, cannot both be stored.
func TestWhatAnUpdateDidNotFindIsStillNotThere(t *testing.T) {
	s := openTest(t)
	find := func(tx channelsync.Tx) (items []channelsync.ItemRow, listings []channelsync.ListingRow) {
		t.Helper()
		items, err1 := tx.Items(t.Context(), "acme", []string{"MUG"})
		listings, err2 := tx.ListingsBySKU(t.Context(), "a", []string{"MUG"})
		must(t, errors.Join(err1, err2))
		return items, listings
	}
	ran, linked := 0, 0
	must(t, s.Update(t.Context(), func(tx channelsync.Tx) error {
		_, listings := find(tx)
		linked = len(listings)
		if ran++; ran == 1 {
			must(t, s.Update(t.Context(), func(tx channelsync.Tx) error {
				items, _ := find(tx)
				if len(items) != 0 {
					t.Errorf("%d items before the commit", len(items))
				}
				return tx.PutListings(t.Context(), []channelsync.ListingRow{{Channel: "a", ID: "1", SKU: "MUG"}})
			}))
		}
		return tx.PutItems(t.Context(), []channelsync.ItemRow{{Account: "acme", SKU: "MUG"}})
	}))
	if ran != 2 || linked != 1 {
		t.Errorf("ran %d times and found %d listings at last, want 2 and 1", ran, linked)
	}
}

// TestEventsAreNumberedInTheOrderOfCommits: who appends to a channel waits for
// who has, and to another channel does not.
func TestEventsAreNumberedInTheOrderOfCommits(t *testing.T) {
	s := openTest(t)
	add := func(tx channelsync.Tx, ch channel.ID, kind string) error {
		return tx.AppendOutbox(t.Context(), []channelsync.OutboxRow{{Channel: ch, Kind: kind}})
	}
	done := make(chan error, 1)
	// Relaxed, since those are never begun anew for what they only add.
	must(t, s.UpdateRelaxed(t.Context(), func(tx channelsync.Tx) error {
		if err := add(tx, "a", "first"); err != nil {
			return err
		}
		must(t, s.UpdateRelaxed(t.Context(), func(tx channelsync.Tx) error { return add(tx, "b", "beside") }))
		go func() {
			done <- s.UpdateRelaxed(t.Context(), func(tx channelsync.Tx) error { return add(tx, "a", "second") })
		}()
		for ask(t, emptied, "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'") == "0" {
			select {
			case err := <-done:
				t.Fatalf("the second did not wait: %v", err)
			default:
			}
		}
		return nil
	}))
	must(t, <-done)
	must(t, s.View(t.Context(), func(tx channelsync.Tx) error {
		rows, err := tx.Outbox(t.Context(), "a", 0, 0)
		if len(rows) != 2 || rows[0].Kind != "first" || rows[1].Kind != "second" {
			t.Errorf("%+v", rows)
		}
		return err
	}))
}

// TestATextThatIsTooLongForAnIndex fails its own transaction and says why: the
// engine parks the one order that has it.
func TestATextThatIsTooLongForAnIndex(t *testing.T) {
	s := openTest(t)
	long := make([]byte, 4000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(long) // or it would be packed
	if err := putOrders(t, s, channel.OrderID(long)); err == nil || !strings.Contains(err.Error(), "index row size") {
		t.Errorf("%v", err)
	}
	must(t, putOrders(t, s, channel.OrderID(long[:2000])))
	if n := countOrders(t, s); n != 1 {
		t.Errorf("%d orders, want the one with 2000 bytes", n)
	}
}

// TestAMistakeIsNotTriedForEver: a unique index that is broken again and again
// is no conflict that will pass.
func TestAMistakeIsNotTriedForEver(t *testing.T) {
	s := openTest(t)
	ran := 0
	err := s.Update(t.Context(), func(tx channelsync.Tx) error {
		ran++
		return tx.PutShipments(t.Context(), []channelsync.ShipmentRow{
			{Key: "1", Channel: "a", Order: "1", Seq: 1}, {Key: "2", Channel: "a", Order: "1", Seq: 1},
		})
	})
	if !errors.Is(err, ErrConflict) || ran != mostUnique {
		t.Errorf("ran %d times: %v", ran, err)
	}
}
