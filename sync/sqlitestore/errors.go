package sqlitestore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Why the database refused, for errors.Is. The cause is wrapped beside it.
var (
	ErrClosed   = errors.New("store is closed")
	ErrFull     = errors.New("disk is full")
	ErrReadOnly = errors.New("database cannot be written to")
	ErrCorrupt  = errors.New("database file is damaged or not a database")
	ErrBusy     = errors.New("another program holds the database")
	ErrNewer    = errors.New("database was written by a newer release")
)

// errorClasses maps SQLite's primary result codes.
var errorClasses = map[int]error{
	sqlite3.SQLITE_FULL:     ErrFull,
	sqlite3.SQLITE_READONLY: ErrReadOnly,
	sqlite3.SQLITE_PERM:     ErrReadOnly,
	sqlite3.SQLITE_CORRUPT:  ErrCorrupt,
	sqlite3.SQLITE_NOTADB:   ErrCorrupt,
	sqlite3.SQLITE_BUSY:     ErrBusy,
	sqlite3.SQLITE_LOCKED:   ErrBusy,
}

// fail says what was done and, where SQLite tells, why it failed.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if class := errorClasses[code(err)]; class != nil {
		return fmt.Errorf("sqlitestore: %s: %w: %w", op, class, err)
	}
	return fmt.Errorf("sqlitestore: %s: %w", op, err)
}

// code is SQLite's primary result code, 0 for other errors.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}
