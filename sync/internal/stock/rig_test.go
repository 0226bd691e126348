package stock

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// epoch is noon of an ordinary day; tests count from it.
var epoch = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// The four marketplaces as DESIGN has them; effect lags are those simulated.
var (
	shopify     = Rules{Mode: CompareAndSet, ExactTimes: true, FallsAtOnce: true}
	bigcommerce = Rules{Mode: Relative, ExactTimes: true, Effect: time.Minute}
	byShipment  = Rules{Mode: Relative, Falls: FallsAtShipment, ExactTimes: true, Effect: time.Minute}
	amazon      = Rules{ExactTimes: true, FallsAtOnce: true, Effect: 8 * time.Minute, Hold: 6 * time.Hour}
	ebay        = Rules{Hidden: true, FallsAtOnce: true, Effect: 20 * time.Second, Hold: 60 * time.Hour, Audit: 4 * time.Hour}
)

// rig steps one item and its listings through a trace.
type rig struct {
	t    *testing.T
	now  time.Time
	item Item
	keys int
}

// newRig has listings that were read at the epoch as showing the same n, with
// orders imported long before and after it.
func newRig(t *testing.T, available, n int64, rules ...Rules) *rig {
	t.Helper()
	r := &rig{t: t, now: epoch, item: Item{Counted: true, Available: available}}
	for i, rule := range rules {
		r.item.Listings = append(r.item.Listings, Listing{Rules: rule, Watermark: at(time.Hour)})
		r.item.Listings[i].State.Based = true
		r.read(i, n)
	}
	return r
}

func (r *rig) to(d time.Duration) { r.now = at(d) }

func (r *rig) state(i int) *State { return &r.item.Listings[i].State }

func (r *rig) apply(i int, e Event) []Drift {
	r.t.Helper()
	next, drift := r.state(i).Apply(r.item.Listings[i].Rules, e)
	*r.state(i) = next
	return drift
}

func (r *rig) read(i int, n int64) []Drift {
	r.t.Helper()
	return r.apply(i, Read{Shown: n, At: r.now})
}

// sale imports a sale of k placed at d.
func (r *rig) sale(i int, k int64, d time.Duration) {
	r.t.Helper()
	r.apply(i, Fall{Units: k, At: at(d)})
	r.item.Available -= k
}

// write does what the plan says, which must be a write, and applies the result.
func (r *rig) write(i int, result Result) string {
	r.t.Helper()
	c := Plan(r.item, r.now)[i]
	if c.Action != DoWrite {
		r.t.Fatalf("listing %d at %v: plan %q, want a write", i, r.now.Sub(epoch), c)
	}
	r.keys++
	key := fmt.Sprint("w", r.keys)
	r.apply(i, c.Sent(key, r.now))
	r.apply(i, Outcome{Key: key, Result: result, At: r.now.Add(time.Second)})
	return key
}

// plan asserts the commands, each as it prints or a prefix of that.
func (r *rig) plan(want ...string) {
	r.t.Helper()
	got := Plan(r.item, r.now)
	for i, c := range got {
		if !strings.HasPrefix(c.String(), want[i]) {
			r.t.Fatalf("listing %d at %v: plan %q, want %q\n%s", i, r.now.Sub(epoch), c, want[i], Explain(*r.state(i), r.item.Listings[i].Rules))
		}
	}
}

// shows asserts the candidates' numbers and h.
func (r *rig) shows(i int, h int64, values ...int64) {
	r.t.Helper()
	s := r.state(i)
	var got []int64
	for _, c := range s.C {
		got = append(got, c.V)
	}
	if fmt.Sprint(got) != fmt.Sprint(values) || s.Held(r.item.Listings[i].Rules) != h {
		r.t.Fatalf("listing %d at %v: C %v h %d, want C %v h %d\n%s", i, r.now.Sub(epoch),
			got, s.Held(r.item.Listings[i].Rules), values, h, Explain(*s, r.item.Listings[i].Rules))
	}
}
