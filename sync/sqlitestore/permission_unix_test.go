//go:build unix

package sqlitestore

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// permissionEnv names the file that a child without privileges is to open.
const permissionEnv = "PENSTOCK_TEST_OPEN"

// TestOpenWithoutPermission opens a file that may only be read, and files in a
// folder that may only be read: the log and the lock beside them are written.
// The superuser may write everywhere, so there a child of another user does it.
func TestOpenWithoutPermission(t *testing.T) {
	if path := os.Getenv(permissionEnv); path != "" {
		refuseReadOnly(t, path)
		return
	}
	folder := func(name string) string {
		dir := filepath.Join(t.TempDir(), name)
		must(t, os.Mkdir(dir, 0o755))
		for d := dir; d != filepath.Dir(d) && d != os.TempDir(); d = filepath.Dir(d) {
			must(t, os.Chmod(d, 0o755))
		}
		return dir
	}
	file := func(path string, mode os.FileMode) {
		must(t, os.WriteFile(path, nil, mode))
		must(t, os.Chmod(path, mode))
	}
	readFile := filepath.Join(folder("a"), "penstock.db")
	file(readFile, 0o444)
	file(readFile+".lock", 0o666)
	readFolder := filepath.Join(folder("b"), "penstock.db")
	file(readFolder, 0o666)
	readLock := filepath.Join(folder("c"), "penstock.db")
	file(readLock, 0o666)
	file(readLock+".lock", 0o444)
	nothing := filepath.Join(folder("d"), "penstock.db")
	for _, path := range []string{readFile, readFolder, readLock, nothing} {
		must(t, os.Chmod(filepath.Dir(path), 0o555))
		defer func() { _ = os.Chmod(filepath.Dir(path), 0o755) }() // or a plain user could not clean up
	}

	binary := filepath.Join(folder("bin"), "test")
	if os.Getuid() == 0 {
		copyTo(t, binary)
	}
	for _, path := range []string{readFile, readFolder, readLock, nothing} {
		if os.Getuid() != 0 {
			refuseReadOnly(t, path)
			continue
		}
		cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestOpenWithoutPermission$")
		cmd.Dir = filepath.Dir(binary)
		cmd.Env = append(os.Environ(), permissionEnv+"="+path, "HOME="+cmd.Dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as another user: %v\n%s", err, out)
		}
	}
}

func refuseReadOnly(t *testing.T, path string) {
	t.Helper()
	_, err := Open(path)
	if !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "owner and mode") {
		t.Errorf("Open: %v, want ErrReadOnly, %s and the remedy", err, path)
	}
}

func TestReadOnlyFileSystem(t *testing.T) {
	if err := refused("open", &os.PathError{Op: "open", Path: "/x", Err: syscall.EROFS}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("%v, want ErrReadOnly", err)
	}
}

func TestOpenOfANamedPipe(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	must(t, syscall.Mkfifo(pipe, 0o644))
	must(t, os.Chmod(pipe, 0o644))
	if s, err := Open(pipe); err == nil || !strings.Contains(err.Error(), "a named pipe") {
		t.Errorf("Open: %v, %v, want it refused as a named pipe", s, err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the pipe is %v (%v), want it as it was", info.Mode(), err)
	}
	if left := names(t, folder); len(left) != 1 {
		t.Errorf("in the folder is %q, want the pipe alone", left)
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
