package sqlitestore

import (
	"context"
	"errors"
	"slices"

	channelsync "github.com/penstock-go/penstock/sync"
)

// tx is a transaction. Its methods are in files by topic, each with its
// statements.
type tx struct {
	conn     *conn
	readOnly bool
	over     bool
	failed   error // of the first statement that failed: nothing comes after it, nor a commit
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
		// SQLite rolls back by itself after some errors; what followed would
		// each be a transaction of its own.
		return t.failed
	case write && t.readOnly:
		return t.fail(q, errWrite)
	}
	if err := ctx.Err(); err != nil {
		return t.fail(q, err)
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
	n, err := t.conn.exec(q, t.conn.bind(args))
	if err != nil {
		return 0, t.fail(q, err)
	}
	return n, nil
}

// put runs a statement that puts rows, many at a time.
func put[T any](ctx context.Context, t *tx, q rowsQuery, rows []T, push func(*conn, *T)) error {
	for size := len(rowSizes) - 1; size >= 0; size-- {
		for n := rowSizes[size]; len(rows) >= n; rows = rows[n:] {
			if err := t.ready(ctx, q[size], true); err != nil {
				return err
			}
			t.conn.bind(nil)
			for i := range n {
				push(t.conn, &rows[i])
			}
			if _, err := t.conn.exec(q[size], t.conn.args); err != nil {
				return t.fail(q[size], err)
			}
		}
	}
	return nil
}

// each runs a statement and calls f for every row.
func (t *tx) each(ctx context.Context, q *query, f func(*row), args ...any) error {
	if err := t.ready(ctx, q, false); err != nil {
		return err
	}
	if err := t.conn.query(ctx, q, t.conn.bind(args), f); err != nil {
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

// eachIn runs a statement for a list of keys, in as few goes as its prepared
// lengths allow. The fixed arguments come before the keys.
func eachIn[K any](ctx context.Context, t *tx, q *inQuery, keys []K, push func(*conn, K), f func(*row), fixed ...any) error {
	for len(keys) > 0 {
		size := 0
		for size < len(inSizes)-1 && inSizes[size] < len(keys) {
			size++
		}
		one := q.sizes[size]
		if err := t.ready(ctx, one, false); err != nil {
			return err
		}
		t.conn.bind(fixed)
		for i := range inSizes[size] {
			push(t.conn, keys[min(i, len(keys)-1)])
		}
		if err := t.conn.query(ctx, one, t.conn.args, f); err != nil {
			return t.fail(one, err)
		}
		keys = keys[min(inSizes[size], len(keys)):]
	}
	return nil
}

// eachOf is eachIn for a list of identifiers.
func eachOf[K ~string](ctx context.Context, t *tx, q *inQuery, keys []K, f func(*row), fixed ...any) error {
	if len(keys) > inSizes[len(inSizes)-1] { // one that is there twice is to come back once
		keys = slices.Clone(keys)
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	return eachIn(ctx, t, q, keys, func(c *conn, key K) { c.push(string(key)) }, f, fixed...)
}

// listOf collects the rows of a statement for a list of identifiers.
func listOf[K ~string, T any](ctx context.Context, t *tx, q *inQuery, keys []K, scan func(*row) T, fixed ...any) ([]T, error) {
	var all []T
	err := eachOf(ctx, t, q, keys, func(r *row) { all = append(all, scan(r)) }, fixed...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// limit is how SQL is told that below 1 there is none.
func limit(n int) int64 {
	if n < 1 {
		return -1
	}
	return int64(n)
}
