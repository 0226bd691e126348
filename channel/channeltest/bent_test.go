package channeltest

import (
	"context"
	"errors"
	"iter"

	"github.com/penstock-go/penstock/channel"
)

// bent is a Memory with some of its calls bent.
type bent struct {
	*Memory
	id       func() channel.ID
	orders   func(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error)
	listings func(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error)
	ship     func(ctx context.Context, s channel.Shipment) (channel.ShipResult, error)
	setStock func(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error)
	stock    func(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error)
	byID     func(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error)
	decode   func(raw []byte) (channel.Order, error)
	amend    func(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error
	ticket   func(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error)
	probe    func(ctx context.Context) (channel.Account, error)
	bulk     func(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Order], error]
}

func (b *bent) ID() channel.ID {
	if b.id != nil {
		return b.id()
	}
	return b.Memory.ID()
}

func (b *bent) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	if b.orders != nil {
		return b.orders(ctx, q)
	}
	return b.Memory.OrderPage(ctx, q)
}

func (b *bent) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	if b.listings != nil {
		return b.listings(ctx, q)
	}
	return b.Memory.ListingPage(ctx, q)
}

func (b *bent) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	if b.ship != nil {
		return b.ship(ctx, s)
	}
	return b.Memory.Ship(ctx, s)
}

func (b *bent) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	if b.setStock != nil {
		return b.setStock(ctx, levels)
	}
	return b.Memory.SetStock(ctx, levels)
}

func (b *bent) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	if b.stock != nil {
		return b.stock(ctx, q)
	}
	return b.Memory.StockPage(ctx, q)
}

func (b *bent) OrdersByID(ctx context.Context, ids []channel.OrderID) (channel.Page[channel.Order], error) {
	if b.byID != nil {
		return b.byID(ctx, ids)
	}
	return b.Memory.OrdersByID(ctx, ids)
}

func (b *bent) DecodeOrder(raw []byte) (channel.Order, error) {
	if b.decode != nil {
		return b.decode(raw)
	}
	return b.Memory.DecodeOrder(raw)
}

func (b *bent) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	if b.amend != nil {
		return b.amend(ctx, r, t)
	}
	return b.Memory.AmendShipment(ctx, r, t)
}

func (b *bent) TicketPage(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
	if b.ticket != nil {
		return b.ticket(ctx, t, after)
	}
	return b.Memory.TicketPage(ctx, t, after)
}

func (b *bent) Probe(ctx context.Context) (channel.Account, error) {
	if b.probe != nil {
		return b.probe(ctx)
	}
	return b.Memory.Probe(ctx)
}

func (b *bent) BackfillOrders(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Order], error] {
	if b.bulk != nil {
		return b.bulk(ctx, t)
	}
	return b.Memory.BackfillOrders(ctx, t)
}

// bend returns a wrap that bends a Memory.
func bend(how func(b *bent)) func(*Memory) channel.Channel {
	return func(m *Memory) channel.Channel {
		b := &bent{Memory: m}
		how(b)
		return b
	}
}

// bendPage bends the pages of orders after they are read.
func bendPage(how func(q channel.OrderQuery, p *channel.Page[channel.Order])) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.orders = func(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
			p, err := b.Memory.OrderPage(ctx, q)
			if err == nil {
				how(q, &p)
			}
			return p, err
		}
	})
}

// bendOrder bends each order of a page.
func bendOrder(how func(o *channel.Order)) func(*Memory) channel.Channel {
	return bendPage(func(_ channel.OrderQuery, p *channel.Page[channel.Order]) {
		for i := range p.Items {
			how(&p.Items[i])
		}
	})
}

// bendErrors bends the errors of the core calls.
func bendErrors(how func(error) error) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.orders = func(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
			p, err := b.Memory.OrderPage(ctx, q)
			return p, how(err)
		}
		b.ship = func(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
			r, err := b.Memory.Ship(ctx, s)
			return r, how(err)
		}
	})
}

// reclass turns errors of one class into another's.
func reclass(from, to error) func(error) error {
	return func(err error) error {
		e, typed := errors.AsType[*channel.Error](err)
		if !typed || !errors.Is(e.Class, from) {
			return err
		}
		again := *e
		again.Class = to
		return &again
	}
}
