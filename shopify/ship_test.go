package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

const (
	numberA = "1Z999AA10123456784"
	numberB = "1Z999AA10123456793"
)

var twoPlaces = shopifytest.Config{Locations: []shopifytest.Location{{Name: "North"}, {Name: "South"}}}

// stocked adds a product with stock by location.
func (r rig) stocked(sku string, stock map[string]int) {
	r.Helper()
	_, err := r.fake.AddProduct(shopifytest.Product{Title: sku, Variants: []shopifytest.Variant{{SKU: sku, Price: "10.00", Stock: stock}}})
	if err != nil {
		r.Fatal(err)
	}
}

func (r rig) place(name string) channel.LocationID {
	r.Helper()
	for _, l := range r.fake.LocationList() {
		if l.Name == name {
			return channel.LocationID(shopify.Tail(l.ID))
		}
	}
	r.Fatalf("no location %s", name)
	return ""
}

// parcelWith is a parcel of units of an order's lines, in order.
func parcelWith(o shopifytest.Order, number string, units ...int64) channel.Shipment {
	s := channel.Shipment{
		Key: "k-" + number, Seq: 1, Order: channel.OrderID(shopify.Tail(o.ID)),
		Tracking: channel.Tracking{Carrier: "ups", Number: number},
	}
	for i, n := range units {
		if n != 0 {
			s.Lines = append(s.Lines, channel.ShipmentLine{Line: channel.LineID(shopify.Tail(o.Lines[i].ID)), Quantity: n})
		}
	}
	return s
}

// fulfilments are the parcels on record, cancelled ones left out, as
// "location numbers units".
func (r rig) fulfilments(id string) (out []string) {
	r.Helper()
	o, err := r.fake.Order(id)
	if err != nil {
		r.Fatal(err)
	}
	sku := map[string]string{}
	for _, l := range o.Lines {
		sku[l.ID] = l.SKU
	}
	for _, f := range o.Fulfilments {
		if f.Status == "CANCELLED" {
			continue
		}
		var units []string
		for id, n := range f.Units {
			units = append(units, fmt.Sprintf("%s:%d", sku[id], n))
		}
		slices.Sort(units)
		name := ""
		for _, l := range r.fake.LocationList() {
			if l.ID == f.LocationID {
				name = l.Name
			}
		}
		out = append(out, fmt.Sprintf("%s %s %s %s", name, f.Company, strings.Join(f.Numbers, "+"), strings.Join(units, ",")))
	}
	return out
}

func (r rig) wantFulfilments(id string, want ...string) {
	r.Helper()
	if got := r.fulfilments(id); !slices.Equal(got, want) {
		r.Errorf("on record:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestShipRecordsAParcel(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 10)
		r.product("PEN", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "PEN", Quantity: 1}}})
		s := parcelWith(o, numberA, 2, 1)
		s.NotifyBuyer = true
		res, err := r.ch.Ship(r.Context(), s)
		r.must(err)
		w.golden(r.T, "ship")
		r.wantFulfilments(o.ID, "Main UPS "+numberA+" MUG:2,PEN:1")
		if len(res.Remote) != 1 || res.Found || len(res.Notes) != 0 {
			r.Fatalf("%+v", res)
		}
		rem := res.Remote[0]
		if rem.ID == "" || rem.Order != s.Order || rem.Location != r.place("Main") || len(rem.Lines) != 2 || rem.CreatedAt.IsZero() ||
			len(rem.Tracking) != 1 || rem.Tracking[0].Number != numberA {
			r.Errorf("%+v", rem)
		}
		if got, _ := r.fake.Order(o.ID); !got.Fulfilments[0].Notified {
			r.Error("the buyer was not told")
		}

		s.Tracking.Number = "1z 999aa1-0123456784"
		again, err := r.ch.Ship(r.Context(), s)
		r.must(err)
		if !again.Found || len(again.Remote) != 1 || again.Remote[0].ID != rem.ID {
			r.Errorf("sent again: %+v", again)
		}
		if n := len(w.named("Fulfill")); n != 1 {
			r.Errorf("%d writes", n)
		}
	})
}

