package ebay_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// parcel is a parcel of an order's lines, so many units of each.
func parcel(o *channel.Order, seq int, number string, quantities ...int64) channel.Shipment {
	s := channel.Shipment{Key: "k", Seq: seq, Order: o.ID, Tracking: channel.Tracking{Carrier: "ups", Number: number}}
	for i, n := range quantities {
		if n > 0 {
			s.Lines = append(s.Lines, channel.ShipmentLine{Line: o.Lines[i].ID, Quantity: n})
		}
	}
	return s
}

const number = "1Z 999-AA1 01 2345 6784"

// packages are what the account has of an order's parcels.
func (r *rig) packages(id channel.OrderID) []ebaytest.Package {
	r.Helper()
	o, ok := r.fake.Order(string(id))
	if !ok {
		r.Fatalf("no order %s", id)
	}
	return o.Packages
}

func (r *rig) bought(n newOrder) *channel.Order {
	r.Helper()
	r.product("MUG", 100)
	r.product("CAP", 100)
	o := r.order(r.place(n))
	return &o
}

func mugs(n int) newOrder { return newOrder{Lines: []newLine{{SKU: "MUG", Quantity: n}}} }

// A parcel is recorded with its letters and digits, its carrier in eBay's words
// and its quantities, and is found when it is sent again.
func TestShip(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: 3}, {SKU: "CAP"}}})
		s := parcel(o, 1, number, 2, 1)
		res := must(r.ch.Ship(r.Context(), s))
		got := r.packages(o.ID)
		if len(got) != 1 || got[0].Tracking != "1Z999AA10123456784" || got[0].Carrier != "UPS" || len(got[0].Items) != 2 || got[0].Items[string(o.Lines[0].ID)] != 2 {
			r.Fatalf("recorded %+v", got)
		}
		if res.Found || len(res.Remote) != 1 || res.Remote[0].ID != channel.RemoteShipmentID(string(o.ID)+"/1Z999AA10123456784") || len(res.Notes) != 1 {
			r.Errorf("result %+v", res)
		}
		again := must(r.ch.Ship(r.Context(), s))
		if !again.Found || len(again.Remote) != 1 || again.Remote[0].ID != res.Remote[0].ID || len(r.packages(o.ID)) != 1 {
			r.Errorf("sent again: %+v", again)
		}
		after := r.order(string(o.ID))
		if after.Lines[0].Shipped != 2 || after.Lines[1].Shipped != 1 || len(after.Shipments) != 1 || after.Shipments[0].ID != res.Remote[0].ID ||
			after.Shipments[0].Tracking[0].Carrier != "ups" {
			r.Errorf("read %+v", after.Shipments)
		}
		last := must(r.ch.Ship(r.Context(), parcel(o, 2, "1Z999AA10123456785", 1)))
		if last.Found || r.order(string(o.ID)).Fulfilment.Value != channel.FulfilmentComplete {
			r.Errorf("the last unit: %+v", last)
		}
	})
}

// An answer that is lost, and a failure of eBay's own, are looked into: the
// parcel is there once.
func TestShipWhenAnswersAreLost(t *testing.T) {
	post := func(req *http.Request, _ []byte) bool {
		return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/shipping_fulfillment")
	}
	asJSON := http.Header{"Content-Type": {"application/json"}}
	for name, tt := range map[string]struct {
		fault ebaytest.Fault
		found int
	}{
		"answer lost":            {ebaytest.Fault{Kind: ebaytest.DropAfter, When: post}, 1},
		"request lost":           {ebaytest.Fault{Kind: ebaytest.DropBefore, When: post}, 1},
		"failed after":           {ebaytest.Fault{Kind: ebaytest.AnswerAfter, Status: 500, Header: asJSON, Body: refusal(30500, "System error"), When: post}, 1},
		"failed before":          {ebaytest.Fault{Kind: ebaytest.Answer, Status: 500, Header: asJSON, Body: refusal(30500, "System error"), When: post}, 1},
		"failed twice before":    {ebaytest.Fault{Kind: ebaytest.Answer, Status: 500, Header: asJSON, Body: refusal(30500, "System error"), When: post, Times: 2}, 1},
		"stands still after":     {ebaytest.Fault{Kind: ebaytest.StallAfter, When: post}, 1},
		"gateway fails for ever": {ebaytest.Fault{Kind: ebaytest.Answer, Status: 502, Header: asJSON, Body: refusal(2003, "Internal error"), When: post, Times: -1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(mugs(2))
				lift := r.fake.Fault(tt.fault)
				_, err := r.ch.Ship(r.Context(), parcel(o, 1, number, 1))
				if tt.found == 1 && err != nil || tt.found == 0 && !errors.Is(err, channel.ErrUnsure) {
					r.Errorf("err = %v", err)
				}
				if n := len(r.packages(o.ID)); n != tt.found {
					r.Errorf("%d records, want %d", n, tt.found)
				}
				lift()
				must(r.ch.Ship(r.Context(), parcel(o, 1, number, 1)))
				if n := len(r.packages(o.ID)); n != 1 {
					r.Errorf("%d records of a parcel", n)
				}
			})
		})
	}
}

