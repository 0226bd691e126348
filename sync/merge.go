package sync

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// orderDoc is a stored order: what every read of it told, merged, and the
// version of each part. Merging the same reads in any order, any number of
// times, gives the same document, but for two reads of one version that began
// at the same moment: of those the later to come stands.
type orderDoc struct {
	Order      channel.Order `json:"order"`
	ImportedAt time.Time     `json:"imported_at"` // first, our clock

	// Versions are those of the parts that were read. Units have their own.
	Versions versions                     `json:"versions,omitempty"`
	Units    map[channel.UnitID]version   `json:"units,omitempty"`
	Shipped  map[channel.LineID]int64     `json:"shipped,omitempty"` // the marketplace's counts
	Notes    map[channel.LineID]note      `json:"notes,omitempty"`   // the buyer's words, "" for the order's
	To       *personal[channel.Recipient] `json:"to,omitempty"`
	By       *personal[channel.Buyer]     `json:"by,omitempty"`
	Erased   bool                         `json:"erased,omitempty"`
}

// version orders reads of a part: by the marketplace's time of change, then by
// when the read began. What it is the version of is the document's content.
type version struct {
	UpdatedAt time.Time `json:"updated_at"`
	ReadAt    time.Time `json:"read_at"`
}

// partsVersion is the version of some parts.
type partsVersion struct {
	Parts channel.Parts `json:"parts"`
	At    version       `json:",inline"`
}

// versions are those of the parts of an order, each part in one entry at most.
// Most reads bring all parts, so most orders have one entry.
type versions []partsVersion

// of returns the version of a part.
func (vs versions) of(p channel.Parts) (version, bool) {
	for i := range vs {
		if vs[i].Parts&p != 0 {
			return vs[i].At, true
		}
	}
	return version{}, false
}

// set sets the version of a part. Entries stay in the order of their first
// parts, so that the same versions are the same bytes.
func (vs *versions) set(p channel.Parts, at version) {
	shared := false
	for i := range *vs {
		v := &(*vs)[i]
		v.Parts &^= p
		if v.At.compare(at) == 0 {
			v.Parts |= p
			shared = true
		}
	}
	if !shared {
		*vs = append(*vs, partsVersion{p, at})
	}
	*vs = slices.DeleteFunc(*vs, func(v partsVersion) bool { return v.Parts == 0 })
	slices.SortFunc(*vs, func(a, b partsVersion) int { return cmp.Compare(a.Parts&-a.Parts, b.Parts&-b.Parts) })
}

// compare returns -1, 0 or 1 as v is older than, as old as, or newer than w.
func (v version) compare(w version) int {
	if c := v.UpdatedAt.Compare(w.UpdatedAt); c != 0 {
		return c
	}
	return v.ReadAt.Compare(w.ReadAt)
}

// note is a text of the buyer's. A blank never replaces one, so that a read
// that was not shown it does not lose it.
type note struct {
	Text channel.Personal `json:"text"`
	At   version          `json:"at"`
}

// personal is kept while the newest read of a person tells less than an older
// one did: marketplaces stop showing people after a while.
type personal[T any] struct {
	Narrow *T      `json:"narrow,omitzero"` // what the newest read told
	Wide   *T      `json:"wide,omitzero"`   // the newest that told all
	WideAt version `json:"wide_at,omitzero"`
}

// merged is what a merge came to.
type merged struct {
	Took   channel.Parts // parts whose content changed
	Unsure bool          // two reads of one version differed: a third is to decide
}

// newOrderDoc returns the document of an order nothing is known of.
func newOrderDoc(id channel.OrderID, importedAt time.Time) *orderDoc {
	return &orderDoc{
		Order: channel.Order{ID: id}, ImportedAt: importedAt.UTC().Round(0),
	}
}

