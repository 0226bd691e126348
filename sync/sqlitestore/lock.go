package sqlitestore

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"

	channelsync "github.com/penstock-go/penstock/sync"
)

// lockFile takes the lock beside the database and leaves a note of who has it.
// The note is for people: the lock alone decides.
func lockFile(database string) (*flock.Flock, error) {
	path := database + ".lock"
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: lock %s: %w", database, err)
	}
	if !ok {
		return nil, fmt.Errorf("sqlitestore: %s: %w: %s", database, channelsync.ErrLocked, holder(path))
	}
	note := fmt.Sprintf("pid %d\nsince %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	_ = os.WriteFile(path, []byte(note), 0o600) // a full disk is no reason not to open
	return lock, nil
}

// unlock wipes the note first, so that it never names a process that has let
// the lock go.
func unlock(lock *flock.Flock) error {
	_ = os.Truncate(lock.Path(), 0)
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
