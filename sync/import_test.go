package sync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

func TestImportStoresEveryOrderOnce(t *testing.T) {
	for name, cfg := range map[string]channeltest.MemoryConfig{
		"plain":       {PageSize: 7},
		"shopify":     channeltest.LikeShopify(),
		"bigcommerce": channeltest.LikeBigCommerce(false),
		"amazon":      channeltest.LikeAmazon(),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				cfg.ID, cfg.PageSize = "shop", 7
				shop := channeltest.NewMemory(cfg)
				ids := placeOrders(t, shop, 40)
				r := newRig(t, shop)
				r.start()
				wait(3 * time.Hour)
				r.sameOrders(shop)
				for i, id := range ids[:6] {
					if err := shop.Cancel(id); i%2 == 0 && err != nil {
						t.Fatal(err)
					}
				}
				if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 3}); err != nil {
					t.Fatal(err)
				}
				wait(3 * time.Hour)
				r.sameOrders(shop)
			})
		})
	}
}

// A record that does not decode is parked with its reason, wherever it lies,
// and the rest go on; mended, it comes through.
func TestImportParksAPoisonedRecord(t *testing.T) {
	const orders = 8
	for i := range orders {
		t.Run(fmt.Sprint("position ", i), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 3})
				ids := placeOrders(t, shop, orders)
				if err := shop.Poison(ids[i]); err != nil {
					t.Fatal(err)
				}
				r := newRig(t, shop)
				e := r.start()
				wait(time.Minute)
				if n := len(r.stored("shop")); n != orders-1 {
					t.Fatalf("%d orders stored, want the %d that decode", n, orders-1)
				}
				parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Channel: "shop"})
				if err != nil || len(parked) != 1 || parked[0].Ref != string(ids[i]) || parked[0].Reason == "" {
					t.Fatalf("parked: %+v, %v", parked, err)
				}
				why, remedy, _ := strings.Cut(parked[0].Reason, "; remedy: ")
				if !strings.HasPrefix(why, "order "+string(ids[i])+": shop: orders: invalid") || !strings.Contains(remedy, "then Replay") {
					t.Errorf("reason %q", parked[0].Reason)
				}
				if text, err := e.Explain(t.Context(), parked[0].ID); err != nil || !strings.Contains(text, "why: "+why+"\nwhat to do: "+remedy) {
					t.Errorf("explained as %q, %v", text, err)
				}
				if err := e.Replay(t.Context(), parked[0].ID); err == nil {
					t.Error("replaying what still does not decode succeeded")
				}
				if err := shop.Heal(ids[i]); err != nil {
					t.Fatal(err)
				}
				if i%2 == 0 {
					if err := shop.Touch(ids[i]); err != nil { // it comes by itself
						t.Fatal(err)
					}
				}
				wait(6 * time.Minute)
				r.sameOrders(shop)
				if parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{}); err != nil || len(parked) != 0 {
					t.Errorf("still parked: %+v, %v", parked, err)
				}
			})
		})
	}
}

func TestReplayReadsAParkedOrderAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Lacks: []string{channeltest.CapOrderDecoder}})
		ids := placeOrders(t, shop, 1)
		if err := shop.Poison(ids[0]); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, shop)
		e := r.start()
		wait(time.Minute)
		parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{})
		if err != nil || len(parked) != 1 {
			t.Fatalf("parked: %+v, %v", parked, err)
		}
		if err := shop.Heal(ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := e.Replay(t.Context(), parked[0].ID); err != nil {
			t.Fatal(err)
		}
		r.sameOrders(shop)
		if err := e.Replay(t.Context(), parked[0].ID); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("a second replay: %v, want not found", err)
		}
	})
}

func TestImportBeginsAtTheStartDate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		old := placeOrders(t, shop, 3)
		wait(time.Hour)
		since := time.Now()
		wait(time.Hour)
		if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1}); err != nil {
			t.Fatal(err)
		}
		if err := shop.Touch(old[1]); err != nil { // changed since, but placed before
			t.Fatal(err)
		}
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.ImportSince = since }
		r.start()
		wait(time.Minute)
		if got := r.stored("shop"); len(got) != 1 {
			t.Errorf("%d orders stored, want the one placed since the start date", len(got))
		}
	})
}

// Two reads of one version that differ: the later is believed, and one more is
// made by id to settle it.
func TestImportRereadsWhatItDoubts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Grain: time.Hour})
		wait(30 * time.Minute)
		ids := placeOrders(t, shop, 1)
		r := newRig(t, shop)
		e := r.start()
		wait(time.Minute)
		if err := shop.Cancel(ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := e.Wake(t.Context(), "shop"); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Second)
		r.sameOrders(shop)
		wait(25 * time.Minute)
		if n := shop.Calls(channeltest.OpOrdersByID); n != 1 {
			t.Errorf("%d reads by id, want one", n)
		}
	})
}

func TestImportFindsOrdersThatAreGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 3)
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.ReadUnseenAfter = 2 * time.Hour }
		var told []channelsync.EventKind
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("x", func(_ context.Context, ev channelsync.OrderEvent) error {
				if ev.Order.ID == ids[1] {
					told = append(told, ev.Kind)
				}
				return nil
			})
		}
		e := r.start()
		wait(time.Minute)
		if err := shop.Remove(ids[1]); err != nil {
			t.Fatal(err)
		}
		wait(2*time.Hour + 10*time.Minute)
		o, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[1]})
		if err != nil || !o.Gone || o.Open {
			t.Errorf("gone %v, open %v, %v; want gone and not open", o.Gone, o.Open, err)
		}
		if o, _ := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[0]}); o.Gone || !o.Open {
			t.Errorf("the order that is still there: gone %v, open %v", o.Gone, o.Open)
		}
		parked, _ := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "order"})
		if len(parked) != 1 || parked[0].Ref != string(ids[1]) {
			t.Errorf("parked %+v", parked)
		}
		if fmt.Sprint(told) != "[created cancelled]" {
			t.Errorf("told %v", told)
		}
	})
}

func TestEraseBuyerIsForGood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 1)
		r := newRig(t, shop)
		e := r.start()
		wait(time.Minute)
		ref := channelsync.OrderRef{Channel: "shop", ID: ids[0]}
		before, err := e.Order(t.Context(), ref)
		if err != nil || before.Order.Recipient.Name == "" {
			t.Fatalf("no name to erase: %v", err)
		}
		if err := e.EraseBuyer(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		check := func(when string) {
			t.Helper()
			o, err := e.Order(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if !o.Erased || o.Order.Recipient.Name != "" || o.Order.Buyer.Email != "" || len(o.Order.Recipient.Lines) > 0 {
				t.Errorf("%s: erased %v, name %q", when, o.Erased, string(o.Order.Recipient.Name))
			}
			err = r.store.View(t.Context(), func(tx channelsync.Tx) error {
				raws, err := tx.Raw(t.Context(), "shop", ids[0])
				for _, raw := range raws {
					if len(raw.Payload) > 0 {
						t.Errorf("%s: the payload is still there", when)
					}
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		check("at once")
		if err := shop.ChangeRecipient(ids[0], channel.Recipient{Address: channel.Address{Name: "Grace", City: "Kiel"}}); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Minute)
		check("after a later read")
	})
}

// Test orders and, where so configured, unpaid ones are stored and reserve
// nothing.
func TestImportPoliciesOfDemand(t *testing.T) {
	open := func(t *testing.T, sale channeltest.Sale, change func(*channelsync.Config)) bool {
		t.Helper()
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: 10})
		sale.Lines = []channeltest.SaleLine{{Listing: ref.ID, Quantity: 1}}
		id, err := shop.PlaceSale(sale)
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, shop)
		r.config = change
		e := r.start()
		wait(time.Minute)
		o, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return o.Open
	}
	for _, test := range []struct {
		name   string
		sale   channeltest.Sale
		config func(*channelsync.Config)
		open   bool
	}{
		{"a paid order reserves", channeltest.Sale{Payment: channeltest.PaidNow}, nil, true},
		{"an unpaid order reserves", channeltest.Sale{Payment: channeltest.PaidLater}, nil, true},
		{"an unpaid order is ignored when so configured", channeltest.Sale{Payment: channeltest.PaidLater}, func(c *channelsync.Config) { c.IgnoreUnpaid = true }, false},
		{"a test order does not reserve", channeltest.Sale{Test: true}, nil, false},
		{"a test order reserves when so configured", channeltest.Sale{Test: true}, func(c *channelsync.Config) { c.ReserveTestOrders = true }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				if got := open(t, test.sale, test.config); got != test.open {
					t.Errorf("open is %v, want %v", got, test.open)
				}
			})
		})
	}
}

// The engine's own parcels, coming back with the next read, are no news.
func TestImportIsSilentAboutItsOwnEcho(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 2)
		r := newRig(t, shop)
		told := map[channel.OrderID]int{}
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("x", func(_ context.Context, ev channelsync.OrderEvent) error {
				told[ev.Order.ID]++
				return nil
			})
		}
		e := r.start()
		wait(time.Minute)
		if err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: ids[0]}, Carrier: "UPS", Tracking: "1Z1"}); err != nil {
			t.Fatal(err)
		}
		if err := shop.ShipOutside(ids[1], channel.Tracking{Carrier: "UPS", Number: "1Z2"}); err != nil {
			t.Fatal(err)
		}
		wait(20 * time.Minute)
		r.sameOrders(shop)
		if told[ids[0]] != 1 {
			t.Errorf("the order we shipped was told of %d times, want once, when it was new", told[ids[0]])
		}
		if told[ids[1]] != 2 {
			t.Errorf("the order somebody else shipped was told of %d times, want twice", told[ids[1]])
		}
	})
}

