package simulation

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seedCount = flag.Int("seeds", 0, "worlds tried of each configuration; 0 is a few, or 1000 with PENSTOCK_LONG=1")
	firstSeed = flag.Uint64("seed", 1, "the first of them")
	traced    = flag.Bool("steps", false, "print all that happens in every world")
)

// seeds is how many worlds to try where a few are enough by default.
func seeds(few int) int {
	if os.Getenv("PENSTOCK_LONG") == "1" {
		few = 1000
	}
	return cmp.Or(*seedCount, few)
}

// many runs worlds on all processors and hands each over, in the order of
// their seeds.
func many(t *testing.T, config string, n int, r rule, rough bool, each func(seed uint64, w *world)) {
	t.Helper()
	worlds := make([]*world, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				w := simulate(t, config, *firstSeed+uint64(i), r, rough, false)
				worlds[i] = &world{stats: w.stats} // the rest is large
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	for i, w := range worlds {
		each(*firstSeed+uint64(i), w)
	}
}

// mustBeLevel fails on worlds that are not level at rest, with a replay of the
// first.
func mustBeLevel(t *testing.T, config string, n int, r rule, rough bool) stats {
	t.Helper()
	var sum stats
	shown := false
	many(t, config, n, r, rough, func(seed uint64, w *world) {
		sum.add(w.stats)
		if w.stats.Uneven == "" {
			return
		}
		t.Errorf("%s under %s, seed %d is not level at rest: %s\nreplay: go test ./sync/internal/stock/simulation -run '%s' -seeds 1 -seed %d -steps",
			config, r, seed, w.stats.Uneven, "^"+strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^")+"$", seed)
		if !shown && !*traced {
			shown = true
			lines := strings.Split(simulate(t, config, seed, r, rough, true).trace.String(), "\n")
			if cut := len(lines) - 200; cut > 0 {
				lines = append([]string{fmt.Sprintf("… %d lines before", cut)}, lines[cut:]...)
			}
			t.Log(strings.Join(lines, "\n"))
		}
	})
	return sum
}

// Whatever happened for two days, a while later every marketplace shows what is
// free, nothing is in doubt or waited for, and nothing is written any more.
func TestLevelAtRest(t *testing.T) {
	for _, config := range configurations() {
		t.Run(config, func(t *testing.T) {
			sum := mustBeLevel(t, config, seeds(4), theRule, false)
			t.Logf("%+v", sum)
		})
	}
}

// With sold counts the rule decides by other numbers, and must be as level.
func TestLevelAtRestWithSoldCounts(t *testing.T) {
	for _, config := range []string{"S", "E", "S+E", "S+Br+A+E"} {
		t.Run(config, func(t *testing.T) {
			mustBeLevel(t, config, seeds(3), soldCounts, false)
		})
	}
}

// Faults of all kinds, many times more often, for as long as there is trade.
func TestLevelAtRestAfterRoughDays(t *testing.T) {
	for _, config := range []string{"S", "Br", "Hr", "A", "E", "S+Br+A+E"} {
		t.Run(config, func(t *testing.T) {
			mustBeLevel(t, config, seeds(3), theRule, true)
		})
	}
}

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

// A seed is one world: run twice, the same happens to the millisecond.
func TestSeedReplays(t *testing.T) {
	for _, r := range []rule{theRule, pushOnChange} {
		a := simulate(t, "S+Br+A+E", *firstSeed, r, true, true)
		b := simulate(t, "S+Br+A+E", *firstSeed, r, true, true)
		x, y := strings.Split(a.trace.String(), "\n"), strings.Split(b.trace.String(), "\n")
		for i := range x {
			if i >= len(y) || x[i] != y[i] {
				t.Fatalf("under %s, the same seed went two ways at line %d:\n%s\n%s", r, i, x[i], y[min(i, len(y)-1)])
			}
		}
		if a.stats != b.stats {
			t.Errorf("under %s, one seed has two results:\n%+v\n%+v", r, a.stats, b.stats)
		}
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
