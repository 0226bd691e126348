package shopify

import (
	"testing"
	"time"
)

// Whatever a caller asks for has a cursor that can be read again.
func TestACursorTakesAnything(t *testing.T) {
	c := &Channel{cfg: Config{ID: "c"}}
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, far := range []time.Time{{}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), day} {
		cur := walk{Phase: "orders", After: "\xff", SKUs: []string{"\xff"}, Since: far, Began: day}.cursor()
		w, err := c.parseWalk("x", cur, "orders")
		if err != nil || w.Phase != "orders" || far.Equal(day) && !w.Since.Equal(day) {
			t.Errorf("%s: %v, %v", far, w, err)
		}
	}
}
