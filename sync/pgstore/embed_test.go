package pgstore

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/storetest"
)

// foreign is a store all of whose transactions are a caller's: what the suite
// holds of a store holds inside them.
type foreign struct {
	*Store
	begin func(ctx context.Context, readOnly bool) (foreignTx, error)
}

// foreignTx is a caller's transaction.
type foreignTx struct {
	tx               channelsync.Tx
	commit, rollback func() error
}

func (s foreign) View(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.again(ctx, true, f)
}

func (s foreign) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.again(ctx, false, f)
}

func (s foreign) again(ctx context.Context, readOnly bool, f func(channelsync.Tx) error) error {
	for {
		if err := s.in(ctx, readOnly, f); !Conflict(err) { // at serializable a reader too may have to begin again
			return err
		}
	}
}

// UpdateRelaxed hides the store's own.
func (s foreign) UpdateRelaxed(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.Update(ctx, f)
}

func (s foreign) in(ctx context.Context, readOnly bool, f func(channelsync.Tx) error) error {
	if s.closed.Load() {
		return ErrClosed
	}
	own, err := s.begin(ctx, readOnly)
	if err != nil {
		return err
	}
	defer func() { _ = own.rollback() }()
	if err := f(own.tx); err != nil {
		return err
	}
	if failed := own.tx.(*tx).failed; failed != nil { // which a caller is told, and heeds
		return failed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fail("commit", own.commit())
}

// inPgx and inSQL make stores of the transactions of a pool.
func inPgx(tb testing.TB, s *Store, address string) foreign {
	tb.Helper()
	pool, err := pgxpool.New(tb.Context(), address)
	must(tb, err)
	tb.Cleanup(pool.Close)
	return foreign{s, func(ctx context.Context, readOnly bool) (foreignTx, error) {
		options := pgx.TxOptions{IsoLevel: pgx.Serializable}
		if readOnly {
			options.AccessMode = pgx.ReadOnly
		}
		own, err := pool.BeginTx(ctx, options)
		if err != nil {
			return foreignTx{}, err
		}
		after := context.WithoutCancel(ctx)
		return foreignTx{s.InTx(own), func() error { return own.Commit(after) }, func() error { return own.Rollback(after) }}, nil
	}}
}

func inSQL(tb testing.TB, s *Store, address string) foreign {
	tb.Helper()
	cfg, err := pgx.ParseConfig(address)
	must(tb, err)
	db := stdlib.OpenDB(*cfg)
	tb.Cleanup(func() { must(tb, db.Close()) })
	return foreign{s, func(ctx context.Context, readOnly bool) (foreignTx, error) {
		own, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: readOnly})
		if err != nil {
			return foreignTx{}, err
		}
		return foreignTx{s.InSQLTx(own), own.Commit, own.Rollback}, nil
	}}
}

// runSome runs the cases of the suite whose names match on one store, which
// none of them closes.
func runSome(t *testing.T, names string, store foreign) {
	t.Helper()
	n, match := 0, regexp.MustCompile(names)
	for _, c := range storetest.Cases() {
		if match.MatchString(c.Name) {
			n++
			t.Run(c.Name, func(t *testing.T) { empty(t, store.Store); c.Run(t, store) })
		}
	}
	if n < 3 {
		t.Errorf("%d cases match %s", n, names)
	}
}

func TestInTx(t *testing.T) {
	runSome(t, "Update|View|transaction|comes? back", inPgx(t, reuse(t), emptied))
}

// TestInTxWithoutPreparing: behind a pooler of connections pgx may be told to
// write values into its statements. They come and go as text then.
func TestInTxWithoutPreparing(t *testing.T) {
	runSome(t, "text|times|numbers|Parts|comes? back|empty slice", inPgx(t, reuse(t), with(t, emptied, "", "default_query_exec_mode", "simple_protocol")))
}

func TestInSQLTx(t *testing.T) {
	runSome(t, "kept|comes? back|empty slice|Update|View|claim|wake|number", inSQL(t, reuse(t), emptied))
}

// TestTheCallersRowsAndOursAreOne: both are stored or neither is.
func TestTheCallersRowsAndOursAreOne(t *testing.T) {
	address := pgtest.URL(t)
	must(t, pgtest.Exec(address, "CREATE TABLE public.orders (id integer)")) // of the same name as one of ours
	s := openAt(t, address)
	pool, err := pgxpool.New(t.Context(), address)
	must(t, err)
	defer pool.Close()
	do := func(end func(pgx.Tx) error) {
		t.Helper()
		own, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.Serializable})
		must(t, err)
		defer func() { _ = own.Rollback(t.Context()) }()
		_, err = own.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
		must(t, err)
		must(t, s.InTx(own).PutOrders(t.Context(), []channelsync.OrderRow{{Channel: "a", ID: "1"}}))
		must(t, end(own))
	}
	check := func(when string, want int) {
		t.Helper()
		var theirs int
		must(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&theirs))
		if ours := countOrders(t, s); theirs != want || ours != want {
			t.Errorf("after a %s: %d of the caller's rows and %d of ours, want %d", when, theirs, ours, want)
		}
	}
	do(func(own pgx.Tx) error { return own.Rollback(t.Context()) })
	check("rollback", 0)
	do(func(own pgx.Tx) error { return own.Commit(t.Context()) })
	check("commit", 1)
}

func TestACallersTransactionThatWouldNotDo(t *testing.T) {
	address, other := pgtest.URL(t), pgtest.URL(t)
	s := openAt(t, address)
	for _, c := range []struct {
		name, address string
		level         pgx.TxIsoLevel
		want          string
	}{
		{"of another database", other, pgx.Serializable, "the transaction is in database penstock_test_"},
		{"that sees what comes meanwhile", address, pgx.RepeatableRead, "begin it as serializable"},
		{"serializable", address, pgx.Serializable, ""},
	} {
		pool, err := pgxpool.New(t.Context(), c.address)
		must(t, err)
		own, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: c.level})
		must(t, err)
		tx := s.InTx(own)
		for range 2 {
			_, err = tx.Orders(t.Context(), "a", []channel.OrderID{"1"})
			if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
		must(t, own.Rollback(t.Context()))
		pool.Close()
	}
}

// TestACallersTransactionThatComesSecond is told to begin again.
func TestACallersTransactionThatComesSecond(t *testing.T) {
	s := openTest(t)
	for name, in := range map[string]foreign{"pgx": inPgx(t, s, emptied), "database/sql": inSQL(t, s, emptied)} {
		before := sum(t, s)
		own, err := in.begin(t.Context(), false)
		must(t, err)
		if _, err := own.tx.Items(t.Context(), "acme", []string{"MUG"}); err != nil {
			t.Fatal(err)
		}
		_, err = addUp(t, s.Update)
		must(t, err)
		for range 2 {
			if err := own.tx.PutItems(t.Context(), []channelsync.ItemRow{{Account: "acme", SKU: "MUG", Base: 100}}); !errors.Is(err, ErrConflict) {
				t.Errorf("%s: %v, want ErrConflict", name, err)
			}
		}
		must(t, own.rollback())
		if n := sum(t, s); n != before+1 {
			t.Errorf("%s: counted from %d to %d", name, before, n)
		}
	}
}
