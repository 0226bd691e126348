package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

const versionTable = "penstock_versions"

// checkOurs refuses a database of someone else's, which is left as it is: the
// dsn sets nothing that stays.
func checkOurs(ctx context.Context, path, dsn string) (err error) {
	db := sql.OpenDB(connector{dsn})
	defer func() { err = errors.Join(err, db.Close()) }()
	var ours, tables int
	if err := db.QueryRowContext(ctx,
		"SELECT coalesce(sum(name = ?), 0), count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
		versionTable).Scan(&ours, &tables); err != nil {
		return fail("open "+path, err)
	}
	if tables > 0 && ours == 0 {
		return fmt.Errorf("sqlitestore: open %s: the database belongs to another program: it has tables and none of them is %s", path, versionTable)
	}
	return nil
}

// migrate brings the tables up to date.
func migrate(ctx context.Context, path, dsn string) (err error) {
	db := sql.OpenDB(connector{dsn})
	defer func() { err = errors.Join(err, db.Close()) }()

	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fail("open "+path, err)
	}
	if mode != "wal" {
		return fmt.Errorf("sqlitestore: open %s: journal mode is %s where WAL is needed; the file system may not support it", path, mode)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("sqlitestore: migrations: %w", err)
	}
	is, want, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fail("migrate "+path, err)
	case is == want:
		return nil
	case is > want:
		return fmt.Errorf("sqlitestore: open %s: %w: its version is %d and this one knows up to %d", path, ErrNewer, is, want)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fail("migrate "+path, err)
	}
	return nil
}

// connector opens connections with a driver of this package's own, which no
// other package's registered functions or hooks reach.
type connector struct{ dsn string }

var sqliteDriver = &sqlite.Driver{}

func (c connector) Connect(context.Context) (driver.Conn, error) { return sqliteDriver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return sqliteDriver }
