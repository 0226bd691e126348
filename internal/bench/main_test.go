package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// fakeEnv makes the test binary a marketplace: what it is to hold, as
// "shopify 5000 recall".
const fakeEnv = "PENSTOCK_BENCH_FAKE"

func TestMain(m *testing.M) {
	if what := os.Getenv(fakeEnv); what != "" {
		if err := fakeMain(what); err != nil {
			fmt.Fprintln(os.Stderr, "fake:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// fakeMain serves a fake on the loopback, says where, and ends with its input.
func fakeMain(what string) error {
	words := strings.Fields(what)
	if len(words) < 2 {
		return fmt.Errorf("%s=%q", fakeEnv, what)
	}
	orders, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	debug.SetGCPercent(800) // it has two cores with what is measured
	m, err := newFullMarket(words[0], orders)
	if err != nil {
		return err
	}
	h := m.handler()
	if len(words) > 2 {
		h = &recall{fake: h, answers: map[string]recalled{}}
	}
	s := httptest.NewServer(h)
	defer s.Close()
	fmt.Println(s.URL) //nolint:forbidigo // the parent reads it
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// recall answers what it was asked before as it was answered before, so that
// no work of the fake's competes with what is measured. Only the date is new.
type recall struct {
	fake    http.Handler
	mu      sync.Mutex
	answers map[string]recalled
}

type recalled struct {
	status int
	header http.Header
	body   []byte
}

func (c *recall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	key := r.Method + " " + r.RequestURI + "\n" + string(body)
	c.mu.Lock()
	a, ok := c.answers[key]
	c.mu.Unlock()
	if !ok {
		rec := httptest.NewRecorder()
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.fake.ServeHTTP(rec, r)
		a = recalled{rec.Code, rec.Header().Clone(), rec.Body.Bytes()}
		c.mu.Lock()
		c.answers[key] = a
		c.mu.Unlock()
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// startFake runs a fake in a process of its own and returns its address.
func startFake(tb testing.TB, what string) string {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), exe)
	cmd.Env = append(os.Environ(), fakeEnv+"="+what)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("the fake did not start: %v", err)
	}
	return strings.TrimSpace(url)
}
