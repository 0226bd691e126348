package pgstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

const versionTable = "penstock_versions"

// leastServer is the oldest Postgres that a store opens: of November 2026 the
// oldest that the project maintains, and what the tests have run on.
const leastServer = 15

// settings is what a test of opening changes.
type settings struct {
	least int   // major version of the server
	files fs.FS // with migrations/*.sql
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func checkSchemaName(name string) error {
	switch {
	case strings.Contains(name, ","):
		return fmt.Errorf("search_path is %q: name one schema, the store's", name)
	case !schemaName.MatchString(name), strings.HasPrefix(name, "pg_"), name == "information_schema":
		return fmt.Errorf("search_path is %q: name a schema of small letters, digits and _, at most 63, that is not Postgres's own", name)
	}
	return nil
}

// prepare checks all that can be wrong with a database and brings the tables
// up to date. It works on a connection of its own.
func (set settings) prepare(ctx context.Context, cfg *pgx.ConnConfig, schema string) (err error) {
	files, err := fs.Sub(set.files, "migrations")
	if err != nil {
		return err
	}
	want, err := newest(files)
	if err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return connectError(cfg, err)
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if err := set.checkServer(ctx, c); err != nil {
		return err
	}
	is, err := version(ctx, c, schema)
	if err != nil {
		return err
	}
	if is < want {
		// Whoever else opens it now waits, and finds the work done. The lock is
		// the connection's, and ends with it.
		if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey("migrate", schema)); err != nil {
			return fail("wait to migrate", err)
		}
		if is, err = version(ctx, c, schema); err != nil {
			return err
		}
	}
	switch {
	case is > want:
		return fmt.Errorf("pgstore: open %s: %w: their version is %d and this one knows up to %d", place(c, schema), ErrNewer, is, want)
	case is < want:
		if err := migrate(ctx, c, files, schema); err != nil {
			return err
		}
	}
	return checkRights(ctx, c, schema)
}

// place names a store for an error.
func place(c *pgx.Conn, schema string) string {
	return fmt.Sprintf("schema %s of database %s", schema, c.Config().Database)
}

// connectError says what to do about a connection that is refused.
func connectError(cfg *pgx.ConnConfig, err error) error {
	hint := ""
	switch class := code(err); {
	case class == "3D000":
		hint = fmt.Sprintf(": make it first (CREATE DATABASE %s), or name another in the address", cfg.Database)
	case strings.HasPrefix(class, "28"):
		hint = ": check the user and the password in the address"
	case class == "53300":
		hint = ": raise the server's max_connections, or lower pool_max_conns of who else is connected"
	}
	if err = fail("open", err); hint != "" {
		return fmt.Errorf("%w%s", err, hint)
	}
	return err
}

