package ebaytest

import (
	"container/heap"
	"time"
)

// due is something that happens by itself at a later time.
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

// later has do happen at a time, and now if that is past when settle is next
// called.
func (f *Fake) later(at time.Time, do func(at time.Time)) {
	f.seq++
	heap.Push(&f.due, due{at, f.seq, do})
}

// settle lets what was due by now happen, each at its own time.
func (f *Fake) settle(now time.Time) {
	for len(f.due) > 0 && !f.due[0].at.After(now) {
		d := f.due[0]
		heap.Pop(&f.due)
		d.do(d.at)
	}
}
