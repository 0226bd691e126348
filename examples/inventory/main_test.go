package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in a bubble waiting takes no time
		var out bytes.Buffer
		if err := run(t.Context(), nil, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		for _, want := range []string{"Shopify shows 29, BigCommerce 29", "Shopify shows 27, BigCommerce 27", "32 on hand, 5 reserved for orders, 27 available"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in:\n%s", want, out.String())
			}
		}
	})
}

func TestRefused(t *testing.T) {
	t.Setenv("SHOPIFY_TOKEN", "")
	t.Setenv("BIGCOMMERCE_TOKEN", "")
	for args, want := range map[string]string{
		"extra args":                                 `"extra" is no option`,
		"-for 1ns":                                   "at least 10s",
		"-for -1m":                                   "at least 10s",
		"-write -sku A -count 3":                     "-write needs -shopify or -bigcommerce",
		"-shopify acme -write":                       "-write needs -sku and -count",
		"-shopify acme -write -sku A":                "-write needs -sku and -count",
		"-bigcommerce abc -write -count 3":           "-write needs -sku and -count",
		"-shopify acme -write -sku A -count 3":       "SHOPIFY_TOKEN is empty",
		"-bigcommerce abc123 -sku MUG-01 -count 3":   "BIGCOMMERCE_TOKEN is empty",
		"-bigcommerce abc123 -write -sku A -count 3": "BIGCOMMERCE_TOKEN is empty",
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(args), &out); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: %v, want it to say %q\n%s", args, err, want, out.String())
		}
	}
}

type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }

// TestShopsThatAreNeverReached: a run that did nothing is not a good one.
func TestShopsThatAreNeverReached(t *testing.T) {
	t.Setenv("SHOPIFY_TOKEN", "invented")
	t.Setenv("BIGCOMMERCE_TOKEN", "invented")
	network = nobody{}
	defer func() { network = nil }()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		err := run(t.Context(), strings.Fields("-shopify acme -bigcommerce abc123 -for 10s"), &out)
		for _, want := range []string{"shopify:acme was never reached: ", "bigcommerce:abc123 was never reached: ", "no network"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want it to say %q", err, want)
			}
		}
	})
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
	if err != nil || !strings.Contains(string(help), "SHOPIFY_TOKEN") || !strings.Contains(string(help), "BIGCOMMERCE_TOKEN") {
		t.Errorf("%v\n%s", err, help)
	}
}
