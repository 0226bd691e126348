package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRun makes the calls that the program offers.
func TestRun(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-orders", "2"}, in)
		_ = in.Close()
		done <- err
	}()

	var urls, tokens, grants, keys, tries []string
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "open") {
		switch f := strings.Fields(lines.Text()); f[0] {
		case "url":
			urls = append(urls, f[1])
		case "token":
			tokens = append(tokens, strings.TrimSuffix(f[1], ","))
		case "grant":
			grants = append(grants, f[1])
		case "keys":
			keys = strings.Split(f[1], ":")
		case "curl":
			tries = append(tries, strings.Trim(f[2], "'"))
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if len(urls) != 4 || len(tokens) != 2 || len(grants) != 2 || len(keys) != 2 || len(tries) != 2 {
		t.Fatalf("addresses %q, tokens %q", urls, tokens)
	}

	query := `{"query":"{ orders(first: 5) { nodes { name } } }"}`
	if text := call(ctx, t, "POST", urls[0], query, "X-Shopify-Access-Token", tokens[0]); !strings.Contains(text, `"nodes"`) {
		t.Errorf("Shopify: %s", text)
	}
	if text := call(ctx, t, "GET", urls[1]+"/orders", "", "X-Auth-Token", tokens[1]); strings.Count(text, `"status_id"`) != 2 {
		t.Errorf("BigCommerce: %s", text)
	}
	token := func(path, grant string, header ...string) string {
		text := call(ctx, t, "POST", path, grant, append(header, "Content-Type", "application/x-www-form-urlencoded")...)
		_, text, _ = strings.Cut(text, `"access_token":"`)
		text, _, _ = strings.Cut(text, `"`)
		return text
	}
	amazon := token(strings.TrimSuffix(urls[2], ",")+"/auth/o2/token", grants[0])
	if text := call(ctx, t, "GET", tries[0], "", "x-amz-access-token", amazon); !strings.Contains(text, `"orders"`) {
		t.Errorf("Amazon: %s", text)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(strings.Join(keys, ":")))
	ebay := token(strings.TrimSuffix(urls[3], ",")+"/identity/v1/oauth2/token", grants[1], "Authorization", basic)
	if text := call(ctx, t, "GET", tries[1], "", "Authorization", "Bearer "+ebay); !strings.Contains(text, `"orders"`) {
		t.Errorf("eBay: %s", text)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	for args, want := range map[string]string{
		"extra args": `"extra" is no option`,
		"-orders -1": "-orders and -every are not below 0",
		"-every -1s": "-orders and -every are not below 0",
	} {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		if err := run(ctx, strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %q", args, err, want)
		}
		stop()
	}
}

func call(ctx context.Context, t *testing.T, method, url, body string, headers ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "try/1 (Language=curl)")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
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
	return string(text)
}
