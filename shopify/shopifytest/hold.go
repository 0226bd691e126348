package shopifytest

import "slices"

// fulfillable is how many units of the line could be shipped now.
func (l *line) fulfillable() int {
	n := 0
	for _, fo := range l.order.fos {
		if fo.status != "OPEN" && fo.status != "IN_PROGRESS" {
			continue
		}
		for _, fl := range fo.lines {
			if fl.line == l {
				n += fl.remaining
			}
		}
	}
	return n
}

// hold places a hold on a fulfilment order.
func (f *Fake) hold(fo *fulfilmentOrder, reason, notes, handle, external string, ours bool) *hold {
	h := register(f, &hold{id: f.ids.next(), reason: reason, notes: notes, handle: handle, outs: external, ours: ours})
	fo.holds = append(fo.holds, h)
	fo.status = "ON_HOLD"
	f.foChanged(fo)
	f.emit("fulfillment_orders/placed_on_hold", fo)
	f.moved(fo.order)
	return h
}

// release lifts the holds with the given ids or the given external id, all when
// nothing is given.
func (f *Fake) release(fo *fulfilmentOrder, ids []string, external string) {
	fo.holds = slices.DeleteFunc(fo.holds, func(h *hold) bool {
		return len(ids) == 0 && external == "" || slices.Contains(ids, h.gid()) || external != "" && h.outs == external
	})
	if len(fo.holds) == 0 && fo.status == "ON_HOLD" {
		fo.status = "OPEN"
		if slices.ContainsFunc(fo.lines, func(l *foLine) bool { return l.remaining < l.total }) {
			fo.status = "IN_PROGRESS"
		}
	}
	f.foChanged(fo)
	f.emit("fulfillment_orders/hold_released", fo)
	f.moved(fo.order)
}

// split moves units into a new fulfilment order at the same place.
func (f *Fake) split(fo *fulfilmentOrder, units map[*foLine]int) *fulfilmentOrder {
	rest := f.newFO(fo.order, fo.loc)
	rest.fulfilAt, rest.fulfilBy, rest.status = fo.fulfilAt, fo.fulfilBy, fo.status
	if rest.status == "ON_HOLD" {
		rest.status = "OPEN"
	}
	for _, fl := range slices.Clone(fo.lines) {
		if n := units[fl]; n > 0 {
			fl.remaining -= n
			fl.total -= n
			rest.add(f, fl.line, n)
		}
	}
	fo.dropEmpty()
	f.foChanged(fo)
	f.moved(fo.order)
	return rest
}

func (fo *fulfilmentOrder) dropEmpty() {
	fo.lines = slices.DeleteFunc(fo.lines, func(l *foLine) bool { return l.total == 0 })
}

// move gives unfulfilled units to another location, in a new fulfilment order.
// With all of them gone the old one is closed.
func (f *Fake) move(fo *fulfilmentOrder, to *location, units map[*foLine]int) *fulfilmentOrder {
	dest := f.newFO(fo.order, to)
	dest.fulfilAt, dest.fulfilBy = fo.fulfilAt, fo.fulfilBy
	for _, fl := range fo.lines {
		n := units[fl]
		if n == 0 {
			continue
		}
		fl.remaining -= n
		fl.total -= n
		dest.add(f, fl.line, n)
		f.uncommit(fl.line, fo.loc, n, true, nil)
		f.commitUnits(fl.line, to, n)
	}
	if fo.remaining() == 0 {
		f.closeFO(fo)
	} else {
		fo.dropEmpty()
		f.foChanged(fo)
	}
	f.emit("fulfillment_orders/moved", dest)
	f.moved(fo.order)
	return dest
}
