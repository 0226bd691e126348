package stock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	r := newRig(t, 10, 10, amazon)
	r.to(10 * time.Minute)
	r.read(0, 9)
	r.write2(8)
	r.apply(0, Fall{Units: 2, At: at(10 * time.Minute)})
	r.state(0).WrittenOff = 1
	want := `shows one of 7, 9, read 2026-03-02 12:10:00; a read will tell
absolute write of 8 (on 9) sent 2026-03-02 12:10:00, not answered, settled by a read after 2026-03-02 12:18:10
1 counted as sold by the marketplace were given up: no order came in time`
	if d := cmp.Diff(want, Explain(*r.state(0), amazon)); d != "" {
		t.Error(d)
	}
	if got := Explain(State{}, shopify); got != "never read" {
		t.Errorf("of nothing: %q", got)
	}
	if d := cmp.Diff("shows 9, read 2026-03-02 12:10:00\n1 gone between 2026-03-02 12:00:00 and 2026-03-02 12:10:00: held for an order until orders are imported up to 2026-03-02 18:10:00",
		func() string {
			r := newRig(t, 10, 10, amazon)
			r.to(10 * time.Minute)
			r.read(0, 9)
			return Explain(*r.state(0), amazon)
		}()); d != "" {
		t.Error(d)
	}
}

func TestExplainAnAcceptedWrite(t *testing.T) {
	r := newRig(t, 10, 10, bigcommerce)
	r.apply(0, Sent{Key: "x", Mode: Relative, Want: 8, Was: 10, At: at(0)})
	r.apply(0, Outcome{Key: "x", Result: Accepted, At: at(time.Second)})
	want := `shows 10, read 2026-03-02 12:00:00
relative write of 8 (on 10) sent 2026-03-02 12:00:00, accepted, not yet seen to be shown, taken to be shown from 2026-03-02 12:01:01`
	if d := cmp.Diff(want, Explain(r.state(0).Settled(at(time.Minute)), bigcommerce)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("shows 8, read 2026-03-02 12:00:00", Explain(r.state(0).Settled(at(62*time.Second)), bigcommerce)); d != "" {
		t.Error(d)
	}
	if n, _ := r.state(0).Shown(); n != 10 {
		t.Errorf("looking at it changed the state: %d", n)
	}
}

// write2 sends n without asking the plan.
func (r *rig) write2(n int64) {
	r.t.Helper()
	shown, _ := r.state(0).Shown()
	r.apply(0, Sent{Key: "x", Want: n, Was: shown, At: r.now})
}
