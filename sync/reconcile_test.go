package sync_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// walked notes the walks over orders that are asked of a channel.
type walked struct {
	*channeltest.Memory
	mu      sync.Mutex
	pages   []channel.OrderQuery // of closed walks, which only the reconciliation makes
	at      []time.Time          // when each was asked for
	imports []time.Time          // when a page of another walk was
}

func (w *walked) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	w.mu.Lock()
	if !q.Until.IsZero() {
		w.pages, w.at = append(w.pages, q), append(w.at, time.Now())
	} else {
		w.imports = append(w.imports, time.Now())
	}
	w.mu.Unlock()
	return w.Memory.OrderPage(ctx, q)
}

// count returns how many pages were asked for, and how many of them began a
// walk.
func (w *walked) count() (pages, begun int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.pages {
		if q.After == "" {
			begun++
		}
	}
	return len(w.pages), begun
}

func (w *walked) rig(t *testing.T, change func(*channelsync.Config)) *rig {
	t.Helper()
	r := newRig(t)
	r.config = func(c *channelsync.Config) {
		c.Channels = []channel.Channel{w}
		if change != nil {
			change(c)
		}
	}
	return r
}

// An order that the marketplace's index shows three hours late is stored by the
// next reconciliation, and by nothing else.
func TestReconcileFindsOrdersTheIndexShowsLate(t *testing.T) {
	for _, every := range []time.Duration{0, -1} {
		t.Run(fmt.Sprint("every ", every), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := &walked{Memory: channeltest.NewMemory(channeltest.LikeShopify())}
				placeOrders(t, shop.Memory, 5)
				var l listener
				r := shop.rig(t, func(c *channelsync.Config) { c.ReconcileEvery = every })
				r.onNew = func(e *channelsync.Engine) { e.OnOrder("x", l.handle) }
				e := r.start()
				wait(time.Hour)
				before := r.stored("shopify")
				shop.DelayIndex(3 * time.Hour)
				late, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1})
				must(t, err)
				ref := channelsync.OrderRef{Channel: "shopify", ID: late}
				wait(4*time.Hour + 50*time.Minute) // the index shows it, and the watermark is far ahead
				if _, err := e.Order(t.Context(), ref); err == nil {
					t.Fatal("stored already: nothing to reconcile")
				}
				watermark := lane(r.state("shopify"), channelsync.LaneImport).Watermark
				wait(20 * time.Minute)
				_, err = e.Order(t.Context(), ref)
				if pages, _ := shop.count(); every < 0 {
					if err == nil || pages > 0 {
						t.Errorf("turned off, and %d pages were asked for, order: %v", pages, err)
					}
					return
				}
				if err != nil {
					t.Fatalf("after the reconciliation: %v", err)
				}
				if got := lane(r.state("shopify"), channelsync.LaneImport).Watermark; got.Before(watermark) {
					t.Errorf("the watermark went from %v back to %v", watermark, got)
				}
				// What it read again was no news to anybody, and wrote nothing.
				if l.count() != 6 {
					t.Errorf("%d events of 6 orders", l.count())
				}
				for i, o := range r.stored("shopify")[:5] {
					if !o.SeenAt.Equal(before[i].SeenAt) {
						t.Errorf("order %s was stored again", o.Order.ID)
					}
				}
				if o := r.stored("shopify")[5]; o.Order.ID != late || !o.Open {
					t.Errorf("stored %s, open %v", o.Order.ID, o.Open)
				}
				q := shop.pages[0]
				if q.Until.Sub(q.Since) != 48*time.Hour {
					t.Errorf("walked from %v to %v", q.Since, q.Until)
				}
			})
		})
	}
}

// It goes on where a kill left it, and a restart does not begin it early.
func TestReconcileResumes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &walked{Memory: channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 2})}
		placeOrders(t, shop.Memory, 40)
		r := shop.rig(t, nil)
		r.start()
		for range 5 { // every life is shorter than an interval
			wait(time.Hour)
			r.end()
			r.start()
		}
		if pages, _ := shop.count(); pages != 0 {
			t.Fatalf("%d pages in the first hours", pages)
		}
		wait(time.Hour + 30*time.Second)
		pages, begun := shop.count()
		if pages < 3 || pages > 10 || begun != 1 {
			t.Fatalf("%d pages of %d walks half a minute after it was due", pages, begun)
		}
		if l := lane(r.state("shop"), channelsync.LaneReconcile); l.Pages != pages {
			t.Errorf("state tells %d pages of %d", l.Pages, pages)
		}
		r.end()
		r.start()
		wait(10 * time.Minute)
		r.end()
		r.start()
		wait(time.Hour)
		if pages, begun := shop.count(); pages != 20 || begun != 1 {
			t.Errorf("%d pages of %d walks, want 20 of one", pages, begun)
		}
		wait(6 * time.Hour)
		if _, begun := shop.count(); begun != 2 {
			t.Errorf("%d walks after the next interval", begun)
		}
	})
}