func TestShipWithoutNumberIsFoundByItsLines(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 4}}})
		s := parcelWith(o, "", 2)
		s.Tracking = channel.Tracking{}
		first, err := r.ch.Ship(r.Context(), s)
		r.must(err)
		again, err := r.ch.Ship(r.Context(), s)
		r.must(err)
		if !again.Found || again.Remote[0].ID != first.Remote[0].ID {
			r.Errorf("sent again: %+v", again)
		}
		s.Known = []channel.RemoteShipmentID{first.Remote[0].ID}
		second, err := r.ch.Ship(r.Context(), s)
		r.must(err)
		if second.Found {
			r.Error("a parcel was taken for another that is known")
		}
		r.wantFulfilments(o.ID, "Main   MUG:2", "Main   MUG:2")
	})
}

func TestShipSeveralParcels(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}})
		for i, number := range []string{numberA, numberB, "1Z999AA10123456800"} {
			s := parcelWith(o, number, 1)
			s.Seq = i + 1
			res, err := r.ch.Ship(r.Context(), s)
			r.must(err)
			if res.Found {
				r.Errorf("parcel %d: found", i)
			}
		}
		r.wantFulfilments(o.ID, "Main UPS "+numberA+" MUG:1", "Main UPS "+numberB+" MUG:1", "Main UPS 1Z999AA10123456800 MUG:1")
	})
}

func TestShipFromSeveralLocations(t *testing.T) {
	setup := func(r rig) (shopifytest.Order, channel.Shipment) {
		r.stocked("MUG", map[string]int{"North": 5, "South": 0})
		r.stocked("PEN", map[string]int{"North": 0, "South": 5})
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}, {SKU: "PEN", Quantity: 3}}})
		return o, parcelWith(o, numberA, 2, 3)
	}
	both := []string{"North UPS " + numberA + " MUG:2", "South UPS " + numberA + " PEN:3"}

	t.Run("one record for each", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, w *wire) {
			o, s := setup(r)
			res, err := r.ch.Ship(r.Context(), s)
			r.must(err)
			w.golden(r.T, "ship_locations")
			r.wantFulfilments(o.ID, both...)
			if len(res.Remote) != 2 || res.Remote[0].Location == res.Remote[1].Location {
				r.Errorf("%+v", res)
			}
			again, err := r.ch.Ship(r.Context(), s)
			r.must(err)
			if !again.Found || len(again.Remote) != 2 {
				r.Errorf("sent again: %+v", again)
			}
		})
	})
	t.Run("a part that is there is not sent again", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, _ *wire) {
			o, s := setup(r)
			r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Units: map[string]int{"PEN": 3}, Company: "UPS", Numbers: []string{numberA}}))
			res, err := r.ch.Ship(r.Context(), s)
			r.must(err)
			if res.Found || len(res.Remote) != 2 {
				r.Errorf("%+v", res)
			}
			r.wantFulfilments(o.ID, both[1], both[0])
		})
	})
	t.Run("the rest failing leaves a numbered parcel to be finished", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, _ *wire) {
			o, s := setup(r)
			r.fake.Fault(shopifytest.Fault{Op: "fulfillmentCreate", Kind: shopifytest.Answer, After: 1, Status: http.StatusPaymentRequired, Body: `{"errors":"Unavailable Shop"}`})
			_, err := r.ch.Ship(r.Context(), s)
			wantClass(r.T, err, channel.ErrSuspended)
			_, err = r.ch.Ship(r.Context(), s)
			r.must(err)
			r.wantFulfilments(o.ID, both...)
		})
	})
	t.Run("the rest failing leaves one without a number unsure", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, _ *wire) {
			_, s := setup(r)
			s.Tracking = channel.Tracking{}
			r.fake.Fault(shopifytest.Fault{Op: "fulfillmentCreate", Kind: shopifytest.Answer, After: 1, Status: http.StatusPaymentRequired, Body: `{"errors":"Unavailable Shop"}`})
			_, err := r.ch.Ship(r.Context(), s)
			wantClass(r.T, err, channel.ErrUnsure, "records a part of the parcel")
		})
	})
	t.Run("the location given is the one", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, _ *wire) {
			o, s := setup(r)
			s.Location = r.place("South")
			_, err := r.ch.Ship(r.Context(), s)
			wantClass(r.T, err, channel.ErrConflict, "North", "leave the location out")
			s.Lines = s.Lines[1:]
			_, err = r.ch.Ship(r.Context(), s)
			r.must(err)
			r.wantFulfilments(o.ID, both[1])
		})
	})
	t.Run("one location that has it all is preferred", func(t *testing.T) {
		onWire(t, twoPlaces, func(r rig, _ *wire) {
			r.stocked("MUG", map[string]int{"North": 1, "South": 3})
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 4}}})
			_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 3))
			r.must(err)
			r.wantFulfilments(o.ID, "South UPS "+numberA+" MUG:3")
		})
	})
}

