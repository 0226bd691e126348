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
	if strings.Count(out.String(), "has 1 record of the parcel") != 2 || strings.Count(out.String(), "the shop itself says") != 1 ||
		!strings.Contains(out.String(), "there before we sent: true") || !strings.Contains(out.String(), "number 1Z999AA10123456793\n") {
		t.Errorf("not one parcel with the corrected number:\n%s", out.String())
	}
}

func TestRefused(t *testing.T) {
	t.Setenv("PENSTOCK_TOKEN", "")
	for args, want := range map[string]string{
		"extra args": `"extra" is no option`,
		"-shopify acme -bigcommerce abc123 -order 1 -tracking 2": "-shopify and -bigcommerce",
		"-order 1":                           "-order, -tracking and -correct need -shopify or -bigcommerce",
		"-tracking 1":                        "need -shopify or -bigcommerce",
		"-shopify acme -order 1":             "-order and -tracking are needed",
		"-shopify acme -order 1 -tracking 2": "PENSTOCK_TOKEN",
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
