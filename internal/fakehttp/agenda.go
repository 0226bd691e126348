package fakehttp

import (
	"container/heap"
	"time"
)

// An Agenda is what happens in a fake by itself, at later times. The fake's own
// lock guards it; the zero value is empty.
type Agenda struct {
	heap dueHeap
	seq  int
}

// Add has do happen at a time, or, if that is past, when Settle is next called.
func (a *Agenda) Add(at time.Time, do func(at time.Time)) {
	a.seq++
	heap.Push(&a.heap, due{at, a.seq, do})
}

// Settle lets what was due by now happen, each at its own time: soonest first,
// and of one time in the order of Add. What happens may add more.
func (a *Agenda) Settle(now time.Time) {
	for len(a.heap) > 0 && !a.heap[0].at.After(now) {
		d := a.heap[0]
		heap.Pop(&a.heap)
		d.do(d.at)
	}
}

type due struct {
	at  time.Time
	seq int
	do  func(at time.Time)
}

type dueHeap []due

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}

func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *dueHeap) Push(x any) {
	if d, isDue := x.(due); isDue {
		*h = append(*h, d)
	}
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = due{}
	*h = (*h)[:last]
	return d
}
