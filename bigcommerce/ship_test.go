package bigcommerce_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// parcel is a parcel of one unit of each line.
func parcel(o channel.Order, number string) channel.Shipment {
	s := channel.Shipment{Key: "k", Seq: 1, Order: o.ID, Tracking: channel.Tracking{Carrier: "ups", Number: number}}
	for _, l := range o.Lines {
		s.Lines = append(s.Lines, channel.ShipmentLine{Line: l.ID, Handle: l.Handle, Quantity: 1})
	}
	return s
}

func (r *rig) shipments(id channel.OrderID) []bigcommercetest.Shipment {
	o, _ := r.fake.Order(must(strconv.Atoi(string(id))))
	return o.Shipments
}

func TestShipRequests(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		o := r.order(r.place(newOrder{Lines: []newLine{{Name: "Mug", Quantity: 2}, {Name: "Pen"}}}))
		r.wire.Taken()
		res := must(r.ch.Ship(r.Context(), parcel(o, "1Z999AA10123456784")))
		r.golden("ship")
		if res.Found || len(res.Remote) != 1 || res.Remote[0].Tracking[0].Carrier != "ups" {
			t.Errorf("%+v", res)
		}
		if !slices.ContainsFunc(res.Notes, func(n string) bool { return strings.Contains(n, "suppressed") }) {
			t.Errorf("notes %q", res.Notes)
		}
		check(t, r.ch.AmendShipment(r.Context(), res.Remote[0], channel.Tracking{Carrier: "Zebra", Number: "Z1", URL: "https://zebra.example/Z1"}))
		r.golden("amend")
		if got := r.shipments(o.ID)[0]; got.TrackingNumber != "Z1" || got.TrackingLink != "https://zebra.example/Z1" || got.Provider != "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestParcelToSeveralAddresses(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		n := newOrder{
			ShipTo: []bigcommercetest.ShipTo{{}, {}},
			Lines:  []newLine{{Name: "One"}, {Name: "Two", ShipTo: 1}, {Name: "Three"}},
		}
		for _, number := range []string{"1Z", ""} {
			o := r.order(r.place(n))
			// The answer of the second shipment is lost together with the look
			// after it, so one call leaves the parcel half recorded.
			look := false
			r.fake.Fault(bigcommercetest.Fault{Kind: bigcommercetest.DropBefore, Op: "POST /v2/orders/{id}/shipments", After: 1})
			r.fake.Fault(bigcommercetest.Fault{
				Kind: bigcommercetest.Answer, Status: 404, Body: `[{"status":404,"message":"gone"}]`, Op: "GET /v2/orders/{id}/shipments", After: 1,
				When: func(*http.Request, []byte) bool { look = true; return true },
			})
			res, err := r.ch.Ship(r.Context(), parcel(o, number))
			if !errors.Is(err, channel.ErrUnsure) || len(res.Remote) != 1 || !look {
				t.Fatalf("%+v, %v", res, err)
			}
			res, err = r.ch.Ship(r.Context(), parcel(o, number))
			if err != nil || len(res.Remote) != 2 || res.Found {
				t.Errorf("number %q, again: %+v, %v", number, res, err)
			}
			got := r.shipments(o.ID)
			if len(got) != 2 || len(got[0].Items)+len(got[1].Items) != 3 || got[0].AddressID == got[1].AddressID {
				t.Errorf("on record %+v", got)
			}
			res, err = r.ch.Ship(r.Context(), parcel(o, number))
			if err != nil || !res.Found || len(res.Remote) != 2 {
				t.Errorf("a third time: %+v, %v", res, err)
			}
		}
	})
}

func TestAnswerLostIsLookedFor(t *testing.T) {
	for _, kind := range []bigcommercetest.FaultKind{bigcommercetest.DropAfter, bigcommercetest.AnswerAfter, bigcommercetest.Truncate, bigcommercetest.StallAfter} {
		for _, number := range []string{"1Z999AA10123456784", ""} {
			onStore(t, storeConfig{}, nil, func(r *rig) {
				o := r.order(r.place(newOrder{Lines: []newLine{{Name: "Mug", Quantity: 3}}}))
				// The seller has recorded one like it, before.
				must(r.fake.Ship(must(strconv.Atoi(string(o.ID))), bigcommercetest.Parcel{
					Items: map[int]int{must(strconv.Atoi(string(o.Lines[0].ID))): 1}, Tracking: "OTHER",
				}))
				r.fake.Fault(bigcommercetest.Fault{Kind: kind, Op: "POST /v2/orders/{id}/shipments"})
				res, err := r.ch.Ship(r.Context(), parcel(o, number))
				if err != nil || res.Found || len(res.Remote) != 1 {
					t.Errorf("%v, number %q: %+v, %v", kind, number, res, err)
				}
				if got := r.shipments(o.ID); len(got) != 2 {
					t.Errorf("%v, number %q: on record %+v", kind, number, got)
				}
				if n := r.fake.Calls()["POST /v2/orders/{id}/shipments"]; n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

func TestThrottledShipmentIsSentAgain(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		o := r.order(r.place(newOrder{Lines: lines(1)}))
		again := 1
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if req.Method != http.MethodPost || again == 0 {
					return nil
				}
				again--
				resp := answer(429, "application/json", "")
				for k, v := range map[string]string{
					"X-Retry-After": "1", "X-Rate-Limit-Time-Reset-Ms": "400", "X-Rate-Limit-Time-Window-Ms": "30000",
					"X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Requests-Left": "35", // which says nothing
				} {
					resp.Header.Set(k, v)
				}
				return resp
			}
		})
		if _, err := r.ch.Ship(r.Context(), parcel(o, "1Z")); err != nil {
			t.Error(err)
		}
		if got := r.shipments(o.ID); len(got) != 1 {
			t.Errorf("on record %+v", got)
		}
	})
}

