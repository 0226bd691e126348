package spectest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestPenstockSharedNamesTheFolder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PENSTOCK_SHARED", dir)
	if got, err := shared(); err != nil || got != dir {
		t.Errorf("shared() = %q, %v", got, err)
	}
}

func TestSharedDefaultsToTheFolderBesideTheModule(t *testing.T) {
	t.Setenv("PENSTOCK_SHARED", "")
	got, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	want, _ := filepath.Abs(filepath.Join("..", "..", "..", "shared"))
	if got != want {
		t.Errorf("shared() = %q, want %q", got, want)
	}
}

func TestAnAbsentFolderSkipsTheTest(t *testing.T) {
	t.Setenv("PENSTOCK_SHARED", t.TempDir())
	inner := &skipper{TB: t}
	done := make(chan struct{})
	go func() { // a skip ends its goroutine
		defer close(done)
		Dir(inner)
	}()
	<-done
	if !strings.Contains(inner.reason, "set PENSTOCK_SHARED") {
		t.Errorf("reason %q", inner.reason)
	}
}

// skipper is a test that remembers being skipped.
type skipper struct {
	testing.TB
	reason string
}

func (s *skipper) Skipf(format string, args ...any) {
	s.reason = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