// merge takes a read of the order that began at readAt, the server's time,
// into d. For each part the read included: an older one is dropped, an equal
// one with other content is decided by the later read, and parts the read did
// not include stay. What the marketplace no longer shows of a person stays
// too, unless the person was erased: that is for good.
func (d *orderDoc) merge(in *channel.Order, readAt time.Time) merged {
	var m merged
	o := &d.Order
	at := version{UpdatedAt: in.UpdatedAt.UTC(), ReadAt: readAt.UTC().Round(0)}
	if in.Recipient.Missing == channel.MissingErased || in.Buyer.Missing == channel.MissingErased {
		if !d.Erased {
			m.Took |= channel.PartRecipient | channel.PartBuyer
		}
		d.erase()
	}
	if d.Erased {
		c := scrubbed(*in)
		in = &c
	}
	o.Parts |= in.Parts
	o.UpdatedAt = later(o.UpdatedAt, at.UpdatedAt)
	if in.Has(channel.PartHead) {
		d.takeNote("", in.Note, at, &m)
	}
	if in.Has(channel.PartLines) {
		for _, l := range in.Lines {
			d.takeNote(l.ID, l.GiftNote, at, &m)
		}
	}
	for p := channel.PartHead; p <= channel.PartsAll; p <<= 1 {
		if !in.Has(p) {
			continue
		}
		switch p {
		case channel.PartUnits:
			d.takeUnits(in.Units, at, &m)
		case channel.PartRecipient:
			o.Recipient, d.To = takePerson(d, p, o.Recipient, in.Recipient, d.To, at, &m, narrowRecipient, withinRecipient)
		case channel.PartBuyer:
			o.Buyer, d.By = takePerson(d, p, o.Buyer, in.Buyer, d.By, at, &m, narrowBuyer, withinBuyer)
		default:
			if d.newer(p, at, &m, func() bool { return d.tells(in, p) }) {
				d.take(in, p)
			}
		}
	}
	d.fill()
	return m
}

// newer records the version of a part and reports whether its content is to be
// taken. same tells whether it is what the document has.
func (d *orderDoc) newer(p channel.Parts, at version, m *merged, same func() bool) bool {
	had, known := d.Versions.of(p)
	take, unsure := true, false
	switch c := at.compare(had); {
	case !known:
	case same():
		take = false
		if c > 0 {
			d.Versions.set(p, at)
		}
	default:
		// Of one version with two contents the later read is believed, the
		// later to come where they were read together.
		unsure = at.UpdatedAt.Equal(had.UpdatedAt)
		take = c >= 0
	}
	m.Unsure = m.Unsure || unsure
	if take {
		d.Versions.set(p, at)
		m.Took |= p
	}
	return take
}

// take copies a part's fields.
func (d *orderDoc) take(in *channel.Order, p channel.Parts) {
	o := &d.Order
	switch p {
	case channel.PartHead:
		keep := *o
		*o = *in
		o.Parts, o.UpdatedAt, o.Raw, o.Note = keep.Parts, keep.UpdatedAt, nil, keep.Note
		o.Recipient, o.Buyer = keep.Recipient, keep.Buyer
		o.Lines, o.Units, o.Shipments = keep.Lines, keep.Units, keep.Shipments
		o.Refunds, o.Cancels = keep.Refunds, keep.Cancels
		o.Charges, o.Taxes, o.Discounts, o.Totals = keep.Charges, keep.Taxes, keep.Discounts, keep.Totals
	case channel.PartLines:
		o.Lines = slices.Clone(in.Lines)
	case channel.PartTotals:
		o.Charges, o.Taxes, o.Discounts, o.Totals = in.Charges, in.Taxes, in.Discounts, in.Totals
	case channel.PartShipments:
		o.Shipments = in.Shipments
		d.Shipped = shippedCounts(in)
	case channel.PartRefunds:
		o.Refunds = in.Refunds
	case channel.PartCancels:
		o.Cancels = in.Cancels
	case channel.PartRecipient, channel.PartBuyer, channel.PartUnits, channel.PartsAll: // merged apart, or no part
	}
}

