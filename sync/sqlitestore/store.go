package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	channelsync "github.com/penstock-go/penstock/sync"
)

// readers is how many Views can run at a time.
const readers = 4

// busyTimeout, in milliseconds, is how long a statement waits for a program
// that ignores our lock, such as a backup.
const busyTimeout = "5000"

var (
	sqlBegin    = newQuery("begin", "BEGIN IMMEDIATE")
	sqlView     = newQuery("begin", "BEGIN")
	sqlCommit   = newQuery("commit", "COMMIT")
	sqlRollback = newQuery("roll back", "ROLLBACK")
)

// Store is a [channelsync.Store] in one SQLite file. It is safe for concurrent
// use.
type Store struct {
	path  string
	lock  *flock.Flock
	claim *claim

	// The connections, each in its slot while idle. A nil one is opened by
	// whoever takes it.
	writer  chan *conn
	readers chan *conn

	writeDSN, readDSN string
	synced, relaxed   string // PRAGMA synchronous of Update and of UpdateRelaxed

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
}

var _ channelsync.RelaxedStore = (*Store)(nil)

// Config says how a store is opened. Only Path is needed.
type Config struct {
	// Path is the database file. It is created if need be; its folder is not.
	Path string

	// RelaxCommits lets no commit wait for the disk. A power cut can then lose
	// the last ones, and with them that a parcel without a number was sent, or a
	// token just rotated. For stores that may be thrown away.
	RelaxCommits bool
}

// Levels of PRAGMA synchronous. In WAL mode only FULL flushes the log at each
// commit; NORMAL does at checkpoints.
const (
	syncFull   = "FULL"
	syncNormal = "NORMAL"
)

// Open opens the store in the file at path, as [OpenConfig] does.
func Open(path string) (*Store, error) { return OpenConfig(Config{Path: path}) }

// OpenConfig opens a store. When it is open already, here or in another
// process, the error is [channelsync.ErrLocked] and says who has it.
func OpenConfig(cfg Config) (*Store, error) {
	path := cfg.Path
	switch {
	case path == "":
		return nil, errors.New("sqlitestore: open: the path is empty: name a file, which is made if it is not there")
	case path == ":memory:", strings.HasPrefix(path, "file:"):
		return nil, fmt.Errorf("sqlitestore: open %s: the store is a file: give its path (in a test, one in t.TempDir())", path)
	}
	file, err := resolve(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("sqlitestore: open %s: its folder is not there: make it first: %w", path, err)
	}
	if err != nil {
		return nil, refused("open", err)
	}
	// Before anything is made beside it.
	claims.Lock()
	err = claimable(file)
	claims.Unlock()
	if err != nil {
		return nil, err
	}
	lock, made, err := lockFile(file)
	if err != nil {
		return nil, err
	}
	synced := syncFull
	if cfg.RelaxCommits {
		synced = syncNormal
	}
	s, err := open(file, "rw", synced, syncNormal)
	if err != nil {
		if made && current(lock) {
			_ = os.Remove(lock.Path())
		}
		return nil, errors.Join(err, unlock(lock))
	}
	s.lock = lock
	return s, nil
}

// open does the work of Open without the lock. The mode is rw or ro; synced and
// relaxed are levels of PRAGMA synchronous.
func open(path, mode, synced, relaxed string) (_ *Store, err error) {
	// SQLite would create the file readable by everyone, and would fall back
	// to read-only in silence.
	flag := os.O_RDWR | os.O_CREATE
	if mode == "ro" {
		flag = os.O_RDONLY
	}
	claim, err := claimFile(path, flag)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, claim.release())
		}
	}()
	ctx := context.Background()
	if !claim.empty {
		if err := checkOurs(ctx, path, dsn(path, "mode", mode, "_busy_timeout", busyTimeout)); err != nil {
			return nil, err
		}
	}
	if mode == "rw" { // one that was copied or made by another program
		if err := claim.file.Chmod(0o600); err != nil {
			return nil, refused("open", err)
		}
	}

	s := &Store{
		path:    path,
		claim:   claim,
		writer:  make(chan *conn, 1),
		readers: make(chan *conn, readers),
		closing: make(chan struct{}),
		synced:  synced, relaxed: relaxed,
		writeDSN: dsn(path, "mode", mode, "_busy_timeout", busyTimeout, "_journal_mode", "WAL",
			"_synchronous", synced, "_foreign_keys", "1", "_txlock", "immediate",
			"_pragma", "journal_size_limit(67108864)",
			"_pragma", "secure_delete(1)"), // what is erased is overwritten: buyers are forgotten in the file too
		readDSN: dsn(path, "mode", "ro", "_busy_timeout", busyTimeout, "_query_only", "1"),
	}
	if err := migrate(ctx, path, s.writeDSN); err != nil {
		return nil, err
	}
	c, err := connect(s.writeDSN)
	if err != nil {
		return nil, fail("open "+path, err)
	}
	s.writer <- c
	for range readers {
		s.readers <- nil
	}
	return s, nil
}

