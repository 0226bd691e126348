package wire

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

type walk struct {
	Phase string    `json:"p"`
	After int64     `json:"a,omitzero"`
	SKUs  []string  `json:"k,omitempty"`
	Since time.Time `json:"s,omitzero"`
	Began time.Time `json:"b"`
}

// Whatever a caller asks for has a cursor that can be read again.
func TestACursorTakesAnything(t *testing.T) {
	day := time.Date(2026, 11, 2, 3, 4, 5, 6, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, tt := range []struct{ in, want walk }{
		{walk{}, walk{}},
		{walk{Phase: "orders", After: -1, SKUs: []string{"A", ""}, Since: day, Began: day}, walk{Phase: "orders", After: -1, SKUs: []string{"A", ""}, Since: day, Began: day}},
		{walk{Phase: "\xff", SKUs: []string{"\xff"}}, walk{Phase: "\uFFFD", SKUs: []string{"\uFFFD"}}},
		{walk{Since: day.AddDate(10_000, 0, 0), Began: day.AddDate(300_000, 0, 0)}, walk{Since: last, Began: last}},
		{walk{Since: day.AddDate(-3_000, 0, 0), Began: day}, walk{Began: day}},
		{walk{Since: day.In(time.FixedZone("no such", 30*60*60))}, walk{Since: day}},
	} {
		var got walk
		if !ParseCursor(Cursor(tt.in), &got) {
			t.Errorf("%+v cannot be read again", tt.in)
		} else if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.in, d)
		}
	}
}

func TestACursorOfAnotherIsNotRead(t *testing.T) {
	good := string(Cursor(walk{Phase: "orders"}))
	for _, c := range []string{"", "{}", "!", good + "=", good[1:], good[:len(good)-3], "W10", strings.Repeat("A", MaxCursor+4)} {
		var w walk
		if ParseCursor(channel.Cursor(c), &w) {
			t.Errorf("%.40q is read as %+v", c, w)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(string(Cursor(walk{Phase: "orders", SKUs: []string{"A"}, Began: time.Unix(1, 0)})))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		var w, again walk
		if !ParseCursor(channel.Cursor(s), &w) {
			return
		}
		if !ParseCursor(Cursor(w), &again) {
			t.Fatalf("%q does not survive", s)
		}
		w.Since, w.Began = w.Since.UTC(), w.Began.UTC()
		if d := cmp.Diff(w, again); d != "" {
			t.Errorf("%q survives otherwise (-read +again):\n%s", s, d)
		}
	})
}