// An app that ships and nothing else is shown no locations but by name.
func TestShipWithoutTheScopeOfLocations(t *testing.T) {
	shop := twoPlaces
	shop.Scopes = []string{"read_orders", "write_merchant_managed_fulfillment_orders"}
	onWire(t, shop, func(r rig, _ *wire) {
		r.stocked("MUG", map[string]int{"North": 1, "South": 2})
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}})
		_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 3))
		r.must(err)
		r.wantFulfilments(o.ID, "North UPS "+numberA+" MUG:1", "South UPS "+numberA+" MUG:2")
	})
}

// The answer to a write gets lost in each of the ways it can.
func TestShipWithTheAnswerLost(t *testing.T) {
	const op = "fulfillmentCreate"
	bad := shopifytest.Fault{Op: op, Kind: shopifytest.AnswerAfter, Status: 520, Body: "<html>"}
	half := shopifytest.Fault{Op: op, Kind: shopifytest.Truncate}
	empty := shopifytest.Fault{Op: op, Kind: shopifytest.AnswerAfter, Status: http.StatusOK, Body: `{"data":{"fulfillmentCreate":null}}`}
	none := bad
	none.Kind = shopifytest.Answer
	tests := []struct {
		name    string
		fault   shopifytest.Fault
		applied bool
	}{
		{"connection dropped after", shopifytest.Fault{Op: op, Kind: shopifytest.DropAfter}, true},
		{"stalled after", shopifytest.Fault{Op: op, Kind: shopifytest.StallAfter}, true},
		{"520 after", bad, true},
		{"502 page after", shopifytest.BadGateway(op, true), true},
		{"internal error after", shopifytest.InternalError(op, true), true},
		{"answer cut in half", half, true},
		{"answer without a payload", empty, true},
		{"connection dropped before", shopifytest.Fault{Op: op, Kind: shopifytest.DropBefore}, false},
		{"stalled before", shopifytest.Fault{Op: op, Kind: shopifytest.Stall}, false},
		{"520 before", none, false},
		{"502 page before", shopifytest.BadGateway(op, false), false},
		{"internal error before", shopifytest.InternalError(op, false), false},
	}
	for _, tt := range tests {
		t.Run(tt.name+", with a number", func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
				r.product("MUG", 10)
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 4}}})
				r.fake.Fault(tt.fault)
				res, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
				r.must(err)
				if len(res.Remote) != 1 || res.Remote[0].ID == "" || res.Found {
					r.Errorf("%+v", res)
				}
				r.wantFulfilments(o.ID, "Main UPS "+numberA+" MUG:1")
			})
		})
		t.Run(tt.name+", without a number", func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				r.product("MUG", 10)
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 4}}})
				// One alike, shipped before, is not taken for it.
				before := parcelWith(o, "", 1)
				first, err := r.ch.Ship(r.Context(), before)
				r.must(err)
				s := parcelWith(o, "", 1)
				s.Known = []channel.RemoteShipmentID{first.Remote[0].ID}
				w.forget()
				r.fake.Fault(tt.fault)
				res, err := r.ch.Ship(r.Context(), s)
				if n := len(w.named("Fulfill")); n != 1 {
					r.Errorf("sent %d times", n)
				}
				if !tt.applied {
					wantClass(r.T, err, channel.ErrUnsure)
					return
				}
				r.must(err)
				if len(res.Remote) != 1 || res.Remote[0].ID == first.Remote[0].ID {
					r.Errorf("%+v", res)
				}
				r.wantFulfilments(o.ID, "Main UPS  MUG:1", "Main UPS  MUG:1")
			})
		})
	}
	t.Run("again and again, not applied", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("MUG", 10)
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			f := shopifytest.InternalError(op, false)
			f.Times = -1
			r.fake.Fault(f)
			_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
			wantClass(r.T, err, channel.ErrUnsure)
			if n := len(w.named("Fulfill")); n != shopify.MaxSends {
				r.Errorf("sent %d times", n)
			}
		})
	})
	t.Run("and the look fails too", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
			r.product("MUG", 10)
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			r.fake.Fault(shopifytest.InternalError(op, true))
			w.once("Fulfill", func() { r.fake.Fault(shopifytest.Fault{Op: "nodes", Kind: shopifytest.DropBefore, Times: -1}) })
			_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
			wantClass(r.T, err, channel.ErrUnsure)
			r.fake.ClearFaults()
			res, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
			r.must(err)
			if !res.Found {
				r.Errorf("%+v", res)
			}
			r.wantFulfilments(o.ID, "Main UPS "+numberA+" MUG:1")
		})
	})
}