// resolve returns the one name under which a file is locked, whatever links
// lead to it.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file, nil
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, filepath.Base(path)), nil
}

func dsn(path string, params ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	q := url.Values{}
	for i := 0; i < len(params); i += 2 {
		q.Add(params[i], params[i+1])
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Exclusive reports true: the lock lets no other process in.
func (s *Store) Exclusive() bool { return true }

// Close waits for the transactions in progress, refuses new ones with
// [ErrClosed], and frees the file. It must not be called inside one.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		var errs []error
		for range readers {
			if c := <-s.readers; c != nil {
				errs = append(errs, c.Close())
			}
		}
		// Last, so that it is the one to fold the log back into the file.
		if c := <-s.writer; c != nil {
			errs = append(errs, c.Close())
		}
		errs = append(errs, s.claim.release())
		if s.lock != nil {
			errs = append(errs, unlock(s.lock))
		}
		s.closeErr = fail("close "+s.path, errors.Join(errs...))
	})
	return s.closeErr
}

// View runs f in a read transaction. A method of its Tx that writes fails.
func (s *Store) View(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, s.readers, s.readDSN, sqlView, "", f)
}

// Update runs f in a write transaction, after those that asked before it. It
// fails without any effect when f does, when f panics, when ctx ends before
// the commit, and when a statement failed whose error f kept to itself. The
// commit waits until it is on the disk, and so are then all before it.
func (s *Store) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, s.writer, s.writeDSN, sqlBegin, s.synced, f)
}

// UpdateRelaxed is Update whose commit does not wait for the disk: a power cut
// may undo it, and with it what came after it, until an Update has returned.
func (s *Store) UpdateRelaxed(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.run(ctx, s.writer, s.writeDSN, sqlBegin, s.relaxed, f)
}

func (s *Store) run(ctx context.Context, slots chan *conn, dsn string, begin *query, synchronous string, f func(channelsync.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select { // a closed store is closed even when a slot is free
	case <-s.closing:
		return fail(begin.name, ErrClosed)
	default:
	}
	var c *conn
	select {
	case c = <-slots:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return fail(begin.name, ErrClosed)
	}
	defer func() {
		if c != nil && c.broken {
			_ = c.Close()
			c = nil
		}
		slots <- c
	}()
	if c == nil {
		var err error
		if c, err = connect(dsn); err != nil {
			return fail("open "+s.path, err)
		}
	}

	if err := c.setSynchronous(synchronous); err != nil {
		return fail("set synchronous", err)
	}
	if _, err := c.exec(begin, nil); err != nil {
		c.rollback() // it may have begun
		return fail(begin.name, err)
	}
	t := &tx{conn: c, readOnly: begin == sqlView}
	committed := false
	defer func() { // also when f panics or ends its goroutine
		t.over = true
		if !committed {
			c.rollback()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := c.exec(sqlCommit, nil); err != nil {
		return fail(sqlCommit.name, err)
	}
	committed = true
	return nil
}

// rollback ends a transaction. SQLite has ended it itself after some errors,
// and says so with an error in its turn. Whether the connection is still in
// one is found out by beginning another.
func (c *conn) rollback() {
	if _, err := c.exec(sqlRollback, nil); err == nil {
		return
	}
	if _, err := c.exec(sqlView, nil); err == nil {
		if _, err := c.exec(sqlRollback, nil); err == nil {
			return
		}
	}
	c.broken = true
}
