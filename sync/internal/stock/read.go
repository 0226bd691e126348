package stock

import (
	"slices"
	"time"
)

// Read is what the listing showed. Apply it before any sale imported after the
// request left; a read that a Fall overtook is thrown away and asked again. A
// read older than the last one, or the same again, changes nothing.
type Read struct {
	Shown int64
	At    time.Time // server time when it was asked
	Until time.Time // server time when the answer came: the number is of some moment between; zero is At
	Sold  *Sold     // nil where the read does not tell; ignored unless Rules.SoldCount
}

// Sold is a marketplace's count of units sold, in units of the listing.
type Sold struct {
	Count    int64
	Imported int64 // with SoldOpen: the open units of stored orders
}

func (e Read) apply(s *State, r Rules) []Drift {
	t := stamp(e.At)
	until := later(t, stamp(e.Until))
	if !s.Read.IsZero() {
		n, ok := s.Shown()
		if t.Before(s.Read) || (t.Equal(s.Read) && ok && n == e.Shown && s.C[0].From.Equal(t)) {
			return nil
		}
	}
	s.settle(t)
	if len(s.C) == 0 && len(s.W) == 0 {
		s.Known = t
	}
	v, byWrite, ok := s.explain(e.Shown)
	v.From = earlier(v.From, t) // a sale dated after this read may have narrowed it
	switch {
	case ok && e.Shown < v.V:
		l := Lot{N: v.V - e.Shown, From: v.From, To: until}
		l.Or, l.Of = s.over(e.Shown)
		s.U = foldLots(append(s.U, l))
	case ok && e.Shown > v.V:
		s.R = foldLots(append(s.R, Lot{N: e.Shown - v.V, From: v.From, To: until}))
		byWrite = false // too many for every candidate: none of them explains it
	}
	s.C = []Candidate{{V: e.Shown, From: t, To: until}}
	s.W = slices.DeleteFunc(s.W, func(w Write) bool {
		return !w.By.After(t) ||
			w.Mode == CompareAndSet && w.Was != e.Shown && !slices.ContainsFunc(w.Shows, s.C[0].same)
	})
	for i := range s.W {
		s.W[i].survive(s.C[0], v.V, byWrite)
	}
	last := s.Read
	s.Read, s.Reread = t, false
	switch {
	case e.Sold == nil, r.SoldCount == SoldUncounted:
		return nil
	case r.SoldCount == SoldEver:
		return s.countEver(e.Sold.Count, r, last, until)
	}
	return s.count(e.Sold.Count-e.Sold.Imported, 0, last, until)
}

func (c Candidate) same(d Candidate) bool { return c.V == d.V }

// explain finds the candidate that a reading of q is told from: the smallest
// not below it, for units vanish unseen far more often than they appear; else
// the largest. byWrite says that only an unsettled write offered it.
func (s *State) explain(q int64) (v Candidate, byWrite, ok bool) {
	consider := func(c Candidate, write bool) {
		better := !ok
		if ok {
			switch {
			case c.V == v.V:
				v = span(v, c)
				byWrite = byWrite && write
			case v.V >= q:
				better = c.V >= q && c.V < v.V
			default:
				better = c.V > v.V
			}
		}
		if better {
			v, byWrite, ok = c, write, true
		}
	}
	for _, c := range s.C {
		consider(c, false)
	}
	for _, w := range s.W {
		for _, c := range w.Shows {
			consider(c, true)
		}
	}
	return v, byWrite, ok
}

// over is how far q is above the nearest number below it that may have been
// shown, and the write which that number is of, if it is of one; 0 is that
// there is none.
func (s *State) over(q int64) (least int64, write string) {
	consider := func(c Candidate, key string) {
		if d := q - c.V; d > 0 && (least == 0 || d < least) {
			least, write = d, key
		}
	}
	for _, c := range s.C {
		consider(c, "")
	}
	for _, w := range s.W {
		for _, c := range w.Shows {
			consider(c, w.Key)
		}
	}
	return least, write
}

// survive restates a write that outlives a read of q, told from number v.
// An absolute one may land later as it was. A relative one stands on what was
// read: had it taken effect, q is shown; if not, q and its difference will be,
// and where the reading was told from another number both may be.
func (w *Write) survive(q Candidate, v int64, byWrite bool) {
	// With units missing beside a difference, it may as well be more units and
	// the difference still to come.
	sure := w.Mode != Relative || q.V == v
	offered := slices.ContainsFunc(w.Shows, Candidate{V: v}.same)
	if byWrite && sure && offered {
		w.Seen = true
	}
	if w.Mode != Relative {
		return
	}
	// The very number from before a lowering is read: it is still to come, or as
	// many units came unseen as it took, which are few.
	ahead := q.V == v && !offered && w.Want < w.Was
	w.Shows = w.Shows[:0]
	if w.Seen || !ahead {
		w.Shows = append(w.Shows, q)
	}
	if !w.Seen {
		q.V += w.Want - w.Was
		w.Shows = foldCandidates(append(w.Shows, q))
	}
}
