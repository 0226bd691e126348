package sync

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// StoredOrder is an order as the engine has it: everything every read told,
// merged.
type StoredOrder struct {
	Channel    channel.ID
	Order      channel.Order
	Open       bool      // has units the seller is still to ship, as the policies see it
	Gone       bool      // the marketplace no longer has it
	Erased     bool      // its personal data was erased, for good
	ImportedAt time.Time // first, our clock
	SeenAt     time.Time // when a read last brought it, to the hour
}

// LogValue implements [slog.LogValuer] without anything about the buyer.
func (o StoredOrder) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(o.Channel)), slog.Bool("open", o.Open), slog.Any("order", o.Order))
}

// Format implements [fmt.Formatter]. A pointer to a struct is otherwise printed
// under %s with its fields as they are.
func (o StoredOrder) Format(s fmt.State, verb rune) {
	type plain StoredOrder
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(o))
}

// OrderFilter selects stored orders.
type OrderFilter struct {
	Channel channel.ID // "" is all of the engine's
	Open    bool       // only those with open units
}

// Order returns a stored order; ErrNotImported when there is none.
func (e *Engine) Order(ctx context.Context, ref OrderRef) (StoredOrder, error) {
	if _, err := e.find(ref.Channel); err != nil {
		return StoredOrder{}, err
	}
	var out StoredOrder
	err := e.view(ctx, func(tx Tx) error {
		rows, err := tx.Orders(ctx, ref.Channel, []channel.OrderID{ref.ID})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("sync: order %s: %w", ref, ErrNotImported)
		}
		out, err = e.storedOrder(rows[0])
		if err == nil && !out.Order.Has(channel.PartLines) {
			err = fmt.Errorf("sync: order %s: %w: a part of it came before the rest", ref, ErrNotImported)
		}
		return err
	})
	return out, err
}

func (e *Engine) storedOrder(row OrderRow) (StoredOrder, error) {
	d, err := e.openDoc(row.Doc)
	if err != nil {
		return StoredOrder{}, fmt.Errorf("sync: order %s: stored document: %w", OrderRef{row.Channel, row.ID}, err)
	}
	return StoredOrder{
		Channel: row.Channel, Order: d.Order, Open: row.Open, Gone: row.Gone, Erased: row.Erased,
		ImportedAt: d.ImportedAt, SeenAt: row.SeenAt,
	}, nil
}

// Orders ranges over stored orders, channel by channel, by id. It reads a few
// hundred at a time, so an order stored meanwhile may or may not be among
// them. An order that cannot be read is yielded as an error and ranging goes
// on.
func (e *Engine) Orders(ctx context.Context, f OrderFilter) iter.Seq2[StoredOrder, error] {
	return func(yield func(StoredOrder, error) bool) {
		ids := e.ids
		if f.Channel != "" {
			if _, err := e.find(f.Channel); err != nil {
				yield(StoredOrder{}, err)
				return
			}
			ids = []channel.ID{f.Channel}
		}
		for _, id := range ids {
			if !e.channelOrders(ctx, id, f, yield) {
				return
			}
		}
	}
}

func (e *Engine) channelOrders(ctx context.Context, id channel.ID, f OrderFilter, yield func(StoredOrder, error) bool) bool {
	const batch = 200
	var after channel.OrderID
	for {
		var rows []OrderRow
		err := e.view(ctx, func(tx Tx) (err error) {
			rows, err = tx.OrderPage(ctx, id, after, batch)
			return err
		})
		if err != nil {
			yield(StoredOrder{}, err)
			return false
		}
		for _, r := range rows {
			after = r.ID
			if f.Open && !r.Open {
				continue
			}
			o, err := e.storedOrder(r)
			if err == nil && !o.Order.Has(channel.PartLines) {
				continue // a part of it came before the rest
			}
			if !yield(o, err) {
				return false
			}
		}
		if len(rows) < batch {
			return true
		}
	}
}

// EraseBuyer forgets who an order is from and for: names, addresses, notes,
// and its payloads as they arrived. It is for good: neither a later read nor a
// replay fills them again. What is sold, shipped and paid stays. An order that is
// not stored is marked as erased, so that it has no buyer when an import brings it.
func (e *Engine) EraseBuyer(ctx context.Context, ref OrderRef) error {
	b, err := e.find(ref.Channel)
	if err != nil {
		return err
	}
	if ref.ID == "" {
		return fmt.Errorf("sync: erase: no order is named: %w", channel.ErrInvalid)
	}
	return e.update(ctx, func(tx Tx) error {
		// The lock: an import must not store the order as it was before.
		if err := tx.Wake(ctx, time.Now(), false, b.id); err != nil {
			return err
		}
		rows, err := tx.Orders(ctx, b.id, []channel.OrderID{ref.ID})
		if err != nil {
			return err
		}
		now := time.Now()
		d := newOrderDoc(ref.ID, now)
		if len(rows) == 0 {
			rows = []OrderRow{{Channel: b.id, ID: ref.ID, SeenAt: now}}
		} else if d, err = e.openDoc(rows[0].Doc); err != nil {
			return fmt.Errorf("sync: erase %s: stored document: %w", ref, err)
		}
		d.erase()
		if rows[0].Doc, err = e.sealDoc(d); err != nil {
			return fmt.Errorf("sync: erase %s: %w", ref, err)
		}
		rows[0].Erased = true
		if err := tx.PutOrders(ctx, rows); err != nil {
			return err
		}
		return e.wipe(ctx, tx, b.id, ref.ID)
	})
}
