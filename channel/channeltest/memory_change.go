package channeltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Cancel cancels what is left of an order, shipped or not: a marketplace lets
// a seller do that too. Units go back unless MemoryConfig.CancelKeeps.
func (m *Memory) Cancel(id channel.OrderID) error {
	return m.changeOrder(id, func(now time.Time, o *order) error {
		if !o.cancelled.IsZero() {
			return nil
		}
		o.cancelled = now
		for _, l := range o.lines {
			m.cancelUnits(now, l, l.ordered-l.cancelled-l.refunded, !m.cfg.CancelKeeps)
		}
		return nil
	})
}

// CancelUnits cancels units of a line that are not shipped.
func (m *Memory) CancelUnits(id channel.OrderID, lineID channel.LineID, units int64) error {
	return m.changeLine(id, lineID, func(now time.Time, _ *order, l *line) error {
		if units < 1 || units > l.open() {
			return fmt.Errorf("%d of line %s, %d are open: %w", units, lineID, l.open(), ErrNoSuch)
		}
		m.cancelUnits(now, l, units, !m.cfg.CancelKeeps)
		return nil
	})
}

func (m *Memory) cancelUnits(now time.Time, l *line, units int64, back bool) {
	if units <= 0 {
		return
	}
	open := min(units, l.open())
	l.cancelled += units
	l.level().sold -= open
	if !m.cfg.CountKeeps {
		l.level().ever -= units
	}
	fell := units
	if m.cfg.atShipment() {
		fell = units - open
	}
	m.putBack(now, l, units, fell, back)
}

// putBack raises the number by the units of those that lowered it, and has the
// line tell of all of them what the marketplace tells.
func (m *Memory) putBack(now time.Time, l *line, units, fell int64, back bool) {
	lv := l.level()
	if back && fell > 0 && !l.listing.new.Untracked {
		lv.set(now, lv.quantity+fell)
	}
	switch {
	case !m.cfg.TellsRestock:
		l.loose += units
	case back:
		l.restocked += fell
	}
}

// Refund gives money back for units of a line: unshipped ones first, which
// then never ship. With restock they go back into the quantity.
func (m *Memory) Refund(id channel.OrderID, lineID channel.LineID, units int64, restock bool) error {
	return m.changeLine(id, lineID, func(now time.Time, o *order, l *line) error {
		if units < 1 || units > l.ordered-l.cancelled-l.refunded {
			return fmt.Errorf("%d of line %s to refund: %w", units, lineID, ErrNoSuch)
		}
		unshipped := min(units, l.open())
		l.refunded += units
		l.unshipped += unshipped
		l.level().sold -= unshipped
		fell := units
		if m.cfg.atShipment() {
			fell = units - unshipped
		}
		m.putBack(now, l, units, fell, restock)

		told := channel.RestockUnknown
		if m.cfg.TellsRestock {
			told = channel.RestockNo
			if restock {
				told = channel.RestockYes
			}
		}
		total := o.amount(must(l.price.MulInt(units)))
		tax := o.amount(m.tax(must(l.price.MulInt(units))))
		o.refunds = append(o.refunds, channel.Refund{
			ID: channel.RefundID(fmt.Sprintf("%s-r%d", o.id, len(o.refunds)+1)), At: m.server(now),
			Total: must(total.Add(tax)), Status: "SUCCESS",
			Lines: []channel.RefundLine{{
				Line: l.id, Quantity: units, Total: total, Tax: tax, Restock: told, Location: l.loc,
			}},
		})
		return nil
	})
}

// EditLine changes how many units of a line are ordered and not cancelled.
// More are sold as in PlaceOrder, fewer are cancelled.
func (m *Memory) EditLine(id channel.OrderID, lineID channel.LineID, quantity int64) error {
	return m.changeLine(id, lineID, func(now time.Time, o *order, l *line) error {
		by := quantity - (l.ordered - l.cancelled)
		lv := l.level()
		if by > lv.quantity && !l.listing.new.Oversells && !l.listing.new.Untracked {
			return ErrInsufficientStock
		}
		if -by > l.open() {
			return fmt.Errorf("%d of line %s, %d are open: %w", -by, lineID, l.open(), ErrNoSuch)
		}
		o.edited = true
		if by < 0 {
			m.cancelUnits(now, l, -by, !m.cfg.CancelKeeps)
			return nil
		}
		m.sales = append(m.sales, Sold{now, o.id, l.id, l.listing.id, l.loc, by, lv.quantity, true})
		l.ordered += by
		m.take(now, l, by)
		return nil
	})
}

