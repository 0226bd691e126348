package sqlitestore

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// What a buyer told is no longer in the file when it is erased and the store
// closed, in freed pages neither.
func TestWhatIsErasedIsNotInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	s := openAt(t, path)
	rows := func(doc func(i int) string) (out []channelsync.OrderRow) {
		for i := range 40 {
			out = append(out, channelsync.OrderRow{Channel: "shop", ID: channel.OrderID(strconv.Itoa(i)), Doc: []byte(doc(i))})
		}
		return out
	}
	must(t, s.Update(t.Context(), func(tx channelsync.Tx) error {
		return tx.PutOrders(t.Context(), rows(func(i int) string { return strings.Repeat("Ana Sousa ", 20*i) }))
	}))
	closeStore(t, s)
	if told(t, path) == 0 {
		t.Fatal("the name was never in the file")
	}
	s = openAt(t, path)
	must(t, s.Update(t.Context(), func(tx channelsync.Tx) error {
		return tx.PutOrders(t.Context(), rows(func(i int) string { return strconv.Itoa(i) }))
	}))
	closeStore(t, s)
	if n := told(t, path); n != 0 {
		t.Errorf("the name is in the file %d times", n)
	}
}

func told(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return bytes.Count(text, []byte("Ana Sousa"))
}

func TestAFileOthersCouldReadIsClosedToThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "penstock.db")
	must(t, os.WriteFile(path, nil, 0o644)) //nolint:gosec // what the test is about
	s := openAt(t, path)
	defer closeStore(t, s)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
}