// checkServer refuses a server that cannot keep a store.
func (set settings) checkServer(ctx context.Context, c *pgx.Conn) error {
	var number int
	var name, readOnly string
	var standby bool
	err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version'),
		current_setting('default_transaction_read_only'), pg_is_in_recovery()`).Scan(&number, &name, &readOnly, &standby)
	at := "pgstore: open database " + c.Config().Database
	switch {
	case err != nil:
		return fail("open", err)
	case number < set.least:
		return fmt.Errorf("%s: the server is Postgres %s: at least %d is needed", at, name, set.least)
	case standby:
		return fmt.Errorf("%s: %w: the server is a standby: give the primary's address", at, ErrReadOnly)
	case readOnly == "on":
		return fmt.Errorf("%s: %w: default_transaction_read_only is on for this user or database", at, ErrReadOnly)
	}
	return nil
}

// version returns the version of a schema's tables, 0 when there are none. It
// refuses a schema of someone else's, and one that this user cannot look at.
func version(ctx context.Context, c *pgx.Conn, schema string) (is int64, err error) {
	var exists, ours, usage, readable bool
	var tables int
	err = c.QueryRow(ctx, `
		SELECT count(DISTINCT n.oid) > 0, count(c.oid), coalesce(bool_or(c.relname = $2), false),
			coalesce(bool_or(has_schema_privilege(n.oid, 'USAGE')), true),
			coalesce(bool_or(c.relname = $2 AND has_table_privilege(c.oid, 'SELECT')), false)
		FROM pg_namespace AS n LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		WHERE n.nspname = $1`, schema, versionTable).Scan(&exists, &tables, &ours, &usage, &readable)
	at, user := place(c, schema), pgx.Identifier{c.Config().User}.Sanitize()
	switch {
	case err != nil:
		return 0, fail("open "+at, err)
	case tables > 0 && !ours:
		return 0, fmt.Errorf("pgstore: open %s: it belongs to another program: it has tables and none of them is %s: "+
			"name another with search_path in the address", at, versionTable)
	case !usage:
		return 0, fmt.Errorf("pgstore: open %s: %w look into the schema: GRANT USAGE ON SCHEMA %s TO %s", at, ErrDenied, schema, user)
	case !ours:
		return 0, mayMake(ctx, c, schema, exists)
	case !readable:
		return 0, fmt.Errorf("pgstore: open %s: %w read %s: GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", at, ErrDenied, versionTable, schema, user)
	}
	err = c.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+pgx.Identifier{schema, versionTable}.Sanitize()+" WHERE is_applied").Scan(&is)
	return is, fail("open "+at, err)
}

// mayMake refuses a user who may not make the tables.
func mayMake(ctx context.Context, c *pgx.Conn, schema string, exists bool) error {
	ask, what := "SELECT has_database_privilege(current_database(), 'CREATE')", "make a schema"
	var args []any
	if exists {
		ask, what, args = "SELECT has_schema_privilege($1, 'CREATE')", "make tables in it", []any{schema}
	}
	var may bool
	if err := c.QueryRow(ctx, ask, args...).Scan(&may); err != nil || may {
		return fail("open", err)
	}
	user := pgx.Identifier{c.Config().User}.Sanitize()
	remedy := fmt.Sprintf("CREATE SCHEMA %s AUTHORIZATION %s", schema, user)
	if exists {
		remedy = fmt.Sprintf("GRANT CREATE ON SCHEMA %s TO %s", schema, user)
	}
	return fmt.Errorf("pgstore: open %s: %w %s: %s", place(c, schema), ErrDenied, what, remedy)
}

// checkRights refuses a user who may not use all tables.
func checkRights(ctx context.Context, c *pgx.Conn, schema string) error {
	var missing []string
	err := c.QueryRow(ctx, `
		SELECT coalesce(array_agg(p || ' on ' || c.relname ORDER BY c.relname, p), '{}')
		FROM pg_class AS c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
		WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND c.relname <> $2 AND NOT has_table_privilege(c.oid, p)`,
		pgx.Identifier{schema}.Sanitize(), versionTable).Scan(&missing)
	if err != nil || len(missing) == 0 {
		return fail("open "+place(c, schema), err)
	}
	return fmt.Errorf("pgstore: open %s: %w %s (%d missing rights): GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %s",
		place(c, schema), ErrDenied, missing[0], len(missing), schema, pgx.Identifier{c.Config().User}.Sanitize())
}

// migrate brings the tables up to date, each step in a transaction of its own.
// The caller holds the lock.
func migrate(ctx context.Context, c *pgx.Conn, files fs.FS, schema string) (err error) {
	quoted := pgx.Identifier{schema}.Sanitize()
	var exists bool
	err = c.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL", quoted).Scan(&exists)
	if err == nil && !exists { // with IF NOT EXISTS it would take the right to in any case
		_, err = c.Exec(ctx, "CREATE SCHEMA "+quoted)
	}
	if err != nil {
		return fail("migrate "+place(c, schema), err)
	}
	cfg := c.Config().Copy()
	cfg.RuntimeParams["search_path"] = schema
	db := stdlib.OpenDB(*cfg)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := provider(db, files)
	if err != nil {
		return fmt.Errorf("pgstore: migrations: %w", err)
	}
	_, err = provider.Up(ctx)
	return fail("migrate "+place(c, schema), err)
}

func provider(db *sql.DB, files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// newest returns the version of the last of the migrations.
func newest(files fs.FS) (last int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("pgstore: migrations: %w", err)
		}
		last = max(last, n)
	}
	return last, err
}