// A cursor that the marketplace drops costs a walk and is no failure.
func TestReconcileWalksAgainWithoutItsCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &walked{Memory: channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 2})}
		placeOrders(t, shop.Memory, 10)
		r := shop.rig(t, nil)
		r.start()
		wait(6*time.Hour - time.Minute)
		shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultCursorLost, After: 2})
		wait(time.Hour)
		if _, begun := shop.count(); begun != 2 {
			t.Errorf("%d walks begun, want two", begun)
		}
		if s := r.state("shop"); s.Problem != "" {
			t.Errorf("problem %q", s.Problem)
		}
	})
}

// Where searches are few, it asks for whole pages, and for none shortly before an
// import: what it took is refilled by then.
func TestReconcileLeavesSearchesForTheImport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &walked{Memory: channeltest.NewMemory(channeltest.LikeAmazon())}
		placeOrders(t, shop.Memory, 400)
		r := shop.rig(t, nil)
		r.start()
		wait(7 * time.Hour)
		if pages, begun := shop.count(); begun != 1 || pages < 4 {
			t.Fatalf("%d pages of %d walks", pages, begun)
		}
		for i, q := range shop.pages {
			if q.Limit != 0 {
				t.Errorf("page %d asks for %d orders", i, q.Limit)
			}
			next := slices.IndexFunc(shop.imports, func(at time.Time) bool { return at.After(shop.at[i]) })
			if next >= 0 && shop.imports[next].Sub(shop.at[i]) < 200*time.Second {
				t.Errorf("page %d was asked for %s before an import", i, shop.imports[next].Sub(shop.at[i]))
			}
		}
	})
}

// However much there is to read again, parcels, falls and new orders go first.
func TestReconcileYields(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &walked{Memory: channeltest.NewMemory(channeltest.MemoryConfig{
			ID: "shop", PageSize: 10, Latency: channeltest.Exactly(2 * time.Second), Traits: channel.Traits{PollEvery: 2 * time.Minute},
		})}
		ids := placeOrders(t, shop.Memory, 300)
		r := shop.rig(t, func(c *channelsync.Config) { c.ReconcileEvery = 2 * time.Hour })
		e := r.start()
		wait(time.Hour)
		must(t, e.Count(t.Context(), "MUG", 2000))
		wait(time.Hour + 2*time.Minute)
		early, begun := shop.count()
		if early == 0 || begun != 1 {
			t.Fatalf("%d pages of %d walks", early, begun)
		}
		for i := range 8 {
			must(t, e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: ids[i]}, Tracking: fmt.Sprint("1Z", i)}))
			must(t, e.Adjust(t.Context(), "MUG", -10))
			order, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1})
			must(t, err)
			must(t, e.Wake(t.Context(), "shop"))
			wait(15 * time.Second)
			if n := len(shop.Parcels(ids[i])); n != 1 {
				t.Errorf("parcel %d: %d records after 15 s", i, n)
			}
			if i := r.stock("MUG"); shop.Quantity("L-1", "") > i.Available {
				t.Errorf("fall: %d shown after 15 s, %d free", shop.Quantity("L-1", ""), i.Available)
			}
			if _, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: order}); err != nil {
				t.Errorf("new order after 15 s: %v", err)
			}
		}
		late, _ := shop.count()
		if late == early {
			t.Error("it did not go on in between")
		}
		wait(2 * time.Hour)
		if pages, _ := shop.count(); pages < 30 {
			t.Errorf("%d pages in all", pages)
		}
	})
}

// While the import is behind, or held by a person, nothing old is read.
func TestReconcileWaitsForTheImport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &walked{Memory: channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})}
		placeOrders(t, shop.Memory, 3)
		r := shop.rig(t, nil)
		e := r.start()
		wait(5 * time.Hour)
		must(t, e.Pause(t.Context(), "shop", channelsync.LaneImport, "stocktaking"))
		wait(12 * time.Hour)
		if pages, _ := shop.count(); pages != 0 {
			t.Errorf("%d pages while the import was paused", pages)
		}
		must(t, e.Resume(t.Context(), "shop", channelsync.LaneImport))
		wait(2 * time.Minute)
		if _, begun := shop.count(); begun != 1 {
			t.Errorf("%d walks once it had caught up", begun)
		}
	})
}

func TestReconcileIsALane(t *testing.T) {
	if !slices.Contains(channelsync.Lanes(), channelsync.LaneReconcile) || channelsync.Lanes()[len(channelsync.Lanes())-1] != channelsync.LaneReconcile {
		t.Errorf("lanes %v: what is late comes last", channelsync.Lanes())
	}
}
