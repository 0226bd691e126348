//go:build !race

package simulation

import (
	"testing"
	"time"
)

// The naive rules oversell more, and are not level in many worlds.
func TestNaiveRulesAreWorse(t *testing.T) {
	const config = "S+Br+A+E"
	over := map[rule]float64{}
	uneven, worlds := map[rule]int{}, map[rule]int{}
	for _, r := range []rule{pushOnChange, pushOnImport, readFirst, theRule} {
		worlds[r] = seeds(16)
		if r == pushOnImport {
			worlds[r] = max(2, worlds[r]/8) // thousands of writes each
		}
		var sum stats
		many(t, config, worlds[r], r, false, func(_ uint64, w *world) {
			sum.add(w.stats)
			if w.stats.Uneven != "" {
				uneven[r]++
			}
		})
		over[r] = 100 * float64(sum.Over) / float64(sum.Sold)
		t.Logf("%-2s oversold %.2f %% of %d units, %d of %d worlds not level, %d writes", r, over[r], sum.Sold, uneven[r], worlds[r], sum.Writes)
	}
	for _, naive := range []rule{pushOnChange, readFirst} {
		if over[theRule] >= over[naive] {
			t.Errorf("the rule oversells %.2f %%, rule %s %.2f", over[theRule], naive, over[naive])
		}
	}
	if over[readFirst] > over[pushOnChange]*1.1 {
		t.Errorf("reading first oversells %.2f %%, pushing on change %.2f", over[readFirst], over[pushOnChange])
	}
	if 10*uneven[pushOnChange] < worlds[pushOnChange] {
		t.Errorf("pushing on change is not level in %d of %d worlds, a tenth was expected", uneven[pushOnChange], worlds[pushOnChange])
	}
	if uneven[pushOnImport] < worlds[pushOnImport] {
		t.Errorf("pushing on import came to rest in %d of %d worlds", worlds[pushOnImport]-uneven[pushOnImport], worlds[pushOnImport])
	}
	if uneven[theRule] > 0 {
		t.Errorf("the rule is not level in %d of %d worlds", uneven[theRule], worlds[theRule])
	}
}

// TestFigures prints the table of docs/reliability.md: in full by -seeds or
// PENSTOCK_LONG=1, its first rows for one world otherwise.
func TestFigures(t *testing.T) {
	n := seeds(0)
	list := configurations()
	switch {
	case n == 0:
		n, list = 1, list[:2] // enough to see that the table can be made
	case *seedCount == 0:
		n = 200 // six rules, and an hour
	}
	began := time.Now()
	t.Log("| channels | rule | worlds | level | right number | over % | restored of 1000 | short | writes | reads | drift |")
	for _, config := range list {
		for _, r := range []rule{pushOnChange, pushOnImport, readFirst, theRule, soldCounts, oracle} {
			n := n
			if r == pushOnImport {
				n = max(1, n/10) // thousands of writes each
			}
			var sum stats
			levelled, right := 0, 0
			many(t, config, n, r, false, func(_ uint64, w *world) {
				sum.add(w.stats)
				if w.stats.Uneven == "" {
					levelled++
				}
				if !w.stats.Wrong {
					right++
				}
			})
			per := func(x float64) float64 { return x / float64(n) }
			t.Logf("| %s | %s | %d | %d | %d | %.2f | %.1f | %.1f | %.1f | %.1f | %.1f |", config, r, n, levelled, right,
				100*float64(sum.Over)/float64(sum.Sold), 1000*float64(sum.Restored)/float64(sum.Sold),
				per(sum.Short), per(float64(sum.Writes)), per(float64(sum.Reads)), per(float64(sum.Drift)))
		}
	}
	t.Logf("%d worlds of each, seeds from %d, %s", n, *firstSeed, time.Since(began).Round(time.Second))
}
