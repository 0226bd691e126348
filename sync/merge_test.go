package sync

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/penstock-go/penstock/channel"
)

var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// orderRead is one read of an order.
type orderRead struct {
	order channel.Order
	at    time.Time
}

func mergeAll(reads []orderRead) *orderDoc {
	d := newOrderDoc("1", day)
	for _, r := range reads {
		next := reload(d)
		next.merge(&r.order, r.at)
		d = next
	}
	return reload(d)
}

// reload is d as it is stored and loaded.
func reload(d *orderDoc) *orderDoc {
	next := &orderDoc{}
	if err := decode(encode(d), next); err != nil {
		panic(err)
	}
	return next
}

// genRead draws a read of some parts of an order, of a version and with
// content of its own.
func genRead(t *rapid.T, i int) orderRead {
	draw := func(name string, n int) int { return rapid.IntRange(0, n-1).Draw(t, fmt.Sprint(name, i)) }
	o := channel.Order{ID: "1", Currency: "EUR", UpdatedAt: day.Add(time.Duration(draw("version", 4)) * time.Minute)}
	for p := channel.PartHead; p <= channel.PartsAll; p <<= 1 {
		if draw("has", 3) > 0 {
			o.Parts |= p
		}
	}
	words := []string{"", "a", "b"}
	o.Number = "no " + words[draw("number", 3)]
	o.Note = channel.Personal(words[draw("note", 3)])
	for l := range 1 + draw("lines", 3) {
		o.Lines = append(o.Lines, channel.Line{
			ID: channel.LineID(words[l]), Ordered: int64(1 + draw("ordered", 3)), Shipped: int64(draw("shipped", 2)),
			GiftNote: channel.Personal(words[draw("gift", 3)]),
		})
	}
	missing := []channel.Missing{channel.MissingNothing, channel.MissingExpired, channel.MissingPending}
	o.Recipient.Missing = missing[draw("missing", 3)]
	o.Recipient.Name = channel.Personal(words[draw("name", 3)])
	o.Recipient.City = channel.Personal(words[draw("city", 3)])
	o.Recipient.Country = "DE"
	o.Buyer.Missing = missing[draw("missing buyer", 3)]
	o.Buyer.Email = channel.Personal(words[draw("email", 3)])
	for u := range draw("units", 3) {
		o.Units = append(o.Units, channel.Unit{
			ID: channel.UnitID(words[u]), UpdatedAt: day.Add(time.Duration(draw("unit version", 3)) * time.Second), Service: words[draw("service", 3)],
		})
	}
	if draw("shipment", 2) > 0 {
		o.Shipments = []channel.RemoteShipment{{ID: channel.RemoteShipmentID(words[draw("parcel", 3)])}}
	}
	if draw("refund", 2) > 0 {
		o.Refunds = []channel.Refund{{ID: channel.RefundID(words[draw("refund id", 3)])}}
	}
	if draw("cancel", 2) > 0 {
		o.Cancels = []channel.CancelRequest{{Reason: words[draw("reason", 3)]}}
	}
	o.Charges = []channel.Charge{{Title: words[draw("charge", 3)]}}
	return orderRead{o, day.Add(time.Duration(i) * time.Second)}
}

func genReads(t *rapid.T) []orderRead {
	reads := make([]orderRead, rapid.IntRange(1, 6).Draw(t, "reads"))
	for i := range reads {
		reads[i] = genRead(t, i)
	}
	return reads
}

// The same reads in any order, any of them any number of times, end in the
// same order.
func TestMergeIsIndifferentToOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reads := genReads(t)
		want := mergeAll(reads)
		again := slices.Clone(reads)
		for range rapid.IntRange(0, 4).Draw(t, "repeats") {
			again = append(again, reads[rapid.IntRange(0, len(reads)-1).Draw(t, "repeat")])
		}
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		if d := cmp.Diff(want, mergeAll(again)); d != "" {
			t.Fatalf("in another order (-first +second):\n%s", d)
		}
	})
}

// Each part is as its newest read told it, by version and then by time of
// reading, and a part no read included is untouched.
func TestMergeTakesTheNewestReadOfEachPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reads := genReads(t)
		got := mergeAll(reads)
		for p := channel.PartHead; p <= channel.PartsAll; p <<= 1 {
			if p == channel.PartUnits || p == channel.PartRecipient || p == channel.PartBuyer {
				continue // tests of their own
			}
			newest := -1
			for i, r := range reads {
				if r.order.Has(p) && (newest < 0 || !r.order.UpdatedAt.Before(reads[newest].order.UpdatedAt)) {
					newest = i
				}
			}
			var want channel.Order
			if newest >= 0 {
				want = partContent(&reads[newest].order, p)
			}
			have := partContent(&got.Order, p)
			if p == channel.PartHead {
				want.ID = got.Order.ID
			}
			if p == channel.PartShipments {
				have.Lines, want.Lines = nil, nil
			}
			if !bytes.Equal(encode(want), encode(have)) {
				t.Fatalf("part %b:\nwant %s\nhave %s", p, encode(want), encode(have))
			}
		}
	})
}

