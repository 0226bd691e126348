package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// childEnv names the database that this test binary is to hold as a child.
const childEnv = "PENSTOCK_TEST_SQLITE_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// child commits one order after the other, tells of each when it is committed,
// and is always in the middle of the next. It ends by being killed.
func child(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for i := 0; ; i++ {
		err := s.Update(ctx, func(tx channelsync.Tx) error {
			rows := make([]channelsync.OrderRow, 20)
			for k := range rows {
				rows[k] = channelsync.OrderRow{Channel: "a", ID: channel.OrderID(fmt.Sprintf("%d/%d", i, k)), Doc: make([]byte, 2000)}
			}
			return tx.PutOrders(ctx, rows)
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, i)
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "penstock.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	for _, name := range []string{path, link, "penstock.db", filepath.Join(folder, ".", "x", "..", "penstock.db")} {
		_, err := Open(name)
		if !errors.Is(err, channelsync.ErrLocked) {
			t.Fatalf("%s: %v, want ErrLocked", name, err)
		}
		for _, want := range []string{path, "process " + strconv.Itoa(os.Getpid()), "since " + time.Now().UTC().Format("2006-01-02T")} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
	closeStore(t, s)
	note, err := os.ReadFile(path + ".lock")
	if err != nil || len(note) != 0 {
		t.Errorf("after Close the lock file says %q (%v), want nothing", note, err)
	}
	openAt(t, link)
}

// TestOneFileUnderTwoNames: a second name of the file, or a lock file that is
// gone, lets nobody in beside the holder, here or in another process.
func TestOneFileUnderTwoNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the database itself is locked on Linux only")
	}
	for _, c := range []struct {
		name string
		do   func(path string) (string, error)
	}{
		{"hard link", func(path string) (string, error) { return path + ".hard", os.Link(path, path+".hard") }},
		{"lock file gone", func(path string) (string, error) { return path, os.Remove(path + ".lock") }},
		{"lock file of another", func(path string) (string, error) {
			return path, errors.Join(os.Remove(path+".lock"), os.WriteFile(path+".lock", []byte("pid 1\nsince then\n"), 0o600))
		}},
		{"renamed", func(path string) (string, error) { return path + ".new", os.Rename(path, path+".new") }},
	} {
		for _, inChild := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, child %t", c.name, inChild), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "penstock.db")
				pid, since := os.Getpid(), ""
				var s *Store
				if inChild {
					pid = startChild(t, path)
				} else {
					s = openAt(t, path)
					since = " since " + time.Now().UTC().Format("2006-01-02T")
				}
				name, err := c.do(path)
				must(t, err)
				before := names(t, filepath.Dir(path))
				for range 2 {
					if _, err := Open(name); !errors.Is(err, channelsync.ErrLocked) ||
						!strings.Contains(err.Error(), "held by process "+strconv.Itoa(pid)+since) {
						t.Errorf("Open: %v, want ErrLocked and the holder %d%s", err, pid, since)
					}
				}
				if after := names(t, filepath.Dir(path)); !slices.Equal(after, before) {
					t.Errorf("files: %q, want %q as before", after, before)
				}
				if s != nil {
					must(t, putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1"}))
					closeStore(t, s)
					if name == path {
						openAt(t, path)
					}
				}
			})
		}
	}
}

// TestHardLink: SQLite would keep a log for each name, and miss the other's.
func TestHardLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	closeStore(t, openAt(t, path))
	link := path + ".hard"
	must(t, os.Link(path, link))
	for _, name := range []string{path, link} {
		if s, err := Open(name); err == nil || !strings.Contains(err.Error(), "hard link") || !strings.Contains(err.Error(), "remedy: keep one name") {
			t.Errorf("Open: %v, %v, want it refused for its hard link", s, err)
		}
	}
	must(t, os.Remove(link))
	openAt(t, path)
}

// TestAStrangerInTheLocksPlace: the note is not written into what is no file.
func TestAStrangerInTheLocksPlace(t *testing.T) {
	folder := t.TempDir()
	path, letter := filepath.Join(folder, "penstock.db"), filepath.Join(folder, "letter")
	must(t, os.WriteFile(letter, []byte("dear"), 0o644))
	must(t, os.Symlink(letter, path+".lock"))
	if s, err := Open(path); err == nil || !strings.Contains(err.Error(), "a symbolic link") {
		t.Errorf("Open: %v, %v, want it refused", s, err)
	}
	if text, err := os.ReadFile(letter); err != nil || string(text) != "dear" {
		t.Errorf("the letter says %q (%v)", text, err)
	}
	must(t, os.Remove(path+".lock"))
	openAt(t, path)
}

func names(tb testing.TB, folder string) (names []string) {
	tb.Helper()
	entries, err := os.ReadDir(folder)
	must(tb, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// startChild has a child process hold the database until the test ends.
func startChild(t *testing.T, path string) (pid int) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the child ended")
	}
	go func() { // or it would wait for a reader in the end
		for lines.Scan() {
		}
	}()
	return cmd.Process.Pid
}

func TestOfManyOpenersOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	var won atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			s, err := Open(path)
			switch {
			case err == nil:
				won.Add(1)
				t.Cleanup(func() { closeStore(t, s) })
			case !errors.Is(err, channelsync.ErrLocked):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 16 opened it", won.Load())
	}
}

// TestKilledHolder: a killed process frees the file at once, loses nothing that
// it had committed, and leaves nothing of what it had not.
func TestKilledHolder(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "penstock.db")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 10 + 7*round {
			if !lines.Scan() {
				t.Fatal("the child ended")
			}
		}
		_, err = Open(path)
		if !errors.Is(err, channelsync.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", cmd.Process.Pid)) {
			t.Errorf("Open beside the child %d: %v, want ErrLocked and its number", cmd.Process.Pid, err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		told := lines.Text()
		for lines.Scan() {
			told = lines.Text()
		}
		_ = cmd.Wait() // killed
		n, err := strconv.Atoi(told)
		if err != nil {
			t.Fatalf("the child said %q", told)
		}
		last = max(last, n)

		s, err := Open(path)
		if err != nil {
			t.Fatalf("Open after the kill: %v", err)
		}
		got := countOrders(t, s)
		if got%20 != 0 || got < 20*(last+1) || got > 20*(last+2) {
			t.Errorf("%d orders, want those of %d commits or of one more", got, last+1)
		}
		c := <-s.writer
		check := &query{name: "check", text: "PRAGMA integrity_check", id: sqlView.id}
		c.statements[check.id] = nil
		if err := c.query(t.Context(), check, nil, func(r *row) {
			if found := r.text(); found != "ok" {
				t.Error(found)
			}
		}); err != nil {
			t.Error(err)
		}
		s.writer <- c
		closeStore(t, s)
	}
}
