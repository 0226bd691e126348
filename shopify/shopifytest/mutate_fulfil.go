package shopifytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const noFOAccess = "The api_client does not have access to the fulfillment order."

func fulfilmentMutations(m map[string]resolver) {
	m["fulfillmentCreate"] = mutation(fulfillmentCreate)
	m["fulfillmentTrackingInfoUpdate"] = mutation(trackingUpdate)
	m["fulfillmentCancel"] = mutation(func(x *run, a args) any {
		fu, ok := find[*fulfilment](x.Fake, a.str("id"))
		if !ok {
			return refused(userError("", "Fulfillment not found.", "id"))
		}
		x.unfulfil(fu)
		return rec{"fulfillment": fu, "userErrors": []rec{}}
	})
	m["fulfillmentOrderHold"] = mutation(fulfillmentOrderHold)
	m["fulfillmentOrderReleaseHold"] = onFO(func(x *run, fo *fulfilmentOrder, a args) any {
		x.release(fo, a.strings("holdIds"), a.str("externalId"))
		return rec{"fulfillmentOrder": fo, "userErrors": []rec{}}
	})
	m["fulfillmentOrderOpen"] = onFO(func(x *run, fo *fulfilmentOrder, _ args) any {
		if fo.status != "SCHEDULED" && !(fo.status == "IN_PROGRESS" && fo.reported) {
			return refused(userError("", "Expected fulfillment order status to be valid but it was "+strings.ToLower(fo.status)+"."))
		}
		fo.status, fo.reported = "OPEN", false
		x.foChanged(fo)
		x.moved(fo.order)
		return rec{"fulfillmentOrder": fo, "userErrors": []rec{}}
	})
	m["fulfillmentOrderReportProgress"] = onFO(func(x *run, fo *fulfilmentOrder, _ args) any {
		if fo.status != "OPEN" && fo.status != "IN_PROGRESS" {
			return refused(userError("", "Expected fulfillment order status to be valid but it was "+strings.ToLower(fo.status)+"."))
		}
		fo.status, fo.reported = "IN_PROGRESS", true
		x.foChanged(fo)
		x.moved(fo.order)
		return rec{"fulfillmentOrder": fo, "userErrors": []rec{}}
	})
	m["fulfillmentOrderReschedule"] = onFO(func(x *run, fo *fulfilmentOrder, a args) any {
		if fo.status != "SCHEDULED" {
			return refused(userError("", "Fulfillment order must be scheduled."))
		}
		at, _ := a["fulfillAt"].(time.Time)
		fo.fulfilAt = at.UTC()
		x.foChanged(fo)
		return rec{"fulfillmentOrder": fo, "userErrors": []rec{}}
	})
	m["fulfillmentOrderMove"] = onFO(fulfillmentOrderMove)
	m["fulfillmentOrderSplit"] = mutation(fulfillmentOrderSplit)
}

// onFO is a mutation of the fulfilment order its id names.
func onFO(do func(*run, *fulfilmentOrder, args) any) resolver {
	return mutation(func(x *run, a args) any {
		fo, ok := find[*fulfilmentOrder](x.Fake, a.str("id"))
		if !ok {
			return notFound(a.str("id"))
		}
		if !x.mayWrite(fo) {
			return refused(userError("", noFOAccess, "id"))
		}
		return do(x, fo, a)
	})
}