func TestParcelRecordedByTheSeller(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		id := r.place(newOrder{Lines: []newLine{{Name: "Mug", Quantity: 2}, {Name: "Pen"}}})
		o := r.order(id)
		must(r.fake.Ship(id, bigcommercetest.Parcel{Tracking: "1z 999", Provider: "ups"})) // all of it
		res := must(r.ch.Ship(r.Context(), parcel(o, "1Z-999")))
		if !res.Found || len(res.Remote) != 1 {
			t.Errorf("%+v", res)
		}
		_, err := r.ch.Ship(r.Context(), parcel(o, "1Z-000"))
		if !errors.Is(err, channel.ErrConflict) || !strings.Contains(err.Error(), "line "+string(o.Lines[0].ID)) {
			t.Errorf("nothing is left: %v", err)
		}
		s := parcel(o, "1Z-999")
		s.Known = []channel.RemoteShipmentID{res.Remote[0].ID}
		if _, err := r.ch.Ship(r.Context(), s); !errors.Is(err, channel.ErrConflict) {
			t.Errorf("the record of another parcel was taken: %v", err)
		}
		if n := len(r.shipments(o.ID)); n != 1 {
			t.Errorf("%d on record", n)
		}
	})
}

func TestShipRefusesNamingTheLine(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		must(r.fake.AddProduct(bigcommercetest.NewProduct{SKU: "EBOOK", Digital: true, Tracking: bigcommercetest.TrackNone}))
		o := r.order(r.place(newOrder{Lines: []newLine{{Name: "Mug"}, {SKU: "EBOOK"}, {Name: "Chair", PickupAt: 1}}}))
		tests := []struct {
			what   string
			change func(s *channel.Shipment)
			class  error
			names  string
		}{
			{"digital", func(s *channel.Shipment) { s.Lines = s.Lines[1:2] }, channel.ErrInvalid, string(o.Lines[1].ID)},
			{"collected", func(s *channel.Shipment) { s.Lines = s.Lines[2:] }, channel.ErrInvalid, string(o.Lines[2].ID)},
			{"too many", func(s *channel.Shipment) { s.Lines = s.Lines[:1]; s.Lines[0].Quantity = 2 }, channel.ErrInvalid, string(o.Lines[0].ID)},
			{"foreign line", func(s *channel.Shipment) { s.Lines = s.Lines[:1]; s.Lines[0].Line = "999" }, channel.ErrInvalid, "999"},
			{"other address", func(s *channel.Shipment) { s.Lines = s.Lines[:1]; s.Lines[0].Handle = "77" }, channel.ErrStaleHandle, string(o.Lines[0].ID)},
			{"long number", func(s *channel.Shipment) { s.Lines = s.Lines[:1]; s.Tracking.Number = strings.Repeat("9", 51) }, channel.ErrInvalid, "51"},
			{"line is no number", func(s *channel.Shipment) { s.Lines[0].Line = "x" }, channel.ErrInvalid, "x"},
			{"order is no number", func(s *channel.Shipment) { s.Order = "x" }, channel.ErrNotFound, ""},
		}
		for _, tt := range tests {
			s := parcel(o, "1Z")
			tt.change(&s)
			if _, err := r.ch.Ship(r.Context(), s); !errors.Is(err, tt.class) || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("%s: %v, want %v naming %q", tt.what, err, tt.class, tt.names)
			}
		}
		s := parcel(o, "1Z")
		s.Lines = s.Lines[:1]
		s.Lines[0].Handle = "" // the order itself tells the address
		if _, err := r.ch.Ship(r.Context(), s); err != nil {
			t.Error(err)
		}
		if n := r.fake.Calls()["POST /v2/orders/{id}/shipments"]; n != 1 {
			t.Errorf("%d sent", n)
		}
	})
}