// fill sets in the lines what other parts tell of them.
func (d *orderDoc) fill() {
	for i := range d.Order.Lines {
		l := &d.Order.Lines[i]
		l.Shipped = d.Shipped[l.ID]
		l.GiftNote = d.Notes[l.ID].Text
	}
	d.Order.Note = d.Notes[""].Text
}

// shippedCounts returns what a read of the shipments tells of each line: the
// marketplace's own count, or the sum of its parcels where it gives none.
func shippedCounts(in *channel.Order) map[channel.LineID]int64 {
	var sums map[channel.LineID]int64
	add := func(id channel.LineID, n int64) {
		if sums == nil {
			sums = map[channel.LineID]int64{}
		}
		sums[id] = n
	}
	for _, s := range in.Shipments {
		if !s.Cancelled {
			for _, l := range s.Lines {
				add(l.Line, sums[l.Line]+l.Quantity)
			}
		}
	}
	for _, l := range in.Lines {
		if l.Shipped != 0 {
			add(l.ID, l.Shipped)
		} else {
			delete(sums, l.ID)
		}
	}
	maps.DeleteFunc(sums, func(_ channel.LineID, n int64) bool { return n == 0 })
	return sums
}

func (d *orderDoc) takeNote(id channel.LineID, text channel.Personal, at version, m *merged) {
	if text == "" || d.Erased {
		return
	}
	had, known := d.Notes[id]
	if known && at.compare(had.At) < 0 {
		return
	}
	if d.Notes == nil {
		d.Notes = map[channel.LineID]note{}
	}
	d.Notes[id] = note{text, at}
	if had.Text != text {
		m.Took |= channel.PartHead
	}
}

// takeUnits merges unit by unit: a read may bring some of an order's units
// only, and each carries the time it changed.
func (d *orderDoc) takeUnits(units []channel.Unit, at version, m *merged) {
	o := &d.Order
	for _, u := range units {
		at := version{UpdatedAt: cmp.Or(u.UpdatedAt.UTC(), at.UpdatedAt), ReadAt: at.ReadAt}
		u.UpdatedAt = at.UpdatedAt
		i, found := slices.BinarySearchFunc(o.Units, u.ID, func(u channel.Unit, id channel.UnitID) int {
			return cmp.Compare(u.ID, id)
		})
		had, known := d.Units[u.ID]
		c := at.compare(had)
		switch {
		case known && found && sameUnit(o.Units[i], u):
			if c > 0 {
				d.Units[u.ID], o.Units[i].UpdatedAt = at, u.UpdatedAt
			}
			continue
		case known:
			m.Unsure = m.Unsure || at.UpdatedAt.Equal(had.UpdatedAt)
			if c < 0 {
				continue
			}
		}
		if d.Units == nil {
			d.Units = map[channel.UnitID]version{}
		}
		d.Units[u.ID] = at
		m.Took |= channel.PartUnits
		if found {
			o.Units[i] = u
		} else {
			o.Units = slices.Insert(o.Units, i, u)
		}
	}
}

// takePerson merges what a read told of a person and returns what is now
// known, and what has to be remembered beside it while the newest read tells
// less than an older one.
func takePerson[T any](d *orderDoc, p channel.Parts, known, in T, mem *personal[T], at version, m *merged,
	narrow func(*T) bool, within func(narrow, wide *T) bool,
) (T, *personal[T]) {
	wasAt, had := d.Versions.of(p)
	if !had && mem == nil {
		d.Versions.set(p, at)
		m.Took |= p
		return in, nil
	}
	if mem == nil {
		mem = &personal[T]{}
		if had {
			if narrow(&known) {
				mem.Narrow = &known
			} else {
				mem.Wide, mem.WideAt = &known, wasAt
			}
		}
	}
	newest := cmp.Or(mem.Narrow, mem.Wide)
	if !narrow(&in) && (mem.Wide == nil || at.compare(mem.WideAt) >= 0) {
		mem.Wide, mem.WideAt = &in, at
	}
	took := m.Took
	if d.newer(p, at, m, func() bool { return same(newest, &in) }) {
		mem.Narrow = &in
		if !narrow(&in) {
			mem.Narrow = nil
		}
	}
	m.Took = took
	now := *cmp.Or(mem.Narrow, mem.Wide)
	if mem.Narrow != nil && mem.Wide != nil && within(mem.Narrow, mem.Wide) {
		now = *mem.Wide
	}
	if !had || !same(&now, &known) {
		m.Took |= p
	}
	if mem.Narrow == nil || mem.Wide == nil {
		mem = nil // the version and what is known say it all
	}
	return now, mem
}