// Surely not sent: the caller may send again, whatever the parcel.
func TestShipThrottled(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		r.fake.Fault(shopifytest.TooMany("fulfillmentCreate", 10*time.Minute))
		_, err := r.ch.Ship(r.Context(), parcelWith(o, "", 1))
		wantClass(r.T, err, channel.ErrThrottled)
		if channel.RetryAfter(err) < 9*time.Minute {
			r.Errorf("retry after %v", channel.RetryAfter(err))
		}
		r.wantFulfilments(o.ID)
	})
}

func TestShipWhatCannotBe(t *testing.T) {
	type order = shopifytest.Order
	tests := []struct {
		name   string
		shop   shopifytest.Config
		setup  func(r rig, o order)
		change func(s *channel.Shipment)
		class  error
		texts  []string
	}{
		{name: "no lines", change: func(s *channel.Shipment) { s.Lines = nil }, class: channel.ErrInvalid, texts: []string{"name what is in it"}},
		{name: "none of a line", change: func(s *channel.Shipment) { s.Lines[0].Quantity = 0 }, class: channel.ErrInvalid, texts: []string{"at least 1"}},
		{name: "an order that is not there", change: func(s *channel.Shipment) { s.Order = "999999999" }, class: channel.ErrNotFound},
		{name: "an order id of another marketplace", change: func(s *channel.Shipment) { s.Order = "12-345-6789" }, class: channel.ErrNotFound},
		{name: "a line that is not there", change: func(s *channel.Shipment) { s.Lines[0].Line = "999" }, class: channel.ErrInvalid, texts: []string{"line 999", "read the order again"}},
		{name: "more than ordered", change: func(s *channel.Shipment) { s.Lines[0].Quantity = 4 }, class: channel.ErrInvalid, texts: []string{"4 units", "lower the quantity"}},
		{
			name:  "more than is left",
			setup: func(r rig, o order) { r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Units: map[string]int{"MUG": 2}})) },
			class: channel.ErrInvalid, texts: []string{"2 units", "1 left", "lower the quantity"},
		},
		{
			name: "shipped already by somebody else",
			setup: func(r rig, o order) {
				r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Company: "UPS", Numbers: []string{numberB}}))
			},
			class: channel.ErrConflict, texts: []string{"shipped already", "correct the tracking there"},
		},
		{
			name: "held",
			setup: func(r rig, o order) {
				_, err := r.fake.Hold(o.ID, "HIGH_RISK_OF_FRAUD")
				r.must(err)
			},
			class: channel.ErrConflict, texts: []string{"on hold", "HIGH_RISK_OF_FRAUD"},
		},
		{
			name: "cancelled", setup: func(r rig, o order) { r.must(r.fake.CancelOrder(o.ID, true)) },
			class: channel.ErrConflict, texts: []string{"is cancelled"},
		},
		{
			name: "refunded",
			setup: func(r rig, o order) {
				r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: "MUG", Quantity: 3, Restock: shopifytest.RestockCancel}}}))
			},
			class: channel.ErrInvalid, texts: []string{"refunded"},
		},
		{
			name:  "no scope at all",
			shop:  shopifytest.Config{Scopes: []string{"read_orders", "read_products"}},
			class: channel.ErrForbidden, texts: []string{"write_merchant_managed_fulfillment_orders"},
		},
		{
			name:  "the scope of other fulfilment orders",
			shop:  shopifytest.Config{Scopes: []string{"read_orders", "read_products", "write_third_party_fulfillment_orders"}},
			class: channel.ErrForbidden, texts: []string{"write_merchant_managed_fulfillment_orders"},
		},
		{
			name:  "a fulfilment service's",
			shop:  shopifytest.Config{Locations: []shopifytest.Location{{Name: "Depot", Service: "depot"}}},
			class: channel.ErrConflict, texts: []string{"fulfilment service's at Depot"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onWire(t, tt.shop, func(r rig, w *wire) {
				r.product("MUG", 10)
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}})
				if tt.setup != nil {
					tt.setup(r, o)
				}
				s := parcelWith(o, numberA, 2)
				if tt.change != nil {
					tt.change(&s)
				}
				_, err := r.ch.Ship(r.Context(), s)
				wantClass(r.T, err, tt.class, tt.texts...)
				if n := len(w.named("Fulfill")); n != 0 {
					r.Errorf("%d writes", n)
				}
			})
		})
	}
	t.Run("scheduled", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}, FulfilAt: time.Now().Add(48 * time.Hour)})
			_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
			wantClass(r.T, err, channel.ErrConflict, "scheduled for 2000-01-03", "open it first")
		})
	})
}

