package bench

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// table is what an import writes to one table: how the rows of a page of
// orders are read back, and how they are upserted.
type table struct {
	name, columns, key, page string
	set                      string // on conflict; "" for a table that only grows
}

// pageOf selects the orders of a page in the order in which they were stored:
// nothing was deleted, so their row ids have no gaps.
const (
	rowsOf = `rowid > ?2 AND rowid <= ?3`
	pageOf = `SELECT id FROM orders WHERE ` + rowsOf
)

var tables = []table{
	{
		name: "orders", columns: "channel, id, number, placed_at, updated_at, seen_at, open, gone, erased, reread, doc", key: "channel, id",
		page: `SELECT {columns} FROM orders WHERE channel = ?1 AND ` + rowsOf + ` ORDER BY rowid`,
		set: `number = excluded.number, placed_at = excluded.placed_at, updated_at = excluded.updated_at, seen_at = excluded.seen_at,
			open = excluded.open, gone = excluded.gone, erased = excluded.erased, reread = excluded.reread, doc = excluded.doc`,
	},
	{
		name: "raw", columns: "channel, order_id, part, read_at, payload", key: "channel, order_id, part",
		page: `SELECT {columns} FROM raw WHERE channel = ?1 AND order_id IN (` + pageOf + `)`,
		set:  `read_at = excluded.read_at, payload = excluded.payload`,
	},
	{
		name: "demand", columns: "channel, order_id, line, sku, listing, open, shipped, placed_at", key: "channel, order_id, line",
		page: `SELECT {columns} FROM demand WHERE channel = ?1 AND order_id IN (` + pageOf + `)`,
		set:  `sku = excluded.sku, listing = excluded.listing, open = excluded.open, shipped = excluded.shipped, placed_at = excluded.placed_at`,
	},
	{
		name: "totals", columns: "channel, listing, sku, account, item, units, open, shipped, oldest_at", key: "channel, listing, sku",
		page: `SELECT channel, listing, trim(sku), '', '', 1, sum(open), sum(shipped), min(placed_at) FROM demand
			WHERE channel = ?1 AND order_id IN (` + pageOf + `) GROUP BY channel, listing, trim(sku)`,
		set: `open = open + excluded.open, shipped = shipped + excluded.shipped`,
	},
	{
		name: "outbox", columns: "channel, kind, order_id, at, doc",
		page: `SELECT {columns} FROM outbox WHERE channel = ?1 AND order_id IN (` + pageOf + `) ORDER BY seq`,
	},
}

func (t *table) width() int { return strings.Count(t.columns, ",") + 1 }

// upsert is the statement for so many rows at once.
func (t *table) upsert(rows int) string {
	row := "(?" + strings.Repeat(", ?", t.width()-1) + ")"
	q := "INSERT INTO " + t.name + " (" + t.columns + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
	if t.set != "" {
		q += " ON CONFLICT (" + t.key + ") DO UPDATE SET " + t.set
	}
	return q
}

// pageOrders is how many orders one transaction of the upserts holds: as many
// as a page of the import.
const pageOrders = 250