// erase forgets the people of an order, for good.
func (d *orderDoc) erase() {
	d.Erased = true
	d.Notes, d.To, d.By = nil, nil, nil
	d.Order = scrubbed(d.Order)
	d.Order.Recipient.Missing, d.Order.Buyer.Missing = channel.MissingErased, channel.MissingErased
	d.fill()
}

// scrubbed returns o without anything about a person but the country.
func scrubbed(o channel.Order) channel.Order {
	o.Note, o.Raw = "", nil
	o.Recipient = channel.Recipient{
		Address: channel.Address{Country: o.Recipient.Country, CountryName: o.Recipient.CountryName},
		Missing: channel.MissingErased,
	}
	o.Buyer = channel.Buyer{Missing: channel.MissingErased}
	o.Attributes = scrubAttributes(o.Attributes)
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].GiftNote = ""
		o.Lines[i].Attributes = scrubAttributes(o.Lines[i].Attributes)
	}
	return o
}

func scrubAttributes(as []channel.Attribute) []channel.Attribute {
	as = slices.Clone(as)
	for i := range as {
		as[i].Value = ""
	}
	return as
}

// tells reports whether d has what a read tells of a part, versions aside. Note
// and gift notes are merged apart.
func (d *orderDoc) tells(b *channel.Order, p channel.Parts) bool {
	a := &d.Order
	switch p {
	case channel.PartHead:
		x, y := headOf(*a), headOf(*b)
		return same(&x, &y)
	case channel.PartLines:
		return slices.EqualFunc(a.Lines, b.Lines, func(x, y channel.Line) bool {
			x.Shipped, x.GiftNote, y.Shipped, y.GiftNote = 0, "", 0, ""
			return same(&x, &y)
		})
	case channel.PartTotals:
		return same(&a.Totals, &b.Totals) && same(a.Charges, b.Charges) && same(a.Taxes, b.Taxes) && same(a.Discounts, b.Discounts)
	case channel.PartShipments:
		return maps.Equal(d.Shipped, shippedCounts(b)) && same(a.Shipments, b.Shipments)
	case channel.PartRefunds:
		return same(a.Refunds, b.Refunds)
	case channel.PartCancels:
		return same(a.Cancels, b.Cancels)
	case channel.PartRecipient, channel.PartBuyer, channel.PartUnits, channel.PartsAll: // merged apart, or no part
	}
	return false
}

// headOf returns o with what belongs to its head alone.
func headOf(o channel.Order) channel.Order {
	o.Parts, o.UpdatedAt, o.Raw, o.Note = 0, time.Time{}, nil, ""
	o.Recipient, o.Buyer = channel.Recipient{}, channel.Buyer{}
	o.Lines, o.Units, o.Shipments, o.Refunds, o.Cancels = nil, nil, nil, nil, nil
	o.Charges, o.Taxes, o.Discounts, o.Totals = nil, nil, nil, channel.Totals{}
	return o
}

// sameUnit reports whether two reads tell the same of a unit, its version
// aside.
func sameUnit(a, b channel.Unit) bool {
	a.UpdatedAt, b.UpdatedAt = time.Time{}, time.Time{}
	return same(&a, &b)
}

// same reports whether two values have one encoding: as they are stored, so
// that what came back from the store equals what went there.
func same[T any](a, b T) (is bool) {
	encoded(a, func(x []byte) {
		encoded(b, func(y []byte) { is = bytes.Equal(x, y) })
	})
	return is
}
