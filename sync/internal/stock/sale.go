package stock

import "time"

// Fall is a sale imported for the first time: the moment after which the
// marketplace's own number is lower by Units, and our record knows why. Feed
// it once for each unit of a line, when that unit is first stored; an edit that
// adds units is a Fall of those. Where a channel lowers its number at another
// moment, Fall is ignored: both kinds may always be fed.
type Fall struct {
	Units    int64 // of the listing, > 0
	At       time.Time
	After    time.Time // without exact times: the number fell then or later; zero is not known
	Shipment bool      // shipped units, not sold ones
}

func (e Fall) apply(s *State, r Rules) []Drift {
	if had := total(s.U); e.Units > 0 && !e.Shipment {
		defer func() { s.counted(e.Units, had-total(s.U)) }()
	}
	atSale, atShipment := r.Falls != FallsAtShipment, r.Falls != FallsAtSale
	if e.Units <= 0 || (e.Shipment && !atShipment) || (!e.Shipment && !atSale) {
		return nil
	}
	p, eps, rest := stamp(e.At), r.epsilon(), e.Units
	var maybe int64     // units that lots explain which may be of nothing
	var first time.Time // no earlier did the number fall
	if !e.After.IsZero() {
		first = stamp(e.After).Add(-eps)
	}
	switch {
	case r.Falls == FallsUnknown && e.Shipment:
		// The sale took its units already. A lot that shipment made is left to
		// its hold, for it may be a later sale's.
	case r.ExactTimes:
		s.U, rest = take(s.U, rest, around(p))
		s.U, _ = take(s.U, rest, func(l Lot) bool { return !l.To.Before(p) })
		rest = e.Units
	default:
		// A lot that ended before the number could fall is another sale's.
		s.U, rest = take(s.U, rest, func(l Lot) bool { return !l.Doubt && !l.To.Before(first) })
		maybe = rest
		s.U, rest = borrow(s.U, rest, func(l Lot) bool { return !l.To.Before(first) })
		maybe -= rest
	}
	if rest == 0 && maybe == 0 {
		return nil
	}
	s.each(func(dst []Candidate, c Candidate) []Candidate {
		at := c.place(p, eps)
		if at == before {
			return append(dst, c)
		}
		lower := c.missing(-rest, p, eps)
		if maybe > 0 {
			dst = append(dst, c.missing(-rest-maybe, p, eps)) // the lot was none: this sale came after it
		}
		switch {
		case r.Falls != FallsUnknown && !r.ExactTimes && c.To.Before(first): // it is later than the number
		case r.Falls == FallsUnknown || !r.ExactTimes:
			dst = append(dst, c) // when, or whether, is not known: no narrowing
		case at == within:
			dst = append(dst, c.counting(p, eps))
		}
		dst = append(dst, lower)
		if lower.V < 0 && atShipment {
			lower.V = 0 // some clip a number that shipment takes below zero
			dst = append(dst, lower)
		}
		return dst
	})
	return nil
}

// Rise is units that an order gave back: a cancellation or a refund with
// restock, when first stored.
type Rise struct {
	Units   int64 // of the listing, > 0
	At      time.Time
	Certain bool // false where nobody documents whether the number rises
}

func (e Rise) apply(s *State, r Rules) []Drift {
	if e.Units <= 0 {
		return nil
	}
	s.gaveBack(e.Units)
	p, eps, rest := stamp(e.At), r.epsilon(), e.Units
	if r.ExactTimes {
		s.R, rest = take(s.R, rest, around(p))
		s.R, rest = take(s.R, rest, near(p, eps))
	} else {
		s.R, rest = take(s.R, rest, func(l Lot) bool { return l.From.Before(p) })
	}
	if r.SoldCount == SoldUncounted && (e.Certain || !r.Hidden) { // where sales are counted, the count says what is still missing
		s.U = instead(s.U, rest, e.Certain, near(p, eps))
	}
	s.each(func(dst []Candidate, c Candidate) []Candidate {
		at := c.place(p, eps)
		if at == before {
			return append(dst, c)
		}
		switch {
		case !e.Certain || !r.ExactTimes:
			dst = append(dst, c)
		case at == within:
			dst = append(dst, c.counting(p, eps))
		}
		return append(dst, c.missing(e.Units, p, eps))
	})
	return nil
}
