package sync_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// spoilingSealer spoils the next order that it seals while spoil is set.
type spoilingSealer struct{ spoil *bool }

func (s spoilingSealer) Seal(b []byte) ([]byte, error) {
	out, err := xorSealer{}.Seal(b)
	if *s.spoil && bytes.HasPrefix(b, []byte(`{"order":`)) {
		*s.spoil = false
		out = append([]byte("X"), out...)
	}
	return out, err
}

func (s spoilingSealer) Open(b []byte) ([]byte, error) { return xorSealer{}.Open(b) }

// An order that cannot be read is left out after a while, and set aside.
func TestAnOrderThatCannotBeReadStopsNoSubscriber(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		told, spoil := 0, false
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("w", func(context.Context, channelsync.OrderEvent) error { told++; return nil })
		}
		r.config = func(c *channelsync.Config) { c.Sealer, c.SealOrders = spoilingSealer{&spoil}, true }
		placeOrders(t, shop, 3)
		e := r.start()
		wait(time.Minute)
		spoil = true
		placeOrders(t, shop, 3)
		wait(2 * time.Hour)
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "order"})
		if told != 5 || err != nil || len(parked) != 1 || !strings.Contains(parked[0].Reason, "subscriber w was not told") {
			t.Fatalf("told %d of 6 events, parked %+v, %v", told, parked, err)
		}
		// Replay reads it from the marketplace, and has nothing to merge that with.
		if err := e.Replay(t.Context(), parked[0].ID); err == nil || !strings.Contains(err.Error(), "as it is stored cannot be read") {
			t.Errorf("replayed: %v", err)
		}
		if again, err := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "order"}); err != nil || len(again) != 1 {
			t.Errorf("parked after that: %+v, %v", again, err)
		}
	})
}

// A sealer that opens nothing loses no event, and a subscriber that stands still
// is the channel's problem.
func TestASubscriberThatStandsStillIsAProblem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		told := map[channel.OrderID]bool{}
		var away, fails atomic.Bool
		fails.Store(true)
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("w", func(_ context.Context, ev channelsync.OrderEvent) error {
				if fails.Load() {
					return errors.New("no room")
				}
				told[ev.Order.ID] = true
				return nil
			})
		}
		r.config = func(c *channelsync.Config) { c.Sealer, c.SealOrders = awaySealer{&away}, true }
		placeOrders(t, shop, 3)
		r.start()
		wait(time.Hour)
		if p := r.state("shop").Problem; !strings.Contains(p, "subscriber w is failing") || !strings.Contains(p, "no room") {
			t.Errorf("the problem shown is %q", p)
		}
		fails.Store(false)
		away.Store(true)
		wait(2 * time.Hour)
		away.Store(false)
		wait(time.Hour)
		if p := r.state("shop").Problem; len(told) != 3 || p != "" {
			t.Errorf("told of %d orders of 3, problem %q", len(told), p)
		}
	})
}
