package stock

import (
	"slices"
	"time"
)

func total(lots []Lot) int64 {
	var n int64
	for _, l := range lots {
		n += l.N
	}
	return n
}

// foldLots joins the two oldest lots while there are more than MaxLots. The
// joined one ends with the later, so it is held longer, never shorter.
func foldLots(lots []Lot) []Lot {
	for len(lots) > MaxLots {
		lots[1] = Lot{
			N:    lots[0].N + lots[1].N,
			From: earlier(lots[0].From, lots[1].From),
			To:   later(lots[0].To, lots[1].To),
		}
		lots = slices.Delete(lots, 0, 1)
	}
	return lots
}

// take takes up to n units from the lots that fit, in their order, and returns
// what is left of n.
func take(lots []Lot, n int64, fits func(Lot) bool) ([]Lot, int64) {
	return takeFrom(lots, n, false, fits)
}

// borrow is take where what is taken may be of no lot: a lot in doubt stays so.
func borrow(lots []Lot, n int64, fits func(Lot) bool) ([]Lot, int64) {
	return takeFrom(lots, n, true, fits)
}

func takeFrom(lots []Lot, n int64, doubt bool, fits func(Lot) bool) ([]Lot, int64) {
	for i := range lots {
		if n > 0 && fits(lots[i]) {
			k := min(n, lots[i].N)
			lots[i].N -= k
			lots[i] = Lot{N: lots[i].N, From: lots[i].From, To: lots[i].To, Doubt: lots[i].Doubt && doubt} // some did go
			n -= k
		}
	}
	return slices.DeleteFunc(lots, func(l Lot) bool { return l.N == 0 }), n
}

// instead takes back the lots of a fall that n units which came explain as well.
// An order is known to have given the units back; that others went at the same
// time is not. Where it is not even certain that they came, the lots stay in
// doubt.
func instead(lots []Lot, n int64, certain bool, fits func(Lot) bool) []Lot {
	kept := lots[:0]
	for _, l := range lots {
		if l.Or > 0 && l.Or <= n && fits(l) {
			n -= l.Or
			if certain {
				continue
			}
			l.Doubt = true
		}
		kept = append(kept, l)
	}
	return kept
}

// disproved forgets what only a write explains that had no effect.
func disproved(lots []Lot, key string) {
	for i, l := range lots {
		if l.Of == key {
			lots[i] = Lot{N: l.N, From: l.From, To: l.To}
		}
	}
}

// around fits the lots that saw the moment p.
func around(p time.Time) func(Lot) bool {
	return func(l Lot) bool { return l.From.Before(p) && !p.After(l.To) }
}

// near fits the lots that saw the moment p by a clock that is off by eps.
func near(p time.Time, eps time.Duration) func(Lot) bool {
	return func(l Lot) bool { return l.From.Before(p.Add(eps)) && !l.To.Before(p.Add(-eps)) }
}
