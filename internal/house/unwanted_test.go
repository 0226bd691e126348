//go:build !race

package house

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unwanted is what no file may hold. Some patterns, and the examples in
// TestUnwantedIsNoticed, are written in parts so that this file holds none.
var unwanted = []struct {
	name string
	re   *regexp.Regexp
}{
	{"a path of one machine", regexp.MustCompile(`(^|[^\w./~-])/(work|root|home/[a-z][\w-]*|Users/[A-Za-z][\w-]*)/`)},
	{"a package registry's host", regexp.MustCompile(`\b(proxy\.golang|sum\.golang|registry\.npmjs|registry\.yarnpkg)\.\w+|\bdeb\.debian\.\w+`)},
	{"a mark of unfinished work", regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|TB` + `D)\b`)},
	{"a merge that was not finished", regexp.MustCompile(`^(<{7}|>{7}) `)},
	{"a private key or a live token", regexp.MustCompile(`-----BEGIN (RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}|\bshpat_[0-9a-f]{32}\b|\bghp_[A-Za-z0-9]{36}\b`)},
}

func TestTreeHoldsNothingUnwanted(t *testing.T) {
	for _, file := range tracked(t) {
		text := read(t, file)
		if bytes.IndexByte(text, 0) >= 0 || file == "go.sum" {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, u := range unwanted {
				if found := u.re.FindString(line); found != "" {
					t.Errorf("%s:%d: %s: %q", file, i+1, u.name, strings.TrimSpace(found))
				}
			}
		}
		// The folder this checkout happens to lie in.
		if parent := filepath.Dir(root(t)) + "/"; strings.Count(parent, "/") > 2 && bytes.Contains(text, []byte(parent)) {
			t.Errorf("%s: names the folder of this checkout", file)
		}
	}
}

func TestUnwantedIsNoticed(t *testing.T) {
	for _, line := range []string{
		"see /" + "root/notes", "`/" + "work/main/go.mod`", "/" + "home/someone/src",
		"https://proxy.golang" + ".org/x", "// TO" + "DO: finish", "<<<<<<" + "< HEAD",
		"token shpat_" + strings.Repeat("0a", 16),
	} {
		if !slices.ContainsFunc(unwanted, func(u struct {
			name string
			re   *regexp.Regexp
		},
		) bool {
			return u.re.MatchString(line)
		}) {
			t.Errorf("not noticed: %s", line)
		}
	}
	for _, line := range []string{"GET /admin/work/1", "./home/x/y", "a/root/b", "https://golang.org/x", "the todo list"} {
		for _, u := range unwanted {
			if u.re.MatchString(line) {
				t.Errorf("%s is taken for %s", line, u.name)
			}
		}
	}
}
