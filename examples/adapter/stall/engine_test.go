package stall_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// Two shops sell from one stock for some hours, and every seventh write loses its
// answer or never arrives. At rest each shop shows what is left, and each order
// has one parcel.
func TestTwoShopsUnderAnEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shops := map[channel.ID]*stalltest.Fake{}
		listings := map[channel.ID]string{}
		var channels []channel.Channel
		var mu sync.Mutex
		struck := map[stalltest.Kind]int{}
		for _, name := range []string{"left", "right"} {
			fake := stalltest.New(stalltest.Config{})
			cfg := fake.Config()
			cfg.Shop = name
			ch, err := stall.New(cfg)
			noError(err)
			channels, shops[ch.ID()], listings[ch.ID()] = append(channels, ch), fake, fake.AddListing("MUG-01", 1)
			writes := 0
			seventh := func(kind stalltest.Kind, n int) {
				fake.Fault(stalltest.Fault{Kind: kind, When: func(r *http.Request) bool {
					if kind == stalltest.DropBefore && r.Method != http.MethodGet {
						writes++ // the fault that is asked first counts
					}
					if r.Method == http.MethodGet || writes%7 != n {
						return false
					}
					mu.Lock()
					struck[kind]++
					mu.Unlock()
					return true
				}})
			}
			seventh(stalltest.DropBefore, 3)
			seventh(stalltest.DropAfter, 5)
		}
		store, err := sqlitestore.OpenConfig(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: true})
		noError(err)
		engine, err := channelsync.New(channelsync.Config{Store: store, Channels: channels})
		noError(err)
		engine.OnOrder("warehouse", func(ctx context.Context, e channelsync.OrderEvent) error {
			if e.Kind != channelsync.OrderCreated {
				return nil
			}
			return engine.Ship(ctx, channelsync.Shipment{
				Order:   channelsync.OrderRef{Channel: e.Channel, ID: e.Order.ID},
				Lines:   []channelsync.ShipmentLine{{Line: e.Order.Lines[0].ID, Quantity: 1}}, // the other unit leaves room for a parcel too many
				Carrier: "UPS", Tracking: fmt.Sprintf("1Z999AA1%08d", e.Order.PlacedAt.UnixMilli()%1e8),
			})
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- engine.Run(ctx) }()
		time.Sleep(5 * time.Minute)
		noError(engine.Count(ctx, "MUG-01", 100))
		time.Sleep(10 * time.Minute)

		type sale struct {
			shop channel.ID
			id   string
		}
		var sold []sale
		for i := range 20 {
			id := channels[i%2].ID()
			order, err := shops[id].PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: listings[id], Quantity: 2}}})
			noError(err)
			sold = append(sold, sale{id, order})
			time.Sleep(time.Duration(1+i*37%11) * time.Minute)
		}
		time.Sleep(3 * time.Hour)
		for id, fake := range shops {
			if got := fake.Quantity(listings[id]); got != 60 {
				t.Errorf("%s shows %d, and 60 are left", id, got)
			}
		}
		for _, s := range sold {
			if parcels := shops[s.shop].Parcels(s.id); len(parcels) != 1 || parcels[0].Lines[0].Quantity != 1 {
				t.Errorf("order %s of %s has parcels %+v", s.id, s.shop, parcels)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if struck[stalltest.DropBefore] < 3 || struck[stalltest.DropAfter] < 3 {
			t.Errorf("few writes were lost: %v", struck)
		}
		stop()
		noError(<-done)
		noError(store.Close())
	})
}
