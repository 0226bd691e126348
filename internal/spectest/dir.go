// Package spectest holds HTTP traffic to the marketplaces' published contracts
// in tests: it finds the contract files, loads them and validates requests and
// answers against them.
package spectest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder with the marketplaces' published contracts: specs
// below the folder that PENSTOCK_SHARED names, which is by default the folder
// "shared" beside the module root. Where it is absent the test is skipped.
func Dir(tb testing.TB) string {
	tb.Helper()
	return sub(tb, "specs")
}

// DataDir is Dir for the sample orders and lists.
func DataDir(tb testing.TB) string {
	tb.Helper()
	return sub(tb, "data")
}

func sub(tb testing.TB, name string) string {
	tb.Helper()
	root, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	dir := filepath.Join(root, name)
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		tb.Skipf("no folder %s: set PENSTOCK_SHARED to the folder that holds %s/", dir, name)
	}
	return dir
}

// shared returns the folder PENSTOCK_SHARED names, or its default.
func shared() (string, error) {
	if dir := os.Getenv("PENSTOCK_SHARED"); dir != "" {
		return dir, nil
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("spectest: %w", err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("spectest: no go.mod above " + wd)
		}
	}
}
