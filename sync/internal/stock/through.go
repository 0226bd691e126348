package stock

import (
	"slices"
	"time"
)

// Through is the end of an import walk with watermark At: every order changed
// up to then is stored. Time counts here by what was imported, never by the
// clock: while imports are out, no unit that was seen to go is given up.
type Through struct {
	At time.Time

	// Unread is when an order was last told that cannot be read, and so is not
	// stored; zero is none. It may be what took the units of any lot begun before.
	Unread time.Time
}

func (e Through) apply(s *State, r Rules) []Drift {
	x, unread := stamp(e.At), stamp(e.Unread)
	var drift []Drift
	s.R = slices.DeleteFunc(s.R, func(rise Lot) bool {
		if !rise.To.Before(x) {
			return false
		}
		rest := rise.N
		if r.SoldCount == SoldUncounted { // where sales are counted, the count says what is still missing
			s.U, rest = take(s.U, rest, func(l Lot) bool { return !l.From.After(rise.From) })
		}
		if rest > 0 {
			drift = append(drift, Drift{N: rest, From: rise.From, To: rise.To, Why: "more, and no order gave them back"})
		}
		return true
	})
	s.U = slices.DeleteFunc(s.U, func(l Lot) bool {
		if l.From.Before(unread) {
			return false
		}
		if l.Doubt && l.To.Before(x) {
			return true // no order took them, and one gave back what explains the reading
		}
		if l.To.Add(r.hold()).After(x) {
			return false
		}
		if r.SoldCount != SoldUncounted {
			s.WrittenOff += l.N
		}
		drift = append(drift, Drift{N: -l.N, From: l.From, To: l.To, Why: "fewer, and no order came in time"})
		return true
	})
	return drift
}
