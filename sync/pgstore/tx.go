package pgstore

import (
	"context"
	"errors"

	channelsync "github.com/penstock-go/penstock/sync"
)

// tx is a transaction. Its methods are in files by topic, each with its
// statements.
type tx struct {
	conn     conn
	texts    []string // of the statements, by id
	readOnly bool
	over     bool
	failed   error // of the first statement that failed: nothing comes after it, nor a commit

	check func(context.Context, *tx) error // of a caller's transaction, before its first statement
}

var _ channelsync.Tx = (*tx)(nil)

var (
	errOver  = errors.New("transaction is over")
	errWrite = errors.New("write in a View")
)

// ready is asked before each statement.
func (t *tx) ready(ctx context.Context, q *query, write bool) error {
	switch {
	case t.over:
		return fail(q.name, errOver)
	case t.failed != nil:
		return t.failed
	case write && t.readOnly:
		return t.fail(q, errWrite)
	}
	if err := ctx.Err(); err != nil {
		return t.fail(q, err)
	}
	if check := t.check; check != nil {
		t.check = nil
		if err := check(ctx, t); err != nil {
			return t.fail(q, err)
		}
	}
	return nil
}

func (t *tx) fail(q *query, err error) error {
	t.failed = fail(q.name, err)
	return t.failed
}

// exec runs a writing statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, q *query, args ...any) (int64, error) {
	if err := t.ready(ctx, q, true); err != nil {
		return 0, err
	}
	n, err := t.conn.exec(ctx, t.texts[q.id], args)
	if err != nil {
		return 0, t.fail(q, err)
	}
	return n, nil
}

// Bounds of one statement's rows: what is in memory twice while it is sent.
const (
	mostRows  = 1000
	mostBytes = 8 << 20
)

// put runs a statement about rows and returns how many it changed.
func put[T any](ctx context.Context, t *tx, q rowsQuery, rows []T, add func(*batch, *T)) (int64, error) {
	changed := int64(0)
	for len(rows) > 0 {
		n := 0
		b := newBatch(q.kinds, min(len(rows), mostRows))
		for n < min(len(rows), mostRows) && b.bytes < mostBytes {
			add(b, &rows[n])
			n++
		}
		more, err := t.exec(ctx, q.query, b.args()...)
		if err != nil {
			return 0, err
		}
		changed += more
		rows = rows[n:]
	}
	return changed, nil
}

// upsert is put for rows of which those with a key that is stored replace it. A
// statement cannot change a row twice: of two rows with one key the later is
// put.
func upsert[T any, K comparable](ctx context.Context, t *tx, q rowsQuery, rows []T, key func(*T) K, add func(*batch, *T)) error {
	_, err := put(ctx, t, q, latest(rows, key), add)
	return err
}

func latest[T any, K comparable](rows []T, key func(*T) K) []T {
	if len(rows) < 2 {
		return rows
	}
	last := make(map[K]int, len(rows))
	for i := range rows {
		last[key(&rows[i])] = i
	}
	if len(last) == len(rows) {
		return rows
	}
	kept := make([]T, 0, len(last))
	for i := range rows {
		if last[key(&rows[i])] == i {
			kept = append(kept, rows[i])
		}
	}
	return kept
}

// each runs a statement and calls f for every row.
func (t *tx) each(ctx context.Context, q *query, f func(*row), args ...any) error {
	if err := t.ready(ctx, q, false); err != nil {
		return err
	}
	if err := t.conn.query(ctx, t.texts[q.id], args, f); err != nil {
		return t.fail(q, err)
	}
	return nil
}

// change is each for a statement that writes and returns rows.
func (t *tx) change(ctx context.Context, q *query, f func(*row), args ...any) error {
	if err := t.ready(ctx, q, true); err != nil {
		return err
	}
	return t.each(ctx, q, f, args...)
}

// list collects the rows of a statement.
func list[T any](ctx context.Context, t *tx, q *query, scan func(*row) T, args ...any) ([]T, error) {
	var all []T
	err := t.each(ctx, q, func(r *row) { all = append(all, scan(r)) }, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// limit is how SQL is told that below 1 there is none.
func limit(n int) *int64 {
	if n < 1 {
		return nil
	}
	return new(int64(n))
}

// listOf collects the rows of a statement whose last parameter is a list of
// identifiers; of an empty one there are none.
func listOf[K ~string, T any](ctx context.Context, t *tx, q *query, ids []K, scan func(*row) T, fixed ...any) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return list(ctx, t, q, scan, append(fixed, keys(ids))...)
}
