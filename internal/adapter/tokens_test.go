package adapter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestEnding(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]string{
		31 * 24 * time.Hour: "",
		30 * 24 * time.Hour: "the key ends on 2026-12-23, in 30 days: turn it",
		time.Hour:           "the key ends on 2026-11-23, in 0 days: turn it",
		0:                   "the key ended on 2026-11-23: turn it",
		-24 * time.Hour:     "the key ended on 2026-11-22: turn it",
	} {
		if got := Ending("the key", now.Add(left), now, 30*24*time.Hour, "turn it"); got != want {
			t.Errorf("%s before: %q, want %q", left, got, want)
		}
	}
}

func TestDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d Daily
		due := 0
		for range 72 {
			if d.Due() {
				due++
			}
			time.Sleep(time.Hour)
		}
		if due != 3 {
			t.Errorf("due %d times in three days", due)
		}
	})
}

func TestAddRemedy(t *testing.T) {
	for _, tt := range [][3]string{{"", "", ""}, {"broken", "", "broken"}, {"", "mend it", "mend it"}, {"broken", "mend it", "broken: mend it"}} {
		e := &channel.Error{Message: tt[0]}
		if AddRemedy(e, tt[1]); e.Message != tt[2] {
			t.Errorf("%q and %q: %q", tt[0], tt[1], e.Message)
		}
	}
}
