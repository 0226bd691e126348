package house

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mdLink    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)[^)]*\)`)
	mdHeading = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*$`)
	mdFence   = regexp.MustCompile("(?ms)^```.*?^```")
	mdCode    = regexp.MustCompile("`[^`\n]*`")
)

func TestDocumentLinksResolve(t *testing.T) {
	files := tracked(t)
	for _, file := range files {
		if strings.HasSuffix(file, ".md") {
			for _, wrong := range brokenLinks(file, string(read(t, file)), files, func(f string) string { return string(read(t, f)) }) {
				t.Errorf("%s: %s", file, wrong)
			}
		}
	}
}

// brokenLinks returns the relative links of a document that lead nowhere.
func brokenLinks(file, text string, files []string, open func(string) string) []string {
	var wrong []string
	plain := mdCode.ReplaceAllString(mdFence.ReplaceAllString(text, ""), "")
	for _, m := range mdLink.FindAllStringSubmatch(plain, -1) {
		link := m[1]
		if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
			continue
		}
		target, anchor, _ := strings.Cut(link, "#")
		to := file
		if target != "" {
			to = path.Join(path.Dir(file), target)
		}
		isFolder := slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(f, to+"/") })
		switch {
		case !isFolder && !slices.Contains(files, to):
			wrong = append(wrong, fmt.Sprintf("link to %s, which does not exist", link))
		case anchor != "" && (isFolder || !slices.Contains(anchors(open(to)), anchor)):
			wrong = append(wrong, fmt.Sprintf("link to %s, which has no such heading", link))
		}
	}
	return wrong
}

// anchors returns the fragments by which a document's headings are linked.
func anchors(text string) []string {
	var out []string
	for _, m := range mdHeading.FindAllStringSubmatch(mdFence.ReplaceAllString(text, ""), -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(m[1]) {
			switch {
			case r == ' ':
				b.WriteByte('-')
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
				b.WriteRune(r)
			}
		}
		out = append(out, b.String())
	}
	return out
}

func TestBrokenLinksAreNoticed(t *testing.T) {
	files := []string{"README.md", "docs/adr/README.md", "docs/adr/0001-a.md"}
	open := func(string) string { return "# A title, with `code`\n" }
	cases := []struct {
		link string
		ok   bool
	}{
		{"0001-a.md", true},
		{"../../README.md", true},
		{"../adr", true},
		{"#a-title-with-code", true},
		{"0001-a.md#a-title-with-code", true},
		{"https://example.com/nowhere", true},
		{"0002-b.md", false},
		{"0001-a.md#another", false},
		{"../adr#a-title-with-code", false},
	}
	for _, c := range cases {
		if got := brokenLinks("docs/adr/README.md", "see [it]("+c.link+")", files, open); (len(got) == 0) != c.ok {
			t.Errorf("%s: %q", c.link, got)
		}
	}
	if got := brokenLinks("README.md", "`[a](b)` and\n```\n[a](b)\n```\n", files, open); len(got) > 0 {
		t.Errorf("code is taken for links: %q", got)
	}
}

var (
	makeTarget  = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	makeCommand = regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z-]*)")
	goRun       = regexp.MustCompile(`go run (\./[\w./-]+)`)
)

// A document's commands exist.
func TestDocumentedCommandsExist(t *testing.T) {
	makefile := string(read(t, "Makefile"))
	var targets []string
	for _, m := range makeTarget.FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, m[1])
	}
	for _, file := range tracked(t) {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		text := string(read(t, file))
		for _, m := range makeCommand.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s: make %s is no target", file, m[1])
			}
		}
		for _, m := range goRun.FindAllStringSubmatch(text, -1) {
			if sources, _ := filepath.Glob(filepath.Join(root(t), m[1], "*.go")); len(sources) == 0 {
				t.Errorf("%s: go run %s: no program there", file, m[1])
			}
		}
	}
}

// The README's test command is the one .ci/run runs, and is no more than what
// anybody would type.
func TestOneTestCommand(t *testing.T) {
	if !strings.Contains(string(read(t, "README.md")), "make test") {
		t.Error("the README does not say make test")
	}
	if !strings.Contains(string(read(t, "Makefile")), "\ntest:\n\t$(GO) test $(GOTESTFLAGS) ./...\n") {
		t.Error("make test is not plain go test ./...")
	}
	if !strings.Contains(string(read(t, ".ci/run")), "make -s test ") {
		t.Error(".ci/run does not run make test")
	}
}

var adrName = regexp.MustCompile(`^docs/adr/(\d{4})-[a-z0-9-]+\.md$`)

// Decisions are numbered without a gap, each says its context, the decision
// and its cost, and the index names each.
func TestDecisionsAreInOrder(t *testing.T) {
	index := string(read(t, "docs/adr/README.md"))
	next := 1
	for _, file := range tracked(t) {
		if path.Dir(file) != "docs/adr" || file == "docs/adr/README.md" {
			continue
		}
		m := adrName.FindStringSubmatch(file)
		if m == nil {
			t.Errorf("%s: want docs/adr/NNNN-words.md", file)
			continue
		}
		if want := fmt.Sprintf("%04d", next); m[1] != want {
			t.Errorf("%s: the next number is %s", file, want)
		}
		next++
		text := string(read(t, file))
		for _, heading := range []string{"## Context", "## Decision", "## Cost"} {
			if !strings.Contains(text, "\n"+heading+"\n") {
				t.Errorf("%s: no %q", file, heading)
			}
		}
		if !strings.Contains(index, "("+path.Base(file)+")") {
			t.Errorf("%s: not in docs/adr/README.md", file)
		}
	}
}

func TestRunIsExecutable(t *testing.T) {
	fi, err := os.Stat(filepath.Join(root(t), ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode()&0o111 == 0 {
		t.Error(".ci/run is not executable")
	}
}
