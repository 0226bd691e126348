// Package adapter holds docs/write-an-adapter.md to the example it is about.
package adapter

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const inRepository = "github.com/penstock-go/penstock/examples/adapter/stall"

// example returns the files of the example by their path within it.
func example(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	tree := os.DirFS("stall")
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "write-an-adapter.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the guide's blocks of a language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestGuidesCodeIsTheExamples(t *testing.T) {
	files := example(t)
	found := blocks(guide(t), "go")
	for _, block := range found {
		if !within(files, block) {
			t.Errorf("no file of the example has this block:\n%s", block)
		}
	}
	if len(found) < 20 {
		t.Errorf("the guide has only %d blocks of code", len(found))
	}
}

// within reports whether a file has the block as whole lines.
func within(files map[string]string, block string) bool {
	for _, text := range files {
		if strings.Contains("\n"+text, "\n"+block) {
			return true
		}
	}
	return false
}

func TestChangedCodeIsNoticed(t *testing.T) {
	files := map[string]string{"a.go": "package a\n\nfunc f() {}\n"}
	for block, want := range map[string]bool{
		"func f() {}\n": true, "package a\n\nfunc f() {}\n": true, "func g() {}\n": false, "f() {}\n": false, "func f()\n": false,
	} {
		if within(files, block) != want {
			t.Errorf("%q is within: %t", block, !want)
		}
	}
}

func TestGuideNamesEveryFile(t *testing.T) {
	text := guide(t)
	for path := range example(t) {
		if !strings.Contains(text, "`"+filepath.Base(path)+"`") {
			t.Errorf("the guide does not name %s", path)
		}
	}
}