// What a read was not shown of a person, or of the buyer's words, never
// replaces what another told.
func TestMergeNeverBlanksPersonalData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reads := genReads(t)
		got := mergeAll(reads).Order
		told := slices.ContainsFunc(reads, func(r orderRead) bool { return r.order.Has(channel.PartHead) && r.order.Note != "" })
		if told && got.Note == "" {
			t.Fatal("the buyer's note is lost")
		}
		whole := slices.ContainsFunc(reads, func(r orderRead) bool {
			return r.order.Has(channel.PartBuyer) && r.order.Buyer.Missing == channel.MissingNothing && r.order.Buyer.Email != ""
		})
		if whole && got.Buyer.Email == "" {
			t.Fatal("the buyer's address is lost")
		}
	})
}

// An erasure is for good, wherever among the reads it comes.
func TestMergeErasesForGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reads := genReads(t)
		for i := range reads {
			reads[i].order.Recipient.Phone = "canary"
			reads[i].order.Buyer.Phone = "canary"
			reads[i].order.Note = "canary"
			reads[i].order.Attributes = []channel.Attribute{{Name: "engraving", Value: "canary"}}
			reads[i].order.Lines[0].GiftNote = "canary"
		}
		at := rapid.IntRange(0, len(reads)).Draw(t, "erased")
		d := newOrderDoc("1", day)
		for i, r := range reads {
			if i == at {
				d.erase()
			}
			d.merge(&r.order, r.at)
		}
		if at == len(reads) {
			d.erase()
		}
		if doc := string(encode(d)); strings.Contains(doc, "canary") || !d.Erased {
			t.Fatalf("left after the erasure: %s", doc)
		}
	})
}

// Every field of an order belongs to a part: a new one must not be lost in the
// merge.
func TestMergeKnowsEveryField(t *testing.T) {
	typ := reflect.TypeFor[channel.Order]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		switch f.Name {
		case "ID", "Parts", "UpdatedAt", "Raw", "Note", "CreatedAt":
			continue // no part's: identity, version, payload, and what is merged apart
		}
		var o channel.Order
		v := reflect.ValueOf(&o).Elem().Field(i)
		fillValue(v)
		parts := 0
		for p := channel.PartHead; p <= channel.PartsAll; p <<= 1 {
			c := partContent(&o, p)
			if !reflect.ValueOf(c).Field(i).IsZero() {
				parts++
			}
		}
		// Lines carry the shipments' counts too.
		if parts != 1 && (f.Name != "Lines" || parts != 2) {
			t.Errorf("Order.%s is in %d parts", f.Name, parts)
		}
		d := newOrderDoc("1", day)
		o.ID, o.Parts, o.UpdatedAt = "1", channel.PartsAll, day
		d.merge(&o, day)
		if reflect.ValueOf(d.Order).Field(i).IsZero() {
			t.Errorf("Order.%s is lost in the merge", f.Name)
		}
	}
}

// fillValue sets v to something that is not zero.
func fillValue(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the kinds that orders are made of
	case reflect.String:
		v.SetString("EUR")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64, reflect.Int:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Struct:
		switch x := v.Addr().Interface().(type) {
		case *time.Time:
			*x = day
		case *channel.Money:
			*x = channel.Zero("EUR")
		default:
			for _, f := range v.Fields() {
				if f.CanSet() && f.Kind() != reflect.Pointer {
					fillValue(f)
				}
			}
		}
	}
}

