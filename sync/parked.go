package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Parked returns what was set aside, without payloads: by default what nobody
// has dismissed.
func (e *Engine) Parked(ctx context.Context, f ParkedFilter) ([]ParkedRow, error) {
	var rows []ParkedRow
	err := e.view(ctx, func(tx Tx) (err error) {
		rows, err = tx.Parked(ctx, f)
		return err
	})
	for i := range rows {
		rows[i].Raw = nil
	}
	return rows, err
}

// parkedRow returns one parked row.
func (e *Engine) parkedRow(ctx context.Context, id int64) (ParkedRow, error) {
	var rows []ParkedRow
	err := e.view(ctx, func(tx Tx) (err error) {
		rows, err = tx.Parked(ctx, ParkedFilter{ID: id, State: ParkedAny})
		return err
	})
	if err == nil && (len(rows) == 0 || id == 0) {
		err = fmt.Errorf("sync: nothing is parked under %d: it may have come through meanwhile: %w", id, channel.ErrNotFound)
	}
	if err != nil {
		return ParkedRow{}, err
	}
	return rows[0], nil
}

// Explain tells a person in a few lines what is parked under id, why, and what
// can be done. It holds nothing of the record's content.
func (e *Engine) Explain(ctx context.Context, id int64) (string, error) {
	row, err := e.parkedRow(ctx, id)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of channel %s, set aside %s", row.Kind, row.Ref, row.Channel, row.At.UTC().Format(time.RFC3339))
	if row.Tries > 1 {
		fmt.Fprintf(&b, ", for the %d. time", row.Tries)
	}
	if !row.DismissedAt.IsZero() {
		fmt.Fprintf(&b, ", dismissed %s", row.DismissedAt.UTC().Format(time.RFC3339))
	}
	why, remedy := splitRemedy(row.Reason)
	fmt.Fprintf(&b, "\nwhy: %s", why)
	if remedy != "" {
		fmt.Fprintf(&b, "\nwhat to do: %s", remedy)
	}
	return b.String(), nil
}

// Dismiss takes what is parked under id off the list, for good as long as the
// same fails for the same content: somebody has seen it and wants nothing done
// about it. It changes nothing else:
//
//   - An order that cannot be read is not stored and needs nothing of the stock.
//     When the marketplace changes it, it is stored, or parked anew.
//   - A refused parcel stays refused and is not sent. Its units are still open
//     and reserved, and free for another parcel, until the marketplace says that
//     they are shipped or cancelled.
//   - A listing whose quantity was refused is not written until it changes on the
//     marketplace, or Replay.
//   - Of units sold and linked to nothing, nothing is reserved, however many more
//     are sold, until [Engine.Link].
//   - Drift is forgotten: our quantity was sent long ago. Later drift of the same
//     listing is new.
//
// An unconfirmed parcel cannot be dismissed, ErrConflict: whether its units left
// is for [Engine.SettleShipment] to say. Replay still works on what is dismissed.
// Dismissing twice is no error; an id that is not parked is ErrNotFound.
func (e *Engine) Dismiss(ctx context.Context, id int64) error {
	row, err := e.parkedRow(ctx, id)
	if err != nil {
		return err
	}
	if _, err := e.find(row.Channel); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		// The lock: it must not be parked anew meanwhile.
		if err := tx.Wake(ctx, now, false, row.Channel); err != nil {
			return err
		}
		rows, err := tx.Parked(ctx, ParkedFilter{ID: id, State: ParkedAny})
		switch {
		case err != nil:
			return err
		case len(rows) == 0 || !rows[0].DismissedAt.IsZero():
			return nil // it came through, or was dismissed, this moment
		case rows[0].Digest != row.Digest:
			return fmt.Errorf("sync: dismiss %s %s: it has failed anew this moment: look again: %w", row.Kind, row.Ref, channel.ErrConflict)
		case rows[0].Class == string(ShipmentUnconfirmed):
			return fmt.Errorf("sync: dismiss %s %s: it may have reached the marketplace: look there, and settle it: %w", row.Kind, row.Ref, channel.ErrConflict)
		}
		return tx.Dismiss(ctx, id, now)
	})
}

// anyParked reports whether anything of a kind is parked, dismissed or not.
func anyParked(ctx context.Context, tx Tx, id channel.ID, kind string) (bool, error) {
	open, dismissed, err := tx.CountParked(ctx, id)
	return open[kind]+dismissed[kind] > 0, err
}

// digestOf tells an error from another. Two failures of the same kind are the
// same, whatever the marketplace numbered the requests.
func digestOf(why error) string {
	if e, typed := errors.AsType[*channel.Error](why); typed {
		bare := *e
		bare.RequestID, bare.RetryAfter = "", 0
		why = &bare
	}
	return hash(why.Error())
}

