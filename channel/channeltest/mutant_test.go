package channeltest

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/channel"
)

// mutant is a channel broken in one way.
type mutant struct {
	name string
	cfg  MemoryConfig
	wrap func(m *Memory) channel.Channel
	caps []string // of the fixture, default all
}

// Every case of the suite fails on each of its mutants, and passes on the same
// marketplace without the fault: so it tests what it says. A case that no
// mutant fails tests nothing.
func TestEveryCaseFailsOnItsMutants(t *testing.T) {
	all := mutants()
	for _, c := range Cases() {
		if len(all[c.Name]) == 0 {
			t.Errorf("no mutant fails case %q", c.Name)
		}
		for _, mu := range all[c.Name] {
			t.Run(c.Name+"/"+mu.name, func(t *testing.T) {
				if said := try(t, c, mu.cfg, nil, nil); len(said) > 0 {
					t.Fatalf("without the fault it fails: %s", strings.Join(said, "\n"))
				}
				if said := try(t, c, mu.cfg, mu.wrap, mu.caps); len(said) == 0 {
					t.Error("the case does not notice")
				} else {
					t.Log(said[0])
				}
			})
		}
	}
	for name := range all {
		if !slices.ContainsFunc(Cases(), func(c Case) bool { return c.Name == name }) {
			t.Errorf("mutants for %q, which is no case", name)
		}
	}
}

func TestCasesHaveNamesAndReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if c.Name == "" || len(c.Why) < 30 || seen[c.Name] {
			t.Errorf("case %q: why %q", c.Name, c.Why)
		}
		seen[c.Name] = true
		for _, n := range c.Needs {
			if !slices.Contains(everyCapability, n) {
				t.Errorf("case %q needs %q, which is no capability", c.Name, n)
			}
		}
	}
}

// try runs a case and returns its complaints.
func try(t *testing.T, c Case, cfg MemoryConfig, wrap func(*Memory) channel.Channel, caps []string) []string {
	t.Helper()
	f := memoryFixture(cfg)
	f.New = func(testing.TB) World {
		w := newMemoryWorld(cfg)
		w.wrap = wrap
		return w
	}
	if caps != nil {
		f.Capabilities = caps
	}
	var said []string
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if p := recover(); p != nil {
					r.note(fmt.Sprint("panic: ", p))
				}
			}()
			c.test(r, f)
		}()
		<-done
		said = r.said
	})
	return said
}

// recorder is a testing.TB that keeps complaints to itself.
type recorder struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (r *recorder) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, s)
}

func (r *recorder) Helper()                      {}
func (r *recorder) Cleanup(func())               {}
func (r *recorder) Log(...any)                   {}
func (r *recorder) Logf(string, ...any)          {}
func (r *recorder) Error(args ...any)            { r.note(fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.note(fmt.Sprintf(f, args...)) }
func (r *recorder) Fatal(args ...any) {
	r.note(fmt.Sprint(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(f string, args ...any) {
	r.note(fmt.Sprintf(f, args...))
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.said) > 0
}

func mutants() map[string][]mutant {
	all := map[string][]mutant{}
	for _, some := range []map[string][]mutant{walkMutants(), orderMutants(), shipMutants(), stockMutants(), errorMutants()} {
		maps.Copy(all, some)
	}
	return all
}
