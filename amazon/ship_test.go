package amazon_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// parcel is a parcel of units of an order's first line.
func parcel(o channel.Order, seq int, number string, units int64) channel.Shipment {
	return channel.Shipment{
		Key: number, Seq: seq, Order: o.ID, Tracking: channel.Tracking{Carrier: "ups", Number: number}, ShippedAt: o.PlacedAt,
		Lines: []channel.ShipmentLine{{Line: o.Lines[0].ID, Quantity: units}}, NotifyBuyer: true,
	}
}

// bought is an order of units of a listing.
func (r *rig) bought(units int) channel.Order {
	r.Helper()
	r.product("MUG", 1000)
	id := r.place(newOrder{Lines: []newLine{{SKU: "MUG", Quantity: units}}})
	pass(time.Minute)
	return r.order(id)
}

// packages are an order's on the fake, by reference.
func (r *rig) packages(o channel.Order) map[string]amazontest.Package {
	r.Helper()
	got, found := r.fake.Order(string(o.ID))
	if !found {
		r.Fatalf("no order %s", o.ID)
	}
	out := map[string]amazontest.Package{}
	for _, p := range got.Packages {
		out[p.Reference] = p
	}
	return out
}

func TestShipRequests(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(3)
		r.wire.Taken()
		res := must(r.ch.Ship(r.Context(), parcel(o, 1, "1Z 999", 1)))
		s := parcel(o, 2, "ZC-1", 2)
		s.Tracking.Carrier, s.Tracking.Service, s.ShippedAt, s.NotifyBuyer = "Zebra Couriers", "Night", time.Time{}, false
		other := must(r.ch.Ship(r.Context(), s))
		check(r, r.ch.AmendShipment(r.Context(), res.Remote[0], channel.Tracking{Carrier: "usps", Number: "9400"}))
		r.golden("ship")
		if res.Found || len(res.Remote) != 1 || res.Remote[0].ID != channel.RemoteShipmentID(o.ID)+"/1" || len(res.Notes) > 0 || len(other.Notes) != 1 {
			r.Errorf("%+v, %+v", res, other)
		}
		got := r.packages(o)
		if len(got) != 2 || got["1"].Tracking != "9400" || got["1"].Carrier != "USPS" || got["1"].Edits != 1 || got["2"].Name != "Zebra Couriers" ||
			got["2"].Carrier != "Other" {
			r.Errorf("on record %+v", got)
		}
		again := r.order(string(o.ID))
		if again.Status.Value != channel.OrderClosed || again.Lines[0].Shipped != 3 || len(again.Shipments) != 2 ||
			again.Shipments[0].Tracking[0].Carrier != "usps" {
			r.Errorf("order %+v", again)
		}
	})
}

// What a person or another program put on record is never edited: its reference
// is left alone, whether it is a number or not.
func TestForeignPackagesAreLeftAlone(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(6)
		for _, ref := range []string{"1", "02", "PKG-3"} {
			must(r.fake.Ship(string(o.ID), amazontest.Parcel{Reference: ref, Tracking: "T" + ref, Items: map[string]int{string(o.Lines[0].ID): 1}}))
		}
		a := must(r.ch.Ship(r.Context(), parcel(o, 1, "A", 1)))
		// The second does not know the first: what was sent a moment ago need not
		// be shown yet.
		b := must(r.ch.Ship(r.Context(), parcel(o, 2, "B", 1)))
		c := must(r.ch.Ship(r.Context(), parcel(o, 3, "C", 1)))
		for i, want := range map[*channel.ShipResult]string{&a: "/1001", &b: "/1002", &c: "/3"} {
			if got := string(i.Remote[0].ID); got != string(o.ID)+want {
				r.Errorf("recorded as %s, want %s", got, want)
			}
		}
		got := r.packages(o)
		if len(got) != 6 || got["1"].Tracking != "T1" || got["1"].Edits != 0 || got["02"].Tracking != "T02" || got["3"].Tracking != "C" {
			r.Errorf("on record %+v", got)
		}
		// Sent again, each is found; sent again before it is shown, it is edited to
		// what it is.
		if res := must(r.ch.Ship(r.Context(), parcel(o, 1, "a", 1))); !res.Found || res.Remote[0].ID != a.Remote[0].ID {
			r.Errorf("again: %+v", res)
		}
		r.wire.Set(func(w *wire) {
			w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
				if req.Method == http.MethodGet {
					body = []byte(strings.ReplaceAll(string(body), `"A"`, `"not shown"`))
					body = []byte(strings.ReplaceAll(string(body), `"1001"`, `"9"`))
					body = []byte(strings.Replace(string(body), `"quantityUnfulfilled":0`, `"quantityUnfulfilled":1`, 1))
				}
				return status, body
			}
		})
		res := must(r.ch.Ship(r.Context(), parcel(o, 1, "A", 1)))
		if got := r.packages(o); len(got) != 6 || res.Remote[0].ID != a.Remote[0].ID || got["1001"].Repeats != 1 || got["1001"].Edits != 0 {
			r.Errorf("on record %+v", got)
		}
	})
}

