package sync_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// absurd tells one order with a quantity that cannot be.
type absurd struct {
	*channeltest.Memory
	id     channel.OrderID
	change func(*channel.Line)
}

func (a *absurd) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	page, err := a.Memory.OrderPage(ctx, q)
	for i := range page.Items {
		if page.Items[i].ID == a.id && len(page.Items[i].Lines) > 0 {
			a.change(&page.Items[i].Lines[0])
		}
	}
	return page, err
}

func TestAnAbsurdQuantityParksItsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*channel.Line)
		want   string
	}{
		"all there is": {func(l *channel.Line) { l.Ordered = math.MaxInt64 }, "ordered is 9223372036854775807"},
		"one too many": {func(l *channel.Line) { l.Ordered = 1_000_000_001 }, "it is between 0 and 1000000000"},
		"negative":     {func(l *channel.Line) { l.Restocked = -1 }, "restocked is -1"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := &absurd{Memory: channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"}), change: c.change}
				mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 50}).ID
				var err error
				shop.id, err = shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 1})
				must(t, err)
				good, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug, Quantity: 1})
				must(t, err)
				r := newRig(t, shop.Memory)
				r.config = func(cfg *channelsync.Config) { cfg.Channels = []channel.Channel{shop} }
				r.start()
				wait(10 * time.Minute)
				if got := unread(r); got.Ref != string(shop.id) || !strings.Contains(got.Reason, c.want) {
					t.Errorf("parked %s: %s", got.Ref, got.Reason)
				}
				if _, err := r.engine.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: good}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
