package sync

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

func by(f channel.Fulfiller) channel.Coded[channel.Fulfiller] {
	return channel.Coded[channel.Fulfiller]{Value: f}
}

func status(s channel.OrderStatus) channel.Coded[channel.OrderStatus] {
	return channel.Coded[channel.OrderStatus]{Value: s}
}

func TestFigures(t *testing.T) {
	line := channel.Line{ID: "l", SKU: " MUG ", Listing: "L", FulfilledBy: by(channel.BySeller), Ordered: 5}
	with := func(change func(*channel.Line)) []channel.Line {
		l := line
		change(&l)
		return []channel.Line{l}
	}
	for _, test := range []struct {
		name          string
		order         channel.Order
		ours          int64
		gone          bool
		config        Config
		open, shipped int64
	}{
		{name: "what is ordered is open", order: channel.Order{Lines: []channel.Line{line}}, open: 5},
		{name: "less what is cancelled, refunded unshipped, and shipped", order: channel.Order{
			Lines: with(func(l *channel.Line) { l.Cancelled, l.Refunded, l.Unshipped, l.Shipped = 1, 2, 1, 2 }),
		}, open: 1, shipped: 2},
		{name: "never below zero", order: channel.Order{Lines: with(func(l *channel.Line) { l.Shipped, l.Cancelled = 4, 3 })}, shipped: 4},
		{name: "shipped is the larger of theirs and ours", order: channel.Order{Lines: with(func(l *channel.Line) { l.Shipped = 1 })}, ours: 3, open: 2, shipped: 3},
		{name: "and ours is not added to theirs", order: channel.Order{Lines: with(func(l *channel.Line) { l.Shipped = 3 })}, ours: 2, open: 2, shipped: 3},
		{name: "the marketplace's lines are not the seller's", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy, l.Shipped = by(channel.ByMarketplace), 1 })}},
		{name: "nor are a fulfilment service's", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy, l.Shipped = by(channel.ByOther), 1 })}},
		{name: "what is picked up is held until it is handed over", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy, l.Shipped = by(channel.ByPickup), 2 })}, open: 3, shipped: 2},
		{name: "a download leaves when it is sold", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy, l.Cancelled = by(channel.ByDigital), 2 })}, shipped: 3},
		{name: "and stays gone when its order is", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy = by(channel.ByDigital) })}, gone: true, shipped: 5},
		{name: "unless the order is cancelled", order: channel.Order{Status: status(channel.OrderCancelled), Lines: with(func(l *channel.Line) { l.FulfilledBy = by(channel.ByDigital) })}},
		{name: "postage takes nothing", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy = by(channel.ByService) })}},
		{name: "an unknown fulfiller is taken for the seller", order: channel.Order{Lines: with(func(l *channel.Line) { l.FulfilledBy = by("") })}, open: 5},
		{name: "a bundle's components carry its demand", order: channel.Order{Lines: []channel.Line{line, {ID: "part", Parent: "l", Ordered: 10}}}},
		{name: "a cancelled order reserves nothing, whatever its lines say", order: channel.Order{Status: status(channel.OrderCancelled), Lines: with(func(l *channel.Line) { l.Shipped = 1 })}, shipped: 1},
		{name: "a held one does", order: channel.Order{Status: status(channel.OrderHeld), Lines: []channel.Line{line}}, open: 5},
		{name: "a pending one does", order: channel.Order{Status: status(channel.OrderPending), Lines: []channel.Line{line}}, open: 5},
		{name: "unless unpaid ones are ignored", order: channel.Order{Status: status(channel.OrderPending), Lines: []channel.Line{line}}, config: Config{IgnoreUnpaid: true}},
		{name: "one that is gone does not", order: channel.Order{Lines: with(func(l *channel.Line) { l.Shipped = 2 })}, gone: true, shipped: 2},
		{name: "a test order does not", order: channel.Order{Test: true, Lines: []channel.Line{line}}},
		{name: "unless it is to", order: channel.Order{Test: true, Lines: []channel.Line{line}}, config: Config{ReserveTestOrders: true}, open: 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &Engine{cfg: test.config}
			got := e.figures(&bound{id: "c"}, &orderDoc{Order: test.order}, test.gone, map[channel.LineID]int64{"l": test.ours})["l"]
			if got.Open != test.open || got.Shipped != test.shipped || got.SKU != "MUG" {
				t.Errorf("open %d, shipped %d of %q; want %d, %d", got.Open, got.Shipped, got.SKU, test.open, test.shipped)
			}
		})
	}
}

