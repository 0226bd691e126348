package bigcommerce

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Whatever a caller asks for has a cursor that can be read again.
func TestACursorTakesAnything(t *testing.T) {
	c := &Channel{cfg: Config{ID: "c"}}
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, far := range []time.Time{{}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), day} {
		cur := walk{Kind: "orders", Since: far, Began: day, Locations: []channel.LocationID{"\xff"}}.cursor()
		w, err := c.parseWalk("x", cur, "orders")
		if err != nil || w.Kind != "orders" || far.Equal(day) && !w.Since.Equal(day) {
			t.Errorf("%s: %v, %v", far, w, err)
		}
	}
}
