package sync

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// scriptedVisits takes a second a visit and comes back as told.
type scriptedVisits struct {
	mu     sync.Mutex
	due    []Due
	every  time.Duration
	visits []channel.ID
	at     map[channel.ID][]time.Time
	now    int
	most   int
}

func (s *scriptedVisits) Schedule(context.Context) ([]Due, error) { return s.due, nil }

// Due is for runners that keep no times of their own.
func (s *scriptedVisits) Due(context.Context, int) ([]Due, time.Time, error) {
	return s.due, time.Time{}, nil
}

func (s *scriptedVisits) Visit(_ context.Context, id channel.ID) time.Time {
	s.mu.Lock()
	s.visits = append(s.visits, id)
	if s.at == nil {
		s.at = map[channel.ID][]time.Time{}
	}
	s.at[id] = append(s.at[id], time.Now())
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	return time.Now().Add(s.every)
}

// seen is what was visited so far.
func (s *scriptedVisits) seen() []channel.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.visits)
}

func runLocal(t *testing.T, workers int, v Visits) *localRunner {
	t.Helper()
	r := newLocalRunner(workers)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, v) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestLocalRunnerVisitsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		v := &scriptedVisits{every: time.Hour, due: []Due{
			{Channel: "soon", At: now.Add(time.Minute)},
			{Channel: "late", At: now.Add(30 * time.Minute)},
			{Channel: "now", At: now.Add(-time.Hour)},
			{Channel: "far", At: now.Add(48 * time.Hour)}, // set before the clock was put back
		}}
		r := runLocal(t, 1, v)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if seen := v.seen(); !slices.Contains(seen, "now") || !slices.Contains(seen, "far") || len(seen) != 2 {
			t.Errorf("visited at once: %v", seen)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.Wake(t.Context(), false, "late")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if seen := v.seen(); fmt.Sprint(seen[2:]) != "[soon late]" {
			t.Errorf("visited later: %v", seen)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := len(v.at["now"]); n != 3 {
			t.Errorf("%d visits in two hours, want one an hour", n)
		}
	})
}

// A wake-up that comes during a visit has the channel visited again after it,
// and never twice at once.
func TestLocalRunnerHearsWakesDuringVisits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &scriptedVisits{every: time.Hour, due: []Due{{Channel: "a"}}}
		r := runLocal(t, 8, v)
		time.Sleep(500 * time.Millisecond)
		for range 5 {
			r.Wake(t.Context(), true, "a")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(v.visits) != 2 || v.most != 1 {
			t.Errorf("%d visits, %d at once; want 2, one after the other", len(v.visits), v.most)
		}
	})
}

func TestLocalRunnerKeepsToItsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &scriptedVisits{every: time.Hour}
		for i := range 20 {
			v.due = append(v.due, Due{Channel: channel.ID(strconv.Itoa(i))})
		}
		runLocal(t, 4, v)
		time.Sleep(5500 * time.Millisecond)
		synctest.Wait()
		if v.most != 4 || len(v.visits) != 20 {
			t.Errorf("%d at once, %d visits in 5 s; want 4, 20", v.most, len(v.visits))
		}
	})
}

// Urgent channels go first, and a few in a row at most.
func TestLocalRunnerIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &scriptedVisits{every: time.Hour}
		for i := range 3 {
			v.due = append(v.due, Due{Channel: channel.ID(fmt.Sprint("o", i))})
		}
		for i := range 9 {
			v.due = append(v.due, Due{Channel: channel.ID(fmt.Sprint("u", i)), Urgent: true})
		}
		runLocal(t, 1, v)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := fmt.Sprint(v.visits); got != "[u0 u1 u2 u3 o0 u4 u5 u6 u7 o1 u8 o2]" {
			t.Errorf("visited %v", got)
		}
	})
}

// An ordinary channel in line becomes urgent when it is woken so.
func TestLocalRunnerPromotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &scriptedVisits{every: time.Hour}
		for i := range 6 {
			v.due = append(v.due, Due{Channel: channel.ID(strconv.Itoa(i))})
		}
		r := runLocal(t, 1, v)
		time.Sleep(500 * time.Millisecond)
		r.Wake(t.Context(), true, "5")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := fmt.Sprint(v.visits); got != "[0 5 1 2 3 4]" {
			t.Errorf("visited %v", got)
		}
	})
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	last := time.Duration(0)
	for n := 1; n < 40; n++ {
		d := backoff(time.Second, time.Minute, n, "key")
		if d < time.Second/2 || d > time.Minute || d != backoff(time.Second, time.Minute, n, "key") {
			t.Errorf("after %d failures: %v", n, d)
		}
		if n < 5 && d < last/2 {
			t.Errorf("after %d failures %v, before %v", n, d, last)
		}
		last = d
	}
	if backoff(time.Second, time.Minute, 20, "a") == backoff(time.Second, time.Minute, 20, "b") {
		t.Error("two channels rest equally long")
	}
}
