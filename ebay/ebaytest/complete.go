package ebaytest

import (
	"strings"
	"time"
)

// shippedAhead is how far in the future ShippedTime may be, from the reference
// page of ShipmentType.
const shippedAhead = 3 * 24 * time.Hour

// completeSale marks an order or a line of it as shipped, with new tracking in
// place of what it has, or as not shipped.
func (f *Fake) completeSale(c *call, root *node) result {
	if f.suspended {
		return suspendedUser()
	}
	o, lines, wrong := f.saleOf(root, c.now)
	if wrong != nil {
		return failed(*wrong)
	}
	root.all("Paid")
	packs, wrong := f.readShipment(root.one("Shipment"), o, lines, c.now)
	if wrong != nil {
		return failed(*wrong)
	}
	switch {
	case o.cancel == Canceled:
		return failed(wrongWith(21916517, "Order is cancelled.", "The order is cancelled and cannot be completed.", o.id))
	case root.has("Shipped") && !root.isTrue("Shipped"):
		f.unship(o, c.now)
	case len(packs) == 0 && root.isTrue("Shipped") && len(lines) == len(o.lines):
		o.marked = true
		f.touch(o, c.now)
	case len(packs) == 0 && root.isTrue("Shipped"):
		f.pack(o, &pack{shipped: f.round(c.now), items: lines}, c.now)
	case len(packs) > 0:
		f.replace(o, lines, packs, c.now)
	}
	return result{}
}

// saleOf finds the order, and the lines, that a call is about.
func (f *Fake) saleOf(root *node, now time.Time) (*order, []packItem, *tradingError) {
	id, item, transaction := root.value("OrderID"), root.value("ItemID"), root.value("TransactionID")
	if both := root.value("OrderLineItemID"); both != "" {
		item, transaction, _ = strings.Cut(both, "-")
	}
	for _, o := range f.orders.all {
		if o.id != id && id != "" || f.seen(o.id, now) == nil {
			continue
		}
		var lines []packItem
		for i := range o.lines {
			l := &o.lines[i]
			if transaction == "" || lineID(l.id) == transaction && l.listingID == item {
				lines = append(lines, packItem{l.id, l.qty})
			}
		}
		if len(lines) > 0 && (id != "" || transaction != "") {
			return o, lines, nil
		}
	}
	tag := "OrderID"
	if id == "" {
		tag = "OrderLineItemID"
	}
	e := invalidTag(tag)
	return nil, nil, &e
}

// readShipment reads a Shipment: a package for each tracking number.
func (f *Fake) readShipment(n *node, o *order, lines []packItem, now time.Time) ([]*pack, *tradingError) {
	at := f.round(now)
	if text := n.value("ShippedTime"); text != "" {
		var good bool
		if at, good = readStamp(text); !good || at.After(now.Add(shippedAhead)) {
			e := invalidTag("ShippedTime")
			return nil, &e
		}
	}
	var out []*pack
	for _, d := range n.all("ShipmentTrackingDetails") {
		p := &pack{carrier: d.value("ShippingCarrierUsed"), track: d.value("ShipmentTrackingNumber"), shipped: at, items: lines}
		if p.carrier == "" || p.track == "" {
			e := invalidTag("ShipmentTrackingDetails")
			return nil, &e
		}
		if f.usedElsewhere(p.track, o) {
			e := wrongWith(21916964, "Tracking number is used.", "The tracking number "+p.track+" is already used for another buyer or seller.", p.track)
			return nil, &e
		}
		out = append(out, p)
	}
	return out, nil
}

// usedElsewhere reports whether another buyer's order has a tracking number.
func (f *Fake) usedElsewhere(track string, o *order) bool {
	for _, other := range f.orders.all {
		if other == o || other.in.Buyer.Name == o.in.Buyer.Name {
			continue
		}
		for _, p := range other.packages {
			if p.track == track {
				return true
			}
		}
	}
	return false
}

// replace puts packages in the place of those that hold the same lines.
func (f *Fake) replace(o *order, lines []packItem, packs []*pack, now time.Time) {
	named := map[int64]bool{}
	for _, it := range lines {
		named[it.line] = true
		o.line(it.line).shipped = 0
	}
	var kept []*pack
	for _, p := range o.packages {
		var rest []packItem
		for _, it := range p.items {
			if !named[it.line] {
				rest = append(rest, it)
			}
		}
		if len(rest) > 0 {
			p.items = rest
			kept = append(kept, p)
		}
	}
	o.packages = kept
	for _, p := range packs {
		f.pack(o, p, now)
	}
}
