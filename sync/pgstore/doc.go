// Package pgstore keeps a sync engine's state in a Postgres database.
//
//	store, err := pgstore.Open(ctx, "postgres://shop:secret@db.example.com/shop")
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: channels})
//
// # The database
//
// It takes Postgres 15 or newer. The tables are in a schema of their own,
// "penstock" unless the address names another with search_path, so they may
// stand beside a service's. [Open] makes schema and tables and brings older ones
// up to date, under a lock, so that any number of processes may start at once;
// a user without the right to do so may open what another has made. It refuses a
// schema of another program's, and tables that a newer release has written. The
// tables are private to this package.
//
// What the address leaves out, pgx takes from the environment and the files that
// Postgres's own programs use, such as PGPASSWORD and .pgpass.
//
// # Transactions
//
// [Store.Update] is a serializable transaction: one that could not have happened
// as it did had it been alone is undone by Postgres and begun anew, so its
// function may run more than once. Its commit waits for the server's disk,
// also where synchronous_commit is off for the user. [Store.UpdateRelaxed] does
// not wait. Where the server has fsync off, nothing is safe from a power cut.
//
// A connection that is lost before the commit is replaced, and the function run
// once more. One that is lost at the commit leaves a question, which the server
// is asked when it is back: Update then returns what is so. Only when the server
// stays away, or another has taken its place, is the answer [ErrUnsure].
//
// # A service's own transactions
//
// A service that keeps its data in the same database stores a parcel or a stock
// change together with its own rows:
//
//	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
//	…
//	_, err = tx.Exec(ctx, "UPDATE boxes SET packed = true WHERE id = $1", box)
//	…
//	err = engine.ShipTx(ctx, store.InTx(tx), parcel)
//	…
//	err = tx.Commit(ctx)
//
// [Store.InSQLTx] does the same for database/sql.
//
// # Times and text
//
// No statement reads a clock: every time is the caller's. Text is kept as bytea,
// since marketplaces send what Postgres's text refuses, and sorts by its bytes.
// To read it by hand, convert_from(sku, 'UTF8').
//
// What is erased stays in the server's files until it is vacuumed, and in its
// log and its backups for as long as those are kept.
package pgstore
