package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root returns the folder of go.mod.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// tracked returns the files of the tree, relative to root and with slashes:
// those git tracks, or in a copy without git all of them.
func tracked(tb testing.TB) []string {
	tb.Helper()
	dir := root(tb)
	cmd := exec.CommandContext(tb.Context(), "git", "ls-files", "-z")
	cmd.Dir = dir
	if out, err := cmd.Output(); err == nil {
		files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		// A file removed and not yet committed is still listed.
		return slices.DeleteFunc(files, func(f string) bool {
			_, err := os.Lstat(filepath.Join(dir, f))
			return f == "" || err != nil
		})
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(root(tb), file))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func TestTopLevelHoldsOnlyWhatIsPlanned(t *testing.T) {
	for _, file := range tracked(t) {
		top, _, _ := strings.Cut(file, "/")
		if !slices.Contains(topLevel, top) {
			t.Errorf("%s: %s is not planned at the top level", file, top)
		}
	}
}

// Outside a synctest bubble a sleep is a guess about how fast a machine is. A
// package whose tests run in bubbles may sleep in the helpers they share.
func TestTestsSleepOnlyInBubbles(t *testing.T) {
	bubbles := map[string]bool{}
	sleeps := map[string][]token.Position{}
	for _, file := range tracked(t) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, read(t, file), 0)
		if err != nil {
			t.Error(err)
			continue
		}
		dir := path.Dir(file)
		if slices.ContainsFunc(parsed.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"testing/synctest"` }) {
			bubbles[dir] = true
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && selects(call.Fun, "time", "Sleep") {
				sleeps[dir] = append(sleeps[dir], fset.Position(call.Pos()))
			}
			return true
		})
	}
	for dir, at := range sleeps {
		if bubbles[dir] {
			continue
		}
		for _, pos := range at {
			t.Errorf("%s: a test sleeps: wait for the event with a deadline, or use testing/synctest", pos)
		}
	}
}

func selects(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// sqlClock matches the ways in which SQL asks the database what time it is.
var sqlClock = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|getdate|sysdate|unixepoch)\s*\(` +
	`|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b|'now'`)

// sqlText matches text that is SQL.
var sqlText = regexp.MustCompile(`(?i)\b(select\s.+\sfrom|insert\s+(or\s+\w+\s+)?into|update\s+\w+\s+set|delete\s+from|create\s+(temp\s+|unique\s+)?(table|index)|alter\s+table)\b`)

// A store has no clock of its own: every time is a parameter, so that a test
// in a bubble sees one time and not two.
func TestSQLAsksNoClock(t *testing.T) {
	for _, file := range tracked(t) {
		switch {
		case strings.HasSuffix(file, ".sql"):
			for i, line := range strings.Split(string(read(t, file)), "\n") {
				if found := sqlClock.FindString(line); found != "" && !strings.HasPrefix(strings.TrimSpace(line), "--") {
					t.Errorf("%s:%d: %s: a time is a parameter", file, i+1, found)
				}
			}
		case strings.HasSuffix(file, ".go") && !strings.HasPrefix(file, "internal/house/"):
			fset := token.NewFileSet()
			parsed, err := parser.ParseFile(fset, file, read(t, file), 0)
			if err != nil {
				t.Error(err)
				continue
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					return true
				}
				if found := sqlClock.FindString(text); found != "" && sqlText.MatchString(strings.ReplaceAll(text, "\n", " ")) {
					t.Errorf("%s: %s: a time is a parameter", fset.Position(lit.Pos()), found)
				}
				return true
			})
		}
	}
}

func TestSQLClocksAreNoticed(t *testing.T) {
	for _, sql := range []string{
		"insert into lane values (?, now())", "UPDATE lane SET at = CURRENT_TIMESTAMP", "create table x (at text default (datetime('now')))",
		"select id\n from lane where at < unixepoch()",
	} {
		if !sqlClock.MatchString(sql) || !sqlText.MatchString(strings.ReplaceAll(sql, "\n", " ")) {
			t.Errorf("not noticed: %s", sql)
		}
	}
	for _, sql := range []string{"select known from lane", "update lane set now_at = ?", "select last_update from lane where next_at <= ?"} {
		if sqlClock.MatchString(sql) {
			t.Errorf("taken for a clock: %s", sql)
		}
	}
}
