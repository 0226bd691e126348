package pgstore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// query is a statement of this package. In its text an @ stands before the name
// of each table, in place of the schema's.
type query struct {
	name string // for errors
	text string
	id   int
}

// queries holds every statement of this package, in the order of their ids.
var queries []*query

// newQuery registers a statement. It is called from package variables only.
func newQuery(name, text string) *query {
	q := &query{name: name, text: text, id: len(queries)}
	queries = append(queries, q)
	return q
}

// texts returns every statement for the tables of a schema, by id. Statements
// name their schema since a caller's transaction has a search path of its own.
func texts(schema string) []string {
	all := make([]string, len(queries))
	for i, q := range queries {
		all[i] = strings.ReplaceAll(q.text, "@", pgx.Identifier{schema}.Sanitize()+".")
	}
	return all
}

// rowsQuery is a statement that takes any number of rows, a column of them to a
// parameter.
type rowsQuery struct {
	*query
	kinds string // of the columns, a letter each as in kindTypes
}

// Kinds of columns.
const (
	kindText   = 't'
	kindNumber = 'n'
	kindMaybe  = 'm' // a number or NULL
	kindFlag   = 'f'
)

var kindTypes = map[rune]string{kindText: "bytea", kindNumber: "bigint", kindMaybe: "bigint", kindFlag: "boolean"}

// newQueryRows registers a statement about rows whose columns are of the given
// kinds. In its text a * stands for the rows.
func newQueryRows(name, kinds, text string) rowsQuery {
	var names, arrays []string
	for i, kind := range kinds {
		names = append(names, "c"+strconv.Itoa(i+1))
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, kindTypes[kind]))
	}
	// In the order of the slice, which is the order of numbers given.
	rows := fmt.Sprintf("SELECT %s FROM unnest(%s) WITH ORDINALITY AS rows (%[1]s, n) ORDER BY n",
		strings.Join(names, ", "), strings.Join(arrays, ", "))
	return rowsQuery{newQuery(name, strings.Replace(text, "*", rows, 1)), kinds}
}

// column holds one column of some rows.
type column struct {
	texts   [][]byte
	numbers []int64
	maybes  []*int64
	flags   []bool
}

// batch holds rows by column. Its methods add a row's values, from the first
// column to the last.
type batch struct {
	kinds   string
	columns []column
	next    int // column
	arena   []byte
	bytes   int
}

func newBatch(kinds string, rows int) *batch {
	b := &batch{kinds: kinds, columns: make([]column, len(kinds)), arena: make([]byte, 0, 64*rows)}
	for i, kind := range kinds {
		switch c := &b.columns[i]; kind {
		case kindText:
			c.texts = make([][]byte, 0, rows)
		case kindNumber:
			c.numbers = make([]int64, 0, rows)
		case kindMaybe:
			c.maybes = make([]*int64, 0, rows)
		case kindFlag:
			c.flags = make([]bool, 0, rows)
		}
	}
	return b
}

func (b *batch) column() *column {
	c := &b.columns[b.next]
	b.next = (b.next + 1) % len(b.columns)
	return c
}

func (b *batch) text(s string) *batch {
	from := len(b.arena)
	b.arena = append(b.arena, s...)
	return b.doc(b.arena[from:len(b.arena):len(b.arena)])
}

func (b *batch) doc(p []byte) *batch {
	b.bytes += len(p)
	c := b.column()
	c.texts = append(c.texts, p)
	return b
}

func (b *batch) int(n int64) *batch {
	c := b.column()
	c.numbers = append(c.numbers, n)
	return b
}

func (b *batch) time(t time.Time) *batch { return b.int(nanos(t)) }

func (b *batch) maybe(n *int64) *batch {
	c := b.column()
	c.maybes = append(c.maybes, n)
	return b
}

func (b *batch) bool(v bool) *batch {
	c := b.column()
	c.flags = append(c.flags, v)
	return b
}

// args are the columns as parameters.
func (b *batch) args() []any {
	args := make([]any, len(b.columns))
	for i, kind := range b.kinds {
		switch c := b.columns[i]; kind {
		case kindText:
			args[i] = c.texts
		case kindNumber:
			args[i] = c.numbers
		case kindMaybe:
			args[i] = c.maybes
		case kindFlag:
			args[i] = c.flags
		}
	}
	return args
}

