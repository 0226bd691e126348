package channeltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// patient ignores its caller's context for as long as an hour.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
}

func errorMutants() map[string][]mutant {
	swallow := func(class error) func(*Memory) channel.Channel {
		return bend(func(b *bent) {
			b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
				p, err := b.Memory.OrderPage(ctx, q)
				if errors.Is(err, class) {
					return orderPage{ReadAt: time.Now(), Through: time.Now()}, nil
				}
				return p, err
			}
		})
	}
	ignoresContext := bend(func(b *bent) {
		b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
			ctx, cancel := patient(ctx)
			defer cancel()
			return b.Memory.OrderPage(ctx, q)
		}
	})
	return map[string][]mutant{
		"throttled comes back with a time": {
			{name: "it sleeps", wrap: bend(func(b *bent) {
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					p, err := b.Memory.OrderPage(ctx, q)
					_ = wait(ctx, channel.RetryAfter(err))
					return p, err
				}
			})},
			{name: "it names no time", wrap: bendErrors(func(err error) error {
				if e, typed := errors.AsType[*channel.Error](err); typed {
					e.RetryAfter = 0
				}
				return err
			})},
		},
		"unavailable is said": {
			{name: "it looks like an empty shop", wrap: swallow(channel.ErrUnavailable)},
			{name: "it looks like a dead grant", wrap: bendErrors(reclass(channel.ErrUnavailable, channel.ErrUnauthorized))},
		},
		"unauthorized is said": {
			{name: "it looks like an outage", wrap: bendErrors(reclass(channel.ErrUnauthorized, channel.ErrUnavailable))},
		},
		"forbidden is said": {
			{name: "it looks like an empty shop", wrap: swallow(channel.ErrForbidden)},
			{name: "it looks like a dead grant", wrap: bendErrors(reclass(channel.ErrForbidden, channel.ErrUnauthorized))},
		},
		"suspended is said": {
			{name: "it looks like a dead grant", wrap: bendErrors(reclass(channel.ErrSuspended, channel.ErrUnauthorized))},
		},
		"page that breaks off": {
			{name: "half of it is the page", wrap: swallow(channel.ErrUnavailable)},
		},
		"context that is done":            {{name: "it is ignored", wrap: ignoresContext}},
		"context that ends while waiting": {{name: "it is ignored", wrap: ignoresContext}},
		"errors have one class": {
			{name: "two", wrap: bendErrors(func(err error) error {
				if e, typed := errors.AsType[*channel.Error](err); typed {
					e.Err = channel.ErrInvalid
				}
				return err
			})},
			{name: "none of ours", wrap: bendErrors(func(err error) error {
				if err != nil {
					return errors.New("HTTP 503")
				}
				return nil
			})},
			{name: "no operation", wrap: bendErrors(func(err error) error {
				if e, typed := errors.AsType[*channel.Error](err); typed {
					e.Op = ""
				}
				return err
			})},
		},
		"no secret and no buyer in errors and logs": {
			{name: "a token in an error", wrap: bendErrors(func(err error) error {
				if e, typed := errors.AsType[*channel.Error](err); typed {
					e.Message = "GET /orders?token=shpat_0123456789abcdef"
				}
				return err
			})},
			{name: "a token that the marketplace repeats", wrap: bendErrors(func(err error) error {
				if e, typed := errors.AsType[*channel.Error](err); typed && errors.Is(err, errInjected) && errors.Is(err, channel.ErrInvalid) {
					e.RequestID = "shpat_0123456789abcdef"
				}
				return err
			})},
			{name: "a buyer in an error", wrap: bend(func(b *bent) {
				b.ship = func(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
					res, err := b.Memory.Ship(ctx, s)
					if o, oerr := b.Order(s.Order); err != nil && oerr == nil {
						return res, &channel.Error{
							Channel: "c", Op: "ship", Class: channel.ErrInvalid,
							Err: fmt.Errorf("no parcel for %s", string(o.Recipient.Name)),
						}
					}
					return res, err
				}
			})},
			{name: "a buyer in the reason of a parked record", wrap: bendPage(func(_ orderQuery, p *orderPage) {
				for i := range p.Parked {
					p.Parked[i].Err = fmt.Errorf("cannot decode %q", `{"name":"`+canary+`"}`)
				}
			})},
		},
		"calls at the same time": {
			{name: "a query is kept in the channel", wrap: bend(func(b *bent) {
				var mu sync.Mutex
				var kept orderQuery
				b.orders = func(ctx context.Context, q orderQuery) (orderPage, error) {
					mu.Lock()
					kept = q
					mu.Unlock()
					if err := wait(ctx, time.Millisecond); err != nil {
						return orderPage{}, err
					}
					mu.Lock()
					q = kept
					mu.Unlock()
					return b.Memory.OrderPage(ctx, q)
				}
			})},
			{name: "a parcel is kept in the channel", wrap: bend(func(b *bent) {
				var mu sync.Mutex
				var kept channel.Shipment
				b.ship = func(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
					mu.Lock()
					kept = s
					mu.Unlock()
					if err := wait(ctx, time.Millisecond); err != nil {
						return channel.ShipResult{}, err
					}
					mu.Lock()
					s = kept
					mu.Unlock()
					return b.Memory.Ship(ctx, s)
				}
			})},
		},
	}
}
