package sync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A visit whose channel another turn has claimed commits nothing.
func TestAFencedVisitWritesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Latency: channeltest.Exactly(10 * time.Second)})
		placeOrders(t, shop, 3)
		r := newRig(t, shop)
		r.start()
		wait(12 * time.Second) // the probe is done, the page is under way
		var other channelsync.Lease
		err := r.store.Update(t.Context(), func(tx channelsync.Tx) (err error) {
			if err := tx.FreeAll(t.Context()); err != nil {
				return err
			}
			var ok bool
			other, ok, err = tx.Claim(t.Context(), "shop", "other", time.Now(), time.Now().Add(time.Minute))
			if !ok || !other.Former {
				t.Errorf("claimed %v, former %v", ok, other.Former)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		wait(30 * time.Second)
		if n := len(r.stored("shop")); n != 0 {
			t.Errorf("%d orders stored by a turn that had lost its channel", n)
		}
		if n := shop.Calls(channeltest.OpOrders); n != 1 {
			t.Errorf("%d pages asked for while another turn has the channel", n)
		}
		wait(time.Minute) // the other turn never came back
		r.sameOrders(shop)
	})
}

// sharedStore is one that other processes may have open: nobody knows that a
// former owner is dead before its lease has ended.
type sharedStore struct{ channelsync.RelaxedStore }

func (sharedStore) Exclusive() bool { return false }

// Where the store is shared, a killed turn's channel is taken over when its
// lease has ended, and its unanswered parcels are looked for first.
func TestCrashWithASharedStore(t *testing.T) {
	var want endState
	writes := 0
	live := func(t *testing.T, at int, after bool) *crashWorld {
		t.Helper()
		w := newCrashWorld(t, crashShop(), at, after)
		wrap := w.wrap
		w.wrap = func(s channelsync.Store) channelsync.Store { return wrap(sharedStore{s.(channelsync.RelaxedStore)}) }
		w.live()
		w.settle()
		return w
	}
	bubble(t, func(t *testing.T) {
		w := live(t, 0, false)
		want, writes = w.end(), w.mortal.writes
	})
	for at := 1; at <= writes; at += every(5, 61) {
		t.Run(fmt.Sprint("write ", at), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				if d := cmp.Diff(want, live(t, at, at%2 == 0).end()); d != "" {
					t.Errorf("(-undisturbed +killed):\n%s", d)
				}
			})
		})
	}
}

// A time further ahead than anything asks for was set by a clock that has been
// put back since: it is due now.
func TestAClockPutBackStopsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.Sweep = time.Minute }
		r.start()
		wait(time.Minute)
		r.end()
		placeOrders(t, shop, 2)
		r.open()
		far := time.Now().Add(10 * 24 * time.Hour)
		err := r.store.Update(t.Context(), func(tx channelsync.Tx) error {
			lanes, err := tx.Lanes(t.Context(), "shop")
			for i := range lanes {
				lanes[i].NextAt = far
			}
			if err == nil {
				err = tx.PutLanes(t.Context(), lanes)
			}
			if err != nil {
				return err
			}
			lease, _, err := tx.Claim(t.Context(), "shop", "x", time.Now(), time.Now().Add(time.Second))
			if err == nil {
				_, err = tx.Release(t.Context(), lease, time.Now(), far)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r.end()
		r.start()
		wait(time.Minute)
		r.sameOrders(shop)
	})
}

// Freshness is by the marketplace's clock, not by ours.
func TestFreshnessIsByTheServersClock(t *testing.T) {
	for _, offset := range []time.Duration{3 * time.Hour, -3 * time.Hour} {
		t.Run(offset.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Offset: offset})
				placeOrders(t, shop, 2)
				r := newRig(t, shop)
				r.start()
				wait(6 * time.Minute)
				r.sameOrders(shop)
				if l := lane(r.state("shop"), channelsync.LaneImport); l.Freshness < time.Minute || l.Freshness > 2*time.Minute {
					t.Errorf("fresh to %v, a minute after a walk", l.Freshness)
				}
				shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultUnavailable, Times: -1})
				wait(2 * time.Hour)
				if l := lane(r.state("shop"), channelsync.LaneImport); l.Freshness < 2*time.Hour {
					t.Errorf("fresh to %v, two hours after the last walk", l.Freshness)
				}
			})
		})
	}
}

// A handle that no longer holds is cured by a read.
func TestShipWithAStaleHandle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		if err := shop.ChangeHandles(refs[0].ID); err != nil {
			t.Fatal(err)
		}
		r.ship(channelsync.Shipment{Order: refs[0], Tracking: "A"})
		wait(10 * time.Second)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentConfirmed {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		if n := shop.Calls(channeltest.OpShip); n != 2 {
			t.Errorf("%d sends, want 2", n)
		}
	})
}

// A backlog shows how much there is and how old it is.
func TestStateTellsTheBacklog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 3, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultUnavailable, Times: -1})
		for i, ref := range refs {
			r.ship(channelsync.Shipment{Order: ref, Tracking: fmt.Sprint("T", i)})
		}
		wait(time.Hour)
		s := r.state("shop")
		l := lane(s, channelsync.LaneShip)
		if l.Backlog != 3 || l.Age < time.Hour || l.Failures == 0 || l.Reason == "" || s.Problem == "" {
			t.Errorf("lane %+v, problem %q", l, s.Problem)
		}
		if s.Shipments[channelsync.ShipmentPending] != 3 || s.Channel != channel.ID("shop") {
			t.Errorf("state %+v", s)
		}
		if l := lane(s, channelsync.LaneImport); l.Failures != 0 || l.Freshness > 10*time.Minute {
			t.Errorf("the import suffers: %+v", l)
		}
	})
}
