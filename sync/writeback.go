package sync

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Errors of Ship and its kin.
var (
	// ErrNotImported is returned for an order that is not stored: it is placed
	// too recently, before the start date, or on another channel.
	ErrNotImported = errors.New("the order is not imported")

	// ErrNothingToShip is returned for a parcel without lines when nothing of
	// its order is open.
	ErrNothingToShip = errors.New("nothing of the order is left to ship")
)

// Ship stores a parcel and returns; Run tells the marketplace, and goes on
// trying through crashes and outages. The parcel leaves at most one record
// there. A repeat of the same parcel is no error and does nothing.
//
// It fails with ErrNotImported, ErrNothingToShip, or ErrInvalid naming the
// field at fault and the remedy. What the marketplace refuses later is parked
// with its reason; [Engine.Shipments] tells where each parcel stands.
func (e *Engine) Ship(ctx context.Context, s Shipment) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error { return e.ShipTx(ctx, tx, s) })
}

// ShipTx is Ship inside a transaction of the caller's, which may do more: the
// parcel is stored if and only if that commits. The engine looks at it by the
// next sweep, or at once after [Engine.Wake].
func (e *Engine) ShipTx(ctx context.Context, tx Tx, s Shipment) error {
	if s.Order.Channel == "" {
		return fmt.Errorf("sync: ship: Shipment.Order.Channel is empty: name the channel that the order came by, as OrderEvent.Channel does: %w", channel.ErrInvalid)
	}
	b, err := e.find(s.Order.Channel)
	if err != nil {
		return err
	}
	now := time.Now()
	// First, since it locks the channel's row: what follows is then decided on
	// what no other transaction can still change.
	if err := tx.Wake(ctx, now, true, b.id); err != nil {
		return err
	}
	rows, err := tx.Orders(ctx, b.id, []channel.OrderID{s.Order.ID})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("sync: ship %s: %w: orders are stored by the import, at most a poll interval (%s) after the marketplace shows them; "+
			"check the id and the channel, or ship again then", s.Order, ErrNotImported, b.poll)
	}
	doc, err := e.openDoc(rows[0].Doc)
	if err != nil {
		return fmt.Errorf("sync: ship %s: stored order: %w", s.Order, err)
	}
	if !doc.Order.Has(channel.PartLines) {
		return fmt.Errorf("sync: ship %s: %w: only a part of it has come so far; ship again after the next import", s.Order, ErrNotImported)
	}
	siblings, err := tx.OrderShipments(ctx, b.id, []channel.OrderID{s.Order.ID})
	if err != nil {
		return err
	}
	row, err := newParcel(&rows[0], doc, siblings, s, now)
	if err != nil || row == nil {
		return err
	}
	stored, added, err := tx.AddShipment(ctx, *row)
	if err == nil && !added && (stored.Channel != row.Channel || stored.Order != row.Order) {
		err = fmt.Errorf("sync: ship %s: Key: %q is a parcel of %s: give this one a Key of its own: %w",
			s.Order, s.Key, OrderRef{stored.Channel, stored.Order}, channel.ErrInvalid)
	}
	return err
}

