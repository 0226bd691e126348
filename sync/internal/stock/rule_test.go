package stock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// c, l and w are short for the tables; their times count from the epoch.
func c(v int64, from, to time.Duration) Candidate {
	return Candidate{V: v, From: at(from), To: at(to)}
}

func l(n int64, from, to time.Duration) Lot { return Lot{N: n, From: at(from), To: at(to)} }

// lo is a lot that may have been or units that came instead.
func lo(n, or int64, from, to time.Duration) Lot {
	return Lot{N: n, From: at(from), To: at(to), Or: or}
}

// of is a lot that only a write explains otherwise.
func of(key string, l Lot) Lot {
	l.Of = key
	return l
}

// doubt is a lot whose units an order may have given back instead.
func doubt(l Lot) Lot {
	l.Doubt = true
	return l
}

func w(key string, mode Mode, was, want int64, sent, by time.Duration, shows ...Candidate) Write {
	return Write{Key: key, Mode: mode, Was: was, Want: want, Sent: at(sent), By: at(by), Shows: shows}
}

func TestApply(t *testing.T) {
	const m = time.Minute
	unknown := Rules{ExactTimes: true, Falls: FallsUnknown}
	counting := Rules{ExactTimes: true, SoldCount: SoldOpen}
	ever := Rules{Hidden: true, SoldCount: SoldEver, Effect: 5 * m}
	hidden := Rules{Hidden: true}
	flight := w("a", Absolute, 10, 8, 2*m, 12*m, c(8, 2*m, 12*m))
	with := func(w Write, change func(*Write)) Write {
		w.Shows = append([]Candidate(nil), w.Shows...)
		change(&w)
		return w
	}
	tests := []struct {
		name  string
		rules Rules
		state State
		event Event
		want  State
		drift []Drift
	}{
		// fall
		{
			"fall: a number of after the sale counts it", shopify,
			State{C: []Candidate{c(9, 2*m, 2*m)}},
			Fall{Units: 1, At: at(m)},
			State{C: []Candidate{c(9, 2*m, 2*m)}},
			nil,
		},
		{
			"fall: a number of before the sale goes down", shopify,
			State{C: []Candidate{c(9, 2*m, 2*m)}},
			Fall{Units: 2, At: at(3 * m)},
			State{C: []Candidate{c(7, 2*m, 2*m)}},
			nil,
		},
		{
			"fall: between is both, each narrowed to its case", shopify,
			State{C: []Candidate{c(9, 2*m, 4*m)}},
			Fall{Units: 2, At: at(3 * m)},
			State{C: []Candidate{c(7, 2*m, 3*m+2*time.Second), c(9, 3*m-2*time.Second, 4*m)}},
			nil,
		},
		{
			"fall: within epsilon is both", shopify,
			State{C: []Candidate{c(9, 2*m, 2*m)}},
			Fall{Units: 1, At: at(2*m + time.Second)},
			State{C: []Candidate{c(8, 2*m, 2*m), c(9, 2*m, 2*m)}},
			nil,
		},
		{
			"fall: unsettled writes fall too", shopify,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Fall{Units: 1, At: at(13 * m)},
			State{C: []Candidate{c(9, 0, 0)}, W: []Write{with(flight, func(w *Write) { w.Shows[0].V = 7 })}},
			nil,
		},
		{
			"fall: a write sent after the sale overwrites it", shopify,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Fall{Units: 1, At: at(m)},
			State{C: []Candidate{c(9, 0, 0)}, W: []Write{flight}},
			nil,
		},
		{
			"fall: takes the lot that saw its moment first, then the oldest seen later", shopify,
			State{C: []Candidate{c(5, 9*m, 9*m)}, U: []Lot{l(1, 0, m), l(1, m, 3*m), l(2, 3*m, 4*m), l(1, 4*m, 9*m)}},
			Fall{Units: 2, At: at(4 * m)},
			State{C: []Candidate{c(5, 9*m, 9*m)}, U: []Lot{l(1, 0, m), l(1, m, 3*m), l(1, 4*m, 9*m)}},
			nil,
		},
		{
			"fall: what its own lot does not cover comes from lots seen later, never earlier", shopify,
			State{C: []Candidate{c(5, 9*m, 9*m)}, U: []Lot{l(1, 0, m), l(1, m, 3*m), l(2, 3*m, 4*m)}},
			Fall{Units: 2, At: at(2 * m)},
			State{C: []Candidate{c(5, 9*m, 9*m)}, U: []Lot{l(1, 0, m), l(1, 3*m, 4*m)}},
			nil,
		},
		{
			"fall: without exact times the oldest lots pay and the number stays", ebay,
			State{C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, 0, m), l(1, m, 2*m)}},
			Fall{Units: 1, At: at(9 * m)},
			State{C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, m, 2*m)}},
			nil,
		},
		{
			"fall: without exact times the rest is both", ebay,
			State{C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, 0, m)}},
			Fall{Units: 3, At: at(9 * m)},
			State{C: []Candidate{c(6, 2*m, 2*m), c(8, 2*m, 2*m)}},
			nil,
		},
		{
			"fall: without exact times a number of after it counts it", ebay,
			State{C: []Candidate{c(8, 20*m, 20*m)}},
			Fall{Units: 3, At: at(9 * m)},
			State{C: []Candidate{c(8, 20*m, 20*m)}},
			nil,
		},
		{
			"fall: a lot that ended before the number could fall is another sale's, and the number is later", ebay,
			State{C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, 0, 2*m)}},
			Fall{Units: 1, After: at(5 * m), At: at(9 * m)},
			State{C: []Candidate{c(7, 2*m, 2*m)}, U: []Lot{l(1, 0, 2*m)}},
			nil,
		},
		{
			"fall: of the lots in which the number could fall the oldest pays", ebay,
			State{C: []Candidate{c(8, 9*m, 9*m)}, U: []Lot{l(1, 0, 2*m), l(1, 2*m, 6*m), l(1, 6*m, 9*m)}},
			Fall{Units: 1, After: at(5 * m), At: at(20 * m)},
			State{C: []Candidate{c(8, 9*m, 9*m)}, U: []Lot{l(1, 0, 2*m), l(1, 6*m, 9*m)}},
			nil,
		},
		{
			"fall: times closer than epsilon have no order", ebay,
			State{C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, 0, 2*m)}},
			Fall{Units: 1, After: at(2*m + time.Second), At: at(20 * m)},
			State{C: []Candidate{c(8, 2*m, 2*m)}},
			nil,
		},
		{
			"fall: what a lot in doubt explains may be of after the number", ebay,
			State{C: []Candidate{c(8, 9*m, 9*m)}, U: []Lot{doubt(lo(3, 1, 6*m, 9*m))}},
			Fall{Units: 1, After: at(9 * m), At: at(20 * m)},
			State{C: []Candidate{c(7, 9*m, 9*m), c(8, 9*m, 9*m)}, U: []Lot{doubt(l(2, 6*m, 9*m))}},
			nil,
		},
		{
			"fall: lots that surely went pay before those in doubt, and those before the number", ebay,
			State{C: []Candidate{c(8, 9*m, 9*m)}, U: []Lot{doubt(lo(1, 1, 0, 6*m)), l(1, 6*m, 9*m)}},
			Fall{Units: 4, After: at(5 * m), At: at(20 * m)},
			State{C: []Candidate{c(5, 9*m, 9*m), c(6, 9*m, 9*m), c(8, 9*m, 9*m)}},
			nil,
		},
		{
			"fall: a shipment says nothing where a sale lowers", shopify,
			State{C: []Candidate{c(8, 0, 0)}},
			Fall{Units: 3, At: at(9 * m), Shipment: true},
			State{C: []Candidate{c(8, 0, 0)}},
			nil,
		},
		{
			"fall: a sale says nothing where a shipment lowers", byShipment,
			State{C: []Candidate{c(8, 0, 0)}},
			Fall{Units: 3, At: at(9 * m)},
			State{C: []Candidate{c(8, 0, 0)}},
			nil,
		},
		{
			"fall: a shipment below zero may clip", byShipment,
			State{C: []Candidate{c(1, 0, 0)}},
			Fall{Units: 3, At: at(9 * m), Shipment: true},
			State{C: []Candidate{c(-2, 0, 0), c(0, 0, 0)}},
			nil,
		},
		{
			"fall: a sale may take a number below zero, unclipped", shopify,
			State{C: []Candidate{c(1, 0, 0)}},
			Fall{Units: 3, At: at(9 * m)},
			State{C: []Candidate{c(-2, 0, 0)}},
			nil,
		},
		{
			"fall: with the setting unread, both", unknown,
			State{C: []Candidate{c(8, 0, 0)}},
			Fall{Units: 3, At: at(9 * m)},
			State{C: []Candidate{c(5, 0, 0), c(8, 0, 0)}},
			nil,
		},
		{
			"fall: of nothing is nothing", shopify,
			State{C: []Candidate{c(8, 0, 0)}},
			Fall{At: at(9 * m)},
			State{C: []Candidate{c(8, 0, 0)}},
			nil,
		},

		// rise
		{
			"rise: a number of before it goes up", shopify,
			State{C: []Candidate{c(8, 0, 0)}},
			Rise{Units: 2, At: at(m), Certain: true},
			State{C: []Candidate{c(10, 0, 0)}},
			nil,
		},
		{
			"rise: a number of after it counts it, and its lot is explained", shopify,
			State{C: []Candidate{c(10, 5*m, 5*m)}, R: []Lot{l(2, 0, 5*m), l(1, 5*m, 6*m)}},
			Rise{Units: 3, At: at(m), Certain: true},
			State{C: []Candidate{c(10, 5*m, 5*m)}, R: []Lot{l(1, 5*m, 6*m)}},
			nil,
		},
		{
			"rise: a lot within epsilon of it is explained, the one that saw it first", shopify,
			State{C: []Candidate{c(10, 5*m, 5*m)}, R: []Lot{l(2, m+time.Second, 2*m), l(1, 0, m)}},
			Rise{Units: 2, At: at(m), Certain: true},
			State{C: []Candidate{c(10, 5*m, 5*m)}, R: []Lot{l(1, m+time.Second, 2*m)}},
			nil,
		},
		{
			"rise: units that came explain a reading as well as units that went and are not known of", shopify,
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			Rise{Units: 1, At: at(2 * m), Certain: true},
			State{C: []Candidate{c(9, 5*m, 5*m)}},
			nil,
		},
		{
			"rise: fewer than would have come, or at another time, explain nothing", shopify,
			State{C: []Candidate{c(9, 9*m, 9*m)}, U: []Lot{lo(2, 3, m, 5*m), lo(1, 1, 5*m, 8*m)}},
			Rise{Units: 2, At: at(2 * m), Certain: true},
			State{C: []Candidate{c(9, 9*m, 9*m)}, U: []Lot{lo(2, 3, m, 5*m), lo(1, 1, 5*m, 8*m)}},
			nil,
		},
		{
			"rise: units of which some are known to have gone did not come instead", shopify,
			State{C: []Candidate{c(9, 9*m, 9*m)}, U: []Lot{l(1, m, 5*m)}},
			Rise{Units: 2, At: at(2 * m), Certain: true},
			State{C: []Candidate{c(9, 9*m, 9*m)}, U: []Lot{l(1, m, 5*m)}},
			nil,
		},
		{
			"rise: where none is certain the units that went stay in doubt", shopify,
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			Rise{Units: 1, At: at(2 * m)},
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{doubt(lo(2, 1, m, 5*m))}},
			nil,
		},
		{
			"rise: uncertain, it says nothing where orders stay hidden", hidden,
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			Rise{Units: 1, At: at(6 * m)},
			State{C: []Candidate{c(9, 5*m, 5*m), c(10, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			nil,
		},
		{
			"rise: where sales are counted it says nothing of them", counting,
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			Rise{Units: 1, At: at(2 * m), Certain: true},
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}},
			nil,
		},
		{
			"rise: undocumented is both", shopify,
			State{C: []Candidate{c(8, 0, 0)}},
			Rise{Units: 2, At: at(m)},
			State{C: []Candidate{c(8, 0, 0), c(10, 0, 0)}},
			nil,
		},

		// sent
		{
			"sent: an absolute write may show its quantity from then on", amazon,
			State{C: []Candidate{c(10, 0, 0)}},
			Sent{Key: "a", Want: 8, Was: 10, At: at(2 * m)},
			State{C: []Candidate{c(10, 0, 0)}, Sent: at(2 * m), W: []Write{
				w("a", Absolute, 10, 8, 2*m, 10*m+10*time.Second, c(8, 2*m, 10*m+10*time.Second)),
			}},
			nil,
		},
		{
			"sent: a relative write moves each candidate and keeps its times", bigcommerce,
			State{C: []Candidate{c(9, 0, 0), c(10, 0, m)}},
			Sent{Key: "a", Mode: Relative, Want: 8, Was: 10, At: at(2 * m)},
			State{C: []Candidate{c(9, 0, 0), c(10, 0, m)}, Sent: at(2 * m), W: []Write{
				w("a", Relative, 10, 8, 2*m, 3*m+10*time.Second, c(7, 0, 0), c(8, 0, m)),
			}},
			nil,
		},
		{
			"sent: twice under one key is once", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Sent{Key: "a", Want: 8, Was: 10, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			nil,
		},

		// outcome
		{
			"outcome: not sent drops", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Outcome{Key: "a", Result: NotSent, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}},
			nil,
		},
		{
			"outcome: stale drops and reads", shopify,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Outcome{Key: "a", Result: Stale, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, Reread: true},
			nil,
		},
		{
			"outcome: refused drops and reads", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Outcome{Key: "a", Result: Refused, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, Reread: true},
			nil,
		},
		{
			"outcome: a write that had no effect explains nothing", amazon,
			State{U: []Lot{of("a", lo(2, 1, 0, m)), of("b", lo(1, 1, m, 2*m)), doubt(of("a", lo(1, 2, 2*m, 3*m)))}, W: []Write{flight}},
			Outcome{Key: "a", Result: Refused, At: at(4 * m)},
			State{U: []Lot{l(2, 0, m), of("b", lo(1, 1, m, 2*m)), l(1, 2*m, 3*m)}, W: []Write{}, Reread: true},
			nil,
		},
		{
			"outcome: a compare-and-set that held is what is shown", shopify,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{with(flight, func(w *Write) { w.Mode = CompareAndSet })}},
			Outcome{Key: "a", Result: Applied, At: at(3 * m)},
			State{C: []Candidate{c(8, 2*m, 3*m)}},
			nil,
		},
		{
			"outcome: an absolute write accepted waits for a read, and only its effect lag for that", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Outcome{Key: "a", Result: Accepted, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, Based: true, W: []Write{with(flight, func(w *Write) {
				w.Accepted, w.By, w.Shows[0].To = true, at(11*m), at(11*m)
			})}},
			nil,
		},
		{
			"outcome: unsure keeps both, and relative writes have no base", amazon,
			State{C: []Candidate{c(10, 0, 0)}, Based: true, W: []Write{flight}},
			Outcome{Key: "a", Result: Unsure, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			nil,
		},
		{
			"outcome: of an unknown key is nothing", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Outcome{Key: "b", Result: NotSent, At: at(3 * m)},
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			nil,
		},

		// read
		{
			"read: the first sets known", shopify,
			State{},
			Read{Shown: 10, At: at(m)},
			State{C: []Candidate{c(10, m, m)}, Known: at(m), Read: at(m)},
			nil,
		},
		{
			"read: fewer than the smallest candidate not below is a fall", shopify,
			State{C: []Candidate{c(8, 0, 0), c(10, 0, m)}},
			Read{Shown: 7, At: at(5 * m)},
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(1, 0, 5*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"read: between candidates is a fall from the upper one", shopify,
			State{C: []Candidate{c(7, 0, 0), c(10, m, m)}},
			Read{Shown: 8, At: at(5 * m)},
			State{C: []Candidate{c(8, 5*m, 5*m)}, U: []Lot{lo(2, 1, m, 5*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"read: the number is of some moment between the question and the answer", shopify,
			State{C: []Candidate{c(10, m, m)}},
			Read{Shown: 8, At: at(5 * m), Until: at(6 * m)},
			State{C: []Candidate{c(8, 5*m, 6*m)}, U: []Lot{l(2, m, 6*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"read: above all is a rise from the largest", shopify,
			State{C: []Candidate{c(7, 0, 0), c(10, m, m)}},
			Read{Shown: 12, At: at(5 * m)},
			State{C: []Candidate{c(12, 5*m, 5*m)}, R: []Lot{l(2, m, 5*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"read: a write not past its time stays", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Read{Shown: 10, At: at(12*m - 1)},
			State{C: []Candidate{c(10, 12*m-1, 12*m-1)}, W: []Write{flight}, Read: at(12*m - 1)},
			nil,
		},
		{
			"read: a write past its time is settled", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Read{Shown: 8, At: at(12 * m)},
			State{C: []Candidate{c(8, 12*m, 12*m)}, Read: at(12 * m)},
			nil,
		},
		{
			"read: a write it shows is seen", amazon,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{flight}},
			Read{Shown: 8, At: at(3 * m)},
			State{C: []Candidate{c(8, 3*m, 3*m)}, Read: at(3 * m), W: []Write{with(flight, func(w *Write) { w.Seen = true })}},
			nil,
		},
		{
			"read: more than a write would show does not show it", amazon,
			State{C: []Candidate{c(7, 0, 0)}, W: []Write{flight}},
			Read{Shown: 9, At: at(3 * m)},
			State{C: []Candidate{c(9, 3*m, 3*m)}, R: []Lot{l(1, 2*m, 3*m)}, W: []Write{flight}, Read: at(3 * m)},
			nil,
		},
		{
			"read: a number narrowed by a sale dated after the read loses units at the read", shopify,
			State{C: []Candidate{c(9, 4*m, 6*m)}},
			Read{Shown: 7, At: at(3 * m)},
			State{C: []Candidate{c(7, 3*m, 3*m)}, U: []Lot{l(2, 3*m, 3*m)}, Read: at(3 * m)},
			nil,
		},
		{
			"read: a compare-and-set that expects another number is over", shopify,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{with(flight, func(w *Write) { w.Mode = CompareAndSet })}},
			Read{Shown: 9, At: at(3 * m)},
			State{C: []Candidate{c(9, 3*m, 3*m)}, U: []Lot{of("a", lo(1, 1, 0, 3*m))}, Read: at(3 * m)},
			nil,
		},
		{
			"read: a relative write is restated on it", bigcommerce,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{w("a", Relative, 10, 8, 2*m, 12*m, c(8, 0, 0))}},
			Read{Shown: 9, At: at(3 * m)},
			State{C: []Candidate{c(9, 3*m, 3*m)}, U: []Lot{of("a", lo(1, 1, 0, 3*m))}, Read: at(3 * m), W: []Write{
				w("a", Relative, 10, 8, 2*m, 12*m, c(7, 3*m, 3*m), c(9, 3*m, 3*m)),
			}},
			nil,
		},
		{
			"read: the number of before a relative lowering tells that it is to come", bigcommerce,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{w("a", Relative, 10, 8, 2*m, 12*m, c(8, 0, 0))}},
			Read{Shown: 10, At: at(3 * m)},
			State{C: []Candidate{c(10, 3*m, 3*m)}, Read: at(3 * m), W: []Write{w("a", Relative, 10, 8, 2*m, 12*m, c(8, 3*m, 3*m))}},
			nil,
		},
		{
			"read: the number of before a relative raise leaves open whether as many were sold", bigcommerce,
			State{C: []Candidate{c(8, 0, 0)}, W: []Write{w("a", Relative, 8, 10, 2*m, 12*m, c(10, 0, 0))}},
			Read{Shown: 8, At: at(3 * m)},
			State{C: []Candidate{c(8, 3*m, 3*m)}, Read: at(3 * m), W: []Write{
				w("a", Relative, 8, 10, 2*m, 12*m, c(8, 3*m, 3*m), c(10, 3*m, 3*m)),
			}},
			nil,
		},
		{
			"read: a number that is of before as well as of after a lowering leaves it open", bigcommerce,
			State{C: []Candidate{c(8, 0, 0), c(10, 0, 0)}, W: []Write{w("a", Relative, 10, 8, 2*m, 12*m, c(6, 0, 0), c(8, 0, 0))}},
			Read{Shown: 8, At: at(3 * m)},
			State{C: []Candidate{c(8, 3*m, 3*m)}, Read: at(3 * m), W: []Write{
				w("a", Relative, 10, 8, 2*m, 12*m, c(6, 3*m, 3*m), c(8, 3*m, 3*m)),
			}},
			nil,
		},
		{
			"read: units missing beside a relative write leave open whether it has landed", bigcommerce,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{w("a", Relative, 10, 9, m, 3*m, c(9, 0, 0))}},
			Read{Shown: 8, At: at(2 * m)},
			State{
				C: []Candidate{c(8, 2*m, 2*m)}, U: []Lot{l(1, 0, 2*m)}, Read: at(2 * m),
				W: []Write{w("a", Relative, 10, 9, m, 3*m, c(7, 2*m, 2*m), c(8, 2*m, 2*m))},
			},
			nil,
		},
		{
			"read: exactly what a relative write brings about is seen to be it", bigcommerce,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{w("a", Relative, 10, 9, m, 3*m, c(9, 0, 0))}},
			Read{Shown: 9, At: at(2 * m)},
			State{
				C: []Candidate{c(9, 2*m, 2*m)}, Read: at(2 * m),
				W: []Write{with(w("a", Relative, 10, 9, m, 3*m, c(9, 2*m, 2*m)), func(w *Write) { w.Seen = true })},
			},
			nil,
		},
		{
			"read: a relative write accepted is what is shown from its time on", bigcommerce,
			State{C: []Candidate{c(10, 0, 0)}, W: []Write{with(w("a", Relative, 10, 12, 2*m, 12*m, c(12, 0, 0)), func(w *Write) { w.Accepted = true })}},
			Read{Shown: 9, At: at(12 * m)},
			State{C: []Candidate{c(9, 12*m, 12*m)}, U: []Lot{l(3, 0, 12*m)}, Read: at(12 * m)},
			nil,
		},
		{
			"read: an older one is nothing", shopify,
			State{C: []Candidate{c(10, m, m)}, Read: at(m)},
			Read{Shown: 4, At: at(0)},
			State{C: []Candidate{c(10, m, m)}, Read: at(m)},
			nil,
		},
		{
			"read: the same again is nothing", shopify,
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(1, 0, 5*m)}, Read: at(5 * m)},
			Read{Shown: 7, At: at(5 * m)},
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(1, 0, 5*m)}, Read: at(5 * m)},
			nil,
		},

		// sold count
		{
			"sold count: a lowering by hand is no sale", counting,
			State{C: []Candidate{c(10, 0, 0)}},
			Read{Shown: 7, At: at(5 * m), Sold: &Sold{Count: 4, Imported: 3}},
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(1, 0, 5*m)}, Read: at(5 * m)},
			[]Drift{{N: -2, From: at(0), To: at(5 * m), Why: "fewer, and the marketplace counts no sale"}},
		},
		{
			"sold count: a sale hidden by an edit upwards is held", counting,
			State{C: []Candidate{c(10, m, m)}, Read: at(m)},
			Read{Shown: 10, At: at(5 * m), Sold: &Sold{Count: 2}},
			State{C: []Candidate{c(10, 5*m, 5*m)}, U: []Lot{l(2, m, 5*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"sold count: a lapsed sale and its rise explain each other", counting,
			State{C: []Candidate{c(9, m, m)}, U: []Lot{l(1, 0, m)}, Read: at(m)},
			Read{Shown: 10, At: at(5 * m), Sold: &Sold{}},
			State{C: []Candidate{c(10, 5*m, 5*m)}, U: []Lot{}, R: []Lot{}, Read: at(5 * m)},
			nil,
		},
		{
			"sold count: units written off do not come back", counting,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), WrittenOff: 1},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 1}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, Read: at(5 * m), WrittenOff: 1},
			nil,
		},
		{
			"sold count: a late order takes its units off those written off", counting,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), WrittenOff: 1},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 1, Imported: 1}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, Read: at(5 * m)},
			nil,
		},
		{
			"sold count: ignored where it is not trusted", shopify,
			State{C: []Candidate{c(10, 0, 0)}},
			Read{Shown: 7, At: at(5 * m), Sold: &Sold{}},
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(3, 0, 5*m)}, Read: at(5 * m)},
			nil,
		},

		// sold ever
		{
			"sold ever: the first count is the base, less what is held already", ever,
			State{C: []Candidate{c(9, m, m)}, U: []Lot{l(1, 0, m)}, Read: at(m)},
			Read{Shown: 8, At: at(5 * m), Sold: &Sold{Count: 40}},
			State{C: []Candidate{c(8, 5*m, 5*m)}, U: []Lot{l(1, 0, m), l(1, m, 5*m)}, Read: at(5 * m), Counted: new(int64(38))},
			nil,
		},
		{
			"sold ever: what the count has more is missing, whatever the number", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(40))},
			Read{Shown: 10, At: at(5 * m), Sold: &Sold{Count: 42}},
			State{C: []Candidate{c(10, 5*m, 5*m)}, U: []Lot{l(2, m, 5*m)}, Read: at(5 * m), Counted: new(int64(40))},
			nil,
		},
		{
			"sold ever: what just went may not be counted yet", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(40))},
			Read{Shown: 7, At: at(5 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(3, m, 5*m)}, Read: at(5 * m), Counted: new(int64(40))},
			nil,
		},
		{
			"sold ever: what is not counted later was an edit by hand", ever,
			State{C: []Candidate{c(7, 5*m, 5*m)}, U: []Lot{l(3, m, 5*m)}, Read: at(5 * m), Counted: new(int64(40))},
			Read{Shown: 7, At: at(10 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(7, 10*m, 10*m)}, U: []Lot{l(1, m, 5*m)}, Read: at(10 * m), Counted: new(int64(40))},
			[]Drift{{N: -2, From: at(m), To: at(5 * m), Why: "fewer, and the marketplace counts no sale"}},
		},
		{
			"sold ever: what just went hides no other doubt", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 2},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 38}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{l(1, m, 5*m)}, Read: at(5 * m), Counted: new(int64(41)), Over: 3, Lacks: at(5 * m)},
			nil,
		},
		{
			"sold ever: a sale imported moves the base, and was seen by the count", ever,
			State{C: []Candidate{c(9, m, m)}, U: []Lot{l(1, 0, m)}, Read: at(m), Counted: new(int64(40)), Lacks: at(m)},
			Fall{Units: 1, At: at(3 * m)},
			State{C: []Candidate{c(9, m, m)}, U: []Lot{}, Read: at(m), Counted: new(int64(41))},
			nil,
		},
		{
			"sold ever: of a sale that no reading saw it is not known whether it is counted", ever,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), Counted: new(int64(40))},
			Fall{Units: 2, At: at(3 * m)},
			State{C: []Candidate{c(7, m, m), c(9, m, m)}, Read: at(m), Counted: new(int64(42)), Over: 2},
			nil,
		},
		{
			"sold ever: nothing is added before the first count", ever,
			State{C: []Candidate{c(9, m, m)}, Read: at(m)},
			Fall{Units: 2, At: at(3 * m)},
			State{C: []Candidate{c(7, m, m), c(9, m, m)}, Read: at(m)},
			nil,
		},
		{
			"sold ever: units given back may leave the count", ever,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), Counted: new(int64(40))},
			Rise{Units: 1, At: at(-m), Certain: true},
			State{C: []Candidate{c(9, m, m)}, Read: at(m), Counted: new(int64(40)), Over: 1},
			nil,
		},
		{
			"sold ever: while the base may be too high, what the number suggests is kept", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 1},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, U: []Lot{l(1, m, 5*m)}, Read: at(5 * m), Counted: new(int64(41)), Over: 1, Lacks: at(5 * m)},
			nil,
		},
		{
			"sold ever: a count below the base may lag, and nothing is missing", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41))},
			Read{Shown: 10, At: at(5 * m), Sold: &Sold{Count: 40}},
			State{C: []Candidate{c(10, 5*m, 5*m)}, Read: at(5 * m), Counted: new(int64(41)), Over: 1, Lacks: at(5 * m)},
			nil,
		},
		{
			"sold ever: soon after it may still lag", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			Read{Shown: 10, At: at(5 * m), Sold: &Sold{Count: 40}},
			State{C: []Candidate{c(10, 5*m, 5*m)}, Read: at(5 * m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			nil,
		},
		{
			"sold ever: a count that stays below lowers the base", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(42)), Over: 1, Lacks: at(m)},
			Read{Shown: 10, At: at(6 * m), Sold: &Sold{Count: 40}},
			State{C: []Candidate{c(10, 6*m, 6*m)}, Read: at(6 * m), Counted: new(int64(41)), Over: 1},
			nil,
		},
		{
			"sold ever: one that caught up does not", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			Read{Shown: 10, At: at(6 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(10, 6*m, 6*m)}, Read: at(6 * m), Counted: new(int64(41))},
			nil,
		},
		{
			"sold ever: units written off do not come back", ever,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), WrittenOff: 1, Counted: new(int64(40))},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, Read: at(5 * m), WrittenOff: 1, Counted: new(int64(40))},
			nil,
		},
		{
			"sold ever: a late order takes its units off those written off", ever,
			State{C: []Candidate{c(9, m, m)}, Read: at(m), WrittenOff: 1, Counted: new(int64(41)), Over: 1},
			Read{Shown: 9, At: at(5 * m), Sold: &Sold{Count: 41}},
			State{C: []Candidate{c(9, 5*m, 5*m)}, Read: at(5 * m), Counted: new(int64(41))},
			nil,
		},
		{
			"sold ever: a read without a count leaves the base", ever,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			Read{Shown: 9, At: at(6 * m)},
			State{C: []Candidate{c(9, 6*m, 6*m)}, U: []Lot{l(1, m, 6*m)}, Read: at(6 * m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			nil,
		},
		{
			"sold ever: what is not trusted any more is forgotten, for sales pass it by", ebay,
			State{C: []Candidate{c(10, m, m)}, Read: at(m), Counted: new(int64(41)), Over: 1, Lacks: at(m)},
			Fall{Units: 1, At: at(0)},
			State{C: []Candidate{c(10, m, m)}, Read: at(m)},
			nil,
		},

		// through
		{
			"through: a rise cancels the oldest falls begun before it", shopify,
			State{U: []Lot{l(1, 0, m), l(3, m, 2*m), l(1, 4*m, 5*m)}, R: []Lot{l(2, 2*m, 3*m)}},
			Through{At: at(4 * m)},
			State{U: []Lot{l(2, m, 2*m), l(1, 4*m, 5*m)}, R: []Lot{}},
			nil,
		},
		{
			"through: the rest of a rise is drift", shopify,
			State{U: []Lot{l(1, 4*m, 5*m)}, R: []Lot{l(2, 2*m, 3*m)}},
			Through{At: at(4 * m)},
			State{U: []Lot{l(1, 4*m, 5*m)}, R: []Lot{}},
			[]Drift{{N: 2, From: at(2 * m), To: at(3 * m), Why: "more, and no order gave them back"}},
		},
		{
			"through: a rise not yet passed waits", shopify,
			State{R: []Lot{l(2, 2*m, 3*m)}},
			Through{At: at(3 * m)},
			State{R: []Lot{l(2, 2*m, 3*m)}},
			nil,
		},
		{
			"through: a fall is drift once the watermark is a hold past it", shopify,
			State{U: []Lot{l(1, 0, m), l(1, m, 2*m)}},
			Through{At: at(31 * m)},
			State{U: []Lot{l(1, m, 2*m)}},
			[]Drift{{N: -1, From: at(0), To: at(m), Why: "fewer, and no order came in time"}},
		},
		{
			"through: a fall in doubt waits only until orders are imported up to its end", shopify,
			State{U: []Lot{doubt(lo(2, 1, 0, m)), doubt(lo(2, 1, m, 2*m)), lo(2, 1, m, 2*m)}},
			Through{At: at(2 * m)},
			State{U: []Lot{doubt(lo(2, 1, m, 2*m)), lo(2, 1, m, 2*m)}},
			nil,
		},
		{
			"through: a fall waits while an order of later is unread", shopify,
			State{U: []Lot{l(1, 0, m), doubt(lo(1, 1, m, 2*m)), l(1, 3*m, 4*m)}},
			Through{At: at(99 * m), Unread: at(2 * m)},
			State{U: []Lot{l(1, 0, m), doubt(lo(1, 1, m, 2*m))}},
			[]Drift{{N: -1, From: at(3 * m), To: at(4 * m), Why: "fewer, and no order came in time"}},
		},
		{
			"through: drift that was counted as sold is written off", counting,
			State{U: []Lot{l(1, 0, m)}},
			Through{At: at(31 * m)},
			State{U: []Lot{}, WrittenOff: 1},
			[]Drift{{N: -1, From: at(0), To: at(m), Why: "fewer, and no order came in time"}},
		},
		{
			"through: drift takes away a relative write's base", bigcommerce,
			State{Based: true, R: []Lot{l(1, 0, m)}},
			Through{At: at(31 * m)},
			State{R: []Lot{}},
			[]Drift{{N: 1, From: at(0), To: at(m), Why: "more, and no order gave them back"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := tt.state.clone()
			got, drift := tt.state.Apply(tt.rules, tt.event)
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("state (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.drift, drift); d != "" {
				t.Errorf("drift (-want +got):\n%s", d)
			}
			if d := cmp.Diff(given, tt.state); d != "" {
				t.Errorf("the state given was changed:\n%s", d)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	const m = time.Minute
	shown := State{C: []Candidate{c(10, 0, 0)}, Known: at(-m), Read: at(0), Based: true}
	with := func(change func(*State)) State {
		s := shown.clone()
		change(&s)
		return s
	}
	inFlight := func(mode Mode, want int64) State {
		return with(func(s *State) {
			s.W = []Write{w("a", mode, 10, want, 0, 5*m, c(want, 0, 5*m))}
		})
	}
	feed := with(func(s *State) {
		s.W = []Write{w("f", Absolute, 10, 8, 0, 300*m, c(8, 0, 300*m))}
		s.W[0].Feed, s.W[0].Open = true, true
	})
	slow := amazon
	slow.Coalesce = 15 * m
	ending := ebay
	ending.ZeroEnds = true
	low := ebay
	low.Low = 3
	tests := []struct {
		name    string
		listing Listing
		want    int64 // T
		now     time.Duration
		command string
	}{
		{"never read is read", Listing{Rules: shopify}, 10, 0, "read: never read"},
		{"doubt is read", Listing{Rules: shopify, State: with(func(s *State) { s.C = append(s.C, c(11, 0, 0)) })}, 10, 0, "read: several"},
		{"an answer that told otherwise is read", Listing{Rules: shopify, State: with(func(s *State) { s.Reread = true })}, 10, 0, "read: an answer"},
		{"a write past its time is read", Listing{Rules: shopify, State: inFlight(CompareAndSet, 8)}, 8, 5*m + 2*time.Second, "read: a write has had its time"},
		{"a write within epsilon of its time is waited for", Listing{Rules: shopify, State: inFlight(CompareAndSet, 8)}, 8, 5*m + time.Second, "wait: a write is not settled"},
		{"an audit due is read, level or not", Listing{Rules: shopify, State: shown}, 10, 120 * m, "read: not read"},
		{"an audit that is off is not due", Listing{Rules: Rules{Audit: -1}, State: shown}, 10, 120 * m, "nothing"},
		{"low stock is read after each import", Listing{Rules: low, State: shown, Imported: at(m)}, 3, 2 * m, "read: low stock"},
		{"low stock read since is not", Listing{Rules: low, State: shown, Imported: at(-m)}, 9, 2 * time.Second, "write 9"},
		{"low stock read across an import is not, either", Listing{Rules: low, State: with(func(s *State) { s.C[0].To = at(m) }), Imported: at(30 * time.Second)}, 9, 2 * time.Second, "write 9"},
		{"ample stock is not read after an import", Listing{Rules: low, State: shown, Imported: at(m)}, 10, 2 * m, "nothing"},

		{"level is nothing", Listing{Rules: shopify, State: shown}, 10, m, "nothing"},
		{"a write in flight holds its own quantity", Listing{Rules: shopify, State: inFlight(CompareAndSet, 8)}, 8, m, "wait: a write is not settled"},
		{"a write in flight holds a raise", Listing{Rules: shopify, State: inFlight(CompareAndSet, 8)}, 9, m, "wait: a write is not settled"},
		{"a fall below a write in flight is sent at once", Listing{Rules: shopify, State: inFlight(CompareAndSet, 8)}, 7, m, "write 7 on 10 compare-and-set"},
		{"a fall below a raise in flight is sent though the number is right", Listing{Rules: shopify, State: inFlight(CompareAndSet, 12)}, 10, m, "write 10 on 10"},
		{"a fall below a raise in flight reads first where the write is absolute", Listing{Rules: amazon, State: inFlight(Absolute, 12)}, 10, m, "read: this write needs"},
		{"and is sent then", Listing{Rules: amazon, State: inFlight(Absolute, 12)}, 10, 10 * time.Second, "write 10 on 10 absolute"},
		{"but not on BigCommerce", Listing{Rules: bigcommerce, State: inFlight(Relative, 8)}, 7, m, "wait: a write is not settled"},
		{"a feed holds no fall", Listing{Rules: amazon, State: feed}, 7, 10 * time.Second, "write 7 on 10"},
		{"a feed holds a raise", Listing{Rules: amazon, State: feed, Watermark: at(0)}, 12, 10 * time.Second, "wait: a raise waits until the open feed"},

		{"a raise waits for the first read's orders", Listing{Rules: shopify, State: shown, Watermark: at(-2 * m)}, 12, m, "wait: a raise waits until orders"},
		{"a fall does not", Listing{Rules: shopify, State: shown, Watermark: at(-2 * m)}, 8, m, "write 8"},
		{"a raise waits for unresolved demand, compare-and-set or not", Listing{Rules: shopify, State: shown, Watermark: at(0), Unresolved: true}, 12, m, "wait: a raise waits for demand"},
		{"a raise waits for the walk", Listing{Rules: amazon, State: shown, Watermark: at(0), Behind: true}, 12, m, "wait: a raise waits for the order import"},
		{"a raise with compare-and-set does not", Listing{Rules: shopify, State: shown, Watermark: at(0), Behind: true}, 12, m, "write 12"},
		{"a fall never waits for the walk", Listing{Rules: amazon, State: shown, Behind: true, Unresolved: true}, 8, 10 * time.Second, "write 8"},
		{"raises are gathered", Listing{Rules: slow, State: with(func(s *State) { s.Sent = at(-10 * m) }), Watermark: at(0)}, 12, 10 * time.Second, "wait: a raise waits a little"},
		{"for a time", Listing{Rules: slow, State: with(func(s *State) { s.Sent = at(-15 * m) }), Watermark: at(0)}, 12, 10 * time.Second, "write 12"},

		{"compare-and-set raises without a read", Listing{Rules: shopify, State: shown, Watermark: at(0)}, 12, m, "write 12 on 10 compare-and-set"},
		{"an absolute raise reads first", Listing{Rules: amazon, State: shown, Watermark: at(0)}, 12, m, "read: this write needs"},
		{"an absolute fall reads first", Listing{Rules: amazon, State: shown}, 8, m, "read: this write needs"},
		{"20 seconds are fresh", Listing{Rules: amazon, State: shown}, 8, 20 * time.Second, "write 8 on 10 absolute"},
		{"21 are not", Listing{Rules: amazon, State: shown}, 8, 21 * time.Second, "read: this write needs"},
		{"a relative raise reads first", Listing{Rules: bigcommerce, State: shown, Watermark: at(0)}, 12, m, "read: this write needs"},
		{"a relative fall does not", Listing{Rules: bigcommerce, State: shown}, 8, m, "write 8 on 10 relative"},
		{"a relative write without a base is absolute", Listing{Rules: bigcommerce, State: with(func(s *State) { s.Based = false })}, 8, 10 * time.Second, "write 8 on 10 absolute"},

		{"paused writes nothing", Listing{Rules: shopify, State: shown, Paused: "adoption is not released"}, 8, m, "wait: adoption is not released"},
		{"paused and level is level", Listing{Rules: shopify, State: shown, Paused: "adoption is not released"}, 10, m, "nothing"},
		{"paused still reads", Listing{Rules: shopify, Paused: "adoption is not released"}, 8, m, "read: never read"},
		{"zero is not sent where it ends the listing", Listing{Rules: ending, State: shown}, 0, 10 * time.Second, "wait: zero would end"},
		{"one is", Listing{Rules: ending, State: shown}, 1, 10 * time.Second, "write 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.listing.Next(tt.want, at(tt.now))
			if s := got.String(); len(s) < len(tt.command) || s[:len(tt.command)] != tt.command {
				t.Errorf("next %q, want %q\n%s", s, tt.command, Explain(tt.listing.State, tt.listing.Rules))
			}
			if got.Action != DoRead && got.Action != DoWrite && !got.Until.IsZero() && !got.Until.After(at(tt.now)) {
				t.Errorf("next %q until %v, which is past", got, got.Until)
			}
		})
	}
}

func TestPlanOfAnItemWithoutACountDoesNothing(t *testing.T) {
	got := Plan(Item{Available: 5, Listings: []Listing{{Rules: shopify}}}, epoch)
	if d := cmp.Diff([]Command{{Action: Nothing, Why: WhyUncounted}}, got); d != "" {
		t.Error(d)
	}
}

// What one channel saw go is held on all, at each link's units per sale.
func TestPlanHoldsUnseenUnitsOnEveryListing(t *testing.T) {
	r := newRig(t, 24, 24, shopify, shopify, shopify)
	r.item.Listings[1].Units = 6 // a six-pack
	r.item.Listings[2].Policy = Policy{Buffer: 2, Cap: 12}
	*r.state(1), *r.state(2) = State{}, State{}
	r.read(1, 4)
	r.read(2, 12)
	r.plan("nothing", "nothing", "nothing")
	r.to(time.Minute)
	r.read(1, 3) // one six-pack unseen
	if h := Held(r.item.Listings); h != 6 {
		t.Fatalf("H %d, want 6", h)
	}
	r.plan("write 18 on 24", "nothing", "nothing") // (18 − 2) is past the cap
	r.apply(1, Fall{Units: 1, At: at(30 * time.Second)})
	r.item.Available -= 6
	r.plan("write 18 on 24", "nothing", "nothing")
}

func TestAvailable(t *testing.T) {
	tests := []struct {
		name   string
		ledger Ledger
		lines  []Line
		want   int64
	}{
		{"nothing is none", Ledger{}, nil, 0},
		{"counts, receipts and adjustments add", Ledger{Counted: 10, Received: 5, Adjusted: -2}, nil, 13},
		{"an open line is reserved", Ledger{Counted: 10}, []Line{{Ordered: 3}}, 7},
		{"a shipped line has left", Ledger{Counted: 10}, []Line{{Ordered: 3, Shipped: 3}}, 7},
		{"a part shipped moves nothing", Ledger{Counted: 10}, []Line{{Ordered: 3, Shipped: 1}}, 7},
		{"a cancelled line is free", Ledger{Counted: 10}, []Line{{Ordered: 3, Cancelled: 3}}, 10},
		{"a refund of unshipped units is free", Ledger{Counted: 10}, []Line{{Ordered: 3, Refunded: 2}}, 9},
		{"a cancel after shipment frees nothing", Ledger{Counted: 10}, []Line{{Ordered: 3, Shipped: 3, Cancelled: 3}}, 7},
		{"a line fulfilled elsewhere takes nothing", Ledger{Counted: 10}, []Line{{Ordered: 3, Shipped: 2, Elsewhere: true}}, 10},
		{"units per sale count", Ledger{Counted: 24}, []Line{{Ordered: 3, Shipped: 1, Units: 6}}, 6},
		{"more sold than there is", Ledger{Counted: 1}, []Line{{Ordered: 3}}, -2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Available(tt.ledger, tt.lines); got != tt.want {
				t.Errorf("available %d, want %d", got, tt.want)
			}
		})
	}
}

func TestPolicyWant(t *testing.T) {
	tests := []struct {
		name        string
		policy      Policy
		free, units int64
		want        int64
	}{
		{"all of it", Policy{}, 10, 1, 10},
		{"never below zero", Policy{}, -3, 1, 0},
		{"whole sales only", Policy{}, 11, 6, 1},
		{"a buffer is kept of the item", Policy{Buffer: 3}, 10, 2, 3},
		{"a buffer larger than all", Policy{Buffer: 30}, 10, 1, 0},
		{"half", Policy{Percent: 50}, 11, 1, 5},
		{"a cap is of the listing", Policy{Cap: 4}, 100, 6, 4},
		{"a share of very many", Policy{Percent: 99}, 1 << 62, 1, (1<<62)/100*99 + (1<<62)%100*99/100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.policy.Want(tt.free, tt.units); got != tt.want {
				t.Errorf("want %d, got %d", tt.want, got)
			}
		})
	}
}
