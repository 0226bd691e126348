package sync

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestShippedLog(t *testing.T) {
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	var log shippedLog
	log = log.add(now.Add(-time.Hour), 5, now)
	log = log.add(now.Add(-3*time.Hour), 2, now) // told late
	log = log.add(now.Add(-time.Hour), -1, now)
	for back, want := range map[time.Duration]int64{0: 0, time.Hour: 0, time.Hour + time.Microsecond: 4, 2 * time.Hour: 4, 4 * time.Hour: 6} {
		if got := log.since(now.Add(-back)); got != want {
			t.Errorf("since %s ago: %d, want %d", back, got, want)
		}
	}
	later := now.Add(countedBack - 2*time.Hour)
	log = log.add(later, 1, later)
	if got := fmt.Sprint(slices.Collect(log.all())); got != fmt.Sprint([]shippedUnits{
		{now.Add(-time.Hour).UnixMicro(), 5}, {now.Add(-time.Hour).UnixMicro(), -1}, {later.UnixMicro(), 1},
	}) {
		t.Errorf("after a week: %s", got)
	}
	for i := range 3 * shippedMost {
		log = log.add(later.Add(time.Duration(i)*time.Minute), 1, later)
	}
	if got := slices.Collect(log.all()); len(got) != shippedMost {
		t.Errorf("%d entries", len(got))
	}
	if got := log.since(time.Time{}); got != 5-1+1+3*shippedMost {
		t.Errorf("units lost: %d left of %d", got, 5-1+1+3*shippedMost)
	}
	if len(log) > 8*shippedMost {
		t.Errorf("%d bytes for %d entries", len(log), shippedMost)
	}
	for _, broken := range []shippedLog{"!", "/w", "gA"} {
		if got := broken.since(time.Time{}); got != 0 {
			t.Errorf("%q: %d", broken, got)
		}
	}
}
