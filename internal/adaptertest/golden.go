package adaptertest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Golden compares a text with testdata/name.golden, or with -update writes it
// there.
func Golden(tb testing.TB, name, got string) {
	tb.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tb.Fatalf("%v: run go test -update and read what it writes", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("if the change is meant, run go test -update (-%s +got):\n%s", file, diff)
	}
}
