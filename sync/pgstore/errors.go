package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// Why the database refused, for errors.Is. The cause is wrapped beside it.
var (
	ErrClosed   = errors.New("store is closed")
	ErrFull     = errors.New("disk is full")
	ErrReadOnly = errors.New("database cannot be written to")
	ErrCorrupt  = errors.New("database is damaged")
	ErrDenied   = errors.New("the user may not")
	ErrNewer    = errors.New("tables were written by a newer release")

	// ErrConflict is returned by a call inside a caller's transaction when
	// another transaction was first: roll back and begin again. Update does so by
	// itself, and returns it only when it went on for long.
	ErrConflict = errors.New("another transaction was first")

	// ErrUnsure is returned by Update when the connection was lost at the commit
	// and the server did not come back to say what became of it, and by
	// UpdateRelaxed when it was lost at the commit. It may have happened.
	ErrUnsure = errors.New("the connection was lost at the commit, which may have happened")
)

// SQLSTATE codes that decide more than an error's class.
const (
	codeUnique        = "23505"
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
)

// errorClasses maps SQLSTATE codes, or the classes that are their first two
// characters.
var errorClasses = map[string]error{
	codeUnique:        ErrConflict, // ours name what to do on the conflicts that they expect
	codeSerialization: ErrConflict,
	codeDeadlock:      ErrConflict,
	"53100":           ErrFull,
	"25006":           ErrReadOnly,
	"42501":           ErrDenied,
	"28":              ErrDenied,
	"XX001":           ErrCorrupt,
	"XX002":           ErrCorrupt,
}

// fail says what was done and, where Postgres tells, why it failed.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if class := classOf(err); class != nil && !errors.Is(err, class) {
		return fmt.Errorf("pgstore: %s: %w: %w", op, class, err)
	}
	return fmt.Errorf("pgstore: %s: %w", op, err)
}

func classOf(err error) error {
	code := code(err)
	if class := errorClasses[code]; class != nil || len(code) < 2 {
		return class
	}
	return errorClasses[code[:2]]
}

// Conflict reports whether a transaction of a caller's failed because another
// was first, in a call or at its commit: begin it again.
func Conflict(err error) bool {
	return errors.Is(err, ErrConflict) || code(err) == codeSerialization || code(err) == codeDeadlock
}

// code is the SQLSTATE of an error, "" for those that are not the server's.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// lost reports that an error is of the connection, not of a statement: the
// server says no more, or that it is about to.
func lost(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return err != nil && (!ok || e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC")
}
