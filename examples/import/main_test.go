package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 × MUG-01", "49.80 USD", "set aside:", "3 orders, 1 set aside\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Springfield") {
		t.Errorf("a buyer's city is printed:\n%s", out.String())
	}
}

func TestRefused(t *testing.T) {
	t.Setenv("PENSTOCK_TOKEN", "")
	for args, want := range map[string]string{
		"extra args":                        `"extra" is no option`,
		"-shopify acme -bigcommerce abc123": "-shopify and -bigcommerce",
		"-since -5h":                        "-since -5h0m0s",
		"-since 0":                          "-since 0s",
		"-shopify acme":                     "PENSTOCK_TOKEN",
		"-bigcommerce abc123":               "PENSTOCK_TOKEN",
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(args), &out); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: %v, want it to say %q\n%s", args, err, want, out.String())
		}
	}
}

func TestHelpNamesTheVariables(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = file
	err = run(t.Context(), []string{"-h"}, io.Discard)
	os.Stderr = stderr
	if !errors.Is(err, flag.ErrHelp) || file.Close() != nil {
		t.Fatal(err)
	}
	help, err := os.ReadFile(file.Name())
	if err != nil || !strings.Contains(string(help), "PENSTOCK_TOKEN") {
		t.Errorf("%v\n%s", err, help)
	}
}
