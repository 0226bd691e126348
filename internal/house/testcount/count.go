package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Counts is what a run of tests came to. A test with subtests is not counted
// beside them, unless it failed or was skipped for a reason of its own. A
// package that failed outside its tests, or has none, is one failure.
type Counts struct {
	Passed, Failed, Skipped int
}

// event is a line of `go test -json`, as cmd/test2json and `go help buildjson`
// document it.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

type packageRun struct {
	tests  map[string]*testRun
	names  []string // of tests, in the order they began
	output []string // lines of no test
}

type testRun struct {
	action string // "pass", "fail", "skip"; "" until it ends
	output []string
}

type counter struct {
	out      io.Writer
	packages map[string]*packageRun
	builds   map[string][]string // compiler output by import path
	total    Counts
	skips    []string
}

// count reads the output of `go test -json` and writes a line for each package
// and everything a failed or skipped test printed. Lines that are no JSON are
// copied.
func count(in io.Reader, out io.Writer) (Counts, error) {
	c := &counter{out: out, packages: map[string]*packageRun{}, builds: map[string][]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			var e event
			if trimmed[0] != '{' || json.Unmarshal(trimmed, &e) != nil || e.Action == "" {
				fmt.Fprintf(out, "%s\n", trimmed)
			} else {
				c.add(e)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return c.total, err
		}
	}
	// A package without an end was cut off with the run itself.
	for _, name := range slices.Sorted(maps.Keys(c.packages)) {
		c.fail(name, "did not end")
	}
	for _, s := range c.skips {
		fmt.Fprintf(out, "SKIP %s\n", s)
	}
	return c.total, nil
}

func (c *counter) add(e event) {
	switch {
	case e.Action == "build-output":
		c.builds[e.ImportPath] = append(c.builds[e.ImportPath], e.Output)
	case e.Package == "":
	case e.Action == "start":
		c.pkg(e.Package)
	case e.Test != "":
		c.addTest(e)
	case e.Action == "output":
		p := c.pkg(e.Package)
		p.output = append(p.output, e.Output)
	case e.Action == "skip":
		c.fail(e.Package, "has no test files")
	case e.Action == "pass":
		n := c.settle(e.Package)
		if n == 0 {
			c.fail(e.Package, "runs no test")
			return
		}
		fmt.Fprintf(c.out, "ok   %s\t%s\t%d tests\n", e.Package, seconds(e.Elapsed), n)
		delete(c.packages, e.Package)
	case e.Action == "fail":
		if e.FailedBuild != "" {
			c.print(c.builds[e.FailedBuild])
			delete(c.builds, e.FailedBuild) // printed once, though many packages may share it
			c.fail(e.Package, "does not build")
			return
		}
		before := c.total.Failed
		c.settle(e.Package)
		if c.total.Failed == before {
			c.fail(e.Package, "failed outside its tests")
			return
		}
		c.print(c.pkg(e.Package).output)
		fmt.Fprintf(c.out, "FAIL %s\t%s\n", e.Package, seconds(e.Elapsed))
		delete(c.packages, e.Package)
	}
}

func (c *counter) addTest(e event) {
	p := c.pkg(e.Package)
	t := p.tests[e.Test]
	if t == nil {
		t = &testRun{}
		p.tests[e.Test] = t
		p.names = append(p.names, e.Test)
	}
	switch e.Action {
	case "output":
		t.output = append(t.output, e.Output)
	case "pass", "fail", "skip":
		t.action = e.Action
	}
}

func (c *counter) pkg(name string) *packageRun {
	p := c.packages[name]
	if p == nil {
		p = &packageRun{tests: map[string]*testRun{}}
		c.packages[name] = p
	}
	return p
}

// fail counts a failure of the package as a whole.
func (c *counter) fail(name, why string) {
	c.settle(name)
	if p := c.packages[name]; p != nil && why != "has no test files" {
		c.print(p.output)
	}
	c.total.Failed++
	fmt.Fprintf(c.out, "FAIL %s\t%s\n", name, why)
	delete(c.packages, name)
}

// settle counts the tests of a package that has ended, prints those that did
// not pass, and returns how many there were.
func (c *counter) settle(name string) int {
	p := c.packages[name]
	if p == nil {
		return 0
	}
	n := 0
	for _, test := range p.names {
		t := p.tests[test]
		below := p.below(test)
		switch {
		case t.action == "skip":
			n++
			c.total.Skipped++
			c.skips = append(c.skips, name+" "+test+reason(t.output))
		case t.action == "pass":
			if len(below) == 0 {
				n++
				c.total.Passed++
			}
		case slices.ContainsFunc(below, func(t *testRun) bool { return t.action == "fail" || t.action == "" }):
			// The subtest counts; what the test itself printed is shown with it.
			c.print(t.output)
		default: // "fail", or never ended: a panic, a deadline, os.Exit
			n++
			c.total.Failed++
			c.print(t.output)
			if t.action == "" {
				fmt.Fprintf(c.out, "FAIL %s %s\tdid not end\n", name, test)
			}
		}
	}
	p.tests, p.names = map[string]*testRun{}, nil
	return n
}

// below returns the subtests of a test, at any depth.
func (p *packageRun) below(test string) []*testRun {
	var out []*testRun
	for name, t := range p.tests {
		if strings.HasPrefix(name, test+"/") {
			out = append(out, t)
		}
	}
	return out
}

// shown is how much of a test's output is printed from either end.
const shown = 100

func (c *counter) print(lines []string) {
	if left := len(lines) - 2*shown; left > 0 {
		fmt.Fprint(c.out, strings.Join(lines[:shown], ""))
		fmt.Fprintf(c.out, "    … %d lines …\n", left)
		lines = lines[len(lines)-shown:]
	}
	fmt.Fprint(c.out, strings.Join(lines, ""))
}

// reason returns what a skipped test said.
func reason(output []string) string {
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return ": " + line
		}
	}
	return ""
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond).String()
}
