package amazon

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

// Whatever a payload holds, it decodes or is refused, and what decoded adds up
// and decodes the same again.
func FuzzDecodeOrder(f *testing.F) {
	f.Add(pageOfOrders(1, 2)[1 : len(pageOfOrders(1, 2))-1])
	f.Add([]byte(`{"orderId":"1","createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00Z","orderItems":[]}`))
	f.Add([]byte(`null`))
	adaptertest.FuzzOrder(f, &Channel{})
}

// Whatever is taken for a cursor of ours asks for a page that can be asked for.
func FuzzParseWalk(f *testing.F) {
	ch := &Channel{}
	now := time.Now()
	f.Add(string(walk{Kind: walkOrders, After: stamp(now, false), In: []string{"A"}, Token: "+/=", Given: now, Began: now, Edge: now}.cursor()))
	f.Add("")
	f.Add("e30")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ch.parseWalk("test", channel.Cursor(s), walkOrders)
		if err != nil {
			if !errors.Is(err, channel.ErrCursor) {
				t.Fatalf("%v, want ErrCursor", err)
			}
			return
		}
		if w.Token == "" || w.After == "" || w.Began.IsZero() {
			t.Errorf("taken: %+v", w)
		}
		if _, err := ch.parseWalk("test", w.cursor(), walkOrders); err != nil {
			t.Errorf("not taken again: %v", err)
		}
	})
}

func TestStamp(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 678_000_001, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		up   bool
		want string
	}{
		{at, false, "2026-11-02T03:04:05.678Z"},
		{at, true, "2026-11-02T03:04:05.679Z"},
		{at.Truncate(time.Millisecond), true, "2026-11-02T03:04:05.678Z"},
		{at.In(time.FixedZone("", 3600)), false, "2026-11-02T03:04:05.678Z"},
		{time.Time{}.AddDate(-5, 0, 0), false, "0001-01-01T00:00:00.000Z"},
		{at.AddDate(90_000, 0, 0), true, "9999-12-31T00:00:00.000Z"},
	} {
		if got := stamp(tt.at, tt.up); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.at, got, tt.want)
		}
	}
}
