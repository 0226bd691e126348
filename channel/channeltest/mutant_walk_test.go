package channeltest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
)

type (
	orderQuery = channel.OrderQuery
	orderPage  = channel.Page[channel.Order]
)

func walkMutants() map[string][]mutant {
	return map[string][]mutant{
		"capabilities are those listed": {
			{name: "one is missing", wrap: func(m *Memory) channel.Channel { return struct{ channel.Channel }{m} }},
			{name: "one is not listed", caps: everyCapability[1:], wrap: bend(func(*bent) {})},
			{name: "the list names none", caps: append([]string{"Levitation"}, everyCapability...), wrap: bend(func(*bent) {})},
		},
		"identity is steady": {
			{name: "another id each time", wrap: bend(func(b *bent) {
				n := 0
				b.id = func() channel.ID { n++; return channel.ID(strconv.Itoa(n)) }
			})},
			{name: "no id", wrap: bend(func(b *bent) { b.id = func() channel.ID { return "" } })},
		},
		"walk brings every order": {
			{name: "the last of each full page is lost", wrap: bendPage(func(_ orderQuery, p *orderPage) {
				if p.Next != "" {
					p.Items = p.Items[:len(p.Items)-1]
				}
			})},
			{name: "only one page", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.Next = "" })},
			{name: "no end", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, _ orderQuery) (orderPage, error) {
					return b.Memory.OrderPage(ctx, orderQuery{Limit: 1})
				}
			})},
		},
		"pages keep to the limit": {
			{name: "the limit is ignored", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					q.Limit = 0
					return b.Memory.OrderPage(ctx, q)
				}
			})},
		},
		"order placed during a walk": {
			{name: "Through is when the last page was read", wrap: bendPage(func(_ orderQuery, p *orderPage) {
				if p.Next == "" {
					p.Through = p.ReadAt
				}
			})},
		},
		"order visible late": {
			{
				name: "Through leaves out the lag", cfg: MemoryConfig{Visibility: Exactly(time.Minute)},
				wrap: bendPage(func(_ orderQuery, p *orderPage) {
					if p.Next == "" {
						p.Through = p.Through.Add(time.Minute)
					}
				}),
			},
		},
		"watermark advances on an idle shop": {
			{name: "Through stays without orders", wrap: bendPage(func(q orderQuery, p *orderPage) {
				if len(p.Items) == 0 && !q.Since.IsZero() {
					p.Through = q.Since
				}
			})},
		},
		"watermark comes with the last page": {
			{name: "each page has one", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.Through = p.ReadAt })},
			{name: "none has one", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.Through = time.Time{} })},
			{name: "pages do not tell when", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.ReadAt = time.Time{} })},
		},
		"walk since leaves out the old": {
			{name: "Since is ignored", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					q.Since = time.Time{}
					return b.Memory.OrderPage(ctx, q)
				}
			})},
			{name: "Since is exclusive by an hour", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					if !q.Since.IsZero() {
						q.Since = q.Since.Add(time.Hour)
					}
					return b.Memory.OrderPage(ctx, q)
				}
			})},
		},
		"walk until leaves out the new": {
			{name: "Until is ignored", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					q.Until = time.Time{}
					return b.Memory.OrderPage(ctx, q)
				}
			})},
			{name: "Through is as without", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.Through = p.ReadAt })},
		},
		"cursor resumes in a new channel": {
			{name: "cursors live in the channel", wrap: bend(func(b *bent) {
				known := map[channel.Cursor]bool{}
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					if q.After != "" && !known[q.After] {
						return orderPage{}, b.fail(OpOrders, channel.ErrCursor, nil)
					}
					p, err := b.Memory.OrderPage(ctx, q)
					known[p.Next] = true
					return p, err
				}
			})},
		},
		"walks do not disturb each other": {
			{name: "the place is in the channel", wrap: bend(func(b *bent) {
				var place channel.Cursor
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					if q.After != "" {
						q.After = place
					}
					p, err := b.Memory.OrderPage(ctx, q)
					if place = p.Next; place != "" {
						p.Next = "go on"
					}
					return p, err
				}
			})},
		},
		"foreign cursor is refused as one": {
			{name: "it is invalid", wrap: bendErrors(reclass(channel.ErrCursor, channel.ErrInvalid))},
			{name: "the walk begins anew", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					p, err := b.Memory.OrderPage(ctx, q)
					if errors.Is(err, channel.ErrCursor) {
						return b.Memory.OrderPage(ctx, orderQuery{})
					}
					return p, err
				}
			})},
		},
		"poisoned record is parked and the rest stand": {
			{name: "it is dropped", wrap: bendPage(func(_ orderQuery, p *orderPage) { p.Parked = nil })},
			{name: "the page fails", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					p, err := b.Memory.OrderPage(ctx, q)
					if len(p.Parked) > 0 {
						return orderPage{}, p.Parked[0].Err
					}
					return p, err
				}
			})},
			{name: "what follows it is lost", wrap: bendPage(func(_ orderQuery, p *orderPage) {
				if len(p.Parked) > 0 {
					p.Items = nil
				}
			})},
			{name: "it has no id", wrap: bendPage(func(_ orderQuery, p *orderPage) {
				for i := range p.Parked {
					p.Parked[i].ID = ""
				}
			})},
		},
	}
}
