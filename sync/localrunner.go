package sync

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// urgentRow is how many urgent channels are visited in a row while others
// wait.
const urgentRow = 4

// localRunner is the runner in this process: a heap of channels by when they
// are due, and two lines of channels that are.
type localRunner struct {
	workers int

	mu      sync.Mutex
	entries map[channel.ID]*dueEntry
	later   dueHeap
	ready   [2][]*dueEntry // ordinary, urgent; may hold entries that moved on since
	row     int            // urgent ones in a row
	busy    int
	kick    chan struct{}
}

// dueEntry is one channel. It is in later when at is ahead, in a line of ready
// when it is due, and in neither while it is visited.
type dueEntry struct {
	id     channel.ID
	at     time.Time
	urgent bool
	place  entryPlace
	index  int // in later
	woken  bool
}

type entryPlace int

const (
	entryNew entryPlace = iota
	entryLater
	entryReady
	entryBusy
)

func newLocalRunner(workers int) *localRunner {
	return &localRunner{workers: workers, entries: map[channel.ID]*dueEntry{}, kick: make(chan struct{}, 1)}
}

func (r *localRunner) Wake(_ context.Context, urgent bool, ids ...channel.ID) {
	now := time.Now()
	r.mu.Lock()
	for _, id := range ids {
		r.put(id, now, now, urgent)
	}
	r.mu.Unlock()
	r.poke()
}

func (r *localRunner) poke() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// put makes a channel due at the given time at the latest.
func (r *localRunner) put(id channel.ID, at, now time.Time, urgent bool) {
	e := r.entries[id]
	if e == nil {
		e = &dueEntry{id: id}
		r.entries[id] = e
	}
	urgent = urgent || (e.urgent && e.place != entryBusy)
	switch e.place {
	case entryBusy:
		// Whoever visits it may have looked already.
		if !e.woken || at.Before(e.at) {
			e.at = at
		}
		e.woken, e.urgent = true, e.urgent || urgent
		return
	case entryReady:
		if urgent && !e.urgent {
			e.urgent = true
			r.ready[1] = append(r.ready[1], e)
		}
		return
	case entryLater:
		if !at.Before(e.at) && !urgent {
			return
		}
		heap.Remove(&r.later, e.index)
		at = earliest(at, e.at)
	case entryNew:
	}
	e.at, e.urgent = at, urgent
	r.enqueue(e, now)
}

func (r *localRunner) enqueue(e *dueEntry, now time.Time) {
	if isDue(e.at, now) {
		e.place = entryReady
		line := 0
		if e.urgent {
			line = 1
		}
		r.ready[line] = append(r.ready[line], e)
		return
	}
	e.place = entryLater
	heap.Push(&r.later, e)
}

// next takes the channel to visit now, or tells how long there is none.
func (r *localRunner) next(now time.Time) (*dueEntry, time.Duration) {
	for len(r.later) > 0 && isDue(r.later[0].at, now) {
		r.enqueue(heap.Pop(&r.later).(*dueEntry), now)
	}
	if r.busy >= r.workers {
		return nil, -1
	}
	for line := range r.ready {
		q := r.ready[line]
		for len(q) > 0 && (q[0].place != entryReady || q[0].urgent != (line == 1)) {
			q = q[1:]
		}
		r.ready[line] = q
	}
	line := 1
	if len(r.ready[1]) == 0 || (r.row >= urgentRow && len(r.ready[0]) > 0) {
		line = 0
	}
	if len(r.ready[line]) == 0 {
		if len(r.later) == 0 {
			return nil, -1
		}
		return nil, r.later[0].at.Sub(now)
	}
	if line == 1 {
		r.row++
	} else {
		r.row = 0
	}
	e := r.ready[line][0]
	r.ready[line] = r.ready[line][1:]
	e.place, e.urgent, e.woken = entryBusy, false, false
	r.busy++
	return e, 0
}

// done puts a visited channel back.
func (r *localRunner) done(e *dueEntry, next time.Time) {
	r.mu.Lock()
	now := time.Now()
	r.busy--
	if e.woken && e.at.Before(next) {
		next = e.at
	}
	e.at, e.woken = next, false
	r.enqueue(e, now)
	r.mu.Unlock()
	r.poke()
}

func (r *localRunner) Run(ctx context.Context, v Visits) error {
	due, err := v.Schedule(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	now := time.Now()
	for _, d := range due {
		r.put(d.Channel, d.At, now, d.Urgent)
	}
	r.mu.Unlock()

	var working sync.WaitGroup
	defer working.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		r.mu.Lock()
		e, wait := r.next(time.Now())
		r.mu.Unlock()
		if e != nil {
			working.Go(func() { r.done(e, v.Visit(ctx, e.id)) })
			continue
		}
		if wait >= 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.kick:
		}
	}
	return nil
}

// dueHeap orders entries by time, and by id where those are equal.
type dueHeap []*dueEntry

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].id < h[j].id
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	e := x.(*dueEntry)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return e
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
