package sync

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// lineChange is what a stored change of an order line means for the numbers of
// its listing. Quantities are in units of the listing, times the server's. A
// count that grew is told as a difference; one that shrank is not told.
type lineChange struct {
	Order     channel.OrderID
	PlacedAt  time.Time
	UpdatedAt time.Time // the version that brought the change
	// Since is the version known before: what changed did so after it. Zero
	// when the order is new to us.
	Since time.Time
	// FirstSeen says that the line is new to us. Its whole history is then in
	// the differences: sold, shipped, put back.
	FirstSeen bool
	Test      bool // a test order: by default it reserves nothing
	Gone      bool // the marketplace no longer has the order, or the line

	Line      channel.LineID
	Elsewhere bool // somebody else's stock is sold: it takes nothing of the quantity that we keep

	// The demand the line made and makes. What other channels may sell moves by
	// the difference. A change of SKU or listing moves it from one to the other.
	Before, After DemandRow

	// Sold are units newly known to be sold: all of a new line, at its order's
	// placement; what an edit added, between Since and SoldAt. SoldExact says
	// that SoldAt is the time of the sale itself.
	Sold      int64
	SoldAt    time.Time
	SoldExact bool

	// Shipped are units newly known to have left, whoever said so first. An
	// echo of what we wrote back is not told again.
	Shipped   int64
	ShippedAt time.Time

	// Restocked are units newly known to be surely back in the channel's
	// quantity, Loose those that may or may not be.
	Restocked, Loose int64
	RestockedAt      time.Time

	Location channel.LocationID // where its stock fell, "" when the marketplace does not tell
}

// figures are what an order's lines need and have needed, as the seller's
// policy sees it.
func (e *Engine) figures(b *bound, d *orderDoc, gone bool, ours map[channel.LineID]int64) map[channel.LineID]DemandRow {
	o := &d.Order
	rows := make(map[channel.LineID]DemandRow, len(o.Lines))
	parents := map[channel.LineID]bool{}
	for i := range o.Lines {
		if p := o.Lines[i].Parent; p != "" {
			parents[p] = true
		}
	}
	reserves := !gone && e.reserves(o)
	for i := range o.Lines {
		l := o.Lines[i]
		row := DemandRow{
			Channel: b.id, Order: o.ID, Line: l.ID, SKU: strings.TrimSpace(l.SKU), Listing: l.Listing, PlacedAt: o.PlacedAt,
		}
		// A bundle's components carry its demand.
		if (sellers(&l) || l.FulfilledBy.Value == channel.ByPickup) && !parents[l.ID] && (!o.Test || e.cfg.ReserveTestOrders) {
			l.Shipped = max(l.Shipped, ours[l.ID])
			row.Shipped = l.Shipped
			if reserves {
				row.Open = l.Open()
			}
		}
		if l.FulfilledBy.Value == channel.ByDigital && !parents[l.ID] && (!o.Test || e.cfg.ReserveTestOrders) && e.reserves(o) {
			row.Shipped = max(0, l.Ordered-l.Cancelled-l.Unshipped) // nobody packs it: it leaves when it is sold
		}
		rows[l.ID] = row
	}
	return rows
}

// reserves reports whether an order's open units are spoken for.
func (e *Engine) reserves(o *channel.Order) bool {
	if o.Status.Value == channel.OrderCancelled {
		return false
	}
	if e.cfg.IgnoreUnpaid {
		unpaid := []channel.PaymentStatus{channel.PaymentPending, channel.PaymentVoided, channel.PaymentFailed}
		if slices.Contains(unpaid, o.Payment.Value) || o.Status.Value == channel.OrderPending {
			return false
		}
	}
	return true
}

// sellers reports whether the seller ships a line. A fulfiller we do not know
// is taken for the seller: a unit too many reserved is a sale lost, a unit too
// few is one that cannot be delivered.
func sellers(l *channel.Line) bool {
	return l.FulfilledBy.Value == channel.BySeller || l.FulfilledBy.Value == ""
}