func TestLineChanges(t *testing.T) {
	hour := day.Add(time.Hour)
	e, b := &Engine{}, &bound{id: "c"}
	order := func(change func(*channel.Order)) *orderDoc {
		o := channel.Order{
			ID: "1", PlacedAt: day, UpdatedAt: day, Lines: []channel.Line{{ID: "l", SKU: "MUG", Listing: "L", Location: "here", Ordered: 5}},
		}
		if change != nil {
			change(&o)
		}
		return &orderDoc{Order: o}
	}
	figures := func(d *orderDoc) map[channel.LineID]DemandRow {
		if d == nil {
			return nil
		}
		return e.figures(b, d, false, nil)
	}
	edit := func(change func(*channel.Order)) *orderDoc {
		return order(func(o *channel.Order) { o.UpdatedAt = hour; change(o) })
	}
	for _, test := range []struct {
		name   string
		before *orderDoc
		after  *orderDoc
		gone   bool
		want   func(c lineChange) bool
		none   bool
	}{
		{"a new order is sold when it was placed", nil, order(nil), false, func(c lineChange) bool {
			return c.FirstSeen && c.Sold == 5 && c.SoldAt.Equal(day) && c.SoldExact && c.After.Open == 5 && c.Since.IsZero() && c.Location == "here"
		}, false},
		{"a new order tells its whole history", nil, edit(func(o *channel.Order) {
			o.CancelledAt = hour
			l := &o.Lines[0]
			l.Shipped, l.Cancelled, l.Restocked, l.Loose = 1, 3, 2, 1
		}), false, func(c lineChange) bool {
			return c.Sold == 5 && c.Shipped == 1 && c.ShippedAt.Equal(hour) && c.Restocked == 2 && c.Loose == 1 && c.RestockedAt.Equal(hour) && c.After.Open == 1
		}, false},
		{"no change is none", order(nil), order(nil), false, nil, true},
		{"nor is a new version of the same", order(nil), edit(func(*channel.Order) {}), false, nil, true},
		{"an edit sells more, some time since the version before", order(nil), edit(func(o *channel.Order) { o.Lines[0].Ordered = 7 }), false, func(c lineChange) bool {
			return c.Sold == 2 && c.SoldAt.Equal(hour) && !c.SoldExact && c.Since.Equal(day) && c.After.Open-c.Before.Open == 2
		}, false},
		{"a line an edit adds is sold likewise", order(nil), edit(func(o *channel.Order) {
			o.Lines = append(o.Lines, channel.Line{ID: "m", Ordered: 1})
		}), false, func(c lineChange) bool {
			return c.Line == "m" && c.FirstSeen && c.Sold == 1 && c.SoldAt.Equal(hour) && !c.SoldExact
		}, false},
		{"a parcel ships when it was made", order(nil), edit(func(o *channel.Order) {
			o.Lines[0].Shipped = 2
			o.Shipments = []channel.RemoteShipment{{CreatedAt: day.Add(time.Minute), Lines: []channel.ShipmentLine{{Line: "l", Quantity: 2}}}}
		}), false, func(c lineChange) bool {
			return c.Shipped == 2 && c.ShippedAt.Equal(day.Add(time.Minute)) && c.After.Open == 3 && c.After.Shipped == 2 && c.Sold == 0
		}, false},
		{"a refund with restock gives back when it was made", order(nil), edit(func(o *channel.Order) {
			l := &o.Lines[0]
			l.Refunded, l.Unshipped, l.Restocked = 1, 1, 1
			o.Refunds = []channel.Refund{{At: day.Add(time.Minute), Lines: []channel.RefundLine{{Line: "l", Quantity: 1}}}}
		}), false, func(c lineChange) bool {
			return c.Restocked == 1 && c.RestockedAt.Equal(day.Add(time.Minute)) && c.After.Open == 4
		}, false},
		{"a cancelled order whose lines say nothing may have given all back", order(nil), edit(func(o *channel.Order) {
			o.Status, o.CancelledAt = status(channel.OrderCancelled), hour
		}), false, func(c lineChange) bool { return c.Loose == 5 && c.Restocked == 0 && c.After.Open == 0 }, false},
		{"what the marketplace no longer has is open no more", order(nil), order(nil), true, func(c lineChange) bool {
			return c.Gone && c.Before.Open == 5 && c.After.Open == 0 && c.Sold == 0
		}, false},
		{"a line that left the order may have given back", order(nil), edit(func(o *channel.Order) { o.Lines = nil }), false, func(c lineChange) bool {
			return c.Gone && c.Loose == 5 && c.After.Open == 0 && c.Before.Open == 5
		}, false},
		{"another SKU takes the demand with it", order(nil), edit(func(o *channel.Order) { o.Lines[0].SKU = "CUP" }), false, func(c lineChange) bool {
			return c.Before.SKU == "MUG" && c.After.SKU == "CUP" && c.Sold == 0
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			has := e.figures(b, test.after, test.gone, nil)
			got := lineChanges(nil, test.before, test.after, test.gone, figures(test.before), has)
			if test.none {
				if len(got) != 0 {
					t.Errorf("changes: %+v", got)
				}
				return
			}
			if len(got) != 1 || !test.want(got[0]) {
				t.Errorf("changes: %+v", got)
			}
		})
	}
}

