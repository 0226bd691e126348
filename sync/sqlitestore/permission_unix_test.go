//go:build unix

package sqlitestore

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// permissionEnv names the file that a child without privileges is to open.
const permissionEnv = "PENSTOCK_TEST_OPEN"

// TestOpenOfAFileWithoutPermission opens a file it may only read. The
// superuser may write to every file, so there a child of another user does it.
func TestOpenOfAFileWithoutPermission(t *testing.T) {
	if path := os.Getenv(permissionEnv); path != "" {
		if _, err := Open(path); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Open: %v, want ErrReadOnly", err)
		}
		return
	}
	dir := t.TempDir()
	for d := dir; d != filepath.Dir(d) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "penstock.db")
	for name, mode := range map[string]os.FileMode{path: 0o444, path + ".lock": 0o666} {
		if err := os.WriteFile(name, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() != 0 {
		if _, err := Open(path); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Open: %v, want ErrReadOnly", err)
		}
		return
	}
	binary := filepath.Join(dir, "test")
	copyTo(t, binary)
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestOpenOfAFileWithoutPermission$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), permissionEnv+"="+path, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}

// copyTo copies the test's own program to where another user may run it.
func copyTo(t *testing.T, path string) {
	t.Helper()
	from, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
