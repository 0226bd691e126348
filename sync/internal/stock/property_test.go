package stock

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func drawRules(t *rapid.T) Rules {
	return Rules{
		Mode:        rapid.SampledFrom([]Mode{Absolute, CompareAndSet, Relative}).Draw(t, "mode"),
		Falls:       rapid.SampledFrom([]Falls{FallsAtSale, FallsAtShipment, FallsUnknown}).Draw(t, "falls"),
		ExactTimes:  rapid.Bool().Draw(t, "exact"),
		Hidden:      rapid.Bool().Draw(t, "hidden"),
		SoldCount:   rapid.SampledFrom([]SoldCount{SoldUncounted, SoldOpen, SoldEver}).Draw(t, "sold count"),
		FallsAtOnce: rapid.Bool().Draw(t, "at once"),
		Effect:      time.Duration(rapid.IntRange(0, 600).Draw(t, "effect")) * time.Second,
		Hold:        time.Duration(rapid.IntRange(0, 120).Draw(t, "hold")) * time.Minute,
	}
}

// drawEvent draws an event near now, now and then one that makes no sense.
func drawEvent(t *rapid.T, now time.Time) Event {
	when := now.Add(time.Duration(rapid.IntRange(-7200, 60).Draw(t, "when")) * time.Second)
	units := rapid.Int64Range(-1, 9).Draw(t, "units")
	key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}).Draw(t, "key")
	switch rapid.IntRange(0, 7).Draw(t, "event") {
	case 0:
		return Fall{Units: units, At: when, Shipment: rapid.Bool().Draw(t, "shipment")}
	case 1:
		return Rise{Units: units, At: when, Certain: rapid.Bool().Draw(t, "certain")}
	case 2:
		return Sent{
			Key: key, Mode: rapid.SampledFrom([]Mode{Absolute, CompareAndSet, Relative}).Draw(t, "as"),
			Want: units, Was: rapid.Int64Range(-1, 9).Draw(t, "was"), At: now, Feed: rapid.Bool().Draw(t, "feed"),
		}
	case 3:
		return Outcome{Key: key, Result: Result(rapid.IntRange(0, 5).Draw(t, "result")), At: now, Ticket: rapid.Bool().Draw(t, "ticket")}
	case 4:
		return TicketEnded{Key: key, At: now}
	case 5:
		return Through{At: when}
	default:
		read := Read{Shown: rapid.Int64Range(-5, 40).Draw(t, "shown"), At: now}
		if rapid.Bool().Draw(t, "told") {
			read.Sold = &Sold{Count: rapid.Int64Range(0, 9).Draw(t, "sold"), Imported: rapid.Int64Range(0, 9).Draw(t, "imported")}
		}
		return read
	}
}

// sound is what every state keeps to, whatever happened.
func sound(t *rapid.T, s State) {
	t.Helper()
	if len(s.C) > MaxCandidates || len(s.W) > MaxWrites || len(s.U) > MaxLots || len(s.R) > MaxLots {
		t.Fatalf("outgrown: %d candidates, %d writes, %d falls, %d rises", len(s.C), len(s.W), len(s.U), len(s.R))
	}
	lists := [][]Candidate{s.C}
	for _, w := range s.W {
		lists = append(lists, w.Shows)
	}
	for _, cs := range lists {
		if len(cs) > MaxCandidates {
			t.Fatalf("outgrown: %d candidates of a write", len(cs))
		}
		for i, c := range cs {
			if c.To.Before(c.From) || (i > 0 && cs[i-1].V >= c.V) {
				t.Fatalf("candidate %d out of order: %v", i, cs)
			}
		}
	}
	for _, lots := range [][]Lot{s.U, s.R} {
		for _, l := range lots {
			if l.N <= 0 || l.To.Before(l.From) {
				t.Fatalf("no lot: %v", l)
			}
		}
	}
	if s.WrittenOff < 0 || s.Over < 0 {
		t.Fatalf("written off %d, over %d", s.WrittenOff, s.Over)
	}
}

func TestStateStaysSoundAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, now, s := drawRules(t), epoch, State{}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "pause")) * time.Second)
			e := drawEvent(t, now)
			before := s.clone()
			next, _ := s.Apply(rules, e)
			if d := cmp.Diff(before, s, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%#v changed the state it was applied to:\n%s", e, d)
			}
			sound(t, next)

			raw, err := json.Marshal(next)
			if err != nil {
				t.Fatal(err)
			}
			var again State
			if err := json.Unmarshal(raw, &again); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(next, again, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("JSON lost something:\n%s", d)
			}
			if len(raw) > 32<<10 {
				t.Fatalf("%d bytes", len(raw))
			}

			if read, ok := e.(Read); ok && read.Sold == nil {
				twice, drift := next.Apply(rules, e)
				if d := cmp.Diff(next, twice, cmpopts.EquateEmpty()); d != "" || drift != nil {
					t.Fatalf("the same read again changed something: %v\n%s", drift, d)
				}
			}
			if _, ok := e.(Through); ok {
				twice, drift := next.Apply(rules, e)
				if d := cmp.Diff(next, twice, cmpopts.EquateEmpty()); d != "" || drift != nil {
					t.Fatalf("the same watermark again changed something: %v\n%s", drift, d)
				}
			}
			s = next
		}
	})
}

func TestPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := epoch
		it := Item{Counted: true, Available: rapid.Int64Range(-3, 30).Draw(t, "available")}
		for range rapid.IntRange(1, 3).Draw(t, "listings") {
			it.Listings = append(it.Listings, Listing{
				Rules: drawRules(t), Units: rapid.Int64Range(0, 3).Draw(t, "per sale"),
				Watermark: at(time.Duration(rapid.IntRange(-60, 60).Draw(t, "watermark")) * time.Minute),
				Behind:    rapid.Bool().Draw(t, "behind"),
			})
		}
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "pause")) * time.Second)
			l := &it.Listings[rapid.IntRange(0, len(it.Listings)-1).Draw(t, "which")]
			l.State, _ = l.State.Apply(l.Rules, drawEvent(t, now))
		}
		commands := Plan(it, now)
		if d := cmp.Diff(commands, Plan(it, now)); d != "" {
			t.Fatalf("asked twice, answered differently:\n%s", d)
		}
		for i, c := range commands {
			l := it.Listings[i]
			switch c.Action {
			case DoWrite:
				if c.Want < 0 {
					t.Fatalf("%v", c)
				}
				l.State, _ = l.State.Apply(l.Rules, c.Sent("new", now))
				if again := Plan(replaced(it, i, l), now)[i]; again.Action == DoWrite {
					t.Fatalf("sent %v, and then at once %v", c, again)
				}
			case DoRead:
				// A read with nothing changed since must lead on: no listing is
				// read over and over at one moment.
				l.State, _ = l.State.Apply(l.Rules, Read{Shown: 7, At: now.Add(l.Rules.epsilon() + time.Second)})
				if again := Plan(replaced(it, i, l), now.Add(l.Rules.epsilon()+time.Second))[i]; again.Action == DoRead {
					t.Fatalf("%v, and then %v\n%s", c, again, Explain(l.State, l.Rules))
				}
			case Wait, Nothing:
				if !c.Until.IsZero() && !c.Until.After(now) {
					t.Fatalf("%v until %v at %v", c, c.Until, now)
				}
			}
		}
	})
}

func replaced(it Item, i int, l Listing) Item {
	it.Listings = slices.Clone(it.Listings)
	it.Listings[i] = l
	return it
}

// Until its order comes, a unit seen to go is on sale nowhere.
func TestAnUnseenSaleIsHeldUntilItsOrderComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rules{Mode: CompareAndSet, ExactTimes: rapid.Bool().Draw(t, "exact")}
		begun := !r.ExactTimes && rapid.Bool().Draw(t, "told when it began")
		start := rapid.Int64Range(5, 20).Draw(t, "start")
		s, _ := State{}.Apply(r, Read{Shown: start, At: epoch})
		type sale struct {
			units int64
			at    time.Time
		}
		var sales []sale
		now, shown, available := epoch, start, start
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			now = now.Add(10 * time.Second)
			if k := rapid.Int64Range(0, 2).Draw(t, "sold"); k > 0 {
				sales = append(sales, sale{k, now})
				shown -= k
			}
			now = now.Add(10 * time.Second)
			s, _ = s.Apply(r, Read{Shown: shown, At: now})
			if free := available - s.Held(r); free != shown {
				t.Fatalf("%d free, %d shown", free, shown)
			}
		}
		for _, i := range rapid.Permutation(indices(len(sales))).Draw(t, "order of import") {
			f := Fall{Units: sales[i].units, At: sales[i].at}
			if begun {
				f.After = f.At.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds before")) * time.Second)
				f.At = f.At.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds after")) * time.Second)
			}
			s, _ = s.Apply(r, f)
			available -= sales[i].units
			if free := available - s.Held(r); free != shown {
				t.Fatalf("after %v: %d free, %d shown\n%s", sales[i], free, shown, Explain(s, r))
			}
		}
		if n, ok := s.Shown(); !ok || n != shown || s.Held(r) != 0 {
			t.Fatalf("at rest: %s", Explain(s, r))
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
