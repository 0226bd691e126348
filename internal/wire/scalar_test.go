package wire

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDecimalIsReadAsWritten(t *testing.T) {
	for in, want := range map[string]string{
		`"19.90"`: "19.90", `19.90`: "19.90", `"-0.5"`: "-0.5", `1200`: "1200", `null`: "", `""`: "",
		`true`: "error", `{}`: "error", `"1\u0030"`: "error",
	} {
		var d Decimal
		err := json.Unmarshal([]byte(in), &d)
		if (err != nil) != (want == "error") || err == nil && string(d) != want {
			t.Errorf("%s: %q, %v; want %s", in, d, err, want)
		}
	}
}

func TestTimeIsReadInEveryShape(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		`"2026-11-22T10:00:00Z"`:       at,
		`"2026-11-22T10:00:00.250Z"`:   at.Add(250 * time.Millisecond),
		`"2026-11-22T11:00:00+01:00"`:  at,
		`"2026-11-22T11:00:00+0100"`:   at,
		`"2026-11-22T10:00:00"`:        at,
		`""`:                           {},
		`null`:                         {},
		`"2026-11-22T02:00:00.0-0800"`: at,
	} {
		got := Time{at.Add(time.Hour)}
		if err := json.Unmarshal([]byte(in), &got); err != nil || !got.Equal(want) || got.Location() != time.UTC && !got.IsZero() {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{`"yesterday"`, `17`, `{}`, `"2026-11-22"`} {
		if err := json.Unmarshal([]byte(in), new(Time)); err == nil {
			t.Errorf("%s is a time", in)
		}
	}
}