// Fulfilment orders change between look and write: the write is refused, and
// the plan is made again on what there is.
func TestShipWhileFulfilmentOrdersChange(t *testing.T) {
	tests := []struct {
		name   string
		change func(r rig, o shopifytest.Order)
		number string
		want   []string // nil for an error
		class  error
		found  bool
	}{
		{
			name: "moved", number: numberA,
			change: func(r rig, o shopifytest.Order) {
				_, err := r.fake.Move(o.FulfilmentOrders[0].ID, "South")
				r.must(err)
			},
			want: []string{"South UPS " + numberA + " MUG:2"},
		},
		{
			name: "moved, without a number",
			change: func(r rig, o shopifytest.Order) {
				_, err := r.fake.Move(o.FulfilmentOrders[0].ID, "South")
				r.must(err)
			},
			want: []string{"South UPS  MUG:2"},
		},
		{
			name: "split", number: numberA,
			change: func(r rig, o shopifytest.Order) {
				_, err := r.fake.Split(o.FulfilmentOrders[0].ID, map[string]int{"MUG": 2})
				r.must(err)
			},
			want: []string{"North UPS " + numberA + " MUG:2"},
		},
		{
			name: "shipped under the same number", number: numberA, found: true,
			change: func(r rig, o shopifytest.Order) {
				r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Units: map[string]int{"MUG": 2}, Company: "UPS", Numbers: []string{numberA}}))
			},
			want: []string{"North UPS " + numberA + " MUG:2"},
		},
		{
			name: "shipped under another", number: numberA, class: channel.ErrConflict,
			change: func(r rig, o shopifytest.Order) {
				r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Company: "UPS", Numbers: []string{numberB}}))
			},
		},
		{
			name: "held", number: numberA, class: channel.ErrConflict,
			change: func(r rig, o shopifytest.Order) {
				_, err := r.fake.Hold(o.ID, "OTHER")
				r.must(err)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onWire(t, twoPlaces, func(r rig, w *wire) {
				r.stocked("MUG", map[string]int{"North": 5, "South": 5})
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}, Location: "North"})
				w.once("Fulfill", func() { tt.change(r, o) })
				res, err := r.ch.Ship(r.Context(), parcelWith(o, tt.number, 2))
				if tt.class != nil {
					wantClass(r.T, err, tt.class)
					return
				}
				r.must(err)
				r.wantFulfilments(o.ID, tt.want...)
				if res.Found != tt.found || len(res.Remote) != 1 {
					r.Errorf("%+v", res)
				}
			})
		})
	}
}