// newParcel checks a shipment against its order and returns the row to store,
// or nil when the parcel is known.
func newParcel(order *OrderRow, d *orderDoc, siblings []ShipmentRow, s Shipment, now time.Time) (*ShipmentRow, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("sync: ship %s: "+format+": %w", append(append([]any{s.Order}, args...), channel.ErrInvalid)...)
	}
	if s.Key != "" {
		if i := slices.IndexFunc(siblings, func(r ShipmentRow) bool { return r.Key == s.Key }); i >= 0 {
			return nil, nil
		}
	}
	o := &d.Order
	if order.Gone {
		return nil, bad("the marketplace no longer has the order")
	}
	if o.Status.Value == channel.OrderCancelled {
		return nil, bad("the order is cancelled: stop the parcel, or have the buyer order again")
	}
	open := openUnits(d, siblings)
	lines := s.Lines
	if len(lines) == 0 {
		for _, l := range o.Lines {
			if n := open[l.ID]; n > 0 {
				lines = append(lines, ShipmentLine{l.ID, n})
			}
		}
		if len(lines) == 0 {
			if slices.ContainsFunc(siblings, func(r ShipmentRow) bool {
				p := openParcel(r)
				return r.State != ShipmentRefused && (channel.SameTracking(p.doc.Tracking.Number, s.Tracking) || !p.doc.numbered() && s.Tracking == "")
			}) {
				return nil, nil // the same parcel again
			}
			return nil, fmt.Errorf("sync: ship %s: %w: its lines are shipped, cancelled, or in other parcels", s.Order, ErrNothingToShip)
		}
	}
	key := s.Key
	if key == "" {
		key = deriveKey(s, lines)
		for _, r := range siblings {
			if r.Key != key {
				continue
			}
			if r.State == ShipmentRefused {
				why, _ := splitRemedy(r.Reason)
				return nil, bad("this parcel was refused: %s: mend the cause and Replay it, or give the new one a Key of its own", why)
			}
			return nil, nil
		}
	}
	wanted := map[channel.LineID]int64{}
	for i, l := range lines {
		at := slices.IndexFunc(o.Lines, func(ol channel.Line) bool { return ol.ID == l.Line })
		switch {
		case at < 0:
			return nil, bad("Lines[%d].Line: the order has no line %q: its lines are %s", i, l.Line, lineIDs(o))
		case l.Quantity < 1:
			return nil, bad("Lines[%d].Quantity is %d: it is at least 1", i, l.Quantity)
		case !sellers(&o.Lines[at]):
			return nil, bad("Lines[%d].Line: line %q is not the seller's to ship: it is fulfilled by %s", i, l.Line,
				cmp.Or(string(o.Lines[at].FulfilledBy.Value), o.Lines[at].FulfilledBy.Raw))
		}
		wanted[l.Line] += l.Quantity
		if wanted[l.Line] > open[l.Line] {
			return nil, bad("Lines[%d].Quantity: %d of line %q are wanted and %d are open (of %d ordered, less shipped, cancelled and in other parcels): "+
				"lower it, or leave Lines empty for all that is open", i, wanted[l.Line], l.Line, open[l.Line], o.Lines[at].Ordered)
		}
	}
	doc := shipmentDoc{
		Lines: lines, Location: s.Location, ShippedAt: cmp.Or(s.ShippedAt, now).UTC().Round(0), NotifyBuyer: s.NotifyBuyer,
		Tracking: channel.Tracking{
			Carrier: strings.TrimSpace(s.Carrier), Number: strings.TrimSpace(s.Tracking),
			URL: strings.TrimSpace(s.TrackingURL), Service: strings.TrimSpace(s.Service),
		},
	}
	return &ShipmentRow{
		Key: key, Channel: order.Channel, Order: order.ID, State: ShipmentPending, NextAt: now, At: now, Doc: encode(&doc),
	}, nil
}

// openUnits is what of each line no parcel has: neither one on the marketplace
// nor one of ours that is not refused.
func openUnits(d *orderDoc, siblings []ShipmentRow) map[channel.LineID]int64 {
	ours := confirmedUnits(d, siblings)
	open := map[channel.LineID]int64{}
	for _, l := range d.Order.Lines {
		if !sellers(&l) {
			continue
		}
		l.Shipped = max(l.Shipped, ours[l.ID])
		open[l.ID] = l.Open()
	}
	for _, r := range siblings {
		if r.State != ShipmentPending && r.State != ShipmentSent && r.State != ShipmentUnconfirmed {
			continue
		}
		p := openParcel(r)
		for line, n := range p.doc.quantities() {
			open[line] = max(0, open[line]-n)
		}
	}
	return open
}

func lineIDs(o *channel.Order) string {
	const most = 10
	var ids []string
	for _, l := range o.Lines {
		if len(ids) == most {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, fmt.Sprintf("%q", l.ID))
	}
	return strings.Join(ids, ", ")
}

