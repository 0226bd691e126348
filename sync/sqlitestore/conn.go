package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"time"
)

// This file stands where database/sql would: a connection with statements that
// are prepared once and kept across transactions. The driver is spoken to
// directly because a page of orders is a thousand statements of a few
// microseconds each, and a good part of that would be the pool's bookkeeping.

// query is a statement of this package. Each has a number, under which every
// connection keeps it prepared.
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

// inSizes are the lengths of the lists that an inQuery is prepared for.
var inSizes = [...]int{1, 4, 16, 64, 256}

// inQuery is a statement about a list of keys, prepared for a few lengths. A
// list is padded to the next length with its last key, which changes nothing.
// Keys are bound and not packed into JSON, since identifiers are arbitrary
// bytes.
type inQuery struct {
	sizes [len(inSizes)]*query
	width int // values per key
}

// newQueryIn registers a statement whose last parameters are a list, written "(?*)"
// or, for keys of several columns, "(VALUES (?,?)*)".
func newQueryIn(name, text string) *inQuery {
	q := &inQuery{}
	head, tail, _ := strings.Cut(text, "*)")
	open := strings.LastIndex(head, "?")
	if strings.HasSuffix(head, ")") {
		open = strings.LastIndex(head, "(")
	}
	head, key := head[:open], head[open:]
	q.width = strings.Count(key, "?")
	for i, n := range inSizes {
		q.sizes[i] = newQuery(name, head+key+strings.Repeat(", "+key, n-1)+")"+tail)
	}
	return q
}

// rowSizes are how many rows a rowsQuery takes at once: what SQLite and the
// driver do once a statement is a fifth of a row's time.
var rowSizes = [...]int{1, 16}

// rowsQuery is a statement that puts rows, prepared for one and for many.
type rowsQuery [len(rowSizes)]*query

// newQueryRows registers a statement whose parameters are rows, written "(?, ?)*".
func newQueryRows(name, text string) (q rowsQuery) {
	head, tail, _ := strings.Cut(text, "*")
	open := strings.LastIndex(head, "(")
	head, row := head[:open], head[open:]
	for i, n := range rowSizes {
		q[i] = newQuery(name, head+row+strings.Repeat(", "+row, n-1)+tail)
	}
	return q
}

// statement is what the driver prepares.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is a connection, used by one transaction at a time.
type conn struct {
	driver.Conn
	statements []statement // by query id, prepared when first used
	args       []driver.NamedValue
	values     []driver.Value
	broken     bool // its transaction could not be ended

	synchronous string // PRAGMA synchronous as last set, "" as opened
}

func connect(dsn string) (*conn, error) {
	c, err := sqliteDriver.Open(dsn)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, statements: make([]statement, len(queries))}, nil
}

// Close finalises the statements and closes the connection.
func (c *conn) Close() error {
	var errs []error
	for _, s := range c.statements {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	c.statements = nil
	return errors.Join(append(errs, c.Conn.Close())...)
}

func (c *conn) prepare(q *query) (statement, error) {
	if s := c.statements[q.id]; s != nil {
		return s, nil
	}
	s, err := c.Prepare(q.text)
	if err != nil {
		return nil, err
	}
	c.statements[q.id] = s.(statement)
	return c.statements[q.id], nil
}

// setSynchronous sets the level for the transactions to come; "" leaves it. It
// is no query that is kept: SQLite does what a PRAGMA says while preparing it.
func (c *conn) setSynchronous(level string) error {
	if level == "" || level == c.synchronous {
		return nil
	}
	s, err := c.Prepare("PRAGMA synchronous = " + level)
	if err != nil {
		return err
	}
	_, err = s.(statement).ExecContext(context.Background(), nil)
	if err = errors.Join(err, s.Close()); err == nil {
		c.synchronous = level
	}
	return err
}

// bind puts the arguments into the connection's own slice.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	c.push(args...)
	return c.args
}

func (c *conn) push(args ...any) {
	for _, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: len(c.args) + 1, Value: a})
	}
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(q *query, args []driver.NamedValue) (int64, error) {
	s, err := c.prepare(q)
	if err != nil {
		return 0, err
	}
	// The context is the caller's to watch: with one that can end, the driver
	// starts a goroutine for every statement.
	r, err := s.ExecContext(context.Background(), args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement and calls f for each row. f runs no statement.
func (c *conn) query(ctx context.Context, q *query, args []driver.NamedValue, f func(*row)) (err error) {
	s, err := c.prepare(q)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	n := len(rows.Columns())
	for len(c.values) < n {
		c.values = append(c.values, nil)
	}
	r := row{values: c.values[:n]}
	for i := 1; ; i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch err := rows.Next(r.values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		r.next = 0
		f(&r)
	}
}

// row reads the columns of a row, one after the other. Every column is typed
// and all but documents are NOT NULL, so a value of another type cannot occur.
type row struct {
	values []driver.Value
	next   int
}

func (r *row) value() driver.Value {
	v := r.values[r.next]
	r.next++
	return v
}

func (r *row) text() string {
	s, _ := r.value().(string)
	return s
}

func (r *row) int() int64 {
	n, _ := r.value().(int64)
	return n
}

func (r *row) bool() bool { return r.int() != 0 }

func (r *row) time() time.Time { return fromNanos(r.int()) }

// bytes returns nil for no bytes.
func (r *row) bytes() []byte {
	b, _ := r.value().([]byte)
	if len(b) == 0 {
		return nil
	}
	return b
}

// maybe returns nil for NULL.
func (r *row) maybe() *int64 {
	if n, ok := r.value().(int64); ok {
		return &n
	}
	return nil
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

// nullable is a possibly unknown number as a parameter.
func nullable(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}
