package channeltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

type (
	levels  = []channel.StockLevel
	results = []channel.StockResult
)

func bendSet(how func(ctx context.Context, m *Memory, l levels) (results, error)) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.setStock = func(ctx context.Context, l levels) (results, error) { return how(ctx, b.Memory, l) }
	})
}

func bendStock(how func(q channel.StockQuery, p *channel.Page[channel.StockLevel])) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.stock = func(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
			p, err := b.Memory.StockPage(ctx, q)
			if err == nil {
				how(q, &p)
			}
			return p, err
		}
	})
}

// said answers every level alike.
func said(l levels, state channel.StockState) results {
	return slices.Repeat(results{{State: state}}, len(l))
}

func stockMutants() map[string][]mutant {
	tickets := MemoryConfig{Tickets: 1}
	noExpect := bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
		l = slices.Clone(l)
		for i := range l {
			l[i].Expect = nil
		}
		return m.SetStock(ctx, l)
	})
	return map[string][]mutant{
		"stock writes are shown": {
			{name: "nothing is sent", wrap: bendSet(func(_ context.Context, _ *Memory, l levels) (results, error) {
				return said(l, channel.StockApplied), nil
			})},
			{name: "quantities are mixed up", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				l = slices.Clone(l)
				for i := range l {
					l[i].Quantity = l[0].Quantity
				}
				return m.SetStock(ctx, l)
			})},
			{name: "a result is missing", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				r, err := m.SetStock(ctx, l)
				return r[:len(r)-1], err
			})},
		},
		"stock can be zero": {
			{name: "zero is left out", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				if l[0].Quantity == 0 {
					return said(l, channel.StockApplied), nil
				}
				return m.SetStock(ctx, l)
			})},
		},
		"more levels than one call takes": {
			{name: "one call is made", cfg: MemoryConfig{Traits: channel.Traits{StockBatch: 3}}, wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				_, err := m.SetStock(ctx, l[:min(len(l), 3)])
				return said(l, channel.StockApplied), err
			})},
		},
		"no levels": {
			{name: "is an error", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				if len(l) == 0 {
					return nil, m.fail(OpSetStock, channel.ErrInvalid, nil)
				}
				return m.SetStock(ctx, l)
			})},
		},
		"refused line beside good ones": {
			{name: "results lose their order", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				r, err := m.SetStock(ctx, l)
				slices.SortFunc(r, func(a, b channel.StockResult) int { return strings.Compare(string(a.State), string(b.State)) })
				return r, err
			})},
			{name: "all are refused", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				if slices.ContainsFunc(l, func(v channel.StockLevel) bool { return m.byID[v.Listing.ID] == nil }) {
					return said(l, channel.StockRefused), nil
				}
				return m.SetStock(ctx, l)
			})},
			{name: "silence is success", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				_, err := m.SetStock(ctx, l)
				return said(l, channel.StockApplied), err
			})},
		},
		"write means what the traits say": {
			{name: "compare-and-set compares nothing", cfg: LikeShopify(), wrap: noExpect},
			{name: "relative is absolute", cfg: LikeBigCommerce(true), wrap: noExpect},
			{name: "one stale line stops the others", cfg: LikeShopify(), wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				if len(l) == 1 {
					return m.SetStock(ctx, l)
				}
				return said(l, channel.StockStale), nil
			})},
			{name: "absolute is refused", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				if *l[0].Expect != m.Quantity(l[0].Listing.ID, "") {
					return said(l, channel.StockStale), nil
				}
				return m.SetStock(ctx, l)
			})},
		},
		"sale lowers what is shown when the traits say": {
			{name: "the setting is told wrong", cfg: LikeBigCommerceAtShipment(true), wrap: bend(func(b *bent) {
				b.probe = func(ctx context.Context) (channel.Account, error) {
					a, err := b.Memory.Probe(ctx)
					a.Falls = channel.FallsAtSale
					return a, err
				}
			})},
		},
		"stock read tells what is shown": {
			{name: "the first answer is remembered", wrap: bend(func(b *bent) {
				var first channel.Page[channel.StockLevel]
				b.stock = func(ctx context.Context, q channel.StockQuery) (p channel.Page[channel.StockLevel], err error) {
					if first.ReadAt.IsZero() {
						first, err = b.Memory.StockPage(ctx, q)
					}
					return first, err
				}
			})},
			{name: "it does not tell when", wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) { p.ReadAt = time.Time{} })},
		},
		"stock read by listing and of all": {
			{name: "all is one page", wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) { p.Next = "" })},
			{name: "what is asked for is ignored", wrap: bend(func(b *bent) {
				b.stock = func(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
					q.Listings = nil
					return b.Memory.StockPage(ctx, q)
				}
			})},
		},
		"units sold are counted": {
			{name: "the count is left out", cfg: LikeShopify(), wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) {
				for i := range p.Items {
					p.Items[i].Sold = nil
				}
			})},
			{name: "a count comes that the traits do not tell of", wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) {
				for i := range p.Items {
					p.Items[i].Sold = new(int64(3))
				}
			})},
			{name: "units sold ever are left out", cfg: LikeEbay(), wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) {
				for i := range p.Items {
					p.Items[i].SoldEver = nil
				}
			})},
			{name: "units sold ever lack those shipped", cfg: LikeEbay(), wrap: bend(func(b *bent) {
				b.stock = func(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
					p, err := b.Memory.StockPage(ctx, q)
					for i := range p.Items {
						l := &p.Items[i]
						l.SoldEver = new(b.Memory.byID[l.Listing.ID].levels[l.Location].sold)
					}
					return p, err
				}
			})},
			{name: "an open count comes beside that of all units", cfg: LikeEbay(), wrap: bendStock(func(_ channel.StockQuery, p *channel.Page[channel.StockLevel]) {
				for i := range p.Items {
					p.Items[i].Sold = p.Items[i].SoldEver
				}
			})},
		},
		"stock write with the answer lost": {
			{name: "it was not sent, it says", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				r, err := m.SetStock(ctx, l)
				if len(r) > 0 && r[0].State == channel.StockUnsure {
					return nil, m.fail(OpSetStock, channel.ErrUnavailable, nil)
				}
				return r, err
			})},
		},
		"stock write with the request lost": {
			{name: "it was applied, it says", wrap: bendSet(func(ctx context.Context, m *Memory, l levels) (results, error) {
				_, err := m.SetStock(ctx, l)
				return said(l, channel.StockApplied), err
			})},
		},
		"tickets are followed to the end": {
			{name: "it has no end", cfg: tickets, wrap: bendTicket(func(p *channel.TicketPage) { p.State = channel.TicketRunning })},
			{name: "it has no results", cfg: tickets, wrap: bendTicket(func(p *channel.TicketPage) { p.Results = nil })},
			{name: "its results lack a line", cfg: tickets, wrap: bendTicket(func(p *channel.TicketPage) { p.Results = p.Results[:len(p.Results)/2] })},
			{name: "a ticket that is none is done", cfg: tickets, wrap: bend(func(b *bent) {
				b.ticket = func(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
					p, err := b.Memory.TicketPage(ctx, t, after)
					if errors.Is(err, channel.ErrNotFound) {
						return channel.TicketPage{State: channel.TicketDone}, nil
					}
					return p, err
				}
			})},
		},
	}
}

func bendTicket(how func(p *channel.TicketPage)) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.ticket = func(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
			p, err := b.Memory.TicketPage(ctx, t, after)
			if err == nil {
				how(&p)
			}
			return p, err
		}
	})
}
