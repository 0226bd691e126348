package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

func TestBuyersWaitForAnEngineThatFellBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pace{most: lag{Import: 3 * time.Second, Stock: time.Second}, patience: time.Minute}
		expect := func(want bool, why string) {
			t.Helper()
			if p.keeps() != want {
				t.Errorf("%s: keeps up %t, not %t", why, !want, want)
			}
		}
		expect(true, "before it said a word")
		p.hear(lag{Import: 2900 * time.Millisecond, Stock: 900 * time.Millisecond})
		expect(true, "a little behind")
		time.Sleep(200 * time.Millisecond)
		expect(false, "silent since")
		p.hear(lag{Import: 2500 * time.Millisecond})
		expect(false, "better, and not well")
		p.hear(lag{Import: 1900 * time.Millisecond, Stock: 100 * time.Millisecond})
		expect(true, "well")
		p.hear(lag{Stock: 1100 * time.Millisecond})
		expect(false, "quantities are not looked at")
		p.hear(lag{Stock: 900 * time.Millisecond})
		expect(false, "still not")
		p.hear(lag{})
		expect(true, "well again")

		go func() {
			time.Sleep(10 * time.Second)
			p.hear(lag{})
		}()
		p.hear(lag{Import: time.Minute})
		if held, err := p.hold(t.Context()); err != nil || held < 10*time.Second || held > 11*time.Second {
			t.Errorf("held for %v: %v", held, err)
		}
		time.Sleep(4 * time.Second)
		if _, err := p.hold(t.Context()); err == nil {
			t.Error("an engine that says nothing is waited for without an end")
		}
	})
}

// TestBuyersOfOneGoodAreNeverCloserThanPlanned has a machine that stands still
// for a while: the next buyers of the last units come as much later, and the
// others in time.
func TestBuyersOfOneGoodAreNeverCloserThanPlanned(t *testing.T) {
	t.Parallel()
	buy := func(at time.Duration, sku string) plan.Step {
		return plan.Step{At: at, Order: &plan.Order{Number: sku, Lines: []plan.Line{{SKU: sku, Quantity: 1}}}}
	}
	s := newStream(&plan.Plan{Steps: []plan.Step{
		buy(0, "LAST"), buy(time.Second, "MUG"), buy(2*time.Second, "LAST"), buy(2500*time.Millisecond, "LAST"), buy(3*time.Second, "MUG"),
	}})
	for k, want := range []struct {
		step int
		due  time.Duration
		late time.Duration
	}{
		{0, 0, 150 * time.Millisecond},
		{1, time.Second, 0},
		{2, 2150 * time.Millisecond, 400 * time.Millisecond},
		{4, 3 * time.Second, 0}, // overtaken
		{3, 3050 * time.Millisecond, 0},
	} {
		i, due := s.head()
		if i != want.step || due != want.due {
			t.Errorf("turn %d: step %d at %v, not %d at %v", k, i, due, want.step, want.due)
		}
		s.done(i, want.late)
	}
	if s.Len() > 0 {
		t.Errorf("%d steps are left", s.Len())
	}
}
