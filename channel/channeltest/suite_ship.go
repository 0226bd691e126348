package channeltest

import (
	"errors"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// numbers of parcels, as a carrier would give them.
const (
	parcelA = "1Z999AA10123456784"
	parcelB = "1Z999AA10123456793"
)

// parcelOf is a parcel of some units of each of an order's first lines.
func parcelOf(o channel.Order, seq int, number string, units ...int64) channel.Shipment {
	s := channel.Shipment{
		Key: "parcel-" + string(o.ID) + "-" + number, Seq: seq, Order: o.ID,
		Tracking: channel.Tracking{Carrier: "ups", Number: number}, ShippedAt: o.PlacedAt,
	}
	for i, n := range units {
		if n > 0 {
			s.Lines = append(s.Lines, channel.ShipmentLine{Line: o.Lines[i].ID, Handle: o.Lines[i].Handle, Quantity: n})
		}
	}
	return s
}

func (e *env) ship(s channel.Shipment) channel.ShipResult {
	e.Helper()
	res, err := e.ch.Ship(e.Context(), s)
	e.no("Ship", err)
	if len(res.Remote) == 0 || res.Remote[0].ID == "" {
		e.Fatalf("shipped, and the result names no record: %+v", res)
	}
	return res
}

// onRecord checks the parcels of an order on the marketplace.
func (e *env) onRecord(id channel.OrderID, want int, units int64) {
	e.Helper()
	parcels := e.w.Parcels(id)
	var sum int64
	for _, p := range parcels {
		for _, l := range p.Lines {
			sum += l.Quantity
		}
	}
	if len(parcels) != want || sum != units {
		e.Errorf("%d parcels of %d units are on record, want %d of %d", len(parcels), sum, want, units)
	}
}

func shipCases() []Case {
	return []Case{
		{
			Name: "ship records one parcel",
			Why:  "the buyer is told of the parcel by the marketplace's record of it",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 2))
				if res := e.ship(parcelOf(o, 1, parcelA, 2)); res.Found {
					e.Error("it was there before it was sent")
				}
				e.onRecord(o.ID, 1, 2)
				if p := e.w.Parcels(o.ID); len(p) == 1 && (len(p[0].Tracking) != 1 || !channel.SameTracking(p[0].Tracking[0].Number, parcelA)) {
					e.Errorf("tracking %+v", p[0].Tracking)
				}
				if l := e.read(o.ID).Lines[0]; l.Shipped != 2 {
					e.Errorf("line %+v", l)
				}
			},
		},
		{
			Name: "ship repeated is found",
			Why:  "a shipment is sent again after a crash: the parcel must not be there twice",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 4))
				s := parcelOf(o, 1, parcelA, 2)
				first := e.ship(s)
				s.Tracking.Number = "1z999aa1 0123-456784"
				again := e.ship(s)
				if !again.Found || again.Remote[0].ID != first.Remote[0].ID {
					e.Errorf("sent again: %+v, first %+v", again, first)
				}
				e.onRecord(o.ID, 1, 2)
			},
		},
		{
			Name: "part of a line",
			Why:  "a parcel takes what is in it, and the rest stays to be shipped",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 3))
				e.ship(parcelOf(o, 1, parcelA, 1))
				e.onRecord(o.ID, 1, 1)
				if l := e.read(o.ID).Lines[0]; l.Shipped != 1 || l.Open() != 2 {
					e.Errorf("line %+v", l)
				}
			},
		},
		{
			Name: "several parcels of a line",
			Why:  "two parcels with two numbers are two records, though their lines are alike",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 2))
				first := e.ship(parcelOf(o, 1, parcelA, 1))
				s := parcelOf(o, 2, parcelB, 1)
				s.Known = []channel.RemoteShipmentID{first.Remote[0].ID}
				if res := e.ship(s); res.Found {
					e.Error("the second parcel was taken for the first")
				}
				e.onRecord(o.ID, 2, 2)
			},
		},
		{
			Name: "several lines in a parcel",
			Why:  "a line left out of the record stays open, and the buyer is told too little",
			run: func(e *env) {
				id := e.buy(Purchase{Lines: []PurchaseLine{{e.mug(10), 2}, {e.listing("PEN", 5), 1}}})
				o := e.read(id)
				e.ship(parcelOf(o, 1, parcelA, 2, 1))
				e.onRecord(o.ID, 1, 3)
			},
		},
		{
			Name: "carrier nobody knows",
			Why:  "a seller uses whatever carrier there is: an unknown one is told by its name",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 1))
				s := parcelOf(o, 1, "ZC-0001", 1)
				s.Tracking.Carrier, s.Tracking.URL = "Zebra Couriers", "https://zebra.example/ZC-0001"
				e.ship(s)
				e.onRecord(o.ID, 1, 1)
			},
		},
		{
			Name: "parcels without number are told apart by what is known",
			Why:  "two parcels alike but for the caller's records are two: a look must not take one of ours for another",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 2))
				first := e.ship(parcelOf(o, 1, "", 1))
				s := parcelOf(o, 2, "", 1)
				s.Known = []channel.RemoteShipmentID{first.Remote[0].ID}
				e.ship(s)
				e.onRecord(o.ID, 2, 2)
			},
		},
		{
			Name: "tracking is corrected", Needs: []string{CapShipmentEditor},
			Why: "a mistyped number is corrected on the record there is: a second one would tell the buyer of a second parcel",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 1))
				res := e.ship(parcelOf(o, 1, parcelA, 1))
				editor, _ := channel.As[channel.ShipmentEditor](e.ch)
				e.no("AmendShipment", editor.AmendShipment(e.Context(), res.Remote[0], channel.Tracking{Carrier: "ups", Number: parcelB}))
				e.onRecord(o.ID, 1, 1)
				p := e.w.Parcels(o.ID)
				if !slices.ContainsFunc(p, func(r channel.RemoteShipment) bool {
					return len(r.Tracking) == 1 && channel.SameTracking(r.Tracking[0].Number, parcelB)
				}) {
					e.Errorf("on record %+v", p)
				}
			},
		},
		{
			Name: "ship what cannot be",
			Why:  "the class decides whether a shipment is tried again for ever or shown to the seller",
			run:  shipWhatCannotBe,
		},
		{
			Name: "ship a cancelled order",
			Why:  "a parcel for a cancelled order is a question for the seller, not a success and not something to try again",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 1))
				e.must(e.w.Cancel(o.ID))
				_, err := e.ch.Ship(e.Context(), parcelOf(o, 1, parcelA, 1))
				if !oneOf(err, channel.ErrConflict, channel.ErrInvalid) {
					e.Errorf("err = %v, want ErrConflict or ErrInvalid", err)
				}
				e.onRecord(o.ID, 0, 0)
			},
		},
		{
			Name: "handle that is wrong does no harm",
			Why:  "handles go stale: that is said so, or cured by the adapter, and never hits another line",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 2))
				s := parcelOf(o, 1, parcelA, 1)
				s.Lines[0].Handle = "not a handle"
				_, err := e.ch.Ship(e.Context(), s)
				switch {
				case err == nil:
					e.onRecord(o.ID, 1, 1)
				case errors.Is(err, channel.ErrStaleHandle):
					e.onRecord(o.ID, 0, 0)
				default:
					e.Errorf("err = %v, want success or ErrStaleHandle", err)
				}
			},
		},
	}
}