// A parcel without a number is sent once, and found by its lines.
func TestShipWithoutNumber(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(mugs(3))
		lift := r.fake.FailWith("createShippingFulfillment", 500, 1)
		if _, err := r.ch.Ship(r.Context(), parcel(o, 1, "", 1)); !errors.Is(err, channel.ErrUnsure) || len(r.packages(o.ID)) != 0 {
			r.Errorf("err = %v", err)
		}
		if n := r.fake.Calls()["createShippingFulfillment"]; n != 1 {
			r.Errorf("sent %d times", n)
		}
		lift()
		first := must(r.ch.Ship(r.Context(), parcel(o, 1, "", 1)))
		again := must(r.ch.Ship(r.Context(), parcel(o, 1, "", 1)))
		if !again.Found || again.Remote[0].ID != first.Remote[0].ID {
			r.Errorf("%+v, then %+v", first, again)
		}
		second := parcel(o, 2, "", 1)
		second.Known = []channel.RemoteShipmentID{first.Remote[0].ID}
		if res := must(r.ch.Ship(r.Context(), second)); res.Found || len(r.packages(o.ID)) != 2 || res.Remote[0].ID == first.Remote[0].ID {
			r.Errorf("the second: %+v", res)
		}
	})
}

// A carrier that eBay does not know gives way to Other, and that is told.
func TestShipWithCarriers(t *testing.T) {
	for _, tt := range []struct {
		given, sent string
		known       []string
		notes       int
	}{
		{"royal-mail", "RoyalMail", nil, 1},
		{"Deutsche Post", "DeutschePost", nil, 1},
		{"Zebra Couriers", "Zebra Couriers", nil, 1},
		{"", "Other", nil, 1},
		{"Zebra Couriers", "Other", []string{"UPS", "Other"}, 2},
		{"own", "OwnFleet", []string{"OwnFleet"}, 1},
	} {
		t.Run(tt.given+" as "+tt.sent, func(t *testing.T) {
			onAccount(t, accountConfig{Carriers: tt.known}, func(c *ebay.Config) { c.Carriers = map[string]string{"own": "OwnFleet"} }, func(r *rig) {
				o := r.bought(mugs(1))
				s := parcel(o, 1, number, 1)
				s.Tracking.Carrier = tt.given
				res := must(r.ch.Ship(r.Context(), s))
				if got := r.packages(o.ID); len(got) != 1 || got[0].Carrier != tt.sent || len(res.Notes) != tt.notes {
					r.Errorf("recorded %+v, notes %q", got, res.Notes)
				}
			})
		})
	}
}