func TestMerge(t *testing.T) {
	all := channel.Order{ID: "1", Parts: channel.PartsAll, UpdatedAt: day, Number: "A1", Lines: []channel.Line{{ID: "l", Ordered: 2}}}
	all.Recipient = channel.Recipient{Address: channel.Address{Name: "Ada", City: "Kiel", Country: "DE"}}
	with := func(change func(*channel.Order)) channel.Order {
		o := all
		o.Lines = slices.Clone(all.Lines)
		change(&o)
		return o
	}
	later := day.Add(time.Hour)
	for _, test := range []struct {
		name   string
		reads  []orderRead
		number string
		person string
		shown  string
		unsure bool
		took   channel.Parts // by the last read
	}{
		{
			name:   "an older version is dropped, however late it is read",
			reads:  []orderRead{{with(func(o *channel.Order) { o.UpdatedAt, o.Number = later, "A2" }), day}, {all, later}},
			number: "A2", person: "Ada",
		},
		{
			name:   "the same content is no change",
			reads:  []orderRead{{all, day}, {all, later}},
			number: "A1", person: "Ada",
		},
		{
			name:   "the same content of a newer version is no change",
			reads:  []orderRead{{all, day}, {with(func(o *channel.Order) { o.UpdatedAt = later }), later}},
			number: "A1", person: "Ada",
		},
		{
			name:   "of one version with two contents the later read stands, and is doubted",
			reads:  []orderRead{{all, day}, {with(func(o *channel.Order) { o.Number = "A2" }), later}},
			number: "A2", person: "Ada", unsure: true, took: channel.PartHead,
		},
		{
			name:   "the earlier read of that version does not undo it",
			reads:  []orderRead{{with(func(o *channel.Order) { o.Number = "A2" }), later}, {all, day}},
			number: "A2", person: "Ada", unsure: true,
		},
		{
			name:   "a part that was not read stays",
			reads:  []orderRead{{all, day}, {channel.Order{ID: "1", Parts: channel.PartTotals, UpdatedAt: later}, later}},
			number: "A1", person: "Ada",
		},
		{
			name: "an address no longer shown stays",
			reads: []orderRead{{all, day}, {with(func(o *channel.Order) {
				o.UpdatedAt, o.Recipient = later, channel.Recipient{Missing: channel.MissingExpired, Address: channel.Address{City: "Kiel"}}
			}), later}},
			number: "A1", person: "Ada",
		},
		{
			name: "a blank one stays out, whatever it says is missing",
			reads: []orderRead{{all, day}, {with(func(o *channel.Order) {
				o.UpdatedAt, o.Recipient = later, channel.Recipient{}
			}), later}},
			number: "A1", person: "Ada",
		},
		{
			name: "another address replaces it, though only part of it is shown",
			reads: []orderRead{{all, day}, {with(func(o *channel.Order) {
				o.UpdatedAt, o.Recipient = later, channel.Recipient{Missing: channel.MissingNotGranted, Address: channel.Address{City: "Lübeck"}}
			}), later}},
			number: "A1", took: channel.PartRecipient,
		},
		{
			name: "what comes late fills what was not shown",
			reads: []orderRead{{with(func(o *channel.Order) {
				o.UpdatedAt, o.Recipient = later, channel.Recipient{Missing: channel.MissingExpired}
			}), later}, {all, day}},
			number: "A1", person: "Ada", took: channel.PartRecipient,
		},
		{
			name: "an erased one is forgotten",
			reads: []orderRead{{all, day}, {with(func(o *channel.Order) {
				o.UpdatedAt, o.Recipient = later, channel.Recipient{Missing: channel.MissingErased}
			}), later}},
			number: "A1", took: channel.PartRecipient | channel.PartBuyer,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newOrderDoc("1", day)
			var m merged
			for _, r := range test.reads {
				m = d.merge(&r.order, r.at)
			}
			if d.Order.Number != test.number || string(d.Order.Recipient.Name) != test.person {
				t.Errorf("number %q, recipient %q; want %q, %q", d.Order.Number, string(d.Order.Recipient.Name), test.number, test.person)
			}
			if m.Unsure != test.unsure || m.Took != test.took {
				t.Errorf("unsure %v, took %b; want %v, %b", m.Unsure, m.Took, test.unsure, test.took)
			}
		})
	}
}

func TestMergeCountsShipped(t *testing.T) {
	d := newOrderDoc("1", day)
	d.merge(&channel.Order{ID: "1", Parts: channel.PartLines, UpdatedAt: day, Lines: []channel.Line{{ID: "l", Ordered: 3, Shipped: 9}}}, day)
	if n := d.Order.Lines[0].Shipped; n != 0 {
		t.Errorf("a read without shipments told %d shipped", n)
	}
	d.merge(&channel.Order{ID: "1", Parts: channel.PartShipments, UpdatedAt: day.Add(time.Minute), Shipments: []channel.RemoteShipment{
		{ID: "a", Lines: []channel.ShipmentLine{{Line: "l", Quantity: 1}}},
		{ID: "b", Cancelled: true, Lines: []channel.ShipmentLine{{Line: "l", Quantity: 2}}},
	}}, day)
	if n := d.Order.Lines[0].Shipped; n != 1 {
		t.Errorf("parcels tell 1 shipped, the line says %d", n)
	}
	d.merge(&channel.Order{ID: "1", Parts: channel.PartLines, UpdatedAt: day.Add(2 * time.Minute), Lines: []channel.Line{{ID: "l", Ordered: 4}}}, day)
	if l := d.Order.Lines[0]; l.Shipped != 1 || l.Ordered != 4 {
		t.Errorf("after an edit: %d of %d shipped, want 1 of 4", l.Shipped, l.Ordered)
	}
}
