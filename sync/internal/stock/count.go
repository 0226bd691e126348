package stock

import "time"

// count sets Σ U to the units the marketplace says it sold and we have not
// imported, whatever the number suggests; up to spare more may stay.
func (s *State) count(missing, spare int64, last, t time.Time) []Drift {
	missing = max(0, missing)
	s.WrittenOff = min(s.WrittenOff, missing)
	missing -= s.WrittenOff
	have := total(s.U)
	if missing > have {
		s.U = foldLots(append(s.U, Lot{N: missing - have, From: last, To: t}))
		return nil
	}
	// The newest lots go first: the older ones were confirmed by the last count.
	var drift []Drift
	for more := have - missing - spare; more > 0; {
		l := &s.U[len(s.U)-1]
		k := min(more, l.N)
		l.N -= k
		more -= k
		// A sale that lapsed comes back as a rise: the two explain each other.
		var rest int64
		s.R, rest = take(s.R, k, func(r Lot) bool { return !l.From.After(r.From) })
		if rest > 0 {
			drift = append(drift, Drift{N: -rest, From: l.From, To: l.To, Why: "fewer, and the marketplace counts no sale"})
		}
		if l.N == 0 {
			s.U = s.U[:len(s.U)-1]
		}
	}
	return drift
}

// countEver is count by the units sold in all the listing's life. What of them
// was imported is not known, only what came to it since: Counted is the count
// that would leave nothing missing, Over how many units too high that may be.
func (s *State) countEver(count int64, r Rules, last, t time.Time) []Drift {
	if s.Counted == nil {
		s.Counted = new(count - total(s.U) - s.WrittenOff)
	}
	// The count may lag behind the quantity: what just went stays until a later
	// read, whatever is counted now.
	over, fresh := s.Over, int64(0)
	for _, l := range s.U {
		if l.To.After(t.Add(-r.effect())) {
			fresh += l.N
		}
	}
	drift := s.count(count-*s.Counted, over+fresh, last, t)
	low := max(0, *s.Counted+s.WrittenOff+total(s.U)-count)
	s.Over = max(low-fresh, min(low, over))
	// And behind the orders. One that stays low was lowered by a cancellation, or
	// had the sale in it before we began to count.
	switch {
	case s.Over == 0:
		s.Lacks = time.Time{}
	case s.Lacks.IsZero():
		s.Lacks = t
	case !t.Before(s.Lacks.Add(r.effect())):
		by := min(s.Over, over)
		s.Counted = new(*s.Counted - by)
		s.Over -= by
		s.Lacks = time.Time{}
	}
	return drift
}

// counted is a sale that was imported, of which explained units are out of U.
func (s *State) counted(units, explained int64) {
	if s.Counted == nil {
		return
	}
	s.Counted = new(*s.Counted + units)
	s.Over += units - explained // before we began to count, or since the last count
	s.Lacks = time.Time{}
}

// gaveBack is units that an order gave back, which may leave the count.
func (s *State) gaveBack(units int64) {
	if s.Counted != nil {
		s.Over += units
	}
}
