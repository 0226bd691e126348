package channeltest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// bendLine bends each line of each order.
func bendLine(how func(l *channel.Line)) func(*Memory) channel.Channel {
	return bendOrder(func(o *channel.Order) {
		for i := range o.Lines {
			how(&o.Lines[i])
		}
	})
}

func orderMutants() map[string][]mutant {
	return map[string][]mutant{
		"line tells what was sold": {
			{name: "the SKU is changed", wrap: bendLine(func(l *channel.Line) { l.SKU = strings.ToUpper(l.SKU) })},
			{name: "no listing", wrap: bendLine(func(l *channel.Line) { l.Listing = "" })},
			{name: "nobody fulfils it", wrap: bendLine(func(l *channel.Line) { l.FulfilledBy = channel.Coded[channel.Fulfiller]{Raw: "MANUAL"} })},
			{name: "always one", wrap: bendLine(func(l *channel.Line) { l.Ordered = 1 })},
		},
		"order with many lines": {
			{name: "cut at fifty", wrap: bendOrder(func(o *channel.Order) { o.Lines = o.Lines[:min(50, len(o.Lines))] })},
			{name: "the first page again and again", wrap: bendOrder(func(o *channel.Order) {
				for i := range o.Lines {
					o.Lines[i] = o.Lines[i%50]
				}
			})},
		},
		"cancellation arrives": {
			{name: "quantities are those ordered", wrap: bendLine(func(l *channel.Line) { l.Cancelled = 0 })},
			{name: "the version is that of the placement", wrap: bendOrder(func(o *channel.Order) { o.UpdatedAt = o.PlacedAt })},
			{name: "orders are remembered", wrap: bend(func(b *bent) {
				first := map[channel.OrderID]channel.Order{}
				b.orders = bendPage(func(_ orderQuery, p *orderPage) {
					for i, o := range p.Items {
						if old, seen := first[o.ID]; seen {
							p.Items[i] = old
						}
						first[o.ID] = p.Items[i]
					}
				})(b.Memory).OrderPage
			})},
		},
		"partial refund arrives": {
			{name: "refunded units are still owed", wrap: bendLine(func(l *channel.Line) { l.Refunded, l.Unshipped = 0, 0 })},
			{name: "refunds are left out", wrap: bendOrder(func(o *channel.Order) { o.Refunds = nil })},
		},
		"shipment made elsewhere arrives": {
			{name: "only ours count", wrap: bendLine(func(l *channel.Line) { l.Shipped = 0 })},
			{name: "the order is said to be complete", wrap: bendOrder(func(o *channel.Order) { o.Fulfilment.Value = channel.FulfilmentComplete })},
		},
		"totals add up": {
			{name: "charges are left out", wrap: bendOrder(func(o *channel.Order) { o.Charges = nil })},
			{name: "the last line is not counted", wrap: bendOrder(func(o *channel.Order) {
				if len(o.Lines) > 1 {
					o.Totals.Lines = o.Lines[0].Total
				}
			})},
			{name: "the residual is hidden", wrap: bendOrder(func(o *channel.Order) {
				o.Totals.Total = must(o.Totals.Total.Add(o.Totals.Total))
			})},
		},
		"two currencies": {
			{name: "the buyer's is left out", wrap: bendOrder(func(o *channel.Order) {
				o.BuyerCurrency, o.Totals.Total.Buyer = "", channel.Money{}
			})},
			{name: "the shop's is the buyer's", wrap: bendOrder(func(o *channel.Order) { o.Totals.Total.Shop = o.Totals.Total.Buyer })},
		},
		"recipient is there": {
			{name: "no street", wrap: bendOrder(func(o *channel.Order) { o.Recipient.Lines = nil })},
		},
		"missing people have a reason": {
			{name: "none", wrap: bendOrder(func(o *channel.Order) { o.Recipient.Missing = "" })},
		},
		"unknown status keeps its word": {
			{name: "the word is lost", wrap: bendOrder(func(o *channel.Order) { o.Status.Raw = "" })},
			{name: "it is taken for open", wrap: bendOrder(func(o *channel.Order) { o.Status.Value = channel.OrderOpen })},
		},
		"parts tell what a read included": {
			{name: "none", wrap: bendOrder(func(o *channel.Order) { o.Parts = 0 })},
			{name: "not the lines", wrap: bendOrder(func(o *channel.Order) { o.Parts &^= channel.PartLines })},
		},
		"payload decodes to the same order": {
			{name: "another order", wrap: bend(func(b *bent) {
				b.decode = func(raw []byte) (channel.Order, error) {
					o, err := b.Memory.DecodeOrder(raw)
					o.Totals = channel.Totals{}
					return o, err
				}
			})},
			{name: "no payload", wrap: bendOrder(func(o *channel.Order) { o.Raw = nil })},
		},
		"orders by id leave out what is gone": {
			{name: "one that is gone fails the others", wrap: bend(func(b *bent) {
				b.byID = func(ctx context.Context, ids []channel.OrderID) (orderPage, error) {
					p, err := b.Memory.OrdersByID(ctx, ids)
					if len(p.Items) < len(ids) {
						return orderPage{}, b.fail(OpOrdersByID, channel.ErrNotFound, nil)
					}
					return p, err
				}
			})},
			{name: "only the first fifty", wrap: bend(func(b *bent) {
				b.byID = func(ctx context.Context, ids []channel.OrderID) (orderPage, error) {
					return b.Memory.OrdersByID(ctx, ids[:min(50, len(ids))])
				}
			})},
			{name: "without their lines", wrap: bend(func(b *bent) {
				b.byID = func(ctx context.Context, ids []channel.OrderID) (orderPage, error) {
					p, err := b.Memory.OrdersByID(ctx, ids)
					for i := range p.Items {
						p.Items[i].Lines = nil
					}
					return p, err
				}
			})},
		},
		"walk brings every listing with its SKU": {
			{name: "SKUs are trimmed of what is odd", wrap: bendListings(func(p *channel.Page[channel.Listing]) {
				for i := range p.Items {
					p.Items[i].Ref.SKU = strings.ToLower(p.Items[i].Ref.SKU)
				}
			})},
			{name: "only one page", wrap: bendListings(func(p *channel.Page[channel.Listing]) { p.Next = "" })},
			{name: "untracked", wrap: bendListings(func(p *channel.Page[channel.Listing]) {
				for i := range p.Items {
					p.Items[i].Tracked = false
				}
			})},
		},
		"listings that share a SKU": {
			{name: "one is taken for the other", wrap: bendListings(func(p *channel.Page[channel.Listing]) {
				p.Items = slices.CompactFunc(p.Items, func(a, b channel.Listing) bool { return a.Ref.SKU == b.Ref.SKU })
			})},
		},
		"bulk snapshot brings everything": {
			{name: "cut short", wrap: bend(func(b *bent) { b.bulk = cutShort(b) })},
			{
				name: "its watermark is when it was read", wrap: bend(func(b *bent) {
					b.bulk = func(ctx context.Context, t channel.Ticket) channelPages {
						return func(yield func(orderPage, error) bool) {
							for p, err := range b.Memory.BackfillOrders(ctx, t) {
								p.Through = time.Now()
								if !yield(p, err) {
									return
								}
							}
						}
					}
				}),
			},
		},
		"probe tells of the account": {
			{name: "nothing", wrap: bend(func(b *bent) {
				b.probe = func(context.Context) (channel.Account, error) { return channel.Account{}, nil }
			})},
			{name: "a scope is missing", wrap: bend(func(b *bent) {
				b.probe = func(ctx context.Context) (channel.Account, error) {
					a, err := b.Memory.Probe(ctx)
					a.Missing = []channel.MissingScope{{Scope: "write_orders", Job: channel.JobShip}}
					return a, err
				}
			})},
		},
	}
}

type channelPages = iter.Seq2[orderPage, error]

func cutShort(b *bent) func(ctx context.Context, t channel.Ticket) channelPages {
	return func(ctx context.Context, t channel.Ticket) channelPages {
		return func(yield func(orderPage, error) bool) {
			for p, err := range b.Memory.BackfillOrders(ctx, t) {
				if err == nil {
					p.Items = p.Items[:len(p.Items)-1]
				}
				if !yield(p, err) {
					return
				}
			}
		}
	}
}

func bendListings(how func(p *channel.Page[channel.Listing])) func(*Memory) channel.Channel {
	return bend(func(b *bent) {
		b.listings = func(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
			p, err := b.Memory.ListingPage(ctx, q)
			if err == nil {
				how(&p)
			}
			return p, err
		}
	})
}
