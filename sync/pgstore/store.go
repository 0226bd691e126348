package pgstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	channelsync "github.com/penstock-go/penstock/sync"
)

const (
	// defaultSchema is where the tables are when the address names no search_path.
	defaultSchema = "penstock"

	// connections is how many a store opens at most when the address does not
	// say pool_max_conns.
	connections = 10

	// idleTimeout, in milliseconds, is how long a transaction whose process has
	// stopped in the middle of it keeps what it locked from others.
	idleTimeout = "30000"
)

// How a transaction begins. An Update is as if nobody else wrote meanwhile, also
// as to rows that it looked for and that were not there: Postgres refuses it
// otherwise, and it is begun anew. What is relaxed writes rows that it has read,
// and for those repeatable read says the same at less cost.
const (
	beginUpdate  = "begin isolation level serializable read write"
	beginRelaxed = "begin isolation level repeatable read read write; set local synchronous_commit = off"
	beginView    = "begin isolation level repeatable read read only"
)

// Store is a [channelsync.Store] in one schema of a Postgres database. It is
// safe for concurrent use.
type Store struct {
	pool     *pgxpool.Pool
	database string
	schema   string
	texts    []string // of the statements, by id

	statusWait time.Duration // for the server to be back and say what became of a commit

	turn   chan struct{} // held by the one Update that has lost to others again and again
	closed atomic.Bool
}

var _ channelsync.RelaxedStore = (*Store)(nil)

// Open opens the store at address, which is as pgx takes it:
// postgres://user:password@host:5432/database?search_path=penstock. The tables
// are in the schema that search_path names, in "penstock" by default; both are
// made if need be, and brought up to date. pool_max_conns says how many
// connections it may have, 10 by default and 2 at least.
//
// It fails before it has changed anything when the server is too old, the user
// lacks a right, the schema is another program's, or its tables are a newer
// release's.
func Open(ctx context.Context, address string) (*Store, error) {
	return open(ctx, address, settings{least: leastServer, files: migrations})
}

func open(ctx context.Context, address string, set settings) (_ *Store, err error) {
	if strings.TrimSpace(address) == "" {
		return nil, errors.New("pgstore: open: the address is empty: give one such as postgres://user:password@host:5432/database")
	}
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// Its text quotes the address, and with it perhaps a password.
		return nil, errors.New("pgstore: open: the address cannot be read: write it as postgres://user:password@host:5432/database, " +
			"with other characters than letters and digits in the user and the password escaped")
	}
	params := cfg.ConnConfig.RuntimeParams
	schema := params["search_path"]
	delete(params, "search_path") // statements name their schema
	if schema == "" {
		schema = defaultSchema
	}
	if err := checkSchemaName(schema); err != nil {
		return nil, fmt.Errorf("pgstore: open: %w", err)
	}
	if params["application_name"] == "" {
		params["application_name"] = "penstock"
	}
	if !strings.Contains(address, "pool_max_conns") {
		cfg.MaxConns = connections
	}
	if cfg.MaxConns < 2 {
		return nil, errors.New("pgstore: open: pool_max_conns is 1: give it 2 at least, since a View goes on beside an Update")
	}

	s := &Store{
		database: cfg.ConnConfig.Database,
		schema:   schema,
		texts:    texts(schema),
		turn:     make(chan struct{}, 1),

		statusWait: statusWait,
	}
	if err := set.prepare(ctx, cfg.ConnConfig, schema); err != nil {
		return nil, err
	}
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "set idle_in_transaction_session_timeout = "+idleTimeout+`;
			select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`)
		return err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fail("open", err)
	}
	return s, nil
}

// Exclusive reports false: other processes can open the store. Leases of a
// process that died are taken over when they end.
func (s *Store) Exclusive() bool { return false }

// Close waits for the transactions in progress, refuses new ones with
// [ErrClosed], and closes the connections. It must not be called inside one.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.pool.Close()
	return nil
}

// View runs f in a read transaction. A method of its Tx that writes fails.
func (s *Store) View(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, beginView, f)
}

// Update runs f in a write transaction, and once more from the beginning when
// another transaction has changed what it read and writes, or when the
// connection is lost before the commit. It fails without any effect when f
// does, when f panics, when ctx ends before the commit, and when a statement
// failed whose error f kept to itself. The commit waits until the server has it
// on its disk. When the connection is lost at the commit the server is asked
// what became of it, for up to 10 s; what it does not tell is [ErrUnsure].
func (s *Store) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, beginUpdate, f)
}

// UpdateRelaxed is Update whose commit does not wait for the disk: a crash of
// the server may undo it, and with it what came after it, until an Update has
// returned. After a connection lost at the commit the server is not asked.
func (s *Store) UpdateRelaxed(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, beginRelaxed, f)
}

