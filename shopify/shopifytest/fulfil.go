package shopifytest

import (
	"fmt"
	"slices"
	"time"
)

// fulfilmentOrder is units of one order that one location is to fulfil.
//
//	SCHEDULED ──time or open──▶ OPEN ──partly shipped──▶ IN_PROGRESS ──▶ CLOSED
//	                             │ ▲                         │
//	                        hold ▼ │ last hold released      ▼
//	                            ON_HOLD                  INCOMPLETE
//
// Moving and splitting make new ones with new ids.
type fulfilmentOrder struct {
	id                   int64
	order                *order
	loc                  *location
	status               string
	request              string
	reported             bool // progress reported without shipping
	lines                []*foLine
	holds                []*hold
	fulfilAt, fulfilBy   time.Time
	createdAt, updatedAt time.Time
	indexed              int64
	method               int64 // id of the delivery method
}

func (fo *fulfilmentOrder) gid() string { return gid("FulfillmentOrder", fo.id) }

type foLine struct {
	id               int64
	fo               *fulfilmentOrder
	line             *line
	total, remaining int
}

func (l *foLine) gid() string { return gid("FulfillmentOrderLineItem", l.id) }

type hold struct {
	id                          int64
	reason, notes, handle, outs string
	ours                        bool // placed by the app that asks
}

func (h *hold) gid() string { return gid("FulfillmentHold", h.id) }

// fulfilment is a parcel, or several with the same lines.
type fulfilment struct {
	id                   int64
	order                *order
	name                 string
	status, display      string
	loc                  *location
	lines                []*fulfilmentLine
	company              string
	numbers, urls        []string
	createdAt, updatedAt time.Time
	fos                  []*fulfilmentOrder
	outside              bool // not made through the API
	notified             bool
}

func (fu *fulfilment) gid() string { return gid("Fulfillment", fu.id) }

func (fu *fulfilment) units() int {
	n := 0
	for _, l := range fu.lines {
		n += l.quantity
	}
	return n
}

type fulfilmentLine struct {
	id       int64
	line     *line
	foLine   *foLine
	quantity int
}

func (l *fulfilmentLine) gid() string { return gid("FulfillmentLineItem", l.id) }

func (fo *fulfilmentOrder) open() bool {
	switch fo.status {
	case "OPEN", "IN_PROGRESS", "SCHEDULED", "ON_HOLD":
		return true
	}
	return false
}

func (fo *fulfilmentOrder) remaining() int {
	n := 0
	for _, l := range fo.lines {
		n += l.remaining
	}
	return n
}

// actions are what may be done in the present state.
func (fo *fulfilmentOrder) actions() []string {
	several := fo.remaining() > 1
	third := fo.loc.service != nil
	switch fo.status {
	case "OPEN":
		if third {
			switch fo.request {
			case "UNSUBMITTED", "REJECTED", "CANCELLATION_ACCEPTED":
				return []string{"REQUEST_FULFILLMENT", "CREATE_FULFILLMENT", "MOVE", "HOLD"}
			case "SUBMITTED":
				return []string{"REQUEST_CANCELLATION", "CANCEL_FULFILLMENT_ORDER"}
			}
			return []string{"REQUEST_CANCELLATION"}
		}
		a := []string{"CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD"}
		if several {
			a = append(a, "SPLIT")
		}
		return a
	case "IN_PROGRESS":
		if third {
			return []string{"CREATE_FULFILLMENT", "REQUEST_CANCELLATION"}
		}
		if fo.reported {
			return []string{"CREATE_FULFILLMENT", "REPORT_PROGRESS", "MARK_AS_OPEN", "HOLD"}
		}
		return []string{"CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD"}
	case "ON_HOLD":
		return []string{"RELEASE_HOLD", "HOLD", "MOVE"}
	case "SCHEDULED":
		return []string{"MARK_AS_OPEN", "MOVE"}
	}
	return nil
}

// openFulfilment makes the fulfilment orders of new units, one a location.
func (f *Fake) openFulfilment(o *order, legs []leg, at time.Time) {
	byPlace := map[*location]*fulfilmentOrder{}
	for _, g := range legs {
		fo := byPlace[g.loc]
		if fo == nil {
			fo = f.newFO(o, g.loc)
			fo.fulfilAt = fulfilAtOr(at, o.createdAt)
			if at.After(f.at) {
				fo.status = "SCHEDULED"
				f.later(at, func() {
					if fo.status == "SCHEDULED" {
						fo.status = "OPEN"
						f.foChanged(fo)
						f.emit("fulfillment_orders/scheduled_fulfillment_order_ready", fo)
					}
				})
			}
			byPlace[g.loc] = fo
			f.emit("fulfillment_orders/order_routing_complete", fo)
		}
		fo.add(f, g.line, g.n)
	}
}

func (f *Fake) newFO(o *order, loc *location) *fulfilmentOrder {
	fo := register(f, &fulfilmentOrder{
		id: f.ids.next(), order: o, loc: loc, status: "OPEN", request: "UNSUBMITTED", createdAt: f.now(), method: f.ids.next(),
		fulfilAt: f.now().Truncate(time.Hour),
	})
	if o.createdAt.Before(fo.createdAt) && len(o.fos) == 0 && len(o.fulfilments) == 0 {
		fo.createdAt = o.createdAt
	}
	fo.updatedAt = fo.createdAt
	o.fos = append(o.fos, fo)
	f.foByID.put(fo, false)
	f.pendFO(fo)
	return fo
}