// The texts of refusals, as they were recorded.
func TestShipRefusals(t *testing.T) {
	tests := []struct {
		message string
		class   error
		recheck bool
	}{
		{"Invalid fulfillment order line item quantity requested.", channel.ErrConflict, true},
		{"Fulfillment order 1046000779 has an unfulfillable status= closed.", channel.ErrConflict, true},
		{"Fulfillment order does not exist.", channel.ErrConflict, true},
		{"Fulfillment order line item does not exist.", channel.ErrConflict, true},
		{"All fulfillment orders must be assigned to a single location. Multiple locations with ids [1, 2] were found.", channel.ErrConflict, true},
		{"All fulfillment orders must belong to the same order. Multiple orders with ids [1, 2] were found.", channel.ErrConflict, true},
		{"The api_client does not have access to the fulfillment order.", channel.ErrForbidden, false},
		{"Quantity must be greater than 0", channel.ErrInvalid, false},
		{"Fulfillment does not exist.", channel.ErrNotFound, false},
		{"Something nobody has seen yet", channel.ErrInvalid, false},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.message, func(t *testing.T) {
			if recheck, class := shopify.Refusal(tt.message); !errors.Is(class, tt.class) || recheck != tt.recheck {
				t.Errorf("%v, %v", class, recheck)
			}
			for _, text := range shopify.RefusalTexts() {
				if strings.Contains(tt.message, text) {
					seen[text] = true
				}
			}
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				r.product("MUG", 10)
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
				r.fake.Refuse("fulfillmentCreate", shopifytest.UserError{Message: tt.message}, -1)
				_, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, 1))
				wantClass(r.T, err, tt.class)
				want := 1
				if tt.recheck {
					want = shopify.MaxPlans
				}
				if n := len(w.named("Fulfill")); n != want {
					r.Errorf("sent %d times, want %d", n, want)
				}
			})
		})
	}
	for _, text := range shopify.RefusalTexts() {
		if !seen[text] {
			t.Errorf("no test for %q", text)
		}
	}
}

func TestShipReadsWhatALookCutsOff(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		var lines []shopifytest.NewLine
		var units []int64
		for i := range 60 {
			sku := fmt.Sprintf("SKU-%02d", i)
			r.product(sku, 100)
			lines = append(lines, shopifytest.NewLine{SKU: sku, Quantity: 15})
			units = append(units, 1)
		}
		o := r.order(shopifytest.NewOrder{Lines: lines})
		// Twelve fulfilment orders of few units, and one of all lines.
		fo := o.FulfilmentOrders[0].ID
		for range 12 {
			_, err := r.fake.Split(fo, map[string]int{"SKU-59": 1})
			r.must(err)
		}
		res, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, units...))
		r.must(err)
		if len(res.Remote) != 1 || len(res.Remote[0].Lines) != 60 {
			r.Fatalf("%d records", len(res.Remote))
		}
		last := parcelWith(o, numberB, append(make([]int64, 59), 14)...)
		_, err = r.ch.Ship(r.Context(), last)
		r.must(err)
		again, err := r.ch.Ship(r.Context(), parcelWith(o, numberA, units...))
		r.must(err)
		if !again.Found {
			r.Error("a parcel of 60 lines was not found again")
		}
		got := r.fulfilments(o.ID)
		if len(got) != 2 || !strings.HasSuffix(got[1], "SKU-59:14") {
			r.Errorf("%v", got)
		}
	})
}

