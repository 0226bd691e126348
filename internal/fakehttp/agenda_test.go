package fakehttp

import (
	"slices"
	"testing"
	"time"
)

func TestAgendaSettlesInOrderOfTime(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var a Agenda
	var got []string
	add := func(after int, name string) {
		at := began.Add(time.Duration(after) * time.Second)
		a.Add(at, func(now time.Time) {
			if !now.Equal(at) {
				t.Errorf("%s at %v, want %v", name, now, at)
			}
			got = append(got, name)
		})
	}
	add(3, "c")
	add(1, "a")
	add(2, "b")
	add(1, "a again")
	a.Add(began.Add(time.Second), func(time.Time) { add(2, "added by a") })
	a.Settle(began)
	if len(got) > 0 {
		t.Errorf("%q happened too early", got)
	}
	a.Settle(began.Add(2 * time.Second))
	if want := []string{"a", "a again", "b", "added by a"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	a.Settle(began.Add(time.Hour))
	a.Settle(began.Add(time.Hour))
	if n := len(got); n != 5 || got[4] != "c" {
		t.Errorf("%q at the end", got)
	}
}