func fulfillmentCreate(x *run, a args) any {
	in := a.object("fulfillment")
	fail := func(format string, args ...any) any {
		return refused(userError("", fmt.Sprintf(format, args...), "fulfillment"))
	}
	groups := in.objects("lineItemsByFulfillmentOrder")
	if len(groups) == 0 {
		return fail("Line items by fulfillment order can't be blank")
	}
	p := parcel{units: map[*foLine]int{}, notify: in.boolean("notifyCustomer")}
	var fos []*fulfilmentOrder
	for i, g := range groups {
		fo, ok := find[*fulfilmentOrder](x.Fake, g.str("fulfillmentOrderId"))
		if !ok {
			return fail("Fulfillment order does not exist.")
		}
		if !x.mayWrite(fo) {
			return fail(noFOAccess)
		}
		fos = append(fos, fo)
		if len(g.list("fulfillmentOrderLineItems")) == 0 { // left blank: everything
			for _, fl := range fo.lines {
				p.put(fl, fl.remaining)
			}
			continue
		}
		for j, l := range g.objects("fulfillmentOrderLineItems") {
			fl, ok := find[*foLine](x.Fake, l.str("id"))
			if !ok || fl.fo != fo {
				return fail("Fulfillment order line item does not exist.")
			}
			n, _ := l.integer("quantity")
			if n <= 0 {
				return refused(userError("", "Quantity must be greater than 0", "fulfillment", "lineItemsByFulfillmentOrder",
					strconv.Itoa(i), "fulfillmentOrderLineItems", strconv.Itoa(j), "quantity"))
			}
			p.put(fl, n)
		}
	}
	for _, fo := range fos {
		if !x.shippable(fo) {
			return fail("Fulfillment order %d has an unfulfillable status= %s.", fo.id, strings.ToLower(fo.status))
		}
	}
	if ids := distinct(fos, func(fo *fulfilmentOrder) int64 { return fo.order.id }); len(ids) > 1 {
		return fail("All fulfillment orders must belong to the same order. Multiple orders with ids [%s] were found.", joined(ids))
	}
	if ids := distinct(fos, func(fo *fulfilmentOrder) int64 { return fo.loc.id }); len(ids) > 1 {
		return fail("All fulfillment orders must be assigned to a single location. Multiple locations with ids [%s] were found.", joined(ids))
	}
	total := 0
	for fl, n := range p.units {
		if n > fl.remaining {
			return fail("Invalid fulfillment order line item quantity requested.")
		}
		total += n
	}
	if total == 0 {
		return fail("Invalid fulfillment order line item quantity requested.")
	}
	p.company, p.numbers, p.urls = trackingOf(in.object("trackingInfo"))
	fu := x.ship(fos[0].order, fos[0].loc, p)
	return rec{"fulfillment": fu, "userErrors": []rec{}}
}

// shippable tells whether the state of a fulfilment order lets it be shipped.
func (f *Fake) shippable(fo *fulfilmentOrder) bool {
	switch fo.status {
	case "OPEN", "IN_PROGRESS":
		return true
	case "SCHEDULED":
		return f.cfg.ShipScheduled
	case "ON_HOLD":
		return f.cfg.ShipHeld
	}
	return false
}

func (p *parcel) put(fl *foLine, n int) {
	if _, seen := p.units[fl]; !seen {
		p.order = append(p.order, fl)
	}
	p.units[fl] += n
}

func trackingOf(in args) (company string, numbers, urls []string) {
	numbers, urls = in.strings("numbers"), in.strings("urls")
	if n := in.str("number"); n != "" && len(numbers) == 0 {
		numbers = []string{n}
	}
	if u := in.str("url"); u != "" && len(urls) == 0 {
		urls = []string{u}
	}
	return in.str("company"), numbers, urls
}

