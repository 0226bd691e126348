package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
