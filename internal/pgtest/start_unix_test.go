//go:build unix

package pgtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/pgtest"
)

// TestTheServerEndsWithItsProcess kills a test binary that has started one.
func TestTheServerEndsWithItsProcess(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		fmt.Fprintln(os.Stderr, pgtest.DurableURL(t))
		select {} // until it is killed
	}
	pgtest.URL(t) // or skips
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = []string{"PGTEST_CHILD=1", "PATH=" + os.Getenv("PATH")}
	out, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	said.Scan()
	address, err := url.Parse(said.Text())
	if err != nil || address.Query().Get("host") == "" {
		t.Fatalf("the child says %q: %v", said.Text(), err)
	}
	dir := address.Query().Get("host")
	lines, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(lines), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	end := time.After(30 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		_, gone := os.Stat(dir)
		if errors.Is(gone, fs.ErrNotExist) && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the folder: %v; the server: %v", gone, syscall.Kill(pid, 0))
		}
	}
}
