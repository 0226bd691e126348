package stock

// Line is an order line's present state, as far as stock is concerned.
// Quantities are units of the listing, never negative.
type Line struct {
	Ordered   int64
	Cancelled int64
	Refunded  int64 // refunded and not shipped, and not among Cancelled
	Shipped   int64 // the larger of what the marketplace says and what we confirmed
	Units     int64 // of the item a sale takes; 0 is 1
	Elsewhere bool  // fulfilled by the marketplace or anyone but the seller: takes nothing of ours
}

// Open is what the line still needs, in units of the listing.
func (l Line) Open() int64 {
	if l.Elsewhere {
		return 0
	}
	return max(0, l.Ordered-l.Cancelled-l.Refunded-l.Shipped)
}

// Ledger is what was counted, received and adjusted over time, each the sum of
// its entries, in units of the item. A count is entered as the difference it
// found, so that shipments before it stay counted once.
type Ledger struct {
	Counted  int64
	Received int64
	Adjusted int64
}

// Available is A, in units of the item: on hand less reserved. A shipment, its
// echo or a late cancel moves both alike and A never. It may be negative: sold
// more than there is.
func Available(l Ledger, lines []Line) int64 {
	onHand := l.Counted + l.Received + l.Adjusted
	var reserved int64
	for _, line := range lines {
		if line.Elsewhere {
			continue
		}
		units := max(1, line.Units)
		onHand -= line.Shipped * units
		reserved += line.Open() * units
	}
	return onHand - reserved
}

// Policy is f: how much of what is free a listing shows. The zero value shows
// all of it.
type Policy struct {
	Buffer  int64 // units of the item kept back
	Percent int64 // share of the rest that is shown, 1 to 100; 0 is all
	Cap     int64 // most units of the listing shown; 0 is no cap
}

// Want is T: what a listing is to show of free units of the item, at so many
// of them per sale. Never negative.
func (p Policy) Want(free, units int64) int64 {
	n := max(0, max(0, free)-p.Buffer)
	if p.Percent > 0 && p.Percent < 100 {
		n = n/100*p.Percent + n%100*p.Percent/100 // n × Percent without overflow
	}
	n /= max(1, units)
	if p.Cap > 0 {
		n = min(n, p.Cap)
	}
	return n
}
