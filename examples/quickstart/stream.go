package main

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// slack is how late a buyer may come and all others in time. One who comes later
// still makes all that follow as late: a machine that is too slow for so many
// sells them more slowly.
const slack = 200 * time.Millisecond

// stream is the steps of a plan, the next one first.
type stream struct {
	steps []plan.Step
	at    []time.Duration // of each step, as planned or put off
	due   []time.Duration // the same, with how late its good is
	good  []string        // the one good that a step is about, "" without
	next  []int           // a heap of indexes, by due

	// How late the buyers of one good are. However late one comes, the next is no
	// closer to it than planned: what is left may be the last.
	late map[string]time.Duration
}

func newStream(p *plan.Plan) *stream {
	n := len(p.Steps)
	s := &stream{p.Steps, make([]time.Duration, n), make([]time.Duration, n), make([]string, n), make([]int, n), map[string]time.Duration{}}
	of := map[string]string{} // by order
	for i, step := range p.Steps {
		s.at[i], s.due[i], s.next[i] = step.At, step.At, i
		switch o := step.Order; {
		case p.File != nil: // its goods are plenty, and its orders in order
		case o != nil && len(o.Lines) == 1:
			s.good[i] = o.Lines[0].SKU
			of[o.Number] = s.good[i]
		case step.Refund != nil:
			s.good[i] = of[step.Refund.Order]
		}
	}
	heap.Init(s)
	return s
}

// Len, Less, Swap, Push and Pop make a heap of it.
func (s *stream) Len() int { return len(s.next) }

func (s *stream) Less(i, j int) bool {
	a, b := s.next[i], s.next[j]
	return s.due[a] < s.due[b] || s.due[a] == s.due[b] && a < b
}
func (s *stream) Swap(i, j int) { s.next[i], s.next[j] = s.next[j], s.next[i] }
func (s *stream) Push(x any)    { s.next = append(s.next, x.(int)) }
func (s *stream) Pop() any {
	last := s.next[len(s.next)-1]
	s.next = s.next[:len(s.next)-1]
	return last
}

// head is the next step and when it is due.
func (s *stream) head() (i int, due time.Duration) {
	for {
		i = s.next[0]
		due = s.at[i] + s.late[s.good[i]]
		if due == s.due[i] {
			return i, due
		}
		s.due[i] = due
		heap.Fix(s, 0)
	}
}

// done takes step i, the head, away: it came late by so much.
func (s *stream) done(i int, late time.Duration) {
	heap.Pop(s)
	if g := s.good[i]; g != "" && s.steps[i].Order != nil {
		s.late[g] += max(0, late)
	}
}

// again puts step i off, which was done.
func (s *stream) again(i int, d time.Duration) {
	s.at[i] += d
	s.due[i] = s.at[i]
	heap.Push(s, i)
}

// run lets everything in the plan happen, each step at its time, and later where
// the engine does not keep up. Adjustments go to the engine through tell.
func (w *world) run(ctx context.Context, p *plan.Plan, pace *pace, tell func(command)) error {
	start := time.Now()
	for s := newStream(p); s.Len() > 0; {
		held, err := pace.hold(ctx)
		if err != nil {
			return err
		}
		start = start.Add(held)
		i, due := s.head()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(due - time.Since(start)):
		}
		late := time.Since(start) - due
		if late > slack {
			start, late = start.Add(late-slack), slack
		}
		s.done(i, late)
		err = w.step(&p.Steps[i], tell)
		if errors.Is(err, errNotShipped) && s.at[i]-p.Steps[i].At < time.Minute {
			s.again(i, 200*time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
