package sqlitestore

import (
	stdsql "database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	channelsync "github.com/penstock-go/penstock/sync"
)

// TestOpenBringsAnOlderFileUpToDate: what an earlier release parked is there,
// and nobody has dismissed it.
func TestOpenBringsAnOlderFileUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	db := stdsql.OpenDB(connector{dsn(path, "mode", "rwc", "_journal_mode", "WAL")})
	files, err := fs.Sub(migrations, "migrations")
	must(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	must(t, err)
	_, err = provider.UpTo(t.Context(), 1)
	must(t, err)
	mustExec(t, db, `INSERT INTO parked (channel, kind, ref, class, reason, raw, at, tries) VALUES ('a', 'order', '1', 'invalid', 'no currency', NULL, 1, 3)`)
	must(t, db.Close())

	s := openAt(t, path)
	must(t, s.View(t.Context(), func(tx channelsync.Tx) error {
		rows, err := tx.Parked(t.Context(), channelsync.ParkedFilter{})
		if err == nil && (len(rows) != 1 || rows[0].Reason != "no currency" || rows[0].Tries != 3 || !rows[0].DismissedAt.IsZero()) {
			t.Errorf("parked: %+v", rows)
		}
		return err
	}))
}