// conn is a transaction on a connection, ours or a caller's.
type conn interface {
	// exec runs a statement and returns how many rows it changed.
	exec(ctx context.Context, text string, args []any) (int64, error)
	// query runs a statement and calls f for each row. f runs no statement.
	query(ctx context.Context, text string, args []any, f func(*row)) error
}

// pgxConn is a transaction of pgx, which keeps statements prepared.
type pgxConn struct{ tx pgx.Tx }

func (c pgxConn) exec(ctx context.Context, text string, args []any) (int64, error) {
	tag, err := c.tx.Exec(ctx, text, args...)
	return tag.RowsAffected(), err
}

func (c pgxConn) query(ctx context.Context, text string, args []any, f func(*row)) error {
	rows, err := c.tx.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	r := row{fields: rows.FieldDescriptions()}
	for rows.Next() {
		r.raw, r.next = rows.RawValues(), 0
		f(&r)
		if r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// sqlConn is a transaction of database/sql, over pgx's driver.
type sqlConn struct{ tx *sql.Tx }

func (c sqlConn) exec(ctx context.Context, text string, args []any) (int64, error) {
	result, err := c.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c sqlConn) query(ctx context.Context, text string, args []any, f func(*row)) error {
	rows, err := c.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	r := row{values: make([]any, len(names))}
	into := make([]any, len(names))
	for i := range into {
		into[i] = &r.values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r.next = 0
		f(&r)
		if r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// row reads the columns of a row, one after the other: bytea, bigint or
// boolean.
type row struct {
	raw    [][]byte // from pgx, in the format of fields
	fields []pgconn.FieldDescription
	values []any // from database/sql
	next   int
	err    error
}

var errColumn = errors.New("a column is not of the type asked for")

// column returns the next column as it came: its bytes, and whether they are
// binary, or its value.
func (r *row) column() (raw []byte, binary bool, value any) {
	i := r.next
	r.next++
	if r.values != nil {
		return nil, false, r.values[i]
	}
	return r.raw[i], r.fields[i].Format == pgx.BinaryFormatCode, nil
}

// peek is bytes that the next row overwrites.
func (r *row) peek() []byte {
	raw, binary, value := r.column()
	switch v := value.(type) {
	case []byte:
		return v
	case nil:
	default:
		r.err = errColumn
	}
	if binary || raw == nil {
		return raw
	}
	digits, ok := strings.CutPrefix(string(raw), `\x`)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil {
		r.err = errColumn
	}
	return b
}

func (r *row) text() string { return string(r.peek()) }

// bytes returns nil for no bytes.
func (r *row) bytes() []byte {
	b := r.peek()
	if len(b) == 0 {
		return nil
	}
	return append([]byte(nil), b...)
}

// maybe returns nil for NULL.
func (r *row) maybe() *int64 {
	raw, isBinary, value := r.column()
	switch v := value.(type) {
	case int64:
		return &v
	case nil:
	default:
		r.err = errColumn
	}
	switch {
	case raw == nil:
		return nil
	case isBinary && len(raw) == 8:
		return new(int64(binary.BigEndian.Uint64(raw)))
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || isBinary {
		r.err = errColumn
	}
	return &n
}

func (r *row) int() int64 {
	if n := r.maybe(); n != nil {
		return *n
	}
	return 0
}

func (r *row) bool() bool {
	raw, binary, value := r.column()
	switch v := value.(type) {
	case bool:
		return v
	case nil:
	default:
		r.err = errColumn
	}
	if len(raw) != 1 {
		r.err = errColumn
		return false
	}
	return raw[0] == 1 && binary || raw[0] == 't' && !binary
}

func (r *row) time() time.Time { return fromNanos(r.int()) }

// text is an identifier as a parameter.
func text[S ~string](s S) []byte { return []byte(s) }

// keys is a list of identifiers as a parameter.
func keys[S ~string](all []S) [][]byte {
	b := newBatch(string(kindText), len(all))
	for _, s := range all {
		b.text(string(s))
	}
	return b.columns[0].texts
}

var (
	minTime = time.Unix(0, -1<<63)
	maxTime = time.Unix(0, 1<<63-1)
)

// nanos is how a time is stored. Times that 64 bits of nanoseconds cannot
// hold, before 1677 or after 2262, become the nearest that they can.
func nanos(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(minTime):
		return -1 << 63
	case t.After(maxTime):
		return 1<<63 - 1
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
