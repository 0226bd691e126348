package sync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// shipRig is a shop with imported orders of two units each.
func shipRig(t *testing.T, cfg channeltest.MemoryConfig, n int, change func(*channelsync.Config)) (*rig, *channeltest.Memory, []channelsync.OrderRef) {
	t.Helper()
	cfg.ID = "shop"
	shop := channeltest.NewMemory(cfg)
	r := newRig(t, shop)
	r.config = change
	var refs []channelsync.OrderRef
	for _, id := range placeOrders(t, shop, n) {
		refs = append(refs, channelsync.OrderRef{Channel: "shop", ID: id})
	}
	r.start()
	wait(time.Minute)
	r.sameOrders(shop)
	return r, shop, refs
}

func (r *rig) ship(s channelsync.Shipment) {
	r.t.Helper()
	if err := r.engine.Ship(context.Background(), s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) parcels(ref channelsync.OrderRef) []channelsync.ShipmentStatus {
	r.t.Helper()
	got, err := r.engine.Shipments(context.Background(), ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func TestShipWritesBackAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		s := channelsync.Shipment{Order: refs[0], Carrier: "UPS", Tracking: " 1z 999 "}
		r.ship(s)
		r.ship(s) // the same parcel
		wait(time.Second)
		got := r.parcels(refs[0])
		if len(got) != 1 || got[0].State != channelsync.ShipmentConfirmed || got[0].Seq != 1 || len(got[0].Remote) != 1 {
			t.Fatalf("parcels: %+v", got)
		}
		if p := shop.Parcels(); len(p) != 1 || p[0].Tracking[0].Number != "1z 999" || p[0].Lines[0].Quantity != 2 {
			t.Errorf("on the marketplace: %+v", p)
		}
		// Shipped by our word, before any read says so.
		o, err := r.engine.Order(t.Context(), refs[0])
		if err != nil || o.Open {
			t.Errorf("open %v, %v", o.Open, err)
		}
		s.Tracking = "1Z999"
		r.ship(s) // still the same
		if n := len(r.parcels(refs[0])); n != 1 {
			t.Errorf("%d parcels after a repeat", n)
		}
		s.Tracking = "other"
		if err := r.engine.Ship(t.Context(), s); !errors.Is(err, channelsync.ErrNothingToShip) {
			t.Errorf("a parcel with nothing left for it: %v", err)
		}
	})
}

// Complaints name the field and the remedy.
func TestShipRefuses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 3, nil)
		pickup := shop.AddListing(channeltest.NewListing{SKU: "PICKUP", Quantity: 5, By: channel.ByPickup})
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: pickup.ID, Quantity: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := shop.Cancel(refs[1].ID); err != nil {
			t.Fatal(err)
		}
		wait(6 * time.Minute)
		line := string(refs[0].ID) + "-1"
		for _, test := range []struct {
			name string
			s    channelsync.Shipment
			is   error
			says string
		}{
			{"no channel", channelsync.Shipment{Order: channelsync.OrderRef{ID: refs[0].ID}}, channel.ErrInvalid, "Shipment.Order.Channel is empty: name the channel"},
			{"an unknown channel", channelsync.Shipment{Order: channelsync.OrderRef{Channel: "nowhere", ID: "1"}}, channel.ErrNotFound, "Config.Channels"},
			{"an order not imported", channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: "77"}}, channelsync.ErrNotImported, "poll interval"},
			{"a cancelled order", channelsync.Shipment{Order: refs[1]}, channel.ErrInvalid, "cancelled"},
			{"an unknown line", channelsync.Shipment{Order: refs[0], Lines: []channelsync.ShipmentLine{{Line: "x", Quantity: 1}}}, channel.ErrInvalid, `Lines[0].Line: the order has no line "x": its lines are "` + line},
			{"no quantity", channelsync.Shipment{Order: refs[0], Lines: []channelsync.ShipmentLine{{Line: channel.LineID(line)}}}, channel.ErrInvalid, "Lines[0].Quantity is 0"},
			{"too much", channelsync.Shipment{Order: refs[0], Lines: []channelsync.ShipmentLine{{Line: channel.LineID(line), Quantity: 3}}}, channel.ErrInvalid, "3 of line"},
			{"too much in two lines", channelsync.Shipment{Order: refs[0], Lines: []channelsync.ShipmentLine{{Line: channel.LineID(line), Quantity: 1}, {Line: channel.LineID(line), Quantity: 2}}}, channel.ErrInvalid, "Lines[1].Quantity"},
			{"a line to be picked up", channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: id}, Lines: []channelsync.ShipmentLine{{Line: channel.LineID(string(id) + "-1"), Quantity: 1}}}, channel.ErrInvalid, "not the seller's to ship"},
			{"an order of nothing to ship", channelsync.Shipment{Order: channelsync.OrderRef{Channel: "shop", ID: id}}, channelsync.ErrNothingToShip, "left to ship"},
		} {
			err := r.engine.Ship(t.Context(), test.s)
			if !errors.Is(err, test.is) || err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v; want %q", test.name, err, test.says)
			}
		}
		r.ship(channelsync.Shipment{Key: "mine", Order: refs[0], Tracking: "1"})
		if err := r.engine.Ship(t.Context(), channelsync.Shipment{Key: "mine", Order: refs[2], Tracking: "2"}); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("a key of another order's parcel: %v", err)
		}
		wait(time.Minute)
		if n := len(shop.Parcels()); n != 1 {
			t.Errorf("%d parcels on record, want 1", n)
		}
	})
}

func TestShipUnitsAreSpokenForOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		one := []channelsync.ShipmentLine{{Line: channel.LineID(string(refs[0].ID) + "-1"), Quantity: 1}}
		r.ship(channelsync.Shipment{Order: refs[0], Lines: one, Tracking: "A"})
		r.ship(channelsync.Shipment{Order: refs[0], Lines: one, Tracking: "B"})
		if err := r.engine.Ship(t.Context(), channelsync.Shipment{Order: refs[0], Lines: one, Tracking: "C"}); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("a third unit of two: %v", err)
		}
		wait(10 * time.Second)
		got := r.parcels(refs[0])
		if len(got) != 2 || got[0].Seq != 1 || got[1].Seq != 2 {
			t.Fatalf("parcels %+v", got)
		}
		if p := shop.Parcels(); len(p) != 2 {
			t.Errorf("%d parcels on record", len(p))
		}
		wait(10 * time.Minute)
		r.sameOrders(shop)
	})
}

// A lost answer never makes a second record, with a number or without.
func TestALostAnswerNeverDoubles(t *testing.T) {
	for _, kind := range []channeltest.FaultKind{
		channeltest.FaultAnswerLost, channeltest.FaultLost, channeltest.FaultTruncated, channeltest.FaultStall, channeltest.FaultStallAfter, channeltest.FaultUnavailable,
	} {
		for _, number := range []string{"1Z1", ""} {
			t.Run(fmt.Sprintf("%s number=%q", kind, number), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
					shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: kind})
					r.ship(channelsync.Shipment{Order: refs[0], Tracking: number})
					wait(30 * time.Minute)
					calls := shop.Calls(channeltest.OpShip)
					got := r.parcels(refs[0])[0]
					records := len(shop.Parcels())
					wantState, wantRecords := channelsync.ShipmentConfirmed, 1
					if number == "" {
						if calls > 1 && kind != channeltest.FaultUnavailable {
							t.Errorf("sent %d times without a number", calls)
						}
						if kind == channeltest.FaultLost || kind == channeltest.FaultStall {
							// It never arrived, and nobody can be sure of that but a person.
							wantState, wantRecords = channelsync.ShipmentUnconfirmed, 0
						}
					}
					if got.State != wantState || records != wantRecords {
						t.Fatalf("%s, %q, %d records; want %s, %d", got.State, got.Reason, records, wantState, wantRecords)
					}
					if wantState == channelsync.ShipmentConfirmed {
						wait(10 * time.Minute)
						r.sameOrders(shop)
						return
					}
					s := r.state("shop")
					if s.Parked["shipment"] != 1 || s.Shipments[channelsync.ShipmentUnconfirmed] != 1 {
						t.Errorf("not visible: %+v", s)
					}
					if err := r.engine.SettleShipment(t.Context(), got.Key, false); err != nil {
						t.Fatal(err)
					}
					wait(10 * time.Minute)
					if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentConfirmed || len(shop.Parcels()) != 1 {
						t.Errorf("after it was settled: %s, %d records", got.State, len(shop.Parcels()))
					}
					if n := r.state("shop").Parked["shipment"]; n != 0 {
						t.Errorf("%d still parked", n)
					}
				})
			})
		}
	}
}