// Totals move by what the lines' demand moved, whatever it was sold as before.
func TestTotalDeltas(t *testing.T) {
	b := &bound{id: "c", account: "a"}
	got := totalDeltas(b, []lineChange{
		{Before: DemandRow{SKU: "MUG", Listing: "L", Open: 3}, After: DemandRow{SKU: "MUG", Listing: "L", Open: 1, Shipped: 2}},
		{After: DemandRow{SKU: "MUG", Listing: "L", Open: 4, PlacedAt: day}},
		{Before: DemandRow{SKU: "CUP", Listing: "M", Open: 1}, After: DemandRow{SKU: "CAN", Listing: "M", Open: 1, PlacedAt: day}},
		{Before: DemandRow{SKU: "X", Open: 1}, After: DemandRow{SKU: "X", Open: 1}},
	})
	want := []TotalRow{
		{Channel: "c", Account: "a", Listing: "L", SKU: "MUG", Units: 1, Open: 2, Shipped: 2},
		{Channel: "c", Account: "a", Listing: "M", SKU: "CAN", Units: 1, Open: 1, OldestAt: day},
		{Channel: "c", Account: "a", Listing: "M", SKU: "CUP", Units: 1, Open: -1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Where the time of a sale is not exact its units may have left after the order
// was placed, while the buyer paid: what was read in between need not count it.
func TestASaleOfInexactTimeIsToldAsOfTheRead(t *testing.T) {
	placed, told := day, day.Add(5*time.Minute)
	for exact, want := range map[bool]time.Time{true: placed, false: told} {
		b := &bound{id: "c", traits: channel.Traits{ExactTimes: exact}}
		c := lineChange{FirstSeen: true, Sold: 2, SoldAt: placed, SoldExact: true, UpdatedAt: told}
		events := eventsOf(b, &c)
		if len(events) != 1 || events[0] != (stock.Fall{Units: 2, At: want}) {
			t.Errorf("exact %v: %+v, want a fall at %s", exact, events, want)
		}
	}
}