func TestRawPayloadsAreKeptForAsLongAsConfigured(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 2)
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.RawRetention, c.Sealer = 2*time.Hour, xorSealer{} }
		r.start()
		wait(time.Hour)
		raws := func() (n int) {
			err := r.store.View(t.Context(), func(tx channelsync.Tx) error {
				n = 0
				for _, id := range ids {
					rows, err := tx.Raw(t.Context(), "shop", id)
					if err != nil {
						return err
					}
					for _, row := range rows {
						n++
						if strings.Contains(string(row.Payload), string(id)) {
							t.Error("the payload is not sealed")
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if raws() == 0 {
			t.Fatal("no payload is kept")
		}
		wait(90 * time.Minute)
		if n := raws(); n != 0 {
			t.Errorf("%d payloads are kept beyond their time", n)
		}
	})
}

// xorSealer hides bytes from a careless eye.
type xorSealer struct{}

func (xorSealer) Seal(b []byte) ([]byte, error) {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ 0x5a
	}
	return out, nil
}
func (s xorSealer) Open(b []byte) ([]byte, error) { return s.Seal(b) }

// partFirst brings a part of each order before the rest of it.
type partFirst struct {
	channel.Channel
	walks int
}

func (p *partFirst) Unwrap() channel.Channel { return p.Channel }
func (p *partFirst) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	page, err := p.Channel.OrderPage(ctx, q)
	if p.walks++; p.walks == 1 {
		for i := range page.Items {
			o := &page.Items[i]
			*o = channel.Order{ID: o.ID, Parts: channel.PartRefunds, UpdatedAt: o.UpdatedAt}
		}
	}
	return page, err
}

// Of an order only a part of which came, nobody hears until the rest is there.
func TestImportWaitsForTheRestOfAnOrder(t *testing.T) {
	for _, lacks := range [][]string{nil, {channeltest.CapOrderReader}} {
		t.Run(fmt.Sprint("lacks ", lacks), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", Lacks: lacks})
				ids := placeOrders(t, shop, 2)
				var l listener
				r := newRig(t)
				r.config = func(c *channelsync.Config) { c.Channels = []channel.Channel{&partFirst{Channel: shop}} }
				r.onNew = func(e *channelsync.Engine) { e.OnOrder("x", l.handle) }
				e := r.start()
				wait(time.Minute)
				ref := channelsync.OrderRef{Channel: "shop", ID: ids[0]}
				if _, err := e.Order(t.Context(), ref); !errors.Is(err, channelsync.ErrNotImported) {
					t.Errorf("half an order: %v", err)
				}
				if err := e.Ship(t.Context(), channelsync.Shipment{Order: ref}); !errors.Is(err, channelsync.ErrNotImported) {
					t.Errorf("shipping half an order: %v", err)
				}
				if n := len(r.stored("shop")) + l.count(); n != 0 {
					t.Errorf("%d listed or told", n)
				}
				for _, id := range ids {
					if err := shop.Touch(id); err != nil && lacks != nil {
						t.Fatal(err)
					}
				}
				wait(10 * time.Minute)
				r.sameOrders(shop)
				if l.count() != 2 || l.told[0].Kind != channelsync.OrderCreated || l.told[0].Was.Lines != nil {
					t.Errorf("told %d events", l.count())
				}
			})
		})
	}
}

// Cursors that never live long enough are a failure that shows, and no storm.
func TestImportDoesNotStormOnDeadCursors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{
			ID: "shop", PageSize: 2, Latency: channeltest.Exactly(time.Second), CursorLives: 1500 * time.Millisecond,
		})
		placeOrders(t, shop, 10)
		shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultCursorLost, Times: -1})
		r := newRig(t, shop)
		r.start()
		wait(time.Hour)
		if n := shop.Calls(channeltest.OpOrders); n > 200 {
			t.Errorf("%d calls in an hour", n)
		}
		if l := lane(r.state("shop"), channelsync.LaneImport); l.Failures < 2 || !strings.Contains(l.Reason, "cursor") || l.Freshness != -1 {
			t.Errorf("state %+v", l)
		}
		shop.ClearFaults()
		wait(30 * time.Minute)
		if n := len(r.stored("shop")); n == 0 {
			t.Error("no order is stored")
		}
	})
}

// A start date that is put back brings what lies before.
func TestImportStartDateCanBePutBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		placeOrders(t, shop, 3)
		wait(time.Hour)
		since := time.Now()
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) { c.ImportSince = since }
		r.start()
		wait(time.Hour)
		if n := len(r.stored("shop")); n != 0 {
			t.Fatalf("%d orders of before the start date", n)
		}
		r.end()
		since = since.Add(-2 * time.Hour)
		r.start()
		wait(10 * time.Minute)
		r.sameOrders(shop)
	})
}