// Without a way to look, a parcel without a number ends unconfirmed.
func TestAnUnnumberedParcelIsSentOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{Lacks: []string{channeltest.CapOrderReader}}, 1, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost})
		r.ship(channelsync.Shipment{Key: "k", Order: refs[0]})
		wait(2 * time.Hour)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentUnconfirmed || shop.Calls(channeltest.OpShip) != 1 {
			t.Fatalf("%s after %d sends", got.State, shop.Calls(channeltest.OpShip))
		}
		if err := r.engine.SettleShipment(t.Context(), "k", true); err != nil {
			t.Fatal(err)
		}
		if err := r.engine.SettleShipment(t.Context(), "k", true); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("settling twice: %v", err)
		}
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentConfirmed || len(shop.Parcels()) != 1 {
			t.Errorf("%s, %d records", got.State, len(shop.Parcels()))
		}
	})
}

func TestShipObeysClasses(t *testing.T) {
	for _, test := range []struct {
		kind  channeltest.FaultKind
		times int
		state channelsync.ShipmentState
		after time.Duration
	}{
		{channeltest.FaultThrottled, 2, channelsync.ShipmentConfirmed, 2 * time.Minute},
		{channeltest.FaultUnavailable, 3, channelsync.ShipmentConfirmed, 3 * time.Minute},
		{channeltest.FaultStaleHandle, 1, channelsync.ShipmentConfirmed, time.Minute},
		{channeltest.FaultConflict, 2, channelsync.ShipmentConfirmed, time.Minute},
		{channeltest.FaultConflict, -1, channelsync.ShipmentRefused, 10 * time.Minute},
		{channeltest.FaultInvalid, 1, channelsync.ShipmentRefused, time.Minute},
		{channeltest.FaultForbidden, 1, channelsync.ShipmentConfirmed, 25 * time.Hour},
		{channeltest.FaultUnauthorized, 1, channelsync.ShipmentConfirmed, 2 * time.Hour},
	} {
		t.Run(fmt.Sprint(test.kind, " ", test.times), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 3, nil)
				lift := shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: test.kind, Times: test.times})
				r.ship(channelsync.Shipment{Order: refs[0], Tracking: "A"})
				wait(test.after)
				got := r.parcels(refs[0])[0]
				if got.State != test.state {
					t.Fatalf("%s (%s), want %s", got.State, got.Reason, test.state)
				}
				if test.state == channelsync.ShipmentRefused {
					parked, err := r.engine.Parked(t.Context(), channelsync.ParkedFilter{Kind: "shipment"})
					if err != nil || len(parked) != 1 || got.Reason == "" {
						t.Fatalf("parked %+v, %v, reason %q", parked, err, got.Reason)
					}
					if err := r.engine.Ship(t.Context(), channelsync.Shipment{Order: refs[0], Tracking: "A"}); err == nil {
						t.Error("shipping the refused parcel again says nothing")
					}
					lift()
					if err := r.engine.Replay(t.Context(), parked[0].ID); err != nil {
						t.Fatal(err)
					}
					wait(time.Minute)
					if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentConfirmed {
						t.Errorf("replayed: %s", got.State)
					}
				}
				if n := len(shop.Parcels()); n != 1 {
					t.Errorf("%d records", n)
				}
			})
		})
	}
}

// A parcel of an order that must not be shipped yet waits for its order.
func TestShipWaitsForAPendingOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: 5})
		id, err := shop.PlaceSale(channeltest.Sale{Lines: []channeltest.SaleLine{{Listing: ref.ID, Quantity: 1}}, Payment: channeltest.PaidLater})
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, shop)
		r.start()
		wait(time.Minute)
		order := channelsync.OrderRef{Channel: "shop", ID: id}
		r.ship(channelsync.Shipment{Order: order, Tracking: "A"})
		wait(time.Hour)
		if got := r.parcels(order)[0]; got.State != channelsync.ShipmentPending || !strings.Contains(got.Reason, "waits") || shop.Calls(channeltest.OpShip) != 0 {
			t.Fatalf("%s, %q, %d sends", got.State, got.Reason, shop.Calls(channeltest.OpShip))
		}
		if err := shop.Pay(id); err != nil {
			t.Fatal(err)
		}
		if err := r.engine.Wake(t.Context(), "shop"); err != nil {
			t.Fatal(err)
		}
		wait(5 * time.Second) // with the order, not a quarter of an hour later
		if got := r.parcels(order)[0]; got.State != channelsync.ShipmentConfirmed {
			t.Errorf("%s, %q", got.State, got.Reason)
		}
	})
}

func TestShipNotTheCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		if err := r.engine.Pause(t.Context(), "shop", channelsync.LaneShip, ""); err != nil {
			t.Fatal(err)
		}
		r.ship(channelsync.Shipment{Order: refs[0], Tracking: "A"})
		if err := shop.Cancel(refs[0].ID); err != nil {
			t.Fatal(err)
		}
		wait(6 * time.Minute)
		if err := r.engine.Resume(t.Context(), "shop", channelsync.LaneShip); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentRefused || got.Reason != "the order is cancelled; remedy: stop the parcel, or have the buyer order again, then Dismiss it" || len(shop.Parcels()) != 0 {
			t.Errorf("%s, %q, %d records", got.State, got.Reason, len(shop.Parcels()))
		}
		if p := r.one(); p.Reason != "parcel "+p.Ref+" of order "+string(refs[0].ID)+": "+r.parcels(refs[0])[0].Reason {
			t.Errorf("parked with %q", p.Reason)
		}
	})
}

func TestCorrectTracking(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		r.ship(channelsync.Shipment{Key: "k", Order: refs[0], Tracking: "WRONG"})
		wait(time.Second)
		shop.Inject(channeltest.Fault{Op: channeltest.OpAmend, Kind: channeltest.FaultAnswerLost})
		if err := r.engine.CorrectTracking(t.Context(), "k", channel.Tracking{Carrier: "DHL", Number: "RIGHT"}); err != nil {
			t.Fatal(err)
		}
		wait(5 * time.Minute)
		if got := r.parcels(refs[0])[0]; got.Tracking.Number != "RIGHT" || got.State != channelsync.ShipmentConfirmed || got.Reason != "" {
			t.Errorf("%+v", got)
		}
		if p := shop.Parcels(); len(p) != 1 || p[0].Tracking[0].Number != "RIGHT" {
			t.Errorf("on the marketplace: %+v", p)
		}
		if err := r.engine.CorrectTracking(t.Context(), "none", channel.Tracking{}); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("of a parcel that is none: %v", err)
		}
		wait(10 * time.Minute)
		r.sameOrders(shop)
	})
}

// A dry run writes nothing and leaves what it would write to be done.
func TestDryRunWritesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dry := true
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 2, func(c *channelsync.Config) { c.DryRun = dry })
		r.ship(channelsync.Shipment{Order: refs[0], Tracking: "A"})
		wait(5 * time.Hour)
		writes := shop.Calls(channeltest.OpShip) + shop.Calls(channeltest.OpAmend) + shop.Calls(channeltest.OpSetStock)
		if got := r.parcels(refs[0])[0]; writes != 0 || got.State != channelsync.ShipmentPending || !strings.Contains(got.Reason, "dry run") {
			t.Fatalf("%d writes; %s, %q", writes, got.State, got.Reason)
		}
		dry = false
		r.end()
		r.start()
		wait(time.Hour + time.Minute)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentConfirmed {
			t.Errorf("once it is no dry run: %s, %q", got.State, got.Reason)
		}
	})
}

// ShipTx stores the parcel with whatever else its transaction does.
func TestShipTxIsPartOfItsTransaction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 2, func(c *channelsync.Config) { c.Sweep = 30 * time.Second })
		errNo := errors.New("no")
		ship := func(i int, err error) error {
			return r.store.Update(t.Context(), func(tx channelsync.Tx) error {
				return errors.Join(r.engine.ShipTx(t.Context(), tx, channelsync.Shipment{Order: refs[i], Tracking: "A"}), err)
			})
		}
		if err := ship(0, errNo); !errors.Is(err, errNo) {
			t.Fatal(err)
		}
		if err := ship(1, nil); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		if n, m := len(r.parcels(refs[0])), len(r.parcels(refs[1])); n != 0 || m != 1 || len(shop.Parcels()) != 1 {
			t.Errorf("%d and %d parcels, %d on record", n, m, len(shop.Parcels()))
		}
	})
}

// Many parcels go out as fast as the marketplace lets them.
func TestShipManyParcels(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := 300
		if racing {
			n = 50
		}
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{Latency: channeltest.Exactly(100 * time.Millisecond), PageSize: 250}, n, nil)
		for i, ref := range refs {
			r.ship(channelsync.Shipment{Order: ref, Tracking: fmt.Sprint("T", i)})
		}
		began := time.Now()
		for len(shop.Parcels()) < n {
			wait(time.Second)
			if time.Since(began) > time.Minute {
				t.Fatalf("%d of %d parcels after a minute", len(shop.Parcels()), n)
			}
		}
		t.Logf("%d parcels in %v", n, time.Since(began))
		wait(time.Minute)
		for _, ref := range refs {
			if !slices.ContainsFunc(r.parcels(ref), func(p channelsync.ShipmentStatus) bool { return p.State == channelsync.ShipmentConfirmed }) {
				t.Errorf("order %s: %+v", ref, r.parcels(ref))
			}
		}
	})
}