func distinct[T any](items []T, key func(T) int64) []int64 {
	var out []int64
	for _, i := range items {
		if k := key(i); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

func joined(ids []int64) string {
	var s []string
	for _, id := range ids {
		s = append(s, strconv.FormatInt(id, 10))
	}
	return strings.Join(s, ", ")
}

// trackingUpdate replaces what a fulfilment says of its tracking. It does so
// on a cancelled one too.
func trackingUpdate(x *run, a args) any {
	fu, ok := find[*fulfilment](x.Fake, a.str("fulfillmentId"))
	if !ok {
		return refused(userError("", "Fulfillment does not exist.", "fulfillmentId"))
	}
	company, numbers, urls := trackingOf(a.object("trackingInfoInput"))
	if x.cfg.TrackingMerges {
		for _, n := range numbers {
			if !slices.Contains(fu.numbers, n) {
				fu.numbers = append(fu.numbers, n)
			}
		}
		fu.urls, fu.company = append(fu.urls, urls...), or(company, fu.company)
	} else {
		fu.company, fu.numbers, fu.urls = company, numbers, urls
	}
	fu.updatedAt = x.now()
	fu.notified = fu.notified || a.boolean("notifyCustomer")
	x.emit("fulfillments/update", fu)
	x.touch(fu.order)
	return rec{"fulfillment": fu, "userErrors": []rec{}}
}

// unitsOf reads fulfilment order line input against a fulfilment order.
func unitsOf(x *run, fo *fulfilmentOrder, in []args) (map[*foLine]int, bool) {
	units := map[*foLine]int{}
	for _, l := range in {
		fl, ok := find[*foLine](x.Fake, l.str("id"))
		n, _ := l.integer("quantity")
		if !ok || fl.fo != fo || n <= 0 || units[fl]+n > fl.remaining {
			return nil, false
		}
		units[fl] += n
	}
	return units, true
}

func total(units map[*foLine]int) int {
	n := 0
	for _, k := range units {
		n += k
	}
	return n
}

func fulfillmentOrderHold(x *run, a args) any {
	fo, ok := find[*fulfilmentOrder](x.Fake, a.str("id"))
	if !ok {
		return notFound(a.str("id"))
	}
	in := a.object("fulfillmentHold")
	if !x.mayWrite(fo) {
		return refused(userError("FULFILLMENT_ORDER_NOT_FOUND", noFOAccess, "id"))
	}
	if !fo.open() || fo.status == "IN_PROGRESS" && fo.loc.service != nil {
		return refused(userError("TAKEN", "Fulfillment order is not in a holdable state.", "id"))
	}
	ours := 0
	for _, h := range fo.holds {
		if !h.ours {
			continue
		}
		ours++
		if h.handle == in.str("handle") {
			return refused(userError("DUPLICATE_FULFILLMENT_HOLD_HANDLE",
				"The handle provided for the fulfillment hold is already in use by this app for another hold on this fulfillment order.",
				"fulfillmentHold", "handle"))
		}
	}
	if ours >= 10 {
		return refused(userError("FULFILLMENT_ORDER_HOLD_LIMIT_REACHED",
			"The maximum number of fulfillment holds for this fulfillment order has been reached for this app. An app can only have up to 10 holds on a single fulfillment order at any one time.",
			"id"))
	}
	var rest *fulfilmentOrder
	if lines := in.objects("fulfillmentOrderLineItems"); len(lines) > 0 {
		if fo.status == "ON_HOLD" {
			return refused(userError("FULFILLMENT_ORDER_NOT_SPLITTABLE", "The fulfillment order is not in a splittable state.",
				"fulfillmentHold", "fulfillmentOrderLineItems"))
		}
		units, ok := unitsOf(x, fo, lines)
		if !ok {
			return refused(userError("INVALID_LINE_ITEM_QUANTITY", "The line item quantity is invalid.",
				"fulfillmentHold", "fulfillmentOrderLineItems", "0", "quantity"))
		}
		if total(units) < fo.remaining() { // what is not held goes on in a new one
			other := map[*foLine]int{}
			for _, fl := range fo.lines {
				other[fl] = fl.remaining - units[fl]
			}
			rest = x.split(fo, other)
		}
	}
	h := x.Fake.hold(fo, in.str("reason"), in.str("reasonNotes"), in.str("handle"), in.str("externalId"), true)
	return rec{"fulfillmentHold": h, "fulfillmentOrder": fo, "remainingFulfillmentOrder": rest, "userErrors": []rec{}}
}

func fulfillmentOrderMove(x *run, fo *fulfilmentOrder, a args) any {
	loc, ok := find[*location](x.Fake, a.str("newLocationId"))
	if !ok {
		return refused(userError("", "Location not found.", "newLocationId"))
	}
	if !fo.open() {
		return refused(userError("", "Fulfillment order is not in a movable state.", "id"))
	}
	if fo.reported {
		return refused(userError("CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS", "Cannot move a fulfillment order with reported progress.", "id"))
	}
	units := allOf(fo)
	if lines := a.objects("fulfillmentOrderLineItems"); len(lines) > 0 {
		if units, ok = unitsOf(x, fo, lines); !ok {
			return refused(userError("", "Invalid fulfillment order line item quantity requested.", "fulfillmentOrderLineItems"))
		}
	}
	moved := x.move(fo, loc, units)
	r := rec{"movedFulfillmentOrder": moved, "originalFulfillmentOrder": fo, "remainingFulfillmentOrder": nil, "userErrors": []rec{}}
	if fo.open() {
		r["remainingFulfillmentOrder"] = fo
	}
	return r
}

func fulfillmentOrderSplit(x *run, a args) any {
	var out []rec
	for i, s := range a.objects("fulfillmentOrderSplits") {
		at := []string{"fulfillmentOrderSplits", strconv.Itoa(i)}
		fo, ok := find[*fulfilmentOrder](x.Fake, s.str("fulfillmentOrderId"))
		if !ok || !x.mayWrite(fo) {
			return refused(userError("FULFILLMENT_ORDER_NOT_FOUND", "Fulfillment order does not exist.", append(at, "fulfillmentOrderId")...))
		}
		lines := s.objects("fulfillmentOrderLineItems")
		if len(lines) == 0 {
			return refused(userError("NO_LINE_ITEMS_PROVIDED_TO_SPLIT", "There must be at least one item selected in this fulfillment order to split.", append(at, "fulfillmentOrderLineItems")...))
		}
		units, ok := unitsOf(x, fo, lines)
		if !ok || total(units) >= fo.remaining() || !fo.open() {
			return refused(userError("INVALID_LINE_ITEM_QUANTITY", "Invalid line item quantity.", append(at, "fulfillmentOrderLineItems", "0", "quantity")...))
		}
		rest := x.split(fo, units)
		out = append(out, rec{"fulfillmentOrder": fo, "remainingFulfillmentOrder": rest, "replacementFulfillmentOrder": nil})
	}
	return rec{"fulfillmentOrderSplits": out, "userErrors": []rec{}}
}