func TestShipLooksAtManyOrdersAtOnce(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		r.product("MUG", 100)
		var orders []shopifytest.Order
		for range 40 {
			orders = append(orders, r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}}))
		}
		r.fake.Fault(shopifytest.Fault{Op: "nodes", Kind: shopifytest.Delay, Delay: time.Second, Times: -1})
		err := r.ch.Granted(r.Context(), channel.JobShip)
		r.must(err)
		var all sync.WaitGroup
		for i, o := range orders {
			all.Go(func() {
				if _, err := r.ch.Ship(r.Context(), parcelWith(o, fmt.Sprintf("N%d", i), 1)); err != nil {
					r.Error(err)
				}
			})
		}
		all.Wait()
		for i, o := range orders {
			r.wantFulfilments(o.ID, fmt.Sprintf("Main UPS N%d MUG:1", i))
		}
		if n := len(w.named("ShipLook")); n != 2 {
			r.Errorf("%d looks for 40 parcels", n)
		}
	})
}

// What parcels cost, in calls and in points as Shopify counts them in advance.
// docs/shopify.md has these figures.
func TestCallsOfAShipment(t *testing.T) {
	for _, tt := range []struct {
		name           string
		parcels        int // of as many orders, at once
		again          bool
		looks, creates int
		points         float64
	}{
		{name: "one", parcels: 1, looks: 1, creates: 1, points: 106 + 12},
		{name: "one that is there already", parcels: 1, again: true, looks: 1, points: 106},
		{name: "eight at once, as the engine does", parcels: 8, looks: 1, creates: 8, points: 106 + 8*12},
		{name: "twenty-five at once", parcels: 25, looks: 1, creates: 25, points: 106 + 25*12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				r.product("MUG", 100)
				var orders []shopifytest.Order
				for range tt.parcels {
					orders = append(orders, r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}}))
				}
				r.must(r.ch.Granted(r.Context(), channel.JobShip)) // once a process
				ship := func() {
					var all sync.WaitGroup
					for i, o := range orders {
						all.Go(func() {
							if _, err := r.ch.Ship(r.Context(), parcelWith(o, fmt.Sprintf("N%d", i), 1)); err != nil {
								r.Error(err)
							}
						})
					}
					all.Wait()
				}
				if tt.again {
					ship()
				}
				w.forget()
				before := r.fake.Stats()
				ship()
				after := r.fake.Stats()
				looks, creates := len(w.named("ShipLook")), len(w.named("Fulfill"))
				if looks != tt.looks || creates != tt.creates || after.Requests-before.Requests != tt.looks+tt.creates {
					t.Errorf("%d looks, %d writes, %d calls; want %d and %d", looks, creates, after.Requests-before.Requests, tt.looks, tt.creates)
				}
				if points := after.Requested - before.Requested; points != tt.points {
					t.Errorf("%v points, want %v", points, tt.points)
				}
			})
		})
	}
}

// Whoever gives up waiting for a shared look leaves the others theirs.
func TestShipLookAbandoned(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
		r.product("MUG", 10)
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
		r.fake.Fault(shopifytest.Fault{Op: "nodes", Kind: shopifytest.Delay, Delay: 3 * time.Second})
		err := r.ch.Granted(r.Context(), channel.JobShip)
		r.must(err)
		hurried, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := r.ch.Ship(hurried, parcelWith(o, numberA, 1))
			wantClass(r.T, err, channel.ErrUnavailable)
		})
		all.Go(func() {
			if _, err := r.ch.Ship(r.Context(), parcelWith(o, numberB, 1)); err != nil {
				r.Error(err)
			}
		})
		all.Wait()
		r.wantFulfilments(o.ID, "Main UPS "+numberB+" MUG:1")
	})
}
