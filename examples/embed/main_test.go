package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	channelsync "github.com/penstock-go/penstock/sync"
)

func TestRun(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0"}, in)
		_ = in.Close()
		done <- err
	}()

	var url, order string
	lines := bufio.NewScanner(out)
	for url == "" || order == "" {
		if !lines.Scan() {
			t.Fatalf("the service ended: %v", <-done)
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			url = rest
		} else if _, rest, ok := strings.Cut(lines.Text(), ", "); ok {
			order = rest
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()

	for path, tries := range map[string]map[string]int{
		"/stock": {`{"sku":"MUG-01","quantity":25}`: 202, `{"sku":"","quantity":25}`: 400, `{"quantities":1}`: 400, `{"sku":"MUG-01"}`: 400},
		"/shipments": {
			`{"order":"` + order + `","carrier":"ups","tracking":"1Z999AA10123456784"}`: 202,
			`{"order":"shopify/1","carrier":"ups","tracking":"1Z999AA10123456784"}`:     404,
		},
	} {
		for body, want := range tries {
			if status, text := call(ctx, t, "POST", url+path, body); status != want {
				t.Errorf("POST %s %s: %d %s, want %d", path, body, status, text, want)
			}
		}
	}

	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for confirmed := 0; confirmed == 0; <-tick.C {
		_, text := call(ctx, t, "GET", url+"/state", "")
		var state []channelsync.ChannelState
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		confirmed = state[0].Shipments[channelsync.ShipmentConfirmed]
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func call(ctx context.Context, t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestRefused(t *testing.T) {
	t.Setenv("PENSTOCK_TOKEN", "")
	for args, want := range map[string]string{
		"extra args":    `"extra" is no option`,
		"-shopify acme": "PENSTOCK_TOKEN",
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
