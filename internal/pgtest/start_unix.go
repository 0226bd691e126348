//go:build unix

package pgtest

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// script makes a cluster in its folder, says so, and waits for its input to
// end, which it does with the test binary, however that ends. Then it stops the
// server and removes the folder: nothing is left, after a kill neither.
const script = `
bin=$1 fsync=$2
end() {
	"$bin/pg_ctl" -D data -m immediate -w stop >>log 2>&1 </dev/null
	cd / && rm -rf "$OLDPWD"
}
if "$bin/initdb" -D data -U pgtest -A trust -E UTF8 --locale=C --no-sync --no-instructions >>log 2>&1 </dev/null &&
	"$bin/pg_ctl" -D data -l server.log -w -o "-k '$PWD' -c listen_addresses='' -c fsync=$fsync -c full_page_writes=$fsync \
		-c shared_buffers=64MB -c max_connections=200 -c wal_level=minimal -c max_wal_senders=0" start >>log 2>&1 </dev/null
then
	echo ready
	read -r _
else
	cat log server.log 2>/dev/null
fi
end
`

// start starts a server and returns the address of its first database. One
// without fsync loses what it has when the machine does, which no test notices.
func start(fsync bool) (address string, err error) {
	bin, err := programs()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "penstock-pg-")
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	started := false
	defer func() {
		if !started {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	attr := &syscall.SysProcAttr{Setsid: true} // what interrupts the test leaves the script to clean up
	if os.Getuid() == 0 {
		// Postgres refuses to run as root.
		uid, gid, err := nobody()
		if err != nil {
			return "", err
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return "", fmt.Errorf("pgtest: %w", err)
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	setting := "off"
	if fsync {
		setting = "on"
	}
	cmd := exec.Command("/bin/sh", "-c", script, "pgtest", bin, setting) //nolint:noctx // it outlives every context, and ends with the process
	cmd.Dir, cmd.SysProcAttr = dir, attr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if _, err := cmd.StdinPipe(); err != nil { // kept open until the process ends
		return "", fmt.Errorf("pgtest: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	said := bufio.NewReader(out)
	first, err := said.ReadString('\n')
	if first != "ready\n" {
		more, _ := io.ReadAll(said)
		return "", fmt.Errorf("pgtest: Postgres in %s does not start: %s%s%w", bin, first, more, cmp.Or(err, cmd.Wait()))
	}
	started, running = true, append(running, cmd)
	at := url.URL{Scheme: "postgres", User: url.User("pgtest"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}
	return at.String(), nil
}

// running keeps the pipes from being closed as garbage.
var running []*exec.Cmd

// nobody returns who runs the server for root.
func nobody() (uid, gid int, err error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return 0, 0, fmt.Errorf("pgtest: Postgres does not run as root, and there is nobody else: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err1, err2)
}

// programs returns the folder of Postgres's programs: the one on the path, or
// the newest where Debian puts them, which is on no path.
func programs() (string, error) {
	var dirs []string
	if file, err := exec.LookPath("pg_ctl"); err == nil {
		if file, err = filepath.EvalSymlinks(file); err == nil {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(installed, func(a, b string) int { return cmp.Compare(release(b), release(a)) })
	for _, dir := range append(dirs, installed...) {
		if !slices.ContainsFunc([]string{"initdb", "pg_ctl", "postgres"}, func(name string) bool {
			_, err := exec.LookPath(filepath.Join(dir, name))
			return err != nil
		}) {
			return dir, nil
		}
	}
	return "", ErrNone
}

// release is the number in a folder such as postgresql/15/bin.
func release(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}