func (fo *fulfilmentOrder) add(f *Fake, l *line, n int) {
	for _, fl := range fo.lines {
		if fl.line == l {
			fl.total += n
			fl.remaining += n
			return
		}
	}
	fo.lines = append(fo.lines, register(f, &foLine{id: f.ids.next(), fo: fo, line: l, total: n, remaining: n}))
}

func (f *Fake) pendFO(fo *fulfilmentOrder) {
	f.pend(pendingIndex{due: f.at.Add(f.cfg.IndexLag), at: fo.updatedAt.Unix(), fo: fo})
}

func (f *Fake) foChanged(fo *fulfilmentOrder) {
	fo.updatedAt = f.now()
	f.pendFO(fo)
}

// moved marks the order as changed by a hold, move or split, if such things
// change it here.
func (f *Fake) moved(o *order) {
	if f.cfg.HoldBumpsOrder {
		f.touch(o)
	}
}

func (f *Fake) closeFO(fo *fulfilmentOrder) {
	fo.status, fo.holds = "CLOSED", nil
	f.foChanged(fo)
}

// parcel is units of fulfilment order lines that go together.
type parcel struct {
	units   map[*foLine]int
	order   []*foLine // the lines, in order
	company string
	numbers []string
	urls    []string
	notify  bool
	outside bool
}

// ship makes a fulfilment. The caller has checked that the units are there.
func (f *Fake) ship(o *order, loc *location, p parcel) *fulfilment {
	fu := register(f, &fulfilment{
		id: f.ids.next(), order: o, name: fmt.Sprintf("%s-F%d", o.name, len(o.fulfilments)+1), status: "SUCCESS", display: "FULFILLED",
		loc: loc, company: p.company, numbers: p.numbers, urls: p.urls, createdAt: f.now(), updatedAt: f.now(),
		outside: p.outside, notified: p.notify,
	})
	for _, fl := range p.order {
		n := p.units[fl]
		if n == 0 {
			continue
		}
		fl.remaining -= n
		fl.line.fulfilled += n
		fu.lines = append(fu.lines, register(f, &fulfilmentLine{id: f.ids.next(), line: fl.line, foLine: fl, quantity: n}))
		if !slices.Contains(fu.fos, fl.fo) {
			fu.fos = append(fu.fos, fl.fo)
		}
		f.uncommit(fl.line, loc, n, false, nil)
	}
	for _, fo := range fu.fos {
		if fo.remaining() == 0 {
			f.closeFO(fo)
		} else {
			fo.status = "IN_PROGRESS"
			f.foChanged(fo)
		}
	}
	o.fulfilments = append(o.fulfilments, fu)
	f.archive(o)
	f.emit("fulfillments/create", fu)
	if o.displayStatus() == "FULFILLED" {
		f.emit("orders/fulfilled", o)
	} else {
		f.emit("orders/partially_fulfilled", o)
	}
	f.touch(o)
	return fu
}

// unfulfil cancels a fulfilment: its units are to be fulfilled again. Those of
// a fulfilment order that was closed go to a new one.
func (f *Fake) unfulfil(fu *fulfilment) {
	if fu.status == "CANCELLED" {
		return
	}
	fu.status, fu.display, fu.updatedAt = "CANCELLED", "CANCELED", f.now()
	o := fu.order
	var fresh *fulfilmentOrder
	for _, l := range fu.lines {
		n := min(l.quantity, l.line.fulfilledHere()) // not what came back since
		if n == 0 {
			continue
		}
		l.line.fulfilled -= n
		if l.line.variant != nil && l.line.variant.item.tracked && !l.line.variant.deleted {
			f.shift(f.levelAt(l.line.variant.item, fu.loc), committed, n)
		}
		if fo := l.foLine.fo; fo.open() {
			l.foLine.remaining += n
			f.foChanged(fo)
			continue
		}
		if fresh == nil {
			fresh = f.newFO(o, fu.loc)
		}
		fresh.add(f, l.line, n)
	}
	o.closedAt = time.Time{}
	f.emit("fulfillments/update", fu)
	f.touch(o)
}

// displayStatus of the order's fulfilment, as the admin shows it.
func (o *order) displayStatus() string {
	openUnits, done, needed := 0, 0, 0
	for _, l := range o.lines {
		if l.nothingToFulfil {
			continue
		}
		needed += l.quantity
		openUnits += l.open()
		done += l.fulfilled
	}
	if needed == 0 {
		return "FULFILLMENT_NOT_REQUIRED"
	}
	if done > 0 {
		if openUnits > 0 {
			return "PARTIALLY_FULFILLED"
		}
		return "FULFILLED"
	}
	if openUnits == 0 {
		return "UNFULFILLED"
	}
	states := map[string]int{}
	n := 0
	for _, fo := range o.fos {
		if fo.open() && fo.remaining() > 0 {
			states[fo.status]++
			n++
			if fo.request == "REJECTED" {
				return "REQUEST_DECLINED"
			}
		}
	}
	for _, s := range []string{"ON_HOLD", "SCHEDULED", "IN_PROGRESS"} {
		if states[s] == n {
			return s
		}
	}
	return "UNFULFILLED"
}
