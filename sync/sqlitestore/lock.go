package sqlitestore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	channelsync "github.com/penstock-go/penstock/sync"
)

// A store holds two things. The lock on the file beside the database has a note
// of who has it, and works everywhere. The claim on the database itself holds
// under any name of it, and when the file beside it was deleted.

// lockFile takes the lock beside the database and leaves a note of who has it.
// The note is for people: the lock alone decides. made is whether its file was
// not there before.
func lockFile(database string) (lock *flock.Flock, made bool, err error) {
	path := database + ".lock"
	for range 10 {
		switch info, err := os.Lstat(path); {
		case errors.Is(err, os.ErrNotExist):
			made = true
		case err == nil && !info.Mode().IsRegular():
			return nil, false, fmt.Errorf("sqlitestore: lock %s: %s is %s where a file of ours belongs; remedy: remove it", database, path, kind(info))
		}
		lock = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
		ok, err := lock.TryLock()
		if err != nil {
			return nil, false, refused("lock "+database, err)
		}
		if !ok {
			return nil, false, fmt.Errorf("sqlitestore: %s: %w: %s", database, channelsync.ErrLocked, holder(path))
		}
		if !current(lock) { // deleted after we opened it: it keeps nobody out
			_ = lock.Unlock()
			continue
		}
		note := fmt.Sprintf("pid %d\nsince %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
		_ = os.WriteFile(path, []byte(note), 0o600) // a full disk is no reason not to open
		return lock, made, nil
	}
	return nil, false, fmt.Errorf("sqlitestore: lock %s: %s is deleted again and again", database, path)
}

// current reports whether the file that is locked is the one at its path.
func current(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, there)
}

// unlock wipes the note first, so that it never names a process that has let
// the lock go.
func unlock(lock *flock.Flock) error {
	if current(lock) {
		_ = os.Truncate(lock.Path(), 0)
	}
	return lock.Unlock()
}

// holder tells who holds the lock, as far as its note says.
func holder(path string) string {
	note, _ := os.ReadFile(path)
	var pid, since string
	for line := range strings.Lines(string(note)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name {
		case "pid":
			pid = value
		case "since":
			since = value
		}
	}
	if pid == "" {
		return "held by another process"
	}
	return fmt.Sprintf("held by process %s since %s", pid, since)
}

// claim is a database file that a store of this process has.
type claim struct {
	file  *os.File
	info  os.FileInfo
	path  string
	since time.Time
	empty bool
}

// claims are those of this process. Where SQLite has a file open, closing
// another handle on it drops SQLite's own locks: such a file must be known
// without opening it.
var claims struct {
	sync.Mutex
	held []*claim
}

// header is what every SQLite database begins with.
var header = []byte("SQLite format 3\x00")

// claimFile opens a file that is a database, or empty, and that nobody has. It
// changes nothing of it.
func claimFile(path string, flag int) (_ *claim, err error) {
	claims.Lock()
	defer claims.Unlock()
	if err := claimable(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, refused("open", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, refused("open", err)
	}
	if flag&os.O_RDWR != 0 && !lockDatabase(f) {
		return nil, fmt.Errorf("sqlitestore: %s: %w: %s", path, channelsync.ErrLocked, databaseHolder(f))
	}
	if linked(info) {
		return nil, fmt.Errorf("sqlitestore: open %s: the file has another name, a hard link, and SQLite would keep a log for each of them; "+
			"remedy: keep one name (a copy is made by cp, or by sqlite3's .backup while it is in use)", path)
	}
	begins := make([]byte, len(header))
	n, err := f.ReadAt(begins, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("sqlitestore: open: %w", err)
	}
	if n > 0 && !bytes.Equal(begins, header) {
		return nil, fmt.Errorf("sqlitestore: open %s: %w: it does not begin as an SQLite database does, and is left as it was", path, ErrCorrupt)
	}
	c := &claim{file: f, info: info, path: path, since: time.Now(), empty: n == 0}
	claims.held = append(claims.held, c)
	return c, nil
}

// claimable refuses what is no file, and what a store of this process has. It
// opens nothing. The caller holds claims.
func claimable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return refused("open", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("sqlitestore: open %s: it is %s: give the path of a file", path, kind(info))
	}
	for _, c := range claims.held {
		if os.SameFile(c.info, info) {
			as := ""
			if c.path != path {
				as = " as " + c.path
			}
			return fmt.Errorf("sqlitestore: %s: %w: held by process %d since %s%s",
				path, channelsync.ErrLocked, os.Getpid(), c.since.UTC().Format(time.RFC3339), as)
		}
	}
	return nil
}

// release gives the file up. Every connection to it is closed by then.
func (c *claim) release() error {
	claims.Lock()
	defer claims.Unlock()
	claims.held = slices.DeleteFunc(claims.held, func(other *claim) bool { return other == c })
	return c.file.Close()
}

func kind(info os.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeSymlink != 0:
		return "a symbolic link"
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "no ordinary file"
}

// refused tells what the file system said.
func refused(op string, err error) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("sqlitestore: %s: %w: %w; remedy: check owner and mode of the file and its folder: both are written to", op, ErrReadOnly, err)
	}
	return fmt.Errorf("sqlitestore: %s: %w", op, err)
}