// ChangeRecipient sends an order elsewhere.
func (m *Memory) ChangeRecipient(id channel.OrderID, r channel.Recipient) error {
	return m.changeOrder(id, func(_ time.Time, o *order) error {
		o.recipient = r
		return nil
	})
}

// RequestCancel records somebody's wish to cancel.
func (m *Memory) RequestCancel(id channel.OrderID, by, reason string) error {
	return m.changeOrder(id, func(now time.Time, o *order) error {
		o.cancels = append(o.cancels, channel.CancelRequest{At: m.server(now), By: by, Reason: reason, Status: "REQUESTED"})
		return nil
	})
}

// ChangeHandles makes the handles of an order's lines stale.
func (m *Memory) ChangeHandles(id channel.OrderID) error {
	return m.changeOrder(id, func(_ time.Time, o *order) error {
		for _, l := range o.lines {
			l.handle += "+"
		}
		return nil
	})
}

// Touch changes an order's updated time and nothing else.
func (m *Memory) Touch(id channel.OrderID) error {
	return m.changeOrder(id, func(time.Time, *order) error { return nil })
}

// SetRawStatus gives an order a status word of the marketplace's own, of
// which the adapter knows nothing; "" takes it away.
func (m *Memory) SetRawStatus(id channel.OrderID, raw string) error {
	return m.changeOrder(id, func(_ time.Time, o *order) error {
		o.raw = raw
		return nil
	})
}

// Poison makes an order's record undecodable: it is parked wherever it is
// read, until it is healed. Its place in walks stays.
func (m *Memory) Poison(id channel.OrderID) error {
	return m.setPoison(id, fmt.Appendf(nil, `{"id":%q,"lines":"none"}`, id))
}

// Heal takes back Poison.
func (m *Memory) Heal(id channel.OrderID) error { return m.setPoison(id, nil) }

func (m *Memory) setPoison(id channel.OrderID, raw []byte) error {
	_, unlock := m.side()
	defer unlock()
	o, err := m.order(id)
	if err != nil {
		return err
	}
	o.poison = raw
	return nil
}

// Remove deletes an order: no read brings it any more.
func (m *Memory) Remove(id channel.OrderID) error {
	return m.changeOrder(id, func(_ time.Time, o *order) error {
		o.gone = true
		return nil
	})
}

// ShipOutside records a parcel that did not come through the channel. Lines
// empty is all that is open.
func (m *Memory) ShipOutside(id channel.OrderID, tracking channel.Tracking, lines ...channel.ShipmentLine) error {
	now, unlock := m.side()
	defer unlock()
	o, err := m.order(id)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		for _, l := range o.lines {
			if n := l.open(); n > 0 {
				lines = append(lines, channel.ShipmentLine{Line: l.id, Quantity: n})
			}
		}
	}
	if err := m.shippable(o, lines); err != nil {
		return err
	}
	m.send(now, o, channel.Shipment{Order: id, Lines: slices.Clone(lines), Tracking: tracking}, true)
	return nil
}

func (m *Memory) changeOrder(id channel.OrderID, change func(now time.Time, o *order) error) error {
	now, unlock := m.side()
	defer unlock()
	o, err := m.order(id)
	if err != nil {
		return err
	}
	return m.change(now, o, func() error { return change(now, o) })
}

func (m *Memory) changeLine(id channel.OrderID, lineID channel.LineID, change func(now time.Time, o *order, l *line) error) error {
	return m.changeOrder(id, func(now time.Time, o *order) error {
		l := o.line(lineID)
		if l == nil {
			return fmt.Errorf("line %s: %w", lineID, ErrNoSuch)
		}
		return change(now, o, l)
	})
}