// What eBay would refuse, or should not be told, is refused before the call.
func TestShipRefusals(t *testing.T) {
	for _, tt := range []struct {
		name  string
		order newOrder
		do    func(r *rig, o *channel.Order, s *channel.Shipment)
		class error
	}{
		{"cancelled", mugs(1), func(r *rig, o *channel.Order, _ *channel.Shipment) { check(r, r.fake.CancelOrder(string(o.ID))) }, channel.ErrConflict},
		{"eBay's", newOrder{Program: ebaytest.ProgramFulfilment, Lines: []newLine{{SKU: "MUG"}}}, nil, channel.ErrInvalid},
		{"pickup", newOrder{Program: ebaytest.ProgramPickup, Lines: []newLine{{SKU: "MUG"}}}, nil, channel.ErrInvalid},
		{"digital", newOrder{Program: ebaytest.ProgramDigital, Lines: []newLine{{SKU: "MUG"}}}, nil, channel.ErrInvalid},
		{"shipped elsewhere", mugs(1), func(r *rig, o *channel.Order, _ *channel.Shipment) {
			check(r, r.fake.Ship(string(o.ID), ebaytest.Parcel{}))
		}, channel.ErrConflict},
		{"too many", mugs(2), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Lines[0].Quantity = 3 }, channel.ErrInvalid},
		{"more than is open", mugs(2), func(r *rig, o *channel.Order, s *channel.Shipment) {
			must(r.ch.Ship(r.Context(), parcel(o, 2, "B2222222", 1)))
			s.Lines[0].Quantity = 2
		}, channel.ErrConflict},
		{"another order's line", mugs(1), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Lines[0].Line = "1" }, channel.ErrInvalid},
		{"no line", mugs(1), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Lines = nil }, channel.ErrInvalid},
		{"no order", mugs(1), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Order = "00-00000-00000" }, channel.ErrNotFound},
		{"no order's id", mugs(1), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Order = "../order" }, channel.ErrNotFound},
		{"no number in it", mugs(1), func(_ *rig, _ *channel.Order, s *channel.Shipment) { s.Tracking.Number = "--" }, channel.ErrInvalid},
		{"suspended", mugs(1), func(r *rig, _ *channel.Order, _ *channel.Shipment) { r.fake.Suspend() }, channel.ErrSuspended},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(tt.order)
				s := parcel(o, 1, number, 1)
				if tt.do != nil {
					tt.do(r, o, &s)
				}
				if _, err := r.ch.Ship(r.Context(), s); !errors.Is(err, tt.class) {
					r.Errorf("err = %v, want %v", err, tt.class)
				}
			})
		})
	}
}

// Lines that go through the international hub are recorded one by one.
func TestShipToTheHub(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(newOrder{Program: ebaytest.ProgramInternational, Lines: []newLine{{SKU: "MUG", Quantity: 2}, {SKU: "CAP"}}})
		s := parcel(o, 1, number, 2, 1)
		res := must(r.ch.Ship(r.Context(), s))
		if got := r.packages(o.ID); len(got) != 2 || len(res.Remote) != 2 || res.Remote[0].ID == res.Remote[1].ID {
			r.Errorf("recorded %+v as %+v", got, res.Remote)
		}
		if again := must(r.ch.Ship(r.Context(), s)); !again.Found || len(again.Remote) != 2 || len(r.packages(o.ID)) != 2 {
			r.Errorf("sent again: %+v", again)
		}
	})
}

// A parcel's date is moved to where eBay takes it, and that is told.
func TestShipDates(t *testing.T) {
	for name, tt := range map[string]struct {
		at    time.Duration // from now
		zero  bool
		notes int
	}{
		"none":             {zero: true, notes: 1},
		"an hour ago":      {at: -time.Hour, notes: 1},
		"in a moment":      {at: 30 * time.Second, notes: 1},
		"tomorrow":         {at: 24 * time.Hour, notes: 2},
		"before the order": {at: -24 * time.Hour, notes: 2},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(mugs(1))
				pass(3 * time.Hour)
				s := parcel(o, 1, number, 1)
				if !tt.zero {
					s.ShippedAt = time.Now().Add(tt.at)
				}
				if res := must(r.ch.Ship(r.Context(), s)); len(res.Notes) != tt.notes {
					r.Errorf("notes %q", res.Notes)
				}
			})
		})
	}
}

// Two who send parcels of one order take turns, and the parcel is there once.
func TestShipAtOnce(t *testing.T) {
	onAccount(t, accountConfig{Latency: time.Second}, nil, func(r *rig) {
		o := r.bought(mugs(4))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := r.ch.Ship(r.Context(), parcel(o, 1, number, 2)); err != nil {
					r.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(r.packages(o.ID)); n != 1 {
			r.Errorf("%d records of one parcel", n)
		}
	})
}
