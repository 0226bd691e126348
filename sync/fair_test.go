package sync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A channel with very much to do delays the others by no more than a turn: with
// one worker, two busy channels and a slice of 5 s, 10 s and a call.
func TestNoChannelStarvesAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const page = 100 * time.Millisecond
		huge := func(id channel.ID) *channeltest.Memory {
			m := channeltest.NewMemory(channeltest.MemoryConfig{ID: id, PageSize: 5, Latency: channeltest.Exactly(page)})
			placeOrders(t, m, 3000) // a minute and more of pages
			return m
		}
		a, b := huge("a"), huge("b")
		small := channeltest.NewMemory(channeltest.MemoryConfig{ID: "small", Latency: channeltest.Exactly(page)})
		r := newRig(t, a, b, small)
		r.config = func(c *channelsync.Config) { c.Workers = 1 }
		e := r.start()
		wait(12 * time.Second)
		if n := len(r.stored("a")); n == 0 || n == 3000 {
			t.Fatalf("%d of 3000 orders stored after 12 s: no backlog to starve behind", n)
		}
		placeOrders(t, small, 1)
		if err := e.Wake(t.Context(), "small"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for len(r.stored("small")) == 0 {
			wait(100 * time.Millisecond)
			if time.Since(began) > time.Minute {
				t.Fatal("the small channel starves")
			}
		}
		d := time.Since(began)
		t.Logf("waited %v", d)
		if d > 11*time.Second {
			t.Errorf("the small channel waited %v", d)
		}
	})
}

// A lane with very much to do delays neither a higher lane by more than a page
// nor, for long, a lower one.
func TestNoLaneStarvesAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 5, Latency: channeltest.Exactly(100 * time.Millisecond)})
		ids := placeOrders(t, shop, 3000)
		r := newRig(t, shop)
		e := r.start()
		wait(7 * time.Second)
		first := r.stored("shop")[0].Order.ID
		began := time.Now()
		if err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: first}, Tracking: "A"}); err != nil {
			t.Fatal(err)
		}
		for len(shop.Parcels()) == 0 && time.Since(began) < time.Minute {
			wait(50 * time.Millisecond)
		}
		if d := time.Since(began); d > 500*time.Millisecond {
			t.Errorf("shipping waited %v behind an import", d)
		}
		// And shipping very much leaves room for the import.
		stored := r.stored("shop")
		for i, o := range stored {
			if o.Order.ID == first {
				continue
			}
			if err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: o.Order.ID}, Tracking: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
		wait(4 * time.Second)
		if len(shop.Parcels()) == len(stored) {
			t.Fatal("everything is shipped: nothing to starve behind")
		}
		if n := len(r.stored("shop")); n == len(stored) {
			t.Errorf("no order was stored while %d parcels went out", len(shop.Parcels()))
		}
		_ = ids
	})
}

// Nothing about buyers, and no payload, reaches a log, an error or a reason.
func TestNothingPersonalIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const canary = "Kanarienvogel"
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 2})
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: 100})
		person := channel.Recipient{Address: channel.Address{Name: canary, City: canary, Lines: []channel.Personal{canary}, Phone: canary, Email: canary}}
		buyer := channel.Buyer{Name: canary, Email: canary}
		var ids []channel.OrderID
		for range 6 {
			id, err := shop.PlaceSale(channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: ref.ID, Quantity: 1}}, Recipient: &person, Buyer: &buyer, Note: canary})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if err := shop.Poison(ids[2]); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []channeltest.FaultKind{channeltest.FaultUnavailable, channeltest.FaultThrottled, channeltest.FaultAnswerLost, channeltest.FaultInvalid} {
			shop.Inject(channeltest.Fault{Kind: kind, Chance: 0.1, Times: -1})
		}
		var log bytes.Buffer
		r := newRig(t, shop)
		r.config = func(c *channelsync.Config) {
			c.Logger = slog.New(slog.NewMultiHandler(
				slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}),
				slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
			))
		}
		r.onNew = func(e *channelsync.Engine) {
			e.OnOrder("x", func(_ context.Context, ev channelsync.OrderEvent) error {
				if ev.Order.ID == ids[3] {
					panic(string(ev.Order.Recipient.Name))
				}
				return fmt.Errorf("cannot take %v: %w", ev.Order, errors.New("no"))
			})
		}
		e := r.start()
		wait(2 * time.Hour)
		var errs []string
		for i, id := range ids {
			err := e.Ship(t.Context(), channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: id}, Tracking: fmt.Sprint("T", i)})
			errs = append(errs, fmt.Sprint(err))
		}
		wait(2 * time.Hour)
		parked, _ := e.Parked(t.Context(), channelsync.ParkedFilter{})
		states, _ := e.State(t.Context())
		for _, p := range parked {
			why, _ := e.Explain(t.Context(), p.ID)
			errs = append(errs, why)
		}
		all := log.String() + fmt.Sprintf("%+v %+v %v", parked, states, errs)
		if len(log.String()) < 1000 {
			t.Fatalf("hardly anything is logged: %s", log.String())
		}
		if i := strings.Index(all, canary); i >= 0 {
			t.Errorf("…%s…", all[max(0, i-300):min(len(all), i+100)])
		}
	})
}
