package shopify

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func FuzzParseWalk(f *testing.F) {
	f.Add(string(walk{Phase: phaseOrders, Began: time.Unix(1, 0)}.cursor()))
	f.Add("")
	c := &Channel{}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := c.parseWalk("test", channel.Cursor(s), phaseOrders, phaseUnits)
		if err == nil {
			if again, err := c.parseWalk("test", w.cursor(), phaseOrders, phaseUnits); err != nil || again.Phase != w.Phase || again.After != w.After {
				t.Errorf("%q does not survive: %v", s, err)
			}
		}
	})
}
