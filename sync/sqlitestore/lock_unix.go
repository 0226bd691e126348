//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitestore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
)

const (
	setLock   = 37      // Linux's F_OFD_SETLK: the lock is the handle's, not the process's
	claimByte = 1 << 62 // far behind any database

	// Where SQLite's readers have theirs, and every open store one.
	sharedFirst, sharedSize = 0x40000002, 510
)

// lockDatabase locks one byte that SQLite does not use, so that the two never
// meet. Other systems than Linux have no lock that is safe beside SQLite's, and
// some file systems have none: there the lock beside the database is all.
func lockDatabase(f *os.File) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: claimByte, Len: 1}
	err := syscall.FcntlFlock(f.Fd(), setLock, &l)
	return !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EACCES)
}

// databaseHolder tells who has the database open, as far as the system knows.
func databaseHolder(f *os.File) string {
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: sharedFirst, Len: sharedSize}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &l); err != nil || l.Type == syscall.F_UNLCK || l.Pid <= 0 {
		return "held by another process"
	}
	return fmt.Sprintf("held by process %d", l.Pid)
}

// linked reports whether the file has other names, hard links.
func linked(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink > 1
}