// oneOf reports whether err has one of the classes.
func oneOf(err error, classes ...error) bool { return slices.Contains(classes, channel.Class(err)) }

func shipWhatCannotBe(e *env) {
	o := e.read(e.place(e.mug(10), 2))
	tests := []struct {
		what    string
		change  func(s *channel.Shipment)
		classes []error
	}{
		{"an order that is not there", func(s *channel.Shipment) { s.Order = "999999999" }, []error{channel.ErrNotFound}},
		{"a line that is not there", func(s *channel.Shipment) { s.Lines[0].Line, s.Lines[0].Handle = "999999999", "" }, []error{channel.ErrInvalid, channel.ErrNotFound}},
		{"more than was ordered", func(s *channel.Shipment) { s.Lines[0].Quantity = 3 }, []error{channel.ErrConflict, channel.ErrInvalid}},
		{"none of a line", func(s *channel.Shipment) { s.Lines[0].Quantity = 0 }, []error{channel.ErrInvalid}},
		{"no lines", func(s *channel.Shipment) { s.Lines = nil }, []error{channel.ErrInvalid}},
	}
	for _, tt := range tests {
		s := parcelOf(o, 1, parcelA, 1)
		tt.change(&s)
		if _, err := e.ch.Ship(e.Context(), s); !oneOf(err, tt.classes...) {
			e.Errorf("%s: %v, want one of %v", tt.what, err, tt.classes)
		}
	}
	e.onRecord(o.ID, 0, 0)
}

func shipTroubleCases() []Case {
	return []Case{
		{
			Name: "ship with the answer lost",
			Why:  "the marketplace has the parcel though nobody heard: looking finds it, sending again would double it",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 4))
				s := parcelOf(o, 1, parcelA, 2)
				e.inject(TroubleAnswerLost)
				if _, err := e.ch.Ship(e.Context(), s); err != nil && !errors.Is(err, channel.ErrUnsure) {
					e.Errorf("err = %v, want success or ErrUnsure", err)
				}
				e.onRecord(o.ID, 1, 2)
				if res := e.ship(s); !res.Found {
					e.Error("sent again, it was not found")
				}
				e.onRecord(o.ID, 1, 2)
			},
		},
		{
			Name: "ship with the request lost",
			Why:  "a parcel that never reached the marketplace must not be taken for recorded",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 4))
				s := parcelOf(o, 1, parcelA, 2)
				e.inject(TroubleRequestLost)
				_, err := e.ch.Ship(e.Context(), s)
				if err == nil {
					e.onRecord(o.ID, 1, 2)
				} else if !oneOf(err, channel.ErrUnsure, channel.ErrUnavailable) {
					e.Errorf("err = %v, want ErrUnsure or ErrUnavailable", err)
				}
				e.ship(s)
				e.onRecord(o.ID, 1, 2)
			},
		},
		{
			Name: "parcel without number is sent once",
			Why:  "nothing tells two of them apart, so after a lost answer a second send would be a second parcel",
			run: func(e *env) {
				o := e.read(e.place(e.mug(10), 3))
				s := parcelOf(o, 1, "", 1)
				e.inject(TroubleAnswerLost)
				if _, err := e.ch.Ship(e.Context(), s); err != nil && !errors.Is(err, channel.ErrUnsure) {
					e.Errorf("err = %v, want success or ErrUnsure", err)
				}
				e.onRecord(o.ID, 1, 1)
				if res, err := e.ch.Ship(e.Context(), s); err == nil && !res.Found {
					e.Error("sent again, it was neither found nor refused")
				}
				e.onRecord(o.ID, 1, 1)
			},
		},
	}
}