// deriveKey names a parcel by what it is: with a number, by that and its lines;
// without, by its lines.
func deriveKey(s Shipment, lines []ShipmentLine) string {
	lines = slices.Clone(lines)
	slices.SortFunc(lines, func(a, b ShipmentLine) int { return cmp.Compare(a.Line, b.Line) })
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", s.Order.Channel, s.Order.ID, channel.NormalTracking(s.Tracking))
	for _, l := range lines {
		fmt.Fprintf(h, " %q %d", l.Line, l.Quantity)
	}
	return "auto-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Shipments returns the parcels of an order, in the order they were stored.
func (e *Engine) Shipments(ctx context.Context, ref OrderRef) ([]ShipmentStatus, error) {
	if _, err := e.find(ref.Channel); err != nil {
		return nil, err
	}
	var out []ShipmentStatus
	err := e.view(ctx, func(tx Tx) error {
		rows, err := tx.OrderShipments(ctx, ref.Channel, []channel.OrderID{ref.ID})
		out = nil
		for _, p := range openParcels(rows) {
			out = append(out, p.status())
		}
		return err
	})
	slices.SortFunc(out, func(a, b ShipmentStatus) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, err
}

// changeParcel changes a stored parcel under the lock of its channel.
func (e *Engine) changeParcel(ctx context.Context, key string, change func(b *bound, p *parcel, now time.Time) error) error {
	var ch channel.ID
	err := e.view(ctx, func(tx Tx) error {
		rows, err := tx.Shipments(ctx, []string{key})
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("sync: no parcel has the key %q: %w", key, channel.ErrNotFound)
		}
		if err != nil {
			return err
		}
		ch = rows[0].Channel
		return nil
	})
	if err != nil {
		return err
	}
	b, err := e.find(ch)
	if err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, true, ch); err != nil {
			return err
		}
		rows, err := tx.Shipments(ctx, []string{key})
		if err != nil || len(rows) == 0 {
			return err
		}
		p := openParcel(rows[0])
		if err := change(b, &p, now); err != nil {
			return err
		}
		return e.storeParcels(ctx, tx, b, []*parcel{&p}, now, false)
	})
}

// CorrectTracking replaces a parcel's tracking, on the marketplace too once it
// has the parcel. A marketplace that cannot do that answers
// [errors.ErrUnsupported].
func (e *Engine) CorrectTracking(ctx context.Context, key string, t channel.Tracking) error {
	return e.changeParcel(ctx, key, func(b *bound, p *parcel, now time.Time) error {
		t := channel.Tracking{
			Carrier: strings.TrimSpace(t.Carrier), Number: strings.TrimSpace(t.Number),
			URL: strings.TrimSpace(t.URL), Service: strings.TrimSpace(t.Service),
		}
		switch {
		case p.unread != nil:
			return fmt.Errorf("sync: correct tracking of %q: %w", key, p.unread)
		case p.State == ShipmentPending:
			p.doc.Tracking, p.doc.Amend = t, nil
		case p.State == ShipmentRefused:
			p.doc.Tracking, p.State, p.NextAt, p.doc.Rereads = t, ShipmentPending, now, 0
		case b.editor == nil:
			return fmt.Errorf("sync: correct tracking of %q: %s cannot change a parcel it has: %w", key, b.id, errors.ErrUnsupported)
		default:
			p.doc.Amend = &t
			if p.State == ShipmentConfirmed {
				p.NextAt = now
			}
		}
		return nil
	})
}

// SettleShipment decides a parcel that ended unconfirmed, after a person has
// looked: reached says whether the marketplace has it. If not, it is sent
// again.
func (e *Engine) SettleShipment(ctx context.Context, key string, reached bool) error {
	return e.changeParcel(ctx, key, func(_ *bound, p *parcel, now time.Time) error {
		if p.State != ShipmentUnconfirmed {
			return fmt.Errorf("sync: settle %q: it is %s, and only an unconfirmed parcel needs a person: %w", key, p.State, channel.ErrInvalid)
		}
		p.Reason, p.doc.Looks = "", 0
		if reached {
			p.State, p.NextAt = ShipmentConfirmed, time.Time{}
			p.doc.Notes = append(p.doc.Notes, "confirmed by a person")
		} else {
			p.State, p.NextAt = ShipmentPending, now
		}
		return nil
	})
}
