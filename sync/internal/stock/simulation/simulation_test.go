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
)

var (
	seedCount = flag.Int("seeds", 0, "worlds tried of each configuration; 0 is a few, or 1000 with PENSTOCK_LONG=1")
	firstSeed = flag.Uint64("seed", 1, "the first of them")
	traced    = flag.Bool("steps", false, "print all that happens in every world")
)

// racing is set by the race detector, which only the pool of worlds is of
// interest to: a world has one goroutine.
var racing bool

// seeds is how many worlds to try where a few are enough by default.
func seeds(few int) int {
	switch {
	case os.Getenv("PENSTOCK_LONG") == "1":
		few = 1000
	case racing:
		few = min(few, 1)
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
			if strings.Contains(config, "E") {
				mustBeLevel(t, config, seeds(3), soldCounts, true)
			}
		})
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
