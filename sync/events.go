package sync

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// EventKind is what happened to an order.
type EventKind string

// The kinds of order events.
const (
	OrderCreated   EventKind = "created"
	OrderChanged   EventKind = "changed"
	OrderCancelled EventKind = "cancelled"
)

// OrderEvent tells a subscriber of one change. It carries no copy of the order
// as it was then: the order is as it is stored now, which may be later than
// the change, and each later change has its event.
type OrderEvent struct {
	Seq     int64 // grows within a channel; the same when an event is told again
	Channel channel.ID
	Kind    EventKind
	At      time.Time // when it was stored, our clock
	Order   channel.Order
	Was     OrderSummary // before the change; zero for a new order
}

// LogValue implements [slog.LogValuer] without anything about the buyer.
func (e OrderEvent) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("seq", e.Seq), slog.String("channel", string(e.Channel)), slog.String("kind", string(e.Kind)),
		slog.Any("order", e.Order))
}

// Format implements [fmt.Formatter]. A pointer to a struct is otherwise printed
// under %s with its fields as they are.
func (e OrderEvent) Format(s fmt.State, verb rune) {
	type plain OrderEvent
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(e))
}

// OrderSummary is an order's state in short, without anything about people.
type OrderSummary struct {
	UpdatedAt  time.Time                `json:"updated_at,omitzero"`
	Status     channel.OrderStatus      `json:"status,omitempty"`
	Payment    channel.PaymentStatus    `json:"payment,omitempty"`
	Fulfilment channel.FulfilmentStatus `json:"fulfilment,omitempty"`
	Lines      []LineSummary            `json:"lines,omitempty"`
}

// LineSummary is a line of an OrderSummary, in units of the listing.
type LineSummary struct {
	ID        channel.LineID `json:"id"`
	SKU       string         `json:"sku,omitempty"`
	Ordered   int64          `json:"ordered"`
	Cancelled int64          `json:"cancelled,omitempty"`
	Refunded  int64          `json:"refunded,omitempty"`
	Shipped   int64          `json:"shipped,omitempty"`
}

func summary(o *channel.Order) OrderSummary {
	s := OrderSummary{
		UpdatedAt: o.UpdatedAt, Status: o.Status.Value, Payment: o.Payment.Value, Fulfilment: o.Fulfilment.Value,
	}
	for _, l := range o.Lines {
		s.Lines = append(s.Lines, LineSummary{l.ID, l.SKU, l.Ordered, l.Cancelled, l.Refunded, l.Shipped})
	}
	return s
}

// event returns the event of a change, unless there is no news in it.
func (e *Engine) event(b *bound, st *orderState, now time.Time) (OutboxRow, bool) {
	row := OutboxRow{Channel: b.id, Kind: string(OrderCreated), Order: st.row.ID, At: now}
	if st.before != nil && st.before.Order.Has(channel.PartLines) {
		if !st.gone && !st.back && hash(news(st.before, st.ours)) == hash(news(st.doc, st.ours)) {
			return row, false
		}
		row.Kind = string(OrderChanged)
		was, is := st.before.Order.Status.Value, st.doc.Order.Status.Value
		if is == channel.OrderCancelled && was != is || st.gone {
			row.Kind = string(OrderCancelled)
		}
		row.Doc = encode(summary(&st.before.Order))
	}
	return row, true
}

// news returns what of an order is worth telling: all but versions, handles,
// and what our own writeback did to it.
func news(d *orderDoc, ours []ShipmentRow) channel.Order {
	o := d.Order
	o.UpdatedAt, o.Parts = time.Time{}, 0
	sent := sentUnits(ours)
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Handle, l.Shipped = "", max(l.Shipped, sent[l.ID])
	}
	o.Units = slices.Clone(o.Units)
	for i := range o.Units {
		u := &o.Units[i]
		u.Handle, u.UpdatedAt = "", time.Time{}
		u.Lines = slices.Clone(u.Lines)
		for j := range u.Lines {
			u.Lines[j].Handle = ""
			if len(sent) > 0 {
				u.Lines[j].Remaining = 0
			}
		}
		if len(sent) > 0 && (u.Status.Value == channel.UnitClosed || u.Status.Value == channel.UnitInProgress) {
			u.Status = channel.Coded[channel.UnitStatus]{Value: channel.UnitOpen}
		}
		if len(sent) > 0 && u.Status.Value == channel.UnitOpen {
			u.Status.Raw = ""
		}
	}
	shipments := make([]channel.RemoteShipment, 0, len(o.Shipments))
	for _, s := range o.Shipments {
		if !s.Cancelled && isOurs(s, ours) {
			continue
		}
		s.Handle, s.UpdatedAt = "", time.Time{}
		shipments = append(shipments, s)
	}
	o.Shipments = shipments
	if len(sent) > 0 {
		// Shipping moves these by itself; what it does not explain shows in the lines.
		o.Fulfilment, o.ClosedAt = channel.Coded[channel.FulfilmentStatus]{}, time.Time{}
		if o.Status.Value == channel.OrderClosed || o.Status.Value == channel.OrderOpen {
			o.Status = channel.Coded[channel.OrderStatus]{Value: channel.OrderOpen}
		}
	}
	return o
}
