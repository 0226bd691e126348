package bigcommerce

import (
	"context"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// AmendShipment corrects the tracking of a shipment. Its units cannot be
// changed.
func (c *Channel) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	const op = "amend shipment"
	order, ok := number(string(r.Order))
	id, ok2 := number(string(r.ID))
	if !ok || !ok2 {
		return c.refuse(op, channel.ErrNotFound, "there is no such shipment")
	}
	if n := utf8.RuneCountInString(t.Number); n > maxTracking {
		return c.invalid(op, fmt.Sprintf("the tracking number has %d characters, and BigCommerce takes %d", n, maxTracking))
	}
	fields, _ := c.tracking(t)
	_, err := c.do(ctx, call{
		op: op, method: http.MethodPut, path: fmt.Sprintf("/v2/orders/%d/shipments/%d", order, id), body: &fields,
		repeat: transport.Idempotent,
	}, ignored)
	return err
}

var _ channel.ShipmentEditor = (*Channel)(nil)
