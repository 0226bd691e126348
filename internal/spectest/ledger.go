package spectest

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A Ledger adds up what the recorders of all the tests of a package saw. It is
// safe for concurrent use.
type Ledger struct {
	mu  sync.Mutex
	ops map[string]Tally
}

// Keep reports the recorder's problems when the test ends, and enters what it
// saw.
func (l *Ledger) Keep(tb testing.TB, rec *Recorder) {
	tb.Helper()
	tb.Cleanup(func() {
		rec.reportProblems(tb)
		l.enter(rec.Ops())
	})
}

func (l *Ledger) enter(ops map[string]Tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ops == nil {
		l.ops = map[string]Tally{}
	}
	for op, t := range ops {
		sum := l.ops[op]
		sum.Seen += t.Seen
		sum.Validated += t.Validated
		l.ops[op] = sum
	}
}

// Run runs a package's tests and returns the exit code for TestMain. When all
// tests ran and passed, what was sent must be what is listed, and none of it
// may have gone unvalidated; also, if any, adds what else was amiss. Without
// the published contracts nothing is recorded, and nothing is held to them.
func (l *Ledger) Run(m *testing.M, listed []string, also ...func() []string) int {
	code := m.Run()
	some := false
	flag.Visit(func(f *flag.Flag) {
		some = some || f.Name == "test.run" || f.Name == "test.bench" || f.Name == "test.fuzz"
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if code != 0 || some || len(l.ops) == 0 {
		return code
	}
	amiss := l.amiss(listed)
	for _, f := range also {
		amiss = append(amiss, f()...)
	}
	for _, what := range amiss {
		fmt.Fprintln(os.Stderr, what)
		code = 1
	}
	return code
}

// amiss compares what was entered with what is listed.
func (l *Ledger) amiss(listed []string) (out []string) {
	for op, t := range l.ops {
		if t.Validated == 0 {
			out = append(out, op+" was sent and never validated")
		}
		if !slices.Contains(listed, op) {
			out = append(out, op+" was sent and is not listed")
		}
	}
	for _, op := range listed {
		if _, sent := l.ops[op]; !sent {
			out = append(out, op+" is listed and was never sent")
		}
	}
	slices.Sort(out)
	return out
}

// Sample returns a transport that sends the first n requests through rec and
// the rest through base, unseen: some tests make thousands of the same.
func Sample(rec, base http.RoundTripper, n int64) http.RoundTripper {
	return &sample{rec: rec, base: base, n: n}
}

type sample struct {
	rec, base http.RoundTripper
	n         int64
	sent      atomic.Int64
}

func (s *sample) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.sent.Add(1) <= s.n {
		return s.rec.RoundTrip(req)
	}
	return s.base.RoundTrip(req)
}