// Orders that must not be confirmed are refused before the call, and so is a
// parcel that cannot be.
func TestNotToBeConfirmed(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 1000)
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "FBA", Price: "5", OnHand: 50, ByAmazon: true}))
		mug := []newLine{{SKU: "MUG", Quantity: 2}}
		for name, tt := range map[string]struct {
			n     newOrder
			then  func(id string)
			bend  func(s *channel.Shipment)
			class error
		}{
			"Amazon ships":      {n: newOrder{Lines: []newLine{{SKU: "FBA"}}, ByAmazon: true}, class: channel.ErrInvalid},
			"sold elsewhere":    {n: newOrder{Lines: []newLine{{SKU: "FBA"}}, ByAmazon: true, Channel: "NON_AMAZON"}, class: channel.ErrInvalid},
			"collected":         {n: newOrder{Lines: mug, Programs: []string{amazontest.ProgramInStorePickUp}}, class: channel.ErrInvalid},
			"Ship+":             {n: newOrder{Lines: mug, Programs: []string{amazontest.ProgramShipPlus}}, class: channel.ErrInvalid},
			"pending":           {n: newOrder{Lines: mug, Status: amazontest.Pending}, class: channel.ErrConflict},
			"a preorder":        {n: newOrder{Lines: mug, Status: amazontest.PendingAvailability}, class: channel.ErrConflict},
			"cancelled":         {n: newOrder{Lines: mug}, then: func(id string) { check(r, r.fake.CancelOrder(id)) }, class: channel.ErrConflict},
			"unfulfillable":     {n: newOrder{Lines: mug, Status: amazontest.Unfulfillable}, class: channel.ErrConflict},
			"shipped elsewhere": {n: newOrder{Lines: mug}, then: func(id string) { must(r.fake.Ship(id, amazontest.Parcel{Tracking: "T"})) }, class: channel.ErrConflict},
			"too many":          {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Lines[0].Quantity = 3 }, class: channel.ErrInvalid},
			"another's line":    {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Lines[0].Line = "77" }, class: channel.ErrInvalid},
			"no number":         {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Tracking.Number = " - " }, class: channel.ErrInvalid},
			"no seq":            {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Seq = 0 }, class: channel.ErrInvalid},
			"no lines":          {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Lines = nil }, class: channel.ErrInvalid},
			"no order":          {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Order = "111-0000000-0000000" }, class: channel.ErrNotFound},
			"no id":             {n: newOrder{Lines: mug}, bend: func(s *channel.Shipment) { s.Order = "../../x" }, class: channel.ErrNotFound},
		} {
			id := r.place(tt.n)
			if tt.then != nil {
				tt.then(id)
			}
			s := parcel(r.order(id), 1, "1Z1", 1)
			if tt.bend != nil {
				tt.bend(&s)
			}
			if _, err := r.ch.Ship(r.Context(), s); !errors.Is(err, tt.class) {
				r.Errorf("%s: %v, want %v", name, err, tt.class)
			}
			pass(3 * time.Second)
		}
		if n := r.fake.Calls()["confirmShipment"]; n > 0 {
			r.Errorf("%d confirmations were sent", n)
		}
	})
}

// An answer that is lost is looked for; what is not there may be sent again, and
// stays one.
func TestLostAnswers(t *testing.T) {
	post := func(r *http.Request, _ []byte) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "shipmentConfirmation")
	}
	for name, tt := range map[string]struct {
		fault  amazontest.Fault
		status int   // instead of a fault
		effect bool  // of what is answered with status
		class  error // of the first attempt
	}{
		"after it took effect":          {fault: amazontest.Fault{Kind: amazontest.DropAfter, When: post}},
		"before it took effect":         {fault: amazontest.Fault{Kind: amazontest.DropBefore, When: post}},
		"every time, with effect":       {fault: amazontest.Fault{Kind: amazontest.DropAfter, When: post, Times: -1}},
		"every time, without effect":    {fault: amazontest.Fault{Kind: amazontest.DropBefore, When: post, Times: -1}, class: channel.ErrUnsure},
		"no answer":                     {fault: amazontest.Fault{Kind: amazontest.StallAfter, When: post, Times: -1}},
		"a server's failure":            {status: 503, class: channel.ErrUnsure},
		"a server's failure and effect": {status: 500, effect: true},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(4)
				lift := func() {}
				if tt.status == 0 {
					lift = r.fake.Fault(tt.fault)
				}
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if tt.status == 0 || tt.effect || !post(req, nil) {
							return nil
						}
						return answer(tt.status, "application/json", "")
					}
					w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
						if tt.effect && post(req, nil) {
							return tt.status, nil
						}
						return status, body
					}
				})
				s := parcel(o, 1, "1Z1", 2)
				if _, err := r.ch.Ship(r.Context(), s); !errors.Is(err, tt.class) {
					r.Errorf("err = %v, want %v", err, tt.class)
				}
				lift()
				r.wire.Set(func(w *wire) { w.Reply, w.Bend = nil, nil })
				if res := must(r.ch.Ship(r.Context(), s)); res.Found != (tt.class == nil) {
					r.Errorf("again: %+v", res)
				}
				if got := r.packages(o); len(got) != 1 || got["1"].Items[string(o.Lines[0].ID)] != 2 {
					r.Errorf("on record %+v", got)
				}
			})
		})
	}
}

