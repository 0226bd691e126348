//go:build !race

package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
	channelsync "github.com/penstock-go/penstock/sync"
)

func goods(n int) (out []plan.Good) {
	for i := range n {
		out = append(out, plan.Good{SKU: fmt.Sprintf("SKU-%05d", i), Title: fmt.Sprint("Mug ", i), Price: "10.00"})
	}
	return out
}

// count counts all goods in one transaction, as a stocktake does.
func (s *service) count(goods []plan.Good, units int64) {
	s.tb.Helper()
	ctx := context.Background()
	err := s.store.Update(ctx, func(tx channelsync.Tx) error {
		for _, g := range goods {
			if err := s.engine.CountTx(ctx, tx, g.SKU, units, channelsync.Entry{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.tb.Fatal(err)
	}
}

// wake makes the engine look at a shop at once.
func (s *service) wake(sh *shop) {
	s.tb.Helper()
	if err := s.engine.Wake(context.Background(), sh.id()); err != nil {
		s.tb.Fatal(err)
	}
}

// K quantities that changed cost ⌈K/250⌉ writes on Shopify and ⌈K/2,000⌉ on
// BigCommerce when none is stale. Reads are counted apart. Where a level is read
// right before its write (a first push and a raise on BigCommerce), what one
// read brought is written before the next, today: at most ⌈K/250⌉ writes there.
func TestCallsOfChangedQuantities(t *testing.T) {
	type change struct {
		name  string
		to    int64
		batch int
	}
	for _, tc := range []struct {
		kind    string
		goods   int
		op      []string // as the fake names writes
		changes []change
	}{
		{onShopify, 600, []string{"inventorySetQuantities"}, []change{
			{"lowered first", 90, 250}, {"lowered", 80, 250}, {"raised", 85, 250},
		}},
		{onBigCommerce, 2300, []string{"POST /v3/inventory/adjustments/relative", "PUT /v3/inventory/adjustments/absolute"}, []change{
			{"lowered first", 90, 250}, {"lowered", 80, 2000}, {"raised", 85, 250},
		}},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, tc.kind, "EUR", nil)
				all := goods(tc.goods)
				s.stock(t, 100, all...)
				e := serve(t, nil, s)
				e.until("imported", func() bool { return imported(t.Context(), t, e.engine) })
				e.count(all, 100)
				e.wake(s)
				time.Sleep(10 * time.Minute)
				before := s.received()
				if n := before.of(tc.op...); n > 0 {
					t.Errorf("%d writes though nothing differed", n)
				}
				for _, c := range tc.changes {
					e.count(all, c.to)
					e.wake(s)
					e.until(c.name, func() bool { return shows(s, c.to) })
					time.Sleep(20 * time.Minute)
					synctest.Wait()
					after := s.received()
					made := after.less(before)
					before = after
					t.Logf("%d %s: %v", tc.goods, c.name, made)
					if n, want := made.of(tc.op...), pages(tc.goods, c.batch); n > want {
						t.Errorf("%d %s took %d writes, at most %d", tc.goods, c.name, n, want)
					}
				}
			})
		})
	}
}

func shows(s *shop, want int64) bool {
	for _, n := range s.shown() {
		if n != want {
			return false
		}
	}
	return true
}

// A parcel costs one write, and looks: what is sent together shares one look at
// its orders, and on BigCommerce each order's shipments are listed besides.
// What the import then reads of the orders that changed by it is counted apart:
// BigCommerce lists shipments by the order, so each read of a shipped order
// costs a call.
func TestCallsOfParcels(t *testing.T) {
	parcels := 100
	for _, tc := range []struct {
		kind   string
		writes string
		most   int // calls beside the writes
	}{
		{onShopify, "fulfillmentCreate", parcels / 4},
		{onBigCommerce, "POST /v2/orders/{id}/shipments", parcels + parcels/4},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, tc.kind, "EUR", func(rt http.RoundTripper) http.RoundTripper { return slow{rt} })
				s.stock(t, 1000, goods(1)...)
				for i := range parcels {
					s.place(t, &plan.Order{Number: strconv.Itoa(i), Customer: "1", Country: "DE", Lines: []plan.Line{{SKU: "SKU-00000", Quantity: 2, Price: "10.00"}}})
				}
				e := serve(t, nil, s)
				e.until("imported", func() bool { return imported(t.Context(), t, e.engine) })
				orders := e.orders(s)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				before := s.received()
				s.calls.take()
				ctx := t.Context()
				err := e.store.Update(ctx, func(tx channelsync.Tx) error {
					for i, o := range orders {
						err := e.engine.ShipTx(ctx, tx, channelsync.Shipment{
							Order: channelsync.OrderRef{Channel: s.id(), ID: o.ID}, Carrier: "ups", Tracking: fmt.Sprintf("1Z%06d", i),
						})
						if err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				e.wake(s)
				e.until("confirmed", func() bool {
					states, err := e.engine.State(ctx)
					if err != nil {
						t.Fatal(err)
					}
					return states[0].Shipments[channelsync.ShipmentConfirmed] == parcels
				})
				writes, made := s.received().less(before).of(tc.writes), s.calls.take()
				looks := made.of() - made.of(importOps...) - made.of("listing page", "probe") - writes
				t.Logf("%d parcels: %d writes, %d calls beside them (%v)", parcels, writes, looks, made)
				if writes != parcels || looks > tc.most {
					t.Errorf("%d parcels took %d writes and %d calls beside them, at most %d", parcels, writes, looks, tc.most)
				}
				time.Sleep(15 * time.Minute)
				synctest.Wait()
				t.Logf("imports of fifteen minutes after: %v", s.calls.take())
			})
		})
	}
}
