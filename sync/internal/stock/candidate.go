package stock

import (
	"cmp"
	"slices"
	"time"
)

// A place is where an event's time lies beside a candidate's.
type place int

const (
	before place = iota // the number counts it
	within              // the number may count it
	after               // the number does not count it
)

func (c Candidate) place(p time.Time, eps time.Duration) place {
	switch {
	case !p.After(c.From.Add(-eps)):
		return before
	case p.After(c.To.Add(eps)):
		return after
	}
	return within
}

// counting narrows c to the case that it counts an event at p.
func (c Candidate) counting(p time.Time, eps time.Duration) Candidate {
	c.From = later(c.From, p.Add(-eps))
	return c
}

// missing narrows c to the case that it does not count an event at p, and
// moves it by n.
func (c Candidate) missing(n int64, p time.Time, eps time.Duration) Candidate {
	c.To = earlier(c.To, p.Add(eps))
	c.V += n
	return c
}

// each replaces every candidate of C and W by what split makes of it.
func (s *State) each(split func(dst []Candidate, c Candidate) []Candidate) {
	s.C = splitAll(s.C, split)
	for i := range s.W {
		s.W[i].Shows = splitAll(s.W[i].Shows, split)
	}
}

func splitAll(cs []Candidate, split func(dst []Candidate, c Candidate) []Candidate) []Candidate {
	if len(cs) == 0 {
		return cs
	}
	dst := make([]Candidate, 0, len(cs)+1)
	for _, c := range cs {
		dst = split(dst, c)
	}
	return foldCandidates(dst)
}

// foldCandidates sorts by number and joins candidates of one number. Past
// MaxCandidates it joins the one whose upper neighbour is nearest into that
// neighbour: a read between the two then finds units missing, never units too
// many, so doubt costs a sale at worst and never sells a unit twice. Times are
// joined to the span of both.
func foldCandidates(cs []Candidate) []Candidate {
	slices.SortFunc(cs, func(a, b Candidate) int { return cmp.Compare(a.V, b.V) })
	out := cs[:0]
	for _, c := range cs {
		if n := len(out); n > 0 && out[n-1].V == c.V {
			out[n-1] = span(out[n-1], c)
			continue
		}
		out = append(out, c)
	}
	for len(out) > MaxCandidates {
		at := 0
		for i := 1; i+1 < len(out); i++ {
			if out[i+1].V-out[i].V < out[at+1].V-out[at].V {
				at = i
			}
		}
		out[at+1] = span(out[at+1], out[at])
		out = slices.Delete(out, at, at+1)
	}
	return out
}

// span is c with the times of both.
func span(c, d Candidate) Candidate {
	c.From = earlier(c.From, d.From)
	c.To = later(c.To, d.To)
	return c
}
