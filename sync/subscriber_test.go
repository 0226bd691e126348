package sync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// listener notes what it is told.
type listener struct {
	mu   sync.Mutex
	told []channelsync.OrderEvent
}

func (l *listener) handle(_ context.Context, e channelsync.OrderEvent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, e)
	return nil
}

func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.told)
}

// A subscriber that fails, panics or hangs delays neither the import nor
// another subscriber nor, on another channel, itself.
func TestSubscribersAreInNobodysWay(t *testing.T) {
	for name, bad := range map[string]func(ctx context.Context, hang <-chan struct{}) error{
		"fails":              func(context.Context, <-chan struct{}) error { return errors.New("no") },
		"panics":             func(context.Context, <-chan struct{}) error { panic("canary") },
		"hangs until told":   func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() },
		"hangs and will not": func(_ context.Context, hang <-chan struct{}) error { <-hang; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				hang := make(chan struct{})
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
				other := channeltest.NewMemory(channeltest.MemoryConfig{ID: "other"})
				placeOrders(t, shop, 30)
				placeOrders(t, other, 30)
				var good, elsewhere listener
				calls := 0
				r := newRig(t, shop, other)
				r.onNew = func(e *channelsync.Engine) {
					e.OnOrder("bad", func(ctx context.Context, ev channelsync.OrderEvent) error {
						if ev.Channel == "other" {
							return elsewhere.handle(ctx, ev)
						}
						calls++
						return bad(ctx, hang)
					})
					e.OnOrder("good", good.handle)
				}
				r.start()
				wait(10 * time.Second)
				r.sameOrders(shop)
				r.sameOrders(other)
				if good.count() != 60 || elsewhere.count() != 30 {
					t.Errorf("the good one was told of %d of 60, the bad one elsewhere of %d of 30", good.count(), elsewhere.count())
				}
				wait(time.Hour)
				if calls < 1 || calls > 40 {
					t.Errorf("the bad one was tried %d times in an hour", calls)
				}
				subs := r.state("shop").Subscribers
				if len(subs) != 2 || subs[0].Name != "bad" || subs[0].Backlog != 30 || subs[0].Failures < 1 || subs[0].Reason == "" || strings.Contains(subs[0].Reason, "canary") {
					t.Errorf("state: %+v", subs)
				}
				if subs[1].Backlog != 0 {
					t.Errorf("the good one's backlog: %+v", subs[1])
				}
				close(hang)
				wait(10 * time.Minute)
				if name == "hangs and will not" {
					if subs := r.state("shop").Subscribers; subs[0].Backlog != 0 {
						t.Errorf("once it returns: %+v", subs[0])
					}
				}
			})
		})
	}
}

// Events come in the order they were stored, each at least once, across
// failures and restarts, and tell what was before.
func TestEventsComeInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 4})
		ids := placeOrders(t, shop, 30)
		var l listener
		n := 0
		r := newRig(t, shop)
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("flaky", func(ctx context.Context, ev channelsync.OrderEvent) error {
				if n++; n%7 == 3 {
					return errors.New("now and then")
				}
				return l.handle(ctx, ev)
			})
		}
		r.start()
		wait(3 * time.Second)
		r.end()
		r.start()
		wait(10 * time.Minute)
		if err := shop.Cancel(ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := shop.EditLine(ids[1], channel.LineID(string(ids[1])+"-1"), 3); err != nil {
			t.Fatal(err)
		}
		wait(20 * time.Minute)
		var last int64
		kinds := map[channelsync.EventKind]int{}
		for _, ev := range l.told {
			if ev.Seq <= last {
				t.Errorf("event %d after %d", ev.Seq, last)
			}
			last = ev.Seq
			kinds[ev.Kind]++
			switch ev.Kind {
			case channelsync.OrderCreated:
				if ev.Was.Lines != nil {
					t.Errorf("a new order was %+v", ev.Was)
				}
			case channelsync.OrderCancelled:
				if ev.Was.Status != channel.OrderOpen || ev.Order.Status.Value != channel.OrderCancelled {
					t.Errorf("cancelled: was %q, is %q", ev.Was.Status, ev.Order.Status.Value)
				}
			case channelsync.OrderChanged:
				if len(ev.Was.Lines) != 1 || ev.Was.Lines[0].Ordered != 2 || ev.Order.Lines[0].Ordered != 3 {
					t.Errorf("changed: was %+v", ev.Was)
				}
			}
		}
		if fmt.Sprint(kinds) != "map[cancelled:1 changed:1 created:30]" {
			t.Errorf("told %v", kinds)
		}
	})
}

// A new subscriber begins with the oldest event kept.
func TestANewSubscriberIsToldOfThePast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		placeOrders(t, shop, 3)
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.EventRetention = 2 * time.Hour }
		r.start()
		wait(time.Hour)
		r.end()
		var l listener
		r.onNew = func(e *channelsync.Engine) { e.OnOrder("late", l.handle) }
		r.start()
		wait(time.Minute)
		if l.count() != 3 {
			t.Errorf("told of %d of 3 orders", l.count())
		}
		wait(3 * time.Hour)
		r.end()
		var latest listener
		r.onNew = func(e *channelsync.Engine) { e.OnOrder("latest", latest.handle) }
		r.start()
		wait(time.Minute)
		if latest.count() != 0 {
			t.Errorf("told of %d orders whose events are no longer kept", latest.count())
		}
	})
}

func TestSkipEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 3)
		var l listener
		r := newRig(t, shop)
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("picky", func(ctx context.Context, ev channelsync.OrderEvent) error {
				if ev.Order.ID == ids[1] {
					return errors.New("not this one")
				}
				return l.handle(ctx, ev)
			})
		}
		e := r.start()
		wait(time.Hour)
		if l.count() != 1 {
			t.Fatalf("told of %d before the one it refuses", l.count())
		}
		if err := e.SkipEvent(t.Context(), "picky", "shop"); err != nil {
			t.Fatal(err)
		}
		wait(time.Second)
		if l.count() != 2 {
			t.Errorf("told of %d after the skip", l.count())
		}
		if err := e.SkipEvent(t.Context(), "picky", "shop"); !errors.Is(err, channel.ErrConflict) {
			t.Errorf("nothing to skip: %v", err)
		}
		if err := e.SkipEvent(t.Context(), "nobody", "shop"); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("nobody to skip for: %v", err)
		}
	})
}

func TestRunRefusesBadSubscribers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"}))
		e := r.open()
		var l listener
		e.OnOrder("", l.handle)
		e.OnOrder("a", nil)
		e.OnOrder("b", l.handle)
		e.OnOrder("b", l.handle)
		err := e.Run(t.Context())
		for _, says := range []string{`OnOrder("")`, `OnOrder("a")`, `"b"): the name is taken`} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("Run: %v; want it to say %q", err, says)
			}
		}
	})
}
