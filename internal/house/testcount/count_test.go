package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The counts are read off a real run, so that a change of the format in a
// later Go fails here and not by counting nothing.
func TestCountsARealRun(t *testing.T) {
	cases := []struct {
		name  string
		files map[string]string
		want  Counts
		says  []string // parts of what is printed
		not   []string
	}{
		{
			name: "subtests are counted instead of the test around them",
			files: map[string]string{"a_test.go": `
func TestPlain(t *testing.T) { t.Log("quiet") }
func TestTable(t *testing.T) {
	for _, name := range []string{"one", "two", "three"} { t.Run(name, func(t *testing.T) {}) }
}`},
			want: Counts{Passed: 4},
			says: []string{"ok   m\t", "4 tests"},
			not:  []string{"quiet"},
		},
		{
			name: "a failed subtest is one failure, with its output",
			files: map[string]string{"a_test.go": `
func TestTable(t *testing.T) {
	t.Run("good", func(t *testing.T) {})
	t.Run("bad", func(t *testing.T) { t.Error("why it failed") })
}`},
			want: Counts{Passed: 1, Failed: 1},
			says: []string{"why it failed", "FAIL m\t"},
		},
		{
			name: "a test that fails after its subtests is a failure of its own",
			files: map[string]string{"a_test.go": `
func TestTable(t *testing.T) {
	t.Run("good", func(t *testing.T) {})
	t.Error("afterwards")
}`},
			want: Counts{Passed: 1, Failed: 1},
			says: []string{"afterwards"},
		},
		{
			name: "a skip is counted and says its reason",
			files: map[string]string{"a_test.go": `
func TestRuns(t *testing.T) {}
func TestSkips(t *testing.T) { t.Skip("no such folder") }`},
			want: Counts{Passed: 1, Skipped: 1},
			says: []string{"SKIP m TestSkips", "no such folder"},
		},
		{
			name: "a panic fails the test it happens in and keeps its trace",
			files: map[string]string{"a_test.go": `
func TestPanics(t *testing.T) { panic("out of the blue") }`},
			want: Counts{Failed: 1},
			says: []string{"out of the blue"},
		},
		{
			name: "a failure's output keeps its beginning and its end",
			files: map[string]string{"a_test.go": `
func TestTalks(t *testing.T) {
	for i := range 1000 { t.Log("line", i) }
	t.Fail()
}`},
			want: Counts{Failed: 1},
			says: []string{"line 1\n", "line 999\n", "lines …"},
			not:  []string{"line 500\n"},
		},
		{
			name: "what a package prints at its end is kept when a test of it failed",
			files: map[string]string{"a_test.go": `
func TestFails(t *testing.T) { t.Fail() }
func TestMain(m *testing.M) { m.Run(); println("a leak at the end"); os.Exit(1) }`},
			want: Counts{Failed: 1},
			says: []string{"a leak at the end", "FAIL m\t"},
		},
		{
			name: "a process that ends early fails",
			files: map[string]string{"a_test.go": `
func TestLeaves(t *testing.T) { os.Exit(3) }`},
			want: Counts{Failed: 1},
		},
		{
			name: "a package that does not build is a failure, with the compiler's words",
			files: map[string]string{"a_test.go": `
func TestBroken(t *testing.T) { undefinedName() }`},
			want: Counts{Failed: 1},
			says: []string{"undefinedName", "does not build"},
		},
		{
			name: "code without tests is a failure",
			files: map[string]string{
				"a_test.go":    "func TestRuns(t *testing.T) {}",
				"bare/bare.go": "package bare\nfunc Code() {}",
			},
			want: Counts{Passed: 1, Failed: 1},
			says: []string{"FAIL m/bare\thas no test files"},
		},
		{
			name:  "a test file without a test is a failure",
			files: map[string]string{"a_test.go": "var _ testing.TB"},
			want:  Counts{Failed: 1},
			says:  []string{"runs no test"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			got, err := count(bytes.NewReader(goTest(t, c.files)), &out)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("does not say %q", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(out.String(), s) {
					t.Errorf("says %q", s)
				}
			}
			if t.Failed() {
				t.Logf("printed:\n%s", out.String())
			}
		})
	}
}

func TestCountsWhatWasCutOff(t *testing.T) {
	cases := []struct {
		name, in string
		want     Counts
	}{
		{"nothing at all", "", Counts{}},
		{"no JSON", "make: *** [test] Error 2\n", Counts{}},
		{
			"a run that was killed",
			`{"Action":"start","Package":"m"}
{"Action":"run","Package":"m","Test":"TestA"}
{"Action":"pass","Package":"m","Test":"TestA","Elapsed":0}
{"Action":"run","Package":"m","Test":"TestB"}
{"Action":"output","Package":"m","Test":"TestB","Outp`,
			// TestB did not end, and nor did the package.
			Counts{Passed: 1, Failed: 2},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			got, err := count(strings.NewReader(c.in), &out)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v; printed:\n%s", got, c.want, out.String())
			}
		})
	}
}

// goTest runs `go test -json ./...` over a module of the given files.
func goTest(t *testing.T, files map[string]string) []byte {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.26\n"
	for name, text := range files {
		if strings.HasSuffix(name, "_test.go") {
			text = "package m\nimport (\"os\"; \"testing\")\nvar _ = os.Args\n" + text
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-json", "-vet=off", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("go test: %v", err)
	}
	return out
}