// openSQL opens a store's file past the store, on one connection and with the
// store's own settings.
func openSQL(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// written is what one page of an import left in each of the tables.
type written [][][]any

// readPage returns what an import stored of the orders of one page.
func readPage(ctx context.Context, db *sql.DB, channel string, page int) (written, error) {
	out := make(written, len(tables))
	for i := range tables {
		var err error
		if out[i], err = tables[i].read(ctx, db, channel, page*pageOrders, (page+1)*pageOrders); err != nil {
			return nil, fmt.Errorf("%s: %w", tables[i].name, err)
		}
	}
	return out, nil
}

// read returns the rows of the orders after one row and up to another.
func (t *table) read(ctx context.Context, db *sql.DB, channel string, after, upTo int) (all [][]any, err error) {
	rows, err := db.QueryContext(ctx, strings.Replace(t.page, "{columns}", t.columns, 1), channel, after, upTo)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row := make([]any, t.width())
		to := make([]any, len(row))
		for k := range row {
			to[k] = &row[k]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// upserter puts rows into a file by statements that are prepared once: for many
// rows at a time, and for the rest one at a time.
type upserter struct {
	db        *sql.DB
	conn      *sql.Conn
	many      int
	bulk, one []*sql.Stmt
}

func newUpserter(ctx context.Context, tb testing.TB, path string, many int) *upserter {
	tb.Helper()
	s, err := sqlitestore.Open(path) // for the tables
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	u := &upserter{db: openSQL(tb, path), many: many}
	if u.conn, err = u.db.Conn(ctx); err != nil {
		tb.Fatal(err)
	}
	prepare := func(i, rows int) *sql.Stmt {
		stmt, err := u.conn.PrepareContext(ctx, tables[i].upsert(rows))
		if err != nil {
			tb.Fatal(err)
		}
		return stmt
	}
	for i := range tables {
		u.one, u.bulk = append(u.one, prepare(i, 1)), append(u.bulk, prepare(i, many))
	}
	return u
}

func (u *upserter) close(tb testing.TB) {
	tb.Helper()
	for _, stmt := range append(u.one, u.bulk...) {
		_ = stmt.Close()
	}
	_ = u.conn.Close()
	if err := u.db.Close(); err != nil {
		tb.Error(err)
	}
}

// put upserts a page's rows in one transaction.
func (u *upserter) put(ctx context.Context, page written) error {
	if _, err := u.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	args := make([]any, 0, 512)
	for i := range tables {
		rows := page[i]
		for len(rows) > 0 {
			stmt, n := u.one[i], 1
			if len(rows) >= u.many {
				stmt, n = u.bulk[i], u.many
			}
			args = args[:0]
			for _, r := range rows[:n] {
				args = append(args, r...)
			}
			if _, err := stmt.ExecContext(ctx, args...); err != nil {
				return fmt.Errorf("%s: %w", tables[i].name, err)
			}
			rows = rows[n:]
		}
	}
	_, err := u.conn.ExecContext(ctx, "COMMIT")
	return err
}

// upserts reads back what an import committed to the file at from, puts it into
// a fresh file, page by page, and returns how long the putting took.
func upserts(ctx context.Context, tb testing.TB, from, to, channel string, many int) (spent stretch) {
	tb.Helper()
	src := openSQL(tb, from)
	defer func() { _ = src.Close() }()
	u := newUpserter(ctx, tb, to, many)
	defer u.close(tb)
	for n := 0; ; n++ {
		page, err := readPage(ctx, src, channel, n)
		if err != nil {
			tb.Fatal(err)
		}
		if len(page[0]) == 0 {
			break
		}
		began := now()
		if err := u.put(ctx, page); err != nil {
			tb.Fatal(err)
		}
		spent.add(began.since())
	}
	_ = u.conn.Close()
	if a, b := digest(ctx, tb, src), digest(ctx, tb, u.db); a != b {
		tb.Fatalf("the rows are not the import's:\n%s\n%s", a, b)
	}
	return spent
}

// digest counts and sums what the tables hold.
func digest(ctx context.Context, tb testing.TB, db *sql.DB) string {
	tb.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT count(*), coalesce(sum(length(doc)), 0) FROM orders", "SELECT count(*), coalesce(sum(length(payload)), 0) FROM raw",
		"SELECT count(*), coalesce(sum(open + shipped), 0) FROM demand", "SELECT count(*), coalesce(sum(open + shipped), 0) FROM totals",
		"SELECT count(*), coalesce(sum(length(doc)), 0) FROM outbox",
	} {
		var n, sum int64
		if err := db.QueryRowContext(ctx, q).Scan(&n, &sum); err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&b, "%d rows of %d; ", n, sum)
	}
	return b.String()
}

// stretch is time and processor time spent.
type stretch struct{ wall, cpu time.Duration }

func (s *stretch) add(d stretch) { s.wall, s.cpu = s.wall+d.wall, s.cpu+d.cpu }

// moment is where a stretch begins.
type moment struct {
	at  time.Time
	cpu time.Duration
}

func now() moment { return moment{time.Now(), cpuTime()} }

func (m moment) since() stretch { return stretch{time.Since(m.at), cpuTime() - m.cpu} }
