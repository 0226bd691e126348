package main

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// slow is a marketplace that tells of its sales late.
type slow struct {
	market
	visible time.Duration
}

func (m slow) lags() (visible, effect time.Duration) { return m.visible, 0 }

// TestUnavoidableIsWhatAnEngineInTimeWouldHaveSold plays sales of a good of
// which there are five, on two marketplaces that tell at once and a third that
// tells after a minute.
func TestUnavoidableIsWhatAnEngineInTimeWouldHaveSold(t *testing.T) {
	start := time.Now()
	sold := func(after time.Duration, market int, units int64) change {
		return change{start.Add(after), "X", units, market}
	}
	markets := []market{slow{nil, 0}, slow{nil, 0}, slow{nil, time.Minute}}
	for _, tc := range []struct {
		name                  string
		of                    []change
		oversold, unavoidable int64
	}{
		{"all that there is", []change{sold(0, 0, 3), sold(time.Hour, 2, 2)}, 0, 0},
		{"one beyond, known long since", []change{sold(0, 2, 5), sold(time.Hour, 0, 1)}, 1, 0},
		{"one beyond, while the late one tells nobody", []change{sold(0, 2, 5), sold(59*time.Second, 0, 1)}, 1, 1},
		{"the moment it tells", []change{sold(0, 2, 5), sold(time.Minute, 0, 1)}, 1, 0},
		{"sold where it is shown at once", []change{sold(0, 0, 5), sold(time.Second, 2, 1)}, 1, 0},
		{"more in one order than an engine in time would have shown", []change{sold(0, 0, 4), sold(time.Hour, 2, 2)}, 1, 0},
		{"in one order what an engine in time would still have shown", []change{sold(0, 2, 3), sold(time.Second, 0, 4)}, 2, 2},
		{"more than there ever was", []change{sold(0, 0, 6)}, 1, 0},
		{"what came back is sold again", []change{sold(0, 2, 5), sold(time.Second, -1, 1), sold(2*time.Second, 0, 1)}, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &outcome{}
			o.replay(markets, plan.Good{SKU: "X", Opening: 5}, tc.of)
			if o.oversold != tc.oversold || o.unavoidable != tc.unavoidable {
				t.Errorf("oversold %d, unavoidable %d; want %d and %d: %v", o.oversold, o.unavoidable, tc.oversold, tc.unavoidable, o.notes)
			}
		})
	}
}

func (slow) channel() channel.ID { return "slow" }
