package amazon_test

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/channel"
)

// ordersOnly lends the channel the methods that it does not have yet, so that
// its orders can be ranged over.
type ordersOnly struct{ *amazon.Channel }

func (ordersOnly) ListingPage(context.Context, channel.ListingQuery) (channel.Page[channel.Listing], error) {
	return channel.Page[channel.Listing]{}, errors.ErrUnsupported
}

func (ordersOnly) SetStock(context.Context, []channel.StockLevel) ([]channel.StockResult, error) {
	return nil, errors.ErrUnsupported
}
