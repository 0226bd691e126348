// Package pgtest gives tests a Postgres: an empty database each, in a server
// that is started for the test binary and ends with it, or in the one that
// PENSTOCK_POSTGRES names. Where there is none, tests are skipped.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNone is returned where the machine has no Postgres.
var ErrNone = errors.New("no Postgres: install it (Debian: apt-get install postgresql), or set PENSTOCK_POSTGRES " +
	"to the address of one whose user may create databases and users")

// patience is how long a server has to start, and to make or drop a database.
const patience = time.Minute

// shared is the server of this test binary.
var shared = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("PENSTOCK_POSTGRES"); address != "" {
		return address, nil
	}
	return start(false)
})

// Main is a TestMain's whole body, for a package with examples that need a
// Postgres: an example cannot skip itself, so where there is none all are.
func Main(m *testing.M) {
	flag.Parse()
	if _, err := shared(); errors.Is(err, ErrNone) {
		if err := flag.Set("test.skip", "^Example"); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// URL returns the address of an empty database, which is dropped when the test
// ends. Where there is no Postgres the test is skipped.
func URL(tb testing.TB) string {
	tb.Helper()
	return give(tb, Database)
}

// DurableURL is URL in a server that waits for the disk as one in earnest
// does. PENSTOCK_POSTGRES is taken to be such a one.
func DurableURL(tb testing.TB) string {
	tb.Helper()
	return give(tb, func() (string, func() error, error) { return database(durable) })
}

var durable = sync.OnceValues(func() (string, error) {
	if os.Getenv("PENSTOCK_POSTGRES") != "" {
		return shared()
	}
	return start(true)
})

func give(tb testing.TB, database func() (string, func() error, error)) string {
	tb.Helper()
	address, drop, err := database()
	if errors.Is(err, ErrNone) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := drop(); err != nil {
			tb.Error(err)
		}
	})
	return address
}

// Database is URL for what is no test, such as an example: it returns the
// address and what drops the database, or [ErrNone].
func Database() (address string, drop func() error, err error) { return database(shared) }

func database(server func() (string, error)) (address string, drop func() error, err error) {
	base, err := server()
	if err != nil {
		return "", nil, err
	}
	at, err := url.Parse(base)
	if err != nil || at.Scheme == "" {
		return "", nil, errors.New("pgtest: PENSTOCK_POSTGRES is no URL, such as postgres://user@host/postgres")
	}
	name := "penstock_test_" + strings.ToLower(rand.Text()[:12])
	if err := Exec(base, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", nil, err
	}
	at.Path = "/" + name
	drop = func() error { return Exec(base, "DROP DATABASE "+name+" WITH (FORCE)") }
	return at.String(), drop, nil
}

// Exec runs statements, one after the other, on a connection of their own.
func Exec(address string, statements ...string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, text := range statements {
		if _, err := conn.Exec(ctx, text); err != nil {
			return fmt.Errorf("pgtest: %s: %w", text, err)
		}
	}
	return nil
}
