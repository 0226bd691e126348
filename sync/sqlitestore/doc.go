// Package sqlitestore keeps a sync engine's state in one SQLite file. It is
// pure Go: no C compiler, no server, nothing to install.
//
//	store, err := sqlitestore.Open("penstock.db")
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: channels})
//
// # One process
//
// A store is open in one process at a time, and once in it. [Open] takes a lock
// on the file named like the database with ".lock" behind it and writes its
// process id and the time into it; a second opener is refused at once with
// [channelsync.ErrLocked] and told who has it. The operating system frees the
// lock when the process ends, however it ends, so there is nothing to clean up
// after a crash. The lock file itself stays. On Linux the database carries a
// lock as well, so it is held under any name and when the lock file was deleted;
// elsewhere do not delete that file under a running program. A database with a
// hard link is refused, since SQLite would keep a log for each name.
//
// It guards against programs that use this package, not against others that
// write to the file, nor, on most network file systems, against other machines.
// Keep the database on a local disk. Closing a store drops the locks that other
// SQLite connections of the same process have on its file: make a backup from
// another process, or before.
//
// # How it writes
//
// The database is in WAL mode. A commit of [Store.Update] waits until it is on
// the disk (synchronous=FULL), so neither a killed process nor a power cut loses
// it: what is about to be sent, a ticket, a token, an order of which a subscriber
// is told. [Store.UpdateRelaxed] does not wait (synchronous=NORMAL): a killed
// process loses nothing by it, and a power cut may undo it, which damages
// nothing. An engine takes and frees its leases by it, twice a visit, so a visit
// that finds nothing new waits for the disk once and an idle store never.
//
// Update runs on one connection, one caller at a time, first come first served.
// [Store.View] runs on a few connections opened read-only, and neither waits for
// a writer nor holds one up. A View or an Update must not be started inside an
// Update's function: it would wait for itself, or not see what that transaction
// wrote.
//
// Statements are prepared once and kept for as long as their connection. The
// context given to a Tx method is looked at before each statement and between
// rows; a statement under way is finished, which takes microseconds.
//
// # Times and tests
//
// No statement reads a clock, so a store follows the time of its caller. It
// works in a testing/synctest bubble: open and close it inside, or open and
// close it outside and use it inside. It leaves no goroutine behind.
//
// # Files
//
// Beside penstock.db there are penstock.db-wal and penstock.db-shm while it is
// open, and penstock.db.lock. To copy the database of a running program, use
// SQLite's own backup (sqlite3 penstock.db ".backup copy.db"), not cp. The
// file is created readable by its owner only, since it holds orders and, where
// they are kept in it, tokens: both in clear unless they are sealed. A database
// of an earlier release, or a copy, is made so when it is opened.
//
// What is no database, or another program's, is refused and left as it was.
//
// The tables are private to this package. They are versioned: Open brings an
// older file up to date, and refuses one that a newer release has written.
package sqlitestore
