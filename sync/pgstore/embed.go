package pgstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"

	channelsync "github.com/penstock-go/penstock/sync"
)

// InTx returns the store inside a transaction of the caller's, for the methods
// of an engine that end in Tx: a parcel or a stock change is stored with the
// caller's own rows, or none of it is. The caller commits or rolls back, and
// uses the answer no longer than tx; after the commit Engine.Wake makes the
// engine look at once, and otherwise it does by its next sweep.
//
// The transaction is in the store's database, and its isolation level is
// serializable. [ErrConflict] says that another transaction was first: roll back
// and begin again. The commit may say so too, with [Conflict] to tell.
func (s *Store) InTx(tx pgx.Tx) channelsync.Tx { return s.in(pgxConn{tx}) }

// InSQLTx is InTx for a transaction of database/sql whose driver is
// github.com/jackc/pgx/v5/stdlib.
func (s *Store) InSQLTx(tx *sql.Tx) channelsync.Tx { return s.in(sqlConn{tx}) }

func (s *Store) in(c conn) *tx { return &tx{conn: c, texts: s.texts, check: s.checkForeign} }

// checkForeign refuses a transaction in which the contract of Update does not
// hold.
func (s *Store) checkForeign(ctx context.Context, t *tx) error {
	var level, database string
	err := t.conn.query(ctx, "SELECT convert_to(current_setting('transaction_isolation'), 'UTF8'), convert_to(current_database(), 'UTF8')",
		nil, func(r *row) { level, database = r.text(), r.text() })
	switch {
	case err != nil:
		return err
	case database != s.database:
		return fmt.Errorf("the transaction is in database %s and the store in %s", database, s.database)
	case level != "serializable":
		return fmt.Errorf("the transaction is %s: begin it as serializable, so that what it reads of the store is still so when it writes", level)
	}
	return nil
}
