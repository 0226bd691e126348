package spectest

import (
	"path/filepath"
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
	skipped := false
	t.Run("inner", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Dir(t)
	})
	if !skipped {
		t.Error("not skipped")
	}
}