// Replay tries what is parked under id again: an order is decoded from its
// payload or read by id, a refused parcel is sent again. It returns nil when
// that succeeded, or for a parcel, when it is on its way.
func (e *Engine) Replay(ctx context.Context, id int64) error {
	row, err := e.parkedRow(ctx, id)
	if err != nil {
		return err
	}
	b, err := e.find(row.Channel)
	if err != nil {
		return err
	}
	switch row.Kind {
	case parkedOrder:
		err = e.replayOrder(ctx, b, row)
	case parkedShipment:
		err = e.changeParcel(ctx, row.Ref, func(_ *bound, p *parcel, now time.Time) error {
			if p.State != ShipmentRefused {
				return fmt.Errorf("it is %s: settle it instead: %w", p.State, channel.ErrInvalid)
			}
			p.State, p.NextAt, p.Reason, p.doc.Rereads = ShipmentPending, now, "", 0
			return p.unread
		})
	case parkedStock:
		err = e.replayLevel(ctx, b, row)
	case parkedDrift:
		err = fmt.Errorf("adjust the item if goods came or went: %w", errors.ErrUnsupported)
	default:
		err = fmt.Errorf("a %s is tried again by itself: %w", row.Kind, errors.ErrUnsupported)
	}
	if err != nil {
		return fmt.Errorf("sync: replay %s %s: %w", row.Kind, row.Ref, err)
	}
	return nil
}

func (e *Engine) replayOrder(ctx context.Context, b *bound, row ParkedRow) error {
	in, err := e.reparse(ctx, b, row)
	if err != nil {
		// Its reason may be another one now.
		return errors.Join(err, e.store.Update(ctx, func(tx Tx) error {
			row.At, row.Class = time.Now(), className(err)
			row.Reason = withRemedy(recordName(row.Kind, row.Ref), reason(err), remedyFor(row.Kind, err))
			return tx.Park(ctx, []ParkedRow{row})
		}))
	}
	took := func(dumb bool) error {
		return e.update(ctx, func(tx Tx) error {
			in.dumb = dumb
			if err := tx.Wake(ctx, time.Now(), false, b.id); err != nil {
				return err
			}
			if err := e.readable(ctx, tx, b.id, in.orders); err != nil {
				return err
			}
			if err := tx.Unpark(ctx, b.id, row.Kind, row.Ref); err != nil {
				return err
			}
			return e.takeIn(ctx, tx, b, in)
		})
	}
	err = took(false)
	if errors.Is(err, errArithmetic) {
		err = took(true)
	}
	return err
}

// readable returns why one of the orders cannot be merged with what is stored of
// it: an import leaves such an order alone, and goes on.
func (e *Engine) readable(ctx context.Context, tx Tx, ch channel.ID, orders []channel.Order) error {
	ids := make([]channel.OrderID, len(orders))
	for i := range orders {
		ids[i] = orders[i].ID
	}
	rows, err := tx.Orders(ctx, ch, ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := e.openDoc(row.Doc); err != nil {
			return fmt.Errorf("the order as it is stored cannot be read: %w", err)
		}
	}
	return nil
}

// reparse reads a parked order again: from its payload, or from the
// marketplace.
func (e *Engine) reparse(ctx context.Context, b *bound, row ParkedRow) (in *intake, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	raw, err := e.unseal(row.Raw)
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	if len(raw) > 0 && b.decoder != nil {
		o, err := b.decoder.DecodeOrder(raw)
		if err == nil {
			if len(o.Raw) == 0 {
				o.Raw = raw
			}
			return &intake{orders: []channel.Order{o}, readAt: b.serverTime(row.At)}, nil
		}
		if b.orders == nil || strings.HasPrefix(row.Ref, "raw:") {
			return nil, err
		}
		// What is stored stays unreadable; what the marketplace has now may not.
	}
	if b.orders == nil {
		return nil, fmt.Errorf("the channel can neither decode a payload nor read an order by id: %w", errors.ErrUnsupported)
	}
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	now := time.Now()
	page, err := b.orders.OrdersByID(ctx, []channel.OrderID{channel.OrderID(row.Ref)})
	if err != nil {
		return nil, err
	}
	if len(page.Parked) > 0 {
		return nil, page.Parked[0].Err
	}
	if len(page.Items) == 0 {
		return nil, &channel.Error{Channel: b.id, Op: "read order", Class: channel.ErrNotFound}
	}
	return &intake{orders: page.Items, readAt: cmp.Or(page.ReadAt, b.serverTime(now))}, nil
}