// A success that says something is looked into: it may be somebody else's page,
// or a failure.
func TestSuccessThatIsNone(t *testing.T) {
	for name, tt := range map[string]struct {
		body   string
		effect bool
	}{
		"a web page":                 {"<html>welcome</html>", false},
		"a failure inside a success": {apiErrors("InternalFailure", "broken", ""), false},
		"with effect":                {`{"payload":{}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				o := r.bought(2)
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if req.Method == http.MethodPost && !tt.effect {
							return answer(200, "text/html", tt.body)
						}
						return nil
					}
					w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
						if req.Method == http.MethodPost && tt.effect {
							return 200, []byte(tt.body)
						}
						return status, body
					}
				})
				_, err := r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 1))
				if tt.effect && err != nil || !tt.effect && !errors.Is(err, channel.ErrUnsure) {
					r.Errorf("err = %v", err)
				}
			})
		})
	}
}

// A refusal of a parcel that may have been recorded a moment before proves
// nothing.
func TestRefusalAfterALostAnswer(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for name, shown := range map[string]bool{"shown": true, "not shown yet": false} {
			o := r.bought(2)
			lost := r.fake.Fault(amazontest.Fault{Kind: amazontest.DropAfter, Op: "confirmShipment"})
			posts := 0
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					if req.Method == http.MethodPost {
						if posts++; posts > 1 {
							return answer(400, "application/json", apiErrors("InvalidInput", "already fulfilled", ""))
						}
					}
					return nil
				}
				w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
					if req.Method == http.MethodGet && !shown {
						body = []byte(strings.ReplaceAll(string(body), `"1Z1"`, `""`))
					}
					return status, body
				}
			})
			res, err := r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 2))
			if shown && (err != nil || len(res.Remote) != 1) || !shown && !errors.Is(err, channel.ErrUnsure) {
				r.Errorf("%s: %+v, %v", name, res, err)
			}
			lost()
			r.wire.Set(func(w *wire) { w.Reply, w.Bend = nil, nil })
		}
	})
}

// Parcels of an order that go at the same time, and the same one twice, are each
// on record once.
func TestParcelsAtOnce(t *testing.T) {
	onAccount(t, accountConfig{Latency: time.Second}, nil, func(r *rig) {
		o := r.bought(10)
		must(r.fake.Ship(string(o.ID), amazontest.Parcel{Reference: "2", Tracking: "T", Items: map[string]int{string(o.Lines[0].ID): 1}}))
		var wg sync.WaitGroup
		for i := range 4 {
			for range 2 {
				wg.Go(func() {
					if _, err := r.ch.Ship(r.Context(), parcel(o, i+1, fmt.Sprintf("1Z%d", i+1), 2)); err != nil {
						r.Error(err)
					}
				})
			}
		}
		wg.Wait()
		got := r.packages(o)
		if len(got) != 5 || got["1"].Tracking != "1Z1" || got["2"].Tracking != "T" || got["1002"].Tracking != "1Z2" || got["4"].Edits != 0 {
			r.Errorf("on record %+v", got)
		}
	})
}

// "Already fulfilled" is answered by looking: with the number it is a success,
// without it a question for a person.
func TestAlreadyFulfilled(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for name, tt := range map[string]struct {
			tracking string
			class    error
		}{"by this parcel": {"1z-1", nil}, "by another": {"OTHER", channel.ErrConflict}} {
			o := r.bought(2)
			// It is confirmed between the look and the call.
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					if req.Method == http.MethodPost && strings.Contains(req.URL.Path, string(o.ID)) {
						must(r.fake.Ship(string(o.ID), amazontest.Parcel{Reference: "5", Tracking: tt.tracking}))
						w.Reply = nil
					}
					return nil
				}
			})
			res, err := r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 2))
			if !errors.Is(err, tt.class) || err == nil && !res.Found {
				r.Errorf("%s: %+v, %v, want %v", name, res, err, tt.class)
			}
			if got := r.packages(o); len(got) != 1 || got["5"].Edits != 0 {
				r.Errorf("%s: on record %+v", name, got)
			}
		}
	})
}

// A carrier's code that Amazon does not take gives way to its name, and a
// seller's own list goes first.
func TestCarriers(t *testing.T) {
	onAccount(t, accountConfig{Carriers: []string{"UPS", "Fast Lane"}}, func(c *amazon.Config) {
		c.Carriers = map[string]string{"usps": "Fast Lane", "Zebra": "UPS"}
	}, func(r *rig) {
		for carrier, want := range map[string]string{
			"ups": "UPS", "United Parcel Service": "UPS", "usps": "Fast Lane", "Zebra": "UPS", "royal-mail": "Other Royal Mail",
			"Nobody & Sons": "Other Nobody & Sons", "": "Other Other", "sagawa": "Other Sagawa",
		} {
			o := r.bought(1)
			s := parcel(o, 1, "1Z1", 1)
			s.Tracking.Carrier = carrier
			res := must(r.ch.Ship(r.Context(), s))
			p := r.packages(o)["1"]
			if got := strings.TrimSpace(p.Carrier + " " + p.Name); got != want {
				r.Errorf("%q is sent as %q, want %q", carrier, got, want)
			}
			if noted := len(res.Notes) > 0; noted != (carrier == "royal-mail") {
				r.Errorf("%q: notes %q", carrier, res.Notes)
			}
		}
	})
}

// A date that Amazon would refuse is moved into what it takes, and that is said
// if it is more than the difference of two clocks.
func TestShipDates(t *testing.T) {
	onAccount(t, accountConfig{ClockOffset: 3 * time.Minute}, nil, func(r *rig) {
		for name, tt := range map[string]struct {
			at    time.Duration // from the order's time, or none
			none  bool
			soon  bool // shipped at once
			notes int
		}{
			"none": {none: true}, "none, at once": {none: true, soon: true}, "the order's": {}, "a minute later": {at: time.Minute}, "a second before": {at: -time.Second},
			"a day before": {at: -24 * time.Hour, notes: 1}, "tomorrow": {at: 24 * time.Hour, notes: 1},
		} {
			r.product("MUG", 1000)
			pass(700 * time.Millisecond)
			id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
			if !tt.soon {
				pass(2 * time.Minute)
			}
			o := r.order(id)
			s := parcel(o, 1, "1Z1", 1)
			s.ShippedAt = o.PlacedAt.Add(tt.at)
			if tt.none {
				s.ShippedAt = time.Time{}
			}
			res, err := r.ch.Ship(r.Context(), s)
			if err != nil || len(res.Notes) != tt.notes {
				r.Errorf("%s: %v, notes %q", name, err, res.Notes)
			}
		}
	})
}

// Tracking is corrected on the package there is, and one whose reference is no
// number is left alone.
func TestAmendShipment(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		o := r.bought(3)
		must(r.ch.Ship(r.Context(), parcel(o, 1, "1Z1", 2)))
		must(r.fake.Ship(string(o.ID), amazontest.Parcel{Reference: "PKG-A", Tracking: "T1"}))
		o = r.order(string(o.ID))
		for i := range 2 { // the second changes nothing
			check(r, r.ch.AmendShipment(r.Context(), o.Shipments[0], channel.Tracking{Carrier: "ups", Number: "1Z2"}))
			if got := r.packages(o); len(got) != 2 || got["1"].Tracking != "1Z2" || got["1"].Items[string(o.Lines[0].ID)] != 2 || got["1"].Repeats != i {
				r.Errorf("on record %+v", got)
			}
		}
		for name, tt := range map[string]struct {
			r     channel.RemoteShipment
			t     channel.Tracking
			class error
		}{
			"not a number":  {o.Shipments[1], channel.Tracking{Number: "1Z3"}, channel.ErrInvalid},
			"no tracking":   {o.Shipments[0], channel.Tracking{Carrier: "ups"}, channel.ErrInvalid},
			"not there":     {channel.RemoteShipment{ID: channel.RemoteShipmentID(o.ID) + "/77"}, channel.Tracking{Number: "1Z3"}, channel.ErrNotFound},
			"of no order":   {channel.RemoteShipment{ID: "111-0000000-0000000/1"}, channel.Tracking{Number: "1Z3"}, channel.ErrNotFound},
			"not of ours":   {channel.RemoteShipment{ID: "1"}, channel.Tracking{Number: "1Z3"}, channel.ErrNotFound},
			"of an another": {channel.RemoteShipment{ID: o.Shipments[0].ID, Order: "111"}, channel.Tracking{Number: "1Z3"}, channel.ErrNotFound},
		} {
			if err := r.ch.AmendShipment(r.Context(), tt.r, tt.t); !errors.Is(err, tt.class) {
				r.Errorf("%s: %v, want %v", name, err, tt.class)
			}
		}
	})
}
