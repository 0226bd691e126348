package sell

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]Decimal{`"12.50"`: "12.50", `12.50`: "12.50", `null`: "", `""`: "", `"-1"`: "-1"} {
		var d Decimal
		if err := json.Unmarshal([]byte(text), &d); err != nil || d != want {
			t.Errorf("%s is %q, %v", text, d, err)
		}
	}
	for _, text := range []string{`true`, `{}`, `[]`, `"\u0031"`} {
		var d Decimal
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%s is %q", text, d)
		}
	}
}

func TestTime(t *testing.T) {
	day := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-11-02T03:04:05.000Z"`: day, `"2026-11-02T03:04:05Z"`: day, `"2026-11-02T04:04:05.250+01:00"`: day.Add(250 * time.Millisecond),
		`null`: {}, `""`: {},
	} {
		var got Time
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`1`, `"yesterday"`, `"2026-11-02"`, `{}`} {
		var got Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is %v", text, got)
		}
	}
}