func TestParcelsOfOneOrderAtOnce(t *testing.T) {
	onStore(t, storeConfig{Latency: 100 * time.Millisecond}, nil, func(r *rig) {
		o := r.order(r.place(newOrder{Lines: []newLine{{Name: "Mug", Quantity: 9}}}))
		errs := make(chan error)
		for range 3 {
			go func() {
				_, err := r.ch.Ship(r.Context(), parcel(o, "1Z"))
				errs <- err
			}()
		}
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := len(r.shipments(o.ID)); n != 1 {
			t.Errorf("%d on record", n)
		}
	})
}

// What parcels cost in calls. docs/bigcommerce.md has these figures.
func TestCallsOfAShipment(t *testing.T) {
	const (
		byID   = "GET /v2/orders/{id}"
		list   = "GET /v2/orders"
		look   = "GET /v2/orders/{id}/shipments"
		record = "POST /v2/orders/{id}/shipments"
	)
	for _, tt := range []struct {
		name    string
		parcels int // of as many orders, at once
		every   int // how far the orders' ids are apart
		again   bool
		want    map[string]int
	}{
		{"one", 1, 1, false, map[string]int{byID: 1, look: 1, record: 1}},
		{"one that is there already", 1, 1, true, map[string]int{byID: 1, look: 1}},
		{"eight at once, as the engine does", 8, 1, false, map[string]int{list: 1, look: 8, record: 8}},
		{"eight at once, of orders far apart", 8, 60, false, map[string]int{byID: 8, look: 8, record: 8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onStore(t, storeConfig{}, nil, func(r *rig) {
				var orders []channel.Order
				for range tt.parcels {
					id := r.place(newOrder{Lines: lines(1)})
					for range tt.every - 1 {
						r.place(newOrder{Lines: lines(1)})
					}
					o, _ := r.fake.Order(id)
					orders = append(orders, channel.Order{ID: oid(id), Lines: []channel.Line{{ID: channel.LineID(strconv.Itoa(o.Lines[0].ID))}}})
				}
				ship := func() {
					var all sync.WaitGroup
					for i, o := range orders {
						all.Go(func() { check(t, second(r.ch.Ship(r.Context(), parcel(o, fmt.Sprint("N", i))))) })
					}
					all.Wait()
				}
				if tt.again {
					ship()
				}
				before := r.fake.Calls()
				ship()
				got := r.fake.Calls()
				maps.DeleteFunc(got, func(op string, n int) bool { got[op] = n - before[op]; return n == before[op] })
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("calls (-want +made):\n%s", diff)
				}
			})
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestCarriers(t *testing.T) {
	tests := []struct {
		in                                channel.Tracking
		provider, slug, link, method, out string
	}{
		{channel.Tracking{Carrier: "ups"}, "ups", "", "", "", "ups"},
		{channel.Tracking{Carrier: "Royal Mail", Service: "Tracked 24"}, "royalmail", "", "", "Tracked 24", "royal-mail"},
		{channel.Tracking{Carrier: "DHL"}, "", "dhl", "", "", "dhl"},
		{channel.Tracking{Carrier: "dhl-paket"}, "", "dhl-germany", "", "", "dhl-paket"},
		{channel.Tracking{Carrier: "Hermes UK"}, "", "myhermes-uk", "", "", "evri"},
		{channel.Tracking{Carrier: "dpd-fr", URL: "https://x.example/1"}, "", "", "https://x.example/1", "DPD France", ""},
		{channel.Tracking{Carrier: "Zebra", Service: "Night"}, "", "", "", "Zebra, Night", ""},
		{channel.Tracking{Carrier: "Zebra", URL: "https://x.example/" + strings.Repeat("y", 500)}, "", "", "", "Zebra", ""},
	}
	onStore(t, storeConfig{}, nil, func(r *rig) {
		for i, tt := range tests {
			o := r.order(r.place(newOrder{Lines: lines(1)}))
			s := parcel(o, "N"+strconv.Itoa(i))
			tt.in.Number = s.Tracking.Number
			s.Tracking, s.NotifyBuyer = tt.in, true
			res := must(r.ch.Ship(r.Context(), s))
			got := r.shipments(o.ID)[0]
			if got.Provider != tt.provider || got.Carrier != tt.slug || got.TrackingLink != tt.link || got.Method != tt.method {
				t.Errorf("%+v: %+v", tt.in, got)
			}
			if c := res.Remote[0].Tracking[0].Carrier; c != tt.out {
				t.Errorf("%+v comes back as %q", tt.in, c)
			}
			if linked := tt.provider+tt.slug+tt.link != ""; linked == (len(res.Notes) > 0) {
				t.Errorf("%+v: notes %q", tt.in, res.Notes)
			}
		}
	})
}

func TestShipFromAnOrderOfManyLines(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.wire.Base = r.fake.Transport() // the validator takes long for so many
		o := r.order(r.place(newOrder{Lines: lines(120)}))
		s := parcel(o, "1Z")
		s.Lines = s.Lines[100:110]
		res := must(r.ch.Ship(r.Context(), s))
		if len(res.Remote) != 1 || len(res.Remote[0].Lines) != 10 {
			t.Errorf("%+v", res)
		}
	})
}
