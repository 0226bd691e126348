// Command testcount reads `go test -json` on its standard input, prints what
// failed, what was skipped and a line for each package, and writes the counts
// "passed failed skipped" to the file it is given. It fails unless tests ran
// and all of them passed: a skipped test and a package without tests are
// failures.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	c, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
	}
	if err != nil || c.Passed == 0 || c.Failed > 0 || c.Skipped > 0 {
		os.Exit(1)
	}
}

func run(args []string) (Counts, error) {
	if len(args) != 1 {
		return Counts{}, errors.New("usage: go test -json ./... | testcount FILE")
	}
	c, err := count(os.Stdin, os.Stdout)
	if err != nil {
		return c, err
	}
	return c, os.WriteFile(args[0], fmt.Appendf(nil, "%d %d %d\n", c.Passed, c.Failed, c.Skipped), 0o600)
}
