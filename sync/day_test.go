package sync_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A day on three marketplaces where calls fail, answers get lost and the
// process is killed now and then: every order is stored as it is there, every
// parcel is on record once, and nothing is left unresolved in silence.
func TestADayOfTrouble(t *testing.T) {
	t.Parallel()
	seeds := 2
	switch every(2, 3) {
	case 1:
		seeds = 40
	case 3:
		seeds = 1
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { troubledDay(t, seed) })
		})
	}
}

func troubledDay(t *testing.T, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	var shops []*channeltest.Memory
	for i, cfg := range []channeltest.MemoryConfig{
		channeltest.LikeShopify(), channeltest.LikeBigCommerce(true), channeltest.LikeAmazon(),
	} {
		cfg.ID, cfg.Seed, cfg.PageSize = []channel.ID{"shopify", "bigcommerce", "amazon"}[i], seed, 5
		cfg.Latency = channeltest.Range{Min: 50 * time.Millisecond, Max: 2 * time.Second}
		shop := channeltest.NewMemory(cfg)
		for _, kind := range []channeltest.FaultKind{
			channeltest.FaultUnavailable, channeltest.FaultThrottled, channeltest.FaultLost, channeltest.FaultAnswerLost,
			channeltest.FaultTruncated, channeltest.FaultStall, channeltest.FaultStallAfter, channeltest.FaultRepeat, channeltest.FaultCursorLost,
		} {
			shop.Inject(channeltest.Fault{Kind: kind, Chance: 0.01, Times: -1})
		}
		shop.AddListing(channeltest.NewListing{ID: "L", SKU: "MUG", Quantity: 100_000})
		shops = append(shops, shop)
	}
	w := newCrashWorld(t, shops[0], 0, false)
	w.shops = shops
	w.start()
	ctx := t.Context()
	parcels := map[string]channelsync.OrderRef{}
	lastly := time.Now().Add(10 * time.Hour)
	for time.Now().Before(lastly) {
		w.pass(time.Duration(rng.ExpFloat64() * float64(3*time.Minute)))
		if rng.IntN(40) == 0 {
			w.kill(1+rng.IntN(6), rng.IntN(2) == 0)
			continue
		}
		shop := shops[rng.IntN(len(shops))]
		orders := shop.Orders()
		switch n := rng.IntN(10); {
		case n < 5 || len(orders) == 0:
			if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L", Quantity: 1 + rng.Int64N(3)}); err != nil {
				t.Fatal(err)
			}
		default:
			o := orders[rng.IntN(len(orders))]
			ref := channelsync.OrderRef{Channel: shop.ID(), ID: o.ID}
			switch {
			case n == 5:
				_ = shop.Cancel(o.ID) // refused where it cannot be
			case n == 6:
				_ = shop.Refund(o.ID, o.Lines[0].ID, 1, rng.IntN(2) == 0)
			default:
				key := fmt.Sprint("k", len(parcels))
				s := channelsync.Shipment{Key: key, Order: ref, Carrier: "UPS", Tracking: "1Z" + key}
				if rng.IntN(5) == 0 {
					s.Tracking = ""
				}
				if err := w.engine.Ship(ctx, s); err == nil {
					parcels[key] = ref
				}
			}
		}
	}
	for _, shop := range shops {
		shop.ClearFaults()
	}
	w.pass(14 * time.Hour)
	synctest.Wait()
	for _, shop := range shops {
		w.sameOrders(shop)
		keys := map[string]int{}
		for _, p := range shop.Parcels() {
			keys[p.Key]++
		}
		for key, n := range keys {
			if n > 1 {
				t.Errorf("parcel %s has %d records on %s", key, n, shop.ID())
			}
			delete(keys, key)
			keys[key] = 1
		}
		states := map[channelsync.ShipmentState]int{}
		for key, ref := range parcels {
			if ref.Channel != shop.ID() {
				continue
			}
			for _, p := range w.parcels(ref) {
				if p.Key != key {
					continue
				}
				states[p.State]++
				switch p.State {
				case channelsync.ShipmentConfirmed:
					if keys[key] != 1 {
						t.Errorf("parcel %s of %s is confirmed and not on record", key, ref)
					}
				case channelsync.ShipmentPending, channelsync.ShipmentSent:
					t.Errorf("parcel %s of %s is still %s: %s", key, ref, p.State, p.Reason)
				case channelsync.ShipmentUnconfirmed:
					if p.Tracking.Number != "" {
						t.Errorf("parcel %s of %s has a number and is unconfirmed", key, ref)
					}
				case channelsync.ShipmentRefused:
					if keys[key] != 0 {
						t.Errorf("parcel %s of %s is refused (%s) and on record", key, ref, p.Reason)
					}
				}
			}
		}
		s := w.state(shop.ID())
		if n := states[channelsync.ShipmentUnconfirmed] + states[channelsync.ShipmentRefused]; s.Parked["shipment"] != n {
			t.Errorf("%s: %d parcels need a person and %d are parked", shop.ID(), n, s.Parked["shipment"])
		}
		t.Logf("%s: %d orders, parcels %v", shop.ID(), len(w.stored(shop.ID())), states)
	}
}

// kill has the engine start under a store that dies at its nth write.
func (w *crashWorld) kill(at int, after bool) {
	w.t.Helper()
	w.rig.end()
	w.mortal = &mortalStore{dieAt: at, after: after, died: make(chan struct{})}
	w.start()
	w.pass(time.Minute)
}
