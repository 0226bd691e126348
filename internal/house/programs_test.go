//go:build !race

package house

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goBlock   = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	textBlock = regexp.MustCompile("(?ms)^```text\n(.*?)^```$")
)

// Every Go block of the README is a whole file that compiles, and its program
// prints what it says.
func TestREADMEProgramsRun(t *testing.T) {
	text := string(read(t, "README.md"))
	blocks := goBlock.FindAllStringSubmatchIndex(text, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md holds no program")
	}
	for _, at := range blocks {
		source := text[at[2]:at[3]]
		file := filepath.Join(t.TempDir(), "readme.go")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		how := "vet"
		if strings.HasPrefix(source, "package main\n") {
			how = "run"
		}
		cmd := exec.CommandContext(t.Context(), "go", how, file)
		cmd.Dir = root(t)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %s: %v\n%s\n%s", how, err, &stderr, source)
		}
		if how == "run" {
			want := textBlock.FindStringSubmatch(text[at[1]:])
			if want == nil || want[1] != string(out) {
				t.Errorf("the program prints %q, the README says %q", out, want)
			}
		}
	}
}