// lineChanges compares an order before and after a change and appends what
// became of its lines to out. before is nil when the order is new; both rows are
// as figures returns them, the former as stored.
func lineChanges(out []lineChange, before, after *orderDoc, gone bool, had, has map[channel.LineID]DemandRow) []lineChange {
	now := &after.Order
	var was channel.Order
	if before != nil {
		was = before.Order
	}
	old := map[channel.LineID]*channel.Line{}
	for i := range was.Lines {
		old[was.Lines[i].ID] = &was.Lines[i]
	}
	first := len(out)
	change := func(l *channel.Line) lineChange {
		return lineChange{
			Order: now.ID, PlacedAt: now.PlacedAt, UpdatedAt: now.UpdatedAt, Since: was.UpdatedAt, Test: now.Test,
			Line: l.ID, Elsewhere: l.FulfilledBy.Value == channel.ByMarketplace || l.FulfilledBy.Value == channel.ByOther,
			Before: had[l.ID], After: has[l.ID], Location: l.Location,
		}
	}
	for i := range now.Lines {
		l := &now.Lines[i]
		c := change(l)
		o := old[l.ID]
		delete(old, l.ID)
		switch _, stored := had[l.ID]; {
		case o != nil:
		case stored: // a line that was gone is back: its units are told already
			o = l
		default:
			c.FirstSeen = true
			o = &channel.Line{}
		}
		c.Gone = gone
		c.Sold = max(0, l.Ordered-o.Ordered)
		c.SoldAt, c.SoldExact = now.PlacedAt, before == nil
		if before != nil {
			c.SoldAt = now.UpdatedAt
		}
		c.Shipped = max(0, c.After.Shipped-c.Before.Shipped)
		c.ShippedAt = shippedAt(now, l.ID)
		c.Restocked = max(0, l.Restocked-o.Restocked)
		c.Loose = max(0, l.Loose-o.Loose)
		if now.Status.Value == channel.OrderCancelled && (before == nil || was.Status.Value != channel.OrderCancelled) {
			// Units that the cancellation leaves unsaid may have been put back.
			c.Loose += l.Open()
		}
		c.RestockedAt = restockedAt(now, l.ID)
		if c.matters() {
			out = append(out, c)
		}
	}
	for id, o := range old {
		c := change(o)
		c.Gone = true
		c.After = DemandRow{
			Channel: c.Before.Channel, Order: now.ID, Line: id, SKU: c.Before.SKU, Listing: c.Before.Listing,
			Shipped: c.Before.Shipped, PlacedAt: c.Before.PlacedAt,
		}
		c.Loose, c.RestockedAt = o.Open(), now.UpdatedAt
		out = append(out, c)
	}
	slices.SortStableFunc(out[first:], func(a, b lineChange) int { return cmp.Compare(a.Line, b.Line) })
	return out
}

// matters reports whether the change moves any number.
func (c *lineChange) matters() bool {
	return c.FirstSeen || !sameDemand(c.Before, c.After) || c.Sold+c.Shipped+c.Restocked+c.Loose > 0
}

func sameDemand(a, b DemandRow) bool {
	same := a.PlacedAt.Equal(b.PlacedAt)
	a.PlacedAt, b.PlacedAt = time.Time{}, time.Time{}
	return same && a == b
}

// shippedAt is when a line last left, as far as the marketplace tells.
func shippedAt(o *channel.Order, line channel.LineID) time.Time {
	var at time.Time
	for _, s := range o.Shipments {
		for _, l := range s.Lines {
			if l.Line == line && !s.Cancelled {
				at = later(at, s.CreatedAt)
			}
		}
	}
	if at.IsZero() {
		return o.UpdatedAt
	}
	return at
}

// restockedAt is when units of a line last came back, as far as the
// marketplace tells.
func restockedAt(o *channel.Order, line channel.LineID) time.Time {
	at := o.CancelledAt
	for _, r := range o.Refunds {
		for _, l := range r.Lines {
			if l.Line == line {
				at = later(at, r.At)
			}
		}
	}
	if at.IsZero() {
		return o.UpdatedAt
	}
	return at
}

// totalKey is what demand is summed by.
type totalKey struct {
	listing channel.ListingID
	sku     string
}

// totalDeltas sums the differences of demand by what was sold.
func totalDeltas(b *bound, changes []lineChange) []TotalRow {
	sums := map[totalKey]*TotalRow{}
	add := func(r DemandRow, sign int64) {
		if r.Open == 0 && r.Shipped == 0 {
			return
		}
		k := totalKey{r.Listing, r.SKU}
		t := sums[k]
		if t == nil {
			t = &TotalRow{Channel: b.id, Listing: r.Listing, SKU: r.SKU, Account: b.account, Units: 1, OldestAt: r.PlacedAt}
			sums[k] = t
		}
		t.Open += sign * r.Open
		t.Shipped += sign * r.Shipped
		t.OldestAt = earliest(t.OldestAt, r.PlacedAt)
	}
	for i := range changes {
		add(changes[i].Before, -1)
		add(changes[i].After, 1)
	}
	rows := make([]TotalRow, 0, len(sums))
	for _, t := range sums {
		if t.Open != 0 || t.Shipped != 0 {
			rows = append(rows, *t)
		}
	}
	slices.SortFunc(rows, func(a, b TotalRow) int {
		return cmp.Or(cmp.Compare(a.Listing, b.Listing), cmp.Compare(a.SKU, b.SKU))
	})
	return rows
}