// Bounds of how often a transaction is begun anew.
const (
	mostTries  = 100 // that lost to another
	mostUnique = 5   // that broke a unique index, which is one of those or a mistake
	mostLost   = 2   // whose connection was lost
	patient    = 3   // tries after which one waits for its turn
	mostWait   = 20 * time.Millisecond
)

// run runs f in as many transactions as it takes.
func (s *Store) run(ctx context.Context, begin string, f func(channelsync.Tx) error) error {
	losses := 0
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		again, err := s.try(ctx, begin, f)
		if err == nil || again == no {
			return err
		}
		if again == reconnect {
			losses++
			s.pool.Reset() // what broke one has likely broken all
		}
		if losses == mostLost || try == mostTries || try == mostUnique && code(err) == codeUnique {
			return err
		}
		if try == patient {
			select {
			case s.turn <- struct{}{}:
				defer func() { <-s.turn }()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := wait(ctx, rand.N(min(time.Millisecond<<min(try, 10), mostWait))); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retry says whether a transaction that failed is to be begun anew.
type retry int

const (
	no retry = iota
	conflict
	reconnect
)

// try runs f in one transaction.
func (s *Store) try(ctx context.Context, begin string, f func(channelsync.Tx) error) (again retry, err error) {
	if s.closed.Load() {
		return no, fail("begin", ErrClosed)
	}
	own, err := s.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return no, ctx.Err()
	case s.closed.Load():
		return no, fail("begin", ErrClosed)
	case lost(err):
		return reconnect, fail("begin", err)
	default:
		return no, fail("begin", err)
	}
	t := &tx{conn: pgxConn{own}, texts: s.texts, readOnly: begin == beginView}
	over := false
	defer func() { // also when f panics or ends its goroutine
		t.over = true
		if !over {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWait)
			defer cancel()
			_ = own.Rollback(ctx) // which closes the connection when it fails
		}
	}()
	err = f(t)
	switch {
	case t.failed != nil && ctx.Err() == nil && own.Conn().IsClosed():
		return reconnect, t.failed
	case t.failed != nil && errors.Is(t.failed, ErrConflict):
		return conflict, t.failed
	case err != nil:
		return no, err
	case t.failed != nil:
		return no, t.failed
	case ctx.Err() != nil:
		return no, ctx.Err()
	}
	over = true
	return s.commit(ctx, own, begin == beginUpdate)
}

const (
	rollbackWait = 5 * time.Second
	commitWait   = 30 * time.Second // for the disk, or a replica
	statusWait   = 10 * time.Second // for the server to be back
)

// commit commits, whatever becomes of ctx meanwhile: one that is cut off would
// be neither done nor undone.
func (s *Store) commit(ctx context.Context, own pgx.Tx, sure bool) (retry, error) {
	ctx = context.WithoutCancel(ctx)
	limited, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	id := ""
	if sure {
		// Its name, by which the server can be asked for it. None, when nothing
		// was written, and then its outcome means nothing.
		if err := own.QueryRow(limited, "SELECT coalesce(pg_current_xact_id_if_assigned()::text, '')").Scan(&id); err != nil {
			_ = own.Rollback(limited)
			if lost(err) {
				return reconnect, fail("commit", err)
			}
			return no, fail("commit", err)
		}
	}
	err := own.Commit(limited)
	switch {
	case err == nil:
		return no, nil
	case errors.Is(err, pgx.ErrTxCommitRollback) || !lost(err):
		if err = fail("commit", err); errors.Is(err, ErrConflict) {
			return conflict, err
		}
		return no, err
	case !sure:
		return no, fail("commit", fmt.Errorf("%w: %w", ErrUnsure, err))
	case id == "":
		return no, nil
	}
	return s.outcome(ctx, id, err)
}

// outcome asks the server what became of a commit whose answer was lost.
func (s *Store) outcome(ctx context.Context, id string, cause error) (retry, error) {
	ctx, cancel := context.WithTimeout(ctx, s.statusWait)
	defer cancel()
	for {
		var status *string
		err := s.pool.QueryRow(ctx, "SELECT pg_xact_status($1::text::xid8)", id).Scan(&status)
		switch {
		case err != nil && !lost(err):
			// One that it has never heard of: a replica took its place.
			return no, fail("commit", fmt.Errorf("%w: %w: %w", ErrUnsure, cause, err))
		case err != nil:
		case status == nil:
			return no, fail("commit", fmt.Errorf("%w: %w", ErrUnsure, cause))
		case *status == "committed":
			return no, nil
		case *status == "aborted":
			return reconnect, fail("commit", cause)
		}
		if wait(ctx, mostWait) != nil {
			return no, fail("commit", fmt.Errorf("%w: %w", ErrUnsure, cause))
		}
	}
}
