//go:build !race

package adapter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The guide's commands make a module outside this one, in which the example
// builds and passes its tests: nothing internal is needed. It uses no network,
// and no file but those of go.mod's modules.
func TestGuideAsWritten(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	commands := blocks(guide(t), "sh")
	if len(commands) != 1 || !strings.Contains(commands[0], "=../penstock\n") {
		t.Fatalf("the guide's commands are %q", commands)
	}
	dir := t.TempDir()
	module := filepath.Join(dir, "stall")
	sh(t, dir, "set -e\n"+strings.ReplaceAll(commands[0], "../penstock", "'"+root+"'"))

	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	files := example(t)
	files["go.sum"] = string(sums)
	for path, text := range files {
		to := filepath.Join(module, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(strings.ReplaceAll(text, inRepository, "example.com/stall")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sh(t, module, "go vet ./... && go test ./...")
}

func sh(t *testing.T, dir, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = dir
	// What go tidy would add is added on the way, from what is downloaded.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
}
